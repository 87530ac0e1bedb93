"""Finding certificates by serial, name, code and expiry, page by page."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from ca.certificate import (
    MAX_PAGE,
    CertificateOrder,
    CertificateQuery,
    CertificateRecord,
    CertificateStatus,
    RevocationReason,
)
from ca.errors import CursorInvalid, EnterpriseUnknown, IssuerUnknown
from tests.conftest import SteppingClock
from tests.pki import OFFICER, World, make_uscc
from tests.settled import settled_world

NAMES = (
    "北京甲科技有限公司",
    "北京乙贸易有限公司",
    "上海甲科技有限公司",
    "100%成功公司",
    "A_B\\C Ltd",
    "公司",
    "公司",
)


@pytest.fixture
def world(engine: sa.Engine, clock: SteppingClock) -> World:
    """Seven enterprises' certificates, a minute apart, lengths from 10 days up."""
    made = settled_world(engine, clock)
    for number, name in enumerate(NAMES):
        clock.advance(timedelta(minutes=1))
        code = make_uscc(f"9111010800000{number:04}")
        made.enrol(name, code, validity=timedelta(days=10 * (1 + number % 4)))
    return made


SEALS = CertificateQuery(profile="enterprise-seal")


def names(records: tuple[CertificateRecord, ...]) -> list[str]:
    return [record.name for record in records]


def find(world: World, **conditions: object) -> list[str]:
    return names(world.authority.find(replace(SEALS, **conditions)).items)  # type: ignore[arg-type]


def test_by_name_anywhere_and_at_the_start(world: World) -> None:
    assert find(world, name="甲科技") == [NAMES[0], NAMES[2]]
    assert find(world, name_prefix="北京") == [NAMES[0], NAMES[1]]
    assert find(world, name_prefix="甲") == []


@pytest.mark.parametrize(
    ("text", "found"), [("%", [NAMES[3]]), ("_", [NAMES[4]]), ("\\", [NAMES[4]]), ("0%成", [NAMES[3]])]
)
def test_wildcards_in_a_name_are_only_letters(world: World, text: str, found: list[str]) -> None:
    assert find(world, name=text) == found


def test_by_code(world: World) -> None:
    assert find(world, uscc=make_uscc("91110108000000002")) == [NAMES[2]]
    assert find(world, uscc="91110108000000000X") == []


def test_by_serial(world: World) -> None:
    wanted = world.authority.find(SEALS).items[3]
    assert world.authority.find(CertificateQuery(serial=wanted.serial)).items == (wanted,)
    for nobody in (wanted.serial + 1, -1, 0, 2**160, 2**4000):
        assert world.authority.find(CertificateQuery(serial=nobody)).items == ()


def test_by_expiry(world: World, clock: SteppingClock) -> None:
    """``expires_before`` is exclusive, ``expires_after`` inclusive: together they cut time without overlap."""
    edge = world.authority.find(SEALS).items[1].not_after
    early = find(world, expires_before=edge)
    late = find(world, expires_after=edge)
    assert sorted(early + late) == sorted(NAMES)
    assert NAMES[1] in late
    assert NAMES[1] not in early


def test_by_status_and_issuer(world: World) -> None:
    serial = world.authority.find(SEALS).items[0].serial
    world.authority.revoke(serial, RevocationReason.SUPERSEDED, actor=OFFICER)
    assert find(world, status=CertificateStatus.REVOKED) == [NAMES[0]]
    assert len(find(world, status=CertificateStatus.ISSUED)) == len(NAMES) - 1
    assert len(world.authority.find(CertificateQuery(issuer="root")).items) == 2


@pytest.mark.parametrize("limit", [1, 3, 7])
def test_pages_give_each_certificate_once_in_order(world: World, limit: int) -> None:
    for order in CertificateOrder:
        check_pages(world, order, limit)


def check_pages(world: World, order: CertificateOrder, limit: int) -> None:
    query, found = replace(SEALS, order=order, limit=limit), []
    while True:
        page = world.authority.find(query)
        assert len(page.items) <= limit
        found += page.items
        if page.next is None:
            break
        query = replace(query, cursor=page.next)
    whole = world.authority.find(replace(SEALS, order=order)).items
    assert tuple(found) == whole
    assert len(found) == len(NAMES)


def test_a_certificate_issued_between_pages_disturbs_nothing(world: World) -> None:
    first = world.authority.find(replace(SEALS, order=CertificateOrder.USCC, limit=3))
    world.enrol("插队公司", make_uscc("11110000000000000"))  # sorts before all others
    rest = world.authority.find(replace(SEALS, order=CertificateOrder.USCC, cursor=first.next or ""))
    assert names(first.items + rest.items) == list(NAMES)


def test_a_page_is_never_larger_than_its_limit_allows(world: World) -> None:
    assert len(world.authority.find(replace(SEALS, limit=MAX_PAGE * 10)).items) == len(NAMES)
    assert len(world.authority.find(replace(SEALS, limit=-5)).items) == 1


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


FOREIGN_CURSORS = [
    "?",
    "x" * 401,
    "e30=",
    encoded([]),
    encoded(None),
    encoded(["name", "甲", "1"]),
    encoded(["name", "甲", True]),
    encoded(["expiry", "yesterday", 1]),
    encoded(["expiry", "2026-11-21T00:00:00", 1]),
    encoded(["serial", "zz", 1]),
    encoded(["serial", "-5", 1]),
    encoded(["serial", "f" * 41, 1]),
    encoded(["issuance", 1, 2**70]),
    encoded(["name", "\ud800", 1]),
    encoded(["name", "\0", 1]),
    "甲",
]


def test_foreign_cursors_are_a_clean_error(world: World) -> None:
    for order in CertificateOrder:
        for cursor in FOREIGN_CURSORS:
            with pytest.raises(CursorInvalid):
                world.authority.find(replace(SEALS, order=order, cursor=cursor))


@pytest.mark.parametrize("text", ["\0", "\ud800", "甲\0"])
def test_text_that_no_row_can_hold_matches_none(world: World, text: str) -> None:
    for condition in ("name", "name_prefix", "uscc", "issuer", "profile"):
        assert world.authority.find(CertificateQuery(**{condition: text})).items == ()
    with pytest.raises(IssuerUnknown):
        world.authority.issuer(text)
    with pytest.raises(EnterpriseUnknown):
        world.enterprises.get(text)


def test_a_cursor_of_another_order_is_refused(world: World) -> None:
    cursor = world.authority.find(replace(SEALS, limit=2)).next
    assert cursor
    with pytest.raises(CursorInvalid):
        world.authority.find(replace(SEALS, order=CertificateOrder.NAME, cursor=cursor))
