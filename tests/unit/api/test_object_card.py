"""The page's card of a bare object: what it is, what it says, each step; in both languages (D1)."""

from __future__ import annotations

import pytest

from api.pages.more_facts import with_more
from api.pages.object_card import awaits_content, with_object
from api.pages.verdict_card import card
from api.pages.words import Language
from hsm.suite import Suite
from tests import bare_world as bare
from tests import ofd_world
from tests.unit.verify.licences.test_licences import OTHERS, licence
from verify.signatures.detached import ContentOctets
from verify.verifier import Verifier


def told(octets: bytes, content: bytes | None = None) -> dict[str, object]:
    here = bare.world(Suite.INTERNATIONAL)
    beside = None if content is None else ContentOctets(content)
    report = Verifier(bare.trust(here)).verify(octets, at=here.now + bare.HOUR, content=beside)
    return report.to_json()


@pytest.mark.parametrize(
    ("language", "title", "state"),
    [("zh", "证书吊销列表（CRL）", "通过"), ("en", "Certificate revocation list (CRL)", "passed")],
)
def test_a_list_is_told_with_its_steps(language: Language, title: str, state: str) -> None:
    report = told(bare.world(Suite.INTERNATIONAL).crls()[0])
    shown = with_more(
        with_object(card(report, language), report, language), report, language
    )  # as the page does
    (found,) = shown.signatures
    assert (found.title, found.verdict) == (title, "passed")
    assert [line.text for fact in found.facts for line in fact.lines if line.form == "good"] == [state] * 8
    assert not awaits_content(report)


def test_a_time_stamp_asks_for_its_file() -> None:
    here = bare.world(Suite.INTERNATIONAL)
    alone, over = told(bare.token(here)), told(bare.token(here), bare.CONTENT)
    assert awaits_content(alone)
    assert (alone["verdict"], over["verdict"]) == ("indeterminate", "passed")
    shown = with_object(card(over, "zh"), over, "zh").signatures[0]
    assert any("北京时间" in line.text for fact in shown.facts for line in fact.lines)


def test_what_is_not_known_has_no_card_of_its_own() -> None:
    report = told(b"\x89PNG\r\n\x1a\n")
    assert with_object(card(report, "zh"), report, "zh").signatures == ()


def test_a_licence_is_told_among_the_details() -> None:
    """The seals hold; whether it is the licence that it says it is stands apart."""
    report = ofd_world.judged(licence(OTHERS)).to_json()
    shown = with_object(card(report, "zh"), report, "zh")
    assert shown.verdict == "passed"
    assert [line.form for line in shown.technical[0].lines] == ["warn", "", "code"]
