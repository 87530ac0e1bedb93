"""A seal whose key is in a remote service seals a PDF by the ordinary cycle: our own server is the service, by both versions."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from api.cli.main import app
from api.demo.main_job import APPLICANT, APPROVER, ENTERPRISE, KEEPER, USCC
from api.services import Services
from ca.certificate import CertificateRequest, SubjectName
from ca.profile import ENTERPRISE_SEAL
from hsm.csc_errors import RemotePinRefused
from hsm.key_uri import KeyUri
from hsm.pins import Pin
from hsm.public_keys import certificate_key
from hsm.signer import Custody
from seals.errors import SealFrozen
from seals.seal import SealApplication, SealKind, SealRecord
from signing.level import Level
from signing.order import SealOrder
from signing.placing.where import parse_where
from tests.conftest import SteppingClock
from tests.e2e.conftest import serving
from tests.interop.sealing_world import blank_pdf
from tests.remote_world import OPERATOR, RemoteSite, founded, remote_site
from verify.verdict import Verdict


@dataclass
class Pair:
    """A remote service, and an installation whose seal's key is there."""

    far: RemoteSite
    near: Services
    seal: SealRecord
    home: Path

    def order(self, key: str) -> SealOrder:
        return SealOrder(blank_pdf(2), "合同.pdf", self.seal.code, parse_where("1:120,200"), Level.B_LT, key)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("pair")
    with remote_site(folder / "far") as far:
        token = folder / "far.token"
        token.write_text(far.key())
        token.chmod(0o600)
        settings = folder / "services.toml"
        settings.write_text(f'[service.far]\nurl = "{far.url}"\ntoken_file = "far.token"\n')
        near = founded(folder / "near", SteppingClock(), csc_services=settings)
        yield Pair(far, near, _bound(near, far), folder)
        near.close()


def _bound(near: Services, far: RemoteSite) -> SealRecord:
    """Certify the remote key here, put a seal with it in use, and bind the key's address to its certificate."""
    uri = KeyUri("csc", "far", far.seal.code)
    signer = near.key_stores.ring.provider(uri).signer(uri, pin=Pin(far.pin))
    subject = SubjectName(f"{ENTERPRISE} 李伟", ENTERPRISE, USCC)
    request = CertificateRequest(ENTERPRISE_SEAL.id, subject, signer.public_key, custody=signer.custody)
    issued = near.authority.issue(request, request_key="remote", actor=OPERATOR)
    code = near.seals.apply(SealApplication(USCC, SealKind.LEGAL_NAME, KEEPER.id), actor=APPLICANT).code
    seal = near.seals.approve(code, actor=APPROVER, certificate=issued)
    near.ledger.bind_key(hashlib.sha256(issued.der).hexdigest(), str(uri), actor=OPERATOR)
    return seal


def test_a_remote_key_seals_by_the_ordinary_cycle(pair: Pair) -> None:
    sealed = pair.near.sealing.seal(pair.order("one"), actor=KEEPER, pin=Pin(pair.far.pin))
    assert sealed.report.verdict is Verdict.PASSED
    [signature] = sealed.report.signatures
    assert signature.custody == Custody.REMOTE.value
    assert pair.far.actions().count("hash.signed") == 1, "on record at the service too"
    again = pair.near.sealing.seal(pair.order("one"), actor=KEEPER, pin=Pin(pair.far.pin))
    assert again.repeated
    assert pair.far.actions().count("hash.signed") == 1


def test_a_wrong_pin_is_the_services_to_refuse(pair: Pair) -> None:
    with pytest.raises(RemotePinRefused):
        pair.near.sealing.seal(pair.order("two"), actor=KEEPER, pin=Pin("999999"))


def test_a_frozen_seal_asks_nobody(pair: Pair) -> None:
    signed = pair.far.actions().count("hash.authorised")
    pair.near.seals.freeze(pair.seal.code, actor=APPLICANT, reason="遗失")
    with pytest.raises(SealFrozen):
        pair.near.sealing.seal(pair.order("three"), actor=KEEPER, pin=Pin(pair.far.pin))
    assert pair.far.actions().count("hash.authorised") == signed


def test_the_command_line_tells_what_answers(pair: Pair) -> None:
    environment = {"YINXIN_CSC_SERVICES": str(pair.home / "services.toml"), "YINXIN_KEY_STORE": "soft"}
    told = CliRunner().invoke(app, ["csc", "services", "--home", str(pair.home / "near")], env=environment)
    assert told.exit_code == 0, told.output
    assert "far" in told.output
    assert "可用" in told.output
    listed = CliRunner().invoke(
        app, ["csc", "credentials", "far", "--home", str(pair.home / "near")], env=environment
    )
    assert pair.far.seal.code in listed.output


def test_two_steps_over_http(pair: Pair) -> None:
    """The routes: prepare, repeat, a wrong signature, the right one, and what is over."""
    with serving(pair.far.services) as site:
        client = site.client(pair.far.key())
        headers = {"Idempotency-Key": "remote-1"}

        def begin(**data: str) -> httpx.Response:
            files = {"file": ("合同.pdf", blank_pdf(2), "application/pdf")}
            form = {"seal_code": pair.far.seal.code, "at": "1:120,200"} | data
            return client.post("/api/v1/sealings/remote", headers=headers, files=files, data=form)

        asked = begin()
        assert asked.status_code == 201, asked.text
        told = asked.json()
        assert begin().json() == told
        assert begin(at="1:10,10").status_code == 409
        place = f"/api/v1/sealings/remote/{told['id']}"
        wrong = client.post(f"{place}/signature", json={"signature": base64.b64encode(b"wrong").decode()})
        assert (wrong.status_code, wrong.json()["type"]) == (422, "/problems/remote-signature-invalid")
        assert client.get(place).json()["state"] == "waiting"
        signature = base64.b64encode(_signed_far(pair.far, base64.b64decode(told["to_sign"]))).decode()
        done = client.post(f"{place}/signature", json={"signature": signature})
        assert (done.status_code, done.json()["verdict"]) == (200, "passed")
        document = client.get(done.json()["document"]).content
        assert pair.far.services.verify(document).verdict is Verdict.PASSED
        assert client.delete(place).status_code == 409
        assert client.get("/api/v1/sealings/remote/" + "0" * 32).status_code == 404


def _signed_far(far: RemoteSite, message: bytes) -> bytes:
    bound = far.seal.electronic.certificate
    assert bound is not None
    uri = far.services.ledger.key_uri(bound.sha256)
    assert uri is not None
    from cryptography import x509

    from hsm.provider import open_signer

    key = certificate_key(x509.load_der_x509_certificate(bound.der))
    return open_signer(far.services.key_stores.ring, uri, expected=key, pin=Pin(far.pin)).sign(message)
