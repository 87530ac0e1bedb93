"""What comes before the reservation: who issues, from when and on which list; the plan, its octets, the lint.

Nothing here writes and nothing signs. Several requests asked together rest on one reading: an issuer is read once, with
the beginning of its newest certificate, and their places on its lists are counted out in order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from ca import certificate_store, issuer_store
from ca.audit import AuditTrail
from ca.certificate import CertificateRequest, public_key_of, spki_sha256
from ca.clock import Clock
from ca.config import CaConfig
from ca.enterprise import find_enterprises
from ca.errors import (
    ClockWentBack,
    EnterpriseUnknown,
    IssuerUnknown,
    KeyCompromised,
    NameDiffers,
    ProfileUnknown,
    RequestInvalid,
)
from ca.issuance_request import Intent
from ca.issuer import HolderStatus, Issuer
from ca.keycentre.guard import refuse_escrowed
from ca.lint import check
from ca.plan import SERIAL_RANDOM_OCTETS, Plan, decide_validity, draft, make_serial
from ca.profile import Profile, find_profile
from ca.status.shards import shards_for
from ca.ticket import Ticket
from hsm.algorithms import PublicKey
from hsm.provider import KeyRing, open_signer
from hsm.signer import Signer


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

    def profile(self, name: str) -> Profile:
        """Return a profile that this installation uses; :class:`ca.errors.ProfileUnknown` otherwise."""
        profile = find_profile(self.profiles, name)
        if profile.test and self.config.production:
            raise ProfileUnknown(f"{name} is for tests and is refused in production")
        return profile


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

    intent: Intent
    plan: Plan
    signer: Signer
    outcome: Ticket | RequestInvalid


def read_bases(desk: Desk, conn: sa.Connection, intents: Sequence[Intent]) -> tuple[Basis, ...]:
    """Read what the plans of ``intents`` rest on, each issuer once; raises why one of them cannot be issued at all."""
    read: dict[tuple[str, str | None], issuer_store.Latest] = {}
    chosen = []
    for intent in intents:
        request = intent.request
        profile, asked = desk.profile(request.profile), (request.profile, request.issuer)
        if asked not in read:
            read[asked] = _choose_issuer(conn, profile, request.issuer)
        _check_may_issue(read[asked].issuer, profile, request)
        chosen.append(read[asked])
    wanted: dict[str, int] = {}
    for one in chosen:
        wanted[one.issuer.id] = wanted.get(one.issuer.id, 0) + 1
    issuers = {one.issuer.id: one.issuer for one in chosen}
    places = {name: iter(shards_for(conn, issuers[name], count)) for name, count in wanted.items()}
    return tuple(Basis(one.issuer, one.not_before, next(places[one.issuer.id])) for one in chosen)


def _choose_issuer(conn: sa.Connection, profile: Profile, name: str | None) -> issuer_store.Latest:
    if name is not None:
        return issuer_store.latest_of(conn, name)
    able = issuer_store.able_issuers(conn, profile.issued_by)
    if len(able) != 1:
        found = "several issuers" if able else "no issuer"
        raise IssuerUnknown(f"{found} can issue {profile.id}; name one")
    return able[0]


def _check_may_issue(issuer: Issuer, profile: Profile, request: CertificateRequest) -> None:
    if issuer.profile not in profile.issued_by:
        raise ProfileUnknown(f"{issuer.id} does not issue {profile.id}")
    if profile.self_signed:
        if issuer.status is not HolderStatus.PLANNED or issuer.spki_sha256 != spki_sha256(request.public_key):
            raise IssuerUnknown(f"{issuer.id} has its certificate, or the request names another key")
    elif issuer.status is not HolderStatus.ACTIVE:
        raise IssuerUnknown(f"{issuer.id} is {issuer.status}")


def authorise(desk: Desk, conn: sa.Connection, intents: Sequence[Intent]) -> None:
    """Refuse compromised keys (I27), escrowed ones (I24), enterprises unknown or of another name."""
    barred = certificate_store.compromised(conn, [one.spki_sha256 for one in intents])
    signing = [(desk.profile(one.request.profile), one.spki_sha256) for one in intents]
    named = [one for one in intents if _names_enterprise(desk, one.request)]
    known = find_enterprises(conn, {one.request.subject.uscc for one in named})
    for intent in intents:
        if intent.spki_sha256 in barred:
            raise KeyCompromised(intent.spki_sha256)
    refuse_escrowed(conn, signing)
    for intent in named:
        subject = intent.request.subject
        enterprise = known.get(subject.uscc)
        if enterprise is None:
            raise EnterpriseUnknown(subject.uscc)
        if enterprise.name != subject.organization:
            raise NameDiffers(enterprise.name)


def _names_enterprise(desk: Desk, request: CertificateRequest) -> bool:
    return desk.profile(request.profile).registered_enterprise or bool(request.subject.uscc)


def prepare(desk: Desk, intents: Sequence[Intent], bases: Sequence[Basis]) -> tuple[Prepared, ...]:
    """Open the issuers' keys, each once; plan, draft and lint every request. Nothing is written, nothing is signed."""
    signers: dict[str, Signer] = {}
    made = []
    for intent, basis in zip(intents, bases, strict=True):
        issuer = basis.issuer
        if issuer.id not in signers:
            expected = _issuer_key(intent.request, issuer)
            signers[issuer.id] = open_signer(desk.keys, issuer.key_uri, expected=expected)
        plan = _plan(desk, intent, basis, signers[issuer.id])
        made.append(Prepared(intent, plan, signers[issuer.id], _lint(desk, plan)))
    return tuple(made)


def _issuer_key(request: CertificateRequest, issuer: Issuer) -> PublicKey:
    if not issuer.certificate:
        return request.public_key
    return public_key_of(issuer.x509)


def _lint(desk: Desk, plan: Plan) -> Ticket | RequestInvalid:
    try:
        return check(draft(plan), desk.now())
    except RequestInvalid as refused:
        return refused


def _plan(desk: Desk, intent: Intent, basis: Basis, signer: Signer) -> Plan:
    request, config = intent.request, desk.config
    profile = desk.profile(request.profile)
    validity = decide_validity(request, profile, _start(desk, basis), basis.issuer)
    return Plan(
        request=request,
        profile=profile,
        profile_hash=profile.hash,
        config=config,
        config_hash=config.hash,
        issuer=basis.issuer,
        issuer_key=signer.public_key,
        algorithm=signer.algorithm,
        serial=make_serial(config.instance_prefix, desk.entropy(SERIAL_RANDOM_OCTETS)),
        validity=validity,
        shard=basis.shard,
    )


def _start(desk: Desk, basis: Basis) -> datetime:
    """Return now, or the last certificate's beginning if the clock is a little before it; I17 refuses more."""
    now, last = desk.now(), basis.last_start
    if last is None or last <= now:
        return now
    if last - now > desk.config.clock_tolerance:
        raise ClockWentBack(f"{last - now} before the last certificate of {basis.issuer.id}")
    return last
