"""Putting a pair in use: who may not, what is bound and filed, and the pair whose place it takes."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from ca.actor import Actor
from ca.enterprise import find_enterprise
from seals import store
from seals.binding import CertificateFacts, bind
from seals.errors import OwnerRenamed, SecondPersonNeeded
from seals.moves import Turn, found
from seals.seal import SealRecord
from seals.states import SealAct, destination


def judge_applicant(before: SealRecord, actor: Actor) -> None:
    """Let nobody decide on the own application (I22); :class:`SecondPersonNeeded`."""
    if actor.is_any_of(before.applicant):
        raise SecondPersonNeeded(f"seal {before.code}: {actor.id} applied for it")


def judge_name(conn: sa.Connection, before: SealRecord) -> None:
    """Demand the name that the owner has now; :class:`OwnerRenamed`."""
    owner = find_enterprise(conn, before.owner.uscc)
    if owner is None or before.owner.name != owner.name:
        raise OwnerRenamed(before.code)


def activate(
    turn: Turn,
    before: SealRecord,
    act: SealAct,
    actor: Actor,
    certificate: CertificateFacts,
) -> SealRecord:
    """File the pair and put it in use from now on, bound to the keeper's certificate."""
    judge_applicant(before, actor)
    judge_name(turn.conn, before)
    deed = turn.deed(before, act, actor)
    bound = bind(certificate, owner=before.owner, now=deed.at)
    changes = {
        "approver": before.approver or actor.id,
        "filed_at": deed.at,
        "filed_by": actor.id,
        "valid_from": deed.at,
        "valid_to": deed.at + timedelta(days=before.valid_days),
        **store.certificate_columns(bound),
    }
    after = turn.move(before, deed, changes)
    if before.predecessor is not None:
        _supersede(turn, before.predecessor, before.code, actor)
    return after


def _supersede(turn: Turn, code: str, successor: str, actor: Actor) -> None:
    old = found(turn.conn, code)
    if destination(SealAct.SUPERSEDE, old.status, old.frozen_from) is None:
        store.link_successor(turn.conn, code, successor)
        return
    deed = turn.deed(old, SealAct.SUPERSEDE, actor)
    turn.move(old, deed, {"successor": successor})
