"""The console's figures are those of the register, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from ca.certificate import CertificateStatus, RevocationReason
from ca.overview import overview
from ca.store import certificate, issuer, metadata

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
USCC = "91330106MA2CYNTX07"


def add(conn: sa.Connection, number: int, ends: datetime, **given: object) -> None:
    row = {
        "issuer": "issuing",
        "serial": number,
        "request_key": f"key-{number}",
        "request_digest": "",
        "status": CertificateStatus.ISSUED,
        "epoch": 1,
        "profile": "enterprise-seal",
        "profile_hash": "",
        "config_hash": "",
        "name": "x",
        "subject": "",
        "spki_sha256": "",
        "not_before": NOW - timedelta(days=400),
        "not_after": ends,
        "reserved_at": NOW,
    }
    conn.execute(certificate.insert().values(row | given))


def test_each_certificate_is_counted_where_it_belongs(engine: sa.Engine) -> None:
    metadata.create_all(engine)
    day = timedelta(days=1)
    with engine.begin() as conn:
        conn.execute(
            issuer.insert().values(
                id="issuing",
                parent="issuing",
                status="active",
                profile="root",
                key_uri="",
                spki_sha256="",
                created_at=NOW,
            )
        )
        add(conn, 1, NOW + day, uscc=USCC)
        add(conn, 2, NOW + 29 * day)
        add(conn, 3, NOW + 31 * day)
        add(conn, 4, NOW + 800 * day)
        add(conn, 5, NOW - day)
        hold, final = RevocationReason.CERTIFICATE_HOLD, RevocationReason.SUPERSEDED
        add(conn, 6, NOW + day, status="revoked", reason=hold, revoked_at=NOW)
        add(conn, 7, NOW + day, status="revoked", reason=final, revoked_at=NOW, uscc=USCC)
        add(conn, 8, NOW + day, status="reserved")
        all_of_them, ours = overview(conn, NOW), overview(conn, NOW, USCC)
    assert (all_of_them.valid, all_of_them.expiring, all_of_them.held, all_of_them.revoked) == (4, 2, 1, 1)
    assert [(one.year, one.month, one.count) for one in all_of_them.months[:3]] == [
        (2026, 11, 1),
        (2026, 12, 2),
        (2027, 1, 0),
    ]
    assert len(all_of_them.months) == 12
    assert (ours.valid, ours.expiring, ours.held, ours.revoked) == (1, 1, 0, 1)
