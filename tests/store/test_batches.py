"""Batches in the database: one case for exactly these documents, each sealed once, whoever works and dies (C7, I29)."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from hsm.errors import PinIncorrect
from hsm.merkle import Inclusion
from seals.cases.case import Hand
from seals.cases.errors import ApprovalNeeded, CaseNotReady, NotInBatch
from seals.cases.grounds import Use
from seals.cases.rules import Role
from seals.cases.standing import STANDING_TYPE, payload_of
from seals.cases.standing_store import Grantee
from seals.cases.states import CaseStatus
from seals.store import seal_permit
from signing.batch.batch import BatchState, DocumentState, Incoming
from signing.batch.errors import (
    BatchActRefused,
    BatchFieldInvalid,
    BatchKeyTaken,
    BatchNotApproved,
    BatchStopped,
    BatchUnknown,
    Fenced,
)
from signing.batch.steps import ChunkErrand, hold
from signing.errors import PlacementError
from signing.making import Step
from signing.store import sealing
from tests.batch_world import HAND, BatchWorld, make_batch_world
from tests.case_world import BOSS, OA, REQUESTER, CaseWorld
from tests.conftest import SteppingClock


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock, tmp_path: Path) -> BatchWorld:
    return make_batch_world(engine, clock, tmp_path)


def test_C7_a_batch_is_one_case_and_each_document_is_sealed_once(world: BatchWorld):
    batch = world.started(9)
    case = world.desk.office.uses.get(batch.case_id)
    assert (case.request.members, case.request.copies, case.status) == (9, 9, CaseStatus.APPROVED)
    assert case.request.document.digest == batch.root
    world.run(batch)
    assert world.desk.get(batch.id).state is BatchState.FINISHED
    world.each_once(batch)
    done = world.desk.documents(batch.id)
    lanes = world.desk.office.uses.lanes_of(str(done[4].document))
    assert [one.case.id for one in lanes] == [batch.case_id], "from a document to its case"
    assert world.desk.office.uses.lanes_of(done[4].result)[0].case.id == batch.case_id


def test_C7_a_document_that_fails_is_listed_with_its_reason_and_can_be_retried(world: BatchWorld):
    found = world.desk.open(world.request(), hand=HAND)
    good, bad = world.documents(2)
    bad.path.write_bytes(b"not a document at all")
    far = Incoming(good.path, "far.pdf", placement="7:10,10", mark="far")
    world.desk.add(found.id, [good, bad, far], hand=HAND)
    batch = world.desk.start(found.id, hand=HAND)
    world.run(batch)
    assert world.states(batch) == [DocumentState.DONE, DocumentState.FAILED, DocumentState.FAILED]
    failed = world.desk.documents(batch.id, state=DocumentState.FAILED)
    assert [one.fault.name for one in failed] == ["NotAPdf", "PageMissing"]
    assert all(one.fault.zh and one.fault.en for one in failed)
    progress = world.desk.progress(batch.id)
    assert (progress.done, progress.failed, progress.left) == (1, 2, 0)
    world.run(world.desk.retry(batch.id, [2], hand=HAND))
    again = world.desk.documents(batch.id)
    assert [one.attempts for one in again] == [1, 1, 2]
    assert len([row for row in world.office.rows(seal_permit) if row.state == "used"]) == 1
    assert world.desk.office.uses.get(batch.case_id).used == 1


def test_I29_a_worker_thought_dead_neither_signs_nor_completes(world: BatchWorld):
    """Another takes the chunk between any two steps of a sealing: the first stops, and there is one result."""
    for step in Step:
        batch = world.started(1)
        taken = False

        def overtake(done: Step, at: Step = step, batch=batch) -> None:
            nonlocal taken
            if done is at and not taken:
                taken = True
                world.work("w2").take(batch.id, 0)

        signed: list[bytes] = []
        sound = world.office.keeper_signer.sign
        world.office.keeper_signer.sign = lambda message, sound=sound, signed=signed: (
            signed.append(message) or sound(message)
        )  # type: ignore[method-assign]
        world.run(batch, holder="w1", service=world.office.passing(overtake))
        if step in (Step.RESERVED, Step.PREPARED):
            assert signed == [], "fenced before the key"
        if step is not Step.RECORDED:
            assert world.states(batch) == [DocumentState.WAITING]
        world.run(batch, holder="w2")
        assert world.states(batch) == [DocumentState.DONE], step
        assert world.desk.get(batch.id).state is BatchState.FINISHED
        used = [row for row in world.office.rows(seal_permit) if row.state == "used"]
        assert len(used) == list(Step).index(step) + 1
        assert world.desk.office.uses.get(batch.case_id).used == 1
        world.office.keeper_signer.sign = sound  # type: ignore[method-assign]


def test_I29_a_fence_is_compared_in_the_transaction(world: BatchWorld):
    batch = world.started(2)
    first = world.work("w1").take(batch.id, 0)
    second = world.work("w2").take(batch.id, 0)
    assert first is not None
    assert second is not None
    with world.engine.begin() as conn, pytest.raises(Fenced):
        hold(conn, first)
    with world.engine.begin() as conn:
        hold(conn, second)
    world.desk.cancel(batch.id, hand=HAND)
    with world.engine.begin() as conn, pytest.raises(BatchStopped):
        hold(conn, second)
    assert world.work("w3").take(batch.id, 0) is None
    assert isinstance(ChunkErrand(second, (), lambda: None), ChunkErrand)


def test_what_every_document_would_meet_halts_the_batch_once(world: BatchWorld):
    """A wrong PIN is tried once, not ten thousand times: the token would lock."""
    batch = world.started(5)
    tried = []

    def wrong(_message: bytes) -> bytes:
        tried.append(1)
        raise PinIncorrect(2)

    sound, world.office.keeper_signer.sign = world.office.keeper_signer.sign, wrong  # type: ignore[method-assign]
    world.run(batch)
    found = world.desk.get(batch.id)
    assert (found.state, found.fault.name, len(tried)) == (BatchState.HALTED, "PinIncorrect", 1)
    assert set(world.states(batch)) == {DocumentState.WAITING}
    world.office.keeper_signer.sign = sound  # type: ignore[method-assign]
    world.run(world.desk.start(batch.id, hand=HAND))
    world.each_once(batch)


def test_C7_cancelled_means_that_nothing_more_is_sealed(world: BatchWorld):
    batch = world.started(12)
    world.work().seal_chunk(batch.id, 0)
    done = world.desk.progress(batch.id).done
    world.desk.cancel(batch.id, hand=HAND)
    world.run(batch)
    progress = world.desk.progress(batch.id)
    assert (progress.done, progress.cancelled, progress.left) == (done, 12 - done, 0)
    with pytest.raises(BatchActRefused):
        world.desk.retry(batch.id, hand=HAND)
    case = world.desk.office.uses.close(batch.case_id, hand=HAND)
    assert (case.status, case.used) == (CaseStatus.CLOSED, done)


def test_a_case_about_many_is_good_for_these_documents_and_each_once(world: BatchWorld):
    """I22 for batches: no other document, no other place, not twice."""
    batch = world.started(3)
    uses, held = world.desk.office.uses, world.work().take(batch.id, 0)
    assert held is not None
    document, other = held.documents[0], world.desk.documents(batch.id)[1]
    use = Use(batch.request.seal_code, document.document, HAND, case_id=batch.case_id)
    good = Inclusion(0, 3, held.tree.path(0))
    with pytest.raises(NotInBatch):
        uses.warrant(use)
    for bent in (
        dataclasses.replace(use, inclusion=Inclusion(1, 3, held.tree.path(1))),
        dataclasses.replace(use, inclusion=Inclusion(0, 2, held.tree.path(0))),
        dataclasses.replace(use, inclusion=Inclusion(0, 3, held.tree.path(0)[:-1])),
        dataclasses.replace(use, inclusion=good, document=other.document),
        dataclasses.replace(use, document=batch.root),
    ):
        with pytest.raises(NotInBatch):
            uses.warrant(bent)
    assert uses.get(batch.case_id).status is CaseStatus.APPROVED, "a stranger voids nothing"
    warrant = uses.warrant(dataclasses.replace(use, inclusion=good))
    permits = world.office.permits
    with world.engine.begin() as conn:
        first = permits.grant(conn, use.seal_code, document=use.document, actor=HAND.actor, warrant=warrant)
    with world.engine.connect() as conn, pytest.raises(CaseNotReady, match="document 1"):
        permits.grant(conn, use.seal_code, document=use.document, actor=HAND.actor, warrant=warrant)
    with world.engine.begin() as conn:
        permits.release(conn, first.id, actor=HAND.actor, outcome="came to nothing")
    world.run(batch)
    world.desk.office.uses.lanes(batch.case_id)
    assert world.desk.office.uses.get(batch.case_id).used == 3


def test_handing_in_again_changes_nothing_and_bad_input_is_refused_in_words(world: BatchWorld):
    request = world.request(request_key="same")
    found = world.desk.open(request, hand=HAND)
    assert world.desk.open(request, hand=HAND) == found
    with pytest.raises(BatchKeyTaken):
        world.desk.open(dataclasses.replace(request, title="另一批"), hand=HAND)
    with pytest.raises(PlacementError):
        world.desk.open(world.request(placement="somewhere"), hand=HAND)
    marked = [dataclasses.replace(one, mark=f"no-{n}") for n, one in enumerate(world.documents(2))]
    assert world.desk.add(found.id, marked, hand=HAND) == 2
    assert world.desk.add(found.id, marked, hand=HAND) == 2
    with pytest.raises(BatchFieldInvalid, match="idempotency"):
        world.desk.add(found.id, [dataclasses.replace(marked[0], mark="#1")], hand=HAND)
    with pytest.raises(BatchFieldInvalid, match="no document"):
        world.desk.submit(world.desk.open(world.request(), hand=HAND).id, hand=HAND)
    with pytest.raises(BatchUnknown):
        world.desk.get("f" * 32)
    stranger = dataclasses.replace(HAND, actor=dataclasses.replace(HAND.actor, uscc="91330106MA2CYINX3E"))
    with pytest.raises(BatchUnknown):
        world.desk.get(found.id, hand=stranger)
    world.desk.submit(found.id, hand=HAND)
    with pytest.raises(BatchActRefused):
        world.desk.add(found.id, marked, hand=HAND)


def test_a_document_changed_in_the_store_is_not_sealed(world: BatchWorld):
    batch = world.started(1)
    for path in (world.folder.parent / "inputs").glob("*/*"):
        path.write_bytes(b"%PDF-1.7 something else")
    world.run(batch)
    (only,) = world.desk.documents(batch.id)
    assert (only.state, only.fault.name) == (DocumentState.FAILED, "InputMissing")
    assert world.office.rows(sealing) == []


def test_a_batch_needs_approval_where_the_rules_say_so(world: BatchWorld):
    """The rule of contracts over a million: the batch waits for its case, and says which."""
    seal = world.office.seal
    rules = 'version = "t"\n[[rule]]\nid = "two"\n[[rule.stage]]\nid = "s"\nneeded = 1\nscope = "case:approve"\n[[rule]]\nid = "rest"\n'
    from seals.cases.rule_file import read_book

    office = world.desk.office.uses.office
    object.__setattr__(office, "book", read_book(rules.encode()))
    waiting = world.gathered(2)
    with pytest.raises(BatchNotApproved) as refused:
        world.desk.start(waiting.id, hand=HAND)
    case = world.desk.get(waiting.id).case_id
    assert refused.value.case_id == case
    assert case in refused.value.zh
    assert world.desk.office.uses.get(case).status is CaseStatus.APPROVING
    with pytest.raises(ApprovalNeeded):
        world.desk.office.uses.warrant(Use(seal.code, world.desk.documents(waiting.id)[0].document, HAND))


def test_C8_an_application_seals_a_batch_under_its_standing_authorisation(world: BatchWorld):
    """Each document takes one use of the quota, failures give theirs back; used up, the batch halts and says so."""
    office = world.office
    case_world = CaseWorld(office.world, office.registry, office.desk, office.permits)
    case_world.enlist(BOSS, Role.REPRESENTATIVE)
    now = world.desk.office.now()
    asked = Grantee(OA, office.seal.code, ("notice",), 3, 0, now, now + timedelta(days=30))
    one = office.desk.standing.request(asked, request_key="g", hand=REQUESTER)
    signed = case_world.sign(payload_of(one), BOSS, STANDING_TYPE)
    office.desk.standing.sign(one.id, signed, hand=BOSS)
    hand = Hand(OA, "key:oa")
    batch = world.desk.start(world.gathered(4, hand=hand, document_class="notice").id, hand=hand)
    assert batch.case_id == ""
    assert len(batch.rule_hash) == 64
    world.run(batch)
    found = world.desk.get(batch.id)
    assert (found.state, found.fault.name) == (BatchState.HALTED, "StandingUsedUp")
    assert world.states(batch).count(DocumentState.DONE) == 3
    assert office.desk.standing.get(one.id).used == 3
