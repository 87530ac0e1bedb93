"""Making mutants, judging them and looking at them: a hole is what is shown otherwise, is called valid, and is not named."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from tests.fuzz.render_differ.changes import CHANGES, store
from tests.fuzz.render_differ.update import Base, Update
from tests.fuzz.render_differ.victims import base, names, world
from tests.fuzz.render_differ.views import Pages, by_pdfium, by_poppler, otherwise, share
from tests.fuzz.render_differ.writing import TWISTS, noise
from verify.report import Indication, SignatureReport

TWICE: Final = 0.3
"""Of the mutants, how many have a second revision that builds on the first."""
MOST_SHARE: Final = 0.2
"""Of a page that a change which is named may alter: fields and seals of our documents are smaller."""
READERS: Final = {"PDFium": by_pdfium, "poppler": by_poppler}


@dataclass(frozen=True)
class Mutant:
    """One forged document: from which, by which seed, what was done."""

    name: str
    seed: int
    done: tuple[str, ...]
    data: bytes


@dataclass(frozen=True)
class Hole:
    """A mutant that somebody would see otherwise and that was called valid: by which reader, on which pages."""

    mutant: Mutant
    reader: str
    pages: tuple[int, ...]
    word: str

    def __str__(self) -> str:
        done = ", ".join(self.mutant.done)
        return f"{self.mutant.name}, seed {self.mutant.seed} ({done}): {self.reader} shows pages {self.pages} otherwise; {self.word}"


def mutant(seed: int) -> Mutant:
    """Make the mutant of a seed: one revision more, or two of which the second builds on the first."""
    chance = random.Random(seed)
    start = base(chance.choice(names()))
    data, done = _extended(start, chance)
    if chance.random() < TWICE:
        try:
            data, more = _extended(Base(start.name, data), chance)
        except Exception:  # noqa: BLE001 - what cannot be read again is left as it is
            return Mutant(start.name, seed, tuple(done), data)
        done += ["then", *more]
    return Mutant(start.name, seed, tuple(done), data)


def _extended(start: Base, chance: random.Random) -> tuple[bytes, list[str]]:
    update, done = Update(start), []
    changes = [chance.choice(CHANGES) for _ in range(chance.choice((0, 1, 1, 1, 2)))]
    if not changes or chance.random() < 0.5:
        changes.insert(0, store)
    for change in changes:
        change(update, chance)
        done.append(change.__name__)
    for _ in range(chance.choice((0, 0, 0, 1, 1, 2))):
        twist = chance.choice(TWISTS)
        twist(update, chance)
        done.append(twist.__name__)
    data = update.write()
    if chance.random() < 0.15:
        data = noise(data, len(start.data), chance)
        done.append("noise")
    return data, done


@cache
def shown(name: str, reader: str) -> Pages | None:
    """Return what a reader shows of an honest document."""
    return READERS[reader](base(name).data)


def trusting(found: Mutant) -> list[SignatureReport]:
    """Return the signatures of the honest document that the verifier still calls valid."""
    report = world().verify(found.data)
    return [one for one in report.signatures if one.indication is Indication.TOTAL_PASSED]


def hole(found: Mutant) -> Hole | None:
    """Judge a mutant and, if any signature passes, look at it."""
    passed = trusting(found)
    if not passed:
        return None
    for reader, draw in READERS.items():
        before, after = shown(found.name, reader), draw(found.data)
        changed = otherwise(before, after)
        for one in passed if changed else ():
            integrity = one.integrity
            told = {change.page for change in (*integrity.additions, *integrity.doubts)}
            unnamed = {
                page
                for page in changed
                if page not in told or (page and share(before, after, page) > MOST_SHARE)
            }
            if unnamed:
                return Hole(
                    found,
                    reader,
                    tuple(sorted(unnamed)),
                    f"{one.field} passes, told: {[c.what_en for c in integrity.additions]}",
                )
    return None


def keep(found: Hole, folder: Path) -> None:
    """Write a hole down for whoever closes it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{found.mutant.seed}.pdf").write_bytes(found.mutant.data)
    with (folder / "holes.txt").open("a") as log:
        log.write(f"{found}\n")
