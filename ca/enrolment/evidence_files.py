"""Documents of evidence, kept by the SHA-256 of their octets: whole or not at all, and read back only if unchanged."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Final

from ca.enrolment.errors import EvidenceDamaged, EvidenceInvalid
from ca.enrolment.request import EvidenceRef
from hsm.durable import write_whole

MAX_OCTETS: Final = 20 * 2**20
"""One document: a scanned licence of several pages at 300 dpi stays below ten megabytes."""
MAX_DOCUMENTS: Final = 20
"""Documents of one request: a licence, an authorisation, identity papers, a few more."""
MAX_NAME: Final = 200
_KIND: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,47}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")

BUSINESS_LICENCE: Final = "business-licence"
"""营业执照"""
AUTHORISATION: Final = "authorisation"
"""经办人授权书"""
IDENTITY: Final = "identity-document"
"""身份证件"""
RECEIPT: Final = "delivery-receipt"
"""交付回执"""


class EvidenceFiles:
    """A folder of documents by digest: ``ab/abcd…``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, octets: bytes, kind: str, name: str = "") -> EvidenceRef:
        """Keep a document and return its reference; the same octets again change nothing. :class:`EvidenceInvalid`."""
        check_kind(kind)
        if not 0 < len(octets) <= MAX_OCTETS:
            raise EvidenceInvalid(
                f"文件为空或超过 {MAX_OCTETS // 2**20} MiB",
                f"the file is empty or exceeds {MAX_OCTETS // 2**20} MiB",
            )
        if len(name) > MAX_NAME or not (name + "x").isprintable():
            raise EvidenceInvalid("文件名不正确", "the file's name is not a text of at most 200 characters")
        digest = hashlib.sha256(octets).hexdigest()
        path = self._path(digest)
        if not path.exists():
            write_whole(path, octets)
        return EvidenceRef(kind, digest, len(octets), name)

    def get(self, sha256: str) -> bytes:
        """Return a document; one that is missing or was changed raises :class:`EvidenceDamaged`."""
        if not _DIGEST.fullmatch(sha256):
            raise EvidenceDamaged
        try:
            octets = self._path(sha256).read_bytes()
        except FileNotFoundError as gone:
            raise EvidenceDamaged from gone
        if hashlib.sha256(octets).hexdigest() != sha256:
            raise EvidenceDamaged
        return octets

    def has(self, ref: EvidenceRef) -> bool:
        """Tell whether a document of this digest and size is kept."""
        if not _DIGEST.fullmatch(ref.sha256):
            return False
        path = self._path(ref.sha256)
        return path.is_file() and path.stat().st_size == ref.size

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest


def check_kind(kind: str) -> None:
    """Refuse a word that names no kind of document: :class:`EvidenceInvalid`."""
    if not _KIND.fullmatch(kind):
        raise EvidenceInvalid(
            "材料种类只能含小写字母、数字和连字符",
            "a kind of document has lower-case letters, digits and hyphens",
        )
