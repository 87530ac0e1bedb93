"""The PIN letter as one A4 page, drawn in memory: address above, the PIN in the middle, a blind panel below.

Every character is an outline, so the page has no text that a search or a copy could pick up, and two letters of one PIN
differ in every byte of their pattern. Folded along its two lines, the blind panel lies behind the PIN: held against the
light, its crowd of digits is all that is to be seen. A letter set for scratch film has it over the framed field.
"""

from __future__ import annotations

import random
import secrets
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ca.tokens.letters import PrintedLetter
from hsm.pins import Pin
from seals.drawing.fonts import EM, Face, Glyph, operators, shelf
from signing.placing.placement import Placement

WIDTH: Final = 210.0
HEIGHT: Final = 297.0
FOLD: Final = 99.0
"""Height of a panel, in mm: a third of A4, as envelopes DL and C6/5 want it."""
_POINTS: Final = 72 / 25.4
_FIELD: Final = (25.0, 128.0, 160.0, 34.0)
"""The PIN's field: left, bottom, width, height in mm from the lower left corner of the page."""
SIGNED_AT: Final = Placement(page=1, x_mm=123.0, y_mm=82.0)
"""Where the service's signature shows: in the upper panel, above the fold."""
_DEMO: Final = "演示证书，不具法律效力"


@dataclass(frozen=True, slots=True)
class LetterText:
    """What stands on the page besides the PIN."""

    number: int
    serial: str
    application: str
    purposes: str
    holder: str
    receiver: str
    tries: int
    made_at: datetime
    demo: bool


def draw_letter(text: LetterText, pin: Pin) -> bytes:
    """Return the page as PDF 1.7."""
    page = _Page()
    _address(page, text)
    _secret(page, pin, text.tries)
    _blind(page)
    return page.pdf()


class _Page:
    """One page: drawing operators, and each glyph once as a form (ISO 32000-1 §8.10)."""

    def __init__(self) -> None:
        self._ops: list[str] = [f"{_POINTS:.6f} 0 0 {_POINTS:.6f} 0 0 cm"]
        self._forms: dict[tuple[Face, str], tuple[str, Glyph]] = {}

    def text(  # noqa: PLR0913 - place, size, face and shade of a line
        self, x: float, y: float, size: float, text: str, *, face: Face = Face.SONG, grey: float = 0.0
    ) -> float:
        """Write a line with its baseline at (x, y), ``size`` mm to the em; return where it ends."""
        self._ops.append(f"{grey:.2f} g")
        for character in text:
            name, glyph = self._form(face, character)
            scale = size / EM
            self._ops.append(f"q {scale:.5f} 0 0 {scale:.5f} {x:.3f} {y:.3f} cm /{name} Do Q")
            x += glyph.advance * scale
        return x

    def turned(  # noqa: PLR0913 - place, size, angle and shade of a character
        self, x: float, y: float, size: float, character: str, *, cosine: float, grey: float
    ) -> None:
        """Draw one character turned by an angle, for patterns."""
        name, _ = self._form(Face.HEI, character)
        scale, sine = size / EM, (1 - cosine * cosine) ** 0.5
        a, b = scale * cosine, scale * sine
        self._ops.append(f"{grey:.2f} g q {a:.5f} {b:.5f} {-b:.5f} {a:.5f} {x:.3f} {y:.3f} cm /{name} Do Q")

    def line(
        self, points: list[tuple[float, float]], *, width: float, grey: float, dash: str = "[] 0"
    ) -> None:
        """Draw a polyline; widths in mm."""
        steps = [f"{x:.3f} {y:.3f} {'l' if number else 'm'}" for number, (x, y) in enumerate(points)]
        self._ops.append(f"{grey:.2f} G {width:.3f} w {dash} d {' '.join(steps)} S")

    def box(self, left: float, bottom: float, width: float, height: float, *, grey: float) -> None:
        """Fill a rectangle."""
        self._ops.append(f"{grey:.2f} g {left:.3f} {bottom:.3f} {width:.3f} {height:.3f} re f")

    def clip(self, left: float, bottom: float, width: float, height: float) -> None:
        """Keep what follows inside a rectangle until :meth:`unclip`."""
        self._ops.append(f"q {left:.3f} {bottom:.3f} {width:.3f} {height:.3f} re W n")

    def unclip(self) -> None:
        """End the last :meth:`clip`."""
        self._ops.append("Q")

    def _form(self, face: Face, character: str) -> tuple[str, Glyph]:
        key = (face, character)
        if key not in self._forms:
            self._forms[key] = (f"G{len(self._forms)}", shelf().glyph(face, character))
        return self._forms[key]

    def pdf(self) -> bytes:
        """Return the file."""
        first = 5
        names = " ".join(
            f"/{name} {first + place} 0 R" for place, (name, _) in enumerate(self._forms.values())
        )
        media = f"[0 0 {WIDTH * _POINTS:.3f} {HEIGHT * _POINTS:.3f}]"
        page = f"<< /Type /Page /Parent 2 0 R /MediaBox {media} /Contents 4 0 R /Resources << /XObject << {names} >> >> >>"
        objects = [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            page.encode(),
            _stream("", "\n".join(self._ops)),
            *[_stream(_FORM_HEAD, f"{operators(glyph)} f") for _, glyph in self._forms.values()],
        ]
        return _file(objects)


_FORM_HEAD: Final = "/Type /XObject /Subtype /Form /BBox [-1000 -1000 3000 3000] "


def _stream(head: str, text: str) -> bytes:
    packed = zlib.compress(text.encode())
    return (
        f"<< {head}/Filter /FlateDecode /Length {len(packed)} >>\nstream\n".encode() + packed + b"\nendstream"
    )


def _file(objects: list[bytes]) -> bytes:
    made, offsets = bytearray(b"%PDF-1.7\n%\xe5\x8d\xb0\xe4\xbf\xa1\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(made))
        made += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(made)
    made += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    made += b"".join(f"{offset:010d} 00000 n \n".encode() for offset in offsets)
    made += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(made)


def letter_text(printed: PrintedLetter, holder: str, *, demo: bool) -> LetterText:
    """Return what stands on the page of a letter that is given out."""
    token = printed.token
    part = next(each for each in token.applications if each.name == printed.application)
    return LetterText(
        number=printed.id,
        serial=token.serial,
        application=part.name,
        purposes="、".join(dict.fromkeys(container.purpose.zh for container in part.containers)),
        holder=holder,
        receiver=token.holder.name,
        tries=printed.tries,
        made_at=printed.made_at,
        demo=demo,
    )


def _address(page: _Page, text: LetterText) -> None:
    """Draw the upper panel: whom the letter is for, and for which chip; it may be seen through a window."""
    page.text(25, 274, 6.5, "密码信", face=Face.HEI)
    page.text(50, 274, 4.2, "PIN letter", face=Face.HEI, grey=0.35)
    page.line([(25, 270), (185, 270)], width=0.5, grey=0.0)
    rows = (
        ("持有单位", "Holder", text.holder),
        ("领取人", "Receiver", text.receiver or "—"),
        ("芯片序列号", "Chip", text.serial),
        ("应用", "Application", f"{text.application}（{text.purposes}）"),
        ("信件编号", "Letter", f"{text.number}"),
        ("生成时间", "Made", f"{text.made_at:%Y-%m-%d %H:%M} UTC"),
    )
    for number, (zh, en, value) in enumerate(rows):
        y = 262 - number * 8.2
        end = page.text(25, y, 3.8, zh, grey=0.0)
        page.text(end + 1.5, y, 2.8, en, grey=0.45)
        page.text(66, y, 4.0, value, face=Face.HEI)
    if text.demo:
        page.text(135, 276, 3.6, _DEMO, grey=0.45)
    _fold(page, HEIGHT - FOLD)


def _fold(page: _Page, y: float) -> None:
    page.line([(8, y), (202, y)], width=0.15, grey=0.55, dash="[2 2] 0")
    page.text(9, y + 1.2, 2.4, "折叠线 fold", grey=0.5)


def _secret(page: _Page, pin: Pin, tries: int) -> None:
    """Draw the middle panel: the PIN among lines and small digits of its own grey, in a frame for scratch film."""
    left, bottom, width, height = _FIELD
    page.text(left, 181, 4.4, "您的 PIN", face=Face.HEI)
    page.text(left + 24, 181, 3.2, "Your PIN", grey=0.4)
    page.text(left, 174, 3.4, "请沿边缘刮开涂层后查看，首次使用后立即修改，勿向任何人透露。")
    page.text(
        left, 169, 2.7, "Scratch off the film, change the PIN at first use, and tell it to nobody.", grey=0.35
    )
    page.box(left, bottom, width, height, grey=0.93)
    page.clip(left, bottom, width, height)
    _crowd(page, _FIELD, 420, (0.70, 0.84), (2.2, 4.2))
    _waves(page, _FIELD, grey=0.72)
    digits = pin.reveal()
    step = width / (len(digits) + 1)
    for number, digit in enumerate(digits, 1):
        page.text(left + number * step - 3.6, bottom + 11.5, 13.5, digit, face=Face.HEI, grey=0.12)
    page.unclip()
    page.line(
        [
            (left, bottom),
            (left + width, bottom),
            (left + width, bottom + height),
            (left, bottom + height),
            (left, bottom),
        ],
        width=0.35,
        grey=0.25,
        dash="[1 1] 0",
    )
    page.text(
        left, bottom - 6, 3.2, f"连续输错 {tries} 次将被锁定；锁定后须经两人办理解锁，并换发新的密码信。"
    )
    page.text(
        left,
        bottom - 11,
        2.7,
        f"{tries} wrong PINs in a row lock it; unblocking takes two people and a new letter.",
        grey=0.35,
    )
    page.text(left, bottom - 18, 3.2, "若涂层已刮开或信封已开启，请勿使用，并立即报告。")
    page.text(
        left,
        bottom - 23,
        2.7,
        "If the film is scratched or the envelope open, do not use it; report it.",
        grey=0.35,
    )
    _fold(page, FOLD)


def _blind(page: _Page) -> None:
    """Draw the lower panel: a crowd of black digits that lies behind the PIN when the letter is folded."""
    left, bottom, width, height = _FIELD
    mirrored = (left - 6, 2 * FOLD - bottom - height - 6, width + 12, height + 12)
    page.clip(*mirrored)
    page.box(*mirrored, grey=0.80)
    _crowd(page, mirrored, 900, (0.0, 0.55), (4.0, 14.0))
    _waves(page, mirrored, grey=0.2)
    page.unclip()
    page.text(
        left,
        14,
        2.8,
        "遮盖区：折叠后位于 PIN 背面，透光不可辨读。 Blind panel: lies behind the PIN.",
        grey=0.45,
    )


def _crowd(
    page: _Page,
    field: tuple[float, float, float, float],
    many: int,
    greys: tuple[float, float],
    sizes: tuple[float, float],
) -> None:
    """Strew digits over a field, different on each letter."""
    dice = random.SystemRandom()
    left, bottom, width, height = field
    for _ in range(many):
        page.turned(
            left + dice.uniform(-3, width),
            bottom + dice.uniform(-3, height),
            dice.uniform(*sizes),
            secrets.choice("0123456789"),
            cosine=dice.uniform(0.2, 1.0),
            grey=dice.uniform(*greys),
        )


def _waves(page: _Page, field: tuple[float, float, float, float], *, grey: float) -> None:
    """Draw fine broken lines across a field."""
    dice = random.SystemRandom()
    left, bottom, width, height = field
    y = bottom
    while y < bottom + height:
        points = [(left + 2.0 * k, y + dice.uniform(-0.9, 0.9)) for k in range(int(width / 2) + 2)]
        page.line(points, width=0.12, grey=grey)
        y += 1.3
