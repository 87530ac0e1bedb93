"""What one file may cost: seconds and memory by its size, so that no content of any kind takes a service along with it.

Twenty megabytes, whatever is in them, are done within ten seconds and 500 MB, or end in a verdict that says so. Beyond that
both rise with the size: hashing a scan of 400 MB takes time and room, and nothing in a small file may.
"""

from __future__ import annotations

import os
from typing import Final

MEGABYTE: Final = 1 << 20
SMALL: Final = 20 * MEGABYTE
"""Up to this size every file has the same allowance."""
SECONDS: Final = 10.0
"""For a small file; the slowest honest one of our samples takes under two."""
SECONDS_PER_MEGABYTE: Final = 0.5
"""For each megabyte beyond; hashing one takes some milliseconds, SM3 without a library thirty."""
RESIDENT: Final = 500 * 1000 * 1000
"""Octets of the whole process at work on a small file: interpreter and libraries have some 60 MB, the file 20."""
RESIDENT_PER_OCTET: Final = 4
"""For each octet beyond: the file, its copy from the pipe, and what is unpacked of it."""
REPORT: Final = 16 * MEGABYTE
"""Octets of one report between processes: two hundred signatures with all their places have eight."""
RESTED: Final = 200 * 1000 * 1000
"""Octets resident after a file; a process that keeps more is replaced, so that each file finds the same room."""


def seconds_for(size: int) -> float:
    """Return the time for a file of ``size`` octets."""
    return SECONDS + max(0, size - SMALL) / MEGABYTE * SECONDS_PER_MEGABYTE


def resident_for(size: int) -> int:
    """Return the memory for a file of ``size`` octets."""
    return RESIDENT + max(0, size - SMALL) * RESIDENT_PER_OCTET


def cap_memory(resident: int) -> None:
    """Let this process grow to ``resident`` octets and no further, where the system tells how large it is (Linux).

    The system caps address space, not memory: what is mapped and not used, libraries above all, is left out of the count.
    """
    used = in_use(os.getpid())
    if used is None:
        return
    import resource  # noqa: PLC0415 - not on every system

    mapped, present = used
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    wanted = mapped + max(resident - present, MEGABYTE)
    limit = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    resource.setrlimit(resource.RLIMIT_AS, (limit, most))


def in_use(pid: int) -> tuple[int, int] | None:
    """Return octets mapped and octets resident of a process; ``None`` where the system does not tell."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as told:  # noqa: PTH123 - no path of ours
            mapped, present = told.read().split()[:2]
    except (OSError, ValueError):
        return None
    page = os.sysconf("SC_PAGE_SIZE")
    return int(mapped) * page, int(present) * page
