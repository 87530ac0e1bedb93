"""Locations as packages write them (ST_Loc, GB/T 33190 §7.2): absolute, or relative to the file that they stand in."""

from __future__ import annotations

from verify.errors import Unreadable
from verify.ofd import limits
from verify.ofd.zip_records import refused


def folder(path: str) -> str:
    """Return the folder of a file, with its slash."""
    return path[: path.rfind("/") + 1]


def resolve(location: str, near: str) -> str:
    """Return the absolute path of a location that stands in the file ``near``.

    Raises ``Unreadable`` for one that leaves the package; a backslash is taken for a slash, as older writers mean it.
    """
    written = location.strip().replace("\\", "/")
    if not written or len(written) > limits.MAX_PATH:
        raise refused("中有空的或过长的路径", "has an empty location, or one too long")
    base = "" if written.startswith("/") else folder(near)
    done: list[str] = []
    for segment in (base + written).split("/"):
        if segment in {"", "."}:
            continue
        if segment == "..":
            if not done:
                raise refused(
                    f"中的路径“{location[:80]}”指向包外", f"has a location outside itself, {location[:80]!r}"
                )
            done.pop()
        else:
            done.append(segment)
    return "/" + "/".join(done)


def readings(location: str, near: str, base: str = "") -> tuple[str, ...]:
    """Return every path that a reader by the standard takes a location for: by the file, by a resource folder, by the root.

    Most likely first; raises ``Unreadable`` where each of them leads out of the package.
    """
    found: list[str] = []
    outside: Unreadable | None = None
    for start in (base and base.rstrip("/") + "/", near, "/"):
        if start:
            try:
                path = resolve(location, start)
            except Unreadable as wrong:
                outside = wrong
                continue
            if path not in found:
                found.append(path)
    if not found and outside is not None:
        raise outside
    return tuple(found)


def elsewhere(location: str, near: str) -> tuple[str, ...]:
    """Return every path that some reader takes a location for, ever further from the file ``near``, up to the root.

    Beside the file's own folder these are the folders above it, of which one is that of the document; steps above the root stay there.
    """
    written = location.strip().replace("\\", "/")
    found: list[str] = []
    start = "/" if written.startswith("/") else folder(near)
    while start:
        done: list[str] = []
        for segment in (start + written).split("/"):
            if segment == "..":
                del done[-1:]
            elif segment not in {"", "."}:
                done.append(segment)
        path = "/" + "/".join(done)
        if path not in found:
            found.append(path)
        start = folder(start.rstrip("/"))
    return tuple(found)
