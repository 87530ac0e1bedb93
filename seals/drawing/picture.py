"""The seal's picture: pure vectors from glyph outlines, at true millimetres, with no font inside.

``draw`` turns a :class:`PictureSpec` into a :class:`seals.drawing.vector.SealPicture`. Equal specs give equal octets. A seal
that is not approved has 未备案 across it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Final

from seals.drawing.draughtsman import Draughtsman
from seals.drawing.fonts import FontShelf, shelf
from seals.drawing.geometry import MAX_LINE, MAX_NAME, MAX_PERSON, MIN_NAME, Shape, Template, template
from seals.drawing.layout import Texts, plan
from seals.drawing.vector import SealPicture
from seals.errors import TextUnfit
from seals.seal import SealKind, is_physical_code

UNAPPROVED: Final = "未备案"
_UNCARVABLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Mn", "Mc", "Me"})
"""Categories of characters that show nothing of their own; one that Python does not know yet is the font's question."""
_SERIAL: Final = re.compile(r"\([1-9][0-9]?\)")
_SUFFIX: Final = {0: "之印", 1: "印"}


@dataclass(frozen=True, slots=True)
class PictureSpec:
    """What a seal shows. ``code`` is the 13-digit physical code; ``uscc`` stands in the middle of an invoice seal.

    ``line`` is the inscription of an *other* seal, and on an invoice seal its number, "(1)", where the owner has several
    (国家税务总局公告2011年第7号). ``person`` is the name on a legal representative's seal. Without ``approved`` the picture
    bears 未备案.
    """

    kind: SealKind
    name: str
    code: str
    line: str = ""
    person: str = ""
    uscc: str = ""
    template: str | None = None
    approved: bool = False


def draw(spec: PictureSpec, *, fonts: FontShelf | None = None) -> SealPicture:
    """Draw a seal.

    Raises :class:`seals.errors.TextUnfit` for a text that no such seal bears, :class:`seals.errors.GlyphMissing` naming a
    character that the font lacks, :class:`seals.errors.FontMissing`.
    """
    found = template(spec.kind, spec.template)
    fonts = fonts or shelf()
    letters = plan(found, _texts(spec, found))
    size = (float(found.width), float(found.height))
    pen = Draughtsman(size, fonts)
    marks = (pen.ring(found), *pen.star(found), *(pen.letter(letter) for letter in letters))
    picture = SealPicture(title_of(spec), size, marks)
    return picture if spec.approved else unfiled(picture, fonts=fonts)


def check_texts(spec: PictureSpec) -> None:
    """Check the texts of a seal whose picture is not drawn here: :class:`seals.errors.TextUnfit` as in :func:`draw`."""
    _texts(spec, template(spec.kind, spec.template))


def unfiled(picture: SealPicture, *, fonts: FontShelf | None = None) -> SealPicture:
    """Lay 未备案 across a picture, drawn or uploaded: so is shown what was never filed (B7)."""
    banner = Draughtsman(picture.size_mm, fonts or shelf()).banner(UNAPPROVED)
    return replace(picture, marks=(*picture.marks, *banner))


def title_of(spec: PictureSpec) -> str:
    """Return the seal's full title: the owner's name and what the seal is for."""
    if spec.kind is SealKind.LEGAL_REPRESENTATIVE:
        return f"{spec.name}{spec.kind.zh}（{spec.person}）"
    if spec.kind is SealKind.LEGAL_NAME:
        return f"{spec.name}{spec.kind.zh}"
    return f"{spec.name}{_inscription(spec)}{spec.line if spec.kind is SealKind.INVOICE else ''}"


def _inscription(spec: PictureSpec) -> str:
    if spec.kind is SealKind.OTHER:
        return spec.line
    return "" if spec.kind is SealKind.LEGAL_NAME else spec.kind.zh


def _texts(spec: PictureSpec, found: Template) -> Texts:
    """Check and return what stands where."""
    _check_text(spec.name, MIN_NAME, MAX_NAME, "名称", "name")
    if not is_physical_code(spec.code):
        raise TextUnfit("实物印章编码须为 13 位数字。", "A physical seal code has 13 digits.")
    if found.shape is Shape.SQUARE:
        _check_text(spec.person, 2, MAX_PERSON, "法定代表人姓名", "legal representative's name")
        return Texts(spec.person + _SUFFIX[len(spec.person) % 2], spec.code)
    if spec.kind is SealKind.OTHER:
        _check_text(spec.line, 2, MAX_LINE, "印章附注", "inscription")
    if found.centre is not None:
        _check_text(spec.uscc, 15, 20, "税号", "tax number")
    return Texts(spec.name, spec.code, _inscription(spec), spec.uscc, _serial(spec, found))


def _serial(spec: PictureSpec, found: Template) -> str:
    """Check and return an invoice seal's number; other seals have none."""
    if found.serial is None or not spec.line:
        return ""
    if _SERIAL.fullmatch(spec.line) is None:
        raise TextUnfit(
            "发票专用章的顺序编码须写作 (1) 至 (99)，只有一枚时留空。",
            "The number of an invoice seal is written (1) to (99); leave it empty where there is only one.",
        )
    return spec.line


def _check_text(text: str, least: int, most: int, zh: str, en: str) -> None:
    if not least <= len(text) <= most:
        raise TextUnfit(
            f"{zh}须为 {least} 至 {most} 个字，现为 {len(text)} 个。",
            f"The {en} has {least} to {most} characters; this one has {len(text)}.",
        )
    for character in text:
        if character.isspace() or unicodedata.category(character) in _UNCARVABLE:
            raise TextUnfit(
                f"{zh}含有不能刻入印章的字符 U+{ord(character):04X}。",
                f"The {en} holds U+{ord(character):04X}, which no seal bears.",
            )
