"""``yinxin demo``: two commands from nothing to the verdict (point 1 of the main job)."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509

from tests.conftest import missing
from tests.e2e.conftest import ROOT, Demo, yinxin


def test_the_demo_ends_valid_in_under_a_minute(demo: Demo) -> None:
    assert demo.told["verdict"] == "passed"
    assert demo.seconds < 60
    for name in ("home", "sealed_pdf", "trust"):
        assert Path(demo.told[name]).exists(), name
    assert len(demo.told["seal_code"]) == 14


def test_json_is_exactly_one_object_and_progress_goes_to_stderr(demo: Demo) -> None:
    decoder = json.JSONDecoder()
    _, end = decoder.raw_decode(demo.stdout)
    assert demo.stdout[end:].strip() == ""
    assert "Yinxin TEST Root CA" in demo.stderr
    assert "Traceback" not in demo.stderr


def test_the_verifier_alone_agrees(demo: Demo) -> None:
    """D6: the same verdict with the trust folder and nothing else."""
    command = [
        sys.executable,
        "-m",
        "verify",
        demo.told["sealed_pdf"],
        "--trust",
        demo.told["trust"],
        "--json",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (document,) = json.loads(done.stdout)["documents"]
    (signature,) = document["signatures"]
    assert document["verdict"] == "passed"
    assert signature["seal"]["code"] == demo.told["seal_code"]
    assert signature["signer"]["uscc"] == demo.told["uscc"]
    assert signature["time"]["source"] == "tsa"
    assert signature["seal_now"]["status"] == "active"
    assert signature["level"] == "B-LT"


def test_the_demo_home_seals_more_without_a_question(demo: Demo, tmp_path: Path) -> None:
    sealed = tmp_path / "second.pdf"
    place = ("--seal", demo.told["seal_code"], "--at", "2:100,100", "--home", demo.home)
    done = yinxin("seal-pdf", demo.told["sealed_pdf"], sealed, *place)
    assert done.returncode == 0, done.stderr
    assert yinxin("verify", sealed, home=demo.home).returncode == 0


def test_an_outside_judge_accepts_the_demo(demo: Demo) -> None:
    try:
        done = subprocess.run(
            ["pdfsig", demo.told["sealed_pdf"]], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        missing("pdfsig", "install poppler-utils")
    assert "Signature is Valid" in done.stdout
    assert "Total document signed" in done.stdout


def test_a_second_run_seals_another_copy_and_repeats_nothing(demo: Demo) -> None:
    before = sorted((demo.home / "trust" / "anchors").glob("*.cer"))
    anchors = [path.read_bytes() for path in before]
    again = yinxin("demo", "--home", demo.home, "--json")
    assert again.returncode == 0, again.stderr
    told = json.loads(again.stdout)
    assert told["verdict"] == "passed"
    assert told["seal_code"] == demo.told["seal_code"]
    assert told["sealed_pdf"] != demo.told["sealed_pdf"]
    assert Path(demo.told["sealed_pdf"]).exists()
    assert [path.read_bytes() for path in before] == anchors


def test_A7_the_roots_say_that_they_are_for_tests(demo: Demo) -> None:
    for path in (demo.home / "trust").rglob("*.cer"):
        subject = x509.load_der_x509_certificate(path.read_bytes()).subject.rfc4514_string()
        assert "测试" in subject or "TEST" in subject


def test_secrets_are_the_owners_alone(demo: Demo) -> None:
    found = [path for path in (demo.home / "secrets").rglob("*") if path.is_file()]
    assert found
    for path in found:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    for folder in ("secrets", "tokens", "counters"):
        assert stat.S_IMODE((demo.home / folder).stat().st_mode) == 0o700, folder


def test_a_service_secret_that_others_can_read_is_refused(demo: Demo) -> None:
    (exposed,) = (demo.home / "secrets" / "service").glob("yinxin-service.pin")
    exposed.chmod(0o644)
    try:
        done = yinxin("ca", "crl", "--home", demo.home)
    finally:
        exposed.chmod(0o600)
    assert done.returncode == 4
    assert "chmod 600" in done.stderr
    assert exposed.read_text().strip() not in done.stderr


@pytest.mark.parametrize("keys", ["soft"])
def test_the_demo_runs_without_any_pkcs11_module(keys: str, tmp_path: Path) -> None:
    done = yinxin("demo", "--home", tmp_path / "home", "--json", YINXIN_KEY_STORE=keys)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verdict"] == "passed"
    assert "soft key store" in done.stderr
