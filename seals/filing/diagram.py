"""The drawn part of the page on filing, written from the tables; a test holds the page in ``docs/`` to it.

``python -m seals.filing.diagram docs/filing.md`` prints the page with its drawn part made anew.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from seals.filing.house import SEAL_ACTS
from seals.filing.job import FIRST_STATUS, SHOP_ACTS, TRANSITIONS, JobAct, JobStatus, ReturnReason
from seals.filing.national import FIELDS

BEGIN: Final = "<!-- drawn from seals.filing by `make docs`: do not edit by hand -->\n"
END: Final = "<!-- end of what is drawn -->\n"
_WHO: Final = {
    JobAct.ORDER: "an approver who is not the applicant",
    JobAct.ACCEPT: "a filing officer who neither applied, engraved nor delivered",
    JobAct.RETURN: "a filing officer, likewise, with code and text",
    JobAct.CLOSE: "housekeeping: unclaimed, or the seal came to an end",
}


def page(text: str) -> str:
    """Return the page with its drawn part made anew."""
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}{drawn()}{END}{after}"


def drawn() -> str:
    """Return the diagram and the tables as Markdown."""
    return f"\n```mermaid\n{_diagram()}\n```\n\n{_acts()}\n\n{_reasons()}\n\n{_fields()}\n\n"


def _diagram() -> str:
    lines = ["stateDiagram-v2", f"    [*] --> {FIRST_STATUS}: {JobAct.ORDER} {JobAct.ORDER.zh}"]
    for act, moves in TRANSITIONS.items():
        lines += [f"    {before} --> {after}: {act} {act.zh}" for before, after in moves.items()]
    leaving = {before for moves in TRANSITIONS.values() for before in moves}
    lines += [f"    {status} --> [*]" for status in JobStatus if status not in leaving]
    return "\n".join(lines)


def _acts() -> str:
    rows = []
    for act in JobAct:
        who = "somebody of the job's shop" if act in SHOP_ACTS else _WHO[act]
        moved = SEAL_ACTS[act].value if act in SEAL_ACTS else "—"
        rows.append(f"| {act} | {act.zh} | {who} | {moved} |")
    states = "、".join(f"{status} {status.zh}" for status in JobStatus)
    head = "| act | | by | moves the seal by |\n|---|---|---|---|\n"
    return f"States: {states}.\n\n{head}" + "\n".join(rows)


def _reasons() -> str:
    rows = [f"| {reason.code} | {reason.zh} | {reason.en} |" for reason in ReturnReason]
    return "| code | 退回原因 | reason |\n|---|---|---|\n" + "\n".join(rows)


def _fields() -> str:
    rows = [
        f"| {interface} | `{name}` | {field.form}{', may be empty' if field.optional else ''} | {field.surety.value} |"
        for interface, known in FIELDS.items()
        for name, field in known.items()
    ]
    return "| interface | field | form | how sure |\n|---|---|---|---|\n" + "\n".join(rows)


if __name__ == "__main__":
    sys.stdout.write(page(Path(sys.argv[1]).read_text(encoding="utf-8")))
