"""``yinxin case``: ask to use a seal, submit, approve, reject, look at the three lanes; signers and standing uses beside it."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from api.cli import case_rights
from api.cli.console import (
    ID_WIDTH,
    ActorOption,
    HomeOption,
    JsonOption,
    PinFileOption,
    ask_pin,
    hand,
    installation,
    out,
    person,
    print_json,
    read_bytes,
    say,
    table,
)
from api.schemas.cases import CaseModel, LanesModel
from ca.enrolment.approval import Ballot
from hsm.key_uri import KeyUri
from seals.cases.approved import Medium
from seals.cases.case import Attachment, CaseRecord, UseRequest
from seals.cases.case_store import CaseQuery
from seals.cases.lanes import read_digest
from seals.cases.states import CaseStatus

REQUESTER = "person:zhang.min=张敏"
APPROVER = "person:chen.jing=陈静"
app = typer.Typer(help="用印审批 / permission to use a seal", no_args_is_help=True)
Id = Annotated[str, typer.Argument(help="用印事项编号 / number of the case")]
Why = Annotated[str, typer.Option("--reason", help="原因 / reason")]


@app.command("open")
def open_case(
    *,
    seal: Annotated[str, typer.Option(help="印章编码 / code of the seal")],
    file: Annotated[Path, typer.Option(help="待用印的文件 / the document to be sealed")],
    title: Annotated[str, typer.Option(help="事由 / what it is")],
    medium: Annotated[Medium, typer.Option(help="用印方式 / electronic or physical")] = Medium.ELECTRONIC,
    copies: Annotated[int, typer.Option(min=1, max=1000, help="份数 / copies")] = 1,
    document_class: Annotated[str, typer.Option("--class", help="文件种类 / class of the document")] = "",
    amount: Annotated[int | None, typer.Option(min=0, help="金额（元）/ yuan")] = None,
    department: Annotated[str, typer.Option(help="部门 / department")] = "",
    submit: Annotated[bool, typer.Option("--submit", help="同时提交 / submit it too")] = False,
    request_key: Annotated[str, typer.Option(help="请求编号，重试时不变 / keep it when retrying")] = "",
    home: HomeOption = None,
    actor: ActorOption = REQUESTER,
    as_json: JsonOption = False,
) -> None:
    """申请用印 / open a case."""
    octets, who = read_bytes(file), hand(actor)
    digest = read_digest(hashlib.sha256(octets).hexdigest())
    document = Attachment(digest, file.name, len(octets))
    request = UseRequest(seal, document, title, medium, copies, document_class, amount, department)
    with installation(home) as services:
        case = services.use_desk.open(request, request_key=request_key or uuid.uuid4().hex, hand=who)
        if submit and case.status is CaseStatus.DRAFT:
            case = services.use_desk.submit(case.id, hand=who)
    _show(case, as_json=as_json)


@app.command()
def amend(
    *,
    case: Id,
    file: Annotated[Path, typer.Option(help="新文件 / the new document")],
    home: HomeOption = None,
    actor: ActorOption = REQUESTER,
    as_json: JsonOption = False,
) -> None:
    """更换文件，原审批全部作废 / another document: every approval is void."""
    octets = read_bytes(file)
    digest = read_digest(hashlib.sha256(octets).hexdigest())
    with installation(home) as services:
        asked = services.use_desk.get(case).request
        changed = replace(asked, document=Attachment(digest, file.name, len(octets)))
        found = services.use_desk.amend(case, changed, hand=hand(actor))
    _show(found, as_json=as_json)


@app.command()
def submit(
    case: Id, home: HomeOption = None, actor: ActorOption = REQUESTER, as_json: JsonOption = False
) -> None:
    """提交审批 / submit."""
    with installation(home) as services:
        found = services.use_desk.submit(case, hand=hand(actor))
    _show(found, as_json=as_json)


@app.command()
def payload(
    case: Id,
    comment: Annotated[str, typer.Option(help="意见 / remark")] = "",
    stage: Annotated[str, typer.Option(help="环节 / stage")] = "",
    home: HomeOption = None,
    actor: ActorOption = APPROVER,
) -> None:
    """取待签内容，在自己的密码设备中签名 / what to sign with a key that you keep."""
    with installation(home) as services:
        ballot = Ballot(services.use_desk.get(case).content, comment, stage)
        found = services.use_desk.payload(case, ballot, hand=hand(actor))
    print_json({"payload": found.members, "signing_input": found.signing_input})


@app.command()
def approve(
    *,
    case: Id,
    content: Annotated[str, typer.Option(help="所见内容摘要；不给则取当前 / digest of what you saw")] = "",
    comment: Annotated[str, typer.Option(help="意见 / remark")] = "",
    stage: Annotated[str, typer.Option(help="环节 / stage")] = "",
    jws: Annotated[Path | None, typer.Option(help="已签名的审批文件 / an approval signed elsewhere")] = None,
    pin_file: PinFileOption = None,
    home: HomeOption = None,
    actor: ActorOption = APPROVER,
    as_json: JsonOption = False,
) -> None:
    """审批并签名 / approve, signed with your key."""
    who = hand(actor)
    with installation(home) as services:
        desk = services.use_desk
        if jws is not None:
            found = desk.approve(case, read_bytes(jws).decode("ascii", "replace").strip(), hand=who)
        else:
            before = desk.get(case)
            uri = desk.key_of(before, who)
            pin = ask_pin(pin_file, KeyUri.parse(uri).token, services.home) if uri else None
            ballot = Ballot(content or before.content, comment, stage)
            found = desk.approve_with_key(case, ballot, hand=who, pin=pin)
    _show(found, as_json=as_json)


@app.command()
def reject(case: Id, reason: Why, home: HomeOption = None, actor: ActorOption = APPROVER) -> None:
    """驳回 / reject."""
    with installation(home) as services:
        _show(services.use_desk.reject(case, reason, hand=hand(actor)))


@app.command()
def withdraw(case: Id, reason: Why = "", home: HomeOption = None, actor: ActorOption = REQUESTER) -> None:
    """撤回 / withdraw."""
    with installation(home) as services:
        _show(services.use_desk.withdraw(case, hand=hand(actor), reason=reason))


@app.command()
def void(case: Id, reason: Why, home: HomeOption = None, actor: ActorOption = APPROVER) -> None:
    """作废审批 / void the approvals."""
    with installation(home) as services:
        _show(services.use_desk.void(case, reason, hand=hand(actor)))


@app.command()
def close(case: Id, reason: Why = "", home: HomeOption = None, actor: ActorOption = REQUESTER) -> None:
    """办结，余下份数不再使用 / close; the remaining copies are given up."""
    with installation(home) as services:
        _show(services.use_desk.close(case, hand=hand(actor), reason=reason))


@app.command("list")
def list_cases(
    *,
    status: Annotated[CaseStatus | None, typer.Option(help="状态 / status")] = None,
    uscc: Annotated[str, typer.Option(help="统一社会信用代码")] = "",
    after: Annotated[str, typer.Option(help="上一页最后的编号 / last number of the page before")] = "",
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """用印事项列表，最新的在前 / list cases, the newest first."""
    with installation(home) as services:
        found = services.use_desk.list(CaseQuery(status, uscc, "", "", after, limit))
    if as_json:
        print_json({"items": [CaseModel.of(one) for one in found]})
        return
    listing = table("编号 / case", "状态", "事由 / title", "印章", "份数", first=ID_WIDTH)
    for one in found:
        copies = f"{one.used}/{one.request.copies}"
        listing.add_row(one.id, one.status.zh, one.request.title, one.seal_code, copies)
    out().print(listing)


@app.command()
def show(
    case: Annotated[str, typer.Argument(help="事项编号，或文件 / number of the case, or a document's path")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """制度、业务、责任三流；给出文件则按其摘要查 / the three lanes of a case, or of a document's cases."""
    with installation(home) as services:
        desk, path = services.use_desk, Path(case)
        by_file = path.is_file()
        digest = hashlib.sha256(read_bytes(path)).hexdigest() if by_file else ""
        lanes = desk.lanes_of(digest) if by_file else (desk.lanes(case),)
    models = [LanesModel.of(one) for one in lanes]
    if as_json:
        print_json({"items": models})
        return
    if not models:
        say(f"没有关于此文件的用印事项（{digest}）。", f"There is no case about this document ({digest}).")
    for one in models:
        _lanes(one)


@app.command()
def remind(
    home: HomeOption = None,
    after: Annotated[int, typer.Option(min=0, help="上次读到的编号 / number read last")] = 0,
    actor: ActorOption = "system:reminders=提醒",
) -> None:
    """生成并列出审批提醒 / collect and read reminders."""
    with installation(home) as services:
        services.use_desk.reminders.collect(person(actor))
        found = services.use_desk.reminders.read(after, 1000)
    listing = table("编号", "事项 / case", "剩余小时 / hours", "等待 / waiting for", "期限 / deadline")
    for one in found:
        who = "；".join(
            f"{stage['stage']} {' '.join(stage['people']) or stage['scope']}" for stage in one.waiting
        )
        listing.add_row(str(one.number), one.case_id, str(one.hours), who, f"{one.deadline:%Y-%m-%d %H:%MZ}")
    out().print(listing)


@app.command()
def expire(home: HomeOption = None) -> None:
    """办结过期的事项与授权 / end what is past its time."""
    with installation(home) as services:
        count = services.use_desk.expire()
    say(f"已过期 {count} 项。", f"{count} ended.")


app.add_typer(case_rights.signer, name="signer")
app.add_typer(case_rights.standing, name="standing")


def _show(case: CaseRecord, *, as_json: bool = False) -> None:
    if as_json:
        print_json(CaseModel.of(case))
        return
    say(
        f"{case.id} {case.request.title}：{case.status.zh}（{case.used}/{case.request.copies} 份，规则 {case.rule.id} {case.rule.version}）",
        f"{case.id}: {case.status.value}, {case.used} of {case.request.copies} copies, rule {case.rule.id} {case.rule.version}",
    )


def _lanes(lanes: LanesModel) -> None:
    case = lanes.case
    say(
        f"用印事项 {case.id}：{case.title}（{case.status_zh}）\n文件 {case.document}",
        f"Case {case.id}: {case.title} ({case.status})",
    )
    say(
        f"制度流：规则 {case.rule.id}，版本 {case.rule.version}，{case.rule.sha256}",
        f"Rule {case.rule.id}, version {case.rule.version}",
    )
    listing = table("序", "业务流 / act", "状态 / status", "时间 / at", "责任人 / who", "凭证 / credential")
    for entry in lanes.entries:
        who = f"{entry.actor.name} {entry.actor.id}".strip()
        at = f"{entry.at:%Y-%m-%d %H:%M:%SZ}"
        listing.add_row(str(entry.number), entry.act_zh, entry.status, at, who, entry.credential)
    out().print(listing)
