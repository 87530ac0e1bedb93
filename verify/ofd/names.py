"""Names of entries as file systems and readers compare them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

URI: Final = re.compile("[:?#%]")
"""What means something else in a URI than in a name."""


def folded(name: str) -> str:
    """Return what file systems that ignore case and composition take a name for."""
    if name.isascii():
        return name.lower().rstrip("/")
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).rstrip("/")


def canonical(location: str) -> str:
    """Return a location as all readers together may take it: names folded and trimmed, steps taken, none above its own start.

    No reader's path for it ends otherwise, seen the same way; nothing is left of one that names a folder alone.
    """
    done: list[str] = []
    for segment in folded(location).replace("\\", "/").split("/"):
        name = " ".join(segment.split())
        if name == "..":
            del done[-1:]
        elif name := name.rstrip(". "):
            done.append(name)
    return "/".join(done)


def spellings(text: str) -> Iterator[str]:
    """Yield a text and what it says as a URI: no scheme in front, no query or fragment behind, octets decoded."""
    yield text
    if URI.search(text):
        short = text.partition("?")[0].partition("#")[0].rpartition(":")[2]
        yield from {short, unquote(short), unquote(text)} - {text}
