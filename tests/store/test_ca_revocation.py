"""Revocation on a real database: final, reasoned, timed; a hold returns once, by a second person."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from ca.actor import Actor
from ca.certificate import (
    CertificateRecord,
    CertificateRequest,
    CertificateStatus,
    RevocationReason,
    SubjectName,
)
from ca.errors import (
    AlreadyRevoked,
    CaError,
    CertificateUnknown,
    HoldNotReleasable,
    IssuanceUnfinished,
    ReasonInapplicable,
)
from ca.store import audit, certificate
from tests.conftest import SteppingClock
from tests.faults import FaultyProvider, FaultySigner, lose_token
from tests.pki import CLERK, COMPANY, OFFICER, SECOND, USCC, Keeper, World, new_key
from tests.settled import settled_world

pytestmark = pytest.mark.usefixtures("both_suites")

FINAL = [
    reason
    for reason in RevocationReason
    if reason not in (RevocationReason.CERTIFICATE_HOLD, RevocationReason.CA_COMPROMISE)
]


@pytest.fixture
def provider() -> FaultyProvider:
    return FaultyProvider()


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock, provider: FaultyProvider) -> World:
    return settled_world(engine, clock, provider=provider)


@pytest.fixture
def keeper(world: World) -> Keeper:
    return world.enrol()


def entry(world: World, serial: int) -> bytes:
    with world.engine.connect() as conn:
        return conn.execute(
            sa.select(certificate.c.crl_entry).where(certificate.c.serial == serial)
        ).scalar_one()


def hold(world: World, keeper: Keeper) -> CertificateRecord:
    return world.authority.revoke(keeper.issued.serial, RevocationReason.CERTIFICATE_HOLD, actor=CLERK)


@pytest.mark.parametrize("reason", FINAL)
def test_revoke_with_its_reason_and_time(
    world: World, keeper: Keeper, clock: SteppingClock, reason: RevocationReason
) -> None:
    """The entry kept for the list is what ``cryptography`` would write for it (RFC 5280 §5.3.1)."""
    clock.advance(timedelta(hours=1))
    record = world.authority.revoke(keeper.issued.serial, reason, actor=OFFICER)
    assert (record.status, record.reason, record.revoked_at) == (CertificateStatus.REVOKED, reason, clock.now)
    judge = x509.RevokedCertificateBuilder().serial_number(record.serial).revocation_date(clock.now)
    if reason is not RevocationReason.UNSPECIFIED:
        judge = judge.add_extension(x509.CRLReason(x509.ReasonFlags(reason.value)), critical=False)
    crl = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(world.issuing.subject)
        .last_update(clock.now)
        .next_update(clock.now)
        .add_revoked_certificate(judge.build())
        .sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    )
    assert entry(world, record.serial) in crl.tbs_certlist_bytes


@pytest.mark.parametrize("first", [RevocationReason.UNSPECIFIED, RevocationReason.KEY_COMPROMISE])
@pytest.mark.parametrize("then", [RevocationReason.SUPERSEDED, RevocationReason.CERTIFICATE_HOLD])
def test_I11_revocation_is_final(
    world: World, keeper: Keeper, first: RevocationReason, then: RevocationReason
) -> None:
    serial = keeper.issued.serial
    before = world.authority.revoke(serial, first, actor=OFFICER)
    with pytest.raises(AlreadyRevoked):
        world.authority.revoke(serial, then, actor=OFFICER)
    with pytest.raises(HoldNotReleasable):
        world.authority.release(serial, actor=SECOND)
    assert world.authority.certificate(serial) == before


def test_I11_a_hold_returns_once(world: World, keeper: Keeper) -> None:
    serial = keeper.issued.serial
    assert hold(world, keeper).reason is RevocationReason.CERTIFICATE_HOLD
    assert entry(world, serial)
    back = world.authority.release(serial, actor=SECOND)
    assert (back.status, back.reason, back.revoked_at) == (CertificateStatus.ISSUED, None, None)
    assert entry(world, serial) == b""
    with pytest.raises(HoldNotReleasable):
        hold(world, keeper)
    assert world.authority.revoke(serial, RevocationReason.SUPERSEDED, actor=CLERK).status == "revoked"


def test_I11_the_one_who_held_does_not_release(world: World, keeper: Keeper) -> None:
    hold(world, keeper)
    with pytest.raises(HoldNotReleasable):
        world.authority.release(keeper.issued.serial, actor=CLERK)
    with pytest.raises(HoldNotReleasable):
        world.authority.release(keeper.issued.serial, actor=Actor(CLERK.id.upper()))


def test_I11_a_good_certificate_is_not_released(world: World, keeper: Keeper) -> None:
    with pytest.raises(HoldNotReleasable):
        world.authority.release(keeper.issued.serial, actor=SECOND)


def test_a_hold_that_becomes_final_keeps_its_day(world: World, keeper: Keeper, clock: SteppingClock) -> None:
    """X.509: the date of revocation is the date of the hold; the reason is the final one."""
    day = hold(world, keeper).revoked_at
    clock.advance(timedelta(days=3))
    final = world.authority.revoke(keeper.issued.serial, RevocationReason.PRIVILEGE_WITHDRAWN, actor=OFFICER)
    assert (final.revoked_at, final.reason) == (day, RevocationReason.PRIVILEGE_WITHDRAWN)


def test_holding_twice_is_refused(world: World, keeper: Keeper) -> None:
    hold(world, keeper)
    with pytest.raises(AlreadyRevoked):
        hold(world, keeper)


@pytest.mark.parametrize("at_once", [2, 6])
def test_I11_many_at_once_revoke_once(world: World, keeper: Keeper, at_once: int) -> None:
    def revoke(_number: int) -> type[CaError] | None:
        try:
            world.authority.revoke(keeper.issued.serial, RevocationReason.SUPERSEDED, actor=OFFICER)
        except AlreadyRevoked as late:
            return type(late)
        return None

    with ThreadPoolExecutor(at_once) as pool:
        answers = list(pool.map(revoke, range(at_once)))
    assert answers.count(None) == 1
    with world.engine.connect() as conn:
        assert (
            conn.scalar(
                sa.select(sa.func.count()).select_from(audit).where(audit.c.action == "certificate.revoked")
            )
            == 1
        )


def test_a_compromised_key_takes_all_its_certificates(world: World) -> None:
    """Three certificates over one key, one of them held: all are revoked, and each has its record."""
    world.enterprises.register(USCC, COMPANY, actor=CLERK)
    key = new_key().public_key()
    request = CertificateRequest("enterprise-seal", SubjectName(COMPANY, COMPANY, USCC), key)
    made = [world.authority.issue(request, request_key=f"k{n}", actor=CLERK) for n in range(3)]
    world.authority.revoke(made[1].serial, RevocationReason.CERTIFICATE_HOLD, actor=CLERK)
    world.authority.revoke(made[0].serial, RevocationReason.KEY_COMPROMISE, actor=OFFICER)
    records = [world.authority.certificate(one.serial) for one in made]
    assert {record.reason for record in records} == {RevocationReason.KEY_COMPROMISE}
    with world.engine.connect() as conn:
        world.audit.verify(conn)


def test_report_names_the_serials(world: World, keeper: Keeper) -> None:
    assert world.authority.report_compromise(keeper.signer.public_key, actor=OFFICER) == (
        keeper.issued.serial,
    )
    assert world.authority.report_compromise(keeper.signer.public_key, actor=OFFICER) == ()


def test_reasons_that_do_not_apply(world: World, keeper: Keeper) -> None:
    with pytest.raises(ReasonInapplicable):
        world.authority.revoke(keeper.issued.serial, RevocationReason.CA_COMPROMISE, actor=OFFICER)
    issuing = world.issuing.serial_number
    assert world.authority.revoke(issuing, RevocationReason.CA_COMPROMISE, actor=OFFICER).issuer == "root"


@pytest.mark.parametrize("serial", [0, 2**160 - 1], ids=["zero", "largest"])
def test_unknown_serials(world: World, serial: int) -> None:
    for act in (
        lambda: world.authority.revoke(serial, RevocationReason.SUPERSEDED, actor=OFFICER),
        lambda: world.authority.release(serial, actor=OFFICER),
        lambda: world.authority.certificate(serial),
    ):
        with pytest.raises(CertificateUnknown):
            act()


@pytest.mark.parametrize("serial", [-1, 2**160, 2**4000], ids=["negative", "too long", "huge"])
def test_numbers_that_are_no_serials(world: World, serial: int) -> None:
    for act in (
        lambda: world.authority.revoke(serial, RevocationReason.SUPERSEDED, actor=OFFICER),
        lambda: world.authority.release(serial, actor=OFFICER),
        lambda: world.authority.certificate(serial),
    ):
        with pytest.raises(CertificateUnknown):
            act()


def test_I03_a_burned_serial_counts_as_revoked(world: World, provider: FaultyProvider) -> None:
    """In doubt: it cannot be revoked again or released. Refused by the lint: it never was a certificate."""
    world.enterprises.register(USCC, COMPANY, actor=CLERK)
    name = SubjectName(COMPANY, COMPANY, USCC)
    request = CertificateRequest("enterprise-seal", name, new_key().public_key())
    provider.wrap = lambda signer: FaultySigner(signer, lose_token)
    _fails(lambda: world.authority.issue(request, request_key="lost", actor=CLERK))
    provider.wrap = lambda signer: signer
    bad = replace(request, subject=replace(name, country="cn"))
    _fails(lambda: world.authority.issue(bad, request_key="bad", actor=CLERK))
    with world.engine.connect() as conn:
        found = dict(
            conn.execute(
                sa.select(certificate.c.request_key, certificate.c.serial).where(
                    certificate.c.status == "burned"
                )
            ).all()
        )
    with pytest.raises(AlreadyRevoked):
        world.authority.revoke(found["lost"], RevocationReason.SUPERSEDED, actor=OFFICER)
    with pytest.raises(HoldNotReleasable):
        world.authority.release(found["lost"], actor=OFFICER)
    with pytest.raises(CertificateUnknown):
        world.authority.revoke(found["bad"], RevocationReason.SUPERSEDED, actor=OFFICER)


def _fails(act: Callable[[], object]) -> None:
    with pytest.raises(Exception):  # noqa: B017, PT011
        act()


def test_a_reservation_is_not_revoked_while_it_is_open(world: World, provider: FaultyProvider) -> None:
    world.enterprises.register(USCC, COMPANY, actor=CLERK)
    refused: list[type[CaError]] = []

    def revoke_midway(_message: bytes) -> None:
        with world.engine.connect() as conn:
            serial = conn.execute(
                sa.select(certificate.c.serial).where(certificate.c.status == "reserved")
            ).scalar_one()
        with pytest.raises(IssuanceUnfinished) as found:
            world.authority.revoke(serial, RevocationReason.SUPERSEDED, actor=OFFICER)
        refused.append(type(found.value))

    provider.wrap = lambda signer: FaultySigner(signer, revoke_midway)
    world.enrol()
    assert refused == [IssuanceUnfinished]
