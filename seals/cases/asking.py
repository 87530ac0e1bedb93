"""What a case may ask for: the form of each member of a request. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from seals.cases.approved import Medium
from seals.cases.case import UseRequest
from seals.cases.errors import CaseFieldInvalid
from seals.cases.members import MAX_MEMBERS
from seals.cases.texts import MAX_TITLE, check_word

MAX_COPIES: Final = 1000
"""Copies in one case: a tender in a hundred volumes has fewer pages to seal."""
MAX_YUAN: Final = 10**15


def check_request(request: UseRequest) -> UseRequest:
    """Demand a form of every member; return the request with its texts trimmed."""
    most = MAX_MEMBERS if request.members else MAX_COPIES
    if not 1 <= request.copies <= most:
        raise CaseFieldInvalid("copies", f"应为 1 至 {most}", f"it is 1 to {most}")
    if request.members and (request.copies, request.medium) != (request.members, Medium.ELECTRONIC):
        raise CaseFieldInvalid(
            "members", "批次中每份文件各用印一次", "a batch uses the seal once on each document"
        )
    if request.amount is not None and not 0 <= request.amount <= MAX_YUAN:
        raise CaseFieldInvalid("amount", "金额不正确（单位：元）", "it is an amount in yuan, not negative")
    document = request.document
    if document.size < 0 or len(document.name) > MAX_TITLE or not (document.name + "x").isprintable():
        raise CaseFieldInvalid("document", "文件名或大小不正确", "the file's name or size is not in order")
    return replace(
        request,
        title=check_word("title", request.title, needed=True, most=MAX_TITLE),
        document_class=check_word("document_class", request.document_class),
        department=check_word("department", request.department),
    )
