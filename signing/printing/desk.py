"""Printed copies under control: the sub-package's door. Set a quota, make a numbered copy, look one up by its code.

A copy is counted and its code recorded before it is made; one that comes to nothing gives its place in the quota back. The
sealed document itself is never touched.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import BEIJING, Clock
from hsm.algorithms import Digest, DigestAlgorithm
from seals.cases.case import Hand
from seals.cases.texts import check_key, check_word, own_key
from seals.ledger import Ledger, acting
from signing.archive import Archive
from signing.order import digest_of
from signing.printing import store
from signing.printing.code import new_code, read_code
from signing.printing.copy import CopyAct, CopyState, PrintCopy, PrintRule, Seen
from signing.printing.errors import (
    CodeMalformed,
    CopyUnknown,
    NotPrintable,
    NotTheSealer,
    PageHidden,
    PrintFieldInvalid,
    PrintKeyTaken,
    PrintMoved,
    RuleOfAnother,
)
from signing.printing.press import Edge, Press
from signing.store import SealingState, sealing
from signing.voiding import voiding_store
from signing.voiding.sealers import Family, family_of

MAX_QUOTA: Final = 100_000
"""Most copies of one document: a notice to every household of a town."""
STALE_AFTER: Final = timedelta(minutes=15)
"""When a copy that was counted and not made is taken for left behind: making one takes at most three minutes."""
BATCH: Final = 200
OVER: Final = "over-quota"
NOT_ENTITLED: Final = "not-entitled"
VOIDED: Final = "voided"
_GREY_ZH: Final = {
    OVER: "灰印：超出许可份数",
    NOT_ENTITLED: "灰印：未经签章单位授权",
    VOIDED: "灰印：文件已作废",
}


@dataclass(frozen=True, slots=True)
class PrintWish:
    """Which document is printed: by its digest (SHA-256, hex), or the sealed file itself; ``password`` opens it."""

    document: str | bytes = field(repr=False)
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Printed:
    """A copy and its file."""

    copy: PrintCopy
    pdf: bytes
    pages: int


@dataclass(frozen=True, slots=True)
class CopyAnswer:
    """What a code leads to: the copy, how its document may be printed, whose seals are in it."""

    copy: PrintCopy
    rule: PrintRule
    family: Family


class PrintDesk:
    """Makes and counts copies; ``address`` gives what a code leads to, as it is written into the QR code."""

    def __init__(  # noqa: PLR0913, PLR0917 - the composition root names each once
        self,
        engine: sa.Engine,
        clock: Clock,
        audit: AuditTrail,
        archive: Archive,
        press: Press,
        address: Callable[[str], str],
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = audit
        self._archive = archive
        self._press = press
        self._address = address

    # -- the owner ----------------------------------------------------------------------------------------------------

    def allow(
        self, sha256: str, quota: int, *, hand: Hand, shows_page: bool = False, title: str = ""
    ) -> PrintRule:
        """Set how many copies may be printed in all, and whether the public sees the first page.

        Raises :class:`PrintFieldInvalid`, :class:`NotPrintable`, :class:`NotTheSealer`, :class:`RuleOfAnother`.
        """
        if not 0 <= quota <= MAX_QUOTA:
            raise PrintFieldInvalid("quota", f"应为 0 至 {MAX_QUOTA}", f"it is 0 to {MAX_QUOTA}")
        title = check_word("title", title, most=200)
        family = self._family(sha256)
        if hand.actor.uscc not in {one.uscc for one in family.sealers}:
            raise NotTheSealer
        pages = self._press.pages(self._octets(sha256))
        now = self._clock()
        with acting(self._engine, self._audit) as ledger:
            known = store.find_rule(ledger.conn, sha256, lock=True)
            if known is None:
                known = self._new_rule(ledger.conn, sha256, (family, pages), hand.actor.uscc or "")
            elif known.uscc not in ("", hand.actor.uscc):
                raise RuleOfAnother
            changes = {"quota": quota, "shows_page": shows_page, "title": title or known.title}
            if not store.change_rule(
                ledger.conn, known, uscc=hand.actor.uscc, pages=pages, changed_at=now, **changes
            ):
                raise PrintMoved
            detail: dict[str, str | int | None] = {
                "quota": quota,
                "used": known.used,
                "shows_page": int(shows_page),
            }
            _note(ledger, "allowed", sha256, hand, detail)
            found = store.find_rule(ledger.conn, sha256)
        return found or known

    # -- copies -------------------------------------------------------------------------------------------------------

    def make(self, wish: PrintWish, *, request_key: str, hand: Hand) -> Printed:
        """Count a copy and make it; the same request gives the same copy again, made anew.

        Over the quota, of a voided document, or for somebody who does not act for a sealer, the seal is grey. Somebody who is not entitled
        brings the sealed file along: nobody gets another's document by its digest. Raises :class:`NotPrintable`,
        :class:`PrintKeyTaken`, :class:`signing.printing.errors.PrintFailed`.
        """
        sha256 = wish.document if isinstance(wish.document, str) else digest_of(wish.document).hex
        family = self._family(sha256)
        entitled = hand.actor.uscc in (None, *(one.uscc for one in family.sealers))
        if not entitled and isinstance(wish.document, str):
            raise NotPrintable
        octets = wish.document if isinstance(wish.document, bytes) else self._octets(sha256)
        key = own_key(hand.actor.uscc or hand.actor.person[:60], check_key(request_key))
        copy = self._known(key, sha256) or self._counted(sha256, family, (key, entitled), hand)
        try:
            pressed = self._press.press(octets, self._edge(copy), wish.password)
        except Exception as fault:
            self._failed(copy, type(fault).__name__, hand)
            raise
        if copy.state is CopyState.RESERVED:
            copy = self._made(copy, digest_of(pressed.pdf).hex, pressed.pages, hand)
        return Printed(copy, pressed.pdf, pressed.pages)

    def reconcile(self, actor: Actor) -> int:
        """Close copies that were counted and never made; return how many."""
        with self._reading() as conn:
            left = store.stale_copies(conn, self._clock() - STALE_AFTER, BATCH)
        return sum(self._failed(one, "interrupted", Hand(actor, "system")) for one in left)

    # -- reading ------------------------------------------------------------------------------------------------------

    def look_up(self, code: str) -> CopyAnswer:
        """Return what a code leads to. :class:`CodeMalformed`, :class:`CopyUnknown`."""
        found = read_code(code)
        if found is None:
            raise CodeMalformed
        with self._reading() as conn:
            copy = store.find_copy(conn, found)
            rule = None if copy is None else store.find_rule(conn, copy.document)
            family = None if copy is None else family_of(conn, copy.document)
        if copy is None or rule is None or family is None or copy.state is not CopyState.MADE:
            raise CopyUnknown
        return CopyAnswer(copy, rule, family)

    def rule(self, sha256: str, *, hand: Hand) -> PrintRule:
        """Return how a document may be printed, to one of its sealers; :class:`NotPrintable`."""
        self._own(sha256, hand)
        with self._reading() as conn:
            found = store.find_rule(conn, sha256)
        if found is None:
            raise NotPrintable
        return found

    def rules(self, uscc: str = "", after: str = "", limit: int = 50) -> tuple[PrintRule, ...]:
        """List documents with a quota; with ``uscc`` those of one enterprise."""
        with self._reading() as conn:
            return tuple(store.rules(conn, uscc, after, limit))

    def copies(self, sha256: str, *, hand: Hand, after: int = 0, limit: int = 50) -> tuple[PrintCopy, ...]:
        """List the copies of a document, to one of its sealers; :class:`NotPrintable`."""
        self._own(sha256, hand)
        with self._reading() as conn:
            return tuple(store.copies(conn, sha256, after, limit))

    def document(self, sha256: str) -> bytes:
        """Return the sealed document from the archive, for the service's own eyes: to verify it, to draw its first page."""
        return self._octets(sha256)

    def first_page(self, code: str) -> bytes:
        """Draw the first page behind a code (PNG); :class:`PageHidden` where the owner does not show it."""
        answer = self.look_up(code)
        if not answer.rule.shows_page:
            raise PageHidden
        return self._press.picture(self._octets(answer.copy.document))

    # -- inside -------------------------------------------------------------------------------------------------------

    def _reading(self) -> sa.Connection:
        return self._engine.execution_options(read_only=True).connect()

    def _family(self, sha256: str) -> Family:
        with self._reading() as conn:
            found = family_of(conn, sha256)
        if found is None:
            raise NotPrintable
        return found

    def _own(self, sha256: str, hand: Hand) -> None:
        if hand.actor.uscc not in (None, *(one.uscc for one in self._family(sha256).sealers)):
            raise NotPrintable

    def _octets(self, sha256: str) -> bytes:
        return self._archive.path(Digest(DigestAlgorithm.SHA256, bytes.fromhex(sha256))).read_bytes()

    def _new_rule(self, conn: sa.Connection, sha256: str, facts: tuple[Family, int], uscc: str) -> PrintRule:
        family, pages = facts
        at = sealing.c
        query = sa.select(at.settled_at).where(at.result == sha256, at.state == SealingState.COMPLETED.value)
        now = self._clock()
        sealed_at: datetime = conn.execute(query.limit(1)).scalar_one() or now
        rule = PrintRule(
            document=sha256,
            uscc=uscc,
            title=family.title[:200],
            quota=0,
            used=0,
            printed=0,
            pages=pages,
            shows_page=False,
            sealed_at=sealed_at,
            changed_at=now,
        )
        store.insert_rule(conn, rule)
        return rule

    def _known(self, key: str, sha256: str) -> PrintCopy | None:
        with self._reading() as conn:
            found = store.copy_by_key(conn, key)
            voided = voiding_store.since(conn, sha256) is not None
        if found is not None and (found.document != sha256 or found.state is not CopyState.MADE):
            raise PrintKeyTaken
        return replace(found, seen=Seen.GREY, why=VOIDED) if found is not None and voided else found

    def _counted(self, sha256: str, family: Family, asked: tuple[str, bool], hand: Hand) -> PrintCopy:
        """Count a copy: its number, whether it is within the quota, its code, all on record before it is made."""
        key, entitled = asked
        try:
            with acting(self._engine, self._audit) as ledger:
                rule = store.find_rule(ledger.conn, sha256, lock=True)
                if rule is None:
                    rule = self._new_rule(ledger.conn, sha256, (family, 0), "")
                within = rule.used < rule.quota
                why = "" if within else OVER
                why = why if entitled else NOT_ENTITLED
                why = VOIDED if voiding_store.since(ledger.conn, sha256) else why
                copy = self._new_copy(rule, key, why, hand)
                changes = {"printed": rule.printed + 1, "used": rule.used + (not why)}
                if not store.change_rule(ledger.conn, rule, **changes):
                    raise PrintMoved
                store.insert_copy(ledger.conn, copy)
                detail: dict[str, str | int | None] = {
                    "number": copy.number,
                    "quota": rule.quota,
                    "seen": copy.seen.value,
                }
                _note(ledger, "counted", sha256, hand, {**detail, "code": copy.code, "why": why})
        except sa.exc.IntegrityError as wrong:  # the key or the number was taken at the same moment
            raise PrintMoved from wrong
        return copy

    def _new_copy(self, rule: PrintRule, key: str, why: str, hand: Hand) -> PrintCopy:
        return PrintCopy(
            code=new_code(),
            document=rule.document,
            number=rule.printed + 1,
            quota=rule.quota,
            seen=Seen.GREY if why else Seen.TRUE,
            why=why,
            state=CopyState.RESERVED,
            actor=hand.actor.id,
            actor_name=hand.actor.name,
            uscc=hand.actor.uscc or "",
            request_key=key,
            at=self._clock(),
        )

    def _made(self, copy: PrintCopy, result: str, pages: int, hand: Hand) -> PrintCopy:
        with acting(self._engine, self._audit) as ledger:
            if not store.move_copy(ledger.conn, copy.code, CopyAct.MAKE, result=result):
                raise PrintMoved
            rule = store.find_rule(ledger.conn, copy.document, lock=True)
            if rule is not None and not rule.pages:
                store.change_rule(ledger.conn, rule, pages=pages)
            _note(
                ledger,
                "made",
                copy.document,
                hand,
                {"code": copy.code, "number": copy.number, "result": result},
            )
        return replace(copy, state=CopyState.MADE, result=result)

    def _failed(self, copy: PrintCopy, why: str, hand: Hand) -> bool:
        """Record that a copy came to nothing and give its place in the quota back; tell whether it was open."""
        with acting(self._engine, self._audit) as ledger:
            if not store.move_copy(ledger.conn, copy.code, CopyAct.FAIL):
                return False
            if copy.seen is Seen.TRUE:
                store.give_back(ledger.conn, copy.document)
            _note(
                ledger, "failed", copy.document, hand, {"code": copy.code, "number": copy.number, "why": why}
            )
        return True

    def _edge(self, copy: PrintCopy) -> Edge:
        day = f"{copy.at.astimezone(BEIJING):%Y-%m-%d}"
        number = f"打印件 第 {copy.number} 份 · 许可 {copy.quota} 份 · 第 {{page}}/{{pages}} 页"
        grey = _GREY_ZH.get(copy.why, "")
        told = f"{grey} · {day} 打印" if grey else f"{day} 打印 · 扫码核对，以电子原件为准"
        english = f"Printed copy {copy.number}, {copy.quota} permitted" + (
            " · NOT AUTHORISED" if grey else ""
        )
        return Edge(
            self._address(copy.code),
            (number, f"验证码 {copy.shown_code}", told, english),
            grey=copy.seen is Seen.GREY,
        )


def _note(ledger: Ledger, what: str, sha256: str, hand: Hand, detail: dict[str, str | int | None]) -> None:
    noted = {**detail, "credential": hand.credential}
    ledger.note(f"print.{what}", actor=hand.actor, subject=f"document:{sha256}", detail=noted)
