"""Cross-reference streams that claim more entries than they hold: the library goes on to the number claimed (ISO 32000-2 §7.5.8.2)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pyhanko.pdf_utils import xref

from signing.errors import DocumentDamaged
from signing.pdf import reading
from tests.pdf_attacks.catalogue import body_of, stream
from verify.errors import Unreadable
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
def test_a_claim_ends_with_what_a_file_so_long_can_hold(index: bytes, widths: bytes) -> None:
    data = claiming(index, widths)
    with pytest.raises(Unreadable):
        open_by_library(data)
    assert Verifier(TrustStore([])).verify(data, at=datetime.now(UTC)).verdict is Verdict.UNREADABLE
    with pytest.raises(DocumentDamaged):
        reading.open_to_extend(io.BytesIO(data))


def test_a_short_file_is_read_for_no_million_of_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    """One kilobyte, four seconds: the time goes by what the file can hold, whatever it claims."""
    read = 0
    plain = xref.parse_xref_stream

    def counting(*arguments: Any, **named: Any) -> Iterator[Any]:
        nonlocal read
        for entry in plain(*arguments, **named):
            read += 1
            yield entry

    monkeypatch.setattr(xref, "parse_xref_stream", counting)
    with pytest.raises(Unreadable):
        open_by_library(claiming(*CLAIMS[0]))
    assert read < 5_000
