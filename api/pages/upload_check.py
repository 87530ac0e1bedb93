"""Verifying an upload with everything that lies beside it: proof, content, evidence records."""

from __future__ import annotations

from pathlib import Path

from api.pages.checks import CONTENT, PROOF
from api.pages.question import evidence
from api.services import Services
from verify.report import DocumentReport
from verify.signatures.detached import ContentOctets


def verify_upload(
    services: Services, document: Path, name: str, password: str | None = None
) -> DocumentReport:
    """Verify a file of the shelf by this installation's evidence, now."""
    proof = document.with_name(PROOF)
    if proof.exists():
        return services.verification.verify_with_proof(document.read_bytes(), proof.read_bytes(), name=name)
    beside = document.with_name(CONTENT)
    content = ContentOctets(beside.read_bytes()) if beside.exists() else None
    return services.verification.verify(
        document.read_bytes(),
        name=name,
        password=password,
        content=content,
        evidence=evidence(document.parent),
    )
