"""Lists in XML that an attacker made of a true one: every one is refused, and for the reason that it is wrong for."""

from __future__ import annotations

import base64
import copy
import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from lxml import etree

from tests.trust_list_world import DAY, SCHEME, Publisher, octets_of, service, tree, withdrawn
from tests.verify_world import NOW, Signing
from verify.trusted_lists.errors import (
    ListRefused,
    ListSignatureInvalid,
    ListSignerUnknown,
    ListTooLarge,
    ListUnreadable,
)
from verify.trusted_lists.limits import MAX_NAMESPACES
from verify.trusted_lists.model import ServiceKind
from verify.trusted_lists.pinned import read_list
from verify.trusted_lists.source import PinnedSource
from verify.trusted_lists.vocabulary import STATUS_URI
from verify.trusted_lists.writing import ListSigner
from verify.trusted_lists.xml_reading import TSL, parse, safe_parser, tag
from verify.trusted_lists.xml_signature import DS, ENVELOPED, EXCLUSIVE, XADES
from verify.trusted_lists.xml_writing import write_xml

Root = Any
SIGNATURE, OBJECT = tag("Signature", DS), tag("Object", DS)


def evil_of(root: Root) -> Root:
    """Return what the attacker wants to be read: the same list, unsigned, with a certificate of his own in it."""
    evil = copy.deepcopy(root)
    evil.remove(evil.find(SIGNATURE))
    for found in evil.iter(tag("TSLSequenceNumber")):
        found.text = "666"
    return evil


def bare(root: Root) -> Root:
    """Return the true list without its signature."""
    found = copy.deepcopy(root)
    found.remove(found.find(SIGNATURE))
    return found


def signature_of(root: Root) -> Root:
    return copy.deepcopy(root.find(SIGNATURE))


def xsw1(root: Root) -> Root:
    """Let the signature envelop the true list in an object, both in the evil root."""
    evil, signature = evil_of(root), signature_of(root)
    evil.set("Id", "evil")
    etree.SubElement(signature, OBJECT).append(bare(root))
    evil.append(signature)
    return evil


def xsw2(root: Root) -> Root:
    """Put the true list beside the signature, both in the evil root."""
    evil = evil_of(root)
    evil.set("Id", "evil")
    evil.append(bare(root))
    evil.append(signature_of(root))
    return evil


def xsw3(root: Root) -> Root:
    """Put the evil list first, the true one with its signature behind it, in a common root."""
    holder = etree.Element("holder")
    evil = evil_of(root)
    evil.set("Id", "evil")
    holder.append(evil)
    holder.append(copy.deepcopy(root))
    return holder


def xsw4(root: Root) -> Root:
    """Let the evil list hold the true one with its signature."""
    evil = evil_of(root)
    evil.set("Id", "evil")
    evil.append(copy.deepcopy(root))
    return evil


def xsw5(root: Root) -> Root:
    """Let the evil list take the signature and the identifier of the true list, which goes to the end of it."""
    evil, true = evil_of(root), bare(root)
    evil.append(signature_of(root))
    evil.append(true)
    return evil


def xsw6(root: Root) -> Root:
    """Do the same, with the true list inside the signature."""
    evil, signature = evil_of(root), signature_of(root)
    signature.append(bare(root))
    evil.append(signature)
    return evil


def xsw7(root: Root) -> Root:
    """Hide the true list in an extension, where schemas allow anything."""
    evil = evil_of(root)
    information = evil.find(tag("SchemeInformation"))
    holder = etree.SubElement(information, tag("SchemeExtensions"))
    etree.SubElement(holder, tag("Extension"), Critical="false").append(bare(root))
    evil.append(signature_of(root))
    return evil


def xsw8(root: Root) -> Root:
    """Put the true list into an object of the signature, under the same identifier."""
    evil, signature = evil_of(root), signature_of(root)
    etree.SubElement(signature.find(OBJECT), "holder").append(bare(root))
    evil.append(signature)
    return evil


@pytest.mark.parametrize("attack", [xsw1, xsw2, xsw3, xsw4, xsw5, xsw6, xsw7, xsw8])
@pytest.mark.parametrize("uri", ["#list", ""])
def test_wrapping_is_refused(
    publisher: Publisher, xml: bytes, attack: Callable[[Root], Root], uri: str
) -> None:
    """Somorovsky et al., On Breaking SAML (2012), figures 6 to 13: eight places for the signed part and the evil one."""
    root = tree(xml)
    if uri == "":
        root = tree(
            resigned(publisher, xml, lambda info: info.find(f".//{tag('Reference', DS)}").set("URI", ""))
        )
        assert read_list(octets_of(root), [publisher.pin]).sequence == 7
    with pytest.raises(ListSignatureInvalid):
        read_list(octets_of(attack(root)), [publisher.pin])


def resigned(publisher: Publisher, xml: bytes, change: Callable[[Root], None]) -> bytes:
    """Change the SignedInfo and sign it again with the publisher's own key: only its form can be wrong."""
    root = tree(xml)
    signature = root.find(SIGNATURE)
    info = signature.find(tag("SignedInfo", DS))
    change(info)
    made = publisher.key.signer.sign(etree.tostring(info, method="c14n", exclusive=True))
    from seals.jws import raw_signature

    signature.find(tag("SignatureValue", DS)).text = base64.b64encode(raw_signature(made, 32)).decode()
    return octets_of(root)


def transforms_of(info: Root) -> Root:
    return info.find(f".//{tag('Transforms', DS)}")


def add_transform(info: Root, algorithm: str, inner: str = "") -> None:
    item = etree.SubElement(transforms_of(info), tag("Transform", DS), Algorithm=algorithm)
    if inner:
        item.append(tree(inner.encode()))


XPATH = f'<XPath xmlns="{DS}" xmlns:t="{TSL}">not(ancestor-or-self::t:TrustServiceProviderList)</XPath>'
XSLT = (
    '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/">'
    "<a/></xsl:template></xsl:stylesheet>"
)
PREFIXES = f'<ec:InclusiveNamespaces xmlns:ec="{EXCLUSIVE}" PrefixList="tslx"/>'


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda i: add_transform(i, "http://www.w3.org/TR/1999/REC-xpath-19991116", XPATH), "transform"),
        (lambda i: add_transform(i, "http://www.w3.org/2002/06/xmldsig-filter2"), "transform"),
        (lambda i: add_transform(i, "http://www.w3.org/TR/1999/REC-xslt-19991116", XSLT), "transform"),
        (lambda i: add_transform(i, f"{DS}base64"), "transform"),
        (lambda i: add_transform(i, EXCLUSIVE), "transform"),
        (lambda i: transforms_of(i)[1].append(tree(PREFIXES.encode())), "transform"),
        (lambda i: transforms_of(i)[1].set("Algorithm", f"{EXCLUSIVE}WithComments"), "transform"),
        (lambda i: transforms_of(i).remove(transforms_of(i)[0]), "transform"),
        (lambda i: transforms_of(i).insert(0, transforms_of(i)[1]), "transform"),
        (lambda i: i[0].set("Algorithm", f"{EXCLUSIVE}WithComments"), "canonicalisation"),
        (lambda i: i[0].append(tree(PREFIXES.encode())), "canonicalisation"),
        (lambda i: i[1].set("Algorithm", f"{DS}hmac-sha1"), "algorithm"),
        (lambda i: i[1].set("Algorithm", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"), "algorithm"),
        (lambda i: i[1].set("Algorithm", f"{DS}rsa-sha1"), "algorithm"),
        (lambda i: i[1].set("Algorithm", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1"), "algorithm"),
        (lambda i: i[1].set("Algorithm", f"{DS}dsa-sha1"), "algorithm"),
        (lambda i: i[2].find(tag("DigestMethod", DS)).set("Algorithm", f"{DS}sha1"), "digest"),
        (lambda i: i[3].find(tag("DigestMethod", DS)).set("Algorithm", f"{DS}sha1"), "digest"),
        (lambda i: i[2].set("URI", "https://evil.test/list.xml"), "whole list"),
        (lambda i: i[2].set("URI", "file:///etc/passwd"), "whole list"),
        (lambda i: i[2].set("URI", "#xpointer(id('list'))"), "whole list"),
        (lambda i: i[2].attrib.pop("URI"), "whole list"),
        (lambda i: i.remove(i[2]), "refers to"),
        (lambda i: i.remove(i[3]), "refers to"),
        (lambda i: i.append(copy.deepcopy(i[2])), "refers to"),
        (lambda i: i.append(copy.deepcopy(i[3])), "refers to"),
        (lambda i: i[2].set("Type", "http://uri.etsi.org/01903#SignedProperties"), "refers to"),
        (lambda i: i[3].set("URI", "#list"), "properties"),
    ],
)
def test_a_form_that_hides_something_is_refused_though_its_value_holds(
    publisher: Publisher, xml: bytes, change: Callable[[Root], Any], named: str
) -> None:
    """Transforms outside the list, weak and shared-secret algorithms, external and missing references."""
    with pytest.raises(ListSignatureInvalid, match=named):
        read_list(resigned(publisher, xml, change), [publisher.pin])


def test_hmac_with_the_public_key_as_secret_is_refused(publisher: Publisher, xml: bytes) -> None:
    """The attack on verifiers that take the key from the certificate and the algorithm from the signature."""
    import hmac

    root = tree(xml)
    info = root.find(SIGNATURE)[0]
    info[1].set("Algorithm", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")
    value = hmac.digest(publisher.key.der, etree.tostring(info, method="c14n", exclusive=True), "sha256")
    root.find(SIGNATURE)[1].text = base64.b64encode(value).decode()
    with pytest.raises(ListSignatureInvalid, match="algorithm"):
        read_list(octets_of(root), [publisher.pin])


@pytest.mark.parametrize(
    ("element", "text"),
    [
        ("TSLSequenceNumber", "8"),
        ("ServiceStatus", STATUS_URI[withdrawn(NOW).status]),
        ("StatusStartingTime", "2001-01-01T00:00:00Z"),
        ("dateTime", "2099-01-01T00:00:00Z"),
        ("SchemeTerritory", "CN "),
    ],
)
def test_a_changed_word_breaks_the_signature(
    publisher: Publisher, xml: bytes, element: str, text: str
) -> None:
    root = tree(xml)
    next(root.iter(tag(element))).text = text
    with pytest.raises(ListSignatureInvalid, match="do not agree"):
        read_list(octets_of(root), [publisher.pin])


def test_an_added_service_breaks_the_signature(publisher: Publisher, xml: bytes) -> None:
    root = tree(xml)
    listed = next(root.iter(tag("TSPServices")))
    listed.append(copy.deepcopy(listed[0]))
    with pytest.raises(ListSignatureInvalid, match="do not agree"):
        read_list(octets_of(root), [publisher.pin])


def test_a_comment_inside_a_word_changes_nothing(publisher: Publisher, xml: bytes) -> None:
    """Canonical octets have no comments: a reader of the document itself would see half the word (CVE-2017-11427)."""
    half = xml.replace(b"Svcstatus/granted", b"Svcstatus/gran<!-- -->ted")
    assert half != xml
    found = read_list(half, [publisher.pin])
    assert found.services[0].periods[0].status.value == "granted"
    number = xml.replace(b"Number>7<", b"Number>7<!--0--><")
    assert read_list(number, [publisher.pin]).sequence == 7


def test_only_one_signature_and_in_its_place(publisher: Publisher, xml: bytes) -> None:
    root = tree(xml)
    twice = copy.deepcopy(root)
    twice.append(signature_of(root))
    inside = evil_of(root)
    inside.find(tag("SchemeInformation")).append(signature_of(root))
    for attack in (twice, inside, bare(root)):
        with pytest.raises(ListSignatureInvalid):
            read_list(octets_of(attack), [publisher.pin])


def test_an_identifier_stands_once(publisher: Publisher, xml: bytes) -> None:
    for name in ("Id", "ID", "id", "{http://www.w3.org/XML/1998/namespace}id"):
        root = tree(xml)
        etree.SubElement(root.find(SIGNATURE), OBJECT)
        root.find(SIGNATURE).remove(root.find(SIGNATURE)[-1])
        root.find(SIGNATURE).find(tag("KeyInfo", DS)).set(name, "list")
        with pytest.raises(ListSignatureInvalid, match="identifier"):
            read_list(octets_of(root), [publisher.pin])


def test_objects_hold_the_properties_of_this_signature_only(publisher: Publisher, xml: bytes) -> None:
    root = tree(xml)
    holder = root.find(SIGNATURE).find(OBJECT)
    manifest = copy.deepcopy(root)
    etree.SubElement(etree.SubElement(manifest.find(SIGNATURE), OBJECT), tag("Manifest", DS))
    moved = copy.deepcopy(root)
    properties = moved.find(SIGNATURE).find(OBJECT)[0]
    properties.append(etree.Element(tag("UnsignedProperties", XADES)))
    properties[1].append(properties[0])
    for attack in (manifest, moved):
        with pytest.raises(ListSignatureInvalid):
            read_list(octets_of(attack), [publisher.pin])
    assert holder is not None


def test_a_forged_key_beside_the_certificate_is_not_asked(publisher: Publisher, xml: bytes) -> None:
    """The key is that of the pinned certificate, whatever a KeyValue or another certificate says."""
    stranger = publisher.pki.party()
    listed = publisher.list(service(publisher.pki.issuing.der), sequence=8)
    by = ListSigner([stranger.der], stranger.signer.algorithm)
    unsigned = write_xml(listed, by, NOW)
    forged = tree(unsigned.finish(stranger.signer.sign(unsigned.to_sign)))
    data = next(forged.iter(tag("X509Data", DS)))
    with pytest.raises(ListSignerUnknown):
        read_list(octets_of(forged), [publisher.pin])
    item = etree.SubElement(data, tag("X509Certificate", DS))
    item.text = base64.b64encode(publisher.key.der).decode()
    with pytest.raises(ListSignatureInvalid):
        read_list(octets_of(forged), [publisher.pin])


def test_the_signed_properties_name_this_certificate(publisher: Publisher) -> None:
    """XAdES §5.2.2: another certificate of the same key is another signer."""
    twin = publisher.pki.party(key=publisher.key.key)
    listed = publisher.list(service(publisher.pki.issuing.der))
    unsigned = write_xml(listed, ListSigner([twin.der], twin.signer.algorithm), listed.issued)
    octets = unsigned.finish(publisher.key.signer.sign(unsigned.to_sign))
    swapped = octets.replace(base64.b64encode(twin.der), base64.b64encode(publisher.key.der), 1)
    assert swapped != octets
    with pytest.raises(ListSignatureInvalid, match="another certificate"):
        read_list(swapped, [publisher.pin])


def test_a_signer_is_pinned_for_its_scheme(publisher: Publisher, xml: bytes) -> None:
    """A department that may sign its own list may not issue another's."""
    pin = replace(publisher.pin, scheme_id="CN:another")
    with pytest.raises(ListSignerUnknown, match="CN:another"):
        read_list(xml, [pin])
    assert read_list(xml, [pin, publisher.pin]).scheme_id == SCHEME
    with pytest.raises(ListSignerUnknown):
        read_list(xml, [])


def test_the_signer_was_valid_when_it_signed(publisher: Publisher, signing: Signing) -> None:
    ended = Publisher(changes={"not_before": NOW - 20 * DAY, "not_after": NOW - 10 * DAY})
    octets = ended.signed(ended.list(service(signing.pki.issuing.der)), write_xml)
    with pytest.raises(ListSignatureInvalid, match="validity"):
        read_list(octets, [ended.pin])
    before = ended.list(service(signing.pki.issuing.der), issued=NOW - 15 * DAY)
    assert read_list(ended.signed(before, write_xml), [ended.pin]).services[0].kind is ServiceKind.CA


ENTITY = b'<!DOCTYPE x [<!ENTITY a "b">]>'
BOMB = (
    b'<!DOCTYPE x [<!ENTITY a "' + b"b" * 100 + b'">'
    + b"".join(b'<!ENTITY a%d "%s">' % (i, b"&a%d;" % (i - 1) * 10 if i else b"&a;" * 10) for i in range(9))
    + b"]>"
)  # fmt: skip


FAR = b"<?xml version='1.0'" + b" " * 300 + b"encoding='UTF-7'?>" + ENTITY.replace(b"<!", b"+ADw-!")
"""A document type in letters that say nothing in UTF-8, and the name of the encoding where nobody looks for it."""


def test_octets_are_utf_8_whatever_they_say() -> None:
    """A reader that believes the declaration finds a document type that was not looked for in these octets."""
    with pytest.raises(ListUnreadable, match="encoding"):
        parse(FAR + b'<x a="&a;"/>')
    assert etree.fromstring(FAR + b'<x a="&a;"/>').get("a") == "b", "a reader that does"
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(FAR + b'<x a="&a;"/>', safe_parser())


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"<",
        b"<a/>",
        b"\xef\xbb\xbf<a/>",
        b"<a" + b" b='c'" * 2 + b"/>",
        ENTITY + b"<x>&a;</x>",
        BOMB + b"<x>&a8;</x>",
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>',
        ("<?xml version='1.0' encoding='UTF-16'?>" + ENTITY.decode() + "<x/>").encode("utf-16"),
        b"<?xml version='1.0' encoding='UTF-7'?><x/>",
        FAR + b'<x a="&a;"/>',
        b"<x>\xff</x>",
        b"<x>" * 100 + b"</x>" * 100,
        b"<x>" * 1000 + b"</x>" * 1000,
        b"<x>" + b"a" * 11_000_000 + b"</x>",
    ],
)
def test_xml_that_attacks_its_reader_is_refused(publisher: Publisher, octets: bytes) -> None:
    with pytest.raises(ListRefused):
        read_list(octets, [publisher.pin])


def test_limits_are_checked_before_the_work(
    publisher: Publisher, xml: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    from verify.trusted_lists import ts119612, xml_reading

    with monkeypatch.context() as patched:
        patched.setattr(xml_reading, "MAX_LIST_OCTETS", len(xml) - 1)
        with pytest.raises(ListUnreadable, match="too large"):
            read_list(xml, [publisher.pin])
    with monkeypatch.context() as patched:
        patched.setattr(xml_reading, "MAX_ELEMENTS", 10)
        with pytest.raises(ListUnreadable, match="too large or too deep"):
            read_list(xml, [publisher.pin])
    with monkeypatch.context() as patched:
        patched.setattr(ts119612, "MAX_SERVICES", 0)
        with pytest.raises(ListUnreadable, match="more than 0"):
            read_list(xml, [publisher.pin])


@pytest.mark.parametrize(("prefixes", "refused"), [(MAX_NAMESPACES, False), (MAX_NAMESPACES + 1, True)])
def test_prefixes_by_the_thousand_are_refused(prefixes: int, refused: bool) -> None:
    """Each is looked up for each element when the tree is copied: five megabytes took a minute."""
    declared = b" ".join(b'xmlns:n%d="urn:%d"' % (one, one) for one in range(prefixes - 1))
    octets = b"<x " + declared + b'><y xmlns:z="urn:z"/><y xmlns:z="urn:z"/></x>'
    if not refused:
        assert parse(octets).tag == "x"
        return
    with pytest.raises(ListTooLarge):
        parse(octets)


def test_every_octet_of_a_list_is_protected(publisher: Publisher, xml: bytes) -> None:
    """One flipped bit of the signed part never reads as another list; what reads at all reads the same."""
    wanted = read_list(xml, [publisher.pin])
    step = max(1, len(xml) // 150)
    for place in range(0, len(xml), step):
        flipped = xml[:place] + bytes([xml[place] ^ 1]) + xml[place + 1 :]
        try:
            found = read_list(flipped, [publisher.pin])
        except ListRefused:
            continue
        assert replace(found, sha256="") == replace(wanted, sha256=""), place


def test_the_digest_is_of_the_octets(publisher: Publisher, xml: bytes) -> None:
    assert read_list(xml, [publisher.pin]).sha256 == hashlib.sha256(xml).hexdigest()
    assert ENVELOPED.startswith(DS)
    assert PinnedSource.of(SCHEME, [publisher.key.der]).signers == publisher.pin.signers
