"""``yinxin ra``: orders over certificates, jobs over many, reminders, the revocation drill."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.access.scopes import OPERATOR_SCOPES
from api.cli.console import (
    REFUSED,
    ActorOption,
    HomeOption,
    JsonOption,
    err,
    installation,
    leave,
    moment,
    out,
    person,
    print_json,
    read_text,
    say,
    table,
)
from api.schemas.enrolment_jobs import DrillModel, JobItemModel, JobModel, ReminderModel
from api.services import Services
from api.tokens.enrolment import serial_of
from ca.actor import SYSTEM
from ca.certificate import CertificateQuery, RevocationReason
from ca.enrolment.approval import Ballot
from ca.enrolment.job_store import ItemStatus, JobRecord, JobStatus
from ca.enrolment.request import Approver
from ca.enrolment.rules import Matter
from ca.enrolment.states import RejectionCode

REQUESTER: Final = "person:zhang.min=张敏"
OFFICER: Final = "person:chen.jing=陈静"
Serial = Annotated[str, typer.Argument(help="十六进制序列号 / hexadecimal serial number")]
Job = Annotated[str, typer.Argument(help="任务编号 / number of the job")]
Text = Annotated[str, typer.Option(help="说明 / why")]
RequestKey = Annotated[str, typer.Option(help="请求编号，重试时不变 / keep it when retrying")]
Name = Annotated[str, typer.Option(help="名称包含 / part of the name")]
Uscc = Annotated[str, typer.Option(help="统一社会信用代码")]
Issuer = Annotated[str, typer.Option(help="签发者 / issuer")]
ProfileOption = Annotated[str, typer.Option(help="证书模板 / profile")]
Before = Annotated[str, typer.Option("--expires-before", help="此时前到期 / ISO 8601")]


def register(app: typer.Typer) -> None:
    """Add the commands to ``yinxin ra``."""
    commands = (suspend, resume, revoke, job, approve_job, reject_job, run, retry, remind, drill)
    for command in commands:
        app.command()(command)
    app.command("bulk-renew")(bulk_renew)


def suspend(
    serial: Serial,
    text: Text = "",
    request_key: RequestKey = "",
    home: HomeOption = None,
    actor: ActorOption = REQUESTER,
) -> None:
    """暂停证书 / put a certificate on hold."""
    _order(Matter.SUSPEND, serial, text, request_key, home, actor)


def resume(
    serial: Serial,
    text: Text = "",
    request_key: RequestKey = "",
    home: HomeOption = None,
    actor: ActorOption = REQUESTER,
) -> None:
    """申请恢复，须由另一人用 approve-job 审批 / ask for a hold to be lifted; another person approves."""
    _order(Matter.RESUME, serial, text, request_key, home, actor)


def revoke(
    serial: Serial,
    reason: Annotated[RevocationReason, typer.Option(help="RFC 5280 §5.3.1")],
    text: Text = "",
    request_key: RequestKey = "",
    home: HomeOption = None,
    actor: ActorOption = REQUESTER,
) -> None:
    """申请吊销，须由另一人用 approve-job 审批 / ask for a revocation; another person approves."""
    _order(Matter.REVOKE, serial, text, request_key, home, actor, reason)


def _order(
    matter: Matter,
    serial: str,
    text: str,
    request_key: str,
    home: Path | None,
    actor: str,
    reason: RevocationReason | None = None,
) -> None:
    with installation(home) as services:
        record = services.enrolments.jobs.ask(
            matter,
            [(None, serial_of(serial))],
            request_key=request_key or uuid.uuid4().hex,
            actor=person(actor),
            reason=reason,
            text=text,
        )
        _publish(services, record)
    _show(record)


def bulk_renew(
    *,
    serials: Annotated[
        Path | None, typer.Option(help="文件，每行一个序列号 / file, one serial a line")
    ] = None,
    name: Name = "",
    uscc: Uscc = "",
    issuer: Issuer = "",
    profile: ProfileOption = "",
    expires_before: Before = "",
    days: Annotated[int | None, typer.Option(min=1, max=3660, help="有效天数 / days")] = None,
    text: Text = "",
    request_key: RequestKey = "",
    home: HomeOption = None,
    actor: ActorOption = REQUESTER,
    as_json: JsonOption = False,
) -> None:
    """批量续期：列出证书并申请，两人用 approve-job 审批后执行 / renew many; two people approve the exact list."""
    with installation(home) as services:
        jobs = services.enrolments.jobs
        if serials is not None:
            chosen: list[tuple[str | None, int]] = [
                (None, serial_of(line)) for line in read_text(serials).split()
            ]
        else:
            chosen = jobs.chosen(_query(name, uscc, issuer, profile, expires_before))
        record = jobs.ask(
            Matter.BULK_RENEW,
            chosen,
            request_key=request_key or uuid.uuid4().hex,
            actor=person(actor),
            text=text,
            validity=None if days is None else timedelta(days=days),
        )
    _show(record, as_json=as_json)


def approve_job(
    job: Job,
    digest: Annotated[str, typer.Option(help="所见任务的摘要，见 ra job / digest of what you saw")],
    comment: Annotated[str, typer.Option(help="意见 / comment")] = "",
    home: HomeOption = None,
    actor: ActorOption = OFFICER,
) -> None:
    """审批任务；最后一人审批后立即执行 / approve; with the last approval the job runs."""
    with installation(home) as services:
        approver = Approver(person(actor), OPERATOR_SCOPES)
        record = services.enrolments.jobs.approve(job, Ballot(digest, comment), by=approver)
        record = _run(services, record)
    _finish(record)


def reject_job(
    job: Job,
    reason: Annotated[str, typer.Option(help="说明 / sentence that says why")],
    code: Annotated[RejectionCode, typer.Option(help="原因代码 / reason code")] = RejectionCode.OTHER,
    home: HomeOption = None,
    actor: ActorOption = OFFICER,
) -> None:
    """驳回任务 / reject a job."""
    with installation(home) as services:
        _show(services.enrolments.jobs.reject(job, code, reason, by=Approver(person(actor))))


def run(job: Job, home: HomeOption = None) -> None:
    """继续执行被中断的任务 / go on with a job that was cut off."""
    with installation(home) as services:
        record = _run(services, services.enrolments.jobs.get(job))
    _finish(record)


def retry(job: Job, home: HomeOption = None, actor: ActorOption = REQUESTER) -> None:
    """重试任务中失败的证书 / retry what failed in a job."""
    with installation(home) as services:
        record = _run(services, services.enrolments.jobs.retry(job, actor=person(actor)))
    _finish(record)


def job(job: Job, home: HomeOption = None) -> None:
    """任务进度与失败清单 / progress of a job, and what failed."""
    with installation(home) as services:
        record = services.enrolments.jobs.get(job)
        failed = services.enrolments.jobs.items(job, ItemStatus.FAILED, limit=1000)
    shown = JobModel.of(record).model_dump(mode="json")
    print_json({**shown, "failures": [JobItemModel.of(one) for one in failed]})


def remind(
    after: Annotated[int, typer.Option(min=0, help="上次读到的编号 / number read last")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """到期提醒（60、30、7、1 天），每条一次 / who is due, each once; read on with --after."""
    with installation(home) as services:
        services.enrolments.reminders.collect(SYSTEM)
        found = services.enrolments.reminders.read(after, limit)
    if as_json:
        print_json({"items": [ReminderModel.of(one) for one in found]})
        return
    listing = table("编号 / number", "剩余 / days", "名称 / name", "序列号 / serial", "有效至 / until")
    for one in found:
        until = one.not_after.strftime("%Y-%m-%d")
        listing.add_row(str(one.number), str(one.days), one.name, f"{one.serial:x}", until)
    out().print(listing)


def drill(
    *,
    name: Name = "",
    uscc: Uscc = "",
    issuer: Issuer = "",
    profile: ProfileOption = "",
    expires_before: Before = "",
    simulate: Annotated[
        bool, typer.Option("--simulate", help="逐张核对但不吊销 / prove each, revoke none")
    ] = False,
    perform: Annotated[
        bool, typer.Option("--perform", help="真实吊销：登记任务，须两人审批 / ask for the real thing")
    ] = False,
    reason: Annotated[RevocationReason, typer.Option(help="RFC 5280 §5.3.1")] = RevocationReason.UNSPECIFIED,
    report: Annotated[str, typer.Option(help="已执行任务的编号 / report on a job that ran")] = "",
    text: Text = "",
    request_key: RequestKey = "",
    home: HomeOption = None,
    actor: ActorOption = REQUESTER,
) -> None:
    """批量吊销演练：默认只计数，除非 --perform 且两人审批，绝不吊销 / revocation drill; counts unless told."""
    with installation(home) as services:
        door = services.enrolments.drill
        if door is None or (simulate and perform):
            raise typer.BadParameter("--simulate | --perform")
        query = _query(name, uscc, issuer, profile, expires_before)
        if report:
            found = DrillModel.of(door.report(report), services.enrolments.jobs.get(report))
        elif perform:
            key = request_key or uuid.uuid4().hex
            asked = door.ask(query, reason, request_key=key, actor=person(actor), text=text)
            found = DrillModel.of(door.count(query), asked)
        else:
            found = DrillModel.of(door.simulate(query) if simulate else door.count(query))
    print_json(found)
    if found.differing:
        leave(REFUSED)


def _query(name: str, uscc: str, issuer: str, profile: str, expires_before: str) -> CertificateQuery:
    before = moment(expires_before) if expires_before else None
    return CertificateQuery(name=name, uscc=uscc, issuer=issuer, profile=profile, expires_before=before)


def _run(services: Services, record: JobRecord) -> JobRecord:
    """Run a job under a progress bar on standard error."""
    if record.status is not JobStatus.RUNNING:
        _publish(services, record)
        return record
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err()) as shown:
        bar = shown.add_task("办理 / working", total=record.total, completed=record.done + record.failed)
        ended = services.enrolments.jobs.run(
            record.id, progress=lambda now: shown.update(bar, completed=now.done + now.failed)
        )
    _publish(services, ended)
    return ended


def _publish(services: Services, record: JobRecord) -> None:
    """Publish lists as soon as a standing changed."""
    if record.status is JobStatus.DONE and record.instruction.matter is not Matter.BULK_RENEW:
        services.evidence.publish()


def _finish(record: JobRecord) -> None:
    _show(record)
    if record.failed:
        say(f"失败清单：yinxin ra job {record.id}", f"What failed: yinxin ra job {record.id}")
        leave(REFUSED)


def _show(record: JobRecord, *, as_json: bool = False) -> None:
    if as_json:
        print_json(JobModel.of(record))
        return
    counts = f"{record.done} / {record.failed} / {record.left}"
    say(
        f"任务 {record.id}：{record.status.zh}，完成/失败/剩余 {counts}（摘要 {record.digest}）",
        f"Job {record.id}: {record.status.value}, done/failed/left {counts}",
    )
