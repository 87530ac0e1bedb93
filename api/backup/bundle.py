"""A backup's file: a gzipped tar archive inside an age file (age-encryption.org/v1), encrypted to public keys only.

The machine that makes backups therefore cannot read them; the private key lies elsewhere until it is needed. The archive
passes through a pipe and is never on the disk unencrypted; only a large table's rows wait in an unnamed temporary file,
on the disk where the database is. The last member is ``manifest.json``, which lists size and SHA-256 of all others; age
itself finds every changed, missing or exchanged octet.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import tarfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

import pyrage

from api.backup.errors import (
    BackupExists,
    BackupIncomplete,
    BackupKeyUnusable,
    BackupUnreadable,
    FileNameRefused,
    RecipientInvalid,
)
from hsm.durable import sync_folder

MANIFEST: Final = "manifest.json"
MAX_MANIFEST: Final = 256 * 2**20
"""A manifest has some 130 octets for each archived document: two million of them."""
MAX_KEY_FILE: Final = 4096
"""A key's file has three short lines."""
_PART: Final = r"(?!\.\.?(?:/|$))[^/\\\x00-\x1f\x7f\ud800-\udfff]+"
_MEMBER: Final = re.compile(rf"{_PART}(?:/{_PART})*")
"""A relative path without ``.`` and ``..``: operators put roots into the trust folder under names in any script."""
_SPOOL: Final = 1 << 20


def new_key(path: Path) -> str:
    """Make a backup key; write the private half to ``path`` (0600, never overwritten); return the public half."""
    identity = pyrage.x25519.Identity.generate()
    public = str(identity.to_public())
    text = f"# 印信备份私钥，请离线保管 / Yinxin backup key: keep it off line\n# public key: {public}\n{identity}\n"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as taken:
        raise BackupExists(path) from taken
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return public


def read_key(path: Path) -> pyrage.x25519.Identity:
    """Read a private key's file as :func:`new_key` or ``age-keygen`` writes it."""
    try:
        if path.stat().st_size > MAX_KEY_FILE:
            raise BackupKeyUnusable(str(path))
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
        (secret,) = (line for line in lines if line and not line.startswith("#"))
        return pyrage.x25519.Identity.from_str(secret)
    except (OSError, ValueError, pyrage.IdentityError) as wrong:
        raise BackupKeyUnusable(str(path)) from wrong


def recipients(texts: Sequence[str]) -> list[pyrage.x25519.Recipient]:
    """Read public keys; none, or one that is none, raises :class:`RecipientInvalid`."""
    try:
        found = [pyrage.x25519.Recipient.from_str(text.strip()) for text in texts]
    except pyrage.RecipientError as wrong:
        raise RecipientInvalid from wrong
    if not found:
        raise RecipientInvalid
    return found


@dataclass(slots=True)
class Packer:
    """Writes members and remembers what they were."""

    tar: tarfile.TarFile
    members: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, name: str, data: bytes) -> None:
        """Add octets under a name."""
        self._add(name, io.BytesIO(data), len(data), hashlib.sha256(data).hexdigest())

    def add_file(self, name: str, path: Path) -> None:
        """Add a file as it is now."""
        with path.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            stream.seek(0)
            self._add(name, stream, size, digest)

    def add_lines(self, name: str, lines: Iterable[str], spool: IO[bytes]) -> int:
        """Add text of unknown length through ``spool`` (an empty, private temporary file); return the lines."""
        digest, count = hashlib.sha256(), 0
        for line in lines:
            octets = line.encode()
            digest.update(octets)
            spool.write(octets)
            count += 1
        size = spool.tell()
        spool.seek(0)
        self._add(name, spool, size, digest.hexdigest())
        return count

    def _add(self, name: str, stream: IO[bytes], size: int, digest: str) -> None:
        if not _MEMBER.fullmatch(name):  # told now, while the original is there
            raise FileNameRefused(name[:100])
        header = tarfile.TarInfo(name)
        header.size, header.mode = size, 0o600
        self.tar.addfile(header, stream)
        self.members[name] = {"size": size, "sha256": digest}


def write_bundle(path: Path, to: Sequence[str], fill: Callable[[Packer], dict[str, Any]]) -> str:
    """Write a backup whole or not at all; ``fill`` adds the members and returns the manifest's facts.

    Returns the SHA-256 of the file in lower-case hexadecimal.
    """
    if path.exists():
        raise BackupExists(path)
    keys = recipients(to)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with partial.open("xb") as target:
            partial.chmod(0o600)
            with _filled(fill) as source:
                pyrage.encrypt_io(source, target, keys)
            target.flush()
            os.fsync(target.fileno())
        with partial.open("rb") as written:
            digest = hashlib.file_digest(written, "sha256").hexdigest()
        os.link(partial, path)
        sync_folder(path.parent)
    except FileExistsError as taken:
        raise BackupExists(path) from taken
    finally:
        partial.unlink(missing_ok=True)
    return digest


@contextlib.contextmanager
def _filled(fill: Callable[[Packer], dict[str, Any]]) -> Iterator[IO[bytes]]:
    """Give the reading end of a pipe into which a thread packs; what went wrong there is raised here."""
    reading, writing = os.pipe()
    faults: list[BaseException] = []

    def pack() -> None:
        try:
            with (
                os.fdopen(writing, "wb") as sink,
                tarfile.open(fileobj=sink, mode="w|gz") as tar,
            ):
                packer = Packer(tar)
                facts = fill(packer)
                manifest = {**facts, "members": dict(packer.members)}
                packer.add(MANIFEST, json.dumps(manifest, ensure_ascii=False, sort_keys=True).encode())
        except BaseException as fault:  # noqa: BLE001 - carried over to the thread that waits
            faults.append(fault)

    worker = threading.Thread(target=pack, name="backup-packer")
    worker.start()
    try:
        with os.fdopen(reading, "rb") as source:
            yield source
    finally:
        worker.join()
    if faults:
        raise faults[0]


def unpack(path: Path, key: pyrage.x25519.Identity, folder: Path) -> dict[str, Any]:
    """Open a backup into the empty ``folder`` and prove it whole by its manifest, which is returned.

    Raises :class:`BackupUnreadable` for a foreign key or a damaged file, :class:`BackupIncomplete` for members that are
    not those of the manifest, or whose names would lead out of the folder.
    """
    reading, writing = os.pipe()
    faults: list[BaseException] = []

    def decrypt() -> None:
        try:
            with path.open("rb") as source, os.fdopen(writing, "wb") as sink:
                pyrage.decrypt_io(source, sink, [key])
        except BaseException as fault:  # noqa: BLE001 - carried over to the thread that waits
            faults.append(fault)

    worker = threading.Thread(target=decrypt, name="backup-opener")
    worker.start()
    seen: dict[str, dict[str, Any]] = {}
    fault: Exception | None = None
    try:
        with os.fdopen(reading, "rb") as source, tarfile.open(fileobj=source, mode="r|gz") as tar:
            for member in tar:
                seen[member.name] = _take(tar, member, folder, seen)
            while source.read(_SPOOL):  # to the end, so that age proves the last octet
                pass
    except (tarfile.TarError, EOFError, OSError) as wrong:
        fault = wrong
    finally:
        worker.join()
    if faults or fault:
        raise BackupUnreadable(str(path)) from (faults[0] if faults else fault)
    return _proven(folder, seen)


def _take(
    tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path, seen: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    content = tar.extractfile(member) if member.isreg() else None
    if content is None or not _MEMBER.fullmatch(member.name) or member.name in seen:
        raise BackupIncomplete(f"member {member.name[:100]!r}")
    target = folder / member.name
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with target.open("xb") as out:
        while chunk := content.read(_SPOOL):
            digest.update(chunk)
            size += len(chunk)
            out.write(chunk)
    return {"size": size, "sha256": digest.hexdigest()}


def _proven(folder: Path, seen: dict[str, dict[str, Any]]) -> dict[str, Any]:
    if seen.pop(MANIFEST, {"size": MAX_MANIFEST + 1})["size"] > MAX_MANIFEST:
        raise BackupIncomplete("no manifest")
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        listed = manifest["members"]
    except (ValueError, KeyError, TypeError) as wrong:
        raise BackupIncomplete("the manifest cannot be read") from wrong
    for name in sorted(listed.keys() | seen.keys()):
        if listed.get(name) != seen.get(name):
            raise BackupIncomplete(name)
    return manifest
