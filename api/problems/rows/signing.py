"""Rows of the problem table: sealing, containers and certification, places, OFD packages, licences."""

from __future__ import annotations

from typing import Final

from api.problems.kind import Kind
from signing import errors as signing
from signing.licences import errors as licences
from signing.ofd import errors as ofd
from signing.placing import errors as placing

CONTAINERS: Final[dict[type[Exception], Kind]] = {
    signing.CertificationUnreadable: Kind(
        "certification-invalid", 422, "认证方式不正确", "Certification invalid"
    ),
    signing.LockUnreadable: Kind("lock-invalid", 422, "表单锁定不正确", "Lock invalid"),
    signing.AlreadySigned: Kind("already-signed", 409, "文件已有签名", "Signed already"),
    signing.FieldLockDiffers: Kind("lock-differs", 409, "签名域自带锁定要求", "The field has its own lock"),
    signing.NewFieldForbidden: Kind("new-field-forbidden", 409, "不允许新增签名域", "No new field allowed"),
    signing.PromiseForPdfOnly: Kind("promise-for-pdf", 422, "只用于 PDF", "For PDF only"),
    signing.ContainerUnfit: Kind("container-unfit", 422, "签名容器不适用", "Container unfit"),
}

SIGNING: Final[dict[type[Exception], Kind]] = {
    signing.SigningError: Kind("sealing-refused", 409, "无法用印", "Sealing refused"),
    signing.DocumentError: Kind("document-unfit", 422, "文件不能用印", "Document unfit"),
    signing.NotAPdf: Kind("not-a-pdf", 422, "不是 PDF 文件", "Not a PDF"),
    signing.DocumentTooLarge: Kind("document-too-large", 413, "文件过大", "Document too large"),
    signing.DocumentDamaged: Kind("document-damaged", 422, "文件已损坏", "Document damaged"),
    signing.PasswordRequired: Kind("password-required", 422, "需要文件密码", "Password required"),
    signing.PasswordWrong: Kind("password-wrong", 422, "文件密码不正确", "Password wrong"),
    signing.OwnerPasswordRequired: Kind(
        "owner-password-required", 422, "需要权限密码", "Owner password required"
    ),
    signing.EncryptionUnsupported: Kind(
        "encryption-unsupported", 422, "不支持的加密方式", "Encryption unsupported"
    ),
    signing.XfaForm: Kind("xfa-form", 422, "XFA 表单不能用印", "XFA form"),
    signing.ChangesForbidden: Kind("changes-forbidden", 409, "文件已锁定", "Document locked"),
    signing.PlacementError: Kind("placement-invalid", 422, "用印位置不正确", "Placement invalid"),
    signing.PageMissing: Kind("page-missing", 422, "没有此页", "Page missing"),
    signing.OutsidePage: Kind("outside-page", 422, "印章超出页面", "Outside the page"),
    signing.TimeStampFailed: Kind("time-stamp-failed", 503, "时间戳失败", "Time-stamp failed"),
    signing.EvidenceMissing: Kind("evidence-missing", 503, "缺少证书状态证明", "Evidence missing"),
    signing.CertificateNotGood: Kind(
        "certificate-not-good", 409, "证书已吊销或状态未知", "Certificate not good"
    ),
    signing.SelfCheckFailed: Kind("self-check-failed", 500, "用印自检未通过", "Self-check failed"),
    signing.KeyDiffers: Kind("idempotency-key-reused", 409, "幂等键已用于其他请求", "Idempotency-Key reused"),
    signing.SealingInProgress: Kind("sealing-in-progress", 409, "正在用印", "Sealing in progress"),
    signing.SealNotUsableHere: Kind("seal-key-missing", 409, "印章密钥不在本系统", "Seal key missing"),
    signing.StorageFull: Kind("disk-full", 507, "磁盘已满", "Disk full"),
    signing.DatabaseUnavailable: Kind("database-unavailable", 503, "数据库不可用", "Database unavailable"),
}

PLACEMENT: Final[dict[type[Exception], Kind]] = {
    placing.PageRangeUnreadable: Kind("pages-invalid", 422, "页码范围不正确", "Pages invalid"),
    placing.NoPageChosen: Kind("no-page-chosen", 422, "没有选中任何页", "No page chosen"),
    placing.WhereUnreadable: Kind("placement-unknown", 422, "无法识别的用印位置", "Unknown kind of place"),
    placing.PlaceAmbiguous: Kind(
        "placement-ambiguous", 422, "用印位置须恰好一种", "Exactly one place needed"
    ),
    placing.KeywordUnusable: Kind("keyword-invalid", 422, "关键字不正确", "Keyword invalid"),
    placing.KeywordMissing: Kind("keyword-missing", 422, "没有找到关键字", "Keyword not found"),
    placing.KeywordTooSeldom: Kind("keyword-too-seldom", 422, "关键字次数不足", "Keyword stands less often"),
    placing.SearchFailed: Kind("search-failed", 422, "无法读取文件文字", "Text cannot be read"),
    placing.FieldMissing: Kind("field-missing", 422, "没有此签名域", "No such field"),
    placing.FieldSigned: Kind("field-signed", 409, "签名域已签署", "Field signed already"),
    placing.FieldTooSmall: Kind("field-too-small", 422, "签名域小于印章", "Field smaller than the seal"),
    placing.CoversSignature: Kind("covers-signature", 409, "会压住已有签章", "Covers a signature"),
    placing.SeamNeedsPages: Kind("seam-needs-pages", 422, "页数不足，不能盖骑缝章", "Seam needs two pages"),
    placing.TooManySpots: Kind("too-many-spots", 422, "盖章处过多", "Too many places"),
}

OFD: Final[dict[type[Exception], Kind]] = {
    ofd.OfdDamaged: Kind("ofd-damaged", 422, "OFD 文件损坏或有歧义", "OFD damaged or ambiguous"),
    ofd.OfdLocked: Kind("ofd-locked", 409, "OFD 已锁定", "OFD locked"),
    ofd.OfdUnfit: Kind("ofd-unfit", 422, "此 OFD 无法用印", "OFD of a kind not sealed here"),
    ofd.NationalContainerNeeded: Kind(
        "ofd-national-only", 422, "OFD 只能用国密签章", "National container needed"
    ),
    ofd.PlainSignatureShowsNothing: Kind(
        "ofd-nothing-to-show", 422, "数字签名不显示印章", "Signature shows no seal"
    ),
    ofd.IntegrityIsASignature: Kind(
        "ofd-integrity", 422, "完整性文件用 gbt35275", "Integrity file needs gbt35275"
    ),
    ofd.LockIsAllOrNothing: Kind("ofd-lock", 422, "OFD 只能整体锁定", "OFD is locked as a whole"),
    ofd.PageTooFull: Kind("ofd-page-full", 422, "内容超过一页", "More than the page holds"),
    ofd.TextUnprintable: Kind("ofd-text", 422, "字体中没有该字符", "No glyph for a character"),
}

LICENCES: Final[dict[type[Exception], Kind]] = {
    licences.LicenceError: Kind("licence-refused", 409, "证照操作被拒绝", "Licence operation refused"),
    licences.LicenceFieldInvalid: Kind("licence-field-invalid", 422, "证照内容填写有误", "Licence invalid"),
    licences.LicenceUnknown: Kind("licence-unknown", 404, "没有此证照", "No such licence"),
    licences.LicenceKeyTaken: Kind("licence-key-taken", 409, "请求编号已用", "Request key taken"),
    licences.LicenceTaken: Kind("licence-taken", 409, "证照标识已存在", "Identifier taken"),
    licences.LicenceActRefused: Kind(
        "licence-act-refused", 409, "当前状态不允许", "Not possible in this state"
    ),
    licences.LicenceMoved: Kind("licence-moved", 409, "证照刚被他人操作", "Licence moved meanwhile"),
    licences.LicenceReasonNeeded: Kind("licence-reason-needed", 422, "须填写原因", "Reason needed"),
    licences.NotTheIssuer: Kind("licence-not-the-issuer", 403, "不是颁发机构", "Not the issuer"),
}
