"""The key ceremony: everything in the token, everything on record; cut off anywhere, it is taken up."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from cryptography import x509

import ca.store
from ca.actor import SYSTEM
from ca.audit import AuditTrail
from ca.authority import CertificateAuthority
from ca.ceremony import Hierarchy, load_hierarchy, perform
from ca.ceremony_plan import CeremonyPlan
from ca.certificate import public_key_of, spki_sha256
from ca.custody_policy import custody_of
from ca.errors import CeremonyRefused, IssuanceUnfinished, IssuerUnknown
from ca.issuer import HolderStatus
from ca.store import audit
from hsm.algorithms import DEFAULT_ALGORITHM, KeyKind
from hsm.errors import TokenLost
from hsm.key_uri import KeyUri
from hsm.pins import Pin
from hsm.provider import KeyProvider, KeyRing, StoredKey
from hsm.signer import Custody
from hsm.suite import Suite
from tests.conftest import SO_PIN, USER_PIN, SteppingClock
from tests.faults import FaultyProvider, FaultySigner, lose_token
from tests.pki import OFFICER, MemoryProvider, make_config, make_world, prove_issued

PLAN = CeremonyPlan(token="ca", scheme="file")
pytestmark = pytest.mark.usefixtures("both_suites")


def make_authority(
    engine: sa.Engine, clock: SteppingClock, provider: KeyProvider, *, production: bool = False
) -> CertificateAuthority:
    ca.store.metadata.create_all(engine)
    ring = KeyRing({provider.scheme: provider})
    return CertificateAuthority(engine, ring, clock, AuditTrail(clock), make_config(production=production))


@pytest.fixture
def provider() -> FaultyProvider:
    made = FaultyProvider()
    made.create_token("ca", Pin("12345678"), Pin("123456"))
    return made


@pytest.fixture
def authority(engine: sa.Engine, clock: SteppingClock, provider: FaultyProvider) -> CertificateAuthority:
    return make_authority(engine, clock, provider)


def run(authority: CertificateAuthority, plan: CeremonyPlan = PLAN) -> Hierarchy:
    return perform(authority, plan, actor=OFFICER, progress=lambda _line: None)


def check_hierarchy(
    authority: CertificateAuthority, provider: KeyProvider, made: Hierarchy, token: str = "ca"
) -> None:
    """Check chains, purposes, keys and the record."""
    root, issuing = made.root.x509, made.issuing.x509
    prove_issued(root, root)
    prove_issued(issuing, root)
    keys = {spki_sha256(key.public_key): key for key in provider.keys(token)}
    record = {entry["id"]: entry for entry in json.loads(made.record)["keys"]}
    stored = {kept.der for kept in provider.certificates(token)}
    for holder in (made.root, made.issuing, made.tsa, made.ocsp, made.seal_maker):
        assert holder.status is HolderStatus.ACTIVE
        if holder is not made.root and holder is not made.issuing:
            prove_issued(holder.x509, issuing)
        assert spki_sha256(public_key_of(holder.x509)) == holder.spki_sha256
        assert holder.certificate in stored, "the certificate stands beside its key in the token"
        key, line = keys[holder.spki_sha256], record[holder.id]
        assert (key.extractable, key.sensitive, key.always_sensitive) == (False, True, True)
        assert (line["extractable"], line["sensitive"], line["always_sensitive"]) == (False, True, True)
        assert line["certificate_sha256"] == hashlib.sha256(holder.certificate).hexdigest()
        assert custody_of(holder.x509) is key.custody is Custody(line["custody"])
        assert line["key_uri"] == holder.key_uri == str(key.uri)
        assert line["spki_sha256"] == holder.spki_sha256
    assert any(mark in root.subject.rfc4514_string() for mark in ("测试", "TEST"))
    assert load_hierarchy(authority) == made
    with authority.engine.connect() as conn:
        authority.audit.verify(conn)
        assert (
            conn.scalars(sa.select(audit.c.action).order_by(audit.c.number.desc())).first()
            == "ceremony.completed"
        )


def test_the_hierarchy(authority: CertificateAuthority, provider: FaultyProvider) -> None:
    lines: list[str] = []
    made = perform(authority, PLAN, actor=OFFICER, progress=lines.append)
    check_hierarchy(authority, provider, made)
    assert len(lines) == 6
    assert json.loads(made.record)["performed_by"]["id"] == OFFICER.id
    assert authority.chain("issuing") == (made.issuing.certificate, made.root.certificate)
    assert [one.id for one in authority.issuers()] == ["root", "issuing"]
    assert len(authority.units()) == 4


def test_a_second_run_is_refused(authority: CertificateAuthority, provider: FaultyProvider) -> None:
    made = run(authority)
    keys = provider.keys("ca")
    for plan in (PLAN, replace(PLAN, root_name="另一测试根")):
        with pytest.raises(CeremonyRefused) as refused:
            run(authority, plan)
        assert refused.value.zh
    assert provider.keys("ca") == keys
    assert load_hierarchy(authority) == made


def test_no_hierarchy_before_the_ceremony(authority: CertificateAuthority) -> None:
    with pytest.raises(IssuerUnknown):
        load_hierarchy(authority)


@pytest.mark.parametrize("field", ["root_name", "issuing_name"])
def test_I32_a_test_hierarchy_says_so(
    authority: CertificateAuthority, provider: FaultyProvider, field: str
) -> None:
    with pytest.raises(CeremonyRefused):
        run(authority, replace(PLAN, **{field: "Root CA"}))
    assert provider.keys("ca") == ()


def test_I32_a_production_hierarchy_does_not(
    engine: sa.Engine, clock: SteppingClock, provider: FaultyProvider
) -> None:
    authority = make_authority(engine, clock, provider, production=True)
    with pytest.raises(CeremonyRefused):
        run(authority)
    names = {
        "organization": "示例认证中心",
        "root_name": "示例根证书",
        "issuing_name": "示例签发 CA",
        "tsa_name": "示例时间戳",
        "ocsp_name": "示例 OCSP",
        "seal_maker_name": "示例制章",
    }
    assert run(authority, replace(PLAN, **names)).root.status is HolderStatus.ACTIVE


def test_a_token_that_does_not_exist(authority: CertificateAuthority) -> None:
    with pytest.raises(CeremonyRefused):
        run(authority, replace(PLAN, token="nowhere"))


def test_a_token_with_a_key_of_that_name(authority: CertificateAuthority, provider: FaultyProvider) -> None:
    """A key that somebody else put there is never certified."""
    provider.generate(KeyUri("file", "ca", "root"), KeyKind.EC_P256)
    with pytest.raises(CeremonyRefused):
        run(authority)


def test_I24_a_key_that_can_leave_is_refused(engine: sa.Engine, clock: SteppingClock) -> None:
    class Leaky(MemoryProvider):
        def keys(self, token: str, *, pin: Pin | None = None) -> tuple[StoredKey, ...]:
            return tuple(replace(key, extractable=True) for key in super().keys(token))

    provider = Leaky()
    provider.create_token("ca", Pin("12345678"), Pin("123456"))
    with pytest.raises(CeremonyRefused):
        run(make_authority(engine, clock, provider))


def interrupt_commit(engine: sa.Engine, number: int) -> Callable[[], None]:
    """Make the n-th commit fail from now on; return how to stop that."""
    seen = 0

    def count(_connection: sa.Connection) -> None:
        nonlocal seen
        seen += 1
        if seen >= number:
            raise sa.exc.OperationalError("COMMIT", None, Exception("gone"))

    sa.event.listen(engine, "commit", count)
    return lambda: sa.event.remove(engine, "commit", count)


def test_cut_off_at_every_commit_and_taken_up(
    engine: sa.Engine, clock: SteppingClock, authority: CertificateAuthority, provider: FaultyProvider
) -> None:
    """The database goes away at the first commit, then at the second of the next run, and so on to the end."""
    for number in range(1, 40):
        stop = interrupt_commit(engine, number)
        try:
            made = run(authority)
        except sa.exc.OperationalError:
            stop()
            clock.advance(timedelta(minutes=2))
            authority.reconcile(SYSTEM)
            continue
        stop()
        check_hierarchy(authority, provider, made)
        assert len(provider.keys("ca")) == 6, "no key was made twice"
        return
    pytest.fail("the ceremony never ended")


def test_a_token_lost_midway(
    clock: SteppingClock, authority: CertificateAuthority, provider: FaultyProvider
) -> None:
    """The token is pulled out while it signs: the serial is burned, the ceremony is taken up under a new one."""
    provider.wrap = lambda signer: FaultySigner(signer, lose_token)
    with pytest.raises(TokenLost):
        run(authority)
    provider.wrap = lambda signer: signer
    check_hierarchy(authority, provider, run(authority))


def test_an_open_reservation_is_not_bypassed(
    engine: sa.Engine, authority: CertificateAuthority, provider: FaultyProvider
) -> None:
    """Cut off between signature and record: the ceremony waits for reconcile instead of signing beside it."""

    def unplug(_message: bytes, signature: bytes) -> bytes:
        stops.append(interrupt_commit(engine, 1))
        return signature

    stops: list[Callable[[], None]] = []
    provider.wrap = lambda signer: FaultySigner(signer, after=unplug)
    with pytest.raises(sa.exc.OperationalError):
        run(authority)
    stops[0]()
    provider.wrap = lambda signer: signer
    with pytest.raises(IssuanceUnfinished):
        run(authority)


def test_taking_up_with_another_plan_is_refused(
    authority: CertificateAuthority, provider: FaultyProvider
) -> None:
    provider.wrap = lambda signer: FaultySigner(signer, lose_token)
    with pytest.raises(TokenLost):
        run(authority)
    with pytest.raises(CeremonyRefused):
        run(authority, replace(PLAN, ocsp_name="另一测试 OCSP TEST"))


@pytest.mark.parametrize("kind", [KeyKind.EC_P384, KeyKind.RSA_2048, KeyKind.SM2])
def test_key_kinds_of_the_cas(
    engine: sa.Engine, clock: SteppingClock, kind: KeyKind, both_suites: Suite
) -> None:
    """Every kind of the suite will do, and none of the other."""
    plan = CeremonyPlan(token="ca", scheme="file", root_key=kind, issuing_key=kind)
    if (kind is KeyKind.SM2) != (both_suites is Suite.GM):
        with pytest.raises(CeremonyRefused, match=kind.value):
            make_world(engine, clock, plan=plan)
        return
    world = make_world(engine, clock, plan=plan)
    keeper = world.enrol()
    prove_issued(keeper.issued.certificate, world.issuing)
    algorithm = keeper.issued.certificate.signature_algorithm_oid.dotted_string
    assert algorithm == DEFAULT_ALGORITHM[kind].oid


@pytest.mark.token
def test_in_a_pkcs11_token(
    sqlite_database: str, clock: SteppingClock, request: pytest.FixtureRequest, both_suites: Suite
) -> None:
    """The real thing: five keys made in SoftHSM, none of them can leave, certificates beside them.

    SoftHSM knows no SM2: those keys are sealed under an AES key of the token, and the certificates say so.
    """
    from api.database.engine import make_engine

    softhsm = request.getfixturevalue("softhsm")
    token = f"ca {both_suites}"
    softhsm.create_token(token, SO_PIN, USER_PIN)
    engine = make_engine(sqlite_database)
    authority = make_authority(engine, clock, softhsm)
    made = run(authority, replace(PLAN, scheme="pkcs11", token=token))
    check_hierarchy(authority, softhsm, made, token)
    assert custody_of(made.issuing.x509) is (Custody.SEALED if both_suites is Suite.GM else Custody.TOKEN)
    engine.dispose()


def test_in_the_soft_key_store(
    sqlite_database: str, clock: SteppingClock, request: pytest.FixtureRequest
) -> None:
    from api.database.engine import make_engine

    soft_keys = request.getfixturevalue("soft_keys")
    soft_keys.create_token("ca", SO_PIN, USER_PIN)
    engine = make_engine(sqlite_database)
    authority = make_authority(engine, clock, soft_keys)
    check_hierarchy(authority, soft_keys, run(authority))
    engine.dispose()


def test_certificates_carry_the_addresses(authority: CertificateAuthority) -> None:
    """RFC 5280 §4.2.1.13, §4.2.2.1: each below the root names its issuer's list and certificate."""
    made = run(authority)
    for holder, issuer in ((made.issuing, "root"), (made.tsa, "issuing"), (made.seal_maker, "issuing")):
        points = holder.x509.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
        assert [name.value for point in points for name in point.full_name or ()] == [
            authority.config.crl_address(issuer)
        ]
