"""Every forged file of the catalogue, and that none of them is ever called valid (D1, D2)."""

from __future__ import annotations

import pytest

from tests.pdf_attacks import ATTACKS, Attack, Victims
from tests.verify_world import Signing
from verify.report import Indication
from verify.verdict import Verdict


@pytest.fixture(scope="module")
def victims(signing: Signing) -> Victims:
    return Victims(signing)


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_a_forged_file_is_never_valid(signing: Signing, victims: Victims, attack: Attack) -> None:
    report = signing.verify(attack.make(victims))
    assert report.verdict is not Verdict.PASSED, report.reason.en
    first = [item for item in report.signatures if item.field == "Seal1"]
    assert all(item.indication is not Indication.TOTAL_PASSED for item in first)
    assert report.reason.zh
    assert "{" not in report.reason.zh
