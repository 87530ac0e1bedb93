"""Publishing revocation lists: complete lists and delta lists of every scope; intent first, then the key, the outcome.

1. Transaction A, with the issuer's row locked: the next number, thisUpdate, the entries as they stand; the digest of
   the octets to be signed; the intent in the audit trail. 2. Compare with the list before (I15). 3. Sign once and check
   (I7). 4. Transaction B: the list, the outcome. A number whose list was not released is burned; numbers only rise.

A list costs its own octets three times at the most (the list before, the body to be signed, the signed whole), because a
signer takes a message in one piece; entries are read from the database a few thousand at a time.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from cryptography import x509

from ca.actor import SYSTEM, Actor
from ca.audit import AuditTrail
from ca.checked_signer import CertifiedKey, OpenKeys
from ca.clock import Clock
from ca.config import CaConfig
from ca.errors import CaError, CertificateUnknown, ClockWentBack, CrlRegressed, CrlUnavailable, ShardUnknown
from ca.key_facts import key_identifier
from ca.status import crl_store, revocation_list
from ca.status.crl_kept import KeptLists, shown
from ca.status.crl_store import ListHead, PublishedCrl, Scope, ScopeState
from ca.status.store import find_issuer, lock_issuer
from hsm.algorithms import SignatureAlgorithm
from hsm.errors import HsmError
from hsm.provider import KeyRing
from hsm.public_keys import certificate_key

_log = logging.getLogger(__name__)

FRESH_SHARE: Final = 2
"""A list is renewed once half (one in two) of its lifetime has gone: time enough to mend a token (I16)."""
LAST_SHARE: Final = 20
"""A list with less than a twentieth of its lifetime left is not served: it would expire in its reader's cache."""
PUBLISH_WITHIN: Final = timedelta(minutes=15)
"""A revocation stands on its list after this time at the latest (I12); housekeeping asks every few seconds."""
LOCKS: Final = 64
"""Lists drawn up at the same time in one process; two scopes may share a lock and then wait for each other."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """A list between its reservation and its signature."""

    holder: CertifiedKey
    head: ListHead
    algorithm: SignatureAlgorithm
    tbs: bytes
    before: ListHead | None


class CrlPublisher:
    """Signs the lists of every issuer and serves the one in force; ``shard`` 0 is the list without shards.

    Every method raises :class:`ca.errors.IssuerUnknown` for an issuer that does not exist or has no certificate, and
    :class:`ca.errors.ShardUnknown` for a shard that it does not have.
    """

    def __init__(
        self, engine: sa.Engine, keys: KeyRing, clock: Clock, audit: AuditTrail, config: CaConfig
    ) -> None:
        self._engine = engine
        self._reading = engine.execution_options(read_only=True)
        self._keys = OpenKeys(keys)
        self._clock = clock
        self._audit = audit
        self._config = config
        self._kept = KeptLists()
        self._one_at_a_time = tuple(threading.Lock() for _ in range(LOCKS))

    def publish(self, issuer: str, *, actor: Actor, shard: int = 0) -> PublishedCrl:
        """Sign and release a new complete list, with everything revoked by now.

        Raises :class:`ClockWentBack`, :class:`CrlRegressed`, :class:`ca.errors.SignatureWithheld` or
        :class:`hsm.errors.HsmError`; then nothing was released, the number is burned and the fault is on record.
        """
        scope = Scope(issuer, shard)
        with self._lock(scope):
            return self._publish(scope, actor)

    def current(self, issuer: str, shard: int = 0) -> PublishedCrl:
        """Return the complete list in force, renewed first if it is past half its life or lacks a change.

        If it cannot be renewed, the old one is served as long as it has a twentieth of its life left (an alarm is
        logged); after that :class:`CrlUnavailable` is raised: an expired list is never served (I16).
        """
        return self._current(Scope(issuer, shard), delta=False)

    def current_delta(self, issuer: str, shard: int) -> PublishedCrl:
        """Return the delta list in force, as :meth:`current` does; the list without shards has none."""
        if shard <= 0:
            raise ShardUnknown(f"{issuer} has no delta list without a shard")
        self.current(issuer, shard)
        return self._current(Scope(issuer, shard), delta=True)

    def covering(self, issuer: str, serial: int) -> PublishedCrl:
        """Return the complete list that says whether a certificate is revoked: that of its shard.

        Raises :class:`ca.errors.CertificateUnknown` for a serial that is not the issuer's.
        """
        with self._reading.connect() as conn:
            shard = crl_store.shard_of(conn, issuer, serial)
        if shard is None:
            raise CertificateUnknown(f"serial {serial:x} of {issuer}")
        return self.current(issuer, shard)

    def scopes(self) -> tuple[Scope, ...]:
        """Return what there are lists for: every issuer with a certificate, and each of its shards; roots first."""
        with self._reading.connect() as conn:
            return tuple(state.scope for state in crl_store.every_scope(conn))

    def in_force(self) -> Iterator[PublishedCrl]:
        """Yield every complete list, roots' first; those that are due are renewed before. Raises as :meth:`current`."""
        with self._reading.connect() as conn:
            states = crl_store.every_scope(conn)
        for state in states:
            if state.newest is None or self._is_due(state.newest, state.changes):
                yield self.current(state.scope.issuer, state.scope.shard)
            else:
                yield self._published(state.newest)

    def publish_due(self, actor: Actor) -> int:
        """Publish every complete list that is due (I12, I16); return how many. One that fails does not stop the others."""
        with self._reading.connect() as conn:
            states = crl_store.every_scope(conn)
        made = 0
        for state in sorted(states, key=_nothing_pending):
            if state.newest is None or self._is_due(state.newest, state.changes):
                try:
                    self.publish(state.scope.issuer, shard=state.scope.shard, actor=actor)
                    made += 1
                except (HsmError, CaError) as fault:
                    _log.warning("the list of %s is due and cannot be made: %s", state.scope, fault)
        return made

    def pending_for(self) -> timedelta:
        """Return how long the oldest change has been waiting for its list; nothing waits longer than 15 minutes (I12)."""
        with self._reading.connect() as conn:
            since = crl_store.oldest_pending(conn)
        return timedelta(0) if since is None else max(self._clock() - since, timedelta(0))

    def reconcile(self, actor: Actor) -> tuple[tuple[str, int], ...]:
        """Burn the numbers of lists that were reserved and, after a grace, never released; return them."""
        now = self._clock()
        with self._reading.connect() as conn:
            left = crl_store.open_lists(conn, now - self._config.reservation_grace)
        if not left:
            return ()
        with self._engine.begin() as conn:
            return tuple(place for place in left if self._burn(conn, *place, actor, "cut off"))

    def _lock(self, scope: Scope) -> threading.Lock:
        return self._one_at_a_time[hash(scope) % LOCKS]

    def _current(self, scope: Scope, *, delta: bool) -> PublishedCrl:
        found, changes = self._newest(scope, delta=delta)
        if found is not None and not self._is_due(found, changes):
            return self._published(found)
        with self._lock(scope):
            found, changes = self._newest(scope, delta=delta)
            if found is not None and not self._is_due(found, changes):
                return self._published(found)
            return self._renew(scope, found, delta=delta)

    def _renew(self, scope: Scope, found: ListHead | None, *, delta: bool) -> PublishedCrl:
        try:
            return self._publish(scope, SYSTEM, delta=delta)
        except (HsmError, CaError) as fault:
            if found is None or self._last_minute(found):
                raise CrlUnavailable(scope.issuer) from fault
            _log.warning("the list of %s is due and cannot be renewed: %s", scope, fault)
            return self._published(found)

    def _newest(self, scope: Scope, *, delta: bool) -> tuple[ListHead | None, int]:
        with self._reading.connect() as conn:
            changes = crl_store.changes_of(conn, scope)
            found = crl_store.newest_list(conn, scope, delta=delta)
            if found is None:
                self._check(conn, scope)
        return found, changes

    @staticmethod
    def _check(conn: sa.Connection, scope: Scope) -> None:
        find_issuer(conn, scope.issuer)
        if scope.shard and not crl_store.has_shard(conn, scope):
            raise ShardUnknown(f"{scope.issuer} has no shard {scope.shard}")

    def _published(self, head: ListHead) -> PublishedCrl:
        der = self._kept.get(head)
        if der is None:
            with self._reading.connect() as conn:
                der = crl_store.octets_of(conn, head)
            self._kept.put(head, der)
        return shown(head, der)

    def _is_due(self, found: ListHead, changes: int) -> bool:
        lifetime = found.next_update - found.this_update
        return found.changes != changes or self._clock() >= found.this_update + lifetime / FRESH_SHARE

    def _last_minute(self, found: ListHead) -> bool:
        lifetime = found.next_update - found.this_update
        return self._clock() >= found.next_update - lifetime / LAST_SHARE

    def _publish(self, scope: Scope, actor: Actor, *, delta: bool = False) -> PublishedCrl:
        with self._reading.connect() as conn:
            self._check(conn, scope)
            signer = self._keys.signer(find_issuer(conn, scope.issuer))
        with self._engine.begin() as conn:
            draft = self._reserve(conn, scope, signer.algorithm, actor, delta=delta)
        try:
            if not delta:
                self._compare(draft)
            signature = self._keys.sign(draft.holder, draft.tbs)
        except (HsmError, CaError) as fault:
            with self._engine.begin() as conn:
                self._burn(conn, scope.issuer, draft.head.number, actor, type(fault).__name__)
            raise
        return self._release(draft, signature, actor)

    def _reserve(
        self, conn: sa.Connection, scope: Scope, algorithm: SignatureAlgorithm, actor: Actor, *, delta: bool
    ) -> _Draft:
        """Transaction A. The entries are read under the issuer's lock: a higher number never knows less (I15)."""
        lock_issuer(conn, scope.issuer)
        holder = find_issuer(conn, scope.issuer)
        before = crl_store.newest_list(conn, scope)
        now = self._now(before, crl_store.newest_list(conn, scope, delta=True) if scope.shard else None)
        base = crl_store.oldest_base(conn, scope, now) if delta else None
        if delta and base is None:
            raise CrlUnavailable(f"{scope.issuer} has no list in force for a delta list to begin at")
        # The count is read before the entries: one that is counted meanwhile makes the list due, it is never missed.
        changes = crl_store.changes_of(conn, scope)
        lifetime = self._config.delta_lifetime if delta else self._config.crl_lifetime
        head = ListHead(
            scope=scope,
            number=crl_store.highest_number(conn, scope.issuer) + 1,
            this_update=now,
            next_update=now + lifetime,
            entries=0,
            base=0 if base is None else base.number,
            changes=changes,
        )
        if base is None:
            count, joined = _joined(crl_store.listed(conn, scope, before.this_update if before else None))
        else:
            count, joined = _joined([crl_store.changed(conn, scope, base)])
        head = replace(head, entries=count)
        sharded = scope.shard > 0 or crl_store.newest_shard(conn, scope.issuer) is not None
        tbs = revocation_list.encode_tbs(self._content(holder, head, algorithm, sharded=sharded), joined)
        digest = hashlib.sha256(tbs).hexdigest()
        crl_store.reserve_list(conn, head, digest)
        self._audit.append(
            conn, "crl.intended", actor=actor, subject=scope.issuer, detail=_detail(head, tbs_sha256=digest)
        )
        return _Draft(holder, head, algorithm, tbs, before)

    def _content(
        self, holder: CertifiedKey, head: ListHead, algorithm: SignatureAlgorithm, *, sharded: bool
    ) -> revocation_list.CrlContent:
        """Say what the list covers: all, or the certificates that name its address once the issuer has shards."""
        issuer, shard, config = head.scope.issuer, head.scope.shard, self._config
        return revocation_list.CrlContent(
            issuer_name=holder.certificate.subject.public_bytes(),
            key_identifier=_key_identifier(holder.certificate),
            number=head.number,
            this_update=head.this_update,
            next_update=head.next_update,
            algorithm=algorithm,
            address=config.crl_address(issuer, shard) if sharded else "",
            freshest=config.delta_address(issuer, shard) if shard and not head.base else "",
            base=head.base,
        )

    def _now(self, *before: ListHead | None) -> datetime:
        """Return thisUpdate: whole seconds, never before that of the last list (I15)."""
        now = self._clock().replace(microsecond=0)
        for one in before:
            if one is not None and now < one.this_update:
                raise ClockWentBack(f"list {one.number} of {one.scope.issuer} was issued {one.this_update}")
        return now

    def _compare(self, draft: _Draft) -> None:
        """I15: what stood on the last list stands on this one, except what has expired or was only held."""
        if draft.before is None:
            return
        scope, since = draft.head.scope, draft.before.this_update
        der = self._published(draft.before).der
        gone = [revocation_list.serial_of(entry) for entry in revocation_list.entries_gone(der, draft.tbs)]
        if not gone:
            return
        with self._reading.connect() as conn:
            excused = crl_store.may_leave(conn, scope, gone, since)
        for serial in gone:
            if serial not in excused and not revocation_list.lists(draft.tbs, serial):
                raise CrlRegressed(f"serial {serial:x} of {scope.issuer}")

    def _release(self, draft: _Draft, signature: bytes, actor: Actor) -> PublishedCrl:
        """Transaction B."""
        head, scope = draft.head, draft.head.scope
        signed = revocation_list.assemble(draft.tbs, draft.algorithm, signature)
        detail = _detail(head, sha256=hashlib.sha256(signed).hexdigest())
        with self._engine.begin() as conn:
            if not crl_store.close_list(conn, scope.issuer, head.number, signed):
                raise CrlUnavailable(f"list {head.number} of {scope.issuer} was burned while it was signed")
            if not head.base:
                crl_store.settle(conn, scope, head.changes, head.this_update)
            self._audit.append(conn, "crl.published", actor=actor, subject=scope.issuer, detail=detail)
        self._kept.put(head, signed)
        return shown(head, signed)

    def _burn(self, conn: sa.Connection, issuer: str, number: int, actor: Actor, why: str) -> bool:
        burned = crl_store.close_list(conn, issuer, number, b"")
        if burned:
            detail = {"number": number, "why": why}
            self._audit.append(conn, "crl.burned", actor=actor, subject=issuer, detail=detail)
        return burned


def _nothing_pending(state: ScopeState) -> bool:
    """Sort key: what waits for its list comes first, what is only getting old after it."""
    return state.newest is None or state.newest.changes == state.changes


def _joined(entries: Iterator[list[bytes]] | list[list[bytes]]) -> tuple[int, list[bytes]]:
    """Count entries and join those that were read together, so that no object is kept for each."""
    count, joined = 0, []
    for some in entries:
        count += len(some)
        joined.append(b"".join(some))
    return count, joined


def _detail(head: ListHead, **digest: str) -> dict[str, str | int]:
    """Return what the trail says of a list; a list without shards says no more than it always did."""
    said: dict[str, str | int] = {"number": head.number, **digest}
    if "tbs_sha256" in digest:
        said["entries"] = head.entries
    if head.scope.shard:
        said |= {"shard": head.scope.shard, "base": head.base}
    return said


def _key_identifier(issuer: x509.Certificate) -> bytes:
    """RFC 5280 §5.2.1: the authority key identifier equals the issuer's subject key identifier."""
    try:
        return issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return key_identifier(certificate_key(issuer))
