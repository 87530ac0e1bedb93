"""One simulated stamp by hand: made with a certificate, connected to a real installation, used at the keyboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import typer
from rich.text import Text

from api.cli.console import err, installation, out, say, table
from api.problems.problem import describe
from api.stamps.drill.rig import HeldLine
from api.stamps.http_line import HttpLine
from api.stamps.mqtt_line import MqttLine
from ca.actor import SYSTEM
from ca.certificate import CertificateRequest, SubjectName
from ca.clock import system_clock
from ca.profile import CHIP_AUTH
from seals.devices.simulator.body import Head, Parts
from seals.devices.simulator.errors import SimulatorError
from seals.devices.simulator.firmware import Stamp
from seals.devices.simulator.memory import Memory, Plate, make_device, read_plate, set_up
from seals.devices.simulator.syncing import sync

HEAD_FILE: Final = "head"
AUTHORITIES_FILE: Final = "ca.pem"
HELP: Final = (
    "sync 同步 · tasks 任务 · press N [操作人] 用印 · head 14位编码 装印章头 · "
    "jam 卡快门 · open 开壳 · jolt 移动 · force 无任务按键 · quit 退出"
)


def make(home: Path | None, folder: Path, serial: str) -> None:
    """Make a stamp in ``folder`` and certify its chip by the installation at ``home``; whoever registers it comes next."""
    from api.stamps.broker import authorities_pem
    from hsm.durable import write_whole

    with installation(home) as services:
        services.demand_direct_issuance()
        chip = make_device(folder, Plate(serial))
        request = CertificateRequest(CHIP_AUTH.id, SubjectName(serial), chip.public_key)
        issued = services.authority.issue(request, request_key=f"stamp:{serial}", actor=SYSTEM)
        set_up(folder, issued.der, services.stamps.trust().authorities, 0)
        write_whole(folder / AUTHORITIES_FILE, authorities_pem(services))
    say(
        f"模拟设备 {serial} 已建立。证书序列号 {issued.serial:x}，请用它登记设备、装入印章，再用 --connect 连接。",
        f"Stamp {serial} is made. Register it with certificate {issued.serial:x}, mount a seal, then use --connect.",
    )


def operate(url: str, folder: Path) -> None:
    """Run the stamp of ``folder`` at the keyboard until ``quit`` or the end of the input."""
    head = folder / HEAD_FILE
    parts = Parts(head=Head(head.read_text(encoding="utf-8").strip() if head.exists() else ""))
    read_plate(folder)
    memory = Memory(folder)
    try:
        stamp = Stamp(memory, parts, system_clock)
        stamp.boot()
        line = _line(url, stamp)
        try:
            _loop(stamp, line, head)
        finally:
            line.close()
    finally:
        memory.close()


def _line(url: str, stamp: Stamp) -> HeldLine:
    if not url.startswith("mqtts://"):
        return HttpLine(url, stamp)
    from api.stamps.drill.run import device_credentials

    line = MqttLine(stamp, device_credentials(stamp, stamp.memory.folder / AUTHORITIES_FILE), url)
    line.open()
    return line


def _loop(stamp: Stamp, line: HeldLine, head: Path) -> None:
    say(f"设备 {stamp.serial} 已开机。{HELP}", f"Stamp {stamp.serial} is on; the words above work.")
    acts: dict[str, Callable[[list[str]], None]] = {
        "sync": lambda _rest: _sync(stamp, line),
        "tasks": lambda _rest: _tasks(stamp),
        "press": lambda rest: _press(stamp, rest),
        "head": lambda rest: _mount(stamp, rest, head),
        "jam": lambda _rest: _jam(stamp),
        "open": lambda _rest: stamp.open_case(),
        "jolt": lambda _rest: stamp.jolt(),
        "force": lambda _rest: stamp.force(),
    }
    while True:
        try:
            word, *rest = typer.prompt("印章", default="tasks", show_default=False).split() or ["tasks"]
        except (typer.Abort, EOFError):
            return
        if word == "quit":
            return
        try:
            acts.get(word, _unknown)(rest)
        except (SimulatorError, ValueError, IndexError) as refused:
            problem = describe(refused) if isinstance(refused, SimulatorError) else None
            told = f"{problem.zh} / {problem.en}" if problem else f"{HELP}"
            err().print(Text(told, style="red"), soft_wrap=True)


def _unknown(_rest: list[str]) -> None:
    say(HELP, "The words are above.")


def _sync(stamp: Stamp, line: HeldLine) -> None:
    done = sync(stamp, line)
    say(
        f"已上报 {done.events} 条事件，收到 {done.commands} 条指令，上传 {done.pictures} 张影像。",
        f"{done.events} events, {done.commands} orders, {done.pictures} pictures.",
    )


def _tasks(stamp: Stamp) -> None:
    if stamp.recall.locked:
        err().print(Text("设备已锁定 / locked", style="bold red"))
    listing = table("序号 / no.", "任务 / task", "末四位 / last 4", "剩余 / left")
    for number, task in enumerate(stamp.tasks(), 1):
        listing.add_row(str(number), task.title, task.tail, str(task.left))
    out().print(listing)


def _press(stamp: Stamp, rest: list[str]) -> None:
    task = stamp.tasks()[int(rest[0] if rest else "1") - 1]
    operator = rest[1] if len(rest) > 1 else (task.order.operators or ("person:li.wei",))[0]
    if typer.confirm(f"{task.title}（末四位 {task.tail}）确认用印？", default=True):
        stamp.press(operator, task)
        _tasks(stamp)


def _mount(stamp: Stamp, rest: list[str], head: Path) -> None:
    """Put a head in: the first one quietly, any other as what it is, a change."""
    wanted = Head(rest[0])
    head.write_text(wanted.seal, encoding="utf-8")
    if stamp.parts.head.seal:
        stamp.swap_head(wanted)
    else:
        stamp.parts.head = wanted


def _jam(stamp: Stamp) -> None:
    stamp.parts.shutter_jams = not stamp.parts.shutter_jams
    say(f"快门卡住：{stamp.parts.shutter_jams}", f"shutter jams: {stamp.parts.shutter_jams}")
