"""Signing the installation's own documents: PIN letters now, whatever the service writes in its own name.

A signature of the document unit with a time-stamp (PAdES B-T) over the whole file. It is no seal: there is no seal of the
registry behind it, and the mark on the page says whose signature it is and nothing more.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

from ca.actor import Actor
from ca.authority import CertificateAuthority
from ca.ceremony import document_unit
from ca.tsa import TimeStampAuthority
from hsm.provider import KeyRing, open_signer
from hsm.public_keys import certificate_key
from seals.drawing.fonts import EM, Face, operators, shelf
from signing.containers.cms import Signatory
from signing.mark import Picture, SealMark, Work
from signing.pdf.general import seal_pdf
from signing.placing.placement import POINTS_PER_MM, Placement

FIELD: Final = "Service"
MARK_MM: Final = (62.0, 12.0)
_INK: Final = "0.11 0.26 0.38"


@dataclass(frozen=True, slots=True)
class ServiceSeal:
    """Signs with the key of the document unit."""

    authority: CertificateAuthority
    keys: KeyRing
    tsa: TimeStampAuthority

    def ready(self, *, actor: Actor) -> None:
        """Make sure that the unit and its key answer, before something that can be done only once is done."""
        unit = document_unit(self.authority, actor=actor)
        open_signer(self.keys, unit.key_uri, expected=certificate_key(unit.x509))

    def sign(self, pdf: bytes, place: Placement, *, actor: Actor) -> bytes:
        """Return the document with the service's signature; raises what issuing, tokens and time-stamps raise."""
        unit = document_unit(self.authority, actor=actor)
        signer = open_signer(self.keys, unit.key_uri, expected=certificate_key(unit.x509))
        signatory = Signatory(signer, unit.x509, self.authority.chain(unit.issuer))
        when = self.authority.clock()
        mark = SealMark(
            field_name=FIELD,
            picture=Picture(_drawn(f"{when:%Y-%m-%d} 由本系统电子签名"), MARK_MM),
            placement=place,
            when=when,
            signer_name="印信 / Yinxin",
            reason="本系统出具的文件 / a document of this service",
        )
        out = io.BytesIO()
        seal_pdf(Work(io.BytesIO(pdf), out), mark, signatory, self.tsa.stamp)
        return out.getvalue()


def _drawn(text: str) -> bytes:
    """Draw a framed line in outlines; points, origin at the lower left."""
    width, height = (size * POINTS_PER_MM for size in MARK_MM)
    scale = 3.6 * POINTS_PER_MM / EM
    ops = [f"{_INK} RG {_INK} rg 0.8 w 0.6 0.6 {width - 1.2:.2f} {height - 1.2:.2f} re S"]
    x, baseline = 3 * POINTS_PER_MM, 4.4 * POINTS_PER_MM
    for character in text:
        glyph = shelf().glyph(Face.SONG, character)
        ops.append(f"q {scale:.5f} 0 0 {scale:.5f} {x:.3f} {baseline:.3f} cm {operators(glyph)} f Q")
        x += glyph.advance * scale
    return " ".join(ops).encode()
