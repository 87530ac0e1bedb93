"""Every forged file of the catalogue, and that none of them is ever called valid (D1, D2)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.pdf_attacks.catalogue import Attack, Victims
from tests.pdf_attacks.every import ATTACKS
from tests.verify_world import Signing
from verify.nature import Nature
from verify.report import DocumentReport, Indication
from verify.verdict import Verdict

CATALOGUE = Path(__file__).resolve().parents[3] / "docs" / "attacks.md"


def check_refused(report: DocumentReport) -> None:
    assert report.verdict is not Verdict.PASSED, report.reason.en
    first = [item for item in report.signatures if item.field == "Seal1"]
    assert all(item.indication is not Indication.TOTAL_PASSED for item in first)
    assert report.nature is Nature.NOTHING
    assert re.search("请|；", report.reason.zh), "it says what to do"


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_a_forged_file_is_never_valid(
    signing: Signing, victims: Victims, attack: Attack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither by our own reader, which comes first, nor by the library's, which reads whatever ours declines."""
    data = attack.make(victims)
    check_refused(signing.verify(data))
    monkeypatch.setattr("verify.verifier.open_plainly", lambda _: None)
    check_refused(signing.verify(data))


@pytest.mark.parametrize("name", ["plain", "layered", "form"])
def test_what_the_forgers_start_from_is_valid(signing: Signing, victims: Victims, name: str) -> None:
    report = signing.verify(getattr(victims, name))
    assert (report.verdict, report.nature) == (Verdict.PASSED, Nature.SIGNED)
    assert report.to_json()["nature_zh"] == "非盖章（仅有数字签名）"


@pytest.mark.parametrize("level", [1, 2, 3])
def test_what_the_forgers_of_certified_documents_start_from_is_valid(
    signing: Signing, victims: Victims, level: int
) -> None:
    assert signing.verify(victims.certified(level)).verdict is Verdict.PASSED


def test_a_visible_signature_says_that_it_is_no_seal(signing: Signing, victims: Victims) -> None:
    """A picture of a seal over a true signature: the word and a note say that nothing was sealed."""
    (found,) = signing.verify(victims.plain).signatures
    assert found.placements
    assert any("不是电子印章" in note.zh for note in found.notes)
    (unseen,) = signing.verify(signing.sign(box=(0, 0, 0, 0))).signatures
    assert not unseen.notes


def test_every_later_revision_is_told(signing: Signing, b_lta: bytes) -> None:
    """One word for each and what it touches, permitted or not."""
    told = signing.verify(b_lta).signatures[0].integrity.to_json()["revisions"]
    assert [item["kind"] for item in told] == ["validation-data", "time-stamp"]
    assert all(0 < item["start"] < item["end"] <= len(b_lta) for item in told)
    assert all(item["touched"] for item in told)


def test_the_page_of_attacks_names_them_all() -> None:
    """Each attack begins with a name that stands in the first column of the table."""
    rows = [
        line.split("|")[1] for line in CATALOGUE.read_text("utf-8").splitlines() if line.startswith("| `")
    ]
    named = tuple(word for row in rows for word in re.findall(r"`([^`]+)`", row))
    assert [attack.name for attack in ATTACKS if not attack.name.startswith(named)] == []
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)
