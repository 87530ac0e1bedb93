"""The chip in the seal body (B2): a random challenge bound to the seal, answered once by the chip's own key.

The key pair was made in the chip and certified by the personalisation of ``ca.tokens``; the chip number came from the
shop's range. What a chip cannot prove is refused by name, and an alarm goes on the trail.
"""

from __future__ import annotations

import secrets
from typing import Final

import sqlalchemy as sa

from ca import certificate_store
from ca.actor import Actor
from ca.tokens import inventory_store, range_store
from ca.tokens.errors import TokenUnknown
from ca.tokens.inventory_store import Place
from ca.tokens.range_store import Fate
from ca.tokens.ranges import parse_number
from ca.tokens.state import USABLE
from ca.tokens.token import Token
from seals import chip_store
from seals.errors import ChipOfAnother
from seals.filing import challenge_store
from seals.filing.challenge import MAX_SIGNATURE, ChipChallenge, is_answered_by
from seals.filing.errors import (
    AnswerForAnotherSeal,
    ChallengeExpired,
    ChallengeSpent,
    ChallengeUnknown,
    ChipInAnotherSeal,
    ChipNotOfShop,
    ChipRefused,
    FilingError,
    WrongChip,
)
from seals.filing.house import Doing, House, working_shop
from seals.filing.job import Job, JobAct, Shop
from seals.ledger import Ledger

NONCE_OCTETS: Final = 32
LOOK_BACK: Final = 20
"""Earlier challenges of a chip that a wrong answer is compared with, to say whose answer it is."""


class BodyChips:
    """Challenges the chip that a shop puts into a seal, and takes its answer."""

    def __init__(self, house: House) -> None:
        self._house = house

    def challenge(self, job: str, place: Place, *, actor: Actor) -> ChipChallenge:
        """Make a challenge to a chip's key, on record before it is asked.

        Raises :class:`ChipRefused` and what it stands for (:class:`ChipNotOfShop`, :class:`ChipInAnotherSeal` with an alarm),
        :class:`seals.errors.ChipOfAnother`, and what :class:`ca.tokens.gate.TokenGate` says of a key that may not sign.
        """
        self._house.beside.gate.admit(place)
        with self._house.acting() as ledger:
            before = self._house.expect_of_shop(ledger.conn, job, JobAct.PERSONALISE, actor)
            wrong = self._unfit(ledger.conn, before, place, working_shop(ledger.conn, actor))
            if wrong is None:
                return self._made(ledger, before, place, actor)
            self._alarm(ledger, before, place.token, wrong, actor)
        raise wrong

    def _made(self, ledger: Ledger, job: Job, place: Place, actor: Actor) -> ChipChallenge:
        now = self._house.clock()
        made = ChipChallenge(
            id=secrets.token_hex(16),
            job=job.id,
            seal=job.seal,
            chip=place.token,
            application=place.application,
            container=place.container,
            nonce=secrets.token_bytes(NONCE_OCTETS),
            made_at=now,
            expires_at=now + self._house.rules.answer_time,
            asked_by=actor.id,
            state="open",
        )
        challenge_store.insert(ledger.conn, made)
        detail = {"chip": made.chip, "seal": made.seal, "challenge": made.id}
        ledger.note("filing.challenged", actor=actor, subject=f"job:{job.id}", detail=detail)
        return made

    def answer(self, job: str, challenge: str, signature: bytes, *, actor: Actor) -> Job:
        """Take the chip's answer: the job is personalised and the link of chip and seal asked for.

        Any answer uses the challenge up. Raises the :class:`seals.filing.errors.ChipAnswerRefused` that names what is wrong, with an alarm on
        the trail; :class:`ChipInAnotherSeal` where another seal got this chip meanwhile.
        """
        with self._house.reading() as conn:
            before = self._house.expect_of_shop(conn, job, JobAct.PERSONALISE, actor)
            asked = challenge_store.find(conn, challenge)
        if asked is None:
            raise ChallengeUnknown(challenge[:32])
        place = Place(asked.chip, asked.application, asked.container)
        self._house.beside.gate.admit(place)
        wrong = self._judge(before, asked, signature)
        if wrong is None:
            try:
                return self._accept(before, asked, actor)
            except (
                sa.exc.IntegrityError
            ):  # another job got this chip in this moment: the unique index decides
                wrong = ChipInAnotherSeal(f"chip {asked.chip}")
        with self._house.acting() as ledger:
            challenge_store.settle(ledger.conn, asked.id, "refused", self._house.clock())
            self._alarm(ledger, before, asked.chip, wrong, actor)
        raise wrong

    def _judge(self, job: Job, asked: ChipChallenge, signature: bytes) -> FilingError | None:
        """Say what is wrong with an answer, or nothing."""
        if asked.job != job.id:
            return AnswerForAnotherSeal(f"challenge {asked.id} is for seal {asked.seal}")
        if asked.state != "open":
            return ChallengeSpent(f"challenge {asked.id}")
        if self._house.clock() > asked.expires_at:
            return ChallengeExpired(f"challenge {asked.id}")
        with self._house.reading() as conn:
            certificate = _certificate(conn, Place(asked.chip, asked.application, asked.container))
            others = challenge_store.latest_of_chip(conn, asked.chip, LOOK_BACK)
        if len(signature) <= MAX_SIGNATURE and is_answered_by(asked, certificate, signature):
            return None
        for other in others:
            if other.id != asked.id and is_answered_by(other, certificate, signature[:MAX_SIGNATURE]):
                known = ChallengeSpent if other.seal == asked.seal else AnswerForAnotherSeal
                return known(f"the answer is to challenge {other.id} of seal {other.seal}")
        return WrongChip(f"challenge {asked.id}: not signed by chip {asked.chip}")

    def _accept(self, job: Job, asked: ChipChallenge, actor: Actor) -> Job:
        place = Place(asked.chip, asked.application, asked.container)
        with self._house.acting() as ledger:
            before = self._house.expect_of_shop(ledger.conn, job.id, JobAct.PERSONALISE, actor)
            wrong: FilingError | None = self._unfit(
                ledger.conn, before, place, working_shop(ledger.conn, actor)
            )
            if not challenge_store.settle(ledger.conn, asked.id, "proved", self._house.clock()):
                wrong = ChallengeSpent(f"challenge {asked.id}")
            if wrong is None:
                seal = self._house.beside.seals.get(before.seal)
                self._house.beside.chips.request_within(ledger, asked.chip, seal, actor=actor)
                changes = {"chip": asked.chip}
                return self._house.move(ledger, before, Doing(JobAct.PERSONALISE, actor, asked.id, changes))
            self._alarm(ledger, before, asked.chip, wrong, actor)
        raise wrong

    def _unfit(self, conn: sa.Connection, job: Job, place: Place, shop: Shop) -> FilingError | None:
        """Say why a chip cannot be in this seal's body, or nothing; whose it is not at all raises at once."""
        token = inventory_store.find(conn, place.token)
        if token is None:
            raise TokenUnknown(place.token)
        if token.holder.uscc != job.owner:
            raise ChipOfAnother(f"chip {token.serial}, seal {job.seal}")
        if not _consumed_from(conn, token, shop):
            return ChipNotOfShop(f"chip {token.serial}, number {token.number or '-'}, shop {shop.uscc}")
        other = challenge_store.body_of(conn, token.serial, job.id)
        linked = [link.seal for link in chip_store.in_force(conn, token.serial) if link.seal != job.seal]
        if other is not None or linked:
            return ChipInAnotherSeal(f"chip {token.serial} is in seal {other or linked[0]}")
        return None

    def _alarm(self, ledger: Ledger, job: Job, chip: str, wrong: FilingError, actor: Actor) -> None:
        detail = {"why": type(wrong).__name__, "chip": chip, "seal": job.seal, "told": wrong.detail}
        ledger.note("alarm.chip", actor=actor, subject=f"job:{job.id}", detail=detail)


def demand_live_chip(house: House, job: Job) -> None:
    """Refuse to go on with a chip that was stopped or lost since it answered: :class:`ChipRefused`."""
    with house.reading() as conn:
        token = inventory_store.find(conn, job.chip)
    if token is None or token.state not in USABLE:
        raise ChipRefused(f"chip {job.chip} is {token.state if token else 'unknown'}")


def _consumed_from(conn: sa.Connection, token: Token, shop: Shop) -> bool:
    """Tell whether this very chip consumed its number, and the number was granted to this shop (A5)."""
    if not token.number:
        return False
    prefix, value, digits = parse_number(token.number)
    where = range_store.containing(conn, prefix, value)
    if where is None or where.digits != digits or where.shop not in (shop.uscc, shop.name):
        return False
    used = range_store.usages(conn, where, value - 1, 1)
    return bool(used) and (used[0].number, used[0].fate, used[0].token) == (
        token.number,
        Fate.CONSUMED,
        token.serial,
    )


def _certificate(conn: sa.Connection, place: Place) -> bytes:
    """Return the certificate of a key that the gate has just admitted."""
    token = inventory_store.find(conn, place.token)
    key = token.key(place.application, place.container) if token else None
    rows = certificate_store.by_serial(conn, key.serial, key.issuer) if key and key.serial is not None else ()
    if not rows:
        raise ChipRefused(f"chip {place.token}: no certificate on record")
    return rows[0].record.der or b""
