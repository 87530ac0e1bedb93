"""``yinxin token personalise``, ``plan``, ``approve``, ``reject`` and ``steps``: from a plan to a chip, by two people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer
from pydantic import ValidationError

from api.cli.console import (
    ActorOption,
    HomeOption,
    err,
    installation,
    out,
    person,
    print_json,
    read_text,
    say,
    table,
)
from api.cli.ra import officer
from api.errors import InputInvalid
from api.schemas.personalisation import PersonalisationRequestModel
from api.schemas.tokens import PersonaliseToken, ProcedureModel
from api.tokens.personalisation import standard_plan, step_line
from ca.enrolment.approval import Ballot
from ca.tokens.plan import PersonalisationPlan
from ca.tokens.request import PersonalisationRequest

CLERK: Final = "person:zhao.lei=赵磊"
SECOND: Final = "person:chen.jing=陈静"
Serial = Annotated[str, typer.Argument(help="令牌（芯片）序列号 / serial number")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (personalise, plan, approve, reject, steps):
        app.command()(command)


def personalise(
    serial: Serial,
    *,
    plan: Annotated[Path | None, typer.Option(help="计划 JSON 文件 / plan as a JSON file")] = None,
    standard: Annotated[
        bool, typer.Option("--standard", help="常用五证：执照、公章、银行、社保、税务 / the usual five")
    ] = False,
    home: HomeOption = None,
    actor: ActorOption = CLERK,
) -> None:
    """带计划：提交申请；不带计划：执行已批准的计划或从中断处继续 / with a plan, ask; without, carry out or take up."""
    with installation(home) as services:
        work, who = services.token_work, person(actor)
        if plan is not None or standard:
            found = standard_plan(services, serial) if plan is None else _read_plan(plan, serial)
            _show(work.requests.ask(found, actor=who))
            return
        progress = err()
        token = work.personalisation.run(
            serial,
            actor=who,
            progress=lambda step, total: progress.print(step_line(step, total), style="dim"),
        )
    say(f"令牌 {token.serial}：{token.state.zh}", f"Token {token.serial}: {token.state.value}")


def plan(serial: Serial, home: HomeOption = None) -> None:
    """个人化申请与计划 / the plan that was asked for, its digest and its approvals."""
    with installation(home) as services:
        found = services.token_work.requests.get(serial)
    print_json(PersonalisationRequestModel.of(found))


def approve(
    serial: Serial,
    *,
    digest: Annotated[
        str, typer.Option(help="所见计划的摘要，见 token plan；不给则为当前计划 / digest of what you saw")
    ] = "",
    comment: Annotated[str, typer.Option(help="意见 / comment")] = "",
    stage: Annotated[str, typer.Option(help="环节 / stage, where you fit several")] = "",
    home: HomeOption = None,
    actor: ActorOption = SECOND,
) -> None:
    """批准个人化计划，须由申请人以外的人 / approve the plan, as another person than the one who asked."""
    with installation(home) as services:
        requests = services.token_work.requests
        ballot = Ballot(digest or requests.get(serial).digest, comment, stage)
        _show(requests.approve(serial, ballot, by=officer(actor)))


def reject(
    serial: Serial,
    *,
    reason: Annotated[str, typer.Option(help="说明 / sentence that says why")],
    home: HomeOption = None,
    actor: ActorOption = SECOND,
) -> None:
    """驳回个人化计划，须有原因 / turn the plan down, with a reason."""
    with installation(home) as services:
        _show(services.token_work.requests.reject(serial, reason, by=officer(actor)))


def steps(serial: Serial, home: HomeOption = None) -> None:
    """个人化步骤记录 / the recorded steps of a personalisation."""
    with installation(home) as services:
        found = services.token_work.personalisation.procedure(serial)
    print_json(ProcedureModel.of(found))


def _show(request: PersonalisationRequest) -> None:
    listing = table("应用 / application", "容器 / container", "证书名称 / subject", "模板 / profile")
    for part in request.plan.applications:
        for each in part.containers:
            both = " + ".join(filter(None, (each.profile, each.encryption_profile)))
            listing.add_row(part.name, each.name, each.common_name, both)
    out().print(listing)
    say(
        f"令牌 {request.token} 的个人化计划：{request.status.zh}，摘要 {request.digest}",
        f"Plan of token {request.token}: {request.status.value}, digest {request.digest}",
    )


def _read_plan(path: Path, serial: str) -> PersonalisationPlan:
    try:
        return PersonaliseToken.model_validate_json(read_text(path)).plan(serial)
    except ValidationError as wrong:
        place = ".".join(str(part) for part in wrong.errors()[0]["loc"])
        raise InputInvalid(
            f"计划文件有误：{place}：{wrong.errors()[0]['msg']}", f"The plan is wrong at {place}."
        ) from None
