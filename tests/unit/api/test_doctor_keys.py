"""``yinxin doctor`` says which keys the installation accepts and who computes with SM2 keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.doctor import Check, Health, _key_policy, examine
from api.services import Services
from api.settings import load_settings
from hsm.key_policy import KeyPolicy
from hsm.sm2 import backend


def test_doctor_tells_the_policy_and_the_backend(services: Services) -> None:
    told = [check for check in examine(services) if check.subject == "token"]
    assert any("require_hardware_keys" in check.zh and "require_hardware_keys" in check.en for check in told)
    name = backend.open_backend().name
    assert any(check.en == f"SM2 is computed by {name}" and name in check.zh for check in told)


def test_a_strict_installation_is_told_apart() -> None:
    strict, open_ = (next(iter(_key_policy(KeyPolicy(require_hardware=hard)))) for hard in (True, False))
    assert strict.en != open_.en
    assert "alone" in strict.en


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hide both libraries, as on a machine that has neither."""
    monkeypatch.setattr(backend, "CHAIN", ())
    backend._native.cache_clear()
    yield
    backend._native.cache_clear()


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("allowed", [True, False])
def test_a_machine_without_a_library_is_warned_about(*, allowed: bool) -> None:
    (check,) = [
        each
        for each in _key_policy(KeyPolicy(python_signing=allowed))
        if isinstance(each, Check) and each.health is Health.WARNING
    ]
    assert check.en.endswith("signing allowed" if allowed else "verification alone")
    assert "yinxin[sm]" in check.fix_zh
    assert "yinxin[sm]" in check.fix_en


def test_settings_decide_the_policy(tmp_path) -> None:
    assert load_settings(tmp_path).key_policy == KeyPolicy()
    (tmp_path / "yinxin.toml").write_text("require_hardware_keys = true\nsm2_allow_python_signing = true\n")
    assert load_settings(tmp_path).key_policy == KeyPolicy(require_hardware=True, python_signing=True)
