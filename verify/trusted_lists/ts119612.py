"""ETSI TS 119 612 (versions 5 and 6 of the form; 2.3.1, 2.4.1): from the signed element to the model.

Only what the signature returned as signed comes here. Unknown extensions that are not critical are passed over, a critical one
that is not understood makes a service an anchor for nothing (§5.5.9: it must not be ignored).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from lxml import etree

from verify.trusted_lists.errors import unreadable, unsupported
from verify.trusted_lists.limits import (
    MAX_CERTIFICATES,
    MAX_NUMBER,
    MAX_PERIODS,
    MAX_POINTERS,
    MAX_SERVICES,
    MAX_TEXTS,
)
from verify.trusted_lists.model import (
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
    TrustedList,
    in_order,
)
from verify.trusted_lists.vocabulary import kind_of, status_of
from verify.trusted_lists.xml_reading import (
    SIE,
    TSLX,
    XML_LANG,
    Element,
    certificate_of,
    children,
    maybe,
    one,
    tag,
    text_of,
    time_of,
    uris_of,
    whole_number,
    words_of,
)

VERSIONS: Final = frozenset({5, 6})
"""§5.3.1: 5 up to version 2.2.1 of the standard, 6 from 2.3.1 on; earlier forms are of before 2016."""
UNDERSTOOD: Final = frozenset(
    {
        tag("AdditionalServiceInformation"),
        tag("Qualifications", SIE),
        tag("TakenOverBy", TSLX),
        tag("ExpiredCertsRevocationInfo"),
    }
)
"""Extensions of services that §5.5.9 defines; they qualify a service and take nothing from its state."""


def read_xml(root: Element) -> TrustedList:
    """Read a list from its root element; raises ``ListUnreadable``."""
    if root.tag != tag("TrustServiceStatusList"):
        raise unreadable("根元素不是信任清单", "the root element is no trust list")
    information = one(root, "SchemeInformation")
    version = whole_number(text_of(one(information, "TSLVersionIdentifier")), 1000)
    if version not in VERSIONS:
        raise unsupported(version)
    name = words_of(one(information, "SchemeName"))
    if not name.en:
        raise unreadable("没有清单体系名称", "its scheme has no name")
    next_update = maybe(one(information, "NextUpdate"), "dateTime")
    return TrustedList(
        scheme_id=name.en,
        operator=words_of(one(information, "SchemeOperatorName")),
        territory=text_of(maybe(information, "SchemeTerritory")),
        sequence=_sequence(information),
        issued=time_of(one(information, "ListIssueDateTime")),
        next_update=None if next_update is None else time_of(next_update),
        services=tuple(_services(root)),
        pointers=tuple(_pointer(item) for item in _pointers(information)),
        form=ListForm.XML,
        scheme=_scheme(information, version),
    )


def _sequence(information: Element) -> int:
    number = whole_number(text_of(one(information, "TSLSequenceNumber")), MAX_NUMBER)
    if number < 1:
        raise unreadable("清单序号不是正整数", "its sequence number is not positive")
    return number


def _scheme(information: Element, version: int) -> Scheme:
    notice = maybe(information, "PolicyOrLegalNotice")
    contact = _contact(one(information, "SchemeOperatorAddress"))
    return Scheme(
        type_uri=text_of(one(information, "TSLType")),
        name=words_of(one(information, "SchemeName")),
        contact=replace(contact, information=uris_of(one(information, "SchemeInformationURI"))),
        approach=text_of(one(information, "StatusDeterminationApproach")),
        community_rules=uris_of(maybe(information, "SchemeTypeCommunityRules")),
        legal_notice=words_of(notice, "TSLLegalNotice"),
        historical_days=whole_number(text_of(one(information, "HistoricalInformationPeriod")), 1_000_000),
        distribution=tuple(uri for _, uri in uris_of(maybe(information, "DistributionPoints"))),
        version=version,
    )


def _contact(address: Element) -> Contact:
    postal = children(maybe(address, "PostalAddresses"), "PostalAddress", MAX_TEXTS)
    return Contact(
        tuple(
            PostalAddress(
                language=item.get(XML_LANG, ""),
                street=text_of(maybe(item, "StreetAddress")),
                locality=text_of(maybe(item, "Locality")),
                country=text_of(maybe(item, "CountryName")),
                region=text_of(maybe(item, "StateOrProvince")),
                postal_code=text_of(maybe(item, "PostalCode")),
            )
            for item in postal
        ),
        uris_of(maybe(address, "ElectronicAddress")),
    )


def _pointers(information: Element) -> list[Element]:
    return children(maybe(information, "PointersToOtherTSL"), "OtherTSLPointer", MAX_POINTERS)


def _pointer(pointer: Element) -> Pointer:
    """§5.3.13: where the other list is, and the certificates that sign it."""
    identities = children(
        maybe(pointer, "ServiceDigitalIdentities"), "ServiceDigitalIdentity", MAX_CERTIFICATES
    )
    signers = [der for identity in identities for der in _certificates(identity)]
    said = {item.tag: item for item in _other_information(pointer)}
    return Pointer(
        location=text_of(one(pointer, "TSLLocation")),
        signers=tuple(dict.fromkeys(signers)),
        territory=text_of(said.get(tag("SchemeTerritory"))),
        type_uri=text_of(said.get(tag("TSLType"))),
        operator=words_of(said.get(tag("SchemeOperatorName"))),
        mime=text_of(said.get(tag("MimeType", TSLX))),
    )


def _other_information(pointer: Element) -> Iterator[Element]:
    for holder in children(maybe(pointer, "AdditionalInformation"), "OtherInformation", MAX_TEXTS):
        yield from holder.iterchildren(etree.Element)


def _services(root: Element) -> Iterator[ListedService]:
    counted = 0
    for entry in children(maybe(root, "TrustServiceProviderList"), "TrustServiceProvider", MAX_SERVICES):
        provider = _provider(one(entry, "TSPInformation"))
        for service in children(one(entry, "TSPServices"), "TSPService", MAX_SERVICES):
            counted += 1
            if counted > MAX_SERVICES:
                raise unreadable(f"服务超过 {MAX_SERVICES} 项", f"it has more than {MAX_SERVICES} services")
            yield _service(provider, service)


def _provider(information: Element) -> Provider:
    contact = _contact(one(information, "TSPAddress"))
    return Provider(
        name=words_of(one(information, "TSPName")),
        trade_name=words_of(maybe(information, "TSPTradeName")),
        contact=replace(contact, information=uris_of(maybe(information, "TSPInformationURI"))),
    )


def _service(provider: Provider, service: Element) -> ListedService:
    information = one(service, "ServiceInformation")
    past = children(maybe(service, "ServiceHistory"), "ServiceHistoryInstance", MAX_PERIODS)
    periods = [_period(item) for item in (information, *past)]
    points = children(maybe(information, "ServiceSupplyPoints"), "ServiceSupplyPoint", MAX_TEXTS)
    current = periods[0]
    understood = all(map(_understood, (information, *past))) and in_order(current, periods)
    return ListedService(
        provider=provider,
        name=current.name,
        kind=kind_of(current.type_uri) if understood else ServiceKind.OTHER,
        certificates=tuple(_certificates(one(information, "ServiceDigitalIdentity"))),
        periods=tuple(sorted(periods, key=lambda item: item.since, reverse=True)),
        qualifiers=current.qualifiers,
        type_uri=current.type_uri,
        supply=tuple(text_of(point) for point in points),
    )


def _period(item: Element) -> Period:
    status = text_of(one(item, "ServiceStatus"))
    return Period(
        since=time_of(one(item, "StatusStartingTime")),
        status=status_of(status),
        status_uri=status,
        type_uri=text_of(one(item, "ServiceTypeIdentifier")),
        name=words_of(one(item, "ServiceName")),
        qualifiers=_qualifiers(item),
    )


def _certificates(identity: Element) -> Iterator[bytes]:
    """§5.5.3: every certificate of one identity; names and key identifiers alone are no anchor."""
    for entry in children(identity, "DigitalId", MAX_CERTIFICATES):
        found = maybe(entry, "X509Certificate")
        if found is not None:
            yield certificate_of(text_of(found))


def _extensions(item: Element) -> list[Element]:
    return children(maybe(item, "ServiceInformationExtensions"), "Extension", MAX_TEXTS)


def _understood(item: Element) -> bool:
    return all(
        extension.get("Critical", "false").strip() in {"false", "0"}
        or _all_understood(list(extension.iterchildren(etree.Element)))
        for extension in _extensions(item)
    )


def _all_understood(inside: list[Element]) -> bool:
    """Tell whether a critical extension is understood; of one that holds no element nobody knows what it says."""
    return bool(inside) and all(child.tag in UNDERSTOOD for child in inside)


def _qualifiers(item: Element) -> Qualifiers:
    """§5.5.9.1, §5.5.9.2: kept as they were said, criteria as canonical XML."""
    additional: list[str] = []
    qualifications: list[Qualification] = []
    for extension in _extensions(item):
        said = children(extension, "AdditionalServiceInformation", MAX_TEXTS)
        additional += [text_of(one(item, "URI")) for item in said]
        for holder in children(extension, "Qualifications", MAX_TEXTS, SIE):
            qualifications += map(_qualification, children(holder, "QualificationElement", MAX_TEXTS, SIE))
    return Qualifiers(tuple(additional), tuple(qualifications))


def _qualification(element: Element) -> Qualification:
    uris = [
        item.get("uri", "")
        for item in children(maybe(element, "Qualifiers", SIE), "Qualifier", MAX_TEXTS, SIE)
    ]
    criteria = maybe(element, "CriteriaList", SIE)
    return Qualification(tuple(uris), "" if criteria is None else _canonical(criteria))


def _canonical(criteria: Element) -> str:
    """Write criteria as canonical XML, which there is none of where a namespace is a relative URI (Exclusive C14N §1.4)."""
    try:
        octets: bytes = etree.tostring(criteria, method="c14n", exclusive=True)
    except etree.C14NError as error:
        raise unreadable(
            "CriteriaList 中的命名空间不是绝对 URI", "a namespace in CriteriaList is no absolute URI"
        ) from error
    return octets.decode().strip()
