"""Whether the clock may be believed (I17): compared with a reference, never stepping back, within a second of it."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from ca.clock import Clock
from ca.errors import TimeNotTrusted

MAX_DRIFT: Final = timedelta(seconds=1)
"""ETSI EN 319 421: a time-stamp authority stands within one second of UTC or stops."""
SAME_MOMENT: Final = timedelta(milliseconds=100)
"""How far two machines of one unit may differ and still mean the same moment; a tenth of the stated accuracy."""

Reference = Callable[[datetime], timedelta | None]
"""Told the clock's time, returns how far the clock is off (clock minus truth), or ``None`` if that is unknown."""


class ClockGuard:
    """Reads the clock and vouches for the reading, or refuses."""

    def __init__(self, clock: Clock, reference: Reference, *, max_drift: timedelta = MAX_DRIFT) -> None:
        self._clock = clock
        self._reference = reference
        self._max_drift = max_drift

    def read(self) -> datetime:
        """Return what the clock says, without vouching for it."""
        return self._clock()

    def now(self) -> datetime:
        """Return the time; :class:`TimeNotTrusted` if it is off by more than allowed, or nobody knows."""
        now = self._clock()
        drift = self._reference(now)
        if drift is None:
            raise TimeNotTrusted("the reference does not know the time")
        if abs(drift) > self._max_drift:
            raise TimeNotTrusted(f"the clock is off by {drift.total_seconds():+.3f} s")
        return now

    def after(self, last: datetime | None) -> datetime:
        """Return the time, later than ``last`` (I18: strictly, by a microsecond at least).

        A clock that stands before ``last`` by more than 100 ms was set back: :class:`TimeNotTrusted`.
        """
        now = self.now()
        if last is None or now > last:
            return now
        if last - now > SAME_MOMENT:
            raise TimeNotTrusted(
                f"the clock stands {(last - now).total_seconds():.3f} s before the last stamp"
            )
        return last + timedelta(microseconds=1)


class SteadyClock:
    """A reference that needs no network: the monotonic clock of the machine, started with the service.

    A step of the wall clock in either direction shows at once; a slow error does not, so a service that answers to
    EN 319 421 takes :class:`KernelDiscipline` instead.
    """

    def __init__(self, clock: Clock, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._began = clock()
        self._ticks = monotonic()

    def __call__(self, now: datetime) -> timedelta | None:
        """Return how far the wall clock has moved against the monotonic one."""
        return now - self._began - timedelta(seconds=self._monotonic() - self._ticks)


class KernelDiscipline:
    """A reference that asks the kernel what NTP told it (``ntp_adjtime``, RFC 5905 appendix A): Linux only.

    Unknown while the kernel is not synchronised; else the kernel's own bound on the error.
    """

    def __init__(self, ask: Callable[[], tuple[int, int]] | None = None) -> None:
        self._ask = ask or kernel_time_state

    def __call__(self, now: datetime) -> timedelta | None:
        """Return the maximum error the kernel states, or ``None`` if it is not synchronised."""
        del now
        state, max_error_microseconds = self._ask()
        return None if state == TIME_ERROR else timedelta(microseconds=max_error_microseconds)


TIME_ERROR: Final = 5
"""``ntp_adjtime``: the clock is not synchronised."""


class _Timex(ctypes.Structure):
    """The head of ``struct timex`` (Linux, ``adjtimex(2)``), padded beyond its end."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("rest", ctypes.c_long * 64),
    )


def kernel_time_state() -> tuple[int, int]:
    """Ask the kernel for its clock state and maximum error in microseconds; ``TIME_ERROR`` where it cannot be asked."""
    if not sys.platform.startswith("linux"):
        return TIME_ERROR, 0
    timex = _Timex(modes=0)
    state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    return (TIME_ERROR, 0) if state < 0 else (state, int(timex.maxerror))
