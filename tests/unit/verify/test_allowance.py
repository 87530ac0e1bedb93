"""Ten seconds and 500 MB for twenty megabytes of anything: bombs, loops and floods end in a verdict (D1)."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests import hostile
from tests.hostile import HOSTILE, MEGABYTE
from tests.verify_world import NOW, Signing
from verify.allowance import (
    RESIDENT,
    SECONDS,
    SMALL,
    cap_memory,
    in_use,
    resident_for,
    seconds_for,
)
from verify.isolated import IsolatedVerifier, Limits
from verify.policy import MAX_DOCUMENT_OCTETS
from verify.trust import TrustStore
from verify.verdict import SubIndication, Verdict
from verify.verifier import Verifier


def test_the_allowance_rises_with_the_size() -> None:
    assert (seconds_for(0), seconds_for(SMALL)) == (SECONDS, SECONDS)
    assert (resident_for(0), resident_for(SMALL)) == (RESIDENT, RESIDENT)
    assert seconds_for(SMALL + 40 * MEGABYTE) == SECONDS + 20
    assert resident_for(MAX_DOCUMENT_OCTETS) < 3 * 10**9


@pytest.mark.parametrize("name", HOSTILE)
def test_each_kind_ends_in_a_verdict(name: str) -> None:
    """A small one of each: what the parsers themselves refuse, without a process that is killed for it."""
    report = Verifier(TrustStore(())).verify(HOSTILE[name](20_000), at=NOW)
    assert report.verdict is not Verdict.PASSED
    assert report.reason.zh
    assert report.reason.en


def test_a_store_of_one_certificate_a_thousand_times(signing: Signing) -> None:
    report = Verifier(signing.trust()).verify(hostile.same_subject(MEGABYTE, signing.keeper.der), at=NOW)
    assert report.verdict is not Verdict.PASSED


@pytest.mark.parametrize("name", ["object_stream_bomb", "wide", "revocations"])
def test_twenty_megabytes_stay_inside_the_promise(name: str) -> None:
    """True ones: time by the clock, memory as the system counts it for the process."""
    data = HOSTILE[name](SMALL)
    with IsolatedVerifier(TrustStore(()), limits=Limits(seconds=3)) as verifier:
        verifier.verify(b"", at=NOW)
        worker = verifier._worker.process
        assert worker is not None
        started = time.monotonic()
        report = verifier.verify(data, at=NOW)
        taken = time.monotonic() - started
        usage = _peak(worker.pid)
    assert report.verdict is not Verdict.PASSED
    assert taken < SECONDS
    assert usage < RESIDENT


def _peak(pid: int) -> int:
    """Return the peak of a worker; one that was replaced meanwhile was killed for the time, within its cap till then."""
    try:
        told = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next(int(line.split()[1]) * 1024 for line in told.splitlines() if line.startswith("VmHWM"))


def test_a_file_that_takes_too_long_is_stopped_and_the_next_one_is_judged(signing: Signing) -> None:
    with IsolatedVerifier(signing.trust(), limits=Limits(seconds=1)) as verifier:
        late = verifier.verify(hostile.wide(8 * MEGABYTE), at=NOW)
    assert (late.verdict, late.sub_indication) == (Verdict.INDETERMINATE, SubIndication.LIMIT_REACHED)


def test_a_file_that_takes_too_much_memory_is_stopped_and_the_next_one_is_judged(
    signing: Signing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where memory ends there is a verdict, whatever a parser makes of its absence; and never a good one."""
    monkeypatch.setattr("verify.isolated.resident_for", lambda _: 30_000_000)
    with IsolatedVerifier(signing.trust()) as verifier:
        large = verifier.verify(hostile.wide(4 * MEGABYTE), at=NOW)
        monkeypatch.undo()
        next_one = verifier.verify(signing.sign(), at=datetime.now(UTC))
    assert (large.verdict, large.sub_indication) == (Verdict.INDETERMINATE, SubIndication.LIMIT_REACHED)
    assert next_one.verdict is Verdict.PASSED, next_one.reason.en


def test_memory_is_told_for_this_process() -> None:
    used = in_use(os.getpid())
    assert used is not None
    mapped, present = used
    assert mapped >= present > MEGABYTE
    assert in_use(2**30) is None
    assert callable(cap_memory)
