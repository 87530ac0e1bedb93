"""A bare time-stamp (RFC 3161): a token, or a whole answer; over the file beside it where that is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ca import der
from verify.certificates.paths import name
from verify.certificates.purpose import check_time_stamper
from verify.digests import SM3
from verify.errors import Finding
from verify.objects.report import ObjectFact
from verify.objects.steps import Bench, Judged, ObjectStep, at, fact, moment
from verify.sentence import Reason
from verify.ses.facts import SealDataStep
from verify.ses.steps import Outcome, doubtful, found, passed
from verify.signatures.cms import parse_message
from verify.signatures.timestamp import TimeStamp, TokenCheck, imprint, time_stamp_info
from verify.trusted_lists.model import ServiceKind
from verify.verdict import SubIndication

GRANTED: Final = frozenset({0, 1})
"""PKIStatus granted and grantedWithMods (RFC 3161 §2.4.2)."""
_GOOD: Final = Reason(
    "时间戳有效：由受信任的时间戳机构签发，与原文相符。",
    "The time-stamp is valid: by a trusted authority, and over this file.",
)
_REFUSED: Final = doubtful(
    SubIndication.GENERIC,
    "时间戳机构拒绝了请求，这份应答不含时间戳；请重新申请。",
    "The time-stamping authority refused: the answer holds no time-stamp; ask again.",
)
_MISSING: Final = doubtful(
    SubIndication.SIGNED_DATA_NOT_FOUND,
    "时间戳本身不含原文；请同时提供被加盖时间戳的文件（--content 文件，或上传为 content）后重新核验。",
    "A time-stamp does not hold what it is over; give that file (--content FILE, or upload it as content) and verify again.",
)
Digest = Callable[[str], bytes]


def judge_time_stamp(octets: bytes, bench: Bench, digest: Digest | None) -> Judged:
    """Judge a token or an answer as of now; ``digest`` gives that of the file beside it by ``hashlib`` name or ``sm3``."""
    token = token_of(octets)
    if token is None:
        return Judged(_GOOD, (at(ObjectStep.FORM, _REFUSED),))
    try:
        info = time_stamp_info(parse_message(token))
        algorithm, value = imprint(info)
        facts = (
            moment("gen_time", ("时间", "time"), info["gen_time"].native),
            fact("serial", ("序列号", "serial number"), f"{int(info['serial_number'].native):x}"),
            fact("policy", ("策略", "policy"), str(info["policy"].dotted)),
            fact("imprint", ("原文摘要", "digest of the content"), f"{algorithm}:{value.hex()}"),
        )
        check = TokenCheck(bench.judge, (), bench.policy)
        stamp = check.check(token, digest or (lambda _: value), bench.at)
    except Finding as finding:
        step = ObjectStep.CONTENT if finding.sub is SubIndication.HASH_FAILURE else ObjectStep.FORM
        return Judged(_GOOD, (at(step, found(finding)),))
    return _judged(stamp, facts, bench, digest)


def _judged(stamp: TimeStamp, facts: tuple[ObjectFact, ...], bench: Bench, digest: Digest | None) -> Judged:
    extra = tuple(stamp.message.certificates)
    looked, above = bench.maker(stamp.certificate, extra, check_time_stamper, ServiceKind.TSA)
    trusted = stamp.judged.finding
    steps: tuple[SealDataStep, ...] = (
        at(ObjectStep.FORM, passed("可以读取。", "It can be read.")),
        at(ObjectStep.SIGNATURE, _signed_by(stamp)),
        *above[:2],
        at(ObjectStep.VALIDITY, _authority(trusted)),
        at(ObjectStep.CONTENT, _MISSING if digest is None else _over(stamp.message.digest)),
    )
    authority = fact("authority", ("时间戳机构", "authority"), stamp.authority)
    return Judged(_GOOD, steps, (authority, *facts), looked)


def _signed_by(stamp: TimeStamp) -> Outcome:
    who = name(stamp.certificate.subject)
    return passed(f"由“{who}”签发，签名相符。", f"Made by {who}; its signature holds.")


def _authority(finding: Finding | None) -> Outcome:
    if finding is not None:
        return found(finding)
    return passed(
        "时间戳机构的证书有效，未被吊销。", "The authority's certificate is in force and not revoked."
    )


def _over(algorithm: str) -> Outcome:
    shown = "SM3" if algorithm == SM3 else algorithm.upper()
    return passed(f"与所给的原文相符（{shown}）。", f"It is over the file given ({shown}).")


def token_of(octets: bytes) -> bytes | None:
    """Return the token of an answer, or what is one already; ``None`` where the authority granted none."""
    try:
        answer = der.Reader(octets).enter(der.SEQUENCE)
        if answer.peek() == der.OID:
            return octets
        status = answer.enter(der.SEQUENCE).integer()
        return answer.element() if status in GRANTED and answer.more else None
    except der.DerError:
        return octets  # indefinite lengths: the reader of messages says what is wrong
