"""SM2 keys of a token without SM2: sealed under its own key, whole or not there, and open for one use (custody *sealed*)."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hsm.algorithms import KeyKind
from hsm.errors import (
    DecryptionFailed,
    DuplicateKey,
    HsmError,
    KeyNotFound,
    KeyNotProtected,
    TokenLost,
)
from hsm.key_uri import KeyUri
from hsm.signer import Custody, Signer
from hsm.softhsm import SoftHsm
from hsm.verification import verify_signature
from tests.conftest import USER_PIN
from tests.hsm.conftest import Faults, Shelf, worker_pid

pytestmark = pytest.mark.token
ROOT = Path(__file__).parents[2]

OTHER_PROGRAM = """
import json, sys, pkcs11
from pkcs11.constants import Attribute as A, ObjectClass as C
lib = pkcs11.lib({module!r})
token = lib.get_token(token_label={label!r})
session = token.open(user_pin={pin!r}, rw=True)
"""


@dataclass
class Intruder:
    """Another program with the same module (and the PIN, unless told otherwise)."""

    hsm: SoftHsm
    environment: dict[str, str]

    def __call__(self, label: str, script: str, *, pin: bool = True) -> Any:
        head = OTHER_PROGRAM.format(
            module=str(self.hsm.module), label=label, pin=USER_PIN.reveal() if pin else None
        )
        done = subprocess.run(
            [sys.executable, "-c", head + script],
            cwd=ROOT,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def intruder(soft_hsm: SoftHsm, environment: dict[str, str]) -> Intruder:
    return Intruder(soft_hsm, environment)


def check(signer: Signer) -> None:
    message = os.urandom(16)
    verify_signature(signer.public_key, signer.algorithm, message, signer.sign(message))


VAULT = """
keys = list(session.get_objects({A.CLASS: C.SECRET_KEY}))
flags = [A.EXTRACTABLE, A.SENSITIVE, A.ALWAYS_SENSITIVE, A.NEVER_EXTRACTABLE, A.PRIVATE, A.TOKEN]
def value(key):
    try:
        return key[A.VALUE].hex()
    except pkcs11.AttributeSensitive:
        return "refused"
print(json.dumps([[k[A.LABEL], k.key_length, [k[f] for f in flags], value(k)] for k in keys]))
"""


def test_I24_the_sealing_key_cannot_leave_the_token(sealed_shelf: Shelf, intruder: Intruder) -> None:
    """I24: made at the first use, once, and the token itself says that it is sensitive and not extractable."""
    uri = sealed_shelf.key()
    sealed_shelf.keys.generate(sealed_shelf.uri(uri.token, "second"), KeyKind.SM2)
    assert intruder(uri.token, VAULT) == [
        ["yinxin vault", 256, [False, True, True, True, True, True], "refused"]
    ]


DATA = """
found = list(session.get_objects({A.CLASS: C.DATA}))
print(json.dumps([[d[A.LABEL], d[A.APPLICATION], d[A.PRIVATE], d[A.VALUE].hex()] for d in found]))
"""


def test_what_the_token_stores_tells_the_public_half_alone(sealed_shelf: Shelf, intruder: Intruder) -> None:
    uri = sealed_shelf.key()
    signer = sealed_shelf.keys.signer(uri)
    ((label, application, private, value),) = intruder(uri.token, DATA)
    assert (label, application, private) == (uri.object, "yinxin sm2", True)
    assert uri.id is not None
    point = signer.public_key.point  # type: ignore[union-attr]
    assert value.startswith((bytes((1, 16)) + uri.id + point).hex())
    assert len(bytes.fromhex(value)) == 2 + 16 + 65 + (1 + 16 + 12 + 32 + 16)
    assert intruder(uri.token, DATA, pin=False) == []


def test_a_sealed_key_tells_its_custody(sealed_shelf: Shelf) -> None:
    uri = sealed_shelf.key()
    rsa = sealed_shelf.keys.generate(sealed_shelf.uri(uri.token, "rsa"), KeyKind.RSA_2048)
    told = {each.uri.object: each.custody for each in sealed_shelf.keys.keys(uri.token)}
    assert told == {uri.object: Custody.SEALED, "rsa": Custody.TOKEN}
    assert sealed_shelf.keys.signer(uri).custody is Custody.SEALED
    assert sealed_shelf.keys.signer(rsa).custody is Custody.TOKEN


def test_names_are_free_of_keys_of_every_kind(sealed_shelf: Shelf) -> None:
    """A sealed key and one of the token's own never share a label or an id."""
    uri = sealed_shelf.key()
    token = uri.token
    other = sealed_shelf.keys.generate(sealed_shelf.uri(token, "own"), KeyKind.EC_P256)
    for name, kind, key_id in (
        (uri.object, KeyKind.EC_P256, None),
        (other.object, KeyKind.SM2, None),
        ("new", KeyKind.EC_P256, uri.id),
        ("new", KeyKind.SM2, other.id),
    ):
        wanted = KeyUri("pkcs11", token, name, key_id)
        with pytest.raises(DuplicateKey):
            sealed_shelf.keys.generate(wanted, kind)
    assert len(sealed_shelf.keys.keys(token)) == 2


CHANGE = """
found = {{d[A.LABEL]: d for d in session.get_objects({{A.CLASS: C.DATA}})}}
values = {{label: d[A.VALUE] for label, d in found.items()}}
for d in found.values():
    d.destroy()
for label, value in ({change})(values).items():
    session.create_object({{A.CLASS: C.DATA, A.TOKEN: True, A.PRIVATE: True, A.LABEL: label,
                            A.APPLICATION: "yinxin sm2", A.VALUE: value}})
print(json.dumps(sorted(values)))
"""


@pytest.mark.parametrize(
    "change",
    [
        "lambda v: {l: x[:-1] + bytes([x[-1] ^ 1]) for l, x in v.items()}",
        "lambda v: {l: x[:-48] + bytes([x[-48] ^ 1]) + x[-47:] for l, x in v.items()}",
        "lambda v: {l: x[:83] + v[{'a': 'b', 'b': 'a'}[l]][83:] for l, x in v.items()}",
        "lambda v: {{'a': 'b', 'b': 'a'}[l]: x for l, x in v.items()}",
        "lambda v: {l: x[:2] + bytes(16) + x[18:] for l, x in v.items()}",
    ],
    ids=["tag", "scalar", "scalars swapped", "labels swapped", "id"],
)
def test_an_altered_key_does_not_sign(sealed_shelf: Shelf, intruder: Intruder, change: str) -> None:
    """The seal binds label, id and public half: no blob serves under another key's name. The worker lives on."""
    uri = sealed_shelf.key()
    a = sealed_shelf.keys.generate(sealed_shelf.uri(uri.token, "a"), KeyKind.SM2)
    sealed_shelf.keys.generate(sealed_shelf.uri(uri.token, "b"), KeyKind.SM2)
    sealed_shelf.keys.destroy(uri)
    sealed_shelf.keys.close()
    assert intruder(uri.token, CHANGE.format(change=change)) == ["a", "b"]
    signer = sealed_shelf.keys.signer(KeyUri("pkcs11", a.token, "a"))
    pid = worker_pid(sealed_shelf, a.token)
    for _ in range(3):
        with pytest.raises(DecryptionFailed):
            signer.sign(b"m")
    assert worker_pid(sealed_shelf, a.token) == pid
    assert sealed_shelf.keys.probe(a.token).ready


@pytest.mark.parametrize("cut", ["[:40]", "[:-1]", "[:0]", " + b'0'"])
def test_an_object_that_is_not_whole_is_no_key(sealed_shelf: Shelf, intruder: Intruder, cut: str) -> None:
    uri = sealed_shelf.key()
    sealed_shelf.keys.close()
    intruder(uri.token, CHANGE.format(change=f"lambda v: {{l: x{cut} for l, x in v.items()}}"))
    assert sealed_shelf.keys.keys(uri.token) == ()
    with pytest.raises(KeyNotFound):
        sealed_shelf.keys.signer(uri)
    check(sealed_shelf.keys.signer(sealed_shelf.keys.generate(sealed_shelf.uri(uri.token), KeyKind.SM2)))


def test_without_its_sealing_key_a_key_is_lost(sealed_shelf: Shelf, intruder: Intruder) -> None:
    """The blobs without the token's key are octets; a new sealing key opens none of them."""
    uri = sealed_shelf.key()
    sealed_shelf.keys.close()
    gone = "[k.destroy() for k in session.get_objects({A.CLASS: C.SECRET_KEY})]; print(1)"
    intruder(uri.token, gone)
    with pytest.raises(KeyNotFound):
        sealed_shelf.keys.signer(uri)
    new = sealed_shelf.keys.generate(sealed_shelf.uri(uri.token, "new"), KeyKind.SM2)
    assert [each.uri for each in sealed_shelf.keys.keys(uri.token)] == [new]
    check(sealed_shelf.keys.signer(new))


def test_names_are_free_of_sealed_keys_for_other_uses(sealed_shelf: Shelf, intruder: Intruder) -> None:
    """A sealed encryption key is another application's object: its label and its id are taken all the same."""
    uri = sealed_shelf.key()
    sealed_shelf.keys.close()
    other = CHANGE.replace('"yinxin sm2"', '"yinxin sm2 encryption"').format(change="lambda v: v")
    intruder(uri.token, other)
    assert sealed_shelf.keys.keys(uri.token) == ()
    for wanted in (sealed_shelf.uri(uri.token), KeyUri("pkcs11", uri.token, "other", uri.id)):
        for kind in (KeyKind.SM2, KeyKind.EC_P256):
            with pytest.raises(DuplicateKey):
                sealed_shelf.keys.generate(wanted, kind)


@pytest.mark.crash
@pytest.mark.parametrize("function", ["C_GenerateKey", "C_Encrypt", "C_CreateObject", "C_Decrypt"])
@pytest.mark.parametrize("order", ["rv:30", "crash", "after-crash"])
def test_a_key_is_made_once_though_its_making_was_interrupted(
    faulty_shelf: Shelf, faults: Faults, function: str, order: str
) -> None:
    """Before and after each step of the making: the call succeeds with one key, and one sealing key."""
    token = faulty_shelf.token()
    faults(function, f"once:{order}")
    uri = faulty_shelf.keys.generate(faulty_shelf.uri(token), KeyKind.SM2)
    assert not (faults.folder / function).exists()
    assert [each.uri for each in faulty_shelf.keys.keys(token)] == [uri]
    check(faulty_shelf.keys.signer(uri))
    faulty_shelf.keys.destroy(uri)
    assert faulty_shelf.keys.keys(token) == ()


@pytest.mark.crash
@pytest.mark.parametrize("function", ["C_GenerateKey", "C_Encrypt", "C_CreateObject"])
def test_a_making_that_never_succeeds_leaves_nothing(
    faulty_shelf: Shelf, faults: Faults, function: str
) -> None:
    token = faulty_shelf.token()
    faults(function, "always:crash")
    with pytest.raises(TokenLost):
        faulty_shelf.keys.generate(faulty_shelf.uri(token), KeyKind.SM2)
    faults.none()
    assert faulty_shelf.keys.keys(token) == ()
    check(faulty_shelf.keys.signer(faulty_shelf.keys.generate(faulty_shelf.uri(token), KeyKind.SM2)))


@pytest.mark.crash
def test_kill_9_at_any_moment_leaves_a_whole_key_or_none(sealed_shelf: Shelf) -> None:
    """The worker is killed at random moments of twelve makings; what is listed afterwards signs, what is not can be made."""
    token = sealed_shelf.token()
    sealed_shelf.keys.keys(token)
    chance = random.Random(20180101)
    for number in range(12):
        pid = worker_pid(sealed_shelf, token)
        killer = threading.Timer(chance.uniform(0, 0.03), os.kill, (pid, signal.SIGKILL))
        killer.start()
        wanted = sealed_shelf.uri(token, f"k{number}")
        try:
            sealed_shelf.keys.generate(wanted, KeyKind.SM2)
        except TokenLost:
            pass
        finally:
            killer.join()
            time.sleep(0.01)
        there = [each for each in sealed_shelf.keys.keys(token) if each.uri.object == wanted.object]
        if not there:
            sealed_shelf.keys.generate(wanted, KeyKind.SM2)
        assert len([e for e in sealed_shelf.keys.keys(token) if e.uri.object == wanted.object]) == 1
        check(sealed_shelf.keys.signer(wanted))
    assert len(sealed_shelf.keys.keys(token)) == 12


@pytest.mark.crash
@pytest.mark.parametrize("order", ["crash", "after-crash", "rv:30", "rv:b3", "rv:5"])
def test_a_loss_within_a_signature_is_tried_once_more(
    faulty_shelf: Shelf, faults: Faults, order: str
) -> None:
    """A general error is a wrong tag to some modules and a lost token to others: neither is taken for the other."""
    signer = faulty_shelf.keys.signer(faulty_shelf.key(KeyKind.SM2))
    faults("C_Decrypt", f"once:{order}")
    check(signer)
    faults("C_Decrypt", f"always:{order}")
    with pytest.raises(TokenLost):
        signer.sign(b"m")
    faults.none()
    check(signer)


def test_a_sealing_key_that_could_leave_is_refused(faulty_shelf: Shelf, faults: Faults) -> None:
    """I24: a token that describes the key as extractable gets no scalar."""
    token = faulty_shelf.token()
    faults("C_GetAttributeValue", "always:extractable")
    with pytest.raises(KeyNotProtected):
        faulty_shelf.keys.generate(faulty_shelf.uri(token), KeyKind.SM2)
    faults.none()
    assert faulty_shelf.keys.keys(token) == ()


def test_two_services_make_one_sealing_key(sealed_shelf: Shelf, intruder: Intruder) -> None:
    """Both meet an empty token at one moment; the lock that all processes share lets one of them make the key."""
    token = sealed_shelf.token()
    providers = [sealed_shelf.again() for _ in range(3)]
    made: list[KeyUri] = []
    wrong: list[BaseException] = []

    def make(number: int) -> None:
        try:
            made.append(providers[number].generate(sealed_shelf.uri(token, f"k{number}"), KeyKind.SM2))
        except BaseException as failure:  # noqa: BLE001 - reported below
            wrong.append(failure)

    threads = [threading.Thread(target=make, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(intruder(token, VAULT)) == 1
    for uri in made:
        for provider in providers:
            check(provider.signer(uri))


IN_WORKER = """
import ctypes, ctypes.util, sys
from pathlib import Path
hide, allow = {hide!r}, {allow!r}
if hide:
    sys.modules["gmssl_pyx"] = None
    ctypes.util.find_library = lambda name: None
    real = ctypes.CDLL
    def choose(name, *rest, **named):
        if name and "libcrypto" in str(name):
            raise OSError(name)
        return real(name, *rest, **named)
    ctypes.CDLL = choose
from hsm.errors import HsmError
from hsm.worker.module import Module
from hsm.worker.operations import perform
from hsm.worker.service import TokenService
from hsm.worker.wire import Frame
service = TokenService(Module(Path({module!r})), {label!r}, Path({lock!r}), 2, python_signing=allow)
def ask(op, blob=b"", **fields):
    return perform(service, Frame({{"op": op, **fields}}, blob))
ask("login", pin={pin!r})
"""


@pytest.fixture
def in_worker(soft_hsm: SoftHsm, environment: dict[str, str], tmp_path: Path) -> Callable[..., str]:
    """Run a script where a worker runs, over the same token."""

    def run(label: str, script: str, *, hide: bool = False, allow: bool = False) -> str:
        head = IN_WORKER.format(
            hide=hide,
            allow=allow,
            module=str(soft_hsm.module),
            label=label,
            lock=str(tmp_path / "lock"),
            pin=USER_PIN.reveal(),
        )
        done = subprocess.run(
            [sys.executable, "-c", head + script],
            cwd=ROOT,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


def test_an_opened_secret_is_wiped_in_place(sealed_shelf: Shelf, in_worker: Callable[..., str]) -> None:
    script = """
with service.sealing() as session:
    blob = service.vault.seal(session, "p", b"context", b"a secret")
    with service.vault.opened(session, "p", b"context", blob) as secret:
        kept, during = secret, bytes(secret)
    try:
        with service.vault.opened(session, "p", b"context", blob) as secret:
            failed = secret
            raise RuntimeError
    except RuntimeError:
        pass
    print(during, kept == bytes(8), failed == bytes(8))
"""
    assert in_worker(sealed_shelf.token(), script) == "b'a secret' True True"


def test_python_makes_and_uses_keys_only_where_allowed(
    sealed_shelf: Shelf, in_worker: Callable[..., str]
) -> None:
    """A machine with neither library: nothing is made, and the refusal names the setting; allowed, everything works."""
    token = sealed_shelf.token()
    made = 'ask("generate", label="k", key_id="01", kind="sm2", again=False)\n'
    refused = (
        f"try:\n    {made}except HsmError as e:\n    print(type(e).__name__, ask('keys').fields['keys'])"
    )
    assert in_worker(token, refused, hide=True) == "Sm2SigningUnavailable []"
    named = made + "print(service.sm2().name, len(ask('keys').fields['keys']))"
    assert in_worker(token, named, hide=True, allow=True) == "python 1"
    check(sealed_shelf.keys.signer(sealed_shelf.uri(token)))


def test_an_unknown_request_is_refused(sealed_shelf: Shelf, in_worker: Callable[..., str]) -> None:
    script = """
for name in ("present", "__init__", "vault", "lane", "sealing", "None"):
    try:
        ask(name)
    except HsmError as refused:
        print(refused.detail)
"""
    assert in_worker(sealed_shelf.token(), script).splitlines() == ["unknown request"] * 6


def test_the_scalar_of_a_signature_never_crosses_the_pipe(
    sealed_shelf: Shelf, in_worker: Callable[..., str]
) -> None:
    """What the worker tells of a key, on every request about it, does not hold the scalar that it opened itself."""
    uri = sealed_shelf.key()
    script = f"""
from hsm.worker import sealed_keys
told = repr([ask("keys").fields, ask("find", label={uri.object!r}).fields,
             ask("sign", bytes(32), label={uri.object!r}, custody="sealed").blob.hex()])
with service.lane() as lane:
    key = sealed_keys.only(lane.session, {uri.object!r}, None)
    with service.vault.opened(lane.session, sealed_keys.PURPOSE, key.context, key.blob) as scalar:
        print(len(scalar), scalar.hex() in told, scalar.hex() in repr(key), key.public.point.hex() in told)
"""
    assert in_worker(uri.token, script) == "32 False False True"


def test_a_sealed_key_goes_with_its_certificate(sealed_shelf: Shelf, intruder: Intruder) -> None:
    from tests.hsm.sm2_certificates import sm2_certificate

    uri = sealed_shelf.key()
    signer = sealed_shelf.keys.signer(uri)
    der = sm2_certificate(signer, signer.public_key, 7)
    sealed_shelf.keys.import_certificate(uri, der)
    assert [each.der for each in sealed_shelf.keys.certificates(uri.token)] == [der]
    sealed_shelf.keys.destroy(uri)
    assert sealed_shelf.keys.certificates(uri.token) == ()
    assert intruder(uri.token, DATA) == []


@pytest.mark.crash
def test_errors_of_the_world_are_ours(sealed_shelf: Shelf, tmp_path: Path) -> None:
    """The token's folder pulled away under a sealed key, and put back."""
    uri = sealed_shelf.key()
    signer = sealed_shelf.keys.signer(uri)
    (place,) = (tmp_path / "tokens" / "tokens").iterdir()
    place.rename(tmp_path / "away")
    for ask in (
        lambda: signer.sign(b"m"),
        lambda: sealed_shelf.keys.generate(sealed_shelf.uri(uri.token, "n"), KeyKind.SM2),
        lambda: sealed_shelf.keys.destroy(uri),
    ):
        with pytest.raises(HsmError) as caught:
            ask()
        assert not isinstance(caught.value, KeyNotFound | DecryptionFailed)
    (tmp_path / "away").rename(place)
    check(signer)
    assert [each.uri for each in sealed_shelf.keys.keys(uri.token)] == [uri]
