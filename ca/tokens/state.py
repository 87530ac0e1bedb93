"""The life of a token as literal tables: states, acts, moves, and what each state does to certificates and seals.

Modelled on Dogtag's ``tokendb.allowedTransitions`` (0:1 0:2 0:3 0:6 3:2 3:6 4:1 4:2 4:3 4:6): what is lost may come
back, what is damaged may not, and what was stopped returns only to the state that it had. Dogtag's 6:7, by which a
terminated token is formatted for another holder, is left out: its chip number is used up, and so is the chip.

Pure; the registry, the drawing in the documents and the tests read these tables and no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ca.certificate import RevocationReason
from ca.words import Word


class TokenState(Word):
    """Where a token stands."""

    UNINITIALISED = "uninitialised", "未初始化"
    READY = "ready", "就绪"
    PERSONALISED = "personalised", "已个人化"
    ISSUED = "issued", "已发放"
    SUSPENDED = "suspended", "已停用"
    TEMPORARILY_LOST = "temporarily_lost", "临时挂失"
    PERMANENTLY_LOST = "permanently_lost", "永久丢失"
    DAMAGED = "damaged", "已损坏"
    TERMINATED = "terminated", "已终止"


class TokenAct(Word):
    """What can be done to a token."""

    PREPARE = "prepare", "初始化"
    PERSONALISE = "personalise", "个人化"
    ISSUE = "issue", "发放"
    SUSPEND = "suspend", "停用"
    REPORT_LOST = "report_lost", "临时挂失"
    REQUEST_RESUME = "request_resume", "申请恢复"
    CONFIRM_RESUME = "confirm_resume", "确认恢复"
    WRITE_OFF = "write_off", "确认丢失"
    DAMAGE = "damage", "报损"
    TERMINATE = "terminate", "终止"


FIRST_STATE: Final = TokenState.UNINITIALISED
"""Where the inventory puts a new token."""

_LIVE: Final = (TokenState.READY, TokenState.PERSONALISED, TokenState.ISSUED)

TRANSITIONS: Final[Mapping[TokenAct, Mapping[TokenState, tuple[TokenState, ...]]]] = MappingProxyType(
    {
        TokenAct.PREPARE: {TokenState.UNINITIALISED: (TokenState.READY,)},
        TokenAct.PERSONALISE: {TokenState.READY: (TokenState.PERSONALISED,)},
        TokenAct.ISSUE: {TokenState.PERSONALISED: (TokenState.ISSUED,)},
        TokenAct.SUSPEND: {
            TokenState.READY: (TokenState.SUSPENDED,),
            TokenState.PERSONALISED: (TokenState.SUSPENDED,),
            TokenState.ISSUED: (TokenState.SUSPENDED,),
        },
        TokenAct.REPORT_LOST: {
            TokenState.READY: (TokenState.TEMPORARILY_LOST,),
            TokenState.PERSONALISED: (TokenState.TEMPORARILY_LOST,),
            TokenState.ISSUED: (TokenState.TEMPORARILY_LOST,),
        },
        TokenAct.REQUEST_RESUME: {
            TokenState.SUSPENDED: (TokenState.SUSPENDED,),
            TokenState.TEMPORARILY_LOST: (TokenState.TEMPORARILY_LOST,),
        },
        TokenAct.CONFIRM_RESUME: {
            TokenState.SUSPENDED: _LIVE,
            TokenState.TEMPORARILY_LOST: _LIVE,
        },
        TokenAct.WRITE_OFF: {
            TokenState.UNINITIALISED: (TokenState.PERMANENTLY_LOST,),
            TokenState.READY: (TokenState.PERMANENTLY_LOST,),
            TokenState.PERSONALISED: (TokenState.PERMANENTLY_LOST,),
            TokenState.ISSUED: (TokenState.PERMANENTLY_LOST,),
            TokenState.SUSPENDED: (TokenState.PERMANENTLY_LOST,),
            TokenState.TEMPORARILY_LOST: (TokenState.PERMANENTLY_LOST,),
        },
        TokenAct.DAMAGE: {
            TokenState.UNINITIALISED: (TokenState.DAMAGED,),
            TokenState.READY: (TokenState.DAMAGED,),
            TokenState.PERSONALISED: (TokenState.DAMAGED,),
            TokenState.ISSUED: (TokenState.DAMAGED,),
        },
        TokenAct.TERMINATE: {
            TokenState.UNINITIALISED: (TokenState.TERMINATED,),
            TokenState.READY: (TokenState.TERMINATED,),
            TokenState.PERSONALISED: (TokenState.TERMINATED,),
            TokenState.ISSUED: (TokenState.TERMINATED,),
            TokenState.SUSPENDED: (TokenState.TERMINATED,),
            TokenState.TEMPORARILY_LOST: (TokenState.TERMINATED,),
        },
    }
)
"""Every move there is. Several states after one are possible only on resuming: the one before the stop is taken."""

STOPPING_ACTS: Final = frozenset(
    {TokenAct.SUSPEND, TokenAct.REPORT_LOST, TokenAct.WRITE_OFF, TokenAct.DAMAGE, TokenAct.TERMINATE}
)
"""Acts that take power away: they state a reason, and they go through even while the clock is wrong."""

USABLE: Final = frozenset({TokenState.PERSONALISED, TokenState.ISSUED})
"""States in which the service lets a key of the token sign."""


class SealEffect(StrEnum):
    """What a token's state does to the seals that are linked with it."""

    RUN = "run"
    FREEZE = "freeze"
    REVOKE = "revoke"


@dataclass(frozen=True, slots=True)
class Effect:
    """What a state demands of the token's certificates and linked seals.

    ``certificates`` of ``None`` lets them stand; ``certificateHold`` holds them until the token comes back. A
    certificate is held at most once in its life (I11): one whose hold is spent is revoked for ``spent`` instead.
    """

    certificates: RevocationReason | None
    seals: SealEffect
    spent: RevocationReason = RevocationReason.SUPERSEDED


_NONE: Final = Effect(None, SealEffect.RUN)
_HELD: Final = Effect(RevocationReason.CERTIFICATE_HOLD, SealEffect.FREEZE)

EFFECTS: Final[Mapping[TokenState, Effect]] = MappingProxyType(
    {
        TokenState.UNINITIALISED: _NONE,
        TokenState.READY: _NONE,
        TokenState.PERSONALISED: _NONE,
        TokenState.ISSUED: _NONE,
        TokenState.SUSPENDED: _HELD,
        TokenState.TEMPORARILY_LOST: _HELD,
        # A stranger may have it, and the holder's PIN is only as good as the envelope it came in.
        TokenState.PERMANENTLY_LOST: Effect(RevocationReason.KEY_COMPROMISE, SealEffect.REVOKE),
        # The keys are still inside a chip that nobody can use: replaced, not compromised. The seal's body may be
        # given another chip, so the seal waits.
        TokenState.DAMAGED: Effect(RevocationReason.SUPERSEDED, SealEffect.FREEZE),
        TokenState.TERMINATED: Effect(RevocationReason.CESSATION_OF_OPERATION, SealEffect.REVOKE),
    }
)
"""What each state demands (I26). Read after every move and by every reconciliation until it is so."""


def after(act: TokenAct, before: TokenState, prior: TokenState) -> TokenState:
    """Return the state after an act that is allowed; ``prior`` is where a stopped token returns to.

    A prior state that the table does not name is a ``ValueError``: the row was not written by us.
    """
    targets = TRANSITIONS[act][before]
    if len(targets) == 1:
        return targets[0]
    if prior not in targets:
        raise ValueError(f"{before} does not return to {prior}")
    return prior
