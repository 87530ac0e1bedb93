"""The command line as a user runs it: the main job by hand, exit statuses, one red line instead of a stack trace."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509

from api.cli.console import USAGE
from ca.uscc import check_character
from tests.e2e.conftest import CONTRACT, ROOT, Demo
from tests.e2e.conftest import in_process as yinxin
from tests.unit.signing.test_reading import encrypted

BODY = "91330106MA2CYCL10"
CODE = BODY + check_character(BODY)
NAME = "杭州命令行测试有限公司"
Done = subprocess.CompletedProcess[str]


def good(done: Done) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def one_red_line(done: Done, status: int) -> str:
    """Check that the command ended with ``status`` and one line in both languages, without a trace of the inside."""
    assert done.returncode == status, done.stdout + done.stderr
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, done.stderr
    assert re.fullmatch(r"错误：.+ / Error: .+", lines[0]), lines
    assert "Traceback" not in done.stdout + done.stderr
    return lines[0]


@pytest.fixture(scope="module", params=["international", "gm"])
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hold a ceremony by command, in either suite."""
    folder = tmp_path_factory.mktemp("cli") / "home"
    done = yinxin("ca", "ceremony", "--suite", request.param, home=folder)
    good(done)
    assert "信任锚" in done.stdout
    return folder


@pytest.fixture(scope="module")
def secrets(home: Path) -> dict[str, Path]:
    """Write the PINs of the enterprise's token, as its keeper and officer would hold them."""
    made = {}
    for name, pin in (("pin", "13572468"), ("so", "24681357"), ("wrong", "99999999")):
        made[name] = home / f"{name}.txt"
        made[name].write_text(pin + "\n")
    return made


@pytest.fixture(scope="module")
def seal(home: Path, secrets: dict[str, Path]) -> str:
    """Enrol a keeper and get a seal approved, by commands."""
    pins = ("--pin-file", secrets["pin"], "--so-pin-file", secrets["so"])
    issued = json.loads(good(yinxin("ca", "issue", "--uscc", CODE, "--name", NAME, *pins, home=home)))
    assert issued["profile"] == "enterprise-seal"
    assert issued["key_uri"].split(":")[0] in ("pkcs11", "file")
    applied = good(yinxin("seal", "apply", "--uscc", CODE, "--kind", "01", home=home))
    (code,) = set(re.findall(r"[0-9]{14}", applied))
    one_red_line(yinxin("seal", "approve", code, "--as", "person:zhang.min", home=home), 1)
    assert "启用" in good(yinxin("seal", "approve", code, home=home))
    return code


def seal_pdf(
    home: Path, seal: str, pin: Path, target: Path, *more: str | Path, source: Path = CONTRACT
) -> Done:
    place = () if "--at" in more else ("--at", "1:20,20")
    return yinxin("seal-pdf", source, target, "--seal", seal, *place, "--pin-file", pin, *more, home=home)


def test_seal_and_verify_by_hand(home: Path, seal: str, secrets: dict[str, Path], tmp_path: Path) -> None:
    target = tmp_path / "sealed.pdf"
    assert "有效" in good(seal_pdf(home, seal, secrets["pin"], target))
    told = json.loads(good(yinxin("verify", target, "--json", home=home)))
    (document,) = told["documents"]
    assert set(document) >= {"file", "verdict", "reason", "signatures"}
    assert document["verdict"] == "passed"
    assert document["signatures"][0]["placement"]["box"][:2] == [20.0, 20.0]
    assert list(tmp_path.iterdir()) == [target]


def test_a_second_seal_leaves_the_first_valid(
    home: Path, seal: str, secrets: dict[str, Path], tmp_path: Path
) -> None:
    first, second = tmp_path / "one.pdf", tmp_path / "two.pdf"
    good(seal_pdf(home, seal, secrets["pin"], first))
    good(seal_pdf(home, seal, secrets["pin"], second, "--at", "2:100,100", source=first))
    assert second.read_bytes().startswith(first.read_bytes())
    (document,) = json.loads(good(yinxin("verify", second, "--json", home=home)))["documents"]
    assert [one["verdict"] for one in document["signatures"]] == ["passed", "passed"]


def test_exit_statuses_of_verify(home: Path, seal: str, secrets: dict[str, Path], tmp_path: Path) -> None:
    sealed, spoilt, junk = tmp_path / "sealed.pdf", tmp_path / "spoilt.pdf", tmp_path / "junk.pdf"
    good(seal_pdf(home, seal, secrets["pin"], sealed))
    octets = bytearray(sealed.read_bytes())
    octets[3000] ^= 1
    spoilt.write_bytes(octets)
    junk.write_bytes(b"PK\x03\x04")
    assert yinxin("verify", sealed, home=home).returncode == 0
    assert yinxin("verify", spoilt, home=home).returncode == 1
    assert yinxin("verify", CONTRACT, home=home).returncode == 2
    assert yinxin("verify", junk, home=home).returncode == 3
    assert yinxin("verify", tmp_path / "no such file.pdf", home=home).returncode == 3
    assert yinxin("verify", sealed, spoilt, home=home).returncode == 1


def test_D2_an_unknown_issuer_is_never_green(demo: Demo, home: Path) -> None:
    """Another installation's seal against this one's anchors."""
    told = yinxin("verify", demo.told["sealed_pdf"], "--json", home=home)
    assert told.returncode == 2
    assert json.loads(told.stdout)["documents"][0]["verdict"] == "indeterminate"


def test_without_a_pin_file_and_a_terminal_nobody_is_asked(home: Path, seal: str, tmp_path: Path) -> None:
    target = tmp_path / "out.pdf"
    told = one_red_line(yinxin("seal-pdf", CONTRACT, target, "--seal", seal, "--at", "1:20,20", home=home), 1)
    assert "PIN" in told
    assert not target.exists()


BAD = {
    "not a PDF": (b"PK\x03\x04", ()),
    "truncated": (CONTRACT.read_bytes()[:100_000], ()),
    "encrypted without password": (encrypted("open sesame"), ()),
    "no such page": (CONTRACT.read_bytes(), ("--at", "9:10,10")),
    "outside the page": (CONTRACT.read_bytes(), ("--at", "1:205,290")),
    "a place that cannot be read": (CONTRACT.read_bytes(), ("--at", "top left")),
    "a stranger": (CONTRACT.read_bytes(), ("--as", "person:wang.fang")),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_red_line_and_no_file(
    home: Path, seal: str, secrets: dict[str, Path], tmp_path: Path, case: str
) -> None:
    document, more = BAD[case]
    source, target = tmp_path / "in.pdf", tmp_path / "out.pdf"
    source.write_bytes(document)
    done = seal_pdf(home, seal, secrets["pin"], target, *more, source=source)
    one_red_line(done, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["in.pdf"]
    assert secrets["pin"].read_text().strip() not in done.stderr + done.stdout


def test_other_mistakes_are_one_red_line_too(
    home: Path, seal: str, secrets: dict[str, Path], tmp_path: Path
) -> None:
    out = tmp_path / "out.pdf"
    one_red_line(seal_pdf(home, "00000000000000", secrets["pin"], out), 1)
    one_red_line(seal_pdf(home, seal, secrets["pin"], out, source=tmp_path / "missing.pdf"), 1)
    one_red_line(seal_pdf(home, seal, tmp_path / "missing.txt", out), 1)
    one_red_line(yinxin("seal", "list", home=tmp_path / "nothing here"), 4)
    one_red_line(yinxin("ca", "ceremony", home=home), 1)
    one_red_line(yinxin("ca", "revoke", "abcdef", home=home), 1)
    one_red_line(yinxin("ca", "revoke", "not hexadecimal", home=home), 1)
    one_red_line(yinxin("seal", "freeze", seal, "--as", "li.wei", home=home), 1)
    one_red_line(yinxin("doctor", home=home, YINXIN_LISTEN_PORT="many"), 4)
    weak = one_red_line(yinxin("doctor", home=home, YINXIN_SESSION_SECRET="hunter2"), 4)
    assert "hunter2" not in weak
    assert yinxin("seal", "nonsense", home=home).returncode == USAGE
    assert yinxin("seal", "apply", "--uscc", CODE, "--kind", "77", home=home).returncode == USAGE
    assert not out.exists()


def test_a_wrong_pin_is_counted_across_commands(
    home: Path, seal: str, secrets: dict[str, Path], tmp_path: Path
) -> None:
    out = tmp_path / "out.pdf"
    first = one_red_line(seal_pdf(home, seal, secrets["wrong"], out), 1)
    second = one_red_line(seal_pdf(home, seal, secrets["wrong"], out), 1)
    left = [int(re.search(r"([0-9]+) tries left", line)[1]) for line in (first, second)]  # type: ignore[index]
    assert left[1] == left[0] - 1
    good(seal_pdf(home, seal, secrets["pin"], out))
    assert "99999999" not in first + second


def test_freeze_and_resume_take_two(home: Path, seal: str, secrets: dict[str, Path], tmp_path: Path) -> None:
    before, out = tmp_path / "before.pdf", tmp_path / "out.pdf"
    good(seal_pdf(home, seal, secrets["pin"], before))
    assert "挂失" in good(yinxin("seal", "freeze", seal, home=home))
    assert "挂失" in one_red_line(seal_pdf(home, seal, secrets["pin"], out), 1)
    (document,) = json.loads(good(yinxin("verify", before, "--json", home=home)))["documents"]
    assert document["signatures"][0]["seal_now"]["status"] == "frozen"
    good(yinxin("seal", "resume", seal, home=home))
    one_red_line(yinxin("seal", "resume", seal, "--confirm", home=home), 1)
    assert "启用" in good(yinxin("seal", "resume", seal, "--confirm", "--as", "person:chen.jing", home=home))
    good(seal_pdf(home, seal, secrets["pin"], out))


def test_lists_shows_and_exports(home: Path, seal: str, tmp_path: Path) -> None:
    assert seal in good(yinxin("seal", "list", home=home))
    shown = json.loads(good(yinxin("seal", "show", seal, "--picture", tmp_path / "seal.svg", home=home)))
    assert shown["history"][0]["act"] == "apply"
    assert (tmp_path / "seal.svg").read_text().lstrip().startswith("<svg")
    listed = json.loads(good(yinxin("ca", "list", "--json", home=home)))
    serials = {item["serial"] for item in listed["items"]}
    assert len(serials) >= 6
    table = good(yinxin("ca", "list", home=home))
    assert all(serial[:6] in table for serial in serials)
    good(yinxin("ca", "crl", "issuing", "--out", tmp_path / "issuing.crl", home=home))
    crl = x509.load_der_x509_crl((tmp_path / "issuing.crl").read_bytes())
    assert crl.next_update_utc is not None


def test_I21_the_trail_is_proved_and_an_edit_is_found(home: Path, seal: str, tmp_path: Path) -> None:
    good(yinxin("reconcile", home=home))
    assert "审计日志完整" in good(yinxin("audit", "verify", home=home))
    lines = good(yinxin("audit", "export", home=home)).splitlines()
    assert [json.loads(line)["number"] for line in lines] == list(range(1, len(lines) + 1))
    copy = tmp_path / "copy"
    shutil.copytree(home, copy)
    with sqlite3.connect(copy / "yinxin.db") as database:
        database.execute("UPDATE audit SET actor_id = 'person:nobody' WHERE number = 3")
    database.close()
    assert "审计日志" in one_red_line(yinxin("audit", "verify", home=copy), 1)


def test_doctor_names_what_is_wrong_and_its_fix(home: Path, tmp_path: Path) -> None:
    told = json.loads(good(yinxin("doctor", "--json", home=home)))
    assert told["status"] == "ok"
    subjects = {check["subject"] for check in told["checks"]}
    assert subjects == {"database", "token", "clock", "disk", "archive", "fonts", "crl", "trust"}
    fresh = yinxin("doctor", home=tmp_path / "fresh", YINXIN_KEY_STORE="soft")
    assert fresh.returncode == 1
    assert "yinxin migrate" in fresh.stdout
    lost = yinxin("doctor", home=home, YINXIN_KEY_STORE="/nowhere/module.so")
    assert "PKCS#11" in one_red_line(lost, 4)


def test_keys_are_made_listed_and_revoked(home: Path) -> None:
    made = json.loads(
        good(
            yinxin(
                "key",
                "create",
                "--for",
                "app:oa=OA",
                "--scope",
                "seal:use",
                "--uscc",
                CODE,
                "--json",
                home=home,
            )
        )
    )
    assert made["api_key"].startswith(f"yx_{made['prefix']}_")
    listed = good(yinxin("key", "list", home=home))
    assert made["prefix"] in listed
    assert made["api_key"] not in listed
    good(yinxin("key", "revoke", made["prefix"], home=home))
    one_red_line(yinxin("key", "revoke", made["prefix"], home=home), 1)
    both = ("--scope", "seal:use", "--scope", "audit:read")
    one_red_line(yinxin("key", "create", "--for", "app:oa", *both, home=home), 1)


def test_the_home_folder_may_stand_before_the_command_too(home: Path, seal: str) -> None:
    assert seal in good(yinxin("--home", home, "seal", "list"))
    assert seal in good(yinxin("seal", "list", "--home", home))


def test_migrate_twice_says_the_same(home: Path) -> None:
    first, second = (good(yinxin("migrate", home=home)) for _ in range(2))
    assert first == second


@pytest.mark.skipif(os.name != "posix", reason="limits of a process are POSIX")
def test_a_full_disk_leaves_no_file_and_no_lost_record(
    home: Path, seal: str, secrets: dict[str, Path], tmp_path: Path
) -> None:
    """A limit on the size of files stands for the disk: writing fails half way (EFBIG)."""
    out, key = tmp_path / "out.pdf", "full-disk-0001"
    archive = tmp_path / "archive"
    command = [sys.executable, "-m", "api.cli", "seal-pdf", CONTRACT, out, "--seal", seal, "--at", "1:20,20"]
    command += ["--pin-file", secrets["pin"], "--request-key", key]
    variables = os.environ | {"YINXIN_HOME": str(home), "YINXIN_ARCHIVE_FOLDER": str(archive)}
    limited = ["bash", "-c", 'ulimit -f 540; exec "$@"', "limited", *map(str, command)]
    done = subprocess.run(limited, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    assert "磁盘" in one_red_line(done, 4)
    assert not out.exists()
    assert not [path for path in archive.rglob("*") if path.is_file()]
    again = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert out.exists()
