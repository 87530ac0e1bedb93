"""A seal as a remote client sees it: a credential with a certificate, a chain and the algorithms of its key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cryptography import x509

from ca.actor import Actor
from hsm.algorithms import DEFAULT_ALGORITHM, KeyKind, SignatureAlgorithm, kind_of
from hsm.public_keys import certificate_key
from seals.errors import SealNotFound
from seals.registry import SealRegistry
from seals.seal import SealQuery, SealRecord, SealStatus
from signing.evidence import EvidenceDesk
from signing.hashes.errors import CredentialUnknown
from signing.ledger import Ledger

MAX_CREDENTIALS: Final = 200
"""Credentials listed: a person keeps a handful of seals, an application a few dozen."""
RSA_ALGORITHMS: Final = (
    SignatureAlgorithm.RSA_SHA256,
    SignatureAlgorithm.RSA_SHA384,
    SignatureAlgorithm.RSA_SHA512,
)


@dataclass(frozen=True, slots=True)
class Credential:
    """One seal that may sign: its record, its certificate, the DER of those above it, and where its key is."""

    seal: SealRecord
    certificate: x509.Certificate
    chain: tuple[bytes, ...]
    key_uri: str

    @property
    def id(self) -> str:
        """The electronic code."""
        return self.seal.code

    @property
    def kind(self) -> KeyKind:
        """The kind of the key."""
        return kind_of(certificate_key(self.certificate))

    @property
    def algorithms(self) -> tuple[SignatureAlgorithm, ...]:
        """What the key signs with; a curve has the one digest of its size."""
        return RSA_ALGORITHMS if self.kind.is_rsa else (DEFAULT_ALGORITHM[self.kind],)


class Credentials:
    """Finds the credentials of a caller: the seals that they keep and that have a key here."""

    def __init__(self, registry: SealRegistry, ledger: Ledger, evidence: EvidenceDesk) -> None:
        self._registry = registry
        self._ledger = ledger
        self._evidence = evidence

    def of(self, actor: Actor, *, valid_only: bool = False) -> tuple[Credential, ...]:
        """List them in order of code; ``valid_only`` leaves out seals that are not in use."""
        query = SealQuery(uscc=actor.uscc, keeper=actor.id, limit=MAX_CREDENTIALS)
        found = [
            one
            for record in self._registry.list(query).records
            if not valid_only or record.status is SealStatus.ACTIVE
            if (one := self._with_key(record)) is not None
        ]
        return tuple(sorted(found, key=lambda one: one.id))

    def get(self, code: str, actor: Actor) -> Credential:
        """Return one of an enterprise's own; a keeper's or an authorised application's, the permit decides.

        Raises :class:`CredentialUnknown`, for another enterprise's too.
        """
        try:
            record = self._registry.get(code) if code.isascii() and code.isdigit() else None
        except SealNotFound:
            record = None
        if record is None or actor.uscc not in (None, record.owner.uscc):
            raise CredentialUnknown(code[:32])
        found = self._with_key(record)
        if found is None:
            raise CredentialUnknown(f"seal {record.code} has no key here")
        return found

    def _with_key(self, record: SealRecord) -> Credential | None:
        bound = record.electronic.certificate
        key_uri = None if bound is None else self._ledger.key_uri(bound.sha256)
        if bound is None or key_uri is None:
            return None
        leaf = self._evidence.leaf(bound.serial, self._evidence.register())
        return Credential(record, x509.load_der_x509_certificate(leaf.der), leaf.chain, key_uri)
