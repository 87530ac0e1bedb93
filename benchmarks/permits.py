"""Authorise and permit with the seals of a province: from the question "may this seal be put on this document" to the counted use.

The floor beside it is what any database must do for as many commits: one row inserted and updated twice, no rule, no case, no
record of responsibility, no audit trail. The second pair asks the same of a register ten times smaller.
"""

from __future__ import annotations

import itertools
import os
import random
import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from benchmarks._postgres import database, server
from benchmarks._seals import code_of, fill, first_seal
from benchmarks.harness import Row, compare, per_second
from benchmarks.installation import SOFT, folder, installation

if TYPE_CHECKING:
    import sqlalchemy as sa

    from api.services import Services
    from hsm.algorithms import Digest
    from seals.cases.desk import UseDesk

NAME = "permits"
FULL, QUICK = 1_000_000, 10_000
TENTH: Final = 10
FLOOR: Final = "INSERT and two UPDATEs, three commits"
PURPOSE: Final = "合同.pdf"


def run(quick: bool) -> Iterable[Row]:
    """Fill two registers, one ten times the other, and take permits from both."""
    count, rounds, seconds = (QUICK, 5, 1.0) if quick else (FULL, 11, 3.0)
    with folder() as place, server(place) as url:
        if url is None:
            return
        with database(url) as large_url, database(url) as small_url:
            (place / "large").mkdir()
            (place / "small").mkdir()
            with (
                installation(place / "large", SOFT, large_url) as large,
                installation(place / "small", SOFT, small_url) as small,
            ):
                many, few = _Office(large, count), _Office(small, count // TENTH)
                floor = _Floor(large.engine)
                samples = compare(
                    lambda: per_second(many.use, seconds), lambda: per_second(floor.use, seconds), rounds
                )
                note = "warrant, permit, consume, complete: rule, case, chained record, audit trail; the floor has none"
                yield Row(f"uses of {count:,} seals", "uses/s", FLOOR, samples, note=note)
                samples = compare(
                    lambda: per_second(many.use, seconds), lambda: per_second(few.use, seconds), rounds
                )
                yield Row(
                    f"uses of {count:,} seals",
                    "uses/s",
                    f"the same of {count // TENTH:,}",
                    samples,
                    note="what tenfold growth costs",
                )
                samples = compare(
                    lambda: per_second(many.ask, seconds), lambda: per_second(few.ask, seconds), rounds
                )
                yield Row(
                    f"warrants over {count:,} seals",
                    "warrants/s",
                    f"the same over {count // TENTH:,}",
                    samples,
                    note="finding the rule and the ground, nothing written",
                )


class _Office:
    """An installation with ``count`` seals like one that was applied for and approved for real, but for their pictures."""

    def __init__(self, services: Services, count: int) -> None:
        from api.demo.main_job import KEEPER
        from seals.cases.case import Hand
        from seals.permit import Permits

        self._engine, self._keeper, self._hand = services.engine, KEEPER, Hand(KEEPER, "key:benchmark")
        self._desk: UseDesk = services.use_desk
        self._permits = Permits(services.seals, self._desk.uses, services.clock, services.audit)
        self._count, self._random = count, random.Random(1)
        fill(services.engine, first_seal(services).code, count)

    def _use(self) -> tuple[str, Digest]:
        return code_of(self._random.randrange(self._count)), _document()

    def ask(self) -> None:
        """Find and judge the ground of one use."""
        from seals.cases.grounds import Use

        code, document = self._use()
        self._desk.warrant(Use(code, document, self._hand, title=PURPOSE))

    def use(self) -> None:
        """Take one permit from the question to the counted use, as the sealing cycle does around its key."""
        from seals.cases.grounds import Use

        code, document = self._use()
        warrant = self._desk.warrant(Use(code, document, self._hand, title=PURPOSE))
        with self._engine.begin() as conn:
            permit = self._permits.grant(
                conn, code, document=document, actor=self._keeper, purpose=PURPOSE, warrant=warrant
            )
        with self._engine.begin() as conn:
            self._permits.consume(conn, permit)
        with self._engine.begin() as conn:
            self._permits.complete(conn, permit.id, actor=self._keeper, result=document)


class _Floor:
    """The same number of commits on a bare table."""

    def __init__(self, engine: sa.Engine) -> None:
        import sqlalchemy as sa

        self._engine, self._sa, self._numbers = engine, sa, itertools.count()
        with engine.begin() as conn:
            conn.execute(
                sa.text("CREATE TABLE floor (id text PRIMARY KEY, document text, state text, outcome text)")
            )

    def use(self) -> None:
        """Write one row and move it twice."""
        text, number = self._sa.text, uuid.uuid4().hex
        with self._engine.begin() as conn:
            row = {"id": number, "document": str(_document())}
            conn.execute(text("INSERT INTO floor VALUES (:id, :document, 'granted', '')"), row)
        for before, after in (("granted", "consumed"), ("consumed", "used")):
            with self._engine.begin() as conn:
                moved = text("UPDATE floor SET state = :after WHERE id = :id AND state = :before")
                conn.execute(moved, {"id": number, "before": before, "after": after})


def _document() -> Digest:
    from hsm.algorithms import Digest, DigestAlgorithm

    return Digest(DigestAlgorithm.SHA256, os.urandom(32))
