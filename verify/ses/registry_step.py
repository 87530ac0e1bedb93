"""The state of a seal in its maker's registry: no step of the standards, and what a person asks first.

Seal data carries no state, so a seal that was lost goes on verifying by the standards. Where the trust store has the status list
that the same maker signed, a seal stopped before the moment that matters is invalid (挂失 shows from that instant).
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from seals.seal import SealStatus
from seals.statement import SealStatusList
from seals.states import ENDED
from verify.civil_time import civil_day
from verify.maker_lists import SealLists, state_in
from verify.report import UNKNOWN, StatusReport
from verify.ses.certificates import Proof
from verify.ses.report import StepState
from verify.ses.seal_steps import SealCase
from verify.ses.steps import Outcome, doubtful, failed, passed, skipped
from verify.verdict import SubIndication


def registry_state(case: SealCase, lists: SealLists, *, proof: Proof | None = None) -> Outcome:
    """Look the seal up at the moment that matters and now; ``proof``: a trusted time-stamp on its use.

    The moment that matters is the signer's own claim: with a stop after it, also one that was lifted since, it counts if the use was
    stamped before. Of several lists of the maker the one that says the worst counts.
    """
    found = lists.of(case.known_as, case.seal.id, case.now)
    if not found:
        return skipped(
            "没有该制章者的印章状态表；请另查印章是否挂失、注销。",
            "There is no status list of this maker; ask the registry whether the seal was lost or revoked.",
        )
    return min((_told(case, listed, proof) for listed in found), key=lambda told: _WORST.index(told.state))


_WORST: Final = (StepState.FAILED, StepState.INDETERMINATE, StepState.PASSED, StepState.NOT_DONE)


def _told(case: SealCase, listed: SealStatusList, proof: Proof | None) -> Outcome:
    code = case.seal.id
    then, now = listed.status_at(code, case.when), listed.status_at(code, case.now)
    if then is None or now is None:
        return doubtful(
            SubIndication.SEAL_STATUS_UNKNOWN,
            f"制章者的印章状态表（{civil_day(listed.issued_at)}）中没有该印章；请更新状态表后重新核验。",
            f"The maker's status list of {civil_day(listed.issued_at)} does not have this seal; get a newer one.",
        )
    if then is not SealStatus.ACTIVE:
        return _stopped(case, listed, then)
    stopped = listed.stopped_between(code, case.when, case.now if proof is None else proof.time)
    if stopped is not None:
        day = civil_day(stopped)
        return doubtful(
            SubIndication.SEAL_STATUS_UNKNOWN,
            f"印章曾于 {day} 停用（现状为“{now.zh}”），且没有可信时间戳证明签章在此之前；请要求补充证据，或请印章持有人书面确认。",
            f"The seal was stopped on {day} (by now it is {now.value}), and no trusted time-stamp proves an earlier use; ask for that "
            "evidence, or for its holder's confirmation.",
        )
    if case.now > listed.next_update and now not in ENDED:
        return skipped(
            f"印章状态表为 {civil_day(listed.issued_at)} 签发，已过期；现状以更新后的状态表为准。",
            f"The status list is of {civil_day(listed.issued_at)} and out of date; get a newer one.",
        )
    return passed(f"{then.zh}。", f"{then.value.capitalize()}.")


def state_at(case: SealCase, lists: SealLists, when: datetime) -> StatusReport:
    """Return the seal's state at a moment as its maker's list has it, unknown without a list that tells."""
    told = [state_in(listed, case.seal.id, when) for listed in lists.of(case.known_as, case.seal.id, when)]
    return min(told, key=lambda one: _GRAVITY.get(one.status, 1), default=UNKNOWN)


_GRAVITY: Final = {UNKNOWN.status: 3, SealStatus.ACTIVE.value: 2}


def _stopped(case: SealCase, listed: SealStatusList, then: SealStatus) -> Outcome:
    """Draw the conclusion from a seal that was stopped; only what is never left is proved by an old list."""
    if case.when > listed.next_update and then not in ENDED:
        return doubtful(
            SubIndication.SEAL_STATUS_UNKNOWN,
            f"印章状态表（{civil_day(listed.issued_at)}，已过期）记为“{then.zh}”；请更新状态表后重新核验。",
            f"The status list of {civil_day(listed.issued_at)}, out of date, has the seal as {then.value}; get a newer one.",
        )
    return failed(
        SubIndication.SEAL_NOT_VALID,
        f"印章状态为“{then.zh}”（{civil_day(case.when)}），不得使用；请向制章单位核实。",
        f"The seal was {then.value} on {civil_day(case.when)}; ask its maker.",
    )
