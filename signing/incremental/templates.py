"""How pages of one cast are written with strokes in them: found out once, then filled in for each page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

from signing.incremental.casts import MARK, MOST_REFERENCES, Cast, marked
from verify.pdf.plain.syntax import Array, Dictionary, Ref, Value

_CONTENTS: Final = MOST_REFERENCES + 1
"""What stands for the new /Contents among the references."""


@dataclass(frozen=True, slots=True)
class Template:
    """A page as it is written, with gaps, and which of its references are its content and its resources."""

    pattern: bytes
    chosen: Callable[[list[bytes]], Any]
    contents: slice
    """Its content streams."""
    resources: int | None
    """Its resources, where they are an object of their own."""
    objects: int | None
    """Its XObjects, where they are an object of their own in resources that are none."""

    def filled(self, references: list[bytes], contents: bytes) -> bytes:
        """Write the page."""
        written: bytes = self.pattern % self.chosen([*references, contents])
        return written


@dataclass(frozen=True, slots=True)
class Naming:
    """Where the pages of a cast keep the names of their XObjects."""

    resources: int | None
    objects: int | None
    direct: Dictionary | None
    """Resources that stand in the page itself, and their XObjects too, if there are any."""


def naming_of(cast: Cast) -> Naming | None:
    """Look where the names are; ``None``: somewhere unusual. All three empty: not in the page."""
    if "/Resources" not in cast.entries:
        return Naming(None, None, None)
    resources = cast.entries.get("/Resources")
    if not isinstance(resources, Dictionary):
        at = marked(resources)
        return None if at is None else Naming(at, None, None)
    objects = resources.get("/XObject")
    if objects is None or isinstance(objects, Dictionary):
        return Naming(None, None, resources)
    at = marked(objects)
    return None if at is None else Naming(None, at, None)


def template_of(cast: Cast, naming: Naming, changes: dict[str, bytes]) -> Template | None:
    """Make the template of a cast with these entries changed and /Contents anew; ``None``: its content is stated unusually."""
    contents = _content_of(cast.entries.get("/Contents"))
    if contents is None:
        return None
    pattern, marks = cast.template({**changes, "/Contents": Ref(MARK + _CONTENTS).pdf})
    chosen = itemgetter(*[-1 if mark == _CONTENTS else mark for mark in marks])
    return Template(pattern, chosen, contents, naming.resources, naming.objects)


def _content_of(stated: Value) -> slice | None:
    """Tell which references are the content: one, or several in a row, or none."""
    if stated is None:
        return slice(0, 0)
    marks = [marked(item) for item in stated] if isinstance(stated, Array) else [marked(stated)]
    first = marks[0] if marks else None
    if first is None or marks != list(range(first, first + len(marks))):
        return None
    return slice(first, first + len(marks))
