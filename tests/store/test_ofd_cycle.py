"""An OFD goes through the same cycle as a PDF: permit, key once, time-stamp, our own check, archive, outcome (C1, C6)."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from ca.clock import Clock
from ca.clock_guard import ClockGuard
from ca.tsa import TimeStampAuthority
from hsm.suite import Suite
from seals.jws import sign
from seals.ses.maker import SealDataMaker
from seals.ses.parts import SesVersion
from signing.containers.certification import Certification, FieldLock, LockAction
from signing.containers.envelope import ContainerKind
from signing.containers.envelopes import EnvelopeDesk, EnvelopeRules
from signing.errors import LevelUnavailable
from signing.level import Level
from signing.ofd.errors import NationalContainerNeeded, OfdDamaged, OfdLocked, OfdUnfit
from signing.placing.where import parse_where
from signing.records.desk import EvidenceRecords
from signing.service import SealingService
from signing.store import SealingState, sealing
from signing.writ import WritDesk
from tests.ofd_world import changed, document, entries, packed
from tests.store.test_voiding import list_maker, trust_in
from tests.unit.signing.office import AUDITOR, KEEPER, Office, make_office, order
from verify.institution.proofs import PartState
from verify.ofd.report import OfdReport
from verify.report import SignatureKind, Verdict
from verify.verifier import Verifier
from verify.voided.form import VOID_LIST_TYPE, VoidEntry, VoidList, void_list_payload


def office(engine: sa.Engine, clock: Clock, folder: Path, suite: Suite = Suite.GM) -> Office:
    """Open an office whose seal maker makes seal data."""
    made = make_office(engine, clock, folder, lambda _now: timedelta(0), suite)
    world = made.world
    tsa = TimeStampAuthority(engine, world.keys, ClockGuard(clock, lambda _now: timedelta(0)), world.audit)
    maker = SealDataMaker(made.registry, world.authority, world.keys, stamper=tsa.stamp)
    envelopes = EnvelopeDesk(EnvelopeRules(ses_version=SesVersion.V5), maker)
    writs = WritDesk(world.keys, made.registry, made.ledger, made.tools.check._evidence, envelopes)
    tools = replace(made.tools, writs=writs)
    return replace(made, tools=tools, service=SealingService(tools, clock))


@pytest.fixture
def made(engine: sa.Engine, clock: Clock, tmp_path: Path) -> Office:
    return office(engine, clock, tmp_path / "archive")


def test_an_ofd_is_sealed_by_the_whole_cycle(made: Office, tmp_path: Path) -> None:
    """I7, I29: our own verifier passes it before it leaves; the key is used once; a repeat gives the first result."""
    asked = order(
        document(3),
        name="合同.ofd",
        seal_code=made.seal.code,
        level=Level.B_T,
        placement=parse_where("seam=right"),
    )
    before = len(made.keeper_signer.signed)
    done = made.service.seal(asked, actor=KEEPER)
    report = done.report
    assert isinstance(report, OfdReport)
    (found,) = report.signatures
    assert (report.verdict, found.kind, found.container) == (Verdict.PASSED, SignatureKind.SEAL, "ses")
    assert found.seal is not None
    assert (found.seal.code, found.seal.permit) == (made.seal.code, done.permit)
    assert found.seal.leave is not None, "under which rule it was used"
    assert found.time.trusted
    assert [place.page for place in found.placements] == [1, 2, 3]
    assert found.seal_data is not None
    assert found.seal_data.standard == SesVersion.V5.standard
    assert made.rows(sealing)[0].state == SealingState.COMPLETED.value
    again = made.service.seal(asked, actor=KEEPER)
    assert (again.repeated, again.digest) == (True, done.digest)
    assert len(made.keeper_signer.signed) == before + 1
    _second_seal(made)
    _plain_signature(made, tmp_path / "合同.ofd")
    assert made.left_over() == []


def test_C9_a_voided_ofd_packed_anew_is_voided_still(made: Office) -> None:
    """No signature covers how a package is packed: the same files in another zip have another digest, and the same seal."""
    done = made.service.seal(order(document(), seal_code=made.seal.code, level=Level.B_LT), actor=KEEPER)
    repacked, now = packed(entries(done.bytes)), made.clock()
    assert repacked != done.bytes
    maker = list_maker(made.world)
    entry = VoidEntry(now, "另行签订", "ab" * 16)
    voided = {hashlib.sha256(done.bytes).hexdigest(): entry}
    for permits, found in (({}, False), ({done.permit: entry}, True), ({"0" * 32: entry}, False)):
        listed = VoidList(maker.issuer, 1, now, now + timedelta(days=1), voided, permits)
        jws = sign(void_list_payload(listed), typ=VOID_LIST_TYPE, signer=maker.signer(), chain=maker.chain)
        verifier = Verifier(trust_in(made.world, lists=[jws]))
        assert verifier.verify(done.bytes, at=now).voided is not None
        report = verifier.verify(repacked, at=now)
        assert report.verdict is Verdict.PASSED, report.reason.en
        assert (report.voided is not None) is found


def test_the_evidence_record_of_each_of_two_seals(made: Office) -> None:
    """The second seal writes the package anew: the record of the first knows its signed value there."""
    maker = list_maker(made.world)
    records = EvidenceRecords(made.engine, made.clock, made.world.audit, lambda: maker, made.archive)
    octets, given = document(), []
    for number, where in enumerate(("1:20,20", "2:60,60")):
        asked = order(
            octets,
            seal_code=made.seal.code,
            level=Level.B_LT,
            placement=parse_where(where),
            idempotency_key=where,
        )
        done = made.service.seal(asked, actor=KEEPER)
        octets = done.bytes
        given.append(records.give(done.sealing_id, actor=AUDITOR))
        value = entries(octets)[f"Doc_0/Signs/Sign_{number}/SignedValue.dat"]
        assert given[-1].record.use.value_sha256 == hashlib.sha256(value).hexdigest()
    at = made.clock()
    evidence = "\n".join(one.jws for one in given)
    report = Verifier(trust_in(made.world)).verify(octets, at=at, evidence=evidence)
    assert report.verdict is Verdict.PASSED, report.reason.en
    for one in report.signatures:
        assert one.proofs is not None
        assert PartState.FAILED not in {part.state for part in one.proofs.institutional}
        assert one.proofs.institutional[0].state is PartState.PRESENT


def test_the_evidence_record_of_a_document_that_was_removed(made: Office) -> None:
    """It tells of the octets alone, as that of a PDF does."""
    maker = list_maker(made.world)
    records = EvidenceRecords(made.engine, made.clock, made.world.audit, lambda: maker, made.archive)
    done = made.service.seal(order(document(), seal_code=made.seal.code, level=Level.B_T), actor=KEEPER)
    made.archive.remove(done.digest)
    use = records.give(done.sealing_id, actor=AUDITOR).record.use
    assert (use.document_sha256, use.value_sha256) == (done.digest.hex, "")


def _second_seal(made: Office) -> None:
    """Seal once more: the first stays valid; after a lock there is no third."""
    first = made.service.seal(
        order(document(), seal_code=made.seal.code, level=Level.B_LT, idempotency_key="key-5"), actor=KEEPER
    )
    assert any(name.endswith("Evidence.p7c") for name in entries(first.bytes))
    second = made.service.seal(
        order(first.bytes, seal_code=made.seal.code, level=Level.B_B, idempotency_key="key-2", placement=parse_where("2:20,20"),
              lock=FieldLock(LockAction.ALL)),
        actor=KEEPER,
    )  # fmt: skip
    assert [item.verdict for item in second.report.signatures] == [Verdict.PASSED] * 2
    with pytest.raises(OfdLocked):
        made.service.seal(
            order(second.bytes, seal_code=made.seal.code, level=Level.B_B, idempotency_key="key-3"),
            actor=KEEPER,
        )
    closed = made.service.seal(
        order(
            second.bytes,
            seal_code=made.seal.code,
            level=Level.B_T,
            idempotency_key="key-6",
            container=ContainerKind.GBT35275,
            certify=Certification.NO_CHANGES,
            placement=parse_where("unseen"),
        ),
        actor=KEEPER,
    )
    assert isinstance(closed.report, OfdReport)
    assert closed.report.integrity_file is not None
    assert [item.verdict for item in closed.report.signatures] == [Verdict.PASSED] * 3


def _plain_signature(made: Office, path: Path) -> None:
    """From a path, which stays as it is."""
    path.write_bytes(document())
    done = made.service.seal(
        order(path, seal_code=made.seal.code, level=Level.B_T, idempotency_key="key-4", container=ContainerKind.GBT35275,
              placement=parse_where("unseen")),
        actor=KEEPER,
    )  # fmt: skip
    (found,) = done.report.signatures
    assert (found.verdict, found.container) == (Verdict.PASSED, "gbt35275")
    assert path.read_bytes() == document()


def test_what_is_refused_leaves_nothing(made: Office) -> None:
    """No key is touched, the permit is given back, and nothing stays on the desk."""
    before = len(made.keeper_signer.signed)
    no_page = changed(document(), "Doc_0/Pages/Page_0/Content.xml", None)
    refusals: list[tuple[dict[str, object], type[Exception]]] = [
        ({"document": document()[:-9]}, OfdDamaged),
        ({"document": no_page}, OfdUnfit),
        ({"level": Level.B_LTA}, LevelUnavailable),
    ]
    given = {"document": document(), "seal_code": made.seal.code, "level": Level.B_B}
    for number, (changes, error) in enumerate(refusals):
        with pytest.raises(error):
            made.service.seal(order(**(given | changes | {"idempotency_key": f"bad-{number}"})), actor=KEEPER)
    assert len(made.keeper_signer.signed) == before
    assert made.left_over() == []
    assert all(row.state == SealingState.FAILED.value for row in made.rows(sealing))


def test_the_international_suite_says_what_it_takes(engine: sa.Engine, clock: Clock, tmp_path: Path) -> None:
    made = office(engine, clock, tmp_path / "archive", Suite.INTERNATIONAL)
    with pytest.raises(NationalContainerNeeded) as caught:
        made.service.seal(order(document(), seal_code=made.seal.code, level=Level.B_B), actor=KEEPER)
    assert "SM2" in caught.value.en
