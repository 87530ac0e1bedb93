"""Release 0008 over a register in use: what was approved is filed, what is frozen was active, and the new rules hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
import sqlalchemy as sa
from alembic import command

from api.database.schema import _config, migrate
from ca.actor import Actor
from ca.audit import AuditTrail
from ca.enterprise import Enterprises
from seals import status_list, store
from seals.registry import SealRegistry
from seals.seal import SealQuery, SealStatus

NOW: Final = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
DAY: Final = timedelta(days=1)
PAST: Final[dict[str, tuple[str, ...]]] = {
    "33010500000001": ("applied",),
    "33010500000002": ("applied", "active"),
    "33010500000003": ("applied", "active", "frozen"),
    "33010500000004": ("applied", "active", "frozen", "frozen", "active"),
    "33010500000005": ("applied", "active", "revoked"),
    "33010500000006": ("applied", "rejected"),
}
ACTS: Final = {
    "applied": "apply",
    "active": "approve",
    "frozen": "freeze",
    "revoked": "revoke",
    "rejected": "reject",
}


def test_a_register_in_use_goes_on(bare_engine: sa.Engine) -> None:
    config = _config()
    with bare_engine.begin() as conn:
        config.attributes["connection"] = conn
        command.upgrade(config, "0007")
        for code, past in PAST.items():
            _fill(conn, code, past)
    migrate(bare_engine)
    clock = lambda: NOW + 10 * DAY  # noqa: E731
    audit = AuditTrail(clock)
    registry = SealRegistry(bare_engine, Enterprises(bare_engine, clock, audit), clock, audit)
    found = {record.code: record for record in registry.list(SealQuery()).records}
    assert [record.status.value for record in found.values()] == [past[-1] for past in PAST.values()]
    for code, past in PAST.items():
        filed = NOW + DAY if "active" in past else None
        assert (found[code].filed_at, found[code].filed_by) == (filed, "person:b" if filed else None)
        assert found[code].frozen_from is (SealStatus.ACTIVE if past[-1] == "frozen" else None)
        for day, status in enumerate(past):
            assert registry.state_at(code, NOW + day * DAY).value == status
    with bare_engine.connect() as conn:
        active, entries = status_list._states(conn)
    assert active == {"33010500000002"}
    assert sorted(entries) == ["33010500000003", "33010500000004", "33010500000005"]
    lost = found["33010500000003"].code
    registry.request_resume(lost, actor=Actor("person:x"))
    assert registry.confirm_resume(lost, actor=Actor("person:y")).status is SealStatus.ACTIVE


@pytest.mark.parametrize(
    "columns", [{"status": "lost"}, {"status": "frozen"}, {"status": "active", "frozen_from": "made"}]
)
def test_the_database_itself_knows_the_states(bare_engine: sa.Engine, columns: dict[str, str]) -> None:
    """A state that is none, a frozen pair that came from nowhere, one in use that is still said to be frozen."""
    migrate(bare_engine)
    with bare_engine.begin() as conn:
        _fill(conn, "33010500000001", ("applied", "active"))
    with bare_engine.connect() as conn, pytest.raises(sa.exc.IntegrityError):
        conn.execute(store.seal.update().values(**columns))


def test_the_way_back_is_open(bare_engine: sa.Engine) -> None:
    migrate(bare_engine)
    config = _config()
    with bare_engine.begin() as conn:
        config.attributes["connection"] = conn
        command.downgrade(config, "0007")
        _fill(conn, "33010500000001", ("applied",))
    with bare_engine.connect() as conn, pytest.raises(sa.exc.IntegrityError):
        conn.execute(sa.text("UPDATE seal SET status = 'made'"))


def _fill(conn: sa.Connection, code: str, past: tuple[str, ...]) -> None:
    """Write a pair with the columns that the release before had; a day between its acts."""
    approved = "active" in past
    row: dict[str, Any] = {
        "electronic_code": code,
        "physical_code": code[1:],
        "kind": "01",
        "name": "杭州某某数字科技有限公司法定名称章",
        "owner_uscc": "11330105002500287C",
        "owner_name": "杭州某某数字科技有限公司",
        "line": "",
        "person": "",
        "template": "company-42",
        "width_mm": 42,
        "height_mm": 42,
        "picture_sha256": "0" * 64,
        "picture": b"",
        "status": past[-1],
        "moves": len(past),
        "applied_at": NOW,
        "valid_days": 365,
        "valid_from": NOW + DAY if approved else None,
        "valid_to": NOW + 366 * DAY if approved else None,
        "keeper": "person:k",
        "applicant": "person:a",
        "approver": "person:b" if approved else None,
    }
    columns = [store.seal.c[name] for name in row]
    conn.execute(sa.insert(sa.table("seal", *(sa.column(c.name, c.type) for c in columns))).values(row))
    for number, status in enumerate(past, 1):
        conn.execute(
            store.seal_event.insert().values(
                electronic_code=code,
                number=number,
                act=ACTS[status],
                status=status,
                at=NOW + (number - 1) * DAY,
                actor="person:a",
                reason="",
            )
        )
