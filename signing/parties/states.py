"""The life of a round (多方签署) and of each party in it, as literal tables. Pure.

The desk moves along them by compare-and-swap, the page in ``docs/`` is drawn from them, the tests walk them.
"""

from __future__ import annotations

from typing import Final

from ca.words import Word


class RoundStatus(Word):
    """Where a round stands."""

    RUNNING = "running", "签署中"
    DECLINED = "declined", "已拒签"
    RELEASED = "released", "已完成"
    WITHDRAWN = "withdrawn", "已撤回"
    EXPIRED = "expired", "已过期"


class PartyStatus(Word):
    """What a party has done so far; whose turn it is follows from the order."""

    WAITING = "waiting", "待签"
    SEALED = "sealed", "已签"
    DECLINED = "declined", "已拒签"


class RoundAct(Word):
    """What can be done in a round."""

    OPEN = "open", "发起签署"
    SEAL = "seal", "签署"
    RELEASE = "release", "签署并完成"
    DECLINE = "decline", "拒签"
    SUBSTITUTE = "substitute", "更换签署方"
    EXTEND = "extend", "延长期限"
    WITHDRAW = "withdraw", "撤回"
    EXPIRE = "expire", "过期"


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
