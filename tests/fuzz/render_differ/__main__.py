"""Search for forged documents that pass: ``python -m tests.fuzz.render_differ --minutes 30``; holes are kept in ``.fuzz/``."""

from __future__ import annotations

import argparse
import logging
import time
from collections import Counter
from pathlib import Path

from tests.fuzz.render_differ.search import hole, keep, mutant


def main() -> int:
    """Go through seeds until the time is over; the status tells whether a hole was found."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--minutes", type=float, default=30)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--out", type=Path, default=Path(".fuzz/render-differ"))
    given = asked.parse_args()
    logging.disable()
    end, seed, found = time.monotonic() + 60 * given.minutes, given.seed, Counter[str]()
    while time.monotonic() < end:
        seed += 1
        one = hole(mutant(seed))
        found["mutants"] += 1
        if one is not None:
            found["holes"] += 1
            keep(one, given.out)
            print(one, flush=True)  # noqa: T201 - a command that reports
    print(f"{found['mutants']} mutants up to seed {seed}, {found['holes']} holes")  # noqa: T201
    return 1 if found["holes"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
