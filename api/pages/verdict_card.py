"""A verification report as the page tells it: plain words and tones, ready for the template. No verdict is made here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from api.pages.words import WORDS, Language, say
from ca.clock import BEIJING
from verify.civil_time import EN, ZH
from verify.report import CUSTODY
from verify.wording import ENDED_SINCE

_TONES: Final = {
    "good": "passed",
    "active": "passed",
    "revoked": "failed",
    "suspended": "failed",
    "frozen": "failed",
    "expired": "indeterminate",
    "on_hold": "failed",
    "not_yet_valid": "failed",
    "superseded": "indeterminate",
}
_NO_SEAL: Final = {
    "seal": "fact.seal_unread",
    "signature": "fact.no_seal",
    "timestamp": "fact.timestamp",
}
Report = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a fact: plain, ``strong``, ``code``, ``good``, ``bad`` or ``warn``."""

    text: str
    form: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """A state of a certificate or seal with its tone and what it rests on."""

    word: str
    tone: str
    lines: tuple[tuple[str, ...], ...] = ()
    """Small print, each line in parts that are not broken."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A row of the card: lines of text, or a state then and now."""

    label: str
    lines: tuple[Line, ...] = ()
    then: State | None = None
    now: State | None = None


@dataclass(frozen=True, slots=True)
class SignatureCard:
    """One signature, numbered as it is marked on the pages."""

    number: int
    verdict: str
    word: str
    title: str
    reason: str
    notes: tuple[str, ...]
    facts: tuple[Fact, ...]
    technical: tuple[Fact, ...]
    marks: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Card:
    """The whole answer."""

    verdict: str
    word: str
    reason: str
    summary: str
    """Which seal and when, where both are proved; else nothing."""
    file: str
    checked_at: str
    evidence_as_of: str
    signatures: tuple[SignatureCard, ...]
    technical: tuple[Fact, ...]


def moment(text: str | None, language: Language) -> str:
    """Write an RFC 3339 time for people, in Beijing time; nothing for None."""
    if not text:
        return ""
    there = datetime.fromisoformat(text).astimezone(BEIJING)
    return there.strftime("%Y-%m-%d %H:%M:%S") + (ZH if language == "zh" else EN)


def short_moment(text: str | None) -> str:
    """Write a time without seconds and zone, for small print."""
    return datetime.fromisoformat(text).astimezone(BEIJING).strftime("%Y-%m-%d %H:%M") if text else ""


def card(report: Report, language: Language) -> Card:
    """Tell a document report (``DocumentReport.to_json()``) in ``language``."""
    verdict = str(report["verdict"])
    numbered = enumerate(report["signatures"], start=1)
    technical = (
        Fact(say(language, "fact.document_sha256"), _code(report.get("sha256"))),
        Fact(say(language, "result.size"), _lines(f"{report.get('size', 0):,} B")),
        Fact(say(language, "fact.sub_indication"), _code(report.get("sub_indication"))),
    )
    voided = report.get("voided")
    return Card(
        verdict="failed" if voided and verdict == "passed" else verdict,
        word=say(language, "verdict.voided" if voided and verdict == "passed" else f"verdict.{verdict}"),
        reason=_sentence(report, "reason", language),
        summary=_voided(voided, verdict, language) if voided else _summary(report, language),
        file=str(report["file"]),
        checked_at=moment(report.get("verified_at"), language),
        evidence_as_of=moment(report.get("evidence_as_of"), language),
        signatures=tuple(signature_card(item, number, language) for number, item in numbered),
        technical=_filled(technical),
    )


def _voided(voided: Report, verdict: str, language: Language) -> str:
    """Tell that the document was voided on a line of its own, and what its signatures are worth all the same."""
    since = moment(voided["since"], language)
    words = say(language, "verdict.voided.line", since=since, why=voided["why"])
    return f"{words} · {say(language, 'verdict.voided.seals', word=say(language, f'verdict.{verdict}'))}"


def _summary(report: Report, language: Language) -> str:
    """Name the seal and the moment of a document that passed with one signature."""
    if report["verdict"] != "passed" or len(report["signatures"]) != 1:
        return ""
    item = report["signatures"][0]
    return " · ".join(filter(None, (_title(item, 1, language), moment(item["time"]["value"], language))))


def signature_card(item: Report, number: int, language: Language) -> SignatureCard:
    """Tell one signature of a report."""
    verdict = str(item["verdict"])
    marks = tuple(
        {"number": number, "verdict": verdict, "page": place["page"], "box": place["box"]}
        for place in item["placements"]
    )
    return SignatureCard(
        number=number,
        verdict=verdict,
        word=say(language, f"verdict.{verdict}"),
        title=_title(item, number, language),
        reason=_sentence(item, "reason", language),
        notes=_notes(item, language),
        facts=_filled(_facts(item, language)),
        technical=_filled(_technical(item, language)),
        marks=marks,
    )


def _notes(item: Report, language: Language) -> tuple[str, ...]:
    """Return what is to be noted, and last which readers can check the signature."""
    zh = language == "zh"
    readers = item["readers_zh" if zh else "readers"]
    return tuple(filter(None, (*item["notes_zh" if zh else "notes"], readers)))


def _title(item: Report, number: int, language: Language) -> str:
    if item["kind"] == "timestamp":
        return say(language, "fact.timestamp")
    named = (item["seal"] or {}).get("name") or (item["signer"] or {}).get("name")
    return str(named or say(language, "result.number", number=number))


def _sentence(item: Report, key: str, language: Language) -> str:
    return str(item[f"{key}_zh"] if language == "zh" else item[key])


def _facts(item: Report, language: Language) -> tuple[Fact, ...]:
    certificate = _then_now(item, "certificate", "status.", language)
    seal = _then_now(item, "seal", "status.seal.", language) if item["seal"] else ()
    return (
        _who(item, language),
        _which_seal(item, language),
        _when(item, language),
        *certificate,
        *_authority(item, language),
        *seal,
        _integrity(item, language),
    )


def _who(item: Report, language: Language) -> Fact:
    signer = item["signer"]
    if signer is None:
        return Fact(say(language, "fact.who"), (Line(say(language, "fact.no_signer"), "warn"),))
    organization = signer["organization"] or signer["name"]
    lines = [Line(organization, "strong")]
    if signer["uscc"]:
        lines.append(Line(_labelled("fact.uscc", signer["uscc"], language)))
    if signer["name"] != organization:
        lines.append(Line(_labelled("fact.signer", signer["name"], language)))
    lines.append(Line(_labelled("fact.issuer", signer["issuer"], language)))
    if item["algorithm"]:
        shown = key_words(item["algorithm"], item["custody"], language)
        lines.append(Line(_labelled("fact.key", shown, language)))
    return Fact(say(language, "fact.who"), tuple(lines))


def key_words(algorithm: str, custody: str, language: Language) -> str:
    """Say what signed and where its key is kept, as far as that is stated."""
    kept = CUSTODY.get(custody, ("", ""))[0 if language == "zh" else 1]
    return " · ".join(filter(None, (algorithm, kept)))


def _which_seal(item: Report, language: Language) -> Fact:
    seal, label = item["seal"], say(language, "fact.seal")
    if seal is None:
        form = "" if item["kind"] == "timestamp" else "warn"
        return Fact(label, (Line(say(language, _NO_SEAL[item["kind"]]), form),))
    lines = [Line(seal["name"], "strong"), Line(seal["kind_zh" if language == "zh" else "kind_en"])]
    lines.append(Line(_labelled("fact.code", seal["code"], language)))
    if seal["physical_code"]:
        lines.append(Line(_labelled("fact.physical_code", seal["physical_code"], language)))
    if seal["owner"] and seal["owner"] != (item["signer"] or {}).get("organization"):
        lines.append(Line(_labelled("fact.owner", seal["owner"], language)))
    if not seal["trusted"]:
        lines.insert(0, Line(say(language, "fact.seal_untrusted"), "warn"))
    return Fact(label, tuple(lines))


def _when(item: Report, language: Language) -> Fact:
    time, label = item["time"], say(language, "fact.when")
    if time["value"] is None:
        key = "fact.not_examined" if item["verdict"] == "failed" else "fact.no_time"
        return Fact(label, (Line(say(language, key), "warn"),))
    clock = say(language, f"clock.{time['source']}", authority=time["authority"] or "?")
    proved = time["source"] == "tsa"
    lines = (Line(moment(time["value"], language), "strong"), Line(clock, "" if proved else "warn"))
    return Fact(label, lines)


def _then_now(item: Report, what: str, prefix: str, language: Language) -> tuple[Fact, ...]:
    label = say(language, "fact.certificate" if what == "certificate" else "fact.seal_state")
    then, now = (_state(item[f"{what}_{when}"], prefix, language) for when in ("then", "now"))
    return (Fact(label, then=then, now=now),)


def _authority(item: Report, language: Language) -> tuple[Fact, ...]:
    """Tell of an authority above the certificate that has ended since; of others nothing."""
    now = item.get("authority_now")  # a report kept from before has none
    if now is None or now["status"] not in ENDED_SINCE:
        return ()
    since = say(language, "status.since", when=short_moment(now["since"])) if now["since"] else ""
    words = " · ".join(filter(None, (say(language, f"status.{now['status']}"), since)))
    return (Fact(say(language, "fact.authority"), (Line(words, "warn"),)),)


def _state(status: Report, prefix: str, language: Language) -> State:
    key = f"{prefix}{status['status']}"
    word = say(language, key) if key in WORDS else str(status["status"])
    lines: list[tuple[str, ...]] = []
    if status["since"]:
        lines.append((say(language, "status.since", when=short_moment(status["since"])),))
    source = f"source.{status['source']}"
    if source in WORDS:
        as_of = say(language, "source.as_of", when=short_moment(status["as_of"])) if status["as_of"] else ""
        lines.append(tuple(filter(None, (say(language, source), as_of))))
    return State(word, _TONES.get(status["status"], "indeterminate"), tuple(lines))


def _integrity(item: Report, language: Language) -> Fact:
    found, label = item["integrity"], say(language, "fact.integrity")
    if item["sub_indication"] == "HASH_FAILURE":
        return Fact(label, (Line(say(language, "integrity.modified"), "bad"),))
    if found["modified"] is None:
        return Fact(label, (Line(say(language, "integrity.unknown"), "warn"),))
    if found["modified"]:
        return Fact(
            label, (Line(say(language, "integrity.modified"), "bad"), *_changes(found["where"], language))
        )
    if found["doubts"]:
        return Fact(
            label, (Line(say(language, "integrity.doubts"), "warn"), *_changes(found["doubts"], language))
        )
    key = "integrity.additions" if found["additions"] else "integrity.intact"
    return Fact(label, (Line(say(language, key), "good"), *_changes(found["additions"], language)))


def _changes(changes: list[Report], language: Language) -> tuple[Line, ...]:
    lines = []
    for change in changes:
        what = change["what_zh"] if language == "zh" else change["what"]
        page = say(language, "integrity.page", page=change["page"]) if change["page"] else ""
        lines.append(Line("：".join(filter(None, (page, what))) if language == "zh" else _colon(page, what)))
    return tuple(dict.fromkeys(lines))


def _technical(item: Report, language: Language) -> tuple[Fact, ...]:
    signer, seal = item["signer"] or {}, item["seal"] or {}
    rows: tuple[tuple[str, object], ...] = (
        ("fact.indication", item["indication"]),
        ("fact.sub_indication", item["sub_indication"]),
        ("fact.level", item["level"]),
        ("fact.field", ", ".join(item["fields"])),
        ("fact.serial", signer.get("serial")),
        ("fact.validity", _span(signer.get("not_before"), signer.get("not_after"))),
        ("fact.sha256", signer.get("sha256")),
        ("fact.chain", " ← ".join(signer.get("chain", ()))),
        ("fact.claimed", moment(item["time"]["claimed"], language)),
        ("fact.maker", seal.get("maker")),
        ("fact.seal_validity", _span(seal.get("valid_from"), seal.get("valid_to"))),
        ("fact.permit", seal.get("permit")),
        ("fact.picture", seal.get("picture_sha256")),
        ("fact.custody", item["custody_zh" if language == "zh" else "custody_en"]),
    )
    return tuple(Fact(say(language, key), _code(value)) for key, value in rows)


def _span(start: str | None, end: str | None) -> str:
    return f"{short_moment(start)} – {short_moment(end)}" if start and end else ""


def _labelled(key: str, value: str, language: Language) -> str:
    label = say(language, key)
    return f"{label}：{value}" if language == "zh" else f"{label}: {value}"


def _colon(*parts: str) -> str:
    return ": ".join(part for part in parts if part)


def _lines(*texts: str) -> tuple[Line, ...]:
    return tuple(Line(text) for text in texts)


def _code(value: object) -> tuple[Line, ...]:
    return (Line(str(value), "code"),) if value else ()


def _filled(facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
    return tuple(fact for fact in facts if fact.lines or fact.then)
