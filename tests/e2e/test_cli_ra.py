"""``yinxin ra`` as officers use it: the whole way by commands, each fault one red line."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from hsm.public_keys import certificate_key
from hsm.sm2.public_key import Sm2PublicKey
from tests.e2e.conftest import in_process
from tests.e2e.test_cli import Done, good, one_red_line
from tests.enrolment_world import make_csr
from tests.pki import COMPANY, USCC

SOFT = {"YINXIN_KEY_STORE": "soft"}


def yinxin(*arguments: str | Path, home: Path) -> Done:
    return in_process(*arguments, home=home, **SOFT)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hold a ceremony, register an enterprise by issuing nothing, write papers and PINs."""
    folder = tmp_path_factory.mktemp("ra-cli") / "home"
    good(yinxin("ca", "ceremony", home=folder))
    papers = {"licence.pdf": b"%PDF licence", "letter.pdf": b"%PDF letter", "receipt.pdf": b"%PDF signed"}
    for name, content in papers.items():
        (folder / name).write_bytes(content)
    (folder / "pin").write_text("13572468\n")
    (folder / "so").write_text("24681357\n")
    _register(folder)
    return folder


def _register(folder: Path) -> None:
    from api.bootstrap import assemble
    from api.home import Home, service_pins
    from api.settings import Settings
    from ca.actor import SYSTEM
    from ca.clock import system_clock

    settings = Settings(home=folder, key_store="soft")
    services = assemble(settings, clock=system_clock, pins=service_pins(Home(folder)))
    services.enterprises.register(USCC, COMPANY, actor=SYSTEM)
    services.close()


def told(done: Done) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(good(done))
    return found


def evidence(home: Path) -> tuple[str, ...]:
    return (
        "--evidence",
        f"business-licence={home / 'licence.pdf'}",
        "--evidence",
        f"authorisation={home / 'letter.pdf'}",
    )


def issued(home: Path, *more: str | Path) -> dict[str, Any]:
    csr = home / "request.pem"
    csr.write_bytes(make_csr())
    asked = yinxin(
        "ra", "request", "--uscc", USCC, "--csr", csr, *evidence(home), "--submit", "--json", *more, home=home
    )
    made = told(asked)
    good(yinxin("ra", "check", made["id"], home=home))
    good(yinxin("ra", "approve", made["id"], "--digest", made["digest"], home=home))
    good(yinxin("ra", "issue", made["id"], "--out", home / "made.cer", home=home))
    return told(yinxin("ra", "show", made["id"], home=home))


def test_A2_by_commands(home: Path) -> None:
    """A2: request, check, approve by digest, issue, deliver; the timeline tells it all."""
    made = issued(home)
    assert made["status"] == "issued"
    certificate = x509.load_der_x509_certificate((home / "made.cer").read_bytes())
    assert f"{certificate.serial_number:x}" == made["serial"]
    receipt = ("--receipt", home / "receipt.pdf")
    assert "已交付" in good(yinxin("ra", "deliver", made["id"], "--to", "李伟", *receipt, home=home))
    line = told(yinxin("ra", "timeline", made["serial"], "--json", home=home))
    assert [event["step"] for event in line["events"]][-1] == "delivered"
    assert "交付" in good(yinxin("ra", "timeline", made["serial"], home=home))
    assert made["id"] in good(yinxin("ra", "list", "--status", "delivered", "--json", home=home))
    assert COMPANY[:4] in good(yinxin("ra", "list", home=home))


def test_a_key_made_in_the_token_gets_its_certificate_there(home: Path) -> None:
    pins = ("--pin-file", home / "pin", "--so-pin-file", home / "so")
    made = told(
        yinxin(
            "ra",
            "request",
            "--uscc",
            USCC,
            "--in-token",
            *pins,
            *evidence(home),
            "--submit",
            "--json",
            home=home,
        )
    )
    assert made["content"]["custody"] == "soft"
    good(yinxin("ra", "check", made["id"], home=home))
    good(yinxin("ra", "approve", made["id"], "--digest", made["digest"], home=home))
    good(yinxin("ra", "issue", made["id"], home=home))
    delivered = yinxin("ra", "deliver", made["id"], "--to", "李伟", "--to-token", *pins[:2], home=home)
    assert "已交付" in good(delivered)


def test_faults_are_one_red_line(home: Path) -> None:
    csr = home / "bad.pem"
    csr.write_text("nonsense")
    line = one_red_line(yinxin("ra", "request", "--uscc", USCC, "--csr", csr, home=home), 1)
    assert "csr" in line
    csr.write_bytes(make_csr())
    asked = yinxin("ra", "request", "--uscc", USCC, "--csr", csr, "--submit", "--json", home=home)
    made = told(asked)
    by_requester = ("--as", "person:zhang.min")
    one_red_line(yinxin("ra", "check", made["id"], "identity", *by_requester, home=home), 1)
    one_red_line(yinxin("ra", "approve", made["id"], "--digest", made["digest"], home=home), 1)
    one_red_line(yinxin("ra", "check", made["id"], "licence", home=home), 1)
    one_red_line(yinxin("ra", "check", made["id"], "licence", "--refuse", home=home), 1)
    assert "驳回" in good(yinxin("ra", "reject", made["id"], "--reason", "缺少材料", home=home))
    one_red_line(yinxin("ra", "withdraw", made["id"], home=home), 1)
    one_red_line(yinxin("ra", "show", "nothing", home=home), 1)
    one_red_line(yinxin("ra", "timeline", "4711", home=home), 1)


def test_orders_renewal_and_rekey(home: Path) -> None:
    made = issued(home)
    assert "done" in good(yinxin("ra", "suspend", made["serial"], home=home))
    asked = good(yinxin("ra", "resume", made["serial"], home=home))
    (number, digest) = re.findall(r"[0-9a-f]{32,64}", asked)[:2]
    one_red_line(
        yinxin("ra", "approve-job", number, "--digest", digest, "--as", "person:zhang.min", home=home), 1
    )
    assert "done" in good(yinxin("ra", "approve-job", number, "--digest", digest, home=home))
    renewed = told(yinxin("ra", "renew", made["serial"], "--days", "30", "--json", home=home))
    assert (renewed["status"], renewed["content"]["matter"]) == ("approving", "renew")
    csr = home / "new.pem"
    csr.write_bytes(make_csr())
    rekeyed = told(yinxin("ra", "rekey", made["serial"], "--csr", csr, *evidence(home), "--json", home=home))
    assert (rekeyed["status"], len(rekeyed["evidence"])) == ("draft", 2)
    assert "已提交" in good(yinxin("ra", "submit", rekeyed["id"], home=home))
    assert "草稿" in good(yinxin("ra", "attach", rekeyed["id"], f"other={home / 'receipt.pdf'}", home=home))
    assert "已撤回" in good(yinxin("ra", "withdraw", rekeyed["id"], "--reason", "不办了", home=home))
    asked = good(yinxin("ra", "revoke", made["serial"], "--reason", "superseded", home=home))
    (number, digest) = re.findall(r"[0-9a-f]{32,64}", asked)[:2]
    assert "rejected" in good(yinxin("ra", "reject-job", number, "--reason", "不必", home=home))


def test_bulk_renewal_and_drill(home: Path) -> None:
    made = [issued(home) for _ in range(2)]
    listed = home / "serials.txt"
    listed.write_text("\n".join(one["serial"] for one in made))
    job = told(yinxin("ra", "bulk-renew", "--serials", listed, "--json", home=home))
    assert (job["status"], job["left"]) == ("asked", 2)
    for who in ("person:chen.jing", "person:qian.yu"):
        said = good(yinxin("ra", "approve-job", job["id"], "--digest", job["digest"], "--as", who, home=home))
    assert "2 / 0 / 0" in said
    shown = told(yinxin("ra", "job", job["id"], home=home))
    assert (shown["status"], shown["failures"]) == ("done", [])
    assert "done" in good(yinxin("ra", "run", job["id"], home=home))
    counted = told(yinxin("ra", "drill", "--profile", "enterprise-seal", home=home))
    assert counted["total"] >= 4
    assert counted["compared"] is None
    simulated = told(yinxin("ra", "drill", "--profile", "enterprise-seal", "--simulate", home=home))
    assert simulated["compared"] == simulated["agreeing"] == counted["total"]
    asked = told(
        yinxin(
            "ra", "drill", "--uscc", USCC, "--perform", "--reason", "superseded", "--text", "演练", home=home
        )
    )
    assert asked["job"]["status"] == "asked"
    for who in ("person:chen.jing", "person:qian.yu"):
        options = ("--digest", asked["job"]["digest"], "--as", who)
        good(yinxin("ra", "approve-job", asked["job"]["id"], *options, home=home))
    report = told(yinxin("ra", "drill", "--report", asked["job"]["id"], home=home))
    assert (report["mode"], report["revocable"], report["differing"]) == ("done", 0, [])
    assert told(yinxin("ra", "remind", "--json", home=home))["items"] == []
    assert "remind" in good(yinxin("ra", "--help", home=home))


def test_A2_in_the_national_suite(tmp_path: Path) -> None:
    """An SM2 key made in the token, an SM2 authority, the same two people; the drill reads SM2 answers and lists."""
    home = tmp_path / "gm"
    good(yinxin("ca", "ceremony", "--suite", "gm", home=home))
    for name, pin in (("pin", "13572468\n"), ("so", "24681357\n")):
        (home / name).write_text(pin)
    _register(home)
    pins = ("--pin-file", home / "pin", "--so-pin-file", home / "so")
    for paper in ("licence.pdf", "letter.pdf"):
        (home / paper).write_bytes(b"%PDF " + paper.encode())
    profile = ("--profile", "enterprise-sign", "--in-token", *pins)
    asked = ("ra", "request", "--uscc", USCC, *profile, *evidence(home), "--submit", "--json")
    made = told(yinxin(*asked, home=home))
    good(yinxin("ra", "check", made["id"], home=home))
    good(yinxin("ra", "approve", made["id"], "--digest", made["digest"], home=home))
    good(yinxin("ra", "issue", made["id"], "--out", home / "made.cer", home=home))
    certificate = x509.load_der_x509_certificate((home / "made.cer").read_bytes())
    assert certificate.signature_algorithm_oid.dotted_string == "1.2.156.10197.1.501"
    assert isinstance(certificate_key(certificate), Sm2PublicKey)
    made = told(yinxin("ra", "show", made["id"], home=home))
    good(yinxin("ra", "suspend", made["serial"], home=home))
    simulated = told(yinxin("ra", "drill", "--uscc", USCC, "--simulate", home=home))
    assert (simulated["compared"], simulated["agreeing"]) == (1, 1)
