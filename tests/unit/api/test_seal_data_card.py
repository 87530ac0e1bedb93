"""The page's card of seal data: every step with its answer, in both languages, and nothing for other reports."""

from __future__ import annotations

from datetime import timedelta

from api.pages.seal_data_card import with_seal_data
from api.pages.verdict_card import card
from tests.ses_world import sealing
from tests.verify_world import small_pdf
from verify.verifier import Verifier


def test_each_step_is_told_in_both_languages() -> None:
    world = sealing()
    at = world.now + timedelta(hours=1)
    for octets, name in ((world.esl(), "制章者签名"), (world.signature(), "签章人签名")):
        report = Verifier(world.trust()).verify(octets, at=at, name="x.esl").to_json()
        zh, en = (with_seal_data(card(report, language), report, language) for language in ("zh", "en"))
        (one,) = zh.signatures
        steps = report["seal_data"]["steps"]
        labels = [fact.label for fact in one.facts]
        assert name in labels
        assert [fact.lines[0].text for fact in one.facts[-len(steps) :]] == [
            step["state_zh"] for step in steps
        ]
        assert {fact.lines[0].form for fact in one.facts[-len(steps) :]} <= {"good", ""}
        assert one.title == report["seal_data"]["seal"]["name"]
        assert [fact.lines[0].form for fact in one.technical] == ["code"] * len(one.technical)
        assert "Seal maker" in [fact.label for fact in en.signatures[0].facts]


def test_octets_that_are_no_seal_have_a_card_too() -> None:
    world = sealing()
    report = Verifier(world.trust()).verify(world.esl() + b"x", at=world.now).to_json()
    (one,) = with_seal_data(card(report, "zh"), report, "zh").signatures
    assert one.verdict == "failed"
    assert one.facts[-1].lines[0].form == "bad"


def test_a_document_keeps_its_card() -> None:
    world = sealing()
    report = Verifier(world.trust()).verify(small_pdf(), at=world.now).to_json()
    plain = card(report, "zh")
    assert with_seal_data(plain, report, "zh") is plain
