"""What proves the state of the certificates in a seal: chains, OCSP responses, CRLs (EN 319 142-1 §5.4.2).

Gathered before the key is touched: a certificate that is revoked or unknown then stops the sealing at no cost.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from ca.authority import CertificateAuthority
from ca.checked_signer import CertifiedKey
from ca.errors import CaError
from ca.issuer import HolderStatus, Issuer, UnitPurpose
from ca.status.crl import CrlPublisher
from ca.status.ocsp import OcspResponder
from ca.status.standing_mark import StandingMark
from hsm.errors import HsmError
from signing.errors import CertificateNotGood, EvidenceMissing, SealNotUsableHere
from signing.mark import Evidence

KEPT_FOR: Final = timedelta(minutes=1)
"""How long gathered evidence may be used again: as long as an OCSP answer without a nonce is repeated."""
MAX_KEPT: Final = 256
"""Seals whose evidence is kept: some ten kilobytes each."""


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


class Register:
    """Who issues and who serves, read for one sealing: each line of issuers once, however many there are."""

    def __init__(self, authority: CertificateAuthority) -> None:
        self._authority = authority
        self._above: dict[str, tuple[Issuer, ...]] = {}

    def above(self, issuer_id: str) -> tuple[Issuer, ...]:
        """Return the issuers from ``issuer_id`` up to its root, both included."""
        if issuer_id not in self._above:
            self._above[issuer_id] = self._authority.line(issuer_id)
        return self._above[issuer_id]

    def unit(self, purpose: UnitPurpose) -> tuple[CertifiedKey, Leaf]:
        """Find the active unit for a purpose, the newest if there are several. :class:`EvidenceMissing`."""
        active = [
            CertifiedKey(unit.id, unit.issuer, unit.x509, unit.certificate, unit.key_uri)
            for unit in self._authority.units(purpose)
            if unit.status is HolderStatus.ACTIVE
        ]
        if not active:
            raise EvidenceMissing(f"no active {purpose} unit")
        newest = max(active, key=lambda unit: unit.certificate.not_valid_before_utc)
        return newest, Leaf(newest.der, newest.certificate.serial_number, self.above(newest.issuer))


@dataclass(frozen=True, slots=True)
class Gathered:
    """What stands behind one seal's signatures: its certificate, the seal maker, and the evidence for both."""

    leaf: Leaf
    maker: CertifiedKey
    maker_leaf: Leaf
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was gathered, when, and the mark of what it rests on as it was before."""

    gathered: Gathered
    at: datetime
    mark: StandingMark


class EvidenceDesk:
    """Gathers from the authority, its revocation lists and its OCSP responder, all in process."""

    def __init__(self, authority: CertificateAuthority, crls: CrlPublisher, responder: OcspResponder) -> None:
        self._authority = authority
        self._crls = crls
        self._responder = responder
        self._kept: OrderedDict[tuple[int, bool], _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def behind(self, serial: int, *, stamped: bool, now: datetime) -> Gathered:
        """Gather what stands behind the seal whose certificate has this number, and behind time-stamps where asked for.

        What was gathered within the last minute is given again, unless any certificate of its issuers was revoked since, or an
        issuer or a unit changed. Raises as :meth:`leaf`, :meth:`Register.unit` and :meth:`gather` do.
        """
        key = (serial, stamped)
        with self._lock:
            kept = self._kept.get(key)
        if kept is None or not timedelta(0) <= now - kept.at < KEPT_FOR:
            return self._anew(key, now)
        same = self._mark(kept.gathered, stamped) == kept.mark
        return kept.gathered if same else self._anew(key, now)

    def afresh(self, serial: int, *, stamped: bool) -> Gathered:
        """Gather the same now, whatever was gathered before."""
        bare, leaves = self._concerned(serial, stamped)
        return replace(bare, evidence=self.gather(leaves))

    def _anew(self, key: tuple[int, bool], now: datetime) -> Gathered:
        """Gather, and keep it with the mark of before: what moves meanwhile is found to differ the next time."""
        serial, stamped = key
        bare, leaves = self._concerned(serial, stamped)
        mark = self._mark(bare, stamped)
        gathered = replace(bare, evidence=self.gather(leaves))
        with self._lock:
            self._kept[key] = _Kept(gathered, now, mark)
            self._kept.move_to_end(key)
            if len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        return gathered

    def _concerned(self, serial: int, stamped: bool) -> tuple[Gathered, list[Leaf]]:
        """Find the certificates concerned, without evidence, and the leaves that it is to be gathered for."""
        register = self.register()
        leaf = self.leaf(serial, register)
        maker, maker_leaf = register.unit(UnitPurpose.SEAL_MAKER)
        leaves = [leaf, maker_leaf]
        if stamped:
            leaves.append(register.unit(UnitPurpose.TSA)[1])
        return Gathered(leaf, maker, maker_leaf, Evidence()), leaves

    def _mark(self, gathered: Gathered, stamped: bool) -> StandingMark:
        issuers = {one.id for leaf in (gathered.leaf, gathered.maker_leaf) for one in leaf.above}
        purposes = [UnitPurpose.SEAL_MAKER, *([UnitPurpose.TSA] if stamped else [])]
        return self._authority.mark(sorted(issuers), purposes)

    def register(self) -> Register:
        """Give what reads who issues and who serves, for one sealing."""
        return Register(self._authority)

    def leaf(self, serial: int, register: Register) -> Leaf:
        """Find a certificate of ours. :class:`SealNotUsableHere` if it is not."""
        try:
            record = self._authority.certificate(serial)
        except CaError as wrong:
            raise SealNotUsableHere(f"certificate {serial:x}") from wrong
        return Leaf(record.der, serial, register.above(record.issuer))

    def anchors(self) -> tuple[bytes, ...]:
        """Return our roots (DER)."""
        return tuple(root.certificate for root in self._authority.roots())

    def gather(self, leaves: Sequence[Leaf]) -> Evidence:
        """Collect chains, an OCSP response for each leaf, and the CRL over each issuing certificate.

        Raises :class:`EvidenceMissing`, or :class:`CertificateNotGood` if a leaf is revoked or unknown.
        """
        certificates: dict[bytes, None] = {}
        lists: dict[bytes, None] = {}
        responses: list[bytes] = []
        for leaf in leaves:
            certificates.update(dict.fromkeys((leaf.der, *leaf.chain)))
            answer = self._ocsp(leaf)
            if answer is None:
                lists[self._list_over(leaf.issuer, leaf.serial)] = None
            else:
                responses.append(answer)
                certificates.update(dict.fromkeys(_responders(answer)))
            for below, above in pairwise(leaf.above):
                lists[self._list_over(above.id, below.x509.serial_number)] = None
        return Evidence(tuple(certificates), tuple(responses), tuple(lists))

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

    def _list_over(self, issuer: str, serial: int) -> bytes:
        """Return the list that covers one certificate: that of its shard, if its issuer's list has parts."""
        try:
            return self._crls.covering(issuer, serial).der
        except (CaError, HsmError) as wrong:
            raise EvidenceMissing(f"no CRL of {issuer}") from wrong


def _responders(answer: bytes) -> list[bytes]:
    """List the certificates that an OCSP response carries (DER)."""
    return [one.public_bytes(Encoding.DER) for one in ocsp.load_der_ocsp_response(answer).certificates]
