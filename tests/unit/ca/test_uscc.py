"""GB 32100-2015, on codes that stand in published electronic seals and certificates of public bodies."""

from __future__ import annotations

import pytest

from ca.errors import UsccInvalid
from ca.uscc import ALPHABET, check_character, check_uscc

GOOD = (
    "11370306MB2867521U",
    "12100000000018032A",
    "11320500014150050B",
    "11100000000013338W",
    "11100000MB03271699",
    "11220000013544541J",
    "11330105002500287C",
    "11430000006122244L",
)


@pytest.mark.parametrize("code", GOOD)
def test_real_codes_pass(code: str) -> None:
    assert check_uscc(code) == code


def test_the_inner_check_character_is_not_asked_for() -> None:
    """A code in circulation whose organisation code has a wrong check character (GB 11714) is accepted."""
    assert check_uscc("91130602R8TTDB3PTG")


@pytest.mark.parametrize(
    "code",
    [
        "",
        "91500102563638729E",  # a masked code in circulation: the check character would be 5
        "11370306MB2867521",  # one short
        "11370306MB2867521UU",
        "11370306mb2867521u",  # lower case is not corrected
        " 11370306MB2867521U"[:18],
        "11370306MB286752IU",  # I is not in the alphabet
        "I1370306MB2867521U",
        "1137O306MB2867521U",  # the letter O for a zero
        "11370306MB2867521Ｕ",  # a full-width letter
        "B1370306MB2867521U",  # no such department
        "113A0306MB2867521U",  # a letter in the administrative division
        "１１370306MB2867521U",  # full-width digits
    ],
)
def test_wrong_codes_are_refused_with_a_sentence(code: str) -> None:
    with pytest.raises(UsccInvalid) as refused:
        check_uscc(code)
    assert refused.value.zh
    assert refused.value.en


@pytest.mark.parametrize("code", GOOD)
def test_any_one_changed_character_is_found(code: str) -> None:
    """31 is prime and no weight is 0 mod 31, so every single substitution changes the check character."""
    for place in range(18):
        for other in ALPHABET:
            if other != code[place]:
                with pytest.raises(UsccInvalid):
                    check_uscc(code[:place] + other + code[place + 1 :])


@pytest.mark.parametrize("code", GOOD)
def test_any_two_swapped_neighbours_are_found(code: str) -> None:
    for place in range(17):
        if code[place] != code[place + 1]:
            swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
            with pytest.raises(UsccInvalid):
                check_uscc(swapped)


def test_check_character_can_be_zero() -> None:
    """31 - 0 mod 31 is 0 again, not 31."""
    body = next(b for b in (f"9111010800000{n:04}" for n in range(10_000)) if check_character(b) == "0")
    assert check_uscc(body + "0")
