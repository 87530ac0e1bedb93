"""ETSI TS 119 602 (version 1 of the form; 1.1.1), the list of trusted entities in JSON: from the signed payload to the model.

Members that the standard does not name are an error, as its schema has it. A list without states vouches for what it names
from the day of its issue on: it says nothing about before.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from verify.trusted_lists.errors import unreadable, unsupported
from verify.trusted_lists.limits import (
    MAX_CERTIFICATES,
    MAX_NUMBER,
    MAX_PERIODS,
    MAX_POINTERS,
    MAX_SERVICES,
    MAX_TEXT,
    MAX_TEXTS,
)
from verify.trusted_lists.model import (
    UNKNOWN_LANGUAGE,
    Contact,
    ListedService,
    ListForm,
    Period,
    Pointer,
    PostalAddress,
    Provider,
    Qualification,
    Qualifiers,
    Scheme,
    ServiceKind,
    ServiceStatus,
    TrustedList,
    Words,
    in_order,
)
from verify.trusted_lists.vocabulary import kind_of, status_of
from verify.trusted_lists.xml_reading import certificate_of, moment

VERSION: Final = 1
ADDITIONAL: Final = "AdditionalServiceInformation"
QUALIFICATIONS: Final = "Qualifications"
"""Members of extensions that this system writes: the two of TS 119 612 §5.5.9, which the JSON form leaves open."""

_LIST: Final = {"ListAndSchemeInformation", "TrustedEntitiesList"}
_INFORMATION: Final = {
    "LoTEVersionIdentifier",
    "LoTESequenceNumber",
    "LoTEType",
    "SchemeOperatorName",
    "SchemeOperatorAddress",
    "SchemeName",
    "SchemeInformationURI",
    "StatusDeterminationApproach",
    "SchemeTypeCommunityRules",
    "SchemeTerritory",
    "PolicyOrLegalNotice",
    "HistoricalInformationPeriod",
    "PointersToOtherLoTE",
    "ListIssueDateTime",
    "NextUpdate",
    "DistributionPoints",
    "SchemeExtensions",
}
_SERVICE: Final = {
    "ServiceName",
    "ServiceDigitalIdentity",
    "ServiceTypeIdentifier",
    "ServiceStatus",
    "StatusStartingTime",
    "SchemeServiceDefinitionURI",
    "ServiceSupplyPoints",
    "ServiceDefinitionURI",
    "ServiceInformationExtensions",
}
_ENTITY: Final = {"TEName", "TETradeName", "TEAddress", "TEInformationURI", "TEInformationExtensions"}


def read_json(payload: dict[str, Any]) -> TrustedList:
    """Read a list from its payload; raises ``ListUnreadable``."""
    _exact(payload, {"LoTE"})
    body = _exact(_member(payload, "LoTE", dict), _LIST)
    information = _exact(_member(body, "ListAndSchemeInformation", dict), _INFORMATION)
    version = _number(information, "LoTEVersionIdentifier", 1000)
    if version != VERSION:
        raise unsupported(version)
    sequence = _number(information, "LoTESequenceNumber", MAX_NUMBER)
    name = _words(information.get("SchemeName"))
    if sequence < 1 or not name.en:
        raise unreadable("没有清单体系名称或序号", "its scheme has no name, or it has no number")
    issued = _time(information, "ListIssueDateTime")
    update = information.get("NextUpdate")
    return TrustedList(
        scheme_id=name.en,
        operator=_words(information.get("SchemeOperatorName")),
        territory=_text(information.get("SchemeTerritory", "")),
        sequence=sequence,
        issued=issued,
        next_update=None if update is None else _time(information, "NextUpdate"),
        services=tuple(_services(body.get("TrustedEntitiesList"), issued)),
        pointers=tuple(map(_pointer, _items(information.get("PointersToOtherLoTE"), MAX_POINTERS))),
        form=ListForm.JSON,
        scheme=_scheme(information, name),
    )


def _exact(value: dict[str, Any], members: set[str]) -> dict[str, Any]:
    strange = sorted(set(value) - members)
    if strange:
        raise unreadable(f"含有未知成员 {strange[0][:60]}", f"it has an unknown member, {strange[0][:60]}")
    return value


def _member(value: dict[str, Any], name: str, kind: type) -> Any:
    found = value.get(name)
    if not isinstance(found, kind):
        raise unreadable(f"缺少 {name} 或类型不对", f"{name} is missing or of another type")
    return found


def _items(value: Any, most: int) -> list[dict[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > most or not all(isinstance(item, dict) for item in value):
        raise unreadable(f"列表不正确或超过 {most} 项", f"a list is wrong or has more than {most} items")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise unreadable("文字过长或类型不对", "a text is too long or of another type")
    return value


def _number(value: dict[str, Any], name: str, most: int) -> int:
    found = value.get(name)
    if type(found) is not int or not 0 <= found <= most:
        raise unreadable(f"{name} 不是正确的数字", f"{name} is no proper number")
    return found


def _time(value: dict[str, Any], name: str) -> datetime:
    return moment(_member(value, name, str))


def _words(value: Any) -> Words:
    return Words(
        tuple(
            (_text(item.get("lang", "")), _text(item.get("value", ""))) for item in _items(value, MAX_TEXTS)
        )
    )


def _uris(value: Any) -> tuple[tuple[str, str], ...]:
    return tuple(
        (_text(item.get("lang", "")), _text(item.get("uriValue", ""))) for item in _items(value, MAX_TEXTS)
    )


def _scheme(information: dict[str, Any], name: Words) -> Scheme:
    address = information.get("SchemeOperatorAddress") or {}
    contact = _contact(address, "SchemeOperatorPostalAddress", "SchemeOperatorElectronicAddress")
    points = information.get("DistributionPoints", [])
    if not isinstance(points, list) or len(points) > MAX_TEXTS:
        raise unreadable("发布地址不正确", "its distribution points are wrong")
    period = information.get("HistoricalInformationPeriod")
    return Scheme(
        type_uri=_text(information.get("LoTEType", "")),
        name=name,
        contact=replace(contact, information=_uris(information.get("SchemeInformationURI"))),
        approach=_text(information.get("StatusDeterminationApproach", "")),
        community_rules=_uris(information.get("SchemeTypeCommunityRules")),
        legal_notice=_notice(information.get("PolicyOrLegalNotice")),
        historical_days=0
        if period is None
        else _number(information, "HistoricalInformationPeriod", 1_000_000),
        distribution=tuple(map(_text, points)),
        version=VERSION,
    )


def _notice(value: Any) -> Words:
    """Read the legal notice, with a language or, as the schema has it, without; policies are addresses, and not kept."""
    texts = [item["LoTELegalNotice"] for item in _items(value, MAX_TEXTS) if "LoTELegalNotice" in item]
    return Words(
        tuple(
            (_text(text.get("lang", UNKNOWN_LANGUAGE)), _text(text.get("value", "")))
            if isinstance(text, dict)
            else (UNKNOWN_LANGUAGE, _text(text))
            for text in texts
        )
    )


def _contact(address: Any, postal: str, electronic: str) -> Contact:
    if not isinstance(address, dict):
        raise unreadable("地址不正确", "an address is wrong")
    return Contact(
        tuple(
            PostalAddress(
                language=_text(item.get("lang", "")),
                street=_text(item.get("StreetAddress", "")),
                locality=_text(item.get("Locality", "")),
                country=_text(item.get("Country", "")),
                region=_text(item.get("StateOrProvince", "")),
                postal_code=_text(item.get("PostalCode", "")),
            )
            for item in _items(address.get(postal), MAX_TEXTS)
        ),
        _uris(address.get(electronic)),
    )


def _pointer(value: dict[str, Any]) -> Pointer:
    identities = _items(value.get("ServiceDigitalIdentities"), MAX_CERTIFICATES)
    signers = [der for identity in identities for der in _certificates(identity)]
    said = next(iter(_items(value.get("LoTEQualifiers"), MAX_TEXTS)), {})
    return Pointer(
        location=_text(value.get("LoTELocation", "")),
        signers=tuple(dict.fromkeys(signers)),
        territory=_text(said.get("SchemeTerritory", "")),
        type_uri=_text(said.get("LoTEType", "")),
        operator=_words(said.get("SchemeOperatorName")),
        mime=_text(said.get("MimeType", "")),
    )


def _services(entities: Any, issued: datetime) -> Iterator[ListedService]:
    counted = 0
    for entity in _items(entities, MAX_SERVICES):
        provider = _provider(_exact(_member(entity, "TrustedEntityInformation", dict), _ENTITY))
        for service in _items(entity.get("TrustedEntityServices"), MAX_SERVICES):
            counted += 1
            if counted > MAX_SERVICES:
                raise unreadable(f"服务超过 {MAX_SERVICES} 项", f"it has more than {MAX_SERVICES} services")
            yield _service(provider, service, issued)


def _provider(information: dict[str, Any]) -> Provider:
    contact = _contact(information.get("TEAddress") or {}, "TEPostalAddress", "TEElectronicAddress")
    return Provider(
        name=_words(information.get("TEName")),
        trade_name=_words(information.get("TETradeName")),
        contact=replace(contact, information=_uris(information.get("TEInformationURI"))),
    )


def _service(provider: Provider, service: dict[str, Any], issued: datetime) -> ListedService:
    _exact(service, {"ServiceInformation", "ServiceHistory"})
    information = _exact(_member(service, "ServiceInformation", dict), _SERVICE)
    past = _items(service.get("ServiceHistory"), MAX_PERIODS)
    current = _period(information, issued)
    periods = [current, *map(_past, past)]
    points = _items(information.get("ServiceSupplyPoints"), MAX_TEXTS)
    return ListedService(
        provider=provider,
        name=current.name,
        kind=kind_of(current.type_uri) if in_order(current, periods) else ServiceKind.OTHER,
        certificates=tuple(_certificates(_member(information, "ServiceDigitalIdentity", dict))),
        periods=tuple(sorted(periods, key=lambda item: item.since, reverse=True)),
        qualifiers=current.qualifiers,
        type_uri=current.type_uri,
        supply=tuple(_text(point.get("uriValue", "")) for point in points),
    )


def _past(item: dict[str, Any]) -> Period:
    """Read a state that ended: without a word and a time it would be one that was granted on the day of the list's issue."""
    since = _time(_exact(item, _SERVICE), "StatusStartingTime")
    _member(item, "ServiceStatus", str)
    return _period(item, since)


def _period(item: dict[str, Any], issued: datetime) -> Period:
    stated = "ServiceStatus" in item
    status = _text(item.get("ServiceStatus", ""))
    return Period(
        since=_time(item, "StatusStartingTime") if stated or "StatusStartingTime" in item else issued,
        status=status_of(status) if stated else ServiceStatus.GRANTED,
        status_uri=status,
        type_uri=_text(item.get("ServiceTypeIdentifier", "")),
        name=_words(item.get("ServiceName")),
        qualifiers=_qualifiers(_items(item.get("ServiceInformationExtensions"), MAX_TEXTS)),
    )


def _certificates(identity: dict[str, Any]) -> Iterator[bytes]:
    for item in _items(identity.get("X509Certificates"), MAX_CERTIFICATES):
        yield certificate_of(_text(item.get("val", "")))


def _qualifiers(extensions: list[dict[str, Any]]) -> Qualifiers:
    additional: list[str] = []
    qualifications: list[Qualification] = []
    for extension in extensions:
        said = extension.get(ADDITIONAL)
        if isinstance(said, dict) and isinstance(said.get("URI"), dict):
            additional.append(_text(said["URI"].get("uriValue", "")))
        for item in _items(extension.get(QUALIFICATIONS), MAX_TEXTS):
            uris = item.get("Qualifiers", [])
            criteria = item.get("CriteriaList", "")
            text = criteria if isinstance(criteria, str) else json.dumps(criteria, ensure_ascii=False)
            if isinstance(uris, list):
                qualifications.append(Qualification(tuple(map(_text, uris[:MAX_TEXTS])), _text(text)))
    return Qualifiers(tuple(additional), tuple(qualifications))
