"""What a signature and those before it say about later changes: DocMDP, FieldMDP, field locks (ISO 32000-2 §12.8.2).

Only what a signature covers counts: its own dictionary, and whatever stands in the revision that it closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from verify.pdf.document import View
from verify.pdf.fields import FormField, form_fields, readings, unmistakable
from verify.pdf.numerals import whole
from verify.pdf.pdf_values import Ref, Value, text

NO_CHANGES: Final = 1
"""DocMDP P=1 (ISO 32000-2 table 257): only validation data and document time-stamps may follow."""
FORM_FILLING: Final = 2
ANNOTATIONS: Final = 3
LEVELS: Final = {NO_CHANGES: "no-changes", FORM_FILLING: "form-filling", ANNOTATIONS: "annotations"}
_ALL: Final = "/All"
_PARTIAL: Final = ("/Include", "/Exclude")
"""Locks of some fields: who writes one lets the others be filled in."""
MAX_REFERENCES: Final = 16
"""Signature references of one signature: one DocMDP and one FieldMDP are usual; of more the strictest holds that there is."""
MAX_NAMED: Final = 20_000
"""Field names of one lock, as many as fields that are walked; one of more locks everything."""


@dataclass(frozen=True, slots=True)
class Lock:
    """Fields that may not change: all, those named, or all but those named, with the fields below them."""

    action: str
    names: frozenset[str] = frozenset()

    def takes(self, field: str) -> bool:
        """Tell whether a field (full name) is locked; an action that is none of the three locks everything."""
        parts = field.split(".")
        named = any(".".join(parts[: count + 1]) in self.names for count in range(len(parts)))
        return {"/Include": named, "/Exclude": not named}.get(self.action, True)


@dataclass(frozen=True, slots=True)
class Rules:
    """What may follow: ``permission`` 1 to 3, whether a certification says so, and the locks."""

    permission: int = ANNOTATIONS
    certified: bool = False
    locks: tuple[Lock, ...] = ()

    @property
    def fills(self) -> bool:
        """Tell whether forms may be filled in: a certification says so, or a lock names the fields that may not (§12.8.2.4)."""
        says = self.certified or any(lock.action in _PARTIAL for lock in self.locks)
        return says and self.permission >= FORM_FILLING

    @property
    def comments(self) -> bool:
        """Tell whether a certification expressly lets comments be made."""
        return self.certified and self.permission >= ANNOTATIONS

    def locked(self, field: str) -> bool:
        """Tell whether any lock takes a field in."""
        return any(lock.takes(field) for lock in self.locks)

    @property
    def word(self) -> str:
        """Name the certification's level; empty without one."""
        return LEVELS[self.permission] if self.certified else ""


def rules_of(signed: View) -> Rules:
    """Gather the rules that bind whoever changes the document after the revision ``signed``; the strictest holds."""
    named = signed.entry(signed.catalog, "/Perms")
    certifying = named.get("/DocMDP") if isinstance(named, dict) else None
    levels: list[int] = []
    locks: list[Lock] = []
    certified = False
    for item in form_fields(signed):
        if not item.signed:
            continue
        value = signed.resolve(item.value)
        if len(_listed(signed, value)) > MAX_REFERENCES:
            levels.append(NO_CHANGES)
            locks.append(Lock(_ALL))
        for method, parameters in _references(signed, value):
            if method == "/DocMDP":
                levels.append(_level(signed, parameters, FORM_FILLING))
                certified = certified or (isinstance(item.value, Ref) and item.value == certifying)
            elif method == "/FieldMDP":
                locks.append(_lock(signed, parameters))
                levels.append(_level(signed, parameters, ANNOTATIONS))
        levels.append(_level(signed, _own_lock(signed, item), ANNOTATIONS))
    return Rules(min(levels, default=ANNOTATIONS), certified, tuple(dict.fromkeys(locks)))


def _references(view: View, value: Value) -> Iterator[tuple[Value, Value]]:
    for item in _listed(view, value)[:MAX_REFERENCES]:
        reference = view.resolve(item)
        yield view.entry(reference, "/TransformMethod"), view.entry(reference, "/TransformParams")


def _listed(view: View, value: Value) -> list[Value]:
    found = view.entry(value, "/Reference")
    return found if isinstance(found, list) else []


def _own_lock(view: View, item: FormField) -> Value:
    return view.entry(item.dictionary, "/Lock")


def _level(view: View, parameters: Value, default: int) -> int:
    """Read /P (tables 236 and 257): absent means the default, anything but 1, 2 and 3 the strictest, which it is to some reader."""
    stated = view.entry(parameters, "/P")
    if stated is None:
        return default
    level = whole(stated)
    return level if level in LEVELS else NO_CHANGES


def _lock(view: View, parameters: Value) -> Lock:
    """Read a lock; one whose fields nobody can tell, because they are no list, too many, or named in no plain way, locks everything."""
    named = view.entry(parameters, "/Fields")
    if not isinstance(named, list) or len(named) > MAX_NAMED:
        return Lock(_ALL)
    stated = [view.resolve(item) for item in named]
    names = frozenset(text(item) for item in stated)
    if not all(isinstance(item, bytes) for item in stated) or not all(map(_names_a_field, names)):
        return Lock(_ALL)
    action = str(view.entry(parameters, "/Action"))
    return Lock(action, names.union(*map(readings, names)) if action == "/Include" else names)


def _names_a_field(name: str) -> bool:
    """Tell whether every reader takes a full name for the same: of characters that stand for themselves, and of parts that are all there."""
    return unmistakable(name) and all(name.split("."))
