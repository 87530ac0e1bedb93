"""Time-stamp tokens (RFC 3161): the imprint, the signature, and the authority's certificate at a time of proof."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from asn1crypto import algos, tsp
from cryptography import x509

from ca.cms_names import TST_INFO
from verify.algorithms import digest_name
from verify.certificates.paths import name
from verify.certificates.purpose import check_time_stamper
from verify.certificates.signer import CertificateJudge, Judged
from verify.digests import digest_of
from verify.errors import Finding, failed, unsure
from verify.policy import Policy
from verify.signatures.cms import (
    SignedMessage,
    check_content_type,
    check_digest,
    check_signature,
    parse_message,
)
from verify.signatures.cms_values import malformed
from verify.signatures.signer_certificate import check_signing_certificate, signing_certificate
from verify.signatures.strength_steps import Moments, strength_of, token_weakness
from verify.strength import Strength
from verify.trusted_lists.model import ServiceKind
from verify.verdict import SubIndication

PRECISE: Final = timedelta(seconds=2)
"""EN 319 421 §7.7.1 has an authority keep its clock to a second, which some write as one of each unit; a time so exact is the time."""

WIDEST: Final = timedelta(hours=1)
"""A time less exact proves none: nobody can tell what came before it."""


@dataclass(frozen=True, slots=True)
class TimeStamp:
    """A token whose imprint and signature hold; ``judged.finding`` tells whether its authority is trusted."""

    time: datetime
    """By when what is stamped existed: the latest moment that the token's accuracy leaves open."""
    authority: str
    certificate: x509.Certificate
    judged: Judged
    message: SignedMessage
    strength: Strength

    @property
    def trusted(self) -> bool:
        """Tell whether the time counts as proof."""
        return self.judged.finding is None


@dataclass(frozen=True, slots=True)
class TokenCheck:
    """How tokens of one document are checked: by which judge, with which further certificates and rules."""

    judge: CertificateJudge
    extra: Sequence[x509.Certificate]
    policy: Policy

    def check(self, octets: bytes, stamped: Callable[[str], bytes], at: datetime) -> TimeStamp:
        """Check a token over what ``stamped(digest name)`` digests, its authority as of ``at``.

        Raises ``Finding``: FORMAT_FAILURE, HASH_FAILURE, SIG_CRYPTO_FAILURE, NO_SIGNING_CERTIFICATE_FOUND, or
        TIMESTAMP_ORDER_FAILURE for a time after ``at``. Distrust of the authority is no exception but in the result.
        """
        message = parse_message(octets, old=True)
        info = time_stamp_info(message)
        self.judge.evidence.add(message.crls, message.ocsp, embedded=True)
        algorithm, value = imprint(info)
        if stamped(algorithm) != value:
            raise failed(
                SubIndication.HASH_FAILURE,
                "时间戳与所盖的内容不符，时间戳无效；请向签章单位索取原件。",
                "The time-stamp is over something else: it is invalid; ask the signatory for the original file.",
            )
        certificate = self._signer_of(message)
        moment = info["gen_time"].native
        if moment > at + self.policy.clock_skew:
            raise unsure(
                SubIndication.TIMESTAMP_ORDER_FAILURE,
                "时间戳的时间晚于核验时间，请检查本机时钟。",
                "The time-stamp is later than the time of verification; check this computer's clock.",
            )
        width = _width(info)
        judged = self._authority(certificate, message, max(moment, at), moment)
        when = Moments(max(moment, at), max(moment, at), self.judge.now or at, moment, proved=True)
        strength = strength_of(message.digest, certificate, judged.chain, when, imprint=algorithm)
        if judged.finding is None:
            judged = replace(judged, finding=_check_width(width) or token_weakness(strength))
        latest = _latest(moment, width, max(moment, at))
        return TimeStamp(latest, name(certificate.subject), certificate, judged, message, strength)

    def _signer_of(self, message: SignedMessage) -> x509.Certificate:
        """Return whose key made a token as it stands; what is wrong with it is told of the token, not of what it is over."""
        try:
            certificate = signing_certificate(message, tuple(self.extra))
            check_digest(message, digest_of(message.digest, message.content or b""))
            check_signing_certificate(message, certificate, required=True)
            check_signature(message, certificate, message.content)
        except Finding as broken:
            if broken.sub not in _OF_THE_TOKEN:
                raise
            raise Finding(broken.indication, broken.sub, *_OF_THE_TOKEN[broken.sub]) from broken
        return certificate

    def _authority(
        self, certificate: x509.Certificate, message: SignedMessage, at: datetime, moment: datetime
    ) -> Judged:
        """Judge the authority as of ``at``; where no evidence is that new, as of the token's own time.

        EN 319 102-1 §5.4 would fetch newer evidence; offline, evidence about the time of the token has to do. An
        authority whose certificate has expired since then needs a later document time-stamp. At the token's own time it was
        an authority already: its path in force (RFC 5280 §4.1.2.5), listed and granted (ETSI TS 119 615), not suspended.
        """
        certificates = [*message.certificates, *self.extra]
        judged = self.judge.judge(certificate, certificates, at, check_time_stamper, ServiceKind.TSA)
        if judged.finding is not None and judged.finding.sub is not SubIndication.TRY_LATER:
            return judged
        then = self.judge.judge(certificate, certificates, moment, check_time_stamper, ServiceKind.TSA)
        if judged.finding is not None:
            return judged if then.finding is not None else then
        if then.finding is None or then.finding.sub is SubIndication.TRY_LATER:  # news of today tell of then
            return judged
        return replace(judged, finding=then.finding)


_OF_THE_TOKEN: Final = {
    SubIndication.HASH_FAILURE: (
        "时间戳自身的内容已被改动，时间戳无效；请向签章单位索取原件。",
        "The time-stamp's own content was changed: it is invalid; ask the signatory for the original file.",
    ),
    SubIndication.SIG_CRYPTO_FAILURE: (
        "时间戳自身的签名值不正确，时间戳无效；请向签章单位索取原件。",
        "The time-stamp's own signature value is wrong: it is invalid; ask the signatory for the original file.",
    ),
    SubIndication.NO_SIGNING_CERTIFICATE_FOUND: (
        "时间戳中没有（或无法读取）时间戳机构的证书，无法核验该时间戳；请索取附有该证书的文件。",
        "The certificate of its authority is not in the time-stamp or cannot be read; ask for a file that has it.",
    ),
}
"""The same faults as of any signed message, in the words of a time-stamp."""


def _width(info: tsp.TSTInfo) -> timedelta:
    """RFC 3161 §2.4.2: how far the time may be from the stated one; raises FORMAT_FAILURE."""
    accuracy = info["accuracy"]
    if not isinstance(accuracy, tsp.Accuracy):
        return timedelta(0)
    seconds, millis, micros = (accuracy[part].native or 0 for part in ("seconds", "millis", "micros"))
    try:
        width = timedelta(seconds=seconds, milliseconds=millis, microseconds=micros)
    except OverflowError:
        return timedelta.max
    if min(seconds, millis, micros) < 0:
        raise malformed("the accuracy of the time-stamp")
    return width


def _latest(stated: datetime, width: timedelta, at: datetime) -> datetime:
    """RFC 3161 §2.4.2: return the upper limit of when a token was made; ``at`` it was there, and what it is over."""
    if width <= PRECISE or width > WIDEST:
        return stated
    return at if at - stated <= width else stated + width


def _check_width(width: timedelta) -> Finding | None:
    if width <= WIDEST:
        return None
    return unsure(
        SubIndication.SIG_CONSTRAINTS_FAILURE,
        "时间戳所称的时间误差超过一小时，不能证明文件在某时之前已存在；请由时间准确的时间戳机构重新加盖。",
        "The time-stamp's time may be more than an hour off, so it proves nothing to be earlier than anything else; have it "
        "stamped by an authority with an exact clock.",
    )


def quiet(check: Callable[[], TimeStamp]) -> tuple[TimeStamp | None, Finding | None]:
    """Run a check whose failure only costs the proof of time; return the token or the reason."""
    try:
        return check(), None
    except Finding as finding:
        return None, finding


def time_stamp_info(message: SignedMessage) -> tsp.TSTInfo:
    """RFC 3161 §2.4.2: read the TSTInfo inside a time-stamp token; raises FORMAT_FAILURE.

    Its time is of UTC, and no extension is critical: none is understood here.
    """
    check_content_type(message, TST_INFO)
    if message.content is None:
        raise malformed("an empty time-stamp token")
    try:
        info = tsp.TSTInfo.load(message.content, strict=True)
        _ = info.native
    except (ValueError, TypeError) as error:
        raise malformed("the time-stamp information") from error
    moment = info["gen_time"].native
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise malformed("the time-stamp's time is not of UTC")
    if any(one["critical"].native for one in info["extensions"] or ()):
        raise malformed("a critical extension of the time-stamp is not understood")
    return info


def imprint(info: tsp.TSTInfo) -> tuple[str, bytes]:
    """Return digest name and value of the message imprint of a time-stamp."""
    wrapped: algos.DigestAlgorithm = info["message_imprint"]["hash_algorithm"]
    return digest_name(wrapped, old=True), bytes(info["message_imprint"]["hashed_message"].native)
