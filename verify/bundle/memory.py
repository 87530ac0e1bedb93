"""What was seen here: the newest bundle of each signer, in a small file of whoever verifies (I30)."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from verify.bundle.errors import BundleRefused
from verify.bundle.form import Bundle
from verify.bundle.judge import SeenBundle

MAX_MEMORY: Final = 1024 * 1024
"""Longest file read, in octets: some thousand signers."""


def default_memory(environment: dict[str, str] | os._Environ[str], home: Path) -> Path:
    """Return where the memory is by default (XDG base directories: state)."""
    state = environment.get("XDG_STATE_HOME")
    return (Path(state) if state else home / ".local" / "state") / "yinxin" / "bundles.json"


def remembered(path: Path, signer_sha256: str) -> SeenBundle | None:
    """Return the newest bundle of a signer that was used here. :class:`BundleRefused`: the memory is damaged."""
    found = _read(path).get(signer_sha256)
    if found is None:
        return None
    try:
        return SeenBundle(int(found["sequence"]), str(found["sha256"]))
    except (KeyError, TypeError, ValueError) as wrong:
        raise _damaged(path) from wrong


def remember(path: Path, bundle: Bundle) -> None:
    """Keep that a bundle was used, unless a newer one was meanwhile; the file is replaced whole. ``OSError``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _alone(path):
        known, before = _read(path), remembered(path, bundle.signer_sha256)
        if before is not None and before.sequence >= bundle.manifest.sequence:
            return
        known[bundle.signer_sha256] = {"sequence": bundle.manifest.sequence, "sha256": bundle.sha256}
        _write(path, known)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let one process at a time read and replace the memory: of two, none forgets what the other kept."""
    try:
        import fcntl  # noqa: PLC0415 - not on every system
    except ImportError:
        yield
        return
    with path.with_name(f".{path.name}.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(path: Path, known: dict[str, Any]) -> None:
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=".bundles-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(known, stream, sort_keys=True)
            stream.flush()
            os.fsync(stream.fileno())
        Path(partial).replace(path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_MEMORY:
            raise _damaged(path)
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as wrong:
        raise _damaged(path) from wrong
    if not isinstance(found, dict):
        raise _damaged(path)
    return found


def _damaged(path: Path) -> BundleRefused:
    return BundleRefused(
        f"记录已用离线核验包的文件 {path} 无法读取；请检查，确认无误后可删除该文件重新记录。",
        f"The file {path}, which keeps what bundles were used, cannot be read; check it, and remove it to begin anew.",
    )
