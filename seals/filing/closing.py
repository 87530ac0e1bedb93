"""What nobody does by hand: jobs that nobody claims are closed, comparisons cut off by a crash are finished."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from ca.actor import Actor
from ca.enrolment.errors import EvidenceDamaged
from seals.errors import SealError
from seals.filing import job_store
from seals.filing.house import Doing, House
from seals.filing.job import Job, JobAct
from seals.filing.workshop import Workshop, withdraw_link
from seals.states import SealStatus

AT_ONCE: Final = 200
"""Jobs looked at in one round; the next round is a minute later."""
CUT_OFF: Final = timedelta(minutes=2)
"""When a comparison still under way is taken for cut off: it takes seconds."""
_ENDED: Final = (
    SealStatus.REVOKED.value,
    SealStatus.SUPERSEDED.value,
    SealStatus.CLOSED.value,
    SealStatus.ACTIVE.value,
)
"""States of a seal with which a job still in progress has nothing left to do."""
UNCLAIMED: Final = "逾期无人领取 / unclaimed"
SEAL_ENDED: Final = "印章已注销、换发或已启用 / the seal has ended or is in use"


class Closing:
    """Closes what is over; each job in a transaction of its own, so that one that cannot be closed stops no other."""

    def __init__(self, house: House, workshop: Workshop) -> None:
        self._house = house
        self._workshop = workshop

    def housekeep(self, actor: Actor) -> dict[str, int]:
        """Close, finish, count: ``filing_unclaimed_closed``, ``filing_jobs_ended``, ``filing_comparisons_finished``."""
        now = self._house.clock()
        with self._house.reading() as conn:
            unclaimed = job_store.idle(conn, now - self._house.rules.unclaimed, AT_ONCE)
            ended = job_store.of_ended_seals(conn, _ENDED, AT_ONCE)
        over = {job.id for job in ended}
        lapsed = [job for job in unclaimed if job.id not in over]
        return {
            "filing_unclaimed_closed": self._each(lapsed, self._lapse, actor),
            "filing_jobs_ended": self._each(ended, self._end, actor),
            "filing_comparisons_finished": self._compare(actor),
        }

    def _each(
        self, jobs: list[Job] | tuple[Job, ...], close: Callable[[Job, Actor], None], actor: Actor
    ) -> int:
        done = 0
        for job in jobs:
            try:
                close(job, actor)
            except SealError:  # moved, frozen or filed in this moment: looked at again in the next round
                continue
            done += 1
        return done

    def _lapse(self, job: Job, actor: Actor) -> None:
        with self._house.acting() as ledger:
            withdraw_link(self._house, ledger, job, actor)
            self._house.move(ledger, job, Doing(JobAct.CLOSE, actor, UNCLAIMED, {"reason": UNCLAIMED}))

    def _end(self, job: Job, actor: Actor) -> None:
        """Close a job whose seal came to an end without it: the seal's row is not touched."""
        with self._house.acting() as ledger:
            withdraw_link(self._house, ledger, job, actor)
            self._house.move_alone(
                ledger, job, Doing(JobAct.CLOSE, actor, SEAL_ENDED, {"reason": SEAL_ENDED})
            )

    def _compare(self, actor: Actor) -> int:
        with self._house.reading() as conn:
            waiting = job_store.pending_imprints(conn, self._house.clock() - CUT_OFF, AT_ONCE)
        for record in waiting:
            try:
                self._workshop.finish(record, actor=actor)
            except (SealError, EvidenceDamaged):  # on record as failed, by name
                continue
        return len(waiting)
