"""A report on a bare object as the page tells it: what it is and says of itself, then each step with its answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from api.pages.verdict_card import Card, Fact, Line, Report, SignatureCard, moment
from api.pages.words import Language, say
from verify.objects.report import ObjectKind

_FORMS: Final = {"passed": "good", "failed": "bad", "indeterminate": "warn", "not_done": ""}
_TECHNICAL: Final = frozenset(
    {"sha256", "signer_sha256", "serial", "imprint", "document", "root", "policies", "policy"}
)
"""Facts that only a specialist asks for: shown folded, as code."""
_WAITING: Final = frozenset(
    {
        ObjectKind.TIME_STAMP.value,
        ObjectKind.SEAL_STATEMENT.value,
        ObjectKind.TREE_PROOF.value,
        ObjectKind.VOID_LIST.value,
        ObjectKind.VOID_RECORD.value,
    }
)
"""What is about a file that can be laid beside it."""


def with_object(card: Card, report: Report, language: Language) -> Card:
    """Add what a report says of a bare object to its card; any other report leaves it as it is."""
    found: Report | None = report.get("object")
    if found is None or found["kind"] == ObjectKind.UNKNOWN.value:
        return _with_licence(card, report.get("licence"), language)
    chinese = language == "zh"
    verdict = str(report["verdict"])
    kind = str(found["kind_zh" if chinese else "kind_en"])
    told = SignatureCard(
        number=1,
        verdict=verdict,
        word=say(language, f"verdict.{verdict}"),
        title=kind[:1].upper() + kind[1:],
        reason=card.reason,
        notes=tuple(found["notes_zh" if chinese else "notes"]),
        facts=(*_facts(found, language, technical=False), *_steps(found, chinese=chinese)),
        technical=_facts(found, language, technical=True),
        marks=(),
    )
    return replace(card, signatures=(told,))


def _with_licence(card: Card, licence: Report | None, language: Language) -> Card:
    """Say what came of the licence that a sealed document says it is; first of the details, for its seals come before."""
    if licence is None:
        return card
    chinese = language == "zh"
    word = str(licence["state_zh"] if chinese else licence["state"])
    lines = (
        Line(word, _FORMS[str(licence["state"])]),
        Line(str(licence["reason_zh" if chinese else "reason"])),
        Line(str(licence["identifier"]), "code"),
    )
    fact = Fact("电子证照" if chinese else "Electronic licence", lines)
    return replace(card, technical=(fact, *card.technical))


def awaits_content(report: Report) -> bool:
    """Tell whether the report is on an object that is about a file of its own."""
    found: Report | None = report.get("object")
    return found is not None and found["kind"] in _WAITING


def _facts(found: Report, language: Language, *, technical: bool) -> tuple[Fact, ...]:
    shown = (one for one in found["facts"] if (one["key"] in _TECHNICAL) is technical)
    side = "_zh" if language == "zh" else ""
    return tuple(
        Fact(
            _sentence_case(str(one[f"label{side}"])),
            (Line(_when(str(one[f"value{side}"]), language), "code" if technical else ""),),
        )
        for one in shown
    )


def _when(text: str, language: Language) -> str:
    """Write a time as the page writes times; the report has it in UTC."""
    if text.endswith(" UTC") and len(text) == len("2026-01-01 00:00:00 UTC"):
        return moment(text.replace(" UTC", "Z").replace(" ", "T"), language)
    return text


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]


def _steps(found: Report, *, chinese: bool) -> tuple[Fact, ...]:
    return tuple(
        Fact(
            step["name_zh"] if chinese else _sentence_case(str(step["name"])),
            (
                Line(
                    step["state_zh"] if chinese else str(step["state"]).replace("_", " "),
                    _FORMS[step["state"]],
                ),
                Line(step["reason_zh"] if chinese else step["reason"]),
            ),
        )
        for step in found["steps"]
    )
