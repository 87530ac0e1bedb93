"""The parts of a printed copy: its code, the free place, the strip, the press (C10, D3)."""

from __future__ import annotations

import io
import itertools
from collections import Counter
from collections.abc import Iterator

import cv2
import numpy as np
import pypdfium2 as pdfium
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signing.printing.code import (
    ALPHABET,
    LENGTH,
    RANDOM_CHARACTERS,
    check_character,
    new_code,
    read_code,
    shown,
)
from signing.printing.errors import PrintFailed
from signing.printing.free_place import find_place
from signing.printing.press import Edge, Press
from signing.printing.strip import narrow, wide
from tests.verify_world import small_pdf

ADDRESS = "https://seal.example.gov.cn/c/7K2M9QX4TB8WZ5"
LINES = (
    "打印件 第 3 份 · 许可 10 份 · 第 {page}/{pages} 页",
    "验证码 7K2M9-QX4TB-8WZ5",
    "Printed copy 3, 10 permitted",
)
bodies = st.text(ALPHABET, min_size=RANDOM_CHARACTERS, max_size=RANDOM_CHARACTERS)


@pytest.fixture(scope="module")
def press() -> Iterator[Press]:
    with Press() as made:
        yield made


@given(bodies, st.integers(0, LENGTH - 1), st.sampled_from(ALPHABET))
@settings(max_examples=60, deadline=None)
def test_one_wrong_character_of_a_code_always_shows(body: str, place: int, other: str) -> None:
    code = body + check_character(body)
    wrong = code[:place] + other + code[place + 1 :]
    assert (read_code(wrong) is None) == (wrong != code)


@given(bodies, st.integers(0, LENGTH - 1), st.integers(0, LENGTH - 1))
@settings(max_examples=60, deadline=None)
def test_any_two_exchanged_characters_show(body: str, one: int, other: int) -> None:
    code = list(body + check_character(body))
    code[one], code[other] = code[other], code[one]
    swapped = "".join(code)
    assert (read_code(swapped) is None) == (swapped != body + check_character(body))


def test_a_code_is_read_as_people_type_it_and_is_not_guessable() -> None:
    """65 random bits: more than 60, and every character is used."""
    codes = [new_code() for _ in range(500)]
    assert len(set(codes)) == 500
    assert RANDOM_CHARACTERS * 5 >= 60
    seen = Counter(itertools.chain.from_iterable(code[:-1] for code in codes))
    assert set(seen) == set(ALPHABET)
    assert max(seen.values()) < 3 * min(seen.values())
    code = codes[0]
    assert read_code(shown(code).lower().replace("0", "o").replace("1", "l")) == code
    assert [read_code(text) for text in ("", "7K2M9", code + "0", code[:-1] + "!", "é" * LENGTH)] == [
        None
    ] * 5


def test_the_place_is_white_and_on_an_edge() -> None:
    """What is covered by the first form goes to the next edge; with no white at all there is none."""
    page = np.full((1188, 840), 255, np.uint8)
    bottom = find_place(page, (210, 297), [(60, 17)])
    assert bottom is not None
    assert (bottom.edge, bottom.x_mm, bottom.y_mm) == ("bottom", 5.0, 5.0)
    page[-160:, :] = 0
    top = find_place(page, (210, 297), [(60, 17)])
    assert top is not None
    assert top.edge == "top"
    page[:160, :] = 0
    page[:, :-100] = 0
    side = find_place(page, (210, 297), [(60, 17), (17, 24)])
    assert side is not None
    assert (side.form, side.edge) == (1, "right")
    page[::9] = 200
    assert find_place(page, (210, 297), [(60, 17), (17, 24)]) is None
    assert find_place(page, (30, 20), [(60, 17)]) is None, "larger than the page"


def picture(pdf: bytes, page: int = 0, dpi: int = 200) -> np.ndarray:
    document = pdfium.PdfDocument(pdf)
    try:
        return document[page].render(scale=dpi / 72).to_numpy()
    finally:
        document.close()


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_C10_the_code_on_the_edge_is_scanned_back_whatever_the_rotation(press: Press, turn: int) -> None:
    """C10: nothing of the page is covered, and a decoder that nobody here wrote reads the address from the picture."""
    source = small_pdf(2, page=f"/Rotate {turn}")
    made = press.press(source, Edge(ADDRESS, LINES))
    assert made.pages == 2
    for page in (0, 1):
        after, before = picture(made.pdf, page), picture(source, page)
        assert after.shape == before.shape
        ink = before.min(axis=2) < 128
        assert (after.min(axis=2)[ink] < 160).all(), "the page's own ink is all there"
        text, *_ = cv2.QRCodeDetector().detectAndDecode(np.ascontiguousarray(after[:, :, :3]))
        assert text == ADDRESS


def test_C10_a_page_without_white_is_made_smaller_and_not_covered(press: Press) -> None:
    full = small_pdf(1).replace(b"BT /F1", b"1 0 0 rg 0 0 595 842 re f BT /F1")
    full = full.replace(b"/Length 57", b"/Length 88")
    made = press.press(full, Edge(ADDRESS, LINES))
    assert made.where == ("margin",)
    text, *_ = cv2.QRCodeDetector().detectAndDecode(np.ascontiguousarray(picture(made.pdf)[:, :, :3]))
    assert text == ADDRESS


def test_C10_a_grey_copy_has_no_colour_left(press: Press) -> None:
    red = small_pdf(1).replace(b"BT /F1", b"1 0 0 rg 90 90 60 60 re f BT /F1")
    red = red.replace(b"/Length 57", b"/Length 86")
    plain, grey = (press.press(red, Edge(ADDRESS, LINES, grey=one)).pdf for one in (False, True))
    assert np.ptp(picture(plain)[:, :, :3].astype(int), axis=2).max() > 200
    shown_grey = picture(grey)
    assert np.ptp(shown_grey[:, :, :3].astype(int), axis=2).max() == 0
    document = pdfium.PdfDocument(grey)
    assert not document[0].get_textpage().get_text_range().strip()
    document.close()


def test_a_copy_holds_no_signature_field_and_bad_files_are_refused(press: Press) -> None:
    made = press.press(small_pdf(3), Edge(ADDRESS, LINES))
    assert b"/ByteRange" not in made.pdf
    assert press.pages(made.pdf) == 3
    for octets in (b"", b"%PDF-1.7 nothing", small_pdf(1)[:200]):
        with pytest.raises(PrintFailed):
            press.press(octets, Edge(ADDRESS, LINES))


def test_the_two_forms_fit_an_edge() -> None:
    assert wide(ADDRESS, LINES).height_mm < narrow(ADDRESS, LINES).height_mm < 40
    assert narrow(ADDRESS, LINES).width_mm < wide(ADDRESS, LINES).width_mm < 100
    assert io.BytesIO(wide(ADDRESS, LINES).content).read(3) == b"q 0"
