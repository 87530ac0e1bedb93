"""Whether an object can be reached, asked upwards, is what walking the whole document downwards tells."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyhanko.pdf_utils.misc import PdfReadError

from tests.verify_world import Signing, append, raw_object, small_pdf
from verify.pdf.document import Document, open_document, open_plainly
from verify.pdf.graph import Graph
from verify.pdf.pdf_values import Ref, Value, references
from verify.pdf.reach import Reach, less

SAMPLES = sorted((Path(__file__).parents[3] / "samples" / "pdf").glob("*.pdf"))


def walked(document: Document, revision: int, without: str, *, trailer: bool) -> set[Ref]:
    """Everything that can be reached downwards from the trailer, one entry left out, and what it takes to read that."""
    view = document.view(revision)
    root = view.trailer.get("/Root")
    seen: set[Ref] = set()
    structure = [document.source.structure(index) for index in range(revision + 1)]
    pending = list(references([less(view.trailer, without if trailer else ""), *structure]))
    while pending:
        ref = pending.pop()
        if ref not in seen:
            seen.add(ref)
            holder = document.container(ref, revision)
            pending += [] if holder is None else [holder]
            try:
                value: Value = view.get(ref)
            except (PdfReadError, KeyError):
                pytest.skip("holds an object that pyHanko cannot read, which ends either way")
            pending += references(less(value, without) if ref == root and not trailer else value)
    return seen


def agrees(document: Document) -> int:
    """Ask of every object of every revision, by every entry of the catalog; return how many questions that were."""
    asked = 0
    for revision in document.revisions:
        reach = Reach(document, revision.index)
        view = document.view(revision.index)
        everything = {ref for index in range(revision.index + 1) for ref in document.explicit(index)} | {
            Ref(9999)
        }
        ways = [("", False), ("/Info", True), ("/Root", True), *((key, False) for key in view.catalog)]
        for without, trailer in ways:
            below = walked(document, revision.index, without, trailer=trailer)
            for ref in everything:
                asked += 1
                assert reach.reached(ref, without, trailer=trailer) == (ref in below), (
                    revision.index,
                    ref,
                    without,
                )
        users = Graph(document, revision.index).users
        assert all(reach.users(ref) == users.get(ref, set()) for ref in everything)
    return asked


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_upwards_as_downwards(sample: Path) -> None:
    try:
        document = open_document(sample.read_bytes())
    except Exception:  # noqa: BLE001 - what cannot be opened has no objects
        pytest.skip("cannot be opened without a password, or at all")
    if len(document.explicit(0)) > 400:
        pytest.skip("long: the same as the shorter ones")
    assert agrees(document) or not document.explicit(0)


def test_upwards_as_downwards_when_signed() -> None:
    signing = Signing()
    archived = signing.b_lta(small_pdf(catalog="/Extensions<</A<</BaseVersion/1.7>>>>"))
    plainly = open_plainly(archived)
    assert plainly is not None
    assert agrees(plainly) == agrees(open_document(archived)) > 100


def test_an_object_that_a_page_draws_is_not_below_the_evidence_alone() -> None:
    """The shadow attack of a store whose certificate is a picture too: both ways lead there, so one is not the only one."""
    signing = Signing()
    sealed = signing.b_lt()
    document = open_document(sealed)
    store = document.last.catalog["/DSS"]
    page = append(sealed, {4: raw_object(sealed, 4).rstrip()[:-2] + b"/PieceInfo %d 0 R>>" % store.number})
    shown = open_document(page)
    last = len(shown.revisions) - 1
    assert not Reach(document, len(document.revisions) - 1).reached(store, "/DSS")
    assert Reach(shown, last).reached(store, "/DSS")
