"""An OFD package: entries by their absolute path, each read once its sizes were checked (GB/T 33190-2016 §7)."""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Iterator
from typing import Final

from verify.digests import running
from verify.errors import Unreadable
from verify.ofd import limits
from verify.ofd.names import canonical, folded
from verify.ofd.xml import Element, Nodes, parse
from verify.ofd.zip_records import LOCAL, STORED, Record, read_records, refused

ROOT: Final = "/OFD.xml"
"""The main entry (GB/T 33190 §7.3)."""
INTEGRITY: Final = "/OFDEntries.xml"
"""The integrity file of GM/T 0099."""
_MARKS: Final = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"
"""Octets in front of the first element: marks of an encoding, and white space."""
_START, _SEEN = 4, 64
PIECE: Final = 1 << 18
"""Octets unpacked at a time."""
_FORBIDDEN: Final = frozenset('\\:*?"<>|')
"""Characters that some system takes for a separator, a drive or a pattern."""


def is_package(data: bytes) -> bool:
    """Tell whether octets begin as a ZIP file does and name OFD's main entry somewhere."""
    return data[:4] == LOCAL and b"OFD.xml" in data


class Package:
    """A package whose every entry has one name, one place and a size inside the limits.

    Paths are absolute, ``/Doc_0/Document.xml``. Raises ``Unreadable`` on construction.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.records = read_records(data)
        self._files: dict[str, Record] = {}
        self._digests: dict[tuple[str, str], bytes] = {}
        self._proven: set[str] = set()
        self._xml_left = limits.MAX_XML_TOTAL
        self._values_left = limits.MAX_VALUE_TOTAL
        self._digested_left = limits.MAX_DIGESTED
        self._locations_left = limits.MAX_LOCATIONS
        self._nodes = Nodes()
        self._called: dict[str, dict[str, None]] = {}
        _check_sizes(self.records, len(data))
        seen: dict[str, str] = {}
        for record in self.records:
            _check_name(record.name)
            name = folded(record.name)
            if name in seen:
                raise _twice(seen[name], record.name)
            seen[name] = record.name
            if record.is_folder:
                if record.size:
                    raise refused(
                        f"的文件夹“{record.name}”带有内容", f"has a folder with content, {record.name!r}"
                    )
                continue
            self._files["/" + record.name] = record
        for record in self.records:
            for other in map(folded, record.also):
                if seen.get(other, record.name) != record.name:
                    raise _twice(seen[other], record.name)
        self._check_folders()

    def _check_folders(self) -> None:
        """Demand that no file is also a folder, in any spelling."""
        like = {folded(name): path for name, path in self.spelt()}
        for name, path in like.items():
            at = name.find("/", 1)
            while at > 0:
                above = like.get(name[:at])
                if above is not None:
                    raise _twice(above, path)
                at = name.find("/", at + 1)

    @property
    def paths(self) -> tuple[str, ...]:
        """The files' paths in the order of the directory."""
        return tuple(self._files)

    def __contains__(self, path: object) -> bool:
        return path in self._files

    def spelt(self) -> Iterator[tuple[str, str]]:
        """Yield each file's path as some reader decodes it, and its path here."""
        for path, record in self._files.items():
            for name in (record.name, *record.also):
                yield f"/{name}", path

    def called(self, path: str) -> tuple[str, ...]:
        """Return the files that some reader takes a path for, which is written as :func:`verify.ofd.names.canonical` has it.

        Readers differ about case, composition, encoding and blanks.
        """
        if not self._called:
            for name, own in self.spelt():
                self._called.setdefault(canonical(name), {})[own] = None
        return tuple(self._called.get(path, ()))

    def follow(self, location: str) -> None:
        """Count a location that is not simply the path of a file; raises ``Unreadable`` where there are too many."""
        self._locations_left -= len(location)
        if self._locations_left < 0:
            raise refused(
                f"中不规范的路径合计超过 {limits.MAX_LOCATIONS} 个字符",
                f"has more than {limits.MAX_LOCATIONS} characters of locations that are no plain paths",
            )

    def prove(self) -> None:
        """Unpack whatever was not yet: a stream that ends early may hide entries from all who go by the directory."""
        for record in self.records:
            if record.name not in self._proven:
                for _ in self._unpacked("/" + record.name, record):
                    pass

    def record(self, path: str) -> Record:
        """Return where a file stands; ``KeyError`` if there is none."""
        return self._files[path]

    def size(self, path: str) -> int:
        """Octets of a file unpacked."""
        return self._files[path].size

    def read(self, path: str, most: int = limits.MAX_ENTRY_OCTETS) -> bytes:
        """Unpack one file, not longer than ``most``; raises ``Unreadable``, also where its checksum does not hold."""
        record = self._files.get(path)
        if record is None:
            raise refused(f"缺少文件 {path}", f"lacks the file {path}")
        if record.size > most:
            raise refused(
                f"的文件 {path} 有 {record.size} 字节，超过 {most} 的上限",
                f"has {record.size} octets in {path}, over the limit of {most}",
            )
        return b"".join(self._unpacked(path, record))

    def start(self, path: str) -> bytes | None:
        """Unpack the first octets that are neither white space nor the mark of an encoding, four at least if there are.

        ``None`` where they do not come within the limit on XML: what a reader makes of such a file is not known.
        """
        found, passed, blank = b"", 0, False
        for piece in self._unpacked(path, self._files[path]):
            found = (found + piece).lstrip(_MARKS)
            if len(found) >= _START:
                return found[:_SEEN]
            passed, blank = passed + len(piece), blank or bool(piece.strip(b"\x00"))
            if passed > limits.MAX_XML_OCTETS:
                return None if blank else b""
        return found

    def read_xml(self, path: str) -> bytes:
        """Unpack one XML file inside the limits on all of them together."""
        octets = self.read(path, limits.MAX_XML_OCTETS)
        self._xml_left -= len(octets)
        if self._xml_left < 0:
            raise refused(
                f"的 XML 内容合计超过 {limits.MAX_XML_TOTAL} 字节",
                f"has more than {limits.MAX_XML_TOTAL} octets of XML",
            )
        return octets

    def tree(self, path: str) -> Element:
        """Read one XML file inside the limits on all of them together."""
        return parse(self.read_xml(path), path, self._nodes)

    def read_value(self, path: str) -> bytes:
        """Unpack a signed value or a seal inside the limits on all of them together."""
        octets = self.read(path, limits.MAX_VALUE_OCTETS)
        self._values_left -= len(octets)
        if self._values_left < 0:
            raise refused(
                f"的签名值合计超过 {limits.MAX_VALUE_TOTAL} 字节",
                f"has more than {limits.MAX_VALUE_TOTAL} octets of signed values",
            )
        return octets

    def digest(self, path: str, algorithm: str) -> bytes:
        """Digest a file's octets as stored, unpacked (``hashlib`` name or ``sm3``), once for each algorithm."""
        key = (path, algorithm)
        if key not in self._digests:
            self._digested_left -= self._files[path].size
            if self._digested_left < 0:
                raise refused(
                    "的文件过大，又以多种杂凑算法签名",
                    f"is too large for signatures by several digest methods (over {limits.MAX_DIGESTED} octets)",
                )
            state = running(algorithm)
            for piece in self._unpacked(path, self._files[path]):
                state.update(piece)
            self._digests[key] = state.digest()
        return self._digests[key]

    def _unpacked(self, path: str, record: Record) -> Iterator[bytes]:
        packed = memoryview(self.data)[record.data_at : record.data_at + record.packed]
        crc = size = 0
        for piece in _stored(packed) if record.method == STORED else _inflated(packed, record.size, path):
            crc = zlib.crc32(piece, crc)
            size += len(piece)
            yield piece
        if size != record.size or crc != record.crc:
            raise _spoilt(path)
        self._proven.add(record.name)


def _stored(packed: memoryview) -> Iterator[bytes]:
    for at in range(0, len(packed), PIECE):
        yield bytes(packed[at : at + PIECE])


def _inflated(packed: memoryview, size: int, path: str) -> Iterator[bytes]:
    """Inflate to at most one octet more than stated, and demand that the stream ends with the data."""
    state, given, rest = zlib.decompressobj(-zlib.MAX_WBITS), 0, b""
    left = size + 1
    try:
        while not state.eof and left > 0 and (given < len(packed) or rest):
            fed = rest or bytes(packed[given : given + PIECE])
            given += 0 if rest else len(fed)
            piece = state.decompress(fed, min(left, PIECE))
            rest = state.unconsumed_tail
            left -= len(piece)
            yield piece
    except zlib.error as wrong:
        raise _spoilt(path) from wrong
    if not state.eof or state.unused_data or rest or given < len(packed):
        raise _spoilt(path)


def _spoilt(path: str) -> Unreadable:
    return refused(
        f"的文件 {path} 已损坏（压缩数据或校验和不符）",
        f"has a damaged file, {path}: data or checksum do not hold",
    )


def _twice(first: str, second: str) -> Unreadable:
    return refused(
        f"中“{first}”与“{second}”重名（或仅大小写、写法不同）",
        f"has two entries of one name (or that differ in case or spelling alone): {first!r} and {second!r}",
    )


def _check_name(name: str) -> None:
    """Demand a relative path of plain segments: no escape upwards, no drive, no second spelling."""
    segments = (name.removesuffix("/")).split("/")
    if (
        len(segments) > limits.MAX_FOLDERS
        or any(
            segment in {"", ".", ".."} or segment != segment.strip() or segment.endswith(".")
            for segment in segments
        )
        or any(character in _FORBIDDEN or not character.isprintable() for character in name)
        or unicodedata.normalize("NFC", name) != name
    ):
        shown = name.encode("unicode_escape").decode()[:80]
        raise refused(f"中条目名称不安全：“{shown}”", f"has an entry with an unsafe name, {shown!r}")


def _check_sizes(records: tuple[Record, ...], whole: int) -> None:
    total = sum(record.size for record in records)
    for record in records:
        if record.size > limits.MAX_ENTRY_OCTETS:
            raise refused(
                f"的条目“{record.name}”展开后有 {record.size} 字节，超过上限",
                f"has an entry, {record.name!r}, of {record.size} octets, over the limit",
            )
        if record.method == STORED and record.size != record.packed:
            raise refused(f"的条目“{record.name}”大小不符", f"has an entry, {record.name!r}, of two sizes")
    if total > limits.MAX_TOTAL_OCTETS or total > max(limits.RATIO_FROM, limits.MAX_RATIO * whole):
        raise refused(
            f"展开后有 {total} 字节，是压缩炸弹或超过上限",
            f"unpacks to {total} octets: a bomb, or over the limit",
        )
