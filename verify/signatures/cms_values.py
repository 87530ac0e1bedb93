"""Values of a container as they stand in it: their octets, the algorithms they name, the evidence that came along."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from asn1crypto import algos, cms, core, tsp

from ca import der
from ca.cms_names import (
    ALGORITHM_PROTECTION,
    CONTENT_TYPE,
    MESSAGE_DIGEST,
    SIGNING_CERTIFICATE,
    SIGNING_CERTIFICATE_V2,
    SIGNING_TIME,
)
from hsm.algorithms import DigestAlgorithm
from seals.statement import SEAL_STATEMENT_OID
from verify.algorithms import DIGESTS, OLD_DIGESTS, digest_name
from verify.errors import Finding, failed
from verify.signatures.bounded import MAX_VALUES, count, members
from verify.signatures.cms_der import Attribute
from verify.verdict import SubIndication

_EXPLICIT: Final = 0xA0
MAX_DIGESTS_OCTETS: Final = 4096
"""Octets of the list of digests: two hundred of them, one for each signer at most."""
ADOBE_REVOCATION: Final = "1.2.840.113583.1.1.8"
"""Adobe's archive of revocation evidence among the signed attributes (ISO 32000-2 §12.8.3.3.2)."""
KEPT_ALGORITHMS: Final = 256
"""Algorithm identifiers kept decoded: there are a few dozen in the world."""
MAX_ALGORITHM_OCTETS: Final = 128
"""Longest of them; RSA-PSS with all its parameters has some seventy."""
KEPT_REFERENCES: Final = 256
"""Signing-certificate attributes kept read: every signature of one certificate has the same."""
MAX_REFERENCE_OCTETS: Final = 1024
"""Longest of them; ours have some two hundred."""


MAX_ATTRIBUTES: Final = 64
"""Attributes of one signer; CAdES defines about twenty."""
_ONCE: Final = frozenset(
    {
        ADOBE_REVOCATION,
        ALGORITHM_PROTECTION,
        CONTENT_TYPE,
        MESSAGE_DIGEST,
        SEAL_STATEMENT_OID,
        SIGNING_CERTIFICATE,
        SIGNING_CERTIFICATE_V2,
        SIGNING_TIME,
    }
)
"""What is read here of what was signed: one of two would be somebody else's word. Makers' own marks may come again, as OpenLimit's do."""


def as_read(value: Any) -> bytes:
    """Return the octets of a decoded value as they were read.

    asn1crypto's own ``dump`` encodes anew whenever the header's last octet is 0x80, which takes long for large values and
    changes what was not DER; signatures are checked over the original octets.
    """
    if isinstance(value, Attribute):
        return value.octets
    return bytes(value._header + value.contents + value._trailer)  # noqa: SLF001


def around_content(octets: bytes) -> int:
    """Return the size of a container without the content that it may hold, which is as large as a document may be."""
    try:
        info = der.Reader(octets).enter(der.SEQUENCE)
        info.oid()
        data = info.enter(_EXPLICIT).enter(der.SEQUENCE)
        data.element()  # version
        digests = data.contents(der.SET)
        around = len(octets) - len(data.element())
    except der.DerError:
        return len(octets)
    check_digests(digests)
    return around


def check_digests(listed: bytes) -> None:
    """Refuse a list of digests that is longer than any, or of which one has parameters; raises ``Finding`` FORMAT_FAILURE."""
    if len(listed) > MAX_DIGESTS_OCTETS:
        raise malformed("too many digest algorithms")
    (_check_kept if len(listed) <= MAX_ALGORITHM_OCTETS else _check_each)(listed)


def _check_each(listed: bytes) -> None:
    try:
        for octets in members(listed):
            check_parameters(algos.DigestAlgorithm.load(octets))
    except (ValueError, TypeError) as error:
        raise malformed("the list of digest algorithms") from error


_check_kept = lru_cache(maxsize=KEPT_ALGORITHMS)(_check_each)


def check_parameters(algorithm: algos.DigestAlgorithm) -> None:
    """RFC 3370 §2, RFC 5754 §2, GB/T 32905: a digest that is known here has no parameters, or NULL; raises FORMAT_FAILURE."""
    name, given = str(algorithm["algorithm"].native), algorithm["parameters"]
    known = name in DIGESTS or name in OLD_DIGESTS or name == DigestAlgorithm.SM3.oid
    if known and not isinstance(given, core.Void) and as_read(given) != der.null():
        raise malformed("a digest algorithm has parameters")
    if len(algorithm) > len(algorithm._fields):
        raise malformed("a digest algorithm has more than parameters")


def malformed(detail: str) -> Finding:
    """Make the finding for a container that cannot be what it should be."""
    return failed(
        SubIndication.FORMAT_FAILURE,
        "签名数据（CMS）已损坏或格式错误，签章不能成立；请索取原件。",
        f"The signature container (CMS) is damaged or malformed ({detail}); ask for the original file.",
    )


def attributes_of(attributes: Any) -> dict[str, list[Any]]:
    """Index signed attributes by their kind; raises what a reader raises, and ``Finding`` FORMAT_FAILURE."""
    found: dict[str, list[Any]] = {}
    if isinstance(attributes, core.Void) or attributes is None:
        return found
    if count(attributes, MAX_ATTRIBUTES) > MAX_ATTRIBUTES:
        raise malformed("too many attributes")
    for attribute in attributes:
        oid = attribute["type"].dotted
        if count(attribute["values"], MAX_VALUES) > MAX_VALUES:
            raise malformed(f"attribute {oid} has too many values")
        if oid in found and oid in _ONCE:
            raise malformed(f"attribute {oid} stands twice")  # RFC 5652 §5.3
        found.setdefault(oid, []).extend(attribute["values"])
    return found


@lru_cache(maxsize=KEPT_ALGORITHMS)
def digest_algorithm(octets: bytes) -> algos.DigestAlgorithm | None:
    """Read the identifier of a digest."""
    return _read_whole(algos.DigestAlgorithm, octets)


@lru_cache(maxsize=KEPT_ALGORITHMS)
def signature_algorithm(octets: bytes) -> algos.SignedDigestAlgorithm | None:
    """Read the identifier of a signature algorithm."""
    return _read_whole(algos.SignedDigestAlgorithm, octets)


def _read_whole(kind: Any, octets: bytes) -> Any:
    """Read an algorithm to its last part, so that nobody who shares it has anything left to read; ``None``: it is not ordinary."""
    if len(octets) > MAX_ALGORITHM_OCTETS:
        return None
    try:
        found = kind.load(octets, strict=True)
        _ = found.native
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return found


def _named(octets: bytes, old: bool) -> tuple[tuple[str, bytes], ...]:
    """Read whom a signing-certificate-v2 attribute names: digest's name and digest of each certificate."""
    return (_read_named_kept if len(octets) <= MAX_REFERENCE_OCTETS else _read_named)(octets, old)


def _read_named(octets: bytes, old: bool) -> tuple[tuple[str, bytes], ...]:
    found = [
        (item["hash_algorithm"], bytes(item["cert_hash"].native))
        for item in tsp.SigningCertificateV2.load(octets)["certs"]
    ]
    for algorithm, _ in found:
        _ = algorithm.native  # to its last part
    return tuple([(digest_name(algorithm, old=old), value) for algorithm, value in found])


_read_named_kept = lru_cache(maxsize=KEPT_REFERENCES)(_read_named)


def certificate_references(signed: dict[str, list[Any]], *, old: bool) -> list[tuple[str, bytes]]:
    """Return digest name and digest of the signing certificate as each of the two signed attributes names it.

    RFC 5035 §5: where both stand there, each is judged by itself. Raises what a reader raises.
    """
    newer, older = signed.get(SIGNING_CERTIFICATE_V2), signed.get(SIGNING_CERTIFICATE)
    return _first_named(newer, old) + _first_named_older(older)


def _first_named(newer: list[Any] | None, old: bool) -> list[tuple[str, bytes]]:
    if not newer:
        return []
    if isinstance(newer[0], Attribute):
        return list(_named(newer[0].octets, old)[:1])
    return [
        (digest_name(item["hash_algorithm"], old=old), bytes(item["cert_hash"].native))
        for item in newer[0]["certs"]
    ][:1]


def _first_named_older(older: list[Any] | None) -> list[tuple[str, bytes]]:
    if not older:
        return []
    value = older[0]
    read = tsp.SigningCertificate.load(value.octets) if isinstance(value, Attribute) else value
    return [("sha1", bytes(item["cert_hash"].native)) for item in read["certs"]][:1]


def protects(value: Any, algorithms: tuple[Any, Any]) -> bool:
    """RFC 6211 §3: tell whether the protected algorithm identifiers are these of the digest and of the signature."""
    if isinstance(value, Attribute):
        protected = cms.CMSAlgorithmProtection.load(value.octets)
    else:
        protected = value.parsed if isinstance(value, core.Any) else value
    digest, signature = algorithms
    return bool(
        protected["digest_algorithm"]["algorithm"].dotted == digest["algorithm"].dotted
        and protected["signature_algorithm"]["algorithm"].dotted == signature["algorithm"].dotted
    )
