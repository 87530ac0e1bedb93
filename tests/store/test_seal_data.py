"""Making seal data of seals on record: what it rests on, who may not, and every seam of the making (C5, C8)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from ca.audit import AuditTrail
from ca.certificate import RevocationReason
from ca.clock_guard import ClockGuard
from ca.errors import SignatureWithheld, TsaUnavailable
from ca.issuer import UnitPurpose
from ca.status.crl import CrlPublisher
from ca.store import audit, unit
from ca.tsa import TimeStampAuthority
from hsm.algorithms import Digest
from hsm.errors import TokenLost
from hsm.signer import Signer
from hsm.suite import Suite
from seals.drawing.vector import SealPicture
from seals.errors import SealCertificateExpired
from seals.registry import SealRegistry
from seals.renewal import RenewalRequest
from seals.seal import SealApplication, SealKind
from seals.ses.errors import (
    NationalSuiteNeeded,
    SealDataMoved,
    SealDataStopped,
    SealMakerUnfit,
)
from seals.ses.maker import STALE_AFTER, MakingRules, SealDataMaker
from seals.ses.parts import CertListType, SesVersion
from seals.ses.store import DataState, seal_data
from seals.ses.structure import read_seal
from tests.conftest import SteppingClock
from tests.faults import FaultyProvider, FaultySigner, lose_token
from tests.pki import CLERK, OFFICER, SECOND, USCC, World
from tests.ses_world import judge, png, states
from tests.settled import settled_world
from verify.trust import TrustStore
from verify.verdict import Verdict

KEEPER = CLERK


def drawn(_picture: SealPicture) -> bytes:
    """Draw quickly: the tests of the picture are elsewhere."""
    return png()


class SealDataWorld:
    """An authority in the national suite, a registry, one enterprise, and a maker of seal data."""

    def __init__(self, engine: sa.Engine, clock: SteppingClock, suite: Suite = Suite.GM) -> None:
        self.engine, self.clock = engine, clock
        self.provider = FaultyProvider()
        self.ca: World = settled_world(engine, clock, provider=self.provider, suite=suite)
        self.keeper = self.ca.enrol()
        self.registry = SealRegistry(engine, self.ca.enterprises, clock, self.ca.audit)
        guard = ClockGuard(clock, lambda _now: timedelta(0))
        self.tsa = TimeStampAuthority(engine, self.ca.keys, guard, self.ca.audit)
        self.maker = self.make_maker()

    def make_maker(
        self, *, draw: Callable[[SealPicture], bytes] = drawn, stamper: Any = None, **rules: Any
    ) -> SealDataMaker:
        made = MakingRules(**rules)
        stamp = stamper or self.tsa.stamp
        return SealDataMaker(
            self.registry, self.ca.authority, self.ca.keys, stamper=stamp, rules=made, draw=draw
        )

    def active(self, certificate: Any = None) -> str:
        application = SealApplication(USCC, SealKind.CONTRACT, KEEPER.id)
        code = self.registry.apply(application, actor=CLERK).code
        self.registry.approve(code, actor=SECOND, certificate=certificate or self.keeper.issued)
        return code

    @property
    def maker_signatures(self) -> int:
        """How often the maker's key was used."""
        return len(self.ca.signer(self.ca.hierarchy.seal_maker.key_uri).signed)

    def rows(self, code: str) -> list[str]:
        with self.engine.connect() as conn:
            query = sa.select(seal_data.c.state).where(seal_data.c.electronic_code == code)
            return list(conn.execute(query.order_by(seal_data.c.id)).scalars())

    def trail(self, code: str) -> list[str]:
        with self.engine.connect() as conn:
            query = sa.select(audit.c.action).where(
                audit.c.subject == code, audit.c.action.like("seal_data.%")
            )
            return list(conn.execute(query.order_by(audit.c.number)).scalars())

    def trust(self) -> TrustStore:
        crls = CrlPublisher(self.engine, self.ca.keys, self.clock, self.ca.audit, self.ca.config)
        lists = [crls.publish(issuer.id, actor=OFFICER).der for issuer in self.ca.authority.issuers()]
        return TrustStore([self.ca.root], intermediates=[self.ca.issuing], crls=lists)


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock) -> SealDataWorld:
    return SealDataWorld(engine, clock)


@pytest.mark.parametrize("version", [SesVersion.V4, SesVersion.V5])
def test_what_is_made_passes_our_own_judge(world: SealDataWorld, version: SesVersion) -> None:
    code = world.active()
    made = world.maker.current(code, version, actor=KEEPER)
    seal = read_seal(made.octets)
    record = world.registry.get(code)
    assert (seal.version, seal.id, seal.property.name) == (version, code, record.name)
    assert (seal.property.type, seal.picture.width_mm) == (4, record.physical.width_mm)
    assert seal.property.signers.certificates == (world.keeper.issued.der,)
    assert seal.maker_certificate == world.ca.hierarchy.seal_maker.certificate
    assert seal.maker_certificate not in seal.property.signers.certificates
    assert (seal.time_stamp is not None) is (version is SesVersion.V5)
    assert seal.property.valid_from == record.valid_from
    assert seal.property.valid_to == record.valid_to
    trust = world.trust()
    report = judge(made.octets, trust, world.clock())
    assert report.verdict is Verdict.PASSED, (report.reason, states(report))
    assert world.trail(code) == ["seal_data.intended", "seal_data.made"]


def test_the_picture_is_drawn_at_true_size(world: SealDataWorld) -> None:
    code = world.active()
    maker = SealDataMaker(world.registry, world.ca.authority, world.ca.keys)
    picture = read_seal(maker.current(code, actor=KEEPER).octets).picture
    assert picture.kind == "PNG"
    assert picture.pixels is not None
    for pixels, size in zip(picture.pixels, (picture.width_mm, picture.height_mm), strict=True):
        assert abs(pixels - size / 25.4 * 600) < 2


def test_data_in_force_is_made_once(world: SealDataWorld) -> None:
    code = world.active()
    before = world.maker_signatures
    first = world.maker.current(code, actor=KEEPER)
    assert world.maker.current(code, actor=SECOND) == first
    assert world.maker_signatures == before + 1
    other = world.maker.current(code, SesVersion.V5, actor=KEEPER)
    assert other.sha256 != first.sha256
    assert world.maker.current(code, actor=KEEPER) == first
    assert world.maker.current(world.registry.get(code).physical.code, actor=KEEPER) == first


def test_rules_of_the_installation_show(world: SealDataWorld) -> None:
    code = world.active()
    maker = world.make_maker(
        vendor="Somebody", list_type=CertListType.DIGESTS, types={"04": 44}, stamped=False
    )
    seal = read_seal(maker.current(code, SesVersion.V5, actor=KEEPER).octets)
    assert (seal.header.vendor, seal.property.type, seal.time_stamp) == ("Somebody", 44, None)
    (digest,) = seal.property.signers.digests
    assert (digest.type, len(digest.value)) == ("SM3", 32)
    assert len(world.maker.history(code)) == 1
    world.maker.current(code, SesVersion.V5, actor=KEEPER)
    assert len(world.maker.history(code)) == 2


def test_a_renewed_certificate_makes_new_data_and_keeps_the_old(world: SealDataWorld) -> None:
    """C8: the list of signers is the certificate bound now; what was made before stays on record."""
    code = world.active()
    first = world.maker.current(code, actor=KEEPER)
    world.clock.advance(timedelta(hours=1))
    renewed = world.ca.enrol()
    world.registry.request_renewal(code, RenewalRequest(renewed.issued), actor=CLERK)
    world.registry.renew(code, actor=SECOND)
    second = world.maker.current(code, actor=KEEPER)
    assert read_seal(second.octets).property.signers.certificates == (renewed.issued.der,)
    assert [item.sha256 for item in world.maker.history(code)] == [second.sha256, first.sha256]
    assert world.maker.history(code)[1].octets == first.octets


def test_a_stopped_seal_has_no_current_data(world: SealDataWorld) -> None:
    code = world.active()
    first = world.maker.current(code, actor=KEEPER)
    world.registry.freeze(code, actor=CLERK, reason="遗失")
    with pytest.raises(SealDataStopped) as refused:
        world.maker.current(code, actor=KEEPER)
    assert code in refused.value.zh
    world.registry.request_resume(code, actor=CLERK)
    world.registry.confirm_resume(code, actor=SECOND)
    world.clock.advance(timedelta(seconds=2))
    assert world.maker.current(code, actor=KEEPER).sha256 != first.sha256
    world.registry.revoke(code, actor=SECOND, reason="注销")
    with pytest.raises(SealDataStopped):
        world.maker.current(code, actor=KEEPER)


def test_an_application_and_an_ended_seal_have_none(world: SealDataWorld) -> None:
    applied = world.registry.apply(SealApplication(USCC, SealKind.FINANCE, KEEPER.id), actor=CLERK)
    with pytest.raises(SealDataStopped):
        world.maker.current(applied.code, actor=KEEPER)
    code = world.active()
    world.clock.advance(timedelta(days=400))
    with pytest.raises((SealDataStopped, SealCertificateExpired)):
        world.maker.current(code, actor=KEEPER)
    assert world.rows(code) == []


def test_the_maker_is_checked_before_its_key_is_touched(world: SealDataWorld) -> None:
    code = world.active()
    used = world.maker_signatures
    maker = world.ca.hierarchy.seal_maker
    world.ca.authority.revoke(maker.x509.serial_number, RevocationReason.SUPERSEDED, actor=OFFICER)
    with pytest.raises(SealMakerUnfit) as refused:
        world.maker.current(code, actor=KEEPER)
    assert "吊销" in refused.value.zh
    assert world.maker_signatures == used
    assert world.rows(code) == []


def test_nobody_makes_a_seal_for_itself(world: SealDataWorld) -> None:
    """The signer's own key, even under another certificate, is not a maker's."""
    from seals.ses.fitness import check_apart

    code = world.active()
    bound = world.registry.get(code).electronic.certificate
    assert bound is not None
    with world.engine.connect() as conn:
        from ca.status.store import find_unit

        maker = find_unit(conn, UnitPurpose.SEAL_MAKER)
    assert maker is not None
    check_apart(maker, bound)
    from dataclasses import replace

    with pytest.raises(SealMakerUnfit):
        check_apart(maker, replace(bound, der=maker.der))


def test_without_a_maker_the_reason_is_clear(world: SealDataWorld) -> None:
    code = world.active()
    with world.engine.begin() as conn:
        conn.execute(unit.update().where(unit.c.purpose == UnitPurpose.SEAL_MAKER).values(status="retired"))
    with pytest.raises(SealMakerUnfit):
        world.maker.current(code, actor=KEEPER)


def test_the_international_suite_is_refused_in_plain_words(engine: sa.Engine, clock: SteppingClock) -> None:
    world = SealDataWorld(engine, clock, Suite.INTERNATIONAL)
    code = world.active()
    with pytest.raises(NationalSuiteNeeded) as refused:
        world.maker.current(code, actor=KEEPER)
    assert "suite=gm" in refused.value.zh
    assert "suite gm" in refused.value.en
    assert world.rows(code) == []


def test_a_signer_without_an_sm2_key_is_refused(world: SealDataWorld) -> None:
    from hsm.algorithms import KeyKind

    code = world.active(world.ca.enrol(kind=KeyKind.EC_P256).issued)
    with pytest.raises(NationalSuiteNeeded):
        world.maker.current(code, actor=KEEPER)


class PowerCut(BaseException):
    """The process ends here: nothing catches it, nothing is tidied up."""


def _cut(*_: Any) -> Any:
    raise PowerCut


@pytest.mark.parametrize("seam", ["before signing", "after signing", "while stamping", "before commit 2"])
def test_I19_what_a_crash_leaves_is_withheld(world: SealDataWorld, seam: str) -> None:
    code = world.active()
    version, maker = SesVersion.V4, world.maker
    if seam == "while stamping":
        version, maker = SesVersion.V5, world.make_maker(stamper=_cut)
    elif seam == "before commit 2":
        _cut_at_commit(world.engine, 2)
    else:
        parts = {"before": _cut} if seam == "before signing" else {"after": _cut}
        world.provider.wrap = lambda signer: FaultySigner(signer, **parts)
    with pytest.raises(PowerCut):
        maker.current(code, version, actor=KEEPER)
    world.provider.wrap = _whole
    assert world.rows(code) == [DataState.RESERVED]
    assert world.maker.reconcile(OFFICER) == 0  # it may still be at work
    world.clock.advance(STALE_AFTER + timedelta(seconds=1))
    assert world.maker.reconcile(OFFICER) == 1
    assert world.maker.reconcile(OFFICER) == 0
    assert world.rows(code) == [DataState.WITHHELD]
    assert world.trail(code) == ["seal_data.intended", "seal_data.withheld"]
    made = world.make_maker().current(code, version, actor=KEEPER)
    assert made.state is DataState.MADE


def _cut_at_commit(engine: sa.Engine, number: int) -> None:
    """Cut the power right before the n-th commit from here, once."""
    seen = 0

    def count(_connection: sa.Connection) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            raise PowerCut

    sa.event.listen(engine, "commit", count)


def _whole(signer: Signer) -> Signer:
    return signer


def test_I01_nothing_is_signed_that_is_not_on_record(world: SealDataWorld) -> None:
    """At the moment of signing the digest of exactly these octets stands committed."""
    import hashlib

    code, seen = world.active(), []

    def look(message: bytes) -> None:
        with world.engine.connect() as conn:
            query = sa.select(seal_data.c.info_sha256).where(seal_data.c.electronic_code == code)
            seen.append(conn.execute(query).scalar_one() == hashlib.sha256(message).hexdigest())

    world.provider.wrap = lambda signer: FaultySigner(signer, before=look)
    world.maker.current(code, actor=KEEPER)
    assert seen == [True]


def test_I07_a_token_that_flips_a_bit_makes_nothing(world: SealDataWorld) -> None:
    code = world.active()

    def flip(_message: bytes, signature: bytes) -> bytes:
        return signature[:-1] + bytes((signature[-1] ^ 1,))

    world.provider.wrap = lambda signer: FaultySigner(signer, after=flip)
    with pytest.raises(SignatureWithheld):
        world.maker.current(code, actor=KEEPER)
    assert world.rows(code) == [DataState.WITHHELD]


@pytest.mark.parametrize("fault", ["token", "stamp"])
def test_a_key_or_authority_that_fails_leaves_no_reservation(world: SealDataWorld, fault: str) -> None:
    code = world.active()

    def closed(_digest: Digest) -> bytes:
        raise TsaUnavailable("closed")

    maker = world.make_maker(stamper=closed) if fault == "stamp" else world.maker
    if fault == "token":
        world.provider.wrap = lambda signer: FaultySigner(signer, before=lose_token)
    with pytest.raises(TokenLost if fault == "token" else TsaUnavailable):
        maker.current(code, SesVersion.V5, actor=KEEPER)
    assert world.rows(code) == [DataState.WITHHELD]
    world.provider.wrap = _whole
    assert world.make_maker().current(code, SesVersion.V5, actor=KEEPER).state is DataState.MADE


def test_a_seal_frozen_while_its_data_is_made_gets_none(world: SealDataWorld) -> None:
    code = world.active()

    def freeze(_message: bytes) -> None:
        world.registry.freeze(code, actor=CLERK, reason="遗失")

    world.provider.wrap = lambda signer: FaultySigner(signer, before=freeze)
    with pytest.raises(SealDataMoved):
        world.maker.current(code, actor=KEEPER)
    assert world.rows(code) == [DataState.WITHHELD]


def test_two_at_once_end_with_one_data_in_force(world: SealDataWorld) -> None:
    code = world.active()
    meet = threading.Barrier(2, timeout=20)
    found: list[str] = []

    def draw(_picture: SealPicture) -> bytes:
        meet.wait()
        return png()

    def work() -> None:
        found.append(world.make_maker(draw=draw).current(code, actor=KEEPER).sha256)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == 2
    assert len(set(found)) == 1
    assert sorted(world.rows(code)) == [DataState.MADE, DataState.WITHHELD]


def test_I20_no_audit_no_data(world: SealDataWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    code, used = world.active(), world.maker_signatures

    def refuse(*_: object, **__: object) -> None:
        raise sa.exc.OperationalError("insert", {}, OSError("disk full"))

    monkeypatch.setattr(AuditTrail, "append_many", refuse)
    with pytest.raises(sa.exc.OperationalError):
        world.maker.current(code, actor=KEEPER)
    monkeypatch.undo()
    assert world.maker_signatures == used
    assert world.rows(code) == []
