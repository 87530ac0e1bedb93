"""Department policies by two people and the recognition ledger, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

import signing.store
from ca.actor import Actor
from ca.audit import AuditRecord, AuditTrail
from ca.store import metadata as ca_metadata
from seals.cases.case import Hand
from signing.recognition import department_store
from signing.recognition.department_errors import (
    DecisionKeyTaken,
    DecisionUnknown,
    LedgerBroken,
    PolicyActRefused,
    PolicyDiffers,
    PolicySecondPerson,
    PolicyUnknown,
    PurposeNeeded,
)
from signing.recognition.department_states import TRANSITIONS, PolicyAct, PolicyStatus
from signing.recognition.department_store import LedgerQuery, recognition
from signing.recognition.departments import Departments, policy_files
from signing.recognition.ledger import Decision, RecognitionLedger
from tests.conftest import SteppingClock
from verify.acceptance.errors import ActUnknown, DepartmentPolicyInvalid
from verify.acceptance.policy import AcceptedList, Demands
from verify.acceptance.shelf import example_text, find, in_folder, shipped
from verify.report import DocumentReport, SignatureKind, SignatureReport
from verify.sentence import Reason
from verify.trusted_lists.decision import ListedStatus, ListEntry, TrustDecision
from verify.verdict import Indication, Verdict

ONE = Hand(Actor("person:chen.jing", "陈静"), "key:aaaaaaaa")
SAME = Hand(Actor("Person:Chen.Jing", "陈 静"), "key:cccccccc")
TWO = Hand(Actor("person:zhou.hui", "周慧"), "key:bbbbbbbb")
STRICTER = example_text("taxation").replace('version = "2026.1"', 'version = "own-1"').encode()


class Office:
    def __init__(self, engine: sa.Engine, clock: SteppingClock) -> None:
        for metadata in (ca_metadata, signing.store.metadata):
            metadata.create_all(engine)
        self.engine, self.audit = engine, AuditTrail(clock)
        self.departments = Departments(engine, clock, self.audit)
        self.ledger = RecognitionLedger(engine, clock, self.audit)

    def actions(self) -> list[str]:
        with self.engine.connect() as conn:
            self.audit.verify(conn)
            return [one.action for one in self.audit.every(conn)]


@pytest.fixture
def office(engine: sa.Engine, clock: SteppingClock) -> Office:
    return Office(engine, clock)


def report(sha256: str = "ab" * 32) -> DocumentReport:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    return DocumentReport("x.pdf", Verdict.FAILED, Reason("坏", "bad"), sha256=sha256, verified_at=at)


def decision(sha256: str = "ab" * 32, department: str = "税务", purpose: str = "退税") -> Decision:
    policy = find(shipped(), department)
    return Decision(report(sha256), policy, policy.acts[0].id, purpose)


def test_two_people_put_a_policy_in_force_in_the_place_of_the_example(
    office: Office, tmp_path: object
) -> None:
    row = office.departments.propose(STRICTER, hand=ONE)
    assert office.departments.find("税务").example
    after = office.departments.confirm(row.id, row.sha256, hand=TWO)
    assert after.status is PolicyStatus.IN_FORCE
    own = office.departments.find("税务")
    assert (own.version, own.example, own.sha256) == ("own-1", False, row.sha256)
    assert len(office.departments.known()) == 7
    assert office.actions() == ["department.policy.proposed", "department.policy.confirmed"]
    from pathlib import Path

    folder = Path(str(tmp_path))
    for name, octets in policy_files(office.engine).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(octets)
    assert in_folder(folder) == (own,)


@pytest.mark.parametrize("hand", [ONE, SAME])
def test_I22_whoever_imports_does_not_confirm(office: Office, hand: Hand) -> None:
    row = office.departments.propose(STRICTER, hand=ONE)
    with pytest.raises(PolicySecondPerson):
        office.departments.confirm(row.id, row.sha256, hand=hand)
    assert office.departments.find("税务").example


def test_I22_what_is_confirmed_is_what_was_read(office: Office) -> None:
    row = office.departments.propose(STRICTER, hand=ONE)
    with pytest.raises(PolicyDiffers):
        office.departments.confirm(row.id, "00" * 32, hand=TWO)


def test_the_newer_replaces_and_each_state_allows_what_the_table_says(office: Office) -> None:
    first = office.departments.propose(STRICTER, hand=ONE)
    office.departments.confirm(first.id, first.sha256, hand=TWO)
    second = office.departments.propose(STRICTER + b"# newer\n", hand=TWO)
    office.departments.confirm(second.id, second.sha256, hand=ONE)
    assert office.departments.get(first.id).status is PolicyStatus.REPLACED
    third = office.departments.propose(STRICTER, hand=ONE)
    office.departments.decline(third.id, hand=ONE)
    for row in (first, second, third):
        status = office.departments.get(row.id).status
        for act in (PolicyAct.CONFIRM, PolicyAct.DECLINE):
            assert status not in TRANSITIONS[act]
        with pytest.raises(PolicyActRefused):
            office.departments.confirm(row.id, row.sha256, hand=TWO)
    assert [row.version for row in office.departments.imports()] == ["own-1"] * 3


def test_a_name_that_another_policy_has_is_refused(office: Office) -> None:
    """By whoever imports, and again by whoever confirms: it may be taken meanwhile."""
    other = STRICTER.replace(b'id = "taxation"', b'id = "mine"')
    first, second = (
        office.departments.propose(STRICTER, hand=ONE),
        office.departments.propose(other, hand=ONE),
    )
    office.departments.confirm(first.id, first.sha256, hand=TWO)
    with pytest.raises(DepartmentPolicyInvalid, match="taxation"):
        office.departments.propose(other, hand=ONE)
    with pytest.raises(DepartmentPolicyInvalid, match="taxation"):
        office.departments.confirm(second.id, second.sha256, hand=TWO)
    assert office.departments.find("税务").id == "taxation"


def test_the_database_itself_holds_one_in_force(office: Office) -> None:
    rows = [office.departments.propose(STRICTER + b"#\n" * n, hand=ONE) for n in (1, 2)]
    with office.engine.begin() as conn:
        assert department_store.move_policy(conn, rows[0], PolicyAct.CONFIRM, {})
    with pytest.raises(sa.exc.IntegrityError), office.engine.begin() as conn:
        department_store.move_policy(conn, rows[1], PolicyAct.CONFIRM, {})


def test_a_bad_policy_is_not_imported(office: Office) -> None:
    with pytest.raises(DepartmentPolicyInvalid):
        office.departments.propose(b"schema = 1\n", hand=ONE)
    with pytest.raises(PolicyUnknown):
        office.departments.get("nothing")
    assert office.actions() == []


def test_a_decision_is_on_the_ledger_and_on_the_trail(office: Office, clock: SteppingClock) -> None:
    row = office.ledger.decide(decision(), request_key="k1", hand=ONE)
    assert (row.answer, row.rule, row.department, row.purpose) == (
        "refused",
        "R02-signed-document",
        "taxation",
        "退税",
    )
    assert office.ledger.get(row.id) == row
    assert office.ledger.prove() == 1
    assert office.actions() == ["recognition.decided"]
    (line,) = list(office.ledger.export())
    assert row.digest in line
    assert "x.pdf" not in line  # no file name: it may hold a person's


def test_the_list_on_whose_word_it_was_accepted_is_recorded(office: Office) -> None:
    """Two lists name the certificate; the department accepts the second alone."""
    at, granted = datetime(2026, 3, 1, tzinfo=UTC), ListedStatus("granted")
    first, second = (
        ListEntry(name, sequence=number, kind="ca", then=granted, now=granted)
        for name, number in (("CN:A", 3), ("CN:B", 9))
    )
    passed = Indication.TOTAL_PASSED
    item = SignatureReport(
        field="a", kind=SignatureKind.SIGNATURE, indication=passed, sub_indication=None,
        reason=Reason("好", "good"), trust=TrustDecision(True, at, first, (second,)),
    )  # fmt: skip
    found = replace(report(), verdict=Verdict.PASSED, signatures=(item,))
    policy = find(shipped(), "税务")
    act = replace(policy.acts[0], demands=Demands())
    asked = replace(policy, demands=Demands(), lists=(AcceptedList("CN:B"),), acts=(act,))
    row = office.ledger.decide(Decision(found, asked, act.id, "退税"), request_key="two", hand=ONE)
    assert (row.answer, row.scheme, row.sequence) == ("conditions", "CN:B", 9)


def test_repeats_give_the_first_and_another_question_is_refused(office: Office) -> None:
    first = office.ledger.decide(decision(), request_key="k1", hand=ONE)
    assert office.ledger.decide(decision(), request_key="k1", hand=ONE) == first
    with pytest.raises(DecisionKeyTaken):
        office.ledger.decide(decision("cd" * 32), request_key="k1", hand=ONE)
    assert office.ledger.decide(decision(), request_key="k1", hand=TWO) != first
    assert len(office.actions()) == 2


@pytest.mark.parametrize("purpose", ["", "  ", "x" * 201, "a\nb"])
def test_a_purpose_is_stated(office: Office, purpose: str) -> None:
    with pytest.raises(PurposeNeeded):
        office.ledger.decide(decision(purpose=purpose), request_key="k", hand=ONE)
    with pytest.raises(ActUnknown):
        office.ledger.decide(replace(decision(), act="养老"), request_key="k", hand=ONE)
    with pytest.raises(DecisionUnknown):
        office.ledger.get("00" * 16)
    assert office.actions() == []


def test_who_accepted_what_is_counted(office: Office, clock: SteppingClock) -> None:
    for number in range(3):
        office.ledger.decide(decision(f"{number:064x}"), request_key=f"k{number}", hand=ONE)
    clock.advance(timedelta(days=1))
    office.ledger.decide(decision(department="银行"), request_key="b", hand=TWO)
    found = {(one.department, one.answer): one.count for one in office.ledger.count(LedgerQuery())}
    assert found == {("taxation", "refused"): 3, ("bank", "refused"): 1}
    assert [one.count for one in office.ledger.count(LedgerQuery(since=clock() - timedelta(hours=1)))] == [1]
    newest = office.ledger.page(LedgerQuery(), 2)
    assert [row.department for row in newest] == ["bank", "taxation"]
    older = office.ledger.page(LedgerQuery(before=newest[-1].number), 9)
    assert len(older) == 2
    assert office.ledger.page(LedgerQuery(document=f"{1:064x}"), 9)[0].document == f"{1:064x}"
    assert office.ledger.page(LedgerQuery(scheme="https://x"), 9) == []


@pytest.mark.parametrize(
    "tamper",
    [
        recognition.update().where(recognition.c.number == 2).values(answer="accepted"),
        recognition.update().where(recognition.c.number == 2).values(document="ff" * 32),
        recognition.update().where(recognition.c.number == 2).values(actor="person:other"),
        recognition.delete().where(recognition.c.number == 2),
        recognition.delete().where(recognition.c.number == 3),
        recognition.update().where(recognition.c.number == 3).values(number=9),
    ],
)
def test_I21_an_edited_ledger_is_found(office: Office, tamper: sa.Executable) -> None:
    for number in range(3):
        office.ledger.decide(decision(f"{number:064x}"), request_key=f"k{number}", hand=ONE)
    assert office.ledger.prove() == 3
    with office.engine.begin() as conn:
        conn.execute(tamper)
    with pytest.raises(LedgerBroken):
        office.ledger.prove()


def test_a_decision_made_while_the_ledger_is_proved_breaks_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows and records are read one after the other, and others go on deciding meanwhile."""
    office.ledger.decide(decision(), request_key="k", hand=ONE)
    real, made = office.audit.records, [0]

    def slowly(conn: sa.Connection, after: int = 0, limit: int = 500) -> list[AuditRecord]:
        found = real(conn, after, limit)
        if made[0] < 2:
            made[0] += 1
            office.ledger.decide(decision(f"{made[0]:064x}"), request_key=f"m{made[0]}", hand=TWO)
        return found

    monkeypatch.setattr(office.audit, "records", slowly)
    assert office.ledger.prove() == 1
    assert made[0]
    monkeypatch.undo()
    assert office.ledger.prove() == 1 + made[0]
    with office.engine.begin() as conn:
        conn.execute(recognition.update().where(recognition.c.number == 1 + made[0]).values(number=10**6))
    with pytest.raises(LedgerBroken):
        office.ledger.prove()


def test_I20_without_the_trail_there_is_no_decision(office: Office) -> None:
    with office.engine.begin() as conn:
        conn.execute(sa.text("DROP TABLE audit"))
    with pytest.raises(sa.exc.DBAPIError):
        office.ledger.decide(decision(), request_key="k", hand=ONE)
    with office.engine.connect() as conn:
        assert department_store.page(conn, LedgerQuery(), 9) == []
