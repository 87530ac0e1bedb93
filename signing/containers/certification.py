"""What may still change after a signature: certification (DocMDP) and field locks (FieldMDP), ISO 32000-2 §12.8.2.2, §12.8.2.4."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from signing.errors import CertificationUnreadable, LockUnreadable

MAX_LOCKED_FIELDS: Final = 200
"""Fields named in one lock: forms in use have a few dozen; the list stands in every signature that locks."""
MAX_LOCK_LENGTH: Final = 8192
"""Longest text read as a lock: 200 names of 40 characters."""


class Certification(IntEnum):
    """The first signature's word on later changes: /P of DocMDP (ISO 32000-2 table 257)."""

    NO_CHANGES = 1
    """Nothing but evidence for the long term may be added."""
    FORM_FILLING = 2
    """Forms may be filled and fields that are there already may be signed."""
    ANNOTATIONS = 3
    """That, and comments may be made."""

    @classmethod
    def parse(cls, text: str) -> Certification:
        """Read a number (``1``) or a word (``no-changes``, ``form-filling``, ``annotations``); :class:`CertificationUnreadable`."""
        wanted = text.strip().lower()
        for item in cls:
            if wanted in {str(item), str(item.value)}:
                return item
        raise CertificationUnreadable(text[:32])

    def __str__(self) -> str:
        return self.name.lower().replace("_", "-")


class LockAction(StrEnum):
    """Which fields a lock takes in: /Action of FieldMDP (ISO 32000-2 table 258)."""

    ALL = "all"
    INCLUDE = "include"
    EXCLUDE = "exclude"

    @property
    def pdf(self) -> str:
        """The name in a PDF: ``All``, ``Include``, ``Exclude``."""
        return self.value.capitalize()


@dataclass(frozen=True, slots=True)
class FieldLock:
    """Fields that may not change after this signature: all, those named, or all but those named (full field names).

    ``permission`` is the /P that PDF 2.0 lets a lock carry: from here on the whole document allows no more than this
    (ISO 32000-2 table 236). :class:`LockUnreadable`: names with ``all``, or none with the others.
    """

    action: LockAction
    fields: tuple[str, ...] = ()
    permission: Certification | None = None

    def __post_init__(self) -> None:
        if (self.action is LockAction.ALL) != (not self.fields):
            raise LockUnreadable(self.action.value)
        if len(self.fields) > MAX_LOCKED_FIELDS or not all(self.fields):
            raise LockUnreadable(f"{len(self.fields)} fields")

    @classmethod
    def parse(cls, text: str) -> FieldLock:
        r"""Read ``all``, ``include:NAME,NAME`` or ``exclude:NAME,NAME``, each with ``;p=1``, ``;p=2`` or ``;p=3`` if wanted.

        A comma, semicolon or backslash in a name is written behind a backslash.
        """
        found = _LOCK.fullmatch(text) if len(text) <= MAX_LOCK_LENGTH else None
        if found is None:
            raise LockUnreadable(text[:64])
        action, names, permission = found.groups()
        fields = tuple(_UNESCAPED.sub(r"\1", name) for name in _NAME.findall(names or ""))
        return cls(LockAction(action), fields, Certification(int(permission)) if permission else None)

    def __str__(self) -> str:
        names = ",".join(_SPECIAL.sub(r"\\\g<0>", name) for name in self.fields)
        limit = f";p={self.permission.value}" if self.permission is not None else ""
        return f"{self.action.value}{':' if names else ''}{names}{limit}"

    def takes(self, field: str) -> bool:
        """Tell whether a field (full name) is locked; a name locks the fields below it too."""
        if self.action is LockAction.ALL:
            return True
        named = any(field == name or field.startswith(f"{name}.") for name in self.fields)
        return named is (self.action is LockAction.INCLUDE)


_LOCK: Final = re.compile(
    r"(all|include|exclude)(?::((?:[^\\,;]|\\.)+(?:,(?:[^\\,;]|\\.)+)*))?(?:;p=([123]))?", re.DOTALL
)
_NAME: Final = re.compile(r"(?:[^\\,;]|\\.)+", re.DOTALL)
_UNESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_SPECIAL: Final = re.compile(r"[\\,;]")
