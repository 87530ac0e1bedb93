"""The life of a foreign list in this installation as a literal table: two people put it in force, two end it. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from ca.words import Word, Words


class ForeignStatus(Word):
    """Where a foreign list stands here."""

    PROPOSED = "proposed", "待确认"
    TRUSTED = "trusted", "已信任"
    LEAVING = "leaving", "待确认移除"
    REMOVED = "removed", "已移除"
    DECLINED = "declined", "未采纳"


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


class Trouble(Words):
    """What is wrong with a list in force or with something that it points to, as the last attempt to fetch it found."""

    NONE = "", "正常", "well"
    UNREACHABLE = "unreachable", "无法取得更新", "cannot be fetched"
    ADDRESS = (
        "address-refused",
        "地址被拒绝（指向内部网络或明文 HTTP）",
        "its address is refused (a private network, or plain HTTP)",
    )
    UNREADABLE = "unreadable", "内容无法读取", "cannot be read"
    FORGED = "bad-signature", "签名不符，疑似伪造", "its signature is wrong: perhaps forged"
    ROLLED_BACK = (
        "rolled-back",
        "对方给出了旧版本，疑似回退攻击",
        "an older one was served: perhaps an attack",
    )
    OTHER_LIST = (
        "other-list",
        "签发者或清单名称已变，须由两人重新确认",
        "another signer or scheme: two people must confirm it anew",
    )
    EXPIRED = "expired", "取得的版本已过期", "what is served has expired"
    FUTURE = "from-the-future", "签发时间在将来，请核对双方时钟", "issued in the future: compare both clocks"

    @property
    def attack(self) -> bool:
        """Tell whether somebody may be deceiving us, rather than a line be down."""
        return self in _ATTACKS


_ATTACKS: Final = frozenset({Trouble.FORGED, Trouble.ROLLED_BACK, Trouble.OTHER_LIST})
