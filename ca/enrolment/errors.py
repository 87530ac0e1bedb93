"""What can be wrong with an enrolment: its fields, its evidence, its approvers, its state, the rules it goes by.

``field`` names the member of the request that is wrong, where one is. Sentences say what to do; none holds a secret.
"""

from __future__ import annotations

from ca.errors import CaError


class EnrolmentError(CaError):
    """An enrolment cannot go on as asked."""

    zh = "证书申请无法继续办理，请按提示处理。"
    en = "The enrolment cannot go on; do what is said."

    def __init__(self, zh: str = "", en: str = "", *, field: str = "") -> None:
        super().__init__(en)
        self.zh = zh or self.zh
        self.en = en or self.en
        self.field = field


class FieldInvalid(EnrolmentError):
    """A member of the request does not have its form, or its profile does not give what it asks for."""

    zh = "申请内容不正确，请修改后重新提交。"
    en = "The request is not in order; correct it and send it again."

    def __init__(self, field: str, zh: str, en: str) -> None:
        super().__init__(f"“{field}”：{zh}", f"{field}: {en}", field=field)


class KeyReused(EnrolmentError):
    """The key is certified already, for this subject or another, or another open request asks for it."""

    zh = "“public_key”：该公钥已用于其他证书或申请，请生成新密钥。"
    en = "public_key: this key has a certificate or a request already; make a new key."

    def __init__(self, zh: str = "", en: str = "") -> None:
        super().__init__(zh, en, field="public_key")


class KeyBarred(EnrolmentError):
    """The key was reported compromised; nobody certifies it again (I27)."""

    zh = "“public_key”：该公钥已被报告泄露，任何签发者都不再为其签发证书；请在设备中生成新密钥。"
    en = "public_key: this key was reported compromised and is never certified again; make a new key."

    def __init__(self) -> None:
        super().__init__(field="public_key")


class RequestKeyTaken(EnrolmentError):
    """Another enrolment was begun under this request key."""

    zh = "“request_key”：该请求编号已用于另一份申请，请使用新的编号。"
    en = "request_key: another enrolment has this request key; use a new one."

    def __init__(self) -> None:
        super().__init__(field="request_key")


class EvidenceInvalid(EnrolmentError):
    """A document of the evidence is empty, too large, one too many or not of the kind asked for."""

    zh = "“evidence”：申请材料不符合要求。"
    en = "evidence: the document is not in order."

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"“evidence”：{zh}", f"evidence: {en}", field="evidence")


class EvidenceDamaged(EnrolmentError):
    """A stored document is missing or is no longer what its digest says."""

    zh = "申请材料文件缺失或已被改动，请检查存储并联系管理员。"
    en = "A document of the evidence is missing or was changed; examine the storage."


class EnrolmentUnknown(EnrolmentError):
    """Nothing is known under this number."""

    zh = "没有这个编号的申请，请核对编号。"
    en = "There is no enrolment, order or job with this number; check it."


class EnrolmentActRefused(EnrolmentError):
    """The present state does not allow the act."""

    zh = "当前状态不允许此操作。"
    en = "The present state does not allow this."


class EnrolmentMoved(EnrolmentError):
    """Somebody else moved it at the same moment."""

    zh = "该申请刚被他人办理，请刷新后重试。"
    en = "Somebody else just acted on this; look again and retry."


class ChecksOpen(EnrolmentError):
    """Items of the checklist are open or refused; it cannot be approved."""

    zh = "审核清单尚有未通过的项目，不能审批。"
    en = "Items of the checklist are open or refused; it cannot be approved."


class SecondPersonNeeded(EnrolmentError):
    """The requester neither checks nor approves (I22)."""

    zh = "申请人不能审核或审批自己的申请，请由另一人办理。"
    en = "The requester cannot check or approve it; another person must."


class ApprovedAlready(EnrolmentError):
    """One person approves once, however many keys they hold (I22)."""

    zh = "您已审批过此版本；每人只计一次，请由其他人审批。"
    en = "You approved this version already; each person counts once, another person must approve."


class ApproverUnfit(EnrolmentError):
    """The rule names other people, or another right, for what is open."""

    zh = "按审批规则，当前环节须由其他人员审批。"
    en = "By the rule, the present stage is for other people."


class ContentChanged(EnrolmentError):
    """What the approver saw, or what was approved, is not what stands there now (I22)."""

    zh = "内容与所审批的不一致（digest 不符），请重新查看后再办理。"
    en = "The content is not the one that was seen or approved (its digest differs); look again first."

    def __init__(self, zh: str = "", en: str = "") -> None:
        super().__init__(zh, en, field="digest")


class DeadlinePassed(EnrolmentError):
    """The deadline of the rule has passed."""

    zh = "该申请已超过办理期限，请重新申请。"
    en = "The deadline has passed; apply again."


class RejectionReasonNeeded(EnrolmentError):
    """A rejection states a code and a sentence."""

    zh = "“reason”：驳回必须给出原因代码和说明。"
    en = "reason: a rejection needs a reason code and a sentence that says why."

    def __init__(self) -> None:
        super().__init__(field="reason")


class NotYourRequest(EnrolmentError):
    """Only the requester edits and withdraws."""

    zh = "只有申请人本人可以修改、提交或撤回。"
    en = "Only the requester may edit, submit or withdraw it."


class RenewalRefused(EnrolmentError):
    """The certificate cannot be renewed as asked."""

    zh = "该证书不能按所请求的方式续期。"
    en = "This certificate cannot be renewed as asked."


class RuleInvalid(EnrolmentError):
    """The file of rules is not in order; the place is named."""

    zh = "审批规则文件有误。"
    en = "The file of enrolment rules is wrong."

    def __init__(self, where: str, zh: str, en: str) -> None:
        super().__init__(f"审批规则有误，{where}：{zh}", f"The enrolment rules are wrong, {where}: {en}")


class RuleMissing(EnrolmentError):
    """No rule says who decides this."""

    zh = "没有适用于此证书模板和事项的审批规则，请管理员补充规则。"
    en = "No rule says who decides this for this profile; an administrator must add one."


class EncryptionKeysMissing(EnrolmentError):
    """A pair of certificates was asked for and no key centre is connected."""

    zh = "未接入密钥管理中心，不能签发双证书；请联系管理员。"
    en = "No key centre is connected, so no pair of certificates can be issued; ask an administrator."


class AttemptsExhausted(EnrolmentError):
    """Issuing was cut off again and again; every serial that may have been signed is burned."""

    zh = "多次签发均被中断，已停止；请检查令牌后由申请人重新提交。"
    en = "Issuing was cut off too often and was stopped; examine the token, then submit the request again."
