"""What a service and its token workers say to each other over a pair of pipes.

A frame is two lengths (unsigned 32 bit, big endian), a JSON object and octets. JSON and octets can be read without
running anything; nothing is unpickled. The one secret on the wire, a PIN, travels in a frame and nowhere else: never in
an argument, a variable of the environment or a file.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

from hsm import errors
from hsm.devices import errors as device_errors
from hsm.errors import HsmError

HEADER: Final = struct.Struct("!II")
MAX_JSON: Final = 4 * 1024 * 1024
"""Longest JSON part (octets): a listing of 1,000 RSA-4096 keys needs about 2 MB in hexadecimal."""
MAX_BLOB: Final = 1024 * 1024
"""Longest octet part: a certificate, a digest, or a message short enough for the token to hash it itself."""


class SessionLost(HsmError):
    """Inside the pair only: this worker's view of the token is no longer good; a new worker may have a better one."""


class WrongPin(HsmError):
    """Inside the pair only: the token (or the comparison with the PIN that opened it) refused the PIN."""


class WireBroken(Exception):
    """The other end closed the pipe or sent something that is not a frame."""


ERRORS: Final[dict[str, type[HsmError]]] = {
    kind.__name__: kind
    for kind in (
        SessionLost,
        WrongPin,
        errors.DecryptionFailed,
        errors.RecoveryNotAuthorised,
        errors.DuplicateKey,
        errors.KeyNotFound,
        errors.KeyNotProtected,
        errors.ModuleUnavailable,
        errors.PinLocked,
        errors.PinRejected,
        errors.Sm2SigningUnavailable,
        errors.Sm2Unreadable,
        errors.TokenExists,
        errors.TokenNotFound,
        errors.TokenRefused,
        errors.UnsupportedAlgorithm,
        device_errors.ChipFull,
        device_errors.DescriptionInvalid,
        device_errors.DeviceKeyRefused,
        device_errors.EnvelopeRefused,
        device_errors.EnvelopeUnreadable,
        device_errors.OperationNotOffered,
    )
}
"""The errors that may cross the pipe, by name; anything else becomes :class:`hsm.errors.TokenRefused`."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message. Octets inside ``fields`` are written in hexadecimal; ``blob`` is carried as it is."""

    fields: dict[str, Any] = field(repr=False)
    blob: bytes = field(default=b"", repr=False)


def send(stream: BinaryIO, frame: Frame) -> None:
    """Write one frame and flush it; :class:`WireBroken` when the reader is gone, ``ValueError`` beyond a limit."""
    text = json.dumps(frame.fields, ensure_ascii=False, separators=(",", ":")).encode()
    if len(text) > MAX_JSON or len(frame.blob) > MAX_BLOB:
        raise ValueError("the frame is longer than MAX_JSON or MAX_BLOB allow")
    try:
        stream.write(HEADER.pack(len(text), len(frame.blob)) + text + frame.blob)
        stream.flush()
    except (OSError, ValueError) as broken:
        raise WireBroken("the other end is gone") from broken


def receive(stream: BinaryIO) -> Frame:
    """Read one frame; the end of the stream, a short or an oversized frame raises :class:`WireBroken`."""
    json_length, blob_length = HEADER.unpack(_exactly(stream, HEADER.size))
    if json_length > MAX_JSON or blob_length > MAX_BLOB:
        raise WireBroken("a frame beyond the limits")
    text, blob = _exactly(stream, json_length), _exactly(stream, blob_length)
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as wrong:
        raise WireBroken("not JSON") from wrong
    if not isinstance(fields, dict):
        raise WireBroken("not a JSON object")
    return Frame(fields, blob)


def _exactly(stream: BinaryIO, length: int) -> bytes:
    try:
        data = stream.read(length)
    except (OSError, ValueError) as broken:
        raise WireBroken("the other end is gone") from broken
    if len(data) != length:
        raise WireBroken("the stream ended")
    return data


def error_fields(wrong: Exception) -> dict[str, str]:
    """Name an error for the wire; an error of an unknown family gives its class name and no text of its own."""
    name = type(wrong).__name__
    if isinstance(wrong, HsmError) and name in ERRORS:
        return {"error": name, "detail": wrong.detail}
    return {"error": errors.TokenRefused.__name__, "detail": name}


def error_from(fields: dict[str, Any]) -> HsmError:
    """Rebuild the error that :func:`error_fields` named."""
    kind = ERRORS.get(str(fields.get("error")), errors.TokenRefused)
    return kind(str(fields.get("detail", "")))
