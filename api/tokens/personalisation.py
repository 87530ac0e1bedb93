"""The usual chip of an enterprise: five applications of five issuers, one container each (一芯五证); how its steps are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ca.profile import ENTERPRISE_ENCRYPT
from ca.tokens.plan import ApplicationPlan, ContainerPlan, PersonalisationPlan
from ca.tokens.procedure_store import Step
from ca.tokens.token import Purpose

if TYPE_CHECKING:
    from api.services import Services

STANDARD: Final = (
    ("aic", "licence", Purpose.LICENCE),
    ("psb", "seal", Purpose.OFFICIAL_SEAL),
    ("bank", "bank", Purpose.BANK),
    ("hrss", "social", Purpose.SOCIAL_SECURITY),
    ("tax", "tax", Purpose.TAX),
)
"""Application, container, purpose: industry and commerce, public security, bank, social security, tax."""
MAX_NAME: Final = 50
"""Of an enterprise's name in a common name, which has at most 64 characters (RFC 5280 appendix A.1)."""


def standard_plan(services: Services, serial: str) -> PersonalisationPlan:
    """Plan the five for the enterprise that the token is made for, with keys of the installation's suite.

    The official seal's container has an encryption pair too, once there is a key centre to make it.
    """
    uscc = services.tokens.get(serial).holder.uscc
    name = services.enterprises.get(uscc).name[:MAX_NAME]
    kind = services.settings.suite.key_kind
    medium = services.tokens.get(serial).medium
    pairs = services.key_centre.founded and medium in ("pkcs11", "skf")
    parts = []
    for part, container, purpose in STANDARD:
        second = ENTERPRISE_ENCRYPT.id if pairs and purpose is Purpose.OFFICIAL_SEAL else ""
        made = ContainerPlan(container, purpose, f"{name} {purpose.zh}", kind=kind, encryption_profile=second)
        parts.append(ApplicationPlan(part, (made,)))
    return PersonalisationPlan(serial, tuple(parts))


def step_line(step: Step, total: int) -> str:
    """Say which step begins, of how many, and where on the chip."""
    target = f" {step.target}" if step.target else ""
    return f"{step.number}/{total} {step.name.zh}{target} / {step.name.en}{target}"
