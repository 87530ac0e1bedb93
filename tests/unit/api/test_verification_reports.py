"""Reports sealed by the verification service, and its bundles: allowed, issued, fetched, checked elsewhere, closed after a crash (D5, D6)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from api.app import create_app
from api.bootstrap import assemble
from api.cli.main import app
from api.foundation import lay_foundation
from api.home import Home, service_pins
from api.services import Services
from api.settings import Settings
from api.tokens.pin_letter import SIGNED_AT, draw_letter
from ca.audit import AuditTrail
from ca.issuer import UnitPurpose
from hsm.pins import Pin
from seals.codes import next_number
from seals.restoration import use_up_counters
from signing.errors import SigningError
from signing.verification_reports import store
from signing.verification_reports.bundles import COUNTER
from signing.verification_reports.desk import ReportDesk
from signing.verification_reports.errors import (
    ReportAhead,
    ReportsExhausted,
    ReportsNotAllowed,
    ReportUnknown,
    ReportWithheld,
    StandingInvalid,
    StandingUnknown,
)
from signing.verification_reports.restoration import retire_reports
from signing.verification_reports.store import ReportState
from tests.conftest import SteppingClock
from tests.unit.api.conftest import OPERATOR, in_step
from tests.unit.api.test_service_seal import TEXT
from verify.bundle.form import open_bundle
from verify.bundle.judge import judge_bundle
from verify.report import DocumentReport, Verdict
from verify.signatures.detached import ContentOctets
from verify.trust import TrustStore
from verify.verifier import Verifier

YEAR = timedelta(days=365)


class Bureau:
    """One installation for all tests of this file, and a document to report on."""

    def __init__(self, folder: Path) -> None:
        self.clock = SteppingClock()
        self.settings = Settings(home=folder / "home", key_store="soft")
        pins = service_pins(Home(self.settings.home), environment={})
        self.services: Services = assemble(self.settings, clock=self.clock, pins=pins, reference=in_step)
        lay_foundation(self.services, "印信测试认证中心 TEST", actor=OPERATOR, progress=lambda _line: None)
        self.document = self.services.service_seal.sign(
            draw_letter(TEXT, Pin("24681357")), SIGNED_AT, actor=OPERATOR
        )
        self.found = self.services.verify(self.document, name="letter.pdf")

    @property
    def desk(self) -> ReportDesk:
        return self.services.reports

    def allow(self, per_day: int = 1000) -> str:
        return self.desk.allow(self.clock() + YEAR, per_day, "测试", actor=OPERATOR).id

    def stop_all(self) -> None:
        for one in self.desk.allowed():
            if one.stopped_at is None:
                self.desk.stop(one.id, actor=OPERATOR)

    def actions(self, subject: str) -> list[str]:
        with self.services.reading() as conn:
            return [one.action for one in self.services.audit.records(conn) if one.subject == subject]

    def states(self) -> dict[str, ReportState]:
        with self.services.reading() as conn:
            rows = conn.execute(sa.select(store.report.c.code, store.report.c.state))
            return {row.code: ReportState(row.state) for row in rows}


class Anybody:
    """Asks the application itself, without a key and without a socket."""

    def __init__(self, services: Services) -> None:
        self._transport = httpx.ASGITransport(create_app(services), raise_app_exceptions=False)

    def get(self, address: str) -> httpx.Response:
        return asyncio.run(self._ask("GET", address, {}))

    def post(self, address: str, files: dict[str, tuple[str, bytes]]) -> httpx.Response:
        return asyncio.run(self._ask("POST", address, {"files": files}))

    async def _ask(self, method: str, address: str, given: dict[str, Any]) -> httpx.Response:
        async with httpx.AsyncClient(transport=self._transport) as client:
            return await client.request(method, f"http://127.0.0.1:8080{address}", timeout=60, **given)


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    made = Bureau(tmp_path_factory.mktemp("bureau"))
    yield made
    made.services.close()


@pytest.fixture
def allowed(bureau: Bureau) -> Iterator[Bureau]:
    bureau.allow()
    yield bureau
    bureau.stop_all()


def test_without_leave_nothing_is_reserved_and_no_key_is_touched(bureau: Bureau) -> None:
    before = bureau.states()
    with pytest.raises(ReportsNotAllowed):
        bureau.desk.issue(bureau.found, actor=OPERATOR)
    answer = Anybody(bureau.services).post(
        "/api/v1/verifications/reports", files={"file": ("letter.pdf", bureau.document)}
    )
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (409, "reports-not-allowed")
    assert bureau.states() == before


def test_a_report_is_issued_and_checked_elsewhere_with_only_the_root(allowed: Bureau) -> None:
    """D5: the other department has our root and nothing else; it calls nobody."""
    record = allowed.desk.issue(allowed.found, actor=OPERATOR)
    pdf = allowed.desk.octets(record)
    root = next(one.x509 for one in allowed.services.authority.roots())
    elsewhere = Verifier(TrustStore([root]))
    found = elsewhere.verify(
        pdf, at=allowed.clock() + timedelta(days=2), content=ContentOctets(allowed.document)
    )
    assert found.verdict is Verdict.PASSED, found.reason
    assert found.reported is not None
    assert (found.reported.says, found.reported.agrees) == (Verdict.PASSED, True)
    assert found.signatures[0].level == "B-LT"
    assert allowed.actions(record.code) == ["verification_report.intent", "verification_report.issued"]
    assert allowed.states()[record.code] is ReportState.ISSUED


def test_the_unit_is_of_a_purpose_of_its_own(allowed: Bureau) -> None:
    allowed.desk.issue(allowed.found, actor=OPERATOR)
    (unit,) = allowed.services.authority.units(UnitPurpose.VERIFICATION)
    keys = {one.spki_sha256 for one in allowed.services.authority.units()}
    assert len(keys) == len(allowed.services.authority.units())
    assert unit.spki_sha256 in keys


def test_over_http_every_form_is_there_for_whoever_has_the_number(allowed: Bureau) -> None:
    client = Anybody(allowed.services)
    made = client.post("/api/v1/verifications/reports", files={"file": ("letter.pdf", allowed.document)})
    assert made.status_code == 201, made.text
    told = made.json()
    assert (told["verdict"], told["report"]["file"]) == ("passed", "letter.pdf")
    kinds = {"pdf": b"%PDF-", "json_report": b"{", "xml": b"<?xml", "jws": b"ey"}
    for form, start in kinds.items():
        answer = client.get(told[form])
        assert answer.status_code == 200
        assert answer.content.startswith(start)
        assert "immutable" in answer.headers["cache-control"]
    assert client.get(told["pdf"].rpartition("/")[0]).json()["number"] == told["number"]
    assert client.get("/api/v1/verifications/reports/00000-00000-0000/report.pdf").status_code == 404


def test_a_number_is_read_as_it_is_typed(allowed: Bureau) -> None:
    record = allowed.desk.issue(allowed.found, actor=OPERATOR)
    code = record.code
    assert allowed.desk.get(f"{code[:5].lower()}-{code[5:10]} {code[10:]}").code == code
    with pytest.raises(ReportUnknown):
        allowed.desk.get(code[:-1] + ("0" if code[-1] != "0" else "1"))


@pytest.mark.parametrize(
    ("days", "per_day", "reason"), [(0, 1, "x"), (2000, 1, "x"), (1, 0, "x"), (1, 1, "  ")], ids=str
)
def test_leave_has_limits(bureau: Bureau, days: int, per_day: int, reason: str) -> None:
    with pytest.raises(StandingInvalid):
        bureau.desk.allow(bureau.clock() + timedelta(days=days), per_day, reason, actor=OPERATOR)


def faulty(bureau: Bureau, **changes: object) -> ReportDesk:
    """Return a desk over the same installation with one neighbour that fails."""
    tools = replace(bureau.desk._tools, **changes)  # type: ignore[arg-type]
    return ReportDesk(bureau.services.engine, bureau.clock, AuditTrail(bureau.clock), tools)


def test_a_report_that_reads_otherwise_is_withheld(allowed: Bureau) -> None:
    """I7: our own verifier reads it before it leaves; here it is told a changed file."""

    def damaged(made: bytes) -> DocumentReport:
        return allowed.services.verify(made.replace(b"/Kids", b"/Kidz", 1), name="report.pdf")

    before = set(allowed.states())
    with pytest.raises(ReportWithheld):
        faulty(allowed, check=damaged).issue(allowed.found, actor=OPERATOR)
    (code,) = set(allowed.states()) - before
    assert allowed.states()[code] is ReportState.FAILED
    assert allowed.actions(code)[-1] == "verification_report.failed"
    with pytest.raises(ReportUnknown):
        allowed.desk.get(code)


def test_I19_what_a_crash_leaves_is_closed(allowed: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed before the file was whole: failed. Killed after: completed with the very file."""

    class Killed(BaseException):
        pass

    def die(*_arguments: object, **_named: object) -> None:
        raise Killed

    before = set(allowed.states())
    with pytest.raises(Killed):
        faulty(allowed, check=die).issue(allowed.found, actor=OPERATOR)
    (early,) = set(allowed.states()) - before
    with monkeypatch.context() as broken:
        broken.setattr(ReportDesk, "_complete", die)
        with pytest.raises(Killed):
            allowed.desk.issue(allowed.found, actor=OPERATOR)
    (late,) = set(allowed.states()) - before - {early}
    assert {allowed.states()[early], allowed.states()[late]} == {ReportState.RESERVED}
    assert allowed.desk.reconcile(OPERATOR) == 2
    assert (allowed.states()[early], allowed.states()[late]) == (ReportState.FAILED, ReportState.ISSUED)
    assert allowed.services.verify(allowed.desk.octets(allowed.desk.get(late))).verdict is Verdict.PASSED
    assert allowed.desk.reconcile(OPERATOR) == 0


def test_a_report_on_a_failed_document_says_so(allowed: Bureau) -> None:
    changed = bytearray(allowed.document)
    changed[allowed.document.index(b"stream") + 20] ^= 1
    record = allowed.desk.issue(allowed.services.verify(bytes(changed), name="x.pdf"), actor=OPERATOR)
    found = allowed.services.verify(allowed.desk.octets(record))
    assert found.verdict is Verdict.PASSED
    assert found.reported is not None
    assert found.reported.says is not Verdict.PASSED


def test_a_bundle_is_numbered_recorded_and_given_again_while_nothing_changed(bureau: Bureau) -> None:
    """I30: a number is used once; what a laptop takes is the whole trust folder as it stands."""
    bundles, files = bureau.services.reports.bundles, bureau.services.evidence.files()
    first = open_bundle(bundles.make(files, actor=OPERATOR))
    second = open_bundle(bundles.make(files, actor=OPERATOR))
    assert second.manifest.sequence == first.manifest.sequence + 1
    assert dict(second.files) == files
    assert judge_bundle(second, bundles.signer_sha256(), None, bureau.clock()).pinned
    assert bureau.actions(str(second.manifest.sequence)) == ["bundle.intent", "bundle.signed"]
    client = Anybody(bureau.services)
    given = client.get("/trust.bundle").content
    assert client.get("/trust.bundle").content == given
    assert open_bundle(given).manifest.sequence > second.manifest.sequence


def run(bureau: Bureau, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["--home", str(bureau.settings.home), *words])
    return done.exit_code, done.output


def test_by_command_a_report_is_sealed_where_it_may_be(bureau: Bureau, tmp_path: Path) -> None:
    document, target = tmp_path / "letter.pdf", tmp_path / "report.pdf"
    document.write_bytes(bureau.document)
    words = ("verify", str(document), "--report", str(target), "--at", bureau.clock().isoformat())
    bureau.services.evidence.publish()
    status, text = run(bureau, "report", "allow", "--reason", "测试")
    assert status == 0, text
    try:
        status, text = run(bureau, *words)
        assert "由核验服务签章" in text, text
        reported = bureau.services.verify(target.read_bytes()).reported
        assert reported is not None
        assert reported.file == "letter.pdf"  # and not where it lies on this machine
        listed = json.loads(run(bureau, "report", "allowed", "--json")[1])
        assert run(bureau, "report", "stop", listed[0]["id"])[0] == 0
    finally:
        bureau.stop_all()


def test_by_command_a_bundle_names_its_signer(bureau: Bureau, tmp_path: Path) -> None:
    status, text = run(bureau, "trust", "bundle", str(tmp_path / "b.bundle"))
    assert status == 0, text
    assert bureau.services.reports.bundles.signer_sha256() in "".join(text.split())
    assert (
        open_bundle((tmp_path / "b.bundle").read_bytes()).signer_sha256
        == bureau.services.reports.bundles.signer_sha256()
    )


def test_errors_are_of_the_rooms_family() -> None:
    assert issubclass(ReportsNotAllowed, SigningError)


def test_a_day_has_its_number_and_the_next_begins_anew(bureau: Bureau) -> None:
    bureau.allow(per_day=1)
    try:
        midnight = (bureau.clock() + timedelta(days=1)).replace(hour=0, minute=0, second=0)
        bureau.clock.now = midnight - timedelta(seconds=2)
        bureau.desk.issue(bureau.found, actor=OPERATOR)
        with pytest.raises(ReportsExhausted):
            bureau.desk.issue(bureau.found, actor=OPERATOR)
        bureau.clock.now = midnight
        bureau.desk.issue(bureau.found, actor=OPERATOR)
    finally:
        bureau.stop_all()


def test_leave_ends_by_itself_and_at_once(bureau: Bureau) -> None:
    standing = bureau.desk.allow(bureau.clock() + timedelta(minutes=5), 5, "测试", actor=OPERATOR).id
    bureau.desk.issue(bureau.found, actor=OPERATOR)
    bureau.clock.advance(timedelta(minutes=6))
    with pytest.raises(ReportsNotAllowed):
        bureau.desk.issue(bureau.found, actor=OPERATOR)
    bureau.desk.stop(standing, actor=OPERATOR)
    with pytest.raises(StandingUnknown):
        bureau.desk.stop(standing, actor=OPERATOR)
    assert bureau.actions(standing) == ["report_standing.granted", "report_standing.stopped"]


def test_I31_after_a_restoration_no_leave_is_in_force_and_numbers_go_on(bureau: Bureau) -> None:
    """Leave that was stopped after the backup would be in force again; a bundle's number would come twice."""
    bureau.allow()
    bureau.services.reports.bundles.make(bureau.services.evidence.files(), actor=OPERATOR)
    with bureau.services.engine.connect() as conn, conn.begin() as undone:
        assert retire_reports(conn, bureau.clock(), actor=OPERATOR, audit=bureau.services.audit) == 1
        assert store.in_force(conn, bureau.clock()) is None
        use_up_counters(conn, bureau.clock())
        assert next_number(conn, COUNTER) > bureau.clock().timestamp()
        undone.rollback()
    bureau.stop_all()


def test_attack_a_report_about_a_time_to_come_is_not_issued(allowed: Bureau) -> None:
    """Nobody reserves a report of today that says of later that a seal was good; a clock some minutes ahead does no harm."""
    before = allowed.states()
    for ahead in (timedelta(minutes=10), YEAR):
        with pytest.raises(ReportAhead):
            allowed.desk.issue(replace(allowed.found, verified_at=allowed.clock() + ahead), actor=OPERATOR)
    assert allowed.states() == before, "nothing was reserved"
    assert allowed.desk.issue(
        replace(allowed.found, verified_at=allowed.clock() + timedelta(minutes=2)), actor=OPERATOR
    )
