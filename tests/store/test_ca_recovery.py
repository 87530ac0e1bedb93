"""Escrow: custodians, cases, votes, execution, notices, over a real token and both databases (I25)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec

from ca.actor import Actor
from ca.keycentre import delivery
from ca.keycentre.case import Case, JudicialRecovery, RosterChange, UserRecovery
from ca.keycentre.errors import (
    CaseChanged,
    CaseClosed,
    CaseExpired,
    CaseInvalid,
    CaseUnknown,
    CustodianUnknown,
    EscrowedKeyStateRefused,
    NoticeUnknown,
    QuorumMissing,
    RecipientRefused,
    RosterInvalid,
    SigningKeyNotEscrowed,
    VoteRepeated,
    VoterIsRequester,
    VoteUnproven,
)
from ca.keycentre.roster import Custodian, RosterPlan
from ca.keycentre.state import CaseStatus, KeyStatus
from ca.keycentre.store import escrowed_key, key_roster, recovery_case, recovery_vote
from hsm.algorithms import KeyKind
from hsm.cryptoki import CryptokiProvider
from hsm.envelopes import Recipient, Vote, Warrant
from hsm.errors import DecryptionFailed, RecoveryNotAuthorised
from hsm.sm2.by_python import PythonBackend
from hsm.sm2.public_key import Sm2PublicKey
from tests.conftest import SteppingClock
from tests.keycentre_world import (
    EVIDENCE,
    NAMES,
    OFFICER,
    REQUESTER,
    KeyCentreWorld,
    cast,
    custodian_key,
    make_key_centre,
    plan,
)
from tests.pki import Pki

pytestmark = pytest.mark.token
K1, K2, K3, K4 = NAMES


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock, softhsm: CryptokiProvider) -> KeyCentreWorld:
    return make_key_centre(engine, clock, softhsm)


def new_case(world: KeyCentreWorld) -> tuple[Case, str]:
    key_id, _ = world.delivered(world.holder())
    return world.user_case(key_id, world.holder()), key_id


def test_I25_a_holder_who_lost_the_token_reads_old_mail_again(world: KeyCentreWorld) -> None:
    """Two of four custodians, a new signing key, the old encryption key; on record and told to holder and auditor."""
    lost, new = world.holder(), world.holder()
    key_id, old = world.delivered(lost)
    public = delivery.parse(old).public_key
    assert isinstance(public, Sm2PublicKey)
    letter = PythonBackend(allowed=True).encrypt(public, b"old mail").raw
    case = world.approve(world.user_case(key_id, new), K1, K3)
    done = world.centre.execute(case.id, actor=OFFICER)
    assert done.status is CaseStatus.EXECUTED
    uri = world.open(new, done.delivery)
    assert new.receiver.decrypt(uri, KeyKind.SM2, letter) == b"old mail"
    assert world.centre.execute(case.id, actor=OFFICER) == done, "executed again, the same"
    told = [(each.event, each.addressee) for each in world.centre.notices_of(case.id)]
    assert told == [
        ("opened", "auditor"),
        ("opened", "holder"),
        ("executed", "auditor"),
        ("executed", "holder"),
    ]
    assert len(world.centre.notices()) == 4
    for notice in world.centre.notices():
        world.centre.notice_sent(notice.id, actor=OFFICER)
    assert world.centre.notices() == ()
    found = [each for each in world.actions() if each.startswith("kmc.case")]
    assert found == [
        "kmc.case.opened",
        "kmc.case.voted",
        "kmc.case.voted",
        "kmc.case.executing",
        "kmc.case.executed",
    ]


def test_I25_an_authority_gets_a_key_by_order_and_more_custodians(
    world: KeyCentreWorld, clock: SteppingClock
) -> None:
    """Three of four; to the authority's certificate; the holder is told later, for a reason on record."""
    key_id, _ = world.delivered(world.holder())
    court = Pki(clock.now).party()
    later = clock.now + timedelta(days=30)
    order = JudicialRecovery(
        key_id,
        "(2026)浙01刑初1号",
        "杭州市中级人民法院",
        EVIDENCE,
        court.der,
        later,
        "侦查需要 / secrecy of the inquiry",
    )
    case = world.centre.recover_request(order, actor=REQUESTER)
    world.approve(case, K1, K2)
    with pytest.raises(QuorumMissing):
        world.centre.execute(case.id, actor=OFFICER)
    world.approve(case, K4)
    done = world.centre.execute(case.id, actor=OFFICER)
    found = delivery.parse(done.delivery, court.key.public_key()).proven(world.centre.public_key)  # type: ignore[arg-type]
    assert found.meant_for(Recipient(court.key.public_key()))  # type: ignore[arg-type]
    assert {each.addressee for each in world.centre.notices()} == {"auditor"}
    held = [each for each in world.centre.notices_of(case.id) if each.addressee == "holder"]
    with pytest.raises(NoticeUnknown):
        world.centre.notice_sent(held[0].id, actor=OFFICER)
    assert {each.delay_reason for each in held} == {"侦查需要 / secrecy of the inquiry"}
    clock.now = later
    assert {each.addressee for each in world.centre.notices()} == {"auditor", "holder"}
    bad = [
        replace(order, order_number=" "),
        replace(order, authority="x" * 201),
        replace(order, evidence_sha256="AB" * 32),
        replace(order, certificate=b"none"),
        replace(order, certificate=b"x" * 20_000),
        replace(order, notice_after=clock.now),
        replace(order, notice_after=clock.now + timedelta(days=366)),
        replace(order, notice_after=clock.now + timedelta(days=2), delay_reason=""),
        replace(order, order_number="nul\0"),
    ]
    for each in bad:
        with pytest.raises(CaseInvalid):
            world.centre.recover_request(each, actor=REQUESTER)


def test_each_wrong_vote_has_its_own_error(world: KeyCentreWorld, clock: SteppingClock) -> None:
    case, _ = new_case(world)
    vote = world.centre.vote
    with pytest.raises(CustodianUnknown):
        vote(cast(case, K1), actor=Actor("person:z"))
    with pytest.raises(VoteUnproven):
        vote(cast(case, K2), actor=Actor(K1))
    with pytest.raises(VoteUnproven):
        vote(replace(cast(case, K1, "reject"), word="approve"), actor=Actor(K1))
    with pytest.raises(VoteUnproven):
        vote(cast(case, K1, document=case.document + " "), actor=Actor(K1))
    with pytest.raises(CaseInvalid):
        vote(cast(case, K1, "maybe"), actor=Actor(K1))
    with pytest.raises(CaseChanged):
        vote(replace(cast(case, K1), document_sha256="00" * 32), actor=Actor(K1))
    with pytest.raises(CaseUnknown):
        vote(replace(cast(case, K1), case_id="00" * 16), actor=Actor(K1))
    vote(cast(case, K1), actor=Actor(K1))
    for word in ("approve", "reject"):
        with pytest.raises(VoteRepeated):
            vote(cast(case, K1, word), actor=Actor(K1))
    assert len(world.centre.votes(case.id)) == 1
    mine = world.centre.recover_request(
        UserRecovery(case.key_id, "r", EVIDENCE, world.holder().public_key), actor=Actor(K2)
    )
    with pytest.raises(VoterIsRequester):
        vote(cast(mine, K2), actor=Actor(K2))
    clock.advance(timedelta(days=7))
    with pytest.raises(CaseExpired):
        vote(cast(case, K2), actor=Actor(K2))


def test_I22_a_case_that_was_changed_has_no_votes(world: KeyCentreWorld) -> None:
    """Votes bind to the exact bytes: amended, or edited in the database, the case starts anew."""
    case, key_id = new_case(world)
    world.approve(case, K1, K2)
    other = UserRecovery(key_id, "another reason", EVIDENCE, world.holder().public_key)
    with pytest.raises(CaseInvalid):
        world.centre.amend(case.id, other, actor=OFFICER)
    amended = world.centre.amend(case.id, other, actor=REQUESTER)
    with pytest.raises(QuorumMissing):
        world.centre.execute(case.id, actor=OFFICER)
    with pytest.raises(CaseChanged):
        world.centre.vote(cast(case, K3), actor=Actor(K3))
    world.approve(amended, K1, K2)
    forged = amended.document.replace("another reason", "a third reason")
    digest = hashlib.sha256(forged.encode()).hexdigest()

    def edit(**values: object) -> None:
        with world.engine.begin() as conn:
            conn.execute(recovery_case.update().where(recovery_case.c.id == case.id).values(**values))

    edit(document=forged)
    with pytest.raises(CaseChanged):
        world.centre.execute(case.id, actor=OFFICER)
    edit(document=forged, document_sha256=digest)
    with pytest.raises(QuorumMissing):
        world.centre.execute(case.id, actor=OFFICER)
    with world.engine.begin() as conn:
        moved = recovery_vote.update().where(recovery_vote.c.document_sha256 == amended.document_sha256)
        conn.execute(moved.values(document_sha256=digest))
    with pytest.raises(VoteUnproven):
        world.centre.execute(case.id, actor=OFFICER)
    assert world.centre.case(case.id).status is CaseStatus.OPEN


def test_I25_the_token_believes_its_own_roster_not_the_database(world: KeyCentreWorld) -> None:
    """Whoever can write in the database names custodians of their own there: the token still refuses."""
    case, _ = new_case(world)
    mine = plan((K3, K4, "person:thief"), 2, 3)
    text = json.loads(world.centre.case(case.id).document)
    with world.engine.begin() as conn:
        document = {**json.loads(mine.to_json()), "lineage": text["lineage"], "version": 1}
        thief = json.dumps(document).replace(K3, "person:t1").replace(K4, "person:t2")
        conn.execute(key_roster.update().values(document=thief))
    for name, key in (("person:t1", K3), ("person:t2", K4)):
        forged = replace(cast(case, key))
        world.centre.vote(forged, actor=Actor(name))
    with pytest.raises(RecoveryNotAuthorised):
        world.centre.execute(case.id, actor=OFFICER)


def test_I22_one_person_under_two_writings_is_one(world: KeyCentreWorld) -> None:
    """A requester does not become another person by capitals or wide letters: neither here nor inside the token."""
    for other in (K1.upper(), "person:" + "".join(chr(ord(c) + 0xFEE0) for c in K1.removeprefix("person:"))):
        holder, new = world.holder(), world.holder()
        key_id, _ = world.delivered(holder)
        order = UserRecovery(key_id, "lost", "0" * 64, new.public_key)
        case = world.centre.recover_request(order, actor=Actor(other))
        with pytest.raises(VoterIsRequester):
            world.centre.vote(cast(case, K1), actor=Actor(K1))
        roster = key_roster_row(world)
        votes = tuple(Vote(name, cast(case, name).signature) for name in (K1, K2))
        warrant = Warrant(roster, case.document.encode(), votes)
        with pytest.raises(RecoveryNotAuthorised):
            world.centre.house.token().recover(world.centre.key(key_id).as_sealed, warrant)
    with pytest.raises(RosterInvalid):
        plan((K1, K1.upper(), K3), 2, 3)


def key_roster_row(world: KeyCentreWorld) -> bytes:
    with world.engine.connect() as conn:
        return bytes(conn.scalars(sa.select(key_roster.c.sealed)).one())


def test_I25_the_token_takes_one_key_in_two_writings_for_one_custodian(world: KeyCentreWorld) -> None:
    """The rules of a roster are judged inside the token's worker, whatever the service makes of them."""
    roster = json.loads(plan((K1, K2, K3), 2, 3).to_json())
    key = roster["custodians"][0]["spki"]
    roster["custodians"][1]["spki"] = key.upper()
    assert key.upper() != key
    with pytest.raises(RecoveryNotAuthorised):
        world.centre.house.token().found(json.dumps(roster).encode())


def test_too_many_refusals_close_a_case(world: KeyCentreWorld) -> None:
    case, _ = new_case(world)
    for name in (K1, K2):
        assert world.centre.vote(cast(case, name, "reject"), actor=Actor(name)).status is CaseStatus.OPEN
    assert world.centre.vote(cast(case, K3, "reject"), actor=Actor(K3)).status is CaseStatus.REJECTED
    with pytest.raises(CaseClosed):
        world.centre.vote(cast(case, K4), actor=Actor(K4))
    with pytest.raises(CaseClosed):
        world.centre.execute(case.id, actor=OFFICER)
    other, _ = new_case(world)
    with pytest.raises(CaseInvalid):
        world.centre.withdraw(other.id, actor=OFFICER)
    assert world.centre.withdraw(other.id, actor=REQUESTER).status is CaseStatus.WITHDRAWN
    with pytest.raises(CaseClosed):
        world.centre.withdraw(other.id, actor=REQUESTER)
    assert {each.status for each in world.centre.cases()} == {CaseStatus.REJECTED, CaseStatus.WITHDRAWN}


def test_an_approved_case_expires_too(world: KeyCentreWorld, clock: SteppingClock) -> None:
    case, _ = new_case(world)
    world.approve(case, K1, K2)
    clock.advance(timedelta(days=8))
    with pytest.raises(CaseExpired):
        world.centre.execute(case.id, actor=OFFICER)


def test_only_a_key_that_was_delivered_is_recovered(world: KeyCentreWorld) -> None:
    """Revoked and archived keys are; pooled and destroyed ones are not; nor is one sealed for other bytes."""
    holder, new = world.holder(), world.holder()
    key_id, _ = world.delivered(holder)
    same = UserRecovery(key_id, "lost", EVIDENCE, holder.public_key)
    with pytest.raises(CaseInvalid):
        world.centre.recover_request(same, actor=REQUESTER)
    escrowed = world.centre.key(key_id).public_key
    with pytest.raises((SigningKeyNotEscrowed, RecipientRefused)):
        world.centre.recover_request(replace(same, sign_public_key=escrowed), actor=REQUESTER)
    transport = Recipient(world.holder().public_key)
    with pytest.raises(RecipientRefused):
        world.centre.recover_request(
            replace(same, sign_public_key=new.public_key, recipient=transport), actor=REQUESTER
        )
    world.centre.revoke(key_id, "lost", actor=OFFICER)
    world.centre.archive(key_id, "over", actor=OFFICER)
    case = world.approve(world.user_case(key_id, new), K1, K2)
    with world.engine.begin() as conn:
        good = conn.scalar(sa.select(escrowed_key.c.sealed).where(escrowed_key.c.id == key_id))
        conn.execute(escrowed_key.update().values(sealed=good[:-1] + bytes((good[-1] ^ 1,))))
    with pytest.raises(DecryptionFailed):
        world.centre.execute(case.id, actor=OFFICER)
    assert world.centre.case(case.id).status is CaseStatus.EXECUTING
    assert world.centre.reconcile(OFFICER) == 0, "what cannot be completed now stops no other housekeeping"
    with world.engine.begin() as conn:
        conn.execute(escrowed_key.update().values(sealed=good))
    assert world.centre.reconcile(OFFICER) == 1, "a cut-off execution is taken up"
    assert world.open(new, world.centre.case(case.id).delivery)
    world.centre.destroy(key_id, "end", actor=OFFICER)
    assert world.centre.key(key_id).status is KeyStatus.DESTROYED
    with pytest.raises(EscrowedKeyStateRefused):
        world.user_case(key_id, world.holder())


def test_custodians_change_by_a_case_of_their_own(world: KeyCentreWorld) -> None:
    """Three of the four present ones approve the next roster; then the new one counts and the old ones do not."""
    case, _ = new_case(world)
    following = plan((K2, K3, "person:new1", "person:new2"))
    change = world.centre.recover_request(RosterChange(following, "K1 and K4 retire"), actor=REQUESTER)
    world.approve(change, K1, K2)
    with pytest.raises(QuorumMissing):
        world.centre.execute(change.id, actor=OFFICER)
    world.approve(change, K4)
    world.centre.execute(change.id, actor=OFFICER)
    status = world.centre.status()
    assert status.roster_version == 2
    assert {each for each, _ in status.custodians} == {K2, K3, "person:new1", "person:new2"}
    with pytest.raises(CustodianUnknown):
        world.centre.vote(cast(case, K1), actor=Actor(K1))
    with pytest.raises(CaseChanged):
        world.centre.vote(cast(case, K2), actor=Actor(K2))
    again = UserRecovery(case.key_id, "lost", EVIDENCE, world.holder().public_key)
    amended = world.centre.amend(case.id, again, actor=REQUESTER)
    world.approve(amended, K2, "person:new1")
    assert world.centre.execute(case.id, actor=OFFICER).status is CaseStatus.EXECUTED


def test_a_roster_needs_distinct_people_credentials_and_quorums() -> None:
    people = plan().custodians
    twin = Custodian("person:twin", "twin", custodian_key(K1).public_key())
    for custodians, user, judicial in (
        (people, 1, 3),
        (people, 3, 3),
        (people, 2, 5),
        ((*people, people[0]), 2, 3),
        ((*people, twin), 2, 3),
        (people[:2], 2, 2),
        ((*people[:3], Custodian("", "x", ec.generate_private_key(ec.SECP256R1()).public_key())), 2, 3),
    ):
        with pytest.raises(RosterInvalid):
            RosterPlan(custodians, user, judicial)
    for text in (
        "",
        "[]",
        "{}",
        '{"custodians": 1}',
        '{"user":2,"judicial":3,"custodians":[{"id":"a"}]}',
        "[" * 100_000,
    ):
        with pytest.raises(RosterInvalid):
            RosterPlan.read(text)
    assert RosterPlan.read(plan().to_json()) == plan()
