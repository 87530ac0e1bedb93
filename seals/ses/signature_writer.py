"""Writing seal signatures (SES_Signature) of v4 (GB/T 38540-2020) and v5 (GM/T 0031-2025): strict DER, spliced from its pieces.

As with seals, what is signed is made first (:func:`encode_tbs`) and the whole is put around the same octets.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ca import der
from hsm.algorithms import Digest, DigestAlgorithm, SignatureAlgorithm
from seals.ses.cursor import IA5_STRING
from seals.ses.parts import SesExtension, SesVersion

ALGORITHM: Final = SignatureAlgorithm.SM2_SM3
_EXTENSIONS: Final = 0
_TIME_STAMP: Final = 0
_WRITTEN: Final = (SesVersion.V4, SesVersion.V5)


@dataclass(frozen=True, slots=True)
class SignatureContent:
    """What the signer says: this seal (octets of a SESeal of ``version``) over the document of this digest.

    ``when`` is written in whole seconds, ``scope`` (propertyInfo) names the protected octets in ASCII.
    """

    version: SesVersion
    seal: bytes
    when: datetime
    document: Digest
    scope: str
    extensions: tuple[SesExtension, ...] = ()

    def __post_init__(self) -> None:
        if self.version not in _WRITTEN:
            raise ValueError("seal signatures of GM/T 0031-2014 are read, not written")
        if self.document.algorithm is not DigestAlgorithm.SM3:
            raise ValueError("a seal signature digests with SM3")
        if not (self.scope.isascii() and self.scope.isprintable() and self.scope):
            raise ValueError("propertyInfo is printable ASCII")


def encode_tbs(content: SignatureContent) -> bytes:
    """Encode ``TBS_Sign``: the octets that the signer signs."""
    return der.sequence(
        der.integer(content.version.number),
        content.seal,
        der.generalized_time(content.when.replace(microsecond=0)),
        der.bit_string(content.document.value),
        der.tlv(IA5_STRING, content.scope.encode("ascii")),
        _extensions(content.extensions),
    )


def assemble_signature(
    tbs: bytes, certificate: bytes, signature: bytes, time_stamp: bytes | None = None
) -> bytes:
    """Encode ``SES_Signature`` around signed octets; ``time_stamp`` is a TimeStampToken over the signature value."""
    stamp = b"" if time_stamp is None else der.explicit(_TIME_STAMP, der.bit_string(time_stamp))
    return der.sequence(
        tbs, der.octet_string(certificate), der.oid(ALGORITHM.oid), der.bit_string(signature), stamp
    )


def _extensions(items: tuple[SesExtension, ...]) -> bytes:
    """Encode ``extDatas [0] EXPLICIT``; nothing where there are none."""
    if not items:
        return b""
    return der.explicit(_EXTENSIONS, der.sequence(*map(_extension, items)))


def _extension(item: SesExtension) -> bytes:
    """Write the default out, against X.690 §11.5: makers of real seals do, and the reference implementation encodes so.

    It checks a signature over its own second encoding, which would differ.
    """
    critical = der.boolean(value=item.critical)
    return der.sequence(der.oid(item.oid), critical, der.octet_string(item.value))
