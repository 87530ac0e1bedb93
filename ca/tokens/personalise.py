"""Personalisation as a recorded procedure: every step is on record before the chip is touched and after.

An error or a kill in the middle leaves the token in the state that its last finished step gave it, and the record says
which step was begun. Run again, it takes the chip up there; or the chip is recorded as damaged, which spoils its
chip number and revokes what was issued so far.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import sqlalchemy as sa

from ca import certificate_store
from ca.actor import Actor
from ca.audit import AuditTrail
from ca.authority import CertificateAuthority
from ca.certificate import CertificateRequest, IssuedCertificate, SubjectName
from ca.clock import Clock
from ca.errors import CaError, RequestSpent
from ca.pair import ENCRYPTION_PART, SIGNING_PART
from ca.tokens import inventory_store, letter_store
from ca.tokens import procedure_store as store
from ca.tokens.errors import ProcedureRefused, StepFailed, TokenFieldInvalid, TokenMoved
from ca.tokens.inventory_store import Place
from ca.tokens.letter_store import LetterStatus
from ca.tokens.pairs import PairDelivery, PairKeys, Wanted
from ca.tokens.plan import ApplicationPlan, ContainerPlan, PersonalisationPlan
from ca.tokens.procedure_store import Procedure, ProcedureStatus, Step, StepName, StepStatus
from ca.tokens.registry import TokenRegistry
from ca.tokens.requests import PersonalisationRequests, holder_of
from ca.tokens.state import TokenState
from ca.tokens.token import KeyUse, Token
from ca.tokens.unblock import ChipTools
from hsm.algorithms import PublicKey
from hsm.chip import Chips
from hsm.errors import HsmError, KeyNotFound, TokenExists
from hsm.pins import Pin
from hsm.provider import open_signer
from hsm.public_keys import load_spki, spki

OPEN_STATES: Final = frozenset({TokenState.UNINITIALISED, TokenState.READY, TokenState.PERSONALISED})
"""States in which a personalisation may go on; the last one only to be closed."""
MAX_ATTEMPTS: Final = 20
"""Request keys tried for one certificate: each spent one is a crash or a fault of the CA's token."""
Progress = Callable[[Step, int], None]


def _quiet(_step: Step, _total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class _Work:
    """One step with everything it needs."""

    step: Step
    token: Token
    actor: Actor
    reader: Chips
    application: ApplicationPlan | None
    container: ContainerPlan | None

    @property
    def part(self) -> ApplicationPlan:
        if self.application is None:
            raise ProcedureRefused(f"step {self.step.number} names no application of the plan")
        return self.application

    @property
    def place(self) -> Place:
        return Place(self.token.serial, self.part.name, self.made.name)

    @property
    def made(self) -> ContainerPlan:
        if self.container is None:
            raise ProcedureRefused(f"step {self.step.number} names no container of the plan")
        return self.container


class Personalisation:
    """Puts applications, keys and certificates on chips, one recorded step after the other."""

    def __init__(  # noqa: PLR0913, PLR0917 - the composition root names each once
        self,
        engine: sa.Engine,
        clock: Clock,
        audit: AuditTrail,
        authority: CertificateAuthority,
        registry: TokenRegistry,
        requests: PersonalisationRequests,
        tools: ChipTools,
        keys: PairKeys | None = None,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = audit
        self._authority = authority
        self._registry = registry
        self._requests = requests
        self._tools = tools
        self._pairs = PairDelivery(keys, tools.keys)
        self._do: dict[StepName, Callable[[_Work], None]] = {
            StepName.INITIALISE: self._initialise,
            StepName.READY: self._ready,
            StepName.KEY: self._key,
            StepName.DELIVER: self._deliver,
            StepName.CERTIFY: self._certify,
            StepName.IMPORT: self._import,
            StepName.FINISH: self._finish,
        }

    def run(self, serial: str, *, actor: Actor, progress: Progress = _quiet) -> Token:
        """Personalise a chip by its approved plan, or take it up where it was cut off; that needs no new approval.

        ``progress`` is told each step before it is done, and how many there are.

        Raises :class:`ca.tokens.errors.PersonalisationUnasked`, :class:`ca.tokens.errors.PersonalisationNotApproved`,
        :class:`ca.enrolment.errors.ContentChanged` (what was approved is not what would be issued now),
        :class:`ProcedureRefused` (a finished procedure, a stopped token), :class:`StepFailed` with the error of the chip or of
        the authority behind it, :class:`TokenMoved` when somebody else does the same step.
        """
        token = self._registry.get(serial)
        reader = self._tools.reader(token)
        procedure, plan = self._begin(token, reader, actor)
        for step in procedure.steps:
            if step.status is not StepStatus.DONE:
                token = self._registry.get(serial)
                if token.state not in OPEN_STATES:
                    raise ProcedureRefused(f"token {token.serial} is {token.state}")
                progress(step, len(procedure.steps))
                self._take(_work(step, token, actor, reader, plan))
        return self._registry.get(serial)

    def procedure(self, serial: str) -> Procedure:
        """Return a chip's procedure with its steps; :class:`ProcedureRefused` where none was begun."""
        with self._reading() as conn:
            found = store.find(conn, serial)
        if found is None:
            raise ProcedureRefused(f"token {serial} has no personalisation on record")
        return found

    def reconcile(self) -> int:
        """Close the procedures of chips that have ended, and void their letters; return how many were closed."""
        with self._reading() as conn:
            waiting = store.orphans(conn)
        for procedure_id, serial in waiting:
            with self._engine.begin() as conn:
                store.end(conn, procedure_id, ProcedureStatus.ABANDONED, self._clock())
                letter_store.void_letters(conn, serial)
        return len(waiting)

    def _begin(self, token: Token, reader: Chips, actor: Actor) -> tuple[Procedure, PersonalisationPlan]:
        """Record the steps of the approved plan, or find them on record; what was approved still stands there."""
        serial = token.serial
        with self._engine.begin() as conn:
            found = store.find(conn, serial)
            if found is None:
                request = self._requests.use(conn, token)
                _check_pairs(request.plan, reader)
                steps, now = _steps(request.plan), self._clock()
                store.insert(conn, serial, request.id, steps, by=actor.id, at=now)
                detail = {"steps": len(steps), "request": request.id, "digest": request.digest}
                subject = f"token:{serial}"
                self._audit.append(
                    conn, "token.personalisation_begun", actor=actor, subject=subject, detail=detail
                )
                found = store.find(conn, serial)
            elif found.status is ProcedureStatus.RUNNING:
                request = self._requests.used(conn, found.request)
                self._requests.check_unchanged(conn, request, token)
        if found is None or found.status is not ProcedureStatus.RUNNING:
            raise ProcedureRefused(f"the personalisation of {serial} has ended")
        return found, request.plan

    def _take(self, work: _Work) -> None:
        """Do one step: on record, done, on record. A failure is on record too, by its class alone."""
        step = work.step
        with self._engine.begin() as conn:
            if not store.begin(conn, step, self._clock()):
                raise TokenMoved(f"token {work.token.serial}: step {step.number}")
        try:
            self._do[step.name](work)
        except (HsmError, CaError) as wrong:
            self._note(work, StepStatus.FAILED, type(wrong).__name__)
            zh, en = (
                f"{step.number} {word} {step.target}".strip() for word in (step.name.zh, step.name.value)
            )
            raise StepFailed(work.token.serial, (zh, en), (wrong.zh, wrong.en)) from wrong
        self._note(work, StepStatus.DONE)

    def _note(self, work: _Work, status: StepStatus, fault: str = "") -> None:
        step = work.step
        with self._engine.begin() as conn:
            store.finish(conn, step, status, self._clock(), fault)
            detail = {"step": step.number, "name": step.name.value, "target": step.target}
            detail |= {"attempt": step.attempts + 1, "fault": fault}
            subject = f"token:{work.token.serial}"
            self._audit.append(conn, f"token.step_{status}", actor=work.actor, subject=subject, detail=detail)

    def _initialise(self, work: _Work) -> None:
        """Make the application with both its PINs. The holder's is sealed as a letter before the chip has it."""
        serial, part = work.token.serial, work.part
        if part.name not in {each.name for each in work.token.applications}:
            sealed = self._tools.letters.seal(serial, part.name, part.policy.length)
            with self._engine.begin() as conn:
                inventory_store.insert_application(conn, serial, part.name, part.policy)
                self._tools.letters.prepare(conn, serial, part.name, sealed, work.actor)
        pin, so_pin = self._pin(serial, part.name), self._tools.so_pins.of(serial, part.name)
        try:
            work.reader.create_application(serial, part.name, so_pin, pin, part.policy.tries)
        except TokenExists:
            if work.step.attempts == 0:  # not ours: nobody has begun this step before
                raise
        left = work.reader.pin_info(serial, part.name).left
        with self._engine.begin() as conn:
            inventory_store.set_pin(conn, serial, part.name, left, self._clock())

    def _ready(self, work: _Work) -> None:
        if work.token.state is TokenState.UNINITIALISED:
            self._registry.prepare(work.token.serial, actor=work.actor)

    def _key(self, work: _Work) -> None:
        """Make the signing pair in the chip. One left by an attempt that was cut off was never certified: it goes."""
        place, plan = work.place, work.made
        pin = self._pin(place.token, place.application)
        if work.token.key(place.application, place.container) is not None:
            return
        if work.step.attempts:
            with suppress(KeyNotFound):
                work.reader.delete_container(place.token, place.application, place.container, pin=pin)
        made = work.reader.generate(place.token, place.application, place.container, kind=plan.kind, pin=pin)
        uri = work.reader.uri(place.token, place.application, place.container)
        with self._engine.begin() as conn:
            inventory_store.insert_container(
                conn, place.token, place.application, place.container, plan.purpose
            )
            inventory_store.insert_key(conn, place, key_uri=str(uri), public_key=spki(made))

    def _deliver(self, work: _Work) -> None:
        """Bring the encryption pair from the key centre into the chip: the same pair however often it is cut off."""
        place = work.place
        wanted = Wanted(place, self._key_of(place), work.token.holder, work.made.encryption_profile)
        pin = self._pin(place.token, place.application)
        uri, public_key = self._pairs.deliver(wanted, work.reader, pin, actor=work.actor)
        self._registry.delivered(_beside(place), str(uri), public_key, actor=work.actor)

    def _certify(self, work: _Work) -> None:
        """Have the key certified, under a request key that is on record first: asked again, it is the same certificate.

        A pair is certified in one: both certificates or neither.
        """
        place, request = work.place, self._request(work)
        second = self._second(work, request)
        parts = {place: "" if second is None else SIGNING_PART}
        parts |= {} if second is None else {_beside(place): ENCRYPTION_PART}
        for attempt in range(1, MAX_ATTEMPTS + 1):
            request_key = f"token:{place.token}:{place.application}/{place.container}:{attempt}"
            with self._engine.begin() as conn:
                for each, part in parts.items():
                    inventory_store.set_request(conn, each, request_key + part)
            try:
                issued = self._issue(request, second, request_key, work.actor)
            except RequestSpent:  # an earlier attempt burned its serial number
                continue
            for each, one in zip(parts, issued, strict=True):
                self._registry.certified(each, one, actor=work.actor)
            return
        raise RequestSpent(f"{MAX_ATTEMPTS} request keys are spent")

    def _issue(
        self, request: CertificateRequest, second: CertificateRequest | None, request_key: str, actor: Actor
    ) -> tuple[IssuedCertificate, ...]:
        if second is None:
            return (self._authority.issue(request, request_key=request_key, actor=actor),)
        pair = self._authority.issue_pair(request, second, request_key=request_key, actor=actor)
        return pair.signing, pair.encryption

    def _second(self, work: _Work, first: CertificateRequest) -> CertificateRequest | None:
        """Return the request over the encryption pair; its key was made by the centre, so no custody is said."""
        profile = work.made.encryption_profile
        if not profile:
            return None
        key = self._key_of(_beside(work.place))
        return CertificateRequest(profile, first.subject, key, first.validity, first.issuer)

    def _key_of(self, place: Place) -> PublicKey:
        with self._reading() as conn:
            found = inventory_store.public_key(conn, place)
        if found is None:
            raise ProcedureRefused(f"token {place.token}: {place.container} has no {place.use} key on record")
        return load_spki(found)

    def _request(self, work: _Work) -> CertificateRequest:
        plan, place = work.made, work.place
        key = self._key_of(place)
        with self._reading() as conn:
            enterprise = holder_of(conn, work.token)
        uri = work.reader.uri(place.token, place.application, place.container)
        pin = self._pin(place.token, place.application)
        custody = open_signer(self._tools.keys, uri, expected=key, pin=pin).custody
        return CertificateRequest(
            plan.profile,
            SubjectName(plan.common_name, enterprise.name, enterprise.uscc),
            key,
            timedelta(days=plan.days) if plan.days else None,
            plan.issuer or None,
            custody,
        )

    def _import(self, work: _Work) -> None:
        """Write the certificate into the chip, or both of a pair."""
        pair = bool(work.made.encryption_profile)
        for place in (work.place, _beside(work.place)) if pair else (work.place,):
            key = work.token.key(place.application, place.container, place.use)
            if key is None or key.serial is None:
                raise ProcedureRefused(f"token {place.token}: {place.container} has no certificate on record")
            with self._reading() as conn:
                rows = certificate_store.by_serial(conn, key.serial, key.issuer)
            work.reader.import_certificate(
                place.token,
                place.application,
                place.container,
                rows[0].record.der,
                encryption=place.use is KeyUse.ENCRYPT,
                pin=self._pin(place.token, place.application),
            )

    def _finish(self, work: _Work) -> None:
        """Personalised: the letters may be printed now."""
        serial = work.token.serial
        if work.token.state is TokenState.READY:
            self._registry.personalise(serial, actor=work.actor)
        with self._engine.begin() as conn:
            for letter in letter_store.letters(conn, serial):
                letter_store.move_letter(conn, letter.id, LetterStatus.PREPARED, LetterStatus.READY)
            store.end(conn, work.step.procedure, ProcedureStatus.DONE, self._clock())

    def _pin(self, serial: str, application: str) -> Pin:
        with self._reading() as conn:
            found = letter_store.letters(conn, serial, application)
        if not found:
            raise ProcedureRefused(f"token {serial}/{application} has no PIN letter")
        return self._tools.letters.open(found[-1])

    def _reading(self) -> sa.Connection:
        return self._engine.execution_options(read_only=True).connect()


_SINGLE: Final = (StepName.KEY, StepName.CERTIFY, StepName.IMPORT)
_PAIR: Final = (StepName.KEY, StepName.DELIVER, StepName.CERTIFY, StepName.IMPORT)


def _beside(place: Place) -> Place:
    """Return the place of the encryption key beside a signing key."""
    return replace(place, use=KeyUse.ENCRYPT)


def _steps(plan: PersonalisationPlan) -> list[tuple[StepName, str]]:
    steps = [(StepName.INITIALISE, part.name) for part in plan.applications]
    steps.append((StepName.READY, ""))
    for part in plan.applications:
        for container in part.containers:
            target = f"{part.name}/{container.name}"
            steps += [(name, target) for name in (_PAIR if container.encryption_profile else _SINGLE)]
    steps.append((StepName.FINISH, ""))
    return steps


def _work(step: Step, token: Token, actor: Actor, reader: Chips, plan: PersonalisationPlan) -> _Work:
    name, _, inner = step.target.partition("/")
    part = next((each for each in plan.applications if each.name == name), None)
    container = next((each for each in (part.containers if part else ()) if each.name == inner), None)
    return _Work(step, token, actor, reader, part, container)


def _check_pairs(plan: PersonalisationPlan, reader: Chips) -> None:
    """Refuse a plan with encryption pairs before a chip is begun that cannot take them in."""
    if plan.paired and not reader.receives:
        raise TokenFieldInvalid(
            "encryption_profile",
            "此密钥库的芯片不能接收加密密钥，请改用 PKCS#11 或 SKF 芯片，或在计划中去掉加密证书",
            "chips of this key store take in no encryption keys; use PKCS#11 or SKF, or leave the profile out",
        )
