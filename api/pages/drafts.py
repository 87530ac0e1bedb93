"""Documents on their way to a seal: the draft, the order, the work and its end, all on the shelf so that a reload keeps them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import shutil
from dataclasses import dataclass
from typing import Any, Final

from api.pages.jobs import Jobs
from api.pages.ofd_sheets import is_ofd, sheet_sizes
from api.pages.render import NotShown, PageRenderer, PasswordNeeded
from api.pages.shelf import Entry, Shelf
from api.problems.problem import describe
from ca.actor import Actor
from hsm.pins import Pin
from signing.errors import DocumentError
from signing.level import Level
from signing.making import Progress, Step
from signing.order import SealOrder
from signing.placing.preview import Shown
from signing.placing.where import Where
from signing.service import SealedDocument, SealingService

LOG: Final = logging.getLogger("yinxin.pages")
OPEN: Final = "open"
LOCKED: Final = "locked"
SEALING: Final = "sealing"
SEALED: Final = "sealed"
LEVEL: Final = Level.B_LT
"""What the page seals with: a document that verifies offline and after its certificate has expired."""
INTERRUPTED: Final = "work.interrupted"


@dataclass(frozen=True, slots=True)
class Wish:
    """Where the keeper wants which seal, where that shows (page and box in mm) in this document, and by which approved case."""

    seal: str
    place: Where
    seal_name: str
    shown: tuple[Shown, ...]
    may_cover: bool = False
    case: str = ""

    def to_json(self) -> dict[str, Any]:
        """Give the part of the draft's state that says where."""
        told = {
            "seal": self.seal,
            "where": str(self.place),
            "may_cover": self.may_cover,
            "spots": [{"page": one.page, "box": [round(side, 2) for side in one.box]} for one in self.shown],
            "seal_name": self.seal_name,
        }
        return told | ({"case": self.case} if self.case else {})


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is asked for once and kept by nobody."""

    pin: Pin
    password: str | None

    def __repr__(self) -> str:
        return "Secrets(****)"


class Drafts:
    """Takes drafts through their states; an entry belongs to the person who made it."""

    def __init__(self, shelf: Shelf, renderer: PageRenderer, jobs: Jobs, sealing: SealingService) -> None:
        self.shelf = shelf
        self._renderer = renderer
        self._jobs = jobs
        self._sealing = sealing

    def get(self, name: str, owner: Actor) -> Entry | None:
        """Return ``owner``'s entry; another's is as if it were not there."""
        entry = self.shelf.get(name)
        return entry if entry is not None and entry.state()["owner"] == owner.id else None

    def open(self, entry: Entry, password: str | None = None) -> str | None:
        """Measure the pages of a new draft; return the word why they cannot be shown, or None.

        An encrypted document waits (state *locked*) until its password comes. An OFD that may not be sealed is removed
        and raises :class:`signing.errors.DocumentError`, which says why.
        """
        if is_ofd(entry.document):
            self._open_ofd(entry)
            return None
        try:
            sizes = self._renderer.sizes(entry.document, password)
            if password is not None:
                self._renderer.unlock(entry.document, password, entry.unlocked)
        except PasswordNeeded:
            entry.update(status=LOCKED)
            return None if password is None else "password"
        except NotShown as error:
            return error.word
        pages = [[size.width_mm, size.height_mm] for size in sizes]
        entry.update(status=OPEN, pages=pages, encrypted=password is not None)
        return None

    def _open_ofd(self, entry: Entry) -> None:
        try:
            sizes = sheet_sizes(entry.document)
        except DocumentError:
            self.shelf.remove(entry)
            raise
        entry.update(status=OPEN, pages=sizes, encrypted=False, ofd=True)

    def state(self, entry: Entry) -> dict[str, Any]:
        """Return the draft's state; sealing whose process is gone stands open again."""
        state = entry.state()
        if state["status"] == SEALING and not self._jobs.alive(entry.id, str(state.get("worker", ""))):
            state = entry.state()
            if state["status"] == SEALING:
                return entry.update(status=OPEN, problem=INTERRUPTED)
        return state

    def seal(self, entry: Entry, wish: Wish, hidden: Secrets, actor: Actor) -> None:
        """Begin to seal in the background; a draft that is being sealed, or is sealed, is left alone.

        The idempotency key follows from draft and wish, so that the same wish is never sealed twice, whatever is
        interrupted or pressed twice. Raises :class:`api.errors.ServiceBusy`.
        """
        state, wanted = self.state(entry), wish.to_json()
        if state["status"] != OPEN:
            return
        order = SealOrder(
            document=entry.document,
            name=str(state["name"]),
            seal_code=wish.seal,
            placement=wish.place,
            level=LEVEL,
            idempotency_key=_key(entry, wanted),
            password=hidden.password,
            may_cover=wish.may_cover,
            case=wish.case,
        )
        begun = {
            "status": SEALING,
            "order": wanted,
            "worker": self._jobs.mark,
            "step": "begun",
            "share": 0.02,
        }
        self._jobs.start(
            entry.id,
            lambda: entry.update(**begun, problem=None),
            lambda: self._work(entry, order, hidden.pin, actor),
        )

    def take_in(
        self, entry: Entry, wanted: dict[str, Any], sealed: SealedDocument, password: str | None
    ) -> None:
        """Take in a document that was completed with a key elsewhere; ``wanted`` is its wish (:meth:`Wish.to_json`)."""
        entry.update(order=wanted, problem=None)
        self._keep(entry, sealed, password)

    def _work(self, entry: Entry, order: SealOrder, pin: Pin, actor: Actor) -> None:
        try:
            sealed = self._sealing.seal(order, actor=actor, pin=pin, progress=_reporter(entry))
            self._keep(entry, sealed, order.password)
        except Exception as error:
            if not entry.folder.exists():
                LOG.info("a draft was removed while it was sealed")
                return
            problem = describe(error)
            if problem.kind.status >= 500:
                LOG.exception("sealing failed: %s %s", problem.kind.slug, problem.members)
            told = {"zh": problem.zh, "en": problem.en, "slug": problem.kind.slug}
            entry.update(status=OPEN, problem=problem.members | told)

    def _keep(self, entry: Entry, sealed: SealedDocument, password: str | None) -> None:
        partial = entry.folder / ".sealed.pdf"
        shutil.copyfile(sealed.path, partial)
        partial.replace(entry.sealed)
        if password is not None:
            self._renderer.unlock(entry.sealed, password, entry.folder / "sealed-unlocked.pdf")
        entry.update(
            status=SEALED,
            sealing_id=str(sealed.sealing_id),
            digest=sealed.digest.value.hex(),
            **_key_used(sealed),
        )


def _key(entry: Entry, wanted: dict[str, Any]) -> str:
    text = json.dumps([entry.id, wanted], sort_keys=True)
    return f"page-{hashlib.sha256(text.encode()).hexdigest()}"


def _reporter(entry: Entry) -> Progress:
    steps = list(Step)

    def report(step: Step) -> None:
        with contextlib.suppress(OSError):  # what is told on the way must not stop a sealing
            entry.update(step=step.value, share=(steps.index(step) + 1) / len(steps))

    return report


def _key_used(sealed: SealedDocument) -> dict[str, str]:
    """Tell what signed: the algorithm, where its key is kept, and which readers can check the result."""
    one = sealed.own
    if one is None:
        return {}
    told = {"algorithm": one.algorithm, "custody": one.custody}
    return told if one.readers is None else told | {"readers_zh": one.readers.zh, "readers": one.readers.en}
