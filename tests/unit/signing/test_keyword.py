"""Keywords (C2): the same text however it is set, found by a process that foreign bytes cannot take further than itself."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signing.errors import PasswordWrong
from signing.pdf.fields import ReadableLeaves
from signing.pdf.pages import PdfPages
from signing.pdf.reading import Readable
from signing.placing.errors import SearchFailed
from signing.placing.keyword import Limits, TextReader
from signing.placing.keyword_text import joined, occurrences, plain
from signing.placing.layout import Found
from tests.unit.signing.papers import A4, MM, PICTURE, Sheet, Text, paper
from tests.unit.signing.test_reading import encrypted


@pytest.fixture(scope="module")
def texts():
    with TextReader() as reader:
        yield reader


def found(texts: TextReader, document: bytes, keyword: str, numbers: tuple[int, ...] = (1,)) -> Found:
    stream = io.BytesIO(document)
    return PdfPages(ReadableLeaves(Readable(stream)), texts.search(stream)).search(keyword, numbers)


@pytest.mark.parametrize(
    ("text", "keyword", "times"),
    [
        ("本合同由甲方盖章后生效", "甲方盖章", 1),
        ("甲 方\u3000盖 章", "甲方盖章", 1),
        ("甲方盖\r\n章", "甲方盖章", 1),
        ("甲方盖章", "甲 方 盖 章", 1),
        ("甲方（盖章）：", "甲方(盖章):", 1),
        ("ＰＡＲＴＹ Ａ１", "PARTY A1", 1),
        ("\u2f45案甲\u2f45", "甲方", 1),
        ("Party\n  A", "Party A", 1),
        ("PartyA", "Party A", 0),
        ("party a", "Party A", 0),
        ("Party A 盖章", "Party A盖章", 1),
        ("甲\u200b方\ufeff盖\ufffe章", "甲方盖章", 1),
        ("甲方甲方甲方", "甲方", 3),
        ("aaaa", "aa", 2),
        ("甲方", "乙方", 0),
        ("", "甲方", 0),
        ("㈠项", "(一)项", 1),
    ],
)
def test_texts_that_are_the_same_to_a_reader(text: str, keyword: str, times: int):
    """Spaces between Chinese characters, line breaks, full and half width."""
    assert len(list(occurrences(plain(text), keyword))) == times


@given(st.text("甲方盖章 AbＡ（(:：\u3000\n\u200b㈠\u2f45", min_size=1, max_size=40), st.data())
def test_whatever_stands_in_a_text_is_found_in_it(text: str, data: st.DataObject):
    """Any stretch of the text as it is compared is found, and the characters named make up that stretch again."""
    signs = plain(text).signs
    if not signs:
        return
    start = data.draw(st.integers(0, len(signs) - 1))
    wanted = signs[start : data.draw(st.integers(start + 1, len(signs)))].strip()
    found = list(occurrences(plain(text), wanted))
    assert bool(found) == bool(plain(wanted).signs)
    for indices in found:
        assert plain(wanted).signs in plain(text[indices[0] : indices[-1] + 1]).signs


def test_a_match_names_the_characters_it_came_from():
    assert [list(at) for at in occurrences(plain("由甲 方\n盖章"), "甲方盖")] == [[1, 3, 5]]
    assert [list(at) for at in occurrences(plain("㈠"), "一")] == [[0]]


def test_a_match_over_a_line_break_stands_where_more_of_it_is():
    above = [(400.0, 700.0, 412.0, 712.0)]
    below = [(100.0 + 12 * at, 680.0, 112.0 + 12 * at, 692.0) for at in range(3)]
    assert joined(above + below) == (100, 680, 136, 692)
    assert joined([]) is None


KEYWORD = "甲方盖章："
LINE = Sheet((Text(100, 700, "本合同由甲方盖章：后生效"),))
BOX = (148.0, 700 - 0.12 * 12, 208.0, 700 + 0.88 * 12)
"""Where the five characters stand, in points from the lower left of an A4 page."""


@pytest.mark.parametrize(
    ("more", "unit"),
    [
        ("", 1.0),
        ("/Rotate 90", 1.0),
        ("/Rotate 180", 1.0),
        ("/Rotate -90", 1.0),
        ("/CropBox [50 60 500 800]", 1.0),
        ("/CropBox [50 60 500 800] /Rotate 270", 1.0),
        ("/MediaBox [-50 -60 545.276 781.89]", 1.0),
        ("/UserUnit 2", 2.0),
        ("/UserUnit 2 /Rotate 90 /CropBox [10 20 590 830]", 2.0),
    ],
)
def test_a_match_has_its_place_on_the_page_as_displayed(texts: TextReader, more: str, unit: float):
    """C2: rotated and cropped pages and user units; checked against the page's own geometry, worked out here by hand."""
    document = paper(Sheet(LINE.lines, more=more))
    (match,) = found(texts, document, KEYWORD).matches
    assert match.page == 1
    left, bottom, right, top = {
        "/MediaBox": (-50.0, -60.0, 545.276, 781.89),
        "/CropBox [50": (50.0, 60.0, 500.0, 800.0),
        "/CropBox [10": (10.0, 20.0, 590.0, 830.0),
    }.get(
        next((key for key in ("/MediaBox", "/CropBox [50", "/CropBox [10") if key in more), ""), (0, 0, *A4)
    )
    x1, y1, x2, y2 = BOX
    turned = next((int(turn) % 360 for turn in ("90", "180", "-90", "270") if f"/Rotate {turn}" in more), 0)
    expected = {
        0: (x1 - left, top - y2, x2 - x1, y2 - y1),
        90: (y1 - bottom, x1 - left, y2 - y1, x2 - x1),
        180: (right - x2, y1 - bottom, x2 - x1, y2 - y1),
        270: (top - y2, right - x2, y2 - y1, x2 - x1),
    }[turned]
    assert match.box == pytest.approx([side * unit / MM for side in expected], abs=0.1)


def test_matches_are_listed_as_a_reader_meets_them(texts: TextReader):
    """C2: by page, from the top, from the left, whatever the order in the file."""
    first = Sheet((Text(300, 400, "甲方"), Text(100, 401, "甲方"), Text(100, 800, "甲方")))
    second = Sheet((Text(100, 100, "甲方"),))
    boxes = [
        (match.page, round(match.box[0] * MM))
        for match in found(texts, paper(first, second), "甲方", (1, 2)).matches
    ]
    assert boxes == [(1, 100), (1, 100), (1, 300), (2, 100)]


def test_only_the_chosen_pages_are_searched(texts: TextReader):
    assert {match.page for match in found(texts, paper(LINE, LINE, LINE), KEYWORD, (1, 3)).matches} == {1, 3}


def test_a_text_over_two_lines_is_found(texts: TextReader):
    lines = Sheet((Text(400, 700, "本页由甲方"), Text(100, 680, "盖章确认")))
    (match,) = found(texts, paper(lines), "甲方盖章").matches
    assert match.box[3] * MM == pytest.approx(12, abs=0.5)


def test_what_nobody_sees_is_not_found(texts: TextReader):
    hidden = Sheet(LINE.lines, more="/CropBox [0 0 595 600]")
    assert found(texts, paper(hidden), KEYWORD) == Found(())


def test_a_scanned_page_is_told_from_a_blank_one(texts: TextReader):
    """Bad input: the keyword is inside an image."""
    scan, blank = Sheet(content=PICTURE), Sheet()
    assert found(texts, paper(scan, blank, LINE), KEYWORD, (1, 2)).pictures == (1,)


def test_a_large_file_is_read_where_it_lies(texts: TextReader, tmp_path: Path):
    path = tmp_path / "合同.pdf"
    path.write_bytes(paper(LINE))
    with path.open("rb") as stream:
        assert len(texts.find(stream, KEYWORD, (1,)).boxes) == 1


def test_an_encrypted_file_takes_its_password(texts: TextReader):
    document = io.BytesIO(encrypted(user="user"))
    assert texts.find(document, "x", (1,), "user").boxes == ()
    with pytest.raises(PasswordWrong):
        texts.find(document, "x", (1,), "guess")


@pytest.mark.parametrize(
    "document",
    [b"", b"%PDF-1.7 and nothing else", paper(LINE)[:200], b"\x00" * 5000],
    ids=["empty", "head", "torn", "zeros"],
)
def test_damage_is_a_refusal_in_words(texts: TextReader, document: bytes):
    with pytest.raises(SearchFailed) as refused:
        texts.find(io.BytesIO(document), KEYWORD, (1,))
    assert "点选位置" in refused.value.zh


def test_a_hostile_file_ends_its_process_and_nothing_else():
    """A search that takes too long or too much memory is ended; the next one works."""
    with TextReader(Limits(seconds=0.0001)) as hasty:
        for _ in range(2):
            with pytest.raises(SearchFailed):
                hasty.find(io.BytesIO(paper(LINE)), KEYWORD, (1,))
    with TextReader(Limits(memory=64 * 1024 * 1024)) as poor:
        with pytest.raises(SearchFailed):
            poor.find(io.BytesIO(bytes(100 * 1024 * 1024)), KEYWORD, (1,))
        assert len(poor.find(io.BytesIO(paper(LINE)), KEYWORD, (1,)).boxes) == 1


def test_a_text_on_every_line_is_no_place_for_a_seal(texts: TextReader):
    many = Sheet(tuple(Text(10 + 30 * (at % 18), 20 + 13 * (at // 18), "甲乙") for at in range(1080)))
    with pytest.raises(SearchFailed):
        found(texts, paper(many, many), "甲乙", (1, 2))
