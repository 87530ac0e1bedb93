"""Identifiers of CMS (RFC 5652) and of its attributes, for whoever builds a container and whoever takes one apart."""

from __future__ import annotations

from typing import Final

DATA: Final = "1.2.840.113549.1.7.1"
SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
"""RFC 5652 §4, §5.1."""
TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"
"""RFC 3161 §2.4.2."""
CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
SIGNING_TIME: Final = "1.2.840.113549.1.9.5"
"""RFC 5652 §11.1 to §11.3."""
SIGNING_CERTIFICATE: Final = "1.2.840.113549.1.9.16.2.12"
SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"
"""RFC 2634 §5.4, RFC 5035 §3."""
SIGNATURE_TIME_STAMP: Final = "1.2.840.113549.1.9.16.2.14"
"""RFC 3161 appendix A."""
CERTIFICATE_VALUES: Final = "1.2.840.113549.1.9.16.2.23"
REVOCATION_VALUES: Final = "1.2.840.113549.1.9.16.2.24"
"""RFC 5126 §6.3.3, §6.3.4."""
ALGORITHM_PROTECTION: Final = "1.2.840.113549.1.9.52"
"""RFC 6211 §2."""

GM_DATA: Final = "1.2.156.10197.6.1.4.2.1"
GM_SIGNED_DATA: Final = "1.2.156.10197.6.1.4.2.2"
"""GB/T 35275 (GM/T 0010): content types of the national message syntax, which keeps the shape of PKCS #7 version 1.5."""
SM2_SIGNATURE: Final = "1.2.156.10197.1.301.1"
"""GB/T 33560: the SM2 signature alone, as GB/T 35275 names a ``digestEncryptionAlgorithm``."""
