"""Containers, certification and locks as callers name them, on the command line and over HTTP."""

from __future__ import annotations

from enum import StrEnum

from signing.containers.certification import Certification, FieldLock
from signing.containers.envelope import ContainerKind
from signing.level import Level


class Detached(StrEnum):
    """Containers that stand alone, by the names that people know them by."""

    CADES = "cades"
    GBT35275 = "gbt35275"

    @property
    def kind(self) -> ContainerKind:
        """The container of the order."""
        return ContainerKind.CMS if self is Detached.CADES else ContainerKind.GBT35275

    @property
    def level(self) -> Level:
        """The best level that it has."""
        return Level.B_LT if self is Detached.CADES else Level.B_T


def certification_of(text: str) -> Certification | None:
    """Read a certification, empty for none; :class:`signing.errors.CertificationUnreadable`."""
    return Certification.parse(text) if text else None


def lock_of(text: str) -> FieldLock | None:
    """Read a lock, empty for none; :class:`signing.errors.LockUnreadable`."""
    return FieldLock.parse(text) if text else None
