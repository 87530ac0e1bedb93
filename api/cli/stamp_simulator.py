"""``yinxin stamp-simulator``: the drill of smart stamps, the soak, or one stamp against a real installation."""

from __future__ import annotations

import contextlib
import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from api.cli.console import REFUSED, HomeOption, JsonOption, err, leave, out, table

if TYPE_CHECKING:
    from api.stamps.drill.run import DrillPlan
    from api.stamps.drill.scenario import End, Verdict
    from api.stamps.drill.soak import SoakPlan

Scenario = Annotated[
    str,
    typer.Option(
        "--scenario", help="场景名或 all；--list 列出 / a scenario's name, or all; --list shows them"
    ),
]


def stamp_simulator(
    scenario: Scenario = "",
    *,
    as_json: JsonOption = False,
    show: Annotated[bool, typer.Option("--list", help="列出场景 / list the scenarios")] = False,
    broker: Annotated[
        bool, typer.Option("--broker", help="经自启的 mosquitto / over a mosquitto that is started for it")
    ] = False,
    mqtt: Annotated[
        str,
        typer.Option("--mqtt", help="经此消息服务器 mqtts://…，与 --tls 同用 / over this broker, with --tls"),
    ] = "",
    tls: Annotated[
        Path | None,
        typer.Option("--tls", help="为该服务器写出配置与证书的空目录 / empty folder for that broker's files"),
    ] = None,
    database: Annotated[
        str, typer.Option("--database", help="空数据库 URL，默认 SQLite / URL of an empty database")
    ] = "",
    stamps: Annotated[int, typer.Option(min=0, max=1000, help="浸泡：设备数 / soak: stamps")] = 0,
    minutes: Annotated[float, typer.Option(min=0.2, max=1440, help="浸泡：模拟分钟 / soak: minutes")] = 10,
    speed: Annotated[
        float,
        typer.Option(min=0, help="浸泡：加速倍数，0 为最快 / soak: times life, 0 is as fast as it goes"),
    ] = 0,
    seed: Annotated[int, typer.Option(help="浸泡：故障随机种子 / soak: seed of the faults")] = 1,
    connect: Annotated[
        str, typer.Option("--connect", help="连接真实系统 https://… 或 mqtts://… / a real installation")
    ] = "",
    device: Annotated[Path | None, typer.Option("--device", help="设备目录 / the stamp's folder")] = None,
    new: Annotated[
        str,
        typer.Option("--new", help="在 --device 新建此序列号的设备并签发证书 / make a stamp of this serial"),
    ] = "",
    home: HomeOption = None,
) -> None:
    """智能印章模拟器：故障与篡改演练、浸泡测试、单台交互 / simulate smart stamps: drill, soak, or one by hand."""
    with _quiet():
        if new or connect:
            from api.cli.stamp_device import make, operate

            return make(home, _folder(device), new) if new else operate(connect, _folder(device))
        if show:
            return _list()
        return _drill(
            scenario or ("" if stamps else "all"),
            _plan(database, mqtt, tls, broker=broker),
            _soak(stamps, minutes, speed, seed),
            as_json=as_json,
        )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the log of provoked faults off the terminal, and give the log back as it was."""
    log = logging.getLogger("yinxin")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)


def _folder(device: Path | None) -> Path:
    if device is None:
        raise typer.BadParameter("需要设备目录 / the stamp's folder is needed", param_hint="--device")
    return device


def _list() -> None:
    from api.stamps.drill.run import SCENARIOS

    listing = table("场景 / scenario", "内容 / what happens")
    for one in SCENARIOS:
        listing.add_row(one.name, f"{one.zh}\n{one.en}")
    out().print(listing)


def _plan(database: str, mqtt: str, tls: Path | None, *, broker: bool) -> DrillPlan:
    from api.stamps.drill.run import DrillPlan

    if bool(mqtt) != (tls is not None):
        raise typer.BadParameter(
            "--mqtt 与 --tls 须同时给出 / --mqtt and --tls go together", param_hint="--mqtt"
        )
    return DrillPlan(database, broker, mqtt, tls, progress=_tell)


def _soak(stamps: int, minutes: float, speed: float, seed: int) -> SoakPlan | None:
    from api.stamps.drill.soak import SoakPlan

    return SoakPlan(stamps, minutes, speed, seed) if stamps else None


def _tell(line: str) -> None:
    err().print(Text(line, style="dim"), soft_wrap=True)


def _drill(name: str, plan: DrillPlan, soak: SoakPlan | None, *, as_json: bool) -> None:
    from api.stamps.drill.run import chosen, drill

    wanted, good = chosen(name) if name else (), True
    verdicts: list[Verdict] = []
    with drill(plan) as running:
        for number, one in enumerate(wanted, 1):
            _tell(f"[{number}/{len(wanted)}] {one.name}  {one.zh}")
            verdict = running.play(one)
            good = good and verdict.passed
            verdicts.append(verdict)
            if as_json:
                _line(verdict.to_json())
        if verdicts and not as_json:
            _show(verdicts)
        if soak is not None:
            report = running.soak(soak, _tell)
            good = good and report.passed
            _line(report.to_json()) if as_json else _show_soak(report.to_json())
    if not good:
        leave(REFUSED)


def _line(members: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(members, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _show(verdicts: list[Verdict]) -> None:
    listing = table("结果 / result", "场景 / scenario", "终态 / end reached")
    for one in verdicts:
        mark = Text("✓ 通过", style="green") if one.passed else Text("✗ 未通过", style="bold red")
        told = _told(one.reached) if one.passed else one.fault or "；".join(one.differences())
        listing.add_row(mark, f"{one.scenario.zh}\n{one.scenario.name}", told)
    out().print(listing)


def _told(end: End) -> str:
    alarms = "、".join(end.alarms) or "无"
    return f"设备 {end.stamp} · 印章 {end.seal} · 剩余 {end.left} · 已用 {end.used} · 告警 {alarms}"


def _show_soak(found: dict[str, object]) -> None:
    style = "green" if found["passed"] else "bold red"
    out().print(
        Text(f"浸泡：{found['reached']}，用印 {found['uses']} 次，事件 {found['events']} 条", style=style)
    )
    out().print(Text(f"soak: {json.dumps(found, ensure_ascii=False)}", style="dim"), soft_wrap=True)
