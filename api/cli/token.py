"""``yinxin token``: inventory, personalisation, issue, PIN states, PIN letters, unblocking."""

from __future__ import annotations

import shlex
import subprocess
from typing import Annotated

import typer

from api.cli.console import (
    ActorOption,
    HomeOption,
    JsonOption,
    installation,
    out,
    person,
    print_json,
    say,
    table,
)
from api.cli.token_plan import CLERK, SECOND, Serial
from api.cli.token_plan import register as register_plan_commands
from api.errors import InputInvalid
from api.schemas.chips import LetterModel, UnblockModel
from api.schemas.tokens import TokenModel
from api.tokens.pin_letter import SIGNED_AT, draw_letter, letter_text
from ca.tokens.letter_store import UnblockTask
from ca.tokens.state import TokenState
from ca.tokens.token import Holder, NewToken, Token, TokenQuery

app = typer.Typer(help="令牌 / tokens", no_args_is_help=True)
register_plan_commands(app)


@app.command()
def register(
    serial: Serial,
    *,
    model: Annotated[str, typer.Option(help="型号 / model")] = "集证通 A1",
    medium: Annotated[str, typer.Option(help="接口：pkcs11 skf file；不给则用本系统的密钥库")] = "",
    batch: Annotated[str, typer.Option(help="批次 / batch")] = "",
    number: Annotated[str, typer.Option(help="芯片号（来自已发放号段）/ chip number")] = "",
    uscc: Annotated[str, typer.Option(help="为哪个企业制作 / enterprise it is made for")] = "",
    home: HomeOption = None,
    actor: ActorOption = CLERK,
) -> None:
    """登记入库 / put a chip into the inventory."""
    with installation(home) as services:
        new = NewToken(serial, model, medium or services.key_stores.scheme, batch, number, Holder(uscc))
        told(services.tokens.register(new, actor=person(actor)))


@app.command("list")
def list_tokens(
    *,
    home: HomeOption = None,
    uscc: Annotated[str, typer.Option(help="统一社会信用代码")] = "",
    state: Annotated[TokenState | None, typer.Option(help="状态 / state")] = None,
    batch: Annotated[str, typer.Option(help="批次 / batch")] = "",
    after: Annotated[str, typer.Option(help="上一页最后的序列号 / last serial of the page before")] = "",
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    as_json: JsonOption = False,
) -> None:
    """令牌列表 / list tokens."""
    with installation(home) as services:
        page = services.tokens.list(TokenQuery(uscc, state, batch, after, limit))
    if as_json:
        items = [TokenModel.of(token) for token in page.items]
        print_json({"items": items, "next": page.next})
        return
    listing = table(
        "序列号 / serial", "型号 / model", "持有者 / holder", "证书 / certificates", "状态 / state"
    )
    for token in page.items:
        many = sum(len(container.keys) for part in token.applications for container in part.containers)
        holder = token.holder.name or token.holder.uscc or "—"
        listing.add_row(token.serial, token.model, holder, str(many), token.state.zh)
    out().print(listing)


@app.command()
def show(serial: Serial, home: HomeOption = None) -> None:
    """令牌详情 / show a token."""
    with installation(home) as services:
        token, history = services.tokens.get(serial), services.tokens.history(serial)
    print_json(TokenModel.of(token, history))


@app.command()
def issue(
    serial: Serial,
    *,
    uscc: Annotated[str, typer.Option(help="统一社会信用代码 / enterprise")],
    receiver: Annotated[str, typer.Option(help="领取人 / who receives it: person:ID=NAME")],
    home: HomeOption = None,
    actor: ActorOption = CLERK,
) -> None:
    """发放给持有人 / hand a token to its holder."""
    who = person(receiver, uscc)
    with installation(home) as services:
        told(services.tokens.issue(serial, Holder(uscc, who.id, who.name), actor=person(actor)))


@app.command()
def pins(serial: Serial, home: HomeOption = None) -> None:
    """读取剩余可试次数，不消耗次数 / read the tries left; costs none."""
    with installation(home) as services:
        for part in services.tokens.get(serial).applications:
            services.token_work.gate.read_pin(serial, part.name)
        token = services.tokens.get(serial)
    listing = table("应用 / application", "剩余 / left", "上限 / limit", "锁定 / locked")
    for part in token.applications:
        left = "?" if part.pin.left is None else str(part.pin.left)
        listing.add_row(part.name, left, str(part.policy.tries), "是 yes" if part.pin.locked else "否 no")
    out().print(listing)


@app.command()
def letters(serial: Serial, home: HomeOption = None) -> None:
    """密码信列表（不显示内容）/ list PIN letters, not what they say."""
    with installation(home) as services:
        found = services.token_work.letters.of_token(serial)
    print_json({"items": [LetterModel.of(each) for each in found]})


@app.command()
def letter(
    number: Annotated[int, typer.Argument(help="密码信编号 / number of the letter")],
    *,
    printer: Annotated[
        str,
        typer.Option(help="打印命令，信件由标准输入送入，不落盘 / command that prints its standard input"),
    ] = "lp",
    home: HomeOption = None,
    actor: ActorOption = CLERK,
) -> None:
    """打印密码信，只能一次 / print a PIN letter, once; it goes to the printer and to no file."""
    command = shlex.split(printer)
    if not command:
        raise InputInvalid("--printer 不能为空。", "--printer names a command.")
    with installation(home) as services:
        services.service_seal.ready(actor=person(actor))
        printed = services.token_work.letters.print(number, actor=person(actor))
        holder = services.enterprises.get(printed.token.holder.uscc).name
        text = letter_text(printed, holder, demo=not services.settings.production)
        page = services.service_seal.sign(draw_letter(text, printed.pin), SIGNED_AT, actor=person(actor))
    try:
        status = subprocess.run(command, input=page, check=False).returncode  # noqa: S603 - the operator's printer
    except OSError:
        status = -1
    if status:
        raise InputInvalid(
            f"打印命令失败（{status}）；该信已作废，请申请解锁以换发新的密码信。",
            f"The printing command failed ({status}); the letter is spent: ask for unblocking to have a new one.",
        )
    say(f"密码信 {number} 已送往打印机。", f"Letter {number} went to the printer.")


@app.command("unblock-request")
def unblock_request(
    serial: Serial,
    application: Annotated[str, typer.Argument(help="应用 / application")],
    *,
    reason: Annotated[str, typer.Option(help="原因 / reason")],
    home: HomeOption = None,
    actor: ActorOption = CLERK,
) -> None:
    """申请解锁或补打密码信 / ask for unblocking, or for another letter."""
    with installation(home) as services:
        task = services.token_work.unblocking.request(serial, application, reason=reason, actor=person(actor))
    _task(task)


@app.command("unblock-approve")
def unblock_approve(
    task: Annotated[int, typer.Argument(help="解锁任务编号 / number of the task")],
    *,
    reject: Annotated[bool, typer.Option("--reject", help="拒绝 / turn it down")] = False,
    home: HomeOption = None,
    actor: ActorOption = SECOND,
) -> None:
    """批准解锁，须由另一人；将设置新 PIN 并生成新信 / approve as another person; sets a new PIN."""
    with installation(home) as services:
        unblocking = services.token_work.unblocking
        act = unblocking.reject if reject else unblocking.approve
        done = act(task, actor=person(actor))
    _task(done)


@app.command("unblock-list")
def unblock_list(
    serial: Annotated[str, typer.Option(help="令牌序列号 / serial number")] = "", home: HomeOption = None
) -> None:
    """解锁任务列表 / list unblocking tasks."""
    with installation(home) as services:
        found = services.token_work.unblocking.list(token=serial)
    print_json({"items": [UnblockModel.of(task) for task in found]})


def told(token: Token) -> None:
    """Print one line about a token."""
    say(f"令牌 {token.serial}：{token.state.zh}", f"Token {token.serial}: {token.state.value}")


def _task(task: UnblockTask) -> None:
    letter = "" if task.letter is None else f"，密码信 {task.letter} / letter {task.letter}"
    say(
        f"解锁任务 {task.id}（{task.token}/{task.application}）：{task.status.value}{letter}",
        f"Unblocking task {task.id}: {task.status.value}",
    )
