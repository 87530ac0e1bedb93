"""Console pages about certificates: the overview, the list, one certificate with its timeline."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from cryptography import x509
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.access.scopes import Scope
from api.errors import InputInvalid
from api.pages.console.frame import Frame, enter, profile_title
from api.pages.words import Language
from api.tokens.enrolment import serial_of
from ca.certificate import CertificateOrder, CertificateQuery, CertificateRecord, CertificateStatus
from ca.certificate import RevocationReason as Reason
from ca.custody_policy import custody_of
from ca.errors import CertificateUnknown
from ca.profile import PROFILES, Purpose
from hsm.algorithms import kind_of
from hsm.errors import HsmError
from hsm.public_keys import certificate_key

router = APIRouter(include_in_schema=False)
PAGE_ROWS = 25
CODE_LENGTH = 18
REASONS = (
    Reason.UNSPECIFIED.value,
    Reason.KEY_COMPROMISE.value,
    Reason.AFFILIATION_CHANGED.value,
    Reason.SUPERSEDED.value,
    Reason.CESSATION_OF_OPERATION.value,
    Reason.PRIVILEGE_WITHDRAWN.value,
)
"""What a holder's certificate is revoked for (RFC 5280 §5.3.1)."""
EVENT_TONES = {
    "approved": "passed",
    "issued": "passed",
    "delivered": "passed",
    "resumed": "passed",
    "renewed": "passed",
    "suspended": "indeterminate",
    "rejected": "failed",
    "revoked": "failed",
    "burned": "failed",
    "failed": "failed",
}


@router.get("/console/certificates")
def listing(
    request: Request,
    asked: Annotated[str, Query(alias="q", max_length=64)] = "",
    status: Annotated[str, Query(max_length=16)] = "",
    order: CertificateOrder = CertificateOrder.ISSUANCE,
    cursor: Annotated[str, Query(max_length=512)] = "",
) -> Response:
    """Show the list, found by name, credit code or serial number."""
    frame = enter(request, "certificates")
    if isinstance(frame, Response):
        return frame
    chosen = CertificateStatus(status) if status in set(CertificateStatus) else None
    query = _query(asked.strip(), chosen, order, cursor)
    page = frame.doors.authority.find(frame.caller.narrowed(query))
    rows = [row_of(found, frame.language, frame.doors.clock()) for found in page.items]
    choices = [(one.value, one) for one in CertificateOrder]
    return frame.page(
        "certificates.html",
        rows=rows,
        next=page.next,
        asked=asked,
        chosen=status,
        order=order.value,
        orders=choices,
    )


@router.get("/console/certificates/{serial}")
def one(request: Request, serial: str) -> Response:
    """Show one certificate and what happened to it."""
    frame = enter(request, "certificates")
    if isinstance(frame, Response):
        return frame
    try:
        found = frame.doors.authority.certificate(serial_of(serial))
        frame.caller.acting_for(found.uscc)
    except (CertificateUnknown, InputInvalid):
        return frame.gone("cert.gone")
    row = row_of(found, frame.language, frame.doors.clock())
    return frame.page(
        "certificate.html",
        found=found,
        row=row,
        facts=_facts(found),
        events=_events(frame, found),
        acts=_acts(frame, found),
        reasons=REASONS,
    )


def _query(
    asked: str, status: CertificateStatus | None, order: CertificateOrder, cursor: str
) -> CertificateQuery:
    """Read one box as a credit code, a serial number, or else a part of a name."""
    found: dict[str, Any] = {"status": status, "order": order, "cursor": cursor, "limit": PAGE_ROWS}
    if len(asked) == CODE_LENGTH and asked.isascii() and asked.isalnum() and asked.upper() == asked:
        return CertificateQuery(uscc=asked, **found)
    if len(asked) > CODE_LENGTH and all(each in "0123456789abcdef" for each in asked.lower()):
        return CertificateQuery(serial=int(asked, 16), **found)
    return CertificateQuery(name=asked, **found)


def row_of(found: CertificateRecord, language: Language, now: datetime) -> dict[str, Any]:
    """Return what lists say about a certificate."""
    profile = PROFILES.get(found.profile)
    title = profile_title(found.profile, language)
    status, tone = _standing(found, now)
    return {
        "name": found.name or "—",
        "uscc": found.uscc,
        "title": title,
        "purpose": profile.purpose.value if profile else "",
        "status": status,
        "tone": tone,
        "until": found.not_after,
        "serial": f"{found.serial:x}",
    }


def _standing(found: CertificateRecord, now: datetime) -> tuple[str, str]:
    """Return the word and the tone for how a certificate stands now."""
    if found.status is CertificateStatus.REVOKED:
        held = found.reason is Reason.CERTIFICATE_HOLD
        return ("held", "indeterminate") if held else ("revoked", "failed")
    if found.status is not CertificateStatus.ISSUED:
        return found.status.value, "unreadable"
    return ("issued", "passed") if found.not_after >= now else ("expired", "unreadable")


def _facts(found: CertificateRecord) -> dict[str, str]:
    """Read algorithm and custody from the certificate itself."""
    if not found.der:
        return {"algorithm": "", "custody": "unknown"}
    return key_facts(x509.load_der_x509_certificate(found.der))


def key_facts(certificate: x509.Certificate) -> dict[str, str]:
    """Return algorithm and custody of a certified key, as words of the pages name them."""
    try:
        kind, custody = kind_of(certificate_key(certificate)).value, custody_of(certificate)
    except (HsmError, ValueError):
        return {"algorithm": "?", "custody": "unknown"}
    return {"algorithm": kind.upper(), "custody": custody.value if custody else "unknown"}


def _events(frame: Frame, found: CertificateRecord) -> list[dict[str, Any]]:
    """Tell what happened to the certificate, oldest first, as the timeline joins it."""
    timeline = frame.doors.enrolments.timeline(found.serial, found.issuer)
    return [
        {
            "at": event.at,
            "words": event.zh if frame.language == "zh" else event.step.capitalize(),
            "tone": EVENT_TONES.get(event.step, ""),
            "note": str(event.detail.get("reason") or event.detail.get("comment") or ""),
            "by": event.actor.name or event.actor.id,
            "number": event.number,
        }
        for event in timeline.events
    ]


def _acts(frame: Frame, found: CertificateRecord) -> list[str]:
    """Return what a requester may ask for, by how the certificate stands now."""
    profile = PROFILES.get(found.profile)
    ours = profile is not None and profile.purpose in (Purpose.SIGNATURE, Purpose.ENCRYPTION)
    if Scope.RA_REQUEST not in frame.caller.scopes or not ours:
        return []
    status, _ = _standing(found, frame.doors.clock())
    if status == "held":
        return ["resumption", "revocation-request"]
    return ["renewal", "suspension", "revocation-request"] if status == "issued" else []
