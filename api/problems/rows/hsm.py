"""Rows of the problem table: tokens, keys, makers' devices."""

from __future__ import annotations

from typing import Final

from api.problems.kind import Kind
from hsm import errors as hsm
from hsm.devices import errors as devices

HSM: Final[dict[type[Exception], Kind]] = {
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

DEVICES: Final[dict[type[Exception], Kind]] = {
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
