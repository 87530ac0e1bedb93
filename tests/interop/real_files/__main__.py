"""Judge the real files anew by us and by EU DSS; write the record, the reasons that stand there kept."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path

from tests.interop.java_judge import build
from tests.interop.real_files import GRAVITY, HERE, RECORD, fetch, files, word


def main() -> None:
    """Take some minutes: EU DSS draws every page of every revision."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("files", "archives", "classes"):
            (folder / part).mkdir()
        ours, names = {}, {}
        for number, (file, octets) in enumerate(files(fetch(folder / "archives"))):
            place = folder / "files" / f"{number}{Path(file).suffix}"
            place.write_bytes(octets)
            ours[file], names[str(place)] = word(octets), file
        theirs = _judged(folder, names)
    kept = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    record = {}
    for file, said in ours.items():
        record[file] = {"ours": said, "dss": theirs.get(file, "unreadable")}
        if said != record[file]["dss"]:
            record[file]["why"] = kept.get(file, {}).get("why", "")
    RECORD.write_text(json.dumps(record, indent=0, sort_keys=True) + "\n")


def _judged(folder: Path, names: dict[str, str]) -> dict[str, str]:
    classes = build(folder / "classes", HERE, "Whole.java")
    (folder / "list").write_text("\n".join(names) + "\n")
    command = [
        "java",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        f"{classes}/*:{classes}",
        "Whole",
        str(folder / "list"),
    ]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=3600, check=True)
    words = defaultdict(list)
    for line in ran.stdout.splitlines():
        place, _, said = line.partition("\t")
        words[names[place]].append(said)
    return {file: max(said, key=GRAVITY.index) for file, said in words.items()}


main()
