"""The same document judged by our own reader and by pyHanko's: the same report, whatever was done to it.

Thousands of mutants and every document of this room's tests were judged both ways by hand; here is a part of them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.pdf_mutations import WAYS
from tests.verify_world import Signing, append, raw_object, size_of, small_pdf
from verify import verifier
from verify.pdf.document import Document, open_plainly
from verify.pdf.pdf_values import Ref, Stream
from verify.pdf.plain.errors import NotPlain, Reason
from verify.pdf.plain.source import PlainSource
from verify.report import DocumentReport
from verify.verdict import Verdict
from verify.verifier import Verifier

SAMPLES = Path(__file__).parents[3] / "samples" / "pdf"
NAMES = (
    "pdfbox-AcroFormForMerge", "pdfbox-embedded_zip", "pdfbox-rot270", "pyhanko-minimal-hybrid-xref", "pyhanko-minimal-two-fields",
    "pyhanko-uncompressed-objstream-sample",
)  # fmt: skip
MUTANTS = 120


@pytest.fixture(scope="module")
def signing() -> Signing:
    return Signing()


@pytest.fixture(scope="module")
def good(signing: Signing) -> dict[str, bytes]:
    plain = signing.sign()
    made = {
        "B-B": plain,
        "B-LTA": signing.b_lta(),
        "two": signing.sign(plain, field="Seal2", box=(300, 300, 400, 400)),
        "grown": append(plain, {size_of(plain): b"<</A 1>>"}),
        "replaced": append(plain, {5: raw_object(plain, 5)}),
    }
    return made | {name: signing.sign((SAMPLES / f"{name}.pdf").read_bytes(), box=None) for name in NAMES}


@pytest.fixture
def both(signing: Signing, monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], DocumentReport]:
    judge, at = Verifier(signing.trust()), signing.now + timedelta(hours=1)

    def judged(data: bytes) -> DocumentReport:
        quick = judge.verify(data, at=at)
        with monkeypatch.context() as patched:
            patched.setattr(verifier, "open_plainly", _nothing_is_plain)
            general = judge.verify(data, at=at)
        assert isinstance(quick, DocumentReport)
        assert quick == general
        return quick

    return judged


def _nothing_is_plain(data: bytes) -> Document | None:
    del data
    return None


def test_good_documents(good: dict[str, bytes], both: Callable[[bytes], DocumentReport]) -> None:
    verdicts = {name: both(data).verdict for name, data in good.items()}
    assert {name for name, verdict in verdicts.items() if verdict is not Verdict.PASSED} == {"grown"}
    plain = {name for name, data in good.items() if open_plainly(data) is not None}
    assert plain == good.keys() - {"pyhanko-minimal-hybrid-xref"}


def mutated(good: dict[str, bytes]) -> Iterator[bytes]:
    """Yield seeded mutants: of the whole file, and of single octets where objects and tables begin."""
    names, ways = sorted(good), sorted(WAYS)
    for number in range(MUTANTS):
        chance = random.Random(20261122 + number)
        data = good[names[number % len(names)]]
        if number % 2:
            yield WAYS[chance.choice(ways)](data, chance)
            continue
        marks = [match.start() for match in re.finditer(rb"obj|xref|trailer", data)]
        at = min(len(data) - 1, max(0, chance.choice(marks) + chance.randrange(-40, 200)))
        yield data[:at] + chance.choice(b"0123456789 /<>[]()\n\r%Rn\x00").to_bytes() + data[at + 1 :]


def test_mutants(good: dict[str, bytes], both: Callable[[bytes], DocumentReport]) -> None:
    found = [both(data).verdict for data in mutated(good)]
    assert {Verdict.FAILED, Verdict.PASSED, Verdict.UNREADABLE} <= set(found)


def _twice(data: bytes) -> bytes:
    appended = append(data, {5: raw_object(data, 5)})
    return appended.replace(b"0 1\n0000000000 65535 f \n5 1\n", b"5 1\n0000000009 00000 n \n5 1\n")


def _freed(data: bytes) -> bytes:
    appended = append(data, {5: raw_object(data, 5)})
    return re.sub(rb"5 1\n\d{10} 00000 n ", b"5 1\n0000000000 00001 f ", appended)


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("a comment in an object", lambda d: d.replace(b"<</Type/Pages", b"<</Type%\n/Pages", 1)),
        ("a name that is not ASCII", lambda d: append(d, {5: raw_object(d, 5).replace(b"/Length", b"/A#e9 1/Length")})),
        ("a key twice", lambda d: append(d, {1: b"<</Type/Catalog/Pages 2 0 R/Pages 2 0 R>>"})),
        ("another generation", lambda d: d.replace(b"0000000000 65535 f", b"0000000000 65536 f", 1)),
        ("a string with a bare return", lambda d: append(d, {1: b"<</Type/Catalog/Pages 2 0 R/Lang(e\rn)>>"})),
        ("octal of two digits", lambda d: append(d, {1: b"<</Type/Catalog/Pages 2 0 R/Lang(\\18)>>"})),
        ("an object twice in a table", _twice),
        ("a freed object", _freed),
        ("blanks in a reference", lambda d: append(d, {1: b"<</Type/Catalog/Pages 2" + b" " * 20 + b"0 R>>"})),
    ],
)  # fmt: skip
def test_what_readers_take_differently(
    good: dict[str, bytes],
    both: Callable[[bytes], DocumentReport],
    what: str,
    change: Callable[[bytes], bytes],
) -> None:
    """Each would let two readers see two documents: our reader declines, and pyHanko's word is the verdict."""
    data = change(good["B-B"])
    assert data != good["B-B"], what
    both(data)
    document = open_plainly(data)
    assert document is None or document.source.refused is not None or _touched(document), what


def _touched(document: Document) -> bool:
    """Read everything: what was not needed for the verdict is declined when it is read."""
    try:
        for revision in document.revisions:
            for ref in document.explicit(revision.index):
                document.view(revision.index).get(ref)
    except NotPlain:
        return document.source.refused is not None
    return False


def test_a_reference_to_object_0_is_null(signing: Signing) -> None:
    """Object 0 is always free (ISO 32000-2 §7.5.4); pyHanko's reader refuses the whole document."""
    plain = small_pdf()
    content = raw_object(plain, 5).replace(b"/Length", b"/Metadata 0 0 R/Length", 1)
    data = signing.sign(append(plain, {5: content}))
    assert signing.verify(data).verdict is Verdict.PASSED
    document = open_plainly(data)
    assert document is not None
    held = document.last.get(Ref(5))
    assert isinstance(held, Stream)
    assert held.dictionary["/Metadata"] is None


def test_a_refusal_is_kept_even_where_the_exception_is_taken_for_damage(good: dict[str, bytes]) -> None:
    source = PlainSource(append(good["B-B"], {1: b"<</Type/Catalog/Pages 2 0 R/DSS/A#e9>>"}))
    document = Document(source)
    with pytest.raises(NotPlain):
        _ = document.last.catalog
    assert source.refused is not None
    assert source.refused.reason is Reason.SYNTAX
