"""The drawn part of the page on enrolment, written from the tables; a test holds the page in ``docs/`` to it.

``python -m ca.enrolment.diagram docs/enrolment.md`` prints the page with its drawn part made anew.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from ca.enrolment.job_store import JOB_TRANSITIONS
from ca.enrolment.states import FIRST_STATUS, TRANSITIONS, EnrolmentAct, EnrolmentStatus

BEGIN: Final = "<!-- drawn from ca.enrolment.states by `make docs`: do not edit by hand -->\n"
END: Final = "<!-- end of what is drawn -->\n"
_WHO: Final = {
    EnrolmentAct.EDIT: "the requester; voids checks and approvals",
    EnrolmentAct.SUBMIT: "the requester",
    EnrolmentAct.CHECK: "an officer who is not the requester",
    EnrolmentAct.CLEAR: "the desk, with the last item found",
    EnrolmentAct.APPROVE: "one of the people whom the rule wants",
    EnrolmentAct.GRANT: "the last of them",
    EnrolmentAct.ADMIT: "the desk, as part of a job that was approved",
    EnrolmentAct.BEGIN: "an officer; taken up again after a crash",
    EnrolmentAct.ISSUE: "the desk, once the authority has issued",
    EnrolmentAct.FAIL: "the desk, when it can never be issued",
    EnrolmentAct.DELIVER: "an officer, with to whom and how",
    EnrolmentAct.REJECT: "an officer who is not the requester, with code and sentence",
    EnrolmentAct.WITHDRAW: "the requester",
    EnrolmentAct.EXPIRE: "the desk, past the deadline",
}


def page(text: str) -> str:
    """Return the page with its drawn part made anew."""
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}{drawn()}{END}{after}"


def drawn() -> str:
    """Return the diagrams and the table of acts as Markdown."""
    return (
        f"\n```mermaid\n{_diagram()}\n```\n\n{_acts()}\n\nOrders and jobs:\n\n```mermaid\n{_jobs()}\n```\n\n"
    )


def _diagram() -> str:
    lines = ["stateDiagram-v2", f"    [*] --> {FIRST_STATUS}: request 申请"]
    for act, moves in TRANSITIONS.items():
        lines += [f"    {before} --> {after}: {act} {act.zh}" for before, after in moves.items()]
    leaving = {before for moves in TRANSITIONS.values() for before in moves}
    lines += [f"    {status} --> [*]" for status in EnrolmentStatus if status not in leaving]
    return "\n".join(lines)


def _acts() -> str:
    rows = [f"| {act} | {act.zh} | {_WHO[act]} |" for act in EnrolmentAct]
    states = "、".join(f"{status} {status.zh}" for status in EnrolmentStatus)
    return "\n".join(["| Act | 操作 | By whom |", "|---|---|---|", *rows, "", f"States: {states}."])


def _jobs() -> str:
    lines = ["stateDiagram-v2", "    [*] --> asked: ask"]
    for act, moves in JOB_TRANSITIONS.items():
        lines += [f"    {before} --> {after}: {act}" for before, after in moves.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(page(Path(sys.argv[1]).read_text(encoding="utf-8")))
