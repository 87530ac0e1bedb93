"""Two installations, each served over real HTTP on this machine: sealed in A, accepted in B, revoked in A, refused in B.

The clock is one for both and moves when told, so that the promised time passes at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from api.access.scopes import Scope
from api.app import create_app
from api.bootstrap import assemble
from api.demo.main_job import ENTERPRISE, KEEPER, USCC, approved_seal, enrol_keeper, seal_contract
from api.doctor import Health, examine
from api.evidence.recognition import LIST_PATH
from api.foundation import lay_foundation
from api.home import Home, service_pins
from api.serve import make_server
from api.services import Services
from api.settings import Settings
from ca.actor import SYSTEM, Actor
from ca.certificate import RevocationReason
from seals.seal import SealRecord
from signing.recognition.desk import Offer
from signing.recognition.errors import FingerprintDiffers, ForeignListRefused, ListSecondPerson
from signing.recognition.foreign import grouped
from signing.recognition.publisher import OwnTrustList, Published
from signing.recognition.states import ForeignStatus, Trouble
from tests.conftest import SteppingClock, _free_port
from tests.e2e.conftest import in_process
from tests.unit.api.conftest import OPERATOR, in_step
from verify.acceptance.accept import accept
from verify.acceptance.answers import AcceptanceStatus
from verify.acceptance.policy import DepartmentPolicy
from verify.acceptance.reading import read_policy
from verify.report import DocumentReport
from verify.verdict import Verdict

PROPOSER, CONFIRMER = Actor("person:sun.tao", "孙涛"), Actor("person:chen.jing", "陈静")


@dataclass(frozen=True)
class Side:
    """One installation and where it is served."""

    services: Services
    url: str

    @property
    def list_url(self) -> str:
        return self.url + LIST_PATH

    @property
    def fingerprint(self) -> str:
        return self.services.recognition.own.current().fingerprint

    def join(self, other: Side) -> str:
        """Recognise another installation with two people; return the list's number here."""
        offer = Offer(other.fingerprint, other.list_url)
        return self.services.recognition.join(offer, by=PROPOSER, confirmed_by=CONFIRMER).id

    def verdict(self, document: bytes) -> DocumentReport:
        return self.services.verify(document, name="contract.pdf")


@contextmanager
def side(folder: Path, name: str, clock: SteppingClock) -> Iterator[Side]:
    """Found an installation on a free port and serve it until the block ends."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    settings = Settings(
        home=folder / name,
        key_store="soft",
        base_url=url,
        trust_operator=f"测试局 {name}",
        federation_networks="127.0.0.0/8",  # one person's proposal leads into no network that is not opened
    )
    services = assemble(
        settings, clock=clock, pins=service_pins(Home(settings.home), environment={}), reference=in_step
    )
    lay_foundation(services, f"印信测试认证中心 {name} TEST", actor=OPERATOR, progress=lambda _line: None)
    server = make_server(create_app(services), "127.0.0.1", port, "error")
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + 60
    while not server.started and time.monotonic() < end:
        time.sleep(0.01)
    try:
        yield Side(services, url)
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        services.close()


@dataclass(frozen=True)
class Two:
    """Both sides, their clock, and A's enterprise with its seal."""

    a: Side
    b: Side
    clock: SteppingClock
    seal: SealRecord
    sealed_before: bytes

    def sealed(self) -> bytes:
        """Seal a contract in A."""
        return seal_contract(self.a.services, self.seal).read_bytes()

    def within_the_promise(self) -> None:
        """Let the promised time pass, with a round of housekeeping on both sides as they go."""
        for _ in range(2):
            self.clock.advance(timedelta(seconds=150))
            self.a.services.crls.publish_due(SYSTEM)
            self.b.services.recognition.renew_due()


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    """Found both, A with an enterprise and its seal."""
    folder, clock = tmp_path_factory.mktemp("federation"), SteppingClock()
    with ExitStack() as stack:
        a = stack.enter_context(side(folder, "A", clock))
        b = stack.enter_context(side(folder, "B", clock))
        a.services.enterprises.register(USCC, ENTERPRISE, actor=OPERATOR)
        seal = approved_seal(a.services, enrol_keeper(a.services))
        # now, lest a command line that knows only the true time publish the first, later than ours
        for one in (a, b):
            one.services.recognition.own.current()
        yield Two(a, b, clock, seal, seal_contract(a.services, seal).read_bytes())


def department(scheme: str) -> DepartmentPolicy:
    """Write a department's policy that accepts one list for one act, and asks that all be in force now."""
    text = f"""
schema = 1
id = "counter"
version = "1"
zh = "测试窗口"
en = "Test counter"

[[list]]
scheme = "{scheme}"

[demand]
seal = true
good_now = true

[[act]]
id = "filing"
zh = "备案"
en = "Filing"
"""
    return read_policy(text.encode())


@pytest.fixture(scope="module")
def joined(two: Two) -> str:
    """Let B recognise A; return A's number in B."""
    return two.b.join(two.a)


def test_I22_a_list_needs_the_right_fingerprint_and_two_people(two: Two) -> None:
    """Whoever answers at the address is not enough (attack: another installation stands there), nor is one person."""
    foreign, wrong = two.b.services.recognition.foreign, Offer(two.b.fingerprint, two.a.list_url)
    with pytest.raises(FingerprintDiffers):
        foreign.propose(wrong, actor=PROPOSER)
    found = foreign.propose(Offer(two.a.fingerprint, two.a.list_url), actor=PROPOSER)
    assert found.status is ForeignStatus.PROPOSED
    with pytest.raises(ListSecondPerson):
        foreign.confirm(found.id, two.a.fingerprint, actor=Actor("PERSON:sun.tao"))
    with pytest.raises(FingerprintDiffers):
        foreign.confirm(found.id, two.b.fingerprint, actor=CONFIRMER)
    assert not two.b.services.recognition.files(), "nothing is trusted before the second person"
    foreign.decline(found.id, "演练", actor=PROPOSER)


def test_the_command_line_shows_the_list_and_its_fingerprint(two: Two) -> None:
    """What an administrator reads out on the telephone."""
    home, environment = two.a.services.home.folder, {"YINXIN_KEY_STORE": "soft", "YINXIN_BASE_URL": two.a.url}
    environment["YINXIN_TRUST_OPERATOR"] = two.a.services.settings.trust_operator
    shown = in_process("trust", "list", "--show", home=home, **environment)
    assert shown.returncode == 0, shown.stderr
    assert grouped(two.a.fingerprint) in shown.stdout.replace("\n", " ")
    alone = in_process("federation", "list", home=home, **environment)
    assert "尚未与其他系统互认" in alone.stdout
    join = ("federation", "join", two.b.url, "--fingerprint", two.b.fingerprint, "--by", "孙涛")
    same = in_process(*join, "--confirmed-by", "孙涛", home=home, **environment)
    assert (same.returncode, "须由另一人办理" in same.stderr) == (1, True), "one person is not two"
    assert not two.a.services.recognition.foreign.every(), "and nothing was proposed"


def test_by_http_two_people_act_apart(two: Two) -> None:
    """The same over HTTP and on the page: one proposes, another confirms, each with a key of their own (I22, I23)."""
    keys = {
        who.id: two.a.services.api_keys.create(who, scopes, timedelta(days=30), actor=OPERATOR).text
        for who, scopes in (
            (PROPOSER, (Scope.TRUST_READ, Scope.TRUST_PROPOSE)),
            (CONFIRMER, (Scope.TRUST_READ, Scope.TRUST_CONFIRM)),
            (Actor("person:sun.TAO"), (Scope.TRUST_CONFIRM,)),
        )
    }
    base = f"{two.a.url}/api/v1/trust/lists"
    with httpx.Client(trust_env=False, timeout=60) as client:

        def ask(who: Actor, method: str, path: str = "", **body: str) -> httpx.Response:
            bearer = {"Authorization": f"Bearer {keys[who.id]}"}
            return client.request(method, base + path, json=body or None, headers=bearer)

        waiting = ask(PROPOSER, "POST", url=two.b.url, fingerprint=two.b.fingerprint).json()
        number = waiting["id"]
        assert waiting["fingerprint"] == "", "the second person gets it from the other side"
        right = {"fingerprint": two.b.fingerprint}
        assert ask(PROPOSER, "POST", f"/{number}/confirmation", **right).status_code == 403
        same = ask(Actor("person:sun.TAO"), "POST", f"/{number}/confirmation", **right)
        assert same.json()["type"] == "/problems/list-second-person"
        done = ask(CONFIRMER, "POST", f"/{number}/confirmation", **right).json()
        assert (done["status"], len(done["pieces"])) == ("trusted", 3)
        assert ask(CONFIRMER, "GET", f"/{number}").json()["fingerprint"] == two.b.fingerprint
        list_url = two.b.list_url
        first = client.get(list_url)
        assert client.get(list_url, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
        assert (
            client.get(f"{two.b.url}/trust/list.xml").headers["Content-Type"]
            == "application/vnd.etsi.tsl+xml"
        )
        assert client.get(f"{two.b.url}/pki/voided.jws").status_code == 404, "nothing is void yet"


def test_sealed_in_one_is_accepted_in_the_other_and_refused_by_a_third(two: Two, joined: str) -> None:
    """The three answers are apart: valid, trusted under a list, accepted by a department (C2)."""
    report = two.b.verdict(two.sealed())
    assert report.verdict is Verdict.PASSED, report.to_json()
    decision = report.signatures[0].trust
    assert decision is not None
    scheme = two.a.services.recognition.own.scheme_id()
    assert (decision.trusted, decision.entry.scheme_id, decision.entry.sequence) == (True, scheme, 1)
    assert decision.entry.operator_zh == "测试局 A"
    accepted = accept(report, department(scheme), "filing")
    assert accepted.status is AcceptanceStatus.ACCEPTED, accepted.to_json()
    third = accept(report, department("CN:somebody else's list"), "filing")
    assert third.status is AcceptanceStatus.REFUSED
    assert two.b.services.recognition.standing(joined).well


def test_the_folder_for_auditors_carries_the_foreign_list(two: Two, joined: str) -> None:
    two.b.services.evidence.publish()
    listed = two.b.services.home.trust / "lists"
    assert {path.name for path in listed.iterdir()} == {"pinned.json", joined, f"{joined}.tl.json"}
    assert len(list((listed / joined).iterdir())) == 3, "two revocation lists and the seals' states"


def test_I30_an_older_list_is_not_taken_and_is_told(two: Two, joined: str) -> None:
    """Attack: whoever holds the line replays the list of yesterday, in which a service was not withdrawn yet."""
    old = two.a.services.recognition.own.current()
    two.a.services.recognition.publish(PROPOSER)
    two.within_the_promise()
    recognition = two.b.services.recognition
    assert recognition.foreign.get(joined).taken.sequence == old.content.sequence + 1
    with pytest.raises(ForeignListRefused):
        recognition.renewals.take_file(joined, old.json, PROPOSER)
    with _replayed(two, old.json):
        two.within_the_promise()
    standing = recognition.standing(joined)
    assert standing.found.taken.sequence == old.content.sequence + 1
    assert (standing.found.attempt.trouble, standing.alarming) == (Trouble.ROLLED_BACK, True)
    told = [check for check in examine(two.b.services) if check.subject == "trust"]
    assert Health.BROKEN in {check.health for check in told}
    two.within_the_promise()
    assert recognition.standing(joined).well, "the trouble ends when the true list is served again"


@contextmanager
def _replayed(two: Two, octets: bytes) -> Iterator[None]:
    """Let A serve other octets at the address of its list, as somebody in between would."""
    genuine, own = type(two.a.services.recognition.own).current, two.a.services.recognition.own

    def current(self: OwnTrustList) -> Published:
        found = genuine(self)
        return replace(found, json=octets) if self is own else found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(own), "current", current)
        yield


def test_a_seal_stopped_in_one_is_refused_in_the_other_within_the_promise(two: Two, joined: str) -> None:
    """A seal frozen in A: sealed before, it was good then; the department that asks for now refuses (B4)."""
    document, seals = two.sealed(), two.a.services.seals
    assert two.b.verdict(document).verdict is Verdict.PASSED
    two.clock.advance(timedelta(seconds=30))
    seals.freeze(two.seal.code, actor=KEEPER, reason="遗失")
    two.within_the_promise()
    scheme, report = two.a.services.recognition.own.scheme_id(), two.b.verdict(document)
    assert report.verdict is Verdict.PASSED, "it was sealed before"
    assert accept(report, department(scheme), "filing").status is AcceptanceStatus.REFUSED
    seals.request_resume(two.seal.code, actor=KEEPER, reason="找回")
    seals.confirm_resume(two.seal.code, actor=CONFIRMER)
    two.within_the_promise()
    assert accept(two.b.verdict(document), department(scheme), "filing").status is AcceptanceStatus.ACCEPTED


def test_I12_a_certificate_revoked_in_one_is_refused_in_the_other_within_the_promise(
    two: Two, joined: str
) -> None:
    """Five minutes by the clock; nobody is called when a document is verified. The key was compromised: nothing it did counts."""
    document = two.sealed()
    assert two.b.verdict(document).verdict is Verdict.PASSED
    certificate = two.seal.electronic.certificate
    assert certificate is not None
    two.a.services.authority.revoke(certificate.serial, RevocationReason.KEY_COMPROMISE, actor=OPERATOR)
    assert two.b.verdict(document).verdict is Verdict.PASSED, "not known here yet"
    two.within_the_promise()
    report = two.b.verdict(document)
    scheme = two.a.services.recognition.own.scheme_id()
    assert accept(report, department(scheme), "filing").status is AcceptanceStatus.REFUSED
    assert joined in {one.found.id for one in two.b.services.recognition.standings()}


def test_I30_an_expired_list_is_not_trusted(two: Two, joined: str) -> None:
    """A is gone for a week: its list ends, and B is undecided about everything from there; then A is removed by two people."""
    document = two.sealed_before
    two.clock.advance(timedelta(days=8))
    report = two.b.verdict(document)
    assert report.verdict is Verdict.INDETERMINATE
    standing = two.b.services.recognition.standing(joined)
    assert (standing.expired, standing.alarming) == (True, True)
    foreign = two.b.services.recognition.foreign
    foreign.ask_removal(joined, "合作终止", actor=PROPOSER)
    with pytest.raises(ListSecondPerson):
        foreign.remove(joined, actor=PROPOSER)
    foreign.remove(joined, actor=CONFIRMER)
    two.b.services.evidence.publish()
    assert not list((two.b.services.home.trust / "lists").rglob("*.tl.json"))
