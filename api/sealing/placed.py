"""The place of a seal, judged before anything is on record for it."""

from __future__ import annotations

from ca.actor import Actor
from seals.errors import SealError
from seals.registry import SealRegistry
from signing.order import SealOrder
from signing.placing.preview import Preview


def demand_place(preview: Preview, seals: SealRegistry, order: SealOrder, actor: Actor) -> None:
    """Refuse a document or a place that cannot be sealed, before a permit opens a case in the keeper's name for it.

    Under a case that is there already nothing is opened, and the cycle judges alone. What is wrong with the seal is
    never said here: the cycle refuses it on record. Raises :class:`signing.errors.SigningError`.
    """
    if order.case:
        return
    try:
        owner = seals.get(order.seal_code).owner.uscc
        size = seals.picture(order.seal_code).size_mm
    except SealError:
        return
    if actor.uscc in {None, owner}:
        preview.outlook(
            order.document, order.placement, size, may_cover=order.may_cover, password=order.password
        )
