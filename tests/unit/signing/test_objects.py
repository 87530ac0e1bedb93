"""Stores of documents: addresses, names, and copies near a reader (C4)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hsm.algorithms import Digest, DigestAlgorithm
from signing.objects.address import S3Address, read_address
from signing.objects.credentials import S3Keys, read_keys
from signing.objects.errors import (
    ArchiveAddressInvalid,
    ArchiveCredentialsInvalid,
    ObjectDamaged,
    ObjectMissing,
)
from signing.objects.local import LocalObjects
from signing.objects.near import SPARED, NearCopies
from signing.objects.shelf import name_of, sha256


def put(objects: LocalObjects, folder: Path, octets: bytes) -> Digest:
    path = folder / "source"
    path.write_bytes(octets)
    digest = DigestAlgorithm.SHA256.digest(octets)
    objects.put(path, digest)
    path.unlink()
    return digest


@pytest.fixture
def objects(tmp_path: Path) -> LocalObjects:
    return LocalObjects(tmp_path / "objects")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("s3://documents", S3Address("documents")),
        ("s3://documents/a/b?region=cn-north-1", S3Address("documents", "a/b", "", "cn-north-1")),
        (
            "s3://documents/a/?endpoint=http://127.0.0.1:9000/",
            S3Address("documents", "a", "http://127.0.0.1:9000", "us-east-1"),
        ),
        ("/srv/documents", Path("/srv/documents")),
        ("file:///srv/%E5%8D%B0", Path("/srv/印")),
    ],
)
def test_addresses_are_read(text: str, address: object):
    assert read_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "s3://", "s3://Upper", "s3://okay/..", "s3://okay/a//b", "s3://okay/%2e", "s3://okay?endpoint=ftp://x",
        "s3://okay?endpoint=https://user:secret@x", "s3://okay?endpoint=https://x/path", "s3://okay?unknown=1",
        "s3://okay?region=a&region=b", "s3://okay?", "file://host/x", "http://x", "s3://[",
    ],
)  # fmt: skip
def test_other_addresses_are_refused_without_repeating_them(text: str):
    if text == "s3://okay?":
        assert read_address(text) == S3Address("okay")
        return
    with pytest.raises(ArchiveAddressInvalid) as refused:
        read_address(text)
    assert "secret" not in f"{refused.value} {refused.value.zh} {refused.value.en}"


def test_an_access_key_has_two_lines_and_never_shows_its_secret():
    keys = read_keys(" access \n\n secret \n")
    assert keys == S3Keys("access", "secret")
    assert "secret'" not in repr(keys)
    for text in ("", "one", "a\nb\nc"):
        with pytest.raises(ArchiveCredentialsInvalid):
            read_keys(text)


def test_a_name_is_a_digest_in_lower_case():
    digest = sha256("ab" * 32)
    assert name_of(digest) == f"ab/{'ab' * 32}"
    for text in ("AB" * 32, "ab", "zz" * 32):
        with pytest.raises(ValueError, match="hexadecimal"):
            sha256(text)


def test_what_is_no_document_is_passed_over(objects: LocalObjects, tmp_path: Path):
    digest = put(objects, tmp_path, b"one")
    (objects.folder / "note.txt").write_text("x")
    (objects.folder / digest.hex[:2] / ".half").write_text("x")
    assert [one.digest for one in objects.walk()] == [digest]
    objects.probe()
    assert objects.remove(digest)
    assert not objects.remove(digest)


def test_copies_are_proved_and_the_oldest_are_given_up(objects: LocalObjects, tmp_path: Path):
    near = NearCopies(tmp_path / "near", objects, room=1000)
    digests = [put(objects, tmp_path, bytes([number]) * 20) for number in range(SPARED + 4)]
    for age, digest in enumerate(digests):
        os.utime(near.path(digest), (age, age))
    left = {path.name for path in (tmp_path / "near").glob("*/*")}
    assert digests[0].hex not in left
    assert digests[-1].hex in left
    assert len(left) <= SPARED + 1
    assert near.path(digests[0]).read_bytes() == bytes(20), "fetched again"
    objects.path(digests[1]).write_bytes(b"something else")
    near.forget(digests[1])
    with pytest.raises(ObjectDamaged):
        near.path(digests[1])
    with pytest.raises(ObjectMissing):
        near.path(sha256("ab" * 32))
    assert not list((tmp_path / "near").rglob("tmp*"))
