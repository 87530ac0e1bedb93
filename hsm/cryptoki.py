"""Keys in PKCS#11 tokens: the provider that supervises one worker process for each token.

Any module works by its path alone; nothing here knows a vendor. The library itself is loaded in :mod:`hsm.worker` only, so
that a crash of it never takes the service along, and a worker that lost its token is replaced by a new one.
"""

from __future__ import annotations

import hashlib
import itertools
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from hsm.algorithms import KeyKind, SignatureAlgorithm
from hsm.devices.errors import DescriptionInvalid
from hsm.devices.signer import DeviceSigner
from hsm.errors import KeyUriError, SignatureInvalid, TokenRefused, UnsupportedAlgorithm
from hsm.key_policy import OPEN_POLICY, KeyPolicy
from hsm.key_uri import KeyUri
from hsm.pin_counter import DEFAULT_LIMIT, PinCounter
from hsm.pins import Pin, PinSource
from hsm.provider import StoredKey
from hsm.signer import Custody, Signer
from hsm.token_slot import TokenSlot, address
from hsm.vendor_mechanisms import VendorMechanisms
from hsm.verification import verify_signature
from hsm.worker.client import CALL_SECONDS, GENERATE_SECONDS, Launch, Worker
from hsm.worker.wire import Frame
from hsm.worker_provider import WorkerProvider

NO_ENVIRONMENT: Final[Mapping[str, str]] = MappingProxyType({})
ID_OCTETS: Final = 16
"""Length of a key id: random, so that ids are unique over all tokens."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that an installation may choose."""

    pin_tries: int = DEFAULT_LIMIT
    """Wrong PINs in a row before a token is locked."""
    sessions: int = 4
    """Signatures that one token makes at the same time."""
    call_seconds: float = CALL_SECONDS
    """A worker that does not answer in this time is killed."""


DEFAULT_LIMITS: Final = Limits()
PROOF: Final = b"yinxin: a new key signs this once"


class CryptokiProvider(WorkerProvider):
    """Keys in the tokens of one PKCS#11 module (scheme ``pkcs11``).

    ``counters`` is a folder for PIN counters and locks; every process that uses the same tokens must be given the same
    one. ``environment`` is added to that of the worker processes (a module may read its configuration from there).
    """

    scheme = "pkcs11"
    custody = Custody.TOKEN

    def __init__(  # noqa: PLR0913 - named values of an installation
        self,
        module: Path,
        *,
        pins: PinSource,
        counters: Path,
        environment: Mapping[str, str] = NO_ENVIRONMENT,
        limits: Limits = DEFAULT_LIMITS,
        policy: KeyPolicy = OPEN_POLICY,
        vendor: VendorMechanisms | None = None,
    ) -> None:
        place = repr((str(module), sorted(environment.items()))).encode()
        lock = counters / f"module-{hashlib.sha256(place).hexdigest()[:16]}.lock"
        launch = Launch(
            module,
            lock.absolute(),
            dict(environment),
            limits.sessions,
            limits.call_seconds,
            options={
                "python_signing": policy.python_signing,
                "vendor": vendor.to_json() if vendor is not None else None,
            },
        )
        super().__init__(launch, PinCounter(counters, self.scheme, limits.pin_tries), pins, policy)
        self._vendor = vendor

    def create_token(self, token: str, so_pin: Pin, user_pin: Pin) -> None:
        """Initialise a blank token under this label (at most 32 octets); :class:`TokenExists` if it is taken."""
        if not token or token != token.strip() or len(token.encode()) > 32:
            raise KeyUriError("a token label has 1 to 32 octets and no blanks at its ends")
        self._once("create", label=token, so_pin=so_pin.reveal(), pin=user_pin.reveal())
        self._counter.renew(token)

    def tokens(self) -> tuple[str, ...]:
        """Labels of the initialised tokens, sorted."""
        return tuple(self._once("tokens")["tokens"])

    def generate(self, uri: KeyUri, kind: KeyKind, *, pin: Pin | None = None) -> KeyUri:
        """Make a key pair inside the token; it is read back as sensitive and not extractable, or destroyed.

        SM2 is made by the module's own mechanism where ``vendor`` describes one; else it is made in the worker and sealed
        in the token (:mod:`hsm.worker.sealed_keys`). A pair of a module's own that does not sign as the description says is
        destroyed (:class:`DescriptionInvalid`).
        """
        self._mine(uri)
        by_vendor = kind is KeyKind.SM2 and self._vendor is not None
        self.policy.admit(Custody.SEALED if kind is KeyKind.SM2 and not by_vendor else self.custody, uri)
        made = uri.with_id(uri.id or secrets.token_bytes(ID_OCTETS))
        attempts = itertools.count()

        def make(worker: Worker) -> Frame:
            fields = {**address(made), "kind": kind.value, "again": next(attempts) > 0}
            return worker.call("generate", fields, seconds=GENERATE_SECONDS)

        self._slot(uri.token).use(pin, make)
        if by_vendor:
            self._prove(made, pin)
        return made

    def _prove(self, uri: KeyUri, pin: Pin | None) -> None:
        """Let a new key of a vendor's mechanism sign once, and verify by ourselves: the description may be wrong."""
        try:
            signer = self.signer(uri, pin=pin)
            verify_signature(signer.public_key, signer.algorithm, PROOF, signer.sign(PROOF))
        except (SignatureInvalid, UnsupportedAlgorithm, TokenRefused) as wrong:
            self.destroy(uri, pin=pin)
            raise DescriptionInvalid(f"{type(wrong).__name__}: {wrong.detail}") from wrong

    def _bind(
        self, slot: TokenSlot, key: StoredKey, algorithm: SignatureAlgorithm, pin: Pin | None
    ) -> Signer:
        if key.kind is not KeyKind.SM2 or key.custody is not Custody.TOKEN:
            return super()._bind(slot, key, algorithm, pin)
        if self._vendor is None:  # plain ECDSA on this curve is what the module would do
            raise UnsupportedAlgorithm("an SM2 key of the module's own, and nothing describes its mechanism")
        return DeviceSigner(slot, key, Custody.TOKEN, pin, self._vendor.input)

    def change_pin(self, token: str, old: Pin, new: Pin) -> None:
        """Set the holder's new PIN; a wrong old one is counted."""
        fields = {"old": old.reveal(), "new": new.reveal()}
        slot = self._slot(token)
        slot.use(old, lambda worker: worker.call("change_pin", fields))
        self._counter.renew(token)

    def unblock(self, token: str, so_pin: Pin, new: Pin) -> None:
        """Set a new PIN as security officer and clear the try counter; wrong officer PINs are counted apart."""

        def reset() -> None:
            self._once("unblock", label=token, so_pin=so_pin.reveal(), pin=new.reveal())

        self._counter.attempt(f"{token}\0so", reset)
        self._counter.renew(token)
