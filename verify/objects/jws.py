"""Statements, lists and answers of a seal maker (JWS): read, the maker's signature and certificate, and how old they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509

from seals.errors import SealError, StatementSignatureInvalid
from seals.jws import parse
from seals.lookup.answer import parse_lookup
from seals.seal import SealStatus
from seals.statement import SealStatement, parse_statement, parse_status_list
from verify.maker_lists import check_maker
from verify.objects.report import ObjectFact, ObjectKind
from verify.objects.steps import Bench, Judged, ObjectStep, at, fact, moment
from verify.sentence import Reason
from verify.ses.facts import SealDataStep
from verify.ses.steps import Outcome, doubtful, failed, passed
from verify.signatures.loaded import load_certificate
from verify.terminal import stamp
from verify.trusted_lists.model import ServiceKind
from verify.verdict import SubIndication
from verify.voided.form import MAX_RECORD_SIZE, VOID_RECORD_TYPE, parse_void_list, parse_void_record

_GOOD: Final = {
    ObjectKind.SEAL_ANSWER: Reason(
        "印章查询答复有效：由受信任的制章者签名，在时效内。",
        "The answer about the seal is valid: signed by a trusted seal maker and up to date.",
    ),
    ObjectKind.SEAL_LIST: Reason(
        "印章状态表有效：由受信任的制章者签名，在时效内。",
        "The seal status list is valid: signed by a trusted seal maker and up to date.",
    ),
    ObjectKind.VOID_LIST: Reason(
        "作废文件清单有效：由受信任的制章者签名，在时效内。",
        "The list of voided documents is valid: signed by a trusted seal maker and up to date.",
    ),
    ObjectKind.VOID_RECORD: Reason(
        "作废记录有效：由受信任的制章者签名。",
        "The record of the voiding is valid: signed by a trusted seal maker.",
    ),
    ObjectKind.SEAL_STATEMENT: Reason(
        "印章声明有效，系为所给文件出具。",
        "The seal statement is valid and was made for the file given.",
    ),
}
_DAMAGED: Final = failed(
    SubIndication.FORMAT_FAILURE,
    "内容已损坏或不符合格式，不能采信；请重新取得。",
    "It is damaged or not of the form that it should have; fetch it again.",
)
_FORGED: Final = failed(
    SubIndication.SIG_CRYPTO_FAILURE,
    "签名与内容不符：已被改动或系伪造，不能采信；请重新取得。",
    "The signature does not hold: it was changed or forged; fetch it again.",
)


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read: who signed it, what it says, and the steps of its own."""

    maker: x509.Certificate
    chain: tuple[bytes, ...]
    facts: tuple[ObjectFact, ...]
    own: tuple[SealDataStep, ...]


def judge_jws(kind: ObjectKind, octets: bytes, bench: Bench, digest: Callable[[str], bytes] | None) -> Judged:
    """Judge one JWS as of now; ``digest`` gives that of a file beside it, which statements and voidings are about."""
    good = _GOOD[kind]
    text = octets.decode("ascii")
    try:
        found = _READERS[kind](text, bench, digest)
    except _Forged:
        return Judged(good, (at(ObjectStep.SIGNATURE, _FORGED),))
    except (SealError, ValueError, TypeError):
        return Judged(good, (at(ObjectStep.FORM, _DAMAGED),))
    above = tuple(c for one in found.chain[1:] if (c := load_certificate(one)) is not None)
    looked, steps = bench.maker(found.maker, above, check_maker, ServiceKind.SEAL_MAKER)
    signed = passed("签名与内容相符。", "Its signature holds.")
    form = at(ObjectStep.FORM, passed("可以读取。", "It can be read."))
    return Judged(good, (form, at(ObjectStep.SIGNATURE, signed), *steps, *found.own), found.facts, looked)


class _Forged(Exception):
    """The octets are well-formed, and the signature is not over them."""


def _signer(check: Callable[[], x509.Certificate]) -> x509.Certificate:
    try:
        return check()
    except SealError as wrong:
        raise _Forged from wrong


def _answer(text: str, bench: Bench, _: Callable[[str], bytes] | None) -> _Read:
    parsed = parse_lookup(text)
    maker, one = _signer(parsed.check_signature), parsed.lookup
    facts = (
        fact("asked", ("查询的印章", "seal asked about"), one.asked),
        fact("status", ("状态", "state"), one.status_zh, one.status),
        moment("as_of", ("截至", "as of"), one.as_of),
        fact("owner", ("所有人", "owner"), one.owner_name or "", one.owner_name or ""),
        fact("owner_uscc", ("统一社会信用代码", "credit code (USCC)"), one.owner_uscc or ""),
        fact("kind", ("印章类型", "kind"), *(("", "") if one.kind is None else (one.kind.zh, one.kind.en))),
        fact("validity", ("有效期", "validity"), _span(one.valid_from, one.valid_to)),
        *_issued(one.issuer, one.issued_at, one.next_update),
    )
    current = at(ObjectStep.CURRENT, bench.current(one.issued_at, one.next_update))
    return _Read(maker, parsed.chain_der, _filled(facts), (current,))


def _status_list(text: str, bench: Bench, _: Callable[[str], bytes] | None) -> _Read:
    parsed = parse_status_list(text)
    maker, one = _signer(parsed.check_signature), parsed.status_list
    facts = (
        fact("number", ("编号", "number"), str(one.number)),
        fact("active", ("启用的印章数", "seals in use"), str(len(one.active))),
        fact("listed", ("有变更记录的印章数", "seals with a history"), str(len(one.entries))),
        *_issued(one.issuer, one.issued_at, one.next_update),
    )
    current = at(ObjectStep.CURRENT, bench.current(one.issued_at, one.next_update))
    return _Read(maker, parsed.chain_der, facts, (current,))


def _void_list(text: str, bench: Bench, digest: Callable[[str], bytes] | None) -> _Read:
    parsed = parse_void_list(text)
    maker, one = _signer(parsed.check_signature), parsed.void_list
    entry = None if digest is None else one.entries.get(digest("sha256").hex())
    facts = [
        fact("number", ("编号", "number"), str(one.number)),
        fact("entries", ("作废文件数", "voided documents"), str(len(one.entries))),
        *_issued(one.issuer, one.issued_at, one.next_update),
    ]
    if digest is not None:
        told = ("不在清单内", "not in the list") if entry is None else (
            f"{stamp(entry.since)} 作废：{entry.reason}", f"voided {stamp(entry.since)}: {entry.reason}"
        )  # fmt: skip
        facts.append(fact("file", ("所给文件", "the file given"), *told))
    current = at(ObjectStep.CURRENT, bench.current(one.issued_at, one.next_update))
    asked = () if digest is None else (at(ObjectStep.CONTENT, _ASIDE if entry is None else _VOIDED),)
    return _Read(maker, parsed.chain_der, tuple(facts), (current, *asked))


def _void_record(text: str, _: Bench, digest: Callable[[str], bytes] | None) -> _Read:
    chain = parse(text, typ=VOID_RECORD_TYPE, limit=MAX_RECORD_SIZE).chain_der
    try:
        one, maker = parse_void_record(text)
    except StatementSignatureInvalid as wrong:
        raise _Forged from wrong
    facts = (
        fact("voiding", ("作废编号", "voiding"), one.voiding),
        moment("since", ("作废时间", "void since"), one.since),
        fact("why", ("原因", "reason"), one.reason),
        fact("consents", ("同意的单位", "agreed by"), "、".join(uscc for uscc, _ in one.consents)),
        fact("issuer", ("签发者", "issuer"), one.issuer),
    )
    own: tuple[SealDataStep, ...] = ()
    if digest is not None:
        voided = digest("sha256").hex() in one.documents
        own = (at(ObjectStep.CONTENT, _VOIDED if voided else _about(holds=False)),)
    return _Read(maker, chain, facts, own)


_ASIDE: Final = doubtful(
    SubIndication.SIGNED_DATA_NOT_FOUND,
    "清单中没有所给文件，这不说明该文件已经签署；请核验文件本身。",
    "The list does not name the file given, which does not say that the file was signed; verify the file itself.",
)
_VOIDED: Final = doubtful(
    SubIndication.SIGNED_DATA_NOT_FOUND,
    "所给文件已被作废；作废记录不是对它的签名，请向签章单位索取现行文件。",
    "The file given was voided, and this is no signature over it; ask its signatory for the document that counts.",
)


def _statement(text: str, bench: Bench, digest: Callable[[str], bytes] | None) -> _Read:
    parsed = parse_statement(text)
    maker, one = _signer(parsed.check_signature), parsed.statement
    facts = (
        fact("code", ("印章编码", "seal code"), f"{one.seal_code} / {one.physical_code}"),
        fact("name", ("印章名称", "name of the seal"), one.name),
        fact("kind", ("印章类型", "kind"), one.kind.zh, one.kind.en),
        fact("owner", ("所有人", "owner"), f"{one.owner_name}（{one.owner_uscc}）"),
        fact("validity", ("有效期", "validity"), _span(one.valid_from, one.valid_to)),
        fact("status", ("出具时状态", "state when stated"), one.status.zh, one.status.value),
        moment("issued_at", ("出具时间", "stated at"), one.issued_at),
        fact("document", ("所为文件（SHA-256）", "for the document (SHA-256)"), one.document_sha256),
    )
    content = _ALONE if digest is None else _about(holds=digest("sha256").hex() == one.document_sha256)
    current = _in_use(one, bench.at)
    return _Read(
        maker, parsed.chain_der, facts, (at(ObjectStep.CURRENT, current), at(ObjectStep.CONTENT, content))
    )


_ALONE: Final = doubtful(
    SubIndication.SIGNED_DATA_NOT_FOUND,
    "印章声明只对一份文件有效；请同时提供盖章前的文件（--content 文件，或上传为 content）后重新核验。",
    "A seal statement is about one document; give that document as it was before sealing (--content FILE) and verify again.",
)


def _in_use(one: SealStatement, now: datetime) -> Outcome:
    if one.status is not SealStatus.ACTIVE:
        return failed(
            SubIndication.SEAL_NOT_VALID,
            f"出具时印章状态为“{one.status.zh}”，不得使用。",
            f"The seal was {one.status.value} when this was stated: it was not to be used.",
        )
    if not one.valid_from <= one.issued_at <= one.valid_to or one.issued_at > now:
        return failed(
            SubIndication.SEAL_NOT_VALID,
            "出具时间不在印章有效期内，或在将来。",
            "It was stated outside the seal's life, or in the future.",
        )
    return passed("出具时印章可用。", "The seal was in use when this was stated.")


def _about(*, holds: bool) -> Outcome:
    if holds:
        return passed("系关于所给文件。", "It is about the file given.")
    return failed(
        SubIndication.HASH_FAILURE,
        "不是关于所给文件的：摘要不一致。",
        "It is about another file: the digests differ.",
    )


def _issued(issuer: str, since: datetime, until: datetime) -> tuple[ObjectFact, ...]:
    return (
        fact("issuer", ("签发者", "issuer"), issuer),
        moment("issued_at", ("签发时间", "issued"), since),
        moment("next_update", ("下次更新", "next update"), until),
    )


def _span(start: datetime | None, end: datetime | None) -> str:
    return "" if start is None else f"{stamp(start)} – {stamp(end)}"


def _filled(facts: tuple[ObjectFact, ...]) -> tuple[ObjectFact, ...]:
    return tuple(one for one in facts if one.zh)


_READERS: Final = {
    ObjectKind.SEAL_ANSWER: _answer,
    ObjectKind.SEAL_STATEMENT: _statement,
    ObjectKind.SEAL_LIST: _status_list,
    ObjectKind.VOID_LIST: _void_list,
    ObjectKind.VOID_RECORD: _void_record,
}
