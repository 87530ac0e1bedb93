"""Strokes at the end of a page's content, in the same revision: the other copies of a seal, the slices of a seam seal.

What the page drew before stands between ``q`` and ``Q``, so that its last colours and scales do not reach the seal; a ``q`` that
the page itself left open is closed as well, for which its content is read. The seal is named in the page's resources,
wherever these stand.
"""

from __future__ import annotations

import re
from operator import lt
from typing import Final

from signing.incremental.casts import Cast
from signing.incremental.pages import Alike, Page
from signing.incremental.templates import Template, naming_of, template_of
from signing.incremental.update import Update
from verify.pdf.plain.errors import NotPlain, Reason
from verify.pdf.plain.file import PlainPdf, Streamed
from verify.pdf.plain.syntax import Array, Dictionary, Ref, Value

MAX_OPEN: Final = 64
"""States that a page may leave open; §8.4.2 allows 28 at once."""
_SAVE: Final = re.compile(rb"q(?<![^\x00\t\n\x0c\r \]>)]q)(?=[\x00\t\n\x0c\r \[<(/]|\Z)")
_RESTORE: Final = re.compile(rb"Q(?<![^\x00\t\n\x0c\r \]>)]Q)(?=[\x00\t\n\x0c\r \[<(/]|\Z)")
_TOKENS: Final = re.compile(
    rb"\((?:[^()\\]|\\[\s\S])*\)|(\()|%[^\r\n]*|<[0-9A-Fa-f\s]*>|/[^\x00\t\n\x0c\r ()<>\[\]{}/%]*"
    rb"|(?<![^\x00\t\n\x0c\r \]>)])(BI|[qQ])(?=[\x00\t\n\x0c\r \[<(/]|\Z)"
)
_IMAGE: Final = re.compile(
    rb"[\x00\t\n\x0c\r ]ID[\x00\t\n\x0c\r ][\s\S]*?[\x00\t\n\x0c\r ]EI(?=[\x00\t\n\x0c\r ]|\Z)"
)


class Strokes:
    """Draws the seal into pages of one document."""

    def __init__(self, pdf: PlainPdf, update: Update, seal: Ref) -> None:
        self._pdf, self._update, self._seal = pdf, update, seal
        self.name = f"Seal{seal.number}"
        """What the seal is called in the resources: its object number makes it unique."""
        self._entry = b"/%s %s" % (self.name.encode("ascii"), seal.pdf)
        self._only = b"<</XObject <<%s>>>>" % self._entry
        self._named: set[Ref] = set()
        self._renamed: dict[bytes, bytes] = {}
        """Resources with the seal named, by what they were: many pages have the same."""
        self._save = b""
        self._written: dict[bytes, bytes] = {}
        self._templates: dict[Alike, Template | None] = {}

    def draw(self, page: Page, strokes: bytes) -> None:
        """Append strokes to a page."""
        if page.alike is not None and not self._update.touches(page.ref):
            if page.alike not in self._templates:
                self._templates[page.alike] = self._template(page, page.alike.cast)
            template = self._templates[page.alike]
            if template is not None and self._fill(template, page, strokes):
                return
        self._name_in(page)
        streams = self._streams(page)
        around = self._around([ref.pdf for ref in streams], [self._content(ref) for ref in streams], strokes)
        self._update.set(page.ref, "/Contents", around)

    def _template(self, page: Page, cast: Cast) -> Template | None:
        """Find out how pages of a cast are written; what all of them inherit is named now."""
        naming = naming_of(cast)
        if naming is None:
            return None
        changes: dict[str, bytes] = {}
        if naming.direct is not None:
            named = self._named_raw(naming.direct.get("/XObject"))
            changes["/Resources"] = naming.direct.changed({"/XObject": named})
        elif "/Resources" in cast.entries:
            pass
        elif "/Resources" in page.inherited:
            passed = page.inherited["/Resources"]
            self._name(passed.holder, passed.value)
        else:
            changes["/Resources"] = self._only
        return template_of(cast, naming, changes)

    def _fill(self, template: Template, page: Page, strokes: bytes) -> bool:
        """Write a page by its template; false: its content is something else than streams, and nothing was done."""
        references = page.references
        streams = references[template.contents]
        found = [self._pdf.unpacked(Ref(int(ref[:-4]))) for ref in streams]
        contents = [content for content in found if content is not None]
        if len(contents) != len(streams):
            return False
        if template.resources is not None:
            self._name(page.ref, Ref(int(references[template.resources][:-4])))
        elif template.objects is not None:
            self._name_in_object(Ref(int(references[template.objects][:-4])))
        around = self._around(streams, contents, strokes)
        self._update.replace(page.ref, template.filled(references, around))
        return True

    def _around(self, streams: list[bytes], contents: list[bytes], strokes: bytes) -> bytes:
        """Write /Contents anew: what was there between ``q`` and ``Q``, and the strokes."""
        if not self._save:
            self._save = self._update.add_stream(b"", b"q\n").pdf
        body = b"Q\n" * (1 + _left_open(contents)) + strokes if streams else strokes
        written = self._written.get(body)
        if written is None:
            written = self._written[body] = self._update.add_stream(b"", body).pdf
        return b"[%b %b %b]" % (self._save, b" ".join(streams), written) if streams else b"[%b]" % written

    def _streams(self, page: Page) -> list[Ref]:
        stated = page.entries.get("/Contents")
        found = self._pdf.value(stated)
        if found is None:
            return []
        if isinstance(found, Streamed) and isinstance(stated, Ref):
            return [stated]
        if not isinstance(found, Array) or not all(
            isinstance(item, Ref) and isinstance(self._pdf.value(item), Streamed) for item in found
        ):
            raise NotPlain(Reason.PAGE, "/Contents")
        return list(found)

    def _content(self, ref: Ref) -> bytes:
        found = self._pdf.unpacked(ref)
        if found is None:
            raise NotPlain(Reason.PAGE, "/Contents")
        return found

    def _name_in(self, page: Page) -> None:
        """Name the seal in the resources that the page uses: its own, shared ones, or those of a node above it."""
        if "/Resources" in page.entries:
            self._name(page.ref, page.entries["/Resources"])
        elif "/Resources" in page.inherited:
            passed = page.inherited["/Resources"]
            self._name(passed.holder, passed.value)
        else:
            self._update.set(page.ref, "/Resources", self._only)

    def _name(self, holder: Ref, stated: Value) -> None:
        """Name the seal in these resources, which stand in ``holder`` unless they are an object of their own."""
        target = stated if isinstance(stated, Ref) else holder
        if target in self._named:
            return
        self._named.add(target)
        resources = self._pdf.value(stated)
        if not isinstance(resources, Dictionary):
            raise NotPlain(Reason.PAGE, "/Resources")
        objects = resources.get("/XObject")
        if isinstance(objects, Ref):
            self._name_in_object(objects)
            return
        if isinstance(stated, Ref):
            self._update.set(stated, "/XObject", self._named_raw(objects))
            return
        before = resources.raw
        if before not in self._renamed:
            self._renamed[before] = resources.changed({"/XObject": self._named_raw(objects)})
        self._update.set(holder, "/Resources", self._renamed[before])

    def _name_in_object(self, objects: Ref) -> None:
        if objects not in self._named:
            self._named.add(objects)
            self._named_raw(self._pdf.value(objects))
            self._update.set(objects, f"/{self.name}", self._seal.pdf)

    def _named_raw(self, objects: Value) -> bytes:
        if objects is None:
            return b"<<%s>>" % self._entry
        if not isinstance(objects, Dictionary) or f"/{self.name}" in objects:
            raise NotPlain(Reason.PAGE, "/XObject")
        return objects.changed({f"/{self.name}": self._seal.pdf})


def _left_open(contents: list[bytes]) -> int:
    """Count the states that a page's content saves and does not restore."""
    content = contents[0] if len(contents) == 1 else b"\n".join(contents)
    if b"q" not in content or _paired(content):
        return 0
    depth = _depth(content)
    if depth > MAX_OPEN:
        raise NotPlain(Reason.PAGE, f"{depth} states left open")
    return depth


def _paired(content: bytes) -> bool:
    """Tell whether each state saved is restored behind it, as nearly all content has it; letters in strings count."""
    saved = [found.start() for found in _SAVE.finditer(content)]
    restored = [found.start() for found in _RESTORE.finditer(content)]
    return len(saved) == len(restored) and all(map(lt, saved, restored))


def _depth(content: bytes) -> int:
    """Read content token by token, so that letters in strings, names and inline images do not count (§7.8.2, §8.9.7)."""
    depth, position = 0, 0
    while (found := _TOKENS.search(content, position)) is not None:
        position = found.end()
        mark = found.group(2)
        if found.group(1):
            position = _behind_string(content, position)
        elif mark == b"BI":
            image = _IMAGE.search(content, position)
            position = len(content) if image is None else image.end()
        elif mark is not None:
            depth = max(0, depth + (1 if mark == b"q" else -1))
    return depth


def _behind_string(content: bytes, position: int) -> int:
    """Skip a string with parentheses inside."""
    level = 1
    for found in re.compile(rb"\\[\s\S]|[()]").finditer(content, position):
        level += {b"(": 1, b")": -1}.get(found.group(), 0)
        if not level:
            return found.end()
    return len(content)
