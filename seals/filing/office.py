"""The filing officer's counter: approve for engraving, look at what waits, accept or return (B3)."""

from __future__ import annotations

import secrets

import sqlalchemy as sa

from ca.actor import Actor
from seals.binding import CertificateFacts
from seals.drawing.vector import SealPicture
from seals.errors import SecondPersonNeeded
from seals.filing import job_store, shop_store
from seals.filing.body_chip import demand_live_chip
from seals.filing.errors import (
    FilingFieldInvalid,
    JobActRefused,
    NoSuchPicture,
    NotThisShop,
    OfficerInvolved,
    ShopStopped,
    ShopUnknown,
)
from seals.filing.house import Doing, House, job_of
from seals.filing.job import (
    FIRST_STATUS,
    MAX_PAGE,
    SHOP_ACTS,
    ImprintRecord,
    Job,
    JobAct,
    JobPage,
    JobQuery,
    JobStatus,
    JobView,
    ReturnReason,
    ShopState,
)
from seals.filing.people import Identity, checked, remembered
from seals.filing.shops import demand_officer, reason_of
from seals.ledger import Ledger
from seals.states import SealAct, SealStatus
from seals.store import picture_of


class FilingOffice:
    """What those do who order and file seals; each act is one transaction with the seal's row and the trail."""

    def __init__(self, house: House) -> None:
        self._house = house

    def order(
        self, code: str, *, actor: Actor, shop: str = "", representative: Identity | None = None
    ) -> Job:
        """Approve a seal for engraving and open its job, for one shop or for those of the owner's division.

        ``representative`` is the legal representative by the licence: to nobody else is the seal handed over without a
        letter of authority. A pair that was ordered without a job gets one. Raises
        :class:`seals.errors.SecondPersonNeeded` for the applicant, :class:`seals.errors.ActRefused`,
        :class:`seals.filing.errors.JobExists`, :class:`ShopUnknown`, :class:`ShopStopped`, :class:`FilingFieldInvalid`.
        """
        known = None if representative is None else remembered(checked(representative))
        seal = self._house.beside.seals.get(code)
        with self._house.acting() as ledger:
            if shop:
                self._demand_shop(ledger, shop)
            now = self._house.clock()
            made = job_store.insert(
                ledger.conn,
                {
                    "id": secrets.token_hex(16),
                    "electronic_code": seal.code,
                    "owner_uscc": seal.owner.uscc,
                    "division": seal.owner.uscc[2:8],  # GB 32100-2015: the GB/T 2260 division
                    "shop": shop,
                    "status": FIRST_STATUS,
                    "moves": 1,
                    "opened_at": now,
                    "opened_by": actor.id,
                    "moved_at": now,
                    "moved_by": actor.id,
                    **job_store.person_columns("representative", known),
                    "imprint": 0,
                    "chip": "",
                    "reason_code": "",
                    "reason": "",
                },
            )
            self._house.write(ledger, made, Doing(JobAct.ORDER, actor))
            if seal.status is not SealStatus.MAKING:
                self._house.beside.seals.step(ledger, seal.code, SealAct.ORDER, actor)
            elif actor.is_any_of(seal.applicant):
                raise SecondPersonNeeded(f"seal {seal.code}: {actor.id} applied for it")
            return made

    def _demand_shop(self, ledger: Ledger, uscc: str) -> None:
        found = shop_store.find(ledger.conn, uscc)
        if found is None:
            raise ShopUnknown(uscc[:32])
        if found.state is not ShopState.ACTIVE:
            raise ShopStopped(uscc)

    def queue(self, *, actor: Actor, after: str = "", limit: int = 50) -> JobPage:
        """List what waits for a filing officer, the longest waiting first; :class:`OfficerNeeded`."""
        demand_officer(actor)
        return self.list(JobQuery(status=JobStatus.DELIVERED, after=after, limit=limit))

    def list(self, query: JobQuery) -> JobPage:
        """List jobs by age, a page at a time."""
        limit = max(1, min(query.limit, MAX_PAGE))
        with self._house.reading() as conn:
            found = job_store.page(conn, query, limit + 1)
        shown = found[:limit]
        return JobPage(shown, shown[-1].id if len(found) > limit else None)

    def get(self, job: str, *, actor: Actor) -> JobView:
        """Return a job with everything on it; of an enterprise's people only its shop's and its owner's: NotThisShop."""
        with self._house.reading() as conn:
            found = job_of(conn, job)
            if actor.uscc not in (None, found.owner, found.shop) and not _is_free(conn, found, actor):
                raise NotThisShop(f"job {found.id}")
            return JobView(
                found,
                job_store.events(conn, found.id),
                job_store.imprints(conn, found.id),
                job_store.deliveries(conn, found.id),
            )

    def imprint_file(self, job: str, number: int, *, overlay: bool, actor: Actor) -> bytes:
        """Return a scan or its overlay, proved against its digest; :class:`NoSuchPicture`, :class:`NotThisShop`."""
        view = self.get(job, actor=actor)
        if actor.uscc not in (None, view.job.shop):
            raise NotThisShop(f"job {job}")  # the owner never gets a clean imprint (B6)
        record: ImprintRecord | None = next((one for one in view.imprints if one.number == number), None)
        digest = "" if record is None else record.overlay_sha256 if overlay else record.sha256
        if not digest:
            raise NoSuchPicture(f"job {job}, scan {number}")
        return self._house.beside.files.get(digest)

    def approved_picture(self, job: str, *, actor: Actor) -> SealPicture:
        """Return what is to be engraved, without the mark of unfiled seals; to the job's shop and to officers alone (B6)."""
        view = self.get(job, actor=actor)
        if actor.uscc not in (None, view.job.shop):
            raise NotThisShop(f"job {job}")
        with self._house.reading() as conn:
            return SealPicture.unpack(picture_of(conn, view.job.seal))

    def accept(self, job: str, *, certificate: CertificateFacts, actor: Actor) -> Job:
        """File the seal: the keeper's certificate is bound, the chip linked, the pair active, in one transaction.

        Raises :class:`OfficerInvolved` for the applicant and everybody of the shop who worked on it, OfficerNeeded,
        :class:`seals.errors.CertificateUnfit`, :class:`seals.errors.OwnerRenamed`, :class:`seals.errors.ChipLinkRefused`,
        :class:`seals.filing.errors.ChipRefused`, :class:`JobActRefused`.
        """
        demand_officer(actor)
        with self._house.reading() as conn:
            demand_live_chip(self._house, self._house.expect(conn, job, JobAct.ACCEPT))
        with self._house.acting() as ledger:
            before = self._expect(ledger, job, JobAct.ACCEPT, actor)
            self._house.beside.chips.confirm_within(ledger, before.seal, actor=actor)
            after = self._house.move(
                ledger, before, Doing(JobAct.ACCEPT, actor, before.chip, certificate=certificate)
            )
        self._house.beside.chips.follow(after.chip)
        return after

    def return_(self, job: str, *, code: str, reason: str, actor: Actor) -> Job:
        """Return a filing with a reason of the table (:class:`ReturnReason`) and a text; the shop works on it again."""
        demand_officer(actor)
        named, text = ReturnReason.of(code), reason_of(reason)
        if named is None:
            known = "、".join(each.code for each in ReturnReason)
            raise FilingFieldInvalid("code", f"退回原因代码应为 {known}", f"one of {known}")
        with self._house.acting() as ledger:
            before = self._expect(ledger, job, JobAct.RETURN, actor)
            changes = {"reason_code": named.code, "reason": text}
            why = f"{named.code} {text}"[:200]
            return self._house.move(ledger, before, Doing(JobAct.RETURN, actor, why, changes))

    def _expect(self, ledger: Ledger, job: str, act: JobAct, actor: Actor) -> Job:
        """Read a job that waits, and refuse whoever applied, engraved or delivered (I22)."""
        before = self._house.expect(ledger.conn, job, act)
        if before.status is not JobStatus.DELIVERED:
            raise JobActRefused(before.id, act, before.status)
        applicant = self._house.beside.seals.get(before.seal).applicant
        worked = [event.actor for event in job_store.events(ledger.conn, before.id) if event.act in SHOP_ACTS]
        if actor.is_any_of(applicant, *worked):
            raise OfficerInvolved(f"job {before.id}: {actor.id}")
        return before


def _is_free(conn: sa.Connection, job: Job, actor: Actor) -> bool:
    """Tell whether the actor's shop may take a job that nobody has."""
    shop = shop_store.find(conn, actor.uscc or "")
    return (
        not job.shop and job.status is JobStatus.OPEN and shop is not None and shop.division == job.division
    )
