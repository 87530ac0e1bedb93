"""Keep what a run of the fuzzer grew, so that the next one begins there: ``python -m tests.fuzz.guided.keep --out .fuzz [NAME …]``.

Of each target the smallest inputs that together reach all that was reached are written to ``grown/NAME.zip``, as many as fit, and
the time spent is added to ``ledger.json`` beside them.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Final

from tests.fuzz.guided.targets import NAMES
from tests.fuzz.guided.world import CORPUS

GROWN: Final = Path(__file__).parent / "grown"
LEDGER: Final = Path(__file__).parent / "ledger.json"
MOST: Final = 200_000
"""Octets of one archive: a repository is no place for more, and small inputs mutate best."""
LONGEST: Final = 16_384
"""Octets of an input that is kept."""
_DATE: Final = (1980, 1, 1, 0, 0, 0)


def unpack(name: str, folder: Path) -> None:
    """Lay the kept inputs of a target into a folder."""
    archive = GROWN / f"{name}.zip"
    if archive.exists():
        with zipfile.ZipFile(archive) as kept:
            kept.extractall(folder)


def inputs(name: str) -> list[tuple[str, bytes]]:
    """Return the kept inputs of a target with their names."""
    archive = GROWN / f"{name}.zip"
    if not archive.exists():
        return []
    with zipfile.ZipFile(archive) as kept:
        return [(entry, kept.read(entry)) for entry in sorted(kept.namelist())]


def keep(name: str, out: Path) -> int:
    """Choose from what a target has grown and pack it; return how many inputs were kept."""
    with tempfile.TemporaryDirectory() as place:
        merged, fuzzer = Path(place) / "merged", Path(place) / "fuzzer"
        merged.mkdir()
        command = [sys.executable, "-m", "tests.fuzz.guided.one", name]
        fuzzer.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
        fuzzer.chmod(0o700)
        arguments = ["-merge=1", f"-max_len={LONGEST}", "-verbosity=0", str(merged)]
        sources = [str(CORPUS / name), str(out / "corpus" / name)]
        beside = os.environ | {"YINXIN_FUZZER": str(fuzzer)}
        subprocess.run([*command, *arguments, *sources], check=True, capture_output=True, env=beside)
        seeds = {path.read_bytes() for path in (CORPUS / name).iterdir()}
        found = sorted((path for path in merged.iterdir() if path.read_bytes() not in seeds), key=_size)
        GROWN.mkdir(exist_ok=True)
        if not found:
            raise SystemExit(f"{name}: nothing was merged from {out / 'corpus' / name}")
        return _pack(GROWN / f"{name}.zip", found)


def _size(path: Path) -> tuple[int, str]:
    return path.stat().st_size, path.name


def _pack(archive: Path, paths: list[Path]) -> int:
    """Write the smallest that fit, always in the same octets."""
    count, size = 0, 0
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as kept:
        for path in paths:
            entry = zipfile.ZipInfo(path.name[:16], _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            kept.writestr(entry, path.read_bytes())
            size += kept.getinfo(entry.filename).compress_size + 150
            count += 1
            if size > MOST:
                break
    return count


def add_up(out: Path) -> dict[str, dict[str, object]]:
    """Add a folder's runs to the kept ledger, each once, and return it; a target begins anew with what was found in it."""
    total: dict[str, dict[str, object]] = json.loads(LEDGER.read_text()) if LEDGER.exists() else {}
    runs = json.loads((out / "ledger.json").read_text())
    for run in runs:
        entry = total.setdefault(run["target"], {"seconds": 0, "inputs": 0, "found": 0, "last": ""})
        if run["ended"] <= str(entry["last"]):
            continue
        for key in ("seconds", "inputs"):
            entry[key] = 0 if run["found"] else int(str(entry[key])) + int(run[key])
        entry["last"] = run["ended"]
    return {name: total[name] for name in NAMES if name in total}


def main() -> None:
    """Keep the inputs and the time of the targets that were run."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--out", type=Path, default=Path(".fuzz"))
    asked.add_argument("names", nargs="*", metavar="NAME", help="those that were run, where none is named")
    given = asked.parse_args()
    ran = [name for name in NAMES if (given.out / "corpus" / name).is_dir()]
    for name in given.names or ran:
        print(f"{name}: {keep(name, given.out)} inputs kept", flush=True)  # noqa: T201 - a command that reports
    LEDGER.write_text(json.dumps(add_up(given.out), indent=1) + "\n")


if __name__ == "__main__":
    main()
