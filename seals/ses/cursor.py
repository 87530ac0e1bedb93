"""Walking through foreign DER member by member: whatever is wrong is said with the member's name."""

from __future__ import annotations

from typing import Final

from ca import der
from ca.der import DerError
from seals.ses.errors import SealDataInvalid, SealDataTooLarge
from seals.ses.limits import MAX_NUMBER, MAX_TEXT_OCTETS
from seals.ses.parts import Deviation

IA5_STRING: Final = 0x16
PRINTABLE_STRING: Final = 0x13
BOOLEAN: Final = 0x01


class Cursor:
    """The elements of one SEQUENCE; ``path`` is its name, ``notes`` collects what differs from the standard."""

    __slots__ = ("_reader", "notes", "path")

    def __init__(self, reader: der.Reader, path: str, notes: list[Deviation]) -> None:
        self._reader = reader
        self.path = path
        self.notes = notes

    @classmethod
    def over(cls, data: bytes, path: str, notes: list[Deviation] | None = None) -> Cursor:
        """Stand before the one element that ``data`` should be."""
        return cls(der.Reader(data), path, [] if notes is None else notes)

    @property
    def more(self) -> bool:
        """Tell whether elements are left."""
        return self._reader.more

    @property
    def tag(self) -> int:
        """The identifier octet of the next element, -1 at the end."""
        return self._reader.peek()

    def named(self, member: str) -> str:
        """Name a member by its path."""
        return f"{self.path}.{member}" if self.path else member

    def wrong(self, member: str, zh: str, en: str) -> SealDataInvalid:
        """Return the error that names a member."""
        return SealDataInvalid(self.named(member), zh, en)

    def note(self, member: str, zh: str, en: str) -> None:
        """Record a place that differs from the standard and is read all the same."""
        self.notes.append(Deviation(f"{self.named(member)} {zh}", f"{self.named(member)}: {en}"))

    def enter(self, member: str, tag: int = der.SEQUENCE) -> Cursor:
        """Step into a member."""
        try:
            return Cursor(self._reader.enter(tag), self.named(member), self.notes)
        except DerError as bad:
            raise self._broken(member, bad) from bad

    def octets(self, member: str, tag: int, most: int) -> bytes:
        """Return a member's contents, at most so many."""
        try:
            inner = self._reader.enter(tag)
        except DerError as bad:
            raise self._broken(member, bad) from bad
        self._limit(member, inner.end - inner.position, most)
        return inner.data[inner.position : inner.end]

    def element(self, member: str) -> bytes:
        """Return a member whole, as it stands."""
        try:
            return self._reader.element()
        except DerError as bad:
            raise self._broken(member, bad) from bad

    def number(self, member: str) -> int:
        """Return a small INTEGER."""
        try:
            value = self._reader.integer()
        except DerError as bad:
            raise self._broken(member, bad) from bad
        if abs(value) > MAX_NUMBER:
            raise self.wrong(member, "数值过大", "the number is too large")
        return value

    def oid(self, member: str) -> str:
        """Return an OBJECT IDENTIFIER."""
        try:
            return self._reader.oid()
        except DerError as bad:
            raise self._broken(member, bad) from bad

    def text(self, member: str, *tags: int) -> str:
        """Return a string of one of these types; all of them are read as UTF-8, of which ASCII is a part."""
        tag = self.tag if self.tag in tags else tags[0]
        try:
            return self.octets(member, tag, MAX_TEXT_OCTETS).decode()
        except UnicodeDecodeError as bad:
            raise self.wrong(member, "文字编码无法识别", "its text cannot be decoded") from bad

    def bits(self, member: str, most: int, tag: int = der.BIT_STRING) -> bytes:
        """Return the octets of a BIT STRING that is whole octets."""
        contents = self.octets(member, tag, most + 1)
        if not contents or contents[0] != 0:
            raise self.wrong(member, "不是整字节的比特串", "not a bit string of whole octets")
        return contents[1:]

    def count(self, most: int) -> int:
        """Count the elements left, at most ``most`` + 1 of them, without moving."""
        ahead = der.Reader(self._reader.data, self._reader.position, self._reader.end)
        found = 0
        while ahead.more and found <= most:
            try:
                ahead.element()
            except DerError as bad:
                raise SealDataInvalid(
                    self.path, f"第 {found + 1} 项无法读取", f"member {found + 1}: {bad}"
                ) from bad
            found += 1
        return found

    def finish(self, name: str = "") -> None:
        """Demand that nothing is left; ``name`` is what stands here where the path says nothing."""
        if self.more:
            raise SealDataInvalid(self.path or name, "之后有多余的内容", "more follows than belongs here")

    def _limit(self, member: str, size: int, most: int) -> None:
        if size > most:
            raise SealDataTooLarge(
                self.named(member),
                f"有 {size} 字节，上限为 {most} 字节",
                f"{size} octets, the limit is {most}",
            )

    def _broken(self, member: str, bad: DerError) -> SealDataInvalid:
        return self.wrong(member, "编码不正确或缺失", str(bad) if self.more else "it is missing")
