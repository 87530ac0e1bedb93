"""The signature of a list in XML (TS 119 612 §5.7, XAdES baseline B): one form is accepted, and only what it signed is read.

Before the library looks at the values, the shape is held to one form: a single signature, the last word of the root; one
reference to the whole document, enveloped and canonicalised exclusively; at most one more, to the properties of this very
signature. Everything that wrapping attacks move, copy or rename then has no place to be (XSW 1 to 8; ADR 42). What the
library returns as signed is the only thing that is parsed afterwards.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from verify.algorithms import MAX_RSA_BITS, MIN_CURVE_BITS, MIN_RSA_BITS
from verify.trusted_lists.errors import not_signed, unknown_signer
from verify.trusted_lists.limits import MAX_CHAIN
from verify.trusted_lists.xml_reading import Element, certificate_of, safe_parser, tag

DS: Final = "http://www.w3.org/2000/09/xmldsig#"
XADES: Final = "http://uri.etsi.org/01903/v1.3.2#"
SIGNED_PROPERTIES: Final = "http://uri.etsi.org/01903#SignedProperties"
ENVELOPED: Final = f"{DS}enveloped-signature"
EXCLUSIVE: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
INCLUSIVE: Final = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
ROOT: Final = tag("TrustServiceStatusList")

METHODS: Final = frozenset(
    {
        SignatureMethod.RSA_SHA256,
        SignatureMethod.RSA_SHA384,
        SignatureMethod.RSA_SHA512,
        SignatureMethod.SHA256_RSA_MGF1,
        SignatureMethod.SHA384_RSA_MGF1,
        SignatureMethod.SHA512_RSA_MGF1,
        SignatureMethod.ECDSA_SHA256,
        SignatureMethod.ECDSA_SHA384,
        SignatureMethod.ECDSA_SHA512,
    }
)
"""ETSI TS 119 312 §6: no SHA-1, no DSA, and nothing with a shared secret (HMAC)."""
DIGESTS: Final = {
    DigestAlgorithm.SHA256.value: "sha256",
    DigestAlgorithm.SHA384.value: "sha384",
    DigestAlgorithm.SHA512.value: "sha512",
}
NAMING: Final = DIGESTS | {DigestAlgorithm.SHA1.value: "sha1"}
"""Digests that name the signing certificate beside the pin: national lists still do so by SHA-1, and nothing rests on it."""
_ID_NAMES: Final = frozenset({"id", "Id", "ID", "iD"})
_CONFIGURATION: Final = {
    "location": "./",
    "expect_references": True,  # any number: counted here, with what each is for
    "signature_methods": METHODS,
    "digest_algorithms": frozenset(DigestAlgorithm(uri) for uri in DIGESTS),
    "ignore_ambiguous_key_info": True,  # the key is the pinned certificate's, whatever else is named
    "default_reference_c14n_method": CanonicalizationMethod.CANONICAL_XML_1_0,
}


@dataclass(frozen=True, slots=True)
class Signed:
    """What was signed, read anew from its canonical octets, and by which certificate (DER)."""

    root: Element
    signer: bytes


def check_xml(root: Element, pinned: Mapping[str, bytes | None]) -> Signed:
    """Check the signature of a parsed document; ``pinned`` are SHA-256 (hex) of signers and, where at hand, their DER.

    Raises ``ListSignatureInvalid``, ``ListSignerUnknown``.
    """
    signature = _only_signature(root)
    _check_shape(root, signature)
    signer = _signer(signature, pinned)
    certificate = _usable(signer)
    results = _verify(root, certificate)
    content = [found for found in results if found.tag == ROOT]
    properties = [found for found in results if found.tag == tag("SignedProperties", XADES)]
    if len(content) != 1 or len(content) + len(properties) != len(results):
        raise not_signed("签名没有覆盖整份清单", "it does not cover the whole list")
    if properties:
        _check_signing_certificate(properties[0], signer)
    return Signed(content[0], signer)


def _verify(root: Element, certificate: x509.Certificate) -> list[Element]:
    settings = SignatureConfiguration(
        **_CONFIGURATION,  # type: ignore[arg-type]  # one dictionary of several types
        verification_time=certificate.not_valid_before_utc,  # when it was valid is judged with the list's own times
    )
    try:
        found = XMLVerifier().verify(
            root, x509_cert=certificate, expect_config=settings, parser=safe_parser(), validate_schema=True
        )
    except (SignXMLException, etree.LxmlError, ValueError, TypeError, KeyError, AttributeError) as wrong:
        raise not_signed("内容与签名不符", "its content and its value do not agree") from wrong
    results = found if isinstance(found, list) else [found]
    parsed = [result.signed_xml for result in results]
    if any(item is None for item in parsed):
        raise not_signed("所签内容不是 XML", "what it signs is no XML")
    return [item for item in parsed if item is not None]


def _only_signature(root: Element) -> Element:
    if root.tag != ROOT:
        raise not_signed("文件的根元素不是信任清单", "the document's root is no trust list")
    found = list(root.iter(tag("Signature", DS)))
    if not found:
        raise not_signed("清单没有签名", "the list is not signed")
    if len(found) > 1 or found[0].getparent() is not root:
        raise not_signed("签名不止一个或位置不对", "there are several signatures, or it stands elsewhere")
    if len(list(root.iter(ROOT))) > 1:
        raise not_signed("清单中还有一份清单", "there is a list inside the list")
    return found[0]


def _check_shape(root: Element, signature: Element) -> None:
    """Hold the signature to the one form: its algorithms, its references, its identifiers, its objects."""
    identifiers = _identifiers(root)
    info = _child(signature, "SignedInfo")
    if _algorithm(_child(info, "CanonicalizationMethod")) != EXCLUSIVE or len(info[0]):
        raise not_signed("规范化方法不被接受", "its canonicalisation is not accepted")
    method = _algorithm(_child(info, "SignatureMethod"))
    if method not in {item.value for item in METHODS}:
        raise not_signed(
            f"签名算法不被接受（{method[:80]}）", f"its algorithm is not accepted ({method[:80]})"
        )
    references = list(info.iterchildren(tag("Reference", DS)))
    properties = _own_properties(signature)
    whole = [item for item in references if item.get("Type") != SIGNED_PROPERTIES]
    others = [item for item in references if item.get("Type") == SIGNED_PROPERTIES]
    if len(whole) != 1 or len(others) > 1 or len(others) != len(properties):
        raise not_signed(
            "签名引用的内容不符合规定", "what it refers to is not what a list's signature refers to"
        )
    own = root.get("Id")
    if whole[0].get("URI") not in {"", f"#{own}" if own else ""}:
        raise not_signed("签名引用的不是整份清单", "it does not refer to the whole list")
    _check_transforms(whole[0], ((ENVELOPED, EXCLUSIVE),))
    for reference, target in zip(others, properties, strict=True):
        name = target.get("Id")
        if not name or reference.get("URI") != f"#{name}" or identifiers.get(name) is not target:
            raise not_signed("签名属性的引用不正确", "its reference to its properties is wrong")
        _check_transforms(reference, ((EXCLUSIVE,), (INCLUSIVE,), ()))


def _identifiers(root: Element) -> dict[str, Element]:
    """Index every identifier, by whatever spelling of ``Id``; two elements with one identifier are an attack."""
    found: dict[str, Element] = {}
    for element in root.iter(etree.Element):
        for name, value in element.attrib.items():
            named = etree.QName(name).localname in _ID_NAMES
            if named and found.setdefault(str(value), element) is not element:
                raise not_signed("标识符重复", "an identifier stands twice")
    return found


def _own_properties(signature: Element) -> list[Element]:
    """Return the signed properties of this signature; an object with anything else in it has no business here."""
    found = []
    for item in signature.iterchildren(tag("Object", DS)):
        if [child.tag for child in item] != [tag("QualifyingProperties", XADES)]:
            raise not_signed("签名中有不应出现的对象", "it holds an object that has no place there")
        found += list(item[0].iterchildren(tag("SignedProperties", XADES)))
    if len(list(signature.iter(tag("SignedProperties", XADES)))) != len(found):
        raise not_signed("签名属性的位置不对", "its properties stand elsewhere")
    return found


def _check_transforms(reference: Element, allowed: Iterable[tuple[str, ...]]) -> None:
    holder = reference.find(tag("Transforms", DS))
    transforms = [] if holder is None else list(holder.iterchildren(etree.Element))
    if tuple(_algorithm(item) for item in transforms) not in set(allowed) or any(map(len, transforms)):
        raise not_signed("签名使用了不被接受的变换", "it uses a transform that is not accepted")
    digest = _algorithm(_child(reference, "DigestMethod"))
    if digest not in DIGESTS:
        raise not_signed(f"摘要算法不被接受（{digest[:80]}）", f"its digest is not accepted ({digest[:80]})")


def _child(parent: Element, name: str) -> Element:
    found = list(parent.iterchildren(tag(name, DS)))
    if len(found) != 1:
        raise not_signed(f"{name} 不是恰好一个", f"there is not exactly one {name}")
    return found[0]


def _algorithm(element: Element) -> str:
    return str(element.get("Algorithm", ""))


def _signer(signature: Element, pinned: Mapping[str, bytes | None]) -> bytes:
    """Return the pinned certificate that the signature names; of others nothing is believed."""
    named = list(signature.iterfind(f"./{tag('KeyInfo', DS)}//{tag('X509Certificate', DS)}"))[: MAX_CHAIN + 1]
    if len(named) > MAX_CHAIN:
        raise not_signed("签名附带的证书过多", "it brings too many certificates along")
    certificates = [certificate_of(item.text or "") for item in named]
    digests = {hashlib.sha256(der).hexdigest(): der for der in certificates}
    for digest, der in digests.items():
        if digest in pinned:
            return der
    at_hand = [der for der in pinned.values() if der is not None]
    if not certificates and len(at_hand) == 1:
        return at_hand[0]
    raise unknown_signer(*digests)


def _usable(der: bytes) -> x509.Certificate:
    try:
        certificate = x509.load_der_x509_certificate(der)
        key = certificate.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm) as wrong:
        raise not_signed("签名证书无法使用", "its certificate cannot be used") from wrong
    strong = (isinstance(key, rsa.RSAPublicKey) and MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS) or (
        isinstance(key, ec.EllipticCurvePublicKey) and key.key_size >= MIN_CURVE_BITS
    )
    if not strong:
        raise not_signed(
            "签名密钥的种类或长度不被接受", "its key is of a kind or length that is not accepted"
        )
    return certificate


def _check_signing_certificate(properties: Element, signer: bytes) -> None:
    """XAdES §5.2.2: where the signed properties name the signing certificate, it is this one."""
    for name in ("SigningCertificateV2", "SigningCertificate"):
        for item in properties.iter(tag(name, XADES)):
            digests = list(item.iter(tag("CertDigest", XADES)))
            if not digests or not _names(digests[0], signer):
                raise not_signed("所签的签名证书不是该证书", "it was made for another certificate")


def _names(digest: Element, signer: bytes) -> bool:
    method = digest.find(tag("DigestMethod", DS))
    value = digest.find(tag("DigestValue", DS))
    known = NAMING.get("" if method is None else _algorithm(method))
    if known is None or value is None:
        return False
    try:
        said = base64.b64decode("".join((value.text or "").split()), validate=True)
    except (binascii.Error, ValueError):
        return False
    return said == hashlib.new(known, signer, usedforsecurity=False).digest()
