"""Backup, loss, restoration: what the world has seen since the backup is in force again (I31, B4)."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyrage
import pytest
from cryptography import x509

from api.backup.make import KEPT
from api.verifying.orders import SPOOL
from api.verifying.reports import REPORT_WORK
from tests.e2e.conftest import Demo
from tests.e2e.conftest import in_process as yinxin
from tests.e2e.test_cli import Done, good, one_red_line

SEAL = "33010600000001"


@dataclass(frozen=True)
class Loss:
    """An installation that was backed up, went on working, and was lost; what others had copied is left."""

    before: Path
    backup: Path
    key: Path
    evidence: list[str | Path]
    secrets: Path
    revoked: str
    frozen_at: str
    last_crl: int


def told(home: Path, *arguments: str | Path) -> Any:
    return json.loads(good(yinxin(*arguments, "--json", home=home)))


def refused(done: Done) -> str:
    """Check that the last line says what is wrong; lines of progress may stand before it."""
    assert done.returncode == 1, done.stdout + done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("错误："), done.stderr
    assert "Traceback" not in done.stderr
    return last


def shown_seal(home: Path) -> Any:
    return json.loads(good(yinxin("seal", "show", SEAL, home=home)))


def crl_number(der: bytes) -> int:
    found = x509.load_der_x509_crl(der).extensions.get_extension_for_class(x509.CRLNumber)
    return found.value.crl_number


@pytest.fixture(scope="module")
def loss(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Loss:
    place = tmp_path_factory.mktemp("loss")
    home, key, backup = place / "home", place / "key.txt", place / "first.age"
    shutil.copytree(demo.home, home)
    good(yinxin("demo-desk", home=home))
    public = good(yinxin("backup-key", key)).strip()
    made = told(home, "backup", backup, "--to", public, "--with-embedded-token")
    assert made["rows"] > 50
    passing = ("work", REPORT_WORK, SPOOL)  # what is being made, and what waits: nothing of it is to be kept
    assert {path.name for path in (home / "archive").iterdir()} <= {*KEPT, *passing}
    left = [path for name in passing[1:] for path in (home / "archive" / name).rglob("*") if path.is_file()]
    assert not left
    kept = [path for name in KEPT for path in (home / "archive" / name).rglob("*") if path.is_file()]
    assert (
        made["documents"] == len(kept) > 8
    )  # sealed, evidence, scans and receipts, documents of cases, pictures

    serial = next(
        one["serial"] for one in told(home, "ca", "list")["items"] if one["profile"] == "enterprise-seal"
    )
    good(yinxin("seal", "freeze", SEAL, "--reason", "遗失", "--as", "person:zhou.min", home=home))
    good(yinxin("ca", "revoke", serial, "--reason", "superseded", "--as", "person:li.na", home=home))
    good(yinxin("reconcile", home=home))
    published = place / "published"
    shutil.copytree(home / "trust", published / "trust")
    shutil.copytree(home / "checkpoints", published / "checkpoints")
    shutil.copytree(home / "secrets", place / "secrets")
    last = max(crl_number(path.read_bytes()) for path in published.rglob("*.crl"))
    frozen_at = next(event["at"] for event in shown_seal(home)["history"] if event["act"] == "freeze")
    return Loss(home, backup, key, ["--evidence", published], place / "secrets", serial, frozen_at, last)


def restored(loss: Loss, home: Path, *more: str | Path) -> Any:
    arguments = more or loss.evidence
    answer = told(home, "restore", loss.backup, "--key", loss.key, *arguments)
    shutil.copytree(loss.secrets, home / "secrets", dirs_exist_ok=True)
    return answer


def test_I31_a_restored_installation_keeps_what_was_published_since(loss: Loss, tmp_path: Path) -> None:
    home = tmp_path / "home"
    answer = restored(loss, home)
    assert answer["revoked_again"] == 1
    assert answer["seals_stopped_again"] == 1
    assert answer["lost_records"] > 0
    assert answer["api_keys_revoked"] == 6
    kept = json.loads(good(yinxin("kmc", "status", "--json", home=loss.before)))["keys"]
    assert (
        answer["ended"]["spare_keys"] == sum(one["number"] for one in kept if one["status"] == "pooled") > 0
    )
    assert answer["ended"]["pin_letters"] == 5
    keys = json.loads(good(yinxin("kmc", "status", "--json", home=home)))["keys"]
    assert {one["status"] for one in keys if one["number"]} <= {"delivered", "revoked"}

    modes = {path.name: path.stat().st_mode & 0o777 for path in home.iterdir() if path.is_dir()}
    assert {modes[name] for name in ("tokens", "counters", "checkpoints", "secrets") if name in modes} == {
        0o700
    }
    assert {path.stat().st_mode & 0o777 for path in (home / "trust").rglob("*") if path.is_dir()} <= {0o755}
    assert modes["trust"] == 0o755

    shown = shown_seal(home)
    assert shown["status"] == "frozen"
    assert [one["at"] for one in shown["history"] if one["act"] == "freeze"] == [loss.frozen_at]
    listed = {one["serial"]: one["status"] for one in told(home, "ca", "list")["items"]}
    assert listed[loss.revoked] == "revoked"

    good(yinxin("reconcile", home=home))
    numbers = [crl_number(path.read_bytes()) for path in (home / "trust").rglob("*.crl")]
    assert numbers
    assert min(numbers) > loss.last_crl
    assert "审计日志完整" in good(yinxin("audit", "verify", home=home))


def test_what_was_sealed_before_still_verifies_after(loss: Loss, demo: Demo, tmp_path: Path) -> None:
    home = tmp_path / "home"
    restored(loss, home)
    good(yinxin("reconcile", home=home))
    done = yinxin("verify", demo.told["sealed_pdf"], "--trust", home / "trust", "--json", home=home)
    assert json.loads(done.stdout)["documents"][0]["verdict"] == "passed", done.stdout


def test_I31_two_restorations_from_one_backup_share_no_number(loss: Loss, tmp_path: Path) -> None:
    floors = [restored(loss, tmp_path / name)["crl_floor"] for name in ("one", "two")]
    assert floors[0] > loss.last_crl
    assert floors[1] > floors[0]


def test_without_evidence_nothing_is_restored_unless_somebody_says_so(loss: Loss, tmp_path: Path) -> None:
    home = tmp_path / "home"
    line = one_red_line(yinxin("restore", loss.backup, "--key", loss.key, home=home), 1)
    assert "--evidence" in line
    assert not home.exists()
    answer = restored(loss, home, "--no-evidence")
    assert answer["seals_stopped_again"] == 0


def test_foreign_evidence_is_refused_and_nothing_is_in_force(loss: Loss, tmp_path: Path) -> None:
    other, home = tmp_path / "other", tmp_path / "home"
    good(yinxin("ca", "ceremony", home=other))
    arguments = ("--key", loss.key, "--evidence", other / "trust")
    line = refused(yinxin("restore", loss.backup, *arguments, home=home))
    assert "不是本系统签发" in line
    assert not list(home.iterdir())


@pytest.mark.parametrize("harm", ["flipped", "cut", "foreign key", "garbage"])
def test_a_damaged_backup_does_not_open(harm: str, loss: Loss, tmp_path: Path) -> None:
    data, key, home = bytearray(loss.backup.read_bytes()), loss.key, tmp_path / "home"
    if harm == "flipped":
        data[len(data) // 2] ^= 1
    elif harm == "cut":
        del data[-1000:]
    elif harm == "garbage":
        data = bytearray(b"\x00" * 4096)
    else:
        key = tmp_path / "other.txt"
        good(yinxin("backup-key", key))
    bad = tmp_path / "bad.age"
    bad.write_bytes(data)
    line = refused(yinxin("restore", bad, "--key", key, *loss.evidence, home=home))
    assert "备份文件无法打开" in line
    assert not (home / "yinxin.db").exists()
    assert not list(home.glob(".restoring-*"))


def test_a_home_in_use_is_never_written_over(loss: Loss) -> None:
    line = one_red_line(
        yinxin("restore", loss.backup, "--key", loss.key, *loss.evidence, home=loss.before), 1
    )
    assert "不是空的" in line


def test_a_backup_is_never_written_over(loss: Loss) -> None:
    public = loss.key.read_text().splitlines()[1].split()[-1]
    line = one_red_line(yinxin("backup", loss.backup, "--to", public, home=loss.before), 1)
    assert "已存在" in line


def test_no_pin_is_in_a_backup_and_no_octet_of_it_can_be_read(loss: Loss, tmp_path: Path) -> None:
    plain = tmp_path / "plain.tgz"
    (secret,) = (line for line in loss.key.read_text().splitlines() if line.startswith("AGE-SECRET-KEY"))
    pyrage.decrypt_file(str(loss.backup), str(plain), [pyrage.x25519.Identity.from_str(secret)])
    folder = tmp_path / "plain"
    shutil.unpack_archive(plain, folder, "gztar", filter="data")
    pins = {path.read_text().strip() for path in loss.secrets.rglob("*.pin")}
    assert len(pins) >= 2
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(pin.encode() in content for pin in pins), path
    assert not (folder / "secrets").exists()
    assert b"33010600000001" not in loss.backup.read_bytes()


def test_the_drill_restores_compares_and_leaves_nothing(loss: Loss) -> None:
    report = told(loss.before, "restore", loss.backup, "--key", loss.key, "--drill")
    assert report["passed"], report
    subjects = {one["subject"] for one in report["findings"]}
    assert {
        "audit-trail",
        "crl-numbers root",
        "crl-numbers issuing",
        "keys-in-the-module",
        "documents",
    } <= subjects
    assert not list((loss.before / "secrets").glob("drill-*"))
    assert "backup.drilled" in good(yinxin("audit", "export", home=loss.before))


def test_the_drill_finds_a_lost_key(loss: Loss, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(loss.before, home)
    shutil.rmtree(home / "tokens")
    (home / "tokens").mkdir()
    done = yinxin("restore", loss.backup, "--key", loss.key, "--drill", home=home)
    assert done.returncode != 0


PRIVATE_KEYS = {
    "PEM": b"PRIVATE KEY-----",
    "PKCS#8 of an RSA key": bytes.fromhex("020100300d06092a864886f70d010101050004"),
    "PKCS#8 of an EC key": bytes.fromhex("020100301306072a8648ce3d0201"),
    "SEC 1": bytes.fromhex("30770201010420"),
    "SEC 1 of an SM2 key": bytes.fromhex("30310201010420"),
}


def test_a_disk_without_its_token_gives_no_key(loss: Loss, tmp_path: Path) -> None:
    """Whoever takes the database and the home, PINs included, but not the token, has no key and signs nothing."""
    home = tmp_path / "home"
    shutil.copytree(loss.before, home)
    shutil.rmtree(
        home / "secrets" / "custodians"
    )  # the demonstration's custodians; in service they keep their own
    shutil.rmtree(home / "stamps")  # the demonstration's stamp; in service its chip is in its body
    for name in ("tokens", "soft"):
        shutil.rmtree(home / name, ignore_errors=True)
    for path in home.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert [name for name, mark in PRIVATE_KEYS.items() if mark in content] == [], path
    for command in (("ca", "crl", "issuing"), ("reconcile",), ("kmc", "pool", "--target", "99")):
        done = yinxin(*command, home=home)
        assert done.returncode != 0, command
        assert "Traceback" not in done.stderr


@pytest.mark.postgres
def test_a_backup_of_sqlite_comes_back_on_postgresql(
    loss: Loss, postgres_database: str, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    elsewhere = {"YINXIN_DATABASE_URL": postgres_database}
    arguments = ("--key", loss.key, *loss.evidence)
    good(yinxin("restore", loss.backup, *arguments, home=home, **elsewhere))
    assert not (home / "yinxin.db").exists()
    shutil.copytree(loss.secrets, home / "secrets", dirs_exist_ok=True)
    shown = json.loads(good(yinxin("seal", "show", SEAL, home=home, **elsewhere)))
    assert shown["status"] == "frozen"
    good(yinxin("reconcile", home=home, **elsewhere))
    assert "审计日志完整" in good(yinxin("audit", "verify", home=home, **elsewhere))

    public = loss.key.read_text().splitlines()[1].split()[-1]
    again = tmp_path / "again.age"
    good(yinxin("backup", again, "--to", public, home=home, **elsewhere))
    line = refused(yinxin("restore", loss.backup, *arguments, home=tmp_path / "second", **elsewhere))
    assert "不是空的" in line
    third = tmp_path / "third"
    good(yinxin("restore", again, "--key", loss.key, "--evidence", home / "trust", home=third))
    assert json.loads(good(yinxin("seal", "show", SEAL, home=third)))["status"] == "frozen"


def test_a_backup_whose_trail_differs_from_what_was_published_is_refused(loss: Loss, tmp_path: Path) -> None:
    """The cipher says not who made a file: a history made up anew must not take the place of the anchored one (I21)."""
    other, forged = tmp_path / "other", tmp_path / "forged.age"
    restored(loss, other, "--no-evidence")
    for _ in range(12):
        good(yinxin("reconcile", home=other))
        good(yinxin("ca", "crl", "issuing", home=other))
    public = loss.key.read_text().splitlines()[1].split()[-1]
    good(yinxin("backup", forged, "--to", public, "--with-embedded-token", home=other))
    home = tmp_path / "home"
    line = refused(yinxin("restore", forged, "--key", loss.key, *loss.evidence, home=home))
    assert "审计" in line
    assert not list(home.iterdir())


def test_a_second_restoration_passes_over_what_the_first_one_lost(loss: Loss, tmp_path: Path) -> None:
    """The anchors of lost records stand in ``checkpoints/lost``; the trail itself says that they were left behind."""
    first, again, second = tmp_path / "first", tmp_path / "again.age", tmp_path / "second"
    restored(loss, first)
    for _ in range(12):
        good(yinxin("ca", "crl", "issuing", home=first))
    assert list((first / "checkpoints" / "lost").glob("*.json"))
    public = loss.key.read_text().splitlines()[1].split()[-1]
    good(yinxin("backup", again, "--to", public, "--with-embedded-token", home=first))
    folders = ("--evidence", first / "trust", "--evidence", first / "checkpoints")
    assert told(second, "restore", again, "--key", loss.key, *folders)["lost_records"] >= 0
