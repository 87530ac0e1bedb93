"""Unpacking of structural streams: cross-reference streams, object streams, evidence (ISO 32000-2 §7.4.4)."""

from __future__ import annotations

import zlib
from itertools import accumulate
from typing import Final

from verify.pdf.plain.errors import NotPlain, Reason
from verify.pdf.plain.syntax import Array, Dictionary, Value

MAX_UNPACKED: Final = 32 * 1024 * 1024
"""Octets of one structural stream: a cross-reference stream of four million entries; real ones stay below a megabyte."""
MAX_COLUMNS: Final = 64
"""Octets of a row under a predictor: an entry of a cross-reference stream has three to twenty."""
_FLATE: Final = ("/FlateDecode", "/Fl")
_ALONE: Final = ("/FlateDecode", ["/FlateDecode"])
_NONE, _SUB, _UP = 0, 1, 2


def unpack(entries: Dictionary, data: bytes) -> bytes:
    """Undo /FlateDecode and its predictor; any other filter, and whatever is damaged, is :class:`NotPlain`."""
    if "/DecodeParms" not in entries and "/F" not in entries and entries.get("/Filter") in _ALONE:
        return inflate(data)
    filters, parameters = _listed(entries.get("/Filter")), _listed(entries.get("/DecodeParms"))
    if not filters:
        return data
    if len(filters) != 1 or filters[0] not in _FLATE or len(parameters) > 1 or "/F" in entries:
        raise NotPlain(Reason.FILTER, str(filters)[:60])
    unpacked = inflate(data)
    wanted = parameters[0] if parameters else None
    if wanted is None:
        return unpacked
    if not isinstance(wanted, Dictionary):
        raise NotPlain(Reason.FILTER, "parameters")
    return _predicted(unpacked, wanted)


def _listed(value: Value) -> list[Value]:
    if isinstance(value, Array):
        return list(value)
    return [] if value is None else [value]


def inflate(data: bytes) -> bytes:
    """Undo Flate alone. :class:`NotPlain`: damaged, cut off, or too much."""
    machine = zlib.decompressobj()
    try:
        unpacked = machine.decompress(data, MAX_UNPACKED)
    except zlib.error as wrong:
        raise NotPlain(Reason.FILTER, "damaged") from wrong
    if not machine.eof:
        raise NotPlain(Reason.FILTER, "cut off, or unpacks to too much")
    return unpacked


def _predicted(data: bytes, parameters: Dictionary) -> bytes:
    predictor = parameters.get("/Predictor", 1)
    if predictor == 1:
        return data
    columns = parameters.get("/Columns", 1)
    plain = parameters.get("/Colors", 1) == 1 and parameters.get("/BitsPerComponent", 8) == 8
    if not (isinstance(predictor, int) and 10 <= predictor <= 15 and plain):
        raise NotPlain(Reason.FILTER, f"predictor {predictor}")
    if not isinstance(columns, int) or not 0 < columns <= MAX_COLUMNS or len(data) % (columns + 1):
        raise NotPlain(Reason.FILTER, f"columns {columns}")
    kinds = set(data[:: columns + 1])
    if kinds == {_UP}:
        return _all_up(data, columns)
    if kinds <= {_NONE, _SUB, _UP}:
        return _rows(data, columns)
    raise NotPlain(Reason.FILTER, "predictor")


def _all_up(data: bytes, columns: int) -> bytes:
    """Each row stands as its difference to the row above, as nearly all writers have it: a running sum per column."""
    out = bytearray(len(data) // (columns + 1) * columns)
    for column in range(columns):
        out[column::columns] = bytes([value & 0xFF for value in accumulate(data[column + 1 :: columns + 1])])
    return bytes(out)


def _rows(data: bytes, columns: int) -> bytes:
    out, above = bytearray(), bytes(columns)
    for start in range(0, len(data), columns + 1):
        row = data[start + 1 : start + 1 + columns]
        if data[start] == _SUB:
            row = bytes([value & 0xFF for value in accumulate(row)])
        elif data[start] == _UP:
            row = bytes([(value + other) & 0xFF for value, other in zip(row, above, strict=True)])
        out += row
        above = row
    return bytes(out)
