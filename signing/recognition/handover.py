"""What verification is given of foreign lists: those in force and of age, with what they point to, as files of a trust folder.

A list past its next update is left out (I30). So is a piece that could not be fetched for longer than ``max_age``: whoever
cuts the line makes us undecided, and does not keep a revoked certificate alive.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from signing.recognition import foreign_store as rows
from signing.recognition.foreign import ForeignList, Piece, PieceKind
from signing.recognition.states import ForeignStatus, Trouble
from verify.trusted_lists.files import read_pinned, read_pins
from verify.trusted_lists.model import TrustedList
from verify.trusted_lists.source import Pin

FOLDER: Final = "lists"
PINS: Final = f"{FOLDER}/pinned.json"
"""Which keys may sign which scheme's lists: what the people of this installation confirmed."""
SOON: Final = timedelta(days=1)
"""A list that ends within a day and has no successor is worth a warning."""
_LIST: Final = re.compile(rf"{FOLDER}/[^/]+\.tl\.(json|xml)")
_ENDINGS: Final = {PieceKind.CRL: "crl", PieceKind.SEALS: "jws", PieceKind.VOIDED: "jws"}


@dataclass(frozen=True, slots=True)
class Standing:
    """A list in force as of one moment, with its pieces, and what is wrong."""

    found: ForeignList
    pieces: tuple[Piece, ...]
    expired: bool
    overdue: tuple[Piece, ...]
    """Pieces that are not handed over any more: they could not be fetched for too long."""
    ends_soon: bool

    @property
    def troubles(self) -> tuple[tuple[str, Trouble], ...]:
        """Addresses that the last attempt failed at, and why."""
        found = [(piece.url, piece.attempt.trouble) for piece in self.pieces if piece.attempt.trouble]
        own = self.found.attempt.trouble
        return ((self.found.url, own), *found) if own else tuple(found)

    @property
    def alarming(self) -> bool:
        """Tell whether somebody must look at once."""
        found = [trouble for _, trouble in self.troubles]
        return (
            self.expired or bool(self.overdue) or any(one.attack or one is Trouble.EXPIRED for one in found)
        )

    @property
    def well(self) -> bool:
        """Tell whether there is nothing to say."""
        return not (self.alarming or self.ends_soon or self.troubles)


def standings(conn: sa.Connection, now: datetime, max_age: timedelta) -> tuple[Standing, ...]:
    """Return the lists in force with all that is wrong with them as of ``now``."""
    return tuple(_standing(conn, found, now, max_age) for found in rows.in_force(conn))


def standing_of(conn: sa.Connection, found: ForeignList, now: datetime, max_age: timedelta) -> Standing:
    """Return how one list stands; of one that is not in force there are no pieces."""
    return _standing(conn, found, now, max_age)


def files(found: tuple[Standing, ...]) -> dict[str, bytes]:
    """Return the files of a trust folder: lists, pins and pieces that count as of the moment of the standings."""
    chosen = [one for one in found if not one.expired]
    if not chosen:
        return {}
    made: dict[str, bytes] = {}
    for one in chosen:
        name = f"{FOLDER}/{one.found.id}"
        made[f"{name}.tl.{one.found.taken.form.value}"] = one.found.taken.octets
        for number, piece in enumerate(one.pieces):
            if piece.octets and piece not in one.overdue:
                made[f"{name}/{number}.{_ENDINGS[piece.kind]}"] = piece.octets
    made[PINS] = _pins(chosen)
    return made


def foreign_lists(found: Mapping[str, bytes]) -> tuple[TrustedList, ...]:
    """Read the lists back from such files as an auditor's verifier does, each under its pins."""
    pins = pins_in(found)
    lists = (octets for name, octets in sorted(found.items()) if _LIST.fullmatch(name))
    return tuple(read_pinned(octets, pins) for octets in lists)


def pins_in(found: Mapping[str, bytes]) -> tuple[Pin, ...]:
    """Read back whose lists two people confirmed, and from which number on they count."""
    return read_pins(found[PINS]) if PINS in found else ()


def _pins(chosen: list[Standing]) -> bytes:
    pins = [
        {
            "scheme_id": one.found.scheme_id,
            "signers": [one.found.signer_sha256],
            "sequence": one.found.taken.sequence,
        }
        for one in sorted(chosen, key=lambda one: one.found.scheme_id)
    ]
    return json.dumps(pins, ensure_ascii=False, indent=1).encode()


def _standing(conn: sa.Connection, found: ForeignList, now: datetime, max_age: timedelta) -> Standing:
    kept = rows.pieces(conn, found.id) if found.status is not ForeignStatus.PROPOSED else ()
    overdue = tuple(piece for piece in kept if _too_old(piece, now, max_age))
    left = found.taken.next_update - now
    return Standing(found, kept, found.expired_at(now), overdue, timedelta(0) <= left <= SOON)


def _too_old(piece: Piece, now: datetime, max_age: timedelta) -> bool:
    fetched = piece.attempt.fetched_at
    return bool(piece.octets) and (fetched is None or now - fetched > max_age)
