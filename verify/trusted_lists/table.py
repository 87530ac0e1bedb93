"""What a decision by trust lists looks like on a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from verify.civil_time import civil_day
from verify.terminal import row, safe
from verify.trusted_lists.decision import BY_DECREE, ListedStatus, ListEntry, TrustDecision


def trust_lines(decision: TrustDecision | None, label: str = "信任依据 trust") -> Iterator[str]:
    """Yield the list and the entry that decided, and every other that names the anchor; nothing for an anchor by decree."""
    if decision is None:
        return
    entries = [decision.entry, *decision.others]
    for number, entry in enumerate(item for item in entries if item.scheme_id != BY_DECREE):
        yield row(label if number == 0 else "", f"{_list(entry)} · {_entry(entry)}")
        yield row("", f"当时 then {_status(entry.then)} → 现在 now {_status(entry.now)}")


def _list(entry: ListEntry) -> str:
    until = "" if entry.next_update is None else civil_day(entry.next_update)
    issued = "" if entry.issued is None else civil_day(entry.issued)
    return f"{safe(entry.scheme_id)} #{entry.sequence}（{issued} – {until}）"


def _entry(entry: ListEntry) -> str:
    return f"{safe(entry.provider_zh)} · {safe(entry.service_zh)}"


def _status(status: ListedStatus) -> str:
    if not status.status or status.since is None:
        return "未列入 / not listed"
    return f"{status.status_zh} ({civil_day(status.since)})"
