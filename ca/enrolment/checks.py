"""The checklist: what another person found in the evidence. Pure."""

from __future__ import annotations

from datetime import datetime

from ca.enrolment.approval import check_second_person, check_text
from ca.enrolment.errors import ChecksOpen, FieldInvalid
from ca.enrolment.moving import next_status
from ca.enrolment.request import Approver, CheckMark, EnrolmentRecord
from ca.enrolment.rules import Item
from ca.enrolment.states import EnrolmentAct


def open_items(record: EnrolmentRecord) -> tuple[Item, ...]:
    """Return the items that nobody has found yet."""
    found = {mark.item for mark in record.checks if mark.found}
    return tuple(item for item in record.rule.checklist if item.id not in found)


def mark_item(  # noqa: PLR0913 - one mark is one row
    record: EnrolmentRecord, item: str, *, found: bool, remark: str, by: Approver, at: datetime
) -> tuple[bool, CheckMark]:
    """Return whether the list is complete with this mark, and the mark.

    A refusal needs a remark. An item that rests on a document is only found if one of that kind is attached.
    """
    next_status(record, EnrolmentAct.CHECK)
    check_second_person(by.actor, record.requester)
    wanted = record.rule.item(item)
    if wanted is None:
        known = "、".join(one.id for one in record.rule.checklist)
        raise FieldInvalid(
            "item", f"清单中没有此项；可用：{known}", f"the list has no such item, but {known}"
        )
    check_text("remark", remark, needed=not found)
    kinds = {one.kind for one in record.content.evidence}
    if found and wanted.evidence and wanted.evidence not in kinds:
        raise ChecksOpen(
            f"缺少材料“{wanted.evidence}”，不能确认“{wanted.zh}”；请由申请人补充。",
            f"No document of the kind {wanted.evidence} is attached, so {wanted.id} cannot be found; "
            "the requester must add it.",
        )
    left = {one.id for one in open_items(record)} | {item}
    return found and left == {item}, CheckMark(item, found, remark, by.actor, at)
