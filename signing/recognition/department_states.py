"""The life of a department's policy in this installation, as one literal table: two people put it in force. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class PolicyStatus(StrEnum):
    """Where an imported policy stands."""

    PROPOSED = "proposed"
    IN_FORCE = "in-force"
    REPLACED = "replaced"
    DECLINED = "declined"

    @property
    def zh(self) -> str:
        """The word of practice."""
        return {"proposed": "待确认", "in-force": "施行中", "replaced": "已被替换", "declined": "未采纳"}[
            self.value
        ]


class PolicyAct(StrEnum):
    """What can be done with one."""

    CONFIRM = "confirm"
    DECLINE = "decline"
    REPLACE = "replace"

    @property
    def zh(self) -> str:
        """The word of practice."""
        return {"confirm": "确认施行", "decline": "不予采纳", "replace": "替换"}[self.value]


FIRST_STATUS: Final = PolicyStatus.PROPOSED
"""Where an import puts it."""

TRANSITIONS: Final[dict[PolicyAct, dict[PolicyStatus, PolicyStatus]]] = {
    PolicyAct.CONFIRM: {PolicyStatus.PROPOSED: PolicyStatus.IN_FORCE},
    PolicyAct.DECLINE: {PolicyStatus.PROPOSED: PolicyStatus.DECLINED},
    PolicyAct.REPLACE: {PolicyStatus.IN_FORCE: PolicyStatus.REPLACED},
}
"""Every move there is; the database moves by compare-and-swap. Of one department one policy at most is in force."""
