"""What revocation lists, OCSP answers and time-stamps read from the database, and the lists themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from ca.checked_signer import CertifiedKey
from ca.issuer import HolderStatus, UnitPurpose
from ca.issuer_store import get_issuer, list_units
from ca.ocsp_codec import GOOD_STATUS, UNKNOWN_STATUS, CertificateStatus, Standing
from ca.store import NO_BYTES, certificate, crl, is_serial, issuer

MAX_CHAIN: Final = 8
"""Most issuers above a certificate: ours stand two deep; a loop in the table ends here."""
SERIALS_AT_ONCE: Final = 500
"""Serials in one query: databases take a few thousand parameters."""


@dataclass(frozen=True, slots=True)
class PublishedCrl:
    """A signed list in force; ``entries`` counts them, ``der`` is what is served (``application/pkix-crl``)."""

    issuer: str
    number: int
    this_update: datetime
    next_update: datetime
    entries: int
    der: bytes


_ON_LIST: Final = sa.and_(certificate.c.revoked_at.is_not(None), certificate.c.crl_entry != NO_BYTES)


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
    active = [
        found
        for found in list_units(conn, purpose)
        if found.status is HolderStatus.ACTIVE and issuer_name in (None, found.issuer)
    ]
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


def entries_to_list(conn: sa.Connection, issuer_name: str, since: datetime | None) -> list[bytes]:
    """Return the encoded entries that the next list carries, in order of revocation.

    RFC 5280 §3.3: an entry stays until it has stood on one list issued after the certificate's expiry. ``since`` is
    the thisUpdate of the list before; what had expired before that and was revoked before that has been there.
    """
    query = (
        sa.select(certificate.c.crl_entry)
        .where(certificate.c.issuer == issuer_name, _ON_LIST)
        .order_by(certificate.c.revoked_at, certificate.c.id)
    )
    if since is not None:
        query = query.where(sa.or_(certificate.c.not_after >= since, certificate.c.revoked_at >= since))
    return list(conn.execute(query).scalars())


def may_leave_list(conn: sa.Connection, issuer_name: str, serial: int, since: datetime) -> bool:
    """Tell whether a serial on the list issued at ``since`` may be missing from the next: expired, or a lifted hold."""
    query = sa.select(certificate.c.not_after, certificate.c.hold_released_at).where(
        certificate.c.issuer == issuer_name, certificate.c.serial == serial
    )
    row = conn.execute(query).one_or_none()
    return row is not None and (row.not_after < since or row.hold_released_at is not None)


def entries_since(conn: sa.Connection, issuer_name: str, since: datetime) -> list[bytes]:
    """Return the encoded entries of what was revoked at ``since`` or after."""
    query = sa.select(certificate.c.crl_entry).where(
        certificate.c.issuer == issuer_name, _ON_LIST, certificate.c.revoked_at >= since
    )
    return list(conn.execute(query).scalars())


def entries_of_serials(conn: sa.Connection, issuer_name: str, serials: Sequence[int]) -> list[bytes]:
    """Return the entries that these serials have now; an empty one for a hold that was lifted."""
    found: list[bytes] = []
    for start in range(0, len(serials), SERIALS_AT_ONCE):
        some = serials[start : start + SERIALS_AT_ONCE]
        query = sa.select(certificate.c.crl_entry).where(
            certificate.c.issuer == issuer_name, certificate.c.serial.in_(some)
        )
        found.extend(conn.execute(query).scalars())
    return found


def highest_number(conn: sa.Connection, issuer_name: str) -> int:
    """Return the highest CRL number ever reserved, 0 if none."""
    query = sa.select(sa.func.coalesce(sa.func.max(crl.c.number), 0)).where(crl.c.issuer == issuer_name)
    return int(conn.execute(query).scalar_one())


def latest_list(conn: sa.Connection, issuer_name: str) -> PublishedCrl | None:
    """Return the list in force, the issued one with the highest number; nothing before the first."""
    query = (
        sa.select(crl.c.number, crl.c.this_update, crl.c.next_update, crl.c.entries, crl.c.der)
        .where(crl.c.issuer == issuer_name, crl.c.status == "issued")
        .order_by(crl.c.number.desc())
        .limit(1)
    )
    row = conn.execute(query).one_or_none()
    if row is None:
        return None
    return PublishedCrl(issuer_name, row.number, row.this_update, row.next_update, row.entries, row.der)


def reserve_list(conn: sa.Connection, values: dict[str, Any]) -> None:
    """Record a list that is about to be signed; its number is then spent."""
    conn.execute(crl.insert().values(status="reserved", **values))


def close_list(conn: sa.Connection, issuer_name: str, number: int, der: bytes) -> bool:
    """Move a reserved list to issued, or to burned when ``der`` is empty; tell whether it was still reserved."""
    moved = conn.execute(
        crl.update()
        .where(crl.c.issuer == issuer_name, crl.c.number == number, crl.c.status == "reserved")
        .values(status="issued" if der else "burned", der=der)
    )
    return moved.rowcount == 1


def open_lists(conn: sa.Connection, before: datetime) -> list[tuple[str, int]]:
    """Return issuer and number of the lists reserved before ``before`` and never closed."""
    query = sa.select(crl.c.issuer, crl.c.number).where(
        crl.c.status == "reserved", crl.c.this_update <= before
    )
    return [(row.issuer, row.number) for row in conn.execute(query)]
