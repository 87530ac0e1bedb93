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
