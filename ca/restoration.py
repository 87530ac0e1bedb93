"""After a restoration from a backup: nothing that the world has seen may be taken back or given out twice (I31).

A database restored to an earlier point has forgotten what came after. Three things are done before it serves again, all
in the transaction that restores it: every issuer's epoch rises, so that an issuance begun before is fenced off; every
revocation that a published list carries is in force again; CRL numbers go on above all that can have been used.

A number is *used up* by a burned list under it, so publishing needs no rule of its own. The floor is the number of
milliseconds since 1970 (:func:`number_floor`): lists appear more seldom than that, so a second restoration from the same
backup cannot meet the numbers of the first. Serial numbers need no floor: they have 136 random bits (I8), and the request keys of what
was unfinished are burned by :mod:`ca.reconcile`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from cryptography import x509

from ca import certificate_store, issuer_store
from ca.actor import Actor
from ca.audit import AuditTrail
from ca.certificate import CertificateStatus, RevocationReason
from ca.certificate_store import RevocationChange, Row
from ca.errors import ListForeign
from ca.issuer import Issuer
from ca.revocation import Standing, standing_of
from ca.status.crl_store import Scope, note_change
from ca.status.revocation_list import encode_entry
from ca.store import certificate, crl
from hsm.algorithms import SignatureAlgorithm
from hsm.errors import SignatureInvalid
from hsm.public_keys import certificate_key
from hsm.verification import verify_signature

_BY_OID: Final = {algorithm.oid: algorithm for algorithm in SignatureAlgorithm}
_FINAL: Final = (Standing.REVOKED,)
_SHARD_ADDRESS: Final = re.compile(r"/pki/crl/[^/]+/([1-9][0-9]{0,8})\.crl$")
"""The address of a shard (:meth:`ca.config.CaConfig.crl_address`), as its lists and certificates name it."""


@dataclass(frozen=True, slots=True)
class ListMerged:
    """What one published list taught: its issuer and number, serials revoked again, serials unknown here."""

    issuer: str
    number: int
    revoked: tuple[int, ...]
    unknown: tuple[int, ...]


def fence_issuers(conn: sa.Connection) -> int:
    """Raise every issuer's epoch (I28); return how many there are."""
    issuers = issuer_store.list_issuers(conn)
    for one in issuers:
        issuer_store.raise_epoch(conn, one.id)
    return len(issuers)


def number_floor(at: datetime) -> int:
    """Return the milliseconds since 1970: above every number that counting one by one can have reached."""
    return int(at.timestamp() * 1000)


def retire_lists(conn: sa.Connection, at: datetime) -> None:
    """Let no list of before be served again, for the world may have seen a newer one: each is due at once (I15, I16)."""
    conn.execute(crl.update().where(crl.c.status == "issued", crl.c.next_update > at).values(next_update=at))


def use_up_numbers(conn: sa.Connection, at: datetime, seen: Iterable[ListMerged]) -> int:
    """Burn one CRL number of every issuer above all that were used; return that number.

    ``seen`` are the published lists that were merged: should one have a higher number than the time has milliseconds, it wins.
    """
    known = conn.execute(sa.select(sa.func.coalesce(sa.func.max(crl.c.number), 0))).scalar_one()
    floor = max([number_floor(at), int(known) + 1, *(one.number + 1 for one in seen)])
    for one in issuer_store.list_issuers(conn):
        if one.certificate:
            conn.execute(
                crl.insert().values(
                    issuer=one.id, number=floor, status="burned", this_update=at, next_update=at, entries=0
                )
            )
    return floor


def merge_list(
    conn: sa.Connection, der: bytes, *, at: datetime, actor: Actor, audit: AuditTrail
) -> ListMerged:
    """Put every revocation of a published list in force again, from the moment that the list gives.

    A serial that the restored register does not know was issued after the backup: it is entered as burned, with its
    entry, so that the next list carries it too (I15). Raises :class:`ca.errors.ListForeign` unless one of our issuers
    signed the list.
    """
    found = _read(der)
    holder = _signer(conn, found)
    number = found.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    revoked, unknown = [], []
    for entry in found:
        if _is_removal(entry):  # a hold lifted since: it stays until somebody lifts it here
            continue
        rows = certificate_store.by_serial(conn, entry.serial_number, holder.id)
        if not rows:
            _enter_lost(conn, Scope(holder.id, _shard(found)), holder, entry, at)
            unknown.append(entry.serial_number)
        elif _lifted_since(rows[0], entry, found):
            continue
        elif _revoke_again(conn, rows[0], entry, at, actor):
            revoked.append(entry.serial_number)
            if _reason(entry).is_compromise:
                certificate_store.insert_compromised(conn, rows[0].spki_sha256, at, actor.id)
    merged = ListMerged(holder.id, number, tuple(revoked), tuple(unknown))
    audit.append(
        conn,
        "crl.merged",
        actor=actor,
        subject=holder.id,
        detail={
            "number": number,
            "revoked": [f"{serial:x}" for serial in revoked],
            "unknown": [f"{serial:x}" for serial in unknown],
        },
    )
    return merged


def _read(der: bytes) -> x509.CertificateRevocationList:
    try:
        return x509.load_der_x509_crl(der)
    except ValueError as wrong:
        raise ListForeign("it is not a revocation list") from wrong


def _signer(conn: sa.Connection, found: x509.CertificateRevocationList) -> Issuer:
    """Return the issuer of ours that signed the list."""
    algorithm = _BY_OID.get(found.signature_algorithm_oid.dotted_string)
    for one in issuer_store.list_issuers(conn):
        if not one.certificate or algorithm is None or one.x509.subject != found.issuer:
            continue
        try:
            verify_signature(certificate_key(one.x509), algorithm, found.tbs_certlist_bytes, found.signature)
        except SignatureInvalid:
            continue
        return one
    raise ListForeign("no issuer of this installation signed it")


def _lifted_since(row: Row, entry: x509.RevokedCertificate, found: x509.CertificateRevocationList) -> bool:
    """Tell a hold that was lifted after the list was made: held again, it could never be lifted (I11)."""
    lifted = row.hold_released_at
    held = _reason(entry) is RevocationReason.CERTIFICATE_HOLD
    return held and lifted is not None and found.last_update_utc <= lifted


def _revoke_again(
    conn: sa.Connection, row: Row, entry: x509.RevokedCertificate, at: datetime, actor: Actor
) -> bool:
    """Move a certificate to what the list says; a final revocation stays as it is (I11)."""
    reason = _reason(entry)
    if row.record.status is CertificateStatus.RESERVED:  # reconcile burns it; the entry will be there
        return False
    if standing_of(row.record) in _FINAL or row.record.reason is reason:
        return False
    when = entry.revocation_date_utc
    change = RevocationChange(
        status=CertificateStatus.REVOKED,
        at=when,
        reason=reason,
        by=actor.id,
        entry=encode_entry(entry.serial_number, when, reason),
        released_at=row.hold_released_at,
        noted_at=at,
    )
    return certificate_store.store_revocation(conn, row, change)


def _enter_lost(
    conn: sa.Connection, scope: Scope, holder: Issuer, entry: x509.RevokedCertificate, at: datetime
) -> None:
    """Enter a serial that the backup does not know; its certificate is not here, its end is its issuer's."""
    when, reason = entry.revocation_date_utc, _reason(entry)
    conn.execute(
        certificate.insert().values(
            issuer=holder.id,
            serial=entry.serial_number,
            request_key=f"lost:{holder.id}:{entry.serial_number:x}",
            request_digest="",
            status=CertificateStatus.BURNED,
            epoch=holder.epoch,
            profile="",
            profile_hash="",
            config_hash="",
            name="",
            subject="",
            spki_sha256="",
            not_before=when,
            not_after=holder.x509.not_valid_after_utc,
            reserved_at=at,
            revoked_at=when,
            reason=reason,
            crl_entry=encode_entry(entry.serial_number, when, reason),
            shard=scope.shard,
            crl_change=note_change(conn, scope, at),
        )
    )


def _shard(found: x509.CertificateRevocationList) -> int:
    """Return the shard that a list of ours covers, which its address says; 0 for a list without shards."""
    try:
        scope = found.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    except x509.ExtensionNotFound:
        return 0
    named = _SHARD_ADDRESS.search(scope.full_name[0].value) if scope.full_name else None
    return int(named[1]) if named else 0


def _is_removal(entry: x509.RevokedCertificate) -> bool:
    """Tell an entry of a delta list that takes a hold back (RFC 5280 §5.3.1)."""
    try:
        stated = entry.extensions.get_extension_for_class(x509.CRLReason).value
    except x509.ExtensionNotFound:
        return False
    return stated.reason is x509.ReasonFlags.remove_from_crl


def _reason(entry: x509.RevokedCertificate) -> RevocationReason:
    try:
        stated = entry.extensions.get_extension_for_class(x509.CRLReason).value
    except x509.ExtensionNotFound:
        return RevocationReason.UNSPECIFIED
    return RevocationReason(stated.reason.value)
