"""Under what a permit is granted: an approved case, a standing authorisation, or the rule that lets a keeper seal alone.

Pure. ``seals.permit.Permits.grant`` judges a warrant again and moves its case in the transaction of the permit, so a warrant
by itself gives nothing and lasts no longer than what it stands on.
"""

from __future__ import annotations

from dataclasses import InitVar, dataclass

from ca.words import Word
from hsm.algorithms import Digest
from seals.cases.approved import MADE_HERE
from seals.cases.members import Member


class Ground(Word):
    """What a warrant stands on."""

    CASE = "case", "用印审批"
    STANDING = "standing", "静默用印授权"
    KEEPER = "keeper", "保管人自行用印"


@dataclass(frozen=True, slots=True)
class Warrant:
    """The ground for one permit; only the desk makes one (:meth:`seals.cases.desk.UseDesk.warrant`).

    ``case_id`` is the case that the use is recorded under (one opened for it where there was none before), ``standing`` the
    authorisation's id on that ground. ``approvals_sha256`` (hex) digests the approvals that counted, empty where the rule
    asks for none; ``person`` is the one whom it is for, however their id is spelt. ``document_class`` and ``amount`` are what
    was claimed of a use without a case. ``member`` says which document of a case about many it is.
    """

    ground: Ground
    case_id: str
    seal_code: str
    document: Digest
    person: str
    rule_id: str
    rule_version: str
    rule_hash: str
    approvals_sha256: str
    standing: str = ""
    document_class: str = ""
    amount: int | None = None
    member: Member | None = None
    made_by: InitVar[object] = None

    def __post_init__(self, made_by: object) -> None:
        if made_by is not MADE_HERE:
            raise TypeError("a Warrant comes from the desk, never from a constructor")
