"""Bad input at the desk of keys and tokens, by the command line and over HTTP: one sentence each, and the records right.

Every refusal names the field and says what to do, in Chinese and English; it leaves no act on the audit trail that did
not happen, and the trail still proves.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from api.access.scopes import Power, Scope
from api.bootstrap import assemble
from api.foundation import lay_foundation
from api.home import Home, service_pins
from api.services import Services
from api.settings import load_settings
from api.tokens.key_stores import SERVICE_TOKEN
from ca.actor import Actor
from ca.clock import system_clock
from ca.keycentre import delivery
from ca.keycentre.errors import EnvelopeForAnother
from ca.keycentre.key import KeyRequest
from ca.keycentre.opening import Opening, open_into_token
from ca.keycentre.roster import ballot
from ca.tokens.ranges import Grant
from hsm.algorithms import KeyKind
from hsm.envelopes import ReceivingToken, Recipient
from hsm.errors import UnsupportedAlgorithm
from hsm.key_uri import KeyUri
from hsm.public_keys import spki
from hsm.sm2.by_python import PythonBackend
from hsm.softhsm import find_or_fetch
from tests.conftest import SO_PIN, USER_PIN
from tests.e2e.conftest import Site, in_process, serving
from tests.e2e.test_cli import Done, good, one_red_line
from tests.e2e.test_http import refused
from tests.enrolment_world import make_csr
from tests.keycentre_world import EVIDENCE, NAMES, OFFICER, custodian_key, plan
from tests.pki import COMPANY, USCC, make_uscc

pytestmark = pytest.mark.token
CLERK: Final = Actor("person:sun.li", "孙莉")
CHECKER: Final = Actor("person:chen.jing", "陈静")
OTHER: Final = make_uscc("91330106MA2CYTHR0")
OTHER_NAME: Final = "杭州另一家有限公司"
BAD_USCC: Final = USCC[:-1] + ("0" if USCC[-1] != "0" else "1")
"""Right but for its check character."""
CLI_CLERK: Final = "person:wu.gang=吴刚"
SM2: Final = PythonBackend(allowed=True)


@dataclass(frozen=True)
class Desk:
    """One installation, served and in a home that the command line works on too."""

    site: Site
    home: Path
    client: httpx.Client

    @property
    def services(self) -> Services:
        return self.site.services

    def run(self, *arguments: str | Path) -> Done:
        return in_process(*arguments, home=self.home)

    def request(self, csr: bytes, key: str = "", **subject: str) -> httpx.Response:
        """Ask over HTTP for a certificate over a request file."""
        named = {"common_name": f"{COMPANY} 李伟", "organization": COMPANY, "uscc": USCC} | subject
        body = {"profile": "enterprise-seal", "subject": named, "csr": csr.decode()}
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        return self.client.post("/api/v1/enrolments", json=body, headers=headers)

    def file(self, octets: bytes) -> Path:
        path = self.home / f"{secrets.token_hex(4)}.bin"
        path.write_bytes(octets)
        return path

    def ask(self, csr: bytes, *more: str) -> Done:
        """Ask by the command line for the same."""
        return self.run("ra", "request", "--uscc", USCC, "--csr", self.file(csr), *more)

    def trail(self) -> tuple[str, ...]:
        """Return the acts on record, the chain proved."""
        with self.services.reading() as conn:
            self.services.audit.verify(conn)
            return tuple(record.action for record in self.services.audit.every(conn))

    def certified(self, csr: bytes) -> str:
        """Enrol by two people; return the serial number."""
        made = self.request(csr).json()
        address = f"/api/v1/enrolments/{made['id']}"
        for kind in ("business-licence", "authorisation"):
            form = {"data": {"kind": kind}, "files": {"file": ("a.pdf", b"%PDF " + kind.encode())}}
            assert self.client.post(f"{address}/evidence", **form).status_code == 201
        self.client.post(f"{address}/submission")
        with self.site.client(self.site.key(CHECKER, Scope.RA_APPROVE, Scope.CA_READ)) as officer:
            for item in ("licence", "authorisation", "identity"):
                seen = officer.post(f"{address}/checks", json={"item": item, "found": True}).json()
            officer.post(f"{address}/approvals", json={"digest": seen["digest"]})
            return str(officer.post(f"{address}/issuance").json()["serial"])


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    settings = load_settings(tmp_path_factory.mktemp("bad") / "home")
    services = assemble(settings, clock=system_clock, pins=service_pins(Home(settings.home)))
    lay_foundation(services, "印信测试认证中心 TEST", actor=OFFICER, progress=lambda _line: None)
    services.enterprises.register(USCC, COMPANY, actor=CLERK)
    services.enterprises.register(OTHER, OTHER_NAME, actor=CLERK)
    services.key_centre.found(KeyUri("pkcs11", SERVICE_TOKEN, "x"), KeyKind.EC_P256, plan(), actor=OFFICER)
    with serving(services) as site:
        scopes = [scope for scope in Scope if scope.power is Power.OPERATOR]
        yield Desk(site, settings.home, site.client(site.key(CLERK, *scopes)))
    services.close()


def told(answer: httpx.Response, status: int, slug: str, *words: str) -> None:
    """Check a refusal: its problem, both languages, and the words that name what is wrong and what to do."""
    problem = refused(answer, status, slug)
    for word in words:
        assert word in problem["zh"] + problem["en"], problem


def line(done: Done, *words: str, status: int = 1) -> None:
    """Check that a command ended in one red line with these words."""
    said = one_red_line(done, status)
    for word in words:
        assert word in said


def test_a_bad_credit_code(desk: Desk) -> None:
    before = desk.trail()
    words = ("统一社会信用代码", "check")
    asked = {"uscc": BAD_USCC, "name": "某公司"}
    told(desk.client.post("/api/v1/enterprises", json=asked), 422, "uscc-invalid", *words)
    told(desk.request(make_csr(), uscc=BAD_USCC), 422, "enrolment-field-invalid", "subject.uscc", *words)
    chip = {"serial": "BAD1", "model": "A1", "uscc": BAD_USCC}
    told(desk.client.post("/api/v1/tokens", json=chip), 404, "enterprise-unknown", *words)
    line(desk.run("ra", "request", "--uscc", BAD_USCC, "--csr", desk.file(make_csr())), *words)
    line(desk.run("token", "register", "BAD1", "--uscc", BAD_USCC), *words)
    unknown = make_uscc("91110108MA01C8QX4")
    told(desk.client.post("/api/v1/tokens", json=chip | {"uscc": unknown}), 404, "enterprise-unknown")
    line(desk.run("ra", "request", "--uscc", unknown, "--csr", desk.file(make_csr())), "登记")
    assert desk.trail() == before


def csr_over(key: Any) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, COMPANY)])
    made = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return made.public_bytes(Encoding.PEM)


def test_I27_a_weak_key(desk: Desk) -> None:
    before = desk.trail()
    base_point = ec.derive_private_key(1, ec.SECP256R1())
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    three = rsa.generate_private_key(public_exponent=3, key_size=2048)
    for key in (base_point, small, three):
        told(desk.request(csr_over(key)), 422, "enrolment-field-invalid", "csr", "重新生成", "new key")
        line(desk.ask(csr_over(key)), "csr", "重新生成", "new key")
    assert desk.trail() == before


def test_a_request_that_its_key_did_not_sign(desk: Desk) -> None:
    before = desk.trail()
    der = bytearray(x509.load_pem_x509_csr(make_csr()).public_bytes(Encoding.DER))
    der[-1] ^= 1
    body = base64.encodebytes(bytes(der)).decode()
    forged = f"-----BEGIN CERTIFICATE REQUEST-----\n{body}-----END CERTIFICATE REQUEST-----\n".encode()
    told(desk.request(forged), 422, "enrolment-field-invalid", "csr", "私钥重新生成", "not signed")
    line(desk.ask(forged), "csr", "私钥重新生成", "not signed")
    told(desk.request(b"nonsense"), 422, "enrolment-field-invalid", "csr", "PKCS#10")
    line(desk.ask(b"nonsense"), "csr", "PKCS#10")
    line(desk.run("ra", "request", "--uscc", USCC, "--csr", desk.home / "none.csr"), "none.csr")
    assert desk.trail() == before


def test_I27_a_key_that_is_certified_or_was_reported_compromised(desk: Desk) -> None:
    csr = make_csr()
    serial = desk.certified(csr)
    before = desk.trail()
    told(desk.request(csr), 409, "enrolment-key-reused", "public_key", "新密钥", "new key")
    line(desk.ask(csr), "public_key", "新密钥")
    other = {"common_name": OTHER_NAME, "organization": OTHER_NAME, "uscc": OTHER}
    told(desk.request(csr, **other), 409, "enrolment-key-reused", "其他主体", "another holder")
    assert desk.trail() == before
    revoked = desk.client.post(f"/api/v1/certificates/{serial}/revocation", json={"reason": "keyCompromise"})
    assert revoked.status_code == 200
    before = desk.trail()
    for subject in ({}, other):
        told(desk.request(csr, **subject), 409, "enrolment-key-barred", "public_key", "泄露", "compromised")
    line(desk.ask(csr), "public_key", "泄露", "compromised")
    assert desk.trail() == before


def test_names_that_break_the_profile(desk: Desk) -> None:
    before = desk.trail()
    cases = {
        "subject.common_name": {"common_name": "李\x07伟"},
        "subject.organization": {"organization": "未登记的名称"},
        "subject.country": {"country": "cn"},
        "subject.uscc": {"uscc": ""},
    }
    for field, subject in cases.items():
        told(desk.request(make_csr(), **subject), 422, "enrolment-field-invalid", field)
    long = desk.request(make_csr(), common_name="长" * 65)
    told(long, 422, "invalid-request", "body.subject.common_name")
    line(desk.ask(make_csr(), "--name", "长" * 65), "subject.common_name", "64")
    line(desk.ask(make_csr(), "--name", "李\x07伟"), "subject.common_name")
    line(desk.ask(make_csr(), "--profile", "root"), "profile")
    line(desk.ask(make_csr(), "--days", "3000"), "validity")
    assert desk.trail() == before


def test_I4_a_second_enrolment_with_one_request_key(desk: Desk) -> None:
    key, csr = uuid.uuid4().hex, make_csr()
    first = desk.request(csr, key)
    assert first.status_code == 201
    before = desk.trail()
    assert desk.request(csr, key).json()["id"] == first.json()["id"]
    told(
        desk.request(make_csr(), key),
        409,
        "enrolment-request-key-taken",
        "request_key",
        "新的编号",
        "new one",
    )
    line(desk.ask(make_csr(), "--request-key", key), "request_key", "新的编号", "new one")
    told(desk.request(csr), 409, "enrolment-key-reused", "public_key", "勿重复", "withdraw")
    assert desk.trail() == before


def test_a_chip_number_that_is_used(desk: Desk) -> None:
    prefix = f"B{secrets.token_hex(3).upper()}X"
    granted = Grant(f"{prefix}0001", f"{prefix}0003", "刻章店", "王收")
    made = desk.services.token_work.ranges.grant(granted, actor=CLERK)
    number, place = f"{prefix}0001", "/api/v1/chip-ranges/numbers"
    good(desk.run("chip", "range", "spoil", number, "--reason", "破损"))
    before = desk.trail()
    words = ("芯片号", "chip number")
    told(desk.client.post(f"{place}/{number}", json={"fate": "consumed"}), 409, "chip-number-used", *words)
    line(desk.run("chip", "range", "consume", number), *words)
    chip = {"serial": f"N{prefix}", "model": "A1", "uscc": USCC, "number": number}
    told(desk.client.post("/api/v1/tokens", json=chip), 409, "chip-number-used", *words)
    line(desk.run("token", "register", f"N{prefix}", "--uscc", USCC, "--number", number), *words)
    never = f"{prefix}0009"
    told(
        desk.client.post(f"{place}/{never}", json={"fate": "consumed"}),
        409,
        "chip-number-not-granted",
        "芯片号",
    )
    line(desk.run("chip", "range", "consume", "x-1"), "YX00000100")
    assert desk.trail() == before
    report = desk.client.get(f"/api/v1/chip-ranges/{made.id}").json()
    assert (report["spoilt"], report["remaining"], report["reconciles"]) == (1, 2, True)
    assert desk.client.get(f"/api/v1/tokens/N{prefix}").status_code == 404


def test_an_envelope_for_another_token(desk: Desk) -> None:
    """A6: the token that it was not made for gets nothing, and says for whom it is not; its own opens it afterwards."""
    provider, centre = desk.services.key_stores.chosen, desk.services.key_centre
    holders = []
    for _ in range(2):
        label = f"bad{secrets.token_hex(6)}"
        provider.create_token(label, SO_PIN, USER_PIN)
        desk.services.home.keep_pin(label, USER_PIN)
        made = provider.generate(KeyUri("pkcs11", label, "sign"), KeyKind.SM2)
        key = next(each for each in provider.keys(label) if each.uri.id == made.id)
        holders.append((label, made, key.public_key))
    (mine, sign, public), (other, wrong, stranger) = holders
    octets = centre.grant(KeyRequest("bad-1", public, KeyKind.EC_P256, uscc=USCC)).envelope

    def open_in(label: str, uri: KeyUri, key: Any, octets: bytes = octets) -> KeyUri:
        into = KeyUri("pkcs11", label, f"enc {secrets.token_hex(4)}")
        opening = Opening(ReceivingToken(provider, label), Recipient(key), uri, into)
        return open_into_token(octets, opening, centre=centre.public_key)

    p256 = provider.generate(KeyUri("pkcs11", other, "p256"), KeyKind.EC_P256)
    signing = next(each.public_key for each in provider.keys(other) if each.uri.id == p256.id)
    theirs = centre.grant(KeyRequest("bad-2", signing, KeyKind.EC_P256, uscc=USCC)).envelope
    with pytest.raises(UnsupportedAlgorithm, match="transport key"):
        open_in(other, p256, signing, theirs)
    with pytest.raises(EnvelopeForAnother) as caught:
        open_in(other, wrong, stranger)
    assert "信封" in caught.value.zh
    assert "another" in caught.value.en
    assert sorted(key.uri.object for key in provider.keys(other)) == ["p256", "sign"]
    assert open_in(mine, sign, public).token == mine
    status = desk.client.get(f"/api/v1/key-centre/keys/{delivery.parse(octets).key_id}").json()["status"]
    assert status == "delivered"
    line(desk.run("kmc", "export-blob", desk.file(octets), "--out", desk.home / "x.blob"), "SM2")
    line(desk.run("kmc", "export-blob", desk.file(b"none"), "--out", desk.home / "x.blob"), "信封")
    assert not (desk.home / "x.blob").exists()


def test_a_wrong_pin_up_to_the_lock(desk: Desk) -> None:
    """Each wrong PIN costs one try and says how many are left; locked, the right one does not open either."""
    right, wrong, so = (desk.file(pin) for pin in (b"13572468\n", b"99999999\n", b"24681357\n"))
    begin = ("ra", "request", "--uscc", OTHER, "--in-token", "--keeper", "person:he.jie=何洁")
    good(desk.run(*begin, "--pin-file", right, "--so-pin-file", so))
    before = desk.trail()
    said = []
    for _ in range(12):
        again = desk.run(*begin, "--pin-file", wrong)
        said.append(one_red_line(again, 1))
        if "锁定" in said[-1]:
            break
    assert "锁定" in said[-1], said
    assert len(said) > 2
    assert all("PIN" in each for each in said)
    locked = one_red_line(desk.run(*begin, "--pin-file", right), 1)
    assert "锁定" in locked
    assert "13572468" not in "".join(said)
    assert "99999999" not in "".join(said)
    assert desk.trail() == before


def test_I25_a_custodian_who_votes_twice(desk: Desk) -> None:
    key = SM2.public(SM2.generate())
    grant = desk.services.key_centre.grant(KeyRequest(uuid.uuid4().hex, key, KeyKind.SM2, uscc=USCC))
    key_id = delivery.parse(grant.envelope).key_id
    new = desk.file(spki(SM2.public(SM2.generate())))
    opened = good(desk.run("kmc", "recover-user", key_id, "--sign-key", new, "--evidence", EVIDENCE))
    case = json.loads(opened)["id"]
    first, second = NAMES[:2]
    document = desk.services.key_centre.case(case).document

    def signed(name: str, word: str) -> bytes:
        return custodian_key(name).sign(ballot(word, document), ec.ECDSA(hashes.SHA256()))

    yes, no = desk.file(signed(first, "approve")), desk.file(signed(first, "reject"))
    good(desk.run("kmc", "vote", case, "--as", first, "--signature", yes))
    custodian = desk.site.client(desk.site.key(Actor(first), Scope.ESCROW_CUSTODIAN))
    thief = desk.site.client(desk.site.key(Actor(second), Scope.ESCROW_CUSTODIAN))
    before = desk.trail()
    line(desk.run("kmc", "vote", case, "--as", first, "--signature", yes), "只能投一次", "once")
    line(desk.run("kmc", "vote", case, "--as", first, "--signature", no, "--reject"), "只能投一次")
    shown = custodian.get(f"/api/v1/key-centre/cases/{case}/ballot").json()
    vote = {
        "document_sha256": shown["document_sha256"],
        "word": "approve",
        "signature": base64.b64encode(signed(first, "approve")).decode(),
    }
    address = f"/api/v1/key-centre/cases/{case}/votes"
    told(custodian.post(address, json=vote), 409, "vote-repeated", "只能投一次", "once")
    told(thief.post(address, json=vote), 422, "vote-unproven")
    line(desk.run("kmc", "execute", case), "2")
    assert desk.trail() == before
    assert shown["voted"] == [first]
    assert desk.services.key_centre.case(case).status.value == "open"


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compile the module that forwards to the real one and answers with an error when told."""
    made = tmp_path_factory.mktemp("faulty") / "faulty_module.so"
    source = Path(__file__).parents[1] / "hsm" / "faulty_module.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-std=gnu99", "-o", made, source, "-ldl"], check=True)
    return made


def test_I26_a_module_that_fails_in_the_middle_of_personalisation(
    desk: Desk, faulty: Path, tmp_path: Path
) -> None:
    """The chip keeps the state of its last finished step, the step that failed is named, and it is taken up again."""
    part = {"name": "bank", "containers": [{"name": "bank", "purpose": "bank", "common_name": COMPANY}]}
    plan_file = desk.file(json.dumps({"applications": [part]}).encode())

    def approved() -> str:
        serial = f"F{secrets.token_hex(4)}".upper()
        good(desk.run("token", "register", serial, "--uscc", USCC))
        good(desk.run("token", "personalise", serial, "--plan", plan_file, "--as", CLI_CLERK))
        line(desk.run("token", "approve", serial, "--as", CLI_CLERK))
        good(desk.run("token", "approve", serial, "--as", "person:zhou.kai=周凯"))
        return serial

    good(desk.run("token", "personalise", approved()))  # the first one makes the service's master key too
    serial = approved()
    real = find_or_fetch(tmp_path / "cache")
    assert real is not None
    environment = {
        "REAL_MODULE": str(real.module),
        "SOFTHSM2_CONF": str(desk.home / "tokens" / "softhsm2.conf"),
        "FAULT_FOLDER": str(tmp_path),
        "YINXIN_KEY_STORE": str(faulty),
    }
    (tmp_path / "C_GenerateKeyPair").write_text("always:rv:00000005")  # CKR_GENERAL_ERROR
    broken = in_process("token", "personalise", serial, home=desk.home, **environment)
    assert broken.returncode in (1, 4), broken.stdout + broken.stderr
    assert "Traceback" not in broken.stderr
    said = broken.stderr.splitlines()[-1]
    assert said.startswith("错误：")
    assert re.search(r" / Error: [ -~]+$", said), said
    shown = desk.client.get(f"/api/v1/tokens/{serial}").json()
    assert shown["state"] == "ready"
    steps = desk.client.get(f"/api/v1/tokens/{serial}/personalisation").json()["steps"]
    stuck = next(step for step in steps if step["status"] != "done")
    assert stuck["fault"]
    assert desk.trail().count("token.personalise") == 1, "the first chip's"
    good(desk.run("token", "personalise", serial))
    assert desk.client.get(f"/api/v1/tokens/{serial}").json()["state"] == "personalised"
    desk.trail()
