"""Cases of use on both databases: who approves, what is signed, what voids it, one use per approved copy (C5, I20, I22, I29)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.serialization import Encoding

from ca.actor import Actor
from ca.certificate import RevocationReason
from ca.enrolment.approval import Ballot
from ca.enrolment.errors import (
    ApprovedAlready,
    ApproverUnfit,
    ContentChanged,
    DeadlinePassed,
    SecondPersonNeeded,
)
from ca.errors import CursorInvalid
from seals.cases import errors
from seals.cases.approval_form import APPROVAL_TYPE
from seals.cases.approved import ApprovedUse
from seals.cases.case import Attachment, CaseRecord, Hand
from seals.cases.case_store import CaseQuery
from seals.cases.physical import PhysicalUses
from seals.cases.rules import Role
from seals.cases.states import CaseAct, CaseStatus
from seals.cases.store import use_case_entry
from seals.cases.warrant import Ground, Warrant
from seals.errors import SealFrozen, SealNotFound, SealNotYours
from seals.seal import SealKind
from tests.case_world import (
    ANNE,
    BERT,
    BOSS,
    CARL,
    CLERK,
    KEEPER,
    REQUESTER,
    SECOND,
    CaseWorld,
    book,
    document,
    make_case_world,
    physical,
    sha256,
)
from tests.conftest import SteppingClock

STAGES = """
[[rule]]
id = "serial"
kinds = ["04"]
classes = ["contract"]
[[rule.stage]]
id = "first"
needed = 1
people = ["person:anne"]
[[rule.stage.substitute]]
person = "person:carl"
stands_for = "person:anne"
first = {first}
last = {last}
[[rule.stage]]
id = "second"
needed = 1
people = ["person:bert", "person:anne"]

[[rule]]
id = "any"
kinds = ["04"]
order = "any-one"
[[rule.stage]]
id = "law"
needed = 1
people = ["person:anne"]
[[rule.stage]]
id = "money"
needed = 2
scope = "case:approve"
"""


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock) -> CaseWorld:
    made = make_case_world(engine, clock)
    for hand in (ANNE, BERT):
        made.enlist(hand)
    return made


@pytest.fixture
def staged(engine: sa.Engine, clock: SteppingClock) -> CaseWorld:
    today = (clock() + timedelta(hours=8)).date()
    rules = book(STAGES.format(first=today, last=today + timedelta(days=1)))
    made = make_case_world(engine, clock, rules)
    for hand in (ANNE, BERT, CARL):
        made.enlist(hand)
    return made


def test_I29_C5_two_people_approve_a_large_contract_and_it_is_sealed_once(world: CaseWorld) -> None:
    """C5: each signs the digest; the permit takes the one use; the three lanes are found by the document."""
    seal = world.seal(SealKind.CONTRACT)
    case = world.submitted(seal, amount=1_000_000)
    assert (case.status, case.rule.id) == (CaseStatus.APPROVING, "contract-large")
    assert world.approve(case, ANNE).status is CaseStatus.APPROVING
    case = world.approve(case, BERT)
    assert case.status is CaseStatus.APPROVED
    assert len(case.approvals_sha256) == 64
    permit = world.use(seal, case_id=case.id)
    assert permit.warrant.ground is Ground.CASE
    closed = world.desk.get(case.id)
    assert (closed.status, closed.used) == (CaseStatus.CLOSED, 1)
    with pytest.raises(errors.CaseNotReady):
        world.warrant(seal, case_id=case.id)
    (lanes,) = world.desk.lanes_of(document().hex)
    acts = [entry.act for entry in lanes.entries]
    assert acts == [
        CaseAct.OPEN, CaseAct.SUBMIT, CaseAct.APPROVE, CaseAct.GRANT, CaseAct.USE, CaseAct.FINISH
    ]  # fmt: skip
    assert [entry.credential for entry in lanes.entries][:3] == [
        "key:aaaaaaaa",
        "key:aaaaaaaa",
        "key:bbbbbbbb",
    ]
    assert lanes.permits == (permit.id,)
    sealed = world.desk.lanes_of(sha256(permit.id.encode()))
    assert [one.case.id for one in sealed] == [case.id]


def test_a_keeper_alone_needs_no_case_and_gets_one_on_record(world: CaseWorld) -> None:
    """The desk opens the case, admits it by its rule and closes it with the use."""
    seal = world.seal()
    permit = world.use(seal)
    (lanes,) = world.desk.lanes_of(str(document()))
    assert lanes.case.id == permit.warrant.case_id
    assert (lanes.case.status, lanes.case.ground, lanes.case.rule.id) == (
        CaseStatus.CLOSED, Ground.KEEPER, "keeper-alone"
    )  # fmt: skip
    assert [one.act for one in lanes.entries] == [CaseAct.OPEN, CaseAct.ADMIT, CaseAct.USE, CaseAct.FINISH]
    lost = world.granted(seal)
    world.release(lost)
    assert world.desk.get(lost.warrant.case_id).status is CaseStatus.CLOSED
    assert world.desk.get(lost.warrant.case_id).used == 0


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        (SealKind.CONTRACT, "contract-large"),
        (SealKind.FINANCE, "finance"),
        (SealKind.LEGAL_REPRESENTATIVE, "representative"),
    ],
)
def test_without_a_case_the_refusal_names_the_rule_and_the_way(
    world: CaseWorld, kind: SealKind, rule: str
) -> None:
    with pytest.raises(errors.ApprovalNeeded) as refused:
        world.warrant(world.seal(kind))
    assert refused.value.rule == rule
    assert "yinxin case open" in refused.value.zh
    assert "POST /api/v1/cases" in refused.value.en


def test_a_frozen_seal_says_so_before_it_asks_for_approval(world: CaseWorld) -> None:
    seal = world.seal(SealKind.FINANCE)
    world.registry.freeze(seal.code, actor=KEEPER, reason="遗失")
    with pytest.raises(SealFrozen):
        world.warrant(seal)


def test_a_small_contract_and_its_stated_amount_need_nobody(world: CaseWorld) -> None:
    seal = world.seal(SealKind.CONTRACT)
    assert world.warrant(seal, amount=999_999).ground is Ground.KEEPER
    with pytest.raises(errors.ApprovalNeeded):
        world.warrant(seal, amount=1_000_000)


def test_I22_the_requester_never_approves_however_the_id_is_spelt(world: CaseWorld) -> None:
    case = world.submitted(world.seal(SealKind.CONTRACT), by=REQUESTER)
    for spelling in ("person:sun.qi", "PERSON:SUN.QI", "person:ｓun.qi", " person:sun.qi"):
        other = Hand(Actor(spelling, "孙七"), "key:x", ANNE.scopes)
        with pytest.raises(SecondPersonNeeded):
            world.desk.payload(case.id, _ballot(case), hand=other)
    with pytest.raises(SecondPersonNeeded):
        world.desk.reject(case.id, "不同意", hand=Hand(Actor("Person:Sun.Qi")))


def test_I22_one_person_counts_once_however_spelt(world: CaseWorld) -> None:
    case = world.submitted(world.seal(SealKind.CONTRACT))
    world.approve(case, ANNE)
    again = replace(ANNE, actor=Actor("PERSON:ANNE"))
    for hand in (ANNE, again):
        with pytest.raises(ApprovedAlready):
            world.approve(case, hand)
    assert len(world.desk.get(case.id).approvals) == 1


def _ballot(case: CaseRecord) -> Ballot:
    return Ballot(case.content)


def test_I22_a_new_file_voids_every_approval(world: CaseWorld) -> None:
    """C5: attach another document after one approval: the old ones are void, on record; the new one is approved anew."""
    seal = world.seal(SealKind.CONTRACT)
    case = world.submitted(seal)
    world.approve(case, ANNE)
    signed = world.signed(case, BERT)
    changed = world.desk.amend(
        case.id, world.request(seal, document=Attachment(document(b"another"), "b.pdf")), hand=REQUESTER
    )
    assert (changed.status, changed.version, changed.approvals) == (CaseStatus.DRAFT, 2, ())
    world.desk.submit(case.id, hand=REQUESTER)
    with pytest.raises(errors.ApprovalInvalid):
        world.desk.approve(case.id, signed, hand=BERT)
    with pytest.raises(ContentChanged):
        world.approve(case, BERT)
    fresh = world.desk.get(case.id)
    world.approve(fresh, ANNE)
    assert world.approve(fresh, BERT).status is CaseStatus.APPROVED
    assert [lane.case.id for lane in world.desk.lanes_of(document().hex)] == [case.id]
    assert world.warrant(seal, case_id=case.id, document=document(b"another")).case_id == case.id


def test_I22_another_document_at_the_seal_voids_the_approvals(world: CaseWorld) -> None:
    seal = world.seal(SealKind.CONTRACT)
    case = world.approved(seal, ANNE, BERT)
    with pytest.raises(errors.DocumentDiffers):
        world.warrant(seal, case_id=case.id, document=document(b"forged"))
    voided = world.desk.get(case.id)
    assert (voided.status, voided.approvals_sha256) == (CaseStatus.VOIDED, "")
    assert world.actions(f"case:{case.id}")[-1] == "case.void"
    with pytest.raises(errors.CaseNotReady):
        world.warrant(seal, case_id=case.id)
    world.desk.amend(case.id, world.request(seal), hand=REQUESTER)
    again = world.desk.submit(case.id, hand=REQUESTER)
    assert (again.status, again.version) == (CaseStatus.APPROVING, 2)


def test_serial_stages_wait_and_a_substitute_sits_on_his_days(
    staged: CaseWorld, clock: SteppingClock
) -> None:
    seal = staged.seal(SealKind.CONTRACT)
    case = staged.submitted(seal, document_class="contract")
    assert case.rule.id == "serial"
    with pytest.raises(ApproverUnfit):
        staged.approve(case, BERT)
    case = staged.approve(case, CARL)
    assert (case.approvals[0].stage, case.approvals[0].stands_for) == ("first", "person:anne")
    with pytest.raises(ApprovedAlready):  # she was represented: her seat is taken
        staged.approve(case, ANNE)
    case = staged.approve(case, BERT)
    assert case.status is CaseStatus.APPROVED
    late = staged.submitted(seal, document_class="contract")
    clock.advance(timedelta(days=3))
    with pytest.raises(ApproverUnfit):
        staged.approve(late, CARL)
    assert staged.approve(late, ANNE).approvals[0].stage == "first"


def test_any_one_stage_suffices(staged: CaseWorld) -> None:
    seal = staged.seal(SealKind.CONTRACT)
    law = staged.submitted(seal, document_class="letter")
    assert law.rule.id == "any"
    assert staged.approve(law, ANNE).status is CaseStatus.APPROVED
    money = staged.submitted(seal, document_class="letter")
    assert staged.approve(money, BERT).status is CaseStatus.APPROVING
    assert staged.approve(money, CARL).status is CaseStatus.APPROVED


def test_the_representative_alone_lets_his_own_seal_be_used(world: CaseWorld) -> None:
    seal = world.seal(SealKind.LEGAL_REPRESENTATIVE)
    case = world.submitted(seal)
    with pytest.raises(ApproverUnfit):
        world.approve(case, ANNE)
    world.enlist(BOSS, Role.REPRESENTATIVE)
    assert world.approve(case, BOSS).status is CaseStatus.APPROVED


def test_an_approval_signed_elsewhere_is_good_once_and_for_a_quarter_of_an_hour(
    world: CaseWorld, clock: SteppingClock
) -> None:
    case = world.submitted(world.seal(SealKind.CONTRACT))
    signed = world.signed(case, ANNE, comment="同意")
    assert world.desk.approve(case.id, signed, hand=ANNE).approvals[0].comment == "同意"
    with pytest.raises(ApprovedAlready):
        world.desk.approve(case.id, signed, hand=ANNE)
    with pytest.raises(errors.ApprovalInvalid):  # another person hands it in
        world.desk.approve(case.id, signed, hand=BERT)
    late = world.signed(case, BERT)
    clock.advance(timedelta(minutes=16))
    with pytest.raises(errors.ApprovalInvalid):
        world.desk.approve(case.id, late, hand=BERT)


def test_a_signature_over_anything_else_is_refused(world: CaseWorld) -> None:
    case = world.submitted(world.seal(SealKind.CONTRACT))
    members = world.desk.payload(case.id, _ballot(case), hand=ANNE).members
    for name, value in (
        ("document", str(document(b"x"))), ("case", "0" * 32), ("stage", "other"), ("approver", "person:bert"),
        ("rule_sha256", "0" * 64), ("copies", 2), ("at", "2020-01-01T00:00:00.000000Z"), ("decision", "reject"),
    ):  # fmt: skip
        with pytest.raises((errors.ApprovalInvalid, ApproverUnfit)):
            world.desk.approve(case.id, world.sign(members | {name: value}, ANNE, APPROVAL_TYPE), hand=ANNE)
    whole = world.sign(members, ANNE, APPROVAL_TYPE)
    for broken in ("", "a.b.c", whole[:-8] + "AAAAAAAA", whole.replace(".", "", 1)):
        with pytest.raises(errors.ApprovalInvalid):
            world.desk.approve(case.id, broken, hand=ANNE)
    assert world.desk.get(case.id).approvals == ()


def test_the_register_takes_two_people_and_only_fit_certificates(
    world: CaseWorld, clock: SteppingClock
) -> None:
    issued = world.certify(CARL)
    register = world.desk.signers
    asked = register.register(issued.der, CARL.actor, Role.APPROVER, hand=CLERK)
    case = world.submitted(world.seal(SealKind.CONTRACT))
    with pytest.raises(errors.SignerMissing):
        world.approve(case, CARL)
    for hand in (CLERK, CARL, Hand(Actor("PERSON:CLERK"))):
        with pytest.raises(errors.SignerSecondPerson):
            register.confirm(asked.certificate_sha256, hand=hand)
    with pytest.raises(errors.CaseActRefused):
        register.register(issued.der, CARL.actor, Role.APPROVER, hand=CLERK)
    register.confirm(asked.certificate_sha256, hand=SECOND)
    sealing = world.certificates["seal"].der
    for der in (sealing, b"", b"\x30\x00", world.world.issuing.public_bytes(Encoding.DER)):
        with pytest.raises(errors.SignerUnfit):
            register.register(der, BERT.actor, Role.APPROVER, hand=CLERK)
    short = world.certify(CARL, days=1)
    clock.advance(timedelta(days=2))
    with pytest.raises(errors.SignerUnfit):
        register.register(short.der, CARL.actor, Role.APPROVER, hand=CLERK)
    with pytest.raises(errors.CaseFieldInvalid):
        register.register(issued.der, Actor("app:oa"), Role.APPROVER, hand=CLERK)
    with pytest.raises(errors.CaseFieldInvalid):
        register.register(issued.der, CARL.actor, Role.REPRESENTATIVE, hand=CLERK)


def test_a_revoked_approver_approves_nothing_and_what_he_approved_lapses(world: CaseWorld) -> None:
    """Verified before it counts and again when the permit is granted."""
    seal = world.seal(SealKind.CONTRACT)
    case = world.approved(seal, ANNE, BERT)
    ready = world.warrant(seal, case_id=case.id)
    issued = world.certificates["person:anne"]
    world.world.authority.revoke(
        issued.serial, RevocationReason.KEY_COMPROMISE, issuer=issued.issuer, actor=CLERK.actor
    )
    with pytest.raises(errors.ApprovalNoLongerGood):
        world.warrant(seal, case_id=case.id)
    with pytest.raises(errors.ApprovalNoLongerGood), world.engine.begin() as conn:
        world.permits.grant(conn, seal.code, document=document(), actor=KEEPER, warrant=ready)
    assert world.desk.get(case.id).status is CaseStatus.APPROVED
    other = world.submitted(seal)
    with pytest.raises(errors.SignerUnfit):
        world.approve(other, ANNE)
    world.desk.void(case.id, "审批人证书泄露", hand=CLERK)


def test_a_signer_taken_off_the_register_counts_no_more(world: CaseWorld) -> None:
    seal = world.seal(SealKind.FINANCE)
    case = world.approved(seal, ANNE)
    ready = world.warrant(seal, case_id=case.id)
    world.desk.signers.end(case.approvals[0].certificate_sha256, hand=CLERK)
    with pytest.raises(errors.ApprovalNoLongerGood), world.engine.begin() as conn:
        world.permits.grant(conn, seal.code, document=document(), actor=KEEPER, warrant=ready)


def test_deadlines_end_what_waits(world: CaseWorld, clock: SteppingClock) -> None:
    seal = world.seal(SealKind.FINANCE)
    waiting, ready = world.submitted(seal), world.approved(seal, ANNE)
    clock.advance(timedelta(days=8))
    with pytest.raises(DeadlinePassed):
        world.approve(waiting, ANNE)
    assert world.desk.expire() == 1
    assert world.desk.get(waiting.id).status is CaseStatus.EXPIRED
    warrant = world.warrant(seal, case_id=ready.id)
    clock.advance(timedelta(days=30))
    with pytest.raises(errors.CaseNotReady):
        world.warrant(seal, case_id=ready.id)
    with pytest.raises(errors.CaseNotReady), world.engine.begin() as conn:
        world.permits.grant(conn, seal.code, document=document(), actor=KEEPER, warrant=warrant)
    assert world.desk.expire() == 1
    assert world.desk.expire() == 0


def test_reminders_are_made_once_for_each_threshold(world: CaseWorld, clock: SteppingClock) -> None:
    case = world.submitted(world.seal(SealKind.CONTRACT))
    desk = world.desk.reminders
    assert desk.collect(CLERK.actor) == 0
    clock.advance(timedelta(days=4, hours=1))
    assert [desk.collect(CLERK.actor), desk.collect(CLERK.actor)] == [1, 0]
    world.approve(case, ANNE)
    clock.advance(timedelta(days=2))
    assert desk.collect(CLERK.actor) == 1
    first, second = desk.read()
    assert (first.hours, second.hours, second.number) == (72, 24, 2)
    assert second.waiting == ({"stage": "review", "scope": "case:approve", "people": []},)
    assert desk.read(after=1) == (second,)


def test_withdrawn_and_rejected_cases_seal_nothing(world: CaseWorld) -> None:
    seal = world.seal(SealKind.FINANCE)
    withdrawn = world.approved(seal, ANNE)
    with pytest.raises(errors.NotYourCase):
        world.desk.withdraw(withdrawn.id, hand=ANNE)
    world.desk.withdraw(withdrawn.id, hand=REQUESTER)
    rejected = world.submitted(seal)
    with pytest.raises(errors.CaseReasonNeeded):
        world.desk.reject(rejected.id, "  ", hand=ANNE)
    world.desk.reject(rejected.id, "金额不符", hand=ANNE)
    for case in (withdrawn, rejected):
        with pytest.raises(errors.CaseNotReady):
            world.warrant(seal, case_id=case.id)
        with pytest.raises(errors.CaseActRefused):
            world.desk.submit(case.id, hand=REQUESTER)


def test_I29_as_many_uses_as_copies_and_what_came_to_nothing_is_given_back(world: CaseWorld) -> None:
    seal = world.seal(SealKind.FINANCE)
    case = world.approved(seal, ANNE, copies=2)
    first = world.granted(seal, case_id=case.id)
    with pytest.raises(errors.CaseNotReady):  # one at a time
        world.warrant(seal, case_id=case.id)
    world.release(first)
    assert (world.desk.get(case.id).status, world.desk.get(case.id).used) == (CaseStatus.APPROVED, 0)
    world.use(seal, case_id=case.id)
    assert (world.desk.get(case.id).status, world.desk.get(case.id).used) == (CaseStatus.APPROVED, 1)
    with pytest.raises(errors.CaseActRefused):  # a copy is out: nothing is taken back
        world.desk.withdraw(case.id, hand=REQUESTER)
    world.use(seal, case_id=case.id)
    assert world.desk.get(case.id).status is CaseStatus.CLOSED


def test_a_case_is_for_its_seal_its_medium_and_its_enterprise(world: CaseWorld) -> None:
    seal, other = world.seal(SealKind.FINANCE), world.seal()
    case = world.approved(seal, ANNE)
    with pytest.raises(errors.CaseOfAnother):
        world.warrant(other, case_id=case.id)
    with pytest.raises(errors.CaseOfAnother):
        world.warrant(seal, case_id="f" * 32)
    paper = world.approved(seal, ANNE, **physical())
    with pytest.raises(errors.CaseOfAnother):
        world.warrant(seal, case_id=paper.id)
    foreign = Hand(Actor("person:x", "", "91330106MA2CYINX3E"))
    with pytest.raises(SealNotFound):
        world.desk.open(world.request(seal), request_key="f", hand=foreign)
    stranger = Actor("person:stranger", "", seal.owner.uscc)
    with pytest.raises(SealNotYours):  # approved, but who seals is a keeper
        world.granted(seal, stranger, case_id=case.id)
    assert world.desk.get(case.id).status is CaseStatus.APPROVED


def test_physical_use_counts_presses_and_closes_with_its_evidence(world: CaseWorld) -> None:
    seal = world.seal(SealKind.FINANCE)
    case = world.approved(seal, ANNE, **physical(copies=3))
    uses = PhysicalUses(world.desk.office)
    hand = Hand(Actor("system:stamp"), "certificate:ab")
    with world.desk.office.acting() as ledger:
        leave = uses.take(ledger, case.id, hand=hand)
    assert (leave.copies, leave.document, leave.rule_hash) == (3, document(), case.rule.hash)
    assert leave.approvals_sha256 == case.approvals_sha256
    with world.desk.office.acting() as ledger:
        uses.record(ledger, case.id, hand=hand, count=2, proof="event 7")
    with pytest.raises(errors.CopiesSpent), world.desk.office.acting() as ledger:
        uses.record(ledger, case.id, hand=hand, count=2)
    with world.desk.office.acting() as ledger:
        closed = uses.close(ledger, case.id, hand=hand, proof="pictures")
    assert (closed.status, closed.used) == (CaseStatus.CLOSED, 2)
    with pytest.raises(errors.CaseActRefused), world.desk.office.acting() as ledger:
        uses.record(ledger, case.id, hand=hand)


def test_only_the_desk_makes_a_warrant_or_a_leave(world: CaseWorld) -> None:
    warrant = world.warrant(world.seal())
    with pytest.raises(TypeError):
        replace(warrant, document=document(b"x"))
    with pytest.raises(TypeError):
        Warrant(Ground.KEEPER, "1", "2", document(), "p", "r", "1", "0" * 64, "")
    with pytest.raises(TypeError):
        ApprovedUse("", "", "", "", "", document(), "", None, 1, KEEPER, "", world.world.clock())  # type: ignore[arg-type]


def test_I20_a_deed_and_its_audit_record_stand_or_fall_together(
    world: CaseWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No record in the trail, no change: every act of the desk is rolled back with it."""
    seal = world.seal(SealKind.FINANCE)
    case = world.submitted(seal)

    def full(*_: object, **__: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(type(world.world.audit), "append_many", full)
        acts: tuple[Callable[[], object], ...] = (
            lambda: world.desk.reject(case.id, "x", hand=ANNE),
            lambda: world.desk.withdraw(case.id, hand=REQUESTER),
            lambda: world.desk.void(case.id, "x", hand=CLERK),
            lambda: world.approve(case, ANNE),
            lambda: world.opened(seal),
        )
        for act in acts:
            with pytest.raises(OSError, match="disk full"):
                act()
    unchanged = world.desk.get(case.id)
    assert (unchanged.moves, unchanged.status, unchanged.approvals) == (case.moves, CaseStatus.APPROVING, ())
    assert len(world.desk.list(CaseQuery())) == 1


def test_cases_are_listed_newest_first_and_no_page_repeats_or_skips(
    world: CaseWorld, clock: SteppingClock
) -> None:
    """Two of one moment share a page's edge, and one that comes in between pages moves nothing."""
    seal = world.seal(SealKind.FINANCE)
    made = [world.submitted(seal), world.submitted(seal)]
    for _ in range(3):
        clock.advance(timedelta(milliseconds=1))
        made.append(world.submitted(seal))
    newest = [one.id for one in made[:1:-1]] + sorted((one.id for one in made[:2]), reverse=True)
    first = world.desk.list(CaseQuery(limit=4))
    assert [one.id for one in first] == newest[:4]
    clock.advance(timedelta(seconds=1))
    world.submitted(seal)
    rest = world.desk.list(CaseQuery(CaseStatus.APPROVING, after=first[-1].id))
    assert [one.id for one in rest] == newest[4:]
    oldest = world.desk.list(CaseQuery(oldest_first=True, limit=2))
    behind = world.desk.list(CaseQuery(oldest_first=True, limit=3, after=oldest[-1].id))
    assert [one.id for one in (*oldest, *behind)] == newest[::-1]
    for nobody in ("0" * 32, "a\0b"):
        with pytest.raises(CursorInvalid):
            world.desk.list(CaseQuery(after=nobody))


def test_the_record_of_responsibility_tells_when_it_was_changed(world: CaseWorld) -> None:
    case = world.approved(world.seal(SealKind.FINANCE), ANNE)
    assert len(world.desk.lanes(case.id).entries) == 3
    with world.engine.begin() as conn:
        conn.execute(
            use_case_entry.update().where(use_case_entry.c.number == 2).values(actor="person:somebody.else")
        )
    with pytest.raises(errors.LaneBroken, match="entry 2"):
        world.desk.lanes(case.id)


def test_a_request_key_names_one_case(world: CaseWorld) -> None:
    """The same request returns the case there; another one, or another person, is refused."""
    seal = world.seal()
    one = world.desk.open(world.request(seal), request_key="k", hand=REQUESTER)
    assert world.desk.open(world.request(seal), request_key="k", hand=REQUESTER) == one
    for request, hand in ((world.request(seal, title="别的"), REQUESTER), (world.request(seal), ANNE)):
        with pytest.raises(errors.CaseKeyTaken):
            world.desk.open(request, request_key="k", hand=hand)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"copies": 0}, "copies"),
        ({"copies": 1001}, "copies"),
        ({"amount": -1}, "amount"),
        ({"document_class": "x" * 101}, "document_class"),
        ({"department": "a\nb"}, "department"),
        ({"document": Attachment(document(), "x" * 201)}, "document"),
    ],
)
def test_bad_requests_name_the_member(world: CaseWorld, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(errors.CaseFieldInvalid) as refused:
        world.opened(world.seal(), **changes)
    assert refused.value.field == field


def test_with_a_clock_that_never_stands_still_the_entries_stay_in_order(
    world: CaseWorld, clock: SteppingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every reading of the clock is later than the one before, as in service."""
    seal, finance = world.seal(), world.seal(SealKind.FINANCE)

    def ticking(self: SteppingClock) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now

    monkeypatch.setattr(SteppingClock, "__call__", ticking)
    world.use(seal)
    case = world.approved(finance, ANNE)
    world.use(finance, case_id=case.id)
    times = [entry.at for entry in world.desk.lanes(case.id).entries]
    assert times == sorted(times)
