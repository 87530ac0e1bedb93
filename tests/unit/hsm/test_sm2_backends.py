"""Which implementation computes: the chain, its self-test, and what a refusal says."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from hsm.errors import DecryptionFailed, SignatureInvalid, Sm2SigningUnavailable
from hsm.sm2 import backend as chain
from hsm.sm2.backend import BackendMissing, load, open_backend, python_backend
from hsm.sm2.by_python import PythonBackend
from hsm.sm2.cipher import Sm2Cipher
from hsm.sm2.public_key import Sm2PublicKey
from hsm.sm2.scalar import Scalar
from hsm.sm2.self_test import CIPHER, MESSAGE, PLAINTEXT, PUBLIC, SCALAR, SIGNATURE, self_test
from hsm.sm2.signature import Sm2Signature
from tests.sm2_makers import MAKERS, sm2_maker

ROOT = Path(__file__).parents[3]


class WrongPublic(PythonBackend):
    def _public(self, scalar: Scalar) -> Sm2PublicKey:
        return Sm2PublicKey(CIPHER.x, CIPHER.y)


class WrongSignature(PythonBackend):
    def _sign(self, scalar: Scalar, digest: bytes) -> Sm2Signature:
        made = super()._sign(scalar, digest)
        return Sm2Signature(made.s, made.r)


class Credulous(PythonBackend):
    def _verify(self, public: Sm2PublicKey, digest: bytes, signature: Sm2Signature) -> bool:
        return True


class Incredulous(PythonBackend):
    def _verify(self, public: Sm2PublicKey, digest: bytes, signature: Sm2Signature) -> bool:
        return False


class OldOrder(PythonBackend):
    """C1 C2 C3, as some old libraries have it."""

    def _encrypt(self, public: Sm2PublicKey, plaintext: Scalar) -> Sm2Cipher:
        made = super()._encrypt(public, plaintext)
        mixed = made.text + made.hash
        return Sm2Cipher(made.x, made.y, mixed[:32], mixed[32:])


class Broken(PythonBackend):
    def _decrypt(self, scalar: Scalar, cipher: Sm2Cipher) -> bytearray:
        raise OSError("the library fell over")


class Watched(PythonBackend):
    """Our own Python, noting what it is asked for."""

    def __init__(self) -> None:
        super().__init__(allowed=True)
        self.asked: set[str] = set()

    def __getattribute__(self, name: str) -> object:
        if name in ("_public", "_sign", "_verify", "_encrypt", "_decrypt"):
            super().__getattribute__("asked").add(name)
        return super().__getattribute__(name)


def test_the_self_test_asks_for_every_operation_and_passes_what_is_right() -> None:
    backend = Watched()
    self_test(backend)
    assert backend.asked == {"_public", "_sign", "_verify", "_encrypt", "_decrypt"}


@pytest.mark.parametrize(
    "wrong", [WrongPublic, WrongSignature, Credulous, Incredulous, OldOrder, Broken], ids=lambda c: c.__name__
)
def test_the_self_test_finds_what_is_wrong(wrong: type[PythonBackend]) -> None:
    with pytest.raises(BackendMissing, match="self-test"):
        self_test(wrong(allowed=True))


@pytest.fixture
def fresh() -> None:
    chain._native.cache_clear()


@pytest.mark.usefixtures("fresh")
def test_the_chain_takes_the_first_that_is_there(caplog: pytest.LogCaptureFixture) -> None:
    """It is chosen once and kept, whatever is asked for later."""
    sm2_maker("libcrypto")
    caplog.set_level(logging.INFO, "hsm.sm2")
    first = open_backend()
    assert first is open_backend(python_signing=True)
    assert first.name in ("gmssl", "libcrypto")
    assert first.constant_time


def names(*hidden: str) -> str:
    """Ask a new interpreter in which some things cannot be loaded."""
    script = f"""
import ctypes, ctypes.util, sys
hidden = {hidden!r}
if "gmssl" in hidden:
    sys.modules["gmssl_pyx"] = None
if "libcrypto" in hidden:
    ctypes.util.find_library = lambda name: None
    def refuse(name, *rest, **named):
        raise OSError(name)
    ctypes.CDLL = refuse
from hsm.sm2.backend import open_backend
from hsm.sm2.self_test import SCALAR, MESSAGE, PUBLIC, SIGNATURE
found = open_backend()
found.verify(PUBLIC, MESSAGE, SIGNATURE.der)
print(found.name)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stderr == ""
    return done.stdout.strip()


def test_the_order_of_the_chain() -> None:
    for library in ("gmssl", "libcrypto"):
        sm2_maker(library)
    assert names() == "gmssl"
    assert names("gmssl") == "libcrypto"
    assert names("gmssl", "libcrypto") == "python"
    assert names("libcrypto") == "gmssl"


def test_a_missing_library_is_named() -> None:
    with pytest.raises(ModuleNotFoundError):
        load("hsm.sm2.by_nobody", "Nobody")


def test_python_signs_only_where_the_operator_allows_it() -> None:
    shut = python_backend(allowed=False)
    shut.verify(PUBLIC, MESSAGE, SIGNATURE.der)
    cipher = shut.encrypt(PUBLIC, PLAINTEXT)
    for refused in (
        shut.generate,
        lambda: shut.public(SCALAR),
        lambda: shut.sign(SCALAR, MESSAGE),
        lambda: shut.sign_digest(SCALAR, bytes(32)),
        lambda: shut.decrypt(SCALAR, cipher),
    ):
        with pytest.raises(Sm2SigningUnavailable) as caught:
            refused()
        assert "sm2_allow_python_signing" in caught.value.zh
        assert "sm2_allow_python_signing" in caught.value.en
    assert python_backend(allowed=True).decrypt(SCALAR, cipher) == PLAINTEXT
    assert not shut.constant_time


@pytest.mark.parametrize("kind", MAKERS)
def test_what_goes_wrong_has_one_name_everywhere(kind: str) -> None:
    backend = sm2_maker(kind)
    with pytest.raises(SignatureInvalid):
        backend.verify(PUBLIC, MESSAGE, b"no signature")
    with pytest.raises(SignatureInvalid):
        backend.verify(PUBLIC, b"another", SIGNATURE.der)
    for position in (0, len(CIPHER.text) - 1):
        text = bytearray(CIPHER.text)
        text[position] ^= 1
        with pytest.raises(DecryptionFailed):
            backend.decrypt(SCALAR, Sm2Cipher(CIPHER.x, CIPHER.y, CIPHER.hash, bytes(text)))
    with pytest.raises(DecryptionFailed):
        backend.decrypt(SCALAR, Sm2Cipher(CIPHER.x, CIPHER.y, bytes(32), CIPHER.text))
    with pytest.raises(DecryptionFailed):
        backend.decrypt((5).to_bytes(32), CIPHER)
    for wrong in (b"", bytes(32), b"\xff" * 32):
        with pytest.raises(ValueError, match="private key"):
            backend.sign(wrong, MESSAGE)
    with pytest.raises(ValueError, match="32 octets"):
        backend.sign_digest(SCALAR, bytes(31))
    for length in (0, 256):
        with pytest.raises(ValueError, match="255"):
            backend.encrypt(PUBLIC, bytes(length))


@pytest.mark.parametrize("kind", MAKERS)
def test_a_scalar_that_was_lent_is_untouched(kind: str) -> None:
    """The caller wipes; a backend must neither change nor overwrite what it was lent, mutable or not."""
    backend = sm2_maker(kind)
    for scalar in (bytes(bytearray(SCALAR)), bytearray(SCALAR)):
        for _ in range(2):
            backend.verify(PUBLIC, MESSAGE, backend.sign(scalar, MESSAGE))
            assert backend.decrypt(scalar, CIPHER) == PLAINTEXT
            assert scalar == SCALAR
    plain = bytearray(PLAINTEXT)
    backend.encrypt(PUBLIC, plain)
    assert plain == PLAINTEXT
