"""The proof of the audit trail that a page waits for: begun once at a time, told in a file so that a reload finds it."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any, Final

from api.files import write_whole
from api.pages.jobs import Jobs
from api.problems.problem import describe
from api.services import Services
from ca.actor import Actor
from ca.errors import AuditBroken

LOG: Final = logging.getLogger("yinxin.pages")
NAME: Final = "audit-proof"
NEVER: Final = "never"
RUNNING: Final = "running"
WHOLE: Final = "whole"
BROKEN: Final = "broken"
FAILED: Final = "failed"


class ProofWork:
    """Proves the trail of one installation in the background."""

    def __init__(self, jobs: Jobs, doors: Services) -> None:
        self._jobs = jobs
        self._doors = doors
        self._path: Path = doors.home.audit_proof

    def begin(self, actor: Actor) -> None:
        """Begin to prove; a proof that runs is left alone. Raises :class:`api.errors.ServiceBusy`."""
        if self.state()["status"] == RUNNING:
            return
        with self._doors.reading() as connection:
            total = self._doors.audit.head(connection).number
        told = {
            "worker": self._jobs.mark,
            "by": actor.name or actor.id,
            "at": self._doors.clock().isoformat(),
            "total": total,
        }
        self._jobs.start(NAME, lambda: self._tell(told, status=RUNNING, done=0), lambda: self._work(told))

    def state(self) -> dict[str, Any]:
        """Tell how far it is, or how the last one ended; one whose process is gone has failed."""
        state = self._read()
        if state["status"] == RUNNING and not self._jobs.alive(NAME, str(state["worker"])):
            state = self._read()  # it may have ended in between
            if state["status"] == RUNNING:
                return state | {"status": FAILED}
        return state

    def _work(self, told: dict[str, Any]) -> None:
        try:
            proof = self._doors.evidence.prove_audit(
                lambda number: self._tell(told, status=RUNNING, done=number)
            )
            found = {"records": proof.records, "digest": proof.digest, "anchored": proof.anchored}
            self._tell(told, status=WHOLE, **found)
        except AuditBroken as broken:
            LOG.critical("the audit trail is broken at record %d: %s", broken.number, broken.why)
            self._tell(told, status=BROKEN, number=broken.number, problem={"zh": broken.zh, "en": broken.en})
        except Exception as error:
            problem = describe(error)
            LOG.exception("the proof of the audit trail failed: %s", problem.kind.slug)
            self._tell(told, status=FAILED)

    def _tell(self, told: dict[str, Any], **more: Any) -> None:
        write_whole(self._path, json.dumps(told | more, ensure_ascii=False).encode(), mode=0o600)

    def _read(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self._path.read_text("utf-8")))
        except FileNotFoundError:
            return {"status": NEVER}
