"""How a seal stood at a past moment: one step down an index, against replaying its history and a register ten times smaller.

The floor is the same question as one bare statement: nobody checks the code, no record is made of the row.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from benchmarks._postgres import database, server
from benchmarks._seals import Act, code_of, fill, first_seal
from benchmarks.harness import Row, compare, per_second
from benchmarks.installation import SOFT, folder, installation
from ca.store import UtcInstant

if TYPE_CHECKING:
    from api.services import Services
    from seals.seal import SealStatus

NAME = "standing"
FULL, QUICK = 100_000, 10_000
TENTH: Final = 10
YEARS: Final = 5
SUSPENSIONS: Final = 10
"""Twice a year on holidays: a seal of five years has 22 acts."""
UNIT: Final = "answers/s"


def run(quick: bool) -> Iterable[Row]:
    """Ask both databases, each with two registers, one ten times the other."""
    with folder() as place:
        yield from _database(place / "sqlite", ("", ""), "SQLite", quick)
        with server(place) as url:
            if url is None:
                return
            with database(url) as large, database(url) as small:
                yield from _database(place / "postgresql", (large, small), "PostgreSQL", quick)


def _database(place: Path, urls: tuple[str, str], where: str, quick: bool) -> Iterator[Row]:
    count, rounds, seconds = (QUICK, 3, 0.3) if quick else (FULL, 11, 1.0)
    for name in ("large", "small"):
        (place / name).mkdir(parents=True)
    with (
        installation(place / "large", SOFT, urls[0]) as large,
        installation(place / "small", SOFT, urls[1]) as small,
    ):
        many, few = _Register(large, count), _Register(small, count // TENTH)

        def row(
            what: str, peer_name: str, ours: Callable[[], object], peer: Callable[[], object], note: str
        ) -> Row:
            samples = compare(lambda: per_second(ours, seconds), lambda: per_second(peer, seconds), rounds)
            return Row(f"{what} of {count:,} seals, {where}", UNIT, peer_name, samples, note=note)

        acts = f"{many.acts} acts a seal"
        smaller = f"the same of {count // TENTH:,}"
        grows = "what tenfold growth costs"
        yield row("past state", "bare indexed SELECT", many.state, many.floor, acts)
        yield row("past state", "replaying the history", many.state, many.replay, acts)
        yield row("past state", smaller, many.state, few.state, grows)
        whole = "besides the state: since when, validity, predecessor, successor"
        yield row("past standing", "replaying the history", many.standing, many.replay, whole)
        yield row("past standing", smaller, many.standing, few.standing, grows)


class _Register:
    """Many seals, each approved five years ago and suspended twice a year since."""

    def __init__(self, services: Services, count: int) -> None:
        self._seals, self._engine = services.seals, services.engine
        self._count, self._random = count, random.Random(1)
        self._began = datetime.now(UTC) - timedelta(days=365 * YEARS)
        history = _history(self._began)
        self.acts = len(history)
        fill(services.engine, first_seal(services).code, count, history)
        asked = self._ask()
        assert (
            self._seals.state_at(*asked) is self._seals.standing_at(*asked).status is self._replayed(*asked)
        )

    def _ask(self) -> tuple[str, datetime]:
        moment = self._began + timedelta(days=self._random.uniform(1, 365 * YEARS - 1))
        return code_of(self._random.randrange(self._count)), moment

    def state(self) -> SealStatus:
        """Answer by the index."""
        return self._seals.state_at(*self._ask())

    def standing(self) -> object:
        """Answer with validity and links."""
        return self._seals.standing_at(*self._ask())

    def replay(self) -> SealStatus:
        """Answer as one would without the index: read every act and stop at the moment."""
        return self._replayed(*self._ask())

    def _replayed(self, code: str, when: datetime) -> SealStatus:
        from seals import event_store

        with self._engine.connect() as conn:
            history = event_store.events(conn, code)
        return [event.status for event in history if event.at <= when][-1]

    def floor(self) -> object:
        """Answer by one bare statement."""
        code, when = self._ask()
        with self._engine.connect() as conn:
            return conn.execute(_BARE, {"code": code, "at": when}).scalar_one()


_BARE: Final = sa.text(
    "SELECT status FROM seal_event WHERE electronic_code = :code AND at <= :at ORDER BY at DESC, number DESC LIMIT 1"
).bindparams(sa.bindparam("at", type_=UtcInstant))


def _history(began: datetime) -> tuple[Act, ...]:
    """Return the acts of one life."""
    from seals.seal import SealAct, SealStatus

    half = timedelta(days=365 * YEARS / SUSPENSIONS)
    acts = [
        (SealAct.APPLY, SealStatus.APPLIED, began),
        (SealAct.APPROVE, SealStatus.ACTIVE, began + timedelta(hours=1)),
    ]
    for number in range(SUSPENSIONS):
        away = began + half * number + timedelta(days=90)
        acts += [
            (SealAct.SUSPEND, SealStatus.SUSPENDED, away),
            (SealAct.LIFT, SealStatus.ACTIVE, away + timedelta(days=9)),
        ]
    return tuple((act.value, status.value, at) for act, status, at in acts)
