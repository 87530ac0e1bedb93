"""Nothing that a caller sends is passed over: unknown fields are refused, fields sent twice, and what no database keeps.

A misspelt ``departement`` would otherwise be answered as if nobody had asked a department. What a route knows is read from its own
signature.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, get_args, get_origin

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError

from ca.store import is_storable
from verify.terminal import safe

_FORMS: Final = ("multipart/form-data", "application/x-www-form-urlencoded")
_TOLD: Final = 5
"""Faults that one answer names."""
_LONGEST: Final = 80
"""Characters that are repeated of a name that somebody sent."""
Known = Mapping[str, bool]
"""The names of fields; true where one may be sent more than once."""


def _declared(dependant: Dependant, place: str) -> Iterator[tuple[str, bool]]:
    for field in getattr(dependant, f"{place}_params"):
        yield field.alias, _is_list(field.field_info.annotation)
    for inner in dependant.dependencies:
        yield from _declared(inner, place)


def _is_list(annotation: Any) -> bool:
    """Tell whether a list may stand there: ``list[…]``, alone or with ``None``."""
    return get_origin(annotation) is list or any(map(_is_list, get_args(annotation)))


async def _check(request: Request) -> None:
    """Raise ``RequestValidationError`` that names what is not known, or sent twice."""
    dependant: Dependant = request.scope["route"].dependant
    known = {place: dict(_declared(dependant, place)) for place in ("query", "body")}
    faults = [
        *_unstorable("path", request.path_params.items()),
        *_faults("query", request.query_params.multi_items(), known),
    ]
    if request.headers.get("content-type", "").lower().startswith(_FORMS):
        form = await request.form()
        faults += _faults("body", form.multi_items(), known)
        if not known["body"]:  # nobody else closes what nobody declared
            await form.close()
    if faults:
        raise RequestValidationError(faults[:_TOLD])


def _unstorable(place: str, sent: Iterable[tuple[str, object]]) -> Iterator[dict[str, Any]]:
    for name, value in sent:
        if isinstance(value, str) and not is_storable(value):
            yield _fault(
                place,
                name,
                "含有空字符（NUL）等无法保存的字符",
                "it has a character that nothing keeps (NUL)",
            )


def _faults(
    place: str, sent: Sequence[tuple[str, object]], known: Mapping[str, Known]
) -> Iterator[dict[str, Any]]:
    yield from _unstorable(place, sent)
    other = "body" if place == "query" else "query"
    for name, count in Counter(name for name, _ in sent).items():
        if name in known[place]:
            if count > 1 and not known[place][name]:
                yield _fault(place, name, "只能提交一次", "it is sent once")
        elif name in known[other]:
            zh, en = ("表单", "the form") if other == "body" else ("地址参数", "the address")
            yield _fault(place, name, f"应放在{zh}中提交", f"it belongs into {en}")
        else:
            listed = sorted(known[place])
            yield _fault(
                place,
                name,
                f"没有这一项；可用的有：{'、'.join(listed) or '无'}",
                f"there is no such field; there are: {', '.join(listed) or 'none'}",
            )


def _fault(place: str, name: str, zh: str, en: str) -> dict[str, Any]:
    return {"type": "said", "loc": (place, safe(name[:_LONGEST])), "msg": en, "ctx": {"zh": zh, "en": en}}


KnownFields: Final[Any] = Depends(_check)
"""What a router asks whose routes pass nothing over: ``dependencies=[KnownFields]``."""
