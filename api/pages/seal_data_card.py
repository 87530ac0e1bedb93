"""A report on electronic seal data as the page tells it: what the file says of itself, then each step with its answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from api.pages.verdict_card import Card, Fact, Line, Report, SignatureCard, moment
from api.pages.words import Language, say

_LABELS: Final = {
    "kind": ("类别", "Kind"),
    "id": ("印章编码", "Seal code"),
    "validity": ("印章有效期", "Validity of the seal"),
    "maker": ("制章者", "Seal maker"),
    "signer": ("签章人", "Signer"),
    "signed_at": ("签章时间（声称）", "Time of signing (claimed)"),
    "picture": ("图样", "Picture"),
    "maker_serial": ("制章者证书序列号", "Serial number of the maker's certificate"),
    "signer_serial": ("签章人证书序列号", "Serial number of the signer's certificate"),
    "picture_sha256": ("图样 SHA-256 摘要", "SHA-256 of the picture"),
    "scope": ("保护范围", "What is protected"),
}
_FORMS: Final = {"passed": "good", "failed": "bad", "indeterminate": "warn", "not_done": ""}


def with_seal_data(card: Card, report: Report, language: Language) -> Card:
    """Add what a report says of seal data to its card; any other report leaves it as it is."""
    data: Report | None = report.get("seal_data")
    if data is None:
        return card
    verdict = str(report["verdict"])
    seal = data["seal"] or {}
    told = SignatureCard(
        number=1,
        verdict=verdict,
        word=say(language, f"verdict.{verdict}"),
        title=str(seal.get("name") or _of(data, "kind", language)),
        reason=card.reason,
        notes=tuple(data["notes_zh"] if language == "zh" else data["notes"]),
        facts=(*_facts(data, seal, language), *_steps(data, language)),
        technical=_technical(data, seal, language),
        marks=(),
    )
    return replace(card, signatures=(told,))


def _facts(data: Report, seal: Report, language: Language) -> tuple[Fact, ...]:
    validity = f"{moment(seal.get('valid_from'), language)} – {moment(seal.get('valid_to'), language)}"
    size = seal.get("size_mm")
    texts = {
        "kind": f"{_of(data, 'kind', language)} · {data['standard']}".strip(" ·"),
        "id": str(seal.get("id", "")),
        "validity": validity if seal else "",
        "maker": _who(data["maker"]),
        "signer": _who(data["signer"]),
        "signed_at": moment(data["signed_at"], language),
        "picture": f"{seal['picture_type']} · {size[0]} x {size[1]} mm" if size else "",
    }
    place = 0 if language == "zh" else 1
    return tuple(Fact(_LABELS[key][place], (Line(text),)) for key, text in texts.items() if text)


def _steps(data: Report, language: Language) -> tuple[Fact, ...]:
    chinese = language == "zh"
    return tuple(
        Fact(
            step["name_zh"] if chinese else str(step["name"]).capitalize(),
            (
                Line(
                    step["state_zh"] if chinese else str(step["state"]).replace("_", " "),
                    _FORMS[step["state"]],
                ),
                Line(step["reason_zh"] if chinese else step["reason"]),
            ),
        )
        for step in data["steps"]
    )


def _technical(data: Report, seal: Report, language: Language) -> tuple[Fact, ...]:
    texts = {
        "maker_serial": (data["maker"] or {}).get("serial", ""),
        "signer_serial": (data["signer"] or {}).get("serial", ""),
        "picture_sha256": seal.get("picture_sha256", ""),
        "scope": data["scope"],
    }
    place = 0 if language == "zh" else 1
    return tuple(Fact(_LABELS[key][place], (Line(text, "code"),)) for key, text in texts.items() if text)


def _of(data: Report, key: str, language: Language) -> str:
    return str(data[f"{key}_zh"] if language == "zh" else data[key])


def _who(who: Report | None) -> str:
    return "" if who is None else f"{who['organization'] or who['name']} · {who['issuer']}"
