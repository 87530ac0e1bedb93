"""``python -m verify FILE…``: the verifier alone, without database or configuration."""

from __future__ import annotations

import os
import sys

from ca.clock import system_clock
from verify.command import run

if __name__ == "__main__":
    try:
        status = run(sys.argv[1:], clock=system_clock)
        if sys.stdout is not None:  # closed by whoever calls, as `>&-` does
            sys.stdout.flush()
    except BrokenPipeError:  # the reader went away, as `| head` does; say nothing more, not even at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 141
    sys.exit(status)
