"""One sealed document, verified once: the tests change the report or the policy, one thing at a time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from seals.leave import Leave
from seals.seal import SealKind
from tests.unit.verify.test_seals import Sealing
from tests.verify_world import Signing
from verify.report import DocumentReport

LEAVE = Leave("case", "ab" * 16, "big-contracts", "2026.1", "cd" * 32, "ef" * 32)


@pytest.fixture(scope="session")
def sealing(signing: Signing) -> Sealing:
    return Sealing(signing)


@pytest.fixture(scope="session")
def sealed(sealing: Sealing) -> bytes:
    """Sealed with a legal-name seal under a case, level B-LT."""
    return sealing.signing.add_dss(sealing.seal(kind=SealKind.LEGAL_NAME, leave=LEAVE))


@pytest.fixture(scope="session")
def report(sealing: Sealing, sealed: bytes) -> DocumentReport:
    trust = sealing.signing.trust(seal_lists=[sealing.status_list()])
    found = sealing.signing.verify(sealed, trust=trust, at=sealing.now + timedelta(hours=1))
    assert found.verdict.value == "passed"
    return found
