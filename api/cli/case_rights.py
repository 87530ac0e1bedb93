"""``yinxin case signer`` and ``yinxin case standing``: whose certificate approves, which application may seal by itself."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from api.cli.console import (
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
from api.errors import InputInvalid
from api.schemas.use_rights import SignerModel, StandingModel
from hsm.key_uri import KeyUri
from seals.cases.rules import Role
from seals.cases.signer_store import Signer
from seals.cases.standing_store import Grantee, Standing

CLERK = "person:zhang.min=张敏"
SECOND = "person:chen.jing=陈静"
signer = typer.Typer(help="审批证书登记 / the register of signers", no_args_is_help=True)
standing = typer.Typer(help="静默用印授权 / standing authorisations", no_args_is_help=True)
Sha = Annotated[str, typer.Argument(help="证书 SHA-256 / digest of the certificate")]
Id = Annotated[str, typer.Argument(help="授权编号 / number of the authorisation")]


@signer.command()
def register(
    *,
    certificate: Annotated[Path, typer.Option(help="证书文件 PEM 或 DER / certificate")],
    holder: Annotated[str, typer.Option(help="持证人 / person:ID[=NAME]")],
    uscc: Annotated[str, typer.Option(help="所属企业 / enterprise")] = "",
    role: Annotated[Role, typer.Option(help="approver 审批人 / representative 代表人")] = Role.APPROVER,
    key: Annotated[str, typer.Option(help="密钥地址（密钥在本系统时）/ key URI, if it is kept here")] = "",
    home: HomeOption = None,
    actor: ActorOption = CLERK,
    as_json: JsonOption = False,
) -> None:
    """登记审批证书（第一人）/ register a certificate, as the first of two."""
    der = _der(read_bytes(certificate))
    with installation(home) as services:
        found = services.use_desk.signers.register(
            der, person(holder, uscc or None), role, key_uri=key, hand=hand(actor)
        )
    _signer(found, as_json=as_json)


@signer.command()
def confirm(sha256: Sha, home: HomeOption = None, actor: ActorOption = SECOND) -> None:
    """确认登记（第二人）/ confirm, as the second."""
    with installation(home) as services:
        _signer(services.use_desk.signers.confirm(sha256, hand=hand(actor)))


@signer.command()
def end(sha256: Sha, home: HomeOption = None, actor: ActorOption = SECOND) -> None:
    """解除登记 / take a certificate off the register."""
    with installation(home) as services:
        _signer(services.use_desk.signers.end(sha256, hand=hand(actor)))


@signer.command("list")
def list_signers(
    home: HomeOption = None, uscc: Annotated[str, typer.Option()] = "", as_json: JsonOption = False
) -> None:
    """审批证书列表 / list signers."""
    with installation(home) as services:
        found = services.use_desk.signers.list(uscc, "", 200)
    if as_json:
        print_json({"items": [SignerModel.of(one) for one in found]})
        return
    listing = table(
        "证书 / certificate", "持证人 / holder", "角色 / role", "企业 / enterprise", "状态 / status", first=64
    )
    for one in found:
        listing.add_row(
            one.certificate_sha256, one.holder.id, one.role.zh, one.holder.uscc or "", one.status.zh
        )
    out().print(listing)


@standing.command()
def request(
    *,
    application: Annotated[str, typer.Option("--app", help="应用 / app:ID")],
    seal: Annotated[str, typer.Option(help="印章编码 / code of the seal")],
    classes: Annotated[list[str], typer.Option("--class", help="文件种类，可多次 / class, repeatable")],
    quota: Annotated[int, typer.Option(min=1, help="总次数 / uses in all")],
    per_day: Annotated[int, typer.Option(min=0, help="每日次数，0 不限 / uses a day")] = 0,
    days: Annotated[int | None, typer.Option(min=1, max=1096, help="有效天数 / days")] = None,
    request_key: Annotated[str, typer.Option(help="请求编号，重试时不变 / keep it when retrying")] = "",
    home: HomeOption = None,
    actor: ActorOption = CLERK,
    as_json: JsonOption = False,
) -> None:
    """申请静默用印授权 / ask for a standing authorisation."""
    with installation(home) as services:
        desk, begins = services.use_desk.standing, services.clock().replace(microsecond=0)
        ends = desk.default_end(begins) if days is None else begins + timedelta(days=days)
        grantee = Grantee(person(application), seal, tuple(classes), quota, per_day, begins, ends)
        found = desk.request(grantee, request_key=request_key or uuid.uuid4().hex, hand=hand(actor))
    _standing(found, as_json=as_json)


@standing.command()
def sign(
    *,
    number: Id,
    jws: Annotated[Path | None, typer.Option(help="已签名的授权文件 / signed elsewhere")] = None,
    pin_file: PinFileOption = None,
    home: HomeOption = None,
    actor: ActorOption = SECOND,
    as_json: JsonOption = False,
) -> None:
    """由代表人签署，随即生效 / sign it, as the representative."""
    with installation(home) as services:
        desk, who = services.use_desk.standing, hand(actor)
        if jws is not None:
            found = desk.sign(number, read_bytes(jws).decode("ascii", "replace").strip(), hand=who)
        else:
            uri = desk.key_of(number, who)
            pin = ask_pin(pin_file, KeyUri.parse(uri).token, services.home) if uri else None
            found = desk.sign_with_key(number, hand=who, pin=pin)
    _standing(found, as_json=as_json)


@standing.command()
def payload(number: Id, home: HomeOption = None, actor: ActorOption = SECOND) -> None:
    """取待签内容 / what the representative signs."""
    with installation(home) as services:
        found = services.use_desk.standing.payload(number, hand=hand(actor))
    print_json({"payload": found.members, "signing_input": found.signing_input})


@standing.command()
def delete(
    number: Id,
    reason: Annotated[str, typer.Option("--reason", help="原因 / reason")],
    home: HomeOption = None,
    actor: ActorOption = SECOND,
) -> None:
    """撤销授权，立即生效 / end it at once."""
    with installation(home) as services:
        _standing(services.use_desk.standing.delete(number, reason, hand=hand(actor)))


@standing.command("list")
def list_standing(
    home: HomeOption = None, uscc: Annotated[str, typer.Option()] = "", as_json: JsonOption = False
) -> None:
    """静默用印授权列表 / list standing authorisations."""
    with installation(home) as services:
        found = services.use_desk.standing.list(uscc, "", 200)
    if as_json:
        print_json({"items": [StandingModel.of(one) for one in found]})
        return
    listing = table(
        "编号", "应用 / app", "印章 / seal", "已用 / used", "截止 / ends", "状态 / status", first=32
    )
    for one in found:
        asked = one.grantee
        used = f"{one.used}/{asked.quota}"
        listing.add_row(one.id, asked.app.id, asked.seal_code, used, f"{asked.ends:%Y-%m-%d}", one.status.zh)
    out().print(listing)


def _der(octets: bytes) -> bytes:
    if not octets.lstrip().startswith(b"-----"):
        return octets
    try:
        return x509.load_pem_x509_certificate(octets).public_bytes(Encoding.DER)
    except ValueError as wrong:
        raise InputInvalid("不是 PEM 格式的证书。", "It is not a certificate in PEM.") from wrong


def _signer(one: Signer, *, as_json: bool = False) -> None:
    if as_json:
        print_json(SignerModel.of(one))
        return
    say(
        f"{one.certificate_sha256} {one.holder.id}（{one.role.zh}）：{one.status.zh}",
        f"{one.certificate_sha256} {one.holder.id}: {one.status.value}",
    )


def _standing(one: Standing, *, as_json: bool = False) -> None:
    if as_json:
        print_json(StandingModel.of(one))
        return
    say(
        f"{one.id} {one.grantee.app.id}：{one.status.zh}（{one.used}/{one.grantee.quota} 次，至 {one.grantee.ends:%Y-%m-%d}）",
        f"{one.id} {one.grantee.app.id}: {one.status.value}, {one.used} of {one.grantee.quota} uses",
    )
