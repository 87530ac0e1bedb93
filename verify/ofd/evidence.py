"""Evidence beside a signature: certificates, revocation lists and OCSP responses, as a message without signers.

A seal signature has no place for its chain (GB/T 38540), and an OFD none for evidence. Our own packages therefore carry a file
(:data:`verify.ofd.description.EVIDENCE`) in the folder of a signature, among the files that it protects: a SignedData of certificates and revocation
information alone (RFC 5652 §5.1, RFC 5940). Other readers pass over it; what stands in it is only ever a candidate.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final

from cryptography import x509
from cryptography.x509 import ocsp

from ca import der
from ca.cms_names import DATA, SIGNED_DATA
from verify.ofd.description import EVIDENCE
from verify.ofd.locations import folder
from verify.ofd.package import Package
from verify.policy import MAX_CERTIFICATES, MAX_CMS_OCTETS, MAX_REVOCATION_ITEMS
from verify.signatures.carried import OCSP_RESPONSE, other_answer
from verify.signatures.loaded import load_certificate

_CONTENT: Final = 0xA0
_CERTIFICATES: Final = 0xA0
_REVOCATION: Final = 0xA1
_OTHER: Final = 0xA1
_VERSIONS: Final = frozenset({1, 5})
"""RFC 5652 §5.1: 5 where OCSP responses are among the members."""
_NO_CONTENT: Final = der.sequence(der.oid(DATA))


@dataclass(frozen=True, slots=True)
class CarriedEvidence:
    """What a package brings along for one signature."""

    certificates: tuple[x509.Certificate, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsp: tuple[bytes, ...] = ()


def evidence_beside(package: Package, neighbour: str) -> CarriedEvidence:
    """Read the evidence in the folder of a file; nothing, if there is none or it cannot be read."""
    path = f"{folder(neighbour)}{EVIDENCE}"
    if path not in package or package.size(path) > MAX_CMS_OCTETS:
        return CarriedEvidence()
    try:
        return read_evidence(package.read(path))
    except der.DerError:
        return CarriedEvidence()


def evidence_files(package: Package, parts: Iterable[str]) -> frozenset[str]:
    """Return the files of evidence that lie beside these parts of signatures and hold nothing else."""
    paths = {f"{folder(part)}{EVIDENCE}" for part in parts}
    return frozenset(path for path in paths if path in package and is_evidence(package, path))


def is_evidence(package: Package, path: str) -> bool:
    """Tell whether a file is evidence from its first octet to its last, so that no reader can show it for anything else."""
    if package.size(path) > MAX_CMS_OCTETS:
        return False
    try:
        return _holds_evidence_alone(package.read(path))
    except ValueError:
        return False


def _holds_evidence_alone(octets: bytes) -> bool:
    """Demand the form that :mod:`signing.ofd.evidence_file` writes: no content, and members that can be read; ``ValueError``: not DER."""
    whole = der.Reader(octets)
    info = whole.enter(der.SEQUENCE)
    kind, content = info.oid(), info.enter(_CONTENT)
    data = content.enter(der.SEQUENCE)
    for done in (whole, info, content):
        done.finish()
    if kind != SIGNED_DATA or data.integer() not in _VERSIONS:
        return False
    certificates: tuple[bytes, ...] = ()
    revocation: tuple[bytes, ...] = ()
    before = (data.element(), data.element())
    if data.peek() == _CERTIFICATES:
        certificates = tuple(islice(data.enter(_CERTIFICATES).elements(), MAX_CERTIFICATES + 1))
    if data.peek() == _REVOCATION:
        revocation = tuple(islice(data.enter(_REVOCATION).elements(), MAX_REVOCATION_ITEMS + 1))
    return (
        (*before, *data.elements()) == (der.set_of(), _NO_CONTENT, der.set_of())
        and len(certificates) <= MAX_CERTIFICATES
        and len(revocation) <= MAX_REVOCATION_ITEMS
        and None not in map(load_certificate, certificates)
        and all(map(_is_revocation, revocation))
    )


def _is_revocation(octets: bytes) -> bool:
    """Tell a list, or an OCSP response (RFC 5940 §2.1); ``ValueError`` for what cannot be read."""
    if octets[0] != _OTHER:
        x509.load_der_x509_crl(octets)
        return True
    answers = other_answer(octets)
    for answer in answers:
        ocsp.load_der_ocsp_response(answer)
    return octets == der.tlv(_OTHER, der.oid(OCSP_RESPONSE), *answers)


def read_evidence(octets: bytes) -> CarriedEvidence:
    """Take a SignedData without signers apart; raises ``DerError``."""
    info = der.Reader(octets).enter(der.SEQUENCE)
    if info.oid() != SIGNED_DATA:
        raise der.DerError("not SignedData")
    data = info.enter(_CONTENT).enter(der.SEQUENCE)
    data.element()  # version
    data.element()  # digestAlgorithms
    data.element()  # encapContentInfo
    certificates: list[x509.Certificate] = []
    crls: list[bytes] = []
    ocsp: list[bytes] = []
    if data.more and data.peek() == _CERTIFICATES:
        items = data.enter(_CERTIFICATES)
        while items.more and len(certificates) < MAX_CERTIFICATES:
            found = load_certificate(items.element())
            certificates += [] if found is None else [found]
    if data.more and data.peek() == _REVOCATION:
        items = data.enter(_REVOCATION)
        while items.more and len(crls) + len(ocsp) < MAX_REVOCATION_ITEMS:
            octets = items.element()
            if octets[0] == _OTHER:
                ocsp += other_answer(octets)
            else:
                crls.append(octets)
    return CarriedEvidence(tuple(certificates), tuple(crls), tuple(ocsp))
