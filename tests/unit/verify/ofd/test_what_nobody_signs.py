"""What stands in the signed value and nobody signs: zeros behind a seal signature, and its time-stamp."""

from __future__ import annotations

from datetime import timedelta

from ca import der
from hsm.algorithms import DigestAlgorithm
from seals.ses.structure import read_signature
from tests.ofd_world import SEAL, VALUE, changed, entries, judged, only, seal, sealed, sealing
from tests.pki import Pki
from tests.verify_world import NOW
from verify.report import TimeSource
from verify.verdict import SubIndication, Verdict


def stamped(token: bytes) -> bytes:
    """Put a time-stamp behind what was signed, as anybody can (GB/T 38540 §7.2, ``timeStamp``)."""

    def longer(octets: bytes) -> bytes:
        members = list(der.Reader(octets).enter(der.SEQUENCE).elements())
        return der.sequence(*members[:4], der.explicit(0, der.bit_string(token)))

    return changed(sealed(), VALUE, longer)


def over_the_signature() -> bytes:
    return DigestAlgorithm.SM3.digest(read_signature(entries(sealed())[VALUE]).signature)


def test_zeros_behind_a_seal_signature() -> None:
    """A buffer of fixed size, written whole: the copy of the seal beside it is the seal all the same."""
    padded = changed(sealed(), VALUE, lambda octets: octets + bytes(64))
    assert SEAL in entries(padded)
    assert judged(padded).verdict is Verdict.PASSED
    for other in (changed(padded, SEAL, b"0"), changed(sealed(), VALUE, lambda octets: octets + b"\0x")):
        assert judged(other).verdict is Verdict.FAILED


def test_a_time_stamp_that_proves_nothing_is_left_out_and_told() -> None:
    """Whoever adds one to an honest seal does it no harm: nobody signed that it stands there."""
    world = sealing()
    unknown = Pki(NOW, name="Somebody", suite=world.pki.suite).tsa()
    for token in (
        b"x",
        world.stamp(DigestAlgorithm.SM3.digest(b"other")),
        world.stamp(over_the_signature(), unknown),
    ):
        report = judged(stamped(token))
        assert report.verdict is Verdict.PASSED, report.reason.en
        assert any(
            "proves no time" in note.en and "不能作为时间证明" in note.zh for note in only(report).notes
        )
        assert not only(report).time.trusted
    assert not any("proves no time" in note.en for note in only(judged(sealed())).notes)


def test_a_time_stamp_that_holds_counts() -> None:
    assert only(judged(seal(stamped=True))).time.source is TimeSource.TSA
    early = judged(stamped(sealing().stamp(over_the_signature(), at=NOW - timedelta(hours=2))))
    assert early.signatures[0].sub_indication is SubIndication.TIMESTAMP_ORDER_FAILURE
    assert early.verdict is Verdict.INDETERMINATE
