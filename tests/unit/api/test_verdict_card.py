"""The card tells a report and nothing else: every row has its source in the report, in both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from api.pages.seal_routes import key_facts
from api.pages.verdict_card import Card, SignatureCard, card
from verify.report import (
    Change,
    DocumentReport,
    Indication,
    Integrity,
    Placement,
    Reason,
    SealReport,
    SignatureKind,
    SignatureReport,
    SignerReport,
    SigningTime,
    StatusReport,
    SubIndication,
    TimeSource,
    Verdict,
)

SEALED = datetime(2026, 2, 20, 16, 30, 5, tzinfo=UTC)
REVOKED = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LATER = SEALED + timedelta(days=365)

SIGNATURE = SignatureReport(
    field="Seal1",
    kind=SignatureKind.SEAL,
    indication=Indication.TOTAL_PASSED,
    reason=Reason("签章有效。", "The seal is valid."),
    signer=SignerReport(
        "云印科技 李伟", "云印科技", "91330106MA2CYNTX07", "1a2b", "测试签发 CA", SEALED, LATER, "ab" * 32
    ),
    seal=SealReport(
        code="33010600000001",
        physical_code="3301060000001",
        kind="04",
        kind_zh="合同专用章",
        kind_en="contract seal",
        name="云印科技合同专用章",
        owner="云印科技",
        owner_uscc="91330106MA2CYNTX07",
        valid_from=SEALED,
        valid_to=LATER,
        maker="测试制章",
        trusted=True,
    ),
    time=SigningTime(SEALED, TimeSource.TSA, "测试 TSA"),
    certificate_then=StatusReport("good", "ocsp", as_of=SEALED),
    certificate_now=StatusReport("revoked", "crl", since=REVOKED, as_of=LATER),
    seal_then=StatusReport("active", "list", as_of=SEALED),
    seal_now=StatusReport("frozen", "list", since=REVOKED, as_of=LATER),
    integrity=Integrity(covers_whole_document=True, modified=False),
    placements=(Placement(3, 38.0, 174.0, 42.0, 42.0), Placement(4, 1.0, 2.0, 3.0, 4.0)),
)
DOCUMENT = DocumentReport(
    file="合同.pdf",
    verdict=Verdict.PASSED,
    reason=Reason("有效。", "Valid."),
    signatures=(SIGNATURE,),
    sha256="cd" * 32,
    size=1234,
    verified_at=LATER,
)


def _card(language: str = "zh", **changes: object) -> Card:
    signature = replace(SIGNATURE, **changes)
    report = replace(DOCUMENT, verdict=signature.verdict, reason=signature.reason, signatures=(signature,))
    return card(report.to_json(), "zh" if language == "zh" else "en")


def _rows(item: SignatureCard) -> dict[str, str]:
    """Join each row of a card to one text."""
    return {
        fact.label: "\n".join(line.text for line in fact.lines) or f"{fact.then.word} → {fact.now.word}"  # type: ignore[union-attr]
        for fact in item.facts
    }


def test_who_which_when_then_and_now_in_chinese() -> None:
    told = _card()
    rows = _rows(told.signatures[0])
    assert (told.verdict, told.word, told.file) == ("passed", "有效", "合同.pdf")
    assert rows["谁"].splitlines() == [
        "云印科技",
        "统一社会信用代码：91330106MA2CYNTX07",
        "证书持有者：云印科技 李伟",
        "发证机构：测试签发 CA",
    ]
    assert "合同专用章" in rows["哪枚章"]
    assert "33010600000001" in rows["哪枚章"]
    assert rows["何时"].splitlines() == ["2026-02-21 00:30:05（北京时间）", "可信时间戳：测试 TSA"]
    assert rows["证书"] == "有效 → 已吊销"
    assert rows["印章"] == "启用 → 挂失"
    assert rows["是否改动"] == "盖章后未改动"


def test_the_same_in_english() -> None:
    told = _card("en")
    rows = _rows(told.signatures[0])
    assert (told.word, told.signatures[0].reason) == ("Valid", "The seal is valid.")
    assert rows["When"].splitlines() == ["2026-02-21 00:30:05 (UTC+8)", "Trusted time-stamp: 测试 TSA"]
    assert rows["Certificate"] == "Good → Revoked"
    assert "contract seal" in rows["Which seal"]


@pytest.mark.parametrize(
    ("custody", "zh", "en"),
    [
        ("token", "SM2 / SM3 · 令牌内密钥", "SM2 / SM3 · key inside a token"),
        ("device", "SM2 / SM3 · 密码设备", "SM2 / SM3 · key inside a cryptographic device"),
        ("sealed", "SM2 / SM3 · 令牌封装密钥", "SM2 / SM3 · key sealed under a token's key"),
        ("soft", "SM2 / SM3 · 软件密钥", "SM2 / SM3 · software key"),
        ("", "SM2 / SM3", "SM2 / SM3"),
    ],
)
def test_the_card_says_which_key_signed_and_where_it_is_kept(custody: str, zh: str, en: str) -> None:
    chinese = _card(algorithm="SM2 / SM3", custody=custody).signatures[0]
    english = _card("en", algorithm="SM2 / SM3", custody=custody).signatures[0]
    assert f"签名密钥：{zh}" in _rows(chinese)["谁"].splitlines()
    assert f"Signing key: {en}" in _rows(english)["Who"].splitlines()
    kept = [fact.lines[0].text for fact in chinese.technical if fact.label == "密钥保管"]
    assert kept == ([zh.rpartition(" · ")[2]] if custody else [])


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ({}, []),
        ({"algorithm": "P-256 / SHA-256", "custody": "token"}, ["P-256 / SHA-256 · 令牌内密钥"]),
        (
            {
                "algorithm": "SM2 / SM3",
                "custody": "sealed",
                "readers_zh": "Adobe 等不支持。",
                "readers": "Not Adobe.",
            },
            ["SM2 / SM3 · 令牌封装密钥", "Adobe"],
        ),
    ],
)
def test_the_sealed_page_says_who_can_check_it(state: dict[str, str], told: list[str]) -> None:
    shown = [value for _, value in key_facts(state, "zh")]
    assert len(shown) == len(told)
    assert all(word in value for word, value in zip(told, shown, strict=True))


def test_a_state_says_since_when_and_on_what_it_rests() -> None:
    (fact,) = [fact for fact in _card().signatures[0].facts if fact.label == "证书"]
    assert fact.now is not None
    assert fact.now.tone == "failed"
    assert fact.now.lines == (("自 2026-03-02 09:00",), ("吊销列表", "截至 2027-02-21 00:30"))


def test_every_place_is_marked_with_the_number_of_its_signature() -> None:
    marks = _card().signatures[0].marks
    assert [(mark["number"], mark["page"], mark["box"]) for mark in marks] == [
        (1, 3, [38.0, 174.0, 42.0, 42.0]),
        (1, 4, [1.0, 2.0, 3.0, 4.0]),
    ]


def test_a_change_says_where() -> None:
    change = Change("正文被替换", "the text was replaced", page=2)
    told = _card(
        indication=Indication.TOTAL_FAILED,
        integrity=Integrity(covers_whole_document=False, modified=True, where=(change, change)),
    )
    assert _rows(told.signatures[0])["是否改动"].splitlines() == ["盖章后已改动", "第 2 页：正文被替换"]
    assert told.word == "无效"
    assert told.summary == "", "a failed document is not introduced by its seal"


def test_a_digest_that_does_not_match_is_a_change() -> None:
    told = _card(
        indication=Indication.TOTAL_FAILED,
        sub_indication=SubIndication.HASH_FAILURE,
        seal=None,
        time=SigningTime(None, TimeSource.NONE),
    )
    rows = _rows(told.signatures[0])
    assert rows["是否改动"] == "盖章后已改动"
    assert rows["哪枚章"] == "文件带有印章，但签名不成立，印章信息不予采信"
    assert rows["何时"] == "签名不成立，未再往下核验"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (TimeSource.CLAIMED, "签章人自己的时钟，未经证明"),
        (TimeSource.TSA_UNVERIFIED, "时间戳未能核实：测试 TSA"),
    ],
)
def test_a_clock_that_proves_nothing_is_called_so(source: TimeSource, words: str) -> None:
    told = _card(time=SigningTime(SEALED, source, "测试 TSA"))
    (fact,) = [fact for fact in told.signatures[0].facts if fact.label == "何时"]
    assert (fact.lines[1].text, fact.lines[1].form) == (words, "warn")


def test_a_seal_that_was_not_verified_is_only_what_the_file_says() -> None:
    assert SIGNATURE.seal is not None
    told = _card(seal=replace(SIGNATURE.seal, trusted=False))
    assert _rows(told.signatures[0])["哪枚章"].startswith("印章信息未能核实，以下仅为文件自称")


def test_unknown_issuer_is_never_green() -> None:
    """D2: a signature whose issuer is unknown has no green state on its card."""
    told = _card(
        indication=Indication.INDETERMINATE,
        sub_indication=SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
        certificate_then=StatusReport("unknown"),
        certificate_now=StatusReport("unknown"),
        seal=None,
        kind=SignatureKind.SIGNATURE,
    )
    assert told.word == "无法判定"
    states = [state for fact in told.signatures[0].facts for state in (fact.then, fact.now) if state]
    assert {state.tone for state in states} == {"indeterminate"}
    assert told.summary == ""


def test_an_authority_that_has_ended_since_is_told_and_no_other() -> None:
    for status, expected in (("revoked", "已吊销 · 自 2026-03-02 09:00"), ("good", None), ("unknown", None)):
        told = _card(authority_now=StatusReport(status, "crl", since=REVOKED))
        lines = [fact.lines for fact in told.signatures[0].facts if fact.label == "上级机构的证书现在"]
        assert [(one.text, one.form) for row in lines for one in row] == (
            [(expected, "warn")] if expected else []
        )


def test_a_state_that_we_have_no_word_for_is_told_as_it_stands() -> None:
    told = _card(certificate_now=StatusReport("<quarantined>"))
    assert _rows(told.signatures[0])["证书"] == "有效 → <quarantined>"


def test_what_may_cover_the_sealed_content_is_never_called_unchanged() -> None:
    """D2: a later signature over an earlier one leaves doubt; the row about changes warns and names the page."""
    doubt = Change("追加的签章盖住先前的签章", "a further signature lies over an earlier one", page=2)
    told = _card(
        indication=Indication.INDETERMINATE,
        sub_indication=SubIndication.DOCUMENT_MODIFIED,
        integrity=Integrity(covers_whole_document=False, modified=False, doubts=(doubt,)),
    )
    (fact,) = [fact for fact in told.signatures[0].facts if fact.label == "是否改动"]
    assert [line.form for line in fact.lines] == ["warn", ""]
    assert fact.lines[1].text == "第 2 页：追加的签章盖住先前的签章"
