"""Destruction of the physical seal of a pair that has ended: by one person, before a witness, with a picture, once."""

from __future__ import annotations

import io
import warnings
from dataclasses import InitVar, dataclass, replace
from enum import Enum
from typing import Final

from PIL import Image

from ca.actor import Actor
from ca.actor_ids import entered_id
from ca.enrolment.evidence_files import EvidenceFiles
from ca.errors import ActorIdInvalid
from seals import destruction_store, event_store
from seals.application import MAX_ACTOR
from seals.destruction_store import Destroyed
from seals.errors import DestructionInvalid, SecondPersonNeeded
from seals.moves import Turn
from seals.seal import SealRecord
from seals.states import SealAct

MAX_PICTURE: Final = 16 * 1024 * 1024
"""Largest picture of a destruction, in octets: what a telephone's camera writes."""
MAX_PIXELS: Final = 60_000_000
"""Most pixels, told from the header before anything is decoded: telephones take up to 50 million."""
MIN_SIDE: Final = 200
"""Shortest side: on less the pieces of a seal of 40 mm cannot be told."""
PICTURE_KIND: Final = "destruction-picture"
"""The kind under which a picture is kept among the documents of evidence."""
_PERSON: Final = "person:"
_MADE_HERE: Final = object()
_FORMATS: Final = ("JPEG", "PNG")
_TYPES: Final = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png"}


class Method(Enum):
    """How a physical seal is destroyed, with Chinese and English words."""

    CRUSHED = ("crushed", "粉碎", "crushed")
    CUT = ("cut", "切割", "cut to pieces")
    GROUND = ("ground", "磨毁", "its face ground off")
    MELTED = ("melted", "熔毁", "melted")
    BURNED = ("burned", "焚毁", "burned")

    def __init__(self, key: str, zh: str, en: str) -> None:
        self.key = key
        self.zh = zh
        self.en = en

    @classmethod
    def of(cls, key: str) -> Method:
        """Return the method with this key; :class:`DestructionInvalid` names those there are."""
        for method in cls:
            if method.key == key:
                return method
        known = "、".join(f"{method.key}（{method.zh}）" for method in cls)
        raise DestructionInvalid(
            f"销毁方式须为：{known}。", f"The method is one of: {', '.join(method.key for method in cls)}."
        )


@dataclass(frozen=True, slots=True)
class KeptPicture:
    """A picture that was looked at and is kept by its digest; only :func:`keep` makes one."""

    sha256: str
    media_type: str
    made_by: InitVar[object] = None

    def __post_init__(self, made_by: object) -> None:
        if made_by is not _MADE_HERE:
            raise TypeError("a picture is kept, never constructed")


@dataclass(frozen=True, slots=True)
class Destruction:
    """What is handed in: the witness's actor id, the method, the picture of what is left."""

    witness: str
    method: Method
    picture: KeptPicture


def keep(files: EvidenceFiles, octets: bytes) -> KeptPicture:
    """Judge a picture and keep it, before any transaction: a picture without its record proves nothing and harms nobody.

    Raises :class:`DestructionInvalid` for anything but a whole JPEG or PNG within the limits.
    """
    if len(octets) > MAX_PICTURE:
        raise DestructionInvalid(
            f"销毁照片超过 {MAX_PICTURE >> 20} MB，请降低分辨率后上传。",
            f"The picture has more than {MAX_PICTURE >> 20} MB; take it at a lower resolution.",
        )
    media_type = _looked_at(octets)
    return KeptPicture(files.put(octets, PICTURE_KIND).sha256, media_type, _MADE_HERE)


def destroy(turn: Turn, code: str, what: Destruction, actor: Actor, reason: str) -> SealRecord:
    """Record the destruction.

    Raises :class:`SecondPersonNeeded` for a witness who is the actor, :class:`DestructionInvalid` for a witness not
    named and for a pair whose physical seal was never made or is destroyed already,
    :class:`seals.errors.ActRefused` for one that has not ended.
    """
    before = turn.expect(code, SealAct.DESTROY)
    _judge_record(turn, before)
    _judge_witness(before, what.witness, actor)
    deed = turn.deed(before, SealAct.DESTROY, actor, reason)
    digest = what.picture.sha256
    made = Destroyed(deed.at, actor.id, what.witness, what.method.key, digest, what.picture.media_type)
    facts = {"witness": what.witness, "method": what.method.key, "picture_of_destruction": digest}
    after = turn.move(before, replace(deed, facts=facts), {"destroyed_at": deed.at})
    destruction_store.insert(turn.conn, after.code, made)
    return after


def _judge_record(turn: Turn, before: SealRecord) -> None:
    if before.destroyed_at is not None:
        day = f"{before.destroyed_at:%Y-%m-%d}"
        raise DestructionInvalid(
            f"该印章实物已于 {day} 销毁，不能再次登记。", f"The physical seal was destroyed on {day} already."
        )
    if not event_store.ever(turn.conn, before.code, SealAct.MAKE, SealAct.APPROVE):
        raise DestructionInvalid(
            "该印章从未制成实物，无须销毁。",
            "No physical seal was ever made of this pair: there is nothing to destroy.",
        )


def _judge_witness(before: SealRecord, witness: str, actor: Actor) -> None:
    named = Actor(witness).person.removeprefix(_PERSON)
    if named == Actor(witness).person or not named or len(witness) > MAX_ACTOR:
        raise DestructionInvalid(
            f"请填写监销人，写作 person:li.wei（不超过 {MAX_ACTOR} 个字符）。",
            f"Name the witness, written person:li.wei, in at most {MAX_ACTOR} characters.",
        )
    try:
        entered_id(witness)
    except ActorIdInvalid as wrong:
        raise DestructionInvalid(f"监销人：{wrong.zh}", f"The witness: {wrong.en}") from wrong
    if actor.is_any_of(witness):
        raise SecondPersonNeeded(f"seal {before.code}: {actor.id} is the witness")


def _looked_at(octets: bytes) -> str:
    """Return the media type of a picture that can be seen to its end: a header alone proves nothing."""
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            Image.open(io.BytesIO(octets), formats=_FORMATS) as opened,
        ):
            _check_size(*opened.size)
            opened.load()
            return _TYPES[str(opened.format)]
    except DestructionInvalid:
        raise
    except Exception as wrong:  # whatever a decoder raises about foreign bytes
        raise DestructionInvalid(
            "销毁照片无法读取，请上传完整的 JPEG 或 PNG 照片。",
            "The picture of the destruction cannot be read; upload a whole JPEG or PNG.",
        ) from wrong


def _check_size(width: int, height: int) -> None:
    """Judge what the header says, before anything is decoded."""
    if width * height > MAX_PIXELS or min(width, height) < MIN_SIDE:
        raise DestructionInvalid(
            f"销毁照片短边须不少于 {MIN_SIDE} 像素、总数不超过 {MAX_PIXELS // 1_000_000} 百万像素，现为 {width}×{height}。",
            f"The picture has a shorter side of at least {MIN_SIDE} pixels and at most {MAX_PIXELS // 1_000_000} million "
            f"in all; this one has {width}×{height}.",
        )
