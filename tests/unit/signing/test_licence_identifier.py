"""Identifiers of electronic licences (GB/T 36904): real ones are good, and no single wrong character passes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.licences.errors import LicenceFieldInvalid
from signing.licences.identifier import ALPHABET, ROOT, LicenceIdentifier, check_character, serial_of
from signing.licences.licence import TRANSITIONS, LicenceStatus

REAL = (
    "11100000000013338W011.11430000006122244L.20230000403.001.U",
    "11100000000013338W009.11330105002500287C.2025052201.002.0",
    "11100000MB03271699022.340100.000000016.001.9",
    "11100000000013338W032.11220000013544541J.2430599.001.F",
)
BAD = "11100000000013661B006.113700000045046442.209FA4E88F9E4C878F3E9BED2CE7EA49.001.M"


@pytest.mark.parametrize("text", REAL)
def test_identifiers_in_use_are_read_and_written_back(text: str):
    assert str(LicenceIdentifier.parse(f"{ROOT}.{text}")) == f"{ROOT}.{text}"


@pytest.mark.parametrize(
    "text",
    [
        f"{ROOT}.{BAD}",
        "",
        ROOT,
        f"{ROOT}.a.b.c.d.e",
        f"1.2.3.{REAL[0]}",
        f"{ROOT}.{REAL[0]}.X",
        f"{ROOT}.{REAL[0]}".replace(".001.", ".1.") + "0" * 200,
    ],
)
def test_what_is_no_identifier_is_refused_and_the_field_named(text: str):
    with pytest.raises(LicenceFieldInvalid) as refused:
        LicenceIdentifier.parse(text)
    assert refused.value.field
    assert refused.value.zh
    assert refused.value.en


@given(st.text(ALPHABET, min_size=48, max_size=70), st.data())
def test_every_single_wrong_character_changes_the_check(text: str, data: st.DataObject):
    """ISO 7064 hybrid systems find every single substitution."""
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from([one for one in ALPHABET if one != text[place]]))
    assert check_character(text) != check_character(text[:place] + other + text[place + 1 :])


@given(st.binary(min_size=15, max_size=15))
def test_a_random_serial_fits(octets: bytes):
    made = LicenceIdentifier(REAL[0][:21], "11430000006122244L", serial_of(octets))
    assert LicenceIdentifier.parse(str(made)) == made


def test_ends_are_ends_and_lapsed_is_never_written():
    ends = {LicenceStatus.WITHDRAWN, LicenceStatus.CANCELLED, LicenceStatus.REVOKED}
    for moves in TRANSITIONS.values():
        assert not ends & set(moves)
        assert LicenceStatus.LAPSED not in {*moves, *moves.values()}
