"""The life of a foreign list in this installation as a literal table: two people put it in force, two end it. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class ForeignStatus(StrEnum):
    """Where a foreign list stands here."""

    PROPOSED = "proposed"
    TRUSTED = "trusted"
    LEAVING = "leaving"
    REMOVED = "removed"
    DECLINED = "declined"

    @property
    def zh(self) -> str:
        """The word of practice."""
        return _STATUS_ZH[self]


_STATUS_ZH: Final = {
    ForeignStatus.PROPOSED: "待确认",
    ForeignStatus.TRUSTED: "已信任",
    ForeignStatus.LEAVING: "待确认移除",
    ForeignStatus.REMOVED: "已移除",
    ForeignStatus.DECLINED: "未采纳",
}


class ForeignAct(StrEnum):
    """What can be done about a foreign list."""

    PROPOSE = "propose"
    CONFIRM = "confirm"
    DECLINE = "decline"
    ASK_REMOVAL = "ask-removal"
    KEEP = "keep"
    REMOVE = "remove"
    REPLACE = "replace"
    RESTORE = "restore"


FIRST_STATUS: Final = ForeignStatus.PROPOSED
"""Where :attr:`ForeignAct.PROPOSE` puts a list."""

TRANSITIONS: Final[dict[ForeignAct, dict[ForeignStatus, ForeignStatus]]] = {
    ForeignAct.CONFIRM: {ForeignStatus.PROPOSED: ForeignStatus.TRUSTED},
    ForeignAct.DECLINE: {ForeignStatus.PROPOSED: ForeignStatus.DECLINED},
    ForeignAct.ASK_REMOVAL: {ForeignStatus.TRUSTED: ForeignStatus.LEAVING},
    ForeignAct.KEEP: {ForeignStatus.LEAVING: ForeignStatus.TRUSTED},
    ForeignAct.REMOVE: {ForeignStatus.LEAVING: ForeignStatus.REMOVED},
    ForeignAct.REPLACE: {
        ForeignStatus.TRUSTED: ForeignStatus.REMOVED,
        ForeignStatus.LEAVING: ForeignStatus.REMOVED,
    },
    ForeignAct.RESTORE: {
        ForeignStatus.TRUSTED: ForeignStatus.PROPOSED,
        ForeignStatus.LEAVING: ForeignStatus.PROPOSED,
    },
}
"""Every move there is. *Replace*: the same list under another key was put in force. *Restore*: the database came back from
a backup, and the list may have been removed since; two people say again that it is trusted."""

IN_FORCE: Final = frozenset({ForeignStatus.TRUSTED, ForeignStatus.LEAVING})
"""Lists that verification uses: one person's request to remove a list changes nothing yet."""


class Trouble(StrEnum):
    """What is wrong with a list in force or with something that it points to, as the last attempt to fetch it found."""

    NONE = ""
    UNREACHABLE = "unreachable"
    ADDRESS = "address-refused"
    UNREADABLE = "unreadable"
    FORGED = "bad-signature"
    ROLLED_BACK = "rolled-back"
    CHANGED = "changed-without-number"
    OTHER_LIST = "other-list"
    EXPIRED = "expired"
    OVERDUE = "overdue"

    @property
    def attack(self) -> bool:
        """Tell whether somebody may be deceiving us, rather than a line be down."""
        return self in _ATTACKS


_ATTACKS: Final = frozenset({Trouble.FORGED, Trouble.ROLLED_BACK, Trouble.CHANGED, Trouble.OTHER_LIST})
