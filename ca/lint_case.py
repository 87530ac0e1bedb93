"""What a lint looks at, and how it says no."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TypeVar, cast

from cryptography import x509

from ca import der
from ca.plan import Draft, Plan

ExtensionT = TypeVar("ExtensionT", bound=x509.ExtensionType)


class Broken(Exception):
    """A demand is not met; the text says which and how."""


@dataclass(frozen=True)
class Case:
    """A draft read back from its own octets, the plan it should follow, and the time of the check (aware UTC).

    What several demands look at is read once for all of them.
    """

    draft: Draft
    certificate: x509.Certificate
    now: datetime

    @property
    def plan(self) -> Plan:
        """What was decided."""
        return self.draft.plan

    @cached_property
    def fields(self) -> tuple[bytes, ...]:
        """The elements of the body to sign, octet for octet (RFC 5280 §4.1: from the version to the extensions)."""
        body, found = der.Reader(self.draft.tbs).enter(der.SEQUENCE), []
        while body.more:
            found.append(body.element())
        return tuple(found)

    @cached_property
    def subject(self) -> x509.Name:
        """The subject as it was read back."""
        return self.certificate.subject

    @cached_property
    def issuer(self) -> x509.Name:
        """The issuer's name as it was read back."""
        return self.certificate.issuer

    @cached_property
    def _extensions(self) -> dict[type[x509.ExtensionType], x509.Extension[x509.ExtensionType]]:
        return {type(found.value): found for found in self.certificate.extensions}

    def extension(self, kind: type[ExtensionT]) -> x509.Extension[ExtensionT] | None:
        """Return an extension of the draft, or nothing."""
        return cast("x509.Extension[ExtensionT] | None", self._extensions.get(kind))


def demand(met: object, finding: str) -> None:
    """Raise :class:`Broken` unless ``met``."""
    if not met:
        raise Broken(finding)
