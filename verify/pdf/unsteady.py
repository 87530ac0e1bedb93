"""What a document, sealed as it is, shows to one reader and not to another: scripts that run by themselves, layers, other documents in it.

None of it is a change, so none of it costs the verdict; but who relies on a sealed page should know that the page may look otherwise
tomorrow, on paper, or in another product. PDF/A forbids the one and restricts the other (ISO 19005-1 §6.6.1, ISO 19005-2 §6.9).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Final

from verify.pdf.document import Document, View
from verify.pdf.graph import annotations_on, page_refs
from verify.pdf.layers import entries_of, has_layers
from verify.pdf.pdf_values import Ref, Value, references
from verify.pdf.trailers import SOURCE_TEXT
from verify.sentence import Reason

MAX_LOOKED_AT: Final = 2_000
"""Objects that are read for a note: pages and annotations beyond them are not looked at."""
MAX_PAGES_SHOWN: Final = 100
"""Pages that are gone through for their own actions and annotations; what a whole document or its form does is told whatever their number."""
MAX_LISTED: Final = 200_000
"""Pages and annotations that are gone through for these: many pages may share one list."""
MAX_ACTIONS: Final = 100
"""Actions in a row, one the /Next of the other."""
_SHOWS: Final = frozenset(
    {
        "/JavaScript",
        "/Hide",
        "/SetOCGState",
        "/ImportData",
        "/ResetForm",
        "/Rendition",
        "/Movie",
        "/RichMediaExecute",
        "/GoTo3DView",
        "/Launch",
        "/GoToE",
        "/GoToR",
    }
)
"""Actions (ISO 32000-2 table 201) that change what is shown, open another document, or start a program that may; the others lead to a
place or send something."""
_PRINT_ALONE: Final = 0b100100
"""The flags Print and NoView (ISO 32000-2 table 167)."""
_HIDDEN: Final = 0b10
MAX_REVISIONS_ASKED: Final = 100
"""Revisions whose trailers are asked for a source text."""
_RUNS: Final = Reason(
    "文件内有会自行运行的脚本或动作，显示的内容可能因阅读器和打开时间而异；签章只证明文件未被改动，请核对纸面或 PDF/A 版本。",
    "The document holds scripts or actions that run by themselves: what it shows may depend on the reader and the day. The "
    "seal proves only that the file is unchanged; compare with a print or a PDF/A of it.",
)
_LAYERS: Final = Reason(
    "文件内有未显示的图层，或屏幕与打印显示不同的图层；签章证明图层未被改动，请打开图层面板核对全部内容。",
    "The document has layers that are not shown, or are shown otherwise on paper than on the screen. The seal proves that they "
    "are unchanged; look at all of them in the reader's list of layers.",
)
_PAPER: Final = Reason(
    "文件内有屏幕上看不到、只在打印时出现的批注；签章只证明其未被改动，请对照打印件核对。",
    "The document has annotations that show on paper alone, not on the screen. The seal proves that they are unchanged; look at "
    "a print of it.",
)
_ANOTHER: Final = Reason(
    "文件内装有另一份文档，部分阅读器会打开它而不显示这里的页面；签章只证明其未被改动，请一并核对。",
    "The document holds another one, which some readers open in place of its pages. The seal proves that it is unchanged; look "
    "at both.",
)


def unsteady(document: Document) -> tuple[Reason, ...]:
    """Tell what makes a document look otherwise from reader to reader; what cannot be read is not looked at."""
    found = []
    for told, shows in (
        (_RUNS, _runs),
        (_LAYERS, has_layers),
        (_PAPER, _prints_more),
        (_ANOTHER, _holds_another),
    ):
        try:
            if shows(document):
                found.append(told)
        except Exception:  # noqa: BLE001, S112 - foreign octets, and no verdict hangs on a note
            continue
    return tuple(found)


def _runs(document: Document) -> bool:
    """Tell whether something runs without being clicked: when the document or a page is opened, a key pressed, a sum computed."""
    view = document.last
    met: set[Ref] = set()
    if _has_names(view, "/JavaScript") or _acts(view, view.catalog.get("/OpenAction"), met):
        return True
    return any(
        _acts(view, action, met)
        for holder in _holders(document, view)
        for action in entries_of(_once(view, _stated(holder, "/AA"), met))
    )


def _holders(document: Document, view: View) -> Iterator[Value]:
    """Yield whatever may hold additional actions (ISO 32000-2 §12.6.3): catalogue, fields, pages, annotations."""
    yield view.catalog
    yield from _fields(view)
    pages, annotations = _shown(document)
    yield from _with(view, chain(pages, annotations), b"/AA")


def _fields(view: View) -> Iterator[Value]:
    """Yield the fields that may hold additional actions, or have kids; what else is in a form is of no matter here."""
    pending = [view.entry(view.entry(view.catalog, "/AcroForm"), "/Fields")]
    met: set[Ref] = set()
    while pending and len(met) < MAX_LISTED:
        listed = pending.pop()
        for item in listed if isinstance(listed, list) else ():
            if not isinstance(item, Ref) or item in met:
                continue
            met.add(item)
            if not (view.lacks(item, b"/AA") and view.lacks(item, b"/Kids")):
                field = view.get(item)
                yield field
                pending.append(view.entry(field, "/Kids"))


def _shown(document: Document) -> tuple[list[Ref], list[Value]]:
    """Return pages and what they list in their /Annots, gone through once."""
    return document.fact(_listed)


def _listed(document: Document) -> tuple[list[Ref], list[Value]]:
    view = document.last
    pages = list(islice(page_refs(view), MAX_PAGES_SHOWN))
    return pages, list(islice((item for _, item in annotations_on(view, pages)), MAX_LISTED))


def _with(view: View, items: Iterable[Value], key: bytes) -> Iterator[Value]:
    """Yield the first of those that may state a key."""
    stating = (item for item in items if not (isinstance(item, Ref) and view.lacks(item, key)))
    yield from map(view.resolve, islice(stating, MAX_LOOKED_AT))


def _prints_more(document: Document) -> bool:
    """Tell whether an annotation that has a look is hidden on the screen and printed (ISO 32000-2 §12.5.3)."""
    view = document.last
    return any(
        isinstance(flags := view.entry(item, "/F"), int | float)
        and int(flags) & (_PRINT_ALONE | _HIDDEN) == _PRINT_ALONE
        and isinstance(view.entry(item, "/AP"), dict)
        for item in _with(view, _shown(document)[1], b"/AP")
    )


def _holds_another(document: Document) -> bool:
    """Tell whether readers may open another document: of a collection (ISO 32000-2 §12.3.5), or the source text of LibreOffice's."""
    view = document.last
    if isinstance(view.entry(view.catalog, "/Collection"), dict):
        return True
    trailers = (
        document.view(one).trailer for one in range(min(len(document.revisions), MAX_REVISIONS_ASKED))
    )
    return SOURCE_TEXT in view.trailer and any(
        view.exists(ref) for trailer in trailers for ref in references(trailer.get(SOURCE_TEXT))
    )


def _has_names(view: View, key: str) -> bool:
    """Tell whether a name tree of the document has any entry."""
    tree = view.entry(view.entry(view.catalog, "/Names"), key)
    return any(bool(view.entry(tree, part)) for part in ("/Names", "/Kids"))


def _acts(view: View, action: Value, met: set[Ref]) -> bool:
    pending, count = [action], 0
    while pending and count < MAX_ACTIONS:
        found = _once(view, pending.pop(), met)
        count += 1
        if isinstance(found, dict):
            if view.entry(found, "/S") in _SHOWS:
                return True
            pending.append(found.get("/Next"))
        elif isinstance(found, list) and count > 1:  # what follows; at the top, a list is a destination
            pending.extend(found[:MAX_ACTIONS])
    return False


def _once(view: View, value: Value, met: set[Ref]) -> Value:
    """Resolve a value; what was met already, in whatever holder, is nothing to look at again."""
    if isinstance(value, Ref):
        if value in met:
            return None
        met.add(value)
    return view.resolve(value)


def _stated(dictionary: Value, key: str) -> Value:
    return dictionary.get(key) if isinstance(dictionary, dict) else None
