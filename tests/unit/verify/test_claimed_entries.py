"""Cross-reference streams that claim more entries than they hold: the library goes on to the number claimed (ISO 32000-2 §7.5.8.2)."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest

from signing.errors import DocumentDamaged
from signing.pdf import reading
from tests.pdf_attacks.catalogue import body_of, stream
from verify.errors import Unreadable
from verify.pdf import library_limits
from verify.pdf.library import open_by_library
from verify.trust import TrustStore
from verify.verdict import Verdict
from verify.verifier import Verifier


def claiming(index: bytes, widths: bytes) -> bytes:
    """Write a document whose only table claims entries that take no octets, or are not there."""
    out = (
        b"%PDF-1.7\n"
        + body_of(1, b"<</Type/Catalog/Pages 2 0 R>>")
        + body_of(2, b"<</Type/Pages/Kids[]/Count 0>>")
    )
    start = len(out)
    entries = b"/Type/XRef/W[%s]%s/Root 1 0 R" % (widths, index)
    return (
        out + body_of(3, stream(b"\x01\x00\x00\x00\x09\x00", entries)) + b"startxref\n%d\n%%%%EOF\n" % start
    )


CLAIMS = [
    (b"/Size 4/Index[0 1 1 7777777777777777777777777777777777]", b"1 4 1"),
    (b"/Size 7777777777777777777777777777777", b"1 4 1"),
    (b"/Size 4/Index[0 9999999999]", b"0 0 0"),
]


@pytest.mark.parametrize(("index", "widths"), CLAIMS)
def test_a_claim_ends_somewhere(monkeypatch: pytest.MonkeyPatch, index: bytes, widths: bytes) -> None:
    monkeypatch.setattr(library_limits, "MAX_ENTRIES", 10_000)
    data = claiming(index, widths)
    with pytest.raises(Unreadable):
        open_by_library(data)
    assert Verifier(TrustStore([])).verify(data, at=datetime.now(UTC)).verdict is Verdict.UNREADABLE
    with pytest.raises(DocumentDamaged):
        reading.open_to_extend(io.BytesIO(data))
