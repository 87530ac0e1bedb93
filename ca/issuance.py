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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from cryptography import x509

from ca import certificate_store, issuer_store
from ca.actor import Actor
from ca.audit import AuditTrail
from ca.certificate import (
    CertificateRequest,
    CertificateStatus,
    IssuedCertificate,
    public_key_of,
    spki_sha256,
)
from ca.clock import Clock
from ca.config import CaConfig
from ca.enterprise import find_enterprise
from ca.errors import (
    ClockWentBack,
    EnterpriseUnknown,
    IssuanceUnfinished,
    IssuerUnknown,
    KeyCompromised,
    LintFailed,
    NameDiffers,
    PinnedChanged,
    ProfileUnknown,
    RequestInvalid,
    RequestKeyReused,
    RequestSpent,
    SignatureWithheld,
)
from ca.issuance_request import Intent, answer
from ca.issuer import HolderStatus, Issuer
from ca.keycentre.guard import refuse_escrowed
from ca.lint import check
from ca.pair import ENCRYPTION_PART, SIGNING_PART, IssuedPair, check_pair
from ca.plan import SERIAL_RANDOM_OCTETS, Plan, assemble, decide_validity, draft, make_serial
from ca.profile import Profile, find_profile
from ca.reconcile import close_reservation
from ca.shards import shard_for, take_place
from ca.ticket import Ticket
from ca.turnstile import Turnstile
from hsm.algorithms import PublicKey
from hsm.errors import HsmError, SignatureInvalid
from hsm.provider import KeyRing, open_signer
from hsm.signer import Signer
from hsm.verification import verify_signature

AT_ONCE: Final = 4
"""Issuances under way in one process: enough to hide a disk and a token behind each other. Thirty at once halve what a
machine issues, for they only wait for one interpreter and one audit trail, and take both from those about to finish."""
MAX_PLANS: Final = 3
"""Plans drawn up for one request: one is overtaken only when another worker certifies in the next second meanwhile."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What an issuing authority works with; ``entropy(n)`` returns n random octets from a CSPRNG."""

    engine: sa.Engine
    keys: KeyRing
    clock: Clock
    audit: AuditTrail
    config: CaConfig
    profiles: Mapping[str, Profile]
    entropy: Callable[[int], bytes]

    def now(self) -> datetime:
        """Return the time, aware, in whole seconds."""
        return self.clock().replace(microsecond=0)


class Issuance:
    """Issues certificates for one :class:`Desk`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._places = Turnstile(AT_ONCE)

    def issue(self, request: CertificateRequest, *, request_key: str, actor: Actor) -> IssuedCertificate:
        """Issue one certificate for one request key; the same request again returns the same certificate (I4)."""
        return self._issue((Intent.of(request, request_key, actor),))[0]

    def issue_pair(
        self, signing: CertificateRequest, encryption: CertificateRequest, *, request_key: str, actor: Actor
    ) -> IssuedPair:
        """Issue a signing and an encryption certificate together: both are reserved, then signed, then released in one.

        Whatever is cut off between leaves two reservations, and never one certificate without the other.
        """
        check_pair(signing, encryption, (self._profile(signing.profile), self._profile(encryption.profile)))
        parts = ((signing, SIGNING_PART), (encryption, ENCRYPTION_PART))
        return IssuedPair(*self._issue([Intent.of(one, request_key + part, actor) for one, part in parts]))

    def _issue(self, intents: Sequence[Intent]) -> tuple[IssuedCertificate, ...]:
        """Issue what is asked together, or nothing of it; callers beyond :data:`AT_ONCE` wait their turn."""
        with self._places:
            return self._issue_now(intents)

    def _issue_now(self, intents: Sequence[Intent]) -> tuple[IssuedCertificate, ...]:
        with self._desk.engine.execution_options(read_only=True).connect() as conn:
            known = _known(conn, intents)
            if known:
                return known
            bases: Sequence[Basis] = [self._basis(conn, one.request) for one in intents]
        for _ in range(MAX_PLANS):
            prepared = self._prepare_all(intents, bases)
            try:
                with self._desk.engine.begin() as conn:
                    known = _known(conn, intents)
                    if known:
                        return known
                    self._record_all(conn, prepared, intents)
            except _Overtaken as overtaken:
                bases = overtaken.bases
            else:
                return self._finish(prepared, intents[0].actor)
        raise IssuanceUnfinished(intents[0].request_key)

    def _record_all(
        self, conn: sa.Connection, prepared: Sequence[Prepared], intents: Sequence[Intent]
    ) -> None:
        """Authorise and record in transaction A; plans that do not stand any more raise :class:`_Overtaken`."""
        bases, standing = [], True
        for one, intent in zip(prepared, intents, strict=True):
            self._authorise(conn, intent.request)
            basis = self._basis(conn, intent.request)
            bases.append(basis)
            placed = take_place(conn, issuer=basis.issuer, shard=basis.shard)
            standing = standing and placed and basis.carries(one.plan)
        if not standing:
            raise _Overtaken(bases)
        for one, intent in zip(prepared, intents, strict=True):
            self._record(conn, one, intent)

    def _basis(self, conn: sa.Connection, request: CertificateRequest) -> Basis:
        issuer = self._choose_issuer(conn, request)
        return Basis(
            issuer,
            certificate_store.latest_not_before(conn, issuer.id),
            shard_for(conn, issuer),
        )

    def _choose_issuer(self, conn: sa.Connection, request: CertificateRequest) -> Issuer:
        profile = self._profile(request.profile)
        if request.issuer is not None:
            issuer = issuer_store.get_issuer(conn, request.issuer)
        else:
            able = issuer_store.able_issuers(conn, profile.issued_by)
            if len(able) != 1:
                found = "several issuers" if able else "no issuer"
                raise IssuerUnknown(f"{found} can issue {profile.id}; name one")
            issuer = able[0]
        _check_may_issue(issuer, profile, request)
        return issuer

    def _profile(self, name: str) -> Profile:
        profile = find_profile(self._desk.profiles, name)
        if profile.test and self._desk.config.production:
            raise ProfileUnknown(f"{name} is for tests and is refused in production")
        return profile

    def _authorise(self, conn: sa.Connection, request: CertificateRequest) -> None:
        if certificate_store.is_compromised(conn, spki_sha256(request.public_key)):
            raise KeyCompromised(spki_sha256(request.public_key))
        refuse_escrowed(conn, self._profile(request.profile), spki_sha256(request.public_key))
        if self._profile(request.profile).registered_enterprise or request.subject.uscc:
            known = find_enterprise(conn, request.subject.uscc)
            if known is None:
                raise EnterpriseUnknown(request.subject.uscc)
            if known.name != request.subject.organization:
                raise NameDiffers(known.name)

    def _prepare_all(self, intents: Sequence[Intent], bases: Sequence[Basis]) -> tuple[Prepared, ...]:
        """Prepare each; what was asked together is refused together, before anything is signed."""
        made = tuple(self._prepare(one.request, basis) for one, basis in zip(intents, bases, strict=True))
        refusals = [one.outcome for one in made if isinstance(one.outcome, RequestInvalid)]
        return tuple(replace(one, outcome=refusals[0]) for one in made) if refusals else made

    def _prepare(self, request: CertificateRequest, basis: Basis) -> Prepared:
        """Open the issuer's key, plan, draft and lint; nothing is written and nothing is signed."""
        issuer = basis.issuer
        signer = open_signer(self._desk.keys, issuer.key_uri, expected=_issuer_key(request, issuer))
        plan = self._plan(request, basis, signer)
        try:
            return Prepared(plan, signer, check(draft(plan), self._desk.now()))
        except RequestInvalid as refused:
            return Prepared(plan, signer, refused)

    def _plan(self, request: CertificateRequest, basis: Basis, signer: Signer) -> Plan:
        profile, config = self._profile(request.profile), self._desk.config
        validity = decide_validity(request, profile, self._start(basis), basis.issuer)
        return Plan(
            request=request,
            profile=profile,
            profile_hash=profile.hash,
            config=config,
            config_hash=config.hash,
            issuer=basis.issuer,
            issuer_key=signer.public_key,
            algorithm=signer.algorithm,
            serial=make_serial(config.instance_prefix, self._desk.entropy(SERIAL_RANDOM_OCTETS)),
            validity=validity,
            shard=basis.shard,
        )

    def _start(self, basis: Basis) -> datetime:
        """Return now, or the last certificate's beginning if the clock is a little before it; I17 refuses more."""
        now, last = self._desk.now(), basis.last_start
        if last is None or last <= now:
            return now
        if last - now > self._desk.config.clock_tolerance:
            raise ClockWentBack(f"{last - now} before the last certificate of {basis.issuer.id}")
        return last

    def _record(self, conn: sa.Connection, prepared: Prepared, intent: Intent) -> None:
        """Record reservation, octets and intent (I1, I5); what the lint refused is reserved and burned in one.

        Nothing was signed yet, so a refusal spends serial and request key without a trace on the CRL.
        """
        plan, outcome = prepared.plan, prepared.outcome
        ticket = outcome if isinstance(outcome, Ticket) else None
        reservation = certificate_store.Reservation(intent.request_key, intent.digest, self._desk.now())
        try:
            certificate_store.insert_reservation(conn, plan, reservation, ticket)
        except sa.exc.IntegrityError as taken:  # the same request key, reserved elsewhere at this moment
            raise IssuanceUnfinished(intent.request_key) from taken
        self._note(conn, "certificate.requested", plan, intent.actor, intent.recorded(plan, ticket))
        if isinstance(outcome, RequestInvalid):
            findings = list(outcome.findings) if isinstance(outcome, LintFailed) else [outcome.detail]
            self._close(conn, plan, intent.actor, "certificate.refused", findings)

    def _finish(self, prepared: Sequence[Prepared], actor: Actor) -> tuple[IssuedCertificate, ...]:
        """Sign each ticket once, then release all of them; if one signature fails, every serial is burned (I3)."""
        tickets = []
        for one in prepared:
            if isinstance(one.outcome, RequestInvalid):
                raise one.outcome
            tickets.append(one.outcome)
        try:
            signed = [self._sign(ticket, one.signer) for ticket, one in zip(tickets, prepared, strict=True)]
        except (HsmError, SignatureWithheld, PinnedChanged) as failed:
            with self._desk.engine.begin() as conn:
                for ticket in tickets:
                    self._close(conn, ticket.plan, actor, "certificate.burned", [type(failed).__name__])
            raise
        with self._desk.engine.begin() as conn:
            made = zip(tickets, signed, strict=True)
            return tuple(self._complete(conn, ticket, der, actor) for ticket, der in made)

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

    def _complete(self, conn: sa.Connection, ticket: Ticket, der: bytes, actor: Actor) -> IssuedCertificate:
        """Transaction B: record the certificate and the outcome. Closed meanwhile means: nothing is released."""
        plan = ticket.plan
        if not certificate_store.store_issued(conn, plan, tbs=ticket.tbs, der=der):
            raise RequestSpent(f"serial {plan.serial:x} was closed by somebody else")
        detail = {"sha256": hashlib.sha256(der).hexdigest()}
        self._note(conn, "certificate.issued", plan, actor, detail)
        validity = plan.validity
        return IssuedCertificate(
            plan.serial, plan.issuer.id, der, plan.profile.id, validity.not_before, validity.not_after
        )

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

    def _note(
        self, conn: sa.Connection, action: str, plan: Plan, actor: Actor, detail: Mapping[str, str]
    ) -> None:
        subject = f"certificate:{plan.issuer.id}:{plan.serial:x}"
        self._desk.audit.append(conn, action, actor=actor, subject=subject, detail=detail)


@dataclass(frozen=True, slots=True)
class Basis:
    """What a plan rests on: the issuer as it stands, when its newest certificate or reservation begins, the open shard."""

    issuer: Issuer
    last_start: datetime | None
    shard: int

    def carries(self, plan: Plan) -> bool:
        """Tell whether a plan made on an earlier reading still stands (I9, I15, I17, I28)."""
        in_order = self.last_start is None or self.last_start <= plan.validity.not_before
        return in_order and plan.issuer == self.issuer and plan.shard == self.shard


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan, the key it was made for, and what the lint said: a ticket, or why not."""

    plan: Plan
    signer: Signer
    outcome: Ticket | RequestInvalid


class _Overtaken(Exception):
    """Plans rest on what has changed meanwhile; ``bases`` is how it stands now."""

    def __init__(self, bases: Sequence[Basis]) -> None:
        super().__init__()
        self.bases = bases


def _known(conn: sa.Connection, intents: Sequence[Intent]) -> tuple[IssuedCertificate, ...]:
    """Answer request keys seen before; what was asked together is known together."""
    rows = [certificate_store.by_request_key(conn, intent.request_key) for intent in intents]
    found = [(row, intent) for row, intent in zip(rows, intents, strict=True) if row is not None]
    if found and len(found) < len(intents):
        raise RequestKeyReused(found[0][1].request_key)
    return tuple(answer(row, intent.digest) for row, intent in found)


def _check_may_issue(issuer: Issuer, profile: Profile, request: CertificateRequest) -> None:
    if issuer.profile not in profile.issued_by:
        raise ProfileUnknown(f"{issuer.id} does not issue {profile.id}")
    if profile.self_signed:
        if issuer.status is not HolderStatus.PLANNED or issuer.spki_sha256 != spki_sha256(request.public_key):
            raise IssuerUnknown(f"{issuer.id} has its certificate, or the request names another key")
    elif issuer.status is not HolderStatus.ACTIVE:
        raise IssuerUnknown(f"{issuer.id} is {issuer.status}")


def _issuer_key(request: CertificateRequest, issuer: Issuer) -> PublicKey:
    if not issuer.certificate:
        return request.public_key
    return public_key_of(issuer.x509)


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
