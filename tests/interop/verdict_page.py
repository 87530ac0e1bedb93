"""``docs/conformance.md``: what three judges say of the same files, drawn from the record of a wide run.

``python -m tests.interop.verdict_page [COUNT]`` judges every named file and COUNT mutants anew, writes the record and
draws the page; the suite draws it again from the record and judges the named files anew.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from tests.interop import real_files, verdict_judges
from tests.interop.verdict_cases import Case, Cases
from tests.interop.verdict_classes import CLASSES, DSS, PYHANKO, Question, class_of
from tests.interop.verdict_judges import Word
from tests.verify_world import Signing

RECORD: Final = Path(__file__).parent / "verdicts.json"
PAGE: Final = Path(__file__).parents[2] / "docs/conformance.md"
HEAD: Final = """# Conformance: what other judges say

Our verdicts beside those of pyHanko {pyhanko} (the AdES procedure of the signature's level, its rules for later changes included) and EU DSS {dss} (its
default policy), on the same files with the same root, lists and time; nothing is fetched. Drawn by `python -m tests.interop.verdict_page`;
the suite judges every named file anew and holds this page to it. A word is the worst of a file's signatures.

"""


def make_cases() -> Cases:
    """Make the files, in a hierarchy that is ten minutes old: pyHanko signs by its own clock."""
    return Cases(Signing(datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)))


def judged(cases: list[Case], classes: Path, folder: Path) -> list[tuple[Word, Word, Word]]:
    """Let all three judge the files."""
    theirs = verdict_judges.dss(cases, classes, folder)
    return [
        (verdict_judges.ours(case), verdict_judges.pyhanko(case), dss)
        for case, dss in zip(cases, theirs, strict=True)
    ]


def row(name: str, words: tuple[Word, Word, Word]) -> dict[str, str]:
    """Write one file's words and the classes of its disagreements."""
    ours, pyhanko, dss = words
    return {
        "ours": str(ours),
        PYHANKO: str(pyhanko),
        DSS: str(dss),
        f"{PYHANKO} class": class_of(Question(name, ours, PYHANKO, pyhanko)),
        f"{DSS} class": class_of(Question(name, ours, DSS, dss)),
    }


def counted(names: list[str], words: list[tuple[Word, Word, Word]]) -> dict[str, dict[str, int]]:
    """Count agreement and each class, for each other judge."""
    found: dict[str, Counter[str]] = {PYHANKO: Counter(), DSS: Counter()}
    for name, (ours, pyhanko, dss) in zip(names, words, strict=True):
        found[PYHANKO][class_of(Question(name, ours, PYHANKO, pyhanko)) or "agree"] += 1
        found[DSS][class_of(Question(name, ours, DSS, dss)) or "agree"] += 1
    return {peer: dict(sorted(counts.items())) for peer, counts in found.items()}


def page(record: dict[str, Any]) -> str:
    """Draw the page."""
    named, mutated = record["named"], record["mutated"]
    lines = [HEAD.format(**record["versions"])]
    lines.append("## Why they differ\n")
    lines += [f"- **{one.title}** (`{one.key}`). {one.why}" for one in CLASSES]
    lines += ["", "## How often\n", "| | judge | files | agree | " + _keys(" | ") + " | unexplained |"]
    lines.append("|---|---|---|---|" + "---|" * (len(CLASSES) + 1))
    for title, counts in (("named files", record["counts"]), ("mutated files", mutated)):
        for peer in (PYHANKO, DSS):
            found = counts[peer]
            cells = [
                str(found.get(key, 0)) for key in ("agree", *(one.key for one in CLASSES), "unexplained")
            ]
            lines.append(f"| {title} | {peer} | {sum(found.values())} | " + " | ".join(cells) + " |")
    lines += [
        "",
        "Never green alone: of the mutated files, those that we call valid and another judge does not: ",
        "",
    ]
    lines[-2] += f"{record['alone']}."
    lines += [
        "## Each named file\n",
        "| file | ours | pyHanko | class | DSS | class |",
        "|---|---|---|---|---|---|",
    ]
    for name, words in named.items():
        cells = [words["ours"], words[PYHANKO], words[f"{PYHANKO} class"], words[DSS], words[f"{DSS} class"]]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, *real_files.section()]) + "\n"


def _keys(between: str) -> str:
    return between.join(one.key for one in CLASSES)


def main(count: int) -> int:
    """Judge everything, write the record and the page; the exit status counts what nobody has explained."""
    from importlib.metadata import version

    with tempfile.TemporaryDirectory() as place:
        classes, folder = Path(place) / "judge", Path(place) / "files"
        classes.mkdir()
        folder.mkdir()
        verdict_judges.build_dss(classes)
        cases = make_cases()
        named, mutants = list(cases.named()), list(cases.mutated(count))
        words, others = judged(named, classes, folder), judged(mutants, classes, folder)
    rows = {case.name: row(case.name, found) for case, found in zip(named, words, strict=True)}
    names = [case.name for case in mutants]
    alone = [
        name for name, found in zip(names, others, strict=True)
        if found[0].word == "passed" and {found[1].word, found[2].word} != {"passed"}
    ]  # fmt: skip
    record: dict[str, Any] = {
        "versions": {"pyhanko": version("pyhanko"), "dss": "6.4"},
        "named": rows,
        "counts": counted([case.name for case in named], words),
        "mutated": counted(names, others),
        "alone": len(alone),
    }
    RECORD.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(page(record), encoding="utf-8")
    for name, found in zip(names, others, strict=True):
        for peer, theirs in ((PYHANKO, found[1]), (DSS, found[2])):
            question = Question(name, found[0], peer, theirs)
            if class_of(question) == "unexplained" or question.alone:
                sys.stdout.write(" | ".join((name, peer, *map(str, found))) + "\n")
    return sum(
        counts.get("unexplained", 0) for counts in (*record["counts"].values(), *record["mutated"].values())
    )


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
