"""One flipped bit of a seal never passes; whatever is written is read back the same; what is written is strict DER."""

from __future__ import annotations

from datetime import timedelta

import pytest
from asn1crypto import core
from hypothesis import given, settings
from hypothesis import strategies as st

from ca import der
from seals.ses.errors import SealDataInvalid
from seals.ses.parts import CertListType, SesVersion
from seals.ses.structure import is_seal_data, is_signature, read_seal, read_signature
from seals.ses.writer import PictureContent, SealContent, assemble, encode_info
from tests.ses_world import CODE, DOCUMENT, png, sealing
from tests.verify_world import NOW
from verify.verdict import Verdict

WRITTEN = (SesVersion.V4, SesVersion.V5)
_ASCII = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=64)


def _flipped(octets: bytes, bit: int) -> bytes:
    changed = bytearray(octets)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@pytest.mark.parametrize("version", WRITTEN)
def test_one_flipped_bit_of_a_seal_never_passes(version: SesVersion) -> None:
    """Every sixth octet, another bit in each: heads, names, list, picture, certificate and signature are all met."""
    good = sealing().esl(version)
    assert sealing().judge(good).verdict is Verdict.PASSED
    for at in range(version.number % 6, len(good), 6):
        wrong = _flipped(good, 8 * at + at % 8)
        assert not is_seal_data(wrong) or sealing().judge(wrong).verdict is not Verdict.PASSED, at


@settings(deadline=None)
@given(bit=st.integers(0, 10**6))
def test_one_flipped_bit_of_a_signature_never_passes(bit: int) -> None:
    good = _signature()
    wrong = _flipped(good, bit % (8 * len(good)))
    if is_seal_data(wrong):
        assert sealing().judge(wrong, document=DOCUMENT).verdict is not Verdict.PASSED


_KEPT: list[bytes] = []


def _signature() -> bytes:
    if not _KEPT:
        _KEPT.append(sealing().signature())
    return _KEPT[0]


@st.composite
def contents(draw: st.DrawFn) -> SealContent:
    start = NOW + timedelta(seconds=draw(st.integers(-(10**8), 10**8)))
    return SealContent(
        version=draw(st.sampled_from(WRITTEN)),
        vendor=draw(_ASCII),
        code=draw(st.from_regex(r"[0-9]{14}", fullmatch=True)),
        type=draw(st.integers(0, 2**31 - 1)),
        name=draw(
            st.text(min_size=1, max_size=100).filter(
                lambda text: max(text) < "\ud800" or min(text) > "\udfff"
            )
        ),
        list_type=draw(st.sampled_from(CertListType)),
        signers=tuple(draw(st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=5))),
        created=start,
        valid_from=start,
        valid_to=start + timedelta(days=draw(st.integers(0, 5000))),
        picture=PictureContent(
            png(draw(st.integers(1, 8))), draw(st.integers(1, 60)), draw(st.integers(1, 60))
        ),
    )


@settings(deadline=None)
@given(
    content=contents(),
    signature=st.binary(min_size=8, max_size=72),
    stamp=st.none() | st.binary(min_size=1, max_size=99),
)
def test_what_is_written_is_read_back_and_is_strict_der(
    content: SealContent, signature: bytes, stamp: bytes | None
) -> None:
    stamp = stamp if content.version is SesVersion.V5 else None
    info = encode_info(content)
    octets = assemble(content, info, b"maker", signature, stamp)
    found = read_seal(octets)
    fields = found.property
    assert found.deviations == ()
    assert found.octets == octets
    assert found.info == found.signed == info
    assert (found.version, found.id, found.signature, found.time_stamp) == (
        content.version,
        content.code,
        signature,
        stamp,
    )
    assert (fields.name, fields.type, fields.list_type) == (content.name, content.type, content.list_type)
    assert (fields.created, fields.valid_from, fields.valid_to) == (
        content.created.replace(microsecond=0),
        content.valid_from.replace(microsecond=0),
        content.valid_to.replace(microsecond=0),
    )
    assert found.picture.data == content.picture.png
    if content.list_type is CertListType.CERTIFICATES:
        assert fields.signers.certificates == content.signers
    else:
        assert len(fields.signers.digests) == len(content.signers)
    _strict(octets)


def _strict(octets: bytes) -> None:
    """Walk the whole with our strict reader and let another library encode it again: DER has one form."""
    assert core.Sequence.load(octets, strict=True).dump(force=True) == octets

    def walk(reader: der.Reader) -> None:
        while reader.more:
            tag = reader.peek()
            if tag & 0x20:
                walk(reader.enter(tag))
            else:
                reader.element()

    walk(der.Reader(octets))


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_no_octets_raise_anything_but_the_family(data: bytes) -> None:
    for read in (read_seal, read_signature):
        with pytest.raises(SealDataInvalid):
            read(data)  # type: ignore[operator]
    is_seal_data(data)
    is_signature(data)


def test_the_code_is_the_esid() -> None:
    assert read_seal(sealing().esl()).id == CODE
