"""The check before a document leaves: what it keeps between documents never outlives a change."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from ca.issuer import UnitPurpose
from hsm.provider import open_signer
from seals.status_list import ListMaker, StatusListPublisher
from signing.selfcheck import SelfCheck
from tests.conftest import SteppingClock
from tests.unit.signing.office import AUDITOR, KEEPER, Office, make_office, order


def _publisher(office: Office) -> StatusListPublisher:
    maker = office.world.authority.units(UnitPurpose.SEAL_MAKER)[0]
    chain = (maker.certificate, *office.world.authority.chain(maker.issuer))
    opened = ListMaker(maker.id, chain, lambda: open_signer(office.world.keys, maker.key_uri))
    return StatusListPublisher(office.engine, office.clock, office.world.audit, opened)


def test_a_newer_status_list_counts_at_once(engine: sa.Engine, clock: SteppingClock, tmp_path: Path) -> None:
    """B4: the list is asked for at every document; one that says frozen is not overlooked for one read before."""
    office = make_office(engine, clock, tmp_path / "archive", lambda _now: timedelta(0))
    sealed = office.service.seal(order(seal_code=office.seal.code), actor=KEEPER)
    lists: list[str] = []
    check = SelfCheck(office.tools.check._evidence, lambda: lists)

    def seal_now() -> str:
        clock.advance(timedelta(seconds=1))
        report = check.report(sealed.path, at=clock(), order=order())
        return report.signatures[0].seal_now.status

    assert seal_now() == "unknown"
    lists = [_publisher(office).publish(actor=AUDITOR).jws]
    assert seal_now() == seal_now() == "active"
    clock.advance(timedelta(seconds=1))
    office.registry.freeze(office.seal.code, actor=AUDITOR, reason="挂失")
    clock.advance(timedelta(seconds=1))
    lists = [_publisher(office).publish(actor=AUDITOR).jws]
    assert seal_now() == "frozen"


def test_another_root_is_taken_at_once(engine: sa.Engine, clock: SteppingClock, tmp_path: Path) -> None:
    """The roots are asked for at every document: without ours, the next report knows nobody."""
    office = make_office(engine, clock, tmp_path / "archive", lambda _now: timedelta(0))
    sealed = office.service.seal(order(seal_code=office.seal.code), actor=KEEPER)
    desk = office.tools.check._evidence
    check = SelfCheck(desk)
    found = check.report(sealed.path, at=clock(), order=order())
    assert found.signatures[0].indication.value == "TOTAL-PASSED"
    with engine.begin() as conn:
        conn.execute(sa.text("UPDATE issuer SET parent = 'elsewhere' WHERE id = parent"))
    assert desk.anchors() == ()
    found = check.report(sealed.path, at=clock(), order=order())
    assert found.signatures[0].sub_indication == "NO_CERTIFICATE_CHAIN_FOUND"
