"""The console's application for a seal, with the picture at true size as it is filled in (B1).

Without a script the form shows its picture when asked to; with one it follows the typing. Either way nothing is recorded
before the form is sent, and the picture bears 未备案.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from api.access.scopes import Scope
from api.pages.console.forms import Csrf, Text, done, posted
from api.pages.console.frame import Frame, enter
from ca.actor_ids import entered_id
from ca.errors import CaError
from seals.drawing.geometry import TEMPLATES, Template, template
from seals.drawing.picture import PictureSpec, draw
from seals.errors import SealError
from seals.seal import SealApplication, SealKind

router = APIRouter(include_in_schema=False)
NO_CODE: Final = "0" * 13
"""Drawn in the preview: a code is allocated when the application is on record."""
Kind = Annotated[str, Query(pattern="^(01|02|03|04|05|99)$")]
Word = Annotated[str, Query(max_length=64)]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the form asks for."""

    uscc: str = ""
    kind: str = "01"
    template: str = ""
    line: str = ""
    person: str = ""

    @property
    def chosen(self) -> Template:
        """The template asked for; the kind's first one where another kind's was left standing."""
        kind = SealKind.of(self.kind)
        fits = any(one.key == self.template for one in TEMPLATES if one.kind is kind)
        return template(kind, self.template if fits else None)


@router.get("/console/seal-application")
def form(  # noqa: PLR0913, PLR0917 - the fields of the form
    request: Request,
    uscc: Word = "",
    kind: Kind = "01",
    template: Word = "",
    line: Word = "",
    person: Word = "",
) -> Response:
    """Show the form, filled in as far as the address says, with its picture."""
    frame = enter(request, "seals")
    if isinstance(frame, Response):
        return frame
    wanted = Wanted(frame.caller.actor.uscc or uscc.strip(), kind, template, line.strip(), person.strip())
    return _page(frame, wanted)


@router.get("/console/seal-application/preview.svg")
def preview(  # noqa: PLR0913, PLR0917 - the same fields
    request: Request,
    uscc: Word = "",
    kind: Kind = "01",
    template: Word = "",
    line: Word = "",
    person: Word = "",
) -> Response:
    """Draw what the form asks for, at true size; what cannot be drawn is a problem that says why."""
    frame = enter(request, "seals")
    if isinstance(frame, Response):
        return frame
    frame.caller.require(Scope.SEAL_APPLY)
    wanted = Wanted(uscc.strip(), kind, template, line.strip(), person.strip())
    frame.caller.acting_for(wanted.uscc)
    return Response(_drawn(frame, wanted), media_type="image/svg+xml")


@router.post("/console/seal-application")
def send(  # noqa: PLR0913, PLR0917 - the same fields, and who keeps the seal
    request: Request,
    csrf: Csrf,
    uscc: Text,
    kind: Annotated[str, Form(pattern="^(01|02|03|04|05|99)$")],
    keeper: Text,
    template: Text = "",
    line: Text = "",
    person: Text = "",
    physical: Text = "",
    keepers: Text = "",
    engrave: Text = "",
) -> Response:
    """Record the application."""
    frame = posted(request, "seals", csrf, Scope.SEAL_APPLY)
    frame.caller.acting_for(uscc)
    application = SealApplication(
        uscc=uscc.strip(),
        kind=SealKind.of(kind),
        keeper=entered_id(keeper.strip()),
        keepers=tuple(map(entered_id, keepers.replace("，", " ").replace(",", " ").split())),
        template=Wanted(uscc, kind, template).chosen.key,
        line=line.strip(),
        person=person.strip(),
        physical_code=physical.strip() or None,
        engrave=bool(engrave),
    )
    made = frame.doors.seals.apply(application, actor=frame.caller.actor)
    return done(f"/console/seals/{made.code}")


def _page(frame: Frame, wanted: Wanted) -> Response:
    owner, fault = None, ""
    try:
        owner = frame.doors.enterprises.get(wanted.uscc) if wanted.uscc else None
        if owner is not None:
            _drawn(frame, wanted)
    except (CaError, SealError) as wrong:
        fault = wrong.zh if frame.language == "zh" else wrong.en
    return frame.page(
        "seal_application.html",
        wanted=wanted,
        owner=owner,
        chosen=wanted.chosen,
        kinds=[(kind.code, kind.zh if frame.language == "zh" else kind.en) for kind in SealKind],
        templates=[_told(one) for one in TEMPLATES],
        fault=fault,
        bound=frame.caller.actor.uscc is not None,
    )


def _told(one: Template) -> dict[str, Any]:
    shape = {"round": "○", "oval": "⬭", "square": "□"}[one.shape.value]
    return {"key": one.key, "kind": one.kind.code, "words": f"{shape} {one.width} × {one.height} mm"}


def _drawn(frame: Frame, wanted: Wanted) -> str:
    owner = frame.doors.enterprises.get(wanted.uscc)
    chosen = wanted.chosen
    spec = PictureSpec(
        kind=chosen.kind,
        name=owner.name,
        code=NO_CODE,
        line=wanted.line,
        person=wanted.person,
        uscc=owner.uscc,
        template=chosen.key,
    )
    return draw(spec).svg()
