"""The three answers and the two proofs of a report as the page tells them. No judgement is made here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from api.pages.verdict_card import Report
from api.pages.words import Language, say
from verify.acceptance.policy import DepartmentPolicy
from verify.civil_time import EN, ZH, in_civil_time

_TONES: Final = {
    "yes": "passed",
    "conditions": "indeterminate",
    "open": "indeterminate",
    "no": "failed",
    "not-asked": "unreadable",
}
_PART_TONES: Final = {"present": "passed", "missing": "unreadable", "failed": "failed"}
_SOURCES: Final = frozenset({"seal-state", "revocation"})
"""Parts whose detail is a word for programs."""
QUESTIONS: Final = ("cryptographic", "trusted", "accepted")
"""In the order in which they are asked, and told."""


@dataclass(frozen=True, slots=True)
class AnswerCard:
    """One answer: its question, a word with a tone, the sentence, and what it rests on; grey is what says nothing good."""

    key: str
    label: str
    word: str
    tone: str
    sentence: str
    rests_on: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PartCard:
    """One part of a proof."""

    label: str
    state: str
    tone: str
    sentence: str
    detail: str


@dataclass(frozen=True, slots=True)
class ProofCard:
    """One proof of one seal: how many parts are there, and each of them."""

    label: str
    tone: str
    summary: str
    parts: tuple[PartCard, ...]


@dataclass(frozen=True, slots=True)
class Option:
    """One act to choose: ``taxation/export-refund``."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Group:
    """A department and its acts."""

    label: str
    options: tuple[Option, ...]


def answers(report: Report, language: Language) -> tuple[AnswerCard, ...]:
    """Tell the three answers; nothing for a report that has none."""
    found: Report | None = report.get("answers")
    if found is None:
        return ()
    good = str(report["verdict"]) == "passed"
    return tuple(_answer(key, found[key], language, good=good) for key in QUESTIONS)


def _answer(key: str, item: Report, language: Language, *, good: bool) -> AnswerCard:
    """Tell one answer; a *yes* is green on a valid document alone: a correct signature of nobody known is not (D2)."""
    status = str(item["status"])
    tone = _TONES[status] if good or status != "yes" else "unreadable"
    word = say(language, f"answer.{key}.{status}" if status in {"yes", "no"} else f"answer.{status}")
    sentence = in_local_time(str(item["sentence_zh" if language == "zh" else "sentence"]), language)
    return AnswerCard(key, say(language, f"answer.{key}"), word, tone, sentence, tuple(item["rests_on"]))


def in_local_time(text: str, language: Language) -> str:
    """Write the times within a sentence as the page writes every time; reports have them in UTC."""
    return in_civil_time(text, ZH if language == "zh" else EN)


def proofs(item: Report, language: Language) -> tuple[ProofCard, ...]:
    """Tell both proofs of one signature; nothing for one without."""
    found: Report | None = item.get("proofs")
    if found is None:
        return ()
    return tuple(_proof(name, found[name], language) for name in ("technical", "institutional"))


def _proof(name: str, parts: list[Report], language: Language) -> ProofCard:
    told = tuple(
        PartCard(
            say(language, f"proof.part.{part['name']}"),
            say(language, f"proof.{part['state']}"),
            _PART_TONES[str(part["state"])],
            in_local_time(str(part["sentence_zh" if language == "zh" else "sentence"]), language),
            "" if part["name"] in _SOURCES else str(part["detail"]),
        )
        for part in parts
    )
    there = sum(part["state"] == "present" for part in parts)
    failed = any(part["state"] == "failed" for part in parts)
    tone = "failed" if failed else "passed" if there == len(parts) else "indeterminate"
    key = "proof.whole" if there == len(parts) else "proof.some"
    return ProofCard(
        say(language, f"proof.{name}"), tone, say(language, key, there=there, all=len(parts)), told
    )


def lacks_record(report: Report) -> bool:
    """Tell whether an evidence record would say more: a recognised seal has none, or one that was refused."""
    return any(
        part["name"] == "record" and part["state"] != "present"
        for item in report["signatures"]
        if item.get("proofs") and item["seal"] and item["seal"]["trusted"]
        for part in item["proofs"]["institutional"]
    )


def groups(policies: Sequence[DepartmentPolicy], language: Language) -> tuple[Group, ...]:
    """List every department with its acts, to choose from."""
    zh = language == "zh"
    return tuple(
        Group(
            policy.zh if zh else policy.en,
            tuple(Option(f"{policy.id}/{act.id}", act.zh if zh else act.en) for act in policy.acts),
        )
        for policy in policies
    )
