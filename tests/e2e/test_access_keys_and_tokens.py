"""Who may do what at the desk of certificates, tokens, chip numbers and escrowed keys: every route, every page (I23)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import httpx
import pytest

from api.access.scopes import Power, Scope
from api.bootstrap import assemble
from api.foundation import lay_foundation
from api.home import Home, service_pins
from api.pages.console import certificates, chips, enrolments, jobs, key_centre, overview
from api.services import Services
from api.settings import load_settings
from api.tokens.key_stores import SERVICE_TOKEN
from ca.actor import Actor
from ca.certificate import RevocationReason, SubjectName
from ca.clock import system_clock
from ca.enrolment.approval import Ballot
from ca.enrolment.request import Application, Approver
from ca.enrolment.rules import Matter
from ca.keycentre import delivery
from ca.keycentre.case import UserRecovery
from ca.keycentre.key import KeyRequest
from ca.tokens.ranges import Grant
from ca.tokens.state import TokenState
from ca.tokens.store import token
from ca.tokens.token import Holder, NewToken
from hsm.algorithms import KeyKind
from hsm.key_uri import KeyUri
from hsm.sm2.by_python import PythonBackend
from seals import chip_store
from seals.seal import SealApplication, SealKind
from tests.e2e.conftest import Site, serving
from tests.e2e.test_http import refused
from tests.enrolment_world import make_csr
from tests.keycentre_world import EVIDENCE, OFFICER, REQUESTER, plan
from tests.pki import COMPANY, USCC, make_uscc

pytestmark = pytest.mark.token
OTHER: Final = make_uscc("91330106MA2CYTHR0")
CLERK: Final = Actor("person:sun.li", "孙莉")
CHECKER: Final = Approver(Actor("person:chen.jing", "陈静"), frozenset({"ra:approve"}))
STRANGER: Final = Actor("person:wang.fang", "王芳", OTHER)
THEIRS, OURS, NUMBER = "CHIP-A", "CHIP-B", "YX00000100"
SHOP: Final = "杭州西湖刻章有限公司"
PREFIXES: Final = (
    "/api/v1/enrolments",
    "/api/v1/certificates/{serial}/",
    "/api/v1/certificates/compromised-keys",
    "/api/v1/enrolment-jobs",
    "/api/v1/expiry-reminders",
    "/api/v1/revocation-drills",
    "/api/v1/tokens",
    "/api/v1/chip-ranges",
    "/api/v1/key-centre",
)
LISTS: Final = {"/api/v1/enrolments", "/api/v1/tokens", "/api/v1/chip-ranges"}
"""Lists answer everybody with what is their own."""
PAGES: Final = (
    "/console",
    "/console/enrolments",
    "/console/enrolments/new",
    "/console/enrolments/{enrolment}",
    "/console/jobs/{job}",
    "/console/certificates",
    "/console/certificates/{serial}",
    "/console/chips",
    "/console/chips/{chip}",
    "/console/keys",
)


@dataclass(frozen=True)
class Desk:
    """A served installation in which enterprise A has one of everything."""

    site: Site
    names: dict[str, str]
    operations: tuple[tuple[str, str, Scope, Any], ...]

    def client(self, actor: Actor, *scopes: Scope) -> httpx.Client:
        return self.site.client(self.site.key(actor, *scopes), **{"Idempotency-Key": "access-1"})

    def address(self, path: str, **changes: str) -> str:
        """Fill in the names of what enterprise A has."""
        chip = path.startswith("/api/v1/tokens")
        names = self.names | ({"serial": self.names["chip"]} if chip else {}) | changes
        return re.sub(r"\{(\w+)\}", lambda found: names[found[1]], path)

    def trail(self) -> int:
        """Return how many acts are on record."""
        with self.site.services.reading() as conn:
            return self.site.services.audit.head(conn).number


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    settings = load_settings(tmp_path_factory.mktemp("access") / "home")
    services = assemble(settings, clock=system_clock, pins=service_pins(Home(settings.home)))
    lay_foundation(services, "印信测试认证中心 TEST", actor=OFFICER, progress=lambda _line: None)
    names = _furnish(services)
    with serving(services) as site:
        yield Desk(site, names, tuple(_operations(site)))
    services.close()


def _furnish(services: Services) -> dict[str, str]:
    """Give enterprise A a certificate, a request, a job, a chip, a seal, an escrowed key and a case; B has a chip."""
    services.enterprises.register(USCC, COMPANY, actor=CLERK)
    services.enterprises.register(OTHER, "另一企业有限公司", actor=CLERK)
    services.key_centre.found(KeyUri("pkcs11", SERVICE_TOKEN, "x"), KeyKind.EC_P256, plan(), actor=OFFICER)
    issued = _issued(services)
    document = issued.content.evidence[0].sha256
    job = services.enrolments.jobs.ask(
        Matter.REVOKE,
        [(None, issued.serial)],
        request_key="job-1",
        actor=CLERK,
        reason=RevocationReason.SUPERSEDED,
    )
    for serial, uscc in ((THEIRS, USCC), (OURS, OTHER)):
        services.tokens.register(NewToken(serial, "A1", "pkcs11", holder=Holder(uscc)), actor=CLERK)
    seal = services.seals.apply(SealApplication(USCC, SealKind.LEGAL_NAME, "person:li.wei"), actor=CLERK)
    with (
        services.engine.begin() as conn
    ):  # as after personalisation, which takes long and is not the matter here
        conn.execute(token.update().where(token.c.serial == THEIRS).values(state=TokenState.ISSUED))
        linked = chip_store.insert(conn, THEIRS, seal.code, by=CLERK.id, at=services.clock())
    assert linked is not None
    granted = services.token_work.ranges.grant(Grant(NUMBER, "YX00000199", SHOP, "王收"), actor=CLERK)
    sm2 = PythonBackend(allowed=True)
    key = services.key_centre.grant(KeyRequest("a-1", sm2.public(sm2.generate()), KeyKind.SM2, uscc=USCC))
    key_id = delivery.parse(key.envelope).key_id
    order = UserRecovery(key_id, "丢失 / lost", EVIDENCE, sm2.public(sm2.generate()))
    case = services.key_centre.recover_request(order, actor=REQUESTER)
    return {
        "enrolment": issued.id,
        "serial": f"{issued.serial:x}",
        "sha256": document,
        "job": job.id,
        "chip": THEIRS,
        "seal": seal.code,
        "letter": "1",
        "task": "1",
        "range_id": str(granted.id),
        "number": NUMBER,
        "key_id": key_id,
        "case_id": case.id,
        "notice": "1",
    }


def _issued(services: Services) -> Any:
    """Enrol a pair for enterprise A by two people."""
    door = services.enrolments
    subject = SubjectName(f"{COMPANY} 签名", COMPANY, USCC)
    asked = Application("enterprise-sign", subject, csr=make_csr(), pair=True)
    made = door.request(asked, request_key="first", actor=CLERK)
    for kind in ("business-licence", "authorisation"):
        door.attach(made.id, b"%PDF " + kind.encode(), kind, name=f"{kind}.pdf", actor=CLERK)
    made = door.submit(made.id, actor=CLERK)
    for item in made.rule.checklist:
        made = door.check(made.id, item.id, found=True, by=CHECKER)
    made = door.approve(made.id, Ballot(made.digest), by=CHECKER)
    return door.issue(made.id, actor=CHECKER.actor)


def _operations(site: Site) -> Iterator[tuple[str, str, Scope, Any]]:
    """Yield method, path, scope and an example of the body for every route of these subjects."""
    document = site.client().get("/openapi.json").json()
    schemas = document["components"]["schemas"]
    for path, item in document["paths"].items():
        if not path.startswith(PREFIXES) or path == "/api/v1/certificates/{serial}/revocation":
            continue
        for method, operation in item.items():
            scope = next(s for scheme in operation["security"] for given in scheme.values() for s in given)
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
            yield method.upper(), path, Scope(scope), schemas[name]["examples"][0] if name else {}


def test_the_table_holds_every_route(desk: Desk) -> None:
    assert len(desk.operations) >= 60
    assert {scope for _, _, scope, _ in desk.operations} == {
        Scope.CA_READ,
        Scope.CA_REVOKE,
        Scope.RA_REQUEST,
        Scope.RA_APPROVE,
        Scope.TOKEN_READ,
        Scope.TOKEN_MANAGE,
        Scope.CHIP_GRANT,
        Scope.KEY_CENTRE,
        Scope.ESCROW_CUSTODIAN,
        Scope.KEY_RECOVER,
    }


def test_I23_without_a_key_nothing_opens_and_nothing_is_told(desk: Desk) -> None:
    anonymous, before = desk.site.client(), desk.trail()
    for method, path, _, body in desk.operations:
        refused(anonymous.request(method, desk.address(path), json=body), 401, "not-authenticated")
    assert desk.trail() == before


def test_I23_every_scope_but_its_own_is_refused(desk: Desk) -> None:
    """All the operator's scopes but one, the auditor's, the administrator's: none opens the door."""
    operator = {scope for scope in Scope if scope.power is Power.OPERATOR}
    keys = {scope: desk.client(CLERK, *(operator - {scope})) for scope in {one[2] for one in desk.operations}}
    others = [desk.client(CLERK, scope) for scope in Scope if scope.power is not Power.OPERATOR]
    before = desk.trail()
    for method, path, scope, body in desk.operations:
        for client in (keys[scope], *others):
            told = refused(client.request(method, desk.address(path), json=body), 403, "scope-missing")
            assert told["scope"] == scope, f"{method} {path}"
    assert desk.trail() == before


def test_I23_a_caller_of_another_enterprise_sees_and_moves_nothing(desk: Desk) -> None:
    """Every route, with the names of what enterprise A has, by somebody of enterprise B who holds every scope."""
    stranger = desk.client(STRANGER, *(scope for scope in Scope if scope.power is Power.OPERATOR))
    before = desk.trail()
    for method, path, _, body in desk.operations:
        where = f"{method} {path}"
        answer = stranger.request(method, desk.address(path), json=body)
        if method == "GET" and path in LISTS:
            theirs = [one for one in answer.json()["items"] if one.get("serial") != OURS]
            assert theirs == [], where
            continue
        if answer.status_code == 422:  # a form without its file: nothing was read but the form
            assert path.endswith("/evidence"), where
            form = {"data": {"kind": "other"}, "files": {"file": ("a.pdf", b"%PDF")}}
            answer = stranger.post(desk.address(path), **form)
        assert answer.status_code in (403, 404), f"{where}: {answer.text}"
        assert COMPANY not in answer.text, where
        slug = "not-found" if "{job}" in path else "foreign-enterprise"
        refused(answer, 404 if "{job}" in path else 403, slug)
    refused(stranger.get("/api/v1/enrolments", params={"uscc": USCC}), 403, "foreign-enterprise")
    refused(stranger.get("/api/v1/tokens", params={"uscc": USCC}), 403, "foreign-enterprise")
    refused(stranger.get("/api/v1/chip-ranges", params={"shop": SHOP}), 403, "foreign-enterprise")
    assert desk.trail() == before


def test_I23_a_chip_of_ones_own_is_no_way_to_the_seal_of_another(desk: Desk) -> None:
    stranger = desk.client(STRANGER, Scope.TOKEN_MANAGE, Scope.TOKEN_READ)
    before, reached = desk.trail(), set()
    for method, path, _, body in desk.operations:
        if path.startswith("/api/v1/tokens/{serial}/links") and method == "POST":
            told = {"seal": desk.names["seal"]} if body else body
            answer = stranger.request(method, desk.address(path, serial=OURS), json=told)
            assert answer.status_code in (403, 404, 409), f"{path}: {answer.text}"
            assert COMPANY not in answer.text
            assert (method, path) not in reached
            reached.add((method, path))
    assert len(reached) == 5
    (link,) = desk.site.services.chips.links(THEIRS)
    assert link.status is chip_store.LinkStatus.REQUESTED
    assert desk.trail() == before


def test_I23_one_may_not_ask_for_another_enterprise_in_the_body(desk: Desk) -> None:
    """The address is one's own, the body names enterprise A."""
    stranger = desk.client(STRANGER, *(scope for scope in Scope if scope.power is Power.OPERATOR))
    before = desk.trail()
    refused(
        stranger.post("/api/v1/tokens", json={"serial": "CHIP-C", "model": "A1", "uscc": USCC}),
        403,
        "foreign-enterprise",
    )
    subject = {"common_name": COMPANY, "organization": COMPANY, "uscc": USCC}
    asked = {"profile": "enterprise-seal", "subject": subject, "csr": make_csr().decode()}
    refused(stranger.post("/api/v1/enrolments", json=asked), 403, "foreign-enterprise")
    for mode in ("count", "simulate", "perform"):
        drill = {"mode": mode, "population": {"uscc": OTHER}}
        refused(stranger.post("/api/v1/revocation-drills", json=drill), 403, "foreign-enterprise")
    assert desk.trail() == before


def test_a_session_without_its_csrf_token_changes_nothing(desk: Desk) -> None:
    scopes = [scope for scope in Scope if scope.power is Power.OPERATOR]
    browser = desk.site.client(**{"Idempotency-Key": "access-2"})
    assert browser.post("/session", json={"api_key": desk.site.key(CLERK, *scopes)}).status_code == 201
    assert browser.get(desk.address("/api/v1/enrolments/{enrolment}")).status_code == 200
    before, tried = desk.trail(), 0
    for method, path, _, body in desk.operations:
        if method != "GET":
            refused(browser.request(method, desk.address(path), json=body), 403, "csrf-failed")
            tried += 1
    assert tried > 40
    assert desk.trail() == before


def test_I23_pages_open_for_their_scopes_and_their_enterprise(desk: Desk) -> None:
    rooms = (certificates, chips, enrolments, jobs, key_centre, overview)
    served = {getattr(route, "path", "") for room in rooms for route in room.router.routes}
    assert {_bare(path) for path in served} == {_bare(path) for path in PAGES}
    names = ("enrolment", "job", "serial", "chip")
    scopes = [scope for scope in Scope if scope.power is Power.OPERATOR]
    stranger, own = _browser(desk, STRANGER, *scopes), _browser(desk, CLERK, *scopes)
    outside = [_browser(desk, CLERK, scope) for scope in Scope if scope.power is not Power.OPERATOR]
    for path in PAGES:
        address = desk.address(path)
        answer = desk.site.client().get(address)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/login?next={address}")
        for browser in outside:
            answer = browser.get(address)
            auditor = path == "/console" and answer.headers.get("location") == "/console/audit"
            assert answer.status_code == (303 if auditor else 403), path
        assert own.get(address).status_code == 200, path
        told = stranger.get(address)
        bound = any(f"{{{name}}}" in path for name in names) or path == "/console/keys"
        assert told.status_code in ((403, 410) if bound else (200,)), path
        assert told.headers["content-type"].startswith("text/html"), path
        known = {COMPANY, USCC, THEIRS, SHOP} - set(address.split("/"))
        assert [one for one in known if one in told.text] == [], path


def _bare(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


def _browser(desk: Desk, actor: Actor, *scopes: Scope) -> httpx.Client:
    browser = desk.site.client(Accept="text/html")
    assert browser.post("/session", json={"api_key": desk.site.key(actor, *scopes)}).status_code == 201
    return browser
