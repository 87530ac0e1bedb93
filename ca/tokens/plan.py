"""What is to be put on a chip: applications, containers, certificates. A plan is data, checked, and holds no secret."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

from ca.audit import canonical_json
from ca.profile import PROFILES
from ca.tokens.errors import TokenFieldInvalid
from ca.tokens.token import (
    MAX_APPLICATIONS,
    MAX_CONTAINERS,
    PinPolicy,
    Purpose,
    check_application,
    check_container,
    check_serial,
    check_text,
)
from hsm.algorithms import KeyKind

MAX_DAYS: Final = 3660
"""Longest validity that can be asked for, in days; the profile decides within it."""


CHIP_PROFILES: Final = frozenset(
    profile.id for profile in PROFILES.values() if profile.purpose == "signature" and not profile.test
)
"""What a signing pair on a chip may be certified for: nobody obtains a CA's or a service's certificate here."""
PAIR_PROFILES: Final = frozenset(
    profile.id for profile in PROFILES.values() if profile.purpose == "encryption" and not profile.test
)
"""What the encryption pair beside it may be certified for."""


@dataclass(frozen=True, slots=True)
class ContainerPlan:
    """A container to make, with a signing pair made in the chip and its certificate.

    ``issuer`` and ``days`` of nothing are the profile's own; ``common_name`` is the subject's. With ``encryption_profile`` an
    encryption pair comes from the key centre, certified together with the signing pair for the same subject.
    """

    name: str
    purpose: Purpose
    common_name: str
    profile: str = "enterprise-sign"
    kind: KeyKind = KeyKind.EC_P256
    issuer: str = ""
    days: int = 0
    encryption_profile: str = ""

    def __post_init__(self) -> None:
        check_container(self.name)
        check_text("common_name", self.common_name)
        if self.profile not in CHIP_PROFILES:
            known = "、".join(sorted(CHIP_PROFILES))
            raise TokenFieldInvalid(
                "profile", f"芯片证书只能使用：{known}", f"one of {', '.join(sorted(CHIP_PROFILES))}"
            )
        if self.encryption_profile and self.encryption_profile not in PAIR_PROFILES:
            pairs = sorted(PAIR_PROFILES)
            raise TokenFieldInvalid(
                "encryption_profile", f"加密证书只能使用：{'、'.join(pairs)}", f"one of {', '.join(pairs)}"
            )
        if not 0 <= self.days <= MAX_DAYS:
            raise TokenFieldInvalid("days", "有效期应为 0 至 3660 天", "0 to 3660 days")


@dataclass(frozen=True, slots=True)
class ApplicationPlan:
    """An issuer's application with its PIN policy and its containers."""

    name: str
    containers: tuple[ContainerPlan, ...]
    policy: PinPolicy = field(default_factory=PinPolicy)

    def __post_init__(self) -> None:
        check_application(self.name)
        names = [container.name for container in self.containers]
        if not 1 <= len(names) <= MAX_CONTAINERS or len(set(names)) != len(names):
            raise TokenFieldInvalid(
                "containers",
                "每个应用应有 1 至 16 个不同名的容器",
                "1 to 16 containers, each of its own name",
            )


@dataclass(frozen=True, slots=True)
class PersonalisationPlan:
    """Everything that a chip is to hold."""

    serial: str
    applications: tuple[ApplicationPlan, ...]

    def __post_init__(self) -> None:
        check_serial(self.serial)
        names = [application.name for application in self.applications]
        if not 1 <= len(names) <= MAX_APPLICATIONS or len(set(names)) != len(names):
            raise TokenFieldInvalid(
                "applications", "应有 1 至 16 个不同名的应用", "1 to 16 applications, each of its own name"
            )

    @property
    def profiles(self) -> tuple[str, ...]:
        """The profiles that certificates are to be issued by, each once, sorted."""
        every = [each for part in self.applications for each in part.containers]
        found = {each.profile for each in every} | {each.encryption_profile for each in every}
        return tuple(sorted(found - {""}))

    @property
    def paired(self) -> bool:
        """Tell whether a container has an encryption pair too."""
        return any(each.encryption_profile for part in self.applications for each in part.containers)

    def to_json(self) -> str:
        """Return the plan as canonical JSON: one text for one plan."""
        return canonical_json(self.as_object())

    def as_object(self) -> dict[str, Any]:
        """Return the plan as canonical JSON takes it."""
        return {
            "serial": self.serial,
            "applications": [
                {
                    "name": part.name,
                    "pin_length": part.policy.length,
                    "pin_tries": part.policy.tries,
                    "containers": [_container_object(each) for each in part.containers],
                }
                for part in self.applications
            ],
        }


def _container_object(plan: ContainerPlan) -> dict[str, Any]:
    return {
        "name": plan.name,
        "purpose": plan.purpose.value,
        "common_name": plan.common_name,
        "profile": plan.profile,
        "kind": plan.kind.value,
        "issuer": plan.issuer,
        "days": plan.days,
        "encryption_profile": plan.encryption_profile,
    }


def plan_from_json(text: str) -> PersonalisationPlan:
    """Read a plan that :meth:`PersonalisationPlan.to_json` wrote."""
    found = json.loads(text)
    return PersonalisationPlan(
        found["serial"],
        tuple(
            ApplicationPlan(
                part["name"],
                tuple(
                    ContainerPlan(
                        each["name"],
                        Purpose(each["purpose"]),
                        each["common_name"],
                        each["profile"],
                        KeyKind(each["kind"]),
                        each["issuer"],
                        each["days"],
                        each["encryption_profile"],
                    )
                    for each in part["containers"]
                ),
                PinPolicy(part["pin_length"], part["pin_tries"]),
            )
            for part in found["applications"]
        ),
    )
