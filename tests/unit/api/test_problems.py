"""Problems (RFC 9457): every error has one, in two languages, and the unforeseen stays opaque."""

from __future__ import annotations

import errno
import importlib
import inspect
import tempfile
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from api.cli.console import FAULT, fail
from api.errors import UploadTooLarge
from api.problems.problem import WORLD, describe
from api.problems.table import INTERNAL, TABLE
from hsm.errors import PinIncorrect

ROOM_ERRORS = (
    "hsm.errors",
    "hsm.devices.errors",
    "ca.errors",
    "ca.enrolment.errors",
    "ca.keycentre.errors",
    "seals.errors",
    "signing.errors",
    "api.errors",
)


def _classes() -> list[type[Exception]]:
    modules = {name: importlib.import_module(name) for name in ROOM_ERRORS}
    return [
        value
        for name, module in modules.items()
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, Exception) and value.__module__ == name
    ]


@pytest.mark.parametrize("error", _classes(), ids=lambda error: f"{error.__module__}.{error.__name__}")
def test_every_error_has_a_problem(error: type[Exception]) -> None:
    assert error in TABLE, "add a row to api/problems/table.py"


def test_one_slug_means_one_thing() -> None:
    kinds = {*TABLE.values(), *WORLD, INTERNAL}
    by_slug: dict[str, set[int]] = {}
    for kind in kinds:
        by_slug.setdefault(kind.slug, set()).add(kind.status)
        assert kind.zh
        assert kind.en
        assert 400 <= kind.status <= 599
    assert {slug: found for slug, found in by_slug.items() if len(found) > 1} == {}


def test_the_numbers_of_an_error_are_members() -> None:
    told = describe(PinIncorrect(3)).to_json(instance="/x")
    assert told["left"] == 3
    assert told["type"] == "/problems/pin-incorrect"
    assert told["status"] == 403
    assert told["detail"] == told["zh"] == "PIN 码不正确，还可尝试 3 次。"
    assert describe(PinIncorrect(3)).to_json(english=True)["detail"] == told["en"]
    assert describe(UploadTooLarge(1024)).to_json()["limit"] == 1024


@pytest.mark.parametrize(
    ("error", "slug", "status"),
    [
        (
            OperationalError("SELECT secret", {}, Exception("server closed the connection")),
            "database-unavailable",
            503,
        ),
        (OperationalError("INSERT", {}, Exception("database or disk is full")), "disk-full", 507),
        (OSError(errno.ENOSPC, "No space left on device"), "disk-full", 507),
        (PermissionError(errno.EACCES, "denied", "/secret/path"), "storage-failed", 500),
        (RuntimeError("password=hunter2"), "internal-fault", 500),
        (ZeroDivisionError("hunter2"), "internal-fault", 500),
    ],
)
def test_the_world_is_told_without_its_words(error: Exception, slug: str, status: int) -> None:
    told = describe(error)
    assert (told.kind.slug, told.kind.status) == (slug, status)
    text = str(told.to_json())
    assert not any(word in text for word in ("hunter2", "SELECT", "/secret", "Traceback", "server closed"))
    assert told.zh
    assert told.en


def test_each_internal_fault_has_its_own_incident() -> None:
    incidents = {describe(RuntimeError("x")).members["incident"] for _ in range(20)}
    assert len(incidents) == 20


def test_an_internal_fault_of_a_command_is_kept_for_the_administrator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The line on the screen has a number and a place, the file behind it has the trace, and nobody else may read it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert fail(ZeroDivisionError("what only a developer understands")) == FAULT
    (kept,) = tmp_path.iterdir()
    said = capfd.readouterr().err.replace("\n", "")
    assert str(kept) in said
    assert "developer" not in said
    assert "ZeroDivisionError: what only a developer understands" in kept.read_text()
    assert kept.stat().st_mode & 0o777 == 0o600
