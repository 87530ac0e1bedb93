"""What a sealing is done for: something that may be taken away from its doer, and that wants to know of the outcome at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import sqlalchemy as sa

from signing.archive import Stored
from signing.store import SealingRecord


class Errand(Protocol):
    """Takes part in the transactions of one sealing, with its state in the same database; it never commits.

    A worker that was thought dead is stopped here: what it holds is compared with what is on record in the very
    transactions that grant, take and complete, so it neither touches the key nor completes after another took over.
    """

    def hold(self, conn: sa.Connection) -> None:
        """Prove that the errand is still the doer's, until the transaction ends; :class:`signing.errors.SigningError` if not."""

    def done(self, conn: sa.Connection, outcomes: Sequence[tuple[SealingRecord, Stored]]) -> None:
        """Record the outcomes in the transaction that completes the sealings: one, or several of one errand."""
