"""A signature dictionary as it stands in the file, and the proof that its ByteRange leaves out exactly /Contents.

The dictionary is read from the octets at its own offset, with the long hexadecimal string taken out first: reading it
octet by octet costs more than the whole signature check, and its exact position is needed anyway.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from asn1crypto import parser

from verify.digests import Prefixes
from verify.errors import failed, unsure
from verify.pdf.document import Document
from verify.pdf.fields import FormField
from verify.pdf.pdf_values import Ref, Value
from verify.policy import MAX_CMS_OCTETS
from verify.verdict import SubIndication

_CONTENTS: Final = re.compile(rb"/Contents[\x00\t\n\x0c\r ]*<([0-9A-Fa-f\x00\t\n\x0c\r ]*)>")
_BEGUN: Final = re.compile(rb"/Contents[\x00\t\n\x0c\r ]*<")
_BLANK: Final = bytes.maketrans(b"", b"")
_WHITE: Final = b"\x00\t\n\x0c\r "
_SENTINEL: Final = b"the value that stands here"
"""Put in the place of the value while the rest is parsed: whatever else calls itself /Contents is then found out."""
_SENTINEL_DIGITS: Final = _SENTINEL.hex().encode()
MAX_SIGNATURE_OBJECT: Final = 4 * MAX_CMS_OCTETS
"""Octets of the object that holds a signature dictionary: the container twice in hexadecimal, and as much again."""


@dataclass(frozen=True, slots=True)
class SignatureValue:
    """A signature dictionary whose ByteRange was proved to cover all but its own /Contents.

    ``covered`` is the end of the covered range: octets ``[0, gap_start)`` and ``[gap_end, covered)`` are signed.
    """

    dictionary: dict[str, Value]
    contents: bytes
    gap_start: int
    gap_end: int
    covered: int
    sub_filter: str
    is_timestamp: bool

    def digest(self, algorithm: str, prefixes: Prefixes) -> bytes:
        """Digest the covered octets with a ``hashlib`` algorithm."""
        return prefixes.without(algorithm, self.gap_start, self.gap_end, self.covered)


class _Contents(NamedTuple):
    """The value in hexadecimal: where its digits begin and end, the digits without blanks, and the octets."""

    start: int
    end: int
    digits: bytes
    octets: bytes


@dataclass(frozen=True, slots=True)
class _Found:
    dictionary: dict[str, Value]
    gap_start: int
    gap_end: int
    digits: bytes


def _format(zh: str, en: str) -> Exception:
    """Say what is wrong with the form, and what to do."""
    return failed(
        SubIndication.FORMAT_FAILURE,
        f"{zh.rstrip('。')}，签章不能成立；请向签章单位索取原件。",
        f"{en} The signature is invalid; ask the signatory for the original file.",
    )


def read_signature(document: Document, form_field: FormField) -> SignatureValue:
    """Read and prove the signature value of a field; raises ``Finding`` FORMAT_FAILURE or SIGNED_DATA_NOT_FOUND."""
    found = _read(document, form_field)
    start, end, covered = _byte_range(document, found)
    digits = found.digits
    if digits != digits.lower() and digits != digits.upper():
        raise _format(
            "签名值的书写混用大小写，签名字段被改动过。",
            "The signature value mixes upper and lower case: it was edited.",
        )
    if len(digits) % 2 or len(digits) > 2 * MAX_CMS_OCTETS:
        raise _format("签名值长度异常。", "The signature value has an impossible length.")
    kind = found.dictionary.get("/Type")
    sub_filter = found.dictionary.get("/SubFilter")
    return SignatureValue(
        dictionary=found.dictionary,
        contents=_container(found.dictionary["/Contents"], encrypted=document.source.encrypted),
        gap_start=start,
        gap_end=end,
        covered=covered,
        sub_filter=sub_filter if isinstance(sub_filter, str) else "",
        is_timestamp=kind == "/DocTimeStamp" or sub_filter == "/ETSI.RFC3161",
    )


def _container(octets: bytes, *, encrypted: bool) -> bytes:
    """Return a signature's value; in an encrypted document PDFBox and EU DSS encrypt the zeros behind it, too.

    Nothing finds anything in these digits: the value is their only string, and readers stop where its DER does.
    """
    if not encrypted:
        return octets
    try:
        return octets[: parser.peek(octets)]
    except ValueError:
        return octets


def _read(document: Document, form_field: FormField) -> _Found:
    holder = form_field.value if isinstance(form_field.value, Ref) else form_field.ref
    if holder is None:
        raise _format("签名字段没有自己的对象。", "The signature field has no object of its own.")
    offset = document.location(holder)
    if offset is None:
        raise _format(
            "签名字典不在文件中，或被放在压缩对象流内。",
            "The signature dictionary is missing or stands in an object stream.",
        )
    limit = offset + MAX_SIGNATURE_OBJECT
    end = document.data.find(b"endobj", offset, limit)
    window = document.data[offset : limit if end < 0 else end]
    found = _usual_contents(window) or _any_contents(window)
    masked = window[: found.start] + _SENTINEL_DIGITS + window[found.end :]
    value = _parse(document, holder, masked)
    dictionary = value if form_field.value is holder else _entry(value, "/V")
    if not isinstance(dictionary, dict) or dictionary.get("/Contents") != _SENTINEL:
        raise _format("签名字典无法解析。", "The signature dictionary cannot be parsed.")
    if document.source.encrypted:  # the octets hold the date encrypted; the library's view has it in clear
        readable = document.last.resolve(form_field.value)
        dictionary["/M"] = readable.get("/M") if isinstance(readable, dict) else None
    dictionary["/Contents"] = found.octets
    document.remember(holder, value)
    return _Found(dictionary, offset + found.start - 1, offset + found.end + 1, found.digits)


def _usual_contents(window: bytes) -> _Contents | None:
    """Find the one value as nearly everybody writes it, digits without blanks; ``None``: look closer."""
    begun = _BEGUN.search(window)
    if begun is None or window.count(b"/Contents") != 1:
        return None
    start = begun.end()
    end = window.find(b">", start)
    digits = window[start : max(end, start)]
    try:
        octets = bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        return None
    if end < 0 or 2 * len(octets) != len(digits):  # blanks, which the library passes over
        return None
    return _Contents(start, end, digits, octets)


def _any_contents(window: bytes) -> _Contents:
    """Find the one value, with blanks wherever the syntax lets them stand."""
    matches = list(_CONTENTS.finditer(window))
    if len(matches) != 1:
        raise _format(
            "签名字典中没有唯一的签名值。", "The signature dictionary has no single /Contents in hexadecimal."
        )
    digits = matches[0].group(1).translate(_BLANK, _WHITE)
    octets = bytes.fromhex(digits.decode("ascii") + "0" * (len(digits) % 2))
    return _Contents(matches[0].start(1), matches[0].end(1), digits, octets)


def _entry(value: Value, key: str) -> Value:
    return value.get(key) if isinstance(value, dict) else None


def _parse(document: Document, holder: Ref, octets: bytes) -> Value:
    try:
        found, value = document.source.parse(octets)
    except Exception as error:
        raise _format("签名字典无法解析。", "The signature dictionary cannot be parsed.") from error
    if found != holder:
        raise _format("签名对象的编号不符。", "The signature object's number is not the one referred to.")
    return value


def _byte_range(document: Document, found: _Found) -> tuple[int, int, int]:
    """ISO 32000-2 §12.8.1: two spans, the whole file up to its end but for the value of /Contents."""
    value = found.dictionary.get("/ByteRange")  # as it stands: elsewhere it could be exchanged
    numbers = value if isinstance(value, list) else []
    if len(numbers) != 4 or any(type(n) is not int or n < 0 for n in numbers):
        raise _format("签名范围（ByteRange）格式错误。", "The ByteRange is malformed.")
    first, first_length, second, second_length = numbers
    covered = second + second_length
    if covered > len(document.data):
        raise unsure(
            SubIndication.SIGNED_DATA_NOT_FOUND,
            "被签名的内容不完整：文件比签名时短，请索取完整原件。",
            "Part of the signed data is missing: the file is shorter than when it was signed; ask for the whole file.",
        )
    if first != 0 or first_length != found.gap_start or second != found.gap_end or second_length <= 0:
        raise _format(
            "签名范围（ByteRange）没有准确覆盖除签名值以外的全部内容。",
            "The ByteRange does not cover exactly everything but the signature value.",
        )
    return first_length, second, covered
