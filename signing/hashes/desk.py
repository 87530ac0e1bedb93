"""Signing digests for remote clients: authorised first, each then signed once.

Authorising judges the seal, the caller, the ground for the use and the PIN, and gives *activation data*: a secret that opens
this one authorisation, bound to exact digests, for minutes. Only its digest is kept here; the PIN is kept sealed under it,
so neither is of use without the other. Signing then follows the order of every use of a key: transaction A (the digest is
begun, once; its permit granted and consumed; the intent on record), the key, a check of each signature, transaction B.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from hsm.algorithms import Digest, SignatureAlgorithm
from hsm.digest_signing import DigestSigner, digest_signer, verify_digest
from hsm.pins import Pin
from hsm.provider import KeyRing, open_signer
from hsm.public_keys import certificate_key
from hsm.sealed_secret import seal, unseal
from hsm.verification import verify_signature
from seals.cases.case import Hand
from seals.cases.desk import UseDesk
from seals.cases.grounds import Use
from seals.cases.warrant import Ground, Warrant
from seals.errors import SealNotUsable
from seals.permit import PERMIT_LIFE, Permits
from seals.registry import SealRegistry
from signing.containers.cms import Signatory, container, signed_attributes
from signing.hashes import store
from signing.hashes.credential import Credential, Credentials
from signing.hashes.errors import ActivationInvalid, DigestNotAuthorised, DigestsInvalid
from signing.hashes.store import Activation, HashAct, HashState
from signing.ledger import MAX_FAULT, database
from signing.mark import Stamper

ACTIVATION_LIFE: Final = timedelta(minutes=5)
"""How long activation data open anything: a client signs within seconds; a person reads and confirms within minutes."""
MAX_DIGESTS: Final = 100
"""Digests in one authorisation: a batch that a person looks through; larger ones are a batch of documents."""
SECRET_OCTETS: Final = 32
_PIN: Final = "remote signature"
_ROUND: Final = 200


@dataclass(frozen=True, slots=True)
class HashOrder:
    """Have ``digests`` signed with a seal's key. ``purpose`` is what a person reads; the rest as in a sealing's order."""

    seal_code: str
    digests: tuple[Digest, ...]
    purpose: str = ""
    case: str = ""
    document_class: str = ""
    amount: int | None = None
    credential: str = ""

    def __post_init__(self) -> None:
        if not 0 < len(self.digests) <= MAX_DIGESTS or len(set(self.digests)) != len(self.digests):
            raise DigestsInvalid(f"{len(self.digests)} digests")


@dataclass(frozen=True, slots=True)
class Activated:
    """Activation data and the seconds that they live. They are shown once and are nowhere else."""

    secret: str = field(repr=False)
    seconds: int


@dataclass(frozen=True, slots=True)
class Presented:
    """What a client shows to have something signed: activation data, the seal, by whose hand."""

    secret: str = field(repr=False)
    seal_code: str
    actor: Actor
    credential: str = ""


@dataclass(frozen=True, slots=True)
class HashTools:
    """What the desk works with."""

    permits: Permits
    registry: SealRegistry
    uses: UseDesk
    credentials: Credentials
    keys: KeyRing
    audit: AuditTrail


_Act = Callable[[DigestSigner, Credential, Digest], bytes]


@dataclass(frozen=True, slots=True)
class _Ready:
    order: HashOrder
    found: Activation
    actor: Actor
    warrants: tuple[Warrant, ...]


class HashDesk:
    """Authorises and signs digests; one instance serves any number of threads."""

    def __init__(self, engine: sa.Engine, clock: Clock, tools: HashTools) -> None:
        self._engine = engine
        self._clock = clock
        self._permits = tools.permits
        self._registry = tools.registry
        self._uses = tools.uses
        self.credentials = tools.credentials
        self._keys = tools.keys
        self._audit = tools.audit

    def authorise(self, order: HashOrder, *, actor: Actor, pin: Pin | None) -> Activated:
        """Judge everything that can be judged now, and give activation data.

        Raises :class:`seals.errors.SealNotUsable`, :class:`signing.hashes.errors.CredentialUnknown`,
        :class:`hsm.errors.HsmError` (a wrong PIN included).
        """
        credential = self.credentials.get(order.seal_code, actor)
        order = replace(order, seal_code=credential.id)
        self._judged(order, actor)
        self._open(credential, None, pin)
        raw, now = secrets.token_bytes(SECRET_OCTETS), self._clock()
        made = Activation(
            id=secrets.token_hex(16),
            secret_sha256=hashlib.sha256(raw).hexdigest(),
            actor=actor.id,
            seal_code=order.seal_code,
            purpose=order.purpose,
            case_id=order.case,
            document_class=order.document_class,
            amount=order.amount,
            pin_box=b"" if pin is None else seal(raw, _PIN, pin.reveal().encode()),
            granted_at=now,
            expires_at=now + ACTIVATION_LIFE,
        )
        detail = {
            "seal": order.seal_code,
            "digests": [str(digest) for digest in order.digests],
            "purpose": order.purpose,
        }
        with database(), self._engine.begin() as conn:
            store.insert(conn, made, order.digests)
            self._audit.append(conn, "hash.authorised", actor=actor, subject=made.id, detail=detail)
        return Activated(
            base64.urlsafe_b64encode(raw).decode().rstrip("="), int(ACTIVATION_LIFE.total_seconds())
        )

    def sign(
        self, shown: Presented, digests: Sequence[Digest], algorithm: SignatureAlgorithm | None = None
    ) -> tuple[bytes, ...]:
        """Sign authorised digests, all or none; each signature is checked before any is handed out (I7).

        Raises :class:`ActivationInvalid`, :class:`DigestNotAuthorised`, and what authorising raises: all is judged anew.
        """

        def act(signer: DigestSigner, _credential: Credential, digest: Digest) -> bytes:
            signature = signer.sign_digest(digest)
            verify_digest(signer.public_key, signer.algorithm, digest, signature)
            return signature

        return self._use(shown, digests, algorithm, act)

    def contain(
        self,
        shown: Presented,
        documents: Sequence[Digest],
        algorithm: SignatureAlgorithm,
        stamper: Stamper | None,
    ) -> tuple[bytes, ...]:
        """Sign documents that stay with the client, by their digests: a detached CMS container for each (DER).

        ``stamper`` puts a time-stamp on each signature. Raises what :meth:`sign` raises, and what ``stamper`` does.
        """

        def act(signer: DigestSigner, credential: Credential, document: Digest) -> bytes:
            signatory = Signatory(signer, credential.certificate, credential.chain[:-1])
            attributes = signed_attributes(signatory, document, None)
            signature = signer.sign(attributes)
            verify_signature(signer.public_key, signer.algorithm, attributes, signature)
            token = None if stamper is None else stamper(signer.algorithm.digest.digest(signature))
            return container(signatory, attributes, signature, token)

        return self._use(shown, documents, algorithm, act)

    def _use(
        self, shown: Presented, digests: Sequence[Digest], algorithm: SignatureAlgorithm | None, act: _Act
    ) -> tuple[bytes, ...]:
        ready, pin = self._ready(shown, digests)
        credential = self.credentials.get(shown.seal_code, shown.actor)
        signer = self._open(credential, algorithm, pin)
        permits = self._begin(ready)
        try:
            made = tuple(act(signer, credential, digest) for digest in digests)
        except Exception as fault:
            self._fail(ready, permits, f"{type(fault).__name__}: {fault}")
            raise
        self._complete(ready, permits, made, signer)
        return made

    def spend(self, shown: Presented, digest: Digest) -> tuple[HashOrder, Pin | None]:
        """Use up the authorisation of one document's digest, for a sealing that takes its own permit.

        Returns what was authorised, and the PIN. Raises :class:`ActivationInvalid` or :class:`DigestNotAuthorised`.
        """
        ready, pin = self._ready(shown, [digest])
        now = self._clock()
        with database(), self._engine.begin() as conn:
            self._take(conn, ready.found, digest)
            end = {"settled_at": now, "permit": ""}
            store.move(conn, ready.found.id, str(digest), HashAct.SIGN, end)
            detail = {"document": str(digest), "seal": ready.order.seal_code}
            self._audit.append(conn, "hash.spent", actor=shown.actor, subject=ready.found.id, detail=detail)
        return ready.order, pin

    def reconcile(self, actor: Actor) -> int:
        """Close what a dead process left begun, empty old PIN boxes; return how many were closed."""
        closed, now = 0, self._clock()
        with database(), self._engine.begin() as conn:
            store.forget_pins(conn, now)
            stale = store.begun_before(conn, now - PERMIT_LIFE, _ROUND)
        for one in stale:
            with database(), self._engine.begin() as conn:
                closed += self._give_back(
                    conn, one.activation, one.document, one.permit, "interrupted", actor
                )
        return closed

    # -- judging --------------------------------------------------------------------------------------------------------

    def _judged(self, order: HashOrder, actor: Actor) -> tuple[Warrant, ...]:
        """Judge the ground for each digest and the caller, before any PIN is tried: nobody locks another's token."""
        try:
            with database():
                warrants = tuple(
                    self._uses.warrant(_wished(order, digest, actor)) for digest in order.digests
                )
            with database(), self._engine.begin() as conn:
                listed = warrants[0].ground is not Ground.STANDING
                self._registry.admit(conn, order.seal_code, actor=actor, listed=listed)
        except SealNotUsable as refused:
            self._refuse(order, actor, refused)
            raise
        return warrants

    def _refuse(self, order: HashOrder, actor: Actor, refused: Exception) -> None:
        detail = {
            "digests": [str(digest) for digest in order.digests],
            "why": f"{type(refused).__name__}: {refused}"[:MAX_FAULT],
        }
        with database(), self._engine.begin() as conn:
            self._audit.append(conn, "hash.refused", actor=actor, subject=order.seal_code, detail=detail)

    def _open(
        self, credential: Credential, algorithm: SignatureAlgorithm | None, pin: Pin | None
    ) -> DigestSigner:
        expected = certificate_key(credential.certificate)
        return digest_signer(
            open_signer(self._keys, credential.key_uri, expected=expected, algorithm=algorithm, pin=pin)
        )

    def _ready(self, shown: Presented, digests: Sequence[Digest]) -> tuple[_Ready, Pin | None]:
        raw = _raw(shown.secret)
        with database(), self._engine.execution_options(read_only=True).connect() as conn:
            found = store.find(conn, hashlib.sha256(raw).hexdigest())
            states = {} if found is None else store.states(conn, found.id)
        mine = found is not None and (found.actor, found.seal_code) == (shown.actor.id, shown.seal_code)
        if found is None or not mine or self._clock() >= found.expires_at:
            raise ActivationInvalid("unknown, of another caller or seal, or past its time")
        for digest in digests:
            if states.get(str(digest)) is not HashState.AUTHORISED:
                raise DigestNotAuthorised(str(digest))
        order = HashOrder(
            found.seal_code,
            tuple(digests),
            found.purpose,
            found.case_id,
            found.document_class,
            found.amount,
            shown.credential,
        )
        pin = Pin(unseal(raw, _PIN, found.pin_box).decode()) if found.pin_box else None
        return _Ready(order, found, shown.actor, self._judged(order, shown.actor)), pin

    # -- the two transactions -----------------------------------------------------------------------------------------

    def _take(self, conn: sa.Connection, found: Activation, digest: Digest) -> None:
        if not store.move(conn, found.id, str(digest), HashAct.BEGIN, {"begun_at": self._clock()}):
            raise DigestNotAuthorised(str(digest))

    def _begin(self, ready: _Ready) -> tuple[str, ...]:
        """Transaction A: each digest begun, once; its permit granted and consumed; the intent on record."""
        order, actor, granted = ready.order, ready.actor, []
        try:
            with database(), self._engine.begin() as conn:
                for digest, warrant in zip(order.digests, ready.warrants, strict=True):
                    self._take(conn, ready.found, digest)
                    permit = self._permits.grant(
                        conn,
                        order.seal_code,
                        document=digest,
                        actor=actor,
                        purpose=order.purpose,
                        warrant=warrant,
                        credential=order.credential,
                    )
                    self._permits.consume(conn, permit)
                    store.note_permit(conn, ready.found.id, str(digest), permit.id)
                    granted.append(permit.id)
                detail = {"seal": order.seal_code, "digests": [str(one) for one in order.digests]}
                self._audit.append(
                    conn,
                    "hash.intent",
                    actor=actor,
                    subject=ready.found.id,
                    detail=detail | {"permits": granted},
                )
        except SealNotUsable as refused:
            self._refuse(order, actor, refused)
            raise
        return tuple(granted)

    def _complete(
        self, ready: _Ready, permits: Sequence[str], signatures: Sequence[bytes], signer: DigestSigner
    ) -> None:
        """Transaction B: one use counted for each, the outcome on record; the signatures leave after it."""
        with database(), self._engine.begin() as conn:
            for digest, permit, signature in zip(ready.order.digests, permits, signatures, strict=True):
                sha256 = hashlib.sha256(signature).hexdigest()
                end = {"settled_at": self._clock(), "signature_sha256": sha256}
                if not store.move(conn, ready.found.id, str(digest), HashAct.SIGN, end):
                    raise DigestNotAuthorised(str(digest))
                self._permits.complete(conn, permit, actor=ready.actor, outcome=f"signed {digest}")
            detail = {
                "digests": [str(one) for one in ready.order.digests],
                "signatures": [hashlib.sha256(one).hexdigest() for one in signatures],
                "algorithm": signer.algorithm.label,
                "custody": signer.custody.value,
            }
            self._audit.append(conn, "hash.signed", actor=ready.actor, subject=ready.found.id, detail=detail)

    def _fail(self, ready: _Ready, permits: Sequence[str], fault: str) -> None:
        with database(), self._engine.begin() as conn:
            for digest, permit in zip(ready.order.digests, permits, strict=True):
                self._give_back(conn, ready.found.id, str(digest), permit, fault, ready.actor)

    def _give_back(  # noqa: PLR0913, PLR0917 - one digest, its permit and why
        self, conn: sa.Connection, activation: str, document: str, permit: str, fault: str, actor: Actor
    ) -> bool:
        """End a digest that came to nothing: its permit is released. Tell whether it was open."""
        fault = fault[:MAX_FAULT]
        end = {"settled_at": self._clock(), "fault": fault}
        if not store.move(conn, activation, document, HashAct.FAIL, end):
            return False
        self._permits.release(conn, permit, actor=actor, outcome=fault)
        detail = {"document": document, "fault": fault}
        self._audit.append(conn, "hash.failed", actor=actor, subject=activation, detail=detail)
        return True


def _raw(secret: str) -> bytes:
    try:
        raw = base64.urlsafe_b64decode(secret + "=" * (-len(secret) % 4))
    except ValueError as wrong:
        raise ActivationInvalid("not activation data") from wrong
    if len(raw) != SECRET_OCTETS:
        raise ActivationInvalid("not activation data")
    return raw


def _wished(order: HashOrder, digest: Digest, actor: Actor) -> Use:
    return Use(
        order.seal_code,
        digest,
        Hand(actor, order.credential),
        case_id=order.case,
        title=order.purpose,
        document_class=order.document_class,
        amount=order.amount,
    )
