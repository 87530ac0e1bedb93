"""What can be wrong with an OFD that is to be sealed or made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from signing.errors import DocumentError
from verify.errors import Unreadable


class OfdDamaged(DocumentError):
    """The package cannot be read, or could be read in two ways; the sentence names what is wrong."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = f"{zh.replace('无法核验', '无法用印')}"
        self.en = en.replace("cannot be verified", "cannot be sealed")


class OfdLocked(DocumentError):
    """An earlier signature protects the list of signatures, or an integrity file names every entry."""

    def __init__(self, by: str) -> None:
        super().__init__(f"locked by {by}")
        self.zh = f"该 OFD 已被锁定（{by}），再加盖会使原有签章失效，故不能用印；如确需加盖，请在未锁定的版本上进行。"
        self.en = (
            f"The OFD is locked ({by}): another seal would break the one that is there. "
            "Seal the version from before the lock."
        )


class OfdUnfit(DocumentError):
    """The package is in order but of a kind that is not sealed here; the sentence names what."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


class NationalContainerNeeded(DocumentError):
    """OFD takes seal signatures and GB/T 35275, both with SM2 (GM/T 0099)."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.zh = (
            f"OFD 只能用国密签章（ses 或 gbt35275），不能用 {kind}；请在国密套件（gm）下用 SM2 密钥用印。"
        )
        self.en = (
            f"An OFD takes a national container (ses or gbt35275), not {kind}; "
            "seal it in the suite gm with an SM2 key."
        )


class PlainSignatureShowsNothing(DocumentError):
    """A plain signature has no picture to be drawn."""

    zh = "OFD 的普通数字签名（gbt35275）不显示印章；请改用电子签章（ses），或把位置设为 unseen。"
    en = "A plain signature (gbt35275) in an OFD shows no seal; choose the container ses, or the place “unseen”."


class IntegrityIsASignature(DocumentError):
    """The integrity file is signed by GB/T 35275 and shows nothing (GM/T 0099)."""

    zh = "OFD 的完整性文件（certify）用 gbt35275 签名且不显示印章；请选 gbt35275，并把位置设为 unseen。"
    en = "The integrity file of an OFD (certify) is a signature by gbt35275 that shows nothing; choose it, and the place “unseen”."


class LockIsAllOrNothing(DocumentError):
    """An OFD's list of signatures is locked as a whole."""

    zh = "OFD 没有表单域，只能整体锁定；请把锁定写为 all，或把认证（certify）写为 no-changes，两者不能同时。"
    en = "An OFD has no fields: write the lock as “all”, or the certification as “no-changes”, not both."


class TextUnprintable(DocumentError):
    """A character of a document that is to be made has no glyph in the installed fonts."""

    def __init__(self, character: str) -> None:
        super().__init__(f"U+{ord(character):04X}")
        self.zh = f"字体中没有字符“{character}”（U+{ord(character):04X}），无法排版；请改用其他写法。"
        self.en = f"The fonts have no glyph for U+{ord(character):04X}; write it in another way."


class PageTooFull(DocumentError):
    """What is to stand on a page of fixed form takes more room than there is."""

    zh = "内容过多，一页排不下；请精简文字。"
    en = "The text takes more than the page; shorten it."


@contextmanager
def reading() -> Iterator[None]:
    """Turn what the verifier's reader refuses into :class:`OfdDamaged`."""
    try:
        yield
    except Unreadable as wrong:
        raise OfdDamaged(wrong.reason.zh, wrong.reason.en) from wrong
