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
from datetime import UTC, datetime
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
    log = out / f"{name}.log"
    left, inputs, status = float(seconds), 0, 0
    log.write_text("")
    while left >= 1 and not status:
        flags = [
            f"-max_total_time={int(left)}",
            f"-timeout={seconds_each}",
            f"-rss_limit_mb={MEMORY_MB}",
            f"-max_len={LONGEST}",
            f"-artifact_prefix={found}/",
            "-print_final_stats=1",
            "-verbosity=0",
        ]
        command = [
            sys.executable,
            "-m",
            "tests.fuzz.guided.one",
            name,
            *flags,
            str(grown),
            str(CORPUS / name),
        ]
        before = os.times()
        with log.open("a") as stream:
            status = subprocess.run(command, stdout=stream, stderr=subprocess.STDOUT, check=False).returncode
        after = os.times()
        spent = after.children_user + after.children_system - before.children_user - before.children_system
        ran = [int(one) for one in EXECUTED.findall(log.read_text(errors="replace"))]
        if not ran or spent < 1:
            status = status or 1
            break
        left, inputs = left - spent, sum(ran)
    crashes = sorted(found.iterdir())
    told = (
        f"found {', '.join(map(str, crashes))}" if crashes else "nothing found" if inputs else "DID NOT RUN"
    )
    spent = seconds - left
    print(f"{name}: {spent:.0f} s, {inputs} inputs, {told} ({log})", flush=True)  # noqa: T201 - a command that reports
    _note(out / "ledger.json", name, {"seconds": round(spent), "inputs": inputs, "found": len(crashes)})
    return 1 if status or crashes or not inputs else 0


def _note(ledger: Path, name: str, entry: dict[str, int]) -> None:
    runs = json.loads(ledger.read_text()) if ledger.exists() else []
    runs.append({"target": name, "ended": datetime.now(UTC).isoformat(timespec="seconds")} | entry)
    ledger.write_text(json.dumps(runs, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
