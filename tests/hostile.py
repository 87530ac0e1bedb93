"""Inputs made to hang or exhaust a verifier, each from a few lines; ``size`` is about how many octets it may have."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator

from ca import der

MEGABYTE = 1 << 20
CATALOG = b"<</Type/Catalog/Pages 2 0 R/AcroForm<</SigFlags 3/Fields[4 0 R]>>>>"
PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Annots[4 0 R]>>"
FIELD = b"<</FT/Sig/T(S)/V 5 0 R/Type/Annot/Subtype/Widget/Rect[0 0 0 0]>>"
VALUE = (
    b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.pkcs7.detached/Contents<3000>/ByteRange[0 10 20 30]>>"
)


def bomb(octets: int, unit: bytes = b"\0") -> bytes:
    """Deflate ``octets`` of one pattern: one megabyte is packed, and what came out repeated; a thousandth comes out."""
    packer = zlib.compressobj(9)
    piece = unit * (MEGABYTE // len(unit))
    first = packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + again * (octets // len(piece))


def pdf(objects: dict[int, bytes], *, trailer: bytes = b"", prev: bytes = b"") -> bytes:
    """Write a PDF with a classic table over ``objects``."""
    out, places = bytearray(b"%PDF-1.7\n"), {}
    for number, body in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start, top = len(out), max(objects) + 1
    rows = b"".join(
        b"%010d 00000 n \n" % places[number] if number in places else b"0000000000 65535 f \n"
        for number in range(top)
    )
    out += b"xref\n0 %d\n%s" % (top, rows)
    out += b"trailer\n<</Size %d/Root 1 0 R%s%s>>\nstartxref\n%d\n%%%%EOF\n" % (top, prev, trailer, start)
    return bytes(out)


def signed(**more: bytes) -> dict[int, bytes]:
    """Return the objects of a page with one signature field; ``more`` replaces by ``o<number>``."""
    found = {1: CATALOG, 2: PAGES, 3: PAGE, 4: FIELD, 5: VALUE}
    return found | {int(name[1:]): body for name, body in more.items()}


def stream(body: bytes, entries: bytes = b"") -> bytes:
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(body), entries, body)


def with_xref_stream(objects: dict[int, bytes], entries: bytes, body: bytes) -> bytes:
    """Write a PDF whose only cross-reference is a stream of this body and these entries."""
    out = bytearray(b"%PDF-1.7\n")
    for number, content in objects.items():
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start, number = len(out), max(objects) + 1
    head = b"/Type/XRef/Size %d/Root 1 0 R/W[1 4 2]" % (number + 1)
    out += b"%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (
        number,
        stream(body, head + entries),
        start,
    )
    return bytes(out)


def xref_bomb(size: int) -> bytes:
    """Write a cross-reference stream that unpacks to a thousand times the file."""
    return with_xref_stream(signed(), b"/Filter/FlateDecode", bomb(size * 1000))


def xref_bomb_twice(size: int) -> bytes:
    """Do the same with two filters: a million times."""
    inner = bomb(MEGABYTE * 1000)
    return with_xref_stream(
        signed(), b"/Filter[/FlateDecode/FlateDecode]", zlib.compress(inner, 9) + b"\0" * size
    )


def predictor_bomb(size: int) -> bytes:
    """State a predictor over rows that are as wide as memory."""
    return with_xref_stream(
        signed(),
        b"/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 2000000000/Colors 32/BitsPerComponent 16>>",
        bomb(size * 20),
    )


def object_stream_bomb(size: int) -> bytes:
    """Write an object stream that unpacks without end holds the signature field."""
    packed = stream(bomb(size * 1000, b" "), b"/Type/ObjStm/N 1/First 4/Filter/FlateDecode")
    table = b"".join(
        struct.pack(">BIH", *row) for row in _rows({1: CATALOG, 2: PAGES, 3: PAGE, 6: packed}, 7)
    )
    return with_xref_stream({1: CATALOG, 2: PAGES, 3: PAGE, 6: packed}, b"", table)


def _rows(objects: dict[int, bytes], top: int) -> Iterator[tuple[int, int, int]]:
    at, places = len(b"%PDF-1.7\n"), {}
    for number, body in objects.items():
        places[number] = at
        at += len(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    for number in range(top):
        if number in places:
            yield 1, places[number], 0
        else:
            yield (2, 6, 0) if number in {4, 5} else (0, 0, 65535)
    yield 1, at, 0


def deep(size: int) -> bytes:
    """Arrays within arrays, as deep as the file is long."""
    half = size // 2
    return pdf(signed(o6=b"[" * half + b"]" * half, o1=CATALOG.replace(b"/Pages", b"/X 6 0 R/Pages")))


def deep_value(size: int) -> bytes:
    """Nest inside the signature dictionary."""
    half = size // 2
    return pdf(
        signed(
            o5=VALUE.replace(
                b"/Contents", b"/Prop " + b"<</A" * (half // 4) + b" 1" + b">>" * (half // 4) + b"/Contents"
            )
        )
    )


def wide(size: int) -> bytes:
    """One array of numbers."""
    return pdf(signed(o1=CATALOG.replace(b"/Pages", b"/X[" + b"0 " * (size // 2) + b"]/Pages")))


def fields(size: int) -> bytes:
    """Write a form of more fields than any reader shows, all the same one."""
    many = b"4 0 R " * (size // 6)
    return pdf(signed(o1=b"<</Type/Catalog/Pages 2 0 R/AcroForm<</SigFlags 3/Fields[%s]>>>>" % many))


def many_objects(size: int) -> bytes:
    """Write a million objects in a classic table."""
    return pdf(signed() | dict.fromkeys(range(6, 6 + size // 40), b"null"))


def looping_prev(size: int) -> bytes:
    """Each table names the other as older."""
    plain = pdf(signed(), prev=b"/Prev %010d" % 0)
    start = int(plain.rsplit(b"startxref\n")[1].split(b"\n")[0])
    return plain.replace(b"/Prev %010d" % 0, b"/Prev %010d" % start) + b"\n" * size


def many_revisions(size: int) -> bytes:
    """Thousands of empty revisions, one over the other."""
    out = bytearray(pdf(signed()))
    start = int(bytes(out).rsplit(b"startxref\n")[1].split(b"\n")[0])
    while len(out) < size:
        here = len(out)
        out += b"xref\n0 0\ntrailer\n<</Size 6/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (start, here)
        start = here
    return bytes(out)


def looping_kids(size: int) -> bytes:
    """Pages and fields that are their own children and parents."""
    loop = b"<</Type/Pages/Kids[%s]/Count 9/Parent 2 0 R>>" % (b"2 0 R " * (size // 6))
    field = b"<</T(S)/Kids[4 0 R 4 0 R]/Parent 4 0 R>>"
    return pdf(signed(o2=loop, o4=field))


def looping_length(size: int) -> bytes:
    """Put a stream's length into a stream whose length is in the first."""
    return pdf(
        signed(
            o1=CATALOG.replace(b"/Pages", b"/X 6 0 R/Pages"),
            o6=b"<</Length 7 0 R>>stream\n" + b"x" * size + b"\nendstream",
            o7=b"<</Length 6 0 R>>stream\nx\nendstream",
        )
    )


def looping_object_streams(size: int) -> bytes:
    """Two object streams, each inside the other and extending it."""
    body = b"4 0 5 10 " + FIELD + b" " * size
    six = stream(body, b"/Type/ObjStm/N 2/First 9/Extends 7 0 R")
    seven = stream(body, b"/Type/ObjStm/N 2/First 9/Extends 6 0 R")
    objects = {1: CATALOG, 2: PAGES, 3: PAGE, 6: six, 7: seven}
    table = list(_rows(objects, 8))
    table[6], table[7] = (2, 7, 0), (2, 6, 0)
    return with_xref_stream(objects, b"", b"".join(struct.pack(">BIH", *row) for row in table))


def same_subject(size: int, certificate: bytes) -> bytes:
    """Fill a document's store of evidence with one certificate thousands of times."""
    count = max(1, size // (len(certificate) + 60))
    refs = b" ".join(b"%d 0 R" % number for number in range(6, 6 + count))
    objects = signed(o1=CATALOG.replace(b"/Pages", b"/DSS<</Certs[%s]>>/Pages" % refs))
    return pdf(objects | {number: stream(certificate) for number in range(6, 6 + count)})


def nested_der(size: int) -> bytes:
    """Sequences in sequences with indefinite lengths, without end."""
    return b"\x30\x80" * (size // 2)


def nested_message(size: int) -> bytes:
    """Write a message whose content is such a nest."""
    return b"\x30\x80" + der.oid("1.2.840.113549.1.7.2") + b"\xa0\x80" * (size // 2)


def wide_message(size: int) -> bytes:
    """Write a message with as many certificates as fit, each of two octets."""
    certificates = der.tlv(0xA0, b"\x30\x00" * (size // 2))
    data = der.sequence(
        der.integer(1),
        der.set_of(),
        der.sequence(der.oid("1.2.840.113549.1.7.1")),
        certificates,
        der.tlv(0x31, b"\x30\x00"),
    )
    return der.sequence(der.oid("1.2.840.113549.1.7.2"), der.explicit(0, data))


def laughing(size: int) -> bytes:
    """Put a billion laughs into an OFD's main entry."""
    import zipfile

    levels = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    text = f'<!DOCTYPE x [<!ENTITY a0 "ha">{levels}]><ofd:OFD xmlns:ofd="x">&a11;</ofd:OFD>'
    return _zipped({"OFD.xml": text.encode(), "pad": b"\0" * size}, zipfile.ZIP_STORED)


def zip_bomb(size: int) -> bytes:
    """One entry that unpacks to a thousand times the file."""
    import zipfile

    return _zipped({"OFD.xml": b"<OFD/>", "Doc_0/Document.xml": b" " * (size * 12)}, zipfile.ZIP_DEFLATED)


def many_elements(size: int) -> bytes:
    """XML of empty elements, as many as fit."""
    import zipfile

    return _zipped({"OFD.xml": b"<OFD>" + b"<a/>" * (size // 4) + b"</OFD>"}, zipfile.ZIP_STORED)


def many_attributes(size: int) -> bytes:
    """Elements whose names are all different."""
    import zipfile

    body = b"".join(b"<a%d/>" % number for number in range(size // 10))
    return _zipped({"OFD.xml": b"<OFD>" + body + b"</OFD>"}, zipfile.ZIP_STORED)


def _zipped(files: dict[str, bytes], method: int) -> bytes:
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as package:
        for name, octets in files.items():
            package.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), octets, method)
    return out.getvalue()


def spaces(size: int) -> bytes:
    """Begin as base64 does, go on in blanks, end otherwise: what makes regular expressions go back."""
    return b"MII" + b" " * size + b"!"


def brackets(size: int) -> bytes:
    """JSON of opening brackets."""
    return b"{" + b"[" * size


def empty_objects(size: int) -> bytes:
    """Write a JWS whose payload is millions of empty objects."""
    import base64

    head = base64.urlsafe_b64encode(
        b'{"alg":"ES256","typ":"yinxin-seal-status-list+jws","x5c":["MA=="]}'
    ).rstrip(b"=")
    body = b'{"a":[' + b",".join([b"{}"] * (size // 4)) + b"]}"
    return head + b"." + base64.urlsafe_b64encode(body).rstrip(b"=") + b".AAAA"


def revocations(size: int) -> bytes:
    """Write a revocation list of half a million entries under nobody's signature."""
    entry = der.sequence(der.integer(1 << 62), der.tlv(der.UTC_TIME, b"260101000000Z"))
    algorithm = der.sequence(der.oid("1.2.840.10045.4.3.2"))
    name = der.sequence(der.tlv(0x31, der.sequence(der.oid("2.5.4.3"), der.utf8_string("x"))))
    when = der.tlv(der.UTC_TIME, b"260101000000Z")
    listed = der.tlv(der.SEQUENCE, entry * (size // len(entry)))
    tbs = der.sequence(der.integer(1), algorithm, name, when, when, listed)
    return der.sequence(tbs, algorithm, der.bit_string(b"\x30\x06\x02\x01\x01\x02\x01\x01"))


HOSTILE: dict[str, Callable[[int], bytes]] = {
    made.__name__: made
    for made in (
        xref_bomb, xref_bomb_twice, predictor_bomb, object_stream_bomb, deep, deep_value, wide, fields, many_objects,
        looping_prev, many_revisions, looping_kids, looping_length, looping_object_streams, nested_der, nested_message,
        wide_message, laughing, zip_bomb, many_elements, many_attributes, spaces, brackets, empty_objects, revocations,
    )
}  # fmt: skip
"""Every one of them by its name, those that need no certificate."""
