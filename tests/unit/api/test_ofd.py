"""OFD at the edges: the page about a report, and the commands that set reports and licences (D1, D5)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from api.cli.main import main
from api.pages.ofd_card import MAX_NAMED, with_ofd
from api.pages.verdict_card import Card, card
from api.schemas.sealing import ReportModel
from tests.ofd_world import changed, judged, packed, sealed, signed_anew, trust
from tests.verify_world import NOW
from verify.ofd.package import Package
from verify.ofd.structure import read_structure
from verify.verifier import Verifier


def told(report: dict[str, Any], language: Any = "zh") -> str:
    """Give what the page about the file says."""
    made = with_ofd(card(report, language), report, language)
    return "\n".join(f"{fact.label} {' '.join(line.text for line in fact.lines)}" for fact in made.technical)


def test_the_page_says_what_is_protected() -> None:
    assert "2 页，11 个文件" in told(judged(sealed()).to_json())
    assert "s001 保护范围 8 个文件" in told(judged(sealed()).to_json())
    assert "What s001 protects 8 files" in told(judged(sealed()).to_json(), "en")


def test_the_page_names_what_is_open_and_counts_the_rest() -> None:
    open_one = signed_anew(
        sealed(), lambda xml: xml.replace(b'FileRef="/OFD.xml"', b'FileRef="/Doc_0/Document.xml"')
    )
    report = judged(open_one).to_json()
    report["ofd"]["coverage"][0]["unprotected"] = [f"/{number}" for number in range(MAX_NAMED + 3)]
    assert "未受保护，可被替换" in told(report)
    assert "… +3" in told(report)
    loose = judged(changed(sealed(), "Doc_0/x.bin", b"x")).to_json()
    assert "也未被引用： /Doc_0/x.bin" in told(loose)


def test_other_reports_are_left_as_they_are() -> None:
    report = Verifier(trust()).verify(b"%PDF-1.7", at=NOW).to_json()
    plain: Card = card(report, "zh")
    assert with_ofd(plain, report, "zh") is plain


def test_the_interface_carries_the_whole_report() -> None:
    found = ReportModel.model_validate(judged(sealed()).to_json()).model_dump(mode="json")
    assert found["ofd"]["coverage"][0]["protected"] == 8


def test_a_licence_is_set_by_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "l.ofd"
    words = [
        "--name",
        "营业执照",
        "--number",
        "1",
        "--authority",
        "某局",
        "--fact",
        "名称=某公司",
        "--granted",
        "2026-03-01",
    ]
    assert main(["ofd", "licence", str(target), *words]) == 0
    assert "--at 1:138,212" in capsys.readouterr().out
    assert b"2026-03-01" in Package(target.read_bytes()).read("/OFD.xml")
    assert main(["ofd", "licence", str(target), *words[:-2], "--granted", "gestern"]) != 0
    assert "2026-03-01" in capsys.readouterr().err
    assert main(["ofd", "licence", str(target), *words, "--fact", "没有等号"]) != 0


def test_a_report_is_set_by_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of whatever it is asked about: a stranger's seal, and a file that is none."""
    for name, octets in (("a.ofd", sealed()), ("b.ofd", packed({"x": b""})), ("c.pdf", b"junk")):
        source, target = tmp_path / name, tmp_path / f"{name}.report.ofd"
        source.write_bytes(octets)
        assert main(["ofd", "report", str(source), str(target), "--home", str(tmp_path / "home")]) == 0
        assert len(read_structure(Package(target.read_bytes())).bodies[0].pages) >= 1
    assert "核验报告" in capsys.readouterr().out
