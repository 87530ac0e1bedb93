"""Certificates and evidence that a container brings along (RFC 5652 §5.1, RFC 5940, EN 319 122-1): only ever candidates, so what cannot be read is left out.

Nobody signed most of it. It stands among the certificates and lists of the SignedData, in Adobe's signed attribute, or, as CAdES wrote it before
its baseline, in unsigned attributes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any, ClassVar, Final

from asn1crypto import core
from cryptography import x509

from ca import der
from ca.cms_names import CERTIFICATE_VALUES, REVOCATION_VALUES
from verify.policy import MAX_CERTIFICATES, MAX_REVOCATION_ITEMS
from verify.signatures.bounded import members
from verify.signatures.cms_values import ADOBE_REVOCATION, as_read, malformed
from verify.signatures.loaded import load_certificate

OCSP_RESPONSE: Final = "1.3.6.1.5.5.7.16.2"
"""id-ri-ocsp-response (RFC 5940 §2.1)."""
OCSP_BASIC: Final = "1.3.6.1.5.5.7.48.1.1"
"""id-pkix-ocsp-basic (RFC 6960 §4.2.1): the answer without the status around it, as EN 319 122-1 §A.1.2 and EU DSS have it."""
KEPT_CONTAINERS: Final = 2
"""Containers whose certificates are kept loaded: each of several signers asks for the same."""
_OTHER: Final = 0xA1
_CRLS, _ANSWERS = 0xA0, 0xA1

Evidence = tuple[tuple[bytes, ...], tuple[bytes, ...]]
"""Lists and OCSP responses (DER)."""


class _AnySequence(core.SequenceOf):  # type: ignore[misc]
    _child_spec = core.Any


class _RevocationArchive(core.Sequence):  # type: ignore[misc]
    """Adobe's RevocationInfoArchival (ISO 32000-2 §12.8.3.3.2); declared here because other libraries may or may not."""

    _fields: ClassVar[list[Any]] = [
        ("crl", _AnySequence, {"explicit": 0, "optional": True}),
        ("ocsp", _AnySequence, {"explicit": 1, "optional": True}),
        ("other", _AnySequence, {"explicit": 2, "optional": True}),
    ]


def certificates_of(choices: Any) -> tuple[x509.Certificate, ...]:
    """Load what can be loaded of CertificateSet: a damaged certificate that nobody needs is no reason to fail (RFC 5652 §5.1)."""
    return () if isinstance(choices, core.Void) or choices is None else _loaded(choices.contents)


@lru_cache(maxsize=KEPT_CONTAINERS)
def _loaded(contents: bytes) -> tuple[x509.Certificate, ...]:
    found = list(islice(members(contents), MAX_CERTIFICATES + 1))
    if len(found) > MAX_CERTIFICATES:
        raise malformed(f"more than {MAX_CERTIFICATES} certificates")
    return _usable(found)


def _usable(found: Iterable[bytes]) -> tuple[x509.Certificate, ...]:
    loaded = [load_certificate(octets) for octets in found if octets[:1] == b"\x30"]
    return tuple([certificate for certificate in loaded if certificate is not None])


def more_certificates(unsigned: dict[str, list[Any]]) -> tuple[x509.Certificate, ...]:
    """Load the certificate-values among unsigned attributes (EN 319 122-1 §A.1.1.2)."""
    values = unsigned.get(CERTIFICATE_VALUES, [])[:1]
    return _usable(octets for value in values for octets in _within(as_read(value)))


def revocation(crls: Any, signed: dict[str, list[Any]], unsigned: dict[str, list[Any]]) -> Evidence:
    """Take lists and responses from SignedData.crls (RFC 5940), Adobe's signed attribute and revocation-values (EN 319 122-1 §A.1.1.4)."""
    lists: list[bytes] = []
    answers: list[bytes] = []
    if not isinstance(crls, core.Void) and crls is not None:
        for octets in islice(_readable(crls.contents), MAX_REVOCATION_ITEMS):
            if octets[0] == der.SEQUENCE:
                lists.append(octets)
            elif octets[0] == _OTHER:
                answers += other_answer(octets)
    for value in signed.get(ADOBE_REVOCATION, [])[:1]:
        _add(lists, answers, _archived(as_read(value)))
    for value in unsigned.get(REVOCATION_VALUES, [])[:1]:
        _add(lists, answers, _values(as_read(value)))
    return tuple(lists[:MAX_REVOCATION_ITEMS]), tuple(answers[:MAX_REVOCATION_ITEMS])


def _add(lists: list[bytes], answers: list[bytes], more: tuple[list[bytes], list[bytes]]) -> None:
    lists += more[0]
    answers += more[1]


def other_answer(octets: bytes) -> list[bytes]:
    """Return the OCSP response in an OtherRevocationInfoFormat; none, if it is of another kind or cannot be read."""
    try:
        other = der.Reader(octets).enter(_OTHER)
        kind, value = other.oid(), other.element()
    except der.DerError:
        return []
    if kind == OCSP_BASIC:
        return [_whole(value)]
    return [value] if kind == OCSP_RESPONSE else []


def _whole(basic: bytes) -> bytes:
    """Put the status around a BasicOCSPResponse (RFC 6960 §4.2.1): it answers."""
    typed = der.sequence(der.oid(OCSP_BASIC), der.octet_string(basic))
    return der.sequence(der.enumerated(0), der.explicit(0, typed))


def _archived(octets: bytes) -> tuple[list[bytes], list[bytes]]:
    try:
        archive = _RevocationArchive.load(octets)
        return [as_read(one) for one in _listed(archive["crl"])], [
            as_read(one) for one in _listed(archive["ocsp"])
        ]
    except (ValueError, TypeError):
        return [], []


def _listed(items: Any) -> list[Any]:
    return [] if items is None or isinstance(items, core.Void) else list(items)


def _values(octets: bytes) -> tuple[list[bytes], list[bytes]]:
    """RevocationValues ::= SEQUENCE { [0] lists, [1] BasicOCSPResponses, [2] what nobody here reads }."""
    lists: list[bytes] = []
    answers: list[bytes] = []
    for part in _within(octets):
        inside = [one for listed in _within(part) for one in _within(listed)]
        if part[0] == _CRLS:
            lists += inside
        elif part[0] == _ANSWERS:
            answers += map(_whole, inside)
    return lists, answers


def _within(octets: bytes) -> list[bytes]:
    """Return the elements of one that has others, in DER, as many as count; none of what cannot be read."""
    try:
        whole = der.Reader(octets)
        inside = whole.enter(whole.peek())
    except der.DerError:
        return []
    return list(islice(_readable(octets[inside.position : inside.end]), MAX_REVOCATION_ITEMS))


def _readable(contents: bytes) -> Iterator[bytes]:
    try:
        yield from members(contents)
    except ValueError:
        return
