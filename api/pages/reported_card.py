"""A file that is itself a verification report, as the page tells it: what it reports first, about which file, by whom."""

from __future__ import annotations

from typing import Final

from api.pages.verdict_card import Fact, Line, Report, SignatureCard, moment
from api.pages.words import Language, say

_TITLE: Final = ("核验报告", "Verification report")
_FORMS: Final = {"passed": "good", "failed": "bad", "indeterminate": "warn", "unreadable": "warn"}
_LABELS: Final = {
    "says": ("报告的结论", "What it reports"),
    "about": ("所述文件", "About the file"),
    "verified_at": ("核验时间", "Verified at"),
    "by": ("出具者", "Issued by"),
    "number": ("报告编号", "Number"),
    "agrees": ("随附的文件", "File handed along"),
    "sha256": ("所述文件的 SHA-256", "SHA-256 of that file"),
    "by_sha256": ("出具者证书的 SHA-256", "SHA-256 of the issuer's certificate"),
}
_AGREES: Final = {
    True: ("与报告所述一致", "the one reported on", "good"),
    False: ("与报告所述不一致", "another than the one reported on", "bad"),
}


def reported_card(report: Report, language: Language) -> SignatureCard | None:
    """Return what a report says as a card of its own, to stand before its signatures; nothing for any other file."""
    told: Report | None = report.get("reported")
    if told is None:
        return None
    side = 0 if language == "zh" else 1
    verdict = str(told["verdict"])
    return SignatureCard(
        number=0,
        verdict=verdict,
        word=say(language, f"verdict.{verdict}"),
        title=_TITLE[side],
        reason=str(told["reason_zh" if side == 0 else "reason"]),
        notes=(),
        facts=_facts(told, side, language),
        technical=tuple(
            Fact(_LABELS[key][side], (Line(str(told[key]), "code"),))
            for key in ("sha256", "by_sha256")
            if told[key]
        ),
        marks=(),
    )


def _facts(told: Report, side: int, language: Language) -> tuple[Fact, ...]:
    rows: list[tuple[str, str, str]] = []
    if told["says"] is not None:
        word = str(told["says_zh"] if side == 0 else told["says"])
        rows.append(("says", word, _FORMS[str(told["says"])]))
        rows.append(("about", str(told["file"]), ""))
        rows.append(("verified_at", moment(told["verified_at"], language), ""))
    if told["number"]:
        rows += [("by", str(told["by"]), ""), ("number", str(told["number"]), "")]
    if told["agrees"] is not None:
        *words, form = _AGREES[bool(told["agrees"])]
        rows.append(("agrees", words[side], form))
    return tuple(Fact(_LABELS[key][side], (Line(text, form),)) for key, text, form in rows)
