"""The doors of one installation: what every command, route and page works with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from api.access.keys import ApiKeys
from api.access.rate_limit import PublicLimit
from api.access.session import Sessions
from api.batch.door import Batches
from api.database.revision import check_schema
from api.errors import DirectIssuanceOff, SchemaOutdated
from api.evidence.publishing import Evidence
from api.evidence.recognition import Recognition
from api.evidence.seal_states import SealStates
from api.home import Home
from api.reconciling import reconcile
from api.sealing.keeping import Keeping
from api.sealing.papers import Papers
from api.sealing.service_seal import ServiceSeal
from api.settings import Settings
from api.tokens.enrolment import Enrolment
from api.tokens.key_stores import KeyStores
from api.tokens.work import TokenWork
from api.verifying.acceptance import AcceptanceDesk
from api.verifying.orders import VerificationOrders
from api.verifying.verification import Verification
from ca.actor import Actor
from ca.audit import AuditTrail
from ca.authority import CertificateAuthority
from ca.clock import Clock
from ca.cross.desk import CrossDesk
from ca.enrolment.desk import Enrolment as EnrolmentDesk
from ca.enrolment.evidence_files import EvidenceFiles
from ca.enterprise import Enterprises
from ca.keycentre.centre import KeyCentre
from ca.status.crl import CrlPublisher
from ca.status.ocsp import OcspResponder
from ca.tokens.registry import TokenRegistry
from ca.tsa import TimeStampAuthority
from seals.cases.desk import UseDesk
from seals.chips import SealChips
from seals.devices.desk import StampDesk
from seals.filing.desk import FilingDesk
from seals.imprint.studio import ImprintStudio
from seals.imprint.uploads import PictureUploads
from seals.lookup.desk import SealLookups
from seals.registry import SealRegistry
from seals.ses.maker import SealDataMaker
from signing.archive import Archive
from signing.hashes.desk import HashDesk
from signing.ledger import Ledger
from signing.licences.desk import LicenceDesk
from signing.placing.keyword import TextReader
from signing.placing.preview import Preview
from signing.service import SealingService
from signing.two_step.desk import TwoStepSealing
from signing.verification_reports.desk import ReportDesk
from verify.report import DocumentReport


@dataclass(frozen=True, slots=True)
class Services:
    """The doors of one installation. Whoever assembles it also closes it."""

    settings: Settings
    home: Home
    clock: Clock
    engine: sa.Engine
    key_stores: KeyStores
    audit: AuditTrail
    enterprises: Enterprises
    authority: CertificateAuthority
    cross: CrossDesk
    crls: CrlPublisher
    ocsp: OcspResponder
    tsa: TimeStampAuthority
    service_seal: ServiceSeal
    seals: SealRegistry
    use_desk: UseDesk
    seal_states: SealStates
    seal_data: SealDataMaker
    lookups: SealLookups
    public_limit: PublicLimit
    token_work: TokenWork
    studio: ImprintStudio
    texts: TextReader
    preview: Preview
    pictures: PictureUploads
    filing: FilingDesk
    stamps: StampDesk
    enrolment: Enrolment
    enrolments: EnrolmentDesk
    key_centre: KeyCentre
    ledger: Ledger
    archive: Archive
    keeping: Keeping
    sealing: SealingService
    batches: Batches
    licences: LicenceDesk
    papers: Papers
    hashes: HashDesk
    two_step: TwoStepSealing
    verification: Verification
    reports: ReportDesk
    orders: VerificationOrders
    evidence: Evidence
    acceptance: AcceptanceDesk
    api_keys: ApiKeys
    sessions: Sessions

    def verify(self, data: bytes, *, name: str = "", password: str | None = None) -> DocumentReport:
        """Verify a document now, by this installation's own evidence."""
        return self.verification.verify(data, name=name, password=password)

    def reconcile(self, actor: Actor) -> dict[str, int]:
        """Close what dead processes left open, renew what is due, publish; return how many of each.

        No part keeps another from its work: :class:`ReconciliationIncomplete` names those that failed when all is done.
        """
        return reconcile(self, actor)

    @property
    def recognition(self) -> Recognition:
        """Our own trust list and those of others."""
        return self.evidence.recognition

    @property
    def tokens(self) -> TokenRegistry:
        """The inventory of tokens."""
        return self.token_work.registry

    @property
    def chips(self) -> SealChips:
        """Chips and the seals that they are in."""
        return self.token_work.chips

    @property
    def evidence_files(self) -> EvidenceFiles:
        """The folder of documents of evidence, by digest."""
        return EvidenceFiles(self.settings.archive / "evidence")

    def demand_direct_issuance(self) -> None:
        """Raise :class:`DirectIssuanceOff` where certificates go through the enrolment desk alone."""
        if not self.settings.issues_directly:
            raise DirectIssuanceOff

    def schema_ready(self) -> bool:
        """Tell whether the database has this release's tables."""
        try:
            check_schema(self.engine)
        except SchemaOutdated:
            return False
        return True

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Open a connection that only reads."""
        with self.engine.execution_options(read_only=True).connect() as connection:
            yield connection

    def close(self) -> None:
        """End verifiers, token workers and database connections."""
        self.batches.close()
        self.verification.close()
        self.orders.close()
        self.studio.close()
        self.texts.close()
        self.papers.close()
        self.ocsp.close()
        self.key_stores.ring.close()
        self.engine.dispose()
