"""``yinxin chip``: freeze, resume, lost, damaged, terminate, links with seals, ranges of chip numbers."""

from __future__ import annotations

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
from api.schemas.chip_ranges import RangeReportModel, UsageModel
from ca.tokens.range_store import Usage
from ca.tokens.ranges import Grant, Method, parse_number
from seals.chip_store import ChipLink
from seals.chips import ChipStanding

app = typer.Typer(help="芯片：停用、挂失、关联印章、号段 / chips", no_args_is_help=True)
ranges = typer.Typer(help="芯片号段 / ranges of chip numbers", no_args_is_help=True)
app.add_typer(ranges, name="range")
Why = Annotated[str, typer.Option("--reason", help="原因 / reason")]
Seal = Annotated[str, typer.Argument(help="14 位电子印章编码 / electronic code of the seal")]
Confirm = Annotated[bool, typer.Option("--confirm", help="确认，须由另一人 / confirm, as a second person")]
Number = Annotated[str, typer.Argument(help="芯片号，如 YX00000100 / chip number")]


@app.command()
def freeze(serial: Serial, reason: Why, home: HomeOption = None, actor: ActorOption = CLERK) -> None:
    """停用芯片：证书暂停、拒绝签名、印章冻结 / stop a chip with its certificates and seals."""
    with installation(home) as services:
        standing = services.chips.freeze_chip(serial, actor=person(actor), reason=reason)
        services.evidence.publish()
    _told(standing)


@app.command()
def lost(
    serial: Serial,
    reason: Why,
    *,
    final: Annotated[bool, typer.Option("--final", help="确认无法找回 / gone for good")] = False,
    home: HomeOption = None,
    actor: ActorOption = CLERK,
) -> None:
    """临时挂失；--final 为永久丢失，吊销证书并注销印章 / report lost; with --final, write off."""
    with installation(home) as services:
        act = services.chips.write_off if final else services.chips.report_lost
        standing = act(serial, actor=person(actor), reason=reason)
        services.evidence.publish()
    _told(standing)


@app.command()
def damaged(serial: Serial, reason: Why, home: HomeOption = None, actor: ActorOption = CLERK) -> None:
    """报损：吊销证书，未用的芯片号报废 / record as damaged."""
    with installation(home) as services:
        standing = services.chips.damage(serial, actor=person(actor), reason=reason)
        services.token_work.personalisation.reconcile()
        services.evidence.publish()
    _told(standing)


@app.command()
def terminate(serial: Serial, reason: Why, home: HomeOption = None, actor: ActorOption = CLERK) -> None:
    """终止：吊销证书并注销印章 / end a chip's life."""
    with installation(home) as services:
        standing = services.chips.terminate(serial, actor=person(actor), reason=reason)
        services.evidence.publish()
    _told(standing)


@app.command()
def resume(
    serial: Serial,
    home: HomeOption = None,
    actor: ActorOption = CLERK,
    confirm: Confirm = False,
    reason: Why = "",
) -> None:
    """申请或确认恢复，两人办理 / ask for or confirm resuming; it takes two people."""
    with installation(home) as services:
        act = services.chips.confirm_resume if confirm else services.chips.request_resume
        standing = act(serial, actor=person(actor), reason=reason)
        services.evidence.publish()
    _told(standing)


@app.command()
def link(
    code: Seal,
    *,
    serial: Annotated[str, typer.Option(help="芯片序列号；确认时不需要 / chip")] = "",
    confirm: Confirm = False,
    home: HomeOption = None,
    actor: ActorOption = "",
) -> None:
    """申请或确认芯片与印章的关联，两人办理 / ask for or confirm a link between chip and seal."""
    who = person(actor or (SECOND if confirm else CLERK))
    with installation(home) as services:
        if confirm:
            _linked(services.chips.confirm_link(code, actor=who))
        else:
            _linked(services.chips.request_link(serial, code, actor=who))


@app.command()
def unlink(code: Seal, home: HomeOption = None, actor: ActorOption = "", confirm: Confirm = False) -> None:
    """申请或确认解除关联，两人办理 / ask for or confirm unlinking."""
    who = person(actor or (SECOND if confirm else CLERK))
    with installation(home) as services:
        act = services.chips.confirm_unlink if confirm else services.chips.request_unlink
        _linked(act(code, actor=who))


@app.command("withdraw-link")
def withdraw_link(code: Seal, home: HomeOption = None, actor: ActorOption = CLERK) -> None:
    """撤回尚未确认的关联或解除申请 / take back what was asked of a link and not confirmed."""
    with installation(home) as services:
        _linked(services.chips.withdraw(code, actor=person(actor)))


@app.command()
def links(serial: Serial, home: HomeOption = None) -> None:
    """芯片关联过的印章 / the seals that a chip is or was linked with."""
    with installation(home) as services:
        found = services.chips.links(serial)
    listing = table("印章 / seal", "状态 / status", "已执行 / done to it", "申请人 / asked by")
    for each in found:
        listing.add_row(each.seal, each.status.value, each.stop.value, each.asked_by)
    out().print(listing)


@ranges.command()
def grant(
    first: Annotated[str, typer.Argument(help="起号，如 YX00000100 / first number")],
    last: Annotated[str, typer.Argument(help="止号 / last number")],
    *,
    shop: Annotated[str, typer.Option(help="刻章单位 / shop")],
    receiver: Annotated[str, typer.Option(help="接收人 / receiver")],
    method: Annotated[Method, typer.Option(help="交接方式 / transfer")] = Method.COURIER,
    home: HomeOption = None,
    actor: ActorOption = CLERK,
) -> None:
    """发放号段 / grant a range."""
    with installation(home) as services:
        made = services.token_work.ranges.grant(
            Grant(first, last, shop, receiver, method), actor=person(actor)
        )
    say(f"号段 {made.id}：{made.count} 个，发往 {shop}", f"Range {made.id}: {made.count} numbers to {shop}")


@ranges.command()
def consume(number: Number, home: HomeOption = None, actor: ActorOption = CLERK) -> None:
    """登记已使用 / record a number as consumed."""
    with installation(home) as services:
        _used(services.token_work.ranges.consume(number, actor=person(actor)))


@ranges.command()
def spoil(number: Number, reason: Why, home: HomeOption = None, actor: ActorOption = CLERK) -> None:
    """登记报废 / record a number as spoilt."""
    with installation(home) as services:
        _used(services.token_work.ranges.spoil(number, reason=reason, actor=person(actor)))


@ranges.command("return")
def give_back(number: Number, reason: Why, home: HomeOption = None, actor: ActorOption = CLERK) -> None:
    """登记退回 / record a number as returned."""
    with installation(home) as services:
        _used(services.token_work.ranges.give_back(number, reason=reason, actor=person(actor)))


@ranges.command()
def numbers(
    range_id: Annotated[int, typer.Argument(help="号段 / number of the range")],
    after: Annotated[str, typer.Option(help="从此编号之后 / after this number")] = "",
    home: HomeOption = None,
) -> None:
    """号段内已用编号的去向 / what became of a range's chips, number by number, 200 at a time."""
    place = parse_number(after)[1] if after else -1
    with installation(home) as services:
        found = services.token_work.ranges.usages(range_id, after=place)
    print_json({"items": [UsageModel.of(each) for each in found]})


@ranges.command()
def report(
    *,
    shop: Annotated[str, typer.Option(help="刻章单位 / shop")] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """号段对账：发放 = 使用 + 报废 + 退回 + 剩余 / the accounts of ranges; status 1 when one does not add up."""
    with installation(home) as services:
        found = services.token_work.ranges.reports(shop=shop)
    if as_json:
        print_json({"items": [RangeReportModel.of(each) for each in found]})
    else:
        listing = table("号段 / range", "单位 / shop", "发放", "使用", "报废", "退回", "剩余", "相符")
        for each in found:
            counts = (each.range.count, each.consumed, each.spoilt, each.returned, each.remaining)
            where = f"{each.range.written(each.range.first)}–{each.range.written(each.range.last)}"
            listing.add_row(where, each.range.shop, *map(str, counts), "✓" if each.reconciles else "✗")
        out().print(listing)
        for each in found:
            for fault in each.faults:
                say(f"号段 {each.range.id} 不符：{fault}", f"Range {each.range.id}: {fault}")
    if not all(each.reconciles for each in found):
        raise typer.Exit(1)


def _told(standing: ChipStanding) -> None:
    token = standing.token
    seals = "，".join(f"印章 {seal.code} {seal.status.zh}" for seal in standing.seals)
    say(
        f"芯片 {token.serial}：{token.state.zh}{'；' + seals if seals else ''}",
        f"Chip {token.serial}: {token.state.value}",
    )
    if token.resume_requested_by:
        say(
            f"恢复申请已登记（{token.resume_requested_by}），须由另一人确认：yinxin chip resume {token.serial} --confirm",
            f"Asked by {token.resume_requested_by}; another person confirms with --confirm.",
        )


def _linked(link: ChipLink) -> None:
    say(
        f"芯片 {link.token} 与印章 {link.seal}：{link.status.value}",
        f"Chip {link.token} and seal {link.seal}: {link.status.value}",
    )


def _used(usage: Usage) -> None:
    say(f"芯片号 {usage.number}：{usage.fate.value}", f"Number {usage.number}: {usage.fate.value}")
