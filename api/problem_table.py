"""The table: error class → problem type, HTTP status, title. An architecture test holds it complete."""

from __future__ import annotations

from typing import Final

from api import errors as api
from api.backup import errors as backup
from api.problem_kind import Kind
from api.problem_rows import KEY_CENTRE, SEAL_DATA
from api.problem_rows_archive import ARCHIVE
from api.problem_rows_batches import BATCHES
from api.problem_rows_cases import CASES
from api.problem_rows_containers import CONTAINERS
from api.problem_rows_cross import CROSS
from api.problem_rows_filing import FILING
from api.problem_rows_licences import LICENCES
from api.problem_rows_lists import LISTS
from api.problem_rows_ofd import OFD
from api.problem_rows_papers import PAPERS
from api.problem_rows_placement import PLACEMENT
from api.problem_rows_recognition import RECOGNITION
from api.problem_rows_remote import REMOTE
from api.problem_rows_reports import REPORTS
from api.problem_rows_stamps import STAMPS
from api.problem_rows_trust import TRUST
from api.stamps import errors as stamp_lines
from ca import errors as ca
from ca.enrolment import errors as ra
from ca.tokens import errors as tokens
from hsm import errors as hsm
from hsm.devices import errors as devices
from seals import errors as seals
from seals.devices.simulator import errors as simulator
from seals.imprint import errors as imprints
from seals.lookup import errors as lookup
from signing import errors as signing

INTERNAL: Final = Kind("internal-fault", 500, "系统内部故障", "Internal fault")

_API: Final[dict[type[Exception], Kind]] = {
    api.ApiError: Kind("refused", 400, "请求被拒绝", "Refused"),
    api.SettingsInvalid: Kind("settings-invalid", 500, "设置有误", "Invalid settings"),
    api.HomeNotReady: Kind("not-initialised", 503, "尚未初始化", "Not set up"),
    api.HomeUnsafe: Kind("secret-exposed", 500, "密钥文件权限过宽", "Secret readable by others"),
    api.SuiteFixed: Kind("suite-fixed", 409, "算法套件已定", "The suite is fixed"),
    api.HomeOccupied: Kind("already-initialised", 409, "已经初始化", "Already set up"),
    api.SchemaOutdated: Kind("schema-outdated", 503, "数据库结构过旧", "Database schema out of date"),
    api.FileUnreadable: Kind("file-unreadable", 400, "文件无法读取", "File unreadable"),
    api.InputInvalid: Kind("invalid-value", 422, "内容不正确", "Invalid value"),
    api.NotAuthenticated: Kind("not-authenticated", 401, "未登录", "Not authenticated"),
    api.ScopeMissing: Kind("scope-missing", 403, "没有权限", "Not allowed"),
    api.ForeignEnterprise: Kind("foreign-enterprise", 403, "不是本企业", "Another enterprise"),
    api.CsrfFailed: Kind("csrf-failed", 403, "跨站请求被拒绝", "Cross-site request refused"),
    api.ScopesConflict: Kind("scopes-conflict", 409, "权限冲突", "Conflicting scopes"),
    api.ApiKeyNotFound: Kind("api-key-not-found", 404, "没有此密钥", "No such API key"),
    api.UploadTooLarge: Kind("upload-too-large", 413, "文件过大", "Upload too large"),
    api.IdempotencyKeyInvalid: Kind("idempotency-key-invalid", 400, "缺少幂等键", "Idempotency-Key needed"),
    api.TooManyRequests: Kind("too-many-requests", 429, "请求过于频繁", "Too many requests"),
    api.ServiceUnreachable: Kind("service-unreachable", 502, "服务没有答复", "Service unreachable"),
    api.ServiceBusy: Kind("busy", 503, "服务繁忙", "Service busy"),
    api.DirectIssuanceOff: Kind("direct-issuance-off", 403, "须经审核签发", "Enrolment needed"),
    api.NotFound: Kind("not-found", 404, "没有找到", "Not found"),
    backup.BackupError: Kind("backup-failed", 400, "备份或恢复失败", "Backup failed"),
    backup.BackupExists: Kind("backup-exists", 409, "文件已存在", "File exists"),
    backup.RecipientInvalid: Kind("backup-recipient-invalid", 422, "备份公钥不正确", "Public key invalid"),
    backup.BackupKeyUnusable: Kind("backup-key-unusable", 422, "备份私钥不正确", "Backup key unusable"),
    backup.BackupUnreadable: Kind("backup-unreadable", 422, "备份无法打开", "Backup unreadable"),
    backup.BackupIncomplete: Kind("backup-incomplete", 422, "备份不完整", "Backup incomplete"),
    backup.FileNameRefused: Kind("backup-name-refused", 422, "文件名无法备份", "File name refused"),
    backup.BackupForeign: Kind("backup-foreign", 409, "备份版本不同", "Backup of another release"),
    backup.TargetOccupied: Kind("restore-target-occupied", 409, "恢复目标非空", "Target not empty"),
    backup.EvidenceNeeded: Kind("restore-evidence-needed", 422, "需要证据", "Evidence needed"),
    backup.EvidenceForeign: Kind("restore-evidence-foreign", 422, "证据来源不符", "Foreign evidence"),
}

_HSM: Final[dict[type[Exception], Kind]] = {
    hsm.HsmError: Kind("token-failed", 503, "密码模块不可用", "Cryptographic module failed"),
    hsm.KeyUriError: Kind("key-uri-invalid", 400, "密钥地址不正确", "Invalid key URI"),
    hsm.ModuleUnavailable: Kind("module-unavailable", 503, "密码模块无法加载", "PKCS#11 module unavailable"),
    hsm.TokenNotFound: Kind("token-not-found", 503, "找不到令牌", "Token not found"),
    hsm.TokenLost: Kind("token-lost", 503, "令牌断开", "Token lost"),
    hsm.TokenExists: Kind("token-exists", 409, "令牌已存在", "Token exists"),
    hsm.KeyNotFound: Kind("key-not-found", 404, "没有这把密钥", "Key not found"),
    hsm.DuplicateKey: Kind("duplicate-key", 409, "密钥标识重复", "Duplicate key"),
    hsm.KeyMismatch: Kind("key-mismatch", 409, "密钥与证书不一致", "Key mismatch"),
    hsm.KeyNotExportable: Kind("key-not-exportable", 403, "私钥不可导出", "Key not exportable"),
    hsm.DigestNotSignable: Kind("digest-not-signable", 422, "不能对此摘要签名", "Digest not signable"),
    hsm.KeyNotProtected: Kind("key-not-protected", 503, "密钥未受保护", "Key not protected"),
    hsm.TokenRefused: Kind("token-refused", 503, "令牌拒绝操作", "Token refused"),
    hsm.CertificateUnreadable: Kind("certificate-unreadable", 422, "证书无法读取", "Certificate unreadable"),
    hsm.Sm2Unreadable: Kind("sm2-unreadable", 422, "SM2 数据无法读取", "SM2 data unreadable"),
    hsm.DecryptionFailed: Kind("decryption-failed", 422, "解密失败", "Decryption failed"),
    hsm.RecoveryNotAuthorised: Kind(
        "recovery-not-authorised", 403, "恢复未获授权", "Recovery not authorised"
    ),
    hsm.Sm2SigningUnavailable: Kind(
        "sm2-signing-unavailable", 503, "不能进行 SM2 签名", "No SM2 signing here"
    ),
    hsm.SoftwareKeyRefused: Kind("software-key-refused", 409, "拒绝软件密钥", "Software key refused"),
    hsm.SignatureInvalid: Kind("signature-invalid", 422, "签名验证失败", "Signature invalid"),
    hsm.UnsupportedAlgorithm: Kind("unsupported-algorithm", 422, "不支持的算法", "Unsupported algorithm"),
    hsm.PinError: Kind("pin-refused", 403, "PIN 码有误", "PIN refused"),
    hsm.PinRequired: Kind("pin-required", 403, "需要 PIN 码", "PIN required"),
    hsm.PinIncorrect: Kind("pin-incorrect", 403, "PIN 码不正确", "PIN incorrect"),
    hsm.PinRejected: Kind("pin-rejected", 422, "新 PIN 码不符合要求", "New PIN rejected"),
    hsm.PinLocked: Kind("pin-locked", 423, "PIN 码已锁定", "PIN locked"),
}

_DEVICES: Final[dict[type[Exception], Kind]] = {
    devices.OperationNotOffered: Kind(
        "operation-not-offered", 409, "设备接口不提供", "Operation not offered"
    ),
    devices.ChipFull: Kind("chip-full", 507, "芯片空间不足", "Chip full"),
    devices.DeviceKeyRefused: Kind("device-key-refused", 403, "设备认证未通过", "Device key refused"),
    devices.EnvelopeUnreadable: Kind("envelope-unreadable", 422, "密钥信封无法读取", "Envelope unreadable"),
    devices.EnvelopeRefused: Kind("envelope-refused", 409, "密钥信封被拒绝", "Envelope refused"),
    devices.DescriptionInvalid: Kind(
        "description-invalid", 500, "厂商模块描述有误", "Invalid device description"
    ),
}

_CLOCK: Final = Kind("clock-went-back", 503, "系统时钟回退", "Clock went back")

_CA: Final[dict[type[Exception], Kind]] = {
    ca.CaError: Kind("certification-refused", 400, "证书服务拒绝", "Certification refused"),
    ca.UsccInvalid: Kind("uscc-invalid", 422, "统一社会信用代码不正确", "Code invalid"),
    ca.EnterpriseUnknown: Kind("enterprise-unknown", 404, "企业未登记", "Enterprise unknown"),
    ca.EnterpriseExists: Kind("enterprise-exists", 409, "企业已登记", "Enterprise exists"),
    ca.NameInvalid: Kind("name-invalid", 422, "名称不正确", "Name invalid"),
    ca.NameDiffers: Kind("name-differs", 409, "名称不一致", "Name differs"),
    ca.ProfileUnknown: Kind("profile-unknown", 422, "没有此证书模板", "Profile unknown"),
    ca.IssuerUnknown: Kind("issuer-unknown", 404, "没有此签发者", "Issuer unknown"),
    ca.RequestInvalid: Kind("request-invalid", 422, "证书申请不符合要求", "Request invalid"),
    ca.RequestFileUnreadable: Kind(
        "request-file-unreadable", 422, "证书请求无法读取", "Request file unreadable"
    ),
    ca.RequestFileForged: Kind(
        "request-file-forged", 422, "证书请求签名不符", "Request not signed by its key"
    ),
    ca.KeyWeak: Kind("key-weak", 422, "密钥强度不足", "Weak key"),
    ca.PairUnfit: Kind("pair-unfit", 422, "双证书申请不匹配", "Certificate pair does not match"),
    ca.ValidityInvalid: Kind("validity-invalid", 422, "有效期不正确", "Validity invalid"),
    ca.LintFailed: Kind("lint-failed", 422, "签发前检查未通过", "Checks before signing failed"),
    ca.KeyCompromised: Kind("key-compromised", 409, "密钥已泄露", "Key compromised"),
    ca.ClockWentBack: _CLOCK,
    ca.RequestKeyReused: Kind("request-key-reused", 409, "请求编号已使用", "Request key reused"),
    ca.RequestSpent: Kind("request-spent", 409, "请求已终止", "Request spent"),
    ca.IssuanceUnfinished: Kind("issuance-unfinished", 409, "签发未完成", "Issuance unfinished"),
    ca.SignatureWithheld: Kind("signature-withheld", 503, "签名已扣留", "Signature withheld"),
    ca.PinnedChanged: Kind("configuration-changed", 409, "签发中配置变化", "Configuration changed"),
    ca.TicketSpent: Kind("ticket-spent", 409, "签发许可已使用", "Ticket spent"),
    ca.CertificateUnknown: Kind("certificate-unknown", 404, "没有此证书", "Certificate unknown"),
    ca.AlreadyRevoked: Kind("already-revoked", 409, "证书已吊销", "Already revoked"),
    ca.ReasonInapplicable: Kind("reason-inapplicable", 422, "吊销原因不适用", "Reason inapplicable"),
    ca.HoldNotReleasable: Kind("hold-not-releasable", 409, "暂停不可恢复", "Hold not releasable"),
    ca.CursorInvalid: Kind("cursor-invalid", 400, "翻页标记无效", "Cursor invalid"),
    ca.CeremonyRefused: Kind("ceremony-refused", 409, "密钥仪式无法执行", "Ceremony refused"),
    ca.AuditBroken: Kind("audit-broken", 409, "审计日志校验失败", "Audit trail broken"),
    ca.CrlUnavailable: Kind("crl-unavailable", 503, "吊销列表不可用", "CRL unavailable"),
    ca.ListForeign: Kind("list-foreign", 422, "吊销列表来源不符", "Foreign revocation list"),
    ca.ShardUnknown: Kind("crl-shard-unknown", 404, "没有该吊销列表分片", "No such CRL shard"),
    ca.ShardCapacityInvalid: Kind("shard-capacity-invalid", 422, "分片容量无效", "Invalid shard capacity"),
    ca.CrlRegressed: Kind("crl-regressed", 503, "吊销列表倒退", "CRL would regress"),
    ca.OcspUnavailable: Kind("ocsp-unavailable", 503, "OCSP 不可用", "OCSP unavailable"),
    ca.TsaUnavailable: Kind("tsa-unavailable", 503, "时间戳服务不可用", "Time-stamps unavailable"),
    ca.TimeNotTrusted: Kind("time-not-trusted", 503, "系统时钟不可信", "Time not trusted"),
}

_TOKENS: Final[dict[type[Exception], Kind]] = {
    tokens.TokenError: Kind("token-operation-refused", 409, "令牌操作被拒绝", "Token operation refused"),
    tokens.TokenUnknown: Kind("token-unknown", 404, "没有此令牌", "Token unknown"),
    tokens.TokenRegistered: Kind("token-registered", 409, "令牌已入库", "Token registered already"),
    tokens.TokenFieldInvalid: Kind("token-field-invalid", 422, "令牌信息不正确", "Token particulars invalid"),
    tokens.TokenActRefused: Kind(
        "token-act-refused", 409, "令牌当前状态不允许", "Not possible in this state"
    ),
    tokens.TokenMoved: Kind("token-moved", 409, "令牌刚被他人操作", "Token moved meanwhile"),
    tokens.TokenReasonNeeded: Kind("token-reason-needed", 422, "请填写原因", "Reason needed"),
    tokens.TokenSecondPersonNeeded: Kind(
        "token-second-person-needed", 409, "须由另一人办理", "Second person needed"
    ),
    tokens.TokenResumeNotRequested: Kind(
        "token-resume-not-requested", 409, "尚未申请恢复", "Resume not requested"
    ),
    tokens.TokenClockBehind: _CLOCK,
    tokens.TokenNotUsable: Kind("token-not-usable", 409, "令牌不可使用", "Token not usable"),
    tokens.ContainerUnknown: Kind("container-unknown", 404, "没有此容器", "Container unknown"),
    tokens.ContainerCertificateBad: Kind(
        "container-certificate-bad", 409, "容器证书不可用", "Container's certificate not good"
    ),
    tokens.ProcedureRefused: Kind(
        "personalisation-refused", 409, "个人化无法进行", "Personalisation refused"
    ),
    tokens.PersonalisationUnasked: Kind(
        "personalisation-unasked", 404, "没有个人化申请", "Personalisation not asked for"
    ),
    tokens.PersonalisationNotApproved: Kind(
        "personalisation-not-approved", 409, "个人化计划未获批准", "Personalisation not approved"
    ),
    tokens.RequestActRefused: Kind(
        "personalisation-request-refused", 409, "个人化申请不能再审批", "Personalisation request is closed"
    ),
    tokens.StepFailed: Kind("personalisation-step-failed", 503, "个人化中断", "Personalisation stopped"),
    tokens.ChipAbsent: Kind("chip-absent", 503, "未插入芯片", "Chip not inserted"),
    tokens.LetterUnavailable: Kind("pin-letter-unavailable", 409, "密码信不可打印", "PIN letter unavailable"),
    tokens.LetterNotYours: Kind("pin-letter-not-yours", 403, "密码信不可查看", "PIN letter not yours"),
    tokens.LetterUnreadable: Kind(
        "pin-letter-unreadable", 409, "密码信校验失败", "PIN letter does not verify"
    ),
    tokens.UnblockUnknown: Kind("unblock-unknown", 404, "没有此解锁任务", "Unblocking task unknown"),
    tokens.UnblockRefused: Kind("unblock-refused", 409, "解锁任务状态不允许", "Unblocking refused"),
    tokens.SoPinUnavailable: Kind("so-pin-unavailable", 503, "SO PIN 无法派生", "SO PIN unavailable"),
    tokens.RangeOverlaps: Kind("range-overlaps", 409, "号段重叠", "Range overlaps"),
    tokens.RangeUnknown: Kind("range-unknown", 404, "没有此号段", "Range unknown"),
    tokens.ChipNumberNotGranted: Kind(
        "chip-number-not-granted", 409, "芯片号未发放", "Chip number not granted"
    ),
    tokens.ChipNumberUsed: Kind("chip-number-used", 409, "芯片号已使用", "Chip number used"),
}

_SEALS: Final[dict[type[Exception], Kind]] = {
    seals.SealError: Kind("seal-refused", 409, "印章操作被拒绝", "Seal operation refused"),
    seals.SealNotFound: Kind("seal-not-found", 404, "没有此印章", "Seal not found"),
    seals.ApplicationInvalid: Kind("application-invalid", 422, "印章申请不符合要求", "Application invalid"),
    seals.CodeTaken: Kind("seal-code-taken", 409, "印章编码已占用", "Seal code taken"),
    seals.CodesExhausted: Kind("seal-codes-exhausted", 409, "印章编码已用完", "Seal codes exhausted"),
    seals.ActRefused: Kind("seal-act-refused", 409, "当前状态不允许", "Not possible in this state"),
    seals.SealMoved: Kind("seal-moved", 409, "印章刚被他人操作", "Seal moved meanwhile"),
    seals.SecondPersonNeeded: Kind("second-person-needed", 409, "须由另一人办理", "Second person needed"),
    seals.ReasonNeeded: Kind("reason-needed", 422, "请填写原因", "Reason needed"),
    seals.ResumeNotRequested: Kind("resume-not-requested", 409, "尚未申请恢复", "Resume not requested"),
    seals.LiftNotRequested: Kind("lift-not-requested", 409, "尚未申请解除停用", "Lift not requested"),
    seals.RenewalNotRequested: Kind(
        "renewal-not-requested", 409, "没有待确认的续期", "Renewal not requested"
    ),
    seals.FilingDemanded: Kind("filing-demanded", 409, "须先制作并备案", "Filing demanded"),
    seals.CertificateNeeded: Kind("certificate-needed", 409, "须绑定保管人证书", "Certificate needed"),
    seals.DestructionInvalid: Kind("destruction-invalid", 422, "销毁记录不符合要求", "Destruction invalid"),
    seals.CertificateUnfit: Kind("certificate-unfit", 409, "证书不能绑定", "Certificate unfit"),
    seals.OwnerRenamed: Kind("owner-renamed", 409, "企业已更名", "Owner renamed"),
    seals.KeeperInvalid: Kind("keeper-invalid", 422, "保管人设置不正确", "Keeper invalid"),
    seals.ClockWentBack: _CLOCK,
    seals.SealNotUsable: Kind("seal-not-usable", 409, "印章不能使用", "Seal not usable"),
    seals.SealUnknown: Kind("seal-unknown", 404, "没有此印章", "Seal unknown"),
    seals.SealUnapproved: Kind("seal-unapproved", 409, "印章尚未备案", "Seal not approved"),
    seals.SealRejected: Kind("seal-rejected", 409, "印章申请已驳回", "Seal rejected"),
    seals.SealClosed: Kind("seal-closed", 409, "印章申请已关闭", "Seal closed"),
    seals.SealSuspended: Kind("seal-suspended", 409, "印章已停用", "Seal suspended"),
    seals.SealFrozen: Kind("seal-frozen", 409, "印章已挂失", "Seal frozen"),
    seals.SealRevoked: Kind("seal-revoked", 409, "印章已注销", "Seal revoked"),
    seals.SealSuperseded: Kind("seal-superseded", 409, "印章已换发", "Seal superseded"),
    seals.SealExpired: Kind("seal-expired", 409, "印章不在有效期内", "Seal expired"),
    seals.SealCertificateExpired: Kind(
        "seal-certificate-expired", 409, "印章证书已过期", "Certificate expired"
    ),
    seals.SealNotYours: Kind("seal-not-yours", 403, "不是该印章保管人", "Not a keeper of this seal"),
    seals.LossNotYours: Kind("loss-not-yours", 403, "无权挂失该印章", "Not yours to report lost"),
    seals.PermitSpent: Kind("permit-spent", 409, "用印许可已失效", "Permit spent"),
    seals.ChipLinkRefused: Kind("chip-link-refused", 409, "芯片关联无法办理", "Chip link refused"),
    seals.ChipOfAnother: Kind("chip-of-another", 409, "芯片不属于印章所有者", "Chip of another enterprise"),
    seals.SealHeldByChip: Kind("seal-held-by-chip", 409, "芯片已停用", "Seal held by its chip"),
    seals.PictureError: Kind("picture-failed", 422, "印章图样无法绘制", "Picture failed"),
    seals.FontMissing: Kind("font-missing", 500, "缺少印章字体", "Font missing"),
    seals.GlyphMissing: Kind("glyph-missing", 422, "字体缺字", "Glyph missing"),
    seals.TextUnfit: Kind("text-unfit", 422, "印章文字不符合要求", "Text unfit"),
    seals.StatusListUnknown: Kind("status-list-unknown", 404, "尚无印章状态列表", "No status list"),
    lookup.LookupRefused: Kind("lookup-refused", 400, "查询无法办理", "Look-up refused"),
    lookup.CodeMalformed: Kind("seal-code-malformed", 422, "印章编码不正确", "Seal code malformed"),
    lookup.MomentToCome: Kind("moment-to-come", 422, "查询时间未到", "Moment to come"),
    lookup.LookupNotReady: Kind("lookup-not-ready", 503, "暂不能查询", "Look-up not ready"),
    seals.StatementInvalid: Kind("statement-invalid", 422, "印章声明格式不正确", "Statement invalid"),
    seals.StatementSignatureInvalid: Kind("statement-forged", 422, "印章声明签名不符", "Statement forged"),
}

_IMPRINTS: Final[dict[type[Exception], Kind]] = {
    imprints.ImprintError: Kind("imprint-refused", 422, "印模图片处理未完成", "Imprint not processed"),
    imprints.ImprintUnreadable: Kind("imprint-unreadable", 422, "印模图片无法读取", "Imprint unreadable"),
    imprints.ImprintTooLarge: Kind("imprint-too-large", 413, "印模图片过大", "Imprint picture too large"),
    imprints.ImprintMissing: Kind("imprint-missing", 422, "图片中没有印模", "No imprint in the picture"),
    imprints.ImageWorkFailed: Kind("image-work-failed", 503, "图片处理中止", "Work on the picture stopped"),
    imprints.UploadNotAllowed: Kind("picture-upload-refused", 409, "不能上传图样", "Upload refused"),
}

_STAMP_LINES: Final[dict[type[Exception], Kind]] = {
    stamp_lines.BrokerError: Kind("broker-failed", 503, "消息服务器无法使用", "Broker failed"),
    stamp_lines.BrokerUnreachable: Kind(
        "broker-unreachable", 503, "无法连接消息服务器", "Broker unreachable"
    ),
    stamp_lines.BrokerMissing: Kind("broker-missing", 503, "未安装消息服务器", "Broker not installed"),
    stamp_lines.LinkCredentialsMissing: Kind(
        "link-credentials-missing", 503, "缺少连接证书", "No certificate of the link"
    ),
    stamp_lines.BrokerFolderTaken: Kind("broker-folder-taken", 409, "目录已占用", "Folder taken"),
    stamp_lines.SuiteHasNoTls: Kind("suite-has-no-tls", 409, "套件不支持", "Suite has no TLS here"),
    stamp_lines.DrillFailed: Kind("drill-failed", 409, "演练未完成", "Drill not completed"),
    simulator.SimulatorError: Kind("simulator-refused", 409, "模拟印章拒绝", "Simulated stamp refused"),
    simulator.PowerLost: Kind("simulator-power-lost", 409, "模拟印章断电", "Simulated stamp lost power"),
    simulator.LineDown: Kind("simulator-offline", 503, "设备未连接", "Stamp offline"),
    simulator.LineRefused: Kind("simulator-turned-away", 409, "服务端拒绝设备", "Stamp turned away"),
    simulator.PressRefused: Kind("simulator-stays-shut", 409, "设备不能用印", "Stamp stays shut"),
    simulator.DeviceFolderInvalid: Kind(
        "device-folder-invalid", 422, "设备目录不可用", "Device folder invalid"
    ),
    simulator.DeviceInUse: Kind("device-in-use", 409, "设备正在运行", "Device in use"),
}

_SIGNING: Final[dict[type[Exception], Kind]] = {
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

_ENROLMENT: Final[dict[type[Exception], Kind]] = {
    ra.EnrolmentError: Kind("enrolment-refused", 409, "申请无法办理", "Enrolment refused"),
    ra.FieldInvalid: Kind("enrolment-field-invalid", 422, "申请内容不正确", "Request field invalid"),
    ra.KeyReused: Kind("enrolment-key-reused", 409, "公钥已使用", "Key used already"),
    ra.KeyBarred: Kind("enrolment-key-barred", 409, "公钥已泄露", "Key reported compromised"),
    ra.RequestKeyTaken: Kind("enrolment-request-key-taken", 409, "请求编号已使用", "Request key taken"),
    ra.EvidenceInvalid: Kind("evidence-invalid", 422, "申请材料不符合要求", "Evidence invalid"),
    ra.EvidenceDamaged: Kind("evidence-damaged", 500, "申请材料已损坏", "Evidence damaged"),
    ra.EnrolmentUnknown: Kind("enrolment-unknown", 404, "没有此申请", "Enrolment unknown"),
    ra.EnrolmentActRefused: Kind(
        "enrolment-act-refused", 409, "当前状态不允许", "Not possible in this state"
    ),
    ra.EnrolmentMoved: Kind("enrolment-moved", 409, "申请刚被他人办理", "Enrolment moved meanwhile"),
    ra.ChecksOpen: Kind("checks-open", 409, "审核未完成", "Checks open"),
    ra.SecondPersonNeeded: Kind("another-person-needed", 409, "须由另一人办理", "Another person needed"),
    ra.ApprovedAlready: Kind("approved-already", 409, "已审批过", "Approved already"),
    ra.ApproverUnfit: Kind("approver-unfit", 403, "不是当前审批人", "Not an approver here"),
    ra.ContentChanged: Kind("content-changed", 409, "内容已变化", "Content changed"),
    ra.DeadlinePassed: Kind("deadline-passed", 409, "已超过期限", "Deadline passed"),
    ra.RejectionReasonNeeded: Kind("rejection-reason-needed", 422, "请填写驳回原因", "Reason needed"),
    ra.NotYourRequest: Kind("not-your-request", 403, "不是本人的申请", "Not your request"),
    ra.RenewalRefused: Kind("renewal-refused", 409, "不能续期", "Renewal refused"),
    ra.RuleInvalid: Kind("rules-invalid", 500, "审批规则有误", "Enrolment rules invalid"),
    ra.RuleMissing: Kind("rule-missing", 409, "没有审批规则", "No enrolment rule"),
    ra.EncryptionKeysMissing: Kind("key-centre-missing", 503, "未接入密钥管理中心", "No key centre"),
    ra.AttemptsExhausted: Kind("attempts-exhausted", 409, "签发多次中断", "Issuing cut off too often"),
}

TABLE: Final[dict[type[Exception], Kind]] = {
    **_API,
    **_HSM,
    **_DEVICES,
    **_CA,
    **_ENROLMENT,
    **KEY_CENTRE,
    **SEAL_DATA,
    **CASES,
    **CONTAINERS,
    **CROSS,
    **FILING,
    **OFD,
    **PAPERS,
    **PLACEMENT,
    **REMOTE,
    **RECOGNITION,
    **REPORTS,
    **STAMPS,
    **TRUST,
    **LICENCES,
    **LISTS,
    **ARCHIVE,
    **BATCHES,
    **_IMPRINTS,
    **_TOKENS,
    **_SEALS,
    **_STAMP_LINES,
    **_SIGNING,
}
