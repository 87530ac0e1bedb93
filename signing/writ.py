"""The paper work of one sealing: whose key, which statement, which picture, which evidence."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509

from ca.checked_signer import CertifiedKey, OpenKeys
from ca.custody_policy import custody_of
from hsm.absent_key import AbsentKey
from hsm.algorithms import DEFAULT_ALGORITHM, kind_of
from hsm.pins import Pin
from hsm.provider import KeyRing, open_signer
from hsm.public_keys import certificate_key
from hsm.signer import Custody
from seals.cases.warrant import Warrant
from seals.leave import Leave
from seals.permit import Permit
from seals.registry import SealRegistry
from seals.statement import SealStatement, sign_statement
from signing.containers.cms import Signatory
from signing.containers.envelope import ContainerKind, Envelope
from signing.containers.envelopes import EnvelopeDesk, Occasion
from signing.errors import SealNotUsableHere
from signing.evidence import EvidenceDesk, Leaf
from signing.formats import DocumentKind
from signing.ledger import Ledger
from signing.mark import Evidence, Picture, SealMark
from signing.order import SealOrder

PDF: Final = DocumentKind.PDF
PICTURES_KEPT: Final = 256
"""Pictures remembered as content streams of some 30 kB: eight megabytes."""


@dataclass(frozen=True, slots=True)
class Writ:
    """Everything that is written into the document, and what proves it. ``evidence`` is there at every level."""

    signatory: Signatory
    envelope: Envelope
    mark: SealMark
    evidence: Evidence
    permit: str


@dataclass(frozen=True, slots=True)
class Papers:
    """What does not depend on the document: who signs, who makes the statement (DER chain, the root last), the evidence."""

    signatory: Signatory
    maker: CertifiedKey
    maker_chain: tuple[bytes, ...]
    evidence: Evidence


class WritDesk:
    """Draws writs: opens the keeper's key, has the seal maker sign the statement, gathers the evidence."""

    def __init__(
        self,
        keys: KeyRing,
        registry: SealRegistry,
        ledger: Ledger,
        evidence: EvidenceDesk,
        envelopes: EnvelopeDesk | None = None,
    ) -> None:
        self._keys = keys
        self._envelopes = envelopes or EnvelopeDesk()
        self._registry = registry
        self._ledger = ledger
        self._evidence = evidence
        self._maker_keys = OpenKeys(keys)
        self._pictures: OrderedDict[str, Picture] = OrderedDict()
        self._lock = threading.Lock()

    def draw(  # noqa: PLR0913 - one sealing and whose key
        self,
        order: SealOrder,
        permit: Permit,
        when: datetime,
        pin: Pin | None,
        document: DocumentKind = PDF,
        *,
        elsewhere: bool = False,
    ) -> Writ:
        """Draw the writ of one permitted sealing; the seal's key is opened, not used, or is ``elsewhere``.

        Raises :class:`SealNotUsableHere`, :class:`signing.errors.EvidenceMissing`,
        :class:`signing.errors.CertificateNotGood`, :class:`signing.errors.ContainerUnfit`, :class:`hsm.errors.HsmError`,
        :class:`ca.errors.CaError`, :class:`seals.ses.errors.SealDataError`.
        """
        papers = self.papers(permit, when, pin, stamped=order.level.stamped, elsewhere=elsewhere)
        return self.write(order, permit, when, papers, document)

    def papers(
        self, permit: Permit, when: datetime, pin: Pin | None, *, stamped: bool, elsewhere: bool = False
    ) -> Papers:
        """Open the key and gather the evidence for the seal of a permit: all sealings of a moment with it share them.

        Raises as :meth:`draw` does.
        """
        serial = permit.seal.certificate.serial
        found = self._evidence.behind(serial, stamped=stamped, now=when)
        signatory = self.absent(found.leaf) if elsewhere else self._signatory(permit, found.leaf, pin)
        chain = (found.maker.der, *found.maker_leaf.chain)
        return Papers(signatory, found.maker, chain, found.evidence)

    def write(
        self,
        order: SealOrder,
        permit: Permit,
        when: datetime,
        papers: Papers,
        document: DocumentKind = PDF,
    ) -> Writ:
        """Write the writ of one permitted sealing from the papers of its seal; the maker's key signs the statement."""
        signatory, evidence = papers.signatory, papers.evidence
        maker = self._maker_keys.signer(papers.maker)
        statement = sign_statement(_statement(permit, when), maker, papers.maker_chain)
        occasion = Occasion(order, document, signatory, statement, when, evidence, permit.actor)
        envelope = self._envelopes.make(occasion)
        shown = evidence if order.level.long_term else _least(envelope, evidence)
        mark = self._mark(order, permit, when, statement, shown)
        return Writ(signatory, envelope, mark, evidence, permit.id)

    def absent(self, leaf: Leaf) -> Signatory:
        """Return who signs where the key is elsewhere; its custody is what the certificate states, else *remote*.

        :class:`hsm.errors.SoftwareKeyRefused` where the installation accepts hardware alone.
        """
        certificate = x509.load_der_x509_certificate(leaf.der)
        public = certificate_key(certificate)
        stated = custody_of(certificate)
        custody = stated if stated is not None and stated.is_hardware else Custody.REMOTE
        self._keys.policy.admit(custody, "a key elsewhere")
        signer = AbsentKey(public, DEFAULT_ALGORITHM[kind_of(public)], custody)
        return Signatory(signer, certificate, leaf.chain[:-1])

    def _signatory(self, permit: Permit, leaf: Leaf, pin: Pin | None) -> Signatory:
        uri = self._ledger.key_uri(permit.seal.certificate.sha256)
        if uri is None:
            raise SealNotUsableHere(f"no key is bound to the certificate of seal {permit.seal.code}")
        certificate = x509.load_der_x509_certificate(leaf.der)
        signer = open_signer(self._keys, uri, expected=certificate_key(certificate), pin=pin)
        return Signatory(signer, certificate, leaf.chain[:-1])

    def _mark(
        self, order: SealOrder, permit: Permit, when: datetime, statement: str, evidence: Evidence | None
    ) -> SealMark:
        record = permit.seal.record
        return SealMark(
            field_name=f"Seal-{permit.id[:12]}",
            picture=self._picture(record.code, record.electronic.picture_sha256),
            placement=order.placement,
            when=when,
            signer_name=record.owner.name,
            reason=order.reason or f"用印：{record.name}",
            location=order.location,
            tooltip=f"电子印章：{record.name}（{record.code}）",
            statement=statement,
            evidence=evidence,
            certify=order.certify,
            lock=order.lock,
            may_cover=order.may_cover,
        )

    def _picture(self, code: str, sha256: str) -> Picture:
        with self._lock:
            found = self._pictures.get(sha256)
            if found is not None:
                self._pictures.move_to_end(sha256)
                return found
        drawn = self._registry.picture(code)
        if drawn.digest != sha256:
            raise SealNotUsableHere(f"the picture of seal {code} is not the approved one")
        made = Picture(drawn.pdf_content(), drawn.size_mm)
        with self._lock:
            self._pictures[sha256] = made
            if len(self._pictures) > PICTURES_KEPT:
                self._pictures.popitem(last=False)
        return made


def _least(envelope: Envelope, evidence: Evidence) -> Evidence | None:
    """Return what a document must carry at every level: chains beside a container that has no place for them."""
    return Evidence(evidence.certificates) if envelope.kind is ContainerKind.SES else None


def _statement(permit: Permit, when: datetime) -> SealStatement:
    record, certificate = permit.seal.record, permit.seal.certificate
    if record.valid_from is None or record.valid_to is None:
        raise SealNotUsableHere(f"seal {record.code} has no validity")
    return SealStatement(
        seal_code=record.code,
        physical_code=record.physical.code,
        kind=record.kind,
        name=record.name,
        owner_name=record.owner.name,
        owner_uscc=record.owner.uscc,
        valid_from=record.valid_from,
        valid_to=record.valid_to,
        status=record.status,
        certificate_sha256=certificate.sha256,
        picture_sha256=record.electronic.picture_sha256,
        permit=permit.id,
        document_sha256=permit.document.hex,
        issued_at=when,
        leave=_leave(permit.warrant),
    )


def _leave(warrant: Warrant) -> Leave:
    """State under which case and rule the seal was used."""
    return Leave(
        ground=warrant.ground.value,
        case=warrant.case_id,
        rule=warrant.rule_id,
        rule_version=warrant.rule_version,
        rule_sha256=warrant.rule_hash,
        approvals_sha256=warrant.approvals_sha256,
    )
