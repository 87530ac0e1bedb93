"""One flipped bit never passes, and no octets make a judge stumble: seal signatures in PDF, detached signatures, locks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signing.containers.envelope import ContainerKind
from tests.container_world import Containers, Wish, international, national
from verify.report import DocumentReport, SignatureReport, SigningTime, TimeSource
from verify.signatures.detached import ContentOctets, signature_in
from verify.trust import TrustStore
from verify.verdict import Verdict
from verify.verifier import Verifier

CONTENT = b"what is signed\n" * 20
WHERE = st.floats(0, 1, exclude_max=True)
QUIET = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@cache
def _sealed() -> bytes:
    return national().put(None, Wish(stamped=True))


@cache
def _detached(kind: ContainerKind) -> tuple[Containers, bytes]:
    here = national() if kind is ContainerKind.GBT35275 else international()
    return here, here.sign_file(CONTENT, Wish(kind, stamped=True), long_term=kind is ContainerKind.CMS)


@cache
def _verifier(here: Containers) -> Verifier:
    return Verifier(
        TrustStore([here.pki.root.certificate], crls=here.crls(), seal_lists=[here.status_list()])
    )


def judge(here: Containers, data: bytes, content: bytes | None = None) -> DocumentReport:
    beside = None if content is None else ContentOctets(content)
    return _verifier(here).verify(data, at=here.now + timedelta(hours=1), content=beside)


def flipped(data: bytes, where: float, bit: int) -> bytes:
    at = int(where * len(data))
    return data[:at] + bytes([data[at] ^ (1 << bit)]) + data[at + 1 :]


def test_what_the_flips_start_from_passes() -> None:
    assert judge(national(), _sealed()).verdict is Verdict.PASSED
    for kind in (ContainerKind.CMS, ContainerKind.GBT35275):
        here, signature = _detached(kind)
        assert judge(here, signature, CONTENT).verdict is Verdict.PASSED


@QUIET
@given(where=WHERE, bit=st.integers(0, 7))
def test_I05_one_flipped_bit_of_a_pdf_with_a_seal_signature(where: float, bit: int) -> None:
    """Nobody signs the time-stamp nor the certificates in it: such a bit may change, if what is reported stays, or the proof of time goes."""
    report = judge(national(), flipped(_sealed(), where, bit))
    if report.verdict is Verdict.PASSED:
        (found,), (whole,) = report.signatures, judge(national(), _sealed()).signatures
        assert found == whole or _without_time(found, whole)


def _without_time(found: SignatureReport, whole: SignatureReport) -> bool:
    """Tell whether a time-stamp was left out, which is told, and nothing else is reported otherwise."""
    told = any("时间戳" in note.zh for note in found.notes)
    time = SigningTime(whole.time.claimed, TimeSource.CLAIMED, claimed=whole.time.claimed)
    lesser = found.time in {time, replace(found.time, source=TimeSource.TSA_UNVERIFIED)}
    kept = (
        "field",
        "kind",
        "indication",
        "signer",
        "integrity",
        "certificate_then",
        "seal_then",
        "container",
    )
    same = all(getattr(found, name) == getattr(whole, name) for name in kept)
    seals = [None if one.seal is None else replace(one.seal, trust=None) for one in (found, whole)]
    return told and lesser and same and seals[0] == seals[1]


@QUIET
@given(kind=st.sampled_from([ContainerKind.CMS, ContainerKind.GBT35275]), where=WHERE, bit=st.integers(0, 7))
def test_I05_one_flipped_bit_of_a_file(kind: ContainerKind, where: float, bit: int) -> None:
    here, signature = _detached(kind)
    assert judge(here, signature, flipped(CONTENT, where, bit)).verdict is Verdict.FAILED


@QUIET
@given(
    kind=st.sampled_from([ContainerKind.CMS, ContainerKind.GBT35275]),
    where=WHERE,
    how=st.sampled_from(["flip", "cut", "repeat", "zero"]),
    length=st.integers(1, 40),
)
def test_a_mutated_signature_ends_in_a_verdict_with_a_reason(
    kind: ContainerKind, where: float, how: str, length: int
) -> None:
    """What nobody signed inside a container (its evidence, its padding) may change; the file it is over may not."""
    here, signature = _detached(kind)
    at = int(where * len(signature))
    changed = {
        "flip": flipped(signature, where, length % 8),
        "cut": signature[:at] + signature[at + length :],
        "repeat": signature[:at] + signature[at : at + length] + signature[at:],
        "zero": signature[:at] + bytes(length) + signature[at + length :],
    }[how]
    for content in (CONTENT, CONTENT + b"!", None):
        report = judge(here, changed, content)
        assert report.reason.zh
        assert report.reason.en
        assert content == CONTENT or report.verdict is not Verdict.PASSED


@QUIET
@given(octets=st.binary(max_size=200))
def test_any_octets_are_a_signature_or_none(octets: bytes) -> None:
    found = signature_in(octets)
    assert found is None or judge(international(), octets, CONTENT).verdict is not Verdict.PASSED
