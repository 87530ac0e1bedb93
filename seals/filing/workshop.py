"""The engraving shop's counter: take a job, upload the imprint, make, offer, deliver, rework (B2)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ca.actor import Actor
from ca.enrolment.errors import EvidenceDamaged
from seals import store as seal_store
from seals.chip_store import LinkStatus, open_link
from seals.drawing.vector import SealPicture
from seals.errors import SealError
from seals.filing import job_store
from seals.filing.errors import (
    DeliveryRefused,
    FilingFieldInvalid,
    ImprintNeeded,
    LetterNeeded,
    NotThisShop,
)
from seals.filing.house import MAX_FILE, Doing, House, working_shop
from seals.filing.job import DeliveryRecord, ImprintRecord, ImprintState, Job, JobAct
from seals.filing.people import Identity, checked, is_same, remembered
from seals.filing.shops import reason_of
from seals.imprint.errors import ImprintTooLarge, ImprintUnreadable
from seals.ledger import Ledger
from seals.states import SealStatus

MAX_IMPRINTS: Final = 50
"""Scans of one job: a few attempts after each return; a script gone wild is stopped."""
SCAN: Final = "imprint-scan"
OVERLAY: Final = "imprint-overlay"
LETTER: Final = "letter-of-authority"
RECEIPT: Final = "delivery-receipt"
_SCANS: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"BM")
"""How PNG, JPEG, TIFF and BMP begin."""
_STOPPED: Final = (SealStatus.FROZEN, SealStatus.REVOKED, SealStatus.SUPERSEDED, SealStatus.CLOSED)


class Workshop:
    """What an engraving shop does; each act is its own short transaction with the seal's row and the trail."""

    def __init__(self, house: House) -> None:
        self._house = house

    def take(self, job: str, *, actor: Actor) -> Job:
        """Take a job that is assigned to the shop or open to its division; of two shops one gets it.

        Raises :class:`seals.filing.errors.JobMoved` for the other, :class:`NotThisShop`, ShopStopped, JobActRefused.
        """
        with self._house.acting() as ledger:
            shop = working_shop(ledger.conn, actor)
            before = self._house.expect(ledger.conn, job, JobAct.TAKE)
            if before.shop not in ("", shop.uscc) or (not before.shop and before.division != shop.division):
                raise NotThisShop(f"job {before.id}")
            return self._house.move(ledger, before, Doing(JobAct.TAKE, actor, changes={"shop": shop.uscc}))

    def release(self, job: str, *, actor: Actor, reason: str) -> Job:
        """Give a job back before anything is made; it is open to the shops of its division again."""
        why = reason_of(reason)
        with self._house.acting() as ledger:
            before = self._house.expect_of_shop(ledger.conn, job, JobAct.RELEASE, actor)
            job_store.drop_pending(ledger.conn, before.id)
            doing = Doing(JobAct.RELEASE, actor, why, {"shop": "", "imprint": 0})
            return self._house.move(ledger, before, doing)

    # -- the imprint --------------------------------------------------------------------------------------------------

    def upload_imprint(self, job: str, scan: bytes, *, actor: Actor) -> ImprintRecord:
        """Keep the scan of an imprint, then compare it with the approved picture; the figure is advice.

        The file is kept first, the row next, the comparison last and outside any transaction; :meth:`finish` takes up one
        that was cut off. Raises :class:`seals.imprint.errors.ImprintError` for what is no picture, is too large or shows
        no imprint; such a scan stays on record and serves for nothing.
        """
        if len(scan) > MAX_FILE:
            raise ImprintTooLarge(
                f"印模文件不得超过 {MAX_FILE // 2**20} MiB。", "The scan has at most 20 MiB."
            )
        if not scan.startswith(_SCANS):
            raise ImprintUnreadable
        with self._house.reading() as conn:
            self._house.expect_of_shop(conn, job, JobAct.IMPRINT, actor)
        ref = self._house.beside.files.put(scan, SCAN)
        with self._house.acting() as ledger:
            before = self._house.expect_of_shop(ledger.conn, job, JobAct.IMPRINT, actor)
            number = len(job_store.imprints(ledger.conn, before.id)) + 1
            if number > MAX_IMPRINTS:
                raise FilingFieldInvalid(
                    "scan", "上传次数过多，请联系备案机关", "too many scans for this job"
                )
            after = self._house.move(ledger, before, Doing(JobAct.IMPRINT, actor, ref.sha256))
            record = _pending(after, number, ref.sha256, len(scan), actor)
            job_store.insert_imprint(ledger.conn, record)
        return self.finish(record, actor=actor)

    def finish(self, record: ImprintRecord, *, actor: Actor) -> ImprintRecord:
        """Compare a scan that is on record, and write down how it ended."""
        picture = self._approved(record.job)
        try:
            scan = self._house.beside.files.get(record.sha256)
            found = self._house.beside.studio.compare(scan, picture)
        except (SealError, EvidenceDamaged) as wrong:
            self._settle(replace(record, state=ImprintState.FAILED, fault=type(wrong).__name__), actor)
            raise
        overlay = self._house.beside.files.put(found.overlay_png, OVERLAY)
        after = replace(
            record,
            state=ImprintState.COMPARED,
            overlap=found.overlap,
            scale=found.scale,
            rotation_deg=found.rotation_deg,
            shift_x_mm=found.shift_mm[0],
            shift_y_mm=found.shift_mm[1],
            advice=found.advice.word,
            overlay_sha256=overlay.sha256,
        )
        return self._settle(after, actor)

    def _approved(self, job: str) -> SealPicture:
        """Return the picture as approved, without the mark that an unfiled seal is shown with."""
        with self._house.reading() as conn:
            found = job_store.find(conn, job)
            return SealPicture.unpack(seal_store.picture_of(conn, found.seal if found else ""))

    def _settle(self, after: ImprintRecord, actor: Actor) -> ImprintRecord:
        with self._house.acting() as ledger:
            if job_store.settle_imprint(ledger.conn, after):
                told = {
                    "scan": after.sha256,
                    "state": after.state.value,
                    "advice": after.advice,
                    "overlap_permille": str(round(after.overlap * 1000)),
                    "fault": after.fault,
                }
                ledger.note("filing.compared", actor=actor, subject=f"job:{after.job}", detail=told)
                if after.state is ImprintState.COMPARED:
                    job_store.adopt_imprint(ledger.conn, after)
        return after

    # -- making and handing over ---------------------------------------------------------------------------------------

    def make(self, job: str, *, actor: Actor) -> Job:
        """Record that the seal is engraved; :class:`ImprintNeeded` before a scan of this make was compared."""
        with self._house.acting() as ledger:
            before = self._house.expect_of_shop(ledger.conn, job, JobAct.MAKE, actor)
            if not before.imprint:
                raise ImprintNeeded(f"job {before.id}")
            return self._house.move(ledger, before, Doing(JobAct.MAKE, actor))

    def offer(self, job: str, *, actor: Actor) -> Job:
        """Tell that the seal is ready to be fetched."""
        with self._house.acting() as ledger:
            before = self._house.expect_of_shop(ledger.conn, job, JobAct.OFFER, actor)
            return self._house.move(ledger, before, Doing(JobAct.OFFER, actor))

    def deliver(
        self, job: str, receiver: Identity, *, receipt: bytes, letter: bytes = b"", actor: Actor
    ) -> Job:
        """Hand the seal over to a proven person, against a signed receipt.

        Whoever is not the legal representative on record brings a letter of authority: :class:`LetterNeeded`. A seal that
        is lost, revoked or closed is not handed over: :class:`DeliveryRefused`. Raises also
        :class:`FilingFieldInvalid`, :class:`seals.filing.errors.FileUnfit`, ChipRefused while the chip is stopped.
        """
        shown = checked(receiver)
        with self._house.reading() as conn:
            before = self._house.expect_of_shop(conn, job, JobAct.DELIVER, actor)
        self._deliverable(before)
        if not letter and not is_same(before.representative, shown):
            raise LetterNeeded(f"job {before.id}")
        letter_sha256 = self._house.keep(letter, LETTER) if letter else ""
        receipt_sha256 = self._house.keep(receipt, RECEIPT)
        known = remembered(shown)
        with self._house.acting() as ledger:
            before = self._house.expect_of_shop(ledger.conn, job, JobAct.DELIVER, actor)
            at = max(self._house.clock(), before.moved_at)
            number = len(job_store.deliveries(ledger.conn, before.id)) + 1
            record = DeliveryRecord(before.id, number, known, letter_sha256, receipt_sha256, at, actor.id)
            job_store.insert_delivery(ledger.conn, record)
            changes = {"delivered_at": at, "reason_code": "", "reason": ""}
            return self._house.move(ledger, before, Doing(JobAct.DELIVER, actor, receipt_sha256, changes))

    def _deliverable(self, job: Job) -> None:
        status = self._house.beside.seals.get(job.seal).status
        if status in _STOPPED:
            raise DeliveryRefused(f"seal {job.seal} is {status}")

    def rework(self, job: str, *, actor: Actor, reason: str) -> Job:
        """Begin again what was returned, or lost before it was filed: a new scan, a new answer of a chip."""
        why = reason_of(reason)
        with self._house.acting() as ledger:
            before = self._house.expect_of_shop(ledger.conn, job, JobAct.REWORK, actor)
            withdraw_link(self._house, ledger, before, actor)
            job_store.drop_pending(ledger.conn, before.id)
            changes = {"imprint": 0, "chip": ""}
            return self._house.move(ledger, before, Doing(JobAct.REWORK, actor, why, changes))


def withdraw_link(house: House, ledger: Ledger, job: Job, actor: Actor) -> None:
    """Take back the link that was asked for the job's chip, if it is still only asked for."""
    found = open_link(ledger.conn, job.seal)
    if found is not None and found.status is LinkStatus.REQUESTED and found.token == job.chip:
        house.beside.chips.withdraw_within(ledger, job.seal, actor=actor)


def _pending(job: Job, number: int, sha256: str, size: int, actor: Actor) -> ImprintRecord:
    return ImprintRecord(
        job=job.id,
        number=number,
        sha256=sha256,
        size=size,
        at=job.moved_at,
        actor=actor.id,
        state=ImprintState.PENDING,
        overlap=0.0,
        scale=0.0,
        rotation_deg=0.0,
        shift_x_mm=0.0,
        shift_y_mm=0.0,
        advice="",
        overlay_sha256="",
        fault="",
    )
