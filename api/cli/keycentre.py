"""``yinxin kmc``: found the key centre, fill the pool, recover by custodians' votes, export for tokens."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import (
    ID_WIDTH,
    ActorOption,
    HomeOption,
    JsonOption,
    ask_pin,
    installation,
    moment,
    out,
    person,
    print_json,
    read_bytes,
    say,
    table,
    write_bytes,
)
from api.errors import InputInvalid
from api.schemas.keycentre import BallotModel, CaseModel, CentreModel, EscrowedKeyModel, NoticeModel
from api.tokens.key_input import public_key
from api.tokens.key_stores import SERVICE_TOKEN
from ca.keycentre import delivery
from ca.keycentre.case import Case, JudicialRecovery, Order, RosterChange, UserRecovery
from ca.keycentre.recovery import Ballot
from ca.keycentre.roster import Custodian, RosterPlan
from ca.keycentre.roster import ballot as ballot_octets
from ca.keycentre.state import CaseStatus
from hsm.algorithms import KeyKind
from hsm.envelopes import EnvelopeFormat
from hsm.key_uri import KeyUri
from hsm.provider import open_signer

KEEPER = "person:he.ping=何平"
OFFICER = "person:wu.gang=吴刚"
app = typer.Typer(help="密钥管理中心 / key centre", no_args_is_help=True)
custodian = typer.Typer(help="托管人 / custodians", no_args_is_help=True)
app.add_typer(custodian, name="custodian")
CaseId = Annotated[str, typer.Argument(help="案件编号 / number of the case")]
KeyId = Annotated[str, typer.Argument(help="密钥编号 / id of the key")]
Out = Annotated[Path | None, typer.Option("--out", help="写到此文件 / write here")]
Evidence = Annotated[str, typer.Option(help="证据摘要 / SHA-256 of the evidence, hexadecimal")]
Why = Annotated[str, typer.Option("--reason", help="原因 / reason")]
Amended = Annotated[
    str,
    typer.Option(
        "--amend", help="更正本人的此案件，已投的票作废 / change this case of one's own; votes are void"
    ),
]
People = Annotated[
    list[str], typer.Option("--custodian", help="ID=姓名=公钥文件，可多次 / ID=NAME=FILE of the public key")
]
UserQuorum = Annotated[int, typer.Option(min=2, help="用户恢复门限 / custodians for a user recovery")]
JudicialQuorum = Annotated[int, typer.Option(min=3, help="司法恢复门限 / custodians for a judicial recovery")]


@app.command()
def init(
    *,
    people: People,
    user: UserQuorum = 2,
    judicial: JudicialQuorum = 3,
    home: HomeOption = None,
    actor: ActorOption = KEEPER,
) -> None:
    """建立密钥管理中心，指定托管人 / found the key centre and name its custodians."""
    with installation(home) as services:
        where = KeyUri(services.key_stores.scheme, SERVICE_TOKEN, "key-centre")
        kind = services.settings.suite.key_kind
        status = services.key_centre.found(where, kind, _roster(people, user, judicial), actor=person(actor))
    print_json(CentreModel.of(status))


@app.command()
def status(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """密钥池、托管人与待办案件 / pool, custodians and cases that wait."""
    with installation(home) as services:
        model = CentreModel.of(services.key_centre.status())
    if as_json:
        print_json(model)
        return
    listing = table("种类 / kind", "状态 / status", "数量 / number")
    for row in model.keys:
        listing.add_row(row.kind, row.status, str(row.number))
    out().print(listing)
    people = "、".join(model.custodians)
    quorums = f"{model.user_quorum}/{model.judicial_quorum}/{len(model.custodians)}"
    say(f"托管人：{people}；门限 {quorums}", f"Custodians: {people}; quorums {quorums}")


@app.command()
def pool(
    target: Annotated[int, typer.Argument(min=0, help="池中数量 / keys to be pooled")],
    kind: Annotated[KeyKind | None, typer.Option(help="密钥种类 / kind of key")] = None,
    home: HomeOption = None,
    actor: ActorOption = KEEPER,
) -> None:
    """补充密钥池 / fill the pool."""
    with installation(home) as services:
        wanted = kind or services.settings.suite.key_kind
        made = services.key_centre.pool_fill(wanted, target, actor=person(actor))
    say(
        f"新生成 {made} 对 {wanted.value} 加密密钥。",
        f"Made {made} encryption key pairs of kind {wanted.value}.",
    )


@app.command()
def show(key: KeyId, home: HomeOption = None) -> None:
    """托管密钥详情 / show an escrowed key."""
    with installation(home) as services:
        print_json(EscrowedKeyModel.of(services.key_centre.key(key)))


@app.command()
def find(
    certificate: Annotated[
        Path, typer.Argument(help="加密证书或公钥文件 / encryption certificate or public key")
    ],
    home: HomeOption = None,
) -> None:
    """按加密证书查找托管密钥 / find the escrowed key of an encryption certificate."""
    with installation(home) as services:
        print_json(EscrowedKeyModel.of(services.key_centre.key_of(public_key(read_bytes(certificate)))))


@app.command("recover-user")
def recover_user(
    key: KeyId,
    *,
    sign_key: Annotated[Path, typer.Option(help="新签名公钥或证书 / the holder's new signing key")],
    evidence: Evidence,
    reason: Why = "令牌丢失 / lost token",
    amend: Amended = "",
    home: HomeOption = None,
    actor: ActorOption = OFFICER,
) -> None:
    """申请用户恢复 / ask for a user recovery."""
    order = UserRecovery(key, reason, evidence, public_key(read_bytes(sign_key)))
    _ask(order, amend, home, actor)


@app.command("recover-judicial")
def recover_judicial(
    key: KeyId,
    *,
    order_number: Annotated[str, typer.Option(help="文书编号 / number of the order")],
    authority: Annotated[str, typer.Option(help="机关名称 / the authority")],
    certificate: Annotated[Path, typer.Option(help="机关证书 DER / the authority's certificate, DER")],
    evidence: Evidence,
    notice_after: Annotated[str, typer.Option(help="暂缓通知至 / hold the notice back until")] = "",
    delay_reason: Annotated[str, typer.Option(help="暂缓原因 / why")] = "",
    amend: Amended = "",
    home: HomeOption = None,
    actor: ActorOption = OFFICER,
) -> None:
    """申请司法恢复 / ask for a judicial recovery."""
    until: datetime | None = moment(notice_after) if notice_after else None
    given = JudicialRecovery(
        key, order_number, authority, evidence, read_bytes(certificate), until, delay_reason
    )
    _ask(given, amend, home, actor)


@app.command()
def cases(status: CaseStatus | None = None, home: HomeOption = None) -> None:
    """案件列表 / list cases."""
    with installation(home) as services:
        found = services.key_centre.cases(status)
    columns = ("案件 / case", "种类 / kind", "状态 / status", "申请人 / requester", "到期 / expires")
    listing = table(*columns, first=ID_WIDTH)
    for case in found:
        expires = f"{case.expires_at:%Y-%m-%d %H:%MZ}"
        listing.add_row(case.id, case.kind.value, case.status.value, case.requested_by, expires)
    out().print(listing)


@app.command()
def ballot(case: CaseId, to: Out = None, word: str = "approve", home: HomeOption = None) -> None:
    """导出待签内容，用任何工具签名 / export the octets to be signed, for any tool."""
    with installation(home) as services:
        found = services.key_centre.case(case)
        model = BallotModel.of(found, services.key_centre.votes(case))
    if to is not None:
        write_bytes(to, ballot_octets(word, found.document))
    print_json(model)


@app.command()
def vote(
    case: CaseId,
    *,
    actor: ActorOption,
    signature: Annotated[Path | None, typer.Option(help="签名文件 / signature made elsewhere")] = None,
    key_uri: Annotated[str, typer.Option(help="本人令牌中的密钥 / key in your own token")] = "",
    pin_file: Annotated[Path | None, typer.Option(help="PIN 文件 / file with the PIN")] = None,
    reject: Annotated[bool, typer.Option("--reject", help="不同意 / refuse")] = False,
    reason: Why = "",
    home: HomeOption = None,
) -> None:
    """托管人投票：签名文件或本人令牌 / vote as a custodian, by a signature file or by your own token."""
    word = "reject" if reject else "approve"
    with installation(home) as services:
        found = services.key_centre.case(case)
        if signature is not None:
            octets = read_bytes(signature)
        elif key_uri:
            uri = KeyUri.parse(key_uri)
            pin = ask_pin(pin_file, uri.token, services.home)
            octets = open_signer(services.key_stores.ring, uri, pin=pin).sign(
                ballot_octets(word, found.document)
            )
        else:
            raise InputInvalid("请给出 --signature 或 --key-uri。", "Give --signature or --key-uri.")
        given = Ballot(case, found.document_sha256, word, octets, reason)
        _show(services.key_centre.vote(given, actor=person(actor)))


@app.command()
def execute(case: CaseId, to: Out = None, home: HomeOption = None, actor: ActorOption = OFFICER) -> None:
    """执行已批准的案件 / execute an approved case."""
    with installation(home) as services:
        done = services.key_centre.execute(case, actor=person(actor))
    if to is not None:
        write_bytes(to, done.delivery)
    _show(done)


@app.command()
def withdraw(case: CaseId, home: HomeOption = None, actor: ActorOption = OFFICER) -> None:
    """撤回本人提出的案件 / withdraw an open case of one's own."""
    with installation(home) as services:
        _show(services.key_centre.withdraw(case, actor=person(actor)))


@app.command("export-blob")
def export_blob(
    source: Annotated[Path, typer.Argument(help="密钥信封 / delivery of an SM2 key")],
    to: Annotated[Path, typer.Option("--out", help="写到此文件 / write here")],
    home: HomeOption = None,
) -> None:
    """把信封导出为 SKF 的 ENVELOPEDKEYBLOB / export a delivery as SKF's ENVELOPEDKEYBLOB."""
    with installation(home) as services:
        found = delivery.parse(read_bytes(source)).proven(services.key_centre.public_key)
    if found.wrapped.format is not EnvelopeFormat.SM2:
        raise InputInvalid(
            "此信封装的不是 SM2 密钥，ENVELOPEDKEYBLOB 只用于 SM2。",
            "This envelope holds no SM2 key; ENVELOPEDKEYBLOB is for SM2 alone.",
        )
    blob = found.enveloped_key.to_blob()
    write_bytes(to, blob)
    say(f"已写入 {len(blob)} 字节：{to}", f"Wrote {len(blob)} octets: {to}")


@app.command()
def notices(
    case: Annotated[str, typer.Option(help="此案件的全部通知 / every notice of this case")] = "",
    home: HomeOption = None,
) -> None:
    """应发通知；或一个案件的全部通知 / notices that are due, or all of one case."""
    with installation(home) as services:
        centre = services.key_centre
        found = centre.notices_of(case) if case else centre.notices()
    print_json({"items": [NoticeModel.of(each) for each in found]})


@app.command("notice-sent")
def notice_sent(
    number: Annotated[int, typer.Argument(min=1, help="通知编号 / number of the notice")],
    home: HomeOption = None,
    actor: ActorOption = KEEPER,
) -> None:
    """登记通知已送达持有人或审计员 / record that a notice was given to its addressee."""
    with installation(home) as services:
        print_json(NoticeModel.of(services.key_centre.notice_sent(number, actor=person(actor))))


@custodian.command("list")
def list_custodians(home: HomeOption = None) -> None:
    """在任托管人 / custodians in office."""
    with installation(home) as services:
        found = services.key_centre.status()
    listing = table("编号 / id", "姓名 / name")
    for row in found.custodians:
        listing.add_row(*row)
    out().print(listing)


@custodian.command()
def change(
    *,
    people: People,
    reason: Why,
    user: UserQuorum = 2,
    judicial: JudicialQuorum = 3,
    amend: Amended = "",
    home: HomeOption = None,
    actor: ActorOption = KEEPER,
) -> None:
    """更换托管人：提交案件，由现任托管人批准 / change the custodians by a case for the present ones."""
    _ask(RosterChange(_roster(people, user, judicial), reason), amend, home, actor)


def _ask(order: Order, amended: str, home: Path | None, actor: str) -> None:
    with installation(home) as services:
        centre, who = services.key_centre, person(actor)
        _show(
            centre.amend(amended, order, actor=who) if amended else centre.recover_request(order, actor=who)
        )


def _roster(people: list[str], user: int, judicial: int) -> RosterPlan:
    found = []
    for text in people:
        identity, _, rest = text.partition("=")
        name, _, file = rest.partition("=")
        if not (identity and name and file):
            raise InputInvalid(
                "--custodian 的格式为 person:ID=姓名=公钥文件。",
                "--custodian is written person:ID=NAME=FILE.",
            )
        key = public_key(read_bytes(Path(file)))
        found.append(Custodian(person(identity).id, name, key))
    return RosterPlan(tuple(found), user, judicial)


def _show(case: Case) -> None:
    print_json(CaseModel.of(case))
