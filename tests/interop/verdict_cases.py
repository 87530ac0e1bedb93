"""Signed PDF files for several judges: one thing differs in each, and each comes with the lists and the time to judge it by."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

from cryptography import x509
from pyhanko.sign.fields import MDPPerm

from hsm.suite import Suite
from signing.containers.envelope import ContainerKind
from tests.container_world import Containers, Wish
from tests.pdf_mutations import SAMPLES, WAYS
from tests.pki import Pki
from tests.verify_world import Signing, append, raw_object, size_of, small_pdf

JUDGED: Final = timedelta(minutes=30)
"""From the hierarchy's time to that of judging: pyHanko writes its own clock into what it signs, some minutes later."""
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
COMPROMISE: Final = x509.ReasonFlags.key_compromise


@dataclass(frozen=True)
class Case:
    """One file, the root that is trusted, the lists that are known, and the time of judging."""

    name: str
    data: bytes = field(repr=False)
    root: bytes = field(repr=False)
    crls: tuple[bytes, ...] = field(repr=False)
    at: datetime


class Cases:
    """The files, made with one hierarchy."""

    def __init__(self, signing: Signing) -> None:
        self.signing = signing
        self.plain = signing.sign()
        self.stamped = signing.sign(stamp=True)
        self.archived = signing.b_lta()

    def named(self) -> Iterator[Case]:
        """Yield every file that has a name; fifty, a second or two to make."""
        for name, make in NAMED.items():
            yield replace(make(self), name=name)

    def mutated(self, count: int, seed: int = 20261101) -> Iterator[Case]:
        """Yield ``count`` seeded mutants of the good files; the same mutation for the same number."""
        seeds = (self.plain, self.stamped, self.archived, self.signing.sign(self.plain, field="Seal2"))
        ways = sorted(WAYS)
        for number in range(count):
            chance = Random(seed + number)
            way = ways[number % len(ways)]
            data = WAYS[way](seeds[number // len(ways) % len(seeds)], chance)
            yield self.case(data, name=f"{way}-{number}")

    def case(
        self, data: bytes, *, name: str = "", crls: Any = None, at: datetime | None = None, root: bytes = b""
    ) -> Case:
        """Make a case: the right root, fresh lists, an hour after signing, unless told otherwise."""
        given = self.signing.crls() if crls is None else crls
        return Case(
            name,
            data,
            root or self.signing.root_der,
            tuple(given),
            at or self.signing.now + JUDGED,
        )

    def revoked(self, data: bytes, when: timedelta, known: timedelta = timedelta()) -> Case:
        """Revoke the keeper ``when`` from now by a list of ``known``, and judge an hour after both."""
        now = self.signing.now
        serial = self.signing.keeper.certificate.serial_number
        lists = self.signing.crls(revoked={serial: (now + when, COMPROMISE)}, this_update=now + known)
        return self.case(data, crls=lists, at=now + max(known, timedelta()) + JUDGED)


def _appended(number: int, body: bytes) -> Callable[[Cases], Case]:
    return lambda cases: cases.case(append(cases.plain, {number or size_of(cases.plain): body}))


def _replaced(old: bytes, new: bytes) -> Callable[[Cases], Case]:
    assert len(old) == len(new)
    return lambda cases: cases.case(cases.plain.replace(old, new, 1))


def _page_content(cases: Cases) -> Case:
    body = raw_object(cases.plain, 5).replace(b"2026-001", b"2026-999")
    return cases.case(append(cases.plain, {5: body}))


def _second_page(cases: Cases) -> Case:
    page = raw_object(cases.plain, 4)
    return cases.case(append(cases.plain, {4: page.replace(b"/Contents 5 0 R", b"/Contents 7 0 R")}))


def _annotation(cases: Cases) -> Case:
    new = size_of(cases.plain)
    note = b"<</Type/Annot/Subtype/FreeText/Rect[0 0 300 300]/Contents(void)/DA(/Helv 9 Tf)>>"
    page = raw_object(cases.plain, 4)
    had = re.search(rb"/Annots\s*\[([^\]]*)\]", page)
    inside = had.group(1) if had else b""
    rest = page.replace(had.group(0), b"") if had else page
    listed = rest.rstrip()[:-2] + b"/Annots[%s %d 0 R]>>" % (inside, new)
    return cases.case(append(cases.plain, {4: listed, new: note}))


def _range(change: Callable[[list[int]], list[int]]) -> Callable[[Cases], Case]:
    def make(cases: Cases) -> Case:
        data = cases.plain
        match = re.search(rb"/ByteRange ?\[ ?(\d+) (\d+) (\d+) (\d+)( *)\]", data)
        assert match is not None
        numbers = change([int(item) for item in match.group(1, 2, 3, 4)])
        text = b"[" + b" ".join(b"%d" % item for item in numbers)
        room = match.end() - match.start() - len(b"/ByteRange ") - 1
        return cases.case(
            data[: match.start()] + b"/ByteRange " + text.ljust(room) + b"]" + data[match.end() :]
        )

    return make


def _contents(cases: Cases) -> Case:
    """Flip one bit of the signature's value: its last octets."""
    match = re.search(rb"/Contents ?<([0-9a-fA-F]+?)(?:00)*>", cases.plain)
    assert match is not None
    at = match.end(1) - 12
    upper = match[1] != match[1].lower()
    digit = (b"%X" if upper else b"%x") % (int(cases.plain[at : at + 1], 16) ^ 1)
    return cases.case(cases.plain[:at] + digit + cases.plain[at + 1 :])


def _expired(*, stamp: bool) -> Callable[[Cases], Case]:
    def make(cases: Cases) -> Case:
        signing = cases.signing
        keeper = signing.pki.party(not_after=signing.now + DAY)
        later = signing.now + 3 * DAY
        lists = [*signing.crls(), *signing.crls(this_update=later, number=2)]
        return cases.case(signing.sign(keeper=keeper, stamp=stamp), crls=lists, at=later + HOUR)

    return make


def _expired_then(cases: Cases) -> Case:
    signing = cases.signing
    keeper = signing.pki.party(not_before=signing.now - 9 * DAY, not_after=signing.now - DAY)
    return cases.case(signing.sign(keeper=keeper, stamp=True))


def _certified(
    level: MDPPerm, then: Callable[[Cases, bytes], bytes] | None = None
) -> Callable[[Cases], Case]:
    def make(cases: Cases) -> Case:
        data = cases.signing.sign(certify=True, docmdp_permissions=level)
        return cases.case(data if then is None else then(cases, data))

    return make


def _other_tsa(cases: Cases) -> Case:
    stranger = Pki(cases.signing.now).tsa(key=cases.signing.tsa.key)
    return cases.case(cases.signing.sign(stamper=cases.signing.stamper(tsa=stranger)))


def _wrong_tsa(cases: Cases) -> Case:
    """Stamp with a certificate for sealing."""
    keeper = cases.signing.pki.party(key=cases.signing.tsa.key)
    return cases.case(cases.signing.sign(stamper=cases.signing.stamper(tsa=keeper)))


def _sample(name: str) -> Callable[[Cases], Case]:
    return lambda cases: cases.case((SAMPLES / name).read_bytes())


def _signed_sample(name: str) -> Callable[[Cases], Case]:
    return lambda cases: cases.case(cases.signing.sign((SAMPLES / name).read_bytes(), box=None))


def _national(kind: ContainerKind) -> Callable[[Cases], Case]:
    def make(cases: Cases) -> Case:
        world = Containers(suite=Suite.GM)
        return cases.case(
            world.put(None, Wish(kind=kind)),
            root=world.pki.root.der,
            crls=world.crls(),
            at=world.now + JUDGED,
        )

    return make


NAMED: Final[dict[str, Callable[[Cases], Case]]] = {
    "B-B": lambda cases: cases.case(cases.plain),
    "B-T": lambda cases: cases.case(cases.stamped),
    "B-LT": lambda cases: cases.case(cases.signing.b_lt()),
    "B-LTA": lambda cases: cases.case(cases.archived),
    "B-LTA, no list given": lambda cases: cases.case(cases.archived, crls=()),
    "RSA-PSS": lambda cases: cases.case(
        cases.signing.sign(keeper=cases.signing.pki.party(key=cases.signing.tsa.key), pss=True)
    ),
    "two signatures": lambda cases: cases.case(
        cases.signing.sign(cases.plain, field="Seal2", box=(300, 300, 400, 400))
    ),
    "certified, nothing may follow": _certified(MDPPerm.NO_CHANGES),
    "certified, forms may be filled": _certified(MDPPerm.FILL_FORMS),
    "certified P=1, then an archive stamp": _certified(
        MDPPerm.NO_CHANGES, lambda cases, data: cases.signing.add_time_stamp(data)
    ),
    "certified P=2, then an invisible signature": _certified(
        MDPPerm.FILL_FORMS, lambda cases, data: cases.signing.sign(data, field="Seal2", box=None)
    ),
    "no list known": lambda cases: cases.case(cases.plain, crls=()),
    "untrusted issuer": lambda cases: cases.case(cases.plain, root=Pki(cases.signing.now).root.der),
    "revoked before a proved time": lambda cases: cases.revoked(cases.stamped, -HOUR),
    "revoked after a proved time": lambda cases: cases.revoked(cases.stamped, HOUR, 2 * HOUR),
    "revoked, time only claimed": lambda cases: cases.revoked(cases.plain, HOUR, 2 * HOUR),
    "revoked after archiving": lambda cases: cases.revoked(cases.archived, HOUR, 2 * HOUR),
    "expired since, time only claimed": _expired(stamp=False),
    "expired since, time proved": _expired(stamp=True),
    "expired before the proved time": _expired_then,
    "time-stamp of a stranger": _other_tsa,
    "time-stamp by a sealing certificate": _wrong_tsa,
    "signed text changed": _replaced(b"2026-001", b"2026-009"),
    "signature value changed": _contents,
    "page content replaced later": _page_content,
    "page pointed at other content later": _second_page,
    "annotation over the page later": _annotation,
    "stray object appended": _appended(0, b"<</A 1>>"),
    "catalog entry appended": lambda cases: cases.case(
        append(cases.plain, {1: raw_object(cases.plain, 1).rstrip()[:-2] + b"/OpenAction[4 0 R /Fit]>>"})
    ),
    "octets behind the end": lambda cases: cases.case(cases.plain + b"% nothing\n"),
    "signature taken out of its field": lambda cases: cases.case(_without_value(cases.plain)),
    "range leaves out twenty octets": _range(lambda r: [r[0], r[1] - 20, r[2], r[3]]),
    "range ends early": _range(lambda r: [r[0], r[1], r[2], r[3] - 100]),
    "range reaches behind the file": _range(lambda r: [r[0], r[1], r[2], r[3] + 1000]),
    "range of nothing": _range(lambda r: [0, 0, 0, 0]),
    "signature dictionary replaced later": lambda cases: cases.case(_again(cases.plain)),
    "no signature": lambda cases: cases.case(small_pdf()),
    "SM2, CMS": _national(ContainerKind.CMS),
    "SM2, GB/T 35275": _national(ContainerKind.GBT35275),
    "SM2, seal signature": _national(ContainerKind.SES),
    **{
        f"sample {name}": _signed_sample(f"{name}.pdf")
        for name in (
            "pdfbox-AcroFormForMerge", "pdfbox-embedded_zip", "pdfbox-hello3", "pdfbox-openoffice-test-document",
            "pdfbox-page_tree_multiple_levels", "pdfbox-rot270", "pdfbox-sampleForSpec", "pdfbox-test-landscape2",
            "pyhanko-minimal-hybrid-xref", "pyhanko-minimal-two-fields", "pyhanko-uncompressed-objstream-sample",
        )
    },
    **{f"sample as it is: {name}": _sample(f"{name}.pdf") for name in ("pdfbox-sign_me", "pyhanko-minimal-aes256")},
}  # fmt: skip


def _signature(data: bytes) -> int:
    return max(int(n) for n in re.findall(rb"(\d+) 0 obj\s*<<[^>]*?/Type\s*/Sig\b", data))


def _without_value(data: bytes) -> bytes:
    number = max(int(n) for n in re.findall(rb"(\d+) 0 obj\s*<<(?:(?!endobj)[\s\S])*?/FT\s*/Sig\b", data))
    return append(data, {number: re.sub(rb"/V\s+\d+ 0 R", b"", raw_object(data, number))})


def _again(data: bytes) -> bytes:
    number = max(int(n) for n in re.findall(rb"/V\s+(\d+) 0 R", data))
    return append(data, {number: raw_object(data, number)})


def write(cases: list[Case], folder: Path) -> Path:
    """Write files, roots, lists and the table of them as the Java judge reads it; return the table."""
    lines = []
    for number, case in enumerate(cases):
        (folder / f"{number}.pdf").write_bytes(case.data)
        (folder / f"{number}.cer").write_bytes(case.root)
        lists = []
        for position, octets in enumerate(case.crls):
            (folder / f"{number}-{position}.crl").write_bytes(octets)
            lists.append(f"{number}-{position}.crl")
        at = int(case.at.timestamp() * 1000)
        lines.append(f"{number}.pdf\t{at}\t{number}.cer\t{','.join(lists)}")
    table = folder / "cases.tsv"
    table.write_text("\n".join(lines) + "\n")
    return table
