"""What other products write anew and leave as it was: the same entries in other digits, at another place, or with their maker's name.

Such a dictionary says to every reader what it said when it was signed. What each rule admits is told in ``docs/other-products.md``.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from typing import Final

from verify.pdf.numerals import is_coordinate
from verify.pdf.pdf_values import Ref, Value, same
from verify.pdf.placement import inherited, inherits_surely, stated
from verify.pdf.step import Step

_PLAIN_NUMBER: Final = re.compile(rb"-?(?:[0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})")
_PLAIN_WORDS: Final = re.compile(rb"[\t\n\x0c\r !-$&'*-;=?-Z^-z|~]*")
"""Names, numbers and operators between blanks: no string, array or remark, and nothing that one reader takes for a blank alone."""
_WORD: Final = re.compile(rb"[!-~]+")
HALF_A_HUNDREDTH: Final = 0.005 + 1e-9
"""What rounding to two decimals moves a number by, as floating point has it."""
COLOURS: Final = frozenset({b"g", b"rg", b"k", b"cs", b"sc", b"scn", b"gs"})
"""Operators after which text has another colour than black."""
BOX_KEYS: Final = frozenset({"/MediaBox", "/CropBox", "/BleedBox", "/TrimBox", "/ArtBox", "/Rect"})
INHERITED_KEYS: Final = frozenset({"/MediaBox", "/CropBox", "/Rotate", "/Resources"})
MAKER_KEY: Final = "/ITXT"
"""The release of the software, which iText up to 5 writes into the root of the page tree; a second-class name (ISO 32000-2 annex E)."""


def changed_keys(old: dict[str, Value], new: dict[str, Value]) -> frozenset[str]:
    """Return the keys of two dictionaries whose entries differ in more than digits."""
    keys = old.keys() | new.keys()
    return frozenset(
        k
        for k in keys
        if k not in old or k not in new or not (same(old[k], new[k]) or _respelled(k, old[k], new[k]))
    )


def _respelled(key: str, old: Value, new: Value) -> bool:
    """Tell whether an entry says the same in other digits: a box, or a default appearance."""
    if key == "/DA" and isinstance(old, bytes) and isinstance(new, bytes):
        if not (_PLAIN_WORDS.fullmatch(old) and _PLAIN_WORDS.fullmatch(new)):
            return False
        words, others = _without_black(_WORD.findall(old)), _without_black(_WORD.findall(new))
        return len(words) == len(others) and all(map(_same_word, words, others))
    return key in BOX_KEYS and _same_box(old, new)


def _without_black(words: list[bytes]) -> list[bytes]:
    """Leave out the colour that text has where no other is stated (ISO 32000-2 §8.6.8), as iText does."""
    return words[:-2] if words[-2:] == [b"0", b"g"] and COLOURS.isdisjoint(words[:-2]) else words


def _same_word(one: bytes, other: bytes) -> bool:
    if one == other:
        return True
    plain = _PLAIN_NUMBER.fullmatch(one) and _PLAIN_NUMBER.fullmatch(other)
    return plain is not None and float(one) == float(other)


def _same_box(old: Value, new: Value) -> bool:
    """Tell whether two boxes differ in spelling alone: ``612`` and ``612.0`` are one number there (ISO 32000-2 §7.9.5).

    Elsewhere they are not: readers take flags and counts that are no integers for zero.
    """
    if not isinstance(old, list) or not isinstance(new, list) or len(old) != len(new):
        return False
    return all(is_coordinate(a) and is_coordinate(b) and a == b for a, b in zip(old, new, strict=True))


def restated(step: Step, ref: Ref, old: dict[str, Value], new: dict[str, Value]) -> frozenset[str]:
    """Return the entries of a page, or of the page tree, that say otherwise what they said."""
    if ref == step.old.catalog.get("/Pages"):
        return frozenset({MAKER_KEY} if isinstance(new.get(MAKER_KEY), bytes) else ())
    keys = [key for key in sorted(INHERITED_KEYS & new.keys()) if not same(old.get(key), new[key])]
    if not keys or step.page_number(ref) is None:
        return frozenset()
    return frozenset(key for key in keys if _still_inherited(step, ref, key, new))


def _still_inherited(step: Step, page: Ref, key: str, new: dict[str, Value]) -> bool:
    """Tell whether a page states what it inherited before (ISO 32000-2 §7.7.3.4), as OpenPDF writes pages, or a copy of what it had.

    A copy is a new object: one that was there before may grow for another purpose, as the resources of a form do.
    """
    before, after = stated(step.old, page, key), new[key]
    if before is None or (isinstance(after, Ref) and after != before and not step.fresh(after)):
        return False
    if not inherits_surely(step.document, step.old, page):
        return False
    return not changed_keys({key: step.old.resolve(before)}, {key: step.new.resolve(after)})


def filled_alike(step: Step, ref: Ref, keys: AbstractSet[str], new: dict[str, Value]) -> frozenset[str]:
    """Return those of a field's changed entries that software which fills it in writes anew and leaves what they were.

    pdf.js, and Firefox with it, rounds the box to two decimals; MuPDF states flags that are none.
    """
    alike: set[str] = set()
    if "/Rect" in keys and _rounded(step.old.entry(step.old.get(ref), "/Rect"), new.get("/Rect")):
        alike.add("/Rect")
    if "/Ff" in keys and same(new.get("/Ff"), inherited(step.old, ref, "/Ff") or 0):
        alike.add("/Ff")
    return frozenset(alike)


def _rounded(old: Value, new: Value) -> bool:
    """Tell whether a box is another one rounded to hundredths; what is rounded again stays, so that nothing wanders."""
    if not isinstance(old, list) or not isinstance(new, list) or len(old) != len(new):
        return False
    return all(map(_is_rounded, old, new))


def _is_rounded(old: Value, new: Value) -> bool:
    if not is_coordinate(old) or not is_coordinate(new):
        return False
    return round(new, 2) == new and abs(old - new) <= HALF_A_HUNDREDTH


def put_apart(step: Step, before: list[Value], after: list[Value]) -> list[Value]:
    """Return the annotations of a page as they stood, where some stand in new objects now: iText makes one of each, and adds its page.

    Whatever else is not a widget says what it said; a widget is a field's, which is judged as such.
    """
    direct = [one for one in before if isinstance(one, dict) and one.get("/Subtype") != "/Widget"]
    if not direct:
        return after
    found: list[Value] = []
    for item in after:
        made = step.new.resolve(item) if step.fresh(item) else None
        if direct and isinstance(made, dict) and _says(step, made, direct[0]):
            found.append(direct.pop(0))
            continue
        if direct and same(item, direct[0]):
            del direct[0]
        found.append(item)
    return found


def _says(step: Step, made: dict[str, Value], one: dict[str, Value]) -> bool:
    """Tell whether an annotation says what another does, and names its page if it did not."""
    page = made.get("/P")
    if "/P" not in one and isinstance(page, Ref) and step.page_number(page) is not None:
        made = {key: item for key, item in made.items() if key != "/P"}
    return same(made, one)
