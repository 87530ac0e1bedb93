"""A register of many seals: copies of one that was really applied for and approved, made inside the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

if TYPE_CHECKING:
    from api.services import Services
    from seals.seal import SealRecord

_DIGITS: Final = 10**13
_NUMBERS: Final = "WITH RECURSIVE n(v) AS (SELECT 0 UNION ALL SELECT v + 1 FROM n WHERE v < :last)"
_CODE: Final = f"'9' || substr(CAST({_DIGITS} + n.v AS text), 2)"
_PHYSICAL: Final = f"'9' || substr(CAST({_DIGITS // 10} + n.v AS text), 2)"

Act = tuple[str, str, datetime]
"""An act, the state it leaves and its time."""


def code_of(number: int) -> str:
    """Return the electronic code of a copy."""
    return f"9{number:013d}"


def first_seal(services: Services) -> SealRecord:
    """Apply for one seal and approve it for real, for the demonstration's enterprise and keeper."""
    from api.demo.main_job import ENTERPRISE, OPERATOR, USCC, approved_seal, enrol_keeper

    services.enterprises.register(USCC, ENTERPRISE, actor=OPERATOR)
    return approved_seal(services, enrol_keeper(services))


def fill(engine: sa.Engine, template: str, count: int, history: tuple[Act, ...] = ()) -> None:
    """Copy one real row and its keepers ``count`` times, each with its own codes, an empty picture and the same history."""
    from seals.store import seal, seal_event, seal_keeper

    with engine.begin() as conn:
        copies = _Copies(conn, template, count)
        own = {"electronic_code": _CODE, "physical_code": _PHYSICAL, "picture": ":picture"}
        copies.of(seal, own, {"picture": b""})
        copies.of(seal_keeper, {"electronic_code": _CODE}, {})
        for number, (act, status, at) in enumerate(history, 1):
            given = {"number": number, "act": act, "status": status, "at": at}
            own = {"electronic_code": _CODE, **{name: f":{name}" for name in given}}
            copies.of(seal_event, own, given, " AND s.number = 1")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(sa.text("ANALYZE"))


@dataclass(frozen=True)
class _Copies:
    """So many copies of one seal's rows, in SQL that SQLite and PostgreSQL both read."""

    conn: sa.Connection
    template: str
    count: int

    def of(
        self, table: sa.Table, own: Mapping[str, str], given: Mapping[str, object], only: str = ""
    ) -> None:
        """Copy the rows of one table; ``own`` are the expressions that differ, ``given`` their values."""
        names = [column.name for column in table.c]
        chosen = ", ".join(own.get(name, f"s.{name}") for name in names)
        statement = sa.text(
            f"INSERT INTO {table.name} ({', '.join(names)}) {_NUMBERS} SELECT {chosen} FROM n, {table.name} AS s "
            f"WHERE s.electronic_code = :template{only}"
        )
        typed = [sa.bindparam(name, value, type_=table.c[name].type) for name, value in given.items()]
        self.conn.execute(statement.bindparams(*typed), {"template": self.template, "last": self.count - 1})
