"""The life of a round (多方签署) and of each party in it, as literal tables. Pure.

The desk moves along them by compare-and-swap, the page in ``docs/`` is drawn from them, the tests walk them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class RoundStatus(StrEnum):
    """Where a round stands."""

    RUNNING = "running"
    DECLINED = "declined"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"

    @property
    def zh(self) -> str:
        """The word of practice."""
        return _ROUND_ZH[self]


_ROUND_ZH: Final = {
    RoundStatus.RUNNING: "签署中",
    RoundStatus.DECLINED: "已拒签",
    RoundStatus.RELEASED: "已完成",
    RoundStatus.WITHDRAWN: "已撤回",
    RoundStatus.EXPIRED: "已过期",
}


class PartyStatus(StrEnum):
    """What a party has done so far; whose turn it is follows from the order."""

    WAITING = "waiting"
    SEALED = "sealed"
    DECLINED = "declined"

    @property
    def zh(self) -> str:
        """The word of practice."""
        return _PARTY_ZH[self]


_PARTY_ZH: Final = {PartyStatus.WAITING: "待签", PartyStatus.SEALED: "已签", PartyStatus.DECLINED: "已拒签"}


class RoundAct(StrEnum):
    """What can be done in a round."""

    OPEN = "open"
    SEAL = "seal"
    RELEASE = "release"
    DECLINE = "decline"
    SUBSTITUTE = "substitute"
    EXTEND = "extend"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"

    @property
    def zh(self) -> str:
        """The word of practice."""
        return _ACT_ZH[self]


_ACT_ZH: Final = {
    RoundAct.OPEN: "发起签署",
    RoundAct.SEAL: "签署",
    RoundAct.RELEASE: "签署并完成",
    RoundAct.DECLINE: "拒签",
    RoundAct.SUBSTITUTE: "更换签署方",
    RoundAct.EXTEND: "延长期限",
    RoundAct.WITHDRAW: "撤回",
    RoundAct.EXPIRE: "过期",
}

_R, _P = RoundStatus, PartyStatus
FIRST_STATUS: Final = _R.RUNNING
"""Where :attr:`RoundAct.OPEN` puts a new round."""

TRANSITIONS: Final[dict[RoundAct, dict[RoundStatus, RoundStatus]]] = {
    RoundAct.SEAL: {_R.RUNNING: _R.RUNNING},
    RoundAct.RELEASE: {_R.RUNNING: _R.RELEASED},
    RoundAct.DECLINE: {_R.RUNNING: _R.DECLINED},
    RoundAct.SUBSTITUTE: {_R.RUNNING: _R.RUNNING, _R.DECLINED: _R.RUNNING},
    RoundAct.EXTEND: {_R.RUNNING: _R.RUNNING, _R.DECLINED: _R.DECLINED},
    RoundAct.WITHDRAW: {_R.RUNNING: _R.WITHDRAWN, _R.DECLINED: _R.WITHDRAWN},
    RoundAct.EXPIRE: {_R.RUNNING: _R.EXPIRED, _R.DECLINED: _R.EXPIRED},
}
"""Every move of a round; what is not here is refused."""

PARTY_TRANSITIONS: Final[dict[RoundAct, dict[PartyStatus, PartyStatus]]] = {
    RoundAct.SEAL: {_P.WAITING: _P.SEALED},
    RoundAct.RELEASE: {_P.WAITING: _P.SEALED},
    RoundAct.DECLINE: {_P.WAITING: _P.DECLINED},
    RoundAct.SUBSTITUTE: {_P.WAITING: _P.WAITING, _P.DECLINED: _P.WAITING},
}
"""Every move of a party; a party that sealed stays in the document."""

OPEN_STATES: Final = tuple(sorted(before.value for before in TRANSITIONS[RoundAct.EXPIRE]))
"""States that a deadline ends."""
REASONED: Final = frozenset({RoundAct.DECLINE, RoundAct.SUBSTITUTE, RoundAct.WITHDRAW})
"""Acts that need a reason."""
SEALING: Final = frozenset({RoundAct.SEAL, RoundAct.RELEASE})
"""Acts of whoever holds the claim on the newest version; all others wait until it is given up."""
