"""Choose the store by its address."""

from __future__ import annotations

from pathlib import Path

from signing.objects.address import S3Address
from signing.objects.credentials import S3Keys
from signing.objects.local import LocalObjects
from signing.objects.shelf import Objects


def open_objects(where: Path | S3Address, keys: S3Keys | None = None) -> Objects:
    """Open a store; nothing is asked of it yet. ``keys`` are for a bucket."""
    if isinstance(where, S3Address):
        from signing.objects.s3 import S3Objects  # noqa: PLC0415 - the client takes half a second to load

        return S3Objects(where, keys)
    return LocalObjects(where)
