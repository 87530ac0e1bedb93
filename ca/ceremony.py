"""The key ceremony: root, issuing CA and the four service keys, all made inside the token, all certified, on record.

A ceremony that was cut off is taken up where it stopped, with the same plan; a finished one is never repeated.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from ca import ceremony_store, issuer_store
from ca.actor import Actor
from ca.audit import canonical_json
from ca.authority import CertificateAuthority
from ca.ceremony_plan import CeremonyPlan, CeremonyStep, documents, list_signer, steps, verifier
from ca.certificate import CertificateRequest, IssuedCertificate, SubjectName, spki_sha256
from ca.config import TEST_MARKS
from ca.errors import CeremonyRefused, IssuerUnknown, RequestSpent
from ca.issuer import HolderStatus, Issuer, Unit, UnitPurpose
from hsm.algorithms import KeyKind
from hsm.key_uri import KeyUri
from hsm.provider import KeyProvider, StoredKey

HIERARCHY: Final = "hierarchy"
"""The one ceremony of an installation."""
MAX_ATTEMPTS: Final = 20
"""Serials burned for one certificate before the ceremony gives up: each is a crash or a fault of the token."""
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """What a finished ceremony leaves; ``record`` is its canonical JSON record."""

    root: Issuer
    issuing: Issuer
    tsa: Unit
    ocsp: Unit
    seal_maker: Unit
    record: str


def perform(
    authority: CertificateAuthority, plan: CeremonyPlan, *, actor: Actor, progress: Progress
) -> Hierarchy:
    """Perform the ceremony, or take up the same plan where it was cut off; ``progress`` gets a line for each step.

    Raises :class:`CeremonyRefused`, :class:`ca.errors.IssuanceUnfinished` (reconcile first) or
    :class:`hsm.errors.HsmError`.
    """
    return _Ceremony(authority, plan, actor, progress).perform()


def load_hierarchy(authority: CertificateAuthority) -> Hierarchy:
    """Return the hierarchy of a finished ceremony; :class:`IssuerUnknown` before that."""
    with authority.engine.execution_options(read_only=True).connect() as conn:
        found = ceremony_store.find(conn, HIERARCHY)
        if found is None or not found.complete:
            raise IssuerUnknown("no key ceremony was completed")
        return _read_hierarchy(conn, found.record)


def document_unit(authority: CertificateAuthority, *, actor: Actor) -> Unit:
    """Return the unit that signs the installation's own documents; made at the first call, as the others were.

    Raises :class:`IssuerUnknown` before the ceremony, and what tokens and issuing raise.
    """
    return _later_unit(authority, UnitPurpose.DOCUMENT, documents, actor)


def trust_list_unit(authority: CertificateAuthority, *, actor: Actor) -> Unit:
    """Return the unit that signs the trust list; a hierarchy of before there were lists gets it at the first call."""
    return _later_unit(authority, UnitPurpose.TRUST_LIST, list_signer, actor)


def verification_unit(authority: CertificateAuthority, *, actor: Actor) -> Unit:
    """Return the unit that signs verification reports and offline bundles, as :func:`document_unit` does its own."""
    return _later_unit(authority, UnitPurpose.VERIFICATION, verifier, actor)


def _later_unit(
    authority: CertificateAuthority,
    purpose: UnitPurpose,
    step: Callable[[CeremonyPlan, KeyKind], CeremonyStep],
    actor: Actor,
) -> Unit:
    active = [one for one in authority.units(purpose) if one.status is HolderStatus.ACTIVE]
    if active:
        return active[-1]
    plan = CeremonyPlan.of(load_hierarchy(authority).record)
    kind = plan.unit_key or authority.config.suite.key_kind
    _Ceremony(authority, plan, actor, lambda _line: None).add(step(plan, kind))
    return authority.units(purpose)[-1]


def _read_hierarchy(conn: sa.Connection, record: str) -> Hierarchy:
    return Hierarchy(
        root=issuer_store.get_issuer(conn, "root"),
        issuing=issuer_store.get_issuer(conn, "issuing"),
        tsa=issuer_store.get_unit(conn, "tsa"),
        ocsp=issuer_store.get_unit(conn, "ocsp-issuing"),
        seal_maker=issuer_store.get_unit(conn, "seal-maker"),
        record=record,
    )


class _Ceremony:
    def __init__(
        self, authority: CertificateAuthority, plan: CeremonyPlan, actor: Actor, progress: Progress
    ) -> None:
        self._authority = authority
        self._plan = plan.in_suite(authority.config.suite)
        self._actor = actor
        self._progress = progress
        self._provider: KeyProvider = authority.keys.provider(KeyUri(plan.scheme, plan.token, "root"))

    def perform(self) -> Hierarchy:
        resumed = self._begin()
        made = [self._take(step, resumed=resumed) for step in steps(self._plan, self._authority.config.suite)]
        return self._finish(made)

    def add(self, step: CeremonyStep) -> None:
        """Make one more unit of a finished hierarchy, or finish one that was begun."""
        self._take(step, resumed=True)

    def _begin(self) -> bool:
        """Record the intent; tell whether an earlier run had done so."""
        self._check_plan()
        text, now = self._plan.to_json(), self._authority.clock()
        with self._authority.engine.begin() as conn:
            found = ceremony_store.find(conn, HIERARCHY)
            if found is not None:
                if found.complete:
                    raise CeremonyRefused("the hierarchy of this installation exists already")
                if found.plan != text:
                    raise CeremonyRefused("a ceremony was begun with another plan; take up that one")
                return True
            ceremony_store.insert(conn, HIERARCHY, text, by=self._actor.id, at=now)
            detail = {"plan": json.loads(text)}
            self._note(conn, "ceremony.begun", f"ceremony:{HIERARCHY}", detail)
        return False

    def _check_plan(self) -> None:
        plan, production = self._plan, self._authority.config.production
        for name in (plan.root_name, plan.issuing_name):
            if any(mark in name for mark in TEST_MARKS) == production:
                raise CeremonyRefused(
                    "a name in production says it is a test"
                    if production
                    else "the CAs' names need 测试 or TEST"
                )
        if plan.token not in self._provider.tokens():
            raise CeremonyRefused(f"there is no token {plan.token!r}; make it first")

    def _take(self, step: CeremonyStep, *, resumed: bool) -> dict[str, Any]:
        """Key, then record, then certificate, then token: each part is skipped if it was done before."""
        holder = self._find(step)
        if holder is None:
            stored = self._make_key(step, resumed=resumed)
            holder = self._record(step, stored)
        stored = self._read_back(KeyUri.parse(holder.key_uri))
        if holder.status is HolderStatus.PLANNED:
            issued = self._certify(step, stored)
            self._activate(holder, issued)
            der = issued.der
        else:
            der = holder.certificate
        uri = KeyUri.parse(holder.key_uri)
        if der not in {kept.der for kept in self._provider.certificates(uri.token)}:
            self._provider.import_certificate(uri, der)
        self._progress(f"{step.id}: {step.name}")
        return {
            "id": step.id,
            "key_uri": holder.key_uri,
            "kind": stored.kind.value,
            "spki_sha256": holder.spki_sha256,
            "certificate_sha256": hashlib.sha256(der).hexdigest(),
            "extractable": stored.extractable,
            "sensitive": stored.sensitive,
            "always_sensitive": stored.always_sensitive,
            "custody": stored.custody.value,
        }

    def _find(self, step: CeremonyStep) -> Issuer | Unit | None:
        with self._authority.engine.execution_options(read_only=True).connect() as conn:
            try:
                if step.purpose is None:
                    return issuer_store.get_issuer(conn, step.id)
                return issuer_store.get_unit(conn, step.id)
            except IssuerUnknown:
                return None

    def _make_key(self, step: CeremonyStep, *, resumed: bool) -> StoredKey:
        uri = KeyUri(self._plan.scheme, self._plan.token, step.id)
        there = [key for key in self._provider.keys(uri.token) if key.uri.object == step.id]
        if there and not (resumed and len(there) == 1 and there[0].kind is step.kind):
            raise CeremonyRefused(f"the token holds a key named {step.id!r} already; use an empty token")
        return there[0] if there else self._read_back(self._provider.generate(uri, step.kind))

    def _read_back(self, uri: KeyUri) -> StoredKey:
        """Return the key as the token describes it; one that could leave the token is refused (I24)."""
        found = [key for key in self._provider.keys(uri.token) if key.uri.id == uri.id]
        if len(found) != 1:
            raise CeremonyRefused(f"the token does not hold exactly one key {uri}")
        key = found[0]
        if key.extractable or not (key.sensitive and key.always_sensitive):
            raise CeremonyRefused(f"the token says that {uri} can leave it")
        return key

    def _record(self, step: CeremonyStep, key: StoredKey) -> Issuer | Unit:
        spki = spki_sha256(key.public_key)
        holder: Issuer | Unit
        if step.purpose is None:
            holder = Issuer(
                id=step.id,
                status=HolderStatus.PLANNED,
                key_uri=str(key.uri),
                spki_sha256=spki,
                certificate=b"",
                parent=step.issuer,
                profile=step.profile,
                epoch=1,
            )
        else:
            holder = Unit(
                id=step.id,
                status=HolderStatus.PLANNED,
                key_uri=str(key.uri),
                spki_sha256=spki,
                certificate=b"",
                purpose=step.purpose,
                issuer=step.issuer,
            )
        with self._authority.engine.begin() as conn:
            if isinstance(holder, Issuer):
                issuer_store.insert_issuer(conn, holder, self._authority.clock())
            else:
                issuer_store.insert_unit(conn, holder, self._authority.clock())
            self._note(conn, "key.recorded", step.id, {"key_uri": holder.key_uri, "spki_sha256": spki})
        return holder

    def _certify(self, step: CeremonyStep, key: StoredKey) -> IssuedCertificate:
        request = CertificateRequest(
            profile=step.profile,
            subject=SubjectName(step.name, self._plan.organization),
            public_key=key.public_key,
            issuer=step.issuer,
            custody=key.custody,
        )
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                return self._authority.issue(
                    request, request_key=f"ceremony:{HIERARCHY}:{step.id}:{attempt}", actor=self._actor
                )
            except RequestSpent:  # burned in a run that was cut off
                continue
        raise CeremonyRefused(f"{step.id} was not certified in {MAX_ATTEMPTS} attempts; examine the token")

    def _activate(self, holder: Issuer | Unit, issued: IssuedCertificate) -> None:
        with self._authority.engine.begin() as conn:
            issuer_store.activate(conn, holder, issued.der)
            detail = {"serial": f"{issued.serial:x}", "sha256": hashlib.sha256(issued.der).hexdigest()}
            self._note(conn, "key.activated", holder.id, detail)

    def _finish(self, made: list[dict[str, Any]]) -> Hierarchy:
        now = self._authority.clock()
        record = canonical_json(
            {
                "performed_by": {"id": self._actor.id, "name": self._actor.name},
                "completed_at": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "plan": json.loads(self._plan.to_json()),
                "keys": made,
            }
        )
        with self._authority.engine.begin() as conn:
            if not ceremony_store.complete(conn, HIERARCHY, record, at=now):
                raise CeremonyRefused("the ceremony was completed by somebody else just now")
            digest = hashlib.sha256(record.encode()).hexdigest()
            self._note(conn, "ceremony.completed", f"ceremony:{HIERARCHY}", {"record_sha256": digest})
            return _read_hierarchy(conn, record)

    def _note(self, conn: sa.Connection, action: str, subject: str, detail: dict[str, Any]) -> None:
        self._authority.audit.append(conn, action, actor=self._actor, subject=subject, detail=detail)
