"""What a terminal is given: one line for each line, whoever named what stands in it; output that cannot bear a name is written all the same."""

from __future__ import annotations

import errno
import io
import json
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from ca import der
from ca.profile import ROOT
from hsm.algorithms import DigestAlgorithm
from tests.ofd_world import SEAL, SIGNATURE, VALUE, entries, judged, packed, sealed, sealing
from tests.pki import Pki
from tests.ses_world import SM2_SM3
from tests.verify_world import NOW, Signing, small_pdf
from verify.command import run
from verify.exit_status import UNWRITTEN_STATUS
from verify.table import lines
from verify.terminal import bearing, harmless, json_text, safe
from verify.verdict import Verdict

HOUR = timedelta(hours=1)
SPOKEN = "\x1b[2J\x1b[Hcontract.pdf\n  有效 / VALID\n  已盖章 / sealed\x1b[8m"
"""Clears the screen, says that a contract is valid, and hides what follows."""
MOVES = "\x1b[2J\x1b[H\n  有效 / PASSED\r\x9b2K\u202e\u2028"


def called(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def printed(signing: Signing, file: Path, trust: Path, *more: str) -> tuple[int, str]:
    out = io.StringIO()
    status = run(
        [str(file), "--trust", str(trust), *more], clock=lambda: signing.now + HOUR, out=out, errors=out
    )
    return status, out.getvalue()


def test_attack_a_list_by_anybody_whose_maker_is_called_valid(
    signing: Signing, trust: Path, tmp_path: Path
) -> None:
    """Its reason names the maker: without a filter the screen shows another file with another verdict."""
    stranger = Pki(signing.now)
    file = tmp_path / "contract.pdf"
    file.write_bytes(stranger.crl(stranger.make(ROOT, called(SPOKEN))))
    status, told = printed(signing, file, trust)
    assert status == 2
    assert "\x1b" not in told
    assert not [line for line in told.splitlines() if line.startswith("  有效")]


def test_attack_an_ended_certificate_with_lines_in_its_name(
    signing: Signing, trust: Path, tmp_path: Path
) -> None:
    days = timedelta(days=400)
    keeper = signing.pki.party(
        subject=called(SPOKEN), not_before=signing.now - 2 * days, not_after=signing.now - days
    )
    file = tmp_path / "contract.pdf"
    file.write_bytes(signing.sign(keeper=keeper))
    status, told = printed(signing, file, trust)
    assert status == 2
    assert "\x1b" not in told
    assert not [line for line in told.splitlines() if line.startswith("  有效")]
    found = json.loads(printed(signing, file, trust, "--json")[1])["documents"][0]
    assert "\x1b" not in found["reason_zh"]


def test_attack_a_scope_that_clears_the_screen() -> None:
    """A reason quotes what a seal signature says it is over."""
    report = judged(with_scope(f"/x.xml{MOVES}"))
    assert report.verdict is Verdict.FAILED
    shown = list(lines(report))
    assert any("签章被移用" in line for line in shown)
    assert not any(mark in line for line in shown for mark in MOVES if not mark.isprintable())


def with_scope(scope: str) -> bytes:
    files, keeper = entries(sealed()), sealing().keeper
    digest = der.bit_string(DigestAlgorithm.SM3.digest(files[SIGNATURE]).value)
    tbs = der.sequence(der.integer(4), files[SEAL], der.generalized_time(NOW), digest, der.utf8_string(scope))
    value = der.bit_string(keeper.signer.sign(tbs))
    return packed(files | {VALUE: der.sequence(tbs, der.octet_string(keeper.der), SM2_SM3, value)})


def test_names_of_every_script_are_shown_whole() -> None:
    """Honest names keep their characters, blanks of other widths included; only what nobody sees is replaced."""
    for name in (
        "杭州测试云印科技有限公司",
        "Müller & Söhne",
        "العربية",
        "עברית",
        "ความ",
        "𠮷野家",
        "a'b\"c",
    ):
        assert harmless(name) == safe(name) == name
    assert harmless("甲\u3000乙\u00a0丙") == "甲 乙 丙"
    assert harmless("a\u202eb\x1bc\nd\u200be") == "a\ufffdb\ufffdc\ufffdd\ufffde"
    assert harmless("长" * 500) == "长" * 500
    assert safe("长" * 500) == "长" * 200


def test_json_keeps_a_name_and_does_not_turn_its_direction() -> None:
    """Whoever reads JSON on a terminal sees it in the order in which it stands; a program reads the same value."""
    value = {"file": "合同\u202efdp.exe", "names": ["甲\x9b乙", "😀\u3000\udcff", "\U000e0041", 'a"b\\c']}
    text = json_text(value)
    assert json.loads(text) == value
    assert "合同\\u202efdp.exe" in text
    assert "😀" in text
    assert text.encode().decode().replace("\n", "").replace("\u3000", "").isprintable()


def test_a_name_that_the_output_cannot_bear(signing: Signing, trust: Path, tmp_path: Path) -> None:
    """A file's name that is no UTF-8, or not in the terminal's encoding, is a verdict all the same."""
    for name, encoding in ((b"bad\xff.pdf", "utf-8"), ("😀.pdf".encode(), "gbk")):
        file = tmp_path / name.decode("utf-8", "surrogateescape")
        file.write_bytes(small_pdf())
        for more in ((), ("--json",)):
            octets = io.BytesIO()
            out = bearing(io.TextIOWrapper(octets, encoding=encoding))
            status = run([str(file), "--trust", str(trust), *more], clock=lambda: signing.now, out=out)
            out.flush()
            assert status == 2
            text = octets.getvalue().decode(encoding)
            if more:
                assert json.loads(text)["documents"][0]["file"] == str(file)


def test_an_output_that_is_full_is_no_verdict(signing: Signing, trust: Path, tmp_path: Path) -> None:
    """Status 1 means that a document failed: what could not be written says so by a status of its own."""
    file, said = tmp_path / "a.pdf", io.StringIO()
    file.write_bytes(small_pdf())

    class Full(io.StringIO):
        def write(self, _: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    status = run([str(file), "--trust", str(trust)], clock=lambda: signing.now, out=Full(), errors=said)
    assert status == UNWRITTEN_STATUS
    assert "检查磁盘空间" in said.getvalue()
