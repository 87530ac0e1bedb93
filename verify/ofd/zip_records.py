"""The records of a ZIP file, read strictly: every octet belongs to one entry or to the directory (APPNOTE.TXT 6.3).

Two readers of one archive may see two different documents where local headers and directory disagree, where entries overlap or
where octets lie between them. A package of which only one reading exists is read; any other is refused in words.
"""

from __future__ import annotations

import stat
import struct
from dataclasses import dataclass
from typing import Final

from verify.errors import Unreadable
from verify.ofd import limits
from verify.signatures.two_files import ZIP_END_WITHIN

LOCAL: Final = b"PK\x03\x04"
CENTRAL: Final = b"PK\x01\x02"
END: Final = b"PK\x05\x06"
_DESCRIPTOR: Final = b"PK\x07\x08"
_RECORD64: Final = b"PK\x06\x06"
_LOCATOR64: Final = b"PK\x06\x07"
_MARKS: Final = (LOCAL, CENTRAL, END, _DESCRIPTOR, _RECORD64, _LOCATOR64)
_LEADS: Final = (
    (END, struct.Struct("<16xI"), CENTRAL),
    (_LOCATOR64, struct.Struct("<8xQ"), _RECORD64),
    (_RECORD64, struct.Struct("<48xQ"), CENTRAL),
)
"""Records that lead to a directory: their mark, where they state its place, and what stands there (§4.3.14 to §4.3.16)."""
_LOCATOR64_SIZE: Final = 20
LOCAL_HEAD: Final = struct.Struct("<4s5H3I2H")
CENTRAL_HEAD: Final = struct.Struct("<4s6H3I5H2I")
END_HEAD: Final = struct.Struct("<4s4H2IH")
STORED: Final = 0
DEFLATED: Final = 8
_ENCRYPTED: Final = 0x0001
_DESCRIBED: Final = 0x0008
"""Sizes follow the data (§4.4.4 bit 3)."""
_PATCHED: Final = 0x0020
_STRONG: Final = 0x0040
_UTF8: Final = 0x0800
_MASKED: Final = 0x2000
_WIDE: Final = 0xFFFFFFFF
_PLAIN: Final = frozenset({0, stat.S_IFREG, stat.S_IFDIR})
"""Kinds of files in the upper half of the external attributes (§4.4.15); readers look there whatever system is said to have written them (§4.4.2)."""
_FOLDER: Final = 0x10
"""A folder, in the lower half: an entry with content that says so shows nothing to some readers."""
_OTHER_NAME: Final = 0x7075
"""An extra field with another name of the entry, in UTF-8 (§4.6.9): some readers take it, others the header's."""
_OTHER_NAME_AT: Final = 5


def refused(zh: str, en: str) -> Unreadable:
    """Make the refusal of a package, with what to do."""
    return Unreadable(
        f"OFD 文件{zh}，无法核验；请向发送方索取完整的原件。",
        f"The OFD package {en}; ask its sender for the complete file.",
    )


@dataclass(frozen=True, slots=True)
class Record:
    """One entry as it stands: name, method, sizes, and where its local header, its data and its end lie in the file."""

    name: str
    method: int
    flags: int
    crc: int
    packed: int
    size: int
    start: int
    data_at: int
    end: int
    central: bytes
    """Its record in the directory, as it stands."""
    also: tuple[str, ...] = ()
    """What other readers take its name for, where its encoding is not stated."""

    @property
    def is_folder(self) -> bool:
        """Tell whether it only names a folder."""
        return self.name.endswith("/")


def read_records(data: bytes) -> tuple[Record, ...]:
    """Read every entry in the order of the directory; raises ``Unreadable`` for anything that could be read in two ways."""
    count, at, size, end_at = _end(data)
    if count > limits.MAX_ENTRIES:
        raise refused(
            f"有 {count} 个条目，超过 {limits.MAX_ENTRIES} 的上限",
            f"has {count} entries, over the limit of {limits.MAX_ENTRIES}",
        )
    if at + size != end_at:
        raise refused("的目录位置不正确", "has its directory in the wrong place")
    found = []
    for _ in range(count):
        record, at = _central(data, at, end_at)
        found.append(record)
    if at != end_at:
        raise refused("的目录与条目数不符", "has a directory that does not fit its number of entries")
    _check_gapless(found, end_at - size)
    _check_one_directory(data, end_at)
    return tuple(found)


def _end(data: bytes) -> tuple[int, int, int, int]:
    """§4.3.16: entries, place and size of the directory, place of the end record; exactly one such record, at the very end."""
    end_at = len(data) - END_HEAD.size
    if end_at < 0 or data[end_at : end_at + 4] != END:
        if data.rfind(END) >= 0:
            raise refused("末尾有多余的数据或注释", "has octets or a comment behind its end")
        raise refused("不完整，缺少压缩包目录", "is cut off: its directory is missing")
    _, disk, first, here, count, size, at, comment = END_HEAD.unpack_from(data, end_at)
    if disk or first or here != count or comment:
        raise refused("是分卷压缩包或带有注释", "is split into volumes or has a comment")
    if _WIDE in (size, at) or count == 0xFFFF:
        raise refused("使用了 ZIP64 扩展", "uses the ZIP64 extension")
    if data.find(_LOCATOR64, max(0, end_at - _LOCATOR64_SIZE), end_at) >= 0:
        raise refused("使用了 ZIP64 扩展", "uses the ZIP64 extension")
    return count, at, size, end_at


def _check_one_directory(data: bytes, end_at: int) -> None:
    """Demand that no other record leads to a directory, in signed octets neither: whoever packs a file chooses how it stands here.

    libzip takes the first end record whose directory holds together; minizip seeks the locator of ZIP64 before any end record; rubyzip
    takes the last record of ZIP64 that it finds, wherever a locator says that it is.
    A package inside the file (an attachment, a seal's picture) counts from its own begin, so that its places hold nothing here.
    """
    for mark, lead, wanted in _LEADS:
        at = max(0, len(data) - ZIP_END_WITHIN)
        while (at := data.find(mark, at, end_at)) >= 0:
            if at + lead.size > len(data):
                break
            (place,) = lead.unpack_from(data, at)
            if data[place : place + len(wanted)] == wanted:
                raise refused(
                    "中另有一份压缩包目录，不同阅读器会读出不同内容",
                    "holds another directory, and readers take different ones",
                )
            at += 1


def _central(data: bytes, at: int, end_at: int) -> tuple[Record, int]:
    if at + CENTRAL_HEAD.size > end_at:
        raise refused("的目录不完整", "has a directory that is cut off")
    (mark, _, _, flags, method, _, _, crc, packed, size, name, extra, comment, disk, _, mode, start) = (
        CENTRAL_HEAD.unpack_from(data, at)
    )
    end = at + CENTRAL_HEAD.size + name + extra + comment
    if mark != CENTRAL or end > end_at or disk:
        raise refused("的目录已损坏", "has a damaged directory")
    octets = data[at + CENTRAL_HEAD.size : at + CENTRAL_HEAD.size + name]
    shown, *also = _names(octets, flags)
    _check_extra(data[at + CENTRAL_HEAD.size + name : end - comment], shown)
    _check_marks(data[end - comment : end], shown)
    kind = stat.S_IFMT(mode >> 16)
    if kind not in _PLAIN or (not shown.endswith("/") and (kind == stat.S_IFDIR or mode & _FOLDER)):
        raise refused(f"的条目“{shown}”是链接或特殊文件", f"has a link or a special file, {shown!r}")
    if _WIDE in (packed, size, start):
        raise refused("使用了 ZIP64 扩展", "uses the ZIP64 extension")
    if flags & (_ENCRYPTED | _PATCHED | _STRONG | _MASKED):
        raise refused(f"的条目“{shown}”已加密", f"has an encrypted entry, {shown!r}")
    if method not in {STORED, DEFLATED}:
        raise refused(
            f"的条目“{shown}”使用了不支持的压缩方法 {method}",
            f"has an entry, {shown!r}, packed by the unknown method {method}",
        )
    data_at = _local(data, start, octets, (flags, method, crc, packed, size))
    _check_extra(data[start + LOCAL_HEAD.size + name : data_at], shown)
    if flags & _DESCRIBED and method == STORED:
        _check_stored(data, data_at, packed, shown)
    last = _behind(data, data_at + packed, flags, (crc, packed, size))
    return Record(
        shown, method, flags, crc, packed, size, start, data_at, last, data[at:end], tuple(also)
    ), end


def _local(data: bytes, start: int, name: bytes, expected: tuple[int, int, int, int, int]) -> int:
    """§4.3.7: the local header says what the directory says; return where the data begins."""
    flags, method, crc, packed, size = expected
    if start + LOCAL_HEAD.size > len(data):
        raise refused("的条目超出文件", "has an entry beyond its end")
    mark, _, seen_flags, seen_method, _, _, seen_crc, seen_packed, seen_size, name_size, extra = (
        LOCAL_HEAD.unpack_from(data, start)
    )
    body = start + LOCAL_HEAD.size
    stated = (seen_crc, seen_packed, seen_size)
    later = bool(flags & _DESCRIBED) and stated in {(0, 0, 0), (crc, 0, 0)}
    if (
        mark != LOCAL
        or data[body : body + name_size] != name
        or (seen_flags, seen_method) != (flags, method)
        or not (later or stated == (crc, packed, size))
    ):
        raise refused("的条目与目录不一致", "has an entry whose header differs from the directory")
    return int(body + name_size + extra)


def _behind(data: bytes, at: int, flags: int, stated: tuple[int, int, int]) -> int:
    """§4.3.9: a descriptor behind the data, with or without its mark, repeats what the directory says."""
    if not flags & _DESCRIBED:
        return at
    body = struct.pack("<3I", *stated)
    for octets in (_DESCRIPTOR + body, body):
        if data[at : at + len(octets)] == octets:
            return at + len(octets)
    raise refused("的条目与目录不一致", "has an entry whose descriptor differs from the directory")


def _check_stored(data: bytes, start: int, size: int, name: str) -> None:
    """§4.4.4 bit 3 on data that is not packed: whoever reads from header to header seeks its end by the next mark, and ends there.

    Programs that write to a pipe make such entries. One reading exists where no mark stands in the data and one behind it.
    """
    end = start + size
    marked = data[end : end + 4] == _DESCRIPTOR or not size
    if not marked or any(data.find(mark, start, end + len(mark) - 1) >= 0 for mark in _MARKS):
        raise refused(
            f"的条目“{name}”未压缩而长度写在其后，不同阅读器会读出不同内容",
            f"has an entry, {name!r}, that is not packed and whose size follows it: readers end it in different places",
        )


def _names(octets: bytes, flags: int) -> list[str]:
    """Decode a name: UTF-8, or GBK where the mark for UTF-8 is not set, as older domestic programs write; others may swap them."""
    if not octets or len(octets) > limits.MAX_NAME_OCTETS:
        raise refused("的条目没有名称或名称过长", "has an entry without a name, or with one too long")
    if octets.isascii():
        return [octets.decode()]
    found = []
    for encoding in ("utf-8",) if flags & _UTF8 else ("utf-8", "gbk"):
        try:
            found.append(octets.decode(encoding))
        except UnicodeDecodeError:
            continue
    if not found:
        raise refused("的条目名称无法解读", "has an entry whose name cannot be read")
    return found if flags & _UTF8 else [*found, octets.decode("cp437")]


def _check_extra(extra: bytes, name: str) -> None:
    """Refuse a second name: one reader would show this entry in the place of another (§4.6.9); and the mark of a record."""
    _check_marks(extra, name)
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        body = extra[at + 4 : at + 4 + size]
        if kind == _OTHER_NAME and body[_OTHER_NAME_AT:] != name.encode():
            raise refused(f"的条目“{name}”有两个名称", f"has an entry of two names, {name!r}")
        at += 4 + size


def _check_marks(octets: bytes, name: str) -> None:
    """Refuse records in what only describes an entry: a whole package may stand there, and libzip takes it for the file's own."""
    if any(mark in octets for mark in _MARKS):
        raise refused(
            f"的条目“{name}”的注释或扩展字段中藏有压缩包的记录，不同阅读器会读出不同内容",
            f"has records of a package in the comment or an extra field of {name!r}: readers take different ones",
        )


def _check_gapless(records: list[Record], directory_at: int) -> None:
    """Demand that entries and directory fill the file: no overlap, nothing in front, between or behind."""
    at = 0
    for record in sorted(records, key=lambda record: record.start):
        if record.start != at:
            raise refused(
                "的条目之间有多余或重叠的数据", "has octets outside its entries, or entries that overlap"
            )
        at = record.end
    if at != directory_at:
        raise refused("的条目与目录之间有多余的数据", "has octets between its entries and its directory")
