"""Rows of the problem table: certificates, enrolment, chips, cross certification."""

from __future__ import annotations

from typing import Final

from api.problems.kind import CLOCK_WENT_BACK, Kind
from ca import errors as ca
from ca.cross import errors as cross
from ca.enrolment import errors as ra
from ca.tokens import errors as tokens

CROSS: Final[dict[type[Exception], Kind]] = {
    cross.CrossError: Kind("cross-refused", 409, "交叉认证无法继续", "Cross certification refused"),
    cross.CrossOrderInvalid: Kind("cross-order-invalid", 422, "交叉认证申请不正确", "Order invalid"),
    cross.ForeignUnfit: Kind("cross-certificate-unfit", 422, "对方证书不符合要求", "Certificate unfit"),
    cross.FingerprintDiffers: Kind("cross-fingerprint-differs", 422, "指纹不一致", "Fingerprints differ"),
    cross.CrossUnknown: Kind("cross-unknown", 404, "没有此申请", "No such order"),
    cross.CrossMoved: Kind("cross-moved", 409, "当前状态不允许", "Not possible in this state"),
    cross.CrossChanged: Kind("cross-changed", 409, "申请内容被改动", "The order was changed"),
    cross.CrossSecondPerson: Kind("cross-second-person", 409, "须由另一人确认", "Second person needed"),
}

CA: Final[dict[type[Exception], Kind]] = {
    ca.CaError: Kind("certification-refused", 400, "证书服务拒绝", "Certification refused"),
    ca.ActorIdInvalid: Kind("actor-id-invalid", 422, "人员标识不正确", "Actor id invalid"),
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
    ca.ClockWentBack: CLOCK_WENT_BACK,
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

TOKENS: Final[dict[type[Exception], Kind]] = {
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
    tokens.TokenClockBehind: CLOCK_WENT_BACK,
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

ENROLMENT: Final[dict[type[Exception], Kind]] = {
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
