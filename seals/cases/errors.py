"""What can be wrong with the use of a seal: its case, its approvals, its rule, its standing authorisation.

:class:`UseRefused` and below say that a seal is not put on a document now; they are on the trail of refused sealings. The rest
is about acts on a case. ``field`` names the member that is wrong, where one is.
"""

from __future__ import annotations

from seals.errors import SealError, SealNotUsable


class CaseError(SealError):
    """Something about a case of use is not as asked."""

    zh = "用印事项未能办理，请按提示处理。"
    en = "The case of use cannot go on; do what is said."

    def __init__(self, zh: str = "", en: str = "", *, field: str = "") -> None:
        super().__init__(en)
        self.zh = zh or self.zh
        self.en = en or self.en
        self.field = field


class CaseFieldInvalid(CaseError):
    """A member of the request does not have its form."""

    def __init__(self, field: str, zh: str, en: str) -> None:
        super().__init__(f"“{field}”：{zh}", f"{field}: {en}", field=field)


class CaseUnknown(CaseError):
    """There is no case, authorisation or registered certificate of this number, or it is not the caller's to see."""

    zh = "没有这个编号的用印事项、授权或登记证书，请核对编号。"
    en = "There is no case, authorisation or registered certificate of this number; check it."


class CaseActRefused(CaseError):
    """The present state does not allow the act."""

    zh = "用印事项当前状态不允许此操作，请刷新后查看状态。"
    en = "The present state of the case does not allow this; reload and look at it."


class CaseMoved(CaseError):
    """Somebody else moved it at the same moment."""

    zh = "该用印事项刚被他人办理，请刷新后重试。"
    en = "Somebody else has just acted on this case; reload and try again."


class CaseKeyTaken(CaseError):
    """Another case was opened under this request key."""

    zh = "“request_key”：该请求编号已用于另一事项，请使用新的编号。"
    en = "request_key: another case was opened with this request key; use a new one."

    def __init__(self) -> None:
        super().__init__(field="request_key")


class NotYourCase(CaseError):
    """Only the requester edits, submits and withdraws."""

    zh = "只有申请人本人可以修改、提交或撤回该用印事项。"
    en = "Only the requester may change, submit or withdraw this case."


class CaseReasonNeeded(CaseError):
    """Rejecting, voiding and ending an authorisation state a reason."""

    zh = "“reason”：请填写原因（1 至 500 个字）。"
    en = "reason: state why, in 1 to 500 characters."

    def __init__(self) -> None:
        super().__init__(field="reason")


class ClockBehindCase(CaseError):
    """The clock shows a time before an act already on record."""

    zh = "系统时间早于该事项已有的记录，已停止操作，请先校准服务器时钟。"
    en = "The clock is earlier than acts on record for this case; nothing was done. Set the server's clock right first."


class LaneBroken(CaseError):
    """The record of who did what no longer hangs together."""

    zh = "责任记录的摘要链不连续，记录可能被改动；请停止用印并联系审计员。"
    en = "The chain of the record of responsibility is broken, so it may have been changed; stop and call the auditor."


class ApprovalInvalid(CaseError):
    """A signed approval does not say what is to be approved, or its signature is not good."""

    zh = "审批签名无效，请重新获取待签内容并签名。"
    en = "The signed approval is not good; fetch the payload again and sign it."


class SignerUnfit(CaseError):
    """The certificate cannot be bound to this person, or does not hold any more."""

    zh = "该证书不能用于审批签名：须由本系统签发、在有效期内、未吊销且用途为签名。"
    en = "This certificate cannot sign approvals: ours, within its validity, not revoked, for signatures."


class SignerMissing(CaseError):
    """The person has no certificate on the register."""

    zh = "您尚未登记审批证书；请由一人登记、另一人确认后再审批。"
    en = "You have no certificate on the register; one person registers it, another confirms, then approve."


class SignerSecondPerson(CaseError):
    """A certificate is registered by one person and confirmed by another, who does not hold it."""

    zh = "登记审批证书须两人办理：确认人不能是登记人，也不能是持证人本人。"
    en = "Registering a certificate takes two people: who confirms neither registered it nor holds it."


class StandingRefused(CaseError):
    """A standing authorisation cannot be given or changed so."""

    zh = "该静默用印授权不能这样办理。"
    en = "The standing authorisation cannot be given or changed so."


class UseRuleInvalid(CaseError):
    """The file of rules is not in order; the place is named."""

    def __init__(self, where: str, zh: str, en: str) -> None:
        super().__init__(f"用印规则有误，{where}：{zh}", f"The rules of use are wrong, {where}: {en}")


class UseRuleMissing(CaseError):
    """No rule says who decides this use."""

    zh = "没有适用于此印章和文件的用印规则，请管理员补充规则。"
    en = "No rule says who decides this use of this seal; an administrator must add one."


class UseRefused(SealNotUsable):
    """The seal is not put on this document now; the subclass says why."""

    zh = "现在不能用印。"
    en = "The seal cannot be used for this now."

    def __init__(self, zh: str = "", en: str = "") -> None:
        super().__init__(en)
        self.zh = zh or self.zh
        self.en = en or self.en


class ApprovalNeeded(UseRefused):
    """The rule asks for approval, and the order names no case."""

    def __init__(self, rule: str, people: str) -> None:
        self.rule = rule
        super().__init__(
            f"按用印规则“{rule}”须先审批（{people}）。请先申请：业务台“用印审批”、yinxin case open 或 POST /api/v1/cases；批准后在网页上为同一份文件用印，或凭事项编号用印。",
            f"Rule '{rule}' asks for approval first ({people}). Apply in the console, with `yinxin case open` or POST /api/v1/cases; "
            "then seal the same document on the page, or with the number of the approved case.",
        )


class CaseNotReady(UseRefused):
    """The case is not approved, used up, or past its time."""

    def __init__(self, case_id: str, zh: str, en: str) -> None:
        super().__init__(f"用印事项 {case_id} {zh}", f"Case {case_id} {en}")


class DocumentDiffers(UseRefused):
    """The document is not the one that was approved; its approvals are void now."""

    zh = "文件与审批时的不一致，原审批已作废；请上传新文件后重新提交审批。"
    en = "The document is not the one that was approved. The approvals are void; attach the new file and submit it again."


class NotInBatch(UseRefused):
    """The document is not one of those that the case was approved for."""

    zh = "文件不在该批次已批准的清单中，或清单位置不符；请核对文件，或为它另行申请。"
    en = "The document is not one of those that the case was approved for; check the file, or apply for it by itself."


class CaseOfAnother(UseRefused):
    """The case is about another seal or medium."""

    zh = "该用印事项不是针对这枚印章或这种用印方式的，请核对事项编号。"
    en = "The case is about another seal or another medium; check its number."


class ApprovalNoLongerGood(UseRefused):
    """An approver's certificate was revoked, or is not bound to them any more."""

    zh = "审批人的证书已被吊销或解除登记，原审批不再有效；请作废该事项后重新审批。"
    en = "An approver's certificate was revoked or unbound, so the approval counts no more; void the case and have it approved again."


class StandingEnded(UseRefused):
    """The standing authorisation is pending, expired or was ended."""

    zh = "静默用印授权未生效、已到期或已撤销，请由印章所有者重新授权。"
    en = "The standing authorisation is not effective yet, has expired or was ended; ask the seal's owner for a new one."


class StandingUsedUp(UseRefused):
    """The quota of the standing authorisation is used up, in all or for today."""

    zh = "静默用印授权的次数已用完（总数或当日），请次日再试或重新授权。"
    en = "The quota of the standing authorisation is used up, in all or for today; wait for tomorrow or ask for a new one."


class CopiesSpent(CaseError):
    """More uses are reported than were approved."""

    zh = "用印次数超过批准的份数；请核对用印记录并按异常处理。"
    en = "More uses are reported than copies were approved; compare the records and treat it as an alarm."
