"""What our writer meets that no check foresaw."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from signing.errors import SigningError
from verify.pdf.plain.errors import NotPlain, Reason


@contextmanager
def unforeseen() -> Iterator[None]:
    """Turn whatever foreign octets make our reader raise into :class:`NotPlain`; nothing has been written by then."""
    try:
        yield
    except (SigningError, NotPlain, MemoryError, OSError):
        raise
    except Exception as wrong:
        raise NotPlain(Reason.UNFORESEEN, type(wrong).__name__) from wrong
