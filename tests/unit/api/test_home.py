"""The home folder: secrets are the owner's alone, PINs come from where the documents say."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from api.errors import HomeUnsafe
from api.home import Home, new_pin, read_secret, service_pins
from hsm.errors import PinRequired
from hsm.pins import Pin


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.prepare()
    return made


def test_a_pin_kept_reads_back_and_is_never_overwritten(home: Home) -> None:
    path = home.keep_pin("yinxin-service", Pin("246810"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert service_pins(home, {})("yinxin-service") == Pin("246810")
    with pytest.raises(FileExistsError):
        home.keep_pin("yinxin-service", Pin("135791"))


def test_the_environment_wins_over_the_file(home: Home) -> None:
    home.keep_pin("yinxin-service", Pin("246810"))
    assert service_pins(home, {"YINXIN_PIN_YINXIN_SERVICE": "975310"})("yinxin-service") == Pin("975310")


def test_a_holders_pin_is_not_the_services_to_give(home: Home) -> None:
    home.keep_pin("ent91330106MA2CYNTX07", Pin("246810"), holder=True)
    with pytest.raises(PinRequired):
        service_pins(home, {})("ent91330106MA2CYNTX07")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o666])
def test_a_secret_that_others_can_read_is_refused(home: Home, mode: int) -> None:
    path = home.keep_pin("yinxin-service", Pin("246810"))
    path.chmod(mode)
    with pytest.raises(HomeUnsafe) as refused:
        service_pins(home, {})("yinxin-service")
    assert "246810" not in refused.value.en + refused.value.zh


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "名称", "x" * 32])
def test_a_token_label_never_leaves_its_folder(home: Home, name: str) -> None:
    assert home.pin_file(name).parent == home.secrets / "service"


def test_the_session_key_is_made_once(home: Home) -> None:
    first = home.session_secret()
    assert len(first) == 48
    assert home.session_secret() == first
    assert read_secret(home.secrets / "session.key")


def test_pins_are_random_digits() -> None:
    pins = {new_pin().reveal() for _ in range(50)}
    assert len(pins) == 50
    assert all(pin.isdigit() and len(pin) == 12 for pin in pins)
