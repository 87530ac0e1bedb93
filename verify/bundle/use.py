"""Use a bundle: read, judged, unpacked into a folder of its own for as long as it is used, loaded as a trust folder is."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from verify.bundle.errors import BundleRefused
from verify.bundle.form import MAX_BUNDLE, Bundle, open_bundle
from verify.bundle.judge import BundleReport, judge_bundle
from verify.bundle.memory import remember, remembered
from verify.folder import TrustFolderUnusable, load_trust
from verify.trust import TrustStore
from verify.trusted_lists.source import check_lowest, check_signer


@dataclass(frozen=True, slots=True)
class BundleUse:
    """What is to be used: the file, its signer as the one who verifies knows it (SHA-256, or nothing), and the memory."""

    path: Path
    pinned: str | None
    memory: Path | None


@dataclass(frozen=True, slots=True)
class OpenedBundle:
    """A bundle in use: what is said of it, the trust store in it, and its files in a folder."""

    report: BundleReport
    trust: TrustStore
    folder: Path
    forgetful: bool = False
    """It could not be remembered: an older one would not be noticed the next time."""


@contextmanager
def opened(use: BundleUse, at: datetime) -> Iterator[OpenedBundle]:
    """Open a bundle as of ``at``; its folder goes when the context ends.

    Without a pinned signer its anchors and trust lists are not believed: they are material, as intermediate certificates are.
    Raises :class:`BundleRefused`.
    """
    bundle = open_bundle(_read(use.path))
    seen = None if use.memory is None else remembered(use.memory, bundle.signer_sha256)
    report = judge_bundle(bundle, use.pinned, seen, at)
    with tempfile.TemporaryDirectory(prefix="yinxin-bundle-") as name:
        folder = Path(name)
        _unpack(bundle.files, folder)
        try:
            trust = load_trust(folder)
        except TrustFolderUnusable as wrong:
            raise BundleRefused(wrong.zh.replace(name, ""), wrong.en.replace(name, "")) from wrong
        if not report.pinned:
            trust = replace(
                trust, anchors=(), lists=(), pins=(), intermediates=[*trust.intermediates, *trust.anchors]
            )
        yield OpenedBundle(report, trust, folder, _forgets(use, report.pinned, bundle))


def merged(bundle: TrustStore, own: TrustStore) -> TrustStore:
    """Put a bundle's content beside the trust store of whoever verifies.

    A trust list below its pins is ``ListRolledBack``, one of a scheme that it pins by another signer ``ListSignerUnknown``: it would
    take the place of the true one.
    """
    for found in bundle.lists:
        check_signer(found, own.pins)
        check_lowest(found, own.pins)
    return TrustStore(
        [*own.anchors, *bundle.anchors],
        [*own.intermediates, *bundle.intermediates],
        [*own.crls, *bundle.crls],
        [*own.ocsp, *bundle.ocsp],
        [*own.seal_lists, *bundle.seal_lists],
        [*own.lists, *bundle.lists],
        [*own.pins, *bundle.pins],
    )


def _forgets(use: BundleUse, pinned: bool, bundle: Bundle) -> bool:
    """Remember a bundle of a named signer; tell whether that failed. What anybody may have signed is not remembered."""
    if use.memory is None:
        return True
    if not pinned:
        return False
    try:
        remember(use.memory, bundle)
    except OSError:
        return True
    return False


def _unpack(files: Mapping[str, bytes], folder: Path) -> None:
    try:
        for path, data in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    except OSError as wrong:
        raise BundleRefused(
            "离线核验包无法展开：磁盘空间不足，或包内路径相互冲突；请检查磁盘或重新获取。",
            "The bundle cannot be unpacked: the disk is full, or paths in it collide; check the disk, or fetch it again.",
        ) from wrong


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BUNDLE:
            raise BundleRefused(
                f"离线核验包 {path} 超过 {MAX_BUNDLE // 2**20} MB 的上限。",
                f"The bundle {path} is over the limit of {MAX_BUNDLE // 2**20} MB.",
            )
        return path.read_bytes()
    except OSError as wrong:
        raise BundleRefused(
            f"无法读取离线核验包 {path}，请检查路径和权限。",
            f"The bundle {path} cannot be read; check its path and permissions.",
        ) from wrong
