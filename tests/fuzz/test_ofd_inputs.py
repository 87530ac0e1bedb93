"""OFD packages in every state of decay: a verdict or a sentence, never a crash, in bounded time; what was changed is never green."""

from __future__ import annotations

import io
import random
import time
import zlib

import pytest

from signing.errors import SigningError
from signing.formats import OfdFormat
from signing.mark import Work
from tests.ofd_world import document, entries, mark, packed, seal, sealed, ses, trust
from tests.verify_world import NOW
from verify.errors import Unreadable
from verify.ofd.description import read_description, read_list
from verify.ofd.package import Package
from verify.ofd.structure import read_structure
from verify.ofd.xml import parse
from verify.verdict import Verdict
from verify.verifier import Verifier

SEEDS = range(12)
SLOWEST = 5.0
"""Seconds of the processor for any one input, however busy the machine is; judging a package takes about thirty milliseconds."""
_PIECES = (
    b"<ofd:Signatures/>", b"</ofd:DocBody>", b'ID="s001"', b"../../", b"/OFD.xml", b"&lt;", b"<![CDATA[", b"<!DOCTYPE x>", b"\xff\xfe", b"]]>",
    b'CheckMethod="MD5"', b"g 999999999 1", b"-1e308", b"\x00", b"<a>" * 70,
)  # fmt: skip


def mutated(octets: bytes, chance: random.Random) -> bytes:
    """Cut, repeat, overwrite and put in pieces that mean something."""
    changed = bytearray(octets)
    for _ in range(chance.randint(1, 5)):
        at = chance.randrange(len(changed) + 1)
        act = chance.randrange(5)
        if act == 0 and at < len(changed):
            changed[at] = chance.randrange(256)
        elif act == 1:
            del changed[at : at + chance.randint(1, 60)]
        elif act == 2:
            changed[at:at] = changed[max(0, at - 50) : at]
        elif act == 3:
            changed[at:at] = chance.choice(_PIECES)
        else:
            changed[at : at + 4] = bytes(chance.randrange(256) for _ in range(4))
    return bytes(changed)


def judged(data: bytes, verifier: Verifier) -> Verdict:
    begun = time.process_time()
    report = verifier.verify(data, at=NOW)
    assert time.process_time() - begun < SLOWEST
    assert report.reason.zh
    assert report.reason.en
    return report.verdict


@pytest.mark.parametrize("seed", SEEDS)
def test_octets_of_a_package_in_decay(seed: int) -> None:
    """Mutated as a file: the archive's own records are hit."""
    chance, verifier = random.Random(seed), Verifier(trust())
    whole = Package(sealed())
    contents = {path: whole.read(path) for path in whole.paths}
    for _ in range(30):
        data = mutated(sealed(), chance)
        if judged(data, verifier) is Verdict.PASSED:
            again = Package(data)
            assert {path: again.read(path) for path in again.paths} == contents, (
                "green, and not what was sealed"
            )


@pytest.mark.parametrize("seed", SEEDS)
def test_one_file_of_a_package_in_decay(seed: int) -> None:
    """Mutated inside: XML, seal data and signature values reach their readers."""
    chance, verifier = random.Random(1000 + seed), Verifier(trust())
    files = entries(seal(sealed(), "2:20,20"))
    for _ in range(15):
        name = chance.choice(sorted(files))
        octets = mutated(files[name], chance)
        verdict = judged(packed(files | {name: octets}), verifier)
        if not name.endswith("Signatures.xml") and octets != files[name]:
            assert verdict is not Verdict.PASSED, name


@pytest.mark.parametrize("seed", SEEDS)
def test_documents_in_decay_are_sealed_or_refused_in_words(seed: int) -> None:
    """What is sealed is green and says so itself; what is refused has a sentence in both languages."""
    chance, verifier = random.Random(2000 + seed), Verifier(trust())
    files = entries(document())
    told: list[tuple[str, str]] = []
    for _ in range(6):
        name = chance.choice(sorted(files))
        data = packed(files | {name: mutated(files[name], chance)})
        try:
            done = seal(data, chance.choice(("1:100,100", "keyword=盖章", "seam=left")))
        except SigningError as refused:
            told.append((refused.zh, refused.en))
            continue
        assert judged(done, verifier) is Verdict.PASSED
    assert all(zh and en for zh, en in told)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_readers_raise_their_own_family_alone(seed: int) -> None:
    chance = random.Random(3000 + seed)
    files = entries(seal())
    sentences: list[str] = []
    listed, described = "Doc_0/Signs/Signatures.xml", "Doc_0/Signs/Sign_0/Signature.xml"
    for _ in range(40):
        octets = {
            name: mutated(files[name], chance)
            for name in (listed, described, "OFD.xml", "Doc_0/Document.xml")
        }
        chosen = chance.choice(sorted(octets))
        package = Package(packed(files | {chosen: octets[chosen]}))
        for read in (
            lambda one=package: read_structure(one),
            lambda one=package: read_list(one, f"/{listed}"),
            lambda one=package: read_description(one, f"/{described}"),
            lambda text=octets[chosen]: parse(text, "/x"),
        ):
            try:
                read()
            except Unreadable as refused:
                sentences.append(refused.reason.zh)
    assert all(sentences)
    assert sentences, "some were refused"


def test_a_package_of_a_thousand_pages_is_judged_in_good_time() -> None:
    files = entries(document(1))
    page = files["Doc_0/Pages/Page_0/Content.xml"]
    listed = b"".join(
        b'<ofd:Page ID="%d" BaseLoc="Pages/P%d.xml"/>' % (1000 + number, number) for number in range(1000)
    )
    files["Doc_0/Document.xml"] = files["Doc_0/Document.xml"].replace(b"<ofd:Pages>", b"<ofd:Pages>" + listed)
    files |= {f"Doc_0/Pages/P{number}.xml": page for number in range(1000)}
    output = io.BytesIO()
    prepared = OfdFormat().prepare(
        Work(io.BytesIO(packed(files)), output), mark("seam=right"), ses(), stamped=False
    )
    assert prepared.scope.endswith("Signature.xml")
    assert judged(seal(packed(files), "seam=right"), Verifier(trust())) is Verdict.PASSED


def test_a_stream_that_inflates_to_more_than_it_says() -> None:
    data = bytearray(packed({"OFD.xml": b"<ofd:OFD/>" * 50}))
    state = zlib.compressobj(9, zlib.DEFLATED, -15)
    longer = state.compress(bytes(100_000)) + state.flush()
    data[30 + 7 : 30 + 7 + len(longer)] = longer
    assert judged(bytes(data), Verifier(trust())) is Verdict.UNREADABLE
