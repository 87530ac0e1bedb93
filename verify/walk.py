"""Going through a folder so that nothing in it is passed over in silence."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from verify.document_file import mode_of

_FOUND_BY_THE_SYSTEM: Final = "lost+found"
"""What a file system puts at its root for itself, and mostly nobody else may open."""


class NotLookedInto(Exception):
    """Something below a folder whose every file counts is no file and cannot be looked into; both sentences name it."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


def below(folder: Path) -> Iterator[Path]:
    """Yield whatever lies below a folder, none passed over: files, and folders that are links or cannot be listed.

    Links to folders are not followed: they may lead round in a circle, or out of what was named.
    """
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        try:
            with os.scandir(here) as entries:
                for entry in entries:
                    path = Path(entry.path)
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(path)
                    else:
                        yield path
        except OSError:
            yield here


def files_below(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder of which each may say the newest; :class:`NotLookedInto` where one cannot be told.

    A link to a file is one. A link to a folder is nothing more than that folder if it lies in the same one, as in the volumes that
    Kubernetes mounts; whatever has been taken away meanwhile is not there.
    """
    for path in below(folder):
        mode = mode_of(path)
        if stat.S_ISREG(mode):
            yield path
            continue
        own = _own_mode(path)
        linked = path != folder and own is not None and stat.S_ISLNK(own)
        if not (own is None or _is_harmless(path, mode, folder, linked=linked)):
            raise _refused(path, mode, linked=linked)


def _own_mode(path: Path) -> int | None:
    """Return what a path itself is, a link being one; ``None``: it is there no more, 0: it cannot be looked at."""
    try:
        return path.lstat().st_mode
    except FileNotFoundError:
        return None
    except OSError:
        return 0


def _is_harmless(path: Path, mode: int, folder: Path, *, linked: bool) -> bool:
    if not stat.S_ISDIR(mode):
        return False
    if linked:
        return path.resolve().is_relative_to(folder.resolve())
    return path != folder and path.name == _FOUND_BY_THE_SYSTEM


def _refused(path: Path, mode: int, *, linked: bool) -> NotLookedInto:
    if stat.S_ISDIR(mode) and linked:
        return NotLookedInto(
            f"{path} 是指向另一文件夹的链接，其中的文件不会被读取；请放入该文件夹本身，或逐个链接其中的文件。",
            f"{path} is a link to another folder, whose files are not read; put that folder itself there, or link its files one by one.",
        )
    if stat.S_ISDIR(mode) or not (mode or linked):
        return NotLookedInto(
            f"文件夹 {path} 无法打开，请检查访问权限和路径长度。",
            f"The folder {path} cannot be opened; check its permissions, and how long its path is.",
        )
    if not mode:
        return NotLookedInto(
            f"{path} 所指的文件不存在或无法访问；请修复或移除后重试。",
            f"What {path} points to is not there, or cannot be reached; mend or remove it and try again.",
        )
    return NotLookedInto(
        f"{path} 不是普通文件（是管道、设备等）；请移除，或换成文件后重试。",
        f"{path} is no regular file (a pipe, a device …); remove it, or put a file in its place, and try again.",
    )
