"""The life of a department's policy in this installation, as one literal table: two people put it in force. Pure."""

from __future__ import annotations

from typing import Final

from ca.words import Word


class PolicyStatus(Word):
    """Where an imported policy stands."""

    PROPOSED = "proposed", "待确认"
    IN_FORCE = "in-force", "施行中"
    REPLACED = "replaced", "已被替换"
    DECLINED = "declined", "未采纳"


class PolicyAct(Word):
    """What can be done with one."""

    CONFIRM = "confirm", "确认施行"
    DECLINE = "decline", "不予采纳"
    REPLACE = "replace", "替换"


FIRST_STATUS: Final = PolicyStatus.PROPOSED
"""Where an import puts it."""

TRANSITIONS: Final[dict[PolicyAct, dict[PolicyStatus, PolicyStatus]]] = {
    PolicyAct.CONFIRM: {PolicyStatus.PROPOSED: PolicyStatus.IN_FORCE},
    PolicyAct.DECLINE: {PolicyStatus.PROPOSED: PolicyStatus.DECLINED},
    PolicyAct.REPLACE: {PolicyStatus.IN_FORCE: PolicyStatus.REPLACED},
}
"""Every move there is; the database moves by compare-and-swap. Of one department one policy at most is in force."""
