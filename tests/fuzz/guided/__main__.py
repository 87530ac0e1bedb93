"""Fuzz all targets in turn: ``python -m tests.fuzz.guided --minutes 60 [NAME …]``; what they find is kept in ``.fuzz/``.

Minutes are of processor time, so that a machine that does other work, too, gives each target all of its share. What was
run is added to ``ledger.json`` beside the corpora, which grow from run to run.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

from tests.fuzz.guided.keep import unpack
from tests.fuzz.guided.targets import NAMES
from tests.fuzz.guided.world import CORPUS

SECONDS_EACH: Final = 10
"""The promise for one input: longer is a finding, whatever the verdict."""
MEMORY_MB: Final = 1500
"""Of the fuzzing process with its tracing; the promise of 500 MB is measured apart, without it."""
LONGEST: Final = 65_536
"""Octets of one input: mutations of larger ones reach nothing new; large ones are generated in the tests of limits."""

EXECUTED: Final = re.compile(r"stat::number_of_executed_units:\s*(\d+)")


def main() -> int:
    """Give each target its share of the time; the status is that of the worst."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument(
        "--minutes", type=float, default=60, help="of processor time, shared among the targets"
    )
    asked.add_argument("--out", type=Path, default=Path(".fuzz"))
    asked.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; all where none is named"
    )
    asked.add_argument(
        "--seconds-each", type=int, default=SECONDS_EACH, help="more on a machine that is shared"
    )
    given = asked.parse_args()
    names = given.names or list(NAMES)
    share = max(1, int(given.minutes * 60 / len(names)))
    worst = 0
    for name in names:
        worst = max(worst, run(name, share, given.out, given.seconds_each))
    return worst


def run(name: str, seconds: int, out: Path, seconds_each: int = SECONDS_EACH) -> int:
    """Fuzz one target for some seconds of processor time; say how it ended."""
    found, grown = out / "found" / name, out / "corpus" / name
    for folder in (found, grown):
        folder.mkdir(parents=True, exist_ok=True)
    unpack(name, grown)
    limits = (f"-timeout={seconds_each}", f"-rss_limit_mb={MEMORY_MB}", f"-max_len={LONGEST}")
    flags = (*limits, f"-artifact_prefix={found}/", "-print_final_stats=1", "-verbosity=0")
    corpora = (str(grown), str(CORPUS / name))
    log, left, status = out / f"{name}.log", float(seconds), 0
    with log.open("w") as stream:
        while left >= 1 and not status:
            status, spent = _drive(name, (f"-max_total_time={int(left)}", *flags, *corpora), stream)
            left, status = left - spent, status or int(spent < 1)  # over at once: it never started
    inputs = sum(map(int, EXECUTED.findall(log.read_text(errors="replace"))))
    _forgive(name, found)
    crashes = sorted(found.iterdir())
    told = (
        f"found {', '.join(map(str, crashes))}" if crashes else "nothing found" if inputs else "DID NOT RUN"
    )
    taken = round(seconds - left)
    print(f"{name}: {taken} s, {inputs} inputs, {told} ({log})", flush=True)  # noqa: T201 - a command that reports
    _note(out / "ledger.json", name, {"seconds": taken, "inputs": inputs, "found": len(crashes)})
    return 1 if status or crashes or not inputs else 0


def _forgive(name: str, found: Path) -> None:
    """Take away what was slow for the neighbours' sake: alone it keeps the promise, in processor time."""
    for path in [*found.glob("slow-unit-*"), *found.glob("timeout-*")]:
        status, spent = _drive(name, (str(path),), subprocess.DEVNULL)
        if not status and spent < SECONDS_EACH:
            path.unlink()


def _drive(name: str, arguments: Sequence[str], stream: IO[str] | int) -> tuple[int, float]:
    """Let libFuzzer run once; return its status, and the processor time that it took."""
    before = os.times()
    command = [sys.executable, "-m", "tests.fuzz.guided.one", name, *arguments]
    status = subprocess.run(command, stdout=stream, stderr=subprocess.STDOUT, check=False).returncode
    after = os.times()
    spent = after.children_user - before.children_user + after.children_system - before.children_system
    return status, spent


def _note(ledger: Path, name: str, entry: dict[str, int]) -> None:
    runs = json.loads(ledger.read_text()) if ledger.exists() else []
    runs.append({"target": name, "ended": datetime.now(UTC).isoformat(timespec="seconds")} | entry)
    ledger.write_text(json.dumps(runs, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
