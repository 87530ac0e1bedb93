"""The approval behind a draft: the approved case about these very bytes and this seal, where there is one."""

from __future__ import annotations

from pathlib import Path

from api.errors import InputInvalid
from api.pages.desk import Desk
from api.pages.drafts import OPEN
from api.pages.shelf import Entry
from api.pages.words import WORDS
from api.services import Services
from ca.actor import Actor
from hsm.algorithms import Digest
from seals.cases.approved import Medium
from seals.cases.case import CaseRecord
from seals.cases.states import CaseStatus
from signing.order import digest_of


def approved_case(doors: Services, document: Path, seal: str, keeper: Actor) -> str:
    """Return the number of the newest case that is approved for this document and seal; empty leaves it to the rule.

    It only finds the case: the case is judged, with every approval, when the permit is granted.
    """
    digest, now = digest_of(document), doors.clock()
    about = doors.use_desk.lanes_of(str(digest), keeper.uscc or "")
    ready = (one.case for one in about if _ready(one.case, digest, seal))
    return next((case.id for case in ready if case.deadline is None or now <= case.deadline), "")


def draft_of(desk: Desk, case: CaseRecord, octets: bytes, keeper: Actor) -> Entry:
    """Put the document of a case on the seal page, its seal chosen; one whose pages cannot be shown is refused in plain words."""
    state = {"status": OPEN, "owner": keeper.id, "name": case.request.document.name}
    entry = desk.drafts.shelf.create(state | {"order": {"seal": case.seal_code, "where": ""}})
    entry.document.write_bytes(octets)
    word = desk.drafts.open(entry)
    if word is not None:
        desk.drafts.shelf.remove(entry)
        raise InputInvalid(*WORDS[f"shown.{word}"])
    return entry


def _ready(case: CaseRecord, digest: Digest, seal: str) -> bool:
    asked = case.request
    electronic = asked.medium is Medium.ELECTRONIC and not asked.members
    same = asked.document.digest == digest and case.seal_code == seal
    return electronic and same and case.status is CaseStatus.APPROVED
