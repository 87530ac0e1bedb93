"""The door of engraving and filing: one desk with a counter for each who works on a seal before it is used.

``shops`` is the register of engraving shops, ``workshop`` the shop's counter, ``chip`` the proof of the chip in the seal
body, ``office`` the filing officer's, ``exchange`` the national platform's. What each does to a job it does to the seal in the same transaction.
"""

from __future__ import annotations

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from seals.filing.body_chip import BodyChips
from seals.filing.closing import Closing
from seals.filing.exchange import Makers, NationalExchange
from seals.filing.house import House, Neighbours
from seals.filing.job import FilingRules
from seals.filing.office import FilingOffice
from seals.filing.shops import Shops
from seals.filing.workshop import Workshop


class FilingDesk:
    """Engraving and filing of one installation."""

    def __init__(  # noqa: PLR0913, PLR0917 - the composition root names each once
        self,
        engine: sa.Engine,
        clock: Clock,
        audit: AuditTrail,
        beside: Neighbours,
        makers: Makers,
        rules: FilingRules | None = None,
    ) -> None:
        house = House(engine, clock, audit, beside, rules or FilingRules())
        self.shops = Shops(engine, clock, audit)
        self.workshop = Workshop(house)
        self.chip = BodyChips(house)
        self.office = FilingOffice(house)
        self.exchange = NationalExchange(house, makers)
        self._closing = Closing(house, self.workshop)

    def housekeep(self, actor: Actor) -> dict[str, int]:
        """Close what nobody claimed and what is over, finish comparisons that were cut off; return how many of each."""
        stopped = self.exchange.follow(actor)
        return {**self._closing.housekeep(actor), "national_stops_followed": len(stopped)}
