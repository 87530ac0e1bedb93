"""A process that does nothing but use one simulated stamp, to be killed: ``python -m tests.stamp_presser FOLDER SEAL``."""

from __future__ import annotations

import sys
from pathlib import Path

from ca.clock import system_clock
from seals.devices.simulator.body import Head, Parts
from seals.devices.simulator.firmware import Stamp
from seals.devices.simulator.memory import Memory


def main() -> None:
    """Boot, say so, and press until nothing is left or the end comes."""
    stamp = Stamp(Memory(Path(sys.argv[1])), Parts(head=Head(sys.argv[2])), system_clock)
    stamp.boot()
    sys.stdout.write("on\n")
    sys.stdout.flush()
    while stamp.tasks():
        stamp.press("person:li.wei", stamp.tasks()[0])


if __name__ == "__main__":
    main()
