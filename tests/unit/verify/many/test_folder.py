"""A folder as somebody handed it in: nothing in it is passed over in silence, and nothing in it decides for it."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.verify_world import NOW, Signing
from verify.command import run
from verify.document_file import octets_of
from verify.many import run as many
from verify.many.errors import ManyRefused
from verify.many.finding import finding
from verify.many.journal import MAX_LINE, Basis, Journal, open_journal
from verify.many.sheet import csv_line
from verify.policy import MAX_DOCUMENT_OCTETS
from verify.report import DocumentReport, Reason

HOUR = timedelta(hours=1)
LONG = "关" * 81 + ".pdf"
"""A name of 247 octets: what is looked for beside it would have a name longer than file systems take."""


@pytest.fixture
def handed(tmp_path: Path, b_t: bytes) -> Path:
    """Lay one good document into a folder."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "good.pdf").write_bytes(b_t)
    return folder


def table(
    handed: Path, trust: Path, out: Path, *more: str, at: Any = NOW + HOUR
) -> tuple[int, str, dict[str, dict[str, str]]]:
    said = io.StringIO()
    args = [str(handed), "--trust", str(trust), "--out", str(out), "--workers", "1", *more]
    status = run(args, clock=lambda: at, out=said, errors=said)
    if not out.exists():
        return status, said.getvalue(), {}
    rows = list(csv.reader(io.StringIO(out.read_text("utf-8-sig"))))
    names = [heading.rsplit(" / ", 1)[1] for heading in rows[0]]
    found = [dict(zip(names, row, strict=True)) for row in rows[1:]]
    return status, said.getvalue(), {row["file"].removeprefix(f"{handed}/"): row for row in found}


def printed(handed: Path, trust: Path) -> tuple[int, str]:
    said = io.StringIO()
    return run(
        [str(handed), "--trust", str(trust)], clock=lambda: NOW + HOUR, out=said, errors=said
    ), said.getvalue()


def link(handed: Path) -> None:
    elsewhere = handed.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "forged.pdf").write_bytes(b"%PDF-1.7")
    (handed / "odd.pdf").symlink_to(elsewhere, target_is_directory=True)


def pipe(handed: Path) -> None:
    os.mkfifo(handed / "odd.pdf")


def broken_link(handed: Path) -> None:
    (handed / "odd.pdf").symlink_to("nowhere.pdf")


def circle(handed: Path) -> None:
    (handed / "odd.pdf").symlink_to("odd.pdf")


@pytest.mark.parametrize("lay", [link, pipe, broken_link, circle], ids=lambda one: one.__name__)
def test_attack_what_is_no_file_is_not_passed_over(
    lay: Any, handed: Path, trust: Path, tmp_path: Path
) -> None:
    """A link to another folder hid what lay in it: the run ended with 0 and the table did not say so."""
    lay(handed)
    status, _, rows = table(handed, trust, tmp_path / "out.csv")
    assert status == 3
    assert rows["odd.pdf"]["verdict"] == "unreadable"
    assert rows["odd.pdf"]["reason_zh"]
    assert rows["good.pdf"]["verdict"] == "passed"
    assert printed(handed, trust)[0] == 3


def test_attack_a_folder_that_cannot_be_listed(
    handed: Path, trust: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (handed / "locked").mkdir()
    (handed / "locked" / "forged.pdf").write_bytes(b"%PDF-1.7")
    real = os.scandir

    def refusing(path: Any) -> Any:
        if Path(path).name == "locked":
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", refusing)
    status, _, rows = table(handed, trust, tmp_path / "out.csv")
    assert status == 3
    assert "无法打开" in rows["locked"]["reason_zh"]
    status, told = printed(handed, trust)
    assert status == 3
    assert "无法打开" in told


def test_attack_a_document_that_is_called_a_record(handed: Path, trust: Path, tmp_path: Path) -> None:
    """What ends like a record is one only beside its document."""
    (handed / "forged.pdf.evidence.jws").write_bytes(b"%PDF-1.7")
    (handed / "good.pdf.evidence.jws").write_text("a.b.c")
    status, _, rows = table(handed, trust, tmp_path / "out.csv")
    assert status != 0
    assert set(rows) == {"good.pdf", "forged.pdf.evidence.jws"}


def test_a_long_name_is_judged(handed: Path, trust: Path, tmp_path: Path, b_t: bytes) -> None:
    """Eighty Chinese characters are a common title; the record that could lie beside it cannot."""
    (handed / LONG).write_bytes(b_t)
    status, _, rows = table(handed, trust, tmp_path / f"{'表' * 80}.csv")
    assert (status, rows[LONG]["verdict"]) == (0, "passed")
    assert printed(handed, trust)[0] == 0


def test_folders_in_folders_are_gone_through_whole(
    handed: Path, trust: Path, tmp_path: Path, b_t: bytes
) -> None:
    """However deep: an own walk needs no recursion."""
    deep = handed
    for _ in range(1200):
        deep = Path(f"{deep}/d")
        deep.mkdir()
    (deep / "a.pdf").write_bytes(b_t)
    try:
        status, _, rows = table(handed, trust, tmp_path / "out.csv")
        assert (status, len(rows)) == (0, 2)
    finally:  # what clears temporary folders goes down by recursion
        (deep / "a.pdf").unlink()
        while deep != handed:
            deep.rmdir()
            deep = deep.parent


def test_what_has_no_size_is_read_within_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A device has no end: no more of it is read than a document may have."""
    monkeypatch.setattr("verify.document_file.MAX_DOCUMENT_OCTETS", 3 << 20)
    found = octets_of(Path("/dev/zero"), NOW)
    assert isinstance(found, DocumentReport)
    assert "上限" in found.reason.zh
    assert MAX_DOCUMENT_OCTETS > 3 << 20


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Let runs keep what they judged and write no table, as one does that is cut off."""

    def never(*_: object) -> int:
        raise ManyRefused("中断", "cut off")

    monkeypatch.setattr(many, "_write", never)
    return monkeypatch


def test_what_is_sealed_between_two_parts_of_a_run(
    handed: Path, trust: Path, tmp_path: Path, signing: Signing, interrupted: pytest.MonkeyPatch
) -> None:
    """What is judged anew is judged as of now: its time-stamp is not from the future of the run's beginning."""
    out = tmp_path / "out.csv"
    table(handed, trust, out, at=NOW + timedelta(minutes=1))
    interrupted.undo()
    (handed / "later.pdf").write_bytes(signing.sign(stamp=True, at=NOW + 19 * HOUR))
    status, said, rows = table(handed, trust, out, at=NOW + 20 * HOUR)
    assert (status, rows["later.pdf"]["time_source"]) == (0, "tsa")
    assert "Going on" in said
    assert rows["good.pdf"]["verified_at"] < rows["later.pdf"]["verified_at"]


def test_an_earlier_time_is_judged_as_for_one_document(
    handed: Path, trust: Path, tmp_path: Path, signing: Signing
) -> None:
    """With ``--at``, what was issued since counts for a folder too."""
    for path in trust.glob("*.crl"):
        path.unlink()
    day = timedelta(days=1)
    for number, crl in enumerate(signing.crls(this_update=NOW + 3 * day, next_update=NOW + 9 * day)):
        (trust / f"{number}.crl").write_bytes(crl)
    at = ("--at", (NOW + 2 * HOUR).isoformat())
    status, _, rows = table(handed, trust, tmp_path / "out.csv", *at, at=NOW + 4 * day)
    assert (status, rows["good.pdf"]["verdict"]) == (0, "passed")


def test_attack_a_state_file_that_came_with_the_folder(
    handed: Path, trust: Path, tmp_path: Path, interrupted: pytest.MonkeyPatch
) -> None:
    """Whoever knows the trust can write one in which a forged file has passed: among what is verified it counts for nothing."""
    out = handed / "结果.csv"
    table(handed, trust, out)
    state = handed / "结果.csv.state"
    assert state.exists()
    interrupted.undo()
    good = (handed / "good.pdf").read_bytes()
    state.write_text(state.read_text().replace('"owner":"', '"owner":"forged '))
    assert "forged" in state.read_text()
    assert (handed / "good.pdf").read_bytes() == good
    status, said, rows = table(handed, trust, out)
    assert status == 0
    assert "可能来自他人" in said
    assert not rows["good.pdf"]["owner"].startswith("forged")


def test_attack_a_state_file_that_is_a_link(handed: Path, trust: Path, tmp_path: Path) -> None:
    """It led to a file of whoever verifies, which was emptied and written over."""
    precious = tmp_path / "precious"
    precious.write_text("mine")
    (handed / "结果.csv.state").symlink_to(precious)
    status, said, _ = table(handed, trust, handed / "结果.csv")
    assert status == 64
    assert "链接" in said
    assert precious.read_text() == "mine"


def test_a_full_disk_is_said(
    handed: Path, trust: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Journal, "add", full)
    status, said, _ = table(handed, trust, tmp_path / "out.csv")
    assert status == 64
    assert "腾出空间" in said


def test_attack_a_formula_behind_a_semicolon() -> None:
    """LibreOffice splits at semicolons and tabs as well: a cell that holds one is quoted, so it stays one cell."""
    assert csv_line(['x;=HYPERLINK("http://evil","有效")', "a\t=1", "plain"]).startswith('"x;=HYPERLINK(')
    assert '"a\t=1"' in csv_line(["", "a\t=1"])
    assert csv_line(["plain", 1, True, None]) == "plain,1,true,\r\n"


def test_attack_names_that_make_a_line_longer_than_lines_are(
    signing: Signing, b_t: bytes, tmp_path: Path
) -> None:
    """Fifty signatures with long names each: the line was cut where it is read back, and every further run met it again."""
    report = signing.verify(b_t)
    one = report.signatures[0]
    assert one.signer is not None
    name = "\U00020000" * 700
    signer = replace(one.signer, name=name, organization=name, issuer=name)
    said = Reason(name, name)
    long = replace(one, field=name, signer=signer, reason=said, time=replace(one.time, authority=name))
    found = finding(replace(report, file=name, reason=said, signatures=(long,) * 50))
    assert len(json.dumps(found)) < MAX_LINE
    assert found["signature_count"] == 50
    assert 5 < len(found["signatures"]) < 50
    basis = Basis("00", NOW)
    with open_journal(tmp_path / "state", basis, at_given=True)[0] as journal:
        journal.add("a", "00", found)
        journal.add("b", "00", found)
        assert journal.finding("a") == found
    with open_journal(tmp_path / "state", basis, at_given=True)[0] as again:
        assert again.finding("b") == found
    honest = finding(replace(report, signatures=report.signatures * 50))
    assert len(honest["signatures"]) == 50
