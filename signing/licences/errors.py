"""What can be wrong with a licence; each error says in Chinese and English what to do."""

from __future__ import annotations

from signing.errors import SigningError


class LicenceError(SigningError):
    """An act on a licence is refused; its record is as it was."""

    zh = "证照操作被拒绝，记录未作改动。"
    en = "Refused; the record of the licence is as it was."


class LicenceFieldInvalid(LicenceError):
    """A field has a form that cannot be right; ``field`` names it."""

    def __init__(self, field: str, zh: str, en: str) -> None:
        super().__init__(field)
        self.field = field
        self.zh = f"“{field}”填写有误：应为{zh}。"
        self.en = f"{field} is not right: it should be {en}."


class LicenceUnknown(LicenceError):
    """No licence has this identifier."""

    zh = "没有此证照，请核对证照标识。"
    en = "There is no such licence; check its identifier."


class LicenceKeyTaken(LicenceError):
    """The same request key came with another licence."""

    zh = "该请求编号已用于另一份证照，请换一个编号。"
    en = "This request key was used for another licence; take a new one."


class LicenceTaken(LicenceError):
    """The identifier is another licence's."""

    zh = "该证照标识已存在，请换一个流水号或版本号。"
    en = "A licence with this identifier exists; choose another serial or version."


class LicenceActRefused(LicenceError):
    """The table has no such move from the state that it is in."""

    def __init__(self, act: str, zh: str, en: str) -> None:
        super().__init__(act)
        self.zh = f"证照当前为“{zh}”，不能办理此项。"
        self.en = f"The licence is {en}; this cannot be done with it now."


class LicenceMoved(LicenceError):
    """Somebody else acted on it in the same moment."""

    zh = "证照刚被他人操作，请刷新后重试。"
    en = "Somebody else has just acted on it; look again and retry."


class LicenceReasonNeeded(LicenceError):
    """The act needs a reason."""

    zh = "请填写原因（至多 500 字）。"
    en = "Give a reason of at most 500 characters."


class NotTheIssuer(LicenceError):
    """The seal, or the caller, belongs to another organisation than the one that granted the licence."""

    zh = "只有颁发机构可以办理，并须使用其自己的印章。"
    en = "Only the authority that granted the licence may do this, and with a seal of its own."
