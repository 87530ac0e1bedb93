"""One person has one id: nothing unseen in it makes two of one (I22)."""

from __future__ import annotations

import pytest

from ca.actor import Actor
from ca.actor_ids import entered_id, seen
from ca.errors import ActorIdInvalid

GOOD = (
    "person:li.wei",
    "person:Li_Wei-2@example.cn",
    "person:孙涛",
    "person:ａｎｎｅ",
    "person:a\N{COMBINING ACUTE ACCENT}",
    "person:\N{TIBETAN LETTER BA}\N{TIBETAN VOWEL SIGN O}\N{TIBETAN LETTER DA}",
    "app:oa",
    "system:yinxin",
)
UNSEEN = (
    "\N{ZERO WIDTH SPACE}",
    "\N{SOFT HYPHEN}",
    "\N{LEFT-TO-RIGHT OVERRIDE}",
    "\N{ZERO WIDTH NO-BREAK SPACE}",
    "\N{ZERO WIDTH JOINER}",
    "\N{COMBINING GRAPHEME JOINER}",
    "\N{HANGUL FILLER}",
    "\N{HALFWIDTH HANGUL FILLER}",
    "\N{VARIATION SELECTOR-16}",
    "\N{MONGOLIAN VOWEL SEPARATOR}",
    "\N{TAG SPACE}",
    "\N{NO-BREAK SPACE}",
    "\N{BRAILLE PATTERN BLANK}",
    "\0",
    "\t",
    " ",
    "\ud800",
)


@pytest.mark.parametrize("text", GOOD, ids=ascii)
def test_an_id_is_kept_as_it_was_entered(text: str) -> None:
    assert entered_id(text) == text


@pytest.mark.parametrize("unseen", UNSEEN, ids=ascii)
def test_I22_an_unseen_character_makes_nobody_a_second_person(unseen: str) -> None:
    """Attack: one person has two accounts that look alike, and is the second person of their own acts."""
    for text in (f"person:li{unseen}.wei", f"person:li.wei{unseen}", f"person:{unseen}li.wei"):
        with pytest.raises(ActorIdInvalid) as told:
            entered_id(text)
        assert "U+" in told.value.zh
        assert "U+" in told.value.en
        if not unseen.isspace() and unseen != "\N{BRAILLE PATTERN BLANK}":
            assert Actor(text).is_any_of("person:li.wei"), "what was stored before is the same person"


@pytest.mark.parametrize(
    "text", ["", "li.wei", "person:", ":li.wei", "per son:x", "person:a:b", "person:a/b", "人:x"]
)
def test_what_is_no_id(text: str) -> None:
    with pytest.raises(ActorIdInvalid) as told:
        entered_id(text)
    assert "person:li.wei" in told.value.zh


def test_names_hold_nothing_unseen() -> None:
    for name in ("阿卜杜拉·买买提", "Li Wei"):
        assert seen(name) == name
    assert seen("李\N{ZERO WIDTH SPACE}伟") == seen("李\N{VARIATION SELECTOR-1}伟") == "李伟"
