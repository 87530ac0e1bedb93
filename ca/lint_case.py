"""What a lint looks at, and how it says no."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from cryptography import x509

from ca.plan import Draft, Plan

ExtensionT = TypeVar("ExtensionT", bound=x509.ExtensionType)


class Broken(Exception):
    """A demand is not met; the text says which and how."""


@dataclass(frozen=True, slots=True)
class Case:
    """A draft read back from its own octets, the plan it should follow, and the time of the check (aware UTC)."""

    draft: Draft
    certificate: x509.Certificate
    now: datetime

    @property
    def plan(self) -> Plan:
        """What was decided."""
        return self.draft.plan

    def extension(self, kind: type[ExtensionT]) -> x509.Extension[ExtensionT] | None:
        """Return an extension of the draft, or nothing."""
        try:
            return self.certificate.extensions.get_extension_for_class(kind)
        except x509.ExtensionNotFound:
            return None


def demand(met: object, finding: str) -> None:
    """Raise :class:`Broken` unless ``met``."""
    if not met:
        raise Broken(finding)
