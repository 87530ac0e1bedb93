"""The registry's tables and the statements on them. A store takes a connection and never commits.

A pair is one row: both codes, one status. Every move is a compare-and-swap on that row and one row of history, in the
caller's transaction.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from ca.store import SerialNumber, UtcInstant
from ca.store import metadata as ca_metadata
from seals.errors import CodeTaken, SealMoved
from seals.seal import (
    BoundCertificate,
    ElectronicSide,
    PhysicalSide,
    SealAct,
    SealKind,
    SealOwner,
    SealQuery,
    SealRecord,
    SealStatus,
)
from seals.states import IN_USE

metadata = sa.MetaData(naming_convention=ca_metadata.naming_convention)


seal = sa.Table(
    "seal",
    metadata,
    sa.Column("electronic_code", sa.String(14), primary_key=True),
    sa.Column("physical_code", sa.String(13), nullable=False),
    sa.Column("kind", sa.String(2), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("owner_uscc", sa.String(18), nullable=False),
    sa.Column("owner_name", sa.Text, nullable=False),
    sa.Column("line", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("template", sa.String(32), nullable=False),
    sa.Column("width_mm", sa.Integer, nullable=False),
    sa.Column("height_mm", sa.Integer, nullable=False),
    sa.Column("picture_sha256", sa.String(64), nullable=False),
    sa.Column("picture", sa.LargeBinary, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("moves", sa.Integer, nullable=False),
    sa.Column("applied_at", UtcInstant, nullable=False),
    sa.Column("valid_days", sa.Integer, nullable=False),
    sa.Column("valid_from", UtcInstant),
    sa.Column("valid_to", UtcInstant),
    sa.Column("keeper", sa.Text, nullable=False),
    sa.Column("applicant", sa.Text, nullable=False),
    sa.Column("approver", sa.Text),
    sa.Column("resume_requested_by", sa.Text),
    sa.Column("predecessor", sa.String(14)),
    sa.Column("successor", sa.String(14)),
    sa.Column("certificate_serial", SerialNumber),
    sa.Column("certificate_sha256", sa.String(64)),
    sa.Column("certificate_der", sa.LargeBinary),
    sa.Column("certificate_not_before", UtcInstant),
    sa.Column("certificate_not_after", UtcInstant),
    sa.Column("engrave", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("frozen_from", sa.String(16)),
    sa.Column("stopped", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("filed_at", UtcInstant),
    sa.Column("filed_by", sa.Text),
    sa.Column("destroyed_at", UtcInstant),
    sa.CheckConstraint(
        "status IN ('applied', 'making', 'made', 'personalised', 'awaiting', 'delivered', 'returned', 'active',"
        " 'suspended', 'frozen', 'revoked', 'superseded', 'rejected', 'closed')",
        name="status",
    ),
    sa.CheckConstraint("(frozen_from IS NULL) = (status <> 'frozen')", name="frozen_from"),
    sa.Index("seal_owner", "owner_uscc", "electronic_code"),
)
"""One row a pair. ``stopped`` tells that it was in use and left that state at least once; see ``seals.status_list``."""

_LIVE = sa.text("status <> 'rejected'")
_FOLLOWS = sa.text("status NOT IN ('rejected', 'closed', 'revoked')")
sa.Index("seal_physical_code", seal.c.physical_code, unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE)
sa.Index(
    "seal_predecessor", seal.c.predecessor, unique=True, sqlite_where=_FOLLOWS, postgresql_where=_FOLLOWS
)

seal_keeper = sa.Table(
    "seal_keeper",
    metadata,
    sa.Column("electronic_code", sa.ForeignKey("seal.electronic_code"), primary_key=True),
    sa.Column("actor", sa.Text, primary_key=True),
)

seal_event = sa.Table(
    "seal_event",
    metadata,
    sa.Column("electronic_code", sa.ForeignKey("seal.electronic_code"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("act", sa.String(16), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("at", UtcInstant, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Index("seal_event_at", "electronic_code", "at", "number"),
    sa.Index("seal_event_when", "at"),
)
"""One row an act. Times never fall along the numbers of one pair, so its index answers a state as of any time."""

seal_counter = sa.Table(
    "seal_counter",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)

seal_permit = sa.Table(
    "seal_permit",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("electronic_code", sa.ForeignKey("seal.electronic_code"), nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("granted_at", UtcInstant, nullable=False),
    sa.Column("settled_at", UtcInstant),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.CheckConstraint("state IN ('granted', 'consumed', 'used', 'released')", name="state"),
    sa.Index("seal_permit_seal", "electronic_code", "granted_at"),
)

seal_status_list = sa.Table(
    "seal_status_list",
    metadata,
    sa.Column("issuer", sa.String(64), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True),
    sa.Column("issued_at", UtcInstant, nullable=False),
    sa.Column("next_update", UtcInstant, nullable=False),
    sa.Column("payload_sha256", sa.String(64), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("jws", sa.Text, nullable=False),
    sa.CheckConstraint("state IN ('reserved', 'published', 'withheld')", name="state"),
)

_COLUMNS: Final = [column for column in seal.c if column.name != "picture"]


def insert_seal(conn: sa.Connection, record: SealRecord, picture: bytes) -> None:
    """Write a new pair with its keepers.

    Raises :class:`CodeTaken` for a code in use, :class:`SealMoved` if another pair already follows the predecessor.
    """
    try:
        conn.execute(seal.insert().values(**_columns_of(record), picture=picture))
    except sa.exc.IntegrityError as wrong:
        if record.predecessor is not None:
            raise SealMoved(f"seal {record.predecessor}") from wrong
        raise CodeTaken(record.physical.code) from wrong
    for actor in record.keepers:
        insert_keeper(conn, record.code, actor)


def _columns_of(record: SealRecord) -> dict[str, Any]:
    return {
        "electronic_code": record.code,
        "physical_code": record.physical.code,
        "kind": record.kind.code,
        "name": record.name,
        "owner_uscc": record.owner.uscc,
        "owner_name": record.owner.name,
        "line": record.line,
        "person": record.person,
        "template": record.physical.template,
        "width_mm": record.physical.width_mm,
        "height_mm": record.physical.height_mm,
        "picture_sha256": record.electronic.picture_sha256,
        "status": record.status.value,
        "moves": record.moves,
        "applied_at": record.applied_at,
        "valid_days": record.valid_days,
        "keeper": record.keeper,
        "applicant": record.applicant,
        "predecessor": record.predecessor,
        "engrave": record.engrave,
    }


def insert_keeper(conn: sa.Connection, code: str, actor: str) -> None:
    """List a keeper; one listed already raises ``sqlalchemy.exc.IntegrityError``."""
    conn.execute(seal_keeper.insert().values(electronic_code=code, actor=actor))


def delete_keeper(conn: sa.Connection, code: str, actor: str) -> bool:
    """Strike a keeper off; tell whether one was listed."""
    gone = conn.execute(
        seal_keeper.delete().where(seal_keeper.c.electronic_code == code, seal_keeper.c.actor == actor)
    )
    return gone.rowcount == 1


def move(
    conn: sa.Connection, before: SealRecord, act: SealAct, status: SealStatus, changes: dict[str, Any]
) -> SealRecord:
    """Move a pair by compare-and-swap on its state as read; return it as it is then.

    Raises :class:`seals.errors.SealMoved` when somebody was faster.
    """
    number = before.moves + 1
    moved = conn.execute(
        seal.update()
        .where(
            seal.c.electronic_code == before.code,
            seal.c.status == before.status.value,
            seal.c.moves == before.moves,
        )
        .values({"status": status.value, "moves": number, **_kept(before, status), **changes})
    )
    if moved.rowcount != 1:
        raise SealMoved(f"seal {before.code}: {act}")
    return _records(conn, conn.execute(sa.select(*_COLUMNS).where(seal.c.electronic_code == before.code)))[0]


def _kept(before: SealRecord, after: SealStatus) -> dict[str, object]:
    """Return what a move keeps in mind: the state that a pair is frozen in, that it was stopped once, no old request."""
    frozen_from = before.frozen_from if before.status is SealStatus.FROZEN else before.status
    kept: dict[str, object] = {
        "frozen_from": frozen_from if after is SealStatus.FROZEN else None,
        "resume_requested_by": None,
    }
    if before.status is SealStatus.ACTIVE and after is not SealStatus.ACTIVE:
        kept["stopped"] = True
    return kept


def certificate_columns(bound: BoundCertificate) -> dict[str, Any]:
    """Return a bound certificate as the columns of its pair."""
    return {
        "certificate_serial": bound.serial,
        "certificate_sha256": bound.sha256,
        "certificate_der": bound.der,
        "certificate_not_before": bound.not_before,
        "certificate_not_after": bound.not_after,
    }


def link_successor(conn: sa.Connection, code: str, successor: str) -> None:
    """Write the forward half of the link between two pairs."""
    conn.execute(seal.update().where(seal.c.electronic_code == code).values(successor=successor))


def find(conn: sa.Connection, code: str, *, lock: bool = False) -> SealRecord | None:
    """Read a pair by either code; of several with one physical code the one that was not rejected, else the newest.

    ``lock`` holds the row against moves until the caller's transaction ends (a shared lock; SQLite needs none).
    """
    chosen = _BY_PHYSICAL if len(code) == 13 else _BY_ELECTRONIC
    if lock:
        chosen = chosen.with_for_update(read=True)
    return next(iter(_records(conn, conn.execute(chosen, {"code": code}))), None)


_BEST: Final = (
    sa.select(*_COLUMNS).order_by(seal.c.status == "rejected", seal.c.electronic_code.desc()).limit(1)
)
_BY_PHYSICAL: Final = _BEST.where(seal.c.physical_code == sa.bindparam("code"))
_BY_ELECTRONIC: Final = _BEST.where(seal.c.electronic_code == sa.bindparam("code"))
_KEEPERS: Final = (
    sa.select(seal_keeper.c.electronic_code, seal_keeper.c.actor)
    .where(seal_keeper.c.electronic_code.in_(sa.bindparam("codes", expanding=True)))
    .order_by(seal_keeper.c.actor)
)


def keepers_of(conn: sa.Connection, codes: list[str]) -> dict[str, tuple[str, ...]]:
    """Read the keepers of several pairs, sorted."""
    found: dict[str, tuple[str, ...]] = {}
    for code, actor in conn.execute(_KEEPERS, {"codes": codes}):
        found[code] = (*found.get(code, ()), actor)
    return found


def page(conn: sa.Connection, query: SealQuery, limit: int) -> list[SealRecord]:
    """Read up to ``limit`` pairs after ``query.after``, in order of electronic code."""
    chosen = sa.select(*_COLUMNS).where(seal.c.electronic_code > query.after)
    if query.uscc is not None:
        chosen = chosen.where(seal.c.owner_uscc == query.uscc)
    if query.kind is not None:
        chosen = chosen.where(seal.c.kind == query.kind.code)
    if query.status is not None:
        chosen = chosen.where(seal.c.status == query.status.value)
    if query.keeper is not None:
        mine = sa.select(seal_keeper.c.electronic_code).where(seal_keeper.c.actor == query.keeper)
        chosen = chosen.where(seal.c.electronic_code.in_(mine))
    rows = conn.execute(chosen.order_by(seal.c.electronic_code).limit(limit))
    return _records(conn, rows)


def in_use(conn: sa.Connection, uscc: str, name: str) -> list[SealRecord]:
    """Read an owner's pairs in use, suspended and frozen ones among them, that bear another name than ``name``."""
    words = [status.value for status in IN_USE]
    chosen = (
        sa.select(*_COLUMNS)
        .where(seal.c.owner_uscc == uscc, seal.c.owner_name != name)
        .where(seal.c.status.in_(words) | seal.c.frozen_from.in_(words))
        .order_by(seal.c.electronic_code)
    )
    return _records(conn, conn.execute(chosen))


def follower(conn: sa.Connection, code: str) -> SealRecord | None:
    """Read the pair applied for in the place of ``code``, unless it was rejected or ended."""
    chosen = sa.select(*_COLUMNS).where(seal.c.predecessor == code, _FOLLOWS)
    found = _records(conn, conn.execute(chosen))
    return found[0] if found else None


def physical_in_use(conn: sa.Connection, code: str) -> bool:
    """Tell whether a pair that was not rejected has this physical code."""
    chosen = sa.select(seal.c.electronic_code).where(
        seal.c.physical_code == code, seal.c.status != "rejected"
    )
    return conn.execute(chosen).first() is not None


def picture_of(conn: sa.Connection, code: str) -> bytes:
    """Read the approved form of the picture, as it was drawn at application."""
    found: bytes = conn.execute(sa.select(seal.c.picture).where(seal.c.electronic_code == code)).scalar_one()
    return found


def _certificate(row: Any) -> BoundCertificate | None:
    if row.certificate_serial is None:
        return None
    return BoundCertificate(
        row.certificate_serial,
        row.certificate_sha256,
        row.certificate_der,
        row.certificate_not_before,
        row.certificate_not_after,
    )


def _records(conn: sa.Connection, result: sa.Result[Any]) -> list[SealRecord]:
    rows = result.all()
    keepers = keepers_of(conn, [row.electronic_code for row in rows])
    return [_record(row, keepers.get(row.electronic_code, ())) for row in rows]


def _record(row: Any, keepers: tuple[str, ...]) -> SealRecord:
    return SealRecord(
        kind=SealKind.of(row.kind),
        name=row.name,
        owner=SealOwner(row.owner_uscc, row.owner_name),
        line=row.line,
        person=row.person,
        physical=PhysicalSide(row.physical_code, row.template, row.width_mm, row.height_mm),
        electronic=ElectronicSide(row.electronic_code, row.picture_sha256, _certificate(row)),
        status=SealStatus(row.status),
        applied_at=row.applied_at,
        valid_days=row.valid_days,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        keeper=row.keeper,
        keepers=keepers,
        applicant=row.applicant,
        approver=row.approver,
        resume_requested_by=row.resume_requested_by,
        predecessor=row.predecessor,
        successor=row.successor,
        moves=row.moves,
        engrave=row.engrave,
        frozen_from=None if row.frozen_from is None else SealStatus(row.frozen_from),
        filed_at=row.filed_at,
        filed_by=row.filed_by,
        destroyed_at=row.destroyed_at,
    )
