"""Orders, bulk renewal, reminders, the drill and the timeline, on both databases."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from ca.actor import SYSTEM
from ca.audit import AuditRecord
from ca.certificate import CertificateQuery, CertificateStatus, RevocationReason, SubjectName
from ca.enrolment.approval import Ballot
from ca.enrolment.errors import (
    ContentChanged,
    EnrolmentActRefused,
    EnrolmentUnknown,
    FieldInvalid,
    KeyReused,
    NotYourRequest,
    RejectionReasonNeeded,
    RenewalRefused,
    RequestKeyTaken,
    SecondPersonNeeded,
)
from ca.enrolment.job_store import ItemStatus, JobRecord, JobStatus
from ca.enrolment.request import Approver, EnrolmentRecord
from ca.enrolment.rules import Matter
from ca.enrolment.states import EnrolmentStatus, RejectionCode
from ca.enrolment.store import expiry_reminder
from ca.errors import AlreadyRevoked, CertificateUnknown, HoldNotReleasable
from ca.store import certificate
from hsm.errors import TokenLost
from tests.conftest import SteppingClock
from tests.enrolment_world import (
    FIRST,
    RA,
    REQUESTER,
    SECOND,
    SUBJECT,
    THIRD,
    TWO_OF_PARALLEL,
    Office,
    make_csr,
    make_office,
    reopen,
)
from tests.faults import FaultyProvider, FaultySigner, lose_token
from tests.pki import new_key

EVERY = CertificateQuery(profile="enterprise-seal")


@pytest.fixture
def office(engine: sa.Engine, clock: SteppingClock, tmp_path: Path) -> Office:
    return make_office(engine, clock, tmp_path, provider=FaultyProvider())


def ask(
    office: Office, matter: Matter, *records: EnrolmentRecord, key: str = "", **more: object
) -> JobRecord:
    serials = [(one.issuer, int(one.serial or 0)) for one in records]
    name = key or f"{matter.value}-{records[0].id}-{len(records)}"
    return office.desk.jobs.ask(matter, serials, request_key=name, actor=REQUESTER, **more)  # type: ignore[arg-type]


def approve(office: Office, job: JobRecord, *people: Approver) -> JobRecord:
    for one in people:
        job = office.desk.jobs.approve(job.id, Ballot(job.digest), by=one)
    return job


def standing(office: Office, record: EnrolmentRecord) -> tuple[CertificateStatus, RevocationReason | None]:
    found = office.world.authority.certificate(int(record.serial or 0))
    return found.status, found.reason


# -- orders -----------------------------------------------------------------------------------------------------------


def test_I11_stopping_takes_one_person_starting_again_two(office: Office) -> None:
    record = office.issued()
    assert ask(office, Matter.SUSPEND, record).status is JobStatus.DONE
    assert standing(office, record) == (CertificateStatus.REVOKED, RevocationReason.CERTIFICATE_HOLD)
    job = ask(office, Matter.RESUME, record)
    assert job.status is JobStatus.ASKED
    with pytest.raises(SecondPersonNeeded):
        approve(office, job, Approver(REQUESTER, frozenset({RA})))
    assert approve(office, job, FIRST).status is JobStatus.DONE
    assert standing(office, record) == (CertificateStatus.ISSUED, None)


def test_I11_the_one_who_set_the_hold_does_not_approve_its_end(office: Office) -> None:
    record = office.issued()
    serial = int(record.serial or 0)
    office.world.authority.revoke(serial, RevocationReason.CERTIFICATE_HOLD, actor=FIRST.actor)
    job = ask(office, Matter.RESUME, record)
    with pytest.raises(SecondPersonNeeded):
        approve(office, job, FIRST)
    assert approve(office, job, SECOND).status is JobStatus.DONE


def test_a_revocation_waits_for_its_approval_and_states_its_reason(office: Office) -> None:
    record = office.issued()
    with pytest.raises(FieldInvalid, match="reason"):
        ask(office, Matter.REVOKE, record)
    with pytest.raises(FieldInvalid, match="reason"):
        ask(office, Matter.REVOKE, record, reason=RevocationReason.CERTIFICATE_HOLD)
    with pytest.raises(FieldInvalid, match="reason"):
        ask(office, Matter.SUSPEND, record, reason=RevocationReason.SUPERSEDED)
    job = ask(office, Matter.REVOKE, record, reason=RevocationReason.SUPERSEDED)
    assert standing(office, record) == (CertificateStatus.ISSUED, None)
    assert approve(office, job, FIRST).done == 1
    assert standing(office, record) == (CertificateStatus.REVOKED, RevocationReason.SUPERSEDED)
    with pytest.raises(AlreadyRevoked):
        ask(office, Matter.REVOKE, record, key="again", reason=RevocationReason.SUPERSEDED)
    with pytest.raises(HoldNotReleasable):
        ask(office, Matter.RESUME, record)


def test_an_order_may_be_rejected_withdrawn_or_expire(office: Office, clock: SteppingClock) -> None:
    record = office.issued()
    jobs = office.desk.jobs
    orders = [
        ask(office, Matter.REVOKE, record, key=f"o{n}", reason=RevocationReason.SUPERSEDED) for n in range(3)
    ]
    with pytest.raises(RejectionReasonNeeded):
        jobs.reject(orders[0].id, RejectionCode.OTHER, "", by=FIRST)
    with pytest.raises(SecondPersonNeeded):
        jobs.reject(orders[0].id, RejectionCode.OTHER, "不", by=Approver(REQUESTER))
    assert jobs.reject(orders[0].id, RejectionCode.OTHER, "不同意", by=FIRST).status is JobStatus.REJECTED
    with pytest.raises(NotYourRequest):
        jobs.withdraw(orders[1].id, actor=THIRD.actor)
    assert jobs.withdraw(orders[1].id, actor=REQUESTER).status is JobStatus.WITHDRAWN
    clock.advance(timedelta(days=1, seconds=1))
    assert office.desk.housekeep(SYSTEM)["enrolments_expired"] == 1
    assert jobs.get(orders[2].id).status is JobStatus.EXPIRED
    for job in orders:
        with pytest.raises(EnrolmentActRefused):
            approve(office, job, FIRST)
    assert standing(office, record)[0] is CertificateStatus.ISSUED


def test_I04_the_same_order_is_the_same_job(office: Office) -> None:
    record, other = office.issued(), office.issued()
    job = ask(office, Matter.REVOKE, record, key="k", reason=RevocationReason.SUPERSEDED)
    assert ask(office, Matter.REVOKE, record, key="k", reason=RevocationReason.SUPERSEDED) == job
    with pytest.raises(RequestKeyTaken):
        ask(office, Matter.REVOKE, other, key="k", reason=RevocationReason.SUPERSEDED)
    with pytest.raises(CertificateUnknown):
        office.desk.jobs.ask(Matter.SUSPEND, [(None, 12345)], request_key="u", actor=REQUESTER)
    with pytest.raises(EnrolmentUnknown):
        office.desk.jobs.get("nothing")


def test_I22_a_job_is_approved_over_its_exact_population(office: Office) -> None:
    """Whoever changes the list behind the desk finds it refused: the digest is of every certificate on it."""
    from ca.enrolment.store import enrolment_job, enrolment_job_item

    records = [office.issued() for _ in range(3)]
    job = ask(office, Matter.MASS_REVOKE, *records[:2], reason=RevocationReason.SUPERSEDED)
    job = approve(office, job, FIRST)
    with pytest.raises(ContentChanged):
        office.desk.jobs.approve(job.id, Ballot("0" * 64), by=SECOND)
    with office.engine.begin() as conn:
        text = conn.scalar(sa.select(enrolment_job.c.content))
        assert text is not None
        swapped = text.replace(f"{records[1].serial:x}", f"{records[2].serial:x}")
        conn.execute(enrolment_job.update().values(content=swapped))
        conn.execute(
            enrolment_job_item.update()
            .where(enrolment_job_item.c.serial == records[1].serial)
            .values(serial=records[2].serial)
        )
    with pytest.raises(ContentChanged):
        approve(office, office.desk.jobs.get(job.id), SECOND)
    assert all(standing(office, one)[0] is CertificateStatus.ISSUED for one in records)


# -- renewal and re-key -----------------------------------------------------------------------------------------------


def test_renewal_keeps_key_and_name_and_is_linked(office: Office) -> None:
    first = office.issued(chip="C1", container="seal")
    renewal = office.desk.renew(
        int(first.serial or 0), request_key="r", actor=REQUESTER, validity=timedelta(days=100)
    )
    assert renewal.content.matter is Matter.RENEW
    assert renewal.content.spki == first.content.spki
    assert renewal.content.subject == first.content.subject
    assert (renewal.content.chip, renewal.content.container) == ("C1", "seal")
    renewal = office.approve(office.desk.submit(renewal.id, actor=REQUESTER), FIRST)
    renewal = office.desk.issue(renewal.id, actor=FIRST.actor)
    line = office.desk.timeline(int(first.serial or 0))
    assert [link.serial for link in line.successors] == [renewal.serial]
    assert "renewed" in [event.step for event in line.events]
    back = office.desk.timeline(int(renewal.serial or 0))
    assert [link.serial for link in back.predecessors] == [first.serial]
    with pytest.raises(RenewalRefused, match="renewed"):
        office.desk.renew(int(first.serial or 0), request_key="r2", actor=REQUESTER)


def test_renewal_is_refused_where_rule_life_or_state_forbid_it(office: Office, clock: SteppingClock) -> None:
    person = office.issued(profile="person-sign", subject=SubjectName("李伟"), evidence=_identity(office))
    from ca.enrolment.errors import RuleMissing

    with pytest.raises(RuleMissing):
        office.desk.renew(int(person.serial or 0), request_key="p", actor=REQUESTER)
    stopped = office.issued()
    ask(office, Matter.SUSPEND, stopped)
    with pytest.raises(RenewalRefused, match="hold"):
        office.desk.renew(int(stopped.serial or 0), request_key="s", actor=REQUESTER)
    old = office.issued(validity=timedelta(days=1))
    clock.advance(timedelta(days=2))
    with pytest.raises(RenewalRefused, match="expired"):
        office.desk.renew(int(old.serial or 0), request_key="o", actor=REQUESTER)


def _identity(office: Office) -> tuple[object, ...]:
    return (office.evidence.put(b"id", "identity-document"),)


def test_a_key_too_long_in_use_is_not_renewed(
    engine: sa.Engine, clock: SteppingClock, tmp_path: Path
) -> None:
    rules = TWO_OF_PARALLEL.replace(b"same_key = true", b"same_key = true\nkey_life_days = 300")
    office = make_office(engine, clock, tmp_path, rules)
    first = office.desk.issue(office.approve(office.submitted(), FIRST, SECOND).id, actor=FIRST.actor)
    clock.advance(timedelta(days=299))
    assert office.desk.renew(int(first.serial or 0), request_key="a", actor=REQUESTER).version == 1
    office.desk.withdraw(
        office.desk.renew(int(first.serial or 0), request_key="a", actor=REQUESTER).id, actor=REQUESTER
    )
    clock.advance(timedelta(days=2))
    with pytest.raises(RenewalRefused, match="300"):
        office.desk.renew(int(first.serial or 0), request_key="b", actor=REQUESTER)
    strict = reopen(office.world, tmp_path, TWO_OF_PARALLEL.replace(b"same_key = true", b"same_key = false"))
    with pytest.raises(RenewalRefused, match="same key"):
        strict.desk.renew(int(first.serial or 0), request_key="c", actor=REQUESTER)


def test_rekey_takes_a_new_key_for_the_same_holder(office: Office) -> None:
    key = new_key()
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    first = office.issued(csr=make_csr(key))
    serial = int(first.serial or 0)
    with pytest.raises(KeyReused):
        office.desk.rekey(serial, office.application(csr=make_csr(key)), request_key="x", actor=REQUESTER)
    with pytest.raises(FieldInvalid, match="profile"):
        office.desk.rekey(
            serial, office.application(profile="enterprise-sign"), request_key="y", actor=REQUESTER
        )
    fresh = new_key()
    assert isinstance(fresh, ec.EllipticCurvePrivateKey)
    record = office.desk.rekey(
        serial, office.application(csr=make_csr(fresh)), request_key="z", actor=REQUESTER
    )
    record = office.desk.submit(record.id, actor=REQUESTER)
    for item in record.rule.checklist:
        record = office.desk.check(record.id, item.id, found=True, by=THIRD)
    record = office.desk.issue(office.approve(record, FIRST).id, actor=FIRST.actor)
    made = office.world.authority.certificate(int(record.serial or 0))
    assert x509.load_der_x509_certificate(made.der).public_key() == fresh.public_key()
    assert [link.matter for link in office.desk.timeline(serial).successors] == ["rekey"]
    again = office.desk.again(serial, make_csr(), days=10)
    assert (again.subject, again.validity) == (SUBJECT, timedelta(days=10))


# -- bulk renewal -----------------------------------------------------------------------------------------------------


def certificates(office: Office, count: int) -> list[EnrolmentRecord]:
    return [office.issued() for _ in range(count)]


def test_bulk_renewal_lists_what_fails_and_retries_it(office: Office) -> None:
    """RA officer: progress with done, failed and left; failures listed with what to do; a retry does the rest."""
    records = certificates(office, 7)
    ask(office, Matter.SUSPEND, records[6])
    job = ask(office, Matter.BULK_RENEW, *records)
    (refused,) = office.desk.jobs.items(job.id, ItemStatus.FAILED)
    assert (refused.number, refused.fault) == (7, "RenewalRefused")
    job = approve(office, job, FIRST, SECOND)
    assert (job.status, job.left) == (JobStatus.RUNNING, 6), "more than a handful is not run inside the call"
    ask(office, Matter.SUSPEND, records[0], key="later")
    seen: list[tuple[int, int, int]] = []
    job = office.desk.jobs.run(job.id, progress=lambda now: seen.append((now.done, now.failed, now.left)))
    assert (job.status, job.done, job.failed, job.left) == (JobStatus.DONE, 5, 2, 0)
    assert seen == [(5, 2, 0)]
    failed = office.desk.jobs.items(job.id, ItemStatus.FAILED)
    assert [(one.number, one.attempts) for one in failed] == [(1, 1), (7, 0)]
    assert all(one.fault_zh and one.fault_en for one in failed)
    approve(office, ask(office, Matter.RESUME, records[0]), THIRD)
    job = office.desk.jobs.retry(job.id, actor=REQUESTER)
    job = office.desk.jobs.run(job.id)
    assert (job.status, job.done, job.failed) == (JobStatus.DONE, 6, 1), "the seventh was never approved"
    for item in office.desk.jobs.items(job.id, ItemStatus.DONE):
        renewed = office.desk.get(item.enrolment)
        assert (renewed.status, renewed.batch) == (EnrolmentStatus.ISSUED, job.id)
        assert renewed.serial == item.new_serial
        assert renewed.content.predecessor is not None
        assert renewed.content.predecessor.serial == item.target.serial


def test_a_chunk_of_renewals_takes_four_commits_and_one_bad_item_costs_only_itself(office: Office) -> None:
    """All are good: one chunk. One key is reported stolen after the approval: that one fails with its reason, alone."""
    records = certificates(office, 8)
    job = approve(office, ask(office, Matter.BULK_RENEW, *records[:6]), FIRST, SECOND)
    commits: list[sa.Connection] = []
    sa.event.listen(office.engine, "commit", commits.append)
    job = office.desk.jobs.run(job.id)
    assert (job.status, job.done) == (JobStatus.DONE, 6)
    assert len(commits) == 5, "begin, reserve, record, settle; the job's end"
    actions = [one.action for one in _trail_of(office, f"job:{job.id}")]
    assert actions.count("job.item") == 6
    for item in office.desk.jobs.items(job.id):
        assert office.desk.get(item.enrolment).serial == item.new_serial
        told = [one.action for one in _trail_of(office, f"enrolment:{item.enrolment}")]
        assert told == ["enrolment.admit", "enrolment.begin", "enrolment.issue"]
    again = certificates(office, 5)
    job = approve(office, ask(office, Matter.BULK_RENEW, *records[6:], *again, key="b2"), FIRST, SECOND)
    office.world.authority.report_compromise(again[2].content.public_key, actor=FIRST.actor)
    job = office.desk.jobs.run(job.id)
    assert (job.status, job.done, job.failed) == (JobStatus.DONE, 6, 1)
    (failed,) = office.desk.jobs.items(job.id, ItemStatus.FAILED)
    assert (failed.target.serial, failed.fault) == (again[2].serial, "RenewalRefused")
    with office.engine.connect() as conn:
        office.world.audit.verify(conn)


def _trail_of(office: Office, subject: str) -> list[AuditRecord]:
    with office.engine.connect() as conn:
        return office.world.audit.about(conn, [subject])


def test_a_job_waits_while_the_token_is_away_and_goes_on(office: Office) -> None:
    records = certificates(office, 6)
    job = approve(office, ask(office, Matter.BULK_RENEW, *records), FIRST, SECOND)
    provider = office.world.provider
    assert isinstance(provider, FaultyProvider)
    provider.wrap = lambda signer: FaultySigner(signer, lose_token)
    with pytest.raises(TokenLost):
        office.desk.jobs.run(job.id)
    assert office.desk.housekeep(SYSTEM)["job_items"] == 0
    provider.wrap = lambda signer: signer
    assert office.desk.housekeep(SYSTEM)["job_items"] == 6
    job = office.desk.jobs.get(job.id)
    assert (job.status, job.done) == (JobStatus.DONE, 6)


def test_a_small_job_waits_for_its_token_too(office: Office) -> None:
    """The last approval counts although the token is away; housekeeping finishes what the call could not."""
    job = ask(office, Matter.BULK_RENEW, office.issued())
    provider = office.world.provider
    assert isinstance(provider, FaultyProvider)
    provider.wrap = lambda signer: FaultySigner(signer, lose_token)
    job = approve(office, job, FIRST, SECOND)
    assert (job.status, job.left) == (JobStatus.RUNNING, 1)
    provider.wrap = lambda signer: signer
    assert office.desk.housekeep(SYSTEM)["job_items"] == 1
    assert office.desk.jobs.get(job.id).status is JobStatus.DONE


def test_two_workers_on_one_job_do_each_item_once(office: Office, tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    records = certificates(office, 12)
    job = approve(office, ask(office, Matter.BULK_RENEW, *records), FIRST, SECOND)
    others = [reopen(office.world, tmp_path) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(one.desk.jobs.run, job.id) for one in others]:
            done.result()
    job = office.desk.jobs.run(job.id)
    assert (job.status, job.done, job.failed) == (JobStatus.DONE, 12, 0)
    with office.engine.connect() as conn:
        count = sa.select(sa.func.count()).where(certificate.c.status == CertificateStatus.ISSUED)
        assert conn.scalar(count.where(certificate.c.profile == "enterprise-seal")) == 24


def test_a_renewal_of_a_batch_that_was_edited_is_not_covered_any_more(office: Office) -> None:
    records = certificates(office, 6)
    job = approve(office, ask(office, Matter.BULK_RENEW, *records), FIRST, SECOND)
    office.desk.jobs.run(job.id)
    from ca.enrolment import job_store

    with office.engine.connect() as conn:
        assert not job_store.covers(conn, job.id, "0" * 64)
        assert not job_store.covers(conn, job.id, "")
        assert job_store.covers(conn, job.id, job.instruction.targets[0].digest)
        assert not job_store.covers(conn, "other", job.instruction.targets[0].digest)


# -- reminders --------------------------------------------------------------------------------------------------------


def test_each_reminder_once_and_the_nearest_only(office: Office, clock: SteppingClock) -> None:
    """60, 30, 7 and 1 days before the end; read by a cursor without gaps; none for what was renewed."""
    first, second = office.issued(), office.issued()
    reminders = office.desk.reminders
    assert reminders.collect(SYSTEM) == 0
    told: list[tuple[int, int]] = []
    cursor = 0
    for left in (61, 59, 45, 29, 8, 6, 2, 0.5):
        clock.now = first_end(office, first) - timedelta(days=left)
        if left == 29:
            renewal = office.desk.renew(int(second.serial or 0), request_key="r", actor=REQUESTER)
            renewal = office.approve(office.desk.submit(renewal.id, actor=REQUESTER), FIRST)
            office.desk.issue(renewal.id, actor=FIRST.actor)
        reminders.collect(SYSTEM)
        reminders.collect(SYSTEM)
        for one in reminders.read(cursor):
            told.append((one.serial, one.days))
            assert one.number == cursor + 1
            cursor = one.number
    assert told == [
        (first.serial, 60),
        (second.serial, 60),
        (first.serial, 30),
        (first.serial, 7),
        (first.serial, 1),
    ]
    late = office.issued(validity=timedelta(days=5))
    assert reminders.collect(SYSTEM) == 1
    assert [(one.serial, one.days) for one in reminders.read(cursor)] == [(late.serial, 7)]
    with office.engine.connect() as conn:
        row = dict(conn.execute(sa.select(expiry_reminder)).mappings().first() or {})
    with pytest.raises(sa.exc.IntegrityError), office.engine.begin() as conn:
        conn.execute(expiry_reminder.insert().values(**{**row, "number": 99}))


def first_end(office: Office, record: EnrolmentRecord) -> object:
    return office.world.authority.certificate(int(record.serial or 0)).not_after


# -- the drill --------------------------------------------------------------------------------------------------------


def test_the_drill_counts_and_simulates_without_revoking(office: Office) -> None:
    records = certificates(office, 3)
    ask(office, Matter.SUSPEND, records[0])
    drill = office.desk.drill
    assert drill is not None
    counted = drill.count(EVERY)
    assert (counted.mode, counted.total, counted.revocable, counted.proof) == ("count", 3, 3, None)
    simulated = drill.simulate(EVERY)
    assert simulated.proof is not None
    assert (simulated.proof.compared, simulated.proof.agreeing, simulated.proof.differing) == (3, 3, ())
    assert float(simulated.seconds["prove"]) >= 0
    statuses = [standing(office, one)[0] for one in records]
    assert statuses.count(CertificateStatus.ISSUED) == 2


def test_I13_a_performed_drill_needs_two_people_and_proves_itself(office: Office) -> None:
    records = certificates(office, 7)
    drill = office.desk.drill
    assert drill is not None
    job = drill.ask(EVERY, RevocationReason.SUPERSEDED, request_key="d", actor=REQUESTER, text="年度演练")
    assert approve(office, job, FIRST).status is JobStatus.ASKED
    assert all(standing(office, one)[0] is CertificateStatus.ISSUED for one in records)
    office.desk.jobs.run(approve(office, office.desk.jobs.get(job.id), SECOND).id)
    report = drill.report(job.id)
    assert (report.mode, report.total, report.revocable, report.job) == ("done", 7, 0, job.id)
    assert report.proof is not None
    assert (report.proof.compared, report.proof.agreeing) == (7, 7)
    assert {"revoke", "prove"} <= set(report.seconds)


def test_I13_the_drill_finds_a_list_that_disagrees(office: Office) -> None:
    """The register is changed behind the service's back: OCSP still follows the entry, the report says who differs."""
    record = office.issued()
    with office.engine.begin() as conn:
        conn.execute(
            certificate.update()
            .where(certificate.c.serial == record.serial)
            .values(status=CertificateStatus.REVOKED, reason="superseded")
        )
    drill = office.desk.drill
    assert drill is not None
    proof = drill.simulate(EVERY).proof
    assert proof is not None
    assert proof.agreeing == 0
    (line,) = proof.differing
    assert f"{record.serial:x} register=revoked" in line


# -- the timeline -----------------------------------------------------------------------------------------------------


def test_one_timeline_from_application_to_revocation(office: Office) -> None:
    from ca.enrolment.request import Delivery

    record = office.issued()
    office.desk.deliver(record.id, Delivery("李伟", "邮寄"), actor=FIRST.actor)
    ask(office, Matter.SUSPEND, record)
    approve(office, ask(office, Matter.RESUME, record), SECOND)
    approve(office, ask(office, Matter.REVOKE, record, reason=RevocationReason.SUPERSEDED), THIRD)
    line = office.desk.timeline(int(record.serial or 0))
    steps = [event.step for event in line.events]
    wanted = [
        "applied",
        "submitted",
        "checked",
        "approved",
        "issued",
        "delivered",
        "suspended",
        "resumed",
        "revoked",
    ]
    assert [step for step in dict.fromkeys(steps) if step in wanted] == wanted
    approver = next(
        event.actor
        for event in line.events
        if event.subject.startswith("enrolment:") and event.step == "approved"
    )
    assert approver == FIRST.actor
    assert [event.number for event in line.events] == sorted(event.number for event in line.events)
    with pytest.raises(CertificateUnknown):
        office.desk.timeline(4711)


def test_a_certificate_from_before_the_desk_has_a_timeline_too(office: Office) -> None:
    keeper = office.world.enrol()
    line = office.desk.timeline(keeper.issued.serial)
    assert (line.enrolment, [event.step for event in line.events]) == ("", ["issued"])
