"""Rows of the problem table: the edge itself, and backups."""

from __future__ import annotations

from typing import Final

from api import errors as api
from api.backup import errors as backup
from api.problems.kind import Kind

API: Final[dict[type[Exception], Kind]] = {
    api.ApiError: Kind("refused", 400, "请求被拒绝", "Refused"),
    api.SettingsInvalid: Kind("settings-invalid", 500, "设置有误", "Invalid settings"),
    api.HomeNotReady: Kind("not-initialised", 503, "尚未初始化", "Not set up"),
    api.HomeUnsafe: Kind("secret-exposed", 500, "密钥文件权限过宽", "Secret readable by others"),
    api.SuiteFixed: Kind("suite-fixed", 409, "算法套件已定", "The suite is fixed"),
    api.HomeOccupied: Kind("already-initialised", 409, "已经初始化", "Already set up"),
    api.SchemaOutdated: Kind("schema-outdated", 503, "数据库结构过旧", "Database schema out of date"),
    api.FileUnreadable: Kind("file-unreadable", 400, "文件无法读取", "File unreadable"),
    api.InputInvalid: Kind("invalid-value", 422, "内容不正确", "Invalid value"),
    api.ReconciliationIncomplete: Kind(
        "reconciliation-incomplete", 500, "部分工作未完成", "Reconciliation incomplete"
    ),
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
