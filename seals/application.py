"""From an application to a new pair: what is checked, and how the record and its picture come about. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from seals.drawing.geometry import Template, template
from seals.drawing.picture import PictureSpec, check_texts, draw, title_of
from seals.drawing.vector import SealPicture
from seals.errors import ApplicationInvalid
from seals.seal import (
    FIRST_STATUS,
    ElectronicSide,
    PhysicalSide,
    SealApplication,
    SealOwner,
    SealRecord,
    is_physical_code,
)

MAX_VALID_DAYS: Final = 5 * 366
"""Longest validity of a seal, in days."""
MAX_KEEPERS: Final = 20
"""Most keepers of one seal."""
UPLOADED: Final = "uploaded"
"""The template's key of a seal that bears an uploaded picture: no row of the table gave its measures."""
MAX_ACTOR: Final = 200
"""Longest actor id, in characters."""


@dataclass(frozen=True, slots=True)
class NewPair:
    """A record about to be written, with its approved picture."""

    record: SealRecord
    picture: SealPicture


def check(application: SealApplication) -> Template:
    """Check what needs no code and no drawing; return the template. Raises :class:`ApplicationInvalid`, TextUnfit."""
    found = template(application.kind, application.template)
    if application.physical_code is not None and not is_physical_code(application.physical_code):
        raise ApplicationInvalid("实物印章编码须为 13 位数字。", "A physical seal code has 13 digits.")
    days = application.valid_days
    if days is not None and not 1 <= days <= MAX_VALID_DAYS:
        raise ApplicationInvalid(
            f"有效期须为 1 至 {MAX_VALID_DAYS} 天。", f"A seal is valid for 1 to {MAX_VALID_DAYS} days."
        )
    keepers = keepers_of(application)
    if len(keepers) > MAX_KEEPERS or not all(0 < len(actor) <= MAX_ACTOR for actor in keepers):
        raise ApplicationInvalid(
            f"保管人须为 1 至 {MAX_KEEPERS} 人，且标识不能为空。",
            f"A seal has 1 to {MAX_KEEPERS} keepers, each with an id.",
        )
    return found


def keepers_of(application: SealApplication) -> tuple[str, ...]:
    """Return the keepers, the principal among them, sorted, each once."""
    return tuple(sorted({application.keeper, *application.keepers}))


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a pair comes from: who applied, when, the pair it follows, the picture if one was uploaded for it."""

    applicant: str
    at: datetime
    predecessor: str | None = None
    uploaded: SealPicture | None = None


def found_pair(
    application: SealApplication, owner: SealOwner, codes: tuple[str, str], origin: Origin, valid_days: int
) -> NewPair:
    """Make the record of a pair (``codes``: physical, electronic) and draw its approved picture, or take the uploaded one.

    A name or character that cannot be drawn raises :class:`seals.errors.PictureError`.
    """
    chosen = check(application)
    spec = PictureSpec(
        kind=application.kind,
        name=owner.name,
        code=codes[0],
        line=application.line,
        person=application.person,
        uscc=owner.uscc,
        template=chosen.key,
        approved=True,
    )
    check_texts(spec)
    picture = origin.uploaded or draw(spec)
    record = SealRecord(
        kind=application.kind,
        name=title_of(spec),
        owner=owner,
        line=application.line,
        person=application.person,
        physical=_physical(codes[0], chosen, origin.uploaded),
        electronic=ElectronicSide(codes[1], picture.digest, None),
        status=FIRST_STATUS,
        applied_at=origin.at,
        valid_days=application.valid_days or valid_days,
        valid_from=None,
        valid_to=None,
        keeper=application.keeper,
        keepers=keepers_of(application),
        applicant=origin.applicant,
        approver=None,
        resume_requested_by=None,
        predecessor=origin.predecessor,
        successor=None,
        moves=1,
        engrave=application.engrave,
    )
    return NewPair(record, picture)


def _physical(code: str, chosen: Template, uploaded: SealPicture | None) -> PhysicalSide:
    if uploaded is None:
        return PhysicalSide(code, chosen.key, chosen.width, chosen.height)
    width, height = map(round, uploaded.size_mm)
    return PhysicalSide(code, UPLOADED, width, height)


def following(before: SealRecord) -> SealApplication:
    """Return the application for the pair that takes ``before``'s place after a change of name.

    An uploaded picture shows the old name: the new pair is drawn.
    """
    template_of_before = before.physical.template
    return SealApplication(
        uscc=before.owner.uscc,
        kind=before.kind,
        keeper=before.keeper,
        keepers=before.keepers,
        template=None if template_of_before == UPLOADED else template_of_before,
        line=before.line,
        person=before.person,
        valid_days=before.valid_days,
        engrave=before.engrave,
    )
