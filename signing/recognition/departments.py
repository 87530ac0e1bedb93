"""Policies of departments that this installation was given: imported by one person, put in force by another.

An own policy takes the place of the shipped example with its id; the replaced one stays on record. What is confirmed is the
very file that was imported: its digest is named again by whoever confirms (I22).
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ca.audit import AuditTrail
from ca.clock import Clock
from seals.cases.case import Hand
from seals.ledger import Ledger, acting
from signing.recognition import department_store as store
from signing.recognition.department_errors import (
    PolicyActRefused,
    PolicyDiffers,
    PolicyMoved,
    PolicySecondPerson,
    PolicyUnknown,
)
from signing.recognition.department_states import FIRST_STATUS, TRANSITIONS, PolicyAct, PolicyStatus
from signing.recognition.department_store import PolicyRow
from verify.acceptance.policy import DepartmentPolicy
from verify.acceptance.reading import read_policy
from verify.acceptance.shelf import SUFFIX, check_names, find, with_own


class Departments:
    """Keeps the policies of one installation."""

    def __init__(self, engine: sa.Engine, clock: Clock, audit: AuditTrail) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = audit

    def known(self) -> tuple[DepartmentPolicy, ...]:
        """Return every department that can be asked: the own policies in force, and the examples without one."""
        return with_own(self._own())

    def _own(self) -> tuple[DepartmentPolicy, ...]:
        with self._reading() as conn:
            return _in_force(conn)

    def find(self, asked: str) -> DepartmentPolicy:
        """Find a department by id or name; :class:`verify.acceptance.errors.DepartmentUnknown`."""
        return find(self.known(), asked)

    def imports(self) -> tuple[PolicyRow, ...]:
        """Return every import, whatever became of it."""
        with self._reading() as conn:
            return tuple(store.policies(conn))

    def get(self, policy_id: str) -> PolicyRow:
        """Return one import; :class:`PolicyUnknown`."""
        with self._reading() as conn:
            return _load(conn, policy_id)

    def propose(self, octets: bytes, *, hand: Hand) -> PolicyRow:
        """Import a file; :class:`verify.acceptance.errors.DepartmentPolicyInvalid` names what is wrong in it."""
        policy = read_policy(octets)
        check_names(policy, self._own())
        row = PolicyRow(
            id=secrets.token_hex(16),
            department=policy.id,
            version=policy.version,
            sha256=policy.sha256,
            status=FIRST_STATUS,
            text=octets.decode("utf-8"),
            proposed_by=hand.actor.id,
            proposed_name=hand.actor.name,
            proposed_at=self._clock(),
        )
        with acting(self._engine, self._audit) as ledger:
            store.insert_policy(ledger.conn, row)
            _note(ledger, "proposed", row, hand)
        return row

    def confirm(self, policy_id: str, sha256: str, *, hand: Hand) -> PolicyRow:
        """Put an import in force in the place of the one before; ``sha256`` says again which octets are meant.

        Raises :class:`PolicyUnknown`, :class:`PolicyActRefused`, :class:`PolicySecondPerson`, :class:`PolicyDiffers`,
        :class:`PolicyMoved`, :class:`verify.acceptance.errors.DepartmentPolicyInvalid` where another is called so by now.
        """
        try:
            with acting(self._engine, self._audit) as ledger:
                row = _open(ledger.conn, policy_id, PolicyAct.CONFIRM)
                if hand.actor.is_any_of(row.proposed_by):
                    raise PolicySecondPerson
                if sha256.lower() != row.sha256:
                    raise PolicyDiffers
                check_names(read_policy(row.text.encode()), _in_force(ledger.conn))
                for before in store.policies(ledger.conn, PolicyStatus.IN_FORCE):
                    if before.department == row.department:
                        _moved(ledger, before, PolicyAct.REPLACE, {})
                        _note(ledger, "replaced", before, hand)
                after = _moved(ledger, row, PolicyAct.CONFIRM, _settled(hand, self._clock()))
                _note(ledger, "confirmed", after, hand)
        except sa.exc.IntegrityError as wrong:
            raise PolicyMoved from wrong
        return after

    def decline(self, policy_id: str, *, hand: Hand) -> PolicyRow:
        """Do not take an import; whoever brought it may do so too."""
        with acting(self._engine, self._audit) as ledger:
            row = _open(ledger.conn, policy_id, PolicyAct.DECLINE)
            after = _moved(ledger, row, PolicyAct.DECLINE, _settled(hand, self._clock()))
            _note(ledger, "declined", after, hand)
        return after

    def _reading(self) -> sa.Connection:
        return self._engine.execution_options(read_only=True).connect()


def policy_files(engine: sa.Engine) -> dict[str, bytes]:
    """Return the own policies in force as files of the trust folder."""
    with engine.execution_options(read_only=True).connect() as conn:
        rows = store.policies(conn, PolicyStatus.IN_FORCE)
    return {f"departments/{row.department}{SUFFIX}": row.text.encode() for row in rows}


def _in_force(conn: sa.Connection) -> tuple[DepartmentPolicy, ...]:
    return tuple(read_policy(row.text.encode()) for row in store.policies(conn, PolicyStatus.IN_FORCE))


def _load(conn: sa.Connection, policy_id: str) -> PolicyRow:
    row = store.find_policy(conn, policy_id) if len(policy_id) <= 32 else None
    if row is None:
        raise PolicyUnknown
    return row


def _open(conn: sa.Connection, policy_id: str, act: PolicyAct) -> PolicyRow:
    row = _load(conn, policy_id)
    if row.status not in TRANSITIONS[act]:
        raise PolicyActRefused(act, row.status)
    return row


def _moved(ledger: Ledger, row: PolicyRow, act: PolicyAct, changes: dict[str, Any]) -> PolicyRow:
    after = store.move_policy(ledger.conn, row, act, changes)
    if after is None:
        raise PolicyMoved
    return after


def _settled(hand: Hand, now: datetime) -> dict[str, Any]:
    return {"settled_by": hand.actor.id, "settled_name": hand.actor.name, "settled_at": now}


def _note(ledger: Ledger, word: str, row: PolicyRow, hand: Hand) -> None:
    detail = {
        "department": row.department,
        "version": row.version,
        "sha256": row.sha256,
        "credential": hand.credential,
    }
    ledger.note(
        f"department.policy.{word}", actor=hand.actor, subject=f"department-policy:{row.id}", detail=detail
    )
