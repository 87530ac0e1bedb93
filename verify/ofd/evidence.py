"""Evidence beside a signature: certificates, revocation lists and OCSP responses, as a message without signers.

A seal signature has no place for its chain (GB/T 38540), and an OFD none for evidence. Our own packages therefore carry a file
(:data:`verify.ofd.description.EVIDENCE`) in the folder of a signature, among the files that it protects: a SignedData of certificates and revocation
information alone (RFC 5652 §5.1, RFC 5940). Other readers pass over it; what stands in it is only ever a candidate.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cryptography import x509

from ca import der
from ca.cms_names import SIGNED_DATA
from verify.ofd.description import EVIDENCE
from verify.ofd.locations import folder
from verify.ofd.package import Package
from verify.policy import MAX_CERTIFICATES, MAX_CMS_OCTETS, MAX_REVOCATION_ITEMS
from verify.signatures.carried import other_answer
from verify.signatures.loaded import load_certificate

_CONTENT: Final = 0xA0
_CERTIFICATES: Final = 0xA0
_REVOCATION: Final = 0xA1
_OTHER: Final = 0xA1


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
    octets = package.read(path)
    try:
        reader = der.Reader(octets)
        reader.element()
        read_evidence(octets)
    except der.DerError:
        return False
    return not reader.more


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
