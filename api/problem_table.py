"""The table: error class → problem type, HTTP status, title. An architecture test holds it complete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from api import errors as api
from hsm import errors as hsm


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of problem: ``slug`` ends its URI; ``zh`` and ``en`` are its title."""

    slug: str
    status: int
    zh: str
    en: str

    @property
    def uri(self) -> str:
        """The type's URI reference; a page explains it there."""
        return f"/problems/{self.slug}"


INTERNAL: Final = Kind("internal-fault", 500, "系统内部故障", "Internal fault")

_API: Final[dict[type[Exception], Kind]] = {
    api.ApiError: Kind("refused", 400, "请求被拒绝", "Refused"),
    api.SettingsInvalid: Kind("settings-invalid", 500, "设置有误", "Invalid settings"),
    api.HomeNotReady: Kind("not-initialised", 503, "尚未初始化", "Not set up"),
    api.HomeUnsafe: Kind("secret-exposed", 500, "密钥文件权限过宽", "Secret readable by others"),
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
    api.ServiceBusy: Kind("busy", 503, "服务繁忙", "Service busy"),
    api.NotFound: Kind("not-found", 404, "没有找到", "Not found"),
    api.FontMissing: Kind("font-missing", 500, "缺少字体", "Font missing"),
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
    hsm.UnsupportedAlgorithm: Kind("unsupported-algorithm", 422, "不支持的算法", "Unsupported algorithm"),
    hsm.PinError: Kind("pin-refused", 403, "PIN 码有误", "PIN refused"),
    hsm.PinRequired: Kind("pin-required", 403, "需要 PIN 码", "PIN required"),
    hsm.PinIncorrect: Kind("pin-incorrect", 403, "PIN 码不正确", "PIN incorrect"),
    hsm.PinLocked: Kind("pin-locked", 423, "PIN 码已锁定", "PIN locked"),
}

TABLE: Final[dict[type[Exception], Kind]] = {**_API, **_HSM}
