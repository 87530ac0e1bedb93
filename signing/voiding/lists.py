"""The list of voided documents and the record of each voiding: drawn up from the register, signed by the seal maker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from hsm.signer import Signer
from seals.errors import StatementInvalid
from seals.jws import sign
from seals.list_publisher import Heading, ListKind
from signing.voiding import voiding_store
from signing.voiding.store import void_list
from signing.voiding.voiding import Voiding, consents_digest
from verify.voided.form import (
    VOID_LIST_TYPE,
    VOID_RECORD_TYPE,
    VoidEntry,
    VoidList,
    VoidRecord,
    parse_void_list,
    parse_void_record,
    void_list_payload,
    void_record_payload,
)


def _drawn(conn: sa.Connection, heading: Heading) -> VoidList:
    entries, permits = (
        {key: VoidEntry(since, reason, number) for key, since, reason, number in listed}
        for listed in (voiding_store.every_document(conn), voiding_store.every_permit(conn))
    )
    return VoidList(heading.issuer, heading.number, heading.issued_at, heading.next_update, entries, permits)


def _signed(drawn: VoidList, signer: Signer, chain: Sequence[bytes]) -> str:
    return sign(void_list_payload(drawn), typ=VOID_LIST_TYPE, signer=signer, chain=chain)


def _read(jws: str) -> VoidList:
    parsed = parse_void_list(jws)
    parsed.check_signature()
    return parsed.void_list


def _facts(drawn: VoidList) -> dict[str, int]:
    return {"documents": len(drawn.entries)}


VOID_LIST: Final = ListKind(
    void_list, "void-list", "void_list", _drawn, void_list_payload, _signed, _read, _facts
)
"""How the list is drawn up, written and read (:class:`seals.list_publisher.ListPublisher`)."""


def record_of(found: Voiding, issuer: str) -> VoidRecord:
    """Draw up the record of a voiding that is in force."""
    if found.settled_at is None or not found.documents:
        raise ValueError("the voiding is not in force")
    consents = tuple((one.uscc, consents_digest(found.consents, one.uscc)) for one in found.needed)
    return VoidRecord(
        issuer, found.id, found.documents, found.settled_at, found.reason, consents, found.rule.sha256
    )


def sign_record(drawn: VoidRecord, signer: Signer, chain: Sequence[bytes]) -> str:
    """Sign a record, and demand that our own reader gives the same back; :class:`StatementInvalid` if not."""
    jws = sign(void_record_payload(drawn), typ=VOID_RECORD_TYPE, signer=signer, chain=chain)
    if parse_void_record(jws)[0] != drawn:
        raise StatementInvalid("the signed record is not the one drawn up")
    return jws
