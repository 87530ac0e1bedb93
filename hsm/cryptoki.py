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
from typing import Any, Final

from hsm.algorithms import KeyKind, PublicKey, SignatureAlgorithm, kind_of
from hsm.bound_key import agree
from hsm.certificates import certificate_facts
from hsm.errors import (
    HsmError,
    KeyMismatch,
    KeyUriError,
    TokenLost,
    UnsupportedAlgorithm,
)
from hsm.key_uri import KeyUri
from hsm.pin_counter import DEFAULT_LIMIT, PinCounter
from hsm.pins import Pin, PinSource
from hsm.provider import StoredCertificate, StoredKey, TokenHealth
from hsm.public_keys import public_key_from, same_key
from hsm.signer import Custody
from hsm.token_slot import TokenSigner, TokenSlot, address
from hsm.worker.client import CALL_SECONDS, GENERATE_SECONDS, Launch, Worker
from hsm.worker.wire import Frame, SessionLost

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


class CryptokiProvider:
    """Keys in the tokens of one PKCS#11 module (scheme ``pkcs11``).

    ``counters`` is a folder for PIN counters and locks; every process that uses the same tokens must be given the same
    one. ``environment`` is added to that of the worker processes (a module may read its configuration from there).
    """

    scheme = "pkcs11"
    custody = Custody.TOKEN

    def __init__(
        self,
        module: Path,
        *,
        pins: PinSource,
        counters: Path,
        environment: Mapping[str, str] = NO_ENVIRONMENT,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        place = repr((str(module), sorted(environment.items()))).encode()
        lock = counters / f"module-{hashlib.sha256(place).hexdigest()[:16]}.lock"
        self._launch = Launch(
            module, lock.absolute(), dict(environment), limits.sessions, limits.call_seconds
        )
        self._counter = PinCounter(counters, self.scheme, limits.pin_tries)
        self._pins = pins
        self._slots: dict[str, TokenSlot] = {}

    def _slot(self, label: str) -> TokenSlot:
        return self._slots.setdefault(label, TokenSlot(self._launch, label, self._counter, self._pins))

    def create_token(self, token: str, so_pin: Pin, user_pin: Pin) -> None:
        """Initialise a blank token under this label (at most 32 octets); :class:`TokenExists` if it is taken."""
        if not token or token != token.strip() or len(token.encode()) > 32:
            raise KeyUriError("a token label has 1 to 32 octets and no blanks at its ends")
        self._once("create", label=token, so_pin=so_pin.reveal(), pin=user_pin.reveal())
        self._counter.renew(token)

    def tokens(self) -> tuple[str, ...]:
        """Labels of the initialised tokens, sorted."""
        return tuple(self._once("tokens")["tokens"])

    def _once(self, operation: str, **fields: Any) -> dict[str, Any]:
        """Ask a worker of its own, which sees the slots as they are now and leaves afterwards."""
        worker = Worker(self._launch, None)
        try:
            return worker.call(operation, fields).fields
        except SessionLost as lost:
            raise TokenLost(lost.detail) from lost
        finally:
            worker.close()

    def generate(self, uri: KeyUri, kind: KeyKind, *, pin: Pin | None = None) -> KeyUri:
        """Make a key pair inside the token; it is read back as sensitive and not extractable, or destroyed."""
        self._mine(uri)
        made = uri.with_id(uri.id or secrets.token_bytes(ID_OCTETS))
        attempts = itertools.count()

        def make(worker: Worker) -> Frame:
            fields = {**address(made), "kind": kind.value, "again": next(attempts) > 0}
            return worker.call("generate", fields, seconds=GENERATE_SECONDS)

        self._slot(uri.token).use(pin, make)
        return made

    def keys(self, token: str, *, pin: Pin | None = None) -> tuple[StoredKey, ...]:
        """List the private keys of a token; those of kinds that we do not make are left out."""
        answer = self._slot(token).use(pin, lambda worker: worker.call("keys"))
        found = []
        for entry in answer.fields["keys"]:
            try:
                found.append(_stored(token, entry))
            except (UnsupportedAlgorithm, KeyUriError):  # another program's key
                continue
        return tuple(sorted(found, key=lambda key: (key.uri.object, key.uri.id or b"")))

    def signer(
        self,
        uri: KeyUri,
        *,
        expected: PublicKey | None = None,
        algorithm: SignatureAlgorithm | None = None,
        pin: Pin | None = None,
    ) -> TokenSigner:
        """Open a key; see :meth:`hsm.provider.KeyProvider.signer`."""
        slot = self._slot(uri.token)
        key = self._find(uri, pin)
        return TokenSigner(slot, key, agree(key, expected, algorithm), pin)

    def _find(self, uri: KeyUri, pin: Pin | None) -> StoredKey:
        self._mine(uri)
        answer = self._slot(uri.token).use(pin, lambda worker: worker.call("find", address(uri)))
        return _stored(uri.token, answer.fields["key"])

    def import_certificate(self, uri: KeyUri, der: bytes, *, pin: Pin | None = None) -> None:
        """Store a certificate under its key's id and label; :class:`KeyMismatch` when it is another key's."""
        facts = certificate_facts(der)
        key = self._find(uri, pin)
        if not same_key(facts.public_key, key.public_key):
            raise KeyMismatch(str(uri))
        fields = {
            **address(key.uri),
            "subject": facts.subject.hex(),
            "issuer": facts.issuer.hex(),
            "serial": facts.serial.hex(),
        }
        self._slot(uri.token).use(pin, lambda worker: worker.call("import_certificate", fields, der))

    def certificates(self, token: str) -> tuple[StoredCertificate, ...]:
        """Export the certificate objects of a token; needs no PIN."""
        answer = self._slot(token).use(None, lambda worker: worker.call("certificates"), login=False)
        found = (
            StoredCertificate(entry["label"], bytes.fromhex(entry["id"]), bytes.fromhex(entry["der"]))
            for entry in answer.fields["certificates"]
        )
        return tuple(sorted(found, key=lambda each: (each.label, each.id, each.der)))

    def destroy(self, uri: KeyUri, *, pin: Pin | None = None) -> None:
        """Remove a key pair and its certificate, for ever."""
        self._mine(uri)
        self._slot(uri.token).use(pin, lambda worker: worker.call("destroy", address(uri)))

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

    def probe(self, token: str) -> TokenHealth:
        """Ask the token for its information, in a new worker if the old one is gone."""
        left = 0
        try:
            left = self._counter.left(token)
            self._slot(token).use(None, lambda worker: worker.call("probe"), login=False)
        except HsmError as wrong:
            return TokenHealth(token, False, f"{type(wrong).__name__}: {wrong.detail}", left, self.custody)
        return TokenHealth(token, True, "ok", left, self.custody)

    def close(self) -> None:
        """End every worker process."""
        for slot in list(self._slots.values()):
            slot.close()

    def _mine(self, uri: KeyUri) -> None:
        if uri.scheme != self.scheme:
            raise KeyUriError(f"{uri.scheme} is not {self.scheme}")


def _stored(token: str, entry: Mapping[str, Any]) -> StoredKey:
    public = public_key_from(entry["public"])
    return StoredKey(
        KeyUri(CryptokiProvider.scheme, token, str(entry["label"]), bytes.fromhex(entry["id"]) or None),
        kind_of(public),
        public,
        bool(entry["extractable"]),
        bool(entry["sensitive"]),
        bool(entry["always_sensitive"]),
    )
