"""The address of an archive: a folder, or ``s3://BUCKET/PREFIX?endpoint=https://HOST:PORT&region=NAME``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from signing.objects.errors import ArchiveAddressInvalid

_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
"""The rules for general purpose buckets that every server keeps to."""
_PREFIX: Final = re.compile(r"([A-Za-z0-9!_.*'()-]+/?)*")
"""Characters that are safe in every S3 API; an empty or dotted step is none."""


@dataclass(frozen=True, slots=True)
class S3Address:
    """A bucket at an endpoint (empty: Amazon's own for the region), and the first part of every name in it."""

    bucket: str
    prefix: str = ""
    endpoint: str = ""
    region: str = ""

    def key(self, name: str) -> str:
        """Return the full name of an object."""
        return f"{self.prefix}/{name}" if self.prefix else name

    def __str__(self) -> str:
        at = f" ({self.endpoint})" if self.endpoint else ""
        return f"s3://{self.bucket}/{self.prefix}{at}"


def read_address(text: str) -> Path | S3Address:
    """Read an address. :class:`ArchiveAddressInvalid`; its detail names the part, never a secret."""
    if "://" not in text:
        return Path(text)
    try:
        parts = urlsplit(text)
        if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path.startswith("/"):
            return Path(unquote(parts.path))
        if parts.scheme != "s3":
            raise ArchiveAddressInvalid("neither file:// nor s3://")
        return _bucket(
            parts.netloc, parts.path.strip("/"), parse_qs(parts.query, strict_parsing=bool(parts.query))
        )
    except ValueError as wrong:
        raise ArchiveAddressInvalid("not an address") from wrong


def _bucket(bucket: str, prefix: str, more: dict[str, list[str]]) -> S3Address:
    if not _BUCKET.fullmatch(bucket):
        raise ArchiveAddressInvalid("the name of the bucket")
    if not _PREFIX.fullmatch(prefix) or any(step in ("", ".", "..") for step in prefix.split("/") if prefix):
        raise ArchiveAddressInvalid("the prefix")
    if set(more) - {"endpoint", "region"} or any(len(values) != 1 for values in more.values()):
        raise ArchiveAddressInvalid("only endpoint and region may follow the question mark")
    endpoint = more.get("endpoint", [""])[0].rstrip("/")
    if endpoint and not _is_endpoint(endpoint):
        raise ArchiveAddressInvalid("the endpoint is http(s)://HOST[:PORT], without a user name")
    return S3Address(
        bucket, prefix, endpoint, more.get("region", [""])[0] or ("us-east-1" if endpoint else "")
    )


def _is_endpoint(text: str) -> bool:
    parts = urlsplit(text)
    return (
        parts.scheme in ("http", "https")
        and bool(parts.hostname)
        and not parts.path
        and "@" not in parts.netloc
    )
