"""What a PKCS#11 module or its binding does to the unwary: each trap that was met, sprung on a real token (B4)."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from hsm.algorithms import KeyKind
from hsm.errors import DuplicateKey, KeyNotProtected, ModuleUnavailable, TokenNotFound, UnsupportedAlgorithm
from hsm.key_uri import KeyUri
from hsm.softhsm import SoftHsm
from hsm.verification import verify_signature
from tests.conftest import SO_PIN, USER_PIN
from tests.hsm.conftest import Faults, Shelf, worker_pid

pytestmark = pytest.mark.token
ROOT = Path(__file__).parents[2]

PREAMBLE = """
import os, sys
from pathlib import Path
from pkcs11 import ObjectClass
from hsm.errors import *
from hsm.worker.wire import *
from hsm.worker.module import Module, handle_of
from hsm.worker.calls import CKU_USER, CKU_SO, Calls
from hsm.worker import objects
from hsm.worker.operations import perform
from hsm.worker.service import TokenService
module = Module(Path(sys.argv[1]))
LABEL, LOCK = sys.argv[2], Path(sys.argv[3])
EC = objects.Recipe(rsa=False, digest="sha256", hashed=True)
"""


@pytest.fixture
def driver(soft_hsm: SoftHsm, environment: dict[str, str], tmp_path: Path) -> Callable[[str, str], str]:
    """Return a way to run code in a process that has the module loaded, as a worker has it."""

    def run(token: str, code: str) -> str:
        script = PREAMBLE + textwrap.dedent(code)
        done = subprocess.run(
            [sys.executable, "-c", script, soft_hsm.module, token, tmp_path / "driver.lock"],
            env={**environment, "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


@pytest.mark.parametrize("kind", [KeyKind.EC_P256, KeyKind.RSA_2048])
def test_trap_1_threads_do_not_crash_the_module(token_shelf: Shelf, kind: KeyKind) -> None:
    """The module is initialised with CKF_OS_LOCKING_OK: with NULL, four threads crash it every time."""
    uri = token_shelf.key(kind)
    pid = worker_pid(token_shelf, uri.token)
    hammer(token_shelf, uri)
    assert worker_pid(token_shelf, uri.token) == pid
    assert len(list(Path(f"/proc/{pid}/task").iterdir())) >= 4


def hammer(shelf: Shelf, uri: KeyUri) -> None:
    """Sign and list from four threads."""
    signer = shelf.keys.signer(uri)
    wrong: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for step in range(100):
                message = f"{number} {step}".encode()
                verify_signature(signer.public_key, signer.algorithm, message, signer.sign(message))
                if step % 20 == 0:
                    assert len(shelf.keys.keys(uri.token)) == 1
        except BaseException as failure:  # noqa: BLE001 - reported below
            wrong.append(failure)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_trap_1_a_module_that_cannot_lock_is_used_by_one_thread_at_a_time(
    faulty_shelf: Shelf, faults: Faults
) -> None:
    """CKR_CANT_LOCK: it is initialised without locking then, where two threads at a time would crash it."""
    faults("C_Initialize", "always:rv:a")
    uri = faulty_shelf.key(KeyKind.RSA_2048)
    pid = worker_pid(faulty_shelf, uri.token)
    hammer(faulty_shelf, uri)
    assert worker_pid(faulty_shelf, uri.token) == pid


def test_trap_2_and_3_sessions_share_one_login_and_closing_one_logs_nobody_out(
    token_shelf: Shelf, driver: Callable[[str, str], str]
) -> None:
    uri = token_shelf.key()
    said = driver(
        uri.token,
        """
        token = module.token(LABEL)
        master = module.open(token, writing=True)
        module.calls.login(handle_of(master), CKU_USER, "246810")
        module.calls.login(handle_of(master), CKU_USER, "246810")      # CKR_USER_ALREADY_LOGGED_IN: asked again
        first, second = module.open(token, writing=False), module.open(token, writing=False)
        keys = [objects.private_key(session, "k", None) for session in (first, second)]
        first.close()
        print(len(objects.sign(keys[1], EC, b"x" * 32)))
        """,
    )
    assert said == "64"


def test_trap_4_a_failed_login_leaves_no_session(
    token_shelf: Shelf, driver: Callable[[str, str], str]
) -> None:
    """C_InitToken refuses (CKR_SESSION_EXISTS) while any session is open: it is the witness here."""
    uri = token_shelf.key()
    said = driver(
        uri.token,
        """
        for _ in range(3):
            try:
                module.set_user_pin(LABEL, "wrong so pin", "123456")
            except WrongPin:
                pass
        slot = module.token(LABEL).slot.slot_id
        module.calls.check("C_InitToken", slot, b"87654321", 8, LABEL.encode().ljust(32))
        session = module.open(module.token(LABEL), writing=True)
        try:
            module.calls.check("C_InitToken", slot, b"87654321", 8, LABEL.encode().ljust(32))
        except TokenRefused as refused:
            print(refused.detail)
        """,
    )
    assert said == "CK_RV 0x000000B6"  # CKR_SESSION_EXISTS: the witness is awake


def test_trap_5_no_search_is_left_open(token_shelf: Shelf, driver: Callable[[str, str], str]) -> None:
    """Two keys of one label, made by another program; more objects than one batch of the search holds."""
    token = token_shelf.token()
    driver(
        token,
        """
        session = module.open(module.token(LABEL), writing=True)
        module.calls.login(handle_of(session), CKU_USER, "246810")
        for number in range(12):
            label = "twin" if number < 2 else f"k{number}"
            objects._make(session, objects.NewKey(label, bytes([number]) * 16, "ec-p256", False))
        """,
    )
    for _ in range(3):
        with pytest.raises(DuplicateKey):
            token_shelf.keys.signer(token_shelf.uri(token, "twin"))
        assert len(token_shelf.keys.keys(token)) == 12
    signer = token_shelf.keys.signer(token_shelf.uri(token, "twin").with_id(b"\1" * 16))
    verify_signature(signer.public_key, signer.algorithm, b"m", signer.sign(b"m"))


def test_a_key_of_another_program_without_an_id_works(
    token_shelf: Shelf, driver: Callable[[str, str], str]
) -> None:
    token = token_shelf.token()
    driver(
        token,
        """
        session = module.open(module.token(LABEL), writing=True)
        module.calls.login(handle_of(session), CKU_USER, "246810")
        objects._make(session, objects.NewKey("foreign", b"", "rsa-2048", False))
        """,
    )
    (key,) = token_shelf.keys.keys(token)
    assert key.uri.id is None
    signer = token_shelf.keys.signer(key.uri, expected=key.public_key)
    verify_signature(key.public_key, signer.algorithm, b"m", signer.sign(b"m"))


def test_half_a_pair_is_made_again(token_shelf: Shelf, driver: Callable[[str, str], str]) -> None:
    """Killed between the private and the public object: the next attempt of the same call starts over."""
    token = token_shelf.token()
    said = driver(
        token,
        """
        session = module.open(module.token(LABEL), writing=True)
        module.calls.login(handle_of(session), CKU_USER, "246810")
        new = objects.NewKey("k", b"1" * 16, "ec-p256", False)
        objects.generate(session, new)
        (public,) = objects.search(session, CLASS=ObjectClass.PUBLIC_KEY)
        public.destroy()
        try:
            objects.generate(session, new)
        except DuplicateKey:
            objects.generate(session, objects.NewKey(new.label, new.id, new.kind, True))
            print("made again")
        """,
    )
    assert said == "made again"
    (key,) = token_shelf.keys.keys(token)
    signer = token_shelf.keys.signer(key.uri)
    verify_signature(key.public_key, signer.algorithm, b"m", signer.sign(b"m"))


def test_trap_6_an_uninitialised_library_is_known_by_its_nameless_error(
    token_shelf: Shelf, driver: Callable[[str, str], str]
) -> None:
    uri = token_shelf.key()
    said = driver(
        uri.token,
        """
        service = TokenService(module, LABEL, LOCK, 2)
        perform(service, Frame({"op": "login", "pin": "246810"}))
        ask = Frame({"op": "sign", "label": "k", "key_id": KEY, "rsa": False, "digest": "sha256", "hashed": True}, b"x" * 32)
        print(len(perform(service, ask).blob))
        module.calls.check("C_Finalize", None)
        for op in ("sign", "keys", "probe", "certificates"):
            try:
                perform(service, Frame({**ask.fields, "op": op}, ask.blob))
            except SessionLost as lost:
                print("lost")
        """.replace("KEY", repr((uri.id or b"").hex())),
    )
    assert said.split() == ["64", "lost", "lost", "lost", "lost"]


def test_trap_7_signatures_of_every_length_are_der(token_shelf: Shelf) -> None:
    """The numbers r and s come as one string of fixed length; their DER integers lose leading zeros and gain sign octets."""
    signer = token_shelf.keys.signer(token_shelf.key())
    lengths = set()
    for number in range(300):
        message = number.to_bytes(2, "big")
        signature = signer.sign(message)
        verify_signature(signer.public_key, signer.algorithm, message, signature)
        lengths.add(len(signature))
    assert len(lengths) > 1


def test_a_module_that_is_none_is_named(tmp_path: Path, token_shelf: Shelf) -> None:
    from hsm.cryptoki import CryptokiProvider

    text = tmp_path / "module.so"
    text.write_text("not a library")
    for module in (tmp_path / "nothing.so", text, Path("/lib/x86_64-linux-gnu/libc.so.6")):
        provider = CryptokiProvider(module, pins=token_shelf.source, counters=tmp_path / "c")
        with pytest.raises(ModuleUnavailable):
            provider.tokens()
        with pytest.raises(ModuleUnavailable):
            provider.create_token("T", SO_PIN, USER_PIN)
        health = provider.probe("T")
        assert not health.ready
        assert "ModuleUnavailable" in health.detail


def test_a_missing_configuration_is_told_and_not_a_general_error(soft_hsm: SoftHsm, tmp_path: Path) -> None:
    from hsm.cryptoki import CryptokiProvider

    provider = CryptokiProvider(
        soft_hsm.module,
        pins=lambda _token: USER_PIN,
        counters=tmp_path / "c",
        environment={"SOFTHSM2_CONF": str(tmp_path / "nothing.conf")},
    )
    with pytest.raises(ModuleUnavailable) as wrong:
        provider.tokens()
    assert "configuration" in wrong.value.en
    assert "配置" in wrong.value.zh


def test_two_tokens_of_one_label_are_refused(token_shelf: Shelf, softhsm2_util: Callable[..., None]) -> None:
    for _ in range(2):
        softhsm2_util("--init-token", "--free", "--label", "twin", "--so-pin", "87654321", "--pin", "246810")
    with pytest.raises(TokenNotFound) as wrong:
        token_shelf.keys.keys("twin")
    assert "2 tokens" in wrong.value.detail


def test_a_key_that_could_leave_is_destroyed(faulty_shelf: Shelf, faults: Faults) -> None:
    """I24: the flags are read back, and a token that tells of an extractable key keeps none."""
    token = faulty_shelf.token()
    faults("C_GetAttributeValue", "always:extractable")
    with pytest.raises(KeyNotProtected):
        faulty_shelf.keys.generate(faulty_shelf.uri(token), KeyKind.EC_P256)
    faults.none()
    assert faulty_shelf.keys.keys(token) == ()


def test_a_token_without_hashing_rsa_is_given_the_digest(faulty_shelf: Shelf, faults: Faults) -> None:
    """CKR_MECHANISM_INVALID for SHA256_RSA_PKCS once: RSA_PKCS with DigestInfo gives the same signature."""
    signer = faulty_shelf.keys.signer(faulty_shelf.key(KeyKind.RSA_2048))
    plain = signer.sign(b"m")
    faults("C_SignInit", "once:rv:70")
    assert signer.sign(b"m") == plain
    faults("C_SignInit", "always:rv:70")
    with pytest.raises(UnsupportedAlgorithm):
        signer.sign(b"m")


def test_a_talking_library_does_not_disturb_the_pipe(faulty_shelf: Shelf, faults: Faults) -> None:
    signer = faulty_shelf.keys.signer(faulty_shelf.key())
    faults("C_Sign", "always:chatter")
    for _ in range(3):
        verify_signature(signer.public_key, signer.algorithm, b"m", signer.sign(b"m"))


def test_I24_no_way_out_of_the_token(token_shelf: Shelf, driver: Callable[[str, str], str]) -> None:
    """Reading, unflagging, copying and wrapping the private key all fail (crypto facts B3)."""
    uri = token_shelf.key()
    said = driver(
        uri.token,
        """
        import pkcs11
        from pkcs11 import Attribute, KeyType, Mechanism
        session = module.open(module.token(LABEL), writing=True)
        module.calls.login(handle_of(session), CKU_USER, "246810")
        key = objects.private_key(session, "k", None)
        def attempt(work):
            try:
                work()
                print("done")
            except pkcs11.PKCS11Error as refused:
                print(type(refused).__name__)
        attempt(lambda: key[Attribute.VALUE])
        attempt(lambda: key.__setitem__(Attribute.EXTRACTABLE, True))
        attempt(lambda: key.__setitem__(Attribute.SENSITIVE, False))
        attempt(lambda: key.copy({Attribute.EXTRACTABLE: True}))
        wrapper = session.generate_key(KeyType.AES, 256, template={Attribute.WRAP: True, Attribute.TOKEN: False})
        attempt(lambda: wrapper.wrap_key(key, mechanism=Mechanism.AES_KEY_WRAP_PAD))
        """,
    )
    assert said.split() == [
        "AttributeSensitive",
        "AttributeReadOnly",
        "AttributeReadOnly",
        "AttributeReadOnly",
        "KeyUnextractable",
    ]
