"""Fuzz all targets in turn: ``python -m tests.fuzz.guided --minutes 60 [NAME …]``; what they find is kept in ``.fuzz/``."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.fuzz.guided.targets import NAMES
from tests.fuzz.guided.world import CORPUS

SECONDS_EACH: Final = 10
"""The promise for one input: longer is a finding, whatever the verdict."""
MEMORY_MB: Final = 1500
"""Of the fuzzing process with its tracing; the promise of 500 MB is measured apart, without it."""
LONGEST: Final = 65_536
"""Octets of one input: mutations of larger ones reach nothing new; large ones are generated in the tests of limits."""


def main() -> int:
    """Give each target its share of the time; the status is that of the worst."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--minutes", type=float, default=60)
    asked.add_argument("--out", type=Path, default=Path(".fuzz"))
    asked.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; all where none is named"
    )
    given = asked.parse_args()
    names = given.names or list(NAMES)
    share = max(1, int(given.minutes * 60 / len(names)))
    worst = 0
    for name in names:
        worst = max(worst, run(name, share, given.out))
    return worst


def run(name: str, seconds: int, out: Path) -> int:
    """Fuzz one target for some seconds; say how it ended."""
    found, grown = out / "found" / name, out / "corpus" / name
    for folder in (found, grown):
        folder.mkdir(parents=True, exist_ok=True)
    flags = [
        f"-max_total_time={seconds}",
        f"-timeout={SECONDS_EACH}",
        f"-rss_limit_mb={MEMORY_MB}",
        f"-max_len={LONGEST}",
        f"-artifact_prefix={found}/",
        "-print_final_stats=1",
        "-verbosity=0",
    ]
    command = [sys.executable, "-m", "tests.fuzz.guided.one", name, *flags, str(grown), str(CORPUS / name)]
    log = out / f"{name}.log"
    with log.open("w") as stream:
        status = subprocess.run(command, stdout=stream, stderr=subprocess.STDOUT, check=False).returncode
    crashes = sorted(found.iterdir())
    ended = "Done " in log.read_text(errors="replace") or "stat::" in log.read_text(errors="replace")
    told = f"found {', '.join(map(str, crashes))}" if crashes else "nothing found" if ended else "DID NOT RUN"
    print(f"{name}: {seconds} s, {told} ({log})", flush=True)  # noqa: T201 - a command that reports
    return 1 if status or crashes or not ended else 0


if __name__ == "__main__":
    sys.exit(main())
