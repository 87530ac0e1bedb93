"""What is closed, renewed and published beside requests: part by part, so that none keeps another from its work."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from api.errors import ReconciliationIncomplete
from api.problems.problem import describe
from ca.actor import Actor

if TYPE_CHECKING:  # the doors know this module
    from api.services import Services

LOG: Final = logging.getLogger("yinxin.reconciling")
Part = Callable[[], Mapping[str, int] | None]
"""Does one part of the work; returns how many of each it dealt with."""


def reconcile(services: Services, actor: Actor) -> dict[str, int]:
    """Do every part and return how many of each; :class:`ReconciliationIncomplete` names the parts that failed, after all the others."""
    counts: dict[str, int] = {}
    failed: dict[str, Exception] = {}
    for name, work in parts(services, actor).items():
        try:
            counts |= work() or {}
        except Exception as error:  # noqa: BLE001 - whatever it is, the other parts are done
            LOG.error("reconciliation: %s failed: %s", name, describe(error).en)  # noqa: TRY400 - the trace follows
            failed[name] = error
    if failed:
        causes = ExceptionGroup("reconciliation", list(failed.values()))
        raise ReconciliationIncomplete(failed, counts) from causes
    return counts


def parts(services: Services, actor: Actor) -> dict[str, Part]:
    """List the parts in their order: what is published and anchored in the end tells what the others left."""
    found = services
    return {
        "certificates": lambda: _certificates(found, actor),
        "revocation lists": lambda: {"crl_numbers_burned": len(found.crls.reconcile(actor))},
        "time-stamps": lambda: {"timestamps_burned": len(found.tsa.reconcile(actor))},
        "seal states": lambda: {"seal_lists_withheld": len(found.seal_states.reconcile(actor))},
        "seal data": lambda: {"seal_data_withheld": found.seal_data.reconcile(actor)},
        "reports": lambda: {"reports_closed": found.reports.reconcile(actor)},
        "sealings": lambda: _sealings(found, actor),
        "digests": lambda: {"digests_failed": found.hashes.reconcile(actor)},
        "two-step sealing": lambda: {"signatures_not_returned": found.two_step.expire(actor)},
        "uses": lambda: {"uses_expired": found.use_desk.expire()},
        "reminders": lambda: {"use_reminders": found.use_desk.reminders.collect(actor)},
        "enrolment": lambda: found.enrolments.housekeep(actor),
        "key centre": lambda: {"keys_completed": found.key_centre.reconcile(actor)},
        "tokens": found.token_work.reconcile,
        "filing": lambda: found.filing.housekeep(actor),
        "stamps": lambda: found.stamps.housekeep(actor=actor),
        "archive": lambda: found.keeping.housekeep(actor),
        "papers": lambda: found.papers.housekeep(actor),
        "recognition": lambda: found.recognition.housekeep(actor),
        "verification orders": found.orders.work.housekeep,
        "publishing": lambda: _published(found),
        "checkpoint": lambda: _anchored(found),
    }


def _certificates(services: Services, actor: Actor) -> dict[str, int]:
    closed = services.authority.reconcile(actor)
    return {
        "certificates_in_doubt": len(closed.in_doubt),
        "certificates_unsigned": len(closed.unsigned),
    }


def _sealings(services: Services, actor: Actor) -> dict[str, int]:
    closed = services.sealing.reconcile(actor)
    return {"sealings_completed": len(closed.completed), "sealings_failed": len(closed.failed)}


def _published(services: Services) -> None:
    services.evidence.publish()


def _anchored(services: Services) -> None:
    services.evidence.checkpoint()
