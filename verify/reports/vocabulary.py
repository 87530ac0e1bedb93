"""Names and addresses of ETSI TS 119 102-2 that our reports use, and ours where it has none."""

from __future__ import annotations

import base64
from typing import Final

from verify.ses.facts import StepState
from verify.verdict import Indication, SubIndication

VR: Final = "http://uri.etsi.org/19102/v1.4.1#"
"""Namespace of the validation report (TS 119 102-2 V1.4.1, annex B)."""
XADES: Final = "http://uri.etsi.org/01903/v1.3.2#"
DS: Final = "http://www.w3.org/2000/09/xmldsig#"
TSL: Final = "http://uri.etsi.org/02231/v2#"
OURS: Final = "urn:yinxin:report:1"
"""Namespace of what a Chinese seal has and the standard has no element for; it stands in ``OtherInformation`` only."""
PREFIXES: Final = {"vr": VR, "xades": XADES, "ds": DS, "tsl": TSL, "yx": OURS}

SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
MAIN: Final = {
    Indication.TOTAL_PASSED: "urn:etsi:019102:mainindication:total-passed",
    Indication.TOTAL_FAILED: "urn:etsi:019102:mainindication:total-failed",
    Indication.INDETERMINATE: "urn:etsi:019102:mainindication:indeterminate",
}
"""TS 119 102-2 §4.3.4.2: indications of a whole signature."""
STEP: Final = {
    StepState.PASSED: "urn:etsi:019102:mainindication:passed",
    StepState.FAILED: "urn:etsi:019102:mainindication:failed",
    StepState.INDETERMINATE: "urn:etsi:019102:mainindication:indeterminate",
}
"""Indications of one constraint (EN 319 102-1 §5.1.2)."""
APPLIED: Final = "urn:etsi:019102:constraintStatus:applied"
DISABLED: Final = "urn:etsi:019102:constraintStatus:disabled"
BY_VALIDATION: Final = "urn:etsi:019102:poetype:validation"
"""A proof of existence that the validation derived (TS 119 102-2 §4.2.9.2)."""
CERTIFICATE: Final = "urn:etsi:019102:validationObject:certificate"
TIMESTAMP: Final = "urn:etsi:019102:validationObject:timestamp"
SIGNED_DATA: Final = "urn:etsi:019102:validationObject:signedData"
OTHER: Final = "urn:etsi:019102:validationObject:other"
BASIC: Final = "urn:etsi:019102:validationprocess:Basic"
LTVM: Final = "urn:etsi:019102:validationprocess:LTVM"
LTA: Final = "urn:etsi:019102:validationprocess:LTA"
CONSTRAINT: Final = "urn:yinxin:constraint:"
QUALITY: Final = "urn:yinxin:quality:"

_OURS: Final = {
    SubIndication.NO_SIGNATURE: "GENERIC",
    SubIndication.DOCUMENT_MODIFIED: "SIG_CONSTRAINTS_FAILURE",
    SubIndication.SEAL_NOT_VALID: "SIG_CONSTRAINTS_FAILURE",
    SubIndication.SEAL_STATUS_UNKNOWN: "TRY_LATER",
    SubIndication.LIMIT_REACHED: "GENERIC",
}
"""The standard's nearest word for each sub-indication of ours; both are given."""
_REASONS: Final = {
    "unspecified": "unspecified",
    "keyCompromise": "keyCompromise",
    "cACompromise": "cACompromise",
    "affiliationChanged": "affiliationChanged",
    "superseded": "superseded",
    "cessationOfOperation": "cessationOfOperation",
    "certificateHold": "certificateHold",
    "privilegeWithdrawn": "privilegeWithdrawn",
    "aACompromise": "aACompromise",
}


def sub_indications(sub: SubIndication | None) -> tuple[str, ...]:
    """Return the addresses of a sub-indication: the standard's own, or its nearest and then ours."""
    if sub is None:
        return ()
    if sub in _OURS:
        nearest = f"urn:etsi:019102:subindication:{_OURS[sub]}"
        return nearest, f"urn:yinxin:subindication:{sub.value}"
    return (f"urn:etsi:019102:subindication:{sub.value}",)


def revocation_reason(text: str) -> str:
    """Return the address of a CRLReason (RFC 5280 §5.3.1), written in any of the usual ways; empty for none of them."""
    plain = text.replace("_", "").replace("-", "").lower()
    found = next((one for one in _REASONS if one.lower() == plain), "")
    return f"urn:etsi:019102:revocationReason:{found}" if found else ""


def base64_text(octets: bytes) -> str:
    """Write ``xs:base64Binary``."""
    return base64.b64encode(octets).decode("ascii")
