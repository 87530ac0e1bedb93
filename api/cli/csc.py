"""``yinxin csc``: keys in remote signing services of others: what answers, a request with such a key, a seal bound to it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from api.cli.console import (
    HomeOption,
    JsonOption,
    PinFileOption,
    ask_pin,
    installation,
    out,
    person,
    print_json,
    say,
    table,
    write_bytes,
)
from api.errors import NotFound
from hsm.builder_keys import builder_key
from hsm.csc import CscProvider
from hsm.key_uri import KeyUri
from hsm.provider import KeyProvider, KeyRing, open_signer
from hsm.public_keys import certificate_key

app = typer.Typer(no_args_is_help=True, help="远程签名服务中的密钥 / keys in remote signing services")
Service = Annotated[str, typer.Argument(help="csc_services 中的名称 / the name in csc_services")]
Credential = Annotated[str, typer.Argument(help="该服务的凭证编号 / the credential's id there")]


@app.command("services")
def services(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """列出已配置的服务及其状态 / list the services and whether they answer."""
    with installation(home) as doors:
        provider = _provider(doors.key_stores.ring)
        found = [provider.probe(name) for name in provider.tokens()]
    if as_json:
        print_json([{"service": one.token, "ready": one.ready, "detail": one.detail} for one in found])
        return
    rows = table("服务 / service", "状态 / state", "说明 / detail")
    for one in found:
        rows.add_row(one.token, "可用 / ready" if one.ready else "不可用 / not ready", one.detail)
    out().print(rows)


@app.command("credentials")
def credentials(service: Service, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """列出服务中的凭证 / list the credentials of a service."""
    with installation(home) as doors:
        found = _provider(doors.key_stores.ring).keys(service)
    if as_json:
        print_json([{"key": str(one.uri), "kind": one.kind.value} for one in found])
        return
    rows = table("密钥地址 / key", "类型 / kind")
    for one in found:
        rows.add_row(str(one.uri), one.kind.value)
    out().print(rows)


@app.command("request")
def request(
    service: Service,
    credential: Credential,
    name: Annotated[str, typer.Option(help="证书的通用名 / common name")],
    output: Annotated[Path, typer.Option("--output", "-o", help="写入的文件 / file to write")],
    pin_file: PinFileOption = None,
    home: HomeOption = None,
) -> None:
    """用远程密钥生成证书申请（PKCS#10），再交由本系统签发 / write a certificate request signed by the remote key."""
    with installation(home) as doors:
        uri = KeyUri(CscProvider.scheme, service, credential)
        pin = None if pin_file is None else ask_pin(pin_file, service, doors.home)
        signer = open_signer(doors.key_stores.ring, uri, pin=pin)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
        digest: Any = signer.algorithm.digest.hash()
        made = builder.sign(builder_key(signer), digest)
    write_bytes(output, made.public_bytes(Encoding.PEM))
    say(f"已写入 {output}", f"written to {output}")


@app.command("bind")
def bind(
    seal: Annotated[str, typer.Argument(help="印章的电子编码 / electronic code of the seal")],
    service: Service,
    credential: Credential,
    actor: Annotated[str, typer.Option("--as", help="办理人 / who acts: person:ID[=NAME]")],
    pin_file: PinFileOption = None,
    home: HomeOption = None,
) -> None:
    """把印章证书与远程密钥绑定，此后用印由该服务签名 / let a seal be used by the remote key of its certificate."""
    with installation(home) as doors:
        bound = doors.seals.get(seal).electronic.certificate
        if bound is None:
            raise NotFound
        uri = KeyUri(CscProvider.scheme, service, credential)
        expected = certificate_key(x509.load_der_x509_certificate(bound.der))
        pin = None if pin_file is None else ask_pin(pin_file, service, doors.home)
        open_signer(doors.key_stores.ring, uri, expected=expected, pin=pin)
        doors.ledger.bind_key(bound.sha256, str(uri), actor=person(actor))
    say(f"印章 {seal} 的密钥地址为 {uri}", f"the key of seal {seal} is at {uri}")


def _provider(ring: KeyRing) -> KeyProvider:
    return ring.provider(KeyUri(CscProvider.scheme, "x", "x"))
