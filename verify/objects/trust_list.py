"""A bare trust list (ETSI TS 119 612, TS 119 602): its signature, whose it is, its number, its age, what it points to."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from cryptography import x509

from verify.certificates.paths import name
from verify.civil_time import civil_day
from verify.objects.list_source import fingerprints, points_to, source_of
from verify.objects.report import ObjectFact
from verify.objects.steps import Bench, Judged, ObjectStep, at, fact, moment
from verify.policy import CLOCK_SKEW
from verify.sentence import Reason
from verify.ses.certificates import Looked
from verify.ses.steps import Outcome, doubtful, failed, passed, skipped
from verify.signatures.loaded import load_certificate
from verify.terminal import stamp
from verify.trusted_lists.age import age
from verify.trusted_lists.anchors import newest
from verify.trusted_lists.errors import (
    ListRefused,
    ListSignerUnknown,
    ListTooLarge,
    ListUnreadable,
    ListUnsupported,
)
from verify.trusted_lists.model import Pointer, ServiceKind, TrustedList
from verify.trusted_lists.pinned import read_claimed
from verify.verdict import SubIndication

MAX_NAMED: Final = 5
"""Lists named in one sentence."""
_GOOD: Final = Reason(
    "信任清单有效：签名相符，签发者可信，在有效期内，没有已知的更新一期。",
    "The trust list is valid: its signature holds, its signer is trusted, it is up to date, and no newer one is known.",
)
_READS: Final = at(ObjectStep.FORM, passed("可以读取。", "It can be read."))
_NAMELESS: Final = doubtful(
    SubIndication.NO_SIGNING_CERTIFICATE_FOUND,
    "清单没有附带签名证书，无法核对签名；请向发布机构索取该证书，用 --signer 指定证书文件后重新核验。",
    "The list does not bring its signer's certificate; ask its publisher for it, name its file with --signer and verify again.",
)


def judge_trust_list(octets: bytes, bench: Bench) -> Judged:
    """Judge a list as of now.

    A signature that does not hold under the certificate that the list names fails it; of one that holds, the second question is
    whose it is, and a stranger's is told by its fingerprint.
    """
    at_hand = [der for pin in bench.pins for der in pin.source.certificates]
    try:
        found, der = read_claimed(octets, at_hand)
    except ListUnsupported as wrong:
        strange = doubtful(SubIndication.GENERIC, wrong.zh, wrong.en)
        return Judged(_GOOD, (at(ObjectStep.FORM, strange),))
    except ListTooLarge as wrong:
        limit = doubtful(SubIndication.LIMIT_REACHED, wrong.zh, wrong.en)
        return Judged(_GOOD, (at(ObjectStep.FORM, limit),))
    except ListUnreadable as wrong:
        return Judged(_GOOD, (at(ObjectStep.FORM, failed(SubIndication.FORMAT_FAILURE, wrong.zh, wrong.en)),))
    except ListSignerUnknown:
        return Judged(_GOOD, (_READS, at(ObjectStep.SIGNATURE, _NAMELESS)))
    except ListRefused as wrong:
        bad = failed(SubIndication.SIG_CRYPTO_FAILURE, wrong.zh, wrong.en)
        return Judged(_GOOD, (_READS, at(ObjectStep.SIGNATURE, bad)))
    certificate = x509.load_der_x509_certificate(der)
    source = source_of(found, certificate, bench)
    who = name(certificate.subject)
    steps = (
        _READS,
        at(
            ObjectStep.SIGNATURE,
            passed(f"与“{who}”的证书相符，覆盖整份清单。", f"It holds for {who} and covers the whole list."),
        ),
        at(ObjectStep.SOURCE, source.outcome),
        *source.steps,
        at(ObjectStep.NUMBER, _number(found, bench)),
        at(ObjectStep.CURRENT, _current(found, bench.at)),
        *([at(ObjectStep.POINTERS, _pointers(found, bench))] if found.pointers else []),
    )
    return Judged(_GOOD, steps, _facts(found, bench.at), Looked(certificate, source.chain, source.outcome))


def _number(found: TrustedList, bench: Bench) -> Outcome:
    """I30: the number of a scheme's lists only rises, and one number stands for one content."""
    known = [one for one in bench.lists if one.scheme_id == found.scheme_id]
    lowest = max((pin.lowest for pin in bench.pins if pin.source.scheme_id == found.scheme_id), default=0)
    highest = max([lowest, *(one.sequence for one in known)])
    if found.sequence < highest:
        return doubtful(
            SubIndication.TRY_LATER,
            f"第 {found.sequence} 号低于已知的第 {highest} 号：这是旧的一期，不能说明现状；请取得最新的一期。",
            f"Number {found.sequence} is lower than {highest}, which is known: it is an old issue and says nothing about now; "
            "fetch the newest.",
        )
    if any(disputed for _, disputed in newest([found, *known])):
        return doubtful(
            SubIndication.GENERIC,
            f"第 {found.sequence} 号有两份不同的内容，均不可信；请向发布机构核实。",
            f"There are two different lists with the number {found.sequence}, and neither is trusted; ask their publisher.",
        )
    if found.sequence == highest and known:
        return passed(
            f"第 {found.sequence} 号，与已知的一致。", f"Number {found.sequence}, the one that is known."
        )
    if highest:
        return passed(
            f"第 {found.sequence} 号，不低于已知的第 {highest} 号。",
            f"Number {found.sequence}, not lower than {highest}, which is known.",
        )
    return skipped(
        f"第 {found.sequence} 号；没有该体系的其他清单可供比较。",
        f"Number {found.sequence}; there is no other list of this scheme to compare it with.",
    )


def _current(found: TrustedList, now: datetime) -> Outcome:
    """TS 119 612 §5.3.14, §5.3.15: between its issue and its next update."""
    if found.issued > now + CLOCK_SKEW:
        return doubtful(
            SubIndication.TIMESTAMP_ORDER_FAILURE,
            f"签发时间 {stamp(found.issued)} 晚于核验时间，当时还没有这一期；请检查核验时间或本机时钟。",
            f"It was issued at {stamp(found.issued)}, after the time of verification: there was no such issue then; check that time, "
            "or this computer's clock.",
        )
    if not found.current_at(now):
        said = age(found, now)
        return doubtful(SubIndication.TRY_LATER, said.zh, said.en)
    until = stamp(found.next_update)
    return passed(f"在时效内（至 {until}）。", f"Up to date (until {until}).")


def _pointers(found: TrustedList, bench: Bench) -> Outcome:
    """TS 119 612 §5.3.13: each names certificates of today, and those of the lists at hand are the ones named."""
    others = [one for one in found.pointers if not points_to(one, found)]
    weak = [one for one in others if not _usable(one, bench.at)]
    at_hand = [
        (one, other)
        for other, _ in newest(bench.lists)
        for one in others
        if other.scheme_id != found.scheme_id and points_to(one, other)
    ]
    against = [other.scheme_id for one, other in at_hand if other.signer_sha256 not in fingerprints(one)]
    if against:
        return doubtful(
            SubIndication.SIG_CONSTRAINTS_FAILURE,
            f"所列签名证书与已知清单的签名者不符（{'、'.join(against[:MAX_NAMED])}）；请取得最新的一期后重新核验。",
            f"It names other signers than those of the lists at hand ({', '.join(against[:MAX_NAMED])}); "
            "fetch the newest of both and verify again.",
        )
    named = [one.territory or one.location for one in weak[:MAX_NAMED]]
    weak_zh = f"，其中 {len(weak)} 份没有现在有效的签名证书（{'、'.join(named)}）" if weak else ""
    weak_en = (
        f", {len(weak)} of them without a signer's certificate valid now ({', '.join(named)})" if weak else ""
    )
    return passed(
        f"指向 {len(others)} 份清单{weak_zh}；手头的 {len(at_hand)} 份均由所列证书签名。",
        f"It points to {len(others)} lists{weak_en}; the {len(at_hand)} at hand were signed by those that it names.",
    )


def _usable(pointer: Pointer, now: datetime) -> bool:
    certificates = (load_certificate(der) for der in pointer.signers)
    return any(
        one is not None and one.not_valid_before_utc <= now <= one.not_valid_after_utc for one in certificates
    )


def _facts(found: TrustedList, now: datetime) -> tuple[ObjectFact, ...]:
    periods = [service.status_at(now) for service in found.services]
    force = sum(period is not None and period.status.in_force for period in periods)
    count = len(found.services)
    kinds = {kind: sum(1 for _ in found.of_kind(kind)) for kind in ServiceKind}
    told = " · ".join(f"{kind.value} {number}" for kind, number in kinds.items() if number)
    providers = len({service.provider.name.en for service in found.services})
    made = [
        fact("scheme", ("清单体系", "scheme"), found.scheme.name.zh or found.scheme_id, found.scheme_id),
        fact("operator", ("发布机构", "operator"), found.operator.zh, found.operator.en),
        fact("territory", ("地区", "territory"), found.territory),
        fact("number", ("序号", "number"), str(found.sequence)),
        moment("issued", ("签发时间", "issued"), found.issued),
        moment("next_update", ("下次更新", "next update"), found.next_update),
        fact("providers", ("服务机构", "providers"), str(providers)),
        fact(
            "services",
            ("服务", "services"),
            f"{count} 项，{civil_day(now)} 有效 {force} 项",
            f"{count}, of which {force} in force on {civil_day(now)}",
        ),
        fact("kinds", ("服务种类", "kinds of services"), told),
        fact("pointers", ("指向的清单", "lists pointed to"), str(len(found.pointers) or "")),
        fact("sha256", ("清单 SHA-256", "SHA-256 of the list"), found.sha256),
        fact("signer_sha256", ("签名证书 SHA-256", "SHA-256 of its signer"), found.signer_sha256),
    ]
    return tuple(one for one in made if one.zh)
