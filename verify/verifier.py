"""The door: bytes and a time in, a report out."""

from __future__ import annotations

from datetime import datetime

from verify.policy import Policy
from verify.report import DocumentReport
from verify.trust import TrustStore


class Verifier:
    """Verify documents against one trust store and one policy. Pure: no network, no clock, no database."""

    def __init__(self, trust: TrustStore, policy: Policy | None = None) -> None:
        self._trust = trust
        self._policy = policy or Policy()

    def verify(
        self, data: bytes, *, at: datetime, name: str = "", password: str | None = None
    ) -> DocumentReport:
        """Verify every signature of the PDF in ``data`` as of ``at`` (aware); never raises on bad input.

        ``name`` is how the report calls the file; ``password`` opens an encrypted one. ``ValueError``: ``at`` is naive.
        """
        raise NotImplementedError
