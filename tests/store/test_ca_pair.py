"""Dual certificates: both are issued, or neither, whatever breaks between (I1, I3, I4, I19, I24)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from cryptography import x509

from ca.actor import SYSTEM
from ca.certificate import CertificateRequest, SubjectName
from ca.errors import (
    EnterpriseUnknown,
    KeyCompromised,
    LintFailed,
    PairUnfit,
    RequestKeyReused,
    RequestSpent,
    SignatureWithheld,
)
from ca.pair import ENCRYPTION_PART, SIGNING_PART, IssuedPair
from ca.profile import CHIP_AUTH, ENTERPRISE_ENCRYPT, ENTERPRISE_SIGN, PERSON_SIGN, PROFILES, Profile
from ca.status.revocation_list import serial_of
from ca.store import audit, certificate
from hsm.errors import TokenLost
from hsm.signer import Custody
from tests.conftest import SteppingClock
from tests.faults import FaultyProvider, FaultySigner
from tests.pki import CLERK, COMPANY, USCC, World, make_uscc, new_key
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


def signing(**changes: object) -> CertificateRequest:
    one = CertificateRequest(ENTERPRISE_SIGN.id, NAME, new_key().public_key(), custody=Custody.DEVICE)
    return replace(one, **changes)  # type: ignore[arg-type]


def encryption(**changes: object) -> CertificateRequest:
    one = CertificateRequest(ENTERPRISE_ENCRYPT.id, NAME, new_key().public_key(), custody=Custody.SEALED)
    return replace(one, **changes)  # type: ignore[arg-type]


def issue(world: World, one: CertificateRequest, other: CertificateRequest, key: str = "pair") -> IssuedPair:
    return world.authority.issue_pair(one, other, request_key=key, actor=CLERK)


def rows(world: World, key: str = "pair") -> list[sa.Row[tuple[object, ...]]]:
    keys = [key + part for part in (SIGNING_PART, ENCRYPTION_PART)]
    with world.engine.connect() as conn:
        query = (
            sa.select(*certificate.c).where(certificate.c.request_key.in_(keys)).order_by(certificate.c.id)
        )
        return list(conn.execute(query))


def test_I24_both_are_issued_for_one_subject(world: World) -> None:
    made = issue(world, signing(), encryption())
    one, other = made.signing.certificate, made.encryption.certificate
    assert one.subject == other.subject
    uses = [each.extensions.get_extension_for_class(x509.KeyUsage).value for each in (one, other)]
    assert [use.digital_signature for use in uses] == [True, False]
    assert [use.key_agreement for use in uses] == [False, True]
    assert [row.status for row in rows(world)] == ["issued", "issued"]


def test_I04_the_same_pair_again_is_the_same_pair(world: World) -> None:
    one, other = signing(), encryption()
    assert issue(world, one, other) == issue(world, one, other)
    with pytest.raises(RequestKeyReused):
        issue(world, one, encryption())


def test_a_part_of_the_key_used_alone_is_another_request(world: World) -> None:
    one = signing()
    world.authority.issue(one, request_key="pair" + SIGNING_PART, actor=CLERK)
    with pytest.raises(RequestKeyReused):
        issue(world, one, encryption())


@pytest.mark.parametrize("fault", ["before", "after", "bit"])
@pytest.mark.parametrize("place", [1, 2])
def test_I03_a_fault_at_either_signature_leaves_neither(
    world: World, provider: FaultyProvider, fault: str, place: int
) -> None:
    """The token goes before or after it signed, or flips a bit: both serials are burned and on the list."""
    count = 0

    def before(_message: bytes) -> None:
        nonlocal count
        count += 1
        if fault == "before" and count == place:
            raise TokenLost("gone")

    def after(_message: bytes, signature: bytes) -> bytes:
        if fault == "after" and count == place:
            raise TokenLost("gone")
        return (
            signature[:-1] + bytes((signature[-1] ^ 1,)) if fault == "bit" and count == place else signature
        )

    provider.wrap = lambda signer: FaultySigner(signer, before, after)
    one, other = signing(), encryption()
    with pytest.raises(SignatureWithheld if fault == "bit" else TokenLost):
        issue(world, one, other)
    provider.wrap = lambda signer: signer
    kept = rows(world)
    assert [row.status for row in kept] == ["burned", "burned"]
    assert [serial_of(row.crl_entry) for row in kept] == [row.serial for row in kept]
    with pytest.raises(RequestSpent):
        issue(world, one, other)
    assert issue(world, one, other, "again").signing.serial


def test_I19_a_pair_cut_off_is_reconciled_whole(
    world: World, provider: FaultyProvider, clock: SteppingClock
) -> None:
    """The process dies between the two signatures: reconciliation burns both."""

    class Killed(BaseException):
        pass

    count = 0

    def before(_message: bytes) -> None:
        nonlocal count
        count += 1
        if count == 2:
            raise Killed

    provider.wrap = lambda signer: FaultySigner(signer, before)
    with pytest.raises(Killed):
        issue(world, signing(), encryption())
    assert [row.status for row in rows(world)] == ["reserved", "reserved"]
    clock.advance(timedelta(minutes=5))
    assert len(world.authority.reconcile(SYSTEM).in_doubt) == 2
    assert [row.status for row in rows(world)] == ["burned", "burned"]


def test_I19_one_half_closed_meanwhile_releases_neither(
    world: World, provider: FaultyProvider, clock: SteppingClock
) -> None:
    """Another worker reconciles while the second signature is made: the first is not released alone."""
    count = 0

    def before(_message: bytes) -> None:
        nonlocal count
        count += 1
        if count == 2:
            clock.advance(timedelta(minutes=5))
            with world.engine.begin() as conn:
                conn.execute(
                    certificate.update()
                    .where(certificate.c.request_key == "pair" + SIGNING_PART)
                    .values(status="burned")
                )

    provider.wrap = lambda signer: FaultySigner(signer, before)
    with pytest.raises(RequestSpent):
        issue(world, signing(), encryption())
    assert sorted(row.status for row in rows(world)) == ["burned", "reserved"]
    assert all(not row.der for row in rows(world))
    world.authority.reconcile(SYSTEM)
    assert [row.status for row in rows(world)] == ["burned", "burned"]


def test_a_lint_that_refuses_one_refuses_both_before_the_key(
    world: World, provider: FaultyProvider, profiles: dict[str, Profile]
) -> None:
    profiles[ENTERPRISE_ENCRYPT.id] = replace(ENTERPRISE_ENCRYPT, key_kinds=())
    before = len(world.signer(world.hierarchy.issuing.key_uri).signed)
    with pytest.raises(LintFailed):
        issue(world, signing(), encryption())
    assert len(world.signer(world.hierarchy.issuing.key_uri).signed) == before
    kept = rows(world)
    assert [row.status for row in kept] == ["burned", "burned"]
    assert all(not row.crl_entry and not row.tbs for row in kept)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"profile": ENTERPRISE_ENCRYPT.id}, {"profile": ENTERPRISE_SIGN.id}),
        ({}, {"profile": ENTERPRISE_SIGN.id}),
        ({"profile": "ocsp-responder"}, {}),
        ({"subject": SubjectName("别的", COMPANY, USCC)}, {}),
        ({"validity": timedelta(days=3)}, {}),
        ({"issuer": "issuing"}, {}),
    ],
    ids=[
        "the wrong way round",
        "two signing",
        "a service's",
        "other names",
        "other lengths",
        "other issuers",
    ],
)
def test_what_is_no_pair_is_refused(world: World, one: dict[str, object], other: dict[str, object]) -> None:
    with pytest.raises(PairUnfit):
        issue(world, signing(**one), encryption(**other))
    assert rows(world) == []


def test_I24_the_key_that_signs_is_not_escrowed(world: World) -> None:
    key = new_key().public_key()
    with pytest.raises(PairUnfit):
        issue(world, signing(public_key=key), encryption(public_key=key))


def test_I27_a_compromised_encryption_key_stops_the_pair(world: World) -> None:
    key = new_key().public_key()
    world.authority.report_compromise(key, actor=CLERK)
    with pytest.raises(KeyCompromised):
        issue(world, signing(), encryption(public_key=key))
    assert rows(world) == []


def test_a_pair_across_two_shards(world: World) -> None:
    """One place is left in the open shard: the signing certificate takes it, the other opens the next."""
    world.authority.shard_lists("issuing", 10, actor=CLERK)
    for number in range(9):
        world.authority.issue(signing(), request_key=f"before-{number}", actor=CLERK)
    issue(world, signing(), encryption())
    assert [row.shard for row in rows(world)] == [1, 2]


def test_I20_the_trail_has_both_intents_before_both_outcomes(world: World) -> None:
    with world.engine.connect() as conn:
        before = conn.scalar(sa.select(sa.func.count()).select_from(audit))
    issue(world, signing(), encryption())
    with world.engine.connect() as conn:
        actions = list(conn.scalars(sa.select(audit.c.action).order_by(audit.c.number)))[before:]
        world.audit.verify(conn)
    assert actions == ["certificate.requested"] * 2 + ["certificate.issued"] * 2


@pytest.mark.parametrize("profile", [PERSON_SIGN, CHIP_AUTH], ids=lambda profile: profile.id)
def test_whoever_names_an_enterprise_names_a_registered_one(world: World, profile: Profile) -> None:
    """A person's or a chip's certificate may name none; a code that nobody registered is refused."""
    key = new_key().public_key()
    free = CertificateRequest(profile.id, SubjectName("张三"), key)
    assert world.authority.issue(free, request_key="free", actor=CLERK).serial
    other = SubjectName("张三", "别的公司", make_uscc("91110108MA01C8QX4"))
    with pytest.raises(EnterpriseUnknown):
        world.authority.issue(
            CertificateRequest(profile.id, other, new_key().public_key()), request_key="other", actor=CLERK
        )
