"""What our writer meets that no check foresaw."""

from __future__ import annotations

from types import TracebackType
from typing import Final

from signing.errors import SigningError
from verify.pdf.plain.errors import NotPlain, Reason

_MEANT: Final = (SigningError, NotPlain, MemoryError, OSError)


class unforeseen:  # noqa: N801 - reads as words where it is used
    """Turn whatever foreign octets make our reader raise into :class:`NotPlain`; nothing has been written by then."""

    def __enter__(self) -> None:
        """Watch."""

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let pass what has a meaning, and what is no error."""
        if isinstance(wrong, Exception) and not isinstance(wrong, _MEANT):
            raise NotPlain(Reason.UNFORESEEN, type(wrong).__name__) from wrong
