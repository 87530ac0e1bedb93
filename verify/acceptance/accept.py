"""The third answer: does this department accept this document for this act? Numbered rules; the first refusal decides.

1. The policy is in force (R01). 2. Somebody sealed or signed a document (R02), everything on it is valid (R03), nobody voided
it (R04). 3. Every seal and signature is vouched for by a list that counts here (R05), and where anything that the verdict needs has ended
since, so is the clock. 4. One of them meets every demand of the act, or all do where that is asked (R06-R23). 5. What must be done
besides is named (R24).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from verify.acceptance.answers import Acceptance, AcceptanceStatus
from verify.acceptance.errors import ActUnknown
from verify.acceptance.facts import Facts, Vouched, candidates
from verify.acceptance.policy import Act, Condition, Demands, DepartmentPolicy
from verify.acceptance.rule_ids import CITES, RuleId
from verify.acceptance.rules import RULES, unlisted_clock
from verify.civil_time import civil_day
from verify.report import DocumentReport, Reason, Verdict
from verify.trusted_lists.decision import BY_DECREE

UNSIGNED: Final = Reason(
    "文件上没有签章或签名（单独的印章、证书不是文件），不能接受；请提交签章后的文件。",
    "There is no seal or signature on a document (a bare seal or certificate is none); hand in the sealed document.",
)

REPORT: Final = Reason(
    "这是关于另一文件的核验报告，不是签章后的文件本身；请提交报告所述的原文件。",
    "This is a verification report on another file, not the sealed document itself; hand in the file that it is about.",
)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How far one seal came: the rules that it met, the entry that vouched, what is left to do, or the rule that refused it."""

    passed: tuple[RuleId, ...] = ()
    vouched: Vouched | None = None
    facts: Facts | None = None
    left: tuple[Reason, ...] = ()
    rule: RuleId | None = None
    refusal: Reason | None = None

    def on(self, blank: Acceptance) -> Acceptance:
        """Write down whose word it rests on: about the certificate, the seal and the time."""
        made = replace(blank, passed=tuple(rule.value for rule in self.passed))
        if self.vouched is None or self.facts is None:
            return made
        makers = self.facts.makers if self.facts.seal is not None else ()
        return replace(
            made,
            entry=_entry(self.vouched),
            vouched=self.vouched.entry,
            maker_entry="".join(_entry(one) for one in makers[:1]),
            time_entry="".join(_entry(one) for one in self.facts.clocks[:1]),
        )


def accept(report: DocumentReport, policy: DepartmentPolicy, act: str) -> Acceptance:
    """Judge a report by a department's policy for an act (its id or name); :class:`ActUnknown` for one it has not.

    Pure: as of the report's own time of verification. What is not proved counts as not there.
    """
    found = policy.act(act.strip())
    if found is None:
        raise ActUnknown(act, policy.zh, tuple(one.zh for one in policy.acts))
    blank = _blank(report, policy, found)
    barred = _document(report, policy)
    if barred is not None:
        rule, reason = barred
        return _refused(blank, policy, _Outcome(rule=rule, refusal=reason))
    return _judge(report, policy, found, blank)


def _document(report: DocumentReport, policy: DepartmentPolicy) -> tuple[RuleId, Reason] | None:
    """R01 to R04: what concerns the document as a whole."""
    at = report.verified_at
    if at is None or (policy.since and at < policy.since) or (policy.until and at > policy.until):
        return RuleId.IN_FORCE, Reason(
            f"{policy.zh}的该政策（{policy.version}）在核验时间不在施行期内；请导入现行政策。",
            f"The policy {policy.version} was not in force at the time of verification; import the present one.",
        )
    if report.reported is not None:
        return RuleId.SIGNED, REPORT
    if not candidates(report):
        return RuleId.SIGNED, UNSIGNED
    if report.verdict is not Verdict.PASSED:
        zh, en = report.verdict.zh, report.verdict.en
        return RuleId.VALID, Reason(
            f"文件{zh}：{report.reason.zh}", f"The document is {en}: {report.reason.en}"
        )
    if report.voided is not None:
        return RuleId.NOT_VOIDED, Reason(
            "文件的签章虽可核验，但文件已被签章单位作废；请向其索取现行文件。",
            "The seals verify, but their owners voided the document; ask them for the one that counts.",
        )
    return None


def _judge(report: DocumentReport, policy: DepartmentPolicy, act: Act, blank: Acceptance) -> Acceptance:
    """R05 to R24; of several seals that meet everything, the one that leaves the fewest conditions decides."""
    demands, wishes = policy.demands_of(act), (*policy.conditions, *act.conditions)
    outcomes = [_signature(Facts(report, one, policy), demands, wishes) for one in candidates(report)]
    unlisted = next((one for one in outcomes if one.rule is RuleId.LIST), None)
    if unlisted is not None:
        return _refused(blank, policy, unlisted)
    refused = [one for one in outcomes if one.refusal is not None]
    met = [one for one in outcomes if one.refusal is None]
    if refused and (demands.every_seal or not met):
        return _refused(blank, policy, max(refused, key=lambda one: len(one.passed)))
    return _accepted(blank, policy, min(met, key=lambda one: len(one.left)))


def _signature(facts: Facts, demands: Demands, wishes: tuple[Condition, ...]) -> _Outcome:
    """Ask every rule of one signature under each entry that vouches for it; the entry that serves it best counts."""
    vouched = facts.vouched
    if not vouched:
        return _Outcome(rule=RuleId.LIST, refusal=_unlisted(facts))
    clock = unlisted_clock(facts)
    if clock is not None:
        if facts.has_ended:
            return _Outcome((), vouched[0], facts, rule=RuleId.LIST, refusal=clock)
        vouched = tuple(one for one in vouched if one.entry.in_force)
    tried = [_under(facts, demands, one) for one in vouched]
    met = [
        replace(outcome, left=_left(facts, wishes, one))
        for outcome, one in zip(tried, vouched, strict=True)
        if outcome.refusal is None
    ]
    if met:
        return min(met, key=lambda one: len(one.left))
    return max(tried, key=lambda one: len(one.passed))


def _under(facts: Facts, demands: Demands, vouched: Vouched) -> _Outcome:
    passed = [RuleId.LIST]
    for rule in RULES:
        if not rule.asked(demands):
            continue
        refusal = rule.check(facts, demands, vouched)
        if refusal is not None:
            return _Outcome(tuple(passed), vouched, facts, rule=rule.id, refusal=refusal)
        passed.append(rule.id)
    return _Outcome(tuple(passed), vouched, facts)


def _left(facts: Facts, wishes: tuple[Condition, ...], vouched: Vouched) -> tuple[Reason, ...]:
    """Return what must be done as well: each condition that nothing spares, or whose demands are not met."""
    return tuple([one.words for one in wishes if not _is_spared(facts, one.unless, vouched)])


def _is_spared(facts: Facts, unless: Demands, vouched: Vouched) -> bool:
    """Tell whether what would spare a condition is met: by this signature, or by every one where that is asked."""
    if not unless.asks() or _under(facts, unless, vouched).refusal is not None:
        return False
    others = candidates(facts.report) if unless.every_seal else ()
    every = [Facts(facts.report, one, facts.policy) for one in others]
    return all(any(_under(one, unless, entry).refusal is None for entry in one.vouched) for one in every)


def _unlisted(facts: Facts) -> Reason:
    signer = facts.signature.signer
    who = "" if signer is None else signer.organization or signer.name
    return Reason(
        f"“{who}”的证书由本部门未认可的信任列表或锚点担保，本部门不接受；请使用认可机构签发的证书。",
        f"The certificate of {who} is vouched for by no list that this department accepts; "
        "use one of an authority that it recognises.",
    )


def _entry(vouched: Vouched) -> str:
    """Write down the entry that decided: where the policy has it, and the list's own entry."""
    entry = vouched.entry
    if entry.scheme_id == BY_DECREE:
        return " · ".join(filter(None, (vouched.place, entry.provider, entry.certificate_sha256)))
    issued = "" if entry.issued is None else civil_day(entry.issued)
    listed = f"no. {entry.sequence} {issued}".strip()
    parts = (
        vouched.place,
        listed,
        entry.provider,
        entry.service,
        entry.then.status,
        entry.certificate_sha256,
    )
    return " · ".join(filter(None, parts))


def _accepted(blank: Acceptance, policy: DepartmentPolicy, outcome: _Outcome) -> Acceptance:
    """R24: accepted, or accepted if what is left is done as well."""
    left = outcome.left
    passed = (RuleId.IN_FORCE, RuleId.SIGNED, RuleId.VALID, RuleId.NOT_VOIDED, *outcome.passed)
    done = replace(outcome, passed=passed).on(blank)
    if not left:
        return replace(
            done,
            status=AcceptanceStatus.ACCEPTED,
            rule=passed[-1].value,
            cites=_cites(policy, passed[-1]),
            sentence=Reason(
                f"{policy.zh}接受该文件用于“{blank.act_zh}”。",
                f"{policy.en} accepts the document for: {blank.act_en}.",
            ),
        )
    return replace(
        done,
        status=AcceptanceStatus.CONDITIONS,
        rule=RuleId.CONDITIONS.value,
        cites=_cites(policy, RuleId.CONDITIONS),
        conditions=left,
        sentence=Reason(
            f"{policy.zh}有条件接受该文件用于“{blank.act_zh}”：{'；'.join(one.zh for one in left)}。",
            f"{policy.en} accepts the document for {blank.act_en}, if: {'; '.join(one.en for one in left)}.",
        ),
    )


def _refused(blank: Acceptance, policy: DepartmentPolicy, outcome: _Outcome) -> Acceptance:
    rule, why = outcome.rule or RuleId.VALID, outcome.refusal or UNSIGNED
    return replace(
        outcome.on(blank),
        status=AcceptanceStatus.REFUSED,
        rule=rule.value,
        cites=_cites(policy, rule),
        sentence=Reason(f"{policy.zh}不予接受：{why.zh}", f"Not accepted by {policy.en}: {why.en}"),
    )


def _cites(policy: DepartmentPolicy, rule: RuleId) -> str:
    return dict(policy.cites).get(rule.value.partition("-")[0], CITES[rule])


def _blank(report: DocumentReport, policy: DepartmentPolicy, act: Act) -> Acceptance:
    return Acceptance(
        status=AcceptanceStatus.REFUSED,
        department=policy.id,
        department_zh=policy.zh,
        department_en=policy.en,
        policy_version=policy.version,
        policy_sha256=policy.sha256,
        act=act.id,
        act_zh=act.zh,
        act_en=act.en,
        rule="",
        cites="",
        entry="",
        sentence=Reason("", ""),
        at=report.verified_at,
    )
