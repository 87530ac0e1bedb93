"""A store of keys that worker processes serve: what is the same for PKCS#11 tokens and for SDF and SKF devices.

The library itself is loaded in :mod:`hsm.worker` only; see :mod:`hsm.token_slot` for how a worker that died is replaced.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hsm.algorithms import PublicKey, SignatureAlgorithm, kind_of
from hsm.bound_key import agree
from hsm.certificates import certificate_facts
from hsm.errors import HsmError, KeyMismatch, KeyUriError, TokenLost, UnsupportedAlgorithm
from hsm.key_policy import OPEN_POLICY, KeyPolicy
from hsm.key_uri import KeyUri
from hsm.pin_counter import PinCounter
from hsm.pins import Pin, PinSource
from hsm.provider import StoredCertificate, StoredKey, TokenHealth
from hsm.public_keys import public_key_from, same_key
from hsm.signer import Custody, Signer
from hsm.token_slot import TokenSigner, TokenSlot, address
from hsm.worker.client import GENERATE_SECONDS, Launch, Worker
from hsm.worker.wire import Frame, SessionLost


class WorkerProvider:
    """Keys in tokens, each served by a worker process of its own."""

    scheme: str
    custody: Custody

    def __init__(
        self, launch: Launch, counter: PinCounter, pins: PinSource, policy: KeyPolicy = OPEN_POLICY
    ) -> None:
        self.policy = policy
        self._launch = launch
        self._counter = counter
        self._pins = pins
        self._slots: dict[str, TokenSlot] = {}

    def _slot(self, label: str) -> TokenSlot:
        return self._slots.setdefault(label, TokenSlot(self._launch, label, self._counter, self._pins))

    def _once(self, operation: str, blob: bytes = b"", **fields: Any) -> dict[str, Any]:
        """Ask a worker of its own, which sees the slots as they are now and leaves afterwards."""
        worker = Worker(self._launch, None)
        try:
            return worker.call(operation, fields, blob).fields
        except SessionLost as lost:
            raise TokenLost(lost.detail) from lost
        finally:
            worker.close()

    def ask(
        self,
        token: str,
        operation: str,
        fields: Mapping[str, Any],
        blob: bytes = b"",
        *,
        pin: Pin | None = None,
    ) -> Frame:
        """Ask the token's worker for one operation of :mod:`hsm.worker.operations`; what is lost is tried once more."""
        return self._slot(token).use(
            pin, lambda worker: worker.call(operation, fields, blob, seconds=GENERATE_SECONDS)
        )

    def keys(self, token: str, *, pin: Pin | None = None) -> tuple[StoredKey, ...]:
        """List the private keys of a token; those of kinds that we do not make are left out."""
        answer = self._slot(token).use(pin, lambda worker: worker.call("keys"))
        found = []
        for entry in answer.fields["keys"]:
            try:
                found.append(stored_key(self.scheme, token, entry, self.custody))
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
    ) -> Signer:
        """Open a key; see :meth:`hsm.provider.KeyProvider.signer`."""
        slot = self._slot(uri.token)
        key = self._find(uri, pin)
        self.policy.admit(key.custody, uri)
        return self._bind(slot, key, agree(key, expected, algorithm), pin)

    def _bind(
        self, slot: TokenSlot, key: StoredKey, algorithm: SignatureAlgorithm, pin: Pin | None
    ) -> Signer:
        return TokenSigner(slot, key, algorithm, pin)

    def _find(self, uri: KeyUri, pin: Pin | None) -> StoredKey:
        self._mine(uri)
        answer = self._slot(uri.token).use(pin, lambda worker: worker.call("find", address(uri)))
        return stored_key(self.scheme, uri.token, answer.fields["key"], self.custody)

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


def stored_key(scheme: str, token: str, entry: Mapping[str, Any], custody: Custody) -> StoredKey:
    """Read what a worker tells of a key; :class:`UnsupportedAlgorithm` for a kind that we do not make.

    ``custody`` is that of the provider's keys; a worker names another one where a key has it.
    """
    public = public_key_from(entry["public"])
    return StoredKey(
        KeyUri(scheme, token, str(entry["label"]), bytes.fromhex(entry["id"]) or None),
        kind_of(public),
        public,
        bool(entry["extractable"]),
        bool(entry["sensitive"]),
        bool(entry["always_sensitive"]),
        Custody(entry.get("custody", custody.value)),
        entry.get("pin_per_use") is True,
    )
