"""Answers without waiting: the same as those that may wait, or none (I7, I12, I14)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from cryptography.x509 import ocsp

from api.database.engine import make_engine
from ca.status.ocsp import DESK_LIFE, OcspResponder
from ca.status.reader import StatusReader, WouldWait
from hsm.signer import Custody
from tests.conftest import SteppingClock
from tests.status_world import MemorySigner, StatusWorld
from tests.unit.ca.test_ocsp import ask, many

Status = ocsp.OCSPResponseStatus


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory, clock: SteppingClock) -> Iterator[StatusWorld]:
    """Yield the world in an SQLite file: the one place where answers are given at once."""
    engine = make_engine(f"sqlite:///{tmp_path_factory.mktemp('once')}/ca.db")
    yield StatusWorld(engine, clock)
    engine.dispose()


@pytest.fixture
def responder(world: StatusWorld) -> Iterator[OcspResponder]:
    """Yield a responder that has answered once, so that it has all it needs."""
    made = world.ocsp()
    made.respond("issuing", many(world, [7]))
    yield made
    made.close()


def read(answer: bytes | None) -> ocsp.OCSPResponse:
    assert answer is not None
    return ocsp.load_der_ocsp_response(answer)


def test_nothing_is_answered_at_once_before_the_first_that_waited(world: StatusWorld) -> None:
    made, fresh = world.issue(), world.ocsp()
    assert fresh.at_once("issuing", ask(world, made)) is None
    waited = fresh.respond("issuing", ask(world, made))
    assert fresh.at_once("issuing", ask(world, made)) == waited
    fresh.close()


def test_I12_a_revocation_shows_in_the_next_answer_at_once(
    world: StatusWorld, responder: OcspResponder
) -> None:
    """The connection that is kept sees each commit made beside it."""
    for _ in range(5):
        made = world.issue()
        responder.respond("issuing", ask(world, made))
        before = read(responder.at_once("issuing", ask(world, made)))
        assert before.certificate_status is ocsp.OCSPCertStatus.GOOD
        world.revoke(made.serial_number)
        after = read(responder.at_once("issuing", ask(world, made)))
        assert after.certificate_status is ocsp.OCSPCertStatus.REVOKED


def test_I14_the_same_standing_at_once_and_later(world: StatusWorld) -> None:
    reserved, good, gone = world.issue(status="reserved"), world.issue(), world.issue()
    world.revoke(gone.serial_number, "superseded")
    serials = [reserved.serial_number, good.serial_number, gone.serial_number, 99, 0, -5, 1 << 200]
    reader = StatusReader(world.engine)
    later = reader.statuses("issuing", serials)
    assert reader.at_once("issuing", serials) == later
    assert [found.standing.value for found in later] == ["unknown", "good", "revoked", *["unknown"] * 4]
    reader.close()


def test_a_writer_is_not_waited_for(world: StatusWorld, responder: OcspResponder) -> None:
    made = world.issue()
    responder.respond("issuing", ask(world, made))
    with world.engine.begin() as writer:
        writer.exec_driver_sql("UPDATE certificate SET status = status")
        assert read(responder.at_once("issuing", ask(world, made))).response_status is Status.SUCCESSFUL


def test_trouble_is_left_to_those_who_wait(world: StatusWorld, responder: OcspResponder) -> None:
    made = world.issue()
    request = ask(world, made, nonce=b"n" * 16)
    assert read(responder.at_once("issuing", request)).response_status is Status.SUCCESSFUL
    with world.engine.begin() as conn:
        conn.exec_driver_sql("ALTER TABLE certificate RENAME TO elsewhere")
    assert responder.at_once("issuing", request) is None
    assert read(responder.respond("issuing", request)).response_status is Status.TRY_LATER
    with world.engine.begin() as conn:
        conn.exec_driver_sql("ALTER TABLE elsewhere RENAME TO certificate")
    assert read(responder.respond("issuing", request)).response_status is Status.SUCCESSFUL
    assert read(responder.at_once("issuing", request)).response_status is Status.SUCCESSFUL


def test_a_closed_reader_opens_again_where_it_may_wait(world: StatusWorld) -> None:
    made, reader = world.issue(), StatusReader(world.engine)
    reader.statuses("issuing", [made.serial_number])
    reader.close()
    with pytest.raises(WouldWait):
        reader.at_once("issuing", [made.serial_number])
    reader.statuses("issuing", [made.serial_number])
    assert reader.at_once("issuing", [made.serial_number])[0].standing.value == "good"
    reader.close()


def test_two_at_the_same_time_do_not_wait_for_each_other(world: StatusWorld) -> None:
    made = world.issue()
    reader = StatusReader(world.engine)
    reader.statuses("issuing", [made.serial_number])
    answered: list[str] = []

    def read_often() -> None:
        for _ in range(300):
            try:
                answered.append(reader.at_once("issuing", [made.serial_number])[0].standing.value)
            except WouldWait:
                answered.append("later")

    threads = [threading.Thread(target=read_often) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answered) == 900
    assert "good" in answered
    assert set(answered) <= {"good", "later"}
    reader.close()


def test_a_token_is_left_to_those_who_wait(world: StatusWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key behind a wire signs only where waiting does no harm; an answer that it signed is sent again at once."""
    monkeypatch.setattr(MemorySigner, "custody", Custody.TOKEN)
    made, responder = world.issue(), world.ocsp()
    responder.respond("issuing", many(world, [7]))
    signed = world.memory.signed
    assert responder.at_once("issuing", ask(world, made, nonce=b"n" * 16)) is None
    assert responder.at_once("issuing", ask(world, made)) is None
    assert world.memory.signed == signed
    waited = responder.respond("issuing", ask(world, made))
    assert responder.at_once("issuing", ask(world, made)) == waited
    responder.close()


def test_I07_a_wrong_signature_is_withheld_at_once(world: StatusWorld, responder: OcspResponder) -> None:
    made = world.issue()
    world.memory.flip_bit = True
    withheld = read(responder.at_once("issuing", ask(world, made, nonce=b"n")))
    assert withheld.response_status is Status.INTERNAL_ERROR


def test_what_is_refused_is_refused_at_once(world: StatusWorld, responder: OcspResponder) -> None:
    assert read(responder.at_once("issuing", b"hello")).response_status is Status.MALFORMED_REQUEST
    assert responder.at_once("nobody", many(world, [7])) is None


def test_the_responders_own_facts_are_read_again(
    world: StatusWorld, responder: OcspResponder, clock: SteppingClock
) -> None:
    """A new responder's certificate takes over: what is remembered of the old one ends, and is not read at once."""
    made = world.issue()
    responder.respond("issuing", ask(world, made))
    assert responder.at_once("issuing", ask(world, made)) is not None
    clock.advance(DESK_LIFE + timedelta(seconds=1))
    assert responder.at_once("issuing", ask(world, made)) is None


def test_another_database_is_never_read_at_once(engine: sa.Engine, clock: SteppingClock) -> None:
    world = StatusWorld(engine, clock)
    made, reader = world.issue(), StatusReader(engine)
    assert reader.statuses("issuing", [made.serial_number])[0].standing.value == "good"
    if engine.dialect.name == "sqlite":
        assert reader.at_once("issuing", [made.serial_number])[0].standing.value == "good"
    else:
        with pytest.raises(WouldWait):
            reader.at_once("issuing", [made.serial_number])
    reader.close()
