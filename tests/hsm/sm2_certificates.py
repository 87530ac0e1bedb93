"""Certificates with SM2 keys for tests of key stores: ``cryptography`` builds none."""

from __future__ import annotations

from hsm.algorithms import PublicKey
from hsm.public_keys import spki
from hsm.signer import Signer

ALGORITHM = bytes.fromhex("300a06082a811ccf55018375")
"""AlgorithmIdentifier of SM2 with SM3, 1.2.156.10197.1.501, without parameters (GB/T 20518-2018)."""


def tlv(tag: int, *parts: bytes) -> bytes:
    """DER of one element."""
    content = b"".join(parts)
    if len(content) < 128:
        return bytes((tag, len(content))) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(length))) + length + content


def sm2_certificate(signer: Signer, subject_key: PublicKey, serial: int) -> bytes:
    """Make a version 1 certificate for one day of 2026, in which ``signer`` names itself 测试 TEST."""
    common_name = tlv(0x30, bytes.fromhex("0603550403"), tlv(0x0C, "测试 TEST".encode()))
    name = tlv(0x30, tlv(0x31, common_name))
    validity = tlv(0x30, tlv(0x17, b"260101000000Z"), tlv(0x17, b"260102000000Z"))
    number = tlv(2, serial.to_bytes(serial.bit_length() // 8 + 1))
    tbs = tlv(0x30, number, ALGORITHM, name, validity, name, spki(subject_key))
    return tlv(0x30, tbs, ALGORITHM, tlv(3, b"\0", signer.sign(tbs)))
