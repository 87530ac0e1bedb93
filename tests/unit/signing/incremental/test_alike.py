"""C3: pages that are written alike, read by their octets, become what they become token by token; a document in a file is read so."""

from __future__ import annotations

import io
import secrets
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from signing.containers.envelope import CmsEnvelope
from signing.errors import SigningError
from signing.incremental.casts import Cast
from signing.incremental.pages import PageTree
from signing.incremental.seal import prepare
from signing.mark import SealMark, Work
from signing.placing.page_range import PageRange
from signing.placing.where import OnPages, Seam, Where
from tests.incremental_world import Pdf
from tests.interop.sealing_world import SMALL, mark, world
from tests.pdf_mutations import mutants
from verify.pdf.plain.errors import NotPlain
from verify.pdf.plain.file import open_plain

PAGES = 5
SKELETONS = {
    "usual": b"/Contents %(one)b 0 R /MediaBox [0 0 595 842] /Resources <</Font %(shared)b 0 R>> /Rotate 90",
    "inherited": b"/Contents %(one)b 0 R",
    "several contents": b"/Contents [%(one)b 0 R %(two)b 0 R] /MediaBox [0 0 400 400]",
    "contents swapped": b"/Contents [%(two)b 0 R %(shared)b 0 R %(one)b 0 R]",
    "contents in an array of its own": b"/Contents %(array)b 0 R",
    "no contents": b"/Rotate 180",
    "contents missing": b"/Contents 9000 0 R",
    "shared resources": b"/Resources %(shared)b 0 R /Contents %(one)b 0 R",
    "own resources": b"/Resources %(own)b 0 R /Contents %(one)b 0 R",
    "objects apart": b"/Resources <</XObject %(own)b 0 R>> /Contents %(one)b 0 R",
    "objects inside": b"/Resources <</XObject <</A %(one)b 0 R>>>> /Contents %(one)b 0 R",
    "box apart": b"/MediaBox %(box)b 0 R /Contents %(one)b 0 R",
    "corner apart": b"/MediaBox [0 0 %(side)b 0 R 500] /Contents %(one)b 0 R",
    "type apart": b"/Type %(own)b 0 R /Contents %(one)b 0 R",
    "two blanks": b"/Contents %(one)b  0 R /MediaBox [0 0 300 300]",
    "leading noughts": b"/Contents 00%(one)b 0 R",
    "a string": b"/Contents %(one)b 0 R /Words (%(one)b 0 R)",
    "a remark": b"/Contents %(one)b 0 R %% %(two)b 0 R\n/Rotate 0",
    "an escaped name": b"/Contents %(one)b 0 R /#4Bids [%(two)b 0 R]",
    "a name before": b"/Contents %(one)b 0 R /Name%(two)b 0 R",
    "a letter behind": b"/Contents %(one)b 0 R /PieceInfo %(two)b 0 Rx",
    "a key twice": b"/Contents %(one)b 0 R /Contents %(two)b 0 R",
    "kids": b"/Contents %(one)b 0 R /Kids [%(two)b 0 R]",
}
CONTENTS = (b"1 0 0 rg 0 0 9 9 re f", b"q 0 1 0 rg q", b"(q) Tj Q", b"q 1 g Q")


def _document(skeleton: bytes) -> bytes:
    """Write pages that say the same of different objects, each of its own."""
    pdf = Pdf([b"<</Type /Catalog /Pages 2 0 R>>", b"", b"<</ProcSet [/PDF]>>"])
    kids = []
    for at in range(PAGES):
        data = CONTENTS[at % len(CONTENTS)]
        one, two = pdf.stream(data), pdf.stream(zlib.compress(data), b"/Filter /FlateDecode")
        named = {
            "one": one,
            "two": two,
            "shared": 3,
            "array": pdf.add(b"[%d 0 R %d 0 R]" % (one, two)),
            "own": pdf.add(b"<</Z%d %d 0 R>>" % (at, one)),
            "box": pdf.add(b"[0 0 %d 700]" % (300 + 50 * at)),
            "side": pdf.add(b"%d" % (300 + 50 * at)),
        }
        said = skeleton % {key.encode(): b"%d" % number for key, number in named.items()}
        typed = b"" if b"/Type" in said else b"/Type /Page "
        kids.append(b"%d 0 R" % pdf.add(b"<<%s/Parent 2 0 R %s>>" % (typed, said)))
    node = b"<</Type /Pages /Count %d /MediaBox [0 0 500 600] /Kids [%s]>>"
    pdf.bodies[1] = node % (PAGES, b" ".join(kids))
    return pdf.table()


def _sealed(source: io.BytesIO | io.BufferedReader, where: Where) -> bytes | str:
    output = io.BytesIO()
    try:
        prepare(Work(source, output), _mark(where), _envelope(), stamped=False)
    except NotPlain as refused:
        return refused.reason
    except SigningError as refused:
        return f"{type(refused).__name__}: {refused}"
    return output.getvalue()


def _mark(where: Where) -> SealMark:
    return replace(mark("1:20,15", shown=SMALL, statement=None), placement=where)


def _envelope() -> CmsEnvelope:
    return CmsEnvelope(world().signatory(), None)


@pytest.fixture(autouse=True)
def _same_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every update the same /ID, which is random."""
    monkeypatch.setattr(secrets, "token_hex", lambda size: "00" * size)


def _both_ways(data: bytes, path: Path) -> Iterator[tuple[bytes | str, bytes | str]]:
    path.write_bytes(data)
    for where in (Seam(), OnPages(PageRange("all"), 10, 12)):
        with path.open("rb") as stream:
            yield _sealed(io.BytesIO(data), where), _sealed(stream, where)


@pytest.mark.parametrize("name", SKELETONS)
def test_pages_that_are_alike_become_what_they_become_one_by_one(name: str, tmp_path: Path) -> None:
    for at_once, by_tokens in _both_ways(_document(SKELETONS[name]), tmp_path / "document.pdf"):
        assert at_once == by_tokens


def test_mutants_become_the_same_both_ways(tmp_path: Path) -> None:
    for mutant in mutants(60):
        for at_once, by_tokens in _both_ways(mutant.data, tmp_path / "mutant.pdf"):
            assert at_once == by_tokens, str(mutant)


def test_a_page_whose_octets_differ_by_one_is_of_no_cast(tmp_path: Path) -> None:
    """The attack: a page like all others but for its box, or for a blank that makes another word."""
    whole = _document(SKELETONS["usual"])
    at = whole.rindex(b"/MediaBox [0 0 595 842]")
    for other in (b"/MediaBox [0 0 195 842]", b"/MediaBix [0 0 595 842]", b"/MediaBox [0 0 595 842 "):
        changed = whole[:at] + other + whole[at + len(other) :]
        for at_once, by_tokens in _both_ways(changed, tmp_path / "document.pdf"):
            assert at_once == by_tokens


def test_from_the_second_page_on_a_cast_is_known() -> None:
    tree = PageTree(open_plain(io.BytesIO(_document(SKELETONS["usual"]))))
    known = [tree.page(number).alike for number in range(1, PAGES + 1)]
    assert known[0] is None
    assert known[1] is not None
    assert set(known[2:]) == {known[1]}


@pytest.mark.parametrize(
    "texts",
    [
        (b" <</A (", b")>> endobj\n"),
        (b" <</A ", b"x>> endobj\n"),
        (b" <</A/B", b">> endobj\n"),
        (b" <</A 1", b">> endobj\n"),
        (b" <</A ", b" %>>\n>> endobj\n"),
        (b" <</A ", b">> endobjx"),
        (b" <</A ", b">> stream\n"),
        (b" <</A ", b" /B 9000000000 0 R>> endobj\n"),
        (b" [", b"] endobj\n"),
        (b" <</A <", b">>> endobj\n"),
    ],
)  # fmt: skip
def test_no_cast_where_a_number_may_be_part_of_something_else(texts: tuple[bytes, ...]) -> None:
    assert Cast.of((b" <</A ", b">> endobj\n")) is not None
    assert Cast.of(texts) is None
