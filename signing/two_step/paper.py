"""The paper work of a sealing found again when its signature comes back: the certificate, its chain, fresh evidence."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from hsm.algorithms import Digest, SignatureAlgorithm
from hsm.digest_signing import digest_to_sign
from seals.registry import SealRegistry
from signing.containers.cms import ContainerForm, Signatory
from signing.containers.envelope import CmsEnvelope, ContainerKind, Envelope
from signing.errors import SealNotUsableHere, SelfCheckFailed
from signing.evidence import EvidenceDesk, Leaf, Register
from signing.level import Level
from signing.mark import Evidence
from signing.order import SealOrder
from signing.placing.where import parse_where
from signing.store import SealingRecord
from signing.two_step.store import Waiting, WaitState
from signing.writ import WritDesk

_FORMS: Final = {
    ContainerKind.CMS: ContainerForm.RFC5652,
    ContainerKind.GBT35275: ContainerForm.GBT35275,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be signed elsewhere: the octets, their digest as the key signs it, with which certificate's key, until when.

    For SM2 ``digest`` is e, with Z of the certificate's key and the default identity.
    """

    sealing_id: str
    state: WaitState
    seal_code: str
    name: str
    document: str
    certificate: bytes
    algorithm: SignatureAlgorithm
    to_sign: bytes
    digest: Digest
    deadline: datetime


@dataclass(frozen=True, slots=True)
class Paper:
    """Who signs elsewhere, the certificate (DER), the permit, and the evidence that a check of the result needs."""

    signatory: Signatory
    der: bytes
    permit: str
    evidence: Evidence

    @property
    def certificate_sha256(self) -> str:
        """The certificate's digest (hex)."""
        return hashlib.sha256(self.der).hexdigest()


class PaperDesk:
    """Finds the paper work of sealings that wait."""

    def __init__(self, registry: SealRegistry, evidence: EvidenceDesk, writs: WritDesk) -> None:
        self._registry = registry
        self._evidence = evidence
        self._writs = writs

    def leaf(self, record: SealingRecord, register: Register) -> Leaf:
        """Find the certificate of a sealing's seal. :class:`signing.errors.SealNotUsableHere`."""
        return self._evidence.leaf(self._serial(record), register)

    def _serial(self, record: SealingRecord) -> int:
        bound = self._registry.get(record.seal_code).electronic.certificate
        if bound is None:
            raise SealNotUsableHere(f"seal {record.seal_code} has no certificate")
        return bound.serial

    def asked(self, record: SealingRecord, row: Waiting, now: datetime) -> Asked:
        """Say what is to be signed."""
        leaf = self.leaf(record, self._evidence.register())
        signer = self._writs.absent(leaf).signer
        late = row.state is WaitState.WAITING and now >= row.deadline
        return Asked(
            record.id,
            WaitState.EXPIRED if late else row.state,
            record.seal_code,
            record.name,
            record.document,
            leaf.der,
            signer.algorithm,
            row.to_sign,
            digest_to_sign(signer.public_key, signer.algorithm, row.to_sign),
            row.deadline,
        )

    def of(self, record: SealingRecord) -> Paper:
        """Gather it anew: a certificate revoked meanwhile stops the sealing here.

        Raises :class:`signing.errors.SealNotUsableHere`, :class:`signing.errors.EvidenceMissing`,
        :class:`signing.errors.CertificateNotGood`.
        """
        stamped = Level(record.level).stamped
        found = self._evidence.afresh(self._serial(record), stamped=stamped)
        return Paper(self._writs.absent(found.leaf), found.leaf.der, record.permit, found.evidence)


def envelope_of(paper: Paper, row: Waiting) -> Envelope:
    """Make the container ready again; it must ask for the very octets that were given out."""
    signatory = replace(paper.signatory, wanted=_FORMS[ContainerKind(row.container)])
    envelope = CmsEnvelope(signatory, row.statement)
    if envelope.to_sign(Digest.parse(row.protected), row.scope) != row.to_sign:
        raise SelfCheckFailed("what is to be signed is not what was given out")
    return envelope


def order_of(record: SealingRecord, document: bytes, password: str | None) -> SealOrder:
    """Return the order as far as a check of the result needs it."""
    return SealOrder(
        document,
        record.name,
        record.seal_code,
        parse_where(record.placement),
        Level(record.level),
        record.idempotency_key,
        password,
    )
