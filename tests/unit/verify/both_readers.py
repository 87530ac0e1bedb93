"""An honest neighbour of an attack is valid by either reader of PDF."""

from __future__ import annotations

import pytest

from tests.verify_world import Signing
from verify.verdict import Verdict


def check_valid(signing: Signing, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """By our own reader or the library's, and by the library's alone."""
    report = signing.verify(data)
    assert report.verdict is Verdict.PASSED, report.reason.en
    monkeypatch.setattr("verify.verifier.open_plainly", lambda _: None)
    report = signing.verify(data)
    assert report.verdict is Verdict.PASSED, report.reason.en
