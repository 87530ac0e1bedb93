"""Settings: documented, frozen, weak secrets refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from api.errors import SettingsInvalid
from api.settings import SETTINGS_FILE, Settings, load_settings

DOCS = Path(__file__).parents[3] / "docs" / "settings.md"


def test_every_setting_is_documented_and_nothing_else_is() -> None:
    rows = [line.split("`")[1] for line in DOCS.read_text().splitlines() if line.startswith("| `")]
    assert sorted(rows) == sorted(Settings.model_fields)
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize(
    "name", ["crl_hours", "ocsp_minutes", "session_minutes", "max_upload_bytes", "instance_prefix"]
)
def test_documented_defaults_are_the_defaults(name: str) -> None:
    row = next(line for line in DOCS.read_text().splitlines() if line.startswith(f"| `{name}`"))
    assert str(Settings.model_fields[name].default) in row.split("|")[2]


@pytest.mark.parametrize("weak", ["short", "a" * 64, "abababababababababababababababababababab"])
def test_a_weak_session_secret_stops_the_start(
    weak: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YINXIN_SESSION_SECRET", weak)
    with pytest.raises(SettingsInvalid) as refused:
        load_settings(tmp_path)
    assert "YINXIN_SESSION_SECRET" in refused.value.en
    assert weak not in refused.value.en
    assert weak not in refused.value.zh
    assert refused.value.__cause__ is None


def test_settings_do_not_change(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    with pytest.raises(ValidationError):
        settings.base_url = "http://elsewhere"  # type: ignore[misc]


def test_given_wins_over_environment_over_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / SETTINGS_FILE).write_text('base_url = "http://file"\nlisten_port = 1111\ncrl_hours = 5\n')
    monkeypatch.setenv("YINXIN_LISTEN_PORT", "2222")
    settings = load_settings(tmp_path, crl_hours=7)
    assert (settings.base_url, settings.listen_port, settings.crl_hours) == ("http://file", 2222, 7)


@pytest.mark.parametrize("text", ["nonsense = 1", "listen_port = 0", "base_url = 'ftp://x'", "= broken"])
def test_a_wrong_file_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / SETTINGS_FILE).write_text(text)
    with pytest.raises(SettingsInvalid) as refused:
        load_settings(tmp_path)
    assert refused.value.faults
