"""Numbers in honest files, however they are written: the neighbours of :mod:`tests.pdf_attacks.numerals`."""

from __future__ import annotations

import pytest

from tests.pdf_attacks.catalogue import Victims, stream
from tests.pdf_attacks.certified import annotated
from tests.pdf_attacks.filled import (
    LOCK,
    SMALL,
    TICKED,
    certified,
    filled,
    form_of,
    locked_by,
    text,
    with_price,
)
from tests.pdf_attacks.limits import FORM, signed_by_hand
from tests.pdf_attacks.numerals import LEVEL, beside, on_page
from tests.pdf_attacks.xfa import drawn_from_xfa, with_field
from tests.unit.verify.both_readers import check_valid
from tests.verify_world import Signing, append, raw_object
from verify.pdf.numerals import may_be_set, whole


@pytest.mark.parametrize(
    ("stated", "box"),
    [
        (b"/MediaBox[0 0 14400 14400]", b"100 600 219 719"),
        (b"/MediaBox[-1000 -1000.5 -0.25 .5]", b"-900.5 -900.25 -781.5 -781.25"),
        (b"/MediaBox[595.276 841.89 0 0]", b"219 719 100.0 600.0"),
        (b"/MediaBox[0 0 595 842]/CropBox null", b"0 0 119 119"),
        (b"", b"100 600 219 719"),
    ],
)
def test_a_further_seal_on_a_page(
    signing: Signing, stated: bytes, box: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As large as pages may be, left of the origin, from any corner, or of no stated size."""
    check_valid(signing, on_page(signing, stated, box), monkeypatch)


@pytest.mark.parametrize("box", [b"0 0 0 0", b"0.0 0 0. -0.0"])
def test_a_time_stamp_of_no_size(
    signing: Signing, victims: Victims, box: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a page, and over a certification that lets nothing else follow."""
    for data in (victims.plain, victims.certified(1)):
        monkeypatch.undo()
        made = signed_by_hand(signing, data, b"/F 132/Rect[%s]" % box, None, stamp=True)
        check_valid(signing, made, monkeypatch)


def test_an_empty_field_that_nobody_sees(victims: Victims, monkeypatch: pytest.MonkeyPatch) -> None:
    data = with_field(drawn_from_xfa(victims), b"/Rect[0 0.0 -0 0]")
    check_valid(victims.signing, data, monkeypatch)


def test_a_look_in_wide_limits(signing: Signing, victims: Victims, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some makers state the limits of 16 bits."""
    look = stream(b"1 0 0 rg 0 0 9 9 re f", FORM + b"/BBox[-32768 -32768 32767 32767]")
    data = signed_by_hand(signing, victims.plain, b"/F 4/Rect[300 300 419 419]", look, stamp=False)
    check_valid(signing, data, monkeypatch)


def test_a_field_filled_in_by_its_value_alone(signing: Signing, monkeypatch: pytest.MonkeyPatch) -> None:
    data = certified(signing, form_of({20: text(b"50.5 50 150 70.25")}))
    check_valid(signing, append(data, {20: raw_object(data, 20)[:-2] + b"/V(x)>>"}), monkeypatch)


@pytest.mark.parametrize("turn", ["0", "90", "180", "270", "-90", "450"])
@pytest.mark.parametrize("flags", [b"4", b"20", b"28", b"132", b"0", b"null"])
def test_a_further_seal_on_a_turned_page(
    signing: Signing, flags: bytes, turn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it turns with the page or not; pages are turned either way, and more than once."""
    check_valid(signing, beside(signing, b"90 560 209 679", flags, turn), monkeypatch)


def test_seals_that_cross_each_other(signing: Signing, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a third, where the page turns them and where it does not."""
    check_valid(signing, beside(signing, b"380 300 499 419", b"4"), monkeypatch)
    monkeypatch.undo()
    check_valid(signing, beside(signing, b"380 300 499 419", b"20"), monkeypatch)


@pytest.mark.parametrize("level", [b"2", b"3", b"null"])
def test_a_field_filled_in_at_a_level(
    signing: Signing, level: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A level that is stated plainly, or left out; another field is locked."""
    data = locked_by(signing, [LEVEL % level, LOCK % b"/Fields[(other)]"])
    check_valid(signing, data, monkeypatch)


@pytest.mark.parametrize("says", [b"/Ff 0", b"/Ff 4096", b"/Ff 0.0", b"/Ff null", b"/Ff 16777216"])
def test_a_field_filled_in_that_is_not_read_only(
    signing: Signing, says: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of several lines, or such that text does not scroll in it."""
    data = filled(with_price(signing, says + b"/V(1.00)"), 20, value=b"(2.00)")
    check_valid(signing, data, monkeypatch)


@pytest.mark.parametrize("flags", [b"", b"/Ff 32768", b"/Ff 49152"])
def test_a_box_that_is_ticked(signing: Signing, flags: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    data = certified(signing, form_of({20: (TICKED + flags, SMALL)}))
    ticked = append(data, {20: raw_object(data, 20).replace(b"/Off/AS/Off", b"/Yes/AS/Yes")})
    check_valid(signing, ticked, monkeypatch)


@pytest.mark.parametrize("window", [b"", b"/Open false", b"/Open null"])
def test_a_note_whose_window_is_closed(
    victims: Victims, window: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = b"/Subtype/Text/Rect[0 0 9 9]/Contents(x)" + window
    check_valid(victims.signing, annotated(victims.certified(3), note), monkeypatch)


@pytest.mark.parametrize(
    ("value", "flag", "set_"),
    [
        (None, 1, False), (0, 1, False), (0.0, 1, False), (2, 1, False), (-2, 1, False), (4.0, 16, False),
        (1, 1, True), (-1, 16, True), (1.0, 1, True), (0.5, 1, True), (15.5, 16, True), (2**32, 1, True),
        (-float(2**40), 1, True), (float("nan"), 1, True), (True, 2, True), (False, 1, True), ("/1", 1, True), ([], 1, True),
    ],
)  # fmt: skip
def test_a_flag_that_some_reader_takes_for_set(value: object, flag: int, set_: bool) -> None:
    assert may_be_set(value, flag) is set_


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (7, 7),
        (-7, -7),
        (0, 0),
        (2**31 - 1, 2**31 - 1),
        (2**31, None),
        (7.0, None),
        (True, None),
        (None, None),
    ],
)
def test_a_whole_number(value: object, read: int | None) -> None:
    assert whole(value) == read
    assert type(whole(value)) is type(read)
