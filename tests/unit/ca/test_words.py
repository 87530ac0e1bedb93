"""Values with their words."""

from __future__ import annotations

import pickle

import pytest

from ca.words import Word, Words


class Door(Words):
    OPEN = "open", "开", "stands open"


def test_the_value_is_stored_and_the_words_are_read() -> None:
    door = Door("open")
    assert (door, str(door), door.value, f"{door}") == (Door.OPEN, "open", "open", "open")
    assert (door.zh, door.en) == ("开", "stands open")
    assert pickle.loads(pickle.dumps(door)) is door


def test_no_value_goes_without_its_word() -> None:
    with pytest.raises(TypeError, match="no word"):
        Word("Gate", {"SHUT": "shut"})
    with pytest.raises(TypeError, match="lacks"):
        Words("Gate", {"SHUT": ("shut", "关")})
