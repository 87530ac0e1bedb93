"""The issuance cycle: plan, check, record intent and octets, sign once, check again, record the outcome.

1. Read who issues and when its last certificate begins; draw the serial, plan, encode, lint: nothing is written yet.
2. Transaction A: authorise; what the plan rests on must still stand, or it is made afresh; reserve serial and request
   key together with the octets that were linted; the intent on the audit trail. 3. Sign once: the only touch of the key.
4. Compare the octets, verify the signature. 5. Transaction B: the certificate, the outcome.

A transaction never spans the key. Whatever is cut off between A and B leaves a reservation, which :mod:`ca.reconcile`
closes; a serial whose octets were recorded may have been signed, and is never signed again (I3).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from cryptography import x509

from ca import certificate_store
from ca.actor import Actor
from ca.audit import Detail, Entry
from ca.certificate import CertificateRequest, CertificateStatus, IssuedCertificate
from ca.certificate_store import Reservation
from ca.errors import (
    IssuanceUnfinished,
    LintFailed,
    PinnedChanged,
    RequestInvalid,
    RequestKeyReused,
    RequestSpent,
    SignatureWithheld,
)
from ca.issuance_request import Intent, answer
from ca.pair import ENCRYPTION_PART, SIGNING_PART, IssuedPair, check_pair
from ca.plan import Plan, assemble
from ca.planning import Basis, Desk, Prepared, authorise, prepare, read_bases
from ca.reconcile import close_reservation
from ca.status.shards import take_places
from ca.ticket import Ticket
from ca.turnstile import Turnstile
from hsm.errors import HsmError, SignatureInvalid
from hsm.signer import Signer
from hsm.verification import verify_signature

AT_ONCE: Final = 4
"""Issuances under way in one process: enough to hide a disk and a token behind each other. Thirty at once halve what a
machine issues, for they only wait for one interpreter and one audit trail, and take both from those about to finish."""
MAX_PLANS: Final = 3
"""Plans drawn up for one request: one is overtaken only when another worker certifies in the next second meanwhile."""
MAX_CHUNK: Final = 200
"""Requests issued together: others wait some tens of milliseconds at the audit trail, and a token that signs ten a
second is done in twenty, a third of the time that a reservation has (``reservation_grace``)."""
Known = dict[str, IssuedCertificate]
"""What was issued before, or just now, by request key."""


class Issuance:
    """Issues certificates for one :class:`ca.planning.Desk`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._places = Turnstile(AT_ONCE)

    def issue(self, request: CertificateRequest, *, request_key: str, actor: Actor) -> IssuedCertificate:
        """Issue one certificate for one request key; the same request again returns the same certificate (I4)."""
        return self._issue((Intent.of(request, request_key, actor),), actor)[0]

    def issue_pair(
        self, signing: CertificateRequest, encryption: CertificateRequest, *, request_key: str, actor: Actor
    ) -> IssuedPair:
        """Issue a signing and an encryption certificate together: both are reserved, then signed, then released in one.

        Whatever is cut off between leaves two reservations, and never one certificate without the other.
        """
        check_pair(
            signing, encryption, (self._desk.profile(signing.profile), self._desk.profile(encryption.profile))
        )
        parts = ((signing, SIGNING_PART), (encryption, ENCRYPTION_PART))
        intents = [Intent.of(one, request_key + part, actor) for one, part in parts]
        return IssuedPair(*self._issue(intents, actor, inseparable=True))

    def issue_many(
        self, requests: Sequence[tuple[CertificateRequest, str]], *, actor: Actor
    ) -> tuple[IssuedCertificate, ...]:
        """Issue a chunk of requests, each with its request key: all that are not issued yet, or none of them.

        Keys known already are answered (I4). What the lint refuses is put on record alone; the keys of the others stay free.
        """
        if len(requests) > MAX_CHUNK:
            raise RequestInvalid(f"a chunk has at most {MAX_CHUNK} requests")
        intents = [Intent.of(one, request_key, actor) for one, request_key in requests]
        if len({one.request_key for one in intents}) < len(intents):
            raise RequestInvalid("a request key stands twice in the chunk")
        return self._issue(intents, actor) if intents else ()

    def _issue(
        self, intents: Sequence[Intent], actor: Actor, *, inseparable: bool = False
    ) -> tuple[IssuedCertificate, ...]:
        """Issue what is asked together, or nothing of it; callers beyond :data:`AT_ONCE` wait their turn."""
        with self._places:
            known = self._issue_left(intents, actor, inseparable=inseparable)
        return tuple(known[one.request_key] for one in intents)

    def _issue_left(self, intents: Sequence[Intent], actor: Actor, *, inseparable: bool) -> Known:
        known: Known = {}
        left, bases = self._read(intents, known, inseparable=inseparable)
        for _ in range(MAX_PLANS):
            if not left:
                return known
            prepared = prepare(self._desk, left, bases)
            try:
                with self._desk.engine.begin() as conn:
                    self._record_all(conn, prepared, actor, inseparable=inseparable)
            except _Overtaken as overtaken:
                bases = overtaken.bases
            except _Taken as taken:  # the same request key, reserved elsewhere at this moment
                before = left
                left, bases = self._read(intents, known, inseparable=inseparable)
                if len(left) == len(before):
                    raise IssuanceUnfinished(left[0].request_key) from taken
            else:
                return known | self._finish(prepared, actor)
        raise IssuanceUnfinished(left[0].request_key)

    def _read(
        self, intents: Sequence[Intent], known: Known, *, inseparable: bool
    ) -> tuple[Sequence[Intent], Sequence[Basis]]:
        """Answer the request keys seen before; return what is left to issue and what its plans rest on."""
        with self._desk.engine.execution_options(read_only=True).connect() as conn:
            rows = certificate_store.by_request_keys(conn, [one.request_key for one in intents])
            left = [one for one in intents if one.request_key not in rows]
            if inseparable and rows and left:
                raise RequestKeyReused(next(iter(rows)))
            for one in intents:
                if one.request_key in rows:
                    known[one.request_key] = answer(rows[one.request_key], one.digest)
            return left, read_bases(self._desk, conn, left) if left else ()

    def _record_all(
        self, conn: sa.Connection, prepared: Sequence[Prepared], actor: Actor, *, inseparable: bool
    ) -> None:
        """Authorise and record in transaction A; plans that do not stand any more raise :class:`_Overtaken`.

        What is inseparable is refused together; of a chunk only what the lint refused is recorded, as refused.
        """
        intents = [one.intent for one in prepared]
        authorise(self._desk, conn, intents)
        bases = read_bases(self._desk, conn, intents)
        placed = _take_places(conn, bases)
        if not placed or not all(basis.carries(one.plan) for basis, one in zip(bases, prepared, strict=True)):
            raise _Overtaken(bases)
        refusals = [one.outcome for one in prepared if isinstance(one.outcome, RequestInvalid)]
        if refusals:
            alone = [one for one in prepared if inseparable or isinstance(one.outcome, RequestInvalid)]
            self._record(conn, [(one, None) for one in alone], actor)
            for one in alone:
                self._close(conn, one.plan, actor, "certificate.refused", _findings(one.outcome, refusals[0]))
        else:
            tickets = [one.outcome for one in prepared if isinstance(one.outcome, Ticket)]
            self._record(conn, list(zip(prepared, tickets, strict=True)), actor)

    def _record(
        self, conn: sa.Connection, made: Sequence[tuple[Prepared, Ticket | None]], actor: Actor
    ) -> None:
        """Record reservations, octets and intents (I1, I5); without a ticket nothing ever is signed.

        Such a serial and its request key are spent without a trace on the CRL.
        """
        now = self._desk.now()
        reservations = [_reservation(one, ticket, now) for one, ticket in made]
        try:
            certificate_store.insert_reservations(conn, reservations)
        except sa.exc.IntegrityError as taken:
            raise _Taken from taken
        said = [
            _entry("certificate.requested", one.plan, one.intent.recorded(one.plan, ticket))
            for one, ticket in made
        ]
        self._desk.audit.append_many(conn, said, actor=actor)

    def _finish(self, prepared: Sequence[Prepared], actor: Actor) -> Known:
        """Sign each ticket once, then release all of them; if one signature fails, every serial is burned (I3)."""
        tickets = []
        for one in prepared:
            if isinstance(one.outcome, RequestInvalid):
                raise one.outcome
            tickets.append(one.outcome)
        try:
            signed = [
                (ticket, self._sign(ticket, one.signer))
                for ticket, one in zip(tickets, prepared, strict=True)
            ]
        except (HsmError, SignatureWithheld, PinnedChanged) as failed:
            with self._desk.engine.begin() as conn:
                for ticket in tickets:
                    self._close(conn, ticket.plan, actor, "certificate.burned", [type(failed).__name__])
            raise
        with self._desk.engine.begin() as conn:
            self._complete(conn, signed, actor)
        made = (_certificate(ticket.plan, der) for ticket, der in signed)
        return {one.intent.request_key: issued for one, issued in zip(prepared, made, strict=True)}

    def _sign(self, ticket: Ticket, signer: Signer) -> bytes:
        """Sign once; prove that body and signature are the ones wanted (I5, I6, I7)."""
        plan = ticket.plan
        self._check_pinned(plan)
        tbs = ticket.redeem()
        der = assemble(tbs, plan.algorithm, signer.sign(tbs))
        self._check_pinned(plan)
        _prove(der, ticket)
        return der

    def _check_pinned(self, plan: Plan) -> None:
        current = self._desk.profiles.get(plan.profile.id)
        if current is None or current.hash != plan.profile_hash:
            raise PinnedChanged(f"profile {plan.profile.id}")
        if self._desk.config.hash != plan.config_hash:
            raise PinnedChanged("configuration")

    def _complete(self, conn: sa.Connection, signed: Sequence[tuple[Ticket, bytes]], actor: Actor) -> None:
        """Transaction B: record certificates and outcomes. One closed meanwhile means: nothing is released."""
        if not certificate_store.store_issued(conn, signed):
            serials = f"serial {signed[0][0].plan.serial:x}" + (
                " or one beside it" if len(signed) > 1 else ""
            )
            raise RequestSpent(f"{serials} was closed by somebody else")
        said = [
            _entry("certificate.issued", ticket.plan, {"sha256": hashlib.sha256(der).hexdigest()})
            for ticket, der in signed
        ]
        self._desk.audit.append_many(conn, said, actor=actor)

    def _close(self, conn: sa.Connection, plan: Plan, actor: Actor, action: str, findings: list[str]) -> None:
        for row in certificate_store.by_serial(conn, plan.serial, plan.issuer.id):
            if row.record.status is CertificateStatus.RESERVED:
                close_reservation(
                    conn,
                    self._desk.audit,
                    row,
                    at=self._desk.now(),
                    actor=actor,
                    action=action,
                    why=findings,
                )


class _Taken(Exception):
    """A serial or a request key was reserved by somebody else since it was looked for."""


class _Overtaken(Exception):
    """Plans rest on what has changed meanwhile; ``bases`` is how it stands now."""

    def __init__(self, bases: Sequence[Basis]) -> None:
        super().__init__()
        self.bases = bases


def _take_places(conn: sa.Connection, bases: Sequence[Basis]) -> bool:
    """Give every plan its place on its list, shard by shard in one order for everybody; false if one is full by now."""
    issuers = {basis.issuer.id: basis.issuer for basis in bases}
    counted = Counter((basis.issuer.id, basis.shard) for basis in bases)
    return all(
        take_places(conn, issuers[name], shard, count) for (name, shard), count in sorted(counted.items())
    )


def _reservation(one: Prepared, ticket: Ticket | None, now: datetime) -> Reservation:
    intent = one.intent
    return Reservation(one.plan, intent.request_key, intent.digest, intent.spki_sha256, now, ticket)


def _entry(action: str, plan: Plan, detail: Detail) -> Entry:
    return Entry(action, f"certificate:{plan.issuer.id}:{plan.serial:x}", detail)


def _findings(outcome: Ticket | RequestInvalid, first: RequestInvalid) -> list[str]:
    """Return why one is refused: by its own lint, or because what it is inseparable from is refused."""
    refusal = outcome if isinstance(outcome, RequestInvalid) else first
    return list(refusal.findings) if isinstance(refusal, LintFailed) else [refusal.detail]


def _certificate(plan: Plan, der: bytes) -> IssuedCertificate:
    validity = plan.validity
    return IssuedCertificate(
        plan.serial, plan.issuer.id, der, plan.profile.id, validity.not_before, validity.not_after
    )


def _prove(der: bytes, ticket: Ticket) -> None:
    """Check that the signed body is the linted one (I5) and that the signature is the issuer's (I7)."""
    plan = ticket.plan
    try:
        made = x509.load_der_x509_certificate(der)
        if made.tbs_certificate_bytes != ticket.tbs:
            raise SignatureWithheld("the signed octets are not the checked ones")
        verify_signature(plan.issuer_key, plan.algorithm, ticket.tbs, made.signature)
    except (ValueError, SignatureInvalid) as wrong:
        raise SignatureWithheld(f"serial {plan.serial:x}") from wrong
