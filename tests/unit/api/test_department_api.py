"""D4 over HTTP and on the page: one document, two departments, the reason; evidence records; the ledger."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.access.scopes import Scope
from api.demo.main_job import ENTERPRISE, KEEPER, OPERATOR, USCC, approved_seal, enrol_keeper, seal_contract
from api.services import Services
from ca.actor import Actor
from seals.cases.case import Hand
from signing.recognition.department_store import LedgerQuery
from signing.recognition.ledger import Decision
from tests.conftest import SteppingClock
from tests.unit.api.browsing import ADMIN, Client, log_in

CLERK, SECOND = Actor("person:chen.jing", "陈静"), Actor("person:zhou.hui", "周慧")
OWN = Path(__file__).parents[3] / "verify" / "acceptance" / "departments" / "finance.toml"


@pytest.fixture
def sealed(services: Services) -> bytes:
    services.enterprises.register(USCC, ENTERPRISE, actor=OPERATOR)
    seal = approved_seal(services, enrol_keeper(services))
    return seal_contract(services, seal).read_bytes()


def key(services: Services, actor: Actor, *scopes: Scope) -> dict[str, str]:
    made = services.api_keys.create(actor, scopes, timedelta(days=30), actor=ADMIN)
    return {"Authorization": f"Bearer {made.text}"}


def test_D4_the_same_document_is_accepted_by_one_and_refused_by_another(
    services: Services, sealed: bytes
) -> None:
    """D4: accepted here: yes/no, because …; decided in a department's name; counted; the institutional proof complete."""
    anybody = Client(services)

    def verify(**fields: str) -> Any:
        evidence = fields.pop("evidence", "")
        files = {"file": ("合同.pdf", sealed)} | ({"evidence": ("e.jws", evidence)} if evidence else {})
        return anybody.post("/api/v1/verifications", files=files, data=fields)

    yes = verify(department="市场监管", act="企业变更登记").json()
    no = verify(department="财政", act="bill").json()
    assert yes["verdict"] == no["verdict"] == "passed"
    assert yes["answers"]["accepted"]["status"] == "yes"
    assert no["answers"]["accepted"]["status"] == "no"
    assert no["answers"]["acceptance"]["rule"] == "R07-seal-kind"
    assert verify().json()["answers"]["accepted"]["status"] == "not-asked"
    assert verify(department="海关", act="x").json()["type"] == "/problems/department-unknown"
    assert verify(department="财政").json()["type"] == "/problems/department-act-unknown"
    alone = verify(act="企业变更登记").json()
    assert alone["type"] == "/problems/department-missing"
    assert "department" in alone["detail"]
    assert "企业变更登记" in alone["detail"]

    holder = key(services, KEEPER, Scope.DOCUMENT_READ)
    address = f"/api/v1/evidence-records/{yes['sha256']}"
    record = anybody.get(address, headers=holder)
    assert record.status_code == 200, record.text
    assert anybody.get(address, headers=holder).text == record.text
    stranger = key(services, Actor("person:x", "某", "12100000000018032A"), Scope.DOCUMENT_READ)
    assert anybody.get(address, headers=stranger).status_code == 404
    proofs = verify(evidence=record.text).json()["signatures"][0]["proofs"]
    assert {part["state"] for part in proofs["institutional"]} == {"present"}

    clerk = key(services, CLERK, Scope.DEPARTMENT_ACCEPT)
    form = {"department": "财政", "act": "bill", "purpose": "报销"}

    def decide(number: str, **more: str) -> Any:
        headers = {**clerk, "Idempotency-Key": number}
        return anybody.post(
            "/api/v1/recognitions", files={"file": ("a.pdf", sealed)}, data=form | more, headers=headers
        )

    made = decide("1").json()
    assert (made["answer"], made["document"]) == ("refused", no["sha256"])
    assert decide("1").json() == made
    assert decide("1", act="subsidy").json()["type"] == "/problems/recognition-key-taken"
    assert decide("2", purpose=" ").json()["type"] == "/problems/recognition-purpose"
    assert anybody.get("/api/v1/recognitions", headers=clerk).status_code == 403
    reader = key(services, SECOND, Scope.TRUST_READ)
    assert [one["id"] for one in anybody.get("/api/v1/recognitions", headers=reader).json()["items"]] == [
        made["id"]
    ]
    counted = anybody.get("/api/v1/recognitions/counts", headers=reader).json()["items"]
    assert [(one["department"], one["answer"], one["count"]) for one in counted] == [
        ("finance", "refused", 1)
    ]
    bound = key(services, KEEPER, Scope.TRUST_READ)
    assert anybody.get("/api/v1/recognitions", headers=bound).status_code == 403
    assert services.acceptance.ledger.prove() == 1
    services.evidence.prove_audit()


def test_a_policy_is_put_in_force_by_two_keys(services: Services) -> None:
    one = key(services, CLERK, Scope.TRUST_PROPOSE, Scope.TRUST_CONFIRM, Scope.TRUST_READ)
    two, asked = key(services, SECOND, Scope.TRUST_CONFIRM), Client(services)
    text = OWN.read_text("utf-8").replace("2026.1", "own")
    home = "/api/v1/departments/policies"
    row = asked.post(home, json={"text": text}, headers=one).json()
    own = asked.post(f"{home}/{row['id']}/confirmation", json={"sha256": row["sha256"]}, headers=one)
    assert own.json()["type"] == "/problems/department-second-person"
    other = asked.post(f"{home}/{row['id']}/confirmation", json={"sha256": row["sha256"]}, headers=two)
    assert other.json()["status"] == "in-force"
    assert services.home.trust.joinpath("departments", "finance.department.toml").is_file()
    known = {item["id"]: item for item in asked.get("/api/v1/departments", headers=one).json()["items"]}
    assert (known["finance"]["version"], known["finance"]["example"]) == ("own", False)
    assert known["bank"]["example"]
    bad = asked.post(home, json={"text": "schema = 9"}, headers=one).json()
    assert bad["type"] == "/problems/department-policy-invalid"
    again = asked.post(f"{home}/{row['id']}/refusal", headers=two).json()
    assert again["type"] == "/problems/department-act-refused"
    listed = asked.get(home, headers=one).json()["items"]
    assert [item["status"] for item in listed] == ["in-force"]


def test_D1_D4_the_page_gives_one_word_then_three_answers(services: Services, sealed: bytes) -> None:
    """D1, D4: drop, choose, read; the decision is the clerk's own and is recorded once."""
    clerk = log_in(services, CLERK, Scope.DEPARTMENT_ACCEPT, Scope.DOCUMENT_READ)
    try:
        assert "财政 · 财政票据报销" in clerk.page("/verify")
        headers = {"X-File-Name": "a.pdf", "X-CSRF-Token": clerk.csrf}
        gone = clerk.post("/verify/files?act=finance/nothing", content=sealed, headers=headers)
        assert gone.json()["type"] == "/problems/department-act-unknown"
        address = clerk.post("/verify/files?act=finance/bill", content=sealed, headers=headers).json()["url"]
        told_page = _ready(clerk, address)
        waiting = clerk.desk.checks.shelf.create({"status": "checking", "name": "a.pdf"}).id
        assert clerk.get(f"/verify/r/{waiting}/evidence.jws").status_code == 404
        assert _answers(told_page) == ["成立", "可信", "不予接受"]
        assert "附上制度证据记录" in told_page
        assert clerk.get(f"{address}/evidence.jws").status_code == 200
        assert clerk.send(f"{address}/act", act="market-regulation/annual-report").status_code == 303
        assert _answers(_ready(clerk, address)) == ["成立", "可信", "接受"]
        evidence = {"file": ("e.jws", clerk.get(f"{address}/evidence.jws").content)}
        assert clerk.send(f"{address}/evidence", files=evidence).status_code == 303
        whole = _ready(clerk, address)
        assert whole.count("6 项齐备") == 2
        assert "附上制度证据记录" not in whole
        assert clerk.send(f"{address}/decision", purpose="年报", **_shown(whole)).status_code == 303
        assert "已记入互认台账" in _ready(clerk, address)
        assert services.acceptance.ledger.prove() == 1
        Client(services, csrf="x").send(f"{address}/decision", purpose="年报")
        assert clerk.send(f"{address}/sealed-report").status_code == 303
        refused = _ready(clerk, address, "sealed-report", "making")
        assert "请管理员在服务器上运行 yinxin report allow --reason" in refused
        services.reports.allow(services.clock() + timedelta(days=1), 9, "窗口核验", actor=ADMIN)
        assert clerk.send(f"{address}/sealed-report").status_code == 303
        link = re.search(r'href="([^"]+/report.pdf)"', _ready(clerk, address, "sealed-report", "making"))
        assert link is not None
        reported = services.verify(clerk.get(link[1]).content, name="report.pdf").reported
        assert reported is not None
        assert reported.file == "a.pdf"
        clerk.csrf = "wrong"
        wrong = clerk.send(f"{address}/decision", purpose="年报")
        assert (wrong.status_code, wrong.headers["content-type"]) == (403, "text/html; charset=utf-8")
        assert services.acceptance.ledger.prove() == 1
    finally:
        clerk.close()


def _ready(client: Client, address: str, what: str = "state", going: str = "checking") -> str:
    """Wait as the page does."""
    end = time.monotonic() + 120
    while client.get(f"{address}/{what}").json()["status"] == going:
        assert time.monotonic() < end, "the check does not end"
        time.sleep(0.05)
    return client.page(address)


def _shown(page: str) -> dict[str, str]:
    """Return what the form of the decision sends back of what was shown."""
    form = re.search(r'<form[^>]*/decision".*?</form>', page, re.DOTALL)
    assert form is not None
    found = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form[0]))
    assert found.pop("csrf")
    return found


def test_a_decision_is_about_what_was_shown(services: Services, sealed: bytes) -> None:
    """The act, the policy or the document's standing changed after the page was read: 409, the page anew, nothing recorded."""
    clerk, stranger = log_in(services, CLERK, Scope.DEPARTMENT_ACCEPT), Client(services)
    stranger._transport = clerk._transport  # the same service, not a second one beside it
    headers = {"X-File-Name": "a.pdf", "X-CSRF-Token": clerk.csrf}
    try:
        address = clerk.post("/verify/files?act=finance/bill", content=sealed, headers=headers).json()["url"]

        def refused(shown: dict[str, str]) -> str:
            told = clerk.send(f"{address}/decision", purpose="报销", **shown)
            assert told.status_code == 409
            assert "所示的答复已变更" in told.text
            assert services.acceptance.ledger.prove() == 0
            return told.text

        first = _shown(_ready(clerk, address))
        assert (first["question"], first["answer"], first["verdict"]) == ("finance/bill", "refused", "passed")
        refused({})
        refused(first | {"verdict": "failed"})
        assert stranger.send(f"{address}/act", act="market-regulation/company-change").status_code == 303
        refused(first)
        _ready(clerk, address)
        second = _shown(refused(first))
        assert second["question"] == "market-regulation/company-change"

        text = (OWN.parent / "market-regulation.toml").read_text("utf-8").replace("2026.1", "own")
        row = services.acceptance.departments.propose(text.encode(), hand=Hand(CLERK))
        services.acceptance.departments.confirm(row.id, row.sha256, hand=Hand(SECOND))
        third = _shown(refused(second))
        assert third["policy"] == row.sha256 != second["policy"]

        assert clerk.send(f"{address}/decision", purpose="变更", **third).status_code == 303
        (decided,) = services.acceptance.ledger.page(LedgerQuery(), 5)
        assert (decided.department, decided.answer) == ("market-regulation", third["answer"])
        assert decided.policy_sha256 == third["policy"]
        assert "已记入互认台账" in _ready(clerk, address)
    finally:
        clerk.close()


def test_attack_a_decision_on_what_was_judged_long_ago(
    services: Services, sealed: bytes, clock: SteppingClock
) -> None:
    """A file with a password is not judged anew: a seal that was stopped since would be accepted for hours."""
    clerk = log_in(services, CLERK, Scope.DEPARTMENT_ACCEPT)
    try:
        headers = {"X-File-Name": "a.pdf", "X-CSRF-Token": clerk.csrf}
        asked = "/verify/files?act=market-regulation/annual-report"
        address = clerk.post(asked, content=sealed, headers=headers).json()["url"]
        shown = _shown(_ready(clerk, address))
        entry = clerk.desk.checks.shelf.get(address.rpartition("/")[2])
        assert entry is not None
        entry.unlocked.write_bytes(sealed)
        clock.advance(timedelta(minutes=11))
        refused = clerk.send(f"{address}/decision", purpose="年报", **shown)
        assert refused.status_code == 409
        assert "重新提交文件并输入口令" in refused.text
        assert services.acceptance.ledger.prove() == 0
        clock.advance(timedelta(minutes=-5))
        assert clerk.send(f"{address}/decision", purpose="年报", **shown).status_code == 303
        assert services.acceptance.ledger.prove() == 1
    finally:
        clerk.close()


def test_an_enterprise_decides_in_no_departments_name(services: Services, sealed: bytes) -> None:
    """A key that is bound to an enterprise records nothing, over HTTP or on the page, and is offered no form."""
    bound, form = key(services, KEEPER, Scope.DEPARTMENT_ACCEPT), {"act": "bill", "purpose": "x"}
    answer = Client(services).post(
        "/api/v1/recognitions",
        files={"file": ("a.pdf", sealed)},
        data={"department": "财政", **form},
        headers={**bound, "Idempotency-Key": "1"},
    )
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/foreign-enterprise")
    keeper, clerk = (log_in(services, who, Scope.DEPARTMENT_ACCEPT) for who in (KEEPER, CLERK))
    try:
        headers = {"X-File-Name": "a.pdf", "X-CSRF-Token": keeper.csrf}
        address = keeper.post("/verify/files?act=finance/bill", content=sealed, headers=headers).json()["url"]
        assert "/decision" not in _ready(keeper, address)
        shown = {"question": "finance/bill", "answer": "refused", "verdict": "passed"}
        assert keeper.send(f"{address}/decision", purpose="x", **shown).status_code == 403
        assert services.acceptance.ledger.prove() == 0
    finally:
        keeper.close()
        clerk.close()


def _answers(page: str) -> list[str]:
    return re.findall(r'<p class="answer-word">.*?<b>(.*?)</b>', page, re.DOTALL)


def test_the_console_shows_the_ledger_and_the_second_persons_form(services: Services) -> None:
    row = services.acceptance.departments.propose(OWN.read_bytes(), hand=Hand(CLERK))
    policy = services.acceptance.departments.find("银行")
    report = services.verify(b"no document", name="x")
    decision = Decision(report, policy, "loan", "贷款审查")
    services.acceptance.ledger.decide(decision, request_key="1", hand=Hand(CLERK))
    second = log_in(services, SECOND, Scope.TRUST_READ, Scope.TRUST_CONFIRM)
    page = second.page("/console/recognition")
    assert "贷款合同" in page
    assert "R02-signed-document" in page
    assert row.sha256 in page
    assert "谁接受了什么" in page
    assert second.send(f"/console/recognition/policies/{row.id}/confirm", sha256="0" * 64).status_code == 409
    assert (
        second.send(f"/console/recognition/policies/{row.id}/confirm", sha256=row.sha256).status_code == 303
    )
    assert "施行中" in second.page("/console/recognition")
    assert "贷款合同" not in second.page("/console/recognition?department=finance")
    assert "in force" in second.page("/console/recognition?lang=en")
    bound = log_in(services, KEEPER, Scope.TRUST_READ)
    assert bound.get("/console/recognition", headers={"Accept": "text/html"}).status_code == 403
