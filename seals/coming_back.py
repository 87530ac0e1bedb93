"""Two persons bring a stopped pair back: one asks, another confirms, and no other act comes between them (B4, I22)."""

from __future__ import annotations

from ca.actor import Actor
from seals.errors import LiftNotRequested, ResumeNotRequested, SecondPersonNeeded
from seals.moves import Turn
from seals.seal import SealRecord
from seals.states import SealAct


def ask(turn: Turn, code: str, act: SealAct, actor: Actor, reason: str) -> SealRecord:
    """Ask, as the first person, that a frozen or suspended pair come back."""
    before = turn.expect(code, act)
    deed = turn.deed(before, act, actor, reason)
    return turn.move(before, deed, {"resume_requested_by": actor.id})


def confirm(turn: Turn, code: str, act: SealAct, actor: Actor, reason: str) -> SealRecord:
    """Bring it back as the second; :class:`ResumeNotRequested`, :class:`LiftNotRequested`, :class:`SecondPersonNeeded`."""
    before = turn.expect(code, act)
    if before.resume_requested_by is None:
        raise (LiftNotRequested if act is SealAct.LIFT else ResumeNotRequested)(before.code)
    if actor.is_any_of(before.resume_requested_by):
        raise SecondPersonNeeded(f"seal {before.code}: {actor.id} requested it")
    return turn.move(before, turn.deed(before, act, actor, reason))
