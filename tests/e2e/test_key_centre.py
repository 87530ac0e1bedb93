"""A holder loses a token and reads old mail again: the command line and HTTP, custodians with keys of their own.

What is left behind (database, home, logs) is then searched for every private key that was delivered.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap_with_padding
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from api.bootstrap import assemble
from api.foundation import lay_foundation
from api.home import Home, service_pins
from api.services import Services
from api.settings import Settings, load_settings
from api.tokens.key_stores import SERVICE_TOKEN
from ca.actor import Actor
from ca.clock import system_clock
from ca.keycentre import delivery
from ca.keycentre.case import UserRecovery
from ca.keycentre.key import KeyRequest
from ca.keycentre.roster import Custodian, RosterPlan
from hsm.algorithms import KeyKind
from hsm.key_uri import KeyUri
from hsm.public_keys import spki
from hsm.sm2.by_python import PythonBackend
from hsm.sm2.cipher import Sm2Cipher
from hsm.worker.transport import agreed_key
from tests.e2e.conftest import in_process
from tests.keycentre_world import EVIDENCE, NAMES, OFFICER, REQUESTER, cast, custodian_key

pytestmark = pytest.mark.token


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Lay an installation's foundation on SoftHSM."""
    settings = load_settings(tmp_path / "home")
    services = assemble(settings, clock=system_clock, pins=service_pins(Home(settings.home)))
    lay_foundation(services, "印信测试认证中心 TEST", actor=OFFICER, progress=lambda _line: None)
    services.close()
    return settings.home


def opened(home: Path) -> Services:
    settings: Settings = load_settings(home)
    return assemble(settings, clock=system_clock, pins=service_pins(Home(settings.home)))


def kmc(home: Path, *arguments: object) -> Any:
    run = in_process("kmc", *map(str, arguments), home=home)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout) if run.stdout.lstrip().startswith("{") else run.stdout


def write_key(folder: Path, name: str) -> Path:
    path = folder / f"{name.partition(':')[2]}.pem"
    public = custodian_key(name).public_key()
    path.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path


def test_A6_I25_found_deliver_vote_recover_by_the_command_line(home: Path, tmp_path: Path) -> None:
    """Custodians sign with openssl, the recovered key decrypts what was encrypted to the old certificate."""
    people = [f"--custodian={name}={name}={write_key(tmp_path, name)}" for name in NAMES]
    assert kmc(home, "init", *people)["user_quorum"] == 2
    kmc(home, "pool", 2, "--kind", "sm2")
    backend = PythonBackend(allowed=True)
    old, new = backend.generate(), backend.generate()
    services = opened(home)
    grant = services.key_centre.grant(KeyRequest("e-1", backend.public(old), uscc="91330106MA2CYINX3E"))
    services.close()
    key_id = delivery.parse(grant.envelope).key_id
    assert kmc(home, "show", key_id)["status"] == "delivered"
    (tmp_path / "escrowed.der").write_bytes(spki(grant.public_key))
    assert kmc(home, "find", tmp_path / "escrowed.der")["id"] == key_id
    (tmp_path / "new.der").write_bytes(spki(backend.public(new)))
    case = kmc(home, "recover-user", key_id, "--sign-key", tmp_path / "new.der", "--evidence", EVIDENCE)
    asked = ("recover-user", key_id, "--sign-key", tmp_path / "new.der", "--evidence", EVIDENCE)
    other = kmc(home, *asked, "--reason", "误报 / by mistake")
    assert kmc(home, *asked, "--reason", "另一理由 / another", "--amend", other["id"])["id"] == other["id"]
    assert kmc(home, "withdraw", other["id"])["status"] == "withdrawn"
    for name in NAMES[:2]:
        key, octets, signature = (tmp_path / f"{name[-2:]}.{end}" for end in ("key", "tbs", "sig"))
        private = custodian_key(name).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        key.write_bytes(private)
        kmc(home, "ballot", case["id"], "--out", octets)
        subprocess.run(["openssl", "dgst", "-sha256", "-sign", key, "-out", signature, octets], check=True)
        kmc(home, "vote", case["id"], "--as", name, "--signature", signature)
    done = kmc(home, "execute", case["id"], "--out", tmp_path / "delivery.der")
    assert done["status"] == "executed"
    kmc(home, "export-blob", tmp_path / "delivery.der", "--out", tmp_path / "key.blob")
    assert (tmp_path / "key.blob").stat().st_size == 388
    found = delivery.parse((tmp_path / "delivery.der").read_bytes())
    scalar = open_sm2(bytes(new), found)
    assert spki(backend.public(scalar)) == spki(grant.public_key)
    told = kmc(home, "notices")["items"]
    told = [one for one in told if one["case"] == case["id"]]
    assert len(told) == 4
    assert kmc(home, "notice-sent", told[0]["number"])["sent_at"]
    assert told[0]["number"] not in [one["number"] for one in kmc(home, "notices")["items"]]
    sent = [one["number"] for one in kmc(home, "notices", "--case", case["id"])["items"] if one["sent_at"]]
    assert sent == [told[0]["number"]]
    run = in_process("kmc", "execute", "00" * 16, home=home)
    assert run.returncode == 1
    assert "没有这个案件" in run.stderr


def open_sm2(recipient: bytes, found: delivery.Delivery) -> bytes:
    """Open SM2EnvelopedKey by hand, with the recipient's private key and libraries of others where they exist."""
    key = PythonBackend(allowed=True).decrypt(recipient, Sm2Cipher.from_raw(found.wrapped.head))
    running = Cipher(algorithms.SM4(bytes(key)), modes.ECB()).decryptor()
    return running.update(found.wrapped.body) + running.finalize()


def test_I24_no_private_key_is_left_on_disk_in_the_database_or_in_a_log(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Every kind of key, delivered and recovered, to recipients whose private keys this test holds; then search."""
    caplog.set_level(logging.DEBUG)
    services = opened(home)
    centre, backend = services.key_centre, PythonBackend(allowed=True)
    people = tuple(Custodian(name, name, custodian_key(name).public_key()) for name in NAMES)
    where = KeyUri("pkcs11", SERVICE_TOKEN, "x")
    centre.found(where, KeyKind.EC_P256, RosterPlan(people, 2, 3), actor=OFFICER)
    needles: dict[str, bytes] = {}
    for kind in (KeyKind.SM2, KeyKind.RSA_2048, KeyKind.EC_P256):
        scalar, ecdh = backend.generate(), ec.generate_private_key(ec.SECP256R1())
        centre.pool_fill(kind, 1, actor=OFFICER)
        grant = centre.grant(KeyRequest(f"e-{kind.value}", backend.public(scalar), kind))
        found = delivery.parse(grant.envelope)
        if kind is KeyKind.SM2:
            needles[kind.value] = open_sm2(bytes(scalar), found)
        else:
            key = backend.decrypt(scalar, Sm2Cipher.from_raw(found.wrapped.head))
            needles |= pkcs8_needles(kind, aes_key_unwrap_with_padding(bytes(key), found.wrapped.body))
        order = UserRecovery(found.key_id, "lost", EVIDENCE, ecdh.public_key())
        case = centre.recover_request(order, actor=REQUESTER)
        for name in NAMES[:2]:
            centre.vote(cast(case, name), actor=Actor(name))
        done = delivery.parse(centre.execute(case.id, actor=OFFICER).delivery)
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), done.wrapped.head)
        kek = agreed_key(ecdh.exchange(ec.ECDH(), point), order.to.binding)
        again = aes_key_unwrap_with_padding(bytes(kek), done.wrapped.body)
        secret = needles.get(kind.value) or next(v for k, v in needles.items() if k.startswith(kind.value))
        assert secret in again, "the recovered key is the delivered one"
    services.reconcile(OFFICER)
    services.close()
    assert len(needles) >= 4
    haystacks = [path for path in home.rglob("*") if path.is_file()]
    assert any(path.name == "yinxin.db" for path in haystacks)
    log = caplog.text.encode()
    for name, needle in needles.items():
        for form in (
            needle,
            needle.hex().encode(),
            needle.hex().upper().encode(),
            base64.b64encode(needle)[:24],
        ):
            assert form not in log, name
            for path in haystacks:
                assert form not in path.read_bytes(), f"{name} in {path}"
    digest = hashlib.sha256(next(iter(needles.values()))).hexdigest().encode()
    assert all(digest not in path.read_bytes() for path in haystacks)


def pkcs8_needles(kind: KeyKind, octets: bytes) -> dict[str, bytes]:
    """Return the secret numbers of a private key: the scalar, or both primes and the exponent."""
    key = load_der_private_key(octets, None)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return {kind.value: key.private_numbers().private_value.to_bytes(32)}
    numbers = key.private_numbers()  # type: ignore[union-attr]
    return {
        f"{kind.value} p": numbers.p.to_bytes(128),  # type: ignore[union-attr]
        f"{kind.value} d": numbers.d.to_bytes(256).lstrip(b"\0"),  # type: ignore[union-attr]
    }
