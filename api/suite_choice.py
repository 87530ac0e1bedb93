"""Which suite a home works in: chosen before its key ceremony, kept in its ``yinxin.toml``, the same ever after."""

from __future__ import annotations

from pathlib import Path

from api.errors import SuiteFixed
from api.settings import SETTINGS_FILE, Settings, default_home, file_values, load_settings
from hsm.suite import Suite


def demo_home(home: Path | None, suite: Suite | None) -> Path | None:
    """Give the demonstration in the national suite a folder of its own where nobody names one."""
    if home is None and suite is Suite.GM:
        return default_home().with_name("demo-gm")
    return home


def settings_for(home: Path | None, suite: Suite | None) -> Settings:
    """Read the settings of ``home`` with the suite asked for; without one that of the settings.

    A home that has settings or a database keeps the suite they are in: another raises :class:`SuiteFixed`.
    """
    settings = load_settings(home) if suite is None else load_settings(home, suite=suite)
    laid = _suite_of(settings.home)
    if laid is not None and laid is not settings.suite:
        raise SuiteFixed(settings.home, laid.value)
    return settings


def _suite_of(home: Path) -> Suite | None:
    """Tell which suite a home is in; nothing for an empty one."""
    if not any((home / name).exists() for name in (SETTINGS_FILE, "yinxin.db")):
        return None
    return Suite(file_values(home / SETTINGS_FILE).get("suite", Suite.INTERNATIONAL))


def keep_settings(settings: Settings) -> None:
    """Write the settings that a later command on this home needs; a file that is there stays as it is."""
    path = settings.home / SETTINGS_FILE
    if not path.exists():
        settings.home.mkdir(parents=True, exist_ok=True)
        kept = {
            "base_url": settings.base_url,
            "key_store": settings.key_store,
            "suite": settings.suite.value,
        }
        lines = [f'{name} = "{value}"\n' for name, value in kept.items()]
        path.write_text("".join(lines), encoding="utf-8")
