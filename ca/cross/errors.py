"""What can be wrong with a cross certification: the other authority's certificate, the order, its state, who decides."""

from __future__ import annotations

from ca.errors import CaError


class CrossError(CaError):
    """A cross certification cannot go on as asked."""

    zh = "交叉认证无法继续办理，请按提示处理。"
    en = "The cross certification cannot go on; do what is said."


class CrossOrderInvalid(CrossError):
    """A field of the order is missing or malformed; ``field`` names it."""

    def __init__(self, field: str, zh: str, en: str) -> None:
        super().__init__(f"{field}: {en}")
        self.field = field
        self.zh = f"交叉认证申请的“{field}”不正确：{zh}；请修改后重新提交。"
        self.en = f"The field {field} of the order is wrong: {en}; correct it and propose again."


class ForeignUnfit(CrossError):
    """The certificate handed in is not one of another installation's authority that can be recognised."""

    zh = "该证书不能作为交叉认证的对象；请向对方机构索取其 CA 证书。"
    en = "This certificate cannot be cross certified; ask the other authority for its CA certificate."

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = f"该证书不能作为交叉认证的对象：{zh}；请向对方机构索取其 CA 证书。"
        self.en = f"This certificate cannot be cross certified: {en}; ask the other authority for its CA certificate."


class FingerprintDiffers(CrossError):
    """The fingerprint that a person read out is not that of the certificate."""

    zh = "指纹与证书不一致：请通过可信渠道（当面、电话、公文）向对方核对 SHA-256 指纹后重试；不一致时不得办理。"
    en = (
        "The fingerprint is not the certificate's: ask the other authority for its SHA-256 over a channel you trust and "
        "try again; while they differ nothing may be issued."
    )


class CrossUnknown(CrossError):
    """There is no such order."""

    zh = "没有这个交叉认证申请，请核对编号。"
    en = "There is no such order of cross certification; check its number."


class CrossMoved(CrossError):
    """The order is not in the state that this needs."""

    zh = "该交叉认证申请当前状态不允许此操作，请查看其状态。"
    en = "The order is not in a state that allows this; look at its state."


class CrossChanged(CrossError):
    """What is kept is not what was proposed: its number is of another content (I22)."""

    zh = "保存的申请内容与其编号不符，可能被改动，不得签发；请报告审计人员并重新提出。"
    en = "What is kept is not what was proposed; nothing is issued. Tell the auditor, and propose again."


class CrossSecondPerson(CrossError):
    """Whoever proposed it cannot confirm it (I22)."""

    zh = "交叉认证须由另一人核对指纹后确认，申请人不能自行确认。"
    en = "Another person must compare the fingerprint and confirm; whoever proposed it cannot."
