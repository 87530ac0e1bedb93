"""One CMS SignedData with one signer (RFC 5652, or GB/T 35275 in its place), taken apart and proved step by step.

Foreign octets come in; what leaves is either a value or a ``Finding``. Parsing never decides about trust. GB/T 35275 has
the shape of PKCS #7 v1.5 and content types of its own, which writers mix with those of RFC 5652: both are read as one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from asn1crypto import cms, core, parser
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from ca.cms_names import (
    ALGORITHM_PROTECTION,
    CONTENT_TYPE,
    DATA,
    GM_DATA,
    GM_SIGNED_DATA,
    MESSAGE_DIGEST,
    SIGNED_DATA,
    SIGNING_TIME,
)
from verify.algorithms import SignatureScheme, check_scheme, digest_name, key_of
from verify.certificates.key_identifiers import subject_key
from verify.certificates.names import is_issuer
from verify.errors import Finding, failed
from verify.policy import (
    MAX_CERTIFICATES,
    MAX_CMS_OCTETS,
    MAX_DOCUMENT_OCTETS,
    MAX_REVOCATION_ITEMS,
    MAX_SIGNATURES,
)
from verify.signatures.bounded import count, unsigned_attributes
from verify.signatures.carried import certificates_of, more_certificates, revocation
from verify.signatures.cms_der import Parts, take_apart
from verify.signatures.cms_values import (
    MAX_ATTRIBUTES,
    around_content,
    as_read,
    attributes_of,
    check_digests,
    check_parameters,
    digest_algorithm,
    malformed,
    protects,
    signature_algorithm,
)
from verify.signatures.containers import are_attributes
from verify.signatures.loaded import load_certificate
from verify.verdict import SubIndication

DATA_TYPES: Final = frozenset({DATA, GM_DATA})


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """A parsed SignedData: its signer, its attributes by OID, the certificates and revocation data it carries."""

    signer: cms.SignerInfo | None
    """As the general library has it; ``None`` where the container was ordinary: then ``parts`` holds it."""
    content_type: str
    content: bytes | None
    digest: str
    signed: dict[str, list[Any]]
    signed_octets: bytes
    """The signed attributes as they were signed: with the tag of a SET OF (RFC 5652 §5.4)."""
    unsigned: dict[str, list[Any]]
    certificates: tuple[x509.Certificate, ...]
    crls: tuple[bytes, ...]
    ocsp: tuple[bytes, ...]
    old: bool = False
    """Algorithms of the past are computed too: whoever asked for that judges whether they were sound when it mattered."""

    parts: Parts | None = None

    @property
    def signature(self) -> bytes:
        """The signature value, as a time-stamp covers it."""
        return bytes(self._signer["signature"].native) if self.parts is None else self.parts.signature

    @property
    def algorithms(self) -> tuple[Any, Any]:
        """The algorithms of the digest and of the signature, as the SignerInfo names them."""
        if self.parts is not None:
            return digest_algorithm(self.parts.digest_algorithm), signature_algorithm(
                self.parts.signature_algorithm
            )
        return self._signer["digest_algorithm"], self._signer["signature_algorithm"]

    @property
    def attributes_as_der(self) -> bytes:
        """The signed attributes, encoded anew."""
        return bytes(cms.CMSAttributes(list(self._signer["signed_attrs"])).dump(force=True))

    @property
    def _signer(self) -> Any:
        return self.signer if self.parts is None else cms.SignerInfo.load(self.parts.signer)

    def names(self, certificate: x509.Certificate) -> bool:
        """Tell whether the SignerInfo names a certificate as the signer's."""
        if self.parts is not None:
            if self.parts.key is not None:
                return subject_key(certificate) == self.parts.key
            same = certificate.serial_number == self.parts.serial
            return same and is_issuer(certificate, self.parts.issuer or b"")
        sid = self._signer["sid"]
        if sid.name == "issuer_and_serial_number":
            serial, issuer = sid.chosen["serial_number"].native, sid.chosen["issuer"].chosen
            return certificate.serial_number == serial and is_issuer(certificate, as_read(issuer))
        return bool(subject_key(certificate) == sid.chosen.native)

    @property
    def claimed_time(self) -> datetime | None:
        """The signing-time attribute (RFC 5652 §11.3), if one stands there and can be read."""
        values = self.signed.get(SIGNING_TIME, [])
        found = values[0].native if values else None
        return found if isinstance(found, datetime) and found.tzinfo is not None else None


def parse_message(octets: bytes, *, old: bool = False, signer: int | None = None) -> SignedMessage:
    """Parse one SignedData with exactly one signer, or as that of one of its signers; raises ``Finding`` FORMAT_FAILURE or an algorithm's.

    Trailing zero octets are PDF's padding (ISO 32000-2 §12.8.3.3); anything else behind the container is refused,
    because nothing would protect it. ``old``: digests of the past are let through, to be judged by their time. ``signer`` counts from 0.
    """
    try:
        return _parse(octets, old, signer)
    except Finding:
        raise
    except Exception as error:
        raise malformed("it cannot be decoded") from error


def count_signers(octets: bytes) -> int:
    """Return how many have signed a SignedData, each for himself (RFC 5652 §5.1); 1 for what cannot be read, which the steps tell."""
    try:
        if around_content(octets) > MAX_CMS_OCTETS:
            return 1
        data = _signed_data(cms.ContentInfo.load(octets))
        check_digests(data["digest_algorithms"].contents)
        return max(1, count(data["signer_infos"], MAX_SIGNATURES))
    except (Finding, ValueError, TypeError, KeyError):
        return 1


def _parse(octets: bytes, old: bool, chosen: int | None) -> SignedMessage:
    if around_content(octets) > MAX_CMS_OCTETS or len(octets) > MAX_DOCUMENT_OCTETS:
        raise malformed(f"larger than {MAX_CMS_OCTETS} octets")
    ordinary = take_apart(octets)
    if ordinary is not None:
        message = _of_parts(ordinary, old)
        if message is not None:
            return message
    info = cms.ContentInfo.load(octets)
    size = parser.peek(octets)
    if octets[size:].strip(b"\0"):
        raise malformed("octets stand behind it")
    data = _signed_data(info)
    signers = count(data["signer_infos"], MAX_SIGNATURES)
    if chosen is None and signers != 1:
        raise malformed(f"{signers} signers instead of one")
    signer = data["signer_infos"][chosen or 0]
    _ = (data["version"].native, signer["version"].native)  # the library looks at what it is asked for alone
    check_digests(data["digest_algorithms"].contents)
    check_parameters(signer["digest_algorithm"])
    listed = {one["algorithm"].dotted for one in data["digest_algorithms"]}
    if signer["digest_algorithm"]["algorithm"].dotted not in listed:
        raise malformed("the signer's digest is not among those that it lists")  # RFC 5652 §5.1, §5.3
    attributes = signer["signed_attrs"]
    signed_octets = b"" if isinstance(attributes, core.Void) else b"\x31" + as_read(attributes)[1:]
    encapsulated = data["encap_content_info"]
    _check_counts(info, data, encapsulated, signer, signer["sid"].chosen)
    content = encapsulated["content"]
    signed = attributes_of(attributes)
    unsigned = unsigned_attributes(signer["unsigned_attrs"])
    crls, ocsp = revocation(data["crls"], signed, unsigned)
    return SignedMessage(
        signer=signer,
        content_type=encapsulated["content_type"].dotted,
        content=_octets(content),
        digest=digest_name(signer["digest_algorithm"], old=old),
        signed=signed,
        signed_octets=signed_octets,
        unsigned=unsigned,
        certificates=(*certificates_of(data["certificates"]), *more_certificates(unsigned)),
        crls=crls,
        ocsp=ocsp,
        old=old,
    )


def _of_parts(parts: Parts, old: bool) -> SignedMessage | None:
    """Make the message of an ordinary container; ``None`` where a limit or an algorithm has to be told in words."""
    algorithm = digest_algorithm(parts.digest_algorithm)
    if algorithm is None or signature_algorithm(parts.signature_algorithm) is None:
        return None
    check_parameters(algorithm)
    if len(parts.certificates) > MAX_CERTIFICATES or len(parts.signed) > MAX_ATTRIBUTES:
        return None
    loaded = [load_certificate(one) for one in parts.certificates]
    return SignedMessage(
        signer=None,
        content_type=parts.content_type,
        content=parts.content,
        digest=digest_name(algorithm, old=old),
        signed=parts.signed,
        signed_octets=parts.signed_octets,
        unsigned=parts.unsigned,
        certificates=tuple([one for one in loaded if one is not None]),
        crls=parts.crls[:MAX_REVOCATION_ITEMS],
        ocsp=(),
        old=old,
        parts=parts,
    )


def _check_counts(*values: Any) -> None:
    """Refuse a structure of more elements than it has: asn1crypto takes no notice of them, and other readers do."""
    for value in values:
        if isinstance(value, core.Sequence) and len(value) > len(value._fields):
            raise malformed("a structure has more elements than it may have")


def _signed_data(info: cms.ContentInfo) -> cms.SignedData:
    kind = info["content_type"].dotted
    if kind == GM_SIGNED_DATA:
        return info["content"].parse(cms.SignedData)
    if kind != SIGNED_DATA:
        raise malformed("not SignedData")
    return info["content"]


def _octets(content: Any) -> bytes | None:
    if isinstance(content, core.Any):  # PKCS #7 v1.5: any element, whose contents are the content
        content = content.parse()
    if content is None or isinstance(content, core.Void) or content.native is None:
        return None
    if isinstance(content, core.ParsableOctetString | core.OctetString):
        return bytes(content.__bytes__())
    return bytes(content.contents)


def check_digest(message: SignedMessage, content_digest: bytes) -> None:
    """RFC 5652 §5.4: the message-digest attribute equals the digest of the content; raises HASH_FAILURE."""
    values = message.signed.get(MESSAGE_DIGEST, [])
    if message.signed and len(values) != 1:
        raise malformed("no message digest among the signed attributes")
    if values and values[0].native != content_digest:
        raise failed(
            SubIndication.HASH_FAILURE,
            "文件内容在签章后被改动，签章无效；请向签章单位索取原件。",
            "The document was changed after it was signed; ask the signatory for the original file.",
        )


def check_detached(message: SignedMessage) -> None:
    """ISO 32000-2 §12.8.3.3.1: the container holds no content of its own; raises FORMAT_FAILURE."""
    if message.content is not None:
        raise malformed("it holds a content of its own beside the document")


def other_type(message: SignedMessage) -> str:
    """RFC 5652 §5.3, §11.1: return the content's type where it is no data and is signed as that type; else nothing."""
    values = message.signed.get(CONTENT_TYPE, [])
    signed = len(values) == 1 and values[0].dotted == message.content_type
    return message.content_type if signed and message.content_type not in DATA_TYPES else ""


def check_content_type(message: SignedMessage, expected: str) -> None:
    """RFC 5652 §11.1: the content-type attribute equals the encapsulated content's type; raises FORMAT_FAILURE.

    Data is data by either name: real containers of GB/T 35275 have the international one inside and their own signed.
    """
    values = message.signed.get(CONTENT_TYPE, [])
    allowed = DATA_TYPES if expected == DATA else {expected}
    if message.content_type not in allowed:
        raise malformed("unexpected content type")
    if message.signed and (len(values) != 1 or values[0].dotted not in allowed):
        raise malformed("the content type is not the one signed")


def check_signature(message: SignedMessage, certificate: x509.Certificate, content: bytes | None) -> None:
    """RFC 5652 §5.6: the signature value fits the signed attributes (or ``content``); raises SIG_CRYPTO_FAILURE."""
    if message.signed:
        octets = message.signed_octets
    elif content is not None:
        if are_attributes(content):
            raise malformed("its content is the signed attributes of another signature")
        octets = content
    else:
        raise malformed("nothing is signed")
    _check_protection(message)
    if _fits(message, certificate, octets) or _fits_as_der(message, certificate, octets):
        return
    raise failed(
        SubIndication.SIG_CRYPTO_FAILURE,
        "签名值与证书公钥不符，签章无效；请向签章单位核实。",
        "The signature value does not fit the certificate's key: the signature is forged or damaged.",
    )


def fits(message: SignedMessage, certificate: x509.Certificate) -> bool:
    """Tell whether a certificate's key made the signature over the signed attributes."""
    octets = message.signed_octets
    return _fits(message, certificate, octets) or _fits_as_der(message, certificate, octets)


def _fits_as_der(message: SignedMessage, certificate: x509.Certificate, octets: bytes) -> bool:
    """§5.4: signed as DER, written as BER."""
    if not message.signed:
        return False
    anew = message.attributes_as_der
    return anew != octets and _fits(message, certificate, anew)


def _fits(message: SignedMessage, certificate: x509.Certificate, octets: bytes) -> bool:
    algorithm = message.algorithms[1]
    try:
        used = SignatureScheme(algorithm, message.digest, message.old)
        check_scheme(key_of(certificate), used, message.signature, octets)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def _check_protection(message: SignedMessage) -> None:
    """RFC 6211 §3: the protected algorithm identifiers equal the outer ones."""
    values = message.signed.get(ALGORITHM_PROTECTION)
    if not values:
        return
    if not protects(values[0], message.algorithms):
        raise malformed("the algorithms are not the protected ones")
