"""Who may do what: scopes, the powers that stay apart, and the caller who carries them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from typing import Final

from api.errors import ForeignEnterprise, ScopeMissing
from ca.actor import Actor
from ca.certificate import CertificateQuery


class Power(Enum):
    """The powers that never meet in one key: operators act, auditors read, administrators look after the service."""

    OPERATOR = "operator"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Scope(StrEnum):
    """What a key lets its holder do; each route names one."""

    CA_READ = "ca:read"
    CA_ISSUE = "ca:issue"
    CA_REVOKE = "ca:revoke"
    RA_REQUEST = "ra:request"
    RA_APPROVE = "ra:approve"
    TOKEN_READ = "token:read"  # noqa: S105 - the word, not a secret
    TOKEN_MANAGE = "token:manage"  # noqa: S105
    CHIP_GRANT = "chip:grant"
    KEY_CENTRE = "kmc:manage"
    ESCROW_CUSTODIAN = "kmc:custodian"
    KEY_RECOVER = "kmc:recover"
    SEAL_READ = "seal:read"
    SEAL_APPLY = "seal:apply"
    SEAL_APPROVE = "seal:approve"
    SEAL_FREEZE = "seal:freeze"
    SEAL_REVOKE = "seal:revoke"
    SEAL_USE = "seal:use"
    SEAL_ENGRAVE = "seal:engrave"
    SEAL_FILE = "seal:file"
    SEAL_AUTHORISE = "seal:authorise"
    CASE_REQUEST = "case:request"
    CASE_APPROVE = "case:approve"
    STAMP_MANAGE = "stamp:manage"
    STAMP_READ = "stamp:read"
    LICENCE_ISSUE = "licence:issue"
    LICENCE_READ = "licence:read"
    DOCUMENT_READ = "document:read"
    DOCUMENT_KEEP = "document:keep"
    DOCUMENT_DELETE = "document:delete"
    TRUST_READ = "trust:read"
    TRUST_PROPOSE = "trust:propose"
    TRUST_CONFIRM = "trust:confirm"
    DEPARTMENT_ACCEPT = "department:accept"
    VERIFICATION_ORDER = "verification:order"
    AUDIT_READ = "audit:read"
    SERVICE_MANAGE = "service:manage"

    @property
    def power(self) -> Power:
        """The power that the scope belongs to."""
        if self is Scope.AUDIT_READ:
            return Power.AUDITOR
        if self is Scope.SERVICE_MANAGE:
            return Power.ADMINISTRATOR
        return Power.OPERATOR


OPERATOR_SCOPES: Final = frozenset(scope.value for scope in Scope if scope.power is Power.OPERATOR)
"""What somebody who sits at the machine may do by the command line."""


@dataclass(frozen=True, slots=True)
class Principal:
    """The authenticated caller of one request."""

    actor: Actor
    scopes: frozenset[Scope]
    key_prefix: str

    def require(self, scope: Scope) -> None:
        """Raise :class:`ScopeMissing` unless the caller's key carries ``scope``."""
        if scope not in self.scopes:
            raise ScopeMissing(scope.value)

    def acting_for(self, uscc: str) -> None:
        """Raise :class:`ForeignEnterprise` for a caller bound to another enterprise than ``uscc``."""
        if self.actor.uscc is not None and self.actor.uscc != uscc:
            raise ForeignEnterprise

    def of_the_authority(self) -> None:
        """Raise :class:`ForeignEnterprise` for a caller bound to any enterprise: this is about everybody's records."""
        if self.actor.uscc is not None:
            raise ForeignEnterprise

    def owner(self, uscc: str) -> str | None:
        """Return whose records to list: those asked for (empty: everyone's), within what the caller may see."""
        if uscc:
            self.acting_for(uscc)
        return uscc or self.actor.uscc

    def narrowed(self, query: CertificateQuery) -> CertificateQuery:
        """Narrow a query to the enterprise that the caller is bound to, if any."""
        if self.actor.uscc is None:
            return query
        if query.uscc:
            self.acting_for(query.uscc)
        return replace(query, uscc=self.actor.uscc)
