"""SignedData of the national message syntax (GB/T 35275, before that GM/T 0010): SM3 digest, SM2 signature. Pure.

The shape is that of PKCS #7 version 1.5, not of CMS: every version is 1, the content is any type under [0], and signers
go by issuer and serial number. What is signed is the content itself, or, if there are authenticated attributes, their
SET (RFC 2315 §9.3); the SM2 signature hashes Z ‖ message (GB/T 32918.2), the ``messageDigest`` attribute has no Z.

    template = GmSignedData.of(certificate_der, chain)          # one for each signer
    attributes = template.attributes(DigestAlgorithm.SM3.digest(content), when)
    signed = template.assemble(signer.sign(attributes), attributes=attributes)           # detached
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509

from ca import cms, cms_names, der
from ca.algorithm_identifiers import digest_identifier
from hsm.algorithms import Digest, DigestAlgorithm, Family

_VERSION_1: Final = der.integer(1)
_SIGNED_DATA: Final = der.oid(cms_names.GM_SIGNED_DATA)
_DATA: Final = der.oid(cms_names.GM_DATA)
_SM3: Final = digest_identifier(DigestAlgorithm.SM3)
_SM2_SIGNATURE: Final = der.sequence(der.oid(cms_names.SM2_SIGNATURE))


@dataclass(frozen=True, slots=True)
class GmSignedData:
    """The parts of a ``SignedData`` that are the same for everything that one signer signs."""

    signer_id: bytes
    certificates: bytes
    signing_certificate: bytes

    @classmethod
    def of(cls, certificate: bytes, chain: Sequence[bytes] = ()) -> GmSignedData:
        """Prepare for the signer's certificate (DER) and those above it; what cannot be read is ``ValueError``."""
        read = x509.load_der_x509_certificate(certificate)
        issuer, serial = read.issuer.public_bytes(), der.integer(read.serial_number)
        return cls(
            der.sequence(issuer, serial),
            der.tlv(0xA0, *sorted({certificate, *chain})),
            cms.signing_certificate_v2(certificate, issuer, serial, Family.SM2),
        )

    def attributes(
        self, digest: Digest, when: datetime | None = None, *, extra: Sequence[bytes] = ()
    ) -> bytes:
        """Encode the authenticated attributes as the SET that is signed.

        ``digest`` is SM3 over the content, ``when`` the signer's own time (aware; left out without one), ``extra``
        further encoded attributes.
        """
        if digest.algorithm is not DigestAlgorithm.SM3:
            raise ValueError("the national message syntax digests with SM3")
        time = () if when is None else (cms.signing_time(when),)
        content_type, message_digest = cms.content_type(cms_names.GM_DATA), cms.message_digest(digest)
        return der.set_of(content_type, message_digest, *time, self.signing_certificate, *extra)

    def assemble(
        self,
        signature: bytes,
        *,
        attributes: bytes | None = None,
        content: bytes | None = None,
        unauthenticated: Sequence[bytes] = (),
    ) -> bytes:
        """Join the ``ContentInfo``.

        ``signature`` is DER SM2Signature over ``attributes``, or over ``content`` where there are none; ``content``
        is embedded as OCTET STRING, or left out (detached). ``unauthenticated`` are encoded attributes, such as a
        time-stamp.
        """
        signer_info = der.sequence(
            _VERSION_1,
            self.signer_id,
            _SM3,
            b"" if attributes is None else b"\xa0" + attributes[1:],  # the SET under its implicit tag
            _SM2_SIGNATURE,
            der.octet_string(signature),
            der.tlv(0xA1, *sorted(unauthenticated)) if unauthenticated else b"",
        )
        signed_data = der.sequence(
            _VERSION_1,
            der.set_of(_SM3),
            der.sequence(_DATA, b"" if content is None else der.explicit(0, der.octet_string(content))),
            self.certificates,
            der.set_of(signer_info),
        )
        return der.sequence(_SIGNED_DATA, der.explicit(0, signed_data))
