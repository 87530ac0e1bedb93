"""What looking at imprints yields: plain values, with no image library behind them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from seals.drawing.vector import SealPicture


class Advice(Enum):
    """What the figures suggest to a person who decides: never a decision by itself."""

    AGREES = ("agrees", "印模与备案图样一致。", "The imprint agrees with the approved picture.")
    GAPS = (
        "gaps",
        "印模与备案图样一致，但标出处印迹缺失，请核对或重新盖印。",
        "The imprint agrees with the approved picture, but ink is missing at the marked place: look, or stamp again.",
    )
    SIZE = (
        "size",
        "图样一致，但印模大小与备案不符，请核对扫描分辨率与印章规格。",
        "The picture agrees, but not its size: check the scan's resolution and the seal's measures.",
    )
    LOOK = (
        "look",
        "整体相近，但标出处有备案图样所没有的笔画，请人工核对。",
        "Alike as a whole, but the marked place shows strokes that the approved picture has not: look at it.",
    )
    DIFFERS = (
        "differs",
        "印模与备案图样不一致，请核对印章或重新扫描。",
        "The imprint differs from the approved picture: check the seal or scan it again.",
    )

    def __init__(self, word: str, zh: str, en: str) -> None:
        self.word = word
        self.zh = zh
        self.en = en


@dataclass(frozen=True, slots=True)
class WorstPlace:
    """The place that agrees least, as a box (left, top, width, height; mm on the picture).

    ``overlap`` (0 to 1) is with ``foreign`` the share of the imprint's ink there that the approved picture has too, and
    otherwise the share of the approved ink there that the imprint shows.
    """

    overlap: float
    box_mm: tuple[float, float, float, float]
    foreign: bool


@dataclass(frozen=True, slots=True)
class ImprintComparison:
    """How an imprint lies on the approved picture.

    ``overlap`` (0 to 1) is the share of ink of both that has ink of the other within the tolerance; ``scale`` the
    pixels of the scan to one millimetre of the picture; ``rotation_deg`` how far the imprint is turned clockwise;
    ``shift_mm`` where the imprint's centre lies from the middle of the scan; ``size_mm`` its outer size, if the scan says
    its resolution. ``overlay_png`` shows the picture at true size: agreement grey, only approved blue, only imprint red,
    the worst place framed.
    """

    overlap: float
    scale: float
    rotation_deg: float
    shift_mm: tuple[float, float]
    overlay_png: bytes
    worst: WorstPlace
    size_mm: tuple[float, float] | None
    advice: Advice


class Centre(Enum):
    """What stands in the middle of a round seal. Whatever is no star may be an emblem of state."""

    EMPTY = "empty"
    STAR = "star"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class CleanedImprint:
    """An imprint taken off its paper: ``png`` is RGBA at true size, ``picture`` the same as vector outlines."""

    png: bytes
    picture: SealPicture
    centre: Centre = Centre.EMPTY
