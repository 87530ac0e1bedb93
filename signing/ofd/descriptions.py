"""Writing ``Signature.xml``: what is protected, by which digest, and where the seal shows (GB/T 33190 §18.2)."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from hsm.algorithms import DigestAlgorithm, SignatureAlgorithm
from verify.ofd.xml import NAMESPACE

PROVIDER: Final = "Yinxin"
METHOD: Final = DigestAlgorithm.SM3.oid
"""``CheckMethod`` as most real packages write it: SM3 by its number."""
ALGORITHM: Final = SignatureAlgorithm.SM2_SM3.oid
TIME_FORM: Final = "%Y%m%d%H%M%SZ"
"""A time that says that it is UTC; no verdict rests on it."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A place of the seal: its own number, the page object's, the whole seal's box and the part of it that shows, in mm."""

    id: str
    page: str
    boundary: tuple[float, float, float, float]
    clip: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class NewDescription:
    """Everything that one description says; ``protected`` are paths with the SM3 of the files as stored."""

    value: str
    seal: str | None
    when: datetime
    protected: Sequence[tuple[str, bytes]]
    stamps: Sequence[Stamp] = ()


def encode(new: NewDescription) -> bytes:
    """Write the file; the same content gives the same octets."""
    seal = f"<ofd:Seal><ofd:BaseLoc>{escape(new.seal)}</ofd:BaseLoc></ofd:Seal>" if new.seal else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ofd:Signature xmlns:ofd="{NAMESPACE}"><ofd:SignedInfo>'
        f'<ofd:Provider ProviderName="{PROVIDER}"/><ofd:SignatureMethod>{ALGORITHM}</ofd:SignatureMethod>'
        f"<ofd:SignatureDateTime>{new.when.strftime(TIME_FORM)}</ofd:SignatureDateTime>"
        f'<ofd:References CheckMethod="{METHOD}">{"".join(_reference(*item) for item in new.protected)}</ofd:References>'
        f"{''.join(map(_stamp, new.stamps))}{seal}</ofd:SignedInfo>"
        f"<ofd:SignedValue>{escape(new.value)}</ofd:SignedValue></ofd:Signature>"
    ).encode()


def _reference(path: str, digest: bytes) -> str:
    value = base64.b64encode(digest).decode()
    return (
        f"<ofd:Reference FileRef={quoteattr(path)}><ofd:CheckValue>{value}</ofd:CheckValue></ofd:Reference>"
    )


def _stamp(stamp: Stamp) -> str:
    clip = f' Clip="{_box(stamp.clip)}"' if stamp.clip is not None else ""
    return (
        f"<ofd:StampAnnot ID={quoteattr(stamp.id)} PageRef={quoteattr(stamp.page)} "
        f'Boundary="{_box(stamp.boundary)}"{clip}/>'
    )


def _box(box: tuple[float, float, float, float]) -> str:
    return " ".join(number(value) for value in box)


def number(value: float) -> str:
    """Write millimetres with a tenth of a micrometre at most."""
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if text in {"", "-0"} else text
