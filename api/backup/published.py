"""What the world has seen of an installation since a backup was made: lists and checkpoints, read from where they were published."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.backup.errors import EvidenceForeign
from ca.checkpoint import Anchor, Checkpoint
from ca.errors import AuditBroken
from hsm.algorithms import PublicKey
from seals.jws import type_of
from signing.recognition.handover import FOLDER as FOREIGN
from signing.recognition.restoration import published_lists
from verify.voided.form import VOID_LIST_TYPE

MAX_LIST: Final = 64 * 2**20
"""A revocation list of a million entries has 46 MB."""


@dataclass(frozen=True, slots=True)
class Published:
    """What the world has seen since the backup: lists by file name, checkpoints of the audit trail."""

    crls: dict[str, bytes]
    seal_lists: dict[str, str]
    void_lists: dict[str, str]
    checkpoints: tuple[Checkpoint, ...]
    foreign: tuple[bytes, ...] = ()  # lists of other installations


def read_published(folders: Sequence[Path]) -> Published:
    """Read copies of trust folders and checkpoint folders: ``*.crl``, ``*.jws``, ``*.json`` at any depth.

    Of what other installations published, in a trust folder's ``lists``, their lists alone are read: none comes back older.
    """
    crls: dict[str, bytes] = {}
    seal_lists: dict[str, str] = {}
    void_lists: dict[str, str] = {}
    checkpoints: list[Checkpoint] = []
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            ours = FOREIGN not in path.relative_to(folder).parts[:-1]
            if ours and path.suffix in (".crl", ".jws", ".json") and path.is_file():
                if path.stat().st_size > MAX_LIST:
                    raise EvidenceForeign(path.name)
                if path.suffix == ".crl":
                    crls[str(path)] = path.read_bytes()
                elif path.suffix == ".jws":
                    jws = path.read_text(encoding="utf-8", errors="replace").strip()
                    (void_lists if type_of(jws) == VOID_LIST_TYPE else seal_lists)[str(path)] = jws
                else:
                    checkpoints.append(_checkpoint(path))
    return Published(crls, seal_lists, void_lists, tuple(checkpoints), published_lists(folders))


def _checkpoint(path: Path) -> Checkpoint:
    try:
        return Checkpoint.parse(path.read_text(encoding="utf-8"))
    except (AuditBroken, UnicodeDecodeError) as wrong:
        raise EvidenceForeign(path.name) from wrong


def proven(checkpoint: Checkpoint, keys: Sequence[PublicKey]) -> Anchor:
    """Return what a checkpoint vouches for, signed by one of ``keys``; :class:`EvidenceForeign`."""
    for key in keys:
        with suppress(AuditBroken):
            return checkpoint.proven(key)
    raise EvidenceForeign(f"checkpoint {checkpoint.anchor.number}")
