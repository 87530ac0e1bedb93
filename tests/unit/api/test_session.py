"""Session cookies and the token against cross-site requests."""

from __future__ import annotations

from datetime import timedelta

import pytest

from api.access.session import MAX_COOKIE_LENGTH, Sessions
from api.errors import CsrfFailed, NotAuthenticated
from tests.conftest import SteppingClock

SECRET = b"0123456789abcdefghijklmnopqrstuv"


@pytest.fixture
def sessions(clock: SteppingClock) -> Sessions:
    return Sessions(SECRET, clock, timedelta(minutes=60))


def test_a_cookie_reads_back(sessions: Sessions) -> None:
    opened = sessions.open("abcdefgh")
    assert sessions.read(opened.cookie) == opened


def test_every_flipped_character_is_refused(sessions: Sessions) -> None:
    cookie = sessions.open("abcdefgh").cookie
    for place in range(len(cookie)):
        other = "A" if cookie[place] != "A" else "B"
        with pytest.raises(NotAuthenticated):
            sessions.read(cookie[:place] + other + cookie[place + 1 :])


def test_a_session_ends(sessions: Sessions, clock: SteppingClock) -> None:
    cookie = sessions.open("abcdefgh").cookie
    clock.advance(timedelta(minutes=60))
    with pytest.raises(NotAuthenticated):
        sessions.read(cookie)


def test_another_secret_reads_nothing(sessions: Sessions, clock: SteppingClock) -> None:
    other = Sessions(SECRET[::-1], clock, timedelta(minutes=60))
    with pytest.raises(NotAuthenticated):
        other.read(sessions.open("abcdefgh").cookie)


@pytest.mark.parametrize("junk", ["", ".", "a.b", "中文.签名", "x" * (MAX_COOKIE_LENGTH + 1)])
def test_junk_is_refused(sessions: Sessions, junk: str) -> None:
    with pytest.raises(NotAuthenticated):
        sessions.read(junk)


def test_a_state_change_needs_the_token_of_its_own_session(sessions: Sessions) -> None:
    mine, other = sessions.open("abcdefgh"), sessions.open("abcdefgh")
    sessions.check_csrf(mine, mine.csrf, site="same-origin")
    sessions.check_csrf(mine, mine.csrf, site=None)
    for token, site in (
        (None, None),
        ("", None),
        (other.csrf, None),
        (mine.csrf, "cross-site"),
        (mine.csrf, "same-site"),
    ):
        with pytest.raises(CsrfFailed):
            sessions.check_csrf(mine, token, site=site)
    assert mine.csrf not in mine.cookie
