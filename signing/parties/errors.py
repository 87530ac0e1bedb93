"""What can be wrong with a round of several parties. Each error says in both languages what to do."""

from __future__ import annotations

from datetime import datetime

from signing.errors import SigningError
from signing.parties.states import RoundAct, RoundStatus


class RoundError(SigningError):
    """A round cannot go on as asked; nothing was changed."""

    zh = "多方签署无法按此办理，未作任何改动。"
    en = "The signing round cannot go on as asked; nothing was changed."


class RoundFieldInvalid(RoundError):
    """A member of the request is not in order."""

    def __init__(self, field: str, zh: str, en: str) -> None:
        super().__init__(f"{field}: {en}")
        self.field = field
        self.zh = f"“{field}”不正确：{zh}。"
        self.en = f"{field} is not in order: {en}."


class RoundUnknown(RoundError):
    """There is no such round, or not for this caller."""

    zh = "没有此签署事项，请核对编号。"
    en = "There is no such signing round; check its number."


class RoundKeyTaken(RoundError):
    """The request key was used for another round."""

    zh = "该请求编号已用于另一项签署，请换一个新的编号。"
    en = "This request key was used for another round; choose a new one."


class RoundActRefused(RoundError):
    """The state does not allow the act."""

    def __init__(self, act: RoundAct, status: RoundStatus, zh: str = "", en: str = "") -> None:
        super().__init__(f"{act.value} in {status.value}")
        self.zh = f"当前为“{status.zh}”，不能{act.zh}。{zh}"
        self.en = f"The round is {status.value}: {act.value} is not possible. {en}".rstrip()


class RoundMoved(RoundError):
    """Somebody else acted at the same moment."""

    zh = "该签署事项刚被他人办理，请刷新后再试。"
    en = "Somebody else acted on this round just now; look again and retry."


class NotYourTurn(RoundError):
    """Earlier parties have not sealed yet."""

    def __init__(self, waiting: str) -> None:
        super().__init__(waiting)
        self.zh = f"尚未轮到您签署，请等待{waiting}先签署；轮到时会提醒。"
        self.en = f"It is not your turn: {waiting} seals first. You will be told."


class NotAParty(RoundError):
    """The caller does not act for this party."""

    zh = "您不代表该签署方，不能代为办理；请由该企业的人员办理，或由发起方更换签署方。"
    en = (
        "You do not act for this party: let its own people do it, or have the initiator substitute the party."
    )


class NotTheInitiator(RoundError):
    """Only the initiator's side may do this."""

    zh = "只有发起方可以办理此事，请联系发起方。"
    en = "Only the initiator may do this; ask them."


class RoundReasonNeeded(RoundError):
    """The act needs a reason."""

    zh = "请填写原因（1 至 200 个字符）。"
    en = "Give a reason of 1 to 200 characters."


class RoundOver(RoundError):
    """The deadline has passed."""

    def __init__(self, deadline: datetime) -> None:
        super().__init__(f"{deadline:%Y-%m-%d}")
        self.zh = f"签署期限 {deadline:%Y-%m-%d} 已过，请发起方延长期限或重新发起。"
        self.en = f"The deadline {deadline:%Y-%m-%d} has passed; the initiator may extend it or begin anew."


class SealOfAnother(RoundError):
    """The seal is not one that this party was asked for."""

    zh = "该印章不属于此签署方，或种类与约定不符；请选用约定的印章。"
    en = "The seal is not this party's, or not of the kind agreed; use the one agreed."


class PlaceMissing(RoundError):
    """The party chooses its place and gave none."""

    zh = "该签署方没有约定位置，请指定用印位置。"
    en = "No place was agreed for this party; say where the seal goes."


class VersionMoved(RoundError):
    """Another party sealed meanwhile: the document has a newer version."""

    zh = "另一方刚完成签署，文件已有新版本；请查看新版本后再签署。"
    en = "Another party has just sealed: there is a newer version. Look at it and seal again."


class AnotherSealing(RoundError):
    """Another party is sealing at this moment."""

    retry_after = 5
    zh = "另一方正在签署同一份文件，请稍候再试。"
    en = "Another party is sealing the document at this moment; try again shortly."


class RoundBroken(RoundError):
    """The record of a round was changed outside."""

    def __init__(self, number: int) -> None:
        super().__init__(f"entry {number}")
        self.zh = f"签署记录第 {number} 条与前文不符，可能被改动；请联系审计员。"
        self.en = f"Entry {number} of the record does not follow from the one before; tell the auditor."


class FieldsNotReserved(RoundError):
    """No empty fields can be put into this document."""

    zh = "该文件不能预留签名域（已签名或不是 PDF）；请取消“预留签名域”后再发起。"
    en = "No signature fields can be kept in this document (signed already, or no PDF); begin without reserving them."
