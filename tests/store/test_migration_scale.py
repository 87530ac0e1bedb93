"""Release 0003 over a register in use: revocations are counted in the order of their lists, names are indexed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import command

from api.database.schema import _config, migrate
from ca.search import words_of
from ca.status.crl_store import Scope, every_scope, listed
from ca.status.revocation_list import encode_entry
from ca.store import certificate, crl_shard

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


def test_a_register_in_use_is_numbered_and_indexed(bare_engine: sa.Engine) -> None:
    config = _config()
    with bare_engine.begin() as conn:
        config.attributes["connection"] = conn
        command.upgrade(config, "0002")
        _fill(conn)
    migrate(bare_engine)
    with bare_engine.connect() as conn:
        c = certificate.c
        rows = conn.execute(sa.select(c.serial, c.shard, c.crl_change).order_by(c.serial)).all()
        assert [tuple(row) for row in rows] == [(1, 0, 2), (2, 0, 0), (3, 0, 1), (4, 0, 3)]
        entries = [entry for some in listed(conn, Scope("issuing"), None) for entry in some]
        assert entries == [
            encode_entry(serial, NOW + timedelta(days=day)) for serial, day in ((3, 1), (1, 2), (4, 2))
        ]
        (state,) = every_scope(conn)
        assert (state.scope, state.changes, state.newest) == (Scope("issuing"), 3, None)
        assert conn.scalar(sa.select(crl_shard.c.pending_since)) == NOW + timedelta(days=2)
        if bare_engine.dialect.name == "postgresql":
            found = conn.execute(words_of("科技")).scalars().all()
            assert len(found) == 4


def _fill(conn: sa.Connection) -> None:
    """Write rows with the columns that the release before had."""
    issuer = "INSERT INTO issuer (id, parent, status, profile, key_uri, spki_sha256, certificate, epoch, created_at)"
    at = NOW.replace(tzinfo=None) if conn.dialect.name == "sqlite" else NOW
    values = {"der": b"\x30\x00", "at": at}
    conn.execute(
        sa.text(issuer + " VALUES ('issuing', 'root', 'active', 'issuing', 'file:', '', :der, 1, :at)"),
        values,
    )
    columns = [
        column.name
        for column in certificate.c
        if column.name not in {"id", "name_words", "shard", "crl_change"}
    ]
    row = sa.table("certificate", *(sa.column(name) for name in columns))
    for serial, day in ((1, 2), (2, None), (3, 1), (4, 2)):
        when = None if day is None else NOW + timedelta(days=day)
        conn.execute(
            row.insert().values(
                {
                    **dict.fromkeys(columns, ""),
                    "issuer": "issuing",
                    "serial": f"{serial:040x}",
                    "request_key": str(serial),
                    "status": "issued" if when is None else "revoked",
                    "name": f"北京第{serial}科技有限公司",
                    "epoch": 1,
                    **dict.fromkeys(("not_before", "not_after", "reserved_at"), at),
                    **dict.fromkeys(("unsigned", "tbs", "der"), b""),
                    "crl_entry": b"" if when is None else encode_entry(serial, when),
                    "revoked_at": when
                    if when is None or conn.dialect.name != "sqlite"
                    else when.replace(tzinfo=None),
                    "hold_released_at": None,
                }
            )
        )
