"""Whose seals a caller may act on, and who may change their keepers: the same for a route and a page."""

from __future__ import annotations

from api.access.scopes import Principal, Scope
from seals.keepers import keeps
from seals.registry import SealRegistry
from seals.seal import SealRecord


def own_seal(seals: SealRegistry, caller: Principal, code: str) -> SealRecord:
    """Return a seal whose owner the caller may act for.

    Raises :class:`seals.errors.SealNotFound`, :class:`api.errors.ForeignEnterprise`.
    """
    found = seals.get(code)
    caller.acting_for(found.owner.uscc)
    return found


def may_ask_keeper(caller: Principal, record: SealRecord) -> bool:
    """Tell whether a caller may ask for a further or another principal keeper: a keeper, or who may apply."""
    return Scope.SEAL_APPLY in caller.scopes or keeps(record, caller.actor)


def may_strike(caller: Principal, record: SealRecord, keeper: str) -> bool:
    """Tell whether a caller may strike a keeper off: any for who may stop the seal, else oneself."""
    if Scope.SEAL_FREEZE in caller.scopes:
        return True
    return keeps(record, caller.actor) and caller.actor.is_any_of(keeper)
