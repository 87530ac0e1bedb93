"""What every part of the desk works with, given once by the composition root."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

import sqlalchemy as sa

from ca.audit import AuditTrail
from ca.authority import CertificateAuthority
from ca.clock import Clock
from ca.enrolment.evidence_files import EvidenceFiles
from ca.enrolment.ports import EncryptionKeys
from ca.enrolment.rules import RuleBook
from ca.profile import PROFILES, Profile


def new_id() -> str:
    """Draw a number: 128 random bits as 32 hexadecimal digits."""
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class Office:
    """Database, authority, clock, audit trail, rules, documents; ``encryption_keys`` is the key centre, if any."""

    engine: sa.Engine
    authority: CertificateAuthority
    clock: Clock
    audit: AuditTrail
    rules: RuleBook
    evidence: EvidenceFiles
    encryption_keys: EncryptionKeys | None = None
    profiles: Mapping[str, Profile] = field(default_factory=lambda: MappingProxyType(dict(PROFILES)))
    new_id: Callable[[], str] = new_id

    def now(self) -> datetime:
        """Return the time, aware, in whole seconds."""
        return self.clock().replace(microsecond=0)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Open a connection that only reads."""
        with self.engine.execution_options(read_only=True).connect() as conn:
            yield conn
