"""The whole way once: page → desk agent → the keeper's own token → a sealed PDF that the verifier passes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api.demo.main_job import APPLICANT, APPROVER, ENTERPRISE, KEEPER, USCC
from ca.certificate import CertificateRequest, SubjectName
from ca.profile import ENTERPRISE_SEAL
from hsm.algorithms import KeyKind
from hsm.cryptoki import CryptokiProvider
from hsm.key_uri import KeyUri
from hsm.provider import KeyProvider
from hsm.signer import Custody
from hsm.skf.provider import SkfProvider
from hsm.softhsm import find_or_fetch
from hsm.suite import Suite
from seals.seal import SealApplication, SealKind, SealRecord
from tests.conftest import SO_PIN, USER_PIN, SteppingClock, missing
from tests.e2e.browser import CHROMIUM, FLAGS, PLAIN, YINXIN
from tests.e2e.conftest import Site, serving
from tests.emulator_build import Compile
from tests.remote_world import founded
from tests.unit.api.conftest import OPERATOR
from tests.unit.api.test_agent import free_port
from verify.verdict import Verdict

ASKED = "asked.json"


@dataclass(frozen=True)
class OwnToken:
    """A token that is the keeper's own, of which the service knows nothing, and how the agent is told of its library."""

    provider: KeyProvider
    name: str
    kind: KeyKind
    suite: Suite
    option: str
    library: Path
    environment: dict[str, str]


def _pkcs11(folder: Path) -> OwnToken:
    """Make a token of SoftHSM."""
    found = find_or_fetch(folder)
    if found is None:
        missing("SoftHSM 2", "no libsofthsm2.so; install the package softhsm2")
    environment = dict(found.configure(folder / "tokens"))
    provider = CryptokiProvider(
        found.module, pins=lambda _t: USER_PIN, counters=folder / "counters", environment=environment
    )
    return OwnToken(
        provider, "keeper", KeyKind.EC_P256, Suite.INTERNATIONAL, "--pkcs11", found.module, environment
    )


def _skf(folder: Path, library: Path) -> OwnToken:
    """Plug an emulated chip in: SM2 by the SKF interface (GM/T 0016), as USB keys of this country have it."""
    chip = folder / "plugged" / "key"
    chip.mkdir(parents=True)
    (chip / "serial").write_text("CHIP1")
    (chip / "label").write_text("芯片")
    environment = {"SKF_FOLDER": str(chip.parent)}
    provider = SkfProvider(
        library, pins=lambda _t: USER_PIN, counters=folder / "counters", environment=environment
    )
    return OwnToken(provider, "CHIP1/keeper", KeyKind.SM2, Suite.GM, "--skf", library, environment)


@pytest.fixture(params=["pkcs11", "skf"])
def token(request: pytest.FixtureRequest, tmp_path: Path, compiled: Compile) -> Iterator[OwnToken]:
    """Yield a token of each interface."""
    made = _pkcs11(tmp_path) if request.param == "pkcs11" else _skf(tmp_path, compiled("skf_emulator"))
    made.provider.create_token(made.name, SO_PIN, USER_PIN)
    yield made
    made.provider.close()


def seal_of_own_token(site: Site, token: OwnToken) -> SealRecord:
    """Certify the key in the keeper's token and put a seal with it in use; the service gets no address of the key."""
    services, provider = site.services, token.provider
    provider.generate(KeyUri(provider.scheme, token.name, "seal"), token.kind)
    [key] = provider.keys(token.name, pin=USER_PIN)
    subject = SubjectName(f"{ENTERPRISE} 李伟", ENTERPRISE, USCC)
    request = CertificateRequest(ENTERPRISE_SEAL.id, subject, key.public_key, custody=Custody.TOKEN)
    issued = services.authority.issue(request, request_key="own-token", actor=OPERATOR)
    provider.import_certificate(key.uri, issued.der)
    code = services.seals.apply(SealApplication(USCC, SealKind.LEGAL_NAME, KEEPER.id), actor=APPLICANT).code
    return services.seals.approve(code, actor=APPROVER, certificate=issued)


class Agent:
    """``yinxin agent`` as its owner starts it; the person is a program that writes down what was asked."""

    def __init__(self, folder: Path, site: str, token: OwnToken, port: int) -> None:
        person = folder / "person"
        answer = json.dumps({"confirm": True, "pin": USER_PIN.reveal()})
        person.write_text(f"#!/bin/sh\ncat > {folder / ASKED}\necho '{answer}'\n")
        person.chmod(0o700)
        command = [*YINXIN, "agent", "--allow", site, token.option, str(token.library), "--port", str(port)]
        self.process = subprocess.Popen(
            [*command, "--confirm", str(person), "--folder", str(folder / "agent")],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **token.environment, "PYTHONUNBUFFERED": "1"},
        )
        self.told: list[str] = []
        self.listening = threading.Thread(target=self._listen, daemon=True)
        self.listening.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            self.told.extend(lines)

    def code(self) -> str:
        """Wait for the pairing code that the agent shows."""
        begun = time.monotonic()
        while time.monotonic() - begun < 60:
            found = re.findall(r"配对码：(\d{4}) (\d{4})", "".join(self.told))
            if found:
                return "".join(found[-1])
            assert self.process.poll() is None, "".join(self.told)
            time.sleep(0.05)
        raise AssertionError("".join(self.told))

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)
        self.listening.join(30)


@pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium; install the package chromium")
def test_a_page_seals_with_the_token_in_the_keepers_own_computer(tmp_path: Path, token: OwnToken) -> None:
    from playwright.sync_api import sync_playwright

    port = free_port()
    services = founded(tmp_path / "home", SteppingClock(), token.suite, agent_port=port)
    with serving(services) as site, sync_playwright() as playwright:
        seal = seal_of_own_token(site, token)
        agent = Agent(tmp_path, site.url, token, port)
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        try:
            page = browser.new_page(viewport={"width": 1366, "height": 900})
            faults: list[str] = []
            page.on("pageerror", lambda error: faults.append(str(error)))
            sealed = _sealed_by(page, site, agent, seal.code)
            assert not faults
        finally:
            browser.close()
            agent.stop()
    report = services.verify(sealed)
    assert report.verdict is Verdict.PASSED
    [signature] = report.signatures
    assert signature.seal is not None
    assert (signature.seal.code, signature.custody) == (seal.code, "token")
    asked = json.loads((tmp_path / ASKED).read_text("utf-8"))
    assert (asked["title"], asked["page"]) == ("合同.pdf", site.url)
    assert asked["digest_end"] == page_digest.pop()
    services.close()


page_digest: list[str] = []


def _sealed_by(page: Any, site: Site, agent: Agent, seal: str) -> bytes:
    """Do what the keeper does; return the file that they download."""
    from playwright.sync_api import expect

    from api.access.scopes import Scope

    agent.code()  # it is ready
    page.goto(f"{site.url}/seal")
    page.fill("#key", site.key(KEEPER, Scope.SEAL_USE, Scope.SEAL_READ))
    page.keyboard.press("Enter")
    page.set_input_files(
        "#file", {"name": "合同.pdf", "mimeType": "application/pdf", "buffer": PLAIN.read_bytes()}
    )
    page.wait_for_url("**/seal/d/*")
    expect(page.locator(".stamp")).to_be_visible()
    page.click("#to-confirm")
    page.click("#by-agent")
    expect(page.locator("#agent-code")).to_be_visible(timeout=60_000)
    _picture(page, "agent-pair")
    page.fill("#agent-code", "00000000")
    page.keyboard.press("Enter")
    expect(page.locator("#agent-why")).to_contain_text("配对码不正确")
    page.on("response", _note)
    page.fill("#agent-code", agent.code())
    page.keyboard.press("Enter")
    expect(page.locator(".verdict.passed")).to_be_visible(timeout=90_000)
    _picture(page, "agent-done")
    order = {"seal": seal, "where": "1:10,10"}
    headers = {"X-CSRF-Token": page.get_attribute("meta[name=csrf]", "content"), "Origin": site.url}
    again = page.request.post(f"{page.url}/remote", data=order, headers=headers)
    assert "is sealed" in again.json()["en"], "a draft is sealed once"
    with page.expect_download() as waiting:
        page.click("a[download]")
    return Path(waiting.value.path()).read_bytes()


def _note(answer: Any) -> None:
    if answer.url.endswith("/remote") and answer.status == 201:
        page_digest.append(answer.json()["digest_end"])


def _picture(page: Any, name: str) -> None:
    """Keep what a person sees, where somebody wants to look."""
    folder = os.environ.get("YINXIN_TEST_PICTURES")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
