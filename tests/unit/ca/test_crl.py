"""Revocation lists: numbers, entries, publishing and serving (RFC 5280 §5, I1, I7, I15, I16)."""

from __future__ import annotations

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from ca import der
from ca.actor import SYSTEM
from ca.errors import ClockWentBack, CrlRegressed, CrlUnavailable, IssuerUnknown, SignatureWithheld
from ca.key_facts import key_identifier
from ca.status.crl import CrlPublisher
from ca.status.revocation_list import (
    REASON_CODES,
    CrlContent,
    assemble,
    encode_entry,
    encode_tbs,
    entries_of,
    serial_of,
)
from ca.store import certificate, crl
from hsm.algorithms import DEFAULT_ALGORITHM, PublicKey, SignatureAlgorithm, kind_of
from hsm.errors import TokenLost
from hsm.public_keys import certificate_key
from hsm.verification import verify_signature
from tests.conftest import SteppingClock
from tests.pki import DefaultSuite
from tests.status_world import StatusWorld, sign_with

pytestmark = pytest.mark.usefixtures("both_suites")


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock) -> StatusWorld:
    return StatusWorld(engine, clock)


def load(der_: bytes) -> x509.CertificateRevocationList:
    return x509.load_der_x509_crl(der_)


def prove_list(read: x509.CertificateRevocationList, key: PublicKey) -> None:
    algorithm = DEFAULT_ALGORITHM[kind_of(key)]
    assert read.signature_algorithm_oid.dotted_string == algorithm.oid
    verify_signature(key, algorithm, read.tbs_certlist_bytes, read.signature)


def serials(der_: bytes) -> set[int]:
    return {entry.serial_number for entry in load(der_)}


def statuses(world: StatusWorld) -> list[tuple[int, str]]:
    with world.engine.connect() as conn:
        rows = conn.execute(sa.select(crl.c.number, crl.c.status).order_by(crl.c.number))
        return [(row.number, row.status) for row in rows]


def test_the_list_says_what_was_revoked(world: StatusWorld) -> None:
    """C1: serials, times and reasons as recorded, under the issuer's key, number and key identifier."""
    kept, gone = world.issue(), world.issue()
    world.revoke(gone.serial_number, "cessationOfOperation")
    made = world.crl().publish("issuing", actor=SYSTEM)
    read, above = load(made.der), world.certificates["issuing"]
    prove_list(read, certificate_key(above))
    assert read.issuer == above.subject
    assert serials(made.der) == {gone.serial_number}
    assert kept.serial_number not in serials(made.der)
    entry = read.get_revoked_certificate_by_serial_number(gone.serial_number)
    assert entry.revocation_date_utc == world.clock()
    assert (
        entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value == "cessationOfOperation"
    )
    assert read.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == made.number == 1
    identifier = read.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    assert identifier == key_identifier(certificate_key(above))
    assert (read.last_update_utc, read.next_update_utc) == (made.this_update, made.next_update)
    assert made.next_update - made.this_update == world.config.crl_lifetime


def test_an_empty_list_has_no_entries_field(world: StatusWorld) -> None:
    """RFC 5280 §5.1.2.6: when nothing is revoked the list of revocations must be absent."""
    made = world.crl().publish("root", actor=SYSTEM)
    assert list(entries_of(made.der)) == []
    assert len(load(made.der)) == 0


@given(
    serial=st.integers(1, 2**159 - 1),
    reason=st.sampled_from(sorted(REASON_CODES)),
    when=st.datetimes(datetime(1970, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
)
@settings(max_examples=150, deadline=None)
def test_every_entry_survives_the_round_trip(serial: int, reason: str, when: datetime) -> None:
    """RFC 5280 §5.1.2.6: UTCTime through 2049, GeneralizedTime after; unspecified is left out (§5.3.1)."""
    key = ec.generate_private_key(ec.SECP256R1())
    entry = encode_entry(serial, when, reason)
    content = CrlContent(
        x509.Name([]).public_bytes(), b"k" * 20, 1, when, when, SignatureAlgorithm.ECDSA_SHA256
    )
    tbs = encode_tbs(content, [entry])
    made = assemble(tbs, content.algorithm, sign_with(key, tbs, content.algorithm))
    assert list(entries_of(made)) == [entry]
    assert serial_of(entry) == serial
    read = load(made).get_revoked_certificate_by_serial_number(serial)
    assert read is not None
    assert read.revocation_date_utc == when.replace(microsecond=0)
    codes = [extension.value.reason.value for extension in read.extensions]
    assert codes == ([] if reason == "unspecified" else [reason])


def test_a_list_of_100_000_entries_is_spliced_in_seconds(world: StatusWorld) -> None:
    """E3: the entries were encoded when they were made; a list only joins them."""
    now = world.clock()
    entries = [encode_entry((1 << 150) + number, now, "superseded") for number in range(100_000)]
    content = CrlContent(
        world.certificates["issuing"].subject.public_bytes(),
        b"k" * 20,
        9,
        now,
        now + timedelta(days=7),
        DEFAULT_ALGORITHM[DefaultSuite.suite.key_kind],
    )
    began = time.process_time()
    tbs = encode_tbs(content, entries)
    assert time.process_time() - began < 2  # a library that makes an object an entry takes 180 s
    key = world.memory.private["issuing"]
    made = assemble(tbs, content.algorithm, sign_with(key, tbs, content.algorithm))
    read = load(made)
    prove_list(read, key.public_key())
    assert len(read) == 100_000
    assert read.get_revoked_certificate_by_serial_number((1 << 150) + 99_999) is not None


def test_entries_of_refuses_what_is_not_a_list() -> None:
    with pytest.raises(der.DerError):
        list(entries_of(b"\x30\x03\x02\x01\x01"))


# --- I15 ---------------------------------------------------------------------------------------------------------


def test_I15_numbers_and_times_only_rise(world: StatusWorld, clock: SteppingClock) -> None:
    publisher = world.crl()
    made = []
    for _ in range(4):
        made.append(publisher.publish("issuing", actor=SYSTEM))
        clock.advance(timedelta(seconds=1))
    assert [one.number for one in made] == [1, 2, 3, 4]
    assert sorted({one.this_update for one in made}) == [one.this_update for one in made]
    assert publisher.publish("root", actor=SYSTEM).number == 1


def test_I15_a_clock_set_back_publishes_nothing(world: StatusWorld, clock: SteppingClock) -> None:
    publisher = world.crl()
    publisher.publish("issuing", actor=SYSTEM)
    signed = world.memory.signed
    clock.advance(timedelta(seconds=-1))
    with pytest.raises(ClockWentBack):
        publisher.publish("issuing", actor=SYSTEM)
    assert world.memory.signed == signed
    assert statuses(world) == [(1, "issued")]


def test_I15_publishers_at_once_never_share_a_number(world: StatusWorld) -> None:
    publishers = [world.crl() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda n: publishers[n % 4].publish("issuing", actor=SYSTEM), range(12)))
    assert sorted(one.number for one in made) == list(range(1, 13))
    assert len({one.der for one in made}) == 12


def test_I15_a_higher_number_never_knows_less(world: StatusWorld) -> None:
    """Revocations and publishers race; on every list all entries of the lists with lower numbers stand."""
    leaves = [world.issue() for _ in range(12)]
    publishers = [world.crl(), world.crl()]
    stop = threading.Event()
    made: list[tuple[int, frozenset[int]]] = []

    def publish(publisher: CrlPublisher) -> None:
        while not stop.is_set():
            one = publisher.publish("issuing", actor=SYSTEM)
            made.append((one.number, frozenset(serials(one.der))))

    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(publish, publisher) for publisher in publishers]
        for leaf in leaves:
            world.revoke(leaf.serial_number)
        stop.set()
        for one in running:
            one.result()
    ordered = [entries for _, entries in sorted(made)]
    assert all(lower <= higher for lower, higher in itertools.pairwise(ordered))


def test_I15_a_revoked_certificate_stays_until_one_list_past_its_expiry(
    world: StatusWorld, clock: SteppingClock
) -> None:
    """RFC 5280 §3.3."""
    leaf = world.issue(not_after=clock() + timedelta(days=10))
    world.revoke(leaf.serial_number)
    publisher = world.crl()
    assert serials(publisher.publish("issuing", actor=SYSTEM).der) == {leaf.serial_number}
    clock.advance(timedelta(days=9))
    assert serials(publisher.publish("issuing", actor=SYSTEM).der) == {leaf.serial_number}
    clock.advance(timedelta(days=2))  # expired since; this list still has it
    assert serials(publisher.publish("issuing", actor=SYSTEM).der) == {leaf.serial_number}
    clock.advance(timedelta(days=1))
    assert serials(publisher.publish("issuing", actor=SYSTEM).der) == set()


def test_I15_a_certificate_revoked_after_its_expiry_still_appears_once(
    world: StatusWorld, clock: SteppingClock
) -> None:
    leaf = world.issue(not_after=clock() + timedelta(hours=1))
    publisher = world.crl()
    clock.advance(timedelta(hours=2))
    publisher.publish("issuing", actor=SYSTEM)
    clock.advance(timedelta(hours=1))
    world.revoke(leaf.serial_number)
    clock.advance(timedelta(seconds=1))
    assert serials(publisher.current("issuing").der) == {leaf.serial_number}
    clock.advance(timedelta(hours=1))
    assert serials(publisher.publish("issuing", actor=SYSTEM).der) == set()


def test_I15_a_list_that_forgot_a_revocation_is_not_signed(world: StatusWorld) -> None:
    """Somebody set the database back: the old/new comparison finds it before the key is touched."""
    leaf = world.issue()
    world.revoke(leaf.serial_number)
    publisher = world.crl()
    publisher.publish("issuing", actor=SYSTEM)
    with world.engine.begin() as conn:
        conn.execute(
            certificate.update()
            .where(certificate.c.serial == leaf.serial_number)
            .values(status="issued", crl_entry=b"", revoked_at=None)
        )
    signed = world.memory.signed
    with pytest.raises(CrlRegressed):
        publisher.publish("issuing", actor=SYSTEM)
    assert world.memory.signed == signed
    assert statuses(world) == [(1, "issued"), (2, "burned")]
    assert world.actions()[-1] == "crl.burned"


def test_a_lifted_hold_leaves_the_list(world: StatusWorld, clock: SteppingClock) -> None:
    leaf = world.issue()
    world.revoke(leaf.serial_number, "certificateHold")
    publisher = world.crl()
    assert serials(publisher.current("issuing").der) == {leaf.serial_number}
    clock.advance(timedelta(minutes=1))
    world.lift_hold(leaf.serial_number)
    assert serials(publisher.current("issuing").der) == set()


def test_a_hold_that_becomes_final_changes_its_entry(world: StatusWorld, clock: SteppingClock) -> None:
    """X.509 §9.5.2.2: it keeps the date of the hold; the next list served has the final reason."""
    leaf = world.issue()
    held_at = clock()
    world.revoke(leaf.serial_number, "certificateHold")
    publisher = world.crl()
    publisher.current("issuing")
    clock.advance(timedelta(hours=6))
    entry = encode_entry(leaf.serial_number, held_at, "keyCompromise")
    world.change(leaf.serial_number, crl_entry=entry)
    assert list(entries_of(publisher.current("issuing").der)) == [entry]


def test_a_burned_serial_stands_on_the_list(world: StatusWorld) -> None:
    """I3: a serial that may have been signed is revoked although it never was issued."""
    burned = world.issue(status="reserved")
    world.revoke(burned.serial_number, "unspecified", status="burned")
    assert serials(world.crl().current("issuing").der) == {burned.serial_number}


# --- I1, I7, I19 -------------------------------------------------------------------------------------------------


def test_I01_the_number_is_durable_before_the_key_is_touched(world: StatusWorld) -> None:
    seen: list[tuple[list[tuple[int, str]], list[str]]] = []
    world.memory.before_signing = lambda: seen.append((statuses(world), world.actions()))
    made = world.crl().publish("issuing", actor=SYSTEM)
    assert [row for row, _ in seen] == [[(1, "reserved")]]
    assert seen[0][1] == ["crl.intended"]
    assert world.actions() == ["crl.intended", "crl.published"]
    assert statuses(world) == [(1, "issued")]
    assert made.number == 1


def test_I07_a_wrong_signature_is_withheld(world: StatusWorld) -> None:
    world.memory.flip_bit = True
    publisher = world.crl()
    with pytest.raises(SignatureWithheld):
        publisher.publish("issuing", actor=SYSTEM)
    world.memory.flip_bit = False
    assert statuses(world) == [(1, "burned")]
    assert publisher.publish("issuing", actor=SYSTEM).number == 2


def test_I19_a_lost_answer_burns_the_number(world: StatusWorld) -> None:
    """The token signed, its answer was lost: the number is spent and the fault is on record."""
    world.memory.lose_answer = True
    with pytest.raises(TokenLost):
        world.crl().publish("issuing", actor=SYSTEM)
    world.memory.lose_answer = False
    assert statuses(world) == [(1, "burned")]
    assert world.actions() == ["crl.intended", "crl.burned"]


def test_I19_reconcile_burns_a_number_cut_off(world: StatusWorld, clock: SteppingClock) -> None:
    """The process died between the key and transaction B."""
    world.memory.before_signing = _die
    publisher = world.crl()
    with pytest.raises(KeyboardInterrupt):
        publisher.publish("issuing", actor=SYSTEM)
    world.memory.before_signing = None
    assert statuses(world) == [(1, "reserved")]
    assert publisher.reconcile(SYSTEM) == ()  # it might still be signing
    clock.advance(timedelta(minutes=2))
    assert publisher.reconcile(SYSTEM) == (("issuing", 1),)
    assert publisher.reconcile(SYSTEM) == ()
    assert statuses(world) == [(1, "burned")]
    assert publisher.publish("issuing", actor=SYSTEM).number == 2


def _die() -> None:
    raise KeyboardInterrupt


# --- I12, I16 ----------------------------------------------------------------------------------------------------


def test_I12_a_revocation_stands_on_the_very_next_list_served(world: StatusWorld) -> None:
    publisher = world.crl()
    first = publisher.current("issuing")
    assert publisher.current("issuing").number == first.number
    leaf = world.issue()
    world.revoke(leaf.serial_number)
    assert serials(publisher.current("issuing").der) == {leaf.serial_number}
    assert publisher.current("issuing").number == first.number + 1
    assert publisher.current("issuing").number == first.number + 1, "once is enough"


def test_I16_a_list_is_renewed_past_half_its_life(world: StatusWorld, clock: SteppingClock) -> None:
    publisher = world.crl()
    first = publisher.current("issuing")
    half = world.config.crl_lifetime / 2
    clock.advance(half - timedelta(seconds=1))
    assert publisher.current("issuing").number == first.number
    clock.advance(timedelta(seconds=1))
    assert publisher.current("issuing").number == first.number + 1


def test_I16_no_expired_list_is_served(world: StatusWorld, clock: SteppingClock) -> None:
    """The root's token is away: its list is served past half its life, but not in its last twentieth."""
    publisher = world.crl()
    first = publisher.current("root")
    key = world.memory.private.pop("root")
    publisher = world.crl()
    clock.advance(world.config.crl_lifetime * 0.9)
    assert publisher.current("root").der == first.der
    clock.advance(world.config.crl_lifetime * 0.06)
    with pytest.raises(CrlUnavailable):
        publisher.current("root")
    world.memory.private["root"] = key
    assert publisher.current("root").next_update > clock()


def test_an_issuer_that_does_not_exist_is_named(world: StatusWorld) -> None:
    for ask in (world.crl().current, lambda name: world.crl().publish(name, actor=SYSTEM)):
        with pytest.raises(IssuerUnknown):
            ask("nobody")


def test_many_readers_cause_one_list(world: StatusWorld) -> None:
    publisher = world.crl()
    with ThreadPoolExecutor(8) as pool:
        numbers = set(pool.map(lambda _: publisher.current("issuing").number, range(24)))
    assert numbers == {1}
    assert world.memory.signed == 1
