"""The page on token states, written from the tables themselves; a test holds the page in ``docs/`` to it.

``python -m ca.tokens.diagram > docs/token-states.md`` writes it anew.
"""

from __future__ import annotations

import sys
from typing import Final

from ca.certificate import RevocationReason
from ca.tokens.state import (
    EFFECTS,
    FIRST_STATE,
    STOPPING_ACTS,
    TRANSITIONS,
    USABLE,
    Effect,
    SealEffect,
    TokenAct,
    TokenState,
)

_WHO: Final = {
    TokenAct.PREPARE: "the personalisation, when every application has its PINs",
    TokenAct.PERSONALISE: "the personalisation, as its last step; consumes the chip number",
    TokenAct.ISSUE: "one person, naming the receiver",
    TokenAct.SUSPEND: "one person",
    TokenAct.REPORT_LOST: "one person",
    TokenAct.REQUEST_RESUME: "the first of two persons",
    TokenAct.CONFIRM_RESUME: "the second: neither who asked nor who stopped it",
    TokenAct.WRITE_OFF: "one person",
    TokenAct.DAMAGE: "one person; an unused chip number is spoilt",
    TokenAct.TERMINATE: "one person",
}
_SEALS: Final = {
    SealEffect.RUN: "run",
    SealEffect.FREEZE: "frozen on both sides",
    SealEffect.REVOKE: "revoked",
}
_HEAD: Final = """# States of a token

Written from `ca.tokens.state` by `python -m ca.tokens.diagram`; do not edit by hand.

An act not drawn here is refused. Each move is a compare-and-swap on state and count of acts, in one transaction with its
history and its audit record. A stopped token returns only to the state that it had. What a state demands of certificates
and linked seals is done after the move, and by every reconciliation until it is so. [Tokens and chips](tokens.md) tells
the rest.
"""


def page() -> str:
    """Return the whole page as Markdown with a Mermaid state diagram."""
    return f"{_HEAD}\n```mermaid\n{_diagram()}\n```\n\n{_states()}\n\n{_acts()}\n"


def _diagram() -> str:
    lines = ["stateDiagram-v2", f"    [*] --> {FIRST_STATE}: register 登记入库"]
    for act, moves in TRANSITIONS.items():
        for before, targets in moves.items():
            lines += [f"    {before} --> {after}: {act} {act.zh}" for after in targets]
    leaving = {before for moves in TRANSITIONS.values() for before in moves}
    lines += [f"    {state} --> [*]" for state in TokenState if state not in leaving]
    return "\n".join(lines)


def _states() -> str:
    head = [
        "| State | 状态 | Certificates | Linked seals | Keys sign through the service |",
        "|---|---|---|---|---|",
    ]
    rows = [
        f"| {state} | {state.zh} | {_certificates(effect)} | {_SEALS[effect.seals]} | "
        f"{'yes' if state in USABLE else 'no'} |"
        for state, effect in EFFECTS.items()
    ]
    return "\n".join([*head, *rows])


def _certificates(effect: Effect) -> str:
    if effect.certificates is None:
        return "in force"
    if effect.certificates is RevocationReason.CERTIFICATE_HOLD:
        return f"on hold; one that was held before is revoked ({effect.spent.value})"
    return f"revoked ({effect.certificates.value})"


def _acts() -> str:
    head = [
        "| Act | 操作 | By whom | Reason | While the clock is behind the record |",
        "|---|---|---|---|---|",
    ]
    rows = [
        f"| {act} | {act.zh} | {_WHO[act]} | {'required' if act in STOPPING_ACTS else 'optional'} | "
        f"{'goes through' if act in STOPPING_ACTS else 'refused'} |"
        for act in TokenAct
    ]
    return "\n".join([*head, *rows])


if __name__ == "__main__":
    sys.stdout.write(page())
