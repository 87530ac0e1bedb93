"""``yinxin ca``: ceremony, issue, revoke, publish lists, list certificates."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import (
    ActorOption,
    HomeOption,
    JsonOption,
    PinFileOption,
    SuiteOption,
    ask_pin,
    err,
    installation,
    opened,
    out,
    person,
    print_json,
    read_bytes,
    read_text,
    say,
    table,
    write_bytes,
)
from api.cli.cross import app as cross_app
from api.foundation import lay_foundation
from api.schemas.certificates import CertificateModel, IssuedModel
from api.suite_choice import keep_settings, settings_for
from api.tokens.enrolment import EnrolmentOrder, certificate_request, serial_of, token_of
from api.tokens.key_input import public_key
from ca.certificate import CertificateOrder, CertificateQuery, RevocationReason
from hsm.algorithms import KeyKind

OPERATOR = "person:zhao.lei=赵磊"
app = typer.Typer(help="证书签发 / certification authority", no_args_is_help=True)
app.add_typer(cross_app, name="cross-certify")


@app.command()
def ceremony(
    home: HomeOption = None,
    actor: ActorOption = OPERATOR,
    organization: Annotated[str, typer.Option(help="CA 名称 / name of the CA")] = "印信测试认证中心 TEST",
    suite: SuiteOption = None,
) -> None:
    """密钥仪式：建立根、签发 CA、时间戳、OCSP 与制章者 / perform the key ceremony."""
    settings = settings_for(home, suite)
    with opened(settings) as services:
        if suite is not None:
            keep_settings(settings)
        console = err()
        laid = lay_foundation(services, organization, actor=person(actor), progress=console.print)
    say(f"密钥仪式完成，信任锚在 {laid.trust}", f"The ceremony is complete; the anchors are in {laid.trust}")


@app.command()
def issue(
    *,
    uscc: Annotated[str, typer.Option(help="统一社会信用代码 / unified social credit code")],
    home: HomeOption = None,
    actor: ActorOption = OPERATOR,
    name: Annotated[str, typer.Option(help="首次登记时的企业名称 / name, to register a new enterprise")] = "",
    csr: Annotated[Path | None, typer.Option(help="PKCS#10 文件；不给则在令牌中生成 / request file")] = None,
    keeper: Annotated[str, typer.Option(help="印章保管人 / keeper: person:ID[=NAME]")] = "person:li.wei=李伟",
    kind: Annotated[
        KeyKind | None, typer.Option(help="密钥种类，不给则随算法套件 / kind of key, by default the suite's")
    ] = None,
    days: Annotated[int | None, typer.Option(min=1, max=3660)] = None,
    pin_file: PinFileOption = None,
    so_pin_file: Annotated[Path | None, typer.Option(help="SO PIN 文件（新令牌）/ for a new token")] = None,
    request_key: Annotated[str, typer.Option(help="请求编号，重试时不变 / keep it when retrying")] = "",
    to: Annotated[
        Path | None, typer.Option("--out", help="证书写到此文件 / write the certificate here")
    ] = None,
) -> None:
    """签发企业印章证书到令牌，或为 CSR 签发 / issue into the enterprise's token, or for a request."""
    key = request_key or uuid.uuid4().hex
    with installation(home) as services:
        services.demand_direct_issuance()
        who = person(actor)
        if name:
            services.enterprises.register(uscc, name, actor=who)
        if csr is not None:
            owner = services.enterprises.get(uscc)
            request = certificate_request(read_text(csr), owner, owner.name[:64], "enterprise-seal", days)
            shown = services.authority.issue(request, request_key=key, actor=who)
            model = IssuedModel.of(shown)
        else:
            pin = ask_pin(pin_file, token_of(uscc), services.home)
            so_pin = None if so_pin_file is None else ask_pin(so_pin_file, token_of(uscc), services.home)
            held_by = person(keeper)
            order = EnrolmentOrder(uscc, held_by.id, pin, so_pin, kind, key, held_by.name)
            enrolled = services.enrolment.enrol(order, actor=who)
            shown, model = enrolled.certificate, IssuedModel.of(enrolled.certificate, str(enrolled.key_uri))
    if to is not None:
        write_bytes(to, shown.der)
    print_json(model)


@app.command()
def revoke(
    serial: Annotated[str, typer.Argument(help="十六进制序列号 / hexadecimal serial number")],
    reason: Annotated[RevocationReason, typer.Option(help="RFC 5280 §5.3.1")] = RevocationReason.UNSPECIFIED,
    home: HomeOption = None,
    actor: ActorOption = OPERATOR,
) -> None:
    """吊销证书 / revoke a certificate."""
    with installation(home) as services:
        services.authority.revoke(serial_of(serial), reason, actor=person(actor))
        services.evidence.publish()
    say(f"证书 {serial} 已吊销。", f"Certificate {serial} is revoked.")


@app.command("report-compromise")
def report_compromise(
    key: Annotated[
        Path, typer.Argument(help="泄露密钥的公钥或证书 / its public key or a certificate over it")
    ],
    home: HomeOption = None,
    actor: ActorOption = OPERATOR,
) -> None:
    """报告密钥泄露：永不再为其签发，其证书一律吊销 / bar a key for ever and revoke every certificate over it."""
    with installation(home) as services:
        revoked = services.authority.report_compromise(public_key(read_bytes(key)), actor=person(actor))
        services.evidence.publish()
    listed = "、".join(f"{serial:x}" for serial in revoked) or "–"
    say(
        f"该密钥已永久禁用；吊销证书：{listed}", f"The key is barred for ever; certificates revoked: {listed}"
    )


@app.command()
def crl(
    issuer: Annotated[str, typer.Argument(help="签发者，不给则全部 / issuer; all without it")] = "",
    home: HomeOption = None,
    actor: ActorOption = OPERATOR,
    to: Annotated[Path | None, typer.Option("--out", help="写到此文件 / write here")] = None,
) -> None:
    """发布吊销列表 / publish revocation lists."""
    with installation(home) as services:
        wanted = [scope for scope in services.crls.scopes() if issuer in ("", scope.issuer)]
        if not wanted:
            services.authority.issuer(issuer)
        lists = [services.crls.publish(s.issuer, shard=s.shard, actor=person(actor)) for s in wanted]
        services.evidence.publish()
    for published in lists:
        until = published.next_update.strftime("%Y-%m-%d %H:%MZ")
        name = f"{published.issuer}/{published.shard}" if published.shard else published.issuer
        say(
            f"{name}：CRL 第 {published.number} 号，{published.entries} 条，有效至 {until}",
            f"{name}: CRL {published.number}, {published.entries} entries, valid until {until}",
        )
    if to is not None:
        write_bytes(to, lists[0].der)


@app.command()
def shards(
    issuer: Annotated[str, typer.Argument(help="签发者 / issuer")],
    capacity: Annotated[int, typer.Argument(help="每片证书数，0 为不分片 / certificates a shard, 0: none")],
    home: HomeOption = None,
    actor: ActorOption = OPERATOR,
) -> None:
    """吊销列表分片：只影响今后签发的证书 / divide a revocation list, for certificates to come."""
    with installation(home) as services:
        services.authority.shard_lists(issuer, capacity, actor=person(actor))
    say(f"{issuer}：每片 {capacity} 张证书。", f"{issuer}: {capacity} certificates a shard.")


@app.command("list")
def list_certificates(
    *,
    home: HomeOption = None,
    name: Annotated[str, typer.Option(help="名称包含 / part of the name")] = "",
    uscc: Annotated[str, typer.Option(help="统一社会信用代码")] = "",
    order: Annotated[CertificateOrder, typer.Option(help="排序 / order")] = CertificateOrder.ISSUANCE,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
    cursor: Annotated[str, typer.Option(help="上一页给出的 next / next of the page before")] = "",
    as_json: JsonOption = False,
) -> None:
    """证书列表 / list certificates."""
    with installation(home) as services:
        query = CertificateQuery(name=name, uscc=uscc, order=order, limit=limit, cursor=cursor)
        page = services.authority.find(query)
    if as_json:
        items = [CertificateModel.of(item) for item in page.items]
        print_json({"items": items, "next": page.next})
        return
    listing = table("序列号 / serial", "名称 / name", "种类 / profile", "状态 / status", "有效至 / until")
    for item in page.items:
        until = item.not_after.strftime("%Y-%m-%d")
        listing.add_row(f"{item.serial:x}", item.name, item.profile, item.status.value, until)
    out().print(listing)
    if page.next is not None:
        say(f"下一页：--cursor {page.next}", "There is another page.")
