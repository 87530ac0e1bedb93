"""What the service and its credentials say of themselves, member by member as the CSC API lists them."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cryptography.hazmat.primitives.serialization import Encoding

from api.csc.algorithms import offered
from hsm.algorithms import KeyKind, SignatureAlgorithm
from seals.seal import SealStatus
from signing.hashes.credential import Credential
from signing.hashes.desk import MAX_DIGESTS
from signing.level import Level

METHODS: Final = (
    "credentials/list",
    "credentials/info",
    "credentials/authorize",
    "signatures/signHash",
)
CURVES: Final = {
    KeyKind.EC_P256: "1.2.840.10045.3.1.7",
    KeyKind.EC_P384: "1.3.132.0.34",
    KeyKind.SM2: "1.2.156.10197.1.301",
}
"""Named curves (RFC 5480 §2.1.1.1; GM/T 0006 for SM2)."""
PIN_TOLD: Final = {
    "zh": ("PIN 码", "保管人令牌的 PIN 码，令牌要求时必填"),
    "en": ("PIN", "PIN of the keeper's token, where it asks for one"),
}


def service(base_url: str, lang: str, *, version: int) -> dict[str, Any]:
    """Describe the service (``info``)."""
    told: dict[str, Any] = {
        "specs": "2.0.0.0" if version == 2 else "1.0.4.0",
        "name": "印信 Yinxin",
        "logo": f"{base_url}/static/mark.svg",
        "region": "CN",
        "lang": lang,
        "description": "本系统登记的电子印章，作为远程签名凭证 / The electronic seals registered here, as credentials",
        "authType": ["external"],
        "methods": [*METHODS, "signatures/signDoc"] if version == 2 else list(METHODS),
    }
    if version == 2:
        told |= {
            "asynchronousOperationMode": False,
            "validationInfo": False,
            "signAlgorithms": {"algos": [one.oid for one in SignatureAlgorithm]},
            "signature_formats": {"formats": ["P", "C"], "envelope_properties": [["Revision"], ["Detached"]]},
            "conformance_levels": [f"AdES-{level.value}" for level in Level],
        }
    return told


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much is told: ``certificates`` none, single or chain; ``info`` the names in them; ``version`` of the API."""

    certificates: str
    info: bool
    version: int
    lang: str = "zh-CN"


def credential(found: Credential, now: datetime, wanted: Wanted) -> dict[str, Any]:
    """Describe one credential (``credentials/info``)."""
    english = wanted.lang.lower().startswith("en")
    record = found.seal
    told: dict[str, Any] = {
        "description": f"{record.owner.name} · {record.name} · {record.kind.en if english else record.kind.zh}"[
            :255
        ],
        "signatureQualifier": "AdES",
        "key": _key(found),
        "cert": _certificate(found, now, wanted),
        "SCAL": "2",
        "multisign": MAX_DIGESTS,
        "lang": wanted.lang,
    }
    return told | (_auth_v2(english=english) if wanted.version == 2 else _auth_v1(english=english))


def _key(found: Credential) -> dict[str, Any]:
    usable = found.seal.status is SealStatus.ACTIVE
    key: dict[str, Any] = {
        "status": "enabled" if usable else "disabled",
        "algo": offered(found),
        "len": found.kind.bits,
    }
    if found.kind in CURVES:
        key["curve"] = CURVES[found.kind]
    return key


def _certificate(found: Credential, now: datetime, wanted: Wanted) -> dict[str, Any]:
    own = found.certificate
    expired = not own.not_valid_before_utc <= now <= own.not_valid_after_utc
    revoked = found.seal.status in (SealStatus.REVOKED, SealStatus.SUPERSEDED)
    told: dict[str, Any] = {"status": "expired" if expired else "revoked" if revoked else "valid"}
    if wanted.certificates != "none":
        chain = found.chain if wanted.certificates == "chain" else ()
        ders = (own.public_bytes(Encoding.DER), *chain)
        told["certificates"] = [base64.b64encode(der).decode() for der in ders]
    if wanted.info:
        told |= {
            "issuerDN": own.issuer.rfc4514_string(),
            "serialNumber": f"{own.serial_number:x}",
            "subjectDN": own.subject.rfc4514_string(),
            "validFrom": f"{own.not_valid_before_utc:%Y%m%d%H%M%SZ}",
            "validTo": f"{own.not_valid_after_utc:%Y%m%d%H%M%SZ}",
        }
    return told


def _auth_v1(*, english: bool) -> dict[str, Any]:
    label, description = PIN_TOLD["en" if english else "zh"]
    pin = {"presence": "optional", "format": "A", "label": label, "description": description}
    return {"authMode": "explicit", "PIN": pin, "OTP": {"presence": "false"}}


def _auth_v2(*, english: bool) -> dict[str, Any]:
    label, description = PIN_TOLD["en" if english else "zh"]
    pin = {"type": "Password", "id": "PIN", "format": "A", "label": label, "description": description}
    return {"auth": {"mode": "explicit", "expression": "PIN", "objects": [pin]}}
