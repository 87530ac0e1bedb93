"""Small edits of XML that is there: one element put in front of an end tag, every other octet as it was."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from signing.ofd.errors import OfdUnfit
from verify.ofd.xml import NAMESPACE

_NUMBER: Final = re.compile(r"([0-9]+)\s*$")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an element ends: the octet of its end tag, and the prefix by which it is named."""

    at: int
    prefix: str
    closed: bool
    """It has an end tag of its own; ``<a/>`` has not."""


class _Finder:
    """Finds the end tag of the first element of a local name."""

    def __init__(self, wanted: str) -> None:
        self._wanted = wanted
        self.found: _Place | None = None
        self._parser: Any = None
        self._octets = b""

    def read(self, octets: bytes) -> _Place:
        self._octets = octets
        self._parser = expat.ParserCreate()
        self._parser.EndElementHandler = self._end
        self._parser.Parse(octets, True)
        if self.found is None:
            raise _unfit()
        return self.found

    def _end(self, name: str) -> None:
        prefix, _, local = name.rpartition(":")
        if local == self._wanted and self.found is None:
            at = self._parser.CurrentByteIndex
            self.found = _Place(at, f"{prefix}:" if prefix else "", self._octets[at : at + 2] == b"</")


def _unfit() -> OfdUnfit:
    return OfdUnfit(
        "OFD 的主文件写法特殊，无法加入签章；请用生成该文件的程序重新导出。",
        "The OFD's main files are written in a way that no signature can be added to; export the document anew.",
    )


def with_list(main: bytes, location: str) -> bytes:
    """Name the list of signatures in ``OFD.xml``: the only edit it ever gets (GB/T 33190 §18.1). :class:`OfdUnfit`."""
    place = _find(main, "DocBody")
    tag = f"<{place.prefix}Signatures>{escape(location)}</{place.prefix}Signatures>"
    return main[: place.at] + tag.encode() + main[place.at :]


def with_row(listed: bytes, row: dict[str, str], highest: str) -> bytes:
    """Add a row to a list of signatures, and raise ``MaxSignId`` if the list has it. :class:`OfdUnfit`."""
    place = _find(listed, "Signatures")
    attributes = " ".join(f"{name}={quoteattr(value)}" for name, value in row.items())
    tag = f"<{place.prefix}Signature {attributes}/>".encode()
    edited = listed[: place.at] + tag + listed[place.at :]
    pattern = re.compile(rb"(<(?:[\w.-]+:)?MaxSignId\s*>)[^<]*(</)")
    return pattern.sub(lambda found: found[1] + highest.encode() + found[2], edited, count=1)


def _find(octets: bytes, name: str) -> _Place:
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError as wrong:
        raise _unfit() from wrong
    place = _Finder(name).read(octets)
    if not place.closed:
        raise _unfit()
    return place


def new_list(row: dict[str, str], highest: str) -> bytes:
    """Write a list with its first row."""
    attributes = " ".join(f"{name}={quoteattr(value)}" for name, value in row.items())
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ofd:Signatures xmlns:ofd="{NAMESPACE}">'
        f"<ofd:MaxSignId>{highest}</ofd:MaxSignId><ofd:Signature {attributes}/></ofd:Signatures>"
    ).encode()


def number_in(identifier: str) -> int:
    """Return the number at the end of an identifier, ``s012`` is 12; 0 where there is none."""
    found = _NUMBER.search(identifier)
    return int(found[1][-9:]) if found else 0
