"""Documents in a bucket of any S3 API, by way of boto3 (ADR 33 says why that client).

An object is put only if nothing lies under its name (``If-None-Match: *``; where a server lacks that, after a look), with
the SHA-256 of its octets for the server to check. Repeating a request is always right: a name belongs to one content.
"""

from __future__ import annotations

import base64
import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, NoCredentialsError

from hsm.algorithms import Digest
from signing.objects.address import S3Address
from signing.objects.credentials import S3Keys
from signing.objects.errors import ObjectDamaged, ObjectMissing, StorageRefused, StorageUnavailable
from signing.objects.shelf import CHUNK, PROBE, ObjectFound, name_of, sha256

_MISSING: Final = frozenset({"404", "NoSuchKey", "NotFound"})
_THERE: Final = frozenset({"412", "PreconditionFailed"})
_BUSY: Final = frozenset({"409", "ConditionalRequestConflict", "OperationAborted"})
_UNKNOWN: Final = frozenset({"501", "NotImplemented", "InvalidArgument"})
"""How servers without conditional writes answer ``If-None-Match``."""
_REFUSED: Final = frozenset(
    {
        "AccessDenied", "AuthorizationHeaderMalformed", "ExpiredToken", "InvalidAccessKeyId", "NoSuchBucket",
        "PermanentRedirect", "SignatureDoesNotMatch",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the store is waited for: seconds to connect and between two pieces, and how many times it is tried.

    Three tries with the client's growing pause between them outlast the restart of a gateway; a person waits for them.
    """

    connect: float = 5.0
    read: float = 20.0
    tries: int = 3


class S3Objects:
    """A bucket, or a part of one. Safe for many threads and processes."""

    def __init__(
        self, where: S3Address, keys: S3Keys | None = None, *, patience: Patience | None = None
    ) -> None:
        self._where = where
        self._client = _client(where, keys or S3Keys(), patience or Patience())
        self._conditional = True

    @property
    def address(self) -> str:
        """Endpoint, bucket and prefix."""
        return str(self._where)

    def put(self, source: Path, digest: Digest) -> bool:
        """Put the file unless its name is taken. See :class:`signing.objects.shelf.Objects`."""
        with source.open("rb") as stream:
            return self._put(name_of(digest), stream, digest)

    def _put(self, name: str, stream: IO[bytes], digest: Digest) -> bool:
        checksum = base64.b64encode(digest.value).decode()
        wanted: dict[str, Any] = {"Body": stream, "ChecksumSHA256": checksum, **self._at(name)}
        if not self._conditional:
            return self._put_after_a_look(name, wanted, digest)
        try:
            with _spoken(digest):
                self._client.put_object(**wanted, IfNoneMatch="*")
        except _Answered as answer:
            if answer.code in _UNKNOWN:
                self._conditional = False
                return self._put_after_a_look(name, wanted, digest)
            if answer.code not in _THERE | _BUSY:
                raise StorageUnavailable(answer.code) from answer
            self._compare(name, stream, digest)
            return False
        return True

    def _put_after_a_look(self, name: str, wanted: dict[str, Any], digest: Digest) -> bool:
        """Put where the server knows no conditions: two writers at once then write the same octets."""
        stream: IO[bytes] = wanted["Body"]
        if self._size(name, digest) is not None:
            self._compare(name, stream, digest)
            return False
        stream.seek(0)
        with _answers(), _spoken(digest):
            self._client.put_object(**wanted)
        return True

    def _compare(self, name: str, stream: IO[bytes], digest: Digest) -> None:
        """See that what lies under the name already is as long as the document; its digest is proved when it is read."""
        length = stream.seek(0, 2)
        found = self._size(name, digest)
        if found is None:
            raise StorageUnavailable("another writer is at work on the same document")
        if found != length:
            raise ObjectDamaged(digest, f"{found} octets instead of {length}")

    def local(self, digest: Digest) -> None:
        """Nothing lies on this machine."""
        del digest

    def fetch(self, digest: Digest, into: IO[bytes]) -> int:
        """Copy an object; return its octets."""
        with _answers(), _spoken(digest):
            body = self._client.get_object(**self._at(name_of(digest)))["Body"]
            with contextlib.closing(body):
                return sum(into.write(piece) for piece in body.iter_chunks(CHUNK))

    def size(self, digest: Digest) -> int | None:
        """Return the octets of an object."""
        return self._size(name_of(digest), digest)

    def _size(self, name: str, digest: Digest) -> int | None:
        try:
            with _answers(), _spoken(digest):
                return int(self._client.head_object(**self._at(name))["ContentLength"])
        except ObjectMissing:
            return None

    def remove(self, digest: Digest) -> bool:
        """Remove an object; a look first, as S3 does not tell whether there was one."""
        there = self.size(digest) is not None
        with _answers(), _spoken(digest):
            self._client.delete_object(**self._at(name_of(digest)))
        return there

    def walk(self) -> Iterator[ObjectFound]:
        """List a page of a thousand at a time."""
        prefix = self._where.key("")
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._where.bucket, Prefix=prefix
        )
        with _answers(), _spoken():
            for page in pages:
                for item in page.get("Contents", ()):
                    with contextlib.suppress(ValueError):
                        digest = sha256(item["Key"].rsplit("/", 1)[-1])
                        yield ObjectFound(digest, int(item["Size"]))

    def probe(self) -> None:
        """Write, read and remove a small object of a name that no document has."""
        name = f"{PROBE}-{secrets.token_hex(4)}"
        with _answers(), _spoken():
            self._client.put_object(Body=PROBE.encode(), **self._at(name))
            self._client.get_object(**self._at(name))["Body"].read()
            self._client.delete_object(**self._at(name))

    def _at(self, name: str) -> dict[str, str]:
        return {"Bucket": self._where.bucket, "Key": self._where.key(name)}


def _client(where: S3Address, keys: S3Keys, patience: Patience) -> Any:
    config = Config(
        connect_timeout=patience.connect,
        read_timeout=patience.read,
        retries={"total_max_attempts": patience.tries, "mode": "standard"},
        s3={"addressing_style": "path" if where.endpoint else "auto"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        max_pool_connections=16,
    )
    session = boto3.session.Session(
        aws_access_key_id=keys.access or None,
        aws_secret_access_key=keys.secret or None,
        region_name=where.region or None,
    )
    return session.client("s3", endpoint_url=where.endpoint or None, config=config)


class _Answered(Exception):
    """The store answered with an error code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@contextlib.contextmanager
def _answers() -> Iterator[None]:
    """Take an answer that nobody expected for an outage."""
    try:
        yield
    except _Answered as answer:
        raise StorageUnavailable(answer.code) from answer


@contextlib.contextmanager
def _spoken(digest: Digest | None = None) -> Iterator[None]:
    """Turn the client's errors into ours. What a server writes is not repeated: it may name keys and addresses."""
    try:
        yield
    except ClientError as wrong:
        code = str(wrong.response.get("Error", {}).get("Code", ""))[:40]
        status = wrong.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if code in _MISSING and digest is not None:
            raise ObjectMissing(digest) from wrong
        if code in _REFUSED or status in {401, 403}:
            raise StorageRefused(code) from wrong
        raise _Answered(code) from wrong
    except NoCredentialsError as wrong:
        raise StorageRefused("no access key") from wrong
    except (BotoCoreError, HTTPClientError, OSError) as wrong:
        raise StorageUnavailable(type(wrong).__name__) from wrong
