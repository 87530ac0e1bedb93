"""The rules, each one demand: a document's facts in, a refusal with its reason out, or nothing.

:data:`RULES` is the order in which they are asked of one seal; the first that refuses decides. Each is a function of the
facts, of the demands in force and of the list entry that vouches, so that the same rules weigh conditions too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from verify.acceptance.facts import Facts, Vouched
from verify.acceptance.policy import LEVELS, Demands
from verify.acceptance.rule_ids import RuleId
from verify.civil_time import civil_day
from verify.institution.proofs import PartState
from verify.integrity import RevisionKind
from verify.report import CertificateStatus, SealStatusReport
from verify.sentence import Reason
from verify.strength import Soundness

Check = Callable[[Facts, Demands, Vouched], Reason | None]
"""Says why not, or nothing."""
Asked = Callable[[Demands], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its number, the demand that calls it up, and its check."""

    id: RuleId
    asked: Asked
    check: Check


def _unlisted_maker(facts: Facts) -> Reason | None:
    """Say that the seal's maker is vouched for by nothing that counts here; nothing where there is no such seal."""
    seal = facts.signature.seal
    if seal is None or not seal.trusted or facts.seal is not None:
        return None
    return Reason(
        f"印章由“{seal.maker}”制作，担保该制章单位的信任列表或锚点不为本部门认可；请使用本部门认可的制章单位制作的印章。",
        f"The seal's maker, {seal.maker}, is vouched for by no list that this department accepts; use a seal of one that is.",
    )


def unlisted_clock(facts: Facts) -> Reason | None:
    """Say that the time-stamp authority is vouched for by nothing that counts here; nothing where none was trusted."""
    time = facts.signature.time
    if not time.trusted or facts.time is not None:
        return None
    return Reason(
        f"用印时间由“{time.authority}”的时间戳证明，担保该机构的信任列表或锚点不为本部门认可；请使用认可机构的时间戳重新用印。",
        f"The time is proved by {time.authority}, which no list that this department accepts vouches for; "
        "seal it again with a time-stamp of one that is.",
    )


def _seal(facts: Facts, demands: Demands, vouched: Vouched) -> Reason | None:
    del demands, vouched
    if facts.seal is not None:
        return None
    return _unlisted_maker(facts) or Reason(
        "本事项要求加盖电子印章，该签名没有可识别的印章；请由单位加盖印章后重新提交。",
        "A seal is required, and this signature carries none that is recognised; have the document sealed.",
    )


def _seal_kind(facts: Facts, demands: Demands, vouched: Vouched) -> Reason | None:
    kinds = demands.seal_kinds or ()
    found = facts.seal_kinds(vouched)
    if found & set(kinds):
        return None
    unlisted = _unlisted_maker(facts)
    if unlisted is not None:
        return unlisted
    seal = facts.seal
    shown = "" if seal is None else seal.kind_zh or seal.kind
    shown_en = "" if seal is None else seal.kind_en or seal.kind
    if seal is not None and seal.kind and not found:
        return Reason(
            f"境外印章种类“{seal.kind}”在本部门没有等同的种类；请改用认可的印章。",
            f"The foreign kind of seal {seal.kind} has no equivalent here; use one that is recognised.",
        )
    return Reason(
        f"印章种类为“{shown or '未知'}”，本事项只接受 {'、'.join(kinds) or '（无）'} 类；请改用规定种类的印章。",
        f"The seal is a {shown_en or 'unknown kind'}; this act takes kinds {', '.join(kinds) or 'none'} only. Use such a seal.",
    )


def _same_owner(facts: Facts, demands: Demands, vouched: Vouched) -> Reason | None:
    del demands, vouched
    seal, signer = facts.seal, facts.signature.signer
    if seal is not None and signer is not None and seal.owner_uscc and seal.owner_uscc == signer.uscc:
        return None
    return _unlisted_maker(facts) or Reason(
        "印章所有者与证书持有者的统一社会信用代码不一致或缺失；请由印章所有者以自己的证书用印。",
        "The seal's owner and the certificate's holder are not the same by their credit codes; "
        "the owner has to seal with a certificate of its own.",
    )


def _genuine(facts: Facts, demands: Demands, vouched: Vouched) -> Reason | None:
    del demands, vouched
    if not facts.signature.notice and not facts.report.notice:
        return None
    return Reason(
        "签章所用为演示或测试证书，不具法律效力；请以正式证书重新用印。",
        "Demonstration or test certificates were used, which have no legal effect; seal with genuine ones.",
    )


def _container(facts: Facts, demands: Demands, vouched: Vouched) -> Reason | None:
    del vouched
    found, allowed = facts.signature.container, demands.containers or ()
    if found in allowed:
        return None
    return Reason(
        f"签名格式为 {found or '未知'}，本事项只接受 {'、'.join(allowed) or '（无）'}；请以该格式重新用印。",
        f"The signature is written in {found or 'an unknown form'}; this act takes {', '.join(allowed) or 'none'} only.",
    )


def _level(facts: Facts, demands: Demands, vouched: Vouched) -> Reason | None:
    del vouched
    wanted = demands.ofd_level if facts.is_ofd else demands.level
    found = facts.level
    if not wanted or (found in LEVELS and LEVELS.index(found) >= LEVELS.index(wanted)):
        return None
    return unlisted_clock(facts) or Reason(
        f"签名级别为 {facts.signature.level or found}，本事项要求至少 {wanted} 级；请补充时间戳与吊销证据后重新提交。",
        f"The signature's level is {facts.signature.level or found}; at least {wanted} is asked for. "
        "Add a time-stamp and revocation evidence and hand it in again.",
    )


def _time_stamp(facts: Facts, demands: Demands, vouched: Vouched) -> Reason | None:
    del demands, vouched
    if facts.time is not None:
        return None
    return unlisted_clock(facts) or Reason(
        "签章时间没有可信时间戳证明；请以带时间戳的方式重新用印。",
        "No trusted time-stamp proves when it was sealed; seal it again with one.",
    )


def _policies(facts: Facts, demands: Demands, vouched: Vouched) -> Reason | None:
    del vouched
    stated = () if facts.signature.signer is None else facts.signature.signer.policies
    if set(stated) & set(demands.policies or ()):
        return None
    return Reason(
        "证书没有声明本部门要求的证书策略；请换用符合要求的证书。",
        "The certificate states none of the certificate policies that are asked for; use one that does.",
    )


def _assurance(facts: Facts, demands: Demands, vouched: Vouched) -> Reason | None:
    names = [one.name for one in facts.policy.assurances]
    reached = _reached(facts, vouched)
    if (
        reached in names
        and demands.assurance in names
        and names.index(reached) <= names.index(demands.assurance)
    ):
        return None
    return Reason(
        f"证书的保证级别为“{reached or '未声明'}”，本事项要求至少“{demands.assurance}”；请换用更高级别的证书。",
        f"The certificate's level of assurance is {reached or 'not stated'}; at least {demands.assurance} is asked for.",
    )


def _reached(facts: Facts, vouched: Vouched) -> str:
    """Return the level of assurance that the certificate's policies give: ours, or what an equivalence makes of them."""
    stated = set(() if facts.signature.signer is None else facts.signature.signer.policies)
    equal = vouched.equivalence
    if equal is not None:
        return equal.assurance if stated & set(equal.policies) else ""
    return next((one.name for one in facts.policy.assurances if stated & set(one.policies)), "")


_CUSTODY_ZH: Final = {
    "token": "令牌", "device": "密码设备", "sealed": "令牌封装", "soft": "软件", "remote": "异地", "": "未声明",
}  # fmt: skip


def _custody(facts: Facts, demands: Demands, vouched: Vouched) -> Reason | None:
    del vouched
    found, allowed = facts.signature.custody, demands.custody or ()
    if found in allowed:
        return None
    zh = "、".join(_CUSTODY_ZH[one] for one in allowed) or "（无）"
    return Reason(
        f"签名密钥的保管方式为“{_CUSTODY_ZH.get(found, found)}”，本事项只接受：{zh}；请换用符合要求的密钥。",
        f"The key's custody is {found or 'not stated'}; this act takes {', '.join(allowed) or 'none'} only.",
    )


def _algorithm(facts: Facts, demands: Demands, vouched: Vouched) -> Reason | None:
    del vouched
    key, _, digest = facts.signature.algorithm.partition(" / ")
    family, _, bits = key.partition("-")
    name = family if family == "RSA" else key
    short = family == "RSA" and not (bits.isdigit() and int(bits) >= demands.rsa_bits)
    fits = (
        (demands.keys is None or name in demands.keys)
        and (demands.digests is None or digest in demands.digests)
        and not short
    )
    if fits:
        return None
    wanted = "、".join((*(demands.keys or ()), *(demands.digests or ()))) or f"RSA ≥ {demands.rsa_bits}"
    return Reason(
        f"签名算法为 {facts.signature.algorithm or '未知'}，不在本事项接受的算法之内（{wanted}）；请换用规定算法重新用印。",
        f"The algorithms are {facts.signature.algorithm or 'unknown'}, which is not among those taken here ({wanted}).",
    )


def _strong_now(facts: Facts, demands: Demands, vouched: Vouched) -> Reason | None:
    del demands, vouched
    strength = facts.signature.strength
    if strength is not None and strength.now is Soundness.SOUND:
        return None
    return Reason(
        "签名所用算法现在已不再可靠或未能判断；请以现行算法重新用印或补加归档时间戳。",
        "The signature's algorithms do not count any more, or could not be judged; seal it again with today's.",
    )


def _good_now(facts: Facts, demands: Demands, vouched: Vouched) -> Reason | None:
    del demands
    item = facts.signature
    states = {item.certificate_now.status, item.authority_now.status}
    if states != {CertificateStatus.GOOD.value} or not vouched.entry.in_force:
        return Reason(
            "签章证书或其签发机构现已不在有效状态，本事项要求现在仍有效；请以有效证书重新用印。",
            "The certificate or its authority is not in force any more, and this act asks for it; seal it again.",
        )
    if item.seal is not None and item.seal_now.status != SealStatusReport.ACTIVE.value:
        return Reason(
            "印章现在不是启用状态或现状未知，本事项要求印章仍在使用；请更新印章状态表，或以现用印章重新用印。",
            "The seal is not active now, or nobody knows; this act asks for it. Get a newer status list, or seal it again.",
        )
    return None


def _statement(facts: Facts, demands: Demands, vouched: Vouched) -> Reason | None:
    del demands, vouched
    if facts.leave is not None:
        return None
    return _unlisted_maker(facts) or Reason(
        f"签章中没有制章单位关于本次用印的声明（事项与规则），本事项要求；{_MORE.zh if facts.is_ofd else ''}请向盖章单位索取带声明的签章文件。",
        "The seal maker's statement on this use, with case and rule, is missing; "
        f"{_MORE.en if facts.is_ofd else ''}ask for a document that carries it.",
    )


def _approved(facts: Facts, demands: Demands, vouched: Vouched) -> Reason | None:
    del demands, vouched
    leave = facts.leave
    if leave is not None and leave.ground == "case" and leave.approvals_sha256:
        return None
    return _unlisted_maker(facts) or Reason(
        "本次用印没有经他人审批的证明（保管人自行用印或静默用印），本事项要求；"
        f"{_MORE.zh if facts.is_ofd else ''}请经用印审批后重新用印。",
        "Nothing shows that somebody else approved this use, and this act asks for it; "
        f"{_MORE.en if facts.is_ofd else ''}seal it again under an approved case.",
    )


_MORE: Final = Reason(
    "OFD 文件中的声明须有制度证据记录（.evidence.jws）才能证明是关于本文件的，请先一并提交；",
    "in an OFD only the evidence record (.evidence.jws) shows that a statement is about it, so hand that in first, or ",
)


def _institution(facts: Facts, demands: Demands, vouched: Vouched) -> Reason | None:
    del demands, vouched
    proofs = facts.signature.proofs
    lacking = (
        () if proofs is None else tuple(p for p in proofs.institutional if p.state is not PartState.PRESENT)
    )
    unlisted = _unlisted_maker(facts)
    if unlisted is not None:
        return unlisted
    if proofs is not None and proofs.institutional and not lacking:
        return None
    zh = "".join(part.sentence.zh for part in lacking[:1])
    en = "".join(part.sentence.en for part in lacking[:1])
    return Reason(
        f"制度证据不完整：{zh}请向盖章单位索取制度证据记录（.evidence.jws）一并提交。",
        f"The institutional proof is not complete: {en} Ask for the evidence record (.evidence.jws) and hand it in too.",
    )


def _age(facts: Facts, demands: Demands, vouched: Vouched) -> Reason | None:
    """Go by the signer's own date, where it is older than the proof: anybody may add a time-stamp to an old document.

    A time-stamp proves by when a document was sealed. Since when is the signer's word alone, so that without one nothing is young.
    """
    del vouched
    time = facts.time
    if time is None or time.value is None:
        return unlisted_clock(facts) or Reason(
            f"本事项只接受 {demands.age_days} 日内用印的文件，而用印时间没有可信时间戳证明；请重新用印。",
            f"Only documents sealed within {demands.age_days} days are taken, and no time-stamp proves when; seal it again.",
        )
    if time.claimed is None:
        return Reason(
            f"本事项只接受 {demands.age_days} 日内用印的文件，而签章没有写明用印时间，时间戳只能证明不晚于何时；请重新用印。",
            f"Only documents sealed within {demands.age_days} days are taken. The signature names no date of its own, and a "
            "time-stamp proves only by when it was made; seal it again.",
        )
    sealed = min(time.value, time.claimed)
    if facts.at - sealed <= timedelta(days=demands.age_days):
        return None
    return Reason(
        f"文件于 {civil_day(sealed)} 用印，已超过 {demands.age_days} 日；请提交新近用印的文件。",
        f"It was sealed on {civil_day(sealed)}, more than {demands.age_days} days ago; hand in a newer one.",
    )


def _evidence_age(facts: Facts, demands: Demands, vouched: Vouched) -> Reason | None:
    del vouched
    item = facts.signature
    known = [item.certificate_now.as_of]
    if item.seal_now.source == "list":
        known.append(item.seal_now.as_of)
    if all(one is not None and facts.at - one <= timedelta(hours=demands.evidence_hours) for one in known):
        return None
    return Reason(
        f"核验所用的吊销与状态信息已超过 {demands.evidence_hours} 小时；请更新信任库后重新核验。",
        f"What is known of revocations and of the seal's state is older than {demands.evidence_hours} hours; update the trust store and verify again.",
    )


def _nothing_added(facts: Facts, demands: Demands, vouched: Vouched) -> Reason | None:
    del demands, vouched
    found = facts.signature.integrity
    added = next((one for one in found.revisions if one.kind not in _LEAVES_AS_IT_IS), None)
    if found.modified is False and added is None and not found.doubts:
        return None
    zh, en = (
        ("", "") if added is None else (f"（{added.kind.zh}）", f" ({added.kind.value.replace('-', ' ')})")
    )
    return Reason(
        f"签章之后文件又有添加{zh}，即使是允许的，本事项也不接受；请提交签章时的原件。",
        f"Something was added after sealing{en}; even where it was allowed, this act does not take it. Hand in the original.",
    )


_LEAVES_AS_IT_IS: Final = frozenset(
    {
        RevisionKind.SIGNATURE,
        RevisionKind.TIME_STAMP,
        RevisionKind.VALIDATION_DATA,
        RevisionKind.PROPERTIES,
        RevisionKind.NOTHING,
    }
)
"""What may follow a seal and leaves what it says: further signatures, time-stamps, evidence, the document's description."""


RULES: Final = (
    Rule(RuleId.SEAL, lambda d: d.seal, _seal),
    Rule(RuleId.SEAL_KIND, lambda d: d.seal_kinds is not None, _seal_kind),
    Rule(RuleId.SAME_OWNER, lambda d: d.same_owner, _same_owner),
    Rule(RuleId.GENUINE, lambda d: d.genuine, _genuine),
    Rule(RuleId.CONTAINER, lambda d: d.containers is not None, _container),
    Rule(RuleId.LEVEL, lambda d: bool(d.level or d.ofd_level), _level),
    Rule(RuleId.TIME_STAMP, lambda d: d.time_stamp, _time_stamp),
    Rule(RuleId.POLICIES, lambda d: d.policies is not None, _policies),
    Rule(RuleId.ASSURANCE, lambda d: bool(d.assurance), _assurance),
    Rule(RuleId.CUSTODY, lambda d: d.custody is not None, _custody),
    Rule(
        RuleId.ALGORITHM,
        lambda d: d.keys is not None or d.digests is not None or bool(d.rsa_bits),
        _algorithm,
    ),
    Rule(RuleId.STRONG_NOW, lambda d: d.strong_now, _strong_now),
    Rule(RuleId.GOOD_NOW, lambda d: d.good_now, _good_now),
    Rule(RuleId.STATEMENT, lambda d: d.seal_statement, _statement),
    Rule(RuleId.APPROVED, lambda d: d.approved, _approved),
    Rule(RuleId.INSTITUTION, lambda d: d.institutional_proof, _institution),
    Rule(RuleId.AGE, lambda d: bool(d.age_days), _age),
    Rule(RuleId.EVIDENCE_AGE, lambda d: bool(d.evidence_hours), _evidence_age),
    Rule(RuleId.NOTHING_ADDED, lambda d: d.nothing_added, _nothing_added),
)
"""In order; ``every_seal`` is no rule of its own: it says of how many seals they are asked."""
