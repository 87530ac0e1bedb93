"""The shelf of uploads is bounded in age, number and bytes, and names nobody can guess open it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from api.pages.shelf import Entry, Limits, Shelf
from tests.conftest import SteppingClock

HOUR = timedelta(hours=1)


@pytest.fixture
def shelf(tmp_path: Path, clock: SteppingClock) -> Shelf:
    return Shelf(tmp_path / "shelf", clock, Limits(age=HOUR, entries=3, total_bytes=10_000))


def _put(shelf: Shelf, clock: SteppingClock, size: int = 10) -> Entry:
    clock.advance(timedelta(seconds=1))
    entry = shelf.create({"status": "open"})
    entry.document.write_bytes(b"x" * size)
    return entry


def test_an_entry_is_found_by_its_name_until_its_time_is_over(shelf: Shelf, clock: SteppingClock) -> None:
    entry = _put(shelf, clock)
    clock.advance(HOUR)
    assert shelf.get(entry.id) == entry
    clock.advance(timedelta(seconds=1))
    assert shelf.get(entry.id) is None
    assert not entry.folder.exists()


def test_sweeping_removes_what_nobody_asks_for(shelf: Shelf, clock: SteppingClock) -> None:
    old = _put(shelf, clock)
    clock.advance(HOUR + timedelta(seconds=1))
    fresh = _put(shelf, clock)
    shelf.sweep()
    assert not old.folder.exists()
    assert fresh.document.read_bytes() == b"x" * 10


def test_the_oldest_give_way_when_there_are_too_many(shelf: Shelf, clock: SteppingClock) -> None:
    entries = [_put(shelf, clock) for _ in range(4)]
    assert [shelf.get(entry.id) is not None for entry in entries] == [False, True, True, True]


def test_the_oldest_give_way_when_they_are_too_large(shelf: Shelf, clock: SteppingClock) -> None:
    entries = [_put(shelf, clock, size=6_000) for _ in range(2)]
    shelf.sweep()
    assert [shelf.get(entry.id) is not None for entry in entries] == [False, True]


@pytest.mark.parametrize("name", ["", "..", "../../etc", "a" * 31, "a" * 33, "/" * 32, "." * 32, "\x00" * 32])
def test_a_name_that_is_none_of_ours_opens_nothing(shelf: Shelf, name: str) -> None:
    assert shelf.get(name) is None


def test_a_folder_without_a_readable_state_is_not_an_entry_and_is_swept(shelf: Shelf, tmp_path: Path) -> None:
    orphan = tmp_path / "shelf" / ("o" * 32)
    orphan.mkdir()
    assert shelf.get(orphan.name) is None
    shelf.sweep()
    assert not orphan.exists()


def test_only_the_owner_of_the_process_can_look_inside(shelf: Shelf, clock: SteppingClock) -> None:
    entry = _put(shelf, clock)
    assert entry.folder.stat().st_mode & 0o077 == 0
    assert entry.folder.parent.stat().st_mode & 0o077 == 0


def test_a_state_is_replaced_whole(shelf: Shelf, clock: SteppingClock) -> None:
    entry = _put(shelf, clock)
    entry.update(status="sealing", step="signed")
    assert entry.state()["status"] == "sealing"
    assert {item.name for item in entry.folder.iterdir()} == {"state.json", "document.pdf"}
