"""What was demanded of a signature and how each demand ended (ETSI TS 119 102-2 §4.3.5): from the report, nothing judged anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from verify.institution.proofs import PartState, ProofPart
from verify.report import UNKNOWN, SignatureReport, StatusReport
from verify.reports import vocabulary as v
from verify.reports.tree import Node, given, leaf, node
from verify.sentence import Reason
from verify.ses.facts import SealDataStep, StepState

_GOOD: Final = frozenset({"good", "active"})
_BAD: Final = frozenset(
    {"revoked", "expired", "not_yet_valid", "on_hold", "suspended", "frozen", "superseded"}
)
_PARTS: Final = {
    PartState.PRESENT: StepState.PASSED,
    PartState.MISSING: StepState.INDETERMINATE,
    PartState.FAILED: StepState.FAILED,
}


def constraints(item: SignatureReport, steps: tuple[SealDataStep, ...]) -> Iterator[Node]:
    """Yield one report for each demand; ``steps`` are those of the seal standards, of an OFD, or of a bare object."""
    yield _one("integrity", _integrity(item))
    yield _one("certificate-chain", _known(bool(item.signer and item.signer.chain)))
    yield _one("certificate-state-then", _state(item.certificate_then))
    yield _one("certificate-state-now", _state(item.certificate_now))
    if item.authority_now != UNKNOWN:
        yield _one("authority-state-now", _state(item.authority_now))
    yield _one("proof-of-time", _known(item.time.trusted))
    if item.seal is not None:
        yield _one("seal-maker", _known(item.seal.trusted))
        yield _one("seal-state-then", _state(item.seal_then))
        yield _one("seal-state-now", _state(item.seal_now))
    for step in steps:
        yield _one(f"step:{step.key}", step.state, step.reason, v.sub_indications(step.sub_indication))
    if item.proofs is not None:
        yield from (_part("technical", part) for part in item.proofs.technical)
        yield from (_part("institutional", part) for part in item.proofs.institutional)


def _part(proof: str, part: ProofPart) -> Node:
    return _one(f"{proof}:{part.name}", _PARTS[part.state], part.sentence)


def _integrity(item: SignatureReport) -> StepState:
    if item.integrity.modified is None:
        return StepState.INDETERMINATE
    return StepState.FAILED if item.integrity.modified else StepState.PASSED


def _known(known: bool) -> StepState:
    return StepState.PASSED if known else StepState.INDETERMINATE


def _state(status: StatusReport) -> StepState:
    if status.status in _GOOD:
        return StepState.PASSED
    return StepState.FAILED if status.status in _BAD else StepState.INDETERMINATE


def _one(name: str, state: StepState, reason: Reason | None = None, subs: tuple[str, ...] = ()) -> Node:
    done = state is not StepState.NOT_DONE
    status = node(
        "vr:ValidationStatus",
        leaf("vr:MainIndication", v.STEP.get(state, v.STEP[StepState.INDETERMINATE])),
        *(leaf("vr:SubIndication", sub) for sub in subs),
    )
    said = reason is not None and bool(reason.zh or reason.en)
    return node(
        "vr:ValidationConstraint",
        leaf("vr:ValidationConstraintIdentifier", f"{v.CONSTRAINT}{name.replace(' ', '-')}"),
        node("vr:ConstraintStatus", leaf("vr:Status", v.APPLIED if done else v.DISABLED)),
        status if done else None,
        node("vr:Indications", given("yx:ReasonZh", reason.zh), given("yx:Reason", reason.en))
        if reason is not None and said
        else None,
    )
