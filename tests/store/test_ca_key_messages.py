"""CA and key centre by messages: both implementations give the same, forged and stale ones are refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from cryptography import x509

from ca.actor import Actor
from ca.keycentre import messages
from ca.keycentre.errors import (
    EnvelopeForAnother,
    MessageStale,
    MessageUnproven,
    MessageUnreadable,
    TaskReused,
)
from ca.keycentre.house import CentreRules
from ca.keycentre.messages import (
    ApplyKey,
    Envelope,
    ErrorAnswer,
    KeyAnswer,
    RestoreKey,
    RevokedAnswer,
    RevokeKey,
)
from ca.keycentre.protocol import (
    PENDING,
    STATE,
    UNKNOWN,
    Correspondent,
    InProcess,
    KeyManagement,
    MessageDoor,
    OverMessages,
    ent_name,
    keys_by_digest,
)
from hsm.algorithms import KeyKind
from hsm.cryptoki import CryptokiProvider
from tests.conftest import SteppingClock
from tests.keycentre_world import NAMES, OFFICER, Holder, KeyCentreWorld, make_key_centre

pytestmark = pytest.mark.token
NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "印信测试签发 CA")]).public_bytes()


@pytest.fixture(params=[False, True], ids=["single-hash", "double-hash"])
def world(
    request: pytest.FixtureRequest, engine: sa.Engine, clock: SteppingClock, softhsm: CryptokiProvider
) -> KeyCentreWorld:
    return make_key_centre(engine, clock, softhsm, rules=CentreRules(double_hash=request.param))


def correspondent(world: KeyCentreWorld, holder: Holder, serial: int) -> Correspondent:
    signer = world.provider.signer(holder.sign)
    name = ent_name(NAME, holder.public_key, serial)
    return Correspondent(name, signer, world.clock, world.centre.house.rules)


@pytest.fixture
def ca(world: KeyCentreWorld) -> Holder:
    return world.holder()


@pytest.fixture
def door(world: KeyCentreWorld, ca: Holder) -> MessageDoor:
    signer = world.centre.house.signer()
    name = ent_name(NAME, signer.public_key, 1)
    end = Correspondent(name, signer, world.clock, world.centre.house.rules)
    return MessageDoor(world.centre, end, lambda: keys_by_digest((ca.public_key,)))


@pytest.fixture
def far(world: KeyCentreWorld, ca: Holder, door: MessageDoor) -> OverMessages:
    return OverMessages(correspondent(world, ca, 7), world.centre.public_key, door.answer)


def apply(holder: Holder, world: KeyCentreWorld, number: int, kind: KeyKind = KeyKind.SM2) -> ApplyKey:
    now = world.clock.now
    return ApplyKey(number, holder.public_key, kind, now, now + timedelta(days=365))


def test_both_implementations_give_the_same_key(world: KeyCentreWorld, ca: Holder, far: OverMessages) -> None:
    holder = world.holder()
    near: KeyManagement = InProcess(world.centre, ca.public_key)
    wanted = apply(holder, world, 0x1234)
    (one,) = far.exchange((wanted,), 1)
    (other,) = near.exchange((wanted,), 1)
    assert isinstance(one, KeyAnswer)
    assert one == other
    assert world.open(holder, one.delivery)
    for means in (near, far):
        revoked = means.exchange((RevokeKey(0x1234), RevokeKey(0x9999)), 2)
        assert revoked[0] == RevokedAnswer(0x1234)
        assert isinstance(revoked[1], ErrorAnswer)
        assert revoked[1].number == UNKNOWN


def test_a_key_is_restored_only_after_the_custodians_voted(world: KeyCentreWorld, far: OverMessages) -> None:
    lost, new = world.holder(), world.holder()
    far.exchange((apply(lost, world, 5),), 1)
    (waiting,) = far.exchange((RestoreKey(5, new.public_key),), 2)
    assert isinstance(waiting, ErrorAnswer)
    assert waiting.number == PENDING
    assert far.exchange((RestoreKey(5, new.public_key),), 3) == (waiting,), (
        "one case, however often it is asked for"
    )
    case = world.approve(world.centre.case(waiting.text), *NAMES[:2])
    world.centre.execute(case.id, actor=OFFICER)
    (restored,) = far.exchange((RestoreKey(5, new.public_key),), 4)
    assert isinstance(restored, KeyAnswer)
    assert restored.restored
    assert world.open(new, restored.delivery)
    (same,) = far.exchange((RestoreKey(5, lost.public_key),), 5)
    assert isinstance(same, ErrorAnswer)


def test_a_message_is_answered_once_and_its_task_belongs_to_it(
    world: KeyCentreWorld, far: OverMessages, door: MessageDoor, clock: SteppingClock
) -> None:
    holder = world.holder()
    sent = Envelope(far.end.name, clock.now, 9)
    octets = far.end.seal(messages.write_request(sent, (apply(holder, world, 1),)))
    first = door.answer(octets)
    assert door.answer(octets) == first
    with pytest.raises(TaskReused):
        door.answer(far.end.seal(messages.write_request(sent, (apply(holder, world, 2),))))
    clock.advance(timedelta(minutes=11))
    with pytest.raises(MessageStale):
        door.answer(octets)


def test_forged_messages_are_refused(world: KeyCentreWorld, far: OverMessages, door: MessageDoor) -> None:
    holder, stranger = world.holder(), world.holder()
    sent = Envelope(far.end.name, world.clock.now, 1)
    body = messages.write_request(sent, (apply(holder, world, 1),))
    octets = far.end.seal(body)
    with pytest.raises(MessageUnproven):
        door.answer(correspondent(world, stranger, 7).seal(body))
    foreign = replace(sent, sender=ent_name(NAME, stranger.public_key, 7))
    with pytest.raises(MessageUnproven):
        door.answer(correspondent(world, stranger, 7).seal(messages.write_request(foreign, (RevokeKey(1),))))
    other_rules = replace(far.end, rules=CentreRules(double_hash=not world.centre.house.rules.double_hash))
    with pytest.raises(MessageUnproven):
        door.answer(other_rules.seal(body))
    for place in range(0, len(octets), 3):
        bent = bytearray(octets)
        bent[place] ^= 1 << place % 8
        with pytest.raises((MessageUnproven, MessageUnreadable)):
            door.answer(bytes(bent))
    assert world.centre.status().keys == {}
    forged = replace(far, send=lambda _octets: octets)
    with pytest.raises((MessageUnproven, MessageUnreadable)):
        forged.exchange((apply(holder, world, 1),), 1)


def test_an_answer_for_another_message_is_refused(
    world: KeyCentreWorld, far: OverMessages, door: MessageDoor
) -> None:
    holder = world.holder()
    kept: list[bytes] = []

    def keep(octets: bytes) -> bytes:
        kept.append(door.answer(octets))
        return kept[-1]

    replace(far, send=keep).exchange((apply(holder, world, 1),), 1)
    replayed = replace(far, send=lambda _octets: kept[0])
    with pytest.raises(MessageUnproven):
        replayed.exchange((apply(holder, world, 1),), 2)
    with pytest.raises(MessageUnproven):
        replayed.exchange((apply(holder, world, 2),), 1)


def test_an_answer_is_to_its_own_request_and_of_now(
    world: KeyCentreWorld, far: OverMessages, door: MessageDoor, clock: SteppingClock
) -> None:
    """A carrier that drops a revocation cannot have it believed by an answer that the centre gave before."""
    one, two = world.holder(), world.holder()
    kept: list[bytes] = []

    def keep(octets: bytes) -> bytes:
        kept.append(door.answer(octets))
        return kept[-1]

    replace(far, send=keep).exchange((apply(one, world, 1), apply(two, world, 2)), 1)
    replace(far, send=keep).exchange((RevokeKey(1),), 2)
    given = replace(far, send=lambda _octets: kept[0])
    revoked = replace(far, send=lambda _octets: kept[1])
    with pytest.raises(MessageUnproven):
        revoked.exchange((RevokeKey(2),), 2)
    with pytest.raises(MessageUnproven):
        revoked.exchange((apply(one, world, 1),), 2)
    with pytest.raises(MessageUnproven):
        given.exchange((apply(two, world, 2), apply(one, world, 1)), 1)
    with pytest.raises(MessageUnproven):
        given.exchange((RestoreKey(1, one.public_key), apply(two, world, 2)), 1)
    with pytest.raises(EnvelopeForAnother):
        given.exchange((apply(two, world, 1), apply(two, world, 2)), 1)
    assert revoked.exchange((RevokeKey(1),), 2) == (RevokedAnswer(1),)
    clock.advance(timedelta(minutes=11))
    with pytest.raises(MessageStale):
        revoked.exchange((RevokeKey(1),), 2)


def test_an_escrowed_key_that_was_destroyed_answers_with_its_state(
    world: KeyCentreWorld, far: OverMessages
) -> None:
    holder = world.holder()
    (answer,) = far.exchange((apply(holder, world, 1),), 1)
    assert isinstance(answer, KeyAnswer)
    key = world.centre.key_of(answer.public_key)
    world.centre.archive(key.id, "over", actor=Actor("person:a"))
    world.centre.destroy(key.id, "over", actor=Actor("person:a"))
    (refused,) = far.exchange((RestoreKey(1, world.holder().public_key),), 2)
    assert isinstance(refused, ErrorAnswer)
    assert refused.number == STATE
