"""Forms with XFA, and what may follow their seal: the neighbours of :mod:`tests.pdf_attacks.xfa`."""

from __future__ import annotations

import pytest

from tests.pdf_attacks.catalogue import Victims, form_object, stream
from tests.pdf_attacks.limits import signed_by_hand
from tests.pdf_attacks.xfa import UNSEEN, drawn_from_xfa, with_field
from tests.unit.verify.both_readers import check_valid
from tests.verify_world import Signing, append, in_store, small_pdf


def test_what_is_not_seen_behind_a_form_drawn_from_its_xfa(
    victims: Victims, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Evidence, and a time-stamp or a signature that nobody sees."""
    data = drawn_from_xfa(victims)
    check_valid(victims.signing, in_store(data, {90: stream(b"a certificate")}), monkeypatch)
    signing = victims.signing
    for more in (signing.add_time_stamp(data), signing.sign(data, field="Other", box=(0, 0, 0, 0))):
        monkeypatch.undo()
        check_valid(signing, more, monkeypatch)


def test_a_field_that_shows_on_the_pages_of_a_static_form(
    victims: Victims, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = with_field(drawn_from_xfa(victims, asked=""), b"/P 4 0 R/Rect[60 60 160 110]")
    check_valid(victims.signing, data, monkeypatch)


@pytest.mark.parametrize("before", ["", "/SigFlags 0", "/SigFlags 1"])
def test_flags_that_a_further_signature_sets(
    signing: Signing, before: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who signed before it left them out, or said less."""
    data = signed_by_hand(
        signing, small_pdf(catalog=f"/AcroForm<</Fields[]{before}>>"), UNSEEN, None, stamp=False
    )
    number, form = form_object(data)
    flagged = form.replace(before.encode(), b"") if before else form
    flagged = flagged.replace(b"/Fields[", b"/SigFlags 3/Fields[")
    assert flagged != form
    check_valid(signing, append(data, {number: flagged}), monkeypatch)
