"""The counter's commands: a file's name is no option, a password may begin like one, and a decision's status is its answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from typer.testing import CliRunner, Result

from api.cli.main import app
from api.services import Services
from tests.unit.api.test_department_api import sealed as sealed
from tests.verify_world import Signing

LONG = "关" * 81 + ".pdf"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a signed document and the trust for it, where the commands run."""
    signing = Signing()
    trust = tmp_path / "trust"
    trust.mkdir()
    (trust / "root.pem").write_bytes(signing.pki.root.certificate.public_bytes(Encoding.PEM))
    for number, crl in enumerate(signing.crls()):
        (trust / f"{number}.crl").write_bytes(crl)
    (tmp_path / "good.pdf").write_bytes(signing.sign(stamp=True))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("YINXIN_HOME", str(tmp_path / "none"))
    return tmp_path


def verify(*words: str) -> Result:
    return CliRunner().invoke(app, ["verify", "--trust", "trust", *words])


@pytest.mark.parametrize("name", ["--at=2020-01-01", "--json", "--department=x.toml", "-"])
def test_attack_a_file_that_is_called_like_an_option(folder: Path, name: str) -> None:
    """Whoever writes `--` before names that others chose has them taken for names."""
    (folder / name).write_bytes((folder / "good.pdf").read_bytes())
    found = verify("--", "good.pdf", name)
    assert found.exit_code == 0, found.output
    assert found.output.count("有效 / VALID") == 2
    assert name in found.output.splitlines()


def test_a_password_may_begin_like_an_option(folder: Path) -> None:
    assert verify("--password=-x", "good.pdf").exit_code == 0


def test_a_decision_ends_with_its_answer(services: Services, sealed: bytes, tmp_path: Path) -> None:
    """A script that goes on after `recognition accept` goes on where the department accepts; a long name is a name."""
    file = tmp_path / LONG
    file.write_bytes(sealed)

    def accept(department: str, act: str, *more: str) -> Result:
        words = [
            "recognition",
            "accept",
            str(file),
            "--department",
            department,
            "--act",
            act,
            "--purpose",
            "用途",
        ]
        return CliRunner().invoke(app, [*words, "--home", str(services.settings.home), *more])

    assert accept("市场监管", "企业变更登记").exit_code == 0
    for more in ((), ("--json",)):
        refused = accept("财政", "bill", *more)
        assert refused.exit_code == 5, refused.output
    assert "不予接受" in accept("财政", "bill").output
