"""One report made and sealed: drawn, its data signed, attached, sealed with a time-stamp and the evidence for later."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from cryptography import x509

from ca.actor import SYSTEM
from ca.authority import CertificateAuthority
from ca.ceremony import verification_unit
from ca.clock import BEIJING
from ca.issuer import Unit, UnitPurpose
from hsm.provider import KeyRing, open_signer
from hsm.public_keys import certificate_key
from hsm.signer import Signer
from seals.drawing.fonts import EM, Face, operators, shelf
from signing.containers.cms import Signatory
from signing.evidence import EvidenceDesk, Leaf
from signing.mark import Picture, SealMark, Stamper, Work
from signing.pdf.general import seal_pdf
from signing.placing.placement import POINTS_PER_MM, Placement
from verify.certificates.paths import name
from verify.report import DocumentReport
from verify.reports.attached import ATTACHED
from verify.reports.etsi import Issue
from verify.reports.page import NAMES, SEAL_AT, SEAL_MM, draw_page
from verify.reports.pdf_file import Attachment, attach
from verify.reports.signed import Page, report_payload, sign_report

FIELD: Final = "Verification"
_INK: Final = "0.70 0.09 0.13"
_ABOUT: Final = "核验报告的签名数据（JWS）"


@dataclass(frozen=True, slots=True)
class ReportSealer:
    """Signs and seals with the key of the verification unit."""

    authority: CertificateAuthority
    keys: KeyRing
    evidence: EvidenceDesk
    stamper: Stamper

    def unit(self) -> Unit:
        """Return the verification service's unit; made at the first call. Raises what issuing and tokens raise."""
        return verification_unit(self.authority, actor=SYSTEM)

    def signer(self, unit: Unit) -> Signer:
        """Open the unit's key."""
        return open_signer(self.keys, unit.key_uri, expected=certificate_key(unit.x509))

    def make(self, report: DocumentReport, number: str, answer: str, when: datetime) -> bytes:
        """Make the sealed PDF with its signed data.

        Raises :class:`hsm.errors.HsmError`, :class:`ca.errors.CaError`, :class:`signing.errors.SigningError`,
        :class:`seals.errors.FontMissing`.
        """
        unit = self.unit()
        signer, chain = self.signer(unit), self.authority.chain(unit.issuer)
        issue = Issue(name(unit.x509.subject), number, when, answer, unit.certificate)
        page = draw_page(report, issue)
        payload = report_payload(report, issue, Page(sha256(page).hexdigest(), len(page)))
        above = [issuer.certificate for issuer in self.authority.line(unit.issuer)]
        jws = sign_report(payload, signer, [unit.certificate, *above])
        whole = attach(page, NAMES, Attachment(ATTACHED, jws.encode(), _ABOUT))
        return self._sealed(whole, unit, Signatory(signer, unit.x509, chain), when)

    def _sealed(self, pdf: bytes, unit: Unit, signatory: Signatory, when: datetime) -> bytes:
        register = self.evidence.register()
        leaf = Leaf(unit.certificate, unit.x509.serial_number, register.above(unit.issuer))
        gathered = self.evidence.gather([leaf, register.unit(UnitPurpose.TSA)[1]])
        mark = SealMark(
            field_name=FIELD,
            picture=Picture(_drawn(unit.x509, when), SEAL_MM),
            placement=Placement(1, *SEAL_AT),
            when=when,
            signer_name=name(unit.x509.subject),
            reason="核验报告 / verification report",
            evidence=gathered,
        )
        out = io.BytesIO()
        seal_pdf(Work(io.BytesIO(pdf), out), mark, signatory, self.stamper)
        return out.getvalue()


def _drawn(certificate: x509.Certificate, when: datetime) -> bytes:
    """Draw the mark in outlines: a double frame with who and when; points, origin at the lower left."""
    width, height = (size * POINTS_PER_MM for size in SEAL_MM)
    ops = [
        f"{_INK} RG {_INK} rg 1.1 w 0.8 0.8 {width - 1.6:.2f} {height - 1.6:.2f} re S",
        f"0.4 w 2.6 2.6 {width - 5.2:.2f} {height - 5.2:.2f} re S",
    ]
    who = name(certificate.subject)
    rows = (
        (who, 3.4, 9.0, Face.HEI),
        (f"核验报告专用  {when.astimezone(BEIJING):%Y-%m-%d %H:%M}（北京时间）", 2.7, 4.2, Face.SONG),
    )
    for text, size, y, face in rows:
        ops += _line(text, size, y * POINTS_PER_MM, face)
    return " ".join(ops).encode()


def _line(text: str, size_mm: float, baseline: float, face: Face) -> list[str]:
    """Draw one line in the middle, smaller where it would not fit."""
    room = (SEAL_MM[0] - 5) * POINTS_PER_MM
    glyphs = [shelf().glyph(face, one) for one in text]
    total = sum(glyph.advance for glyph in glyphs)
    scale = min(size_mm * POINTS_PER_MM / EM, room / max(total, 1))
    x, ops = (SEAL_MM[0] * POINTS_PER_MM - total * scale) / 2, []
    for glyph in glyphs:
        ops.append(f"q {scale:.5f} 0 0 {scale:.5f} {x:.3f} {baseline:.3f} cm {operators(glyph)} f Q")
        x += glyph.advance * scale
    return ops
