"""A token that goes away, a library that forgets, a worker that dies: each ends in a recovery or in a clean refusal (C4)."""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from hsm.algorithms import KeyKind
from hsm.cryptoki import CryptokiProvider
from hsm.errors import (
    HsmError,
    KeyNotFound,
    PinIncorrect,
    PinRequired,
    TokenLost,
    TokenNotFound,
    TokenRefused,
)
from hsm.pins import Pin
from hsm.signer import Signer
from hsm.softhsm import SoftHsm
from hsm.verification import verify_signature
from tests.conftest import USER_PIN
from tests.hsm.conftest import Faults, Shelf, worker_pid

pytestmark = pytest.mark.token


def check(signer: Signer) -> None:
    message = os.urandom(16)
    verify_signature(signer.public_key, signer.algorithm, message, signer.sign(message))


def gone(pid: int) -> bool:
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.crash
def test_a_killed_worker_is_replaced_and_logged_in_again(token_shelf: Shelf) -> None:
    uri = token_shelf.key()
    signer = token_shelf.keys.signer(uri)
    token_shelf.asked.clear()
    for _ in range(3):
        pid = worker_pid(token_shelf, uri.token)
        os.kill(pid, signal.SIGKILL)
        check(signer)
        assert worker_pid(token_shelf, uri.token) != pid
        assert gone(pid)
    assert token_shelf.asked == [uri.token] * 3


@pytest.mark.crash
def test_a_killed_worker_needs_the_holders_pin_again(token_shelf: Shelf) -> None:
    uri = token_shelf.key()
    token_shelf.keys.close()
    token_shelf.pin = None
    signer = token_shelf.keys.signer(uri, pin=USER_PIN)
    os.kill(worker_pid(token_shelf, uri.token), signal.SIGKILL)
    check(signer)
    os.kill(worker_pid(token_shelf, uri.token), signal.SIGKILL)
    with pytest.raises(PinRequired):
        token_shelf.keys.signer(uri)


@pytest.mark.crash
@pytest.mark.parametrize("order", ["crash", "after-crash"])
def test_a_crash_within_a_signature_is_tried_once_more(
    faulty_shelf: Shelf, faults: Faults, order: str
) -> None:
    uri = faulty_shelf.key()
    signer = faulty_shelf.keys.signer(uri)
    faults("C_Sign", f"once:{order}")
    check(signer)
    faults("C_Sign", f"always:{order}")
    with pytest.raises(TokenLost):
        signer.sign(b"m")
    faults.none()
    check(signer)


@pytest.mark.crash
def test_kills_under_load_lose_no_signature(token_shelf: Shelf) -> None:
    """Each sign either succeeds or says TokenLost; after the last kill everything works."""
    uri = token_shelf.key()
    signer = token_shelf.keys.signer(uri)
    wrong: list[BaseException] = []
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            try:
                check(signer)
            except TokenLost:
                continue
            except BaseException as failure:  # noqa: BLE001 - reported below
                wrong.append(failure)
                return

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        time.sleep(0.2)
        slot = token_shelf.keys._slot(uri.token)  # type: ignore[attr-defined]
        if slot._worker is not None:
            os.kill(slot._worker.pid, signal.SIGKILL)
    done.set()
    for thread in threads:
        thread.join(30)
    assert wrong == []
    check(signer)
    assert token_shelf.keys.probe(uri.token).tries_left == 6


RETURN_VALUES = {
    "CKR_GENERAL_ERROR": 0x05,
    "CKR_FUNCTION_FAILED": 0x06,
    "CKR_DEVICE_ERROR": 0x30,
    "CKR_DEVICE_REMOVED": 0x32,
    "CKR_KEY_HANDLE_INVALID": 0x60,
    "CKR_OBJECT_HANDLE_INVALID": 0x82,
    "CKR_OPERATION_ACTIVE": 0x90,
    "CKR_SESSION_HANDLE_INVALID": 0xB3,
    "CKR_TOKEN_NOT_PRESENT": 0xE0,
    "CKR_USER_NOT_LOGGED_IN": 0x101,
    "CKR_CRYPTOKI_NOT_INITIALIZED": 0x190,
}


@pytest.mark.parametrize("name", sorted(RETURN_VALUES))
def test_each_return_value_of_a_lost_token_is_tried_once_more(
    faulty_shelf: Shelf, faults: Faults, name: str
) -> None:
    uri = faulty_shelf.key()
    signer = faulty_shelf.keys.signer(uri)
    pid = worker_pid(faulty_shelf, uri.token)
    faults("C_SignInit", f"once:rv:{RETURN_VALUES[name]:x}")
    check(signer)
    assert worker_pid(faulty_shelf, uri.token) != pid
    faults("C_SignInit", f"always:rv:{RETURN_VALUES[name]:x}")
    with pytest.raises(TokenLost):
        signer.sign(b"m")
    faults.none()
    check(signer)


@pytest.mark.parametrize("order", ["closeall", "finalize"])
def test_sessions_closed_and_library_finalised_by_someone(
    faulty_shelf: Shelf, faults: Faults, order: str
) -> None:
    """C_CloseAllSessions, or C_Finalize, behind our back."""
    uri = faulty_shelf.key()
    signer = faulty_shelf.keys.signer(uri)
    for function in ("C_SignInit", "C_Sign"):
        faults(function, f"once:{order}")
        check(signer)
        check(signer)


def test_a_hanging_library_is_given_up(faulty_shelf: Shelf, faults: Faults) -> None:
    uri = faulty_shelf.key()
    signer = faulty_shelf.keys.signer(uri)
    pid = worker_pid(faulty_shelf, uri.token)
    faults("C_Sign", "once:hang")
    with pytest.raises(TokenLost) as lost:
        signer.sign(b"m")
    assert "no answer" in lost.value.detail
    assert gone(pid)
    check(signer)


def test_a_wrong_pin_is_never_tried_again(faulty_shelf: Shelf, faults: Faults) -> None:
    """Also when the login that follows a loss is refused, one C_Login is one count."""
    uri = faulty_shelf.key()
    signer = faulty_shelf.keys.signer(uri)
    os.kill(worker_pid(faulty_shelf, uri.token), signal.SIGKILL)
    faults("C_Login", "once:rv:a0")
    with pytest.raises(PinIncorrect) as wrong:
        signer.sign(b"m")
    assert wrong.value.left == 5
    assert not (faults.folder / "C_Login").exists()


def test_a_module_that_says_already_logged_in_lets_no_wrong_pin_pass(
    faulty_shelf: Shelf, faults: Faults
) -> None:
    """CKR_USER_ALREADY_LOGGED_IN judges no PIN: that login is ended and the PIN put to the module once."""
    uri = faulty_shelf.key()
    for order in ("once:rv:100", "always:rv:100"):
        faulty_shelf.keys.close()
        faults("C_Login", order)
        with pytest.raises((PinIncorrect, TokenRefused)):
            faulty_shelf.keys.signer(uri, pin=Pin("975310"))
    faults.none()
    faulty_shelf.keys.close()
    faults("C_Login", "once:rv:100")
    check(faulty_shelf.keys.signer(uri))


def test_a_login_that_the_token_never_judged_costs_no_try(faulty_shelf: Shelf, faults: Faults) -> None:
    uri = faulty_shelf.key()
    faulty_shelf.keys.close()
    faults("C_Login", "always:rv:30")
    with pytest.raises(TokenLost):
        faulty_shelf.keys.signer(uri)
    faults.none()
    assert faulty_shelf.keys.probe(uri.token).tries_left == 6
    check(faulty_shelf.keys.signer(uri))


@pytest.mark.crash
@pytest.mark.parametrize("order", ["rv:30", "crash", "after-crash"])
def test_a_key_is_made_once_though_its_making_was_interrupted(
    faulty_shelf: Shelf, faults: Faults, order: str
) -> None:
    token = faulty_shelf.token()
    assert faulty_shelf.keys.keys(token) == ()
    faults("C_GenerateKeyPair", f"once:{order}")
    uri = faulty_shelf.keys.generate(faulty_shelf.uri(token), KeyKind.EC_P256)
    assert [each.uri for each in faulty_shelf.keys.keys(token)] == [uri]
    check(faulty_shelf.keys.signer(uri))


@pytest.mark.crash
def test_a_token_left_half_made_is_completed(faulty_shelf: Shelf, faults: Faults) -> None:
    """Killed between C_InitToken and C_InitPIN."""
    faults("C_InitToken", "once:after-crash")
    with pytest.raises(TokenLost):
        faulty_shelf.token()
    label = faulty_shelf.keys.tokens()[0]
    from tests.conftest import SO_PIN

    faulty_shelf.keys.create_token(label, SO_PIN, USER_PIN)
    check(faulty_shelf.keys.signer(faulty_shelf.keys.generate(faulty_shelf.uri(label), KeyKind.EC_P256)))
    assert faulty_shelf.keys.tokens() == (label,)


@pytest.mark.parametrize("reset_on_fork", ["false", "true"])
def test_a_forked_child_has_its_own_worker(
    soft_hsm: SoftHsm, environment: dict[str, str], token_shelf: Shelf, reset_on_fork: str
) -> None:
    config = Path(environment["SOFTHSM2_CONF"])
    config.write_text(config.read_text() + f"library.reset_on_fork = {reset_on_fork}\n")
    uri = token_shelf.key()
    signer = token_shelf.keys.signer(uri)
    check(signer)
    parents = worker_pid(token_shelf, uri.token)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # fork in a process with threads is what is tested
        child = os.fork()
    if child == 0:  # pragma: no cover - runs in the child
        status = 1
        try:
            fresh = token_shelf.keys.signer(uri)
            check(fresh)
            check(signer)
            status = 0 if worker_pid(token_shelf, uri.token) != parents else 2
            token_shelf.keys.close()
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    check(signer)
    assert worker_pid(token_shelf, uri.token) == parents


def test_a_token_initialised_anew_by_another_program_has_lost_its_keys(
    token_shelf: Shelf, softhsm2_util: Callable[..., None]
) -> None:
    uri = token_shelf.key()
    signer = token_shelf.keys.signer(uri)
    check(signer)
    again = ("--init-token", "--token", uri.token, "--label", uri.token)
    softhsm2_util(*again, "--so-pin", "87654321", "--pin", "246810")
    with pytest.raises(KeyNotFound):
        signer.sign(b"m")
    assert token_shelf.keys.keys(uri.token) == ()
    check(token_shelf.keys.signer(token_shelf.keys.generate(token_shelf.uri(uri.token), KeyKind.EC_P256)))


def test_a_token_pulled_out_is_refused_and_works_when_it_is_back(token_shelf: Shelf, tmp_path: Path) -> None:
    """The token's directory removed: whatever is asked first, nothing tells an empty token for a lost one."""
    uri = token_shelf.key()
    signer = token_shelf.keys.signer(uri)
    (place,) = (tmp_path / "tokens" / "tokens").iterdir()
    asks: list[Callable[[], object]] = [
        lambda: signer.sign(b"m"),
        lambda: token_shelf.keys.signer(uri),
        lambda: token_shelf.keys.keys(uri.token),
        lambda: token_shelf.keys.certificates(uri.token),
        lambda: token_shelf.keys.generate(token_shelf.uri(uri.token, "new"), KeyKind.EC_P256),
        lambda: token_shelf.keys.destroy(uri),
        lambda: token_shelf.keys.change_pin(uri.token, USER_PIN, USER_PIN),
    ]
    for ask in asks:
        check(signer)
        place.rename(tmp_path / "pulled out")
        for _ in range(2):
            with pytest.raises((TokenLost, TokenNotFound)) as refused:
                ask()
            assert isinstance(refused.value, HsmError)
        assert not token_shelf.keys.probe(uri.token).ready
        (tmp_path / "pulled out").rename(place)
        assert token_shelf.keys.probe(uri.token).ready
        check(signer)
    assert [each.uri for each in token_shelf.keys.keys(uri.token)] == [uri]
    assert token_shelf.keys.probe(uri.token).tries_left == 6


def test_a_token_back_before_anybody_noticed_works(token_shelf: Shelf, tmp_path: Path) -> None:
    uri = token_shelf.key()
    signer = token_shelf.keys.signer(uri)
    check(signer)
    (place,) = (tmp_path / "tokens" / "tokens").iterdir()
    place.rename(tmp_path / "pulled out")
    (tmp_path / "pulled out").rename(place)
    check(signer)
    assert len(token_shelf.keys.keys(uri.token)) == 1


@pytest.mark.crash
def test_workers_leave_with_the_service(token_shelf: Shelf) -> None:
    """A service killed with kill -9 leaves no worker behind: the worker sees the end of its pipe."""
    uri = token_shelf.key()
    token_shelf.keys.close()
    read, write = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:  # pragma: no cover - runs in the child
        token_shelf.keys.signer(uri).sign(b"m")
        os.write(write, str(worker_pid(token_shelf, uri.token)).encode())
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    pid = int(os.read(read, 20))
    os.close(read)
    os.close(write)
    assert gone(pid)


def test_processes_that_log_in_together_do_not_disturb_each_other(token_shelf: Shelf) -> None:
    """SoftHSM 2.6.1 rewrites the token's file at each login; our lock keeps readers off meanwhile (crypto facts C3)."""
    uri = token_shelf.key()
    token_shelf.keys.close()
    wrong: list[BaseException] = []

    def work() -> None:
        for _ in range(5):
            provider = token_shelf.again()
            try:
                check(provider.signer(uri))
            except BaseException as failure:  # noqa: BLE001 - reported below
                wrong.append(failure)
            finally:
                provider.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert token_shelf.keys.probe(uri.token).tries_left == 6


def test_the_service_itself_never_loads_the_library(token_shelf: Shelf) -> None:
    uri = token_shelf.key()
    check(token_shelf.keys.signer(uri))
    assert isinstance(token_shelf.keys, CryptokiProvider)
    maps = Path("/proc/self/maps").read_text()
    assert "softhsm" not in maps
