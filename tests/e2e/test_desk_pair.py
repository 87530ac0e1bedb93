"""A6: a pair enrolled at the desk. The envelope opens in the enterprise's token alone, both certificates lie there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from api.bootstrap import assemble
from api.home import Home, service_pins
from api.settings import load_settings
from ca.clock import system_clock
from hsm.algorithms import KeyKind
from hsm.envelopes import ReceivingToken
from hsm.errors import HsmError
from hsm.key_uri import KeyUri
from hsm.pins import Pin
from hsm.provider import open_signer
from hsm.public_keys import certificate_key
from hsm.sm2.backend import open_backend
from tests.e2e.conftest import in_process, yinxin
from tests.e2e.test_cli import good

USCC = "91330106MA2CYNTX07"
REVIEWER = "person:zhao.min=赵敏"
SECRET = b"a message for the holder of the encryption key"


def told(home: Path, *arguments: str | Path) -> Any:
    return json.loads(good(in_process(*arguments, home=home)))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pair") / "home"
    good(yinxin("demo", "--suite", "gm", "--home", folder, "--json"))
    good(in_process("demo-desk", home=folder))
    return folder


def test_A6_the_encryption_key_arrives_in_an_envelope_that_one_token_opens(
    home: Path, tmp_path: Path
) -> None:
    documents = []
    for kind in ("business-licence", "authorisation"):
        path = tmp_path / f"{kind}.txt"
        path.write_text("演示材料")
        documents += ["--evidence", f"{kind}={path}"]
    asked = told(
        home,
        *("ra", "request", "--uscc", USCC, "--profile", "enterprise-sign", "--in-token", "--pair"),
        *("--keeper", "person:li.wei=李伟", *documents, "--submit", "--json"),
    )
    name = asked["id"]
    for item in ("licence", "authorisation", "identity"):
        good(in_process("ra", "check", name, item, "--as", REVIEWER, home=home))
    digest = asked["digest"]
    good(in_process("ra", "approve", name, "--digest", digest, "--as", REVIEWER, home=home))
    good(in_process("ra", "issue", name, "--as", REVIEWER, home=home))
    delivery = ("ra", "deliver", name, "--to", "李伟", "--to-token", "--as", REVIEWER)
    good(in_process(*delivery, home=home))

    settings = load_settings(home)
    services = assemble(settings, clock=system_clock, pins=service_pins(Home(home), environment={}))
    try:
        record = services.enrolments.get(name)
        content = record.content
        assert record.encryption_serial is not None
        second = services.authority.certificate(record.encryption_serial, record.issuer)
        held = services.key_stores.chosen.certificates(content.chip)
        assert second.der in {one.der for one in held}
        pin = Pin(Home(home).pin_file(content.chip, holder=True).read_text().strip())
        label = f"{content.container}.enc"
        where = KeyUri("pkcs11", content.chip, label)
        public = next(one for one in held if one.der == second.der)
        assert public.label == label

        key = certificate_key(x509.load_der_x509_certificate(second.der))
        cipher = open_backend().encrypt(key, SECRET)
        token = ReceivingToken(services.key_stores.chosen, content.chip, pin)
        address = where.with_id(public.id)
        assert token.decrypt(address, KeyKind.SM2, cipher.raw) == SECRET
        with pytest.raises(HsmError):
            open_signer(services.key_stores.ring, address, pin=pin).sign(b"never")
    finally:
        services.close()
