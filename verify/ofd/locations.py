"""Locations as packages write them (ST_Loc, GB/T 33190 §7.2): absolute, or relative to the file that they stand in."""

from __future__ import annotations

from collections.abc import Iterator

from verify.errors import Unreadable
from verify.ofd import limits
from verify.ofd.names import canonical, folded
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


def climbs(location: str) -> int:
    """Count the steps that a location takes above the folder where it begins."""
    up = depth = 0
    for segment in folded(location).replace("\\", "/").split("/"):
        name = segment.strip()
        if name == "..":
            up, depth = (up, depth - 1) if depth else (up + 1, 0)
        elif name.rstrip(". "):
            depth += 1
    return up


class Around:
    """Where readers begin that go on from a file: its folder and those above it, of which one is that of the document."""

    def __init__(self, near: str) -> None:
        names = canonical(folder(near)).split("/")
        self._folders = ("", *("/".join(names[: end + 1]) + "/" for end in range(len(names)) if names[end]))

    def elsewhere(self, location: str) -> Iterator[str]:
        """Yield every path that some reader takes a location for, as :func:`verify.ofd.names.canonical` has it; steps above the root stay there."""
        name = canonical(location)
        if not name:
            return
        at_root = location.strip().replace("\\", "/").startswith("/")
        last = 1 if at_root else max(1, len(self._folders) - climbs(location))
        for start in self._folders[:last]:
            yield start + name
