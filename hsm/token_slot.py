"""One token as the service sees it: a worker that is replaced when it dies or loses the token, and the keys in it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from hsm.algorithms import Digest, Family, SignatureAlgorithm
from hsm.bound_key import BoundKey
from hsm.digest_signing import check_digest, digest_to_sign
from hsm.errors import TokenLost, TokenNotFound
from hsm.key_uri import KeyUri
from hsm.pin_counter import PinCounter
from hsm.pin_gate import PinGate
from hsm.pins import Pin, PinSource
from hsm.provider import StoredKey
from hsm.worker.client import Launch, Worker
from hsm.worker.wire import MAX_BLOB, SessionLost

Result = TypeVar("Result")


class TokenSlot:
    """One token's worker, replaced when it dies or loses the token."""

    def __init__(self, launch: Launch, label: str, counter: PinCounter, pins: PinSource) -> None:
        self._launch = launch
        self._label = label
        self._counter = counter
        self._pins = pins
        self._worker: Worker | None = None
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._gate = PinGate(self._label, self._counter, self._pins)

    def _leave_the_parents(self) -> None:
        """Begin anew in a forked child: its parent's worker, pipes and locks are not for it."""
        if self._process != os.getpid():
            if self._worker is not None:
                self._worker.abandon()
                self._worker = None
            self._begin()

    def use(self, pin: Pin | None, work: Callable[[Worker], Result], *, login: bool = True) -> Result:
        """Do ``work`` with a worker that is logged in. What is lost is tried once more with a new worker.

        Raises :class:`TokenLost` when that fails too, :class:`TokenNotFound` when there was no token to begin with. A
        wrong PIN is never tried again.
        """
        self._leave_the_parents()
        try:
            return self._attempt(pin, work, login=login)
        except SessionLost:
            pass
        try:
            return self._attempt(pin, work, login=login)
        except (SessionLost, TokenNotFound) as lost:
            raise TokenLost(f"token {self._label}: {lost.detail}") from lost

    def _attempt(self, pin: Pin | None, work: Callable[[Worker], Result], *, login: bool) -> Result:
        worker = self._current()
        try:
            if login:
                self._gate.admit(worker, pin)
            return work(worker)
        except SessionLost:
            self._discard(worker)
            raise

    def _current(self) -> Worker:
        with self._lock:
            if self._worker is not None and (not self._worker.alive or self._gate.stale(self._worker)):
                self._worker.close()
                self._worker = None
            if self._worker is None:
                epoch = self._gate.epoch()
                self._worker = Worker(self._launch, self._label)
                self._worker.epoch = epoch
            return self._worker

    def _discard(self, worker: Worker) -> None:
        with self._lock:
            if self._worker is worker:
                self._worker = None
        worker.kill()

    def close(self) -> None:
        """End the worker."""
        self._leave_the_parents()
        with self._lock:
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()


class TokenSigner(BoundKey):
    """A key in a token, bound to one algorithm; safe for threads."""

    def __init__(
        self, slot: TokenSlot, key: StoredKey, algorithm: SignatureAlgorithm, pin: Pin | None
    ) -> None:
        super().__init__(key, algorithm, key.custody)
        self._slot = slot
        self._pin = pin

    def sign(self, message: bytes) -> bytes:
        """Sign; see :meth:`hsm.signer.Signer.sign`. The token hashes RSA messages up to 1 MiB itself, we hash the rest."""
        hashed = not self._algorithm.is_rsa or len(message) > MAX_BLOB
        return self._sign(self._digest(message) if hashed else bytes(message), hashed=hashed)

    def sign_digest(self, digest: Digest) -> bytes:
        """Sign a digest; see :meth:`hsm.digest_signing.DigestSigner.sign_digest`."""
        return self._sign(check_digest(self._algorithm, digest), hashed=True)

    def _sign(self, octets: bytes, *, hashed: bool) -> bytes:
        fields = {
            **address(self._key.uri),
            "rsa": self._algorithm.is_rsa,
            "digest": self._algorithm.digest.label,
            "hashed": hashed,
            "custody": self._custody.value,
        }
        signature = self._slot.use(self._pin, lambda worker: worker.call("sign", fields, octets)).blob
        return _der_signature(signature) if self._algorithm.family is Family.EC else signature

    def _digest(self, message: bytes) -> bytes:
        return digest_to_sign(self.public_key, self._algorithm, bytes(message)).value


def _der_signature(raw: bytes) -> bytes:
    """Turn r and s, of equal length, into DER ``Ecdsa-Sig-Value`` (RFC 3279 §2.2.3)."""
    half = len(raw) // 2
    return encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))


def address(uri: KeyUri) -> dict[str, Any]:
    """Name a key to a worker."""
    return {"label": uri.object, "key_id": uri.id.hex() if uri.id is not None else None}
