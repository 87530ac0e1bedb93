"""What can be wrong with a document, a place on it, or a sealing.

Each error carries a Chinese and an English sentence that says what to do. Misuse by a caller is ``ValueError``.
"""

from __future__ import annotations

from hsm.spoken import SpokenError


class SigningError(SpokenError):
    """A document cannot be sealed as asked; nothing was sealed."""

    zh = "无法用印，文件未作任何改动。"
    en = "The document cannot be sealed; nothing was changed."


class DocumentError(SigningError):
    """The document itself is the reason."""


class NotAPdf(DocumentError):
    """The file is neither a PDF (no header in its first kilobyte, ISO 32000-2 §7.5.2) nor an OFD package."""

    zh = "这不是 PDF 文件，也不是 OFD，请先转换为 PDF 再用印。"
    en = "This is not a PDF file, nor an OFD; convert it to PDF first."


class DocumentTooLarge(DocumentError):
    """The file is over the limit."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"{size} octets, limit {limit}")
        self.size, self.limit = size, limit
        mebi = limit // (1024 * 1024)
        self.zh = f"文件超过 {mebi} MB 的上限，请拆分或压缩后再用印。"
        self.en = f"The file is over the limit of {mebi} MB; split or compress it first."


class DocumentDamaged(DocumentError):
    """The file's structure cannot be read, so nothing can be appended to it safely."""

    zh = "PDF 文件结构已损坏或不完整，请用原程序重新导出（或另存为）后再用印。"
    en = "The structure of the PDF is damaged or incomplete; export it again (or save it anew) and retry."


class PasswordRequired(DocumentError):
    """The document is encrypted and no password was given."""

    zh = "文件已加密，请提供打开密码。"
    en = "The document is encrypted; give its password."


class PasswordWrong(DocumentError):
    """The password does not open the document."""

    zh = "文件密码不正确，请核对后重试。"
    en = "The password does not open the document; check it and try again."


class OwnerPasswordRequired(DocumentError):
    """The author forbids form changes and signing to whoever lacks the owner password (ISO 32000-2 table 22)."""

    zh = "文件作者禁止签名，请提供权限密码（所有者密码）。"
    en = "The author of the document forbids signing; give its owner password."


class EncryptionUnsupported(DocumentError):
    """The document is encrypted in a way that cannot be updated here: by certificate, or with an integrity code."""

    zh = "文件使用证书加密或受完整性保护码保护，无法用印；请先由接收人另存为未加密的 PDF。"
    en = "The document is encrypted for certificates or has an integrity code; save it unencrypted first."


class XfaForm(DocumentError):
    """The document is an XFA form, whose pages are made by the viewer (removed from ISO 32000-2)."""

    zh = "这是 XFA 动态表单，无法用印；请先打印（另存）为普通 PDF。"
    en = "This is an XFA form and cannot be sealed; print (save) it as an ordinary PDF first."


class ChangesForbidden(DocumentError):
    """The document is certified, or an earlier signature forbids any change (ISO 32000-2 §12.8.2.2, table 236)."""

    zh = "文件已被认证签名或锁定，不允许再加盖印章（否则原签名失效）；请在认证之前用印。"
    en = "The document is certified or locked by an earlier signature, which a seal would break; seal it before that."


class PlacementError(SigningError):
    """The place asked for is not on the document."""

    zh = "用印位置不正确，格式为“页码:左边距,上边距”（毫米），例如 1:120,200。"
    en = "The place cannot be read; write PAGE:X,Y in millimetres from the top left, for example 1:120,200."


class PageMissing(PlacementError):
    """The document has no such page."""

    def __init__(self, page: int, count: int) -> None:
        super().__init__(f"page {page} of {count}")
        self.page, self.count = page, count
        self.zh = f"没有第 {page} 页，文件共 {count} 页；请选择 1 到 {count} 之间的页码。"
        self.en = f"There is no page {page}: the document has {count}; choose a page from 1 to {count}."


class OutsidePage(PlacementError):
    """The seal would not lie wholly on the page as displayed."""

    def __init__(
        self, page_mm: tuple[float, float], seal_mm: tuple[float, float], page: int | None = None
    ) -> None:
        (width, height), (seal_width, seal_height) = page_mm, seal_mm
        super().__init__(f"page {width:.1f}×{height:.1f} mm, seal {seal_width:.1f}×{seal_height:.1f} mm")
        self.page_mm, self.seal_mm, self.page = page_mm, seal_mm, page
        size = f"{width:.0f}×{height:.0f} mm"
        seal = f"{seal_width:.0f}×{seal_height:.0f} mm"
        which_zh, which_en = ("", "") if page is None else (f"第 {page} 页的", f" {page}")
        self.zh = f"{which_zh}印章超出页面：页面为 {size}，印章为 {seal}；请把印章整个放在页面内。"
        self.en = (
            f"The seal would leave the page{which_en}, which is {size}, the seal {seal}; move it inside."
        )


class TimeStampFailed(SigningError):
    """The time-stamp authority gave no usable token; the signature was discarded."""

    zh = "未能取得时间戳，本次用印未生效，请稍后重试。"
    en = "No time-stamp could be obtained; nothing was sealed. Try again later."


class EvidenceMissing(SigningError):
    """Revocation evidence for the long-term level could not be had."""

    zh = "无法取得证书状态证明（OCSP/CRL），不能生成长期有效的签章，请稍后重试。"
    en = (
        "Evidence of the certificates' state (OCSP, CRL) is missing for the long-term level; try again later."
    )


class CertificateNotGood(SigningError):
    """A certificate that the seal rests on is revoked, on hold or unknown."""

    zh = "印章证书（或时间戳、制章者证书）已吊销或状态未知，不能用印；请联系管理员。"
    en = "A certificate that the seal rests on is revoked or unknown, so nothing was sealed; tell the operator."


class SelfCheckFailed(SigningError):
    """Our own verifier did not pass the sealed document; it was withheld."""

    zh = "用印结果未通过自检，文件已扣留并记录为故障；请联系管理员。"
    en = "The sealed document did not pass our own check; it was withheld and recorded as a fault. Tell the operator."


class KeyDiffers(SigningError):
    """The idempotency key was used before for another document, seal or place."""

    zh = "该幂等键已用于另一份用印请求，请换一个新的键。"
    en = "This idempotency key was used for another request; choose a new one."


class SealingInProgress(SigningError):
    """The same request is being worked on."""

    zh = "同一用印请求正在处理，请稍候再查询结果。"
    en = "The same request is being worked on; ask again in a moment."


class SealNotUsableHere(SigningError):
    """The seal has no certificate or key in this installation."""

    zh = "该印章在本系统中没有可用的证书或密钥，请联系管理员。"
    en = "This seal has no certificate or key in this installation; tell the operator."


class StorageFull(SigningError):
    """The disk is full or not writable; no half-made file was left."""

    zh = "存储空间不足或不可写，用印未生效；请清理磁盘后重试。"
    en = "The disk is full or not writable; nothing was sealed. Free some space and try again."


class DatabaseUnavailable(SigningError):
    """The database went away; reconciliation closes what was begun."""

    zh = "数据库暂不可用，请稍后用同一请求重试；已开始的用印会自动核对收尾。"
    en = "The database is not available; repeat the same request later. What was begun will be reconciled."


class CertificationUnreadable(SigningError):
    """The certification asked for is none of the three."""

    zh = "认证方式（certify）应为 no-changes、form-filling 或 annotations 之一。"
    en = "The certification (certify) is one of no-changes, form-filling and annotations."


class LockUnreadable(SigningError):
    """The field lock asked for cannot be read."""

    zh = "表单锁定（lock）应写作 all、include:域名,域名 或 exclude:域名,域名，可加 ;p=1、;p=2 或 ;p=3。"
    en = "A lock reads all, include:NAME,NAME or exclude:NAME,NAME, with ;p=1, ;p=2 or ;p=3 if wanted."


class AlreadySigned(SigningError):
    """A certification was asked for a document that carries a signature (ISO 32000-2 §12.8.2.2.1: it must be the first)."""

    zh = "文件上已有签名，认证签名只能是第一个签名；请对未签名的原件认证，或改用普通用印。"
    en = "The document is signed already and only the first signature can certify it; certify the unsigned original, or seal plainly."


class ContainerUnfit(SigningError):
    """The container asked for does not go with the seal's key or with the file."""

    zh = "所选签名容器与印章密钥或文件类型不符：ses 与 gbt35275 需要 SM2 密钥，ses 用于 PDF 和 OFD；请改选容器（container）。"
    en = (
        "The container asked for does not go with the seal's key or the kind of file: ses and gbt35275 need an SM2 "
        "key, and ses is for PDF and OFD; choose another container."
    )


class LevelUnavailable(SigningError):
    """The level asked for does not exist for this kind of document."""

    def __init__(self, level: str, kind: str) -> None:
        super().__init__(f"level {level} of a {kind}")
        self.zh = f"此类文件（{kind}）不支持 {level} 级别，请改用 B-LT 或更低级别；PDF 支持全部级别。"
        self.en = f"Documents of this kind ({kind}) have no level {level}; use B-LT or less, or seal a PDF."


class FieldLockDiffers(SigningError):
    """The form field to be signed says itself what it locks, and something else was asked for."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.zh = f"签名域“{field}”自带锁定要求，与所填 lock 不同；请去掉 lock，按文件自带的要求锁定。"
        self.en = (
            f"The field {field} says itself what it locks, which is not what lock asks for; leave lock out."
        )


class NewFieldForbidden(ChangesForbidden):
    """The document is certified and takes no new field; fields that are there and empty may be signed (ISO 32000-2 table 257)."""

    def __init__(self, empty: tuple[str, ...]) -> None:
        super().__init__(f"certified (DocMDP); {len(empty)} empty fields")
        shown = "、".join(empty[:5])
        self.zh = f"文件已被认证签名，不允许新增签名域；可以在文件自带的空签名域内用印：{shown}（用印位置选择该签名域）。"
        self.en = (
            "The document is certified and takes no new signature field; seal into one of its own empty fields: "
            f"{', '.join(empty[:5])} (choose it as the place)."
        )


class PromiseForPdfOnly(SigningError):
    """A certification or a lock was asked for something that is neither PDF nor OFD."""

    zh = "认证（certify）和锁定（lock）只用于 PDF 和 OFD；其他文件请去掉这两项。"
    en = "Certification (certify) and locks (lock) are for PDF and OFD; leave them out for other files."
