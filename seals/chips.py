"""Chips and the seals that they are in (B4, 一芯多证): stopping a chip stops its certificates and its seals in one action.

The chip's state moves first, in the inventory; then seals and certificates follow it. What a crash leaves between the two
is read off the state by the next reconciliation. Linking, unlinking and coming back take two people each.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from ca.tokens.registry import TokenRegistry
from ca.tokens.state import EFFECTS, STOPPING_ACTS, SealEffect, TokenAct, TokenState
from ca.tokens.token import Token, TokenEvent
from seals import chip_store as store
from seals.chip_store import IN_FORCE, ChipLink, LinkAct
from seals.errors import ActRefused, ChipLinkRefused, ChipOfAnother, SealError, SecondPersonNeeded
from seals.ledger import Ledger, acting
from seals.registry import SealRegistry
from seals.seal import SealAct, SealRecord, SealStatus
from seals.states import ENDED

LINKABLE = frozenset({TokenState.READY, TokenState.PERSONALISED, TokenState.ISSUED})
"""States of a chip in which a seal may be linked with it."""
UNLINKABLE = LINKABLE | {TokenState.DAMAGED}
"""States in which a seal may leave its chip: never to slip out of one that is stopped or lost, but for another chip when
this one broke."""
_LIVE = frozenset(SealStatus) - ENDED - {SealStatus.FROZEN}
"""States in which a seal may be linked with a chip."""


@dataclass(frozen=True, slots=True)
class ChipStanding:
    """A chip after an act: the token, and its linked seals with the state that each has now."""

    token: Token
    seals: tuple[SealRecord, ...]


class SealChips:
    """Links chips with seals and acts on both at once."""

    def __init__(
        self, engine: sa.Engine, clock: Clock, audit: AuditTrail, tokens: TokenRegistry, seals: SealRegistry
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = audit
        self._tokens = tokens
        self._seals = seals

    # -- links --------------------------------------------------------------------------------------------------------

    def request_link(self, serial: str, code: str, *, actor: Actor) -> ChipLink:
        """Ask, as the first of two persons, that a seal be linked with a chip.

        Raises :class:`ChipOfAnother`, :class:`ChipLinkRefused`, and for an unknown one
        :class:`ca.tokens.errors.TokenUnknown` or :class:`seals.errors.SealNotFound`.
        """
        with self._acting() as ledger:
            return self.request_within(ledger, serial, self._seals.get(code), actor=actor)

    def request_within(self, ledger: Ledger, serial: str, seal: SealRecord, *, actor: Actor) -> ChipLink:
        """Do as :meth:`request_link` in the caller's transaction."""
        token = self._tokens.get(serial)
        if token.holder.uscc != seal.owner.uscc:
            raise ChipOfAnother(f"chip {serial}, seal {seal.code}")
        if token.state not in LINKABLE or seal.status not in _LIVE:
            raise ChipLinkRefused(f"chip {serial} is {token.state}, seal {seal.code} is {seal.status}")
        made = store.insert(ledger.conn, serial, seal.code, by=actor.id, at=self._clock())
        if made is None:
            raise ChipLinkRefused(f"seal {seal.code} has an open link")
        _note(ledger, "requested", made, actor)
        return made

    def confirm_link(self, code: str, *, actor: Actor) -> ChipLink:
        """Link, as the second person; from now on the seal follows the chip."""
        made = self._decide(code, LinkAct.CONFIRM, LINKABLE, actor)
        self._follow_all(made.token)  # a chip that was stopped in this moment stops the seal too
        return made

    def request_unlink(self, code: str, *, actor: Actor) -> ChipLink:
        """Ask that a seal leave its chip; the link holds until a second person agrees."""
        with self._acting() as ledger:
            before = _open(ledger.conn, self._seals.get(code).code)
            changes = {"asked_by": actor.id, "asked_at": self._clock()}
            return self._move(ledger, before, LinkAct.REQUEST_UNLINK, actor, changes)

    def confirm_unlink(self, code: str, *, actor: Actor) -> ChipLink:
        """Let the seal leave its chip, as the second person; :class:`ChipLinkRefused` while the chip is stopped or lost."""
        return self._decide(code, LinkAct.CONFIRM_UNLINK, UNLINKABLE, actor)

    def withdraw(self, code: str, *, actor: Actor) -> ChipLink:
        """Take back what was asked: anybody may."""
        with self._acting() as ledger:
            return self.withdraw_within(ledger, self._seals.get(code).code, actor=actor)

    def withdraw_within(self, ledger: Ledger, code: str, *, actor: Actor) -> ChipLink:
        """Do as :meth:`withdraw` in the caller's transaction; ``code`` is the electronic one."""
        before = _open(ledger.conn, code)
        return self._move(ledger, before, LinkAct.WITHDRAW, actor, {"decided_by": actor.id})

    def confirm_within(self, ledger: Ledger, code: str, *, actor: Actor) -> ChipLink:
        """Do as :meth:`confirm_link` in the caller's transaction, who calls :meth:`follow` after it."""
        return self._decide_within(ledger, code, LinkAct.CONFIRM, LINKABLE, actor)

    def follow(self, serial: str) -> None:
        """Let the seals of a chip follow its state: one that was stopped in this moment stops them too."""
        self._follow_all(serial)

    def _decide(self, code: str, act: LinkAct, states: frozenset[TokenState], actor: Actor) -> ChipLink:
        seal = self._seals.get(code).code
        with self._acting() as ledger:
            return self._decide_within(ledger, seal, act, states, actor)

    def _decide_within(
        self, ledger: Ledger, seal: str, act: LinkAct, states: frozenset[TokenState], actor: Actor
    ) -> ChipLink:
        before = _open(ledger.conn, seal)
        if actor.is_any_of(before.asked_by):
            raise SecondPersonNeeded(f"link of seal {seal}: {actor.id} asked for it")
        state = self._tokens.get(before.token).state
        if state not in states:
            raise ChipLinkRefused(f"chip {before.token} is {state}")
        changes = {"decided_by": actor.id, "decided_at": self._clock()}
        return self._move(ledger, before, act, actor, changes)

    def _move(
        self, ledger: Ledger, before: ChipLink, act: LinkAct, actor: Actor, changes: dict[str, object]
    ) -> ChipLink:
        moved = before.status in store.TRANSITIONS[act] and store.move(ledger.conn, before, act, **changes)
        if not moved:
            raise ChipLinkRefused(f"link of seal {before.seal} is {before.status}: {act} is not possible")
        found = next(each for each in store.links_of_seal(ledger.conn, before.seal) if each.id == before.id)
        _note(ledger, found.status.value, found, actor)
        return found

    def links(self, serial: str) -> tuple[ChipLink, ...]:
        """Return every link of a chip, past ones too; :class:`ca.tokens.errors.TokenUnknown`."""
        token = self._tokens.get(serial)
        with self._reading() as conn:
            return store.links(conn, token.serial)

    def links_of_seal(self, code: str) -> tuple[ChipLink, ...]:
        """Return every link of a seal, past ones too."""
        seal = self._seals.get(code)
        with self._reading() as conn:
            return store.links_of_seal(conn, seal.code)

    # -- acts on a chip -----------------------------------------------------------------------------------------------

    def freeze_chip(self, serial: str, *, actor: Actor, reason: str) -> ChipStanding:
        """Stop a chip: no key of it signs, its certificates are on hold, its seals frozen on both sides."""
        return self._stop(self._tokens.suspend, serial, actor, reason)

    def report_lost(self, serial: str, *, actor: Actor, reason: str) -> ChipStanding:
        """Stop a chip that is missing, as :meth:`freeze_chip`."""
        return self._stop(self._tokens.report_lost, serial, actor, reason)

    def write_off(self, serial: str, *, actor: Actor, reason: str) -> ChipStanding:
        """End a chip that is gone for good: certificates revoked as compromised, seals revoked."""
        return self._stop(self._tokens.write_off, serial, actor, reason)

    def damage(self, serial: str, *, actor: Actor, reason: str) -> ChipStanding:
        """End a chip that does not work: certificates revoked as superseded, seals frozen until they have another chip."""
        return self._stop(self._tokens.damage, serial, actor, reason)

    def terminate(self, serial: str, *, actor: Actor, reason: str) -> ChipStanding:
        """End a chip's life: certificates and seals revoked."""
        return self._stop(self._tokens.terminate, serial, actor, reason)

    def request_resume(self, serial: str, *, actor: Actor, reason: str = "") -> ChipStanding:
        """Ask, as the first of two persons, that a stopped chip come back."""
        self._tokens.request_resume(serial, actor=actor, reason=reason)
        return self.standing(serial)

    def confirm_resume(self, serial: str, *, actor: Actor, reason: str = "") -> ChipStanding:
        """Bring a chip back as the second person, with the certificates and seals that its stop had stopped."""
        self._tokens.confirm_resume(serial, actor=actor, reason=reason)
        self._follow_all(serial)
        return self.standing(serial)

    def standing(self, serial: str) -> ChipStanding:
        """Return a chip with its linked seals as they stand."""
        token = self._tokens.get(serial)
        with self._reading() as conn:
            linked = [link for link in store.links(conn, serial) if link.status in IN_FORCE]
        return ChipStanding(token, tuple(self._seals.get(link.seal) for link in linked))

    def reconcile(self) -> int:
        """Finish what a crash left between chips and seals; return how many seals were brought in line."""
        with self._reading() as conn:
            waiting = store.unsettled(conn)
        return sum(self._follow(link) for link in waiting)

    def _stop(self, act: Callable[..., Token], serial: str, actor: Actor, reason: str) -> ChipStanding:
        try:
            act(serial, actor=actor, reason=reason)
        finally:  # the state may have moved although a certificate could not follow yet
            self._follow_all(serial)
        return self.standing(serial)

    def _follow_all(self, serial: str) -> None:
        with self._reading() as conn:
            waiting = store.unsettled(conn, serial)
        for link in waiting:
            self._follow(link)

    def _follow(self, link: ChipLink) -> bool:
        """Do to the seal what the chip's state demands; false if that must wait for another time."""
        token = self._tokens.get(link.token)
        history = self._tokens.history(link.token)
        demand = EFFECTS[token.state].seals
        try:
            if demand is SealEffect.RUN:
                self._resume(link, history)
            else:
                self._take_down(link, demand, _last(history, *STOPPING_ACTS))
        except ActRefused:
            pass  # the seal was there already, or has ended: nothing is left to do to it
        except SealError:
            return False
        with self._engine.begin() as conn:
            return store.set_stop(conn, link, demand)

    def _take_down(self, link: ChipLink, demand: SealEffect, stop: TokenEvent | None) -> None:
        actor = Actor("system:chips" if stop is None else stop.actor)
        why = f"芯片 {link.token}：{'' if stop is None else stop.reason}"[:200]
        if demand is SealEffect.FREEZE:
            self._seals.freeze(link.seal, actor=actor, reason=why)
        elif self._seals.get(link.seal).status is SealStatus.MAKING:  # made anew when its chip ended
            self._seals.close(link.seal, actor=actor, reason=why)
        else:
            self._seals.revoke(link.seal, actor=actor, reason=why)

    def _resume(self, link: ChipLink, history: tuple[TokenEvent, ...]) -> None:
        """Resume a seal that the chip's stop froze, by the two persons who brought the chip back."""
        stop = _last(history, *STOPPING_ACTS)
        asked, agreed = _last(history, TokenAct.REQUEST_RESUME), _last(history, TokenAct.CONFIRM_RESUME)
        frozen = [event for event in self._seals.history(link.seal) if event.act is SealAct.FREEZE]
        if not (stop and asked and agreed and frozen):
            return
        if frozen[-1].actor != stop.actor or frozen[-1].at < stop.at:
            return  # it was frozen on its own account, and stays so
        self._seals.request_resume(link.seal, actor=Actor(asked.actor), reason=f"芯片 {link.token} 恢复")
        self._seals.confirm_resume(link.seal, actor=Actor(agreed.actor), reason=f"芯片 {link.token} 恢复")

    def _acting(self) -> AbstractContextManager[Ledger]:
        return acting(self._engine, self._audit)

    def _reading(self) -> sa.Connection:
        return self._engine.execution_options(read_only=True).connect()


def _open(conn: sa.Connection, code: str) -> ChipLink:
    found = store.open_link(conn, code)
    if found is None:
        raise ChipLinkRefused(f"seal {code} has no chip")
    return found


def _last(history: tuple[TokenEvent, ...], *acts: TokenAct) -> TokenEvent | None:
    return next((event for event in reversed(history) if event.act in acts), None)


def _note(ledger: Ledger, word: str, link: ChipLink, actor: Actor) -> None:
    detail = {"chip": link.token, "seal": link.seal, "asked_by": link.asked_by}
    ledger.note(f"chip_link.{word}", actor=actor, subject=f"chip:{link.token}", detail=detail)
