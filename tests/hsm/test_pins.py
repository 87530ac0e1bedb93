"""PINs: counted, never tried again by themselves, and nobody rides on another's login."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hsm.algorithms import KeyKind
from hsm.errors import PinIncorrect, PinLocked, PinRejected, PinRequired, TokenLost, TokenRefused
from hsm.pin_counter import DEFAULT_LIMIT, PinCounter
from hsm.pins import Pin
from hsm.verification import verify_signature
from hsm.worker.wire import WrongPin
from tests.conftest import SO_PIN, USER_PIN
from tests.hsm.conftest import Shelf, worker_pid

WRONG = Pin("135790")
NEW = Pin("11223344")


def tries(shelf: Shelf, token: str) -> int:
    return shelf.keys.probe(token).tries_left


def test_a_wrong_pin_is_counted_and_the_token_locks(shelf: Shelf) -> None:
    uri = shelf.key()
    shelf.keys.close()
    for left in range(DEFAULT_LIMIT - 1, 0, -1):
        with pytest.raises(PinIncorrect) as wrong:
            shelf.keys.signer(uri, pin=WRONG)
        assert wrong.value.left == left == tries(shelf, uri.token)
        assert str(left) in wrong.value.zh
        assert str(left) in wrong.value.en
    with pytest.raises(PinLocked):
        shelf.keys.signer(uri, pin=WRONG)
    with pytest.raises(PinLocked):
        shelf.keys.signer(uri, pin=USER_PIN)
    assert tries(shelf, uri.token) == 0


def test_the_counter_survives_a_restart(shelf: Shelf) -> None:
    uri = shelf.key()
    for _ in range(2):
        with pytest.raises(PinIncorrect):
            shelf.again().signer(uri, pin=WRONG)
    with pytest.raises(PinIncorrect) as wrong:
        shelf.again().signer(uri, pin=WRONG)
    assert wrong.value.left == DEFAULT_LIMIT - 3


def test_the_right_pin_clears_the_counter(shelf: Shelf) -> None:
    uri = shelf.key()
    with pytest.raises(PinIncorrect):
        shelf.keys.signer(uri, pin=WRONG)
    shelf.keys.signer(uri, pin=USER_PIN)
    assert tries(shelf, uri.token) == DEFAULT_LIMIT


def test_each_use_is_judged_by_its_own_pin_when_somebody_is_logged_in(shelf: Shelf) -> None:
    uri = shelf.key()
    assert shelf.keys.signer(uri, pin=USER_PIN).sign(b"m")
    with pytest.raises(PinIncorrect) as wrong:
        shelf.keys.signer(uri, pin=WRONG)
    assert wrong.value.left == DEFAULT_LIMIT - 1
    assert shelf.keys.signer(uri, pin=USER_PIN).sign(b"m")


def test_nobody_rides_on_the_login_of_another_holder(shelf: Shelf) -> None:
    uri = shelf.key()
    shelf.keys.close()
    shelf.pin = None
    assert shelf.keys.signer(uri, pin=USER_PIN).sign(b"m")
    with pytest.raises(PinRequired):
        shelf.keys.signer(uri)
    with pytest.raises(PinRequired):
        shelf.keys.keys(uri.token)


def test_the_source_is_asked_once_for_each_opened_token(shelf: Shelf) -> None:
    uri = shelf.key()
    shelf.asked.clear()
    shelf.keys.close()
    signer = shelf.keys.signer(uri)
    for _ in range(5):
        signer.sign(b"m")
    assert shelf.asked == [uri.token]


def test_a_source_with_a_wrong_pin_burns_one_try_only(shelf: Shelf) -> None:
    uri = shelf.key()
    shelf.keys.close()
    shelf.pin = WRONG
    provider = shelf.again()
    for _ in range(10):
        with pytest.raises(PinIncorrect) as wrong:
            provider.signer(uri)
        assert wrong.value.left == DEFAULT_LIMIT - 1
    shelf.pin = USER_PIN
    assert provider.signer(uri).sign(b"m")


def test_the_holder_changes_the_pin(shelf: Shelf) -> None:
    shelf.needs("change_pin")
    uri = shelf.key()
    with pytest.raises(PinIncorrect):
        shelf.keys.change_pin(uri.token, WRONG, NEW)
    shelf.keys.change_pin(uri.token, USER_PIN, NEW)
    with pytest.raises(PinIncorrect):
        shelf.keys.signer(uri, pin=USER_PIN)
    signer = shelf.keys.signer(uri, pin=NEW)
    verify_signature(signer.public_key, signer.algorithm, b"m", signer.sign(b"m"))


def test_a_pin_changed_elsewhere_is_noticed(shelf: Shelf) -> None:
    """A provider that is logged in must judge by the new PIN, not by what it remembers of the old one."""
    shelf.needs("change_pin")
    uri = shelf.key()
    here, there = shelf.keys, shelf.again()
    here.signer(uri, pin=USER_PIN).sign(b"m")
    there.change_pin(uri.token, USER_PIN, NEW)
    with pytest.raises(PinIncorrect):
        here.signer(uri, pin=USER_PIN)
    assert here.signer(uri, pin=NEW).sign(b"m")


def test_the_officer_unblocks_with_a_new_pin(shelf: Shelf) -> None:
    shelf.needs("unblock")
    uri = shelf.key()
    shelf.keys.signer(uri).sign(b"m")
    for _ in range(DEFAULT_LIMIT):
        with pytest.raises((PinIncorrect, PinLocked)):
            shelf.keys.signer(uri, pin=WRONG)
    with pytest.raises(PinLocked):
        shelf.keys.signer(uri, pin=USER_PIN)
    shelf.keys.unblock(uri.token, SO_PIN, NEW)
    assert tries(shelf, uri.token) == DEFAULT_LIMIT
    with pytest.raises(PinIncorrect):
        shelf.keys.signer(uri, pin=USER_PIN)
    signer = shelf.keys.signer(uri, pin=NEW)
    verify_signature(signer.public_key, signer.algorithm, b"m", signer.sign(b"m"))


def test_a_pin_that_was_replaced_opens_nothing_that_was_looked_at_before(shelf: Shelf) -> None:
    """Nobody had logged in, only a wrong PIN was given: after the officer's reset the new PIN passes and the old does not."""
    shelf.needs("unblock")
    uri = shelf.key()
    shelf.keys.close()
    with pytest.raises(PinIncorrect):
        shelf.keys.signer(uri, pin=WRONG)
    shelf.keys.unblock(uri.token, SO_PIN, NEW)
    with pytest.raises(PinIncorrect):
        shelf.keys.signer(uri, pin=USER_PIN)
    assert shelf.keys.signer(uri, pin=NEW).sign(b"m")
    there = shelf.again()
    assert there.certificates(uri.token) == ()
    shelf.keys.unblock(uri.token, SO_PIN, USER_PIN)
    with pytest.raises(PinIncorrect):
        there.signer(uri, pin=NEW)
    assert there.signer(uri, pin=USER_PIN).sign(b"m")


def test_the_officers_wrong_pins_are_counted_apart(shelf: Shelf) -> None:
    shelf.needs("unblock")
    uri = shelf.key()
    for left in range(DEFAULT_LIMIT - 1, 0, -1):
        with pytest.raises(PinIncorrect) as wrong:
            shelf.again().unblock(uri.token, WRONG, NEW)
        assert wrong.value.left == left
    with pytest.raises(PinLocked):
        shelf.keys.unblock(uri.token, WRONG, NEW)
    with pytest.raises(PinLocked):
        shelf.keys.unblock(uri.token, SO_PIN, NEW)
    assert tries(shelf, uri.token) == DEFAULT_LIMIT
    assert shelf.keys.signer(uri, pin=USER_PIN).sign(b"m")


def test_a_damaged_counter_locks(shelf: Shelf) -> None:
    shelf.needs("our own counter")
    uri = shelf.key()
    shelf.keys.close()
    for path in shelf.counters.glob("*.json"):
        path.write_text("{")
    with pytest.raises(PinLocked):
        shelf.keys.signer(uri, pin=USER_PIN)
    for path in shelf.counters.glob("*.json"):
        path.write_text('{"failed": -5, "epoch": ""}')
    with pytest.raises(PinLocked):
        shelf.keys.signer(uri, pin=USER_PIN)
    assert tries(shelf, uri.token) == 0


def test_concurrent_guesses_get_no_extra_tries(shelf: Shelf) -> None:
    uri = shelf.key()
    shelf.keys.close()
    providers = [shelf.again() for _ in range(3)]
    answers: list[object] = []

    def guess(number: int) -> None:
        for _ in range(4):
            try:
                providers[number].signer(uri, pin=WRONG)
            except (PinIncorrect, PinLocked) as wrong:
                answers.append(wrong.left if isinstance(wrong, PinIncorrect) else "locked")

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(a for a in answers if a != "locked") == list(range(1, DEFAULT_LIMIT))
    assert len(answers) == 12


@pytest.mark.crash
def test_killing_the_process_within_a_try_wins_no_try(tmp_path: Path) -> None:
    """The try is counted before it is made: `kill -9` while the token thinks leaves it counted."""
    script = f"""
import os, signal
from pathlib import Path
from hsm.pin_counter import PinCounter
PinCounter(Path({str(tmp_path)!r}), "pkcs11").attempt("T", lambda: os.kill(os.getpid(), signal.SIGKILL))
"""
    for used in range(1, DEFAULT_LIMIT + 1):
        done = subprocess.run([sys.executable, "-c", script], check=False, cwd=Path(__file__).parents[2])
        assert done.returncode == -signal.SIGKILL
        assert PinCounter(tmp_path, "pkcs11").left("T") == DEFAULT_LIMIT - used
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, cwd=Path(__file__).parents[2], stderr=subprocess.PIPE
    )
    assert b"PinLocked" in done.stderr


def test_a_try_that_the_token_never_judged_is_given_back(tmp_path: Path) -> None:
    counter = PinCounter(tmp_path, "pkcs11")

    def lost() -> None:
        raise TokenLost

    with pytest.raises(TokenLost):
        counter.attempt("T", lost)
    assert counter.left("T") == DEFAULT_LIMIT


def test_no_try_without_a_counter(shelf: Shelf) -> None:
    """A counter that cannot be written stops the try: nobody guesses behind a full disk."""
    shelf.needs("our own counter")
    uri = shelf.key()
    shelf.keys.close()
    shelf.counters.rename(shelf.folder / "moved")
    shelf.counters.write_text("a file in the place of the folder")
    with pytest.raises(TokenRefused):
        shelf.keys.signer(uri, pin=USER_PIN)
    health = shelf.keys.probe(uri.token)
    assert (health.ready, health.tries_left) == (False, 0)
    shelf.counters.unlink()
    (shelf.folder / "moved").rename(shelf.counters)
    assert shelf.keys.signer(uri, pin=USER_PIN).sign(b"m")


def test_counters_of_tokens_are_apart(tmp_path: Path) -> None:
    counter = PinCounter(tmp_path, "pkcs11", limit=2)

    def wrong() -> None:
        raise WrongPin

    with pytest.raises(PinIncorrect):
        counter.attempt("A", wrong)
    assert (counter.left("A"), counter.left("B")) == (1, 2)
    assert PinCounter(tmp_path, "file", limit=2).left("A") == 2
    with pytest.raises(ValueError, match="try"):
        PinCounter(tmp_path, "file", limit=0)


@pytest.mark.token
def test_the_pin_is_in_no_argument_environment_or_file(
    token_shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YINXIN_SECRET", "must-not-travel")
    secret = Pin("PIN-7391-unlikely")
    shelf = token_shelf
    shelf.keys.create_token("secret", SO_PIN, secret)
    shelf.pin = secret
    uri = shelf.keys.generate(shelf.uri("secret"), KeyKind.EC_P256)
    shelf.keys.signer(uri).sign(b"m")
    pid = worker_pid(shelf, "secret")
    for name in ("cmdline", "environ"):
        content = Path(f"/proc/{pid}/{name}").read_bytes()
        assert secret.reveal().encode() not in content
        assert b"must-not-travel" not in content
    for path in shelf.folder.rglob("*"):
        if path.is_file():
            assert secret.reveal().encode() not in path.read_bytes()


@pytest.mark.token
def test_a_new_pin_that_the_token_cannot_take_is_rejected(token_shelf: Shelf) -> None:
    uri = token_shelf.key()
    with pytest.raises(PinRejected):
        token_shelf.keys.change_pin(uri.token, USER_PIN, Pin("😀" * 64))  # 256 octets
    assert token_shelf.keys.signer(uri, pin=USER_PIN).sign(b"m")


def test_the_counter_file_holds_no_secret(shelf: Shelf) -> None:
    uri = shelf.key()
    shelf.keys.signer(uri, pin=USER_PIN)
    contents = [json.loads(path.read_text()) for path in shelf.counters.glob("*.json")]
    assert contents
    for content in contents:
        assert set(content) == {"failed", "epoch"}
        assert USER_PIN.reveal() not in json.dumps(content)
