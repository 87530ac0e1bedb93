"""The process for pictures: same answers as in this one, bounded, replaced after a crash, loaded only when needed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from seals.imprint import raster
from seals.imprint.comparison import compare
from seals.imprint.errors import ImageWorkFailed, ImprintMissing, ImprintTooLarge, ImprintUnreadable
from seals.imprint.limits import MAX_OCTETS
from seals.imprint.scan import read_scan
from seals.imprint.studio import ImprintStudio, Limits
from tests.imprint_world import Paper, blank, photograph, seal


@pytest.fixture(scope="module")
def studio() -> Iterator[ImprintStudio]:
    with ImprintStudio() as opened:
        yield opened


def test_it_answers_as_the_functions_do(studio: ImprintStudio) -> None:
    scan = photograph(seal(), Paper(turn=30))
    assert studio.compare(scan, seal()) == compare(read_scan(scan), seal())
    cleaned = studio.clean(scan, title="甲")
    assert cleaned.picture.title == "甲"
    assert cleaned.picture.size_mm == pytest.approx((42, 42), abs=0.3)
    assert studio.png(seal(), 150) == raster.png(seal(), 150)


def test_errors_come_back_with_their_sentences(studio: ImprintStudio) -> None:
    with pytest.raises(ImprintMissing):
        studio.compare(blank(), seal())
    with pytest.raises(ImprintUnreadable) as told:
        studio.clean(photograph(seal(), Paper(said_dpi=False)))
    assert "毫米" in told.value.zh
    with pytest.raises(ImprintTooLarge):
        studio.clean(bytes(MAX_OCTETS + 1))


def test_a_crash_costs_one_picture(studio: ImprintStudio) -> None:
    studio.png(seal(), 72)
    process = studio._worker.process
    assert process is not None
    process.kill()
    process.wait()
    assert studio.png(seal(), 72).startswith(b"\x89PNG")


def test_time_and_memory_have_limits() -> None:
    with ImprintStudio(Limits(seconds=0.05)) as hurried, pytest.raises(ImageWorkFailed):
        hurried.png(seal())
    with ImprintStudio(Limits(memory=200 * 2**20)) as narrow, pytest.raises(ImageWorkFailed):
        narrow.png(seal(), 2400)


def test_the_process_inherits_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YINXIN_PIN_SERVICE", "246810")
    with ImprintStudio() as opened:
        opened.png(seal(), 72)
        assert opened._worker.process is not None
        with open(f"/proc/{opened._worker.process.pid}/environ", "rb") as told:  # noqa: PTH123
            assert b"YINXIN" not in told.read()


def test_the_service_starts_without_any_image_library() -> None:
    code = "import api.app, sys; print(*(name for name in ('cv2', 'numpy') if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
