"""``yinxin demo --suite gm``: the whole main job in SM2 and SM3, by the same commands with the same answers."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509

from hsm.public_keys import certificate_key
from hsm.sm2.public_key import Sm2PublicKey
from tests.conftest import _free_port as free_port
from tests.conftest import missing
from tests.e2e.conftest import CONTRACT, ROOT, Demo, in_process, yinxin
from tests.e2e.test_serve import server

SM2_WITH_SM3 = "1.2.156.10197.1.501"
NATIONAL = "SM2 / SM3"


@pytest.fixture(scope="module")
def gm(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    home = tmp_path_factory.mktemp("gm") / "home"
    begun = time.monotonic()
    done = yinxin("demo", "--suite", "gm", "--home", home, "--json")
    assert done.returncode == 0, done.stderr
    return Demo(json.loads(done.stdout), done.stdout, done.stderr, time.monotonic() - begun)


def judged(path: Path | str, trust: Path | str, *before: str) -> dict[str, Any]:
    """Run the verifier alone, behind a command if one is given."""
    command = [*before, sys.executable, "-m", "verify", str(path), "--trust", str(trust), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout, done.stderr
    (document,) = json.loads(done.stdout)["documents"]
    found: dict[str, Any] = document
    return found


def only(document: dict[str, Any]) -> dict[str, Any]:
    (signature,) = document["signatures"]
    found: dict[str, Any] = signature
    return found


def test_the_demo_ends_valid_in_the_national_suite(gm: Demo) -> None:
    assert gm.told["verdict"] == "passed"
    assert gm.told["suite"] == "gm"
    assert gm.seconds < 60
    assert "Traceback" not in gm.stderr


def test_the_report_on_the_contract_is_an_ofd_under_seal(gm: Demo) -> None:
    """D5: handed on as it is, it verifies itself."""
    document = judged(gm.told["sealed_ofd"], gm.told["trust"])
    found = only(document)
    assert (document["verdict"], found["container"], found["time"]["source"]) == ("passed", "ses", "tsa")
    assert document["ofd"]["coverage"][0]["unprotected"] == []


def test_every_key_and_signature_that_is_published_is_sm2(gm: Demo) -> None:
    trust = Path(gm.told["trust"])
    certificates = [x509.load_der_x509_certificate(path.read_bytes()) for path in trust.rglob("*.cer")]
    assert len(certificates) == 2
    for certificate in certificates:
        assert isinstance(certificate_key(certificate), Sm2PublicKey)
        assert certificate.signature_algorithm_oid.dotted_string == SM2_WITH_SM3
    lists = [x509.load_der_x509_crl(path.read_bytes()) for path in trust.rglob("*.crl")]
    assert lists
    assert {crl.signature_algorithm_oid.dotted_string for crl in lists} == {SM2_WITH_SM3}


def test_D6_the_verifier_alone_agrees(gm: Demo) -> None:
    document = judged(gm.told["sealed_pdf"], gm.told["trust"])
    signature = only(document)
    assert document["verdict"] == "passed"
    assert (signature["level"], signature["algorithm"]) == ("B-LT", NATIONAL)
    assert signature["time"]["source"] == "tsa"
    assert (signature["certificate_now"]["status"], signature["seal_now"]["status"]) == ("good", "active")
    assert signature["custody"] in ("token", "device", "sealed", "soft")
    assert signature["custody_zh"] in ("令牌内密钥", "密码设备", "令牌封装密钥", "软件密钥")
    assert "Adobe" in signature["readers_zh"]


def test_D6_without_any_network(gm: Demo) -> None:
    """In a network name space of its own there is not even a loopback address."""
    alone = ("unshare", "--net", "--map-root-user")
    tried = (
        subprocess.run([*alone, "true"], capture_output=True, check=False)
        if shutil.which("unshare")
        else None
    )
    if tried is None or tried.returncode:
        missing("unshare", "this system allows no name space without a network")
    assert judged(gm.told["sealed_pdf"], gm.told["trust"], *alone)["verdict"] == "passed"


def test_a_changed_document_fails(gm: Demo, tmp_path: Path) -> None:
    spoilt = bytearray(Path(gm.told["sealed_pdf"]).read_bytes())
    spoilt[2000] ^= 1
    path = tmp_path / "spoilt.pdf"
    path.write_bytes(spoilt)
    assert judged(path, gm.told["trust"])["verdict"] in ("failed", "unreadable")


def test_a_foreign_trust_folder_does_not_know_the_root(gm: Demo, demo: Demo) -> None:
    assert judged(gm.told["sealed_pdf"], demo.told["trust"])["verdict"] == "indeterminate"
    assert judged(demo.told["sealed_pdf"], gm.told["trust"])["verdict"] == "indeterminate"


def test_seals_of_two_installations_and_suites_stand_side_by_side(
    gm: Demo, demo: Demo, tmp_path: Path
) -> None:
    """An agency with SM2 and a company with P-256 seal one contract; one trust folder holds both roots."""
    both, trust = tmp_path / "both.pdf", tmp_path / "trust"
    place = ("--seal", demo.told["seal_code"], "--at", "2:100,100")
    done = in_process("seal-pdf", gm.told["sealed_pdf"], both, *place, home=demo.home)
    assert done.returncode == 0, done.stderr
    for name, home in (("gm", gm), ("international", demo)):
        shutil.copytree(home.home / "trust", trust / name)
    document = judged(both, trust)
    assert document["verdict"] == "passed", document["reason"]
    assert [one["algorithm"] for one in document["signatures"]] == [NATIONAL, "P-256 / SHA-256"]
    assert [one["verdict"] for one in document["signatures"]] == ["passed"] * 2


def test_a_second_seal_by_command_leaves_the_first_valid(gm: Demo, tmp_path: Path) -> None:
    twice = tmp_path / "twice.pdf"
    place = ("--seal", gm.told["seal_code"], "--at", "2:100,100")
    done = in_process("seal-pdf", gm.told["sealed_pdf"], twice, *place, home=gm.home)
    assert done.returncode == 0, done.stderr
    document = judged(twice, gm.home / "trust")
    assert [one["verdict"] for one in document["signatures"]] == ["passed"] * 2


@pytest.mark.parametrize("level", ["B-B", "B-T", "B-LT"])
@pytest.mark.parametrize("form", ["rfc5652", "gbt35275"])
def test_every_level_in_both_forms_of_container(gm: Demo, tmp_path: Path, level: str, form: str) -> None:
    target = tmp_path / "sealed.pdf"
    place = ("--seal", gm.told["seal_code"], "--at", "2:100,100", "--level", level)
    done = in_process("seal-pdf", CONTRACT, target, *place, home=gm.home, YINXIN_GM_CONTAINER=form)
    assert done.returncode == 0, done.stderr
    sub_filter = {"rfc5652": b"/ETSI.CAdES.detached", "gbt35275": b"/adbe.pkcs7.detached"}[form]
    assert sub_filter in target.read_bytes()
    signature = only(judged(target, gm.home / "trust"))
    assert signature["verdict"] == "passed", signature["reason"]
    if form == "rfc5652":
        assert signature["level"] == level


CONTAINERS = {
    "ses": ("ses", b"/GM.SM2"),
    "gbt35275": ("gbt35275", b"/adbe.pkcs7"),
    "cms": ("cms", b"/ETSI.CAdES"),
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_every_container_by_command_says_who_can_check_it(gm: Demo, tmp_path: Path, container: str) -> None:
    """Certified and locked on the way, and judged by the verifier alone."""
    target = tmp_path / "sealed.pdf"
    place = ("--seal", gm.told["seal_code"], "--at", "2:100,100", "--container", container)
    promise = ("--certify", "form-filling", "--lock", "include:amount")
    done = in_process("seal-pdf", CONTRACT, target, *place, *promise, home=gm.home)
    assert done.returncode == 0, done.stderr
    assert "可核验者：" in done.stdout
    assert "Who can check it: " in done.stdout
    name, sub_filter = CONTAINERS[container]
    assert sub_filter in target.read_bytes()
    signature = only(judged(target, gm.home / "trust"))
    assert (signature["verdict"], signature["container"]) == ("passed", name), signature["reason"]
    assert signature["integrity"]["certification"] == "form-filling"
    refused = in_process("seal-pdf", target, tmp_path / "twice.pdf", *place, *promise, home=gm.home)
    assert (refused.returncode, "认证" in refused.stderr) == (1, True)


@pytest.mark.parametrize("container", ["cades", "gbt35275"])
def test_any_file_is_signed_and_verified_by_command(gm: Demo, tmp_path: Path, container: str) -> None:
    path = tmp_path / "数据.csv"
    path.write_bytes("名称,数量\n".encode() * 99)
    done = in_process("sign", path, "--seal", gm.told["seal_code"], "--container", container, home=gm.home)
    assert done.returncode == 0, done.stderr
    signature = tmp_path / "数据.csv.p7s"
    assert str(signature) in done.stdout
    alone = in_process("verify", signature, home=gm.home)
    assert (alone.returncode, "--content" in alone.stdout) == (2, True)
    together = in_process("verify", signature, "--content", path, home=gm.home)
    assert together.returncode == 0, together.stdout
    path.write_bytes(b"changed")
    assert in_process("verify", signature, "--content", path, home=gm.home).returncode == 1


def test_the_trail_says_what_signed_and_where_its_key_is(gm: Demo, tmp_path: Path) -> None:
    told = in_process("audit", "export", home=gm.home)
    assert told.returncode == 0, told.stderr
    rows = [json.loads(line) for line in told.stdout.splitlines() if line.strip()]
    (detail, *_) = [row["detail"] for row in rows if row["action"] == "sealing.completed"]
    signature = only(judged(gm.told["sealed_pdf"], gm.told["trust"]))
    assert detail["algorithm"] == "sm2-sm3"
    assert detail["custody"] == signature["custody"]


def test_the_home_keeps_its_suite(gm: Demo) -> None:
    assert 'suite = "gm"' in (gm.home / "yinxin.toml").read_text()
    again = in_process("demo", "--home", gm.home, "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["suite"] == "gm"
    other = in_process("demo", "--suite", "international", "--home", gm.home)
    assert other.returncode == 1
    assert "gm" in other.stderr
    assert "--home" in other.stderr
    by_environment = in_process("demo", home=gm.home, YINXIN_SUITE="international")
    assert by_environment.returncode == 1


def test_an_international_home_does_not_become_national(demo: Demo) -> None:
    refused = in_process("demo", "--suite", "gm", "--home", demo.home)
    assert refused.returncode == 1
    assert "international" in refused.stderr


def test_the_demo_runs_without_any_pkcs11_module(tmp_path: Path) -> None:
    done = yinxin("demo", "--suite", "gm", "--home", tmp_path / "home", "--json", YINXIN_KEY_STORE="soft")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["verdict"] == "passed"
    assert only(judged(told["sealed_pdf"], told["trust"]))["custody"] == "soft"


def test_B4_served_verified_frozen_and_verified_again(gm: Demo) -> None:
    """Pages and interface of a national home: drop, card, card in English, seal, freeze, drop again."""
    document = Path(gm.told["sealed_pdf"]).read_bytes()
    with server(gm.home, free_port()) as (_, client):
        page = dropped(client, document)
        for words in ("有效", NATIONAL, "Adobe", "签名密钥"):
            assert words in page, words
        client.cookies.set("yinxin_lang", "en")
        english = dropped(client, document)
        for words in ("Valid", NATIONAL, "Adobe-class readers", "Signing key"):
            assert words in english, words
        frozen = yinxin("seal", "freeze", gm.told["seal_code"], "--reason", "遗失", "--home", gm.home)
        assert frozen.returncode == 0, frozen.stderr
        report = client.post("/api/v1/verifications", files={"file": ("a.pdf", document)}).json()
        assert report["verdict"] == "passed"
        assert (
            report["signatures"][0]["seal_then"]["status"],
            report["signatures"][0]["seal_now"]["status"],
        ) == (
            "active",
            "frozen",
        )


def dropped(client: httpx.Client, document: bytes) -> str:
    """Drop a document on the verify page and return the page with the answer."""
    taken = client.post("/verify/files", content=document, headers={"X-File-Name": "a.pdf"})
    assert taken.status_code == 202, taken.text
    url = taken.json()["url"]
    deadline = time.monotonic() + 60
    while client.get(f"{url}/state").json()["status"] == "checking" and time.monotonic() < deadline:
        time.sleep(0.1)
    return client.get(url).text
