"""``yinxin ca cross-certify``: recognise another installation's authority, by two people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.console import (
    ActorOption,
    HomeOption,
    JsonOption,
    installation,
    out,
    person,
    print_json,
    read_bytes,
    say,
    table,
    write_bytes,
)
from api.schemas.cross import STATUS_ZH, CrossOrderModel
from ca.cross.store import CrossRecord

OPERATOR = "person:zhao.lei=赵磊"
SECOND = "person:sun.yan=孙燕"
FingerprintOption = Annotated[
    str,
    typer.Option(
        help="对方通过可信渠道告知的 SHA-256 指纹 / SHA-256 that the other authority told over a channel of its own"
    ),
]
app = typer.Typer(help="交叉认证（桥接互认）/ cross certification", no_args_is_help=True)


@app.command()
def propose(
    *,
    certificate: Annotated[Path, typer.Option(help="对方 CA 证书 / the other authority's certificate")],
    terms: Annotated[Path, typer.Option(help="互认条件 TOML：策略、映射、名称、层级 / the terms")],
    fingerprint: FingerprintOption,
    request: Annotated[
        Path | None, typer.Option(help="对方密钥签名的 PKCS#10，用以证明持有密钥 / proof that it has the key")
    ] = None,
    home: HomeOption = None,
    actor: ActorOption = OPERATOR,
) -> None:
    """提出交叉认证，待另一人核对指纹后签发 / propose; another person confirms."""
    proof = b"" if request is None else read_bytes(request)
    with installation(home) as services:
        made = services.cross.propose(
            read_bytes(terms), read_bytes(certificate), fingerprint, actor=person(actor), request=proof
        )
    print_json(_shown(made))


@app.command()
def confirm(
    order: Annotated[str, typer.Argument(help="申请编号 / number of the order")],
    *,
    fingerprint: FingerprintOption,
    home: HomeOption = None,
    actor: ActorOption = SECOND,
    to: Annotated[
        Path | None, typer.Option("--out", help="证书写到此文件 / write the certificate here")
    ] = None,
) -> None:
    """另一人核对指纹后确认并签发 / confirm as a second person, and issue."""
    with installation(home) as services:
        made = services.cross.confirm(order, fingerprint, actor=person(actor))
        services.evidence.publish()
    if to is not None:
        write_bytes(to, made.certificate)
    print_json(_shown(made))


@app.command()
def withdraw(
    order: Annotated[str, typer.Argument(help="申请编号 / number of the order")],
    home: HomeOption = None,
    actor: ActorOption = OPERATOR,
) -> None:
    """撤回未确认的申请 / take back a proposal."""
    with installation(home) as services:
        services.cross.withdraw(order, actor=person(actor))
    say(f"申请 {order} 已撤回。", f"Order {order} is withdrawn.")


@app.command("list")
def listed(home: HomeOption = None, json_output: JsonOption = False) -> None:
    """列出交叉认证 / list the orders."""
    with installation(home) as services:
        orders = services.cross.orders()
    if json_output:
        print_json([_shown(one) for one in orders])
        return
    shown = table("编号 No.", "状态 Status", "对方 Authority", "层级 Depth", "证书序列号 Serial")
    for one in orders:
        serial = "" if one.serial is None else f"{one.serial:x}"
        status = f"{STATUS_ZH[one.status]} {one.status.value}"
        shown.add_row(one.id, status, one.order.authority, str(one.order.terms.path_length), serial)
    out().print(shown)


def _shown(record: CrossRecord) -> dict[str, Any]:
    """Give an order as JSON: what the second person looks at before confirming."""
    return CrossOrderModel.of(record).model_dump(mode="json")
