"""Pages are measured and drawn in a process of their own: a bad, slow or huge file costs one process and ends in a word."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader

from api.pages import render
from api.pages.render import NotShown, PageRenderer, PasswordNeeded
from tests.verify_world import small_pdf


@pytest.fixture(scope="module")
def renderer() -> Iterator[PageRenderer]:
    made = PageRenderer(children=1)
    yield made
    made.close()


def _file(folder: Path, data: bytes) -> Path:
    path = folder / "document.pdf"
    path.write_bytes(data)
    return path


def _page_with(**entries: generic.PdfObject) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(small_pdf(1)))
    page = writer.root["/Pages"]["/Kids"][0]
    for name, value in entries.items():
        page[generic.NameObject(f"/{name}")] = value
    writer.update_container(page)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _numbers(*values: float) -> generic.ArrayObject:
    return generic.ArrayObject(generic.FloatObject(value) for value in values)


def test_sizes_are_millimetres_as_displayed(renderer: PageRenderer, tmp_path: Path) -> None:
    (page,) = renderer.sizes(_file(tmp_path, small_pdf(1)))
    assert (page.width_mm, page.height_mm) == pytest.approx((209.9, 297.0), abs=0.1)


def test_rotation_crop_box_and_user_unit_count(renderer: PageRenderer, tmp_path: Path) -> None:
    """ISO 32000-1 §14.11.2, table 30: what is seen is the crop box, turned, in UserUnits of 1/72 inch."""
    data = _page_with(
        CropBox=_numbers(100, 100, 244, 172),
        Rotate=generic.NumberObject(90),
        UserUnit=generic.FloatObject(2),
    )
    (page,) = renderer.sizes(_file(tmp_path, data))
    assert (page.width_mm, page.height_mm) == pytest.approx((50.8, 101.6), abs=0.01)


def test_a_page_is_drawn_as_wide_as_asked(renderer: PageRenderer, tmp_path: Path) -> None:
    picture = tmp_path / "page.png"
    renderer.draw(_file(tmp_path, small_pdf(2)), 2, 900, picture)
    with Image.open(picture) as image:
        assert image.format == "PNG"
        assert image.size == (900, pytest.approx(1274, abs=2))
        assert image.convert("L").getextrema()[0] < 100, "the text is there"
    assert {item.name for item in tmp_path.iterdir()} == {"document.pdf", "page.png"}


def test_a_very_long_page_is_drawn_smaller(renderer: PageRenderer, tmp_path: Path) -> None:
    data = _page_with(MediaBox=_numbers(0, 0, 100, 14_000))
    picture = tmp_path / "page.png"
    renderer.draw(_file(tmp_path, data), 1, 1800, picture)
    with Image.open(picture) as image:
        assert image.width * image.height <= 12_100_000


@pytest.mark.parametrize(
    ("data", "word"),
    [(b"GIF89a not a pdf", "damaged"), (small_pdf(1)[:60], "damaged"), (b"", "damaged")],
    ids=["not a PDF", "truncated", "empty"],
)
def test_what_cannot_be_read_has_a_word(
    renderer: PageRenderer, tmp_path: Path, data: bytes, word: str
) -> None:
    with pytest.raises(NotShown) as refused:
        renderer.sizes(_file(tmp_path, data))
    assert refused.value.word == word


def test_a_page_that_is_not_there_has_a_word(renderer: PageRenderer, tmp_path: Path) -> None:
    with pytest.raises(NotShown) as refused:
        renderer.draw(_file(tmp_path, small_pdf(1)), 2, 900, tmp_path / "page.png")
    assert refused.value.word == "no-such-page"
    assert not (tmp_path / "page.png").exists()


def test_an_encrypted_file_asks_for_its_password_and_is_unlocked_with_it(
    renderer: PageRenderer, tmp_path: Path
) -> None:
    from pyhanko.pdf_utils.writer import copy_into_new_writer

    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(small_pdf(1))))
    writer.encrypt(owner_pass="owner", user_pass="open")
    out = io.BytesIO()
    writer.write(out)
    locked, copy = _file(tmp_path, out.getvalue()), tmp_path / "copy.pdf"
    for wrong in (None, "shut"):
        with pytest.raises(PasswordNeeded):
            renderer.sizes(locked, wrong)
    assert len(renderer.sizes(locked, "open")) == 1
    renderer.unlock(locked, "open", copy)
    assert len(renderer.sizes(copy)) == 1


def test_a_child_that_hangs_is_ended_and_the_next_one_works(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    child = tmp_path / "hangs.py"
    child.write_text("import sys, time\nsys.stdin.readline()\ntime.sleep(600)\n")
    renderer = PageRenderer(children=1)
    document = _file(tmp_path, small_pdf(1))
    monkeypatch.setattr(render, "ANSWER_SECONDS", 1.0)
    with monkeypatch.context() as patched:
        patched.setattr(render, "CHILD", child)
        began = time.monotonic()
        with pytest.raises(NotShown) as refused:
            renderer.sizes(document)
        assert refused.value.word == "too-slow"
        assert time.monotonic() - began < 10
    monkeypatch.setattr(render, "ANSWER_SECONDS", 20.0)
    assert len(renderer.sizes(document)) == 1
    renderer.close()


def test_a_child_that_dies_costs_one_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    child = tmp_path / "dies.py"
    child.write_text("import os, sys\nsys.stdin.readline()\nos.abort()\n")
    renderer = PageRenderer(children=1)
    document = _file(tmp_path, small_pdf(1))
    with monkeypatch.context() as patched:
        patched.setattr(render, "CHILD", child)
        with pytest.raises(NotShown):
            renderer.sizes(document)
    assert len(renderer.sizes(document)) == 1
    renderer.close()
