"""What can be wrong with a key, a token or a PIN.

Two families: :class:`HsmError` is about the world (a token, a key, a PIN); misuse by a caller is ``ValueError``.
Every error carries a Chinese and an English sentence that says what to do; neither ever holds a secret.
"""

from __future__ import annotations

from hsm.spoken import SpokenError


class HsmError(SpokenError):
    """A key, token or PIN is not usable as asked."""

    zh = "密码模块不可用。"
    en = "The cryptographic module cannot be used."


class KeyUriError(HsmError):
    """A key URI cannot be read (RFC 7512)."""

    zh = "密钥地址（KeyUri）格式不正确，请检查 token 与 object 两项。"
    en = "The key URI cannot be read; check its token and object attributes."


class ModuleUnavailable(HsmError):
    """The PKCS#11 module cannot be loaded or initialised."""

    zh = "无法加载 PKCS#11 模块，请检查模块路径与配置文件。"
    en = "The PKCS#11 module cannot be loaded; check its path and its configuration file."


class TokenNotFound(HsmError):
    """No token, or more than one, answers to the label."""

    zh = "找不到该令牌，请确认已插入并已初始化。"
    en = "The token was not found; make sure that it is inserted and initialised."


class TokenLost(HsmError):
    """The token went away in the middle of work and did not come back on one retry."""

    zh = "令牌在使用中断开，请重新插入后再试；本次操作未生效。"
    en = "The token was disconnected during use; insert it again and retry. Nothing was done."


class TokenExists(HsmError):
    """A token with this label is there already."""

    zh = "已有同名令牌，请换一个名称。"
    en = "A token with this label exists already; choose another label."


class KeyNotFound(HsmError):
    """No key answers to the URI."""

    zh = "令牌中没有这把密钥。"
    en = "The token holds no such key."


class DuplicateKey(HsmError):
    """A key id or label is taken, or a URI matches several keys."""

    zh = "密钥标识重复，每把密钥的标识必须唯一。"
    en = "The key id or label is not unique; every key needs its own."


class KeyMismatch(HsmError):
    """The key opened is not the key of the certificate."""

    zh = "令牌中的密钥与证书不一致，已拒绝使用。"
    en = "The key in the token is not the key in the certificate; it was not used."


class KeyNotExportable(HsmError):
    """A private key never leaves its token."""

    zh = "私钥不可导出。"
    en = "A private key cannot be exported."


class UnsupportedAlgorithm(HsmError):
    """The token or provider lacks the algorithm or key size."""

    zh = "该令牌不支持此算法或密钥长度。"
    en = "The token does not support this algorithm or key size."


class DigestNotSignable(HsmError):
    """The key does not sign a digest made elsewhere, or not one of this function."""

    zh = "该密钥不能对此摘要签名：请改用密钥自身的摘要算法；由密码模块自行计算摘要的密钥不支持此操作。"
    en = (
        "The key does not sign this digest: use the digest function of the key; "
        "a key whose module hashes by itself takes whole messages only."
    )


class KeyNotProtected(HsmError):
    """The token made a key that could leave it; the key was destroyed."""

    zh = "令牌生成的密钥可被导出，已销毁；请更换令牌或检查其安全策略。"
    en = "The token made a key that can be exported, so it was destroyed; use another token or check its policy."


class TokenRefused(HsmError):
    """The token answered with an error that no retry can heal."""

    zh = "令牌拒绝了该操作，请检查令牌状态与剩余空间。"
    en = "The token refused the operation; check its state and its free space."


class CertificateUnreadable(HsmError):
    """What was given as a certificate is none, or has a kind of key that we do not use."""

    zh = "证书文件无法读取，请提供 DER 格式的 X.509 证书。"
    en = "The certificate cannot be read; give an X.509 certificate in DER form."


class Sm2Unreadable(HsmError):
    """An SM2 public key or ciphertext that is not well formed, or a point that is not on the curve."""

    zh = "SM2 公钥或密文格式不正确，请核对数据来源。"
    en = "The SM2 public key or ciphertext is not well formed; check where it comes from."


class DecryptionFailed(HsmError):
    """A ciphertext or a sealed secret was altered, or is for another key."""

    zh = "解密失败：密文已被更改，或不是发给此密钥的。"
    en = "Decryption failed: the ciphertext was altered, or it is meant for another key."


class RecoveryNotAuthorised(HsmError):
    """The custodians' votes, as the token itself checks them, do not let an escrowed key be opened."""

    zh = "托管人的投票不足以恢复该密钥：令牌核对名册、案件与签名后拒绝。"
    en = "The custodians' votes do not release this key: the token checked roster, case and signatures and refused."


class Sm2SigningUnavailable(HsmError):
    """No protected SM2 implementation is present, and the operator does not allow signing in Python."""

    zh = "本机没有可用于签名的 SM2 实现：请安装 yinxin[sm] 或带 SM2 的 OpenSSL 3，或由管理员设置 sm2_allow_python_signing。"
    en = (
        "No SM2 implementation here may sign: install yinxin[sm] or an OpenSSL 3 with SM2, "
        "or let the operator set sm2_allow_python_signing."
    )


class SoftwareKeyRefused(HsmError):
    """The installation accepts keys in hardware alone, and this one would be in software."""

    zh = "本系统只允许使用硬件中的密钥（require_hardware_keys），该密钥由软件保管，已拒绝。"
    en = (
        "This installation accepts hardware keys alone (require_hardware_keys); "
        "this key is kept by software and was refused."
    )


class SignatureInvalid(HsmError):
    """A signature does not belong to the message and the key."""

    zh = "签名验证失败，数据或签名已被更改，或密钥不符。"
    en = "The signature does not verify: the data or the signature was changed, or the key is another one."


class PinError(HsmError):
    """Something is wrong with a PIN."""

    zh = "PIN 码不可用。"
    en = "The PIN cannot be used."


class PinRequired(PinError):
    """The token asks for its holder's PIN, and nobody gave one."""

    zh = "请输入令牌 PIN 码。"
    en = "Enter the PIN of the token."


class PinIncorrect(PinError):
    """A wrong PIN, counted, never tried again by itself."""

    zh = "PIN 码不正确，还可尝试 {left} 次。"
    en = "The PIN is wrong; {left} tries left."

    def __init__(self, left: int) -> None:
        super().__init__(f"{left} tries left")
        self.left = left
        self.zh = f"PIN 码不正确，还可尝试 {left} 次。"
        self.en = f"The PIN is wrong; {left} tries left."


class PinLocked(PinError):
    """Too many wrong PINs; the security officer must unblock the token."""

    zh = "PIN 码已锁定，请联系管理员解锁。"
    en = "The PIN is locked; ask the security officer to unblock it."


class PinRejected(PinError):
    """A new PIN that the token's policy does not allow."""

    zh = "新 PIN 码不符合令牌的要求，请更换长度或内容。"
    en = "The token does not accept this as a new PIN; choose another length or other characters."
