"""Wrong use of ``verify``: what names nothing, contradicts itself or would destroy a file is refused by its name (64)."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.verify_world import Signing, small_pdf
from verify.command import USAGE_STATUS, run
from verify.isolated import IsolatedVerifier
from verify.trust import TrustStore
from verify.verifier import Verifier


@pytest.fixture(scope="module")
def signing() -> Signing:
    return Signing()


def ask(signing: Signing, *args: str | Path) -> tuple[int, str]:
    """Run the command; return its status and what it says of errors."""
    out, errors = io.StringIO(), io.StringIO()
    trust = TrustStore((), crls=signing.crls())
    status = run([str(one) for one in args], clock=lambda: signing.now, trust=trust, out=out, errors=errors)
    return status, errors.getvalue()


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "doc.pdf"
    path.write_bytes(small_pdf())
    return path


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00+14:00", "9999-12-31", "9999-12-31T23:59:59-14:00", "1969-12-31", "yesterday"]
)
def test_a_time_that_nobody_asks_about(signing: Signing, document: Path, at: str) -> None:
    status, said = ask(signing, document, "--at", at)
    assert status == USAGE_STATUS
    assert "--at" in said


def test_the_door_names_the_time_that_it_refuses(signing: Signing) -> None:
    """A good file is never called damaged because of the time that was asked about."""
    verifier, octets = Verifier(TrustStore(())), small_pdf()
    for moment in (datetime(9999, 12, 31, tzinfo=UTC), datetime(1, 1, 2, tzinfo=UTC), datetime(2026, 1, 1)):  # noqa: DTZ001
        with pytest.raises(ValueError, match="at: "):
            verifier.verify(octets, at=moment)
        with IsolatedVerifier(TrustStore(())) as isolated, pytest.raises(ValueError, match="at: "):
            isolated.verify(octets, at=moment)


NONSENSE = "ab" * 32


@pytest.mark.parametrize(
    ("args", "option"),
    [
        (("--bundle-signer", NONSENSE), "--bundle-signer"),
        (("--bundle-memory", "memory.json"), "--bundle-memory"),
        (("--signer", NONSENSE), "--signer"),
        (("--workers", "4"), "--workers"),
        (("--content", "missing"), "--content"),
        (("--content", "."), "--content"),
        (("--evidence", "missing"), "--evidence"),
        (("--seconds", "-1"), "--seconds"),
        (("--seconds", "0"), "--seconds"),
        (("--seconds", "nan"), "--seconds"),
        (("--seconds", "inf"), "--seconds"),
        (("--proof", "p.json", "--password", "x"), "--password"),
        (("--proof", "p.json", "--evidence", "doc.pdf"), "--evidence"),
        (("doc.pdf", "--evidence", "doc.pdf"), "--evidence"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(
    signing: Signing, document: Path, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...], option: str
) -> None:
    monkeypatch.chdir(document.parent)
    status, said = ask(signing, document, *args)
    zh, en = said.splitlines()
    assert status == USAGE_STATUS
    assert option in zh
    assert option in en


def test_a_signer_alone_is_for_a_list_that_is_itself_verified(signing: Signing, tmp_path: Path) -> None:
    for octets in (b"\xef\xbb\xbf <TrustServiceStatusList/>", b'{"payload": ""}', b"eyJhbGciOiJub25lIn0.."):
        path = tmp_path / "some.list"
        path.write_bytes(octets)
        assert ask(signing, path, "--signer", NONSENSE)[0] != USAGE_STATUS


@pytest.fixture
def trust(signing: Signing, tmp_path: Path) -> Path:
    folder = tmp_path / "trust"
    (folder / "anchors").mkdir(parents=True)
    (folder / "anchors" / "root.cer").write_bytes(signing.root_der)
    return folder


@pytest.mark.parametrize(
    "place",
    [
        "itself",
        "symbolic link",
        "hard link",
        "content",
        "evidence",
        "beside",
        "list",
        "inside",
        "another name",
    ],
)
def test_a_report_destroys_nothing_that_is_read(
    signing: Signing, document: Path, trust: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attack: a slip of the hand writes the report over the document, under whatever name."""
    folder = document.parent
    monkeypatch.chdir(folder)
    for name in ("content.pdf", "e.pdf", "list.pdf", "doc.pdf.evidence.jws"):
        (folder / name).write_bytes(b"to be kept")
    (folder / "symbolic.pdf").symlink_to("doc.pdf")
    (folder / "hard.pdf").hardlink_to(document)
    (folder / "other.pdf").hardlink_to(trust / "anchors" / "root.cer")
    (folder / "beside.pdf").symlink_to("doc.pdf.evidence.jws")
    target, more = {
        "itself": ("doc.pdf", ()),
        "symbolic link": ("symbolic.pdf", ()),
        "hard link": ("hard.pdf", ()),
        "content": ("content.pdf", ("--content", "content.pdf")),
        "evidence": ("e.pdf", ("--evidence", "e.pdf")),
        "beside": ("beside.pdf", ()),
        "list": ("list.pdf", ("--list", "list.pdf")),
        "inside": ("trust/report.pdf", ()),
        "another name": ("other.pdf", ()),
    }[place]
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    status, said = ask(signing, "doc.pdf", "--trust", trust, "--report", target, *more)
    assert status == USAGE_STATUS
    assert "--report" in said
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    fine = ask(signing, "doc.pdf", "--trust", trust, "--report", "report.pdf")
    assert fine[0] != USAGE_STATUS
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF")


def test_a_table_destroys_nothing_that_is_read(signing: Signing, document: Path, trust: Path) -> None:
    folder = document.parent
    table = folder / "table.csv"
    table.write_bytes(b"to be kept")
    (folder / "link.csv").symlink_to(table)
    (folder / "t.csv.state").write_bytes(b"to be kept too")
    for files, out in (
        ((document, table), table),
        ((document, table), folder / "link.csv"),
        ((document, folder / "t.csv.state"), folder / "t.csv"),
        ((document,), trust / "result.csv"),
    ):
        status, said = ask(signing, *files, "--trust", trust, "--out", out)
        assert status == USAGE_STATUS, out
        assert "--out" in said
    assert table.read_bytes() == b"to be kept"
    assert ask(signing, folder, "--out", folder / "result.csv", "--workers", 1)[0] != USAGE_STATUS
    assert ask(signing, folder, "--out", folder / "result.csv", "--workers", 1)[0] != USAGE_STATUS
