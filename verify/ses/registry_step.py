"""The state of a seal in its maker's registry: no step of the standards, and what a person asks first.

Seal data carries no state, so a seal that was lost goes on verifying by the standards. Where the trust store has the status list
that the same maker signed, a seal stopped before the moment that matters is invalid (挂失 shows from that instant).
"""

from __future__ import annotations

from datetime import datetime

from seals.seal import SealStatus
from seals.statement import SealStatusList
from seals.states import ENDED
from verify.civil_time import civil_day
from verify.maker_lists import SealLists
from verify.report import UNKNOWN, StatusReport
from verify.ses.certificates import Proof
from verify.ses.seal_steps import SealCase
from verify.ses.steps import Outcome, doubtful, failed, passed, skipped
from verify.verdict import SubIndication


def registry_state(case: SealCase, lists: SealLists, *, proof: Proof | None = None) -> Outcome:
    """Look the seal up at the moment that matters and now; ``proof``: a trusted time-stamp on its use.

    The moment that matters is the signer's own claim: it counts after a stop if the seal was active when the use was stamped.
    """
    listed = _list_of(case, lists)
    if listed is None:
        return skipped(
            "没有该制章者的印章状态表；请另查印章是否挂失、注销。",
            "There is no status list of this maker; ask the registry whether the seal was lost or revoked.",
        )
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
    proved = None if proof is None else listed.status_at(code, proof.time)
    if SealStatus.ACTIVE not in {now, proved}:
        return doubtful(
            SubIndication.SEAL_STATUS_UNKNOWN,
            f"印章现状为“{now.zh}”，且没有可信时间戳证明签章在此之前；请要求补充证据。",
            f"The seal is {now.value} by now, and no trusted time-stamp proves an earlier use; ask for that evidence.",
        )
    if case.now > listed.next_update and now not in ENDED:
        return skipped(
            f"印章状态表为 {civil_day(listed.issued_at)} 签发，已过期；现状以更新后的状态表为准。",
            f"The status list is of {civil_day(listed.issued_at)} and out of date; get a newer one.",
        )
    return passed(f"{then.zh}。", f"{then.value.capitalize()}.")


def state_at(case: SealCase, lists: SealLists, when: datetime) -> StatusReport:
    """Return the seal's state at a moment as its maker's list has it, unknown without a list that tells."""
    listed = _list_of(case, lists)
    if listed is None:
        return UNKNOWN
    status = listed.status_at(case.seal.id, when)
    if status is None or (when > listed.next_update and status not in ENDED):
        return StatusReport(UNKNOWN.status, as_of=listed.issued_at)
    history = [since for since, _ in listed.entries.get(case.seal.id, ()) if since <= when]
    return StatusReport(status.value, "list", history[-1] if history else None, as_of=listed.issued_at)


def _list_of(case: SealCase, lists: SealLists) -> SealStatusList | None:
    """Return the list of the seal's maker; of one that is not recognised none counts."""
    looked = case.looked
    return None if looked is None or not looked.trusted else lists.of(looked.chain, looked.trust)


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
