"""Linearized documents that were sealed, and what may follow: the neighbours of :mod:`tests.pdf_attacks.woken`."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.pdf_attacks.catalogue import body_of, stream
from tests.pdf_attacks.limits import FORM, room_for, signed_in_place
from tests.pdf_attacks.woken import drawn, led, parameters, sealed_at_its_length
from tests.unit.verify.both_readers import check_valid
from tests.verify_world import Signing, in_store

CERTIFICATE = {90: stream(b"a certificate")}
BEGIN = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"


def _linearized(objects: dict[int, bytes], length: int) -> bytes:
    return led(BEGIN + body_of(8, parameters(length)), len(BEGIN), objects)[0]


def plain_linearized() -> bytes:
    """Return a document as it is published: as long as it says, its mark at the end naming its first table."""
    return _to_length(drawn("Contract"))


def _to_length(objects: dict[int, bytes]) -> bytes:
    made = _marked(_linearized(objects, 0))
    return _marked(_linearized(objects, len(made)))


def _marked(data: bytes) -> bytes:
    return data + b"startxref\n%d\n%%%%EOF\n" % data.index(b"xref\n0 ")


def signed_and_linearized(
    signing: Signing, written: Callable[[dict[int, bytes]], bytes] = _to_length
) -> bytes:
    """Return a document that was signed and linearized in one step, as Acrobat saves what it certifies."""
    seen = drawn("Contract")
    seen[1] = seen[1].replace(b"/Fields[]", b"/Fields[9 0 R]")
    seen[4] = seen[4][:-2] + b"/Annots[9 0 R]>>"
    field = b"<</Type/Annot/Subtype/Widget/FT/Sig/T(Seal1)/F 4/Rect[50 50 150 150]/P 4 0 R/AP<</N 10 0 R>>/V 11 0 R>>"
    look = stream(b"1 0 0 rg 0 0 100 100 re f", FORM + b"/BBox[0 0 100 100]")
    return signed_in_place(
        signing, written({**seen, 9: field, 10: look, 11: room_for(signing, stamp=False)}), stamp=False
    )


@pytest.mark.parametrize("blanks", [b"", b"\n" * 200])
def test_a_linearized_document_that_was_sealed(
    signing: Signing, blanks: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sealing appends: its figures are those of before; blocks of a file system end with blanks."""
    check_valid(signing, signing.sign(plain_linearized(), page=1) + blanks, monkeypatch)


def test_validation_data_behind_a_linearized_document(
    signing: Signing, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_valid(signing, in_store(signing.sign(plain_linearized(), page=1), CERTIFICATE), monkeypatch)


def test_a_document_that_was_signed_and_linearized_in_one_step(
    signing: Signing, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = signed_and_linearized(signing)
    check_valid(signing, data, monkeypatch)
    monkeypatch.undo()
    check_valid(signing, in_store(data, CERTIFICATE), monkeypatch)


def test_figures_of_a_longer_file_that_nobody_makes_true(
    signing: Signing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a file that was saved anew with fewer pages by software that kept its first object."""
    data = _marked(_linearized(drawn("Contract"), 900_000))
    check_valid(signing, signing.sign(data, page=1), monkeypatch)


def test_figures_of_a_shorter_file_that_nobody_makes_true(
    signing: Signing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a file that was signed while it was saved anew, by software that kept its first object."""
    signed = signed_and_linearized(signing, lambda objects: _marked_anew(_linearized(objects, 9_000)))
    assert signed.index(b"/ByteRange") < 9_000 < len(signed)
    check_valid(signing, signed, monkeypatch)
    monkeypatch.undo()
    check_valid(signing, in_store(signed, CERTIFICATE), monkeypatch)


def _marked_anew(data: bytes) -> bytes:
    """Put a second table at the end, where everybody begins."""
    table, prior = re.search(rb"xref\n0 .*?%%EOF\n", data, re.DOTALL), data.index(b"xref\n0 ")
    assert table is not None
    again = re.sub(rb"startxref\n\d+", b"startxref\n%d" % len(data), table[0])
    return data + again.replace(b"/Root 1 0 R", b"/Root 1 0 R/Prev %d" % prior)


def test_a_draft_that_the_signature_wakes_is_told(signing: Signing) -> None:
    """Nothing was added: it is the way the document is written."""
    data = sealed_at_its_length(signing)
    (found,) = signing.verify(data).signatures
    assert found.integrity.covers_whole_document
    assert "written so that some readers may show something else" in found.reason.en
    (behind,) = signing.verify(in_store(data, CERTIFICATE)).signatures
    assert "was added after signing" in behind.reason.en
