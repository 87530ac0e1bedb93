"""Handing documents in, and having exactly these approved: the list is closed by the root of the tree over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import sqlalchemy as sa

from hsm.algorithms import Digest
from seals.cases.case import Attachment, CaseRecord, Hand, UseRequest
from seals.cases.errors import ApprovalNeeded
from seals.cases.grounds import Use
from seals.cases.members import tree_of
from seals.cases.states import CaseStatus
from seals.cases.texts import MAX_TITLE, check_key, check_reason, check_word
from seals.cases.warrant import Ground, Warrant
from signing.batch import chunk_rows, rows
from signing.batch.batch import (
    MAX_DOCUMENTS,
    Batch,
    BatchAct,
    BatchDocument,
    BatchForm,
    BatchRequest,
    BatchState,
    DocumentState,
    Fault,
    Incoming,
    chunk_size,
)
from signing.batch.errors import BatchActRefused, BatchFieldInvalid, BatchKeyTaken, BatchUnknown
from signing.batch.office import BatchDeed, BatchOffice, load, move
from signing.order import MAX_NAME_LENGTH
from signing.placing.where import parse_where
from verify.signatures.merkle import head_for

MAX_MARK: Final = 100
"""Longest number that a sender gives a document: their own file numbers have some thirty characters."""
_KEYED: Final = 199
"""Room for an actor's id and a request key in one column."""
_SPLIT: Final = 200
"""Documents written in one statement."""


class Gathering:
    """Takes documents in until the list is closed."""

    def __init__(self, office: BatchOffice) -> None:
        self._office = office

    def open(self, request: BatchRequest, *, hand: Hand) -> Batch:
        """Open a batch that gathers documents (:meth:`signing.batch.desk.BatchDesk.open`)."""
        asked, office = _checked(request, hand), self._office
        made = Batch(
            id=office.new_id(),
            state=BatchState.GATHERING,
            moves=0,
            attended=False,
            request=asked,
            actor=hand.actor,
            credential=hand.credential,
            case_id="",
            rule_hash="",
            root=None,
            total=0,
            fault=Fault(),
            created_at=office.now(),
            started_at=None,
            ended_at=None,
        )
        try:
            with office.engine.begin() as conn:
                known = rows.by_request_key(conn, asked.request_key)
                if known is None:
                    rows.insert(conn, made)
                    office.note(conn, "opened", made, hand, {"title": asked.title, "seal": asked.seal_code})
                    return made
        except sa.exc.IntegrityError:  # opened under the same key at the same moment
            with office.reading() as conn:
                known = rows.by_request_key(conn, asked.request_key)
        if known is None or known.request != asked:
            raise BatchKeyTaken
        return known

    def add(self, batch_id: str, documents: Sequence[Incoming], *, hand: Hand) -> int:
        """Hand documents in (:meth:`signing.batch.desk.BatchDesk.add`)."""
        office = self._office
        checked = [_checked_document(one) for one in documents]
        given = [(one, *office.inputs.put(one.path)) for one in checked]
        with office.engine.begin() as conn:
            found = load(conn, batch_id, lock=True)
            _bound(found, hand)
            if found.state is not BatchState.GATHERING:
                raise BatchActRefused
            number = rows.count(conn, batch_id)
            known = rows.marks(conn, batch_id, [one.mark for one in checked if one.mark])
            fresh: list[BatchDocument] = []
            for one, digest, size in given:
                if one.mark and one.mark in known:
                    continue
                fresh.append(_waiting(batch_id, number + len(fresh), one, (digest, size)))
                known.add(one.mark)
            if number + len(fresh) > MAX_DOCUMENTS:
                raise BatchFieldInvalid(
                    "file",
                    f"一个批次最多 {MAX_DOCUMENTS} 份文件",
                    f"a batch has at most {MAX_DOCUMENTS} documents",
                )
            for start in range(0, len(fresh), _SPLIT):
                rows.add(conn, fresh[start : start + _SPLIT])
            return number + len(fresh)

    def submit(self, batch_id: str, *, hand: Hand) -> Batch:
        """Close the list (:meth:`signing.batch.desk.BatchDesk.submit`)."""
        office = self._office
        with office.reading() as conn:
            found = load(conn, batch_id)
            documents = rows.digests(conn, batch_id)
        _bound(found, hand)
        if found.state is not BatchState.GATHERING:
            return found
        if not documents:
            raise BatchFieldInvalid("file", "批次中还没有文件", "there is no document in the batch yet")
        root = tree_of(documents).root
        warrant = self._standing(found, documents[0], hand)
        case = self._case(found, root, len(documents), hand) if warrant is None else None
        changes: dict[str, Any] = {
            "total": len(documents),
            "root": str(root),
            "case_id": "" if case is None else case.id,
            "rule_hash": case.rule.hash if case is not None else (warrant.rule_hash if warrant else ""),
        }
        with office.engine.begin() as conn:
            locked = load(conn, batch_id, lock=True)
            if locked.state is not BatchState.GATHERING or rows.count(conn, batch_id) != len(documents):
                raise BatchActRefused
            whole = found.request.form is BatchForm.TREE
            chunk_rows.split(
                conn, batch_id, len(documents) if whole else chunk_size(len(documents)), len(documents)
            )
            deed = BatchDeed(BatchAct.SUBMIT, hand, changes, {"root": str(root), "documents": len(documents)})
            return move(office, conn, locked, deed)

    def _standing(self, found: Batch, document: Digest, hand: Hand) -> Warrant | None:
        """Return what a standing authorisation gives for the first document, where there is one."""
        asked = found.request
        if asked.form is not BatchForm.EACH:
            return None
        use = Use(
            asked.seal_code,
            document,
            hand,
            title=asked.title,
            document_class=asked.document_class,
            amount=asked.amount,
        )
        try:
            warrant = self._office.uses.warrant(use)
        except ApprovalNeeded:
            return None
        return warrant if warrant.ground is Ground.STANDING else None

    def _case(self, found: Batch, root: Digest, total: int, hand: Hand) -> CaseRecord:
        """Open the batch's case and hand it in; the rules may approve it at once."""
        asked, each = found.request, found.request.form is BatchForm.EACH
        request = UseRequest(
            asked.seal_code,
            Attachment(root if each else head_for(root, total).digest, f"{asked.title[:100]}（{total} 份）"),
            asked.title,
            copies=total if each else 1,
            document_class=asked.document_class,
            amount=asked.amount,
            members=total if each else 0,
        )
        case = self._office.uses.open(request, request_key=f"batch:{found.id}", hand=hand)
        return self._office.uses.submit(case.id, hand=hand) if case.status is CaseStatus.DRAFT else case


def _bound(found: Batch, hand: Hand) -> None:
    if hand.actor.uscc not in (None, found.actor.uscc):
        raise BatchUnknown


def _waiting(batch_id: str, number: int, one: Incoming, octets: tuple[Digest, int]) -> BatchDocument:
    digest, size = octets
    mark = one.mark or f"#{number + 1}"
    state = DocumentState.WAITING
    return BatchDocument(
        batch_id, number, 0, one.name, digest, size, one.placement, one.reason, mark, state, 0
    )


def _checked(request: BatchRequest, hand: Hand) -> BatchRequest:
    key = f"{hand.actor.person}/{check_key(request.request_key)}"
    if len(key) > _KEYED:
        raise BatchFieldInvalid("request_key", "请求编号太长", "the request key is too long")
    placement = ""
    if request.form is BatchForm.EACH:
        placement = str(parse_where(request.placement))
    return replace(
        request,
        title=check_word("title", request.title, needed=True, most=MAX_TITLE),
        placement=placement,
        reason=check_reason(request.reason),
        location=check_word("location", request.location),
        document_class=check_word("document_class", request.document_class),
        request_key=key,
    )


def _checked_document(one: Incoming) -> Incoming:
    if len(one.mark) > MAX_MARK or not (one.mark + "x").isprintable() or one.mark.startswith("#"):
        raise BatchFieldInvalid(
            "idempotency",
            f"“{one.mark[:20]}”不正确：至多 {MAX_MARK} 个可见字符，不以 # 开头",
            f"{one.mark[:20]!r} is not in order: at most {MAX_MARK} printable characters, not beginning with #",
        )
    name = "".join(sign for sign in one.name if sign.isprintable())[-MAX_NAME_LENGTH:]
    placement = str(parse_where(one.placement)) if one.placement else ""
    return replace(one, name=name or "document", placement=placement, reason=check_reason(one.reason))
