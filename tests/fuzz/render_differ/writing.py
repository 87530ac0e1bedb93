"""How a revision is written: tables, streams, trailers, end marks and blanks that one reader takes and another repairs."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

from tests.fuzz.render_differ.update import Update

Twist = Callable[[Update, random.Random], None]
NUMBERS: Final = (
    0,
    1,
    15,
    65_536,
    4_194_303,
    4_194_304,
    8_388_607,
    8_388_608,
    2_147_483_646,
    2_147_483_647,
    4_294_967_296,
    10**12,
)


def streamed(update: Update, chance: random.Random) -> None:
    """Write a stream in the place of a table, plainly or oddly."""
    update.streamed = True
    if chance.random() < 0.5:
        update.packed = {
            n
            for n, body in update.bodies.items()
            if not body.endswith(b"endstream") and chance.random() < 0.7
        }
    update.filters = chance.choice(
        (
            b"",
            b"/Filter/FlateDecode",
            b"/Filter/FlateDecode",
            b"/Filter[/FlateDecode]",
            b"/Filter/ASCIIHexDecode",
        )
    )
    update.widths = chance.choice(
        (b"[1 4 2]",) * 4 + (b"[1 4 2 0]", b"[1 4 2 1]", b"[1 4]", b"[1 2 2 2]", b"[0 5 2]", b"[1.0 4 2]")
    )
    if chance.random() < 0.1:
        update.index = chance.choice((b"0 1", b"1 99", b"0 2 0 2", b"%d 1" % update.base.size))


def entries(update: Update, chance: random.Random) -> None:
    """State a trailer's entry oddly."""
    key = chance.choice(
        (
            b"/Size",
            b"/Prev",
            b"/Prev",
            b"/Root",
            b"/XRefStm",
            b"/ID",
            b"/Encrypt",
            b"/Info",
            b"/Type",
            b"/Length",
        )
    )
    previous = update.base.previous
    values = {
        b"/Size": (b"%d" % chance.choice(NUMBERS), b"%d.0" % update.base.size, b"+%d" % (update.base.size + 9), b"null"),
        b"/Prev": (b"%d" % (previous + chance.choice((-1, 1, -2, 5))), b"%d.0" % previous, b"%d%%x\n" % previous, b"+%d" % previous, b"0000%d" % previous,
                   b"0", b"-1", b"null", b"7 0 R", b"%d" % (len(update.base.data) + 1), b"%d" % previous + b" /Prev 0"),
        b"/Root": (b"%d 0 R/Root 7 0 R" % update.base.root, b"%d  0 R" % update.base.root, b"<</Type/Catalog/Pages 2 0 R>>", b"%d 1 R" % update.base.root),
        b"/XRefStm": (b"0", b"%d" % previous, b"%d" % (len(update.base.data) + 1), b"9999999"),
        b"/ID": (b"[<00><01>]", b"null", b"[]"), b"/Encrypt": (b"null", b"<<>>"), b"/Info": (b"null", b"4 0 R"),
        b"/Type": (b"/XRef", b"/Catalog"), b"/Length": (b"0", b"99999"),
    }  # fmt: skip
    update.entries[key] = chance.choice(values[key])


def table(update: Update, chance: random.Random) -> None:
    """Write the table itself oddly."""
    update.table = chance.choice(
        (
            b"xref\n",
            b"xref \n",
            b"xref\r",
            b"xref\r\n",
            b"xref\n0 0\n",
            b"%x\nxref\n",
            b"xref%x\n",
            b" \n xref\n",
            b"xref ",
            b"xref\n\n",
        )
    )
    update.eol = chance.choice((b" \n", b" \n", b"\r\n", b" \r", b"\n", b"\r", b"  ", b" x"))
    update.sections = chance.choice(("each", "runs", "runs", "shifted"))


def mark(update: Update, chance: random.Random) -> None:
    """Write the end mark oddly, or more than one."""
    update.mark = chance.choice(
        (b"startxref\n%d\n%%%%EOF\n", b"startxref %d %%%%EOF", b"startxref\r%d\r%%%%EOF\r", b"startxref\n%d\n", b"startxref\n%d", b"startxref\n+%d\n%%%%EOF\n",
         b"startxref\n000%d\n%%%%EOF\n", b"startxref%%x\n%d\n%%%%EOF\n", b"startxref\n%%x\n%d\n%%%%EOF\n", b"startxref\n%d\n%%%%EOF\n%%%%EOF\n", b"startxref\n%d 0\n%%%%EOF\n",
         b"startxref\n%d\n%%%%EO", b"startxref\n%d.0\n%%%%EOF\n", b"startxref\n%d\n%%%%EOF%%x", b"STARTXREF\n%d\n%%%%EOF\n", b"%%%%EOF\nstartxref\n%d\n%%%%EOF\n",
         b"\0startxref\0%d\0%%%%EOF\0", b"startxref\n%d\n%%%%EOF\nstartxref\n0\n%%%%EOF\n", b"startxref" + b" " * 1200 + b"%d\n%%%%EOF\n")
    )  # fmt: skip


def blanks(update: Update, chance: random.Random) -> None:
    """Put blanks where they mean nothing."""
    blank = chance.choice((b"\n", b" ", b"\0", b"\r\n", b"\t", b"\x0c")) * chance.choice(
        (1, 3, 40, 900, 1015, 1024, 1200, 4000, 4200, 9000, 70_000)
    )
    where = chance.randrange(4)
    if where == 0:
        update.tail = blank
    elif where == 1:
        update.before_mark = blank
    elif where == 2:
        update.glue = b"\n" + blank
    else:
        update.after = blank + b"endobj" + blank


def objects(update: Update, chance: random.Random) -> None:
    """Write objects oddly: their heads, their ends, their numbers."""
    if not update.bodies:
        return
    number = chance.choice(list(update.bodies))
    update.heads[number] = chance.choice(
        (b"%d 0 obj", b"%d 0 obj ", b"%d 0 obj\r", b"%d  0  obj\n", b"%d\n0\nobj\n", b"0%d 0 obj\n", b"%d 00 obj\n", b"%d 0 obj%%x\n", b"%%x\n%d 0 obj\n",
         b"%d%%x\n0 obj\n", b" %d 0 obj\n", b"\n%d 0 obj\n", b"+%d 0 obj\n", b"%d 0 obj\0", b"%d 0obj\n", b"%d 0 obj null endobj %d 0 obj\n")
    ).replace(b"%d", b"%d" % number).replace(b"%%", b"%")  # fmt: skip
    update.after = chance.choice(
        (
            b"\nendobj\n",
            b"\nendobj\n",
            b" endobj ",
            b"endobj\n",
            b"\nendobj",
            b"\n",
            b"\nendobj%x\n",
            b"\nendobj endobj\n",
            b"\rendobj\r",
            b"\nendobj\n%x\n",
        )
    )


def numbers(update: Update, chance: random.Random) -> None:
    """Give a new object a number far away."""
    fresh = [number for number in update.bodies if number >= update.base.size]
    if not fresh:
        return
    old, new = chance.choice(fresh), chance.choice(NUMBERS) + chance.choice((-1, 0, 1))
    if new <= update.base.size or new in update.bodies:
        return
    for number, body in list(update.bodies.items()):
        update.bodies[number] = body.replace(b"%d 0 R" % old, b"%d 0 R" % new)
    update.bodies[new] = update.bodies.pop(old)


def streams(update: Update, chance: random.Random) -> None:
    """Write a stream oddly: its length, its keywords."""
    found = [
        number for number, body in update.bodies.items() if body.endswith(b"endstream") and b"/Length" in body
    ]
    if not found:
        return
    number, length = chance.choice(found), update.fresh()
    body = update.bodies[number]
    how = chance.randrange(8)
    if how == 0:
        stated = body[body.index(b"/Length") + 7 :].split(b">>")[0].strip()
        update.bodies[number] = body.replace(b"/Length " + stated, b"/Length %d 0 R" % length)
        update.bodies[length] = stated
        return
    update.bodies[number] = (
        body.replace(b"stream\n", b"stream\r\n", 1), body.replace(b"stream\n", b"stream\r", 1), body.replace(b"stream\n", b"stream \n", 1), body.replace(b"stream\n", b"stream", 1),
        body.replace(b"/Length ", b"/Length 0/L "), body.replace(b"/Length ", b"/Length 1"), body.replace(b"\nendstream", b"endstream"),
    )[how - 1]  # fmt: skip


TWISTS: Final[tuple[Twist, ...]] = (
    streamed,
    streamed,
    entries,
    entries,
    table,
    mark,
    blanks,
    objects,
    numbers,
    streams,
)


def noise(data: bytes, behind: int, chance: random.Random) -> bytes:
    """Change a word or an octet of what was appended, and nothing else."""
    at = chance.randrange(behind, len(data))
    put = chance.choice(
        (
            b"",
            b"\n",
            b"%",
            b"0",
            b"9",
            b"/",
            b" ",
            b"\0",
            b"\x80",
            b"endobj",
            b"R",
            b">>",
            b"<<",
            b"stream",
            b"xref",
            b"1 0 R",
        )
    )
    if chance.random() < 0.6 and put:
        return data[:at] + put + data[at + len(put) :]
    return data[:at] + put + data[at + chance.randrange(2) :]
