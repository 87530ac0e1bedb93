"""Every kind of broken input gets a verdict: nothing raises, nothing damaged passes, nothing takes long."""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signing.containers.cms import ContainerForm
from tests.conftest import missing
from tests.gm_world import GmSealing
from tests.verify_world import Signing, append, small_pdf
from verify.errors import Finding
from verify.signatures.cms import parse_message
from verify.trust import TrustStore
from verify.verdict import SubIndication, Verdict
from verify.verifier import Verifier

SAMPLES = Path(__file__).parents[2].parent / "shared" / "samples" / "pdf"
PASSWORDS = {"pdfbox-PasswordSample-256bit.pdf": "user", "pyhanko-minimal-aes256.pdf": "usersecret"}
UNSIGNABLE = {
    "pdfbox-AESkeylength128.pdf": "encrypted to a recipient's key",
    "pdfbox-sign_me_protected.pdf": "its password is not known",
    "pyhanko-CompactedPDFSyntaxTest.pdf": "pyHanko's writer stumbles over its /Annots null",
    "pyhanko-minimal-pubkey-aes256.pdf": "encrypted to a recipient's key",
    "pyhanko-minimal-startxref-hopeless.pdf": "damaged beyond reading",
}
BOUNDED = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
WORDS = [
    b"/Contents", b"/ByteRange", b"/V", b"/Fields", b"/Kids", b"/Parent", b"/Root", b"/Prev", b"/Size", b"/Length",
    b"/Filter", b"/SubFilter", b"/AcroForm", b"/Annots", b"obj", b"endobj", b"stream", b"xref", b"trailer", b"0 R",
    b"<<", b">>", b"[", b"]", b"startxref", b"%%EOF",
]  # fmt: skip


@cache
def world() -> Signing:
    return Signing()


@cache
def national() -> GmSealing:
    return GmSealing(world().now)


@cache
def in_one_signature() -> tuple[bytes, ...]:
    """Return one document for each shape of container: CMS, CMS with SM2, and that of GB/T 35275."""
    return (world().sign(), *(national().seal(form=form, stamped=False) for form in ContainerForm))


@cache
def documents() -> tuple[bytes, ...]:
    signing = world()
    return (*in_one_signature(), signing.b_lta(), signing.sign(signing.sign(), field="Seal2", page=1))


@cache
def verifier() -> Verifier:
    ours, theirs = world().trust(), national().trust()
    return Verifier(TrustStore([*ours.anchors, *theirs.anchors], crls=[*ours.crls, *theirs.crls]))


def judge(data: bytes) -> Verdict:
    """Verify; the report must be complete and serialisable whatever came in."""
    report = verifier().verify(data, at=max(world().now, datetime.now(UTC)))
    json.dumps(report.to_json())
    assert report.reason.zh
    assert report.reason.en
    return report.verdict


@pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"no {SAMPLES}")
@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.pdf")), ids=lambda path: path.name)
def test_documents_made_by_others(path: Path) -> None:
    """None of them is signed: each is indeterminate for that reason, or unreadable with a reason."""
    report = Verifier(TrustStore(())).verify(
        path.read_bytes(), at=datetime.now(UTC), name=path.name, password=PASSWORDS.get(path.name)
    )
    json.dumps(report.to_json())
    assert report.verdict in {Verdict.INDETERMINATE, Verdict.UNREADABLE}
    if report.verdict is Verdict.INDETERMINATE:
        assert report.sub_indication is SubIndication.NO_SIGNATURE


@pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"no {SAMPLES}")
@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.pdf")), ids=lambda path: path.name)
def test_documents_made_by_others_pass_once_signed(path: Path) -> None:
    """What pyHanko can sign, we can verify: classic, streams, hybrid, turned, encrypted."""
    if path.name in UNSIGNABLE:
        pytest.skip(f"pyHanko cannot sign it: {UNSIGNABLE[path.name]}")
    data = world().sign(path.read_bytes(), password=PASSWORDS.get(path.name), box=None)
    report = verifier().verify(
        data, at=max(world().now, datetime.now(UTC)), password=PASSWORDS.get(path.name)
    )
    assert report.verdict is Verdict.PASSED, report.reason.en


def test_samples_are_there() -> None:
    if not SAMPLES.is_dir():
        missing("sample documents", f"no {SAMPLES}")
    assert len(list(SAMPLES.glob("*.pdf"))) >= 30


@pytest.mark.parametrize(
    "data",
    [b"", b"%PDF-", b"%PDF-1.7\n%%EOF", b"\0" * 5000, b"%PDF-1.7\nstartxref\n0\n%%EOF\n", b"PK\x03\x04" * 99],
)
def test_hardly_anything(data: bytes) -> None:
    assert judge(data) is Verdict.UNREADABLE


@BOUNDED
@given(st.data())
def test_truncated(data: st.DataObject) -> None:
    document = data.draw(st.sampled_from(documents()))
    cut = data.draw(st.integers(0, len(document) - 2))
    verdict = judge(document[:cut])
    if verdict is Verdict.PASSED:  # only where the cut leaves a complete earlier revision
        assert document[:cut].rstrip().endswith(b"%%EOF")


@BOUNDED
@given(st.integers(0, 2**32))
def test_mutated(seed: int) -> None:
    """Octets overwritten, words swapped in, slices doubled, moved or dropped, in a later or signed part."""
    rng = random.Random(seed)
    data = bytearray(rng.choice(documents()))
    for _ in range(rng.randint(1, 6)):
        _mutate(rng, data)
    judge(bytes(data))


def _mutate(rng: random.Random, data: bytearray) -> None:
    at = rng.randrange(len(data))
    size = rng.choice([1, 2, 8, 64, 512])
    choice = rng.randrange(5)
    if choice == 0:
        data[at : at + size] = rng.randbytes(size)
    elif choice == 1:
        word = rng.choice(WORDS)
        data[at : at + len(word)] = word
    elif choice == 2:
        data[at:at] = data[at : at + size]
    elif choice == 3:
        del data[at : at + size]
    else:
        numbers = [match.span() for match in re.finditer(rb"\b\d+\b", bytes(data[:4000]))]
        start, end = rng.choice(numbers)
        data[start:end] = str(rng.choice([0, 1, 7, 2**31, 10**15, -1])).encode()


@BOUNDED
@given(st.binary(max_size=200))
def test_containers_of_noise(octets: bytes) -> None:
    with pytest.raises(Finding):
        parse_message(octets)


@BOUNDED
@given(st.integers(0, 2**32))
def test_damaged_containers_end_in_a_verdict(seed: int) -> None:
    """The container alone is damaged, with lengths and tags that lead astray."""
    rng = random.Random(seed)
    document = bytearray(rng.choice(in_one_signature()))
    match = re.search(rb"/Contents <([0-9a-fA-F]+)>", document)
    assert match is not None
    container = bytearray(bytes.fromhex(match.group(1).decode()))
    for _ in range(rng.randint(1, 4)):
        container[rng.randrange(200 if rng.random() < 0.5 else len(container))] = rng.choice(
            [0, 0x30, 0x80, 0x84, 0xFF, 6]
        )
    document[match.start(1) : match.end(1)] = container.hex().encode()
    judge(bytes(document))


def nested(depth: int) -> bytes:
    return append(
        small_pdf(catalog="/AcroForm 30 0 R"), {30: b"<</Fields" + b"[" * depth + b"]" * depth + b">>"}
    )


def field_loop() -> bytes:
    return append(
        small_pdf(catalog="/AcroForm<</Fields[30 0 R]>>"),
        {30: b"<</T(a)/Kids[31 0 R]>>", 31: b"<</T(b)/Parent 30 0 R/Kids[30 0 R]/FT/Sig/V 31 0 R>>"},
    )


def many_signatures() -> bytes:
    value = b"<</Type/Sig/SubFilter/ETSI.CAdES.detached/ByteRange[0 10 20 30]/Contents<00>>>"
    listed = b" ".join(b"%d 0 R" % number for number in range(100, 600))
    bodies = {number: b"<</FT/Sig/T(s%d)/V %d 0 R>>" % (number, number + 1000) for number in range(100, 600)}
    bodies |= {number + 1000: value for number in range(100, 600)}
    bodies[30] = b"<</Fields[" + listed + b"]>>"
    return append(small_pdf(catalog="/AcroForm 30 0 R"), bodies)


def page_loop() -> bytes:
    return append(documents()[0], {2: b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>"})


def flate_bomb() -> bytes:
    import zlib

    inner = zlib.compress(zlib.compress(b"\0" * 200_000_000, 9), 9)
    body = b"<</Type/ObjStm/N 1/First 4/Filter[/FlateDecode/FlateDecode]/Length %d>>stream\n%s\nendstream"
    return append(small_pdf(catalog="/AcroForm 30 0 R"), {30: body % (len(inner), inner)})


@pytest.mark.parametrize(
    "make", [lambda: nested(50), lambda: nested(5000), field_loop, many_signatures, page_loop, flate_bomb]
)
def test_shapes_made_to_hurt(make: Callable[[], bytes]) -> None:
    """Depth, loops, numbers and bombs end quickly, each in a verdict that is no pass."""
    data = make()
    begun = time.process_time()
    assert judge(data) is not Verdict.PASSED
    assert time.process_time() - begun < 20
