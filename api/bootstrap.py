"""The composition root: every door of an installation, opened from settings, a clock and a source of PINs.

Tests call the same function with other arguments. Nothing else in the project chooses an implementation.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from api.acceptance_desk import AcceptanceDesk, open_acceptance
from api.access import ApiKeys
from api.archive import Keeping
from api.batch.door import Batches
from api.batch.keys import SealKeys
from api.batch.opening import open_batches
from api.chosen import (
    ca_config,
    centre_rules,
    chosen_reference,
    enrolment_rules,
    public_limit,
    sessions,
    use_book,
)
from api.database import make_engine
from api.enrolment import Enrolment
from api.errors import DirectIssuanceOff, SchemaOutdated
from api.evidence import Evidence
from api.filing import open_filing
from api.home import Home
from api.key_stores import KeyStores, open_key_stores
from api.papers import PaperParts, Papers, open_papers
from api.rate_limit import PublicLimit
from api.recognition import Recognition, open_recognition
from api.schema import check_schema
from api.seal_states import SealStates
from api.sealing_works import (
    Certification,
    Ground,
    SealingWorks,
    open_certification,
    open_hashes,
    open_kept,
    open_two_step,
    open_works,
)
from api.service_seal import ServiceSeal
from api.session import Sessions
from api.settings import Settings
from api.stamp_desk import open_stamps, stamp_hooks
from api.token_work import TokenWork, open_token_work
from api.verification import Verification, open_verification
from api.verification_orders import VerificationOrders, open_orders
from api.verification_reports import open_reports
from api.void_lists import VoidLists
from ca.actor import Actor
from ca.audit import AuditTrail
from ca.authority import CertificateAuthority
from ca.clock import Clock
from ca.clock_guard import ClockGuard, Reference
from ca.crl import CrlPublisher
from ca.cross.desk import CrossDesk
from ca.enrolment.desk import Enrolment as EnrolmentDesk
from ca.enrolment.drill import PublishedStatus
from ca.enrolment.evidence_files import EvidenceFiles
from ca.enrolment.rules import RuleBook
from ca.enterprise import Enterprises
from ca.keycentre.centre import KeyCentre
from ca.ocsp import OcspResponder
from ca.tokens.registry import TokenRegistry
from ca.tsa import TimeStampAuthority
from hsm.pins import PinSource
from seals.cases.desk import UseDesk
from seals.chips import SealChips
from seals.devices.desk import StampDesk
from seals.filing.desk import FilingDesk
from seals.imprint.studio import ImprintStudio
from seals.imprint.uploads import PictureUploads
from seals.lookup.desk import SealLookups
from seals.registry import RegistryRules, SealRegistry
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
        """Close what dead processes left open, renew what is due, publish; return how many of each."""
        certificates = self.authority.reconcile(actor)
        sealings = self.sealing.reconcile(actor)
        counts = {
            "certificates_in_doubt": len(certificates.in_doubt),
            "certificates_unsigned": len(certificates.unsigned),
            "crl_numbers_burned": len(self.crls.reconcile(actor)),
            "timestamps_burned": len(self.tsa.reconcile(actor)),
            "seal_lists_withheld": len(self.seal_states.reconcile(actor)),
            "seal_data_withheld": self.seal_data.reconcile(actor),
            "reports_closed": self.reports.reconcile(actor),
            "sealings_completed": len(sealings.completed),
            "sealings_failed": len(sealings.failed),
            "digests_failed": self.hashes.reconcile(actor),
            "signatures_not_returned": self.two_step.expire(actor),
            "uses_expired": self.use_desk.expire(),
            "use_reminders": self.use_desk.reminders.collect(actor),
            **self.enrolments.housekeep(actor),
            "keys_completed": self.key_centre.reconcile(actor),
            **self.token_work.reconcile(),
            **self.filing.housekeep(actor),
            **self.stamps.housekeep(actor=actor),
            **self.keeping.housekeep(actor),
            **self.papers.housekeep(actor),
            **self.recognition.housekeep(actor),
            **self.orders.work.housekeep(),
        }
        self.evidence.publish()
        self.evidence.checkpoint()
        return counts

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


def assemble(
    settings: Settings, *, clock: Clock, pins: PinSource, reference: Reference | None = None
) -> Services:
    """Open every door over ``settings``; nothing is signed and no table is made here.

    ``reference`` is what the time-stamp authority compares the clock with; without one the settings choose.
    Raises :class:`hsm.errors.HsmError` when the configured key store cannot be opened.
    """
    home = Home(settings.home)
    home.prepare()
    engine = make_engine(settings.database)
    stores = open_key_stores(settings.key_store, home, pins, settings.key_policy, settings.devices)
    guard = ClockGuard(clock, reference or chosen_reference(settings, clock))
    ground = Ground(settings, engine, clock, AuditTrail(clock), stores.ring)
    return _assemble(home, stores, _found(ground, home, stores, guard))


@dataclass(frozen=True, slots=True)
class _Base:
    """What the doors are built on."""

    ground: Ground
    enterprises: Enterprises
    certification: Certification
    seals: SealRegistry
    seal_states: SealStates
    void_lists: VoidLists
    evidence: Evidence
    use_desk: UseDesk
    works: SealingWorks
    key_centre: KeyCentre
    rules: RuleBook
    token_work: TokenWork


def _found(ground: Ground, home: Home, stores: KeyStores, guard: ClockGuard) -> _Base:
    settings, engine, clock, audit = ground.settings, ground.engine, ground.clock, ground.audit
    enterprises = Enterprises(engine, clock, audit)
    certification = open_certification(ground, ca_config(settings), guard)
    authority = certification.authority
    seals = _registry(ground, enterprises)
    seal_states, void_lists, evidence = _publications(ground, home, authority, certification.crls)
    use_desk = _use_desk(settings, engine, clock, audit, stores)
    works = open_works(ground, certification, seals, use_desk, evidence)
    key_centre = KeyCentre(engine, stores.ring, clock, audit, centre_rules(settings))
    rules = enrolment_rules(settings)
    token_work = open_token_work(stores, home, authority, seals, rules, key_centre)
    return _Base(
        ground,
        enterprises,
        certification,
        seals,
        seal_states,
        void_lists,
        evidence,
        use_desk,
        works,
        key_centre,
        rules,
        token_work,
    )


def _assemble(home: Home, stores: KeyStores, base: _Base) -> Services:
    """Open every door: the one place where everything meets."""
    ground, works, enterprises, evidence = base.ground, base.works, base.enterprises, base.evidence
    settings, engine, clock, audit = ground.settings, ground.engine, ground.clock, ground.audit
    authority, crls, tsa = base.certification.authority, base.certification.crls, base.certification.tsa
    seals, use_desk, seal_states = base.seals, base.use_desk, base.seal_states
    studio = ImprintStudio()
    sealing = SealingService(works.tools, clock)
    verification = open_verification(settings, evidence, clock)
    acceptance = open_acceptance(engine, clock, audit, seal_states.maker)
    parts = PaperParts(engine, clock, audit, works.archive, sealing, base.void_lists, seal_states.maker)
    return Services(
        settings=settings,
        home=home,
        clock=clock,
        engine=engine,
        key_stores=stores,
        audit=audit,
        enterprises=enterprises,
        authority=authority,
        cross=CrossDesk(authority, secrets.token_bytes),
        crls=crls,
        ocsp=base.certification.ocsp,
        tsa=tsa,
        service_seal=ServiceSeal(authority, stores.ring, tsa),
        seals=seals,
        use_desk=use_desk,
        seal_states=seal_states,
        seal_data=works.seal_data,
        lookups=SealLookups(engine, clock, seal_states.maker),
        public_limit=public_limit(settings, clock),
        token_work=base.token_work,
        studio=studio,
        texts=works.texts,
        preview=Preview(works.texts),
        pictures=PictureUploads(engine, enterprises, clock, audit, studio),
        filing=open_filing(settings, authority, stores.ring, seals, base.token_work, studio),
        stamps=open_stamps(settings, authority, seals, use_desk, seal_states),
        enrolments=_enrolments(base),
        key_centre=base.key_centre,
        enrolment=Enrolment(stores, enterprises, authority, works.ledger, settings.suite),
        ledger=works.ledger,
        archive=works.archive,
        keeping=open_kept(ground, works, tsa),
        sealing=sealing,
        batches=open_batches(settings, use_desk, works.archive, SealKeys(stores.ring, seals, works.ledger)),
        licences=LicenceDesk(engine, clock, audit, enterprises=enterprises, seals=seals, sealing=sealing),
        papers=open_papers(settings, parts),
        hashes=open_hashes(ground, works, seals, use_desk),
        two_step=open_two_step(ground, works, seals),
        verification=verification,
        reports=open_reports(ground, works, authority, tsa, verification),
        orders=open_orders(ground, stores, authority, evidence, acceptance),
        evidence=evidence,
        acceptance=acceptance,
        api_keys=ApiKeys(engine, clock, audit),
        sessions=sessions(settings, home, clock),
    )


def _registry(ground: Ground, enterprises: Enterprises) -> SealRegistry:
    settings, clock = ground.settings, ground.clock
    rules = RegistryRules(settings.code_patterns, direct_filing=settings.files_directly)
    return SealRegistry(ground.engine, enterprises, clock, ground.audit, rules, on_move=stamp_hooks(clock))


def _publications(
    ground: Ground, home: Home, authority: CertificateAuthority, crls: CrlPublisher
) -> tuple[SealStates, VoidLists, Evidence]:
    engine, clock, audit = ground.engine, ground.clock, ground.audit
    states = SealStates(engine, ground.ring, clock, audit, authority)
    voided = VoidLists(engine, clock, audit, states.maker)
    recognition = open_recognition(ground, authority)
    return states, voided, Evidence(home, engine, audit, authority, crls, states, voided, recognition)


def _use_desk(
    settings: Settings, engine: sa.Engine, clock: Clock, audit: AuditTrail, stores: KeyStores
) -> UseDesk:
    files = EvidenceFiles(settings.archive / "use")
    return UseDesk(engine, clock, audit, use_book(settings), keys=stores.ring, files=files)


def _enrolments(base: _Base) -> EnrolmentDesk:
    ground, authority = base.ground, base.certification.authority
    return EnrolmentDesk(
        ground.engine,
        authority,
        ground.clock,
        ground.audit,
        base.rules,
        evidence=EvidenceFiles(ground.settings.archive / "evidence"),
        status=PublishedStatus(base.certification.ocsp, base.certification.crls),
        encryption_keys=base.key_centre,
    )
