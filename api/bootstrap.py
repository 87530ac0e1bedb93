"""The composition root: every door of an installation, opened from settings, a clock and a source of PINs.

Tests call the same function with other arguments. Nothing else in the project chooses an implementation.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import sqlalchemy as sa

from api.access.keys import ApiKeys
from api.batch.keys import SealKeys
from api.batch.opening import open_batches
from api.database.engine import make_engine
from api.evidence.publishing import Evidence
from api.evidence.recognition import open_recognition
from api.evidence.seal_states import SealStates
from api.evidence.void_lists import VoidLists
from api.home import Home
from api.sealing.papers import PaperParts, open_papers
from api.sealing.service_seal import ServiceSeal
from api.sealing.works import SealingWorks, open_hashes, open_kept, open_two_step, open_works
from api.services import Services
from api.settings import Settings
from api.tokens.enrolment import Enrolment
from api.tokens.key_stores import KeyStores, open_key_stores
from api.tokens.work import TokenWork, open_token_work
from api.verifying.acceptance import open_acceptance
from api.verifying.orders import open_orders
from api.verifying.reports import open_reports
from api.verifying.verification import open_verification
from api.wiring.chosen import (
    ca_config,
    centre_rules,
    chosen_reference,
    enrolment_rules,
    public_limit,
    sessions,
    use_book,
)
from api.wiring.filing import open_filing
from api.wiring.ground import Certification, Ground, open_certification
from api.wiring.stamps import open_stamps, stamp_hooks
from ca.audit import AuditTrail
from ca.authority import CertificateAuthority
from ca.clock import Clock
from ca.clock_guard import ClockGuard, Reference
from ca.cross.desk import CrossDesk
from ca.enrolment.desk import Enrolment as EnrolmentDesk
from ca.enrolment.drill import PublishedStatus
from ca.enrolment.evidence_files import EvidenceFiles
from ca.enrolment.rules import RuleBook
from ca.enterprise import Enterprises
from ca.keycentre.centre import KeyCentre
from ca.status.crl import CrlPublisher
from hsm.pins import PinSource
from seals.cases.desk import UseDesk
from seals.imprint.studio import ImprintStudio
from seals.imprint.uploads import PictureUploads
from seals.lookup.desk import SealLookups
from seals.registry import RegistryRules, SealRegistry
from signing.licences.desk import LicenceDesk
from signing.placing.preview import Preview
from signing.service import SealingService


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
    acceptance = open_acceptance(engine, clock, audit, seal_states.maker, works.archive)
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
