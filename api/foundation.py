"""Laying an installation's foundation: schema, service token, key ceremony, first lists, published evidence.

Used by ``yinxin ca ceremony`` and ``yinxin demo``. A run that was cut off is taken up where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from api.database.schema import migrate
from api.errors import HomeOccupied
from api.home import new_pin
from api.tokens.key_stores import SERVICE_TOKEN
from ca.actor import Actor
from ca.ceremony import Hierarchy, load_hierarchy, perform
from ca.ceremony_plan import CeremonyPlan
from ca.errors import IssuerUnknown

if TYPE_CHECKING:
    from api.services import Services
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Foundation:
    """What a ceremony leaves: the hierarchy and the folder of published evidence."""

    hierarchy: Hierarchy
    trust: Path


def is_laid(services: Services) -> bool:
    """Tell whether a ceremony was completed here."""
    try:
        load_hierarchy(services.authority)
    except IssuerUnknown:
        return False
    return True


def lay_foundation(services: Services, organization: str, *, actor: Actor, progress: Progress) -> Foundation:
    """Make everything a new installation needs.

    Raises :class:`HomeOccupied` where a ceremony was completed, and what tokens and ceremony raise.
    """
    if services.schema_ready() and is_laid(services):
        raise HomeOccupied(services.home.folder)
    progress("建立数据库结构 / making the database")
    migrate(services.engine)
    progress(f"{services.key_stores.zh} / {services.key_stores.en}")
    make_service_token(services, progress)
    suite = services.settings.suite
    plan = CeremonyPlan(
        SERVICE_TOKEN,
        services.key_stores.scheme,
        organization,
        root_key=suite.root_key_kind,
        issuing_key=suite.key_kind,
        unit_key=suite.key_kind,
    )
    hierarchy = perform(services.authority, plan, actor=actor, progress=progress)
    progress("发布吊销列表与印章状态 / publishing lists")
    for issuer in services.authority.issuers():
        services.crls.publish(issuer.id, actor=actor)
    services.evidence.publish()
    return Foundation(hierarchy, services.home.trust)


def make_service_token(services: Services, progress: Progress) -> None:
    """Make the service's token with random PINs kept in ``secrets/service``; one that is there stays."""
    chosen, home = services.key_stores.chosen, services.home
    if SERVICE_TOKEN in chosen.tokens():
        return
    progress(f"初始化令牌 {SERVICE_TOKEN} / initialising a token")
    pin, so_pin = new_pin(), new_pin()
    home.keep_pin(f"{SERVICE_TOKEN}.so", so_pin)
    home.keep_pin(SERVICE_TOKEN, pin)
    chosen.create_token(SERVICE_TOKEN, so_pin, pin)
