"""Documents outlive the certificates that they were sealed with (C4; I19, I20, I29; EN 319 142-1 §5.5)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography import x509

from api.database.engine import make_engine
from ca.actor import SYSTEM
from ca.errors import TsaUnavailable
from hsm.algorithms import Digest
from hsm.suite import Suite
from signing.containers.certification import Certification
from signing.level import Level
from signing.objects.shelf import sha256
from signing.renewal.desk import no_step
from signing.renewal.errors import AlreadyExtended, NotExtendable, StampFaded
from signing.renewal.store import RenewalState, renewal
from signing.retention.errors import DocumentBusy, DocumentDeleted, DocumentUnknown
from signing.retention.store import stored_document
from tests.archive_world import KEEPING, Keeping, make_keeping
from tests.conftest import SteppingClock
from tests.faults import SIGKILLED, die, in_a_process
from tests.unit.signing.office import KEEPER, order
from tests.unit.signing.test_reading import encrypted
from verify.trust import TrustStore
from verify.verdict import Verdict
from verify.verifier import Verifier


def killed(keeping: Keeping, digest: str, step: str) -> None:
    """Extend in a process of its own, which kills itself at a step: no exit handler, no rollback, no lock given back."""

    def passing(at: str) -> None:
        if at == step:
            die()

    def work() -> None:
        keeping.passing(passing).extend(digest, actor=KEEPING)

    assert in_a_process(work, keeping.office.engine) == SIGKILLED


@pytest.fixture
def keeping(engine: sa.Engine, clock: SteppingClock, tmp_path: Path) -> Keeping:
    return make_keeping(engine, clock, tmp_path / "archive")


@pytest.fixture
def alone(clock: SteppingClock, sqlite_engine: sa.Engine, tmp_path: Path) -> Keeping:
    return make_keeping(sqlite_engine, clock, tmp_path / "archive")


@pytest.fixture
def sqlite_engine(_sqlite_made: str) -> Iterator[sa.Engine]:
    made = make_engine(_sqlite_made)
    yield made
    made.dispose()


def offline(keeping: Keeping, data: bytes):
    """Verify with the root alone: whatever else is needed stands in the document."""
    root = keeping.office.world.root
    return Verifier(TrustStore(anchors=[root])).verify(data, at=keeping.clock())


def octets(keeping: Keeping, digest: str) -> bytes:
    return keeping.archive.path(sha256(digest)).read_bytes()


def rows(keeping: Keeping, table: sa.Table):
    return keeping.office.rows(table)


@pytest.mark.parametrize("suite", list(Suite))
def test_a_document_is_extended_before_it_fades_and_verifies_years_later(
    sqlite_engine: sa.Engine, clock: SteppingClock, tmp_path: Path, suite: Suite
):
    """Two renewals: after nine years every certificate of the day of sealing but the root's has expired."""
    keeping = make_keeping(sqlite_engine, clock, tmp_path / "archive", suite=suite)
    sealed = keeping.seal()
    first = sealed.digest.hex
    assert keeping.renewals.run(SYSTEM).looked_at == 1
    assert keeping.renewals.run(SYSTEM) == (type(keeping.renewals.run(SYSTEM)))(0, 0, 0)
    keeping.pass_years(4.6)
    assert keeping.renewals.progress().due == 1
    assert keeping.renewals.run(SYSTEM).extended == 1
    assert keeping.renewals.progress().due == 0
    keeping.pass_years(4.6)
    assert keeping.renewals.run(SYSTEM).extended == 1
    lines = {row.digest: row for row in rows(keeping, stored_document)}
    second = lines[first].next
    third = lines[second].next
    assert [lines[one].number for one in (first, second, third)] == [0, 1, 2]
    assert [lines[one].previous for one in (first, second, third)] == ["", first, second]
    assert {row.origin for row in lines.values()} == {first}
    data = octets(keeping, third)
    assert data.startswith(octets(keeping, second))
    report = offline(keeping, data)
    assert report.verdict is Verdict.PASSED, report.reason.en
    seal, *stamps = report.signatures
    assert seal.level == "B-LTA"
    assert len(stamps) == 3
    assert seal.time.value == sealed.report.signatures[0].time.value, "the time of the first proof counts"
    assert offline(keeping, octets(keeping, first)).verdict is not Verdict.PASSED, (
        "without renewal it has faded"
    )
    assert keeping.actions() == ["archive.renewal.intended", "archive.renewal.completed"] * 2


def test_one_extension_of_one_document_however_often_it_is_asked_for(keeping: Keeping):
    first = keeping.seal().digest.hex
    once = keeping.renewals.extend(first, actor=KEEPING)
    assert keeping.renewals.extend(first, actor=KEEPING) == once
    assert len(rows(keeping, renewal)) == 1
    assert keeping.stored() == {first, once.digest}
    keeping.renewals.extend(once.digest, actor=KEEPING)
    with pytest.raises(AlreadyExtended):
        keeping.renewals.extend(first, actor=KEEPING)


@pytest.mark.parametrize("step", ["begun", "extended", "stored", "completed"])
def test_I19_a_killed_extension_leaves_the_old_or_the_new_never_two(keeping: Keeping, step: str):
    """I29: whatever a dead process left is settled by its successor; the effect is one."""
    first = keeping.seal().digest.hex
    killed(keeping, first, step)
    before = {row.digest: row.next for row in rows(keeping, stored_document)}
    assert before[first] == "" or before[first] in before
    assert keeping.renewals.reconcile(SYSTEM) == (step != "completed")
    made = keeping.renewals.extend(first, actor=KEEPING)
    after = {row.digest: row.next for row in rows(keeping, stored_document)}
    assert after == {first: made.digest, made.digest: ""}
    assert [row.state for row in rows(keeping, renewal)] == ["completed"]
    assert keeping.stored() == set(after)
    assert keeping.actions().count("archive.renewal.completed") == 1
    assert keeping.working() == []
    assert offline(keeping, octets(keeping, made.digest)).verdict is Verdict.PASSED


def test_a_living_extension_is_left_alone(alone: Keeping):
    first = alone.seal().digest.hex
    seen: list[int] = []

    def look(at: str) -> None:
        if at == "extended":
            seen.append(alone.renewals.reconcile(SYSTEM))
            with pytest.raises(DocumentBusy):
                alone.renewals.extend(first, actor=KEEPING)

    alone.passing(look).extend(first, actor=KEEPING)
    assert seen == [0]


def test_a_lower_level_is_raised_only_where_somebody_asks(alone: Keeping):
    first = alone.seal(Level.B_LT).digest.hex
    alone.pass_years(4.6)
    assert alone.renewals.run(SYSTEM).extended == 0
    made = alone.renewals.extend(first, actor=KEEPING)
    assert made.level == Level.B_LTA
    assert offline(alone, octets(alone, made.digest)).verdict is Verdict.PASSED


def test_a_document_without_a_time_stamp_is_refused_in_words(alone: Keeping):
    first = alone.seal(Level.B_B).digest.hex
    with pytest.raises(NotExtendable) as refused:
        alone.renewals.extend(first, actor=KEEPING)
    assert "时间戳" in refused.value.zh
    assert [row.state for row in rows(alone, renewal)] == ["failed"]
    assert alone.stored() == {first}
    assert alone.working() == []


def test_a_faded_time_stamp_is_not_dressed_up(alone: Keeping):
    first = alone.seal().digest.hex
    alone.renewals.run(SYSTEM)
    alone.pass_years(5.5)
    with pytest.raises(StampFaded):
        alone.renewals.extend(first, actor=KEEPING)
    (row,) = rows(alone, stored_document)
    assert row.fault.startswith("StampFaded")
    assert alone.renewals.progress().failing == 1
    assert alone.renewals.run(SYSTEM).failed == 0, "it rests before it is tried again"
    alone.clock.advance(timedelta(hours=7))
    assert alone.renewals.run(SYSTEM).failed == 1


def test_no_time_stamp_no_effect(alone: Keeping):
    """The authority fails: the attempt is on record, the document is what it was, and the next attempt succeeds."""
    first = alone.seal().digest.hex

    def silent(digest: Digest) -> bytes:
        raise TsaUnavailable(str(digest))

    with pytest.raises(TsaUnavailable):
        alone.passing(no_step, stamper=silent).extend(first, actor=KEEPING)
    (failed,) = alone.renewals.newest(RenewalState.FAILED)
    assert failed.fault.startswith("TsaUnavailable")
    assert alone.stored() == {first}
    made = alone.renewals.extend(first, actor=KEEPING)
    assert alone.renewals.newest()[0].attempt == 2
    assert alone.stored() == {first, made.digest}


def test_a_document_deleted_meanwhile_takes_its_successor_along(alone: Keeping):
    first = alone.seal().digest.hex
    alone.desk.classify(first, "y10", actor=KEEPING)

    def delete(at: str) -> None:
        if at == "stored":
            alone.clock.now += timedelta(days=3700)
            alone.desk.delete(first, "期满", actor=KEEPING)

    with pytest.raises(DocumentDeleted):
        alone.passing(delete).extend(first, actor=KEEPING)
    assert alone.stored() == set()
    with pytest.raises(DocumentDeleted):
        alone.renewals.extend(first, actor=KEEPING)
    with pytest.raises(DocumentUnknown):
        alone.renewals.extend("0" * 64, actor=KEEPING)


def test_a_stamp_fades_with_its_certificate_or_its_algorithm(alone: Keeping):
    from signing.renewal.sunset import CLASSICAL_ENDS, SMALL_RSA_ENDS, fades
    from tests.interop.sealing_world import world as outside
    from verify.pdf.time_stamps import stamps_in

    *_, stamp = stamps_in(alone.seal().bytes)
    assert stamp.whole
    assert isinstance(stamp.certificate, x509.Certificate)
    assert fades(stamp) == min(stamp.certificate.not_valid_after_utc, CLASSICAL_ENDS)
    rsa = type(stamp)(stamp.time, outside().tsa.certificate, "sha256", 1, True)
    assert fades(rsa) == min(rsa.certificate.not_valid_after_utc, SMALL_RSA_ENDS)


@pytest.mark.parametrize("certify", list(Certification))
def test_a_certified_document_is_extended_too(alone: Keeping, certify: Certification):
    """ISO 32000-2 table 257: no certification forbids validation data and document time-stamps."""
    wish = order(seal_code=alone.office.seal.code, level=Level.B_LTA, certify=certify)
    first = alone.office.service.seal(wish, actor=KEEPER).digest.hex
    made = alone.renewals.extend(first, actor=KEEPING)
    report = offline(alone, octets(alone, made.digest))
    assert report.verdict is Verdict.PASSED, report.reason.en
    assert len(report.signatures) == 3


def test_an_encrypted_document_is_extended_with_its_password_alone(alone: Keeping):
    wish = order(encrypted("user"), seal_code=alone.office.seal.code, level=Level.B_LTA, password="owner")
    first = alone.office.service.seal(wish, actor=KEEPER).digest.hex
    alone.renewals.run(SYSTEM)
    (row,) = rows(alone, stored_document)
    assert row.fault.startswith("NotExtendable"), (
        "nobody here has the password, so nobody knows when it fades"
    )
    with pytest.raises(NotExtendable, match="password"):
        alone.renewals.extend(first, actor=KEEPING)
    made = alone.renewals.extend(first, actor=KEEPING, password="owner")
    assert made.number == 1
