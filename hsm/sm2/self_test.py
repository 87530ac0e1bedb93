"""What a library must answer before we trust it with SM2 (GB/T 32918.5 example A.2; our own Python is the other side)."""

from __future__ import annotations

from typing import Final

from hsm.errors import HsmError, SignatureInvalid
from hsm.sm2.backend import BackendMissing, Sm2Backend
from hsm.sm2.cipher import Sm2Cipher
from hsm.sm2.public_key import Sm2PublicKey
from hsm.sm2.signature import Sm2Signature, message_digest, verify_message

SCALAR: Final = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
PUBLIC: Final = Sm2PublicKey(
    0x09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020,
    0xCCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13,
)
MESSAGE: Final = b"message digest"
SIGNATURE: Final = Sm2Signature(
    0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3,
    0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA,
)
PLAINTEXT: Final = b"encryption standard"
CIPHER: Final = Sm2Cipher.from_raw(
    bytes.fromhex(
        "0404EBFC718E8D1798620432268E77FEB6415E2EDE0E073C0F4F640ECD2E149A73"
        "E858F9D81E5430A57B36DAAB8F950A3C64E6EE6A63094D99283AFF767E124DF0"
        "59983C18F809E262923C53AEC295D30383B54E39D609D160AFCB1908D0BD8766"
        "21886CA989CA9C7D58087307CA93092D651EFA"
    )
)


def self_test(backend: Sm2Backend) -> None:
    """Pass silently, or raise :class:`BackendMissing` that names what was wrong."""
    try:
        found = _first_wrong(backend)
    except (HsmError, ValueError, OSError, AttributeError) as wrong:
        found = type(wrong).__name__
    if found is not None:
        raise BackendMissing(f"self-test: {found}")


def _first_wrong(backend: Sm2Backend) -> str | None:
    if backend.public(SCALAR) != PUBLIC:
        return "public key"
    backend.verify(PUBLIC, MESSAGE, SIGNATURE.der)
    verify_message(PUBLIC, MESSAGE, backend.sign(SCALAR, MESSAGE))
    if backend.decrypt(SCALAR, CIPHER) != PLAINTEXT:
        return "decryption"
    if backend.decrypt(SCALAR, backend.encrypt(PUBLIC, PLAINTEXT)) != PLAINTEXT:
        return "encryption"
    try:
        backend.verify_digest(PUBLIC, message_digest(PUBLIC, MESSAGE + b"."), SIGNATURE.der)
    except SignatureInvalid:
        return None
    return "it accepts a wrong signature"
