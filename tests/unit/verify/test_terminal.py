"""What a foreign file says stays on its line: no name or value in a sentence moves the cursor or writes a verdict of its own."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ca import der
from hsm.algorithms import DigestAlgorithm
from tests.ofd_world import SEAL, SIGNATURE, VALUE, entries, judged, packed, sealed, sealing
from tests.ses_world import SM2_SM3, other_pki
from tests.verify_world import NOW
from verify.table import lines
from verify.terminal import harmless
from verify.trust import TrustStore
from verify.verdict import Verdict
from verify.verifier import Verifier

MOVES = "\x1b[2J\x1b[H\n  有效 / PASSED\r\x9b2K\u202e\u2028"


def with_scope(scope: str) -> bytes:
    files, keeper = entries(sealed()), sealing().keeper
    digest = der.bit_string(DigestAlgorithm.SM3.digest(files[SIGNATURE]).value)
    tbs = der.sequence(der.integer(4), files[SEAL], der.generalized_time(NOW), digest, der.utf8_string(scope))
    value = der.bit_string(keeper.signer.sign(tbs))
    return packed(files | {VALUE: der.sequence(tbs, der.octet_string(keeper.der), SM2_SM3, value)})


def test_a_value_that_a_reason_quotes_moves_no_cursor() -> None:
    report = judged(with_scope(f"/x.xml{MOVES}"))
    assert report.verdict is Verdict.FAILED
    shown = list(lines(report))
    assert any("签章被移用" in line for line in shown)
    assert not any(mark in line for line in shown for mark in MOVES if not mark.isprintable())


def test_a_name_that_a_reason_quotes_moves_no_cursor() -> None:
    stranger = other_pki(f"x{MOVES}").party()
    report = Verifier(TrustStore(())).verify(stranger.der, at=NOW + timedelta(hours=1))
    assert not any(mark in line for line in lines(report) for mark in MOVES if not mark.isprintable())


@pytest.mark.parametrize("line", ["第 1 页\u3000有效", "a\u00a0b", "结论 reason           有效", ""])
def test_blanks_of_any_width_stay(line: str) -> None:
    assert harmless(line) == line
