"""The issuance cycle on a real database, with a key that behaves and keys that do not."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from cryptography import x509

from ca.actor import SYSTEM
from ca.certificate import (
    CertificateRequest,
    CertificateStatus,
    IssuedCertificate,
    RevocationReason,
    SubjectName,
    spki_sha256,
)
from ca.errors import (
    CaError,
    ClockWentBack,
    EnterpriseUnknown,
    IssuanceUnfinished,
    IssuerUnknown,
    KeyCompromised,
    LintFailed,
    NameDiffers,
    NameInvalid,
    PinnedChanged,
    ProfileUnknown,
    RequestInvalid,
    RequestKeyReused,
    RequestSpent,
    SignatureWithheld,
    ValidityInvalid,
)
from ca.issuance import MAX_PLANS
from ca.issuer_store import raise_epoch
from ca.profile import ENTERPRISE_SEAL, PROFILES, Profile
from ca.reconcile import Reconciliation
from ca.status.revocation_list import serial_of
from ca.store import audit, certificate, compromised_key
from hsm.algorithms import KeyKind, PublicKey
from hsm.errors import TokenLost
from tests.conftest import SteppingClock
from tests.faults import FaultyProvider, FaultySigner, lose_token
from tests.pki import (
    CLERK,
    COMPANY,
    OFFICER,
    USCC,
    World,
    make_config,
    make_uscc,
    make_world,
    new_key,
    prove_issued,
    shared_rsa_key,
)
from tests.settled import settled_world

pytestmark = pytest.mark.usefixtures("both_suites")

NAME = SubjectName(COMPANY, COMPANY, USCC)


@pytest.fixture
def provider() -> FaultyProvider:
    return FaultyProvider()


@pytest.fixture
def profiles() -> dict[str, Profile]:
    return dict(PROFILES)


@pytest.fixture
def world(
    engine: sa.Engine, clock: SteppingClock, provider: FaultyProvider, profiles: dict[str, Profile]
) -> World:
    made = settled_world(engine, clock, provider=provider, profiles=profiles)
    made.enterprises.register(USCC, COMPANY, actor=CLERK)
    return made


def request(key: PublicKey | None = None, **changes: object) -> CertificateRequest:
    return replace(
        CertificateRequest("enterprise-seal", NAME, key or new_key().public_key()),
        **changes,  # type: ignore[arg-type]
    )


def issue(world: World, one: CertificateRequest | None = None, key: str = "k1") -> IssuedCertificate:
    return world.authority.issue(one or request(), request_key=key, actor=CLERK)


def row(world: World, key: str = "k1") -> sa.Row[tuple[object, ...]]:
    with world.engine.connect() as conn:
        return conn.execute(sa.select(*certificate.c).where(certificate.c.request_key == key)).one()


def actions(world: World) -> list[str]:
    with world.engine.connect() as conn:
        return list(conn.scalars(sa.select(audit.c.action).order_by(audit.c.number)))


def signatures(world: World) -> list[bytes]:
    return world.signer(world.hierarchy.issuing.key_uri).signed


def test_I01_I05_I07_the_whole_cycle(world: World) -> None:
    """What was linted is what was signed and what is stored; intent, octets and outcome stand in the trail."""
    before = actions(world)
    made = issue(world)
    kept = row(world)
    assert kept.status == "issued"
    assert kept.der == made.der
    assert made.certificate.tbs_certificate_bytes == kept.tbs == signatures(world)[-1]
    assert x509.load_der_x509_certificate(kept.unsigned).tbs_certificate_bytes == kept.tbs
    prove_issued(made.certificate, world.issuing)
    assert actions(world)[len(before) :] == [
        "certificate.requested",
        "certificate.issued",
    ]
    assert world.authority.certificate(made.serial).status is CertificateStatus.ISSUED


def test_I01_recorded_before_the_key_is_touched(world: World, provider: FaultyProvider) -> None:
    """At the moment of signing another connection sees the reservation with exactly the octets being signed."""
    seen: list[tuple[str, bytes, bytes]] = []

    def look(message: bytes) -> None:
        with world.engine.execution_options(read_only=True).connect() as conn:
            found = conn.execute(
                sa.select(certificate.c.status, certificate.c.tbs, certificate.c.der).where(
                    certificate.c.request_key == "k1"
                )
            ).one()
        seen.append((found.status, found.tbs, found.der))
        assert found.tbs == message

    provider.wrap = lambda signer: FaultySigner(signer, look)
    issue(world)
    assert [(status, der) for status, _tbs, der in seen] == [("reserved", b"")]


def test_I06_hashes_of_profile_and_configuration_are_kept(world: World) -> None:
    issue(world)
    kept = row(world)
    assert kept.profile_hash == ENTERPRISE_SEAL.hash
    assert kept.config_hash == world.config.hash


@pytest.mark.parametrize("moment", ["before", "after"])
def test_I05_I06_profile_changed_midway(
    world: World, provider: FaultyProvider, profiles: dict[str, Profile], moment: str
) -> None:
    """A rolling deploy changes the profile between lint and signature, or between signature and record."""

    def deploy(*_seen: bytes) -> bytes:
        profiles["enterprise-seal"] = replace(ENTERPRISE_SEAL, max_days=1)
        return _seen[-1]

    if moment == "after":
        provider.wrap = lambda signer: FaultySigner(signer, after=deploy)
    else:
        provider.wrap = lambda signer: FaultySigner(signer, before=lambda message: _discard(deploy(message)))
    with pytest.raises(PinnedChanged):
        issue(world)
    kept = row(world)
    assert (kept.status, kept.der) == ("burned", b"")
    assert serial_of(kept.crl_entry) == kept.serial


def _discard(_value: object) -> None:
    return None


def test_I07_a_token_that_flips_a_bit(world: World, provider: FaultyProvider) -> None:
    """The signature does not verify: nothing is released, the serial is burned and on the CRL."""

    def flip(_message: bytes, signature: bytes) -> bytes:
        return signature[:-1] + bytes([signature[-1] ^ 1])

    provider.wrap = lambda signer: FaultySigner(signer, after=flip)
    with pytest.raises(SignatureWithheld):
        issue(world)
    kept = row(world)
    assert (kept.status, kept.der) == ("burned", b"")
    assert kept.crl_entry


@pytest.mark.parametrize("made", [False, True], ids=["before signing", "after signing"])
def test_I03_token_lost_burns_the_serial(world: World, provider: FaultyProvider, made: bool) -> None:
    """Whether the token signed before it went is unknown to us: in doubt, so burned, listed, never signed again."""
    fault: Callable[..., bytes] = lambda *_seen: lose_token(b"")  # noqa: E731
    provider.wrap = lambda signer: (
        FaultySigner(signer, after=fault) if made else FaultySigner(signer, before=lose_token)
    )
    one = request()
    with pytest.raises(TokenLost):
        issue(world, one)
    kept = row(world)
    assert kept.status == "burned"
    assert serial_of(kept.crl_entry) == kept.serial
    provider.wrap = lambda signer: signer
    count = len(signatures(world))
    with pytest.raises(RequestSpent):
        issue(world, one)
    assert len(signatures(world)) == count
    assert issue(world, one, "k2").serial != kept.serial


def test_I04_the_same_request_gets_the_same_certificate(world: World) -> None:
    one = request()
    made, count = issue(world, one), len(signatures(world))
    assert issue(world, one) == made
    assert len(signatures(world)) == count


def test_I04_a_token_that_is_away_does_not_matter_to_a_retry(world: World, provider: FaultyProvider) -> None:
    one = request()
    made = issue(world, one)
    provider.wrap = lambda _signer: lose_token(b"")
    assert issue(world, one) == made


@pytest.mark.parametrize(
    "change",
    [
        {"public_key": None},
        {"subject": SubjectName("别名", COMPANY, USCC)},
        {"validity": timedelta(days=30)},
        {"issuer": "issuing"},
    ],
    ids=["key", "subject", "validity", "issuer"],
)
def test_I04_another_request_under_the_same_key_is_refused(world: World, change: dict[str, object]) -> None:
    one = request()
    issue(world, one)
    if "public_key" in change:
        change = {"public_key": new_key().public_key()}
    with pytest.raises(RequestKeyReused):
        issue(world, replace(one, **change))  # type: ignore[arg-type]


def test_I04_many_at_once_get_one_certificate(world: World) -> None:
    """Eight workers ask with the same key at the same moment: one certificate, one signature."""
    one, start, count = request(), threading.Barrier(8), len(signatures(world))

    def ask(_number: int) -> bytes | type[CaError]:
        start.wait()
        try:
            return issue(world, one).der
        except IssuanceUnfinished as busy:
            return type(busy)

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(ask, range(8)))
    assert len(answers - {IssuanceUnfinished}) == 1
    assert len(signatures(world)) == count + 1
    assert issue(world, one).der in answers


def test_I02_many_at_once_get_different_serials(world: World) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda n: issue(world, key=f"many-{n}"), range(24)))
    assert len({one.serial for one in made}) == 24
    assert len(set(signatures(world))) == len(signatures(world))
    with world.engine.connect() as conn:
        world.audit.verify(conn)


def test_I02_issuer_and_serial_are_unique_in_the_database(world: World) -> None:
    """Entropy that repeats itself: the second reservation with the same serial is refused by the database."""
    stuck = make_world(
        world.engine,
        world.clock,
        provider=world.provider,
        create_tables=False,
        entropy=lambda size: b"\x07" * size,
        hierarchy=world.hierarchy,
    )
    stuck.authority.issue(request(), request_key="first", actor=CLERK)
    count = len(signatures(world))
    with pytest.raises(CaError):
        stuck.authority.issue(request(), request_key="second", actor=CLERK)
    assert len(signatures(world)) == count


def test_lint_failure_signs_nothing(world: World) -> None:
    """Bad input that only the lint sees: the serial is burned, but no CRL needs it, and the key was not touched."""
    count = len(signatures(world))
    with pytest.raises(LintFailed) as refused:
        issue(world, request(subject=replace(NAME, country="cn")))
    assert "country_is_a_code" in str(refused.value)
    assert len(signatures(world)) == count
    kept = row(world)
    assert (kept.status, kept.tbs, kept.crl_entry) == ("burned", b"", b"")
    assert actions(world)[-1] == "certificate.refused"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"profile": "wildcard"}, ProfileUnknown),
        ({"issuer": "nobody"}, IssuerUnknown),
        ({"issuer": "root"}, ProfileUnknown),
        ({"profile": "root", "issuer": "root"}, IssuerUnknown),
        ({"subject": SubjectName(COMPANY, COMPANY, USCC, country="China")}, RequestInvalid),
        ({"validity": timedelta(0)}, ValidityInvalid),
        ({"validity": timedelta(days=-1)}, ValidityInvalid),
        ({"validity": timedelta(days=1097)}, ValidityInvalid),
        ({"subject": SubjectName(COMPANY, COMPANY, make_uscc("91110108MA01C8QX4"))}, EnterpriseUnknown),
        ({"subject": SubjectName(COMPANY, "北京示例科技股份有限公司", USCC)}, NameDiffers),
    ],
)
def test_bad_requests_leave_no_reservation(
    world: World, changes: dict[str, object], error: type[CaError]
) -> None:
    with world.engine.connect() as conn:
        before = conn.scalar(sa.select(sa.func.count()).select_from(certificate))
    with pytest.raises(error) as refused:
        issue(world, request(**changes))
    assert refused.value.zh
    assert refused.value.en
    with world.engine.connect() as conn:
        assert conn.scalar(sa.select(sa.func.count()).select_from(certificate)) == before


@pytest.mark.parametrize("key", ["", "x" * 201, "a\0b", "\ud800", "a\nb"])
def test_request_keys_that_cannot_be_kept(world: World, key: str) -> None:
    with pytest.raises(RequestInvalid):
        issue(world, key=key)


@pytest.mark.parametrize("text", ["测试\0", "测试\ud800", "测" * 65, "测试\u202e"])
def test_names_that_cannot_be_kept(world: World, text: str) -> None:
    for subject in (
        SubjectName("测试", text),
        SubjectName(text, "测试"),
        SubjectName("测试", "测试", country=text),
    ):
        with pytest.raises(NameInvalid):
            issue(world, request(profile="test-seal", subject=subject))


@pytest.mark.parametrize("kind", [KeyKind.RSA_2048, KeyKind.EC_P256, KeyKind.EC_P384])
def test_key_kinds(world: World, kind: KeyKind) -> None:
    key = shared_rsa_key(kind.bits) if kind.is_rsa else new_key(kind)
    assert issue(world, request(key.public_key())).certificate.public_key() == key.public_key()


def test_I17_clock_that_went_back(world: World, clock: SteppingClock) -> None:
    """A step back beyond the tolerance stops the CA; nothing is reserved. Time put right, it works again."""
    issue(world)
    clock.advance(timedelta(seconds=-2))
    with pytest.raises(ClockWentBack):
        issue(world, key="k2")
    clock.advance(timedelta(seconds=2))
    assert issue(world, key="k2")


def test_I17_a_second_of_difference_between_machines(world: World, clock: SteppingClock) -> None:
    """Within the tolerance the certificate begins when the last one did, never earlier."""
    first = issue(world)
    clock.advance(timedelta(seconds=-1))
    assert issue(world, key="k2").not_before == first.not_before


def test_I17_a_plan_that_was_overtaken_is_made_afresh(world: World, clock: SteppingClock) -> None:
    """Between plan and reservation another worker certifies, a second later: no certificate begins before that one."""

    def overtake() -> None:
        clock.advance(timedelta(seconds=1))
        issue(world, key="other")

    made = issue(_interrupted(world, [overtake]))
    assert made.not_before == clock.now
    assert len(signatures(world)) == len(set(signatures(world)))
    assert row(world).tbs == made.certificate.tbs_certificate_bytes == signatures(world)[-1]


def test_I28_a_plan_of_an_older_epoch_is_made_afresh(world: World) -> None:
    """The epoch rises between plan and reservation: what is reserved belongs to the new one and is released."""

    def fence() -> None:
        with world.engine.begin() as conn:
            assert raise_epoch(conn, "issuing") == 2

    assert issue(_interrupted(world, [fence]))
    assert (row(world).status, row(world).epoch) == ("issued", 2)


def test_a_request_overtaken_again_and_again_gives_up(world: World, clock: SteppingClock) -> None:
    """It does not plan for ever: nothing is reserved or signed for it, and the same request may be sent again."""
    keys = iter(("a", "b", "c"))

    def overtake() -> None:
        clock.advance(timedelta(seconds=1))
        issue(world, key=next(keys))

    one, count = request(), len(signatures(world))
    with pytest.raises(IssuanceUnfinished):
        issue(_interrupted(world, [overtake] * MAX_PLANS), one)
    assert len(signatures(world)) == count + MAX_PLANS, "those of the others"
    assert issue(world, one)


def test_I27_a_key_reported_between_plan_and_reservation_is_refused(world: World) -> None:
    one, count = request(), len(signatures(world))
    report = lambda: world.authority.report_compromise(one.public_key, actor=OFFICER)  # noqa: E731
    with pytest.raises(KeyCompromised):
        issue(_interrupted(world, [report]), one)
    assert len(signatures(world)) == count


def test_I04_the_same_request_granted_between_plan_and_reservation(world: World) -> None:
    """Another worker was faster under the same request key: its certificate is the answer, and the only one."""
    one, made = request(), []
    answer = issue(_interrupted(world, [lambda: made.append(issue(world, one))]), one)
    assert [answer] == made
    assert signatures(world)[-1] == answer.certificate.tbs_certificate_bytes


def _interrupted(world: World, acts: list[Callable[[], object]]) -> World:
    """Return the same authority in another worker that is interrupted by the next act whenever it drew a serial."""
    waiting = iter(acts)

    def entropy(size: int) -> bytes:
        act = next(waiting, None)
        if act is not None:
            act()
        return secrets.token_bytes(size)

    return make_world(
        world.engine,
        world.clock,
        provider=world.provider,
        create_tables=False,
        entropy=entropy,
        hierarchy=world.hierarchy,
    )


def test_I09_default_validity_is_cut_at_the_issuers_end(world: World, clock: SteppingClock) -> None:
    end = world.issuing.not_valid_after_utc
    clock.now = end - timedelta(days=10)
    assert issue(world).not_after == end
    with pytest.raises(ValidityInvalid):
        issue(world, request(validity=timedelta(days=11)), "k2")
    clock.now = end + timedelta(seconds=1)
    with pytest.raises(ValidityInvalid):
        issue(world, key="k3")


def test_I27_compromised_key_is_never_certified_again(world: World) -> None:
    one = request()
    made = issue(world, one)
    world.authority.revoke(made.serial, RevocationReason.KEY_COMPROMISE, actor=OFFICER)
    for profile, subject in (("enterprise-seal", NAME), ("test-seal", SubjectName("测试", "测试公司"))):
        with pytest.raises(KeyCompromised):
            issue(world, replace(one, profile=profile, subject=subject), f"again-{profile}")


def test_I27_reported_before_it_was_ever_certified(world: World) -> None:
    key = new_key().public_key()
    assert world.authority.report_compromise(key, actor=OFFICER) == ()
    with pytest.raises(KeyCompromised):
        issue(world, request(key))
    with world.engine.connect() as conn:
        assert conn.scalars(sa.select(compromised_key.c.spki_sha256)).all() == [spki_sha256(key)]


def test_I28_an_older_signer_is_fenced_off(world: World, provider: FaultyProvider) -> None:
    """The epoch rises while a signature is under way: what the old signer made is never released."""

    def fence(_message: bytes) -> None:
        with world.engine.begin() as conn:
            assert raise_epoch(conn, "issuing") == 2

    provider.wrap = lambda signer: FaultySigner(signer, fence)
    with pytest.raises(RequestSpent):
        issue(world)
    assert row(world).status == "reserved"
    provider.wrap = lambda signer: signer
    assert issue(world, key="k2")


def test_I19_reconcile_closes_what_a_dead_database_left(
    world: World, provider: FaultyProvider, clock: SteppingClock
) -> None:
    """The database goes away between signature and record; later reconcile burns the serial, once."""

    def unplug(_message: bytes, signature: bytes) -> bytes:
        sa.event.listen(world.engine, "commit", refuse)
        return signature

    def refuse(_connection: sa.Connection) -> None:
        raise sa.exc.OperationalError("COMMIT", None, Exception("gone"))

    provider.wrap = lambda signer: FaultySigner(signer, after=unplug)
    with pytest.raises(sa.exc.OperationalError):
        issue(world)
    sa.event.remove(world.engine, "commit", refuse)
    assert world.authority.reconcile(SYSTEM) == Reconciliation((), ()), "inside the grace nothing is touched"
    clock.advance(world.config.reservation_grace)
    done = world.authority.reconcile(SYSTEM)
    assert done.in_doubt == (row(world).serial,)
    assert world.authority.reconcile(SYSTEM) == Reconciliation((), ())
    assert row(world).status == "burned"


def test_I03_reconcile_wins_over_a_slow_signer(
    world: World, provider: FaultyProvider, clock: SteppingClock
) -> None:
    """The reservation is burned while the token is still thinking: its late signature is discarded."""

    def slow(_message: bytes, signature: bytes) -> bytes:
        clock.advance(world.config.reservation_grace)
        assert len(world.authority.reconcile(SYSTEM).in_doubt) == 1
        return signature

    provider.wrap = lambda signer: FaultySigner(signer, after=slow)
    with pytest.raises(RequestSpent):
        issue(world)
    kept = row(world)
    assert (kept.status, kept.der) == ("burned", b"")
    assert kept.crl_entry


def test_I32_test_profile_is_refused_in_production(world: World) -> None:
    authority = type(world.authority)(
        world.engine, world.keys, world.clock, world.audit, make_config(production=True)
    )
    with pytest.raises(ProfileUnknown):
        authority.issue(
            request(profile="test-seal", subject=SubjectName("测试", "测试")), request_key="t", actor=CLERK
        )


def test_I20_no_audit_no_state(world: World, engine: sa.Engine) -> None:
    """The audit table refuses writes: nothing is reserved, revoked, registered or renamed, and nothing is signed."""
    made = issue(world)
    _refuse_audit_writes(engine)
    count = len(signatures(world))
    attempts: list[Callable[[], object]] = [
        lambda: issue(world, key="k2"),
        lambda: world.authority.revoke(made.serial, RevocationReason.SUPERSEDED, actor=CLERK),
        lambda: world.authority.report_compromise(new_key().public_key(), actor=CLERK),
        lambda: world.enterprises.register(make_uscc("91110108MA01C8QX5"), "新公司", actor=CLERK),
        lambda: world.enterprises.rename(USCC, "改名公司", actor=CLERK),
    ]
    for attempt in attempts:
        with pytest.raises(sa.exc.DBAPIError):
            attempt()
    assert len(signatures(world)) == count
    with engine.connect() as conn:
        assert conn.execute(sa.select(certificate.c.id).where(certificate.c.request_key == "k2")).all() == []
        assert conn.scalar(sa.select(sa.func.count()).select_from(compromised_key)) == 0
    assert world.authority.certificate(made.serial).status is CertificateStatus.ISSUED
    assert world.enterprises.get(USCC).name == COMPANY
    assert len(world.enterprises.list()) == 1


def test_I20_no_audit_of_the_outcome_no_certificate(
    world: World, provider: FaultyProvider, engine: sa.Engine, clock: SteppingClock
) -> None:
    """The audit table begins to refuse after the signature: no certificate is released, and reconcile burns it."""

    def break_audit(_message: bytes, signature: bytes) -> bytes:
        _refuse_audit_writes(engine)
        return signature

    provider.wrap = lambda signer: FaultySigner(signer, after=break_audit)
    with pytest.raises(sa.exc.DBAPIError):
        issue(world)
    kept = row(world)
    assert (kept.status, kept.der) == ("reserved", b"")
    _allow_audit_writes(engine)
    clock.advance(world.config.reservation_grace)
    assert world.authority.reconcile(SYSTEM).in_doubt == (kept.serial,)


def _refuse_audit_writes(engine: sa.Engine) -> None:
    with engine.begin() as conn:
        if engine.dialect.name == "sqlite":
            conn.exec_driver_sql(
                "CREATE TRIGGER refuse BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'disk full'); END"
            )
        else:
            conn.exec_driver_sql(
                "CREATE FUNCTION refuse() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'disk full'; END $$ LANGUAGE plpgsql"
            )
            conn.exec_driver_sql("CREATE TRIGGER refuse BEFORE INSERT ON audit EXECUTE FUNCTION refuse()")


def _allow_audit_writes(engine: sa.Engine) -> None:
    with engine.begin() as conn:
        conn.exec_driver_sql("DROP TRIGGER refuse" + ("" if engine.dialect.name == "sqlite" else " ON audit"))


def test_the_trail_names_octets_and_certificate(world: World) -> None:
    """The digests in the trail are those of the octets linted and of the certificate given out."""
    made = issue(world)
    with world.engine.connect() as conn:
        records = world.audit.records(conn, limit=1000)
    details = {record.action: record.detail for record in records[-2:]}
    assert (
        hashlib.sha256(made.certificate.tbs_certificate_bytes).hexdigest() in details["certificate.requested"]
    )
    assert hashlib.sha256(made.der).hexdigest() in details["certificate.issued"]
