"""What the desks of seals need to be tried: a shop and its jobs, a filing that waits, a case to approve, a smart stamp.

Runs after :mod:`api.demo.desk` on a demonstration's home; run again, it finds what is there and adds what is missing.
"""

from __future__ import annotations

import io
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

from api.access.scopes import Scope
from api.demo.desk import RANGE, key_for, personalised
from api.demo.main_job import (
    ADMINISTRATOR,
    APPLICANT,
    APPROVER,
    ENTERPRISE,
    KEEPER,
    USCC,
    enrol_keeper,
    kept_pin,
)
from api.home import new_pin, read_secret
from api.services import Services
from api.stamps.desk_line import DeskLine
from ca.actor import Actor
from ca.certificate import CertificateRequest, SubjectName
from ca.enrolment.approval import Ballot
from ca.profile import CHIP_AUTH, PERSON_SIGN
from ca.tokens.inventory_store import Place
from ca.tokens.plan import ApplicationPlan, ContainerPlan, PersonalisationPlan
from ca.tokens.state import TokenState
from ca.tokens.token import Holder, NewToken, Purpose
from ca.uscc import check_character
from hsm.key_uri import KeyUri
from hsm.pins import Pin
from seals.cases.approved import Medium
from seals.cases.case import Hand, UseRequest
from seals.cases.case_store import CaseQuery
from seals.cases.errors import CaseActRefused
from seals.cases.rules import Role
from seals.cases.states import CaseStatus
from seals.devices.errors import StampUnknown
from seals.devices.orders import UseSetting
from seals.devices.simulator.body import Head, Parts
from seals.devices.simulator.firmware import Stamp
from seals.devices.simulator.memory import Memory, Plate, make_device, set_up
from seals.devices.simulator.syncing import sync
from seals.devices.stamp import Registration
from seals.drawing.fonts import Face
from seals.filing.job import Document, Job, JobQuery, JobStatus, NewShop
from seals.filing.people import Identity
from seals.seal import SealApplication, SealKind, SealQuery, SealRecord, SealStatus

_SHOP_BODY: Final = "91330106MA28LQ7G2"
SHOP: Final = _SHOP_BODY + check_character(_SHOP_BODY)
"""A well-formed code of a fictional engraving shop in Hangzhou, Xihu district."""
ENGRAVER: Final = Actor("person:wu.gang", "吴刚", SHOP)
OFFICER: Final = Actor("person:gao.feng", "高峰")
REPRESENTATIVE: Final = Identity("周建国", Document.RESIDENT_ID, "330106197805120037")
MANAGERS: Final = (Actor("person:zhou.ping", "周平", USCC), Actor("person:sun.li", "孙丽", USCC))
"""They approve the use of the enterprise's seals, each by a signature of their own; the first has done so."""
ENGRAVED_CODE: Final = "3301069000001"
"""Physical code of a contract seal that was engraved before."""
SCAN_DPI: Final = 300
ENGRAVER_SCOPES: Final = (Scope.SEAL_ENGRAVE,)
OFFICER_SCOPES: Final = (
    Scope.SEAL_READ,
    Scope.SEAL_FILE,
    Scope.SEAL_FREEZE,
    Scope.STAMP_READ,
)
MANAGER_SCOPES: Final = (Scope.SEAL_READ, Scope.CASE_REQUEST, Scope.CASE_APPROVE, Scope.STAMP_READ)
BODY_CHIP: Final = "YX-BODY-0001"
BODY_NUMBER: Final = "YX00000101"
"""The second number of the shop's range; the first is in the chip with five certificates."""
BODY_PLACE: Final = Place(BODY_CHIP, "body", "seal")
STAMP: Final = "YXSTAMP0001"
AMOUNT: Final = 2_600_000
"""Yuan: above what a keeper may seal alone."""
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class SealsDemo:
    """Who may log in at the desks of seals, and what there is to see."""

    engraver_key: str
    officer_key: str
    manager_key: str
    manager_pin_file: Path
    open_job: str
    waiting_job: str
    case: str
    stamp: str


def furnish_seals(services: Services, progress: Progress) -> SealsDemo:
    """Add a shop with two jobs, a case that waits and a stamp that was used; raises what the rooms raise."""
    progress(
        "建立刻章师傅、备案民警与审批人的 API 密钥 / keys for an engraver, a filing officer and an approver"
    )
    keys = [
        key_for(services, "desk-engraver", ENGRAVER, ENGRAVER_SCOPES),
        key_for(services, "desk-officer", OFFICER, OFFICER_SCOPES),
        key_for(services, "desk-manager", MANAGERS[1], MANAGER_SCOPES),
    ]
    progress("登记刻章单位 / an engraving shop")
    services.filing.shops.register(NewShop(SHOP, RANGE.shop, USCC[2:8], "杭公特刻字第0001号"), actor=OFFICER)
    progress("下达一枚合同章的刻制任务 / a contract seal waits for its engraver")
    open_job = _ordered(services, SealKind.CONTRACT)
    progress(
        "刻制、个人化并交付一枚财务章，等待备案 / a finance seal, made and delivered, waits for its filing"
    )
    waiting = _delivered(services, progress)
    progress("提交一份大额合同的用印申请，等待审批 / a case that waits for its approval")
    case = _case(services)
    progress("登记一台智能印章，模拟一次盖印 / a smart stamp with one use")
    _stamp(services)
    pin_file = services.home.pin_file("demo-manager-2", holder=True)
    return SealsDemo(keys[0], keys[1], keys[2], pin_file, open_job.id, waiting.id, case, STAMP)


def _jobs(services: Services, kind: SealKind) -> list[Job]:
    """Return the enterprise's jobs for seals of a kind, oldest first."""
    jobs = services.filing.office.list(JobQuery(owner=USCC)).items
    return [job for job in jobs if services.seals.get(job.seal).kind is kind]


def _pressed(picture: bytes) -> bytes:
    """Return a picture as an imprint comes out of a scanner: on paper, a little askew, with two places that took no ink."""
    with Image.open(io.BytesIO(picture)) as drawn:
        paper = ImageOps.expand(drawn.convert("RGB"), drawn.width // 8, "white")
    pen, side = ImageDraw.Draw(paper), paper.width
    for across, down in ((0.16, 0.42), (0.60, 0.665)):
        x, y = across * side, down * side
        pen.ellipse((x, y, x + side / 60, y + side / 40), fill="white")
    out = io.BytesIO()
    askew = paper.rotate(2.5, Image.Resampling.BICUBIC, fillcolor="white").filter(
        ImageFilter.GaussianBlur(1.5)
    )
    askew.save(out, "PNG", dpi=(SCAN_DPI, SCAN_DPI))
    return out.getvalue()


def _ordered(services: Services, kind: SealKind) -> Job:
    """Return a job of the shop for a seal of this kind: applied for by one person, ordered by another."""
    found = _jobs(services, kind)
    if found:
        return found[0]
    applied = services.seals.apply(SealApplication(USCC, kind, KEEPER.id, engrave=True), actor=APPLICANT)
    return services.filing.office.order(
        applied.code, actor=APPROVER, shop=SHOP, representative=REPRESENTATIVE
    )


def _delivered(services: Services, progress: Progress) -> Job:
    """Lead a finance seal through the workshop, one step of its life after the other, from wherever it stands."""
    job = _ordered(services, SealKind.FINANCE)
    workshop = services.filing.workshop
    if job.status is JobStatus.OPEN:
        job = workshop.take(job.id, actor=ENGRAVER)
    if job.status is JobStatus.TAKEN:
        approved = services.filing.office.approved_picture(job.id, actor=ENGRAVER)
        scan = _pressed(services.studio.png(approved, SCAN_DPI, transparent=False))
        workshop.upload_imprint(job.id, scan, actor=ENGRAVER)
        job = workshop.make(job.id, actor=ENGRAVER)
    if job.status is JobStatus.MADE:
        pin = _body_chip(services, progress)
        asked = services.filing.chip.challenge(job.id, BODY_PLACE, actor=ENGRAVER)
        answer = services.token_work.gate.signer(BODY_PLACE, pin=pin).sign(asked.message)
        job = services.filing.chip.answer(job.id, asked.id, answer, actor=ENGRAVER)
    if job.status is JobStatus.PERSONALISED:
        job = workshop.offer(job.id, actor=ENGRAVER)
    if job.status is JobStatus.OFFERED:
        job = workshop.deliver(job.id, REPRESENTATIVE, receipt=_receipt(job), actor=ENGRAVER)
    return job


def _receipt(job: Job) -> bytes:
    """Draw the receipt that the receiver would sign, as a picture."""
    lines = (
        "印 章 领 取 单",
        f"印章编码 {job.seal}",
        "财务专用章一枚，印体芯片完好",
        f"领取人 {REPRESENTATIVE.name}",
        "演示材料，不具法律效力",
    )
    image = Image.new("L", (900, 80 * len(lines) + 60), 255)
    pen, font = ImageDraw.Draw(image), ImageFont.truetype(str(Face.SONG.path()), 40)
    for number, line in enumerate(lines):
        pen.text((60, 40 + 80 * number), line, fill=0, font=font)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _body_chip(services: Services, progress: Progress) -> Pin:
    """Make the chip in the seal's body and return its PIN, which its letter told once."""
    work, kept = services.token_work, services.home.pin_file(BODY_CHIP, holder=True)
    if not kept.exists():
        new = NewToken(
            BODY_CHIP, "印体芯片 B1", services.key_stores.scheme, "2026-11", BODY_NUMBER, Holder(USCC)
        )
        if work.registry.register(new, actor=ADMINISTRATOR).state is not TokenState.PERSONALISED:
            personalised(services, _body_plan(services), progress)
        letter = work.letters.of_token(BODY_CHIP)[0]
        services.home.keep_pin(BODY_CHIP, work.letters.print(letter.id, actor=ADMINISTRATOR).pin, holder=True)
    return Pin(read_secret(kept))


def _body_plan(services: Services) -> PersonalisationPlan:
    container = ContainerPlan(
        BODY_PLACE.container,
        Purpose.OFFICIAL_SEAL,
        f"{ENTERPRISE} 财务章印体",
        kind=services.settings.suite.key_kind,
    )
    return PersonalisationPlan(BODY_CHIP, (ApplicationPlan(BODY_PLACE.application, (container,)),))


def _case(services: Services) -> str:
    """Return a case of a large contract that one of two people has approved."""
    for known in services.use_desk.list(CaseQuery(uscc=USCC)):
        if known.status is CaseStatus.APPROVING:
            return known.id
    for number, person in enumerate(MANAGERS, start=1):
        _signer(services, person, f"demo-manager-{number}")
    desk, hand = services.use_desk, Hand(KEEPER, "cli")
    contract = files("api").joinpath("demo", "data", "contract.pdf").read_bytes()
    document = desk.keep(contract, "采购合同.pdf")
    wish = UseRequest(
        _contract_seal(services).code, document, "年度采购合同", document_class="合同", amount=AMOUNT
    )
    case = desk.submit(desk.open(wish, request_key="demo-case-1", hand=hand).id, hand=hand)
    first = Hand(MANAGERS[0], "cli", frozenset({Scope.CASE_APPROVE.value}))
    pin = kept_pin(services, "demo-manager-1")
    desk.approve_with_key(case.id, Ballot(case.content, "价格与预算一致"), hand=first, pin=pin)
    return case.id


def _contract_seal(services: Services) -> SealRecord:
    """Return an active contract seal: one that was engraved and filed before this installation knew it."""
    query = SealQuery(uscc=USCC, kind=SealKind.CONTRACT, status=SealStatus.ACTIVE)
    found = services.seals.list(query).records
    if found:
        return found[0]
    asked = SealApplication(USCC, SealKind.CONTRACT, KEEPER.id, physical_code=ENGRAVED_CODE)
    applied = services.seals.apply(asked, actor=APPLICANT)
    certificate = enrol_keeper(services).certificate
    return services.seals.approve(applied.code, actor=APPROVER, certificate=certificate)


def _signer(services: Services, person: Actor, token: str) -> None:
    """Give a person a key in a token of their own with a certificate that two others put on the register."""
    provider, kind = services.key_stores.chosen, services.settings.suite.key_kind
    if token not in provider.tokens():
        provider.create_token(token, new_pin(), kept_pin(services, token))
    address, pin = KeyUri(services.key_stores.scheme, token, "sign"), kept_pin(services, token)
    if not provider.keys(token, pin=pin):
        provider.generate(address, kind, pin=pin)
    (key,) = provider.keys(token, pin=pin)
    request = CertificateRequest(PERSON_SIGN.id, SubjectName(person.name), key.public_key)
    issued = services.authority.issue(request, request_key=token, actor=ADMINISTRATOR)
    uri = str(key.uri)
    try:
        asked = services.use_desk.signers.register(
            issued.der, person, Role.APPROVER, key_uri=uri, hand=Hand(APPLICANT, "cli")
        )
    except CaseActRefused:  # on the register since an earlier run
        return
    services.use_desk.signers.confirm(asked.certificate_sha256, hand=Hand(APPROVER, "cli"))


def _stamp(services: Services) -> None:
    """Register a simulated stamp, mount the company's seal in it by two people, and print once."""
    try:
        services.stamps.register.get(STAMP)
    except StampUnknown:
        pass
    else:
        return
    folder = services.home.folder / "stamps" / STAMP
    if folder.exists():  # a run before this one was cut off between the device and the register
        shutil.rmtree(folder)
    chip = make_device(folder, Plate(STAMP))
    request = CertificateRequest(CHIP_AUTH.id, SubjectName(STAMP), chip.public_key)
    issued = services.authority.issue(
        request, request_key=f"stamp:{secrets.token_hex(8)}", actor=ADMINISTRATOR
    )
    query = SealQuery(uscc=USCC, kind=SealKind.LEGAL_NAME, status=SealStatus.ACTIVE)
    seal = services.seals.list(query).records[0]
    register = services.stamps.register
    register.register(Registration(STAMP, "YX-SIM", USCC, issued.serial, (KEEPER.id,)), actor=ADMINISTRATOR)
    register.request_mount(STAMP, seal.code, actor=ADMINISTRATOR)
    register.confirm_mount(STAMP, actor=APPROVER)
    set_up(folder, issued.der, services.stamps.trust().authorities, 0)
    _print_once(services, folder, seal)


def _print_once(services: Services, folder: Path, seal: SealRecord) -> None:
    desk, hand = services.use_desk, Hand(KEEPER, "cli")
    document = desk.keep("会议纪要\n演示材料，不具法律效力。\n".encode(), "会议纪要.txt")
    wish = UseRequest(seal.code, document, "会议纪要", Medium.PHYSICAL, copies=2)
    case = desk.submit(
        desk.open(wish, request_key=f"demo-stamp-{secrets.token_hex(8)}", hand=hand).id, hand=hand
    )
    services.stamps.orders.use(STAMP, case.id, hand=hand, setting=UseSetting(place="总经理办公室"))
    services.stamps.dispatch(actor=ADMINISTRATOR)
    memory = Memory(folder)
    try:
        stamp = Stamp(memory, Parts(head=Head(seal.code)), services.clock)
        stamp.boot()
        line = DeskLine(services.stamps, stamp)
        sync(stamp, line)
        stamp.press(KEEPER.id, stamp.tasks()[0])
        sync(stamp, line)
    finally:
        memory.close()
