"""Begin a round: the wish is checked member by member, fields are kept in the document, all of it is written at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import sqlalchemy as sa

from ca.enterprise import find_enterprises
from hsm.algorithms import Digest
from seals.cases.case import Hand
from seals.cases.texts import check_key, check_word, own_key
from seals.seal import SealKind
from signing.errors import PlacementError
from signing.order import digest_of
from signing.parties import round_store
from signing.parties.errors import RoundFieldInvalid, RoundKeyTaken
from signing.parties.fields import reserve
from signing.parties.office import RoundDeed, RoundOffice, write
from signing.parties.round import Party, PartyWish, Round, RoundVersion, RoundWish
from signing.parties.states import FIRST_STATUS, PartyStatus, RoundAct
from signing.placing.where import parse_where

MAX_PARTIES: Final = 50
"""Most parties in a round: consortium contracts have some twenty."""
LONGEST: Final = timedelta(days=366)
"""Longest time that a round may run."""
MAX_REMIND: Final = 10
"""Most reminders before one deadline."""
MAX_ROLE: Final = 40
"""Longest name of a party's part, in characters: 甲方, 乙方, 担保方."""


class Opening:
    """Begins rounds."""

    def __init__(self, office: RoundOffice) -> None:
        self._office = office

    def open(self, document: bytes, name: str, wish: RoundWish, *, request_key: str, hand: Hand) -> Round:
        """Begin a round (:meth:`signing.parties.desk.PartyRounds.open`)."""
        now = self._office.clock()
        key = own_key(hand.actor.uscc or hand.actor.person[:60], check_key(request_key))
        wish = checked(wish, now)
        name = check_word("name", name, needed=True)
        original = digest_of(document)
        known = self._known(key, wish, original, hand)
        if known is not None:
            return known
        names = self.names([one.uscc for one in wish.parties])
        document, fields = reserve(document, wish.parties) if wish.reserve else (document, {})
        round_id = self._office.new_id()
        digest, size = self._store(round_id, document)
        found = Round(
            id=round_id,
            request_key=key,
            status=FIRST_STATUS,
            moves=0,
            title=wish.title,
            name=name,
            initiator=hand.actor,
            uscc=hand.actor.uscc or "",
            version=0,
            deadline=wish.deadline,
            remind_days=wish.remind_days,
            created_at=now,
            changed_at=now,
            original=original,
            parties=tuple(_party(n, one, names, fields) for n, one in enumerate(wish.parties, 1)),
            versions=(RoundVersion(0, digest, size, 0, "", now),),
        )
        return self._written(found, wish, hand)

    def names(self, codes: Sequence[str]) -> dict[str, str]:
        """Return the registered names of enterprises; one that is not registered raises :class:`RoundFieldInvalid`."""
        with self._office.reading() as conn:
            found = find_enterprises(conn, set(codes))
        for code in codes:
            if code not in found:
                shown = code[:18]
                raise RoundFieldInvalid(
                    "parties", f"企业 {shown} 未登记", f"enterprise {shown} is not registered"
                )
        return {uscc: one.name for uscc, one in found.items()}

    def _written(self, found: Round, wish: RoundWish, hand: Hand) -> Round:
        detail: dict[str, str | int | None] = {
            "title": found.title,
            "original": str(found.original),
            "parties": len(found.parties),
        }
        try:
            with self._office.acting() as ledger:
                round_store.insert(ledger.conn, found)
                write(ledger, found, RoundDeed(RoundAct.OPEN, hand, detail=detail), found.created_at)
        except sa.exc.IntegrityError:  # opened under the same key at the same moment
            known = self._known(found.request_key, wish, found.original, hand)
            if known is None:
                raise
            return known
        return found

    def _known(self, key: str, wish: RoundWish, original: Digest, hand: Hand) -> Round | None:
        with self._office.reading() as conn:
            known = round_store.by_request_key(conn, key)
        if known is None:
            return None
        there = tuple(PartyWish(one.uscc, one.role, one.kind, one.where, one.group) for one in known.parties)
        same = (known.title, known.original, there) == (wish.title, original, wish.parties)
        if not same or not hand.actor.is_any_of(known.initiator.id):
            raise RoundKeyTaken
        return known

    def _store(self, round_id: str, document: bytes) -> tuple[Digest, int]:
        """Keep the first version in the archive, by its content."""
        draft = self._office.archive.begin(round_id)
        if draft is None:
            raise RoundKeyTaken
        with draft:
            draft.stream.write(document)
            stored = draft.finish()
        self._office.archive.settle(round_id)
        return stored.digest, stored.size


def checked(wish: RoundWish, now: datetime) -> RoundWish:
    """Demand a form of every member and return the wish trimmed, its groups numbered 1, 2, … :class:`RoundFieldInvalid`."""
    if not 2 <= len(wish.parties) <= MAX_PARTIES:
        raise RoundFieldInvalid(
            "parties", f"应有 2 至 {MAX_PARTIES} 个签署方", f"there are 2 to {MAX_PARTIES} parties"
        )
    check_deadline(wish.deadline, now)
    if len(wish.remind_days) > MAX_REMIND or any(not 0 < day <= LONGEST.days for day in wish.remind_days):
        raise RoundFieldInvalid("remind_days", "应为 1 至 366 的天数", "days from 1 to 366")
    ranks = {group: rank for rank, group in enumerate(sorted({one.group for one in wish.parties}), 1)}
    parties = tuple(_checked_party(one, ranks[one.group]) for one in wish.parties)
    days = tuple(sorted(set(wish.remind_days), reverse=True))
    title = check_word("title", wish.title, needed=True, most=200)
    return replace(
        wish, title=title, parties=parties, remind_days=days, deadline=wish.deadline.astimezone(UTC)
    )


def check_deadline(deadline: datetime, now: datetime) -> None:
    """Demand a deadline within a year from now; :class:`RoundFieldInvalid`."""
    if deadline.tzinfo is None or not now < deadline <= now + LONGEST:
        raise RoundFieldInvalid(
            "deadline", "应在今后一年之内，并注明时区", "it lies within the coming year and names its zone"
        )


def _checked_party(one: PartyWish, group: int) -> PartyWish:
    role = check_word("role", one.role, needed=True, most=MAX_ROLE)
    try:
        kind = SealKind.of(one.kind).code
    except ValueError as wrong:
        raise RoundFieldInvalid(
            "kind", f"没有印章种类 {one.kind[:2]}", f"no kind of seal {one.kind[:2]}"
        ) from wrong
    try:
        where = str(parse_where(one.where)) if one.where.strip() else ""
    except PlacementError as wrong:
        raise RoundFieldInvalid("where", wrong.zh.rstrip("。"), wrong.en.rstrip(".")) from wrong
    return PartyWish(one.uscc, role, kind, where, group)


def _party(number: int, one: PartyWish, names: dict[str, str], fields: dict[int, str]) -> Party:
    return Party(
        number=number,
        uscc=one.uscc,
        enterprise=names[one.uscc],
        role=one.role,
        kind=one.kind,
        where=one.where,
        group=one.group,
        field=fields.get(number, ""),
        status=PartyStatus.WAITING,
        moves=0,
    )
