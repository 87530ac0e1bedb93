"""Large fields, and tables of small ones, that are honestly filled in: the neighbours of :mod:`tests.pdf_attacks.filled`."""

from __future__ import annotations

import pytest
from pyhanko.sign.fields import MDPPerm

from tests.pdf_attacks.filled import (
    LOCK,
    SMALL,
    beside_a_lock,
    certified,
    filled,
    form_of,
    locked_by,
    text,
    with_price,
)
from tests.unit.verify.both_readers import check_valid
from tests.verify_world import Signing
from verify.pdf.permissions import MAX_REFERENCES

REMARKS = {20: text(b"40 60 555 440")}
"""Nearly two fifths of the page."""
CELLS = {
    100 + at: text(
        b"%d %d %d %d" % (40 + 130 * (at % 4), 60 + 20 * (at // 4), 170 + 130 * (at % 4), 80 + 20 * (at // 4))
    )
    for at in range(120)
}
"""Thirty rows of four cells: three fifths of the page."""


def test_remarks_that_take_a_large_field(signing: Signing, monkeypatch: pytest.MonkeyPatch) -> None:
    check_valid(signing, filled(certified(signing, form_of(REMARKS)), 20), monkeypatch)


def test_a_table_of_fields(signing: Signing, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once, and row by row, with one cell that is emptied of what came after sealing."""
    data = certified(signing, form_of(CELLS))
    check_valid(signing, filled(data, *CELLS), monkeypatch)
    monkeypatch.undo()
    numbers = list(CELLS)
    once = filled(data, *numbers[:60])
    check_valid(signing, filled(filled(once, *numbers[60:]), 100, value=b"(y)"), monkeypatch)


def test_the_date_below_a_seal(signing: Signing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seals are put across the line with the date, which is filled in afterwards."""
    form = form_of({20: text(b"80 640 260 660")})
    sealed = signing.sign(
        form, page=0, box=(100, 600, 219, 719), certify=True, docmdp_permissions=MDPPerm.FILL_FORMS
    )
    check_valid(signing, filled(sealed, 20), monkeypatch)


def test_a_seal_that_its_signatory_puts_over_what_was_filled_in(
    signing: Signing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody signs over a field in a field kept for it, and another is filled in after that."""
    kept = b"/FT/Sig", b"300 300 420 420"
    fields = {20: text(b"310 310 410 410"), 21: text(b"40 40 140 60"), 22: kept}
    data = filled(certified(signing, form_of(fields)), 20)
    check_valid(signing, filled(signing.sign(data, field="f22", box=None), 21), monkeypatch)


def test_a_field_beside_a_lock_of_many_names(signing: Signing, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"n{at}" for at in range(500)]
    check_valid(signing, beside_a_lock(signing, SMALL, names), monkeypatch)
    monkeypatch.undo()
    check_valid(signing, locked_by(signing, [LOCK % b"/Fields[(other)]"] * MAX_REFERENCES), monkeypatch)


@pytest.mark.parametrize(
    "names",
    [
        b"",
        b"(f200)(f2)(F20)(f20.x)",
        b"(a.b[0].c)(Stra\\337e 1 (x))",
        b"<FEFF59D3540D>(\\376\\377Y\\323T\\015)",
        b"<EFBBBFE5A793E5908D>",
        b"<FEFF06450645200C0645>",
    ],
)
def test_a_field_beside_a_lock_of_other_names(
    signing: Signing, names: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of several parts, in other letters and encodings, with a joiner as Persian writes it; of all but this field, too."""
    check_valid(signing, locked_by(signing, [LOCK % b"/Fields[%s]" % names]), monkeypatch)
    monkeypatch.undo()
    but = LOCK.replace(b"/Include", b"/Exclude") % b"/Fields[(f20)%s]" % names
    check_valid(signing, locked_by(signing, [but]), monkeypatch)


@pytest.mark.parametrize(
    ("says", "catalog"),
    [
        (b"/V(1.00)", b""),
        (b"/Ff 4096/V(1.00)", b""),
        (b"/Ff 1", b""),
        (b"/Ff 1/V()", b""),
        (b"/Ff 1/V(1.00)/AA<</C<</S/JavaScript/JS(x)>>>>", b""),
        (b"/Ff 1/V(1.00)", b"/CO[20 0 R]"),
    ],
)
def test_a_total_that_scripts_compute(
    signing: Signing, says: bytes, catalog: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read-only field is filled in where a script computes it, or nothing stood there; any other whenever it is."""
    check_valid(signing, filled(with_price(signing, says, catalog), 20, value=b"(2.00)"), monkeypatch)
