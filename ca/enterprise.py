"""The register of enterprises: one name to one unified social credit code, and every name it had before."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from ca.errors import EnterpriseExists, EnterpriseUnknown, NameInvalid
from ca.store import enterprise, enterprise_name, is_storable
from ca.uscc import check_uscc

MAX_NAME: Final = 64
"""RFC 5280 appendix A.1: ub-organization-name; the name stands in certificates."""


@dataclass(frozen=True, slots=True)
class Enterprise:
    """An enterprise as the register knows it now."""

    uscc: str
    name: str
    created_at: datetime


def check_name(name: str) -> str:
    """Return ``name`` if a certificate can carry it (:class:`NameInvalid` otherwise); nothing is corrected."""
    if not 1 <= len(name) <= MAX_NAME or name != name.strip():
        raise NameInvalid(f"{len(name)} characters")
    if any(
        unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for character in name
    ):
        raise NameInvalid("a control, format or unassigned character")
    return name


class Enterprises:
    """Registers enterprises and their changes of name."""

    def __init__(self, engine: sa.Engine, clock: Clock, audit: AuditTrail) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = audit

    def register(self, uscc: str, name: str, *, actor: Actor) -> Enterprise:
        """Register an enterprise; the same code and name again returns the one there.

        Raises :class:`ca.errors.UsccInvalid`, :class:`NameInvalid` or :class:`EnterpriseExists` (another name).
        """
        check_uscc(uscc)
        check_name(name)
        try:
            with self._engine.begin() as conn:
                found = find_enterprise(conn, uscc)
                if found is None:
                    return self._insert(conn, Enterprise(uscc, name, self._now()), actor)
        except EnterpriseExists:  # registered by somebody else at the same moment, perhaps just so
            found = self.get(uscc)
        if found.name != name:
            raise EnterpriseExists(uscc)
        return found

    def _now(self) -> datetime:
        return self._clock().replace(microsecond=0)

    def _insert(self, conn: sa.Connection, new: Enterprise, actor: Actor) -> Enterprise:
        try:
            conn.execute(enterprise.insert().values(uscc=new.uscc, name=new.name, created_at=new.created_at))
        except sa.exc.IntegrityError as taken:
            raise EnterpriseExists(new.uscc) from taken
        conn.execute(enterprise_name.insert().values(uscc=new.uscc, name=new.name, since=new.created_at))
        self._audit.append(
            conn, "enterprise.registered", actor=actor, subject=new.uscc, detail={"name": new.name}
        )
        return new

    def rename(self, uscc: str, name: str, *, actor: Actor) -> Enterprise:
        """Record a change of name; the old names stay on record. Certificates and seals are not touched here."""
        check_name(name)
        with self._engine.begin() as conn:
            found = find_enterprise(conn, uscc)
            if found is None:
                raise EnterpriseUnknown(uscc)
            if found.name == name:
                return found
            now = self._now()
            moved = conn.execute(
                enterprise.update()
                .where(enterprise.c.uscc == uscc, enterprise.c.name == found.name)
                .values(name=name, renamed_at=now)
            )
            if moved.rowcount != 1:
                raise EnterpriseExists(f"{uscc} was renamed by somebody else just now")
            conn.execute(enterprise_name.insert().values(uscc=uscc, name=name, since=now))
            detail = {"name": name, "before": found.name}
            self._audit.append(conn, "enterprise.renamed", actor=actor, subject=uscc, detail=detail)
            return Enterprise(uscc, name, found.created_at)

    def get(self, uscc: str) -> Enterprise:
        """Return the enterprise; :class:`EnterpriseUnknown` if the code is not registered."""
        with self._engine.execution_options(read_only=True).connect() as conn:
            found = find_enterprise(conn, uscc)
        if found is None:
            raise EnterpriseUnknown(uscc)
        return found

    def names(self, uscc: str) -> tuple[tuple[str, datetime], ...]:
        """Return every name of the enterprise with the time from which it held, oldest first."""
        query = (
            sa.select(enterprise_name.c.name, enterprise_name.c.since)
            .where(enterprise_name.c.uscc == uscc)
            .order_by(enterprise_name.c.id)
        )
        with self._engine.execution_options(read_only=True).connect() as conn:
            return tuple((row.name, row.since) for row in conn.execute(query))

    def list(self, *, after: str = "", limit: int = 100) -> tuple[Enterprise, ...]:
        """Return up to ``limit`` enterprises with codes above ``after``, by code."""
        query = (
            sa.select(enterprise.c.uscc, enterprise.c.name, enterprise.c.created_at)
            .where(enterprise.c.uscc > after)
            .order_by(enterprise.c.uscc)
            .limit(limit)
        )
        with self._engine.execution_options(read_only=True).connect() as conn:
            return tuple(Enterprise(row.uscc, row.name, row.created_at) for row in conn.execute(query))


_ONE: Final = sa.select(enterprise.c.uscc, enterprise.c.name, enterprise.c.created_at).where(
    enterprise.c.uscc == sa.bindparam("code")
)
_SEVERAL: Final = sa.select(enterprise.c.uscc, enterprise.c.name, enterprise.c.created_at).where(
    enterprise.c.uscc.in_(sa.bindparam("codes", expanding=True))
)


def find_enterprises(conn: sa.Connection, codes: Collection[str]) -> dict[str, Enterprise]:
    """Return those of some enterprises that are registered, by their codes."""
    asked = [code for code in codes if is_storable(code)]
    rows = conn.execute(_SEVERAL, {"codes": asked}) if asked else ()
    return {row.uscc: Enterprise(row.uscc, row.name, row.created_at) for row in rows}


def find_enterprise(conn: sa.Connection, uscc: str) -> Enterprise | None:
    """Return the enterprise, or nothing."""
    if not is_storable(uscc):
        return None
    row = conn.execute(_ONE, {"code": uscc}).one_or_none()
    return None if row is None else Enterprise(row.uscc, row.name, row.created_at)
