"""The sealing cycle on both databases: intent first, then the key, then the outcome (A5, C1)."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from ca.errors import CaError
from hsm.algorithms import DigestAlgorithm
from hsm.errors import PinIncorrect, TokenLost
from hsm.suite import Suite
from seals.errors import SealFrozen, SealNotUsable, SealNotYours
from seals.store import seal_permit
from signing.errors import (
    CertificateNotGood,
    DatabaseUnavailable,
    DocumentDamaged,
    EvidenceMissing,
    KeyDiffers,
    NotAPdf,
    OutsidePage,
    SealingInProgress,
    SealNotUsableHere,
    SelfCheckFailed,
    SigningError,
    StorageFull,
    TimeStampFailed,
)
from signing.level import Level
from signing.making import Step
from signing.placing.placement import Placement
from signing.store import sealing
from tests.conftest import SteppingClock
from tests.interop.sealing_world import blank_pdf
from tests.unit.signing.office import AUDITOR, KEEPER, Office, make_office, order
from verify.verdict import Verdict

Fault = type[Exception]


@pytest.fixture(params=list(Suite))
def office(request: pytest.FixtureRequest, engine: sa.Engine, clock: SteppingClock, tmp_path: Path) -> Office:
    """Open an office in either suite: the cycle is the same."""
    return make_office(engine, clock, tmp_path / "archive", lambda _now: timedelta(0), request.param)


def wish(office: Office, **changes):
    return order(**({"seal_code": office.seal.code} | changes))


def permit_states(office: Office) -> list[str]:
    return [row.state for row in office.rows(seal_permit)]


@pytest.mark.parametrize("level", list(Level))
def test_a_document_is_sealed_checked_archived_and_recorded(office: Office, level: Level):
    """A5: from the order to the record, at every level."""
    seen: list[Step] = []
    sealed = office.service.seal(wish(office, level=level), actor=KEEPER, progress=seen.append)
    assert seen == list(Step)
    assert sealed.report.verdict is Verdict.PASSED
    found, *stamps = sealed.report.signatures
    assert found.seal is not None
    assert found.seal.code == office.seal.code
    assert found.level == level
    assert len(stamps) == level.archived
    assert (found, *stamps)[-1].integrity.covers_whole_document
    assert DigestAlgorithm.SHA256.digest(sealed.bytes) == sealed.digest
    assert sealed.bytes.startswith(blank_pdf(2))
    (row,) = office.rows(sealing)
    assert (row.state, row.result, row.size) == ("completed", sealed.digest.hex, sealed.size)
    assert permit_states(office) == ["used"]
    assert office.left_over() == []
    actions = [action for action in office.actions() if action.startswith(("sealing.", "permit."))]
    assert actions == [
        "permit.granted",
        "sealing.intent",
        "permit.consumed",
        "permit.used",
        "sealing.completed",
    ]


def test_I01_nothing_is_signed_before_its_intent_is_committed(office: Office):
    def look(step: Step) -> None:
        if step is Step.RESERVED:
            assert office.keeper_signer.signed == []
            assert "sealing.intent" in office.actions()
            assert [row.state for row in office.rows(sealing)] == ["reserved"]
        if step is Step.PERMITTED:
            assert office.keeper_signer.signed == []
            assert permit_states(office) == ["consumed"]

    office.passing(look).seal(wish(office), actor=KEEPER)
    assert len(office.keeper_signer.signed) == 1


def test_I29_a_repeat_returns_the_first_result(office: Office):
    first = office.service.seal(wish(office), actor=KEEPER)
    again = office.service.seal(wish(office), actor=KEEPER)
    assert (again.sealing_id, again.digest, again.permit, again.repeated) == (
        first.sealing_id, first.digest, first.permit, True
    )  # fmt: skip
    assert again.bytes == first.bytes
    assert again.report.verdict is Verdict.PASSED
    assert len(office.keeper_signer.signed) == 1
    assert permit_states(office) == ["used"]


@pytest.mark.parametrize(
    "change",
    [
        {"document": blank_pdf(1)},
        {"placement": Placement(1, 10, 10)},
        {"level": Level.B_B},
        {"reason": "other"},
        {"document_class": "receipt"},
        {"amount": 0},
        {"may_cover": True},
    ],
    ids=["document", "placement", "level", "reason", "class", "amount", "cover"],
)
def test_an_idempotency_key_stands_for_one_request(office: Office, change: dict):
    office.service.seal(wish(office), actor=KEEPER)
    with pytest.raises(KeyDiffers):
        office.service.seal(wish(office, **change), actor=KEEPER)
    assert len(office.keeper_signer.signed) == 1


def test_two_actors_may_use_the_same_idempotency_key(office: Office):
    office.service.seal(wish(office), actor=KEEPER)
    stranger = type(KEEPER)("person:stranger", "", KEEPER.uscc)
    with pytest.raises(SealNotYours):
        office.service.seal(wish(office), actor=stranger)
    assert "sealing.refused" in office.actions()


def test_the_permit_names_the_document_as_it_was_handed_in(office: Office):
    office.service.seal(wish(office), actor=KEEPER)
    (row,) = office.rows(seal_permit)
    assert row.document == str(DigestAlgorithm.SHA256.digest(blank_pdf(2)))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"document": b"plain text"}, NotAPdf),
        ({"document": blank_pdf(2)[:200]}, DocumentDamaged),
        ({"placement": Placement(1, 200, 10)}, OutsidePage),
        ({"seal_code": "00000000000000"}, SealNotUsable),
    ],
    ids=["not a PDF", "truncated", "outside", "no such seal"],
)
def test_a_refused_order_leaves_nothing_half_made(office: Office, change: dict, error: Fault):
    with pytest.raises(error):
        office.service.seal(wish(office, **change), actor=KEEPER)
    nothing_came_of_it(office)


def nothing_came_of_it(office: Office) -> None:
    """No file, no use, no open reservation, no key touched."""
    assert office.left_over() == []
    assert not any(office.archive.objects.walk())
    assert set(permit_states(office)) <= {"released"}
    assert all(row.state == "failed" for row in office.rows(sealing))
    with office.engine.connect() as conn:
        office.world.audit.verify(conn)


class Broken:
    """The keeper's key ring, failing before or after the key was used."""

    def __init__(self, office: Office, error: Exception, *, after: bool = False) -> None:
        self.error, self.after = error, after
        self.signer = office.keeper_signer
        self.sound = self.signer.sign
        self.signer.sign = self  # type: ignore[method-assign]

    def __call__(self, message: bytes) -> bytes:
        if self.after:
            self.sound(message)
        raise self.error


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("error", [TokenLost("pulled out"), PinIncorrect(4)], ids=["token", "pin"])
def test_a_token_that_fails_leaves_nothing_and_a_retry_succeeds(
    office: Office, error: Exception, after: bool
):
    broken = Broken(office, error, after=after)
    with pytest.raises(type(error)):
        office.service.seal(wish(office), actor=KEEPER)
    nothing_came_of_it(office)
    office.keeper_signer.sign = broken.sound  # type: ignore[method-assign]
    sealed = office.service.seal(wish(office), actor=KEEPER)
    assert sealed.report.verdict is Verdict.PASSED
    assert sorted(permit_states(office)) == ["released", "used"]
    (row,) = office.rows(sealing)
    assert (row.state, row.attempt) == ("completed", 2)


def test_a_flipped_bit_in_the_signature_is_withheld_and_recorded_as_a_fault(office: Office):
    sound = office.keeper_signer.sign

    def flip(message: bytes) -> bytes:
        signature = bytearray(sound(message))
        signature[-1] ^= 1
        return bytes(signature)

    office.keeper_signer.sign = flip  # type: ignore[method-assign]
    with pytest.raises(SelfCheckFailed):
        office.service.seal(wish(office), actor=KEEPER)
    nothing_came_of_it(office)
    assert "sealing.fault" in office.actions()


def test_a_seal_frozen_after_the_permit_is_refused_before_the_key(office: Office):
    def freeze(step: Step) -> None:
        if step is Step.PREPARED:
            office.registry.freeze(office.seal.code, actor=AUDITOR, reason="挂失")

    with pytest.raises(SealFrozen):
        office.passing(freeze).seal(wish(office), actor=KEEPER)
    assert office.keeper_signer.signed == []
    nothing_came_of_it(office)


def test_a_revoked_certificate_stops_the_sealing_before_the_key(office: Office):
    from ca.certificate import RevocationReason

    office.world.authority.revoke(office.keeper.issued.serial, RevocationReason.KEY_COMPROMISE, actor=AUDITOR)
    with pytest.raises(CertificateNotGood):
        office.service.seal(wish(office), actor=KEEPER)
    assert office.keeper_signer.signed == []
    nothing_came_of_it(office)


def test_a_time_stamp_that_fails_discards_the_signature(office: Office):
    def silent(_digest):
        raise TimeStampFailed("no answer")

    tools = type(office.tools)(office.ledger, office.tools.writs, silent, office.tools.check, office.archive)
    with pytest.raises(TimeStampFailed):
        type(office.service)(tools, office.clock).seal(wish(office), actor=KEEPER)
    nothing_came_of_it(office)


def test_an_overlong_time_stamp_is_refused_not_cut(office: Office):
    tools = type(office.tools)(
        office.ledger,
        office.tools.writs,
        lambda _digest: b"\x30" * 40_000,
        office.tools.check,
        office.archive,
    )
    with pytest.raises(TimeStampFailed):
        type(office.service)(tools, office.clock).seal(wish(office), actor=KEEPER)
    nothing_came_of_it(office)


def test_I20_a_database_gone_in_transaction_B_is_reconciled(office: Office):
    """C4: the file is finished, the record is not; the same code as step 8 closes it, once."""
    broken: list[sa.Connection] = []

    def unplug(step: Step) -> None:
        if step is Step.ARCHIVED:
            sa.event.listen(office.engine, "begin", refuse)

    def refuse(conn: sa.Connection) -> None:
        broken.append(conn)
        raise sa.exc.OperationalError("BEGIN", {}, Exception("server closed the connection"))

    with pytest.raises(DatabaseUnavailable):
        office.passing(unplug).seal(wish(office), actor=KEEPER)
    sa.event.remove(office.engine, "begin", refuse)
    assert broken
    assert [row.state for row in office.rows(sealing)] == ["reserved"]
    assert permit_states(office) == ["consumed"]
    done = office.service.reconcile(AUDITOR)
    assert (len(done.completed), done.failed) == (1, ())
    assert permit_states(office) == ["used"]
    assert office.left_over() == []
    again = office.service.seal(wish(office), actor=KEEPER)
    assert again.repeated
    assert again.report.verdict is Verdict.PASSED
    assert len(office.keeper_signer.signed) == 1


def test_I20_without_an_audit_record_there_is_no_reservation(office: Office, monkeypatch: pytest.MonkeyPatch):
    """The trail cannot be written: the permit and the reservation roll back with it."""
    with office.engine.begin() as conn:
        conn.execute(sa.text("ALTER TABLE audit RENAME TO audit_gone"))
    with pytest.raises((sa.exc.SQLAlchemyError, DatabaseUnavailable)):
        office.service.seal(wish(office), actor=KEEPER)
    assert office.rows(sealing) == []
    assert office.rows(seal_permit) == []
    assert office.keeper_signer.signed == []
    assert office.left_over() == []


def test_a_living_sealing_is_not_reconciled_and_not_repeated(office: Office):
    seen: list[object] = []

    def meddle(step: Step) -> None:
        if step is Step.SIGNED:
            seen.append(office.service.reconcile(AUDITOR))
            with pytest.raises(SealingInProgress):
                office.service.seal(wish(office), actor=KEEPER)

    sealed = office.passing(meddle).seal(wish(office), actor=KEEPER)
    assert sealed.report.verdict is Verdict.PASSED
    assert [(done.completed, done.failed) for done in seen] == [((), ())]  # type: ignore[attr-defined]


def test_a_seal_without_a_bound_key_is_refused(office: Office):
    with office.engine.begin() as conn:
        conn.execute(sa.text("DELETE FROM seal_key"))
    with pytest.raises(SealNotUsableHere):
        office.service.seal(wish(office), actor=KEEPER)
    nothing_came_of_it(office)


def test_a_second_seal_leaves_the_first_valid(office: Office):
    """C2: sealed twice, both valid, the first untouched."""
    first = office.service.seal(wish(office), actor=KEEPER)
    twice = wish(office, document=first.path, idempotency_key="key-2", placement=Placement(2, 30, 30))
    second = office.service.seal(twice, actor=KEEPER)
    assert second.bytes.startswith(first.bytes)
    assert [one.verdict for one in second.report.signatures] == [Verdict.PASSED] * 2


def test_a_file_changed_while_it_is_sealed_is_refused(office: Office, tmp_path: Path):
    source = tmp_path / "moving.pdf"
    source.write_bytes(blank_pdf(2))

    def swap(step: Step) -> None:
        if step is Step.RESERVED:
            source.write_bytes(blank_pdf(3))

    with pytest.raises(DocumentDamaged):
        office.passing(swap).seal(wish(office, document=source), actor=KEEPER)
    assert office.keeper_signer.signed == []
    nothing_came_of_it(office)


def test_a_full_disk_ends_in_a_clean_refusal(office: Office):
    """C4: the draft cannot be written; nothing is left of it."""

    class Full:
        def __init__(self, draft):
            self.draft = draft

    import errno

    real = office.archive.begin

    def begin(sealing_id: str):
        draft = real(sealing_id)
        assert draft is not None

        def write(_data):
            raise OSError(errno.ENOSPC, "No space left on device")

        draft.stream = _Unwritable(draft.stream, write)
        return draft

    office.archive.begin = begin  # type: ignore[method-assign]
    with pytest.raises(StorageFull):
        office.service.seal(wish(office), actor=KEEPER)
    assert office.keeper_signer.signed == []
    nothing_came_of_it(office)


class _Unwritable:
    """A stream whose writes fail, as on a full disk."""

    def __init__(self, stream, write) -> None:
        self._stream, self.write = stream, write

    def __getattr__(self, name: str):
        return getattr(self._stream, name)


def test_missing_evidence_stops_the_sealing(office: Office):
    from ca.errors import CrlUnavailable

    class Silent:
        def covering(self, issuer: str, serial: int):
            raise CrlUnavailable(issuer)

    office.tools.writs._evidence._crls = Silent()
    with pytest.raises(EvidenceMissing):
        office.service.seal(wish(office), actor=KEEPER)
    assert office.keeper_signer.signed == []
    nothing_came_of_it(office)


def test_a_clock_that_went_backwards_stops_the_sealing(office: Office, clock: SteppingClock):
    """I17: the time-stamp authority refuses, the signature is discarded, the permit is released."""
    clock.advance(timedelta(hours=1))
    office.service.seal(wish(office, idempotency_key="before"), actor=KEEPER)
    clock.advance(timedelta(seconds=-30))
    with pytest.raises((CaError, SigningError)) as refused:
        office.service.seal(wish(office), actor=KEEPER)
    assert refused.value.zh
    assert refused.value.en
    assert sorted(permit_states(office)) == ["released", "used"]
    assert office.left_over() == []
    assert len(list(office.archive.objects.walk())) == 1


def test_a_database_gone_in_the_middle_ends_in_a_plain_sentence(office: Office):
    """C4: gone while the evidence is gathered; back again, the retry goes through."""

    def refuse(_conn: sa.Connection) -> None:
        raise sa.exc.OperationalError("BEGIN", {}, Exception("server closed the connection"))

    def unplug(step: Step) -> None:
        if step is Step.RESERVED:
            sa.event.listen(office.engine, "begin", refuse)

    with pytest.raises(DatabaseUnavailable):
        office.passing(unplug).seal(wish(office), actor=KEEPER)
    sa.event.remove(office.engine, "begin", refuse)
    assert office.keeper_signer.signed == []
    assert office.left_over() == []
    sealed = office.service.seal(wish(office), actor=KEEPER)
    assert sealed.report.verdict is Verdict.PASSED
    assert sorted(permit_states(office)) == ["released", "used"]


def test_I29_the_same_request_from_many_threads_takes_effect_once(office: Office):
    def ask(_number: int) -> str:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                return office.service.seal(wish(office), actor=KEEPER).digest.hex
            except SealingInProgress:
                time.sleep(0.05)
        return "never answered"

    with ThreadPoolExecutor(6) as threads:
        answers = set(threads.map(ask, range(6)))
    assert len(answers) == 1
    assert "never answered" not in answers
    assert len(office.keeper_signer.signed) == 1
    assert permit_states(office) == ["used"]


def test_many_requests_at_once_are_all_sealed(office: Office):
    def ask(number: int) -> Verdict:
        changed = wish(office, idempotency_key=f"key-{number}", document=blank_pdf(number + 1))
        return office.service.seal(changed, actor=KEEPER).report.verdict

    with ThreadPoolExecutor(4) as threads:
        verdicts = list(threads.map(ask, range(8)))
    assert verdicts == [Verdict.PASSED] * 8
    assert permit_states(office) == ["used"] * 8
    assert office.left_over() == []
