"""The life of an escrowed key and of a case, as tables. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ca.keycentre.errors import EscrowedKeyStateRefused


class KeyStatus(StrEnum):
    """Where an escrowed key stands."""

    POOLED = "pooled"
    """Made and sealed, nobody's yet."""
    ASSIGNED = "assigned"
    """Given to one enrolment, for ever; its envelope is being made."""
    DELIVERED = "delivered"
    """Its envelope exists."""
    REVOKED = "revoked"
    """Its certificate ended early; old messages can still be recovered."""
    ARCHIVED = "archived"
    """Its certificate's time is over; kept for recovery as long as the archive must be."""
    DESTROYED = "destroyed"
    """The sealed octets are gone from the row."""


class KeyAct(StrEnum):
    """What moves an escrowed key."""

    ASSIGN = "assign"
    DELIVER = "deliver"
    REVOKE = "revoke"
    ARCHIVE = "archive"
    DESTROY = "destroy"


TRANSITIONS: Final[Mapping[KeyAct, Mapping[KeyStatus, KeyStatus]]] = MappingProxyType(
    {
        KeyAct.ASSIGN: MappingProxyType({KeyStatus.POOLED: KeyStatus.ASSIGNED}),
        KeyAct.DELIVER: MappingProxyType({KeyStatus.ASSIGNED: KeyStatus.DELIVERED}),
        KeyAct.REVOKE: MappingProxyType(
            {KeyStatus.ASSIGNED: KeyStatus.REVOKED, KeyStatus.DELIVERED: KeyStatus.REVOKED}
        ),
        KeyAct.ARCHIVE: MappingProxyType(
            {KeyStatus.DELIVERED: KeyStatus.ARCHIVED, KeyStatus.REVOKED: KeyStatus.ARCHIVED}
        ),
        KeyAct.DESTROY: MappingProxyType(
            {KeyStatus.POOLED: KeyStatus.DESTROYED, KeyStatus.ARCHIVED: KeyStatus.DESTROYED}
        ),
    }
)
"""No way leads back: a key that was given to somebody is never in the pool again."""

RECOVERABLE: Final = frozenset((KeyStatus.DELIVERED, KeyStatus.REVOKED, KeyStatus.ARCHIVED))
"""States in which custodians may let a key be recovered."""


def after(status: KeyStatus, act: KeyAct) -> KeyStatus:
    """Return the state that ``act`` leads to; :class:`EscrowedKeyStateRefused` where the table has none."""
    try:
        return TRANSITIONS[act][status]
    except KeyError as missing:
        raise EscrowedKeyStateRefused(status.value, act.value) from missing


class CaseKind(StrEnum):
    """Why custodians are asked."""

    USER = "user"
    """The holder lost the token; the key goes to the holder's new signing key."""
    JUDICIAL = "judicial"
    """An authority orders it; the key goes to the authority's certificate. More custodians."""
    ROSTER = "roster"
    """The custodians themselves change."""


class CaseStatus(StrEnum):
    """Where a case stands; expiry is a matter of the clock and is not stored."""

    OPEN = "open"
    EXECUTING = "executing"
    """The quorum was met and the execution begun; it ends executed, also after a crash."""
    EXECUTED = "executed"
    REJECTED = "rejected"
    """So many custodians refused that the quorum cannot be met any more."""
    WITHDRAWN = "withdrawn"


class CaseAct(StrEnum):
    """What moves a case."""

    BEGIN = "begin"
    EXECUTE = "execute"
    REJECT = "reject"
    WITHDRAW = "withdraw"


CASE_TRANSITIONS: Final[Mapping[CaseAct, Mapping[CaseStatus, CaseStatus]]] = MappingProxyType(
    {
        CaseAct.BEGIN: MappingProxyType({CaseStatus.OPEN: CaseStatus.EXECUTING}),
        CaseAct.EXECUTE: MappingProxyType({CaseStatus.EXECUTING: CaseStatus.EXECUTED}),
        CaseAct.REJECT: MappingProxyType({CaseStatus.OPEN: CaseStatus.REJECTED}),
        CaseAct.WITHDRAW: MappingProxyType({CaseStatus.OPEN: CaseStatus.WITHDRAWN}),
    }
)
