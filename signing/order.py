"""What is asked for: one seal on one document."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from hsm.algorithms import Digest, DigestAlgorithm
from hsm.merkle import Inclusion
from signing.containers.certification import Certification, FieldLock
from signing.containers.envelope import ContainerKind
from signing.errand import Errand
from signing.level import Level
from signing.placing.where import Where

MAX_KEY_LENGTH: Final = 200
"""Longest idempotency key kept; a UUID has 36 characters, HTTP clients seldom send more than 64."""
MAX_NAME_LENGTH: Final = 255
"""Longest document name kept: the longest file name of common file systems."""
CHUNK: Final = 1 << 20
"""Octets read at a time when a file is hashed or copied."""


@dataclass(frozen=True, slots=True)
class SealOrder:
    """Put the seal ``seal_code`` (14 digits) on ``document`` at ``placement``.

    ``document`` is the whole file as octets, or the path of a file that nobody changes meanwhile (large files are then
    never held in memory). ``case`` is the approved case that it is sealed under; without one, ``document_class`` and ``amount``
    (yuan) tell which rule or standing authorisation it falls under. ``credential`` says by what the caller was known, for the
    record. ``idempotency_key`` is unique per actor: a repeat returns the first result. ``ValueError``:
    an empty or overlong key.

    ``may_cover``: the seal may lie on an existing signature. ``container`` is the form of the signature, the installation's
    own where it is ``None``. ``certify`` and ``lock`` say what may still change afterwards. ``detached``: the signature
    stands in a file of its own and nothing is drawn. ``inclusion`` is the document's place in a case about many; ``errand`` is
    what it is sealed for, asked in each transaction.
    """

    document: bytes | Path
    name: str
    seal_code: str
    placement: Where
    level: Level
    idempotency_key: str
    password: str | None = field(default=None, repr=False)
    reason: str = ""
    location: str = ""
    case: str = ""
    document_class: str = ""
    amount: int | None = None
    credential: str = ""
    may_cover: bool = False
    container: ContainerKind | None = None
    certify: Certification | None = None
    lock: FieldLock | None = None
    detached: bool = False
    inclusion: Inclusion | None = None
    errand: Errand | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not 0 < len(self.idempotency_key) <= MAX_KEY_LENGTH:
            raise ValueError(f"an idempotency key has 1 to {MAX_KEY_LENGTH} characters")
        object.__setattr__(self, "name", self.name[:MAX_NAME_LENGTH])

    def digest(self) -> Digest:
        """Digest the input document: what a permit names."""
        return digest_of(self.document)

    def fingerprint(self, document: Digest) -> str:
        """Digest of everything that makes this order this order, to tell a repeat from a different request."""
        parts: tuple[str, ...] = (
            str(document), self.seal_code, str(self.placement), self.level.value, self.reason, self.location
        )  # fmt: skip
        if self.case:
            parts = (*parts, self.case)
        wishes = {
            "cover": self.may_cover, "container": self.container, "certify": self.certify, "lock": self.lock,
            "detached": self.detached, "class": self.document_class, "amount": None if self.amount is None else f"{self.amount}",
        }  # fmt: skip
        parts = (*parts, *(f"{name}={wish}" for name, wish in wishes.items() if wish))
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def digest_of(document: bytes | Path) -> Digest:
    """Digest octets or a file (SHA-256) without holding the file in memory. ``OSError`` if it cannot be read."""
    if isinstance(document, bytes):
        return DigestAlgorithm.SHA256.digest(document)
    with document.open("rb") as stream:
        return Digest(DigestAlgorithm.SHA256, hashlib.file_digest(stream, "sha256").digest())


def digest_of_start(stream: IO[bytes], size: int) -> Digest:
    """Digest the first ``size`` octets of a stream (SHA-256). ``OSError`` if they cannot be read."""
    state = hashlib.sha256()
    stream.seek(0)
    while size > 0 and (piece := stream.read(min(CHUNK, size))):
        state.update(piece)
        size -= len(piece)
    return Digest(DigestAlgorithm.SHA256, state.digest())
