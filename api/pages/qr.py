"""QR codes (ISO/IEC 18004) of our own addresses, as SVG without style or script."""

from __future__ import annotations

import io
from typing import Final

import segno
from fastapi.responses import Response

QUIET: Final = 4
"""Modules left white around a code (ISO/IEC 18004 §6.3.8)."""


def qr_svg(address: str) -> bytes:
    """Draw an address at level M: a scratch over one module in seven is read over."""
    target = io.BytesIO()
    segno.make_qr(address, error="m").save(
        target, kind="svg", border=QUIET, light="#ffffff", dark="#000000", omitsize=True, xmldecl=False
    )
    return target.getvalue()


def qr_answer(address: str) -> Response:
    """Answer with the picture of a code; it is the same for as long as the address is."""
    headers = {"Cache-Control": "public, max-age=86400"}
    return Response(qr_svg(address), media_type="image/svg+xml", headers=headers)
