"""The kept world of the seeds: what they were made under, so that mutations reach past the first signature check."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

from verify.folder import load_trust
from verify.trust import TrustStore
from verify.verifier import Verifier

CORPUS: Final = Path(__file__).parent / "corpus"
TRUST: Final = CORPUS / "trust"


def seeds(target: str) -> list[Path]:
    """Return the kept inputs of a target."""
    return sorted(path for path in (CORPUS / target).iterdir() if path.is_file())


@cache
def made_at() -> datetime:
    """When the seeds were made: they are judged an hour later, so that those that are good pass."""
    return datetime.fromisoformat(json.loads((TRUST / "made.json").read_text())["at"]).astimezone(UTC)


@cache
def trust() -> TrustStore:
    """Return the anchors and lists of the seeds."""
    return load_trust(TRUST)


@cache
def verifier() -> Verifier:
    """Return the door with the seeds' world trusted."""
    return Verifier(trust())
