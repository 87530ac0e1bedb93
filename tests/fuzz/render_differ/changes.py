"""What a forger appends: objects that hide, add or replace, and what a later revision may rightly bring."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Final

from tests.fuzz.render_differ.update import Update
from tests.pdf_attacks.catalogue import COVER, EVIL, stream

FORM: Final = b"/Type/XObject/Subtype/Form"
RED: Final = b"1 0 0 rg -900 -900 3000 3000 re f"
BOXES: Final = (
    b"[50 400 500 600]", b"[0 0 0 0]", b"[100 100 100 100]", b"[100 100 100 300]", b"[0 0 595 842]", b"[500 600 50 400]",
    b"[50 400 90 430]", b"[1 2 3]", b"null", b"[0 0 1e9 1]", b"[50.0 400 +90 430]", b"[/a 0 1 1]",
)  # fmt: skip
LIMITS: Final = (
    b"", b"/BBox[0 0 595 842]", b"/BBox[0 0 10 10]", b"/BBox[0 0 0 0]", b"/BBox null", b"/BBox[]", b"/BBox/X", b"/BBox[0 0 595 0]",
    b"/BBox[595 842 0 0]", b"/BBox[0 0 .0001 .0001]", b"/BBox[0 0 10 10]/Matrix[0 0 0 0 0 0]", b"/BBox[0 0 10 10]/Matrix[1 0 0 1 -400 -400]",
    b"/BBox[0 0 595 842]/Matrix[.00001 0 0 .00001 0 0]", b"/BBox[-1000 -1000 2000 2000]", b"/BBox[0 0 100 20]/Resources<<>>",
)  # fmt: skip
FIELD_ENTRIES: Final = (
    b"/MK<<>>", b"/MK<</BG[1 0 0]>>", b"/MK<</BC[1 0 0]/CA(Pay)>>", b"/BS<</W 400/S/S>>", b"/BS<</W 20/S/B>>", b"/Border[0 0 300]", b"/C[1 0 0]",
    b"/IC[1 0 0]", b"/DA(/Helv 40 Tf 1 0 0 rg)", b"/DA(/F1 40 Tf 1 0 0 rg)", b"/Contents(Pay ten million)", b"/RC(<p>Pay</p>)", b"/DV(Pay)",
    b"/V null", b"/V(Pay)", b"/AS/On", b"/H/P", b"/Q 1", b"/F 4", b"/F 0", b"/F 2", b"/F 28", b"/F 36", b"/OC 30 0 R", b"/Ff 4096", b"/TU(x)",
    b"/Open true", b"/Name/Draft", b"/QuadPoints[50 400 500 400 50 600 500 600]", b"/InkList[[50 400 500 600]]", b"/L[50 400 500 600]",
    b"/Vertices[50 400 500 600 50 600]", b"/Opt[(Pay)]", b"/MaxLen 5", b"/DS(font: 40pt Helvetica)", b"/CA 1", b"/LE[/None/None]",
    b"/FT/Tx", b"/FT/Btn", b"/FT/Ch", b"/F#54/Tx", b"/Kids[]", b"/Parent null", b"/Type/Sig", b"/Subtype/FreeText", b"/Sub#74ype/Stamp",
    b"/SMask/None", b"/PMD 5 0 R", b"/RD[-100 -100 -100 -100]", b"/BE<</S/C/I 2>>", b"/T(amount)", b"/T(Seal1)", b"/TM(x)", b"/StructParent 0",
)  # fmt: skip
PAGE_ENTRIES: Final = (
    b"/Rotate 90", b"/Rotate 0", b"/UserUnit 2", b"/CropBox[0 0 200 200]", b"/MediaBox[0 0 300 300]", b"/TrimBox[0 0 9 9]", b"/ArtBox[0 0 9 9]",
    b"/Group<</S/Transparency/CS/DeviceRGB>>", b"/Resources<<>>", b"/Contents null", b"/Contents[]", b"/Parent null", b"/Type/Template",
    b"/VP[]", b"/Tabs/S", b"/Metadata 5 0 R", b"/StructParents 0", b"/Thumb 5 0 R", b"/Dur 1", b"/B[]", b"/PZ 2", b"/AF[]", b"/LastModified(D:2026)",
    b"/Hid true",
)  # fmt: skip
CATALOG_ENTRIES: Final = (
    b"/Version/1.2", b"/Version/2.0", b"/Version 5 0 R", b"/OCProperties<</OCGs[]/D<</BaseState/OFF>>>>", b"/NeedsRendering true", b"/PageMode/FullScreen",
    b"/Extensions<</ADBE<</BaseVersion/1.7/ExtensionLevel 8>>>>", b"/Extensions<</X 5 0 R>>", b"/Pages 2 0 R", b"/Perms<<>>", b"/Legal<<>>",
    b"/OpenAction<</S/JavaScript/JS(this.resetForm\\(\\))>>", b"/Threads[]", b"/MarkInfo<</Marked true>>", b"/AcroForm null", b"/Type/Catalog",
)  # fmt: skip
FORM_ENTRIES: Final = (
    b"/NeedAppearances true", b"/NeedAppearances false", b"/SigFlags 3", b"/SigFlags 0", b"/XFA(x)", b"/CO[]", b"/Q 2", b"/DA(/Helv 30 Tf 1 0 0 rg)",
    b"/DR<</Font<</Fx 3 0 R>>>>", b"/DR<</Font<</Helv 3 0 R/Fx %d 0 R>>>>", b"/DR<</Font<</Helv 3 0 R/Fy %d 0 R>>>>", b"/DR<</XObject<</A %d 0 R>>>>",
)  # fmt: skip
SUBTYPES: Final = (
    b"Text", b"FreeText", b"Stamp", b"Square", b"Highlight", b"Ink", b"Popup", b"Redact", b"Link", b"Line", b"Watermark", b"Widget", b"Caret", b"Text", b"Popup",
)  # fmt: skip
OBJECT: Final = re.compile(rb"\d+ 0 R")
Change = Callable[[Update, random.Random], None]


def body(update: Update, number: int) -> bytes:
    """Return a body as it is by now."""
    return update.bodies.get(number) or update.base.body(number)


def with_entry(text: bytes, entry: bytes) -> bytes:
    """Put an entry into a dictionary in the place of one of its name."""
    key = re.match(rb"/[^\s/\[<(]+", entry)
    if key is None or not text.endswith(b">>"):
        return text
    name = re.escape(key[0])
    text = re.sub(
        name + rb"(?![A-Za-z])\s*(?:\[[^\]]*\]|\([^)]*\)|/[A-Za-z]+|\d+ \d+ R|[0-9.+-]+|null|true|false)",
        b"",
        text,
        count=1,
    )
    return text[:-2] + entry + b">>"


def listed(text: bytes, key: bytes, number: int) -> bytes:
    """Put a reference into a list in a dictionary."""
    found = re.search(key + rb"\s*\[[^\]]*\]", text)
    if found is None:
        return text if key in text else text[:-2] + key + b"[%d 0 R]>>" % number
    return text[: found.end() - 1] + b" %d 0 R]" % number + text[found.end() :]


def store(update: Update, chance: random.Random) -> None:
    """Add validation data, as everybody may."""
    number = chance.choice((update.fresh(), update.fresh(), update.fresh() + 50, update.fresh()))
    update.bodies[number] = chance.choice(
        (stream(b"a certificate"), stream(b""), stream(b"x" * 300, b"/Type/X"))
    )
    catalog = body(update, update.base.root)
    place = re.search(rb"/DSS\s+(\d+) 0 R", catalog)
    if place is not None and update.base.plain(int(place[1])):
        update.bodies[int(place[1])] = listed(body(update, int(place[1])), b"/Certs", number)
    else:
        update.bodies[update.base.root] = catalog[:-2] + b"/DSS<</Certs[%d 0 R]>>>>" % number


def page_entry(update: Update, chance: random.Random) -> None:
    """Say something else of a page."""
    page = chance.choice(update.base.pages)
    update.bodies[page] = with_entry(body(update, page), chance.choice(PAGE_ENTRIES))


def catalog_entry(update: Update, chance: random.Random) -> None:
    """Say something else of the document."""
    update.bodies[update.base.root] = with_entry(
        body(update, update.base.root), chance.choice(CATALOG_ENTRIES)
    )


def form_entry(update: Update, chance: random.Random) -> None:
    """Say something else of the form."""
    number, _ = update.base.form()
    entry, font = chance.choice(FORM_ENTRIES), update.fresh()
    if b"%d" in entry:
        update.bodies[font] = b"<</Type/Font/Subtype/Type1/BaseFont/Symbol>>"
        entry = entry.replace(b"%d", b"%d" % font)
    text = body(update, number)
    if number == update.base.root:
        update.bodies[number] = re.sub(rb"/AcroForm\s*<<", lambda found: found[0] + entry, text, count=1)
    else:
        update.bodies[number] = with_entry(text, entry)


def look(update: Update, chance: random.Random) -> bytes:
    """Draw something over everything, or nothing, and return the entry that leads to it."""
    number = update.fresh()
    drawn = chance.choice((RED, RED, COVER, b"", b" \n", b"\0"))
    more = chance.choice((b"", b"", b"/Filter/ASCIIHexDecode", b"/Group<</S/Transparency>>", b"/OC 30 0 R"))
    update.bodies[number] = stream(drawn, FORM + chance.choice(LIMITS) + more)
    return (
        chance.choice(
            (
                b"/AP<</N %d 0 R>>",
                b"/AP<</N %d 0 R>>",
                b"/AP<</N<</On %d 0 R>>>>/AS/On",
                b"/AP<</D %d 0 R>>",
                b"/AP<</R %d 0 R>>",
            )
        )
        % number
    )


def new_field(update: Update, chance: random.Random, value: bytes = b"") -> None:
    """Add a signature field that shows something, in one way or another."""
    page = chance.choice(update.base.pages)
    entries = [chance.choice(FIELD_ENTRIES) for _ in range(chance.randrange(4))]
    if chance.random() < 0.6:
        entries.append(look(update, chance))
    number = update.fresh()
    rest = b"".join(entries) + value
    box = chance.choice(BOXES)
    kind = b"" if b"/FT" in rest else b"/FT/Sig"
    name = b"" if b"/T(" in rest else b"/T(More%d)" % number
    subtype = b"" if b"/Subtype" in rest else b"/Subtype/Widget"
    text = b"<</Type/Annot%s%s%s/P %d 0 R/Rect%s%s>>" % (subtype, kind, name, page, box, rest)
    holder, _ = update.base.form()
    update.bodies[number] = text
    how = chance.randrange(5)
    if how != 1:
        update.bodies[holder] = listed(body(update, holder), b"/Fields", number)
    if how != 2:
        update.bodies[page] = listed(body(update, page), b"/Annots", number)
    if how == 3:  # a field with a widget of its own
        update.bodies[number + 1] = text.replace(name, b"") if name else text
        update.bodies[number] = b"<</FT/Sig/T(Above%d)%s/Kids[%d 0 R]>>" % (number, value, number + 1)
        update.bodies[page] = listed(
            body(update, page).replace(b" %d 0 R]" % number, b"]"), b"/Annots", number + 1
        )


def signed_field(update: Update, chance: random.Random) -> None:
    """Add a field that claims to be signed or stamped; its own value is rubbish, which spoils nothing of the earlier ones."""
    number = update.fresh()
    kind = chance.choice(
        (
            b"/Type/DocTimeStamp/SubFilter/ETSI.RFC3161",
            b"/Type/Sig/SubFilter/ETSI.CAdES.detached",
            b"/Type/Sig/SubFilter/ETSI.RFC3161",
        )
    )
    update.bodies[number] = b"<<%s/Filter/Adobe.PPKLite/ByteRange[0 1 2 3]/Contents<3000>>>" % kind
    new_field(update, chance, b"/V %d 0 R" % number)


def fill(update: Update, chance: random.Random) -> None:
    """Fill in a field, sign an empty one, or only change how it looks."""
    numbers = update.base.fields()
    if not numbers:
        return
    number = chance.choice(numbers)
    text = body(update, number)
    if chance.random() < 0.8:
        text = with_entry(text, chance.choice((b"/V(2.00)", b"/V(9)", b"/V/Yes", b"/V null", b"/V(1.00)")))
    if chance.random() < 0.7:
        text = re.sub(rb"/AP\s*<<.*?>>", b"", text, count=1)[:-2] + look(update, chance) + b">>"
    for _ in range(chance.randrange(2)):
        text = with_entry(
            text, chance.choice((*FIELD_ENTRIES, b"/Rect[0 0 595 842]", b"/AS/Yes", b"/M(D:2026)"))
        )
    update.bodies[number] = text
    if chance.random() < 0.3:  # the drawing itself
        target = re.search(rb"/N\s+(\d+) 0 R", update.base.body(number))
        if target is not None:
            update.bodies[int(target[1])] = stream(RED, FORM + chance.choice(LIMITS))


def comment(update: Update, chance: random.Random) -> None:
    """Comment on a page."""
    page, number = chance.choice(update.base.pages), update.fresh()
    entries = [chance.choice(FIELD_ENTRIES) for _ in range(chance.randrange(3))]
    if chance.random() < 0.3:
        entries.append(look(update, chance))
        number = update.fresh()
    box = chance.choice((b"[50 400 70 420]", b"[50 400 70 420]", *BOXES))
    update.bodies[number] = b"<</Type/Annot/Subtype/%s/Rect%s%s>>" % (
        chance.choice(SUBTYPES),
        box,
        b"".join(entries),
    )
    update.bodies[page] = listed(body(update, page), b"/Annots", number)


def annotations(update: Update, chance: random.Random) -> None:
    """Take annotations away, turn them round, or show them twice."""
    page, other = chance.choice(update.base.pages), chance.choice(update.base.pages)
    text = body(update, page)
    found = re.search(rb"/Annots\s*\[([^\]]*)\]", text)
    if found is None:
        return
    items = OBJECT.findall(found[1])
    chance.shuffle(items)
    items = chance.choice((items[1:], items, items * 2, []))
    update.bodies[page] = text[: found.start(1)] + b" ".join(items) + text[found.end(1) :]
    if other != page and items and chance.random() < 0.5:
        update.bodies[other] = listed(body(update, other), b"/Annots", int(items[0].split()[0]))


def exchange(update: Update, chance: random.Random) -> None:
    """Put one object in the place of another."""
    plain = [number for number in update.base.numbers if number]
    one, other = chance.choice(plain), chance.choice(plain)
    try:
        update.bodies[one] = update.base.body(other)
    except Exception:  # noqa: BLE001 - freed, or nowhere
        return


def perturb(update: Update, chance: random.Random) -> None:
    """Change one word of an object."""
    plain = [number for number in update.base.numbers if number and update.base.plain(number)]
    if not plain:
        return
    number = chance.choice(plain)
    text = body(update, number)
    words = list(re.finditer(rb"\d+ 0 R|/[A-Za-z]+|\b\d+\b", text))
    if not words:
        return
    word = chance.choice(words)
    put = chance.choice(
        (
            b"null",
            b"0",
            b"%d 0 R" % chance.choice(update.base.numbers),
            b"/X",
            b"",
            word[0] + b" " + word[0],
            b"[]",
            b"<<>>",
            b"%d 0 R" % update.fresh(),
        )
    )
    update.bodies[number] = text[: word.start()] + put + text[word.end() :]


def freed(update: Update, chance: random.Random) -> None:
    """Free an object, under any generation."""
    number = chance.choice(update.base.numbers)
    update.bodies.pop(number, None)
    update.rows[number] = chance.choice((b"0000000000 %05d f", b"0000000001 %05d f")) % chance.choice(
        (0, 1, 2, 65534, 65535, 99999)
    )


def pointed(update: Update, chance: random.Random) -> None:
    """List an object elsewhere, or under a number or generation that it has not."""
    found = [m.start() for m in re.finditer(rb"\d+ \d+ obj", update.base.data)]
    number = chance.choice((*update.base.numbers, update.fresh()))
    place = chance.choice((0, 1, 15, *found, *found, *found, len(update.base.data) - 1))
    update.bodies.pop(number, None)
    update.rows[number] = b"%010d %05d n" % (place, chance.choice((0, 0, 0, 1, 65535)))


def higher(update: Update, chance: random.Random) -> None:
    """Define an object under another generation."""
    number = chance.choice([n for n in update.base.numbers if n])
    generation = chance.choice((1, 2, 65535))
    update.bodies[number] = stream(EVIL)
    update.heads[number] = b"%d %d obj\n" % (number, generation)
    update.rows[number] = b"%010d %05d n" % (len(update.base.data) + len(update.glue), generation)


def described(update: Update, chance: random.Random) -> None:
    """Bring the description up to date."""
    number = update.fresh()
    if chance.random() < 0.5:
        update.bodies[number] = b"<</Title(x)/Producer(y)>>"
        update.entries[b"/Info"] = b"%d 0 R" % chance.choice((number, *update.base.numbers))
    else:
        update.bodies[number] = stream(b"<x:xmpmeta/>", b"/Type/Metadata/Subtype/XML")
        update.bodies[update.base.root] = with_entry(
            body(update, update.base.root), b"/Metadata %d 0 R" % number
        )


def hidden(update: Update, chance: random.Random) -> None:
    """Hide an object, a trailer or an end mark in octets that are something else."""
    raw = chance.choice(
        (
            b"\n%d 0 obj\n%s\nendobj\n"
            % (chance.choice(update.base.numbers), stream(EVIL).replace(b"endstream", b"endstrea")),
            b"\nstartxref\n%d\n%%%%EOF\n" % update.base.previous,
            b"trailer <</Root 7 0 R>>",
            b"\nxref\n0 1\n0000000000 65535 f \n",
        )
    )
    number = update.fresh()
    update.bodies[number] = chance.choice((stream(raw), b"<</X(" + raw + b")>>"))
    update.bodies[update.base.root] = (
        body(update, update.base.root)[:-2] + b"/DSS<</Certs[%d 0 R]>>>>" % number
    )


def respelled(update: Update, chance: random.Random) -> None:
    """Write an object anew in other octets that mean the same, or nearly so, to some."""
    plain = [number for number in update.base.numbers if number and update.base.plain(number)]
    if plain:
        number = chance.choice((*plain, *update.base.pages, *update.base.pages))
        text = body(update, number)
        for _ in range(chance.randrange(1, 4)):
            text = chance.choice(SPELLINGS)(text, chance)
        update.bodies[number] = text


def _at(text: bytes, chance: random.Random, pattern: bytes, put: Callable[[re.Match[bytes]], bytes]) -> bytes:
    found = list(re.finditer(pattern, text))
    if not found:
        return text
    match = chance.choice(found)
    return text[: match.start()] + put(match) + text[match.end() :]


SPELLINGS: Final[tuple[Callable[[bytes, random.Random], bytes], ...]] = (
    lambda t, c: _at(t, c, rb"/[A-Za-z]", lambda m: b"/#%02x" % m[0][1]),
    lambda t, c: _at(t, c, rb"(?<=[A-Za-z])(?=[ /\[<(])", lambda _: c.choice((b"#00", b"#20", b"\x80", b"\xff", b"\xa0", b"\xc2\xa0", b"\x00", b"\x0b"))),
    lambda t, c: _at(t, c, rb"#e9", lambda _: c.choice((b"#c3#a9", b"\xe9", b"\xc3\xa9", b"#E9"))),
    lambda t, c: _at(t, c, rb"<([0-9A-F]{6,})>", lambda m: c.choice((b"(" + bytes.fromhex(m[1].decode()) + b")", b"<" + m[1][:6] + b"\n" + m[1][6:] + b"0>"))),
    lambda t, c: _at(t, c, rb" ", lambda _: c.choice((b"\n", b"\r", b"\t", b"\x00", b"\x0c", b"%x\n", b"%x\r", b"% 7 0 R\r", b"  " * 12))),
    lambda t, c: _at(t, c, rb"(?<=[\]>)])", lambda _: c.choice((b"%/Contents 7 0 R\n", b"%x\r", b"\x00", b" null "))),
    lambda t, c: _at(t, c, rb"\b\d+\b", lambda m: c.choice((b"+" + m[0], b"0" + m[0], m[0] + b".0", b"-" + m[0], m[0] + b".", b"--" + m[0], m[0] + b"-1"))),
    lambda t, c: _at(t, c, rb"\b\d+ 0 R", lambda m: c.choice((b"0" + m[0], m[0].replace(b" 0 ", b" 00 "), m[0].replace(b" ", b"\n"), m[0].replace(b" 0 ", b" 1 "), m[0].replace(b" 0 ", b" 65536 "), m[0].replace(b" R", b"     R")))),
    lambda t, c: _at(t, c, rb">>$", lambda _: c.choice((b"/Contents 7 0 R>>", b"/Rotate 90>>", b"/Rotate null>>", b"/X null>>", b"/Type/Page>>", b"/Resources<<>>>>"))),
    lambda t, c: _at(t, c, rb"^<<", lambda _: c.choice((b"<</Contents 7 0 R", b"<</Rotate 90", b"<</X null", b"<<%\n"))),
    lambda t, _: t + b"\n<</Contents 7 0 R>>",
    lambda t, _: t + b" %",
    lambda t, c: _at(t, c, rb"\(([^()\\]*)\)", lambda m: c.choice((b"<" + m[1].hex().encode() + b">", b"(" + m[1] + b"\\\n)", b"(\\\r" + m[1] + b")", b"(" + m[1] + b"\\))"))),
)  # fmt: skip

CHANGES: Final[tuple[Change, ...]] = (
    page_entry, catalog_entry, form_entry, new_field, new_field, new_field, signed_field, signed_field, fill, fill, fill, comment, annotations,
    exchange, perturb, perturb, freed, pointed, higher, described, hidden, respelled, respelled, respelled,
)  # fmt: skip
