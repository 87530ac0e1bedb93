"""What a key ceremony is to make: the names and kinds that a person decides, and the keys with their certificates that follow."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from ca.audit import canonical_json
from ca.errors import CeremonyRefused
from ca.issuer import UnitPurpose
from ca.profile import (
    DOCUMENT_SERVICE,
    ISSUING,
    OCSP_RESPONDER,
    ROOT,
    SEAL_MAKER,
    TRUST_LIST,
    TSA,
    VERIFICATION,
)
from hsm.algorithms import Family, KeyKind
from hsm.suite import Suite


@dataclass(frozen=True, slots=True)
class CeremonyPlan:
    """What is to be made, in which token (it exists and its PIN is at hand). Names without a test mark are for
    production only; a demonstration says 测试 or TEST in the names of both CAs. Kinds of ``None`` are those of the
    authority's suite; others are refused.
    """  # noqa: D205

    token: str
    scheme: str = "pkcs11"
    organization: str = "印信测试 / Yinxin TEST"
    root_name: str = "印信测试根证书 / Yinxin TEST Root CA"
    issuing_name: str = "印信测试签发 CA / Yinxin TEST Issuing CA"
    tsa_name: str = "印信测试时间戳 / Yinxin TEST TSA"
    ocsp_name: str = "印信测试 OCSP / Yinxin TEST OCSP"
    seal_maker_name: str = "印信测试制章 / Yinxin TEST Seal Maker"
    root_key: KeyKind | None = None
    issuing_key: KeyKind | None = None
    unit_key: KeyKind | None = None

    def in_suite(self, suite: Suite) -> CeremonyPlan:
        """Return the plan with every kind decided; one of another suite raises :class:`CeremonyRefused`."""
        decided = replace(
            self,
            root_key=self.root_key or suite.root_key_kind,
            issuing_key=self.issuing_key or suite.key_kind,
            unit_key=self.unit_key or suite.key_kind,
        )
        for kind in (decided.root_key, decided.issuing_key, decided.unit_key):
            if kind is not None and not _fits(suite, kind):
                raise CeremonyRefused(f"{kind.value} is not a kind of suite {suite}")
        return decided

    @classmethod
    def of(cls, record: str) -> CeremonyPlan:
        """Return the plan that a ceremony's record states."""
        found: dict[str, Any] = json.loads(record)["plan"]
        kinds = ("root_key", "issuing_key", "unit_key")
        return cls(**found | {name: KeyKind(found[name]) for name in kinds if found[name]})

    def to_json(self) -> str:
        """Return the plan as canonical JSON."""
        return canonical_json(
            {
                name: value.value if isinstance(value, KeyKind) else value
                for name, value in asdict(self).items()
            }
        )


@dataclass(frozen=True, slots=True)
class CeremonyStep:
    """One key with its certificate. ``purpose`` of ``None`` is an issuer."""

    id: str
    name: str
    profile: str
    issuer: str
    kind: KeyKind
    purpose: UnitPurpose | None = None


def _fits(suite: Suite, kind: KeyKind) -> bool:
    return (kind.family is Family.SM2) == (suite.key_kind.family is Family.SM2)


def steps(plan: CeremonyPlan, suite: Suite) -> tuple[CeremonyStep, ...]:
    """Return what a ceremony makes, in order."""
    root, issuing = plan.root_key or suite.root_key_kind, plan.issuing_key or suite.key_kind
    unit = plan.unit_key or suite.key_kind
    return (
        CeremonyStep("root", plan.root_name, ROOT.id, "root", root),
        CeremonyStep("issuing", plan.issuing_name, ISSUING.id, "root", issuing),
        CeremonyStep("tsa", plan.tsa_name, TSA.id, "issuing", unit, UnitPurpose.TSA),
        CeremonyStep("ocsp-issuing", plan.ocsp_name, OCSP_RESPONDER.id, "issuing", unit, UnitPurpose.OCSP),
        CeremonyStep(
            "seal-maker", plan.seal_maker_name, SEAL_MAKER.id, "issuing", unit, UnitPurpose.SEAL_MAKER
        ),
        list_signer(plan, unit),
    )


def list_signer(plan: CeremonyPlan, kind: KeyKind) -> CeremonyStep:
    """Return the unit that signs the trust list."""
    name = _named_after_tsa(plan, "信任清单", "Trust List")
    return CeremonyStep("trust-list", name, TRUST_LIST.id, "issuing", kind, UnitPurpose.TRUST_LIST)


def documents(plan: CeremonyPlan, kind: KeyKind) -> CeremonyStep:
    """Return the unit that signs the installation's own documents."""
    name = _named_after_tsa(plan, "文件服务", "Documents")
    return CeremonyStep("documents", name, DOCUMENT_SERVICE.id, "issuing", kind, UnitPurpose.DOCUMENT)


def verifier(plan: CeremonyPlan, kind: KeyKind) -> CeremonyStep:
    """Return the unit that signs verification reports and offline bundles."""
    name = _named_after_tsa(plan, "核验服务", "Verification")
    return CeremonyStep("verification", name, VERIFICATION.id, "issuing", kind, UnitPurpose.VERIFICATION)


def _named_after_tsa(plan: CeremonyPlan, zh: str, en: str) -> str:
    return plan.tsa_name.replace("时间戳", zh).replace("TSA", en)
