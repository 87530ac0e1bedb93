"""Publishing revocation lists: one full list per issuer, intent first, then the key, then the outcome.

1. Transaction A, with the issuer's row locked: the next number, thisUpdate, the entries as they stand; the digest of
   the octets to be signed; the intent in the audit trail. 2. Compare with the list before (I15). 3. Sign once and check
   (I7). 4. Transaction B: the list, the outcome. A number whose list was not released is burned; numbers only rise.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from cryptography import x509

from ca import revocation_list
from ca.actor import SYSTEM, Actor
from ca.audit import AuditTrail
from ca.checked_signer import CertifiedKey, OpenKeys
from ca.clock import Clock
from ca.config import CaConfig
from ca.errors import CaError, ClockWentBack, CrlRegressed, CrlUnavailable
from ca.status_store import (
    PublishedCrl,
    close_list,
    entries_of_serials,
    entries_since,
    entries_to_list,
    find_issuer,
    highest_number,
    latest_list,
    lock_issuer,
    may_leave_list,
    open_lists,
    reserve_list,
)
from hsm.algorithms import SignatureAlgorithm
from hsm.errors import HsmError
from hsm.provider import KeyRing

_log = logging.getLogger(__name__)

FRESH_SHARE: Final = 2
"""A list is renewed once half (one in two) of its lifetime has gone: time enough to mend a token (I16)."""
LOOK_BACK: Final = timedelta(minutes=5)
"""A revocation dated before a list may have been committed after it was drawn up; a transaction takes seconds."""
LAST_SHARE: Final = 20
"""A list with less than a twentieth of its lifetime left is not served: it would expire in its reader's cache."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """A list between its reservation and its signature."""

    holder: CertifiedKey
    content: revocation_list.CrlContent
    entries: list[bytes]
    tbs: bytes
    before: PublishedCrl | None


@dataclass(frozen=True, slots=True)
class _Contents:
    """What a list in force says; ``held`` are the serials that may still change: lifted, or revoked for good."""

    number: int
    entries: frozenset[bytes]
    held: tuple[int, ...]

    @classmethod
    def of(cls, published: PublishedCrl) -> _Contents:
        entries = frozenset(revocation_list.entries_of(published.der))
        held = (entry for entry in entries if revocation_list.is_hold(entry))
        return cls(published.number, entries, tuple(map(revocation_list.serial_of, held)))


class CrlPublisher:
    """Signs the lists of every issuer and serves the one in force.

    Every method raises :class:`ca.errors.IssuerUnknown` for an issuer that does not exist or has no certificate.
    """

    def __init__(
        self, engine: sa.Engine, keys: KeyRing, clock: Clock, audit: AuditTrail, config: CaConfig
    ) -> None:
        self._engine = engine
        self._reading = engine.execution_options(read_only=True)
        self._keys = OpenKeys(keys)
        self._clock = clock
        self._audit = audit
        self._lifetime = config.crl_lifetime
        self._grace = config.reservation_grace
        self._contents: dict[str, _Contents] = {}
        self._one_at_a_time: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def publish(self, issuer: str, *, actor: Actor) -> PublishedCrl:
        """Sign and release a new list of ``issuer``, with everything revoked by now.

        Raises :class:`ClockWentBack`, :class:`CrlRegressed`, :class:`ca.errors.SignatureWithheld` or
        :class:`hsm.errors.HsmError`; then nothing was released, the number is burned and the fault is on record.
        """
        with self._one_at_a_time[issuer]:
            return self._publish(issuer, actor)

    def current(self, issuer: str) -> PublishedCrl:
        """Return the list in force, renewed first if it is past half its life or lacks a revocation.

        If it cannot be renewed, the old one is served as long as it has a twentieth of its life left (an alarm is
        logged); after that :class:`CrlUnavailable` is raised: an expired list is never served (I16).
        """
        found = self._latest(issuer)
        if found is not None and not self._due(found):
            return found
        with self._one_at_a_time[issuer]:
            found = self._latest(issuer)
            if found is not None and not self._due(found):
                return found
            return self._renew(issuer, found)

    def due(self, issuer: str) -> bool:
        """Tell whether ``issuer`` needs a new list: none yet, past half its life, or a revocation is missing."""
        found = self._latest(issuer)
        return found is None or self._due(found)

    def reconcile(self, actor: Actor) -> tuple[tuple[str, int], ...]:
        """Burn the numbers of lists that were reserved and, after a grace, never released; return them."""
        now = self._clock()
        with self._engine.begin() as conn:
            left = open_lists(conn, now - self._grace)
            return tuple(place for place in left if self._burn(conn, *place, actor, "cut off"))

    def _renew(self, issuer: str, found: PublishedCrl | None) -> PublishedCrl:
        try:
            return self._publish(issuer, SYSTEM)
        except (HsmError, CaError) as fault:
            if found is None or self._last_minute(found):
                raise CrlUnavailable(issuer) from fault
            _log.warning("the list of %s is due and cannot be renewed: %s", issuer, fault)
            return found

    def _latest(self, issuer: str) -> PublishedCrl | None:
        with self._reading.connect() as conn:
            found = latest_list(conn, issuer)
            if found is None:
                find_issuer(conn, issuer)
        return found

    def _due(self, found: PublishedCrl) -> bool:
        lifetime = found.next_update - found.this_update
        if self._clock() >= found.this_update + lifetime / FRESH_SHARE:
            return True
        said = self._contents_of(found)
        with self._reading.connect() as conn:
            now = entries_since(conn, found.issuer, found.this_update - LOOK_BACK)
            now += entries_of_serials(conn, found.issuer, said.held)
        return not said.entries.issuperset(now)

    def _contents_of(self, found: PublishedCrl) -> _Contents:
        known = self._contents.get(found.issuer)
        if known is None or known.number != found.number:
            known = self._contents[found.issuer] = _Contents.of(found)
        return known

    def _last_minute(self, found: PublishedCrl) -> bool:
        lifetime = found.next_update - found.this_update
        return self._clock() >= found.next_update - lifetime / LAST_SHARE

    def _publish(self, issuer: str, actor: Actor) -> PublishedCrl:
        with self._reading.connect() as conn:
            signer = self._keys.signer(find_issuer(conn, issuer))
        with self._engine.begin() as conn:
            draft = self._reserve(conn, issuer, signer.algorithm, actor)
        try:
            self._compare(draft)
            signature = self._keys.sign(draft.holder, draft.tbs)
        except (HsmError, CaError) as fault:
            with self._engine.begin() as conn:
                self._burn(conn, issuer, draft.content.number, actor, type(fault).__name__)
            raise
        return self._release(draft, signature, actor)

    def _reserve(
        self, conn: sa.Connection, issuer: str, algorithm: SignatureAlgorithm, actor: Actor
    ) -> _Draft:
        """Transaction A. The entries are read under the issuer's lock: a higher number never knows less (I15)."""
        lock_issuer(conn, issuer)
        holder = find_issuer(conn, issuer)
        before = latest_list(conn, issuer)
        now = self._now(before)
        entries = entries_to_list(conn, issuer, before.this_update if before else None)
        content = revocation_list.CrlContent(
            issuer_name=holder.certificate.subject.public_bytes(),
            key_identifier=_key_identifier(holder.certificate),
            number=highest_number(conn, issuer) + 1,
            this_update=now,
            next_update=now + self._lifetime,
            algorithm=algorithm,
        )
        tbs = revocation_list.encode_tbs(content, entries)
        digest = hashlib.sha256(tbs).hexdigest()
        reserve_list(
            conn,
            {
                "issuer": issuer,
                "number": content.number,
                "this_update": now,
                "next_update": content.next_update,
                "entries": len(entries),
                "tbs_sha256": digest,
            },
        )
        detail = {"number": content.number, "entries": len(entries), "tbs_sha256": digest}
        self._audit.append(conn, "crl.intended", actor=actor, subject=issuer, detail=detail)
        return _Draft(holder, content, entries, tbs, before)

    def _now(self, before: PublishedCrl | None) -> datetime:
        """Return thisUpdate: whole seconds, never before that of the last list (I15)."""
        now = self._clock().replace(microsecond=0)
        if before is not None and now < before.this_update:
            raise ClockWentBack(f"list {before.number} of {before.issuer} was issued {before.this_update}")
        return now

    def _compare(self, draft: _Draft) -> None:
        """I15: what stood on the last list stands on this one, except what has expired or was only held."""
        before = draft.before
        if before is None:
            return
        gone = set(revocation_list.entries_of(before.der)).difference(draft.entries)
        if not gone:
            return
        kept = {revocation_list.serial_of(entry) for entry in draft.entries}
        with self._reading.connect() as conn:
            for serial in map(revocation_list.serial_of, gone):
                if serial not in kept and not may_leave_list(conn, before.issuer, serial, before.this_update):
                    raise CrlRegressed(f"serial {serial:x} of {before.issuer}")

    def _release(self, draft: _Draft, signature: bytes, actor: Actor) -> PublishedCrl:
        """Transaction B."""
        content, issuer = draft.content, draft.holder.id
        signed = revocation_list.assemble(draft.tbs, content.algorithm, signature)
        detail = {"number": content.number, "sha256": hashlib.sha256(signed).hexdigest()}
        with self._engine.begin() as conn:
            if not close_list(conn, issuer, content.number, signed):
                raise CrlUnavailable(f"list {content.number} of {issuer} was burned while it was signed")
            self._audit.append(conn, "crl.published", actor=actor, subject=issuer, detail=detail)
        return PublishedCrl(
            issuer,
            content.number,
            content.this_update,
            content.next_update,
            len(draft.entries),
            signed,
        )

    def _burn(self, conn: sa.Connection, issuer: str, number: int, actor: Actor, why: str) -> bool:
        burned = close_list(conn, issuer, number, b"")
        if burned:
            detail = {"number": number, "why": why}
            self._audit.append(conn, "crl.burned", actor=actor, subject=issuer, detail=detail)
        return burned


def _key_identifier(issuer: x509.Certificate) -> bytes:
    """RFC 5280 §5.2.1: the authority key identifier equals the issuer's subject key identifier."""
    try:
        return issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return x509.SubjectKeyIdentifier.from_public_key(issuer.public_key()).digest
