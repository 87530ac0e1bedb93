"""The demonstration: the whole job of the service, once, on a home folder of its own.

A first run lays the foundation and seals the contract; a later run on the same home seals another copy.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Final

from api.access.scopes import Scope
from api.files import write_whole
from api.foundation import is_laid, lay_foundation
from api.home import new_pin, read_secret
from api.services import Services
from api.tokens.enrolment import Enrolled, EnrolmentOrder, token_of
from ca.actor import Actor
from ca.uscc import check_character
from hsm.pins import Pin
from hsm.suite import Suite
from seals.seal import SealApplication, SealKind, SealQuery, SealRecord, SealStatus
from signing.level import Level
from signing.ofd.report_document import report_document
from signing.order import SealOrder
from signing.placing.placement import Placement
from verify.report import DocumentReport

USCC_BODY: Final = "91330106MA2CYNTX0"
USCC: Final = USCC_BODY + check_character(USCC_BODY)
"""A well-formed code of a fictional enterprise in Hangzhou, Xihu district (330106)."""
ENTERPRISE: Final = "杭州测试云印科技有限公司"
CA_NAME: Final = "印信测试认证中心 TEST"
OPERATOR: Final = Actor("person:zhao.lei", "赵磊")
APPLICANT: Final = Actor("person:zhang.min", "张敏", USCC)
APPROVER: Final = Actor("person:chen.jing", "陈静")
KEEPER: Final = Actor("person:li.wei", "李伟", USCC)
ADMINISTRATOR: Final = Actor("person:sun.tao", "孙涛")
KEEPER_SCOPES: Final = (
    Scope.SEAL_READ,
    Scope.SEAL_USE,
    Scope.SEAL_APPLY,
    Scope.SEAL_FREEZE,
    Scope.CASE_REQUEST,
    Scope.STAMP_READ,
    Scope.CA_READ,
)
PLACE: Final = Placement(page=3, x_mm=38.0, y_mm=174.0)
"""Over the name of party A on the contract's last page."""
REPORT_PLACE: Final = Placement(page=1, x_mm=148.0, y_mm=13.0)
"""Beside the title of a verification report."""
REPORTS_A_DAY: Final = 1000
ENROLMENT: Final = "demo-keeper-1"
KEY_FILE: Final = "demo-keeper"
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What the demonstration leaves behind."""

    home: Path
    sealed_pdf: Path
    trust: Path
    seal_code: str
    uscc: str
    keeper: str
    pin_file: Path
    api_key_file: Path
    report: DocumentReport
    key_store: str
    suite: Suite
    sealed_ofd: Path | None = None
    """The verification report on the contract as a sealed OFD, in the national suite."""

    def to_json(self) -> dict[str, object]:
        """Return the members that ``yinxin demo --json`` prints."""
        told: dict[str, object] = {
            "home": str(self.home),
            "sealed_pdf": str(self.sealed_pdf),
            "trust": str(self.trust),
            "seal_code": self.seal_code,
            "verdict": self.report.verdict.value,
            "uscc": self.uscc,
            "keeper": self.keeper,
            "pin_file": str(self.pin_file),
            "api_key": read_secret(self.api_key_file),
            "key_store": self.key_store,
            "suite": self.suite.value,
        }
        return told if self.sealed_ofd is None else {**told, "sealed_ofd": str(self.sealed_ofd)}


def run_demo(services: Services, progress: Progress) -> DemoResult:
    """Do the whole job and return where everything is; raises what the rooms raise."""
    if not is_laid_here(services):
        lay_foundation(services, CA_NAME, actor=OPERATOR, progress=progress)
    progress(f"登记企业 {ENTERPRISE} / registering the enterprise")
    services.enterprises.register(USCC, ENTERPRISE, actor=OPERATOR)
    progress("为印章保管人在企业令牌中生成密钥并签发证书 / enrolling the seal keeper")
    enrolled = enrol_keeper(services)
    progress("申请并审批印章，实物与电子一体 / applying for the seal; another person approves")
    seal = approved_seal(services, enrolled)
    progress("在合同上用印（PAdES B-LT）/ sealing the contract")
    sealed_pdf = seal_contract(services, seal)
    api_key_file = keeper_api_key(services)
    allow_reports(services)
    progress("在隔离进程中按信任文件夹验章 / verifying in a process of its own")
    services.evidence.publish()
    report = services.verification.verify_file(sealed_pdf, services.home.trust)
    sealed_ofd = None
    if services.settings.suite is Suite.GM:
        progress("把核验报告排成 OFD 并盖章 / sealing the verification report as an OFD")
        sealed_ofd = seal_report(services, seal, report)
    services.evidence.checkpoint()
    return DemoResult(
        home=services.home.folder,
        sealed_pdf=sealed_pdf,
        trust=services.home.trust,
        seal_code=seal.code,
        uscc=USCC,
        keeper=KEEPER.id,
        pin_file=services.home.pin_file(enrolled.token, holder=True),
        api_key_file=api_key_file,
        report=report,
        key_store=services.key_stores.en,
        suite=services.settings.suite,
        sealed_ofd=sealed_ofd,
    )


def is_laid_here(services: Services) -> bool:
    """Tell whether an earlier run laid the foundation; a home without a database is a new one."""
    return services.schema_ready() and is_laid(services)


def enrol_keeper(services: Services) -> Enrolled:
    """Enrol the keeper in the enterprise's own token; a later run finds the same key and certificate."""
    pin = keeper_pin(services)
    so_pin = services_so_pin(services)
    order = EnrolmentOrder(USCC, KEEPER.id, pin, so_pin, None, ENROLMENT, KEEPER.name)
    return services.enrolment.enrol(order, actor=OPERATOR)


def keeper_pin(services: Services) -> Pin:
    """Return the PIN of the demo's keeper, made at the first run."""
    return kept_pin(services, token_of(USCC))


def services_so_pin(services: Services) -> Pin:
    """Return the security officer's PIN of the enterprise's token, made at the first run."""
    return kept_pin(services, f"{token_of(USCC)}.so")


def kept_pin(services: Services, name: str) -> Pin:
    """Return the PIN of a token of the demonstration, made at the first run."""
    path = services.home.pin_file(name, holder=True)
    if not path.exists():
        services.home.keep_pin(name, new_pin(), holder=True)
    return Pin(read_secret(path))


def approved_seal(services: Services, enrolled: Enrolled) -> SealRecord:
    """Return the enterprise's active seal: applied for by one person, approved by another."""
    found = services.seals.list(SealQuery(uscc=USCC, kind=SealKind.LEGAL_NAME, status=SealStatus.ACTIVE))
    if found.records:
        return found.records[0]
    waiting = services.seals.list(SealQuery(uscc=USCC, kind=SealKind.LEGAL_NAME, status=SealStatus.APPLIED))
    application = SealApplication(USCC, SealKind.LEGAL_NAME, KEEPER.id)
    applied = waiting.records[0] if waiting.records else services.seals.apply(application, actor=APPLICANT)
    return services.seals.approve(applied.code, actor=APPROVER, certificate=enrolled.certificate)


def seal_contract(services: Services, seal: SealRecord) -> Path:
    """Seal a copy of the contract as the keeper would, and write it beside the earlier ones."""
    document = files("api").joinpath("demo", "data", "contract.pdf").read_bytes()
    order = SealOrder(document, "contract.pdf", seal.code, PLACE, Level.B_LT, uuid.uuid4().hex)
    sealed = services.sealing.seal(order, actor=KEEPER, pin=keeper_pin(services))
    return _kept(services, "contract-sealed", ".pdf", sealed.bytes)


def seal_report(services: Services, seal: SealRecord, report: DocumentReport) -> Path:
    """Set the report on the contract as an OFD, seal it by the same cycle, and write it beside the contract."""
    order = SealOrder(
        report_document(report), "report.ofd", seal.code, REPORT_PLACE, Level.B_LT, uuid.uuid4().hex
    )
    sealed = services.sealing.seal(order, actor=KEEPER, pin=keeper_pin(services))
    return _kept(services, "report-sealed", ".ofd", sealed.bytes)


def _kept(services: Services, stem: str, ending: str, octets: bytes) -> Path:
    folder = services.home.folder / "documents"
    folder.mkdir(exist_ok=True)
    path = _free(folder, stem, ending)
    write_whole(path, octets)
    return path


def _free(folder: Path, stem: str, ending: str) -> Path:
    candidates = (folder / f"{stem}{'' if n == 1 else f'-{n}'}{ending}" for n in range(1, 10_000))
    return next(path for path in candidates if not path.exists())


def allow_reports(services: Services) -> None:
    """Let the verification service issue sealed reports for a year, as an administrator does; once."""
    now = services.clock()
    if not any(one.stopped_at is None and one.valid_to > now for one in services.reports.allowed()):
        services.reports.allow(now + timedelta(days=365), REPORTS_A_DAY, "演示", actor=ADMINISTRATOR)


def keeper_api_key(services: Services) -> Path:
    """Return the file with the keeper's API key for the seal page; made anew when the old one is not accepted."""
    return key_file(services, KEY_FILE, KEEPER, KEEPER_SCOPES)


def key_file(services: Services, name: str, holder: Actor, scopes: tuple[Scope, ...]) -> Path:
    """Return the file with the API key of a person of the demonstration, made at the first run."""
    path = services.home.secrets / f"{name}.key"
    if not path.exists():
        made = services.api_keys.create(holder, scopes, timedelta(days=365), actor=ADMINISTRATOR)
        services.home.keep_secret(path.name, made.text)
    return path
