"""What can be wrong with a voiding. Each error says in both languages what to do."""

from __future__ import annotations

from datetime import datetime

from signing.errors import SigningError
from signing.voiding.states import VoidAct, VoidStatus


class VoidingError(SigningError):
    """A document is not voided as asked; nothing was changed."""

    zh = "无法按此作废，未作任何改动。"
    en = "The document cannot be voided as asked; nothing was changed."


class VoidingUnknown(VoidingError):
    """There is no such voiding, or not for this caller."""

    zh = "没有此作废申请，请核对编号。"
    en = "There is no such voiding; check its number."


class NotSealedHere(VoidingError):
    """No document of this digest was sealed in this installation."""

    zh = "本系统没有签章过这份文件（按摘要查找），请确认上传的是签章后的原文件。"
    en = "No document with this digest was sealed here; make sure that it is the sealed file itself."


class NotItsSealer(VoidingError):
    """The caller's enterprise has no seal in the document."""

    zh = "贵单位在该文件上没有签章，不能申请或同意作废；请由签章单位办理。"
    en = "Your enterprise has no seal in this document: only its sealers may void it."


class VoidReasonNeeded(VoidingError):
    """A voiding is told to everybody with its reason."""

    zh = "请填写原因（1 至 200 个可见字符）；作废原因会公开显示。"
    en = "Give a reason of 1 to 200 printable characters; the reason of a voiding is shown to everybody."


class AlreadyVoided(VoidingError):
    """The document is void already."""

    def __init__(self, since: datetime) -> None:
        super().__init__(f"{since:%Y-%m-%d}")
        self.zh = f"该文件已于 {since:%Y-%m-%d} 作废，无需再次办理。"
        self.en = f"The document was voided on {since:%Y-%m-%d} already; nothing more is to be done."


class VoidingOpen(VoidingError):
    """Somebody else asked for the same already."""

    def __init__(self, voiding: str) -> None:
        super().__init__(voiding)
        self.zh = f"该文件已有待同意的作废申请 {voiding}，请在其中表示同意。"
        self.en = f"A voiding of this document waits for agreement already: {voiding}. Agree to that one."


class VoidActRefused(VoidingError):
    """The state does not allow the act."""

    def __init__(self, act: VoidAct, status: VoidStatus) -> None:
        super().__init__(f"{act.value} in {status.value}")
        self.zh = f"当前为“{status.zh}”，不能{act.zh}。"
        self.en = f"The voiding is {status.value}: {act.value} is not possible."


class VoidingMoved(VoidingError):
    """Somebody else acted at the same moment."""

    zh = "该作废申请刚被他人办理，请刷新后再试。"
    en = "Somebody else acted on this voiding just now; look again and retry."


class AgreedAlready(VoidingError):
    """One person counts once."""

    zh = "您已表示同意，须由贵单位另一人复核。"
    en = "You have agreed already; another person of your enterprise has to confirm."


class VoidKeyTaken(VoidingError):
    """The request key was used for another voiding."""

    zh = "该请求编号已用于另一项作废申请，请换一个新的编号。"
    en = "This request key was used for another voiding; choose a new one."


class VoidRuleInvalid(VoidingError):
    """A file of rules cannot be used."""

    def __init__(self, place: str, zh: str, en: str) -> None:
        super().__init__(f"{place}: {en}")
        self.zh = f"作废规则 {place} 有误：{zh}。"
        self.en = f"Rules of voiding, {place}: {en}."


class VoidingUnsigned(VoidingError):
    """The voiding is in force, but its record has no signature yet."""

    zh = "作废已生效，签名的作废记录尚未生成（制章者密钥暂不可用），请稍后再取。"
    en = "The voiding is in force; its signed record is not there yet, for the seal maker's key does not answer. Ask later."


class SealersChanged(VoidingError):
    """Somebody sealed the document since the voiding was asked for, and has to agree too."""

    zh = "申请之后又有单位在该文件上签章，须一并同意；请撤回此申请，重新提出。"
    en = "Another enterprise sealed the document since and has to agree too: withdraw this request and ask anew."
