"""``yinxin ra``: request, check, approve, issue and deliver certificates; renew, suspend, remind, drill."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

import typer

from api.access.scopes import OPERATOR_SCOPES
from api.cli.console import (
    ID_WIDTH,
    ActorOption,
    HomeOption,
    JsonOption,
    PinFileOption,
    ask_pin,
    installation,
    out,
    person,
    print_json,
    read_bytes,
    say,
    table,
    write_bytes,
)
from api.cli.ra_jobs import register
from api.schemas.enrolment import EnrolmentModel
from api.schemas.timeline import TimelineModel
from api.services import Services
from api.tokens.desk_pairs import take_in_pair
from api.tokens.enrolment import EnrolmentOrder, serial_of, token_of
from ca.actor import Actor
from ca.certificate import SubjectName
from ca.enrolment.approval import Ballot
from ca.enrolment.enrolment_store import EnrolmentQuery
from ca.enrolment.request import Application, Approver, Delivery, EnrolmentRecord
from ca.enrolment.states import EnrolmentStatus, RejectionCode
from ca.profile import ENTERPRISE_SEAL
from hsm.algorithms import KeyKind

REQUESTER: Final = "person:zhang.min=张敏"
OFFICER: Final = "person:chen.jing=陈静"
app = typer.Typer(help="证书申请与审批 / enrolment", no_args_is_help=True)
Id = Annotated[str, typer.Argument(help="申请编号 / number of the enrolment")]
RequestKey = Annotated[str, typer.Option(help="请求编号，重试时不变 / keep it when retrying")]
Evidence = Annotated[
    list[str] | None,
    typer.Option("--evidence", help="材料：种类=文件，可多次 / document: KIND=FILE, repeatable"),
]
Days = Annotated[int | None, typer.Option(min=1, max=3660, help="有效天数 / days")]


def officer(text: str) -> Approver:
    """Read ``--as`` of somebody who sits at this machine: they have every operator's scope."""
    return Approver(person(text), OPERATOR_SCOPES)


@app.command("request")
def request_certificate(
    *,
    uscc: Annotated[str, typer.Option(help="统一社会信用代码 / unified social credit code")] = "",
    profile: Annotated[str, typer.Option(help="证书模板 / profile")] = ENTERPRISE_SEAL.id,
    csr: Annotated[Path | None, typer.Option(help="PKCS#10 文件 / request file")] = None,
    in_token: Annotated[
        bool, typer.Option("--in-token", help="在企业令牌中生成密钥 / make the key in the enterprise's token")
    ] = False,
    name: Annotated[str, typer.Option(help="证书通用名，不给则取企业名 / common name")] = "",
    keeper: Annotated[str, typer.Option(help="密钥保管人 / holder of the key")] = "person:li.wei=李伟",
    kind: Annotated[KeyKind | None, typer.Option(help="密钥种类 / kind of key")] = None,
    days: Days = None,
    pair: Annotated[bool, typer.Option("--pair", help="双证书 / a pair of certificates")] = False,
    evidence: Evidence = None,
    submit: Annotated[bool, typer.Option("--submit", help="同时提交 / submit it too")] = False,
    pin_file: PinFileOption = None,
    so_pin_file: Annotated[Path | None, typer.Option(help="SO PIN 文件（新令牌）/ for a new token")] = None,
    request_key: RequestKey = "",
    home: HomeOption = None,
    actor: ActorOption = REQUESTER,
    as_json: JsonOption = False,
) -> None:
    """申请证书：提交请求文件，或在令牌中生成密钥 / request a certificate by file or by a key made in a token."""
    key, who = request_key or uuid.uuid4().hex, person(actor)
    with installation(home) as services:
        validity = None if days is None else timedelta(days=days)
        if in_token:
            services.enterprises.get(uscc)  # a mistyped number is told before a PIN is asked for
            pin = ask_pin(pin_file, token_of(uscc), services.home)
            so_pin = None if so_pin_file is None else ask_pin(so_pin_file, token_of(uscc), services.home)
            held_by = person(keeper)
            order = EnrolmentOrder(uscc, held_by.id, pin, so_pin, kind, key, held_by.name)
            made = services.enrolment.make_key(order)
            subject = services.enrolment.subject(order)
            application = Application(
                profile,
                subject,
                public_key=made.public_key,
                validity=validity,
                custody=services.enrolment.custody(made, pin),
                pair=pair,
                chip=token_of(uscc),
                container=made.uri.object,
            )
        else:
            application = Application(
                profile,
                _subject(services, uscc, name),
                csr=b"" if csr is None else read_bytes(csr),
                validity=validity,
                pair=pair,
            )
        record = services.enrolments.request(application, request_key=key, actor=who)
        for given in evidence or []:
            record = _attach(services, record.id, given, who)
        if submit:
            record = services.enrolments.submit(record.id, actor=who)
    _show(record, as_json=as_json)


def _subject(services: Services, uscc: str, name: str) -> SubjectName:
    if not uscc:
        return SubjectName(name)
    owner = services.enterprises.get(uscc)
    return SubjectName(name or owner.name, owner.name, uscc)


def _attach(services: Services, enrolment: str, given: str, who: Actor) -> EnrolmentRecord:
    kind, equals, path = given.partition("=")
    if not equals:
        raise typer.BadParameter("KIND=FILE", param_hint="--evidence")
    file = Path(path)
    return services.enrolments.attach(enrolment, read_bytes(file), kind, name=file.name, actor=who)


@app.command()
def attach(
    enrolment: Id,
    evidence: Annotated[list[str], typer.Argument(help="种类=文件 / KIND=FILE")],
    home: HomeOption = None,
    actor: ActorOption = REQUESTER,
) -> None:
    """补充材料（已有审批作废）/ attach documents; approvals given before are void."""
    with installation(home) as services:
        for given in evidence:
            record = _attach(services, enrolment, given, person(actor))
    _show(record)


@app.command()
def submit(enrolment: Id, home: HomeOption = None, actor: ActorOption = REQUESTER) -> None:
    """提交申请 / hand it in."""
    with installation(home) as services:
        _show(services.enrolments.submit(enrolment, actor=person(actor)))


@app.command()
def withdraw(
    enrolment: Id,
    reason: Annotated[str, typer.Option(help="原因 / reason")] = "",
    home: HomeOption = None,
    actor: ActorOption = REQUESTER,
) -> None:
    """撤回申请 / take it back."""
    with installation(home) as services:
        _show(services.enrolments.withdraw(enrolment, actor=person(actor), reason=reason))


@app.command()
def check(
    enrolment: Id,
    item: Annotated[list[str] | None, typer.Argument(help="清单项，不给则全部 / items; all without")] = None,
    refuse: Annotated[
        bool, typer.Option("--refuse", help="不通过，须有说明 / not found; needs a remark")
    ] = False,
    remark: Annotated[str, typer.Option(help="说明 / remark")] = "",
    home: HomeOption = None,
    actor: ActorOption = OFFICER,
) -> None:
    """审核材料，须由另一人 / check the evidence, as another person."""
    with installation(home) as services:
        record = services.enrolments.get(enrolment)
        for one in item or [listed.id for listed in record.rule.checklist]:
            record = services.enrolments.check(
                enrolment, one, found=not refuse, remark=remark, by=officer(actor)
            )
    _show(record)


@app.command()
def approve(
    enrolment: Id,
    digest: Annotated[str, typer.Option(help="所见内容的摘要，见 ra show / digest of what you saw")],
    comment: Annotated[str, typer.Option(help="意见 / comment")] = "",
    stage: Annotated[str, typer.Option(help="环节 / stage, where you fit several")] = "",
    home: HomeOption = None,
    actor: ActorOption = OFFICER,
) -> None:
    """审批：只对 --digest 所指的内容有效 / approve exactly what has this digest."""
    with installation(home) as services:
        ballot = Ballot(digest, comment, stage)
        _show(services.enrolments.approve(enrolment, ballot, by=officer(actor)))


@app.command()
def reject(
    enrolment: Id,
    reason: Annotated[str, typer.Option(help="说明 / sentence that says why")],
    code: Annotated[RejectionCode, typer.Option(help="原因代码 / reason code")] = RejectionCode.OTHER,
    home: HomeOption = None,
    actor: ActorOption = OFFICER,
) -> None:
    """驳回申请，须有原因 / reject, with a reason."""
    with installation(home) as services:
        _show(services.enrolments.reject(enrolment, code, reason, by=officer(actor)))


@app.command()
def issue(
    enrolment: Id,
    to: Annotated[
        Path | None, typer.Option("--out", help="证书写到此文件 / write the certificate here")
    ] = None,
    home: HomeOption = None,
    actor: ActorOption = OFFICER,
) -> None:
    """签发已批准的申请 / issue what was approved."""
    with installation(home) as services:
        record = services.enrolments.issue(enrolment, actor=person(actor))
        if to is not None and record.serial is not None:
            write_bytes(to, services.authority.certificate(record.serial, record.issuer).der)
    _show(record)


@app.command()
def deliver(
    *,
    enrolment: Id,
    to: Annotated[str, typer.Option(help="交付给谁 / to whom")],
    how: Annotated[str, typer.Option(help="交付方式 / how")] = "柜台当面交付 / in person",
    receipt: Annotated[Path | None, typer.Option(help="签收回执文件 / signed receipt")] = None,
    to_token: Annotated[
        bool, typer.Option("--to-token", help="证书写入企业令牌 / put the certificate into the token")
    ] = False,
    pin_file: PinFileOption = None,
    home: HomeOption = None,
    actor: ActorOption = OFFICER,
) -> None:
    """交付证书并登记回执 / deliver, with the receipt."""
    with installation(home) as services:
        who = person(actor)
        if to_token:
            _into_token(services, services.enrolments.get(enrolment), pin_file, who)
        data = b"" if receipt is None else read_bytes(receipt)
        _show(services.enrolments.deliver(enrolment, Delivery(to, how), actor=who, receipt=data))


def _into_token(services: Services, record: EnrolmentRecord, pin_file: Path | None, who: Actor) -> None:
    content = record.content
    if record.serial is None or not content.container:
        raise typer.BadParameter(
            "密钥不是在令牌中生成的 / the key was not made in a token", param_hint="--to-token"
        )
    pin = ask_pin(pin_file, content.chip, services.home)
    der = services.authority.certificate(record.serial, record.issuer).der
    address = services.enrolment.key_address(content.chip, content.container)
    services.enrolment.keep_certificate(address, der, pin=pin, actor=who)
    if record.encryption_serial is not None:
        second = services.authority.certificate(record.encryption_serial, record.issuer).der
        take_in_pair(services, record, second, pin)


@app.command("list")
def list_enrolments(
    *,
    status: Annotated[EnrolmentStatus | None, typer.Option(help="状态 / status")] = None,
    uscc: Annotated[str, typer.Option(help="统一社会信用代码")] = "",
    after: Annotated[str, typer.Option(help="上一页最后的编号 / last number of the page before")] = "",
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """申请列表，最新的在前 / list enrolments, the newest first."""
    with installation(home) as services:
        found = services.enrolments.list(EnrolmentQuery(status, uscc, "", after, limit))
    if as_json:
        print_json({"items": [EnrolmentModel.of(one) for one in found]})
        return
    listing = table(
        "编号 / id", "状态 / status", "名称 / name", "种类 / profile", "申请人 / requester", first=ID_WIDTH
    )
    for one in found:
        listing.add_row(
            one.id, one.status.zh, one.content.subject.searched, one.content.profile, one.requester.id
        )
    out().print(listing)


@app.command()
def show(enrolment: Id, home: HomeOption = None) -> None:
    """申请详情：内容、摘要、审核与审批 / everything about one enrolment."""
    with installation(home) as services:
        print_json(EnrolmentModel.of(services.enrolments.get(enrolment)))


@app.command()
def timeline(
    serial: Annotated[str, typer.Argument(help="十六进制序列号 / hexadecimal serial number")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """证书时间线：申请、审核、审批、签发、交付、续期、暂停、吊销 / one certificate from first to last."""
    with installation(home) as services:
        model = TimelineModel.of(services.enrolments.timeline(serial_of(serial)))
    if as_json:
        print_json(model)
        return
    listing = table("时间 / when", "步骤 / step", "办理人 / who", "记录 / record")
    for event in model.events:
        when = event.at.strftime("%Y-%m-%d %H:%M:%SZ")
        listing.add_row(when, f"{event.zh} {event.step}", event.actor.name or event.actor.id, event.subject)
    out().print(listing)
    for zh, en, links in (("前一张", "before", model.predecessors), ("后一张", "after", model.successors)):
        for link in links:
            say(f"{zh}：{link.serial}（{link.matter}）", f"{en}: {link.serial} ({link.matter})")


@app.command()
def renew(
    serial: Annotated[str, typer.Argument(help="十六进制序列号 / hexadecimal serial number")],
    days: Days = None,
    request_key: RequestKey = "",
    home: HomeOption = None,
    actor: ActorOption = REQUESTER,
    as_json: JsonOption = False,
) -> None:
    """沿用原密钥续期并提交 / renew over the same key, and submit."""
    key, who = request_key or uuid.uuid4().hex, person(actor)
    with installation(home) as services:
        validity = None if days is None else timedelta(days=days)
        record = services.enrolments.renew(serial_of(serial), request_key=key, actor=who, validity=validity)
        if record.status is EnrolmentStatus.DRAFT:
            record = services.enrolments.submit(record.id, actor=who)
    _show(record, as_json=as_json)


@app.command()
def rekey(
    serial: Annotated[str, typer.Argument(help="十六进制序列号 / hexadecimal serial number")],
    csr: Annotated[Path, typer.Option(help="新密钥的 PKCS#10 文件 / request file of the new key")],
    evidence: Evidence = None,
    days: Days = None,
    request_key: RequestKey = "",
    home: HomeOption = None,
    actor: ActorOption = REQUESTER,
    as_json: JsonOption = False,
) -> None:
    """更换密钥，主体不变 / replace the key for the same holder."""
    key, who = request_key or uuid.uuid4().hex, person(actor)
    with installation(home) as services:
        application = services.enrolments.again(serial_of(serial), read_bytes(csr), days=days)
        record = services.enrolments.rekey(serial_of(serial), application, request_key=key, actor=who)
        for given in evidence or []:
            record = _attach(services, record.id, given, who)
    _show(record, as_json=as_json)


def _show(record: EnrolmentRecord, *, as_json: bool = False) -> None:
    if as_json:
        print_json(EnrolmentModel.of(record))
        return
    serial = "" if record.serial is None else f"，序列号 {record.serial:x}"
    say(
        f"申请 {record.id} 第 {record.version} 版：{record.status.zh}{serial}（摘要 {record.digest}）",
        f"Enrolment {record.id}, version {record.version}: {record.status.value}",
    )


register(app)
