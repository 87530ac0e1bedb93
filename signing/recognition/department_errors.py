"""What can be wrong with a department's policies and the recognition ledger. Each error says in both languages what to do."""

from __future__ import annotations

from signing.errors import SigningError
from signing.recognition.department_states import PolicyAct, PolicyStatus


class DepartmentError(SigningError):
    """A policy or a decision is not taken as asked; nothing was changed."""

    zh = "部门政策或受理决定无法按此处理，未作任何改动。"
    en = "The department's policy or decision cannot be dealt with as asked; nothing was changed."


class PolicyUnknown(DepartmentError):
    """There is no such import."""

    zh = "没有这次政策导入，请核对编号（yinxin department list）。"
    en = "There is no such import of a policy; check its number (yinxin department list)."


class PolicyActRefused(DepartmentError):
    """The state does not allow the act."""

    def __init__(self, act: PolicyAct, status: PolicyStatus) -> None:
        super().__init__(f"{act.value} in {status.value}")
        self.zh = f"该政策当前为“{status.zh}”，不能{act.zh}。"
        self.en = f"The policy is {status.value}: {act.value} is not possible."


class PolicySecondPerson(DepartmentError):
    """One person cannot put a policy in force alone."""

    zh = "须由另一人确认：导入与确认不得为同一人。"
    en = "Another person has to confirm: whoever imports a policy does not put it in force."


class PolicyDiffers(DepartmentError):
    """What is confirmed is not what was imported."""

    zh = "确认的摘要与导入的政策不一致，请重新查看政策内容（yinxin department show）后再确认。"
    en = "The digest that is confirmed is not the imported policy's; look at it again (yinxin department show), then confirm."


class PolicyMoved(DepartmentError):
    """Somebody else acted at the same moment."""

    zh = "该政策刚被他人办理，请刷新后再试。"
    en = "Somebody else acted on this policy just now; look again and retry."


class PurposeNeeded(DepartmentError):
    """A decision in a department's name says what for."""

    zh = "请填写办理事由（1 至 200 个可见字符，不要填写个人信息）。"
    en = "State the purpose in 1 to 200 printable characters, without personal data."


class DecisionKeyTaken(DepartmentError):
    """The request key was used for another decision."""

    zh = "该请求编号已用于另一项受理决定，请换一个新的编号。"
    en = "This request key was used for another decision; choose a new one."


class DecisionUnknown(DepartmentError):
    """There is no such decision on the ledger."""

    zh = "互认台账中没有这项决定，请核对编号。"
    en = "There is no such decision on the recognition ledger; check its number."


class LedgerBroken(DepartmentError):
    """The ledger and the audit trail contradict each other."""

    def __init__(self, number: int, zh: str, en: str) -> None:
        super().__init__(f"{number}: {en}")
        self.zh = f"互认台账与审计记录不符（审计记录第 {number} 条）：{zh}；请停止使用并联系审计员。"
        self.en = f"The recognition ledger contradicts record {number} of the audit trail: {en}. Stop and call the auditor."
