"""Remote signatures over digests: authorised, signed once, on record; every misuse refused before the key (I1, I7, I29)."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ca.actor import Actor
from hsm.algorithms import Digest, DigestAlgorithm
from hsm.digest_signing import verify_digest
from hsm.errors import SignatureInvalid, TokenLost
from hsm.pins import Pin
from hsm.public_keys import certificate_key
from hsm.suite import Suite
from seals.errors import SealFrozen, SealNotYours
from seals.store import seal_permit
from signing.hashes.credential import Credentials
from signing.hashes.desk import ACTIVATION_LIFE, Activated, HashDesk, HashOrder, HashTools, Presented
from signing.hashes.errors import ActivationInvalid, CredentialUnknown, DigestNotAuthorised, DigestsInvalid
from signing.hashes.store import activation, hash_signature
from tests.conftest import SteppingClock
from tests.unit.signing.office import APPLICANT, AUDITOR, KEEPER, Office, make_office

STRANGER = Actor("person:wang.wu", "王五", KEEPER.uscc)


@dataclass
class Bench:
    """An office with a desk for digests."""

    office: Office
    desk: HashDesk

    @property
    def seal(self) -> str:
        return self.office.seal.code

    def digest(self, text: bytes = b"one") -> Digest:
        return self.desk.credentials.get(self.seal, KEEPER).algorithms[0].digest.digest(text)

    def authorise(self, *digests: Digest, pin: Pin | None = None) -> Activated:
        return self.desk.authorise(HashOrder(self.seal, digests, "合同"), actor=KEEPER, pin=pin)

    def shown(self, activated: Activated, actor: Actor = KEEPER) -> Presented:
        return Presented(activated.secret, self.seal, actor)

    def column(self, column: sa.Column[Any]) -> list[Any]:
        with self.office.engine.connect() as conn:
            return list(conn.execute(sa.select(column)).scalars())


def bench_of(office: Office) -> Bench:
    from ca.status.crl import CrlPublisher
    from ca.status.ocsp import OcspResponder
    from signing.evidence import EvidenceDesk

    world = office.world
    crls = CrlPublisher(world.engine, world.keys, world.clock, world.audit, world.config)
    ocsp = OcspResponder(world.engine, world.keys, world.clock, world.config)
    credentials = Credentials(office.registry, office.ledger, EvidenceDesk(world.authority, crls, ocsp))
    tools = HashTools(office.permits, office.registry, office.desk, credentials, world.keys, world.audit)
    return Bench(office, HashDesk(office.engine, office.clock, tools))


@pytest.fixture
def bench(engine: sa.Engine, clock: SteppingClock, tmp_path: Path) -> Bench:
    return bench_of(make_office(engine, clock, tmp_path, lambda _now: timedelta(0)))


def test_an_authorised_digest_is_signed_once_under_its_own_permit(bench: Bench) -> None:
    one, two = bench.digest(), bench.digest(b"two")
    given = bench.authorise(one, two)
    assert bench.column(seal_permit.c.state) == []
    signatures = bench.desk.sign(bench.shown(given), [one])
    credential = bench.desk.credentials.get(bench.seal, KEEPER)
    verify_digest(certificate_key(credential.certificate), credential.algorithms[0], one, signatures[0])
    assert bench.column(seal_permit.c.state) == ["used"]
    with pytest.raises(DigestNotAuthorised):
        bench.desk.sign(bench.shown(given), [one])
    bench.desk.sign(bench.shown(given), [two])
    assert bench.column(seal_permit.c.state) == ["used", "used"]
    assert len(bench.office.keeper_signer.signed) == 2
    actions = bench.office.actions()
    assert actions.index("hash.authorised") < actions.index("hash.intent") < actions.index("hash.signed")


def test_both_suites_sign(clock: SteppingClock, tmp_path: Path) -> None:
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    bench = bench_of(make_office(engine, clock, tmp_path, lambda _now: timedelta(0), Suite.GM))
    digest = bench.digest()
    assert digest.algorithm is DigestAlgorithm.SM3
    assert len(bench.desk.sign(bench.shown(bench.authorise(digest)), [digest])) == 1


def test_another_digest_and_another_caller_and_nonsense_are_refused(bench: Bench) -> None:
    one = bench.digest()
    given = bench.authorise(one)
    with pytest.raises(DigestNotAuthorised):
        bench.desk.sign(bench.shown(given), [bench.digest(b"other")])
    with pytest.raises(ActivationInvalid):
        bench.desk.sign(bench.shown(given, STRANGER), [one])
    for nonsense in ("", "x" * 43, given.secret[:-2], "é"):
        with pytest.raises(ActivationInvalid):
            bench.desk.sign(Presented(nonsense, bench.seal, KEEPER), [one])
    assert bench.office.keeper_signer.signed == []
    assert bench.column(seal_permit.c.state) == []


def test_activation_data_fade(bench: Bench, clock: SteppingClock) -> None:
    one = bench.digest()
    given = bench.authorise(one, pin=Pin("246810"))
    clock.advance(ACTIVATION_LIFE)
    with pytest.raises(ActivationInvalid):
        bench.desk.sign(bench.shown(given), [one])
    clock.advance(timedelta(seconds=1))
    bench.desk.reconcile(AUDITOR)
    assert bench.column(activation.c.pin_box) == [b""]


def test_the_pin_is_kept_only_under_the_activation_data(bench: Bench) -> None:
    given = bench.authorise(bench.digest(), pin=Pin("246810"))
    [box] = bench.column(activation.c.pin_box)
    [kept] = bench.column(activation.c.secret_sha256)
    assert b"246810" not in box
    assert given.secret not in kept
    assert given.secret not in repr(given)


def test_a_seal_frozen_in_between_is_refused_before_the_key(bench: Bench) -> None:
    one = bench.digest()
    given = bench.authorise(one)
    bench.office.registry.freeze(bench.seal, actor=APPLICANT, reason="遗失")
    with pytest.raises(SealFrozen):
        bench.desk.sign(bench.shown(given), [one])
    with pytest.raises(SealFrozen):
        bench.authorise(one)
    assert bench.office.keeper_signer.signed == []
    assert bench.office.actions().count("hash.refused") == 2


def test_who_keeps_no_seal_gets_none(bench: Bench) -> None:
    one = bench.digest()
    assert bench.desk.credentials.of(STRANGER) == ()
    assert [one.id for one in bench.desk.credentials.of(KEEPER)] == [bench.seal]
    with pytest.raises(CredentialUnknown):
        bench.desk.authorise(
            HashOrder(bench.seal, (one,)), actor=Actor("person:x", "x", "91330106MA2CYINX3E"), pin=None
        )
    with pytest.raises(CredentialUnknown):
        bench.desk.authorise(HashOrder("99999999999999", (one,)), actor=KEEPER, pin=None)
    with pytest.raises(SealNotYours):
        bench.desk.authorise(HashOrder(bench.seal, (one,)), actor=STRANGER, pin=None)


@pytest.mark.parametrize("count", [0, 101])
def test_how_many_digests(bench: Bench, count: int) -> None:
    with pytest.raises(DigestsInvalid):
        HashOrder(bench.seal, tuple(bench.digest(str(n).encode()) for n in range(count)))


def test_a_digest_twice_in_one_order_is_refused(bench: Bench) -> None:
    with pytest.raises(DigestsInvalid):
        HashOrder(bench.seal, (bench.digest(), bench.digest()))


def test_a_key_that_fails_gives_its_permit_back(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    one = bench.digest()
    given = bench.authorise(one)

    def lost(_digest: Digest) -> bytes:
        raise TokenLost("pulled out")

    monkeypatch.setattr(bench.office.keeper_signer, "sign_digest", lost)
    with pytest.raises(TokenLost):
        bench.desk.sign(bench.shown(given), [one])
    assert bench.column(seal_permit.c.state) == ["released"]
    assert bench.column(hash_signature.c.state) == ["failed"]


def test_I07_a_signature_that_does_not_verify_never_leaves(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = bench.digest()
    real = bench.office.keeper_signer.sign_digest
    monkeypatch.setattr(bench.office.keeper_signer, "sign_digest", lambda _d: real(bench.digest(b"other")))
    with pytest.raises(SignatureInvalid):
        bench.desk.sign(bench.shown(bench.authorise(one)), [one])
    assert bench.column(seal_permit.c.state) == ["released"]


def test_I19_what_a_dead_process_left_begun_is_closed(
    bench: Bench, clock: SteppingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = bench.digest()
    given = bench.authorise(one)

    class Killed(BaseException):
        pass

    def killed(_digest: Digest) -> bytes:
        raise Killed

    monkeypatch.setattr(bench.office.keeper_signer, "sign_digest", killed)
    with pytest.raises(Killed):
        bench.desk.sign(bench.shown(given), [one])
    assert bench.column(hash_signature.c.state) == ["begun"]
    assert bench.desk.reconcile(AUDITOR) == 0, "its maker may be alive"
    clock.advance(timedelta(minutes=16))
    assert bench.desk.reconcile(AUDITOR) == 1
    assert bench.column(seal_permit.c.state) == ["released"]
    assert bench.desk.reconcile(AUDITOR) == 0


def test_I29_of_two_at_once_one_signs(bench: Bench) -> None:
    one = bench.digest()
    given = bench.authorise(one)
    gate, results = threading.Barrier(2), []

    def run() -> None:
        gate.wait()
        try:
            results.append(bench.desk.sign(bench.shown(given), [one]))
        except DigestNotAuthorised as refused:
            results.append(refused)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(one).__name__ for one in results) == ["DigestNotAuthorised", "tuple"]
    assert len(bench.office.keeper_signer.signed) == 1
