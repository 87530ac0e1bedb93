"""Rows of the problem table: OFD packages."""

from __future__ import annotations

from typing import Final

from api.problem_kind import Kind
from signing.ofd import errors

OFD: Final[dict[type[Exception], Kind]] = {
    errors.OfdDamaged: Kind("ofd-damaged", 422, "OFD 文件损坏或有歧义", "OFD damaged or ambiguous"),
    errors.OfdLocked: Kind("ofd-locked", 409, "OFD 已锁定", "OFD locked"),
    errors.OfdUnfit: Kind("ofd-unfit", 422, "此 OFD 无法用印", "OFD of a kind not sealed here"),
    errors.NationalContainerNeeded: Kind(
        "ofd-national-only", 422, "OFD 只能用国密签章", "National container needed"
    ),
    errors.PlainSignatureShowsNothing: Kind(
        "ofd-nothing-to-show", 422, "数字签名不显示印章", "Signature shows no seal"
    ),
    errors.IntegrityIsASignature: Kind(
        "ofd-integrity", 422, "完整性文件用 gbt35275", "Integrity file needs gbt35275"
    ),
    errors.LockIsAllOrNothing: Kind("ofd-lock", 422, "OFD 只能整体锁定", "OFD is locked as a whole"),
    errors.PageTooFull: Kind("ofd-page-full", 422, "内容超过一页", "More than the page holds"),
    errors.TextUnprintable: Kind("ofd-text", 422, "字体中没有该字符", "No glyph for a character"),
}
