"""Making electronic seal data of a seal on record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ca.actor import Actor
from seals.ses.parts import SesVersion


@dataclass(frozen=True, slots=True)
class MadeSealData:
    """Seal data on record: for which seal, in which version, its octets and what they were made for."""

    code: str
    version: SesVersion
    octets: bytes
    sha256: str
    certificate_sha256: str
    maker_sha256: str
    valid_from: datetime
    valid_to: datetime
    made_at: datetime


class SealDataMaker:
    """Makes seal data with the seal maker's key."""

    def current(self, code: str, version: SesVersion = SesVersion.V4, *, actor: Actor) -> MadeSealData:
        """Return the data in force, made now if the seal has changed since."""
        raise NotImplementedError

    def reconcile(self, actor: Actor) -> int:
        """Withhold what a dead process left between its two transactions; return how many."""
        raise NotImplementedError
