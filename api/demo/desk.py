"""What the console needs to be tried: people with API keys, a chip with five certificates, requests that wait.

Runs on a demonstration's home after the main job; run again, it finds what is there and adds what is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from api.access.scopes import Scope
from api.demo.main_job import ENTERPRISE, KEEPER, USCC, key_file
from api.home import read_secret
from api.services import Services
from api.tokens.key_stores import SERVICE_TOKEN
from api.tokens.personalisation import standard_plan, step_line
from ca.actor import Actor
from ca.certificate import SubjectName
from ca.enrolment.approval import Ballot
from ca.enrolment.request import Application, Approver
from ca.enrolment.states import EnrolmentStatus
from ca.keycentre.errors import KeyCentreNeedsToken, KeyCentreNotReady
from ca.keycentre.roster import Custodian, RosterPlan
from ca.tokens.plan import PersonalisationPlan
from ca.tokens.ranges import Grant
from ca.tokens.request import RequestStatus
from ca.tokens.state import TokenState
from ca.tokens.token import Holder, NewToken, Token
from hsm.key_uri import KeyUri

CLERK: Final = Actor("person:wang.fang", "王芳")
REVIEWER: Final = Actor("person:zhao.min", "赵敏")
CLERK_SCOPES: Final = (
    Scope.CA_READ,
    Scope.RA_REQUEST,
    Scope.TOKEN_READ,
    Scope.TOKEN_MANAGE,
    Scope.CHIP_GRANT,
    Scope.KEY_CENTRE,
    Scope.SEAL_READ,
    Scope.SEAL_APPLY,
    Scope.SEAL_FREEZE,
    Scope.CASE_REQUEST,
    Scope.STAMP_READ,
)
REVIEWER_SCOPES: Final = (
    Scope.CA_READ,
    Scope.RA_APPROVE,
    Scope.TOKEN_READ,
    Scope.TOKEN_MANAGE,
    Scope.ESCROW_CUSTODIAN,
    Scope.KEY_RECOVER,
    Scope.SEAL_READ,
    Scope.SEAL_APPROVE,
    Scope.SEAL_REVOKE,
    Scope.SEAL_FILE,
    Scope.CASE_APPROVE,
    Scope.STAMP_READ,
    Scope.STAMP_MANAGE,
)
CUSTODIANS: Final = (
    ("person:wang.jing", "王静"),
    ("person:liu.yang", "刘洋"),
    ("person:he.ping", "何平"),
    ("person:lin.tao", "林涛"),
)
CHIP: Final = "YX-2026-0001"
CHIP_NUMBER: Final = "YX00000100"
RANGE: Final = Grant("YX00000100", "YX00000199", "杭州西湖刻章有限公司", "person:wu.gang")
POOL: Final = 4
"""Spare encryption keys made for the demonstration."""
DOCUMENTS: Final = (("business-licence", "营业执照.txt"), ("authorisation", "经办人授权书.txt"))
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class DeskDemo:
    """Who may log in, and what there is to see."""

    clerk_key: str
    reviewer_key: str
    chip: str
    enrolment: str
    custodian_keys: Path | None


def furnish(services: Services, progress: Progress) -> DeskDemo:
    """Add people, a range of chip numbers, a chip, a key centre and a request; raises what the rooms raise."""
    progress("建立经办人与复核人的 API 密钥 / keys for a clerk and a reviewer")
    clerk = key_for(services, "desk-clerk", CLERK, CLERK_SCOPES)
    reviewer = key_for(services, "desk-reviewer", REVIEWER, REVIEWER_SCOPES)
    progress("建立密钥中心，指定四位托管人 / a key centre with four custodians")
    try:
        custodians = _key_centre(services)
    except KeyCentreNeedsToken:
        custodians = None
        progress("没有 PKCS#11 令牌，跳过密钥中心与双证书 / no PKCS#11 token: without key centre and pairs")
    progress("发放芯片号段，制作一芯五证 / a chip with five certificates")
    _chip(services, progress)
    progress("提交一份证书申请，等待复核 / a request that waits for its review")
    enrolment = _request(services, pair=custodians is not None)
    return DeskDemo(clerk, reviewer, CHIP, enrolment, custodians)


def key_for(services: Services, name: str, holder: Actor, scopes: tuple[Scope, ...]) -> str:
    """Return the API key of a person of the demonstration, made at the first run."""
    return read_secret(key_file(services, name, holder, scopes))


def _chip(services: Services, progress: Progress) -> None:
    if not services.token_work.ranges.reports(shop=RANGE.shop):
        services.token_work.ranges.grant(RANGE, actor=CLERK)
    medium = services.key_stores.scheme
    new = NewToken(CHIP, "集证通 A1", medium, "2026-11", CHIP_NUMBER, Holder(USCC))
    token = services.tokens.register(new, actor=CLERK)
    if token.state in (TokenState.UNINITIALISED, TokenState.READY):
        token = personalised(services, standard_plan(services, CHIP), progress)
    if token.state is TokenState.PERSONALISED:
        services.tokens.issue(CHIP, Holder(USCC, KEEPER.id, KEEPER.name), actor=CLERK)


def personalised(services: Services, plan: PersonalisationPlan, progress: Progress) -> Token:
    """Let the clerk ask for a chip, the reviewer approve exactly that, and the clerk make it; cut off, it goes on."""
    work, serial = services.token_work, plan.serial
    asked = work.requests.find(serial)
    if asked is None or asked.status is not RequestStatus.USED:  # else an earlier run was cut off at the chip
        asked = work.requests.ask(plan, actor=CLERK)
    if asked.status is RequestStatus.ASKED:
        scopes = frozenset(scope.value for scope in REVIEWER_SCOPES)
        work.requests.approve(serial, Ballot(asked.digest), by=Approver(REVIEWER, scopes))
    return work.personalisation.run(
        serial, actor=CLERK, progress=lambda step, total: progress(step_line(step, total))
    )


def _key_centre(services: Services) -> Path:
    folder = services.home.secrets / "custodians"
    try:
        services.key_centre.status()
    except KeyCentreNotReady:
        people = tuple(Custodian(id_, name, _credential(folder, id_)) for id_, name in CUSTODIANS)
        where = KeyUri(services.key_stores.scheme, SERVICE_TOKEN, "key-centre")
        kind = services.settings.suite.key_kind
        services.key_centre.found(where, kind, RosterPlan(people, user=2, judicial=3), actor=CLERK)
        services.key_centre.pool_fill(kind, POOL, actor=CLERK)
    return folder


def _credential(folder: Path, person: str) -> ec.EllipticCurvePublicKey:
    """Make a custodian's own key; in service it is in a token of the custodian's and never comes here."""
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{person.removeprefix('person:')}.pem"
    key = ec.generate_private_key(ec.SECP256R1())
    path.touch(mode=0o600)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return key.public_key()


def _request(services: Services, *, pair: bool) -> str:
    desk, key = services.enrolments, KeyUri(services.key_stores.scheme, SERVICE_TOKEN, "demo-desk-request")
    provider = services.key_stores.chosen
    there = [one for one in provider.keys(key.token) if one.uri.object == key.object]
    if not there:
        provider.generate(key, services.settings.suite.key_kind)
        there = [one for one in provider.keys(key.token) if one.uri.object == key.object]
    subject = SubjectName(f"{ENTERPRISE} 签名", ENTERPRISE, USCC)
    asked = Application(
        "enterprise-sign", subject, public_key=there[0].public_key, custody=there[0].custody, pair=pair
    )
    record = desk.request(asked, request_key="demo-desk-1", actor=CLERK)
    if record.status is EnrolmentStatus.DRAFT:
        for kind, name in DOCUMENTS:
            text = f"{name}\n演示材料，不具法律效力。\n{ENTERPRISE}\n{USCC}\n"
            desk.attach(record.id, text.encode(), kind, name=name, actor=CLERK)
        desk.submit(record.id, actor=CLERK)
    return record.id
