"""A case: what is asked for, octet for octet, and the record around it. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from ca.actor import Actor
from ca.audit import canonical_json
from hsm.algorithms import Digest
from seals.cases.approved import Medium
from seals.cases.rules import UseRule
from seals.cases.states import CaseAct, CaseStatus
from seals.cases.warrant import Ground

FORM: Final = "yinxin-use-v1"
"""Says what the canonical object means; a change of its members is a new form."""
GENESIS: Final = "0" * 64
"""What the first entry of a record of responsibility names as the one before."""


@dataclass(frozen=True, slots=True)
class Hand:
    """Who acts and by what it was known to be them: ``key:PREFIX``, ``certificate:SHA256``, ``cli``, ``system``.

    ``scopes`` are the rights that the credential carries.
    """

    actor: Actor
    credential: str = ""
    scopes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Attachment:
    """The document to be sealed: its digest, name and size in octets; ``kept`` tells that the archive has its octets."""

    digest: Digest
    name: str = ""
    size: int = 0
    kept: bool = False


@dataclass(frozen=True, slots=True)
class UseRequest:
    """What an applicant asks for. ``amount`` is in yuan, ``None`` if there is none; ``copies`` uses of one document.

    With ``members`` it is about so many documents, one use of each: ``document`` is then the root of the tree over them
    (:mod:`seals.cases.members`).
    """

    seal_code: str
    document: Attachment
    title: str
    medium: Medium = Medium.ELECTRONIC
    copies: int = 1
    document_class: str = ""
    amount: int | None = None
    department: str = ""
    members: int = 0


@dataclass(frozen=True, slots=True)
class CaseApproval:
    """One approval that counts: the signed text and whose certificate signed it."""

    person: str
    stage: str
    stands_for: str
    content: str
    actor: Actor
    certificate_sha256: str
    jws: str
    comment: str
    at: datetime

    @property
    def sha256(self) -> str:
        """Digest of the signed text, lower-case hexadecimal."""
        return hashlib.sha256(self.jws.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class CaseEntry:
    """One act of the record of responsibility (责任流); ``digest`` covers the entry and ``previous``, so the row is a chain."""

    case_id: str
    number: int
    act: CaseAct
    status: CaseStatus
    at: datetime
    actor: Actor
    credential: str
    detail: str
    previous: str
    digest: str = ""

    def sealed(self) -> str:
        """Return the digest that the entry should have."""
        members: dict[str, Any] = {
            "act": self.act.value,
            "actor": self.actor.id,
            "actor_name": self.actor.name,
            "at": f"{self.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
            "case": self.case_id,
            "credential": self.credential,
            "detail": self.detail,
            "number": self.number,
            "previous": self.previous,
            "status": self.status.value,
        }
        return hashlib.sha256(canonical_json(members).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """A case as the database holds it. ``used`` of ``copies`` are done; ``approvals`` are those of the present version.

    ``deadline`` ends what is waited for: the approvals, then the use. ``approvals_sha256`` is set when it is approved.
    """

    id: str
    request_key: str
    status: CaseStatus
    moves: int
    version: int
    seal_code: str
    owner_uscc: str
    kind: str
    request: UseRequest
    requester: Actor
    ground: Ground
    standing: str
    rule: UseRule
    used: int
    approvals_sha256: str
    created_at: datetime
    changed_at: datetime
    approving_since: datetime | None
    deadline: datetime | None
    reason: str
    approvals: tuple[CaseApproval, ...] = field(default=())

    @property
    def left(self) -> int:
        """How many copies may still be sealed."""
        return self.request.copies - self.used

    @property
    def content(self) -> str:
        """Digest (hex) of everything that is approved; a change of any of it is another content."""
        return content_of(self.seal_code, self.request, self.requester, self.rule)


def content_of(seal_code: str, request: UseRequest, requester: Actor, rule: UseRule) -> str:
    """Return SHA-256 (hex) of the canonical JSON of what is asked for, by whom and under which rule."""
    members: dict[str, str | int | None] = {
        "amount": request.amount,
        "class": request.document_class,
        "copies": request.copies,
        "department": request.department,
        "document": str(request.document.digest),
        "form": FORM,
        "medium": request.medium.value,
        "requester": requester.person,
        "rule": rule.hash,
        "seal": seal_code,
        "title": request.title,
    }
    if request.members:
        members["members"] = request.members
    return hashlib.sha256(canonical_json(members).encode()).hexdigest()


def approvals_digest(approvals: Sequence[CaseApproval]) -> str:
    """Digest (hex) the approvals that count, in order of their people; nothing for none."""
    if not approvals:
        return ""
    listed = sorted(f"{one.person} {one.stage} {one.sha256}" for one in approvals)
    return hashlib.sha256("\n".join(listed).encode()).hexdigest()


def first_break(entries: Sequence[CaseEntry]) -> int | None:
    """Return the number of the first entry that does not follow from the one before, or nothing."""
    previous = GENESIS
    for place, entry in enumerate(entries, 1):
        if (entry.number, entry.previous, entry.digest) != (place, previous, entry.sealed()):
            return place
        previous = entry.digest
    return None
