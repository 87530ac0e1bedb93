"""A folder into one table: a mix of documents once end to end, cut off and gone on, and what a spreadsheet may not do (D7, D8)."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer

from tests.verify_world import NOW, Signing, small_pdf
from verify.command import USAGE_STATUS, run
from verify.many.finding import COLUMNS, HEADINGS
from verify.many.journal import Basis, open_journal
from verify.many.progress import Progress
from verify.many.sheet import RISKY, as_csv, write_xlsx

MIX = 60
AT = (NOW + timedelta(seconds=5)).isoformat()


def encrypted() -> bytes:
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(small_pdf())))
    writer.encrypt("owner", "user")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def bomb() -> bytes:
    """Pack one entry that unpacks to a thousandfold."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("OFD.xml", b"<" + b"0" * (64 << 20))
    return out.getvalue()


@pytest.fixture(scope="session")
def trust(signing: Signing, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trust")
    for number, anchor in enumerate(signing.trust().anchors):
        (folder / f"{number}.pem").write_bytes(anchor.public_bytes(Encoding.PEM))
    for number, crl in enumerate(signing.trust().crls):
        (folder / f"{number}.crl").write_bytes(crl)
    return folder


@pytest.fixture(scope="session")
def mix(b_lt: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty small files: most sealed (each with octets of its own), and of every bad kind a few."""
    folder = tmp_path_factory.mktemp("mix")
    flipped = bytearray(b_lt)
    flipped[b_lt.index(b"Contract")] ^= 1
    kinds = {
        "modified.pdf": bytes(flipped),
        "unsigned.pdf": small_pdf(),
        "cut.pdf": b_lt[:-700],
        "no-document.txt": b"\x00\x01 nothing",
        "empty.pdf": b"",
        "encrypted.pdf": encrypted(),
        "bomb.ofd": bomb(),
        "=HYPERLINK(1).pdf": small_pdf(1),
    }
    for number in range(MIX - len(kinds)):
        below = folder / f"{number % 3}"
        below.mkdir(exist_ok=True)
        (below / f"{number:03}.pdf").write_bytes(b_lt)
    for name, octets in kinds.items():
        (folder / name).write_bytes(octets)
    (folder / ".DS_Store").write_bytes(b"hidden")
    return folder


def verify(*args: object) -> tuple[int, str]:
    out, errors = io.StringIO(), io.StringIO()
    status = run([str(one) for one in args], clock=lambda: NOW + timedelta(minutes=1), out=out, errors=errors)
    return status, errors.getvalue()


def read(path: Path) -> list[dict[str, str]]:
    octets = path.read_bytes()
    assert octets.startswith(b"\xef\xbb\xbf"), "Excel wants a mark"
    found = list(csv.reader(io.StringIO(octets.decode("utf-8-sig"))))
    names = [heading.rsplit(" / ", 1)[1] for heading in found[0]]
    return [dict(zip(names, row, strict=True)) for row in found[1:]]


@pytest.fixture(scope="session")
def result(
    mix: Path, trust: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[int, str, list[dict[str, str]]]:
    out = tmp_path_factory.mktemp("out") / "result.csv"
    status, said = verify(mix, "--trust", trust, "--out", out, "--at", AT, "--workers", 2)
    assert [one.name for one in out.parent.iterdir()] == ["result.csv"], "no state is left of a finished run"
    return status, said, read(out)


def named(rows: Sequence[dict[str, str]], name: str) -> dict[str, str]:
    return next(row for row in rows if row["file"].endswith(name))


def test_each_file_has_its_verdict(result: tuple[int, str, list[dict[str, str]]]) -> None:
    """D7: a mix of sixty; nothing is passed over and the status is that of the gravest."""
    status, said, rows = result
    assert status == 1
    assert len({row["file"] for row in rows}) == MIX
    verdicts = {
        name: named(rows, name)["verdict"]
        for name in ("modified.pdf", "unsigned.pdf", "no-document.txt", "empty.pdf", "bomb.ofd")
    }
    assert verdicts.pop("modified.pdf") == "failed"
    assert not {"passed", "failed"} & set(verdicts.values()), verdicts
    for name in ("cut.pdf", "encrypted.pdf"):
        assert named(rows, name)["verdict"] != "passed"
    assert sum(row["verdict"] == "passed" for row in rows) == MIX - 8
    assert f"{MIX}/{MIX}" in said
    assert "剩余 left 0" in said


def test_the_fields_of_each_signature(
    result: tuple[int, str, list[dict[str, str]]], signing: Signing
) -> None:
    """D8: owner, serial, issuer, validity; modified; the time's source; what decided."""
    row = named(result[2], "000.pdf")
    assert row["modified"] == "false"
    assert row["time_source"] == "tsa"
    assert row["owner"]
    assert row["issuer"]
    assert row["not_before"] < row["time"] < row["not_after"]
    assert row["list"] == "(anchor)"
    assert row["verified_at"]
    assert row["reason_zh"]
    assert row["reason"]
    assert row["serial"] == f"{signing.keeper.certificate.serial_number:x}"
    assert named(result[2], "modified.pdf")["modified"] == "true"


def test_a_name_is_no_formula(result: tuple[int, str, list[dict[str, str]]], mix: Path) -> None:
    """CWE-1236: no cell of ours begins a formula, whoever named the file or the organisation."""
    for row in result[2]:
        assert not any(cell.lstrip(" ").startswith(RISKY) for cell in row.values())
    bad: dict[str, Any] = {column.name: "=1+1" for column in COLUMNS}
    bad["signatures"] = [{column.name: " @SUM(1)" for column in COLUMNS if column.of_signature}]
    bad["verdict"] = "failed"
    line = list(as_csv([bad]))[1]
    assert "'=1+1" in line
    assert "' @SUM(1)" in line
    out = io.BytesIO()
    write_xlsx([bad], out)
    with zipfile.ZipFile(out) as packed:
        sheet = packed.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet
    assert b"=1+1" in sheet


def test_a_workbook_says_the_same(mix: Path, trust: Path, tmp_path: Path) -> None:
    out = tmp_path / "result.xlsx"
    status, _ = verify(
        mix / "modified.pdf", mix / "0" / "000.pdf", "--trust", trust, "--out", out, "--at", AT
    )
    assert status == 1
    with zipfile.ZipFile(out) as packed:
        space = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
        rows = ET.fromstring(packed.read("xl/worksheets/sheet1.xml")).findall(".//m:row", space)
        texts = ["".join(cell.itertext()) for cell in rows[1]]
        assert len(list(rows[0])) == len(HEADINGS)
        assert "无效" in texts
        assert len(rows) == 3
        assert b"summary" in packed.read("xl/workbook.xml")


def test_killed_and_gone_on(mix: Path, trust: Path, tmp_path: Path, b_lt: bytes) -> None:
    """Nothing is lost by kill -9; a file changed meanwhile is judged anew, the others are not."""
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(40):
        (folder / f"{number:02}.pdf").write_bytes(b_lt)
    out, state = tmp_path / "result.csv", tmp_path / "result.csv.state"
    args = [str(one) for one in (folder, "--trust", trust, "--out", out, "--workers", 1)]
    process = subprocess.Popen([sys.executable, "-m", "verify", *args], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not state.exists() or state.read_bytes().count(b"\n") < 4:
        assert time.monotonic() < deadline
        assert process.poll() is None, "it was too fast to be killed"
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = state.read_bytes().count(b"\n") - 1
    assert not out.exists(), "a table is there whole or not at all"
    with state.open("ab") as torn:
        torn.write(b'{"key":"half a li')
    (folder / "00.pdf").write_bytes(small_pdf())
    began = json.loads(state.read_bytes().splitlines()[0])["at"]

    errors = io.StringIO()
    later = datetime.now(UTC) + timedelta(minutes=2)
    assert run(args, clock=lambda: later, errors=errors) == 2
    assert f"{kept}" in errors.getvalue()
    assert "Going on" in errors.getvalue()
    rows = read(out)
    assert len({row["file"] for row in rows}) == 40
    assert named(rows, "00.pdf")["verdict"] == "indeterminate", "changed meanwhile, judged anew"
    assert {row["verdict"] for row in rows if not row["file"].endswith("00.pdf")} == {"passed"}
    times = {row["verified_at"][:19] for row in rows}
    assert times == {began[:19], f"{later:%Y-%m-%dT%H:%M:%S}"}, "each verdict says as of when it is"
    assert not state.exists()


def test_other_trust_judges_anew(tmp_path: Path, trust: Path, mix: Path) -> None:
    """A verdict under one trust folder is none under another: a state left behind is put aside."""
    out = tmp_path / "result.csv"
    state = tmp_path / "result.csv.state"
    basis = Basis("of another trust", NOW)
    document = mix / "unsigned.pdf"
    with open_journal(state, basis, at_given=True)[0] as journal:
        forged = {"sub_indication": None, "verdict": "passed"}
        journal.add(str(document), "0" * 64, forged)
    status, said = verify(document, "--trust", trust, "--out", out, "--at", AT)
    assert status == 2
    assert "judged anew" in said


def test_two_at_once(tmp_path: Path, trust: Path, mix: Path) -> None:
    out = tmp_path / "result.csv"
    with open_journal(tmp_path / "result.csv.state", Basis("x", NOW), at_given=True)[0]:
        status, said = verify(mix, "--trust", trust, "--out", out)
    assert status == USAGE_STATUS
    assert "Another process" in said


def test_a_limit_that_was_reached_is_tried_again(tmp_path: Path) -> None:
    state, basis = tmp_path / "s", Basis("x", NOW)
    with open_journal(state, basis, at_given=True)[0] as journal:
        journal.add("slow", "d", {"sub_indication": "LIMIT_REACHED"})
        journal.add("good", "d", {"sub_indication": None})
    with open_journal(state, basis, at_given=True)[0] as journal:
        assert (journal.digest("slow"), journal.digest("good")) == (None, "d")


@pytest.mark.parametrize(
    "args", [["--out", "x.txt"], ["--out", "x.csv", "--json"], ["--out", "x.csv", "--report", "r.pdf"]]
)
def test_wrong_use(args: list[str], mix: Path, trust: Path, tmp_path: Path) -> None:
    old = Path.cwd()
    os.chdir(tmp_path)
    try:
        status, said = verify(mix, "--trust", trust, *args)
    finally:
        os.chdir(old)
    assert status == USAGE_STATUS
    assert "--out" in said
    assert not list(tmp_path.iterdir())


def test_the_time_left() -> None:
    now = [0.0]
    progress = Progress(100, io.StringIO(), stopwatch=lambda: now[0], live=False)
    good = {"verdict": "passed", "voided_since": None, "accepted": "not-asked"}
    for _ in range(40):
        progress.count(good, reused=True)
    assert "about" not in progress.line(1.0), "what was kept says nothing of the speed"
    for _ in range(10):
        progress.count({**good, "accepted": "no"})
    assert "约 about 0:50" in progress.line(10.0)
    assert "未通过 failed 10" in progress.line(10.0)
