"""智能印章: devices with what is left, alarms, and each use with the state of its picture (已同步 / 同步中 / 缺失)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.access.scopes import Scope
from api.errors import NotFound
from api.pages.console.forms import Csrf, Text, done, posted
from api.pages.console.frame import Frame, enter
from api.pages.console.tones import PICTURE_TONES, STAMP_TONES
from api.services import Services
from ca.actor import Actor
from seals.devices.alarms import ALARMS, Stop
from seals.devices.board import StampView, UseQuery
from seals.devices.errors import AlarmUnknown, StampUnknown
from seals.devices.stamp import Alarm, Stamp, UseRecord
from seals.devices.state import TRANSITIONS, StampAct, UseStatus

router = APIRouter(include_in_schema=False)
PAGE_TILES: Final = 24
MAX_ALARMS: Final = 20
MAX_USES: Final = 50
USE_TONES: Final = {
    UseStatus.OPEN: "indeterminate",
    UseStatus.USED: "passed",
    UseStatus.UNCERTAIN: "failed",
    UseStatus.RETURNED: "unreadable",
}


@dataclass(frozen=True, slots=True)
class StampDeed:
    """An act that the page offers: the scope it takes, and how the desk does it."""

    act: StampAct
    scope: Scope
    do: Callable[[Services, str, Actor, str], object]


ACTS: Final = {
    one.act.value: one
    for one in (
        StampDeed(
            StampAct.LOCK,
            Scope.SEAL_FREEZE,
            lambda d, s, who, why: d.stamps.register.lock(s, actor=who, reason=why),
        ),
        StampDeed(
            StampAct.REPORT_LOST,
            Scope.SEAL_FREEZE,
            lambda d, s, who, why: d.stamps.report_lost(s, actor=who, reason=why),
        ),
        StampDeed(
            StampAct.REPORT_FOUND,
            Scope.STAMP_MANAGE,
            lambda d, s, who, why: d.stamps.register.report_found(s, actor=who, reason=why),
        ),
        StampDeed(
            StampAct.INSPECT,
            Scope.STAMP_MANAGE,
            lambda d, s, who, why: d.stamps.register.inspect(s, actor=who, reason=why),
        ),
        StampDeed(
            StampAct.CONFIRM_MOUNT,
            Scope.STAMP_MANAGE,
            lambda d, s, who, _why: d.stamps.register.confirm_mount(s, actor=who),
        ),
        StampDeed(
            StampAct.REQUEST_UNLOCK,
            Scope.STAMP_MANAGE,
            lambda d, s, who, why: d.stamps.register.request_unlock(s, actor=who, reason=why),
        ),
        StampDeed(
            StampAct.CONFIRM_UNLOCK,
            Scope.STAMP_MANAGE,
            lambda d, s, who, _why: d.stamps.register.confirm_unlock(s, actor=who),
        ),
    )
}
_CONFIRMING: Final = (StampAct.CONFIRM_MOUNT, StampAct.CONFIRM_UNLOCK)


@router.get("/console/stamps")
def board(request: Request, after: Annotated[str, Query(max_length=32)] = "") -> Response:
    """Show the devices, what nobody has looked at yet, and pictures that are overdue."""
    frame = enter(request, "stamps")
    if isinstance(frame, Response):
        return frame
    desk, uscc = frame.doors.stamps.board, frame.caller.actor.uscc
    page = desk.list(uscc, after=after, limit=PAGE_TILES)
    late = desk.uses(UseQuery(uscc=uscc, late=True, limit=MAX_USES))
    alarms = desk.alarms(uscc=uscc)
    return frame.page(
        "stamps.html",
        tiles=[_tile(view) for view in page.items],
        following=page.next or "",
        alarms=[_alarm(frame, one) for one in alarms[:MAX_ALARMS]],
        figures=(
            ("online", sum(view.online for view in page.items), "passed"),
            ("offline", sum(not view.online for view in page.items), "unreadable"),
            ("alarms", len(alarms), "failed" if alarms else "passed"),
            ("late", len(late), "failed" if late else "passed"),
        ),
        late=[_use(frame, one) for one in late],
    )


@router.get("/console/stamps/{serial}")
def one(request: Request, serial: str) -> Response:
    """Show one stamp: what it holds, its tasks, its uses with their pictures, its alarms."""
    frame = enter(request, "stamps")
    if isinstance(frame, Response):
        return frame
    try:
        view = frame.doors.stamps.board.view(serial)
    except StampUnknown:
        return frame.gone("stamps.gone")
    frame.caller.acting_for(view.stamp.uscc)
    desk = frame.doors.stamps.board
    return frame.page(
        "stamp.html",
        view=view,
        stamp=view.stamp,
        tile=_tile(view),
        uses=[_use(frame, use) for use in desk.uses(UseQuery(serial, limit=MAX_USES))],
        alarms=[_alarm(frame, alarm) for alarm in desk.alarms(serial=serial, open_only=False)[-MAX_ALARMS:]],
        acts=_acts(frame, view.stamp),
    )


@router.post("/console/stamps/{serial}/{act}")
def do(request: Request, serial: str, act: str, csrf: Csrf, reason: Text = "") -> Response:
    """Do one act of the table to a stamp."""
    chosen = ACTS.get(act)
    if chosen is None:
        raise NotFound
    frame = posted(request, "stamps", csrf, chosen.scope)
    frame.caller.acting_for(frame.doors.stamps.register.get(serial).uscc)
    chosen.do(frame.doors, serial, frame.caller.actor, reason)
    return done(f"/console/stamps/{serial}")


@router.post("/console/stamp-alarms/{alarm}/acknowledgement")
def acknowledge(request: Request, alarm: int, csrf: Csrf, note: Text) -> Response:
    """Record that somebody looked, and what they found."""
    frame = posted(request, "stamps", csrf, Scope.STAMP_MANAGE)
    owner = frame.doors.stamps.board.alarm_owner(alarm)
    if owner is None:
        raise AlarmUnknown(str(alarm))
    frame.caller.acting_for(owner)
    frame.doors.stamps.alarms.acknowledge(alarm, actor=frame.caller.actor, note=note)
    return done("/console/stamps")


def _tile(view: StampView) -> dict[str, Any]:
    stamp = view.stamp
    return {
        "serial": stamp.serial,
        "model": stamp.model,
        "status": f"stamp.status.{stamp.status.value}",
        "tone": STAMP_TONES[stamp.status.value],
        "online": view.online,
        "seal": stamp.seal,
        "battery": stamp.battery,
        "tasks": [
            {
                "title": task.title or task.kind.value,
                "case": task.case,
                "left": task.left,
                "count": task.count,
            }
            for task in view.tasks
        ],
        "left": sum(task.left for task in view.tasks),
        "alarms": view.open_alarms,
        "late": view.pictures_late,
        "seen": stamp.seen_at,
    }


def _alarm(frame: Frame, alarm: Alarm) -> dict[str, Any]:
    rule = ALARMS[alarm.kind]
    return {
        "id": alarm.id,
        "stamp": alarm.stamp,
        "words": rule.zh if frame.language == "zh" else rule.en,
        "tone": "unreadable"
        if alarm.acknowledged_at
        else "indeterminate"
        if rule.stop is Stop.NOTHING
        else "failed",
        "stops": f"stamps.stops.{rule.stop.value}",
        "at": alarm.raised_at,
        "detail": alarm.detail,
        "by": alarm.acknowledged_by,
        "note": alarm.note,
        "open": alarm.acknowledged_at is None,
    }


def _use(frame: Frame, use: UseRecord) -> dict[str, Any]:
    """Tell a use; a picture that is not here after its time is red (mission: 24 hours)."""
    late = use.picture_late(frame.doors.clock())
    return {
        "stamp": use.stamp,
        "number": use.number,
        "case": use.case,
        "operator": use.operator,
        "status": f"stamps.use.{use.status.value}",
        "tone": USE_TONES[use.status],
        "at": use.pressed_at,
        "picture": f"stamps.picture.{use.picture.value}",
        "picture_tone": "failed" if late else PICTURE_TONES[use.picture.value],
        "late": late,
        "here": use.picture.value == "here",
        "fault": use.fault,
    }


def _acts(frame: Frame, stamp: Stamp) -> list[str]:
    """Return what this reader may do now: by the table, by scope, and never alone what takes two."""
    return [
        name
        for name, one in ACTS.items()
        if one.scope in frame.caller.scopes
        and stamp.status in TRANSITIONS[one.act]
        and _fits(frame.caller.actor, stamp, one.act)
    ]


def _fits(actor: Actor, stamp: Stamp, act: StampAct) -> bool:
    if act in _CONFIRMING:
        return bool(stamp.asked_by) and not actor.is_any_of(stamp.asked_by)
    return act is not StampAct.REQUEST_UNLOCK or not stamp.asked_by
