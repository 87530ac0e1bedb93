"""What revocation lists, OCSP answers and time-stamps read from the database."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa

from ca.checked_signer import CertifiedKey
from ca.issuer import HolderStatus, UnitPurpose
from ca.issuer_store import get_issuer, list_units
from ca.status.ocsp_codec import GOOD_STATUS, UNKNOWN_STATUS, CertificateStatus, Standing
from ca.store import certificate, is_serial, issuer

MAX_CHAIN: Final = 8
"""Most issuers above a certificate: ours stand two deep; a loop in the table ends here."""


def find_issuer(conn: sa.Connection, name: str) -> CertifiedKey:
    """Return issuer ``name`` with its chain; :class:`ca.errors.IssuerUnknown` if it has no certificate.

    A retired issuer is found too: its certificates need their status until they expire.
    """
    found = get_issuer(conn, name)
    chain = () if found.is_root else _chain_above(conn, found.parent)
    return CertifiedKey(found.id, found.parent, found.x509, found.certificate, found.key_uri, chain)


def lock_issuer(conn: sa.Connection, name: str) -> None:
    """Hold the issuer's row against other writers of lists until the transaction ends."""
    conn.execute(sa.select(issuer.c.id).where(issuer.c.id == name).with_for_update())


def find_unit(
    conn: sa.Connection, purpose: UnitPurpose, *, issuer_name: str | None = None
) -> CertifiedKey | None:
    """Return the newest active unit for ``purpose``, of any issuer or of one; nothing if there is none."""
    found = list_units(conn, purpose, issuer_id=issuer_name)
    active = [one for one in found if one.status is HolderStatus.ACTIVE]
    if not active:
        return None
    unit = active[-1]
    chain = _chain_above(conn, unit.issuer)
    return CertifiedKey(unit.id, unit.issuer, unit.x509, unit.certificate, unit.key_uri, chain)


def _chain_above(conn: sa.Connection, name: str) -> tuple[bytes, ...]:
    """Return the certificates from issuer ``name`` up, without the root's."""
    chain: list[bytes] = []
    while len(chain) < MAX_CHAIN:
        found = get_issuer(conn, name)
        if found.is_root:
            break
        chain.append(found.certificate)
        name = found.parent
    return tuple(chain)


def issuers_of(conn: sa.Connection, serial: int) -> list[str]:
    """Return the issuers that have a certificate with this serial: one, or none."""
    query = sa.select(certificate.c.issuer).where(certificate.c.serial == serial)
    return list(conn.execute(query).scalars())


STATUS_OF_ONE: Final = sa.select(
    certificate.c.status, certificate.c.revoked_at, certificate.c.reason, certificate.c.crl_entry
).where(
    certificate.c.issuer == sa.bindparam("issuer_name"), certificate.c.serial == sa.bindparam("one_serial")
)


def status_of(conn: sa.Connection, issuer_name: str, serial: int) -> CertificateStatus:
    """Return the standing of one serial (I14).

    *revoked* is what has an entry for the list, burned serials among them; *good* is what was issued and has none;
    all else, a reservation among it, is *unknown*.
    """
    if not is_serial(serial):
        return UNKNOWN_STATUS
    row = conn.execute(STATUS_OF_ONE, {"issuer_name": issuer_name, "one_serial": serial}).one_or_none()
    if row is None:
        return UNKNOWN_STATUS
    return standing(row.status, row.revoked_at, row.reason, listed=bool(row.crl_entry))


def standing(status: str, revoked_at: datetime | None, reason: str, *, listed: bool) -> CertificateStatus:
    """Tell what a row of ``certificate`` means; ``listed`` when it has an entry for revocation lists."""
    if listed and revoked_at is not None:
        return CertificateStatus(Standing.REVOKED, revoked_at, reason or "unspecified")
    return GOOD_STATUS if status == "issued" else UNKNOWN_STATUS
