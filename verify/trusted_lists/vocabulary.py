"""The URIs of service types and states: ETSI's (TS 119 612 §5.5.1, §5.5.4, annex D), and two of our own for seals."""

from __future__ import annotations

from typing import Final

from verify.trusted_lists.model import ServiceKind, ServiceStatus

SERVICE_ARC: Final = "1.2.840.113556.1.8000.2554.47038.63644.48126.20435.42269.5951987.1271589"
"""Of our own service types, an arc made from a GUID (ADR 5): ETSI has none for makers of seals or evidence of their use."""
SEAL_MAKER_TYPE: Final = f"urn:oid:{SERVICE_ARC}.1"
EVIDENCE_TYPE: Final = f"urn:oid:{SERVICE_ARC}.2"

_TYPES: Final = "http://uri.etsi.org/TrstSvc/Svctype/"
_STATES: Final = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/"
_OLD_STATES: Final = "http://uri.etsi.org/TrstSvc/eSigDir-1999-93-EC-TrustedList/Svcstatus/"

LIST_TYPE: Final = "http://uri.etsi.org/TrstSvc/TrustedList/TSLType/CNgeneric"
"""TS 119 612 §5.3.3: a list of services under a scheme of the territory CN."""
APPROACH: Final = "http://uri.etsi.org/TrstSvc/TrustedList/StatusDetn/CNdetermination"
"""TS 119 612 §5.3.8: its states are determined by the scheme of the territory CN."""
TSL_TAG: Final = "http://uri.etsi.org/19612/TSLTag"

KIND_URI: Final = {
    ServiceKind.CA: f"{_TYPES}CA/PKC",
    ServiceKind.TSA: f"{_TYPES}TSA",
    ServiceKind.SEAL_MAKER: SEAL_MAKER_TYPE,
    ServiceKind.VERIFICATION: f"{_TYPES}AdESValidation",
    ServiceKind.EVIDENCE: EVIDENCE_TYPE,
    ServiceKind.OTHER: f"{_TYPES}unspecified",
}
"""What is written for a service that names no type of its own."""

_KINDS: Final = {
    f"{_TYPES}CA/QC": ServiceKind.CA,
    f"{_TYPES}CA/PKC": ServiceKind.CA,
    f"{_TYPES}NationalRootCA-QC": ServiceKind.CA,
    f"{_TYPES}TSA": ServiceKind.TSA,
    f"{_TYPES}TSA/QTST": ServiceKind.TSA,
    f"{_TYPES}TSA/TSS-QC": ServiceKind.TSA,
    f"{_TYPES}TSA/TSS-AdESQCandQES": ServiceKind.TSA,
    f"{_TYPES}AdESValidation": ServiceKind.VERIFICATION,
    f"{_TYPES}QESValidation/Q": ServiceKind.VERIFICATION,
    SEAL_MAKER_TYPE: ServiceKind.SEAL_MAKER,
    EVIDENCE_TYPE: ServiceKind.EVIDENCE,
}

STATUS_URI: Final = {
    ServiceStatus.GRANTED: f"{_STATES}granted",
    ServiceStatus.RECOGNISED: f"{_STATES}recognisedatnationallevel",
    ServiceStatus.SUPERVISED: f"{_STATES}undersupervision",
    ServiceStatus.WITHDRAWN: f"{_STATES}withdrawn",
    ServiceStatus.CEASED: f"{_STATES}supervisionceased",
}
"""What is written for a state that names no URI of its own."""

_WORDS: Final = {
    "granted": ServiceStatus.GRANTED,
    "withdrawn": ServiceStatus.WITHDRAWN,
    "recognisedatnationallevel": ServiceStatus.RECOGNISED,
    "deprecatedatnationallevel": ServiceStatus.WITHDRAWN,
    "setbynationallaw": ServiceStatus.RECOGNISED,
    "deprecatedbynationallaw": ServiceStatus.WITHDRAWN,
    "undersupervision": ServiceStatus.SUPERVISED,
    "supervisionincessation": ServiceStatus.SUPERVISED,
    "accredited": ServiceStatus.SUPERVISED,
    "supervisionceased": ServiceStatus.CEASED,
    "accreditationceased": ServiceStatus.CEASED,
    "supervisionrevoked": ServiceStatus.WITHDRAWN,
    "accreditationrevoked": ServiceStatus.WITHDRAWN,
}


def kind_of(uri: str) -> ServiceKind:
    """Return what a service of this type is an anchor for."""
    return _KINDS.get(uri, ServiceKind.OTHER)


def status_of(uri: str) -> ServiceStatus:
    """Return the state that a URI stands for; one that is not ETSI's own is unknown, and grants nothing."""
    for base in (_STATES, _OLD_STATES):
        if uri.startswith(base):
            return _WORDS.get(uri.removeprefix(base).lower(), ServiceStatus.UNKNOWN)
    return ServiceStatus.UNKNOWN
