"""One flipped bit never passes, and no mixture of changes makes the verifier raise or a forged document pass."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signing.containers.cms import ContainerForm
from tests.gm_world import GmSealing
from tests.verify_world import Signing
from verify.report import DocumentReport, Indication, SignatureReport
from verify.verdict import Verdict
from verify.verifier import Verifier

SLOW = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
WORLDS = pytest.mark.parametrize("kind", ["international", *(form.label for form in ContainerForm)])
"""P-256 by pyHanko; SM2 by ourselves, in both forms of container."""


@cache
def world(kind: str) -> tuple[Verifier, Signing | GmSealing, bytes, tuple[int, int]]:
    """Return a verifier, a hierarchy, a B-T document that it covers whole, and the span of its /Contents digits."""
    signing: Signing | GmSealing
    if kind == "international":
        signing = Signing()
        data = signing.sign(stamp=True)
    else:
        signing = GmSealing()
        data = signing.seal(form=ContainerForm[kind.upper()])
    match = re.search(rb"/Contents <([0-9a-fA-F]+)>", data)
    assert match is not None
    return Verifier(signing.trust()), signing, data, match.span(1)


def judge(kind: str, data: bytes) -> DocumentReport:
    verifier, signing, _, _ = world(kind)
    return verifier.verify(data, at=signing.now)


def facts(report: DocumentReport) -> list[SignatureReport]:
    """Return what a reader would rely on, without the notes."""
    return [replace(item, notes=(), level="") for item in report.signatures]


def flip(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@WORLDS
def test_untouched_document_passes(kind: str) -> None:
    assert judge(kind, world(kind)[2]).verdict is Verdict.PASSED


@WORLDS
@SLOW
@given(data=st.data())
def test_one_flipped_signed_bit_never_passes(kind: str, data: st.DataObject) -> None:
    """Everything outside /Contents is signed."""
    _, _, document, (start, end) = world(kind)
    octets = [*range(start), *range(end, len(document))]
    bit = data.draw(st.sampled_from(octets)) * 8 + data.draw(st.integers(0, 7))
    assert judge(kind, flip(document, bit)).verdict is not Verdict.PASSED


@cache
def archived() -> tuple[Verifier, Signing, bytes, int]:
    """Return a document of level B-LTA, and where what its first signature covers ends."""
    signing = Signing()
    data = signing.b_lta()
    found = re.search(rb"/ByteRange ?\[ ?0 \d+ (\d+) (\d+)", data)
    assert found is not None
    return Verifier(signing.trust()), signing, data, int(found[1]) + int(found[2])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_one_flipped_bit_below_an_archive_stamp_never_passes(data: st.DataObject) -> None:
    """B-LTA: the last time-stamp protects the signature's own value and the evidence too; only its own value is outside."""
    verifier, signing, document, _ = archived()
    gap = list(re.finditer(rb"/Contents <([0-9a-fA-F]+)>", document))[-1].span(1)
    octet = data.draw(st.one_of(st.integers(0, gap[0] - 1), st.integers(gap[1], len(document) - 1)))
    changed = flip(document, octet * 8 + data.draw(st.integers(0, 7)))
    at = signing.now + timedelta(hours=1)
    assert verifier.verify(changed, at=at).verdict is not Verdict.PASSED


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_one_flipped_bit_behind_a_signature_never_changes_what_it_says(data: st.DataObject) -> None:
    """B-LT and any later revision: evidence may be lost, a word about who, what and whether it was changed never turns good."""
    verifier, signing, document, covered = archived()
    octet = data.draw(st.integers(covered, len(document) - 1))
    changed = flip(document, octet * 8 + data.draw(st.integers(0, 7)))
    at = signing.now + timedelta(hours=1)
    before = verifier.verify(document, at=at).signatures[0]
    for item in verifier.verify(changed, at=at).signatures:
        if item.field == before.field and item.indication is Indication.TOTAL_PASSED:
            assert (item.signer, item.time.value) == (before.signer, before.time.value)


@WORLDS
@SLOW
@given(data=st.data())
def test_one_flipped_bit_of_the_container_never_changes_who_or_when(kind: str, data: st.DataObject) -> None:
    """Inside /Contents some octets are protected by nothing (certificates nobody needs): they may not matter."""
    _, _, document, (start, end) = world(kind)
    bit = data.draw(st.integers(start * 8, end * 8 - 1))
    report = judge(kind, flip(document, bit))
    if report.verdict is Verdict.PASSED:
        (before,), (after,) = facts(judge(kind, document)), facts(report)
        assert (after.signer, after.integrity) == (before.signer, before.integrity)
        assert after.time == before.time or not after.time.trusted


@WORLDS
@SLOW
@given(data=st.data())
def test_padding_of_the_container_is_not_free_space(kind: str, data: st.DataObject) -> None:
    """Octets behind the container would be signed by nobody: only zeros may stand there."""
    _, _, document, (start, end) = world(kind)
    used = len(document[start:end].rstrip(b"0"))
    position = data.draw(st.integers(start + used + 2, end - 1))
    digit = data.draw(st.sampled_from(b"123456789abcdef"))
    changed = document[:position] + bytes([digit]) + document[position + 1 :]
    assert judge(kind, changed).verdict is not Verdict.PASSED
