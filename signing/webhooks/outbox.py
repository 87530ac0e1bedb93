"""The outbox: messages go in with what they tell of, and out until they are delivered or given up.

The cycle is that of every use of a key: a transaction records the attempt, then the message is signed and sent, then another
transaction records what came of it. What dies between is sent again, under the same number: a receiver that had it does nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import sqlalchemy as sa

from ca.actor import SYSTEM, Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from hsm.spoken import SpokenError
from signing.webhooks import store
from signing.webhooks.errors import (
    WebhookAddressInvalid,
    WebhookUnderWay,
    WebhookUnknown,
    WebhookUnreachable,
)
from signing.webhooks.message import Message, Sending, Signed
from signing.webhooks.posting import GONE, Post
from signing.webhooks.store import Delivery, DeliveryState

PAUSES: Final = tuple(
    timedelta(seconds=seconds) for seconds in (10, 60, 300, 1800, 7200, 6 * 3600, 12 * 3600, 24 * 3600)
)
"""How long is waited after each failed try; after the last of them a message is given up."""
GIVEN_UP: Final = timedelta(days=3)
"""A message that waits because its receiver does not answer others either is given up by then."""
LEASE: Final = timedelta(minutes=2)
"""Longest time of one sending, the key's included; a process that died leaves it for another after that."""
MAX_PAGE: Final = 500

Sign = Callable[[Message, Sending], Signed]
"""Signs with the verification service's key. Raises what the key raises."""


@dataclass(frozen=True, slots=True)
class News:
    """Something to be told: to which address, for whom, about what."""

    url: str
    maker: Actor
    subject: str
    kind: str
    data: dict[str, Any]


class Outbox:
    """Keeps and delivers messages; one instance serves any number of threads."""

    def __init__(self, engine: sa.Engine, clock: Clock, audit: AuditTrail, sign: Sign, post: Post) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = audit
        self._sign = sign
        self._post = post

    def put(self, conn: sa.Connection, news: News) -> str:
        """Put a message in, in the transaction of what it tells of; return its number."""
        now, number = self._clock(), secrets.token_hex(16)
        waiting = DeliveryState.WAITING
        maker = news.maker
        one = Delivery(
            number, maker.id, maker.uscc or "", news.subject, news.kind, news.url, news.data, waiting, 0, 0, now, now,
            now + GIVEN_UP,
        )  # fmt: skip
        store.insert(conn, one)
        return number

    def deliver_one(self) -> bool:
        """Send the message that is due longest; tell whether there was one."""
        one = self._begin()
        if one is None:
            return False
        sending = Sending(one.url, one.attempts, self._clock())
        try:
            status = self._post.post(one.url, self._sign(one.message, sending))
        except (WebhookUnreachable, WebhookAddressInvalid) as failed:
            self._failed(one, failed)
        except (
            SpokenError
        ) as fault:  # the key or its token: the receiver is not to blame and nothing was sent
            self._failed(
                one, WebhookUnreachable(f"未能签名（{fault.zh}）", f"it could not be signed ({fault.en})", -1)
            )
        else:
            self._settle(one, DeliveryState.DELIVERED, status, ("", ""))
        return True

    def again(self, number: str, *, actor: Actor, maker: Actor | None = None) -> Delivery:
        """Send a message again that is delivered or given up. :class:`WebhookUnknown`, :class:`WebhookUnderWay`."""
        now = self._clock()
        with self._engine.begin() as conn:
            found = store.find(conn, number) if len(number) <= 32 else None
            if found is None or not _may_see(found, maker):
                raise WebhookUnknown
            if found.state is DeliveryState.WAITING or not store.wait_again(conn, found, now, now + GIVEN_UP):
                raise WebhookUnderWay
            detail: dict[str, str | int | None] = {"subject": found.subject, "was": found.state.value}
            self._audit.append(conn, "webhook.again", actor=actor, subject=f"webhook:{number}", detail=detail)
            again = store.find(conn, number)
        assert again is not None  # noqa: S101 - it was there in this transaction
        return again

    def page(
        self,
        *,
        maker: Actor | None = None,
        state: DeliveryState | None = None,
        subject: str = "",
        limit: int = 100,
    ) -> tuple[Delivery, ...]:
        """List the newest messages: of one maker, of one state, about one subject, if named."""
        whose = None if maker is None else (maker.id, maker.uscc or "")
        with self._engine.execution_options(read_only=True).connect() as conn:
            return store.page(conn, whose, state, subject, max(1, min(limit, MAX_PAGE)))

    def _begin(self) -> Delivery | None:
        now = self._clock()
        with self._engine.begin() as conn:
            one = store.due(conn, now)
            if one is None or not store.begin(conn, one, now + LEASE):
                return None
            return store.find(conn, one.id)

    def _failed(self, one: Delivery, failed: WebhookUnreachable | WebhookAddressInvalid) -> None:
        """Wait longer each time, then give up; an address that does not answer at all is tried once for all its messages."""
        now = self._clock()
        status = failed.status if isinstance(failed, WebhookUnreachable) else 0
        why = (failed.zh, failed.en)
        refused = isinstance(failed, WebhookAddressInvalid) or status == GONE
        if refused or one.tries > len(PAUSES) or now >= one.due_by:
            self._settle(one, DeliveryState.DEAD, max(status, 0), why)
            return
        until = now + PAUSES[one.tries - 1]
        with self._engine.begin() as conn:
            values = {"next_at": until, "status": max(status, 0), "why_zh": why[0], "why_en": why[1]}
            store.settle(conn, one.id, one.attempts, **values)
            if status == 0:
                store.put_off(conn, one.url, until)

    def _settle(self, one: Delivery, state: DeliveryState, status: int, why: tuple[str, str]) -> None:
        values = {"state": state.value, "status": status, "why_zh": why[0], "why_en": why[1]}
        with self._engine.begin() as conn:
            if store.settle(conn, one.id, one.attempts, settled_at=self._clock(), **values):
                detail: dict[str, str | int | None] = {
                    "subject": one.subject, "kind": one.kind, "attempts": one.attempts, "status": status, "why": why[1],
                }  # fmt: skip
                self._audit.append(
                    conn, f"webhook.{state}", actor=SYSTEM, subject=f"webhook:{one.id}", detail=detail
                )


def _may_see(found: Delivery, maker: Actor | None) -> bool:
    return maker is None or (found.maker, found.maker_uscc) == (maker.id, maker.uscc or "")
