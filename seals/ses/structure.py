"""Reading electronic seal data. Pure: no trust decision, no clock."""

from __future__ import annotations

from seals.ses.parts import SesSeal, SesSignature


def read_seal(data: bytes) -> SesSeal:
    """Read a SESeal."""
    raise NotImplementedError


def read_signature(data: bytes) -> SesSignature:
    """Read an SES_Signature."""
    raise NotImplementedError
