"""The access key of a bucket."""

from __future__ import annotations

from dataclasses import dataclass, field

from signing.objects.errors import ArchiveCredentialsInvalid


@dataclass(frozen=True, slots=True)
class S3Keys:
    """An access key; without one the client looks where every AWS tool looks (environment, profile, instance)."""

    access: str = ""
    secret: str = field(default="", repr=False)


def read_keys(text: str) -> S3Keys:
    """Read a file of two lines, the access key and its secret. :class:`ArchiveCredentialsInvalid`."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) != 2:
        raise ArchiveCredentialsInvalid(f"{len(lines)} lines")
    return S3Keys(*lines)
