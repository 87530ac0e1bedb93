"""The right to use a seal as a type: an :class:`ActiveSeal` is proof that the registry has just judged it usable."""

from __future__ import annotations

from dataclasses import InitVar, dataclass
from datetime import datetime
from typing import Final

from ca.actor import Actor
from seals.errors import (
    SealCertificateExpired,
    SealClosed,
    SealExpired,
    SealFrozen,
    SealNotUsable,
    SealNotYours,
    SealRejected,
    SealRevoked,
    SealSuperseded,
    SealSuspended,
    SealUnapproved,
)
from seals.seal import BoundCertificate, SealRecord, SealStatus

_MADE_HERE: Final = object()


@dataclass(frozen=True, slots=True)
class ActiveSeal:
    """A seal that ``actor`` may use at ``as_of``. Only :func:`admit`, called by the registry, can make one."""

    record: SealRecord
    certificate: BoundCertificate
    actor: Actor
    as_of: datetime
    made_by: InitVar[object] = None

    def __post_init__(self, made_by: object) -> None:
        if made_by is not _MADE_HERE:
            raise TypeError("an ActiveSeal comes from the registry, never from a constructor")

    @property
    def code(self) -> str:
        """The electronic code."""
        return self.record.code


def admit(record: SealRecord, *, actor: Actor, now: datetime, listed: bool = True) -> ActiveSeal:
    """Judge whether ``actor`` may use the seal now; the registry's own question (no other module calls this).

    ``listed`` demands a keeper; without it a warrant names the actor, who still acts for nobody but the owner.

    Raises the :class:`seals.errors.SealNotUsable` that names the first thing wrong: state, keeper, validity of the
    seal, validity of its certificate.
    """
    _state(record)
    _keeper(record, actor, listed=listed)
    return ActiveSeal(record, _in_force(record, now), actor, now, _MADE_HERE)


def check_usable(record: SealRecord, now: datetime) -> None:
    """Judge whether anybody at all may use the seal now, before asking under what; raises like :func:`admit`."""
    _state(record)
    _in_force(record, now)


def _in_force(record: SealRecord, now: datetime) -> BoundCertificate:
    if record.expired(now):
        raise SealExpired(f"seal {record.code}")
    certificate = record.electronic.certificate
    if certificate is None:
        raise SealUnapproved(f"seal {record.code} has no certificate")
    if not certificate.not_before <= now <= certificate.not_after:
        raise SealCertificateExpired(f"seal {record.code}")
    return certificate


_STOPPED: Final[dict[SealStatus, type[SealNotUsable]]] = {
    SealStatus.APPLIED: SealUnapproved,
    SealStatus.MAKING: SealUnapproved,
    SealStatus.MADE: SealUnapproved,
    SealStatus.PERSONALISED: SealUnapproved,
    SealStatus.AWAITING: SealUnapproved,
    SealStatus.DELIVERED: SealUnapproved,
    SealStatus.RETURNED: SealUnapproved,
    SealStatus.REJECTED: SealRejected,
    SealStatus.CLOSED: SealClosed,
    SealStatus.SUSPENDED: SealSuspended,
    SealStatus.FROZEN: SealFrozen,
    SealStatus.REVOKED: SealRevoked,
}


def _state(record: SealRecord) -> None:
    if record.status is SealStatus.ACTIVE:
        return
    if record.status is SealStatus.SUPERSEDED:
        raise SealSuperseded(f"seal {record.code}", successor=record.successor)
    raise _STOPPED[record.status](f"seal {record.code}")


def _keeper(record: SealRecord, actor: Actor, *, listed: bool) -> None:
    """Admit the principal keeper, or a listed keeper who acts for the owner; nobody acting for somebody else."""
    foreign = actor.uscc is not None and actor.uscc != record.owner.uscc
    keeps = actor.id in record.keepers and (actor.id == record.keeper or actor.uscc is not None)
    if foreign or (listed and not keeps):
        raise SealNotYours(f"seal {record.code}")
