"""What can be wrong with a question about a seal."""

from __future__ import annotations

from seals.errors import SealError


class LookupRefused(SealError):
    """A question about a seal cannot be answered."""

    zh = "查询无法办理。"
    en = "The question cannot be answered."


class CodeMalformed(LookupRefused):
    """What was asked about is no seal code."""

    zh = "印章编码应为 13 位（实物印章）或 14 位（电子印章）数字，请核对后重新输入。"
    en = "A seal code has 13 digits (physical) or 14 digits (electronic); check it and enter it again."


class MomentToCome(LookupRefused):
    """The moment asked about has not come yet."""

    zh = "查询的时间（at）还没有到，请改为现在或过去的时间。"
    en = "The moment asked about ('at') has not come yet; give one that is now or past."


class LookupNotReady(LookupRefused):
    """There is no seal maker to sign answers."""

    zh = "本系统尚未建立制章者，暂不能查询；请管理员完成密钥仪式。"
    en = "There is no seal maker yet to sign answers; the administrator must hold the key ceremony first."
