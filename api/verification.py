"""Verification for callers: the pure verifier, run in a process that can be killed, over this installation's evidence."""

from __future__ import annotations

from dataclasses import dataclass

from api.evidence import Evidence
from ca.clock import Clock


@dataclass(frozen=True, slots=True)
class Limits:
    """What one verification may take: seconds of time, MiB of memory."""

    seconds: int
    memory_mib: int


@dataclass(frozen=True, slots=True)
class Verification:
    """Verifies foreign documents."""

    evidence: Evidence
    clock: Clock
    limits: Limits
