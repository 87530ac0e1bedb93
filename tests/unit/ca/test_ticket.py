"""A ticket signs once."""

from __future__ import annotations

import contextlib
import threading
from datetime import UTC, datetime

import pytest

from ca.errors import TicketSpent
from ca.lint import check
from tests.unit.ca.drafts import right_draft

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def test_I02_a_ticket_is_redeemed_once() -> None:
    ticket = check(right_draft(NOW), NOW)
    assert ticket.redeem() == ticket.tbs
    with pytest.raises(TicketSpent):
        ticket.redeem()


def test_I02_of_many_threads_one_redeems() -> None:
    ticket = check(right_draft(NOW), NOW)
    start, won = threading.Barrier(16), []

    def redeem() -> None:
        start.wait()
        with contextlib.suppress(TicketSpent):
            won.append(ticket.redeem())

    threads = [threading.Thread(target=redeem) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == [ticket.tbs]
