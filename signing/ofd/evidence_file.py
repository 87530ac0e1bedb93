"""Writing the evidence beside a signature: a SignedData of certificates and revocation information alone (RFC 5652 §5.1, RFC 5940)."""

from __future__ import annotations

from ca.cms_names import DATA, SIGNED_DATA
from ca.der import explicit, integer, oid, sequence, set_of, tlv
from signing.containers.cms import IMPLICIT_0, IMPLICIT_1, OCSP_RESPONSE
from signing.mark import Evidence


def encode_evidence(evidence: Evidence) -> bytes:
    """Encode it; nothing in it is signed here, the file is among those that the seal protects."""
    revocation = [*evidence.crls]
    revocation += [tlv(IMPLICIT_1, oid(OCSP_RESPONSE), answer) for answer in evidence.ocsp]
    parts = [
        integer(5 if evidence.ocsp else 1),
        set_of(),
        sequence(oid(DATA)),
        tlv(IMPLICIT_0, *sorted(set(evidence.certificates))),
        *([tlv(IMPLICIT_1, *sorted(set(revocation)))] if revocation else ()),
        set_of(),
    ]
    return sequence(oid(SIGNED_DATA), explicit(0, sequence(*parts)))
