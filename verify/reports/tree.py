"""One tree of elements, written as XML and as JSON: so both forms of a report say the same, element by element."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any, Final

from verify.reports.vocabulary import PREFIXES

_FORBIDDEN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 §2.2 does not allow: a foreign file's name may hold any."""
_LISTS: Final = frozenset(
    {
        "SignatureValidationReport",
        "ValidationConstraint",
        "ValidationConstraintParameter",
        "ValidationObject",
        "SubIndication",
        "AssociatedValidationReportData",
        "RelatedValidationObject",
        "IntermediateCertificate",
        "ReportData",
        "SignatureQualityInformation",
        "DigitalId",
        "Note",
        "Change",
        "Addition",
        "Subject",
        "RestsOn",
    }
)
"""Elements that may repeat: a list in JSON, also where there is one."""
_FLAGS: Final = frozenset({"HashOnly", "DocHashOnly", "SecureAlgorithm", "Signed"})


@dataclass(frozen=True, slots=True)
class Node:
    """An element: its prefixed name, its attributes, and either a text or children."""

    name: str
    children: tuple[Node, ...] = ()
    text: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def local(self) -> str:
        """The name without its prefix."""
        return self.name.partition(":")[2]


def node(name: str, *children: Node | None, **attributes: str) -> Node:
    """Make an element of those children that are there."""
    return Node(name, tuple(child for child in children if child is not None), attributes=attributes)


def leaf(name: str, text: str) -> Node:
    """Make an element with a text."""
    return Node(name, text=_FORBIDDEN.sub("\ufffd", text))


def given(name: str, text: str | None) -> Node | None:
    """Make an element where there is a text."""
    return leaf(name, text) if text else None


def flag(name: str, *, on: bool) -> Node:
    """Make an element that says true or false."""
    return Node(name, text="true" if on else "false")


def to_xml(root: Node) -> bytes:
    """Write the document, its prefixes declared on the root."""
    declared = "".join(f' xmlns:{prefix}="{address}"' for prefix, address in PREFIXES.items())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{_xml(root, declared)}\n'.encode()


def _xml(one: Node, declared: str = "") -> str:
    attributes = "".join(f' {name}="{escape(text)}"' for name, text in one.attributes.items())
    opened = f"<{one.name}{declared}{attributes}"
    if one.text is not None:
        return f"{opened}>{escape(one.text, quote=False)}</{one.name}>"
    if not one.children:
        return f"{opened}/>"
    return f"{opened}>{''.join(map(_xml, one.children))}</{one.name}>"


def to_json(one: Node) -> Any:
    """Give the JSON value: members named as elements and attributes, repeated ones as lists, a text as a string."""
    if one.text is not None:
        return one.text == "true" if one.local in _FLAGS else one.text
    value: dict[str, Any] = dict(one.attributes)
    for child in one.children:
        if child.local in _LISTS:
            value.setdefault(child.local, []).append(to_json(child))
        else:
            value[child.local] = to_json(child)
    return value
