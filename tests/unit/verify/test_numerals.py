"""Numbers in honest files, however they are written: the neighbours of :mod:`tests.pdf_attacks.numerals`."""

from __future__ import annotations

import pytest

from tests.pdf_attacks.catalogue import Victims, stream
from tests.pdf_attacks.filled import certified, form_of, text
from tests.pdf_attacks.limits import FORM, signed_by_hand
from tests.pdf_attacks.numerals import beside, on_page
from tests.pdf_attacks.xfa import drawn_from_xfa, with_field
from tests.unit.verify.both_readers import check_valid
from tests.verify_world import Signing, append, raw_object


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
