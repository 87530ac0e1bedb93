"""What can be wrong with electronic seal data: foreign octets, and the making of our own."""

from __future__ import annotations

from seals.errors import SealError


class SealDataError(SealError):
    """Something about electronic seal data is not as asked."""

    zh = "电子印章数据处理未完成。"
    en = "The electronic seal data could not be processed."


class SealDataInvalid(SealDataError):
    """Foreign octets are no electronic seal; ``member`` names the place by the standard's own identifiers."""

    def __init__(self, member: str, detail_zh: str, detail_en: str) -> None:
        super().__init__(f"{member}: {detail_en}")
        self.member = member
        self.zh = f"电子印章数据格式不正确：{member} {detail_zh}；请向制章单位索取完整的原件。"
        self.en = f"The electronic seal data is malformed: {member}: {detail_en}; ask the seal's maker for the original."


class SealDataTooLarge(SealDataInvalid):
    """A member is over a limit of the reader; nothing behind it was read."""


class SealDataStopped(SealDataError):
    """A seal that is not in force has no current seal data."""

    def __init__(self, code: str, status_zh: str, status: str) -> None:
        super().__init__(f"seal {code} is {status}")
        self.zh = f"印章 {code} 当前状态为 {status_zh} 或不在有效期内，没有可用的电子印章数据；请先恢复、续期或申请新印章。"
        self.en = f"Seal {code} is {status} or outside its validity and has no current seal data; resume or renew it first."


class SealDataMoved(SealDataError):
    """The seal changed while its data was made; what was made is withheld."""

    zh = "制作期间印章状态或证书已变更，本次制作的数据已作废，请重试。"
    en = "The seal changed while its data was made; that data is withheld. Try again."


class NationalSuiteNeeded(SealDataError):
    """Seal data is SM2 and SM3 by its standard; this seal or its maker has another key."""

    zh = "电子印章数据（GB/T 38540、GM/T 0031）只使用 SM2 与 SM3；请在国密算法套件（suite=gm）的系统中，为印章绑定 SM2 证书后再制作。"
    en = (
        "Electronic seal data (GB/T 38540, GM/T 0031) is SM2 and SM3 alone; make it in an installation of suite gm, "
        "for a seal bound to an SM2 certificate."
    )


class SealMakerUnfit(SealDataError):
    """The maker's certificate cannot make seals now: none, not in force, revoked, another purpose, or the signer's own."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = f"制章者证书不能用于制章：{zh}。请管理员更换制章者证书后重试。"
        self.en = f"The seal maker's certificate cannot make seals: {en}. Have the administrator replace it and try again."


class SealDataWithheld(SealDataError):
    """Our own reader or signature check refused what was made (I7); it was not handed out."""

    zh = "制作出的电子印章数据未通过自检，已作废；请联系管理员。"
    en = "The seal data did not pass our own check and is withheld; tell the administrator."
