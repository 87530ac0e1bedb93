"""Electronic licences on both databases: sealed by their authority, on record once, moved along the table (E1)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from ca.actor import Actor
from ca.errors import EnterpriseUnknown
from seals.errors import SealNotFound
from signing.errors import SigningError
from signing.licences import errors
from signing.licences.desk import LicenceDesk, LicenceOrder
from signing.licences.licence import LicenceAct, LicenceStatus
from signing.licences.store import licence
from signing.making import Step
from signing.placing.placement import Placement
from signing.store import sealing
from tests.conftest import SteppingClock
from tests.interop.sealing_world import blank_pdf
from tests.pki import USCC
from tests.unit.signing.office import KEEPER, Office, make_office
from verify.verdict import Verdict

STRANGER = Actor("person:qian.qi", "钱七", "91330105002500287C")


@pytest.fixture
def office(engine: sa.Engine, clock: SteppingClock, tmp_path: Path) -> Office:
    return make_office(engine, clock, tmp_path / "archive", lambda _now: timedelta(0))


@pytest.fixture
def desk(office: Office) -> LicenceDesk:
    return _desk(office)


def _desk(office: Office, passing: Callable[[Step], None] | None = None) -> LicenceDesk:
    service = office.service if passing is None else office.passing(passing)
    world = office.world
    return LicenceDesk(
        office.engine,
        office.clock,
        world.audit,
        enterprises=world.enterprises,
        seals=office.registry,
        sealing=service,
    )


def wish(office: Office, **changes: object) -> LicenceOrder:
    begins = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    made = LicenceOrder(
        type_code="11100000000013338W011",
        name="营业执照",
        number=USCC,
        holder_uscc=USCC,
        valid_from=begins,
        valid_to=begins + timedelta(days=3650),
        document=blank_pdf(1),
        file_name="营业执照.pdf",
        seal_code=office.seal.code,
        placement=Placement(1, 120, 200),
        request_key="one",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_a_licence_is_sealed_and_on_record(office: Office, desk: LicenceDesk):
    granted, sealed = desk.issue(wish(office), actor=KEEPER)
    assert sealed.report.verdict is Verdict.PASSED
    assert (granted.status, granted.document, granted.issuer_uscc) == (
        LicenceStatus.VALID,
        sealed.digest.hex,
        office.seal.owner.uscc,
    )
    assert desk.get(str(granted.identifier)) == granted
    assert desk.held(USCC) == desk.list(USCC) == (granted,)
    actions = office.actions()
    assert actions.index("licence.intent") < actions.index("sealing.intent")
    assert actions[-1] == "licence.issue"


def test_I29_asked_for_again_it_is_the_same_licence(office: Office, desk: LicenceDesk):
    first, sealed = desk.issue(wish(office), actor=KEEPER)
    again, repeated = desk.issue(wish(office), actor=KEEPER)
    assert again == first
    assert repeated.digest == sealed.digest
    assert repeated.repeated
    assert len(office.rows(sealing)) == 1
    with pytest.raises(errors.LicenceKeyTaken):
        desk.issue(wish(office, name="食品经营许可证"), actor=KEEPER)


def test_I29_two_requests_at_once_grant_one_licence(office: Office, desk: LicenceDesk):
    def ask(_: int) -> str:
        try:
            return str(desk.issue(wish(office), actor=KEEPER)[0].identifier)
        except SigningError as refused:  # the other one is at it
            return type(refused).__name__

    with ThreadPoolExecutor(2) as pool:
        answers = set(pool.map(ask, range(2)))
    (row,) = office.rows(licence)
    assert answers <= {row.identifier, "SealingInProgress"}
    assert (row.status, len(office.rows(sealing))) == ("valid", 1)


def test_a_crash_while_sealing_is_taken_up_again(office: Office, desk: LicenceDesk):
    def stop(step: Step) -> None:
        if step is Step.RECORDED:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _desk(office, stop).issue(wish(office), actor=KEEPER)
    assert [row.status for row in office.rows(licence)] == ["issuing"]
    assert desk.held(USCC) == ()
    granted, sealed = desk.issue(wish(office), actor=KEEPER)
    assert (granted.status, sealed.repeated) == (LicenceStatus.VALID, True)
    assert len(office.rows(sealing)) == 1


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"type_code": "11100000000013338W0"}, errors.LicenceFieldInvalid),
        ({"serial": "abc"}, errors.LicenceFieldInvalid),
        ({"name": " "}, errors.LicenceFieldInvalid),
        ({"number": "1\n2"}, errors.LicenceFieldInvalid),
        ({"request_key": ""}, errors.LicenceFieldInvalid),
        ({"valid_to": datetime.fromisoformat("2025-01-01T00:00:00+00:00")}, errors.LicenceFieldInvalid),
        ({"holder_uscc": "91330105002500287C"}, EnterpriseUnknown),
        ({"seal_code": "99999999999999"}, SealNotFound),
    ],
)
def test_a_bad_order_leaves_nothing(office: Office, desk: LicenceDesk, change: dict, error: type[Exception]):
    before = office.actions()
    with pytest.raises(error):
        desk.issue(wish(office, **change), actor=KEEPER)
    assert office.rows(licence) == []
    assert office.actions() == before


def test_an_identifier_is_given_once(office: Office, desk: LicenceDesk):
    desk.issue(wish(office, serial="20260000001"), actor=KEEPER)
    with pytest.raises(errors.LicenceTaken):
        desk.issue(wish(office, serial="20260000001", request_key="two"), actor=KEEPER)
    newer, _ = desk.issue(wish(office, serial="20260000001", request_key="two", version=2), actor=KEEPER)
    assert ".002." in str(newer.identifier)


def test_only_its_authority_grants_and_moves_it(office: Office, desk: LicenceDesk):
    with pytest.raises(errors.NotTheIssuer):
        desk.issue(wish(office), actor=STRANGER)
    granted, _ = desk.issue(wish(office), actor=KEEPER)
    with pytest.raises(errors.NotTheIssuer):
        desk.act(str(granted.identifier), LicenceAct.REVOKE, "不实", actor=STRANGER)


def test_I20_each_move_is_on_the_trail_and_ends_are_ends(office: Office, desk: LicenceDesk):
    granted, _ = desk.issue(wish(office), actor=KEEPER)
    name = str(granted.identifier)
    for reason in ("", "  ", "长" * 501):
        with pytest.raises(errors.LicenceReasonNeeded):
            desk.act(name, LicenceAct.SUSPEND, reason, actor=KEEPER)
    assert desk.act(name, LicenceAct.SUSPEND, "年报未公示", actor=KEEPER).status is LicenceStatus.SUSPENDED
    assert desk.act(name, LicenceAct.RESUME, "已补报", actor=KEEPER).status is LicenceStatus.VALID
    ended = desk.act(name, LicenceAct.REVOKE, "提交虚假材料", actor=KEEPER)
    assert (ended.status, ended.reason, ended.status.code) == (LicenceStatus.REVOKED, "提交虚假材料", "07")
    with pytest.raises(errors.LicenceActRefused):
        desk.act(name, LicenceAct.RESUME, "请恢复", actor=KEEPER)
    assert office.actions()[-3:] == ["licence.suspend", "licence.resume", "licence.revoke"]
    with pytest.raises(errors.LicenceUnknown):
        desk.get("1.2.3")


def test_a_licence_lapses_by_the_clock(office: Office, desk: LicenceDesk):
    granted, _ = desk.issue(wish(office), actor=KEEPER)
    assert granted.valid_to is not None
    assert granted.standing(granted.valid_to) is LicenceStatus.VALID
    assert granted.standing(granted.valid_to + timedelta(seconds=1)) is LicenceStatus.LAPSED
    ended = desk.act(str(granted.identifier), LicenceAct.CANCEL, "歇业", actor=KEEPER)
    assert ended.standing(granted.valid_to + timedelta(days=1)) is LicenceStatus.CANCELLED
