"""Public keys and octets as people give them: PEM or DER, of a key or a certificate; base64."""

from __future__ import annotations

import base64
import binascii

from cryptography import x509

from api.errors import InputInvalid
from hsm.algorithms import PublicKey
from hsm.envelopes import Recipient
from hsm.errors import HsmError
from hsm.public_keys import certificate_key, load_spki

MAX_OCTETS = 64 * 1024
"""Longest key or certificate read: real ones have under 4 kB, and one cut off here is none."""


def public_key(octets: bytes) -> PublicKey:
    """Read a public key or a certificate, PEM or DER; :class:`InputInvalid`."""
    try:
        if b"-----BEGIN CERTIFICATE-----" in octets:
            return certificate_key(x509.load_pem_x509_certificate(octets[: MAX_OCTETS + 1]))
        return _der_key(_unwrapped(octets[: MAX_OCTETS + 1]))
    except (ValueError, HsmError) as wrong:
        raise InputInvalid(
            "公钥无法读取，请提供 PEM 或 DER 格式的公钥或证书（SM2、RSA、P-256）。",
            "The public key cannot be read; give a key or certificate in PEM or DER (SM2, RSA, P-256).",
        ) from wrong


def _unwrapped(octets: bytes) -> bytes:
    if b"-----BEGIN PUBLIC KEY-----" not in octets:
        return octets
    body = octets.split(b"-----BEGIN PUBLIC KEY-----")[1].split(b"-----END PUBLIC KEY-----")[0]
    return base64.b64decode(b"".join(body.split()), validate=True)


def _der_key(octets: bytes) -> PublicKey:
    try:
        return load_spki(octets)
    except HsmError:
        return certificate_key(x509.load_der_x509_certificate(octets))


def recipient(key: PublicKey, serial: str, container: str) -> Recipient:
    """Name a recipient; :class:`InputInvalid` for a serial or container that cannot be one."""
    try:
        return Recipient(key, serial, container)
    except ValueError as wrong:
        raise InputInvalid(
            "序列号与容器名最多 64 个可见字符，首尾不能有空格。",
            "A serial number and a container have at most 64 printable characters, no blank at either end.",
        ) from wrong


def base64_octets(text: str) -> bytes:
    """Read base64; :class:`InputInvalid`."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise InputInvalid("内容不是 Base64 编码。", "The value is not base64.") from wrong
