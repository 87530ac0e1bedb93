"""Shards of revocation lists and their delta lists (RFC 5280 §5.2.4 to §5.2.6; I12, I13, I15)."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from ca import der
from ca.actor import SYSTEM
from ca.certificate import CertificateRequest, IssuedCertificate, RevocationReason, SubjectName
from ca.certificate_store import by_serial
from ca.config import CaConfig
from ca.errors import CertificateUnknown, IssuerUnknown, ShardCapacityInvalid, ShardUnknown
from ca.restoration import merge_list
from ca.status.crl import CrlPublisher
from ca.status.crl_store import Scope, newest_shard
from ca.status.ocsp import OcspResponder
from ca.status.revocation_list import (
    MAX_ENTRY_OCTETS,
    CrlContent,
    assemble,
    encode_entry,
    encode_tbs,
    entries_gone,
    entries_of,
    lists,
    serial_of,
)
from ca.status.shards import MAX_SHARD_CAPACITY, MIN_SHARD_CAPACITY
from ca.store import certificate, crl_shard
from hsm.algorithms import SignatureAlgorithm
from tests.conftest import SteppingClock
from tests.pki import CLERK, COMPANY, OFFICER, SECOND, USCC, World, make_world, new_key

NAME = SubjectName(COMPANY, COMPANY, USCC)
CAPACITY = MIN_SHARD_CAPACITY


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock) -> World:
    made = make_world(engine, clock)
    made.enterprises.register(USCC, COMPANY, actor=CLERK)
    made.authority.shard_lists("issuing", CAPACITY, actor=OFFICER)
    return made


@pytest.fixture
def publisher(world: World) -> CrlPublisher:
    return CrlPublisher(world.engine, world.keys, world.clock, world.audit, world.config)


def issue(world: World, key: str) -> IssuedCertificate:
    request = CertificateRequest("enterprise-seal", NAME, new_key().public_key())
    return world.authority.issue(request, request_key=key, actor=CLERK)


def issue_many(world: World, count: int) -> list[IssuedCertificate]:
    return [issue(world, f"many-{next(world.counter)}") for _ in range(count)]


def shard_of(world: World, serial: int) -> int:
    return world.authority.certificate(serial).shard


def points(extension: type, found: x509.Certificate | x509.CertificateRevocationList) -> list[str]:
    value = found.extensions.get_extension_for_class(extension).value
    return [name.value for point in value for name in point.full_name]


def serials(listed: bytes) -> set[int]:
    return {serial_of(entry) for entry in entries_of(listed)}


# --- where a certificate belongs ------------------------------------------------------------------------------------


def test_a_shard_is_full_and_the_next_is_opened(world: World) -> None:
    made = issue_many(world, 2 * CAPACITY + 1)
    assert [shard_of(world, one.serial) for one in made] == [1] * CAPACITY + [2] * CAPACITY + [3]
    for one in made:
        shard = shard_of(world, one.serial)
        assert points(x509.CRLDistributionPoints, one.certificate) == [
            world.config.crl_address("issuing", shard)
        ]
        assert points(x509.FreshestCRL, one.certificate) == [world.config.delta_address("issuing", shard)]


def test_what_was_issued_before_keeps_the_whole_list(engine: sa.Engine, clock: SteppingClock) -> None:
    """A certificate's list is the one that it names, whatever is decided later (I15)."""
    world = make_world(engine, clock)
    world.enterprises.register(USCC, COMPANY, actor=CLERK)
    publisher = CrlPublisher(world.engine, world.keys, world.clock, world.audit, world.config)
    before = issue(world, "before")
    first = x509.load_der_x509_crl(publisher.current("issuing").der)
    with pytest.raises(x509.ExtensionNotFound):
        first.extensions.get_extension_for_class(x509.IssuingDistributionPoint)
    world.authority.shard_lists("issuing", CAPACITY, actor=OFFICER)
    after = issue(world, "after")
    assert (shard_of(world, before.serial), shard_of(world, after.serial)) == (0, 1)
    for one in (before, after):
        world.authority.revoke(one.serial, RevocationReason.SUPERSEDED, actor=CLERK)
    assert serials(publisher.current("issuing").der) == {before.serial}
    assert serials(publisher.current("issuing", 1).der) == {after.serial}
    world.authority.shard_lists("issuing", 0, actor=OFFICER)
    last = issue(world, "last")
    assert shard_of(world, last.serial) == 0
    assert shard_of(world, after.serial) == 1


def test_I15_the_shard_of_a_certificate_never_changes(world: World, clock: SteppingClock) -> None:
    """Holds, releases, revocations, new capacities and further shards leave it where its certificate says it is."""
    made = issue_many(world, CAPACITY + 2)
    named = {one.serial: points(x509.CRLDistributionPoints, one.certificate) for one in made}

    def stays() -> bool:
        return all(
            named[one.serial] == [world.config.crl_address("issuing", shard_of(world, one.serial))]
            for one in made
        )

    world.authority.revoke(made[0].serial, RevocationReason.CERTIFICATE_HOLD, actor=CLERK)
    assert stays()
    world.authority.release(made[0].serial, actor=SECOND)
    world.authority.shard_lists("issuing", CAPACITY * 2, actor=OFFICER)
    issue_many(world, 1)
    for one in made:
        world.authority.revoke(one.serial, RevocationReason.KEY_COMPROMISE, actor=CLERK)
    clock.advance(timedelta(days=1))
    assert stays()


def test_an_open_shard_keeps_its_size(world: World) -> None:
    issue_many(world, 1)
    world.authority.shard_lists("issuing", CAPACITY * 3, actor=OFFICER)
    with world.engine.connect() as conn:
        found = newest_shard(conn, "issuing")
    assert found is not None
    assert (found.shard, found.capacity, found.assigned) == (1, CAPACITY, 1)


def test_writers_at_once_never_overfill_a_shard(world: World) -> None:
    from ca.errors import IssuanceUnfinished

    def one(number: int) -> int:
        for _ in range(10):  # a plan is overtaken when others fill the shard three times meanwhile
            try:
                return issue(world, f"at-once-{number}").serial
            except IssuanceUnfinished:
                continue
        raise AssertionError("never issued")

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(one, range(3 * CAPACITY)))
    shards = [shard_of(world, serial) for serial in made]
    assert max(shards.count(number) for number in set(shards)) <= CAPACITY
    with world.engine.connect() as conn:
        rows = conn.execute(sa.select(crl_shard.c.assigned).where(crl_shard.c.shard > 0)).scalars()
        assert all(assigned <= CAPACITY for assigned in rows)


@pytest.mark.parametrize("capacity", [-1, 1, MIN_SHARD_CAPACITY - 1, MAX_SHARD_CAPACITY + 1])
def test_capacities_out_of_range_are_refused(world: World, capacity: int) -> None:
    with pytest.raises(ShardCapacityInvalid):
        world.authority.shard_lists("issuing", capacity, actor=OFFICER)


def test_an_unknown_issuer_has_no_shards(world: World, publisher: CrlPublisher) -> None:
    with pytest.raises(IssuerUnknown):
        world.authority.shard_lists("nobody", CAPACITY, actor=OFFICER)
    with pytest.raises(ShardUnknown):
        publisher.current("issuing", 7)
    with pytest.raises(ShardUnknown):
        publisher.current_delta("issuing", 0)
    with pytest.raises(IssuerUnknown):
        publisher.current("nobody", 1)
    with pytest.raises(CertificateUnknown):
        publisher.covering("issuing", 12345)


# --- what a shard's list says ---------------------------------------------------------------------------------------


def test_a_shards_list_names_its_scope(world: World, publisher: CrlPublisher) -> None:
    """RFC 5280 §5.2.5, §5.2.6: critical, one address, that of the certificates; the delta's address beside it."""
    one = issue(world, "one")
    world.authority.revoke(one.serial, RevocationReason.SUPERSEDED, actor=CLERK)
    made = publisher.current("issuing", 1)
    assert (made.issuer, made.shard, made.entries) == ("issuing", 1, 1)
    read = x509.load_der_x509_crl(made.der)
    scope = read.extensions.get_extension_for_class(x509.IssuingDistributionPoint)
    assert scope.critical
    assert [name.value for name in scope.value.full_name] == points(
        x509.CRLDistributionPoints, one.certificate
    )
    flags = (
        scope.value.only_contains_user_certs,
        scope.value.only_contains_ca_certs,
        scope.value.indirect_crl,
        scope.value.only_contains_attribute_certs,
    )
    assert flags == (False, False, False, False)
    assert points(x509.FreshestCRL, read) == [world.config.delta_address("issuing", 1)]
    assert serials(made.der) == {one.serial}


def test_once_there_are_shards_the_whole_list_names_its_scope_too(
    world: World, publisher: CrlPublisher
) -> None:
    """Without an address it would speak for the certificates on shards, of which it knows nothing."""
    issue(world, "one")
    read = x509.load_der_x509_crl(publisher.publish("issuing", actor=SYSTEM).der)
    scope = read.extensions.get_extension_for_class(x509.IssuingDistributionPoint)
    assert scope.critical
    assert [name.value for name in scope.value.full_name] == [world.config.crl_address("issuing")]


def test_a_full_shard_all_revoked_stays_below_a_megabyte() -> None:
    """The longest entries that RFC 5280 allows our serials, and as many as a shard takes."""
    now = datetime(2026, 11, 22, tzinfo=UTC)
    entries = [
        encode_entry((0x7FFF << 136) + number, now, "privilegeWithdrawn")
        for number in range(MAX_SHARD_CAPACITY)
    ]
    longest = encode_entry((1 << 159) - 1, now, "privilegeWithdrawn")
    assert len(longest) == MAX_ENTRY_OCTETS
    content = CrlContent(
        x509.Name([]).public_bytes(),
        b"k" * 32,
        2**62,
        now,
        now,
        SignatureAlgorithm.RSA_SHA256,
        "http://a-rather-long-name.ca.example.test/pki/crl/issuing/123456.crl",
        "http://a-rather-long-name.ca.example.test/pki/crl/issuing/123456.delta.crl",
    )
    made = assemble(encode_tbs(content, entries), content.algorithm, bytes(512))
    assert len(made) <= 1_000_000
    assert MAX_ENTRY_OCTETS * MAX_SHARD_CAPACITY + 4096 <= 1_000_000


def test_I15_numbers_rise_over_all_lists_of_an_issuer(
    world: World, publisher: CrlPublisher, clock: SteppingClock
) -> None:
    """RFC 5280 §5.2.3, §5.2.4: complete and delta lists share one sequence."""
    made = issue_many(world, CAPACITY + 1)
    numbers, times = [], []
    for one in made[:3]:
        world.authority.revoke(one.serial, RevocationReason.SUPERSEDED, actor=CLERK)
        for found in (
            publisher.publish("issuing", actor=SYSTEM),
            publisher.publish("issuing", shard=1, actor=SYSTEM),
            publisher.current_delta("issuing", 1),
            publisher.publish("issuing", shard=2, actor=SYSTEM),
        ):
            numbers.append(found.number)
            times.append(found.this_update)
        clock.advance(timedelta(minutes=1))
    assert numbers == list(range(1, 13))
    assert times == sorted(times)


def test_I15_revoked_stays_on_its_shard_until_one_list_past_expiry(
    world: World, publisher: CrlPublisher, clock: SteppingClock
) -> None:
    """Old and new list side by side, step by step through the certificates' ends."""
    request = CertificateRequest("enterprise-seal", NAME, new_key().public_key(), timedelta(days=10))
    short = world.authority.issue(request, request_key="short", actor=CLERK)
    long = issue(world, "long")
    for one in (short, long):
        world.authority.revoke(one.serial, RevocationReason.KEY_COMPROMISE, actor=CLERK)
    seen: list[tuple[datetime, set[int]]] = []
    for _ in range(14):
        made = publisher.publish("issuing", shard=1, actor=SYSTEM)
        seen.append((made.this_update, serials(made.der)))
        clock.advance(timedelta(days=1))
    for (at, old), (_, new) in itertools.pairwise(seen):
        for gone in old - new:
            assert gone == short.serial
            assert at > short.not_after, "it left before it had stood on one list past its end"
    assert seen[-1][1] == {long.serial}
    assert any(at > short.not_after and short.serial in said for at, said in seen)


# --- delta lists ----------------------------------------------------------------------------------------------------


def test_a_delta_list_says_what_changed(world: World, publisher: CrlPublisher, clock: SteppingClock) -> None:
    """RFC 5280 §5.2.4: indicator critical, same scope, higher number; a lifted hold is removed (§5.3.1)."""
    kept, held, gone = issue_many(world, 3)
    world.authority.revoke(kept.serial, RevocationReason.SUPERSEDED, actor=CLERK)
    world.authority.revoke(held.serial, RevocationReason.CERTIFICATE_HOLD, actor=CLERK)
    base = publisher.current("issuing", 1)
    clock.advance(timedelta(minutes=1))
    world.authority.release(held.serial, actor=SECOND)
    world.authority.revoke(gone.serial, RevocationReason.KEY_COMPROMISE, actor=CLERK)
    delta = publisher.current_delta("issuing", 1)
    read = x509.load_der_x509_crl(delta.der)
    indicator = read.extensions.get_extension_for_class(x509.DeltaCRLIndicator)
    assert indicator.critical
    assert indicator.value.crl_number == base.number == delta.base
    assert delta.number > base.number
    scope = read.extensions.get_extension_for_class(x509.IssuingDistributionPoint)
    assert [name.value for name in scope.value.full_name] == [world.config.crl_address("issuing", 1)]
    with pytest.raises(x509.ExtensionNotFound):
        read.extensions.get_extension_for_class(x509.FreshestCRL)
    said = {entry.serial_number: entry for entry in read}
    assert set(said) == {held.serial, gone.serial}
    reasons = {
        serial: entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
        for serial, entry in said.items()
    }
    assert reasons == {
        held.serial: x509.ReasonFlags.remove_from_crl,
        gone.serial: x509.ReasonFlags.key_compromise,
    }


def apply(base: bytes, delta: bytes) -> set[int]:
    """Join a complete list and a delta list as RFC 5280 §5.2.4 tells a reader to."""
    said = serials(base)
    for entry in x509.load_der_x509_crl(delta):
        try:
            reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
        except x509.ExtensionNotFound:
            reason = x509.ReasonFlags.unspecified
        if reason is x509.ReasonFlags.remove_from_crl:
            said.discard(entry.serial_number)
        else:
            said.add(entry.serial_number)
    return said


ACTS = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(["hold", "release", "revoke", "publish", "wait"])),
    min_size=1,
    max_size=25,
)


@pytest.fixture
def mill(tmp_path_factory: pytest.TempPathFactory) -> World:
    from api.database.engine import make_engine

    clock = SteppingClock()
    engine = make_engine(f"sqlite:///{tmp_path_factory.mktemp('mill') / 'mill.db'}")
    made = make_world(engine, clock)
    made.enterprises.register(USCC, COMPANY, actor=CLERK)
    made.authority.shard_lists("issuing", MAX_SHARD_CAPACITY, actor=OFFICER)
    return made


def test_I13_base_and_delta_together_say_what_the_database_says(mill: World) -> None:
    """Any complete list in force with the newest delta list gives the present state, whatever happened between."""
    rounds = itertools.count()

    @given(acts=ACTS)
    @settings(max_examples=25, deadline=None, derandomize=True)
    def run(acts: list[tuple[int, str]]) -> None:
        clock: Any = mill.clock
        publisher = CrlPublisher(mill.engine, mill.keys, clock, mill.audit, mill.config)
        leaves = [issue(mill, f"{next(rounds)}") for _ in range(6)]
        bases = [publisher.publish("issuing", shard=1, actor=SYSTEM)]
        for which, act in acts:
            _act(mill, leaves[which].serial, act)
            if act == "publish":
                bases.append(publisher.publish("issuing", shard=1, actor=SYSTEM))
            clock.advance(timedelta(hours=3 if act == "wait" else 0, seconds=1))
        delta = publisher.current_delta("issuing", 1)
        now = clock()
        with mill.engine.connect() as conn:
            query = sa.select(certificate.c.serial).where(
                certificate.c.shard == 1, certificate.c.crl_entry != b""
            )
            revoked = set(conn.execute(query).scalars())
        for base in bases:
            if base.next_update > now and base.number >= delta.base:
                assert apply(base.der, delta.der) == revoked
        assert serials(publisher.current("issuing", 1).der) == revoked

    run()


def _act(world: World, serial: int, act: str) -> None:
    from ca.errors import CaError

    try:
        if act == "hold":
            world.authority.revoke(serial, RevocationReason.CERTIFICATE_HOLD, actor=CLERK)
        elif act == "release":
            world.authority.release(serial, actor=SECOND)
        elif act == "revoke":
            world.authority.revoke(serial, RevocationReason.SUPERSEDED, actor=CLERK)
    except CaError:  # a move that the table of revocations does not have: nothing changed
        pass


def test_a_delta_begins_at_the_oldest_list_in_force(
    world: World, publisher: CrlPublisher, clock: SteppingClock
) -> None:
    issue(world, "one")
    first = publisher.publish("issuing", shard=1, actor=SYSTEM)
    clock.advance(timedelta(days=4))
    second = publisher.publish("issuing", shard=1, actor=SYSTEM)
    assert publisher.current_delta("issuing", 1).base == first.number
    clock.advance(timedelta(days=3, seconds=1))  # the first has expired
    assert publisher.current_delta("issuing", 1).base == second.number


# --- I13: the sweep -------------------------------------------------------------------------------------------------


def test_I13_I14_database_ocsp_lists_and_deltas_agree_over_all_shards(
    world: World, publisher: CrlPublisher, clock: SteppingClock
) -> None:
    from tests.store.test_ca_status_agrees import ask

    made = issue_many(world, 2 * CAPACITY + 3)
    for number, one in enumerate(made):
        if number % 3 == 1:
            world.authority.revoke(one.serial, RevocationReason.SUPERSEDED, actor=CLERK)
        elif number % 7 == 2:
            world.authority.revoke(one.serial, RevocationReason.CERTIFICATE_HOLD, actor=CLERK)
    bases = {
        scope: publisher.publish(scope.issuer, shard=scope.shard, actor=SYSTEM)
        for scope in publisher.scopes()
    }
    clock.advance(timedelta(minutes=2))
    for number, one in enumerate(made):
        if number % 14 == 2 and number % 3 != 1:
            world.authority.release(one.serial, actor=SECOND)
        elif number % 5 == 3 and number % 3 != 1 and number % 7 != 2:
            world.authority.revoke(one.serial, RevocationReason.KEY_COMPROMISE, actor=OFFICER)
    responder = OcspResponder(world.engine, world.keys, world.clock, world.config)
    complete = {
        scope: serials(publisher.current(scope.issuer, scope.shard).der) for scope in publisher.scopes()
    }
    joined = {
        scope: apply(bases[scope].der, publisher.current_delta(scope.issuer, scope.shard).der)
        for scope in publisher.scopes()
        if scope.shard
    }
    with world.engine.connect() as conn:
        rows = conn.execute(
            sa.select(
                certificate.c.issuer, certificate.c.serial, certificate.c.shard, certificate.c.crl_entry
            )
        ).all()
    assert {row.shard for row in rows} == {0, 1, 2, 3}
    for row in rows:
        scope, revoked = Scope(row.issuer, row.shard), bool(row.crl_entry)
        assert (row.serial in complete[scope]) == revoked
        assert all(row.serial not in said for other, said in complete.items() if other != scope)
        if row.shard:
            assert (row.serial in joined[scope]) == revoked
        if row.issuer == "issuing":
            assert ask(world, responder, row.serial) == ("revoked" if revoked else "good")
        assert (row.serial in serials(publisher.covering(row.issuer, row.serial).der)) == revoked


# --- I12 ------------------------------------------------------------------------------------------------------------


def test_I12_pending_changes_are_published_and_measured(
    world: World, publisher: CrlPublisher, clock: SteppingClock
) -> None:
    made = issue_many(world, CAPACITY + 1)
    publisher.publish_due(SYSTEM)
    assert publisher.pending_for() == timedelta(0)
    assert publisher.publish_due(SYSTEM) == 0
    world.authority.revoke(made[0].serial, RevocationReason.SUPERSEDED, actor=CLERK)
    clock.advance(timedelta(minutes=4))
    world.authority.revoke(made[-1].serial, RevocationReason.CERTIFICATE_HOLD, actor=CLERK)
    clock.advance(timedelta(minutes=2))
    assert publisher.pending_for() == timedelta(minutes=6)
    assert publisher.publish_due(SYSTEM) == 2
    assert publisher.pending_for() == timedelta(0)
    assert serials(publisher.current("issuing", 1).der) == {made[0].serial}
    clock.advance(timedelta(minutes=1))
    world.authority.release(made[-1].serial, actor=SECOND)
    clock.advance(timedelta(minutes=1))
    assert publisher.pending_for() == timedelta(minutes=1)
    assert publisher.publish_due(SYSTEM) == 1
    assert serials(publisher.current("issuing", 2).der) == set()


def test_I12_one_broken_key_does_not_keep_the_other_lists_back(
    world: World, publisher: CrlPublisher, clock: SteppingClock, caplog: pytest.LogCaptureFixture
) -> None:
    """The root's token is away; revocations of the issuing CA are published all the same, and the wait is seen."""
    one = issue(world, "one")
    publisher.publish_due(SYSTEM)
    world.authority.revoke(one.serial, RevocationReason.SUPERSEDED, actor=CLERK)
    world.authority.revoke(
        world.issuing.serial_number, RevocationReason.SUPERSEDED, actor=CLERK, issuer="root"
    )
    away = publisher_without(world, "root")
    assert away.publish_due(SYSTEM) == 1
    assert serials(away.current("issuing", 1).der) == {one.serial}
    assert "cannot be made" in caplog.text
    clock.advance(timedelta(minutes=3))
    assert away.pending_for() == timedelta(minutes=3)


def publisher_without(world: World, issuer: str) -> CrlPublisher:
    """Return a publisher whose token lost one key."""
    from hsm.errors import TokenLost
    from hsm.provider import KeyRing
    from tests.faults import FaultyProvider

    gone = {one.key_uri for one in world.authority.issuers() if one.id == issuer}
    provider = FaultyProvider()
    provider.__dict__.update(world.provider.__dict__)

    class Away(FaultyProvider):
        def signer(self, uri, **given):  # type: ignore[no-untyped-def]
            if str(uri) in gone:
                raise TokenLost("away")
            return world.provider.signer(uri, **given)

    ring = KeyRing({world.provider.scheme: Away()})
    return CrlPublisher(world.engine, ring, world.clock, world.audit, world.config)


# --- restoration ----------------------------------------------------------------------------------------------------


def test_I15_I31_a_serial_learnt_from_a_shards_list_stands_on_that_shard(
    world: World, publisher: CrlPublisher, clock: SteppingClock
) -> None:
    """After a restoration the published list teaches a revocation whose certificate the backup never saw."""
    one = issue(world, "one")
    world.authority.revoke(one.serial, RevocationReason.SUPERSEDED, actor=CLERK)
    published = publisher.current("issuing", 1)
    with world.engine.begin() as conn:
        conn.execute(certificate.delete().where(certificate.c.serial == one.serial))
        merge_list(conn, published.der, at=clock(), actor=SYSTEM, audit=world.audit)
        (row,) = by_serial(conn, one.serial)
    assert row.record.shard == 1
    assert serials(publisher.publish("issuing", shard=1, actor=SYSTEM).der) == {one.serial}


# --- octets ---------------------------------------------------------------------------------------------------------


@given(
    before=st.lists(st.integers(1, 2**150), unique=True, max_size=40),
    dropped=st.sets(st.integers(0, 39)),
    added=st.lists(st.integers(2**151, 2**152), unique=True, max_size=10),
)
@settings(max_examples=200, deadline=None)
def test_what_left_a_list_is_found_in_one_pass(
    before: list[int], dropped: set[int], added: list[int]
) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    content = CrlContent(
        x509.Name([]).public_bytes(), b"k" * 20, 1, now, now, SignatureAlgorithm.ECDSA_SHA256
    )
    old = [encode_entry(serial, now) for serial in before]
    new = [entry for place, entry in enumerate(old) if place not in dropped]
    new += [encode_entry(serial, now, "superseded") for serial in added]
    signed = assemble(encode_tbs(content, old), content.algorithm, b"\0")
    tbs = encode_tbs(content, [b"".join(new[:7]), b"".join(new[7:])])
    gone = [entry for place, entry in enumerate(old) if place in dropped]
    assert list(entries_gone(signed, tbs)) == gone
    for serial in (*before, *added):
        kept = serial in added or encode_entry(serial, now) in new
        assert lists(tbs, serial) == kept


@pytest.mark.parametrize(
    "octets",
    [b"\x30\x81\x80" + bytes(128), b"\x02\x01\x01", b"\x30\x05\x02\x01\x01", b"\x30"],
    ids=["long form", "not a sequence", "longer than its list", "cut short"],
)
def test_entries_that_are_not_ours_are_refused(octets: bytes) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    content = CrlContent(x509.Name([]).public_bytes(), b"k", 1, now, now, SignatureAlgorithm.ECDSA_SHA256)
    made = assemble(encode_tbs(content, [octets]), content.algorithm, b"\0")
    with pytest.raises(der.DerError):
        list(entries_of(made))


def test_addresses_of_shards_are_those_of_the_routes() -> None:
    config = CaConfig(base_url="http://ca.test")
    assert config.crl_address("issuing") == "http://ca.test/pki/crl/issuing.crl"
    assert config.crl_address("issuing", 3) == "http://ca.test/pki/crl/issuing/3.crl"
    assert config.delta_address("issuing", 3) == "http://ca.test/pki/crl/issuing/3.delta.crl"


def test_a_list_is_read_by_the_index_of_changes(sqlite_database: str, clock: SteppingClock) -> None:
    """Neither the table nor a sort of all entries stands between the database and a list."""
    from api.database.engine import make_engine

    engine = make_engine(sqlite_database)
    world = make_world(engine, clock)
    seen: list[tuple[str, tuple[object, ...]]] = []
    sa.event.listen(
        engine, "before_cursor_execute", lambda _c, _k, statement, given, *_: seen.append((statement, given))
    )
    CrlPublisher(world.engine, world.keys, world.clock, world.audit, world.config).publish(
        "issuing", actor=SYSTEM
    )
    ((statement, given),) = [one for one in seen if "crl_entry" in one[0] and one[0].startswith("SELECT")]
    with engine.connect() as conn:
        plan = [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)]
    engine.dispose()
    assert any("ix_certificate_issuer_shard_crl_change" in step for step in plan), plan
    assert not any("TEMP B-TREE" in step for step in plan), plan
