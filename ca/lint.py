"""The checks between planning and signing: only a draft that meets every demand may be signed. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from ca.errors import LintFailed
from ca.lint_body import BODY_DEMANDS
from ca.lint_case import Broken, Case
from ca.lint_cross import CROSS_DEMANDS
from ca.lint_extensions import EXTENSION_DEMANDS
from ca.plan import Draft
from ca.ticket import Ticket

UNREADABLE: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.ExtensionNotFound,
    x509.UnsupportedGeneralNameType,
)
"""What ``cryptography`` raises at octets that it cannot read; each is a finding."""


def check(draft: Draft, now: datetime) -> Ticket:
    """Put every demand to ``draft``; return the permission to sign it once, or raise :class:`LintFailed`."""
    try:
        certificate = x509.load_der_x509_certificate(draft.unsigned)
        octets_kept = certificate.tbs_certificate_bytes == draft.tbs
    except UNREADABLE as wrong:
        raise LintFailed([f"it cannot be read back: {wrong}"]) from wrong
    if not octets_kept:
        raise LintFailed(["the unsigned certificate does not hold the octets to sign"])
    case = Case(draft, certificate, now)
    findings = []
    for test in (*BODY_DEMANDS, *EXTENSION_DEMANDS, *CROSS_DEMANDS):
        try:
            test(case)
        except (Broken, *UNREADABLE) as broken:
            findings.append(f"{test.__name__}: {broken}")
    if findings:
        raise LintFailed(findings)
    return Ticket(draft)
