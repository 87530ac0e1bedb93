"""Finding certificates: by serial, name, code and expiry, a page at a time by key (never by offset)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from ca.certificate import MAX_PAGE, CertificateOrder, CertificatePage, CertificateQuery
from ca.certificate_store import RECORD_COLUMNS, C, row_of
from ca.errors import CursorInvalid
from ca.store import certificate, is_serial, is_storable, search_words

MAX_CURSOR: Final = 400
"""Characters of a cursor: order, a value of at most 64 characters of four octets and a row number, in base 64."""
MAX_ROW_ID: Final = 2**63 - 1
"""The largest BIGINT."""
_ESCAPE: Final = "\\"
RARE: Final = 1000
"""Rows with a name: up to so many are taken from the index of words one by one; of more, a page is soon found in order."""
_SORTED_BY: Final[dict[CertificateOrder, sa.Column[Any]]] = {
    CertificateOrder.ISSUANCE: C.id,
    CertificateOrder.SERIAL: C.serial,
    CertificateOrder.NAME: C.name,
    CertificateOrder.USCC: C.uscc,
    CertificateOrder.EXPIRY: C.not_after,
}


def find(conn: sa.Connection, query: CertificateQuery) -> CertificatePage:
    """Return one page; a cursor that is not ours raises :class:`CursorInvalid`. At most ``MAX_PAGE`` items."""
    limit, column = _limit(query), _SORTED_BY[query.order]
    statement = statement_of(query, _by_name(conn, query))
    rows = [row_of(found) for found in conn.execute(statement)]
    if len(rows) <= limit:
        return CertificatePage(tuple(row.record for row in rows), None)
    last = rows[limit - 1]
    value: Any = last.id if query.order is CertificateOrder.ISSUANCE else getattr(last.record, column.name)
    return CertificatePage(
        tuple(row.record for row in rows[:limit]), _write_cursor(query.order, value, last.id)
    )


def statement_of(query: CertificateQuery, names: Sequence[sa.ColumnElement[bool]]) -> sa.Select[Any]:
    """Return the statement that reads one page and one row more; ``names`` are the conditions on the name.

    The rows' numbers are found first, in the indexes as far as they reach; then only the page's own rows are read.
    """
    conditions = [*names, *_conditions(query)]
    if query.cursor:
        conditions.append(_beyond(query.order, query.cursor))
    order = _sorted(query.order)
    numbers = sa.select(C.id).where(*conditions).order_by(*_within(query, order)).limit(_limit(query) + 1)
    page = certificate.alias("page")
    wanted = (page.c[column.name] for column in RECORD_COLUMNS)
    return (
        sa.select(*wanted).where(page.c.id.in_(numbers)).order_by(*(page.c[column.name] for column in order))
    )


def _within(query: CertificateQuery, order: tuple[sa.Column[Any], ...]) -> tuple[sa.ColumnElement[Any], ...]:
    """Return the order for the database: between two days of expiry the index of expiry is read and its rows sorted.

    Rows that expire in the same weeks were issued in the same weeks, so reading in order of issuance may pass by all others
    first; no planner knows. Written as a sum, the row number has no index to read in order.
    """
    window = query.expires_after is not None and query.expires_before is not None
    return (C.id + 0,) if window and query.order is CertificateOrder.ISSUANCE else order


def _by_name(conn: sa.Connection, query: CertificateQuery) -> list[sa.ColumnElement[bool]]:
    """Return the conditions on the name, by the index that finds it."""
    text = query.name or query.name_prefix
    if not text or not is_storable(query.name + query.name_prefix):
        return []
    matches = [
        C.name.like(pattern, escape=_ESCAPE)
        for given, pattern in (
            (query.name, f"%{_literal(query.name)}%"),
            (query.name_prefix, f"{_literal(query.name_prefix)}%"),
        )
        if given
    ]
    if conn.dialect.name != "postgresql":
        return in_names(matches)
    found = conn.execute(words_of(text)).scalars().all()
    if len(found) <= RARE:
        return [C.id == sa.any_(sa.literal(list(found), postgresql.ARRAY(sa.BigInteger))), *matches]
    # So many that the first in any order are near its beginning: read in order and compare. LIKE would be judged by
    # what the planner believes of it, which for parts of names is far too little; this is judged to match a third.
    common = [sa.func.strpos(C.name, query.name) > 0] if query.name else []
    if query.name_prefix:
        begin = sa.func.substr(C.name, 1, len(query.name_prefix))
        common.append(sa.func.strpos(begin, query.name_prefix) > 0)
    return common


def words_of(text: str) -> sa.Select[Any]:
    """Return the statement that finds rows by the words of a name on PostgreSQL: all, or enough to know they are many."""
    words = search_words(text).split()
    pairs = [word for word in words if "_" in word] or words
    wanted = sa.cast(sa.literal(" & ".join(f"'{word}'" for word in pairs), sa.Text), postgresql.TSQUERY)
    return sa.select(C.id).where(C.name_words.op("@@")(wanted)).limit(RARE + 1)


def in_names(matches: Sequence[sa.ColumnElement[bool]]) -> list[sa.ColumnElement[bool]]:
    """Return the conditions for SQLite: it reads the index of names from end to end, a hundredth of the table."""
    inside = sa.select(C.id).where(*matches).subquery("named")
    return [C.id.in_(sa.select(inside.c.id))]


def _limit(query: CertificateQuery) -> int:
    return max(1, min(query.limit, MAX_PAGE))


def _sorted(order: CertificateOrder) -> tuple[sa.Column[Any], ...]:
    return (C.id,) if order is CertificateOrder.ISSUANCE else (_SORTED_BY[order], C.id)


def _conditions(query: CertificateQuery) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    texts = (query.name, query.name_prefix, query.uscc, query.issuer, query.profile)
    if not all(map(is_storable, texts)) or (query.serial is not None and not is_serial(query.serial)):
        return [sa.false()]  # what no row can hold matches none
    if query.serial is not None:
        found.append(C.serial == query.serial)
    found += [
        column == value
        for column, value in ((C.uscc, query.uscc), (C.issuer, query.issuer), (C.profile, query.profile))
        if value
    ]
    if query.status is not None:
        found.append(C.status == query.status)
    if query.expires_before is not None:
        found.append(C.not_after < query.expires_before)
    if query.expires_after is not None:
        found.append(C.not_after >= query.expires_after)
    return found


def _literal(text: str) -> str:
    for special in (_ESCAPE, "%", "_"):
        text = text.replace(special, _ESCAPE + special)
    return text


def _beyond(order: CertificateOrder, cursor: str) -> sa.ColumnElement[bool]:
    value, row_id = _read_cursor(order, cursor)
    column = _SORTED_BY[order]
    if order is CertificateOrder.ISSUANCE:
        return C.id > row_id
    return sa.tuple_(column, C.id) > sa.tuple_(sa.bindparam(None, value, column.type), row_id)


def _write_cursor(order: CertificateOrder, value: Any, row_id: int) -> str:
    plain = value.isoformat() if isinstance(value, datetime) else value
    if order is CertificateOrder.SERIAL:
        plain = f"{value:x}"
    return base64.urlsafe_b64encode(json.dumps([order, plain, row_id], ensure_ascii=False).encode()).decode()


def _read_cursor(order: CertificateOrder, cursor: str) -> tuple[Any, int]:
    if len(cursor) > MAX_CURSOR:
        raise CursorInvalid("too long")
    try:
        found_order, plain, row_id = json.loads(base64.b64decode(cursor, altchars=b"-_", validate=True))
        value = _plain_value(order, plain)
    except (binascii.Error, ValueError, TypeError, RecursionError) as wrong:
        raise CursorInvalid from wrong
    if found_order != order or type(row_id) is not int or not 0 <= row_id <= MAX_ROW_ID:
        raise CursorInvalid("it belongs to another order")
    return value, row_id


def _plain_value(order: CertificateOrder, plain: Any) -> Any:
    """Read a value back; one that its column cannot hold is a ``ValueError``."""
    text = str(plain)
    if order is CertificateOrder.ISSUANCE:
        return 0  # the row number says it all
    if order is CertificateOrder.EXPIRY:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError("a time without a zone")
        return moment
    if order is CertificateOrder.SERIAL:
        serial = int(text, 16)
        if not is_serial(serial):
            raise ValueError("not a serial number")
        return serial
    if not is_storable(text):
        raise ValueError("not a name")
    return text
