"""``python -m verify FILE…``: the verifier alone, without database or configuration."""

from __future__ import annotations

import sys

from ca.clock import system_clock
from verify.command import run

if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], clock=system_clock))
