"""``yinxin department``, ``yinxin recognition`` and ``yinxin evidence-record``: what an agency's counter does beside verifying."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import (
    ID_WIDTH,
    HomeOption,
    JsonOption,
    hand,
    installation,
    leave,
    moment,
    out,
    print_json,
    read_bytes,
    say,
    table,
    write_bytes,
    write_lines,
)
from api.schemas.numbers import MAX_NUMBER
from api.schemas.recognition import CountModel, DecisionModel, DepartmentModel, ImportModel
from api.verifying.acceptance import decided_between
from signing.order import digest_of
from signing.recognition.department_store import LedgerQuery, PolicyRow, Recognition
from signing.recognition.ledger import Decision
from verify.acceptance.shelf import SUFFIX, example_text, find, shipped
from verify.exit_status import CONDITIONS_STATUS, REFUSED_STATUS
from verify.institution.record import FILE_SUFFIX
from verify.targets import beside

CLERK = "person:chen.jing=陈静"
SECOND = "person:zhou.hui=周慧"
department = typer.Typer(help="部门政策 / department policies", no_args_is_help=True)
recognition = typer.Typer(
    help="受理决定与互认台账 / decisions and the recognition ledger", no_args_is_help=True
)
Id = Annotated[str, typer.Argument(help="导入编号 / number of the import")]
STATUSES = {"accepted": 0, "conditions": CONDITIONS_STATUS, "refused": REFUSED_STATUS}
"""What a recorded decision ends with, as ``verify`` does."""
ANSWERS = {"accepted": "接受", "conditions": "有条件接受", "refused": "不予接受"}


@department.command("list")
def list_departments(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """列出可选部门与事项，以及政策的导入记录 / departments, their acts, and imports of policies."""
    with installation(home) as services:
        known = services.acceptance.departments.known()
        imports = services.acceptance.departments.imports()
    if as_json:
        print_json(
            {
                "departments": [DepartmentModel.of(one) for one in known],
                "imports": [ImportModel.of(one) for one in imports],
            }
        )
        return
    listing = table("编号 / id", "部门", "版本 / version", "事项 / acts", "来源 / source")
    for one in known:
        acts = "、".join(f"{act.zh} {act.id}" for act in one.acts)
        listing.add_row(one.id, one.zh, one.version, acts, "示例 example" if one.example else "本系统 own")
    out().print(listing)
    if imports:
        told = table("导入 / import", "部门", "版本", "状态", "导入人", "确认人", first=ID_WIDTH)
        for row in imports:
            told.add_row(
                row.id, row.department, row.version, row.status.zh, row.proposed_name, row.settled_name
            )
        out().print(told)


@department.command()
def show(
    name: Annotated[
        str, typer.Argument(help="部门名称、编号，或导入编号 / department, or number of an import")
    ],
    home: HomeOption = None,
) -> None:
    """显示政策原文；示例可作为起草的底稿 / print a policy's text; an example is a draft to start from."""
    example = next((one for one in shipped() if one.named(name)), None)
    with installation(home) as services:
        desk = services.acceptance.departments
        rows = [row for row in desk.imports() if row.id == name]
        if not rows:
            wanted = find(desk.known(), name)
            rows = [row for row in desk.imports() if row.sha256 == wanted.sha256][-1:]
    if rows:
        typer.echo(rows[0].text, nl=False)
    elif example is not None:
        typer.echo(example_text(example.id), nl=False)


@department.command("import")
def import_policy(
    file: Annotated[Path, typer.Argument(help=f"政策文件（TOML，*{SUFFIX}）/ the policy's file")],
    home: HomeOption = None,
    actor: Annotated[str, typer.Option("--as", help="导入人 / who imports")] = CLERK,
    as_json: JsonOption = False,
) -> None:
    """导入部门政策，由另一人确认后施行 / import a policy; another person puts it in force."""
    with installation(home) as services:
        row = services.acceptance.departments.propose(read_bytes(file), hand=hand(actor))
    _show(row, as_json=as_json)


@department.command()
def confirm(
    policy: Id,
    sha256: Annotated[str, typer.Option(help="所见政策的 SHA-256 / digest of the policy that you read")],
    home: HomeOption = None,
    actor: Annotated[str, typer.Option("--as", help="确认人 / who confirms")] = SECOND,
    as_json: JsonOption = False,
) -> None:
    """确认施行（须为另一人）/ put an import in force, as another person."""
    with installation(home) as services:
        row = services.acceptance.departments.confirm(policy, sha256, hand=hand(actor))
        services.evidence.publish()
    _show(row, as_json=as_json)


@department.command()
def decline(
    policy: Id,
    home: HomeOption = None,
    actor: Annotated[str, typer.Option("--as", help="办理人 / who declines")] = SECOND,
    as_json: JsonOption = False,
) -> None:
    """不予采纳 / do not take an import."""
    with installation(home) as services:
        row = services.acceptance.departments.decline(policy, hand=hand(actor))
    _show(row, as_json=as_json)


@recognition.command()
def accept(
    *,
    file: Annotated[Path, typer.Argument(help="签章后的文件 / the sealed document")],
    name: Annotated[str, typer.Option("--department", help="以哪个部门的名义 / in whose name")],
    act: Annotated[str, typer.Option(help="办理的事项 / for which act")],
    purpose: Annotated[str, typer.Option(help="办理事由，不填个人信息 / what for, without personal data")],
    evidence: Annotated[Path | None, typer.Option(help="制度证据记录 / evidence records")] = None,
    home: HomeOption = None,
    actor: Annotated[str, typer.Option("--as", help="经办人 / who decides")] = CLERK,
    request_key: Annotated[str, typer.Option(help="请求编号，重试时不变 / keep it when retrying")] = "",
    as_json: JsonOption = False,
) -> None:
    """核验、按部门政策判断，并记入互认台账；0 接受，5 不予接受，6 有条件接受 / verify, judge by the policy, and put the answer on the ledger.

    0 accepted, 5 refused, 6 accepted on conditions.
    """
    octets = read_bytes(file)
    records = read_bytes(evidence).decode("ascii", "replace") if evidence else beside(file, None)
    with installation(home) as services:
        policy = services.acceptance.departments.find(name)
        report = services.verification.verify(octets, name=file.name, evidence=records)
        decision = Decision(report, policy, act, purpose)
        key = request_key or uuid.uuid4().hex
        row = services.acceptance.ledger.decide(decision, request_key=key, hand=hand(actor))
        found = decision.acceptance
    if as_json:
        print_json({**DecisionModel.of(row).model_dump(mode="json"), "acceptance": found.to_json()})
        leave(STATUSES[row.answer])
    say(found.sentence.zh, found.sentence.en)
    say(
        f"台账 {row.id}，规则 {row.rule}，审计记录 {row.number}",
        f"Ledger {row.id}, rule {row.rule}, audit record {row.number}",
    )
    leave(STATUSES[row.answer])


@recognition.command()
def ledger(
    *,
    name: Annotated[str, typer.Option("--department", help="部门 / department")] = "",
    act: Annotated[str, typer.Option(help="事项编号 / id of the act")] = "",
    document: Annotated[str, typer.Option(help="文件的 SHA-256 / digest of the document")] = "",
    before: Annotated[
        int, typer.Option(min=0, max=MAX_NUMBER, help="上一页最后的编号 / last number of the page before")
    ] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    export: Annotated[
        Path | None, typer.Option(help="导出审计记录行到文件 / write the ledger's audit records to a file")
    ] = None,
    prove: Annotated[
        bool, typer.Option("--prove", help="与审计记录逐条核对 / compare with the audit trail")
    ] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """互认台账：谁接受了什么 / the recognition ledger: who accepted what."""
    with installation(home) as services:
        desk = services.acceptance.ledger
        if export is not None:
            write_lines(export, desk.export())
        if prove:
            services.evidence.prove_audit()
            count = desk.prove()
            say(
                f"台账 {count} 项与审计记录一致，审计链完整。",
                f"{count} decisions agree with the audit trail, which is whole.",
            )
        if export is not None or prove:
            return
        wanted = services.acceptance.departments.find(name).id if name else ""
        rows = desk.page(LedgerQuery(wanted, act, "", document.lower(), before=before), limit)
    if as_json:
        print_json({"items": [DecisionModel.of(row) for row in rows]})
        return
    _ledger(rows)


@recognition.command()
def count(
    since: Annotated[str, typer.Option(help="起始时间 / from")] = "",
    until: Annotated[str, typer.Option(help="截止时间 / until")] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """统计谁接受了什么 / count who accepted what."""
    query = decided_between(moment(since) if since else None, moment(until) if until else None)
    with installation(home) as services:
        found = services.acceptance.ledger.count(query)
    if as_json:
        print_json({"items": [CountModel.of(one) for one in found]})
        return
    listing = table("部门 / department", "事项 / act", "答复 / answer", "信任列表 / list", "次数 / count")
    for one in found:
        listing.add_row(
            one.department, one.act, ANSWERS[one.answer], one.scheme or "锚点 decree", str(one.count)
        )
    out().print(listing)


def evidence_record(
    *,
    sealing: Annotated[
        str,
        typer.Argument(
            metavar="SEALING|FILE", help="用印编号，或签章后的文件 / id of the sealing, or the sealed file"
        ),
    ],
    target: Annotated[
        Path | None,
        typer.Argument(metavar="OUT", help="输出文件，默认为文件旁的 .evidence.jws / where it goes"),
    ] = None,
    home: HomeOption = None,
    actor: Annotated[str, typer.Option("--as", help="办理人 / who asks")] = CLERK,
    as_json: JsonOption = False,
) -> None:
    """出具制度证据记录，随文件一并提交 / give the evidence record of a sealing, to travel with the document."""
    path = Path(sealing)
    asked = digest_of(read_bytes(path)).hex if path.is_file() else sealing
    with installation(home) as services:
        given = services.acceptance.records.give(asked, actor=hand(actor).actor)
    default = path.with_name(path.name + FILE_SUFFIX) if path.is_file() else Path(sealing + FILE_SUFFIX)
    place = target or default
    write_bytes(place, f"{given.jws}\n".encode())
    if as_json:
        print_json({"sealing": given.sealing, "file": str(place)})
        return
    record = given.record
    say(
        f"已写入 {place}：事项 {record.leave.case}，规则 {record.leave.rule} {record.leave.rule_version}，审批 {len(record.approvals)} 项。",
        f"Written to {place}: case {record.leave.case}, rule {record.leave.rule} {record.leave.rule_version}, "
        f"{len(record.approvals)} approvals.",
    )


def _show(row: PolicyRow, *, as_json: bool) -> None:
    if as_json:
        print_json(ImportModel.of(row))
        return
    say(
        f"{row.id} {row.department} {row.version}：{row.status.zh}\nSHA-256 {row.sha256}",
        f"{row.id} {row.department} {row.version}: {row.status.value}",
    )


def _ledger(rows: list[Recognition]) -> None:
    listing = table("审计号", "时间 / when", "部门", "事项", "答复", "规则", "文件", "事由", "经办")
    for row in rows:
        listing.add_row(
            str(row.number),
            f"{row.at:%Y-%m-%d %H:%MZ}",
            row.department,
            row.act,
            ANSWERS[row.answer],
            row.rule,
            row.document[:12],
            row.purpose,
            row.actor_name or row.actor,
        )
    out().print(listing)
