"""The table: error class → problem type, HTTP status, title. An architecture test holds it complete."""

from __future__ import annotations

from typing import Final

from api.problems.kind import Kind
from api.problems.rows.api import API
from api.problems.rows.archive import ARCHIVE
from api.problems.rows.batches import BATCHES
from api.problems.rows.ca import CA, CROSS, ENROLMENT, TOKENS
from api.problems.rows.cases import CASES
from api.problems.rows.filing import FILING
from api.problems.rows.hsm import DEVICES, HSM
from api.problems.rows.key_centre import KEY_CENTRE
from api.problems.rows.papers import PAPERS
from api.problems.rows.recognition import LISTS, RECOGNITION, TRUST
from api.problems.rows.remote import REMOTE
from api.problems.rows.reports import ORDERS, REPORTS
from api.problems.rows.seals import IMPRINTS, SEAL_DATA, SEALS
from api.problems.rows.signing import CONTAINERS, LICENCES, OFD, PLACEMENT, SIGNING
from api.problems.rows.stamps import STAMP_LINES, STAMPS

INTERNAL: Final = Kind("internal-fault", 500, "系统内部故障", "Internal fault")

TABLE: Final[dict[type[Exception], Kind]] = {
    **API,
    **HSM,
    **DEVICES,
    **CA,
    **ENROLMENT,
    **KEY_CENTRE,
    **SEAL_DATA,
    **CASES,
    **CONTAINERS,
    **CROSS,
    **FILING,
    **OFD,
    **PAPERS,
    **PLACEMENT,
    **REMOTE,
    **RECOGNITION,
    **REPORTS,
    **ORDERS,
    **STAMPS,
    **TRUST,
    **LICENCES,
    **LISTS,
    **ARCHIVE,
    **BATCHES,
    **IMPRINTS,
    **TOKENS,
    **SEALS,
    **STAMP_LINES,
    **SIGNING,
}
