"""The place kept for a signature in a prepared PDF, found again by its /ByteRange after any number of restarts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import IO, Final

from signing.errors import DocumentDamaged, TimeStampFailed

_RANGE: Final = re.compile(r"\[0 ([0-9]{1,12}) ([0-9]{1,12}) ([0-9]{1,12})\]")


@dataclass(frozen=True, slots=True)
class KeptPlace:
    """The octets between ``begin`` and ``end`` of a PDF: a hexadecimal string with its angle brackets."""

    begin: int
    end: int
    size: int
    """Octets of the whole file."""

    @classmethod
    def of(cls, scope: str) -> KeptPlace:
        """Read what a prepared PDF names as its scope; anything else is ``ValueError``."""
        found = _RANGE.fullmatch(scope)
        if found is None:
            raise ValueError("not the /ByteRange of one signature over the whole file")
        before, behind, rest = (int(number) for number in found.groups())
        if behind < before + 2:
            raise ValueError("no room between the two ranges")
        return cls(before, behind, behind + rest)

    @property
    def room(self) -> int:
        """Octets that the container may take."""
        return (self.end - self.begin - 2) // 2

    def fill(self, output: IO[bytes], value: bytes) -> None:
        """Write the container into its place.

        :class:`TimeStampFailed` if it does not fit, :class:`DocumentDamaged` if the file is not the one that was prepared.
        """
        if len(value) > self.room:
            raise TimeStampFailed(f"the container takes {len(value)} octets, {self.room} were kept")
        output.seek(0, 2)
        size = output.tell()
        output.seek(self.begin)
        kept = output.read(self.end - self.begin)
        if size != self.size or kept[:1] != b"<" or kept[-1:] != b">" or kept.strip(b"<>").strip(b"0"):
            raise DocumentDamaged("the prepared document was changed while it waited")
        output.seek(self.begin + 1)
        output.write(value.hex().encode().ljust(2 * self.room, b"0"))
        output.flush()
