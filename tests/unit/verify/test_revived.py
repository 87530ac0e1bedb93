"""What may follow a signature, whatever a repair of the file would bring back: the neighbours of :mod:`tests.pdf_attacks.revived`."""

from __future__ import annotations

import pytest

from tests.pdf_attacks.catalogue import Victims, stream
from tests.pdf_attacks.certified import annotated, titled, with_button, with_notes
from tests.pdf_attacks.readers import with_widget
from tests.pdf_attacks.revived import (
    CERTIFICATE,
    always_repaired,
    conditional,
    freed,
    misindexed,
    misplaced,
    package,
)
from tests.pdf_attacks.sections import changed, packed
from tests.pdf_attacks.structure import with_object_stream
from tests.unit.verify.both_readers import check_valid
from tests.verify_world import Signing, append, in_store, raw_object, small_pdf


@pytest.mark.parametrize("made", [changed, packed, freed, misplaced, misindexed])
def test_validation_data_behind_a_changed_draft(
    signing: Signing, made: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(made)
    check_valid(signing, in_store(made(signing), CERTIFICATE), monkeypatch)


@pytest.mark.parametrize("made", [packed, freed])
def test_a_field_that_refers_to_what_is_there(
    signing: Signing, made: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(made)
    check_valid(signing, with_widget(made(signing), b"/BS<</W 1>>"), monkeypatch)


def test_a_further_signature_behind_a_changed_draft(
    signing: Signing, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_valid(signing, signing.sign(packed(signing), field="Seal2", box=(300, 100, 419, 219)), monkeypatch)


def test_validation_data_behind_a_document_that_is_repaired(
    signing: Signing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also such as are packed, as many write them."""
    signed = always_repaired(signing)
    check_valid(signing, in_store(signed, CERTIFICATE), monkeypatch)
    catalog = raw_object(signed, 1)[:-2] + b"/DSS<</Certs 310 0 R>>>>"
    packed_too = with_object_stream(signed, [(1, catalog), (310, b"[]")], [(1, 0), (310, 1)])
    check_valid(signing, packed_too, monkeypatch)


def test_a_page_brought_anew_in_a_document_that_is_repaired(
    signing: Signing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A further signature does, and leaves the tree of pages as it was."""
    signed = conditional(signing)
    check_valid(signing, append(signed, {6: raw_object(signed, 6)}), monkeypatch)


def test_pages_brought_anew_where_every_table_is_found(
    signing: Signing, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed = changed(signing)
    check_valid(signing, append(signed, {2: raw_object(signed, 2)}), monkeypatch)


def test_a_reference_to_nothing_where_nothing_comes_back(
    victims: Victims, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some products leave such references."""
    check_valid(victims.signing, with_widget(victims.plain, b"/BS 999 0 R"), monkeypatch)


def test_a_reference_to_nothing_that_was_signed(signing: Signing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever wrote it, the reader that signed met it too."""
    page = raw_object(small_pdf(), 6)[:-2] + b"/PieceInfo 999 0 R>>"
    data = signing.sign(append(small_pdf(), {6: page}), page=1)
    check_valid(signing, append(data, {6: raw_object(data, 6)}), monkeypatch)


def test_a_package_that_was_signed(signing: Signing, monkeypatch: pytest.MonkeyPatch) -> None:
    signed = signing.sign(append(small_pdf(catalog="/X 90 0 R"), {90: stream(package())}))
    check_valid(signing, in_store(signed, CERTIFICATE), monkeypatch)


def test_the_begin_of_an_entry_alone(victims: Victims, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an end record nobody finds it."""
    check_valid(victims.signing, in_store(victims.plain, {90: stream(package(listed=False))}), monkeypatch)


def test_five_notes_in_a_row(victims: Victims, monkeypatch: pytest.MonkeyPatch) -> None:
    places = [(60 + 20 * at, 715) for at in range(5)]
    check_valid(victims.signing, with_notes(victims.certified(3), places), monkeypatch)


def test_many_notes_apart(victims: Victims, monkeypatch: pytest.MonkeyPatch) -> None:
    """One beside each line of a page."""
    places = [(20 + 60 * (at % 2), 40 + 19 * at) for at in range(40)]
    check_valid(victims.signing, with_notes(victims.certified(3), places, apart=8), monkeypatch)


def test_a_certified_form_with_a_button(victims: Victims, monkeypatch: pytest.MonkeyPatch) -> None:
    check_valid(victims.signing, with_button(victims), monkeypatch)


@pytest.mark.parametrize("frame", [b"/C[1 1 0]", b"/BS<</W 1/S/S>>/C[1 1 0]", b"/Border[0 0 1.5]/MK<<>>"])
def test_a_note_with_a_thin_frame(victims: Victims, frame: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    note = b"/Subtype/Text/F 28/Rect[500 700 520 720]/Name/Comment/Contents(x)" + frame
    check_valid(victims.signing, annotated(victims.certified(3), note), monkeypatch)


def test_another_title_with_evidence(victims: Victims, monkeypatch: pytest.MonkeyPatch) -> None:
    """As PDFBox and EU DSS bring the description up to date; where more may follow, by itself too."""
    data = victims.certified(1)
    store = {1: raw_object(data, 1)[:-2] + b"/DSS<</Certs[90 0 R]>>>>", 90: stream(b"a certificate")}
    check_valid(victims.signing, titled(data, store), monkeypatch)
    monkeypatch.undo()
    check_valid(victims.signing, titled(victims.certified(2)), monkeypatch)
