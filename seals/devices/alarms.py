"""Alarms: what raises one, what it stops, as one literal table. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Stop(StrEnum):
    """What an alarm stops at once."""

    NOTHING = "nothing"
    STAMP = "stamp"
    BOTH = "both"
    """The stamp, and the seal on both its sides."""
    OPENED = "opened"
    """As :attr:`BOTH`, and the stamp counts as tampered with until somebody has inspected it."""


class AlarmKind(StrEnum):
    """Why somebody must look."""

    MOVED = "moved"
    OPENED = "opened"
    OUTSIDE_FENCE = "outside_fence"
    NO_POSITION = "no_position"
    HEAD_CHANGED = "head_changed"
    WRONG_SEAL = "wrong_seal"
    NO_TASK = "no_task"
    OVER_COUNT = "over_count"
    LATE_USE = "late_use"
    STRANGER = "stranger"
    LOCKED_USE = "locked_use"
    STOPPED_USE = "stopped_use"
    UNKNOWN_PRESS = "unknown_press"
    UNCERTAIN_USE = "uncertain_use"
    COUNT_DIFFERS = "count_differs"
    OPEN_TOO_LONG = "open_too_long"
    CLOCK = "clock"
    GAP = "gap"
    FORK = "fork"
    ROLLBACK = "rollback"
    DISOBEYED = "disobeyed"
    ORDER_REFUSED = "order_refused"
    CASE_ENDED = "case_ended"
    PICTURE_LATE = "picture_late"
    PICTURE_UNKNOWN = "picture_unknown"
    BATTERY = "battery"

    @property
    def zh(self) -> str:
        """The words that pages show."""
        return ALARMS[self].zh

    @property
    def stop(self) -> Stop:
        """What it stops."""
        return ALARMS[self].stop


@dataclass(frozen=True, slots=True)
class Rule:
    """One alarm: its words and what it stops."""

    zh: str
    en: str
    stop: Stop


ALARMS: Final[dict[AlarmKind, Rule]] = {
    AlarmKind.MOVED: Rule("设备被移动", "The stamp was moved", Stop.NOTHING),
    AlarmKind.OPENED: Rule("设备外壳被打开", "The case was opened", Stop.OPENED),
    AlarmKind.OUTSIDE_FENCE: Rule("在电子围栏外", "Outside its fence", Stop.STAMP),
    AlarmKind.NO_POSITION: Rule("用印时没有定位", "No position although a fence is set", Stop.NOTHING),
    AlarmKind.HEAD_CHANGED: Rule("印章头被更换", "Another head is mounted", Stop.OPENED),
    AlarmKind.WRONG_SEAL: Rule(
        "用印时印章头与指令不符", "Pressed with another seal than ordered", Stop.OPENED
    ),
    AlarmKind.NO_TASK: Rule("无任务用印", "Used without a task", Stop.BOTH),
    AlarmKind.OVER_COUNT: Rule("超出批准次数", "Used more often than allowed", Stop.BOTH),
    AlarmKind.LATE_USE: Rule("指令过期后用印", "Used after the order's end", Stop.STAMP),
    AlarmKind.STRANGER: Rule("非指定人员用印", "Used by somebody who was not named", Stop.STAMP),
    AlarmKind.LOCKED_USE: Rule("锁定后用印", "Used while locked", Stop.BOTH),
    AlarmKind.STOPPED_USE: Rule("印章停用期间用印", "Used while its seal was stopped", Stop.STAMP),
    AlarmKind.UNKNOWN_PRESS: Rule(
        "上报了未预留的用印结果", "An outcome of a press that never began", Stop.BOTH
    ),
    AlarmKind.UNCERTAIN_USE: Rule(
        "用印结果存疑，按已用计", "A press in doubt, counted as used", Stop.NOTHING
    ),
    AlarmKind.COUNT_DIFFERS: Rule(
        "上报剩余次数与事件链不符", "The count sent is not the chain's", Stop.NOTHING
    ),
    AlarmKind.OPEN_TOO_LONG: Rule("用印预留久无结果", "A press without an outcome for long", Stop.NOTHING),
    AlarmKind.CLOCK: Rule("设备时钟不准", "The stamp's clock is wrong", Stop.NOTHING),
    AlarmKind.GAP: Rule("事件链有缺口", "Events are missing from the chain", Stop.STAMP),
    AlarmKind.FORK: Rule("事件链分叉", "The chain forks", Stop.STAMP),
    AlarmKind.ROLLBACK: Rule("事件链回退", "The chain was rolled back", Stop.STAMP),
    AlarmKind.DISOBEYED: Rule("设备执行了不应执行的指令", "The stamp obeyed what it must refuse", Stop.STAMP),
    AlarmKind.ORDER_REFUSED: Rule("设备拒绝了指令", "The stamp refused an order", Stop.NOTHING),
    AlarmKind.CASE_ENDED: Rule("用印单已不接受用印", "The case does not take this use", Stop.STAMP),
    AlarmKind.PICTURE_LATE: Rule(
        "影像逾 24 小时未到", "A picture is missing for over 24 hours", Stop.NOTHING
    ),
    AlarmKind.PICTURE_UNKNOWN: Rule("影像不属于任何用印", "A picture of no use on record", Stop.NOTHING),
    AlarmKind.BATTERY: Rule("电量低", "The battery is low", Stop.NOTHING),
}
"""What an automatic stop costs is a day's work, what a missed one costs is a forged contract: what can only come from a
device that is not the one we set up, or that printed without leave, stops the seal on both its sides."""


@dataclass(frozen=True, slots=True)
class Raised:
    """An alarm about to be recorded: kind, event number (0 if about none), what was seen, the octets that prove it."""

    kind: AlarmKind
    number: int
    detail: str = ""
    proof: str = ""
