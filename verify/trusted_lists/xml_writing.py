"""Write a list as ETSI TS 119 612 XML with a XAdES baseline B signature; equal lists have equal octets before the signature.

The one form that :mod:`verify.trusted_lists.xml_signature` accepts: enveloped, exclusive canonicalisation, one reference to the
whole document and one to the signed properties, which name the signing certificate.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from lxml import etree

from hsm.algorithms import SignatureAlgorithm
from verify.trusted_lists.errors import ListIncomplete
from verify.trusted_lists.model import (
    UNKNOWN_LANGUAGE,
    Contact,
    ListedService,
    Period,
    Pointer,
    Provider,
    Qualifiers,
    TrustedList,
    Words,
)
from verify.trusted_lists.ts119612 import VERSIONS
from verify.trusted_lists.vocabulary import KIND_URI, STATUS_URI, TSL_TAG
from verify.trusted_lists.writing import ListSigner, Unsigned, by_provider, check_complete, seconds
from verify.trusted_lists.xml_reading import SIE, TSL, TSLX, XML_LANG, Element, safe_parser, tag
from verify.trusted_lists.xml_signature import DS, ENVELOPED, EXCLUSIVE, SIGNED_PROPERTIES, XADES

METHOD_URI: Final = {
    SignatureAlgorithm.ECDSA_SHA256: "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    SignatureAlgorithm.ECDSA_SHA384: "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
    SignatureAlgorithm.RSA_SHA256: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
}
"""RFC 9231 §2.3. For SM2 no URI is registered: such an installation publishes its list in JSON."""
_COORDINATE: Final = {SignatureAlgorithm.ECDSA_SHA256: 32, SignatureAlgorithm.ECDSA_SHA384: 48}
SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
ROOT_ID: Final = "list"
PROPERTIES_ID: Final = "signed-properties"
_SPACES: Final = {None: TSL, "tslx": TSLX, "sie": SIE}


def write_xml(trusted_list: TrustedList, signer: ListSigner, at: datetime) -> Unsigned:
    """Write a list for its signature at ``at`` (aware); raises ``ListIncomplete`` for what the form demands and is not there."""
    method = METHOD_URI.get(signer.algorithm)
    if method is None:
        raise ListIncomplete(
            f"{signer.algorithm.label} 没有登记的 XML 签名标识，请签发 JSON 格式的清单。",
            f"No URI is registered for {signer.algorithm.label} in XML signatures; publish the list in JSON.",
        )
    check_complete(trusted_list)
    root = _document(trusted_list)
    octets = _canonical(root)
    signature = _signature(root, signer, at)
    properties = next(signature.iter(tag("SignedProperties", XADES)))
    info = signature[0]
    _method(info, method)
    _reference(info, f"#{ROOT_ID}", (ENVELOPED, EXCLUSIVE), octets)
    _reference(info, f"#{PROPERTIES_ID}", (EXCLUSIVE,), _canonical(properties), SIGNED_PROPERTIES)
    value = signature[1]

    def finish(made: bytes) -> bytes:
        value.text = base64.b64encode(_raw(made, signer.algorithm)).decode()
        written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
        return written

    return Unsigned(_canonical(info), finish)


def _raw(made: bytes, algorithm: SignatureAlgorithm) -> bytes:
    """RFC 9231 §2.3.6: ECDSA values are r ‖ s, each as long as the field."""
    size = _COORDINATE.get(algorithm)
    if size is None:
        return made
    r, s = decode_dss_signature(made)
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def _canonical(element: Element) -> bytes:
    octets: bytes = etree.tostring(element, method="c14n", exclusive=True, with_comments=False)
    return octets


def _add(parent: Element, name: str, text: str | None = None, namespace: str = TSL) -> Element:
    element = etree.SubElement(parent, tag(name, namespace))
    if text is not None:
        element.text = text
    return element


def _words(parent: Element, name: str, words: Words, inner: str = "Name") -> None:
    if words.texts:
        holder = _add(parent, name)
        for language, text in words.texts:
            _add(holder, inner, text).set(XML_LANG, language or UNKNOWN_LANGUAGE)


def _uris(parent: Element, name: str, uris: Sequence[tuple[str, str]]) -> None:
    _words(parent, name, Words(tuple(uris)), "URI")


def _document(trusted_list: TrustedList) -> Element:
    root = etree.Element(tag("TrustServiceStatusList"), nsmap=_SPACES)
    root.set("Id", ROOT_ID)
    root.set("TSLTag", TSL_TAG)
    _scheme(root, trusted_list)
    if trusted_list.services:
        holder = _add(root, "TrustServiceProviderList")
        for provider, services in by_provider(trusted_list.services):
            entry = _add(holder, "TrustServiceProvider")
            _provider(entry, provider)
            listed = _add(entry, "TSPServices")
            for service in services:
                _service(listed, service)
    return root


def _scheme(root: Element, trusted_list: TrustedList) -> None:
    scheme = trusted_list.scheme
    information = _add(root, "SchemeInformation")
    version = scheme.version if scheme.version in VERSIONS else max(VERSIONS)
    _add(information, "TSLVersionIdentifier", str(version))
    _add(information, "TSLSequenceNumber", str(trusted_list.sequence))
    _add(information, "TSLType", scheme.type_uri)
    _words(information, "SchemeOperatorName", trusted_list.operator)
    _address(_add(information, "SchemeOperatorAddress"), scheme.contact)
    _words(information, "SchemeName", scheme.name)
    _uris(information, "SchemeInformationURI", scheme.contact.information)
    _add(information, "StatusDeterminationApproach", scheme.approach)
    _uris(information, "SchemeTypeCommunityRules", scheme.community_rules)
    if trusted_list.territory:
        _add(information, "SchemeTerritory", trusted_list.territory)
    _words(information, "PolicyOrLegalNotice", scheme.legal_notice, "TSLLegalNotice")
    _add(information, "HistoricalInformationPeriod", str(scheme.historical_days))
    if trusted_list.pointers:
        holder = _add(information, "PointersToOtherTSL")
        for pointer in trusted_list.pointers:
            _pointer(_add(holder, "OtherTSLPointer"), pointer)
    _add(information, "ListIssueDateTime", seconds(trusted_list.issued))
    update = _add(information, "NextUpdate")
    if trusted_list.next_update is not None:
        _add(update, "dateTime", seconds(trusted_list.next_update))
    if scheme.distribution:
        points = _add(information, "DistributionPoints")
        for uri in scheme.distribution:
            _add(points, "URI", uri)


def _address(parent: Element, contact: Contact) -> None:
    holder = _add(parent, "PostalAddresses")
    for address in contact.postal:
        item = _add(holder, "PostalAddress")
        item.set(XML_LANG, address.language)
        parts = (
            ("StreetAddress", address.street),
            ("Locality", address.locality),
            ("StateOrProvince", address.region),
            ("PostalCode", address.postal_code),
            ("CountryName", address.country),
        )
        for name, text in parts:
            if text:
                _add(item, name, text)
    _uris(parent, "ElectronicAddress", contact.electronic)


def _pointer(parent: Element, pointer: Pointer) -> None:
    if pointer.signers:
        holder = _add(parent, "ServiceDigitalIdentities")
        for der in pointer.signers:
            _identity(_add(holder, "ServiceDigitalIdentity"), (der,))
    _add(parent, "TSLLocation", pointer.location)
    said = (pointer.type_uri, pointer.operator.texts, pointer.territory, pointer.mime)
    if not any(said):
        return
    holder = _add(parent, "AdditionalInformation")
    if pointer.type_uri:
        _add(_add(holder, "OtherInformation"), "TSLType", pointer.type_uri)
    if pointer.operator.texts:
        _words(_add(holder, "OtherInformation"), "SchemeOperatorName", pointer.operator)
    if pointer.territory:
        _add(_add(holder, "OtherInformation"), "SchemeTerritory", pointer.territory)
    if pointer.mime:
        _add(_add(holder, "OtherInformation"), "MimeType", pointer.mime, TSLX)


def _provider(entry: Element, provider: Provider) -> None:
    information = _add(entry, "TSPInformation")
    _words(information, "TSPName", provider.name)
    _words(information, "TSPTradeName", provider.trade_name)
    _address(_add(information, "TSPAddress"), provider.contact)
    _uris(information, "TSPInformationURI", provider.contact.information)


def _identity(parent: Element, certificates: Sequence[bytes]) -> None:
    for der in certificates:
        _add(_add(parent, "DigitalId"), "X509Certificate", base64.b64encode(der).decode())


def _service(parent: Element, service: ListedService) -> None:
    entry = _add(parent, "TSPService")
    current, *past = service.periods
    information = _add(entry, "ServiceInformation")
    _period(information, service, current)
    if service.supply:
        points = _add(information, "ServiceSupplyPoints")
        for uri in service.supply:
            _add(points, "ServiceSupplyPoint", uri)
    _qualifiers(information, current.qualifiers)
    if past:
        history = _add(entry, "ServiceHistory")
        for period in past:
            instance = _add(history, "ServiceHistoryInstance")
            _period(instance, service, period)
            _qualifiers(instance, period.qualifiers)


def _period(parent: Element, service: ListedService, period: Period) -> None:
    _add(parent, "ServiceTypeIdentifier", period.type_uri or service.type_uri or KIND_URI[service.kind])
    _words(parent, "ServiceName", period.name if period.name.texts else service.name)
    _identity(_add(parent, "ServiceDigitalIdentity"), service.certificates)
    _add(parent, "ServiceStatus", period.status_uri or STATUS_URI[period.status])
    _add(parent, "StatusStartingTime", seconds(period.since))


def _qualifiers(parent: Element, qualifiers: Qualifiers) -> None:
    if not (qualifiers.additional or qualifiers.qualifications):
        return
    holder = _add(parent, "ServiceInformationExtensions")
    for uri in qualifiers.additional:
        said = _add(_extension(holder), "AdditionalServiceInformation")
        _add(said, "URI", uri).set(XML_LANG, "en")
    if qualifiers.qualifications:
        listed = _add(_extension(holder), "Qualifications", None, SIE)
        for qualification in qualifiers.qualifications:
            element = _add(listed, "QualificationElement", None, SIE)
            names = _add(element, "Qualifiers", None, SIE)
            for uri in qualification.qualifiers:
                _add(names, "Qualifier", None, SIE).set("uri", uri)
            if qualification.criteria:
                element.append(etree.fromstring(qualification.criteria, safe_parser()))


def _extension(holder: Element) -> Element:
    extension = _add(holder, "Extension")
    extension.set("Critical", "false")
    return extension


def _signature(root: Element, signer: ListSigner, at: datetime) -> Element:
    """Append the signature with its properties (XAdES: EN 319 132-1 §5.2), still without references and value."""
    signature = etree.SubElement(root, tag("Signature", DS), nsmap={"ds": DS})
    signature.set("Id", "signature")
    _add(signature, "SignedInfo", None, DS)
    _add(signature, "SignatureValue", None, DS)
    data = _add(_add(signature, "KeyInfo", None, DS), "X509Data", None, DS)
    for der in signer.chain:
        _add(data, "X509Certificate", base64.b64encode(der).decode(), DS)
    holder = _add(signature, "Object", None, DS)
    qualifying = etree.SubElement(holder, tag("QualifyingProperties", XADES), nsmap={"xades": XADES})
    qualifying.set("Target", "#signature")
    properties = _add(qualifying, "SignedProperties", None, XADES)
    properties.set("Id", PROPERTIES_ID)
    about = _add(properties, "SignedSignatureProperties", None, XADES)
    _add(about, "SigningTime", seconds(at), XADES)
    named = _add(_add(about, "SigningCertificateV2", None, XADES), "Cert", None, XADES)
    digest = _add(named, "CertDigest", None, XADES)
    _add(digest, "DigestMethod", None, DS).set("Algorithm", SHA256)
    own = base64.b64encode(hashlib.sha256(signer.chain[0]).digest()).decode()
    _add(digest, "DigestValue", own, DS)
    return signature


def _method(info: Element, method: str) -> None:
    _add(info, "CanonicalizationMethod", None, DS).set("Algorithm", EXCLUSIVE)
    _add(info, "SignatureMethod", None, DS).set("Algorithm", method)


def _reference(
    info: Element, uri: str, transforms: Sequence[str], octets: bytes, kind: str | None = None
) -> None:
    reference = _add(info, "Reference", None, DS)
    if kind is not None:
        reference.set("Type", kind)
    reference.set("URI", uri)
    holder = _add(reference, "Transforms", None, DS)
    for transform in transforms:
        _add(holder, "Transform", None, DS).set("Algorithm", transform)
    _add(reference, "DigestMethod", None, DS).set("Algorithm", SHA256)
    _add(reference, "DigestValue", base64.b64encode(hashlib.sha256(octets).digest()).decode(), DS)
