"""Write a list as ETSI TS 119 602 JSON with a JAdES baseline B signature; equal lists have equal octets before the signature.

The payload is canonical: members in order of their names, no blanks, UTF-8.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from hsm.algorithms import SignatureAlgorithm
from seals.jws import raw_signature
from verify.trusted_lists.errors import ListIncomplete
from verify.trusted_lists.jades import SM2_NAME
from verify.trusted_lists.lote import ADDITIONAL, QUALIFICATIONS, VERSION
from verify.trusted_lists.model import (
    Contact,
    ListedService,
    Period,
    Pointer,
    Provider,
    Qualifiers,
    Scheme,
    TrustedList,
    Words,
)
from verify.trusted_lists.vocabulary import KIND_URI, STATUS_URI
from verify.trusted_lists.writing import ListSigner, Unsigned, by_provider, check_complete, seconds

_NAMES: Final = {
    SignatureAlgorithm.ECDSA_SHA256: ("ES256", 32),
    SignatureAlgorithm.ECDSA_SHA384: ("ES384", 48),
    SignatureAlgorithm.RSA_SHA256: ("RS256", 0),
    SignatureAlgorithm.SM2_SM3: (SM2_NAME, 32),
}
_TERRITORY: Final = 2


def write_json(trusted_list: TrustedList, signer: ListSigner, at: datetime) -> Unsigned:
    """Write a list for its signature at ``at`` (aware); raises ``ListIncomplete`` for what the form demands and is not there."""
    found = _NAMES.get(signer.algorithm)
    if found is None:
        raise ListIncomplete(
            f"{signer.algorithm.label} 没有 JWS 算法名称，请换用其他密钥签发清单。",
            f"{signer.algorithm.label} has no JWS name; sign the list with another key.",
        )
    check_complete(trusted_list)
    if trusted_list.next_update is None or len(trusted_list.territory) not in {0, _TERRITORY}:
        raise ListIncomplete(
            "JSON 格式的清单须有下次更新时间，地区代码须为两个字母。",
            "A list in JSON has a next update, and its territory two letters.",
        )
    alg, size = found
    header = {
        "alg": alg,
        "iat": int(at.astimezone(UTC).timestamp()),
        "x5c": [base64.b64encode(der).decode() for der in signer.chain],
        "x5t#S256": _encode(hashlib.sha256(signer.chain[0]).digest()),
    }
    head = f"{_encode(_canonical(header))}.{_encode(_canonical(payload_of(trusted_list)))}"

    def finish(made: bytes) -> bytes:
        return f"{head}.{_encode(raw_signature(made, size) if size else made)}".encode()

    return Unsigned(head.encode(), finish)


def payload_of(trusted_list: TrustedList) -> dict[str, Any]:
    """Write the payload of a list (TS 119 602 §6.2)."""
    entities = [
        {
            "TrustedEntityInformation": _provider(provider),
            "TrustedEntityServices": [_service(service) for service in services],
        }
        for provider, services in by_provider(trusted_list.services)
    ]
    body: dict[str, Any] = {"ListAndSchemeInformation": _information(trusted_list)}
    if entities:
        body["TrustedEntitiesList"] = entities
    return {"LoTE": body}


def _canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _encode(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def _words(words: Words) -> list[dict[str, str]]:
    return [{"lang": language, "value": text} for language, text in words.texts]


def _uris(uris: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"lang": language, "uriValue": uri} for language, uri in uris]


def _present(members: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is empty: the schema has no empty lists."""
    return {name: value for name, value in members.items() if value not in ("", [], {}, None)}


def _information(trusted_list: TrustedList) -> dict[str, Any]:
    scheme = trusted_list.scheme
    return _present(
        {
            "LoTEVersionIdentifier": VERSION,
            "LoTESequenceNumber": trusted_list.sequence,
            "LoTEType": scheme.type_uri,
            "SchemeOperatorName": _words(trusted_list.operator),
            "SchemeOperatorAddress": _address(scheme.contact, "SchemeOperator"),
            "SchemeName": _words(scheme.name),
            "SchemeInformationURI": _uris(scheme.contact.information),
            "StatusDeterminationApproach": scheme.approach,
            "SchemeTypeCommunityRules": _uris(scheme.community_rules),
            "SchemeTerritory": trusted_list.territory,
            "PolicyOrLegalNotice": _notice(scheme),
            "HistoricalInformationPeriod": scheme.historical_days,
            "PointersToOtherLoTE": [_pointer(pointer, trusted_list) for pointer in trusted_list.pointers],
            "ListIssueDateTime": seconds(trusted_list.issued),
            "NextUpdate": None if trusted_list.next_update is None else seconds(trusted_list.next_update),
            "DistributionPoints": list(scheme.distribution),
        }
    )


def _notice(scheme: Scheme) -> list[dict[str, str]]:
    return [{"LoTELegalNotice": text} for _, text in scheme.legal_notice.texts]


def _address(contact: Contact, prefix: str) -> dict[str, Any]:
    postal = [
        _present(
            {
                "lang": address.language,
                "StreetAddress": address.street,
                "Locality": address.locality,
                "StateOrProvince": address.region,
                "PostalCode": address.postal_code,
                "Country": address.country,
            }
        )
        for address in contact.postal
    ]
    return {f"{prefix}PostalAddress": postal, f"{prefix}ElectronicAddress": _uris(contact.electronic)}


def _pointer(pointer: Pointer, trusted_list: TrustedList) -> dict[str, Any]:
    """TS 119 602 §6.3.13: what a pointer leaves unsaid is taken from the list that points."""
    said = {
        "LoTEType": pointer.type_uri or trusted_list.scheme.type_uri,
        "SchemeOperatorName": _words(pointer.operator if pointer.operator.texts else trusted_list.operator),
        "SchemeTerritory": pointer.territory,
        "MimeType": pointer.mime or "application/jose",
    }
    return {
        "LoTELocation": pointer.location,
        "ServiceDigitalIdentities": [_identity((der,)) for der in pointer.signers],
        "LoTEQualifiers": [_present(said)],
    }


def _provider(provider: Provider) -> dict[str, Any]:
    return _present(
        {
            "TEName": _words(provider.name),
            "TETradeName": _words(provider.trade_name),
            "TEAddress": _address(provider.contact, "TE"),
            "TEInformationURI": _uris(provider.contact.information),
        }
    )


def _identity(certificates: Sequence[bytes]) -> dict[str, Any]:
    return {"X509Certificates": [{"val": base64.b64encode(der).decode()} for der in certificates]}


def _service(service: ListedService) -> dict[str, Any]:
    current, *past = service.periods
    supply = [{"uriValue": uri} for uri in service.supply]
    found: dict[str, Any] = {
        "ServiceInformation": _period(service, current) | ({"ServiceSupplyPoints": supply} if supply else {})
    }
    if past:
        found["ServiceHistory"] = [_period(service, period) for period in past]
    return found


def _period(service: ListedService, period: Period) -> dict[str, Any]:
    return _present(
        {
            "ServiceName": _words(period.name if period.name.texts else service.name),
            "ServiceDigitalIdentity": _identity(service.certificates),
            "ServiceTypeIdentifier": period.type_uri or service.type_uri or KIND_URI[service.kind],
            "ServiceStatus": period.status_uri or STATUS_URI[period.status],
            "StatusStartingTime": seconds(period.since),
            "ServiceInformationExtensions": _extensions(period.qualifiers),
        }
    )


def _extensions(qualifiers: Qualifiers) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {ADDITIONAL: {"URI": {"lang": "en", "uriValue": uri}}} for uri in qualifiers.additional
    ]
    if qualifiers.qualifications:
        said = [
            _present({"Qualifiers": list(item.qualifiers), "CriteriaList": item.criteria})
            for item in qualifiers.qualifications
        ]
        found.append({QUALIFICATIONS: said})
    return found
