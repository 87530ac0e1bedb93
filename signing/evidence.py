"""What proves the state of the certificates in a seal: chains, OCSP responses, CRLs (EN 319 142-1 §5.4.2).

Gathered before the key is touched: a certificate that is revoked or unknown then stops the sealing at no cost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from ca.authority import CertificateAuthority
from ca.checked_signer import CertifiedKey
from ca.crl import CrlPublisher
from ca.errors import CaError
from ca.issuer import HolderStatus, Issuer, Unit, UnitPurpose
from ca.ocsp import OcspResponder
from hsm.errors import HsmError
from signing.errors import CertificateNotGood, EvidenceMissing, SealNotUsableHere
from signing.pdf import Evidence


@dataclass(frozen=True, slots=True)
class Leaf:
    """An end certificate whose state must be provable: DER, serial number, and the issuers above it, the root last."""

    der: bytes
    serial: int
    above: tuple[Issuer, ...]

    @property
    def issuer(self) -> str:
        """The id of its issuer."""
        return self.above[0].id

    @property
    def chain(self) -> tuple[bytes, ...]:
        """The certificates above it, the root included (DER, issuer first)."""
        return tuple(issuer.certificate for issuer in self.above)


@dataclass(frozen=True, slots=True)
class Register:
    """The issuers by id and the units, as one reading found them."""

    issuers: Mapping[str, Issuer]
    units: tuple[Unit, ...]

    def above(self, issuer_id: str) -> tuple[Issuer, ...]:
        """Return the issuers from ``issuer_id`` up to its root, both included."""
        found = [self.issuers[issuer_id]]
        while not found[-1].is_root:
            found.append(self.issuers[found[-1].parent])
        return tuple(found)

    def unit(self, purpose: UnitPurpose) -> tuple[CertifiedKey, Leaf]:
        """Find the active unit for a purpose, the newest if there are several. :class:`EvidenceMissing`."""
        active = [
            CertifiedKey(unit.id, unit.issuer, unit.x509, unit.certificate, unit.key_uri)
            for unit in self.units
            if unit.purpose is purpose and unit.status is HolderStatus.ACTIVE
        ]
        if not active:
            raise EvidenceMissing(f"no active {purpose} unit")
        newest = max(active, key=lambda unit: unit.certificate.not_valid_before_utc)
        return newest, Leaf(newest.der, newest.certificate.serial_number, self.above(newest.issuer))


class EvidenceDesk:
    """Gathers from the authority, its revocation lists and its OCSP responder, all in process."""

    def __init__(self, authority: CertificateAuthority, crls: CrlPublisher, responder: OcspResponder) -> None:
        self._authority = authority
        self._crls = crls
        self._responder = responder

    def register(self) -> Register:
        """Read who issues and who serves, as it stands now, for one sealing."""
        issuers = {issuer.id: issuer for issuer in self._authority.issuers()}
        return Register(issuers, self._authority.units())

    def leaf(self, serial: int, register: Register) -> Leaf:
        """Find a certificate of ours. :class:`SealNotUsableHere` if it is not."""
        try:
            record = self._authority.certificate(serial)
        except CaError as wrong:
            raise SealNotUsableHere(f"certificate {serial:x}") from wrong
        return Leaf(record.der, serial, register.above(record.issuer))

    def anchors(self) -> tuple[bytes, ...]:
        """Return our roots (DER)."""
        return tuple(issuer.certificate for issuer in self._authority.issuers() if issuer.is_root)

    def gather(self, leaves: Sequence[Leaf]) -> Evidence:
        """Collect chains, an OCSP response for each leaf, and the CRL over each issuing certificate.

        Raises :class:`EvidenceMissing`, or :class:`CertificateNotGood` if a leaf is revoked or unknown.
        """
        certificates: dict[bytes, None] = {}
        issuers: dict[str, None] = {}
        responses: list[bytes] = []
        for leaf in leaves:
            certificates.update(dict.fromkeys((leaf.der, *leaf.chain)))
            answer = self._ocsp(leaf)
            if answer is None:
                issuers[leaf.issuer] = None
            else:
                responses.append(answer)
                certificates.update(dict.fromkeys(_responders(answer)))
            issuers.update(dict.fromkeys(issuer.id for issuer in leaf.above[1:]))
        return Evidence(tuple(certificates), tuple(responses), tuple(self._crl(issuer) for issuer in issuers))

    def _ocsp(self, leaf: Leaf) -> bytes | None:
        """Ask about one leaf; ``None`` when its issuer has no responder and the CRL must do."""
        try:
            answer = self._responder.response_for(leaf.serial)
        except CaError:
            return None
        except HsmError as wrong:
            raise EvidenceMissing("the OCSP responder's token does not answer") from wrong
        status = ocsp.load_der_ocsp_response(answer).certificate_status
        if status is not ocsp.OCSPCertStatus.GOOD:
            raise CertificateNotGood(f"certificate {leaf.serial:x} is {status.name.lower()}")
        return answer

    def _crl(self, issuer: str) -> bytes:
        try:
            return bytes(self._crls.current(issuer).der)
        except (CaError, HsmError) as wrong:
            raise EvidenceMissing(f"no CRL of {issuer}") from wrong


def _responders(answer: bytes) -> list[bytes]:
    """List the certificates that an OCSP response carries (DER)."""
    return [one.public_bytes(Encoding.DER) for one in ocsp.load_der_ocsp_response(answer).certificates]
