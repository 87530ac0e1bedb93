"""Which container a sealing gets, and that container made ready: by the order, the installation's choice and the key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from ca.actor import Actor
from hsm.algorithms import Family
from seals.ses.maker import SealDataMaker
from seals.ses.parts import SesVersion
from signing.containers.cms import ContainerForm, Revocation, Signatory
from signing.containers.envelope import CmsEnvelope, ContainerKind, Envelope, PdfNames
from signing.containers.ses_envelope import SES_NAMES, SealData, SesEnvelope
from signing.errors import ContainerUnfit
from signing.formats import DocumentKind
from signing.level import Level
from signing.mark import Evidence
from signing.order import SealOrder

_FORMS: Final = {
    ContainerKind.CMS: ContainerForm.RFC5652,
    ContainerKind.GBT35275: ContainerForm.GBT35275,
}


@dataclass(frozen=True, slots=True)
class EnvelopeRules:
    """What settings decide: the container of an SM2 key, the names that a PDF gives it, the version of seal signatures."""

    national: ContainerKind = ContainerKind.CMS
    names: Mapping[ContainerKind, PdfNames] = field(default_factory=dict)
    ses_version: SesVersion = SesVersion.V4


@dataclass(frozen=True, slots=True)
class Occasion:
    """One sealing as its container sees it; ``evidence`` is what was gathered, whether the level asks for it or not."""

    order: SealOrder
    document: DocumentKind
    signatory: Signatory
    statement: str
    when: datetime
    evidence: Evidence
    actor: Actor


class EnvelopeDesk:
    """Makes containers ready; seal data comes from its maker, which makes it anew where the seal has changed."""

    def __init__(self, rules: EnvelopeRules | None = None, seal_data: SealDataMaker | None = None) -> None:
        self._rules = rules or EnvelopeRules()
        self._seal_data = seal_data

    def make(self, occasion: Occasion) -> Envelope:
        """Make the container of one sealing ready.

        Raises :class:`ContainerUnfit`, and what making seal data raises (:meth:`seals.ses.maker.SealDataMaker.current`).
        """
        kind = self._kind(occasion)
        _check(kind, occasion)
        if kind is ContainerKind.SES:
            return self._seal_signature(occasion)
        alone = occasion.document is DocumentKind.FILE
        return CmsEnvelope(
            replace(occasion.signatory, wanted=_FORMS[kind]),
            occasion.statement,
            names=self._rules.names.get(kind),
            when=occasion.when if alone else None,
            carried=_carried(occasion) if alone and occasion.order.level.long_term else Revocation(),
        )

    def _kind(self, occasion: Occasion) -> ContainerKind:
        """Take the order's word; else an SM2 key gets the installation's container, in an OFD always a seal signature."""
        if occasion.order.container is not None:
            return occasion.order.container
        if occasion.signatory.signer.algorithm.family is not Family.SM2:
            return ContainerKind.CMS
        if occasion.document is DocumentKind.OFD:
            return ContainerKind.SES
        national = self._rules.national
        alone = occasion.document is DocumentKind.FILE
        return ContainerKind.CMS if alone and national is ContainerKind.SES else national

    def _seal_signature(self, occasion: Occasion) -> SesEnvelope:
        if self._seal_data is None:
            raise ContainerUnfit("no maker of seal data here")
        version = self._rules.ses_version
        made = self._seal_data.current(occasion.order.seal_code, version, actor=occasion.actor)
        return SesEnvelope(
            occasion.signatory,
            SealData(made.octets, version),
            occasion.when,
            occasion.statement,
            self._rules.names.get(ContainerKind.SES, SES_NAMES),
        )


def _check(kind: ContainerKind, occasion: Occasion) -> None:
    """Refuse what cannot be written or what nobody could judge afterwards."""
    if kind is not ContainerKind.CMS and occasion.signatory.signer.algorithm.family is not Family.SM2:
        raise ContainerUnfit(f"{kind.value} with a key for {occasion.signatory.signer.algorithm.label}")
    if occasion.document is not DocumentKind.FILE:
        return
    if kind is ContainerKind.SES:
        raise ContainerUnfit("a seal signature in a file of its own")
    if kind is ContainerKind.GBT35275 and occasion.order.level not in _WITHOUT_EVIDENCE:
        raise ContainerUnfit(f"GB/T 35275 at level {occasion.order.level.value}")


_WITHOUT_EVIDENCE: Final = frozenset({Level.B_B, Level.B_T})


def _carried(occasion: Occasion) -> Revocation:
    evidence = occasion.evidence
    return Revocation(evidence.certificates, evidence.ocsp, evidence.crls)
