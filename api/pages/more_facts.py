"""Two more facts of a signature: every later revision with its one word, and which list vouched, then and now."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from api.pages.verdict_card import Card, Fact, Line, Report, moment, short_moment
from api.pages.words import Language, say

MAX_REVISIONS: Final = 8
"""Later revisions named on the page; the JSON report has all."""
_BAD: Final = frozenset({"modification", "doubt"})


def later(item: Report, language: Language) -> tuple[Fact, ...]:
    """Name what came after a signature, revision by revision; nothing where nothing did."""
    found = item["integrity"].get("revisions", [])
    if not found:
        return ()
    lines = []
    for one in found[:MAX_REVISIONS]:
        word = one["kind_zh"] if language == "zh" else str(one["kind"]).replace("-", " ")
        text = say(language, "later.one", number=one["number"], word=word)
        lines.append(Line(text, "warn" if one["kind"] in _BAD else ""))
    more = len(found) - MAX_REVISIONS
    if more > 0:
        lines.append(Line(f"… +{more}"))
    return (Fact(say(language, "later.label"), tuple(lines)),)


def vouched(item: Report, language: Language) -> tuple[Fact, ...]:
    """Tell why the certificate is believed: the entry of the list that decided, its state then and now."""
    decision: Report | None = item.get("trust")
    if decision is None:
        return ()
    entry, zh = decision["entry"], language == "zh"
    lines = [Line(str(decision["reason_zh" if zh else "reason"]), "" if decision["trusted"] else "warn")]
    if entry["scheme_id"]:
        lines.append(Line(entry["scheme_id"], "code"))
        issued, until = moment(entry["issued"], language), short_moment(entry["next_update"])
        lines.append(
            Line(say(language, "trusted.list", number=entry["sequence"], issued=issued, until=until))
        )
        then, now = (entry[when]["status_zh" if zh else "status"] for when in ("then", "now"))
        lines.append(Line(say(language, "trusted.states", then=then, now=now)))
    told = tuple(line for line in lines if line.text)
    return (Fact(say(language, "trusted.label"), told),) if told else ()


def with_more(card: Card, report: Report, language: Language) -> Card:
    """Add both to every signature of a card; that of a bare object or of seal data tells of no signature of the report."""
    if len(card.signatures) != len(report["signatures"]):
        return card
    signatures = tuple(
        replace(one, facts=(*one.facts, *later(item, language), *vouched(item, language)))
        for one, item in zip(card.signatures, report["signatures"], strict=True)
    )
    return replace(card, signatures=signatures)
