"""Opening the door for verification reports: its neighbours, each once."""

from __future__ import annotations

from typing import Final

from api.sealing.works import SealingWorks
from api.verifying.verification import Verification
from api.wiring.ground import Ground
from ca.authority import CertificateAuthority
from ca.tsa import TimeStampAuthority
from signing.archive import Archive
from signing.verification_reports.desk import ReportDesk, ReportTools
from signing.verification_reports.sealing import ReportSealer

REPORT_WORK: Final = "reports"
"""Where reports are made, apart from sealings: each sweeps its own leftovers."""
ANSWER: Final = "/api/v1/verifications/reports/{}/report.pdf"
"""What the code on a report leads to: the report as its service keeps it."""


def open_reports(
    ground: Ground,
    works: SealingWorks,
    authority: CertificateAuthority,
    tsa: TimeStampAuthority,
    verification: Verification,
) -> ReportDesk:
    """Open it; nothing is signed and no file is made."""
    settings = ground.settings
    archive = Archive(settings.archive, works.archive.objects, work=REPORT_WORK)
    sealer = ReportSealer(authority, ground.ring, works.evidence, tsa.stamp)
    base = settings.base_url.rstrip("/")
    tools = ReportTools(
        sealer,
        archive,
        lambda made: verification.verify(made, name="report.pdf"),
        lambda code: f"{base}{ANSWER.format(code)}",
    )
    return ReportDesk(ground.engine, ground.clock, ground.audit, tools)
