"""PIN tries that the device itself counts: we read its count and never spend a try of our own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hsm.errors import PinIncorrect, PinLocked, TokenLost
from hsm.pin_counter import PinCounter
from hsm.worker.wire import SessionLost, WrongPin


class OnceCounter(PinCounter):
    """Our own count for a device that tells none, which may count all the same: it is asked once, whatever happens."""

    def attempt(self, token: str, check: Callable[[], None], *, logged_in: bool = False) -> None:
        """Count as :class:`PinCounter`; :class:`TokenLost` when the device went away while it judged."""
        super().attempt(token, lambda: _once(token, check), logged_in=logged_in)


def _once(token: str, check: Callable[[], None]) -> None:
    try:
        check()
    except SessionLost as lost:
        raise TokenLost(f"token {token}: {lost.detail} while the PIN was judged; not tried again") from lost


class DeviceCounter(PinCounter):
    """Our file keeps the epoch, which tells other processes that a PIN is new; the tries are the device's.

    A worker says with :class:`WrongPin` how many tries the device has left (``detail`` is the number).
    """

    def __init__(self, folder: Path, scheme: str) -> None:
        super().__init__(folder, scheme)
        self._told: dict[str, int] = {}

    def left(self, token: str) -> int:
        """Return what the device told at the last wrong PIN of this process, else our limit."""
        return self._told.get(token, self._limit)

    def attempt(self, token: str, check: Callable[[], None], *, logged_in: bool = False) -> None:  # noqa: ARG002
        """Let the device judge once.

        :class:`TokenLost` when it went away meanwhile: whether it counted is not known, so nobody asks again.
        """
        try:
            _once(token, check)
        except WrongPin as wrong:
            left = int(wrong.detail) if wrong.detail.isdecimal() else 0
            self._told[token] = left
            if left:
                raise PinIncorrect(left) from wrong
            raise PinLocked(f"token {token}") from wrong
        except SessionLost as lost:
            raise TokenLost(
                f"token {token}: {lost.detail} while the PIN was judged; not tried again"
            ) from lost
        self._told.pop(token, None)
