"""The PIN letter: one page of A4, no text in it, the PIN to be seen in its field and nowhere else."""

from __future__ import annotations

import re
import zlib
from datetime import UTC, datetime
from typing import Any

import pypdfium2

from api.tokens.pin_letter import HEIGHT, LetterText, draw_letter
from hsm.pins import Pin

TEXT = LetterText(
    17,
    "JZT20260001",
    "bank",
    "银行",
    "杭州测试云印科技有限公司",
    "李伟",
    5,
    datetime(2026, 1, 1, tzinfo=UTC),
    True,
)
PIN = Pin("40718263")


def streams(page: bytes) -> list[bytes]:
    return [zlib.decompress(each) for each in re.findall(rb"stream\n(.*?)\nendstream", page, re.DOTALL)]


def darkest(page: bytes, top: float, bottom: float) -> list[int]:
    """Return how many nearly black pixels each of eight columns of the PIN's field has, between heights in mm."""
    document = pypdfium2.PdfDocument(page)
    drawn: Any = document[0].render(scale=2).to_pil().convert("L")
    document.close()
    scale = drawn.height / HEIGHT
    counts = []
    for column in range(8):
        left = 25 + (column + 0.5) * 160 / 9
        box = tuple(round(edge * scale) for edge in (left, HEIGHT - top, left + 160 / 9, HEIGHT - bottom))
        histogram = drawn.crop(box).histogram()
        counts.append(sum(histogram[:60]))
    return counts


def test_the_page_has_no_text_and_the_pin_in_no_octets() -> None:
    page = draw_letter(TEXT, PIN)
    document = pypdfium2.PdfDocument(page)
    assert len(document) == 1
    assert [round(side) for side in document[0].get_size()] == [595, 842]
    text = document[0].get_textpage()
    assert text.get_text_range() == ""
    text.close()
    document.close()
    for octets in (page, *streams(page)):
        assert b"40718263" not in octets
        assert b"/Font" not in octets


def test_every_digit_is_to_be_seen_in_its_place() -> None:
    counts = darkest(draw_letter(TEXT, PIN), top=158, bottom=132)
    assert min(counts) > 60, counts


def test_two_letters_of_one_pin_differ() -> None:
    assert draw_letter(TEXT, PIN) != draw_letter(TEXT, PIN)


def test_a_demonstration_says_so() -> None:
    real = LetterText(**{name: getattr(TEXT, name) for name in TEXT.__slots__} | {"demo": False})
    assert len(streams(draw_letter(TEXT, PIN))) > len(streams(draw_letter(real, PIN)))
