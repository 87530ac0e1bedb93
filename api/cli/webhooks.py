"""``yinxin webhooks``: the messages about verification orders, those given up above all; send one again, or all of them."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.console import (
    ADMINISTRATOR,
    ID_WIDTH,
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
from api.schemas.verification_orders import DeliveryModel
from signing.webhooks.outbox import MAX_PAGE
from signing.webhooks.store import DeliveryState

app = typer.Typer(help="回调通知：查看与重发 / notifications: list and send again", no_args_is_help=True)


@app.command("list")
def list_(
    state: Annotated[
        DeliveryState | None, typer.Option(help="waiting、delivered 或 dead（已放弃）/ only these")
    ] = None,
    order: Annotated[str, typer.Option(help="核验任务编号 / number of a verification order")] = "",
    limit: Annotated[int, typer.Option(min=1, max=MAX_PAGE)] = 50,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """列出通知，新的在前 / list notifications, the newest first."""
    with installation(home) as services:
        found = services.orders.outbox.page(state=state, subject=order, limit=limit)
    if as_json:
        print_json([DeliveryModel.of(one) for one in found])
        return
    shown = table("编号 / id", "状态 / state", "次数 / tries", "地址 / address", "原因 / why", first=ID_WIDTH)
    for one in found:
        shown.add_row(one.id, f"{one.state.zh} {one.state.value}", str(one.attempts), one.url, one.why_zh)
    out().print(shown)


@app.command()
def resend(
    delivery: Annotated[
        list[str] | None, typer.Argument(metavar="ID", help="通知编号 / numbers of notifications")
    ] = None,
    dead: Annotated[bool, typer.Option("--dead", help="重发所有已放弃的 / all that were given up")] = False,
    home: HomeOption = None,
    actor: ActorOption = ADMINISTRATOR,
) -> None:
    """重发已送达或已放弃的通知，编号不变 / send notifications again, under their numbers."""
    with installation(home) as services:
        outbox = services.orders.outbox
        given_up = outbox.page(state=DeliveryState.DEAD, limit=MAX_PAGE) if dead else ()
        numbers = [*(delivery or ()), *(one.id for one in given_up)]
        for number in numbers:
            outbox.again(number, actor=person(actor))
    say(
        f"{len(numbers)} 条通知已排队，由运行中的服务发送。",
        f"{len(numbers)} notifications wait to be sent by the service that runs.",
    )
