"""The page: one for the ordinary case, its words as text, its data in it; foreign names cannot break it (D5)."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pypdfium2
import pytest

from tests.unit.verify.reports.world import Service
from tests.verify_world import NOW, Signing
from verify.pdf.document import open_document
from verify.report import DocumentReport, Reason, StatusReport, Verdict
from verify.reports.attached import attached
from verify.reports.etsi import UNISSUED, Issue, etsi_xml
from verify.reports.page import JSON_NAME, XML_NAME, draw_page
from verify.verdict import Indication
from verify.voided.report import VoidedReport


@pytest.fixture(scope="module")
def service(signing: Signing) -> Service:
    return Service(signing)


def words(pdf: bytes) -> list[str]:
    """Read the text of each page as any reader does, without line breaks."""
    with pypdfium2.PdfDocument(io.BytesIO(pdf)) as document:
        return ["".join(page.get_textpage().get_text_range().split()) for page in document]


def test_the_ordinary_report_is_one_page_with_its_words_as_text(service: Service) -> None:
    report = service.reported
    (page,) = words(draw_page(report, service.issue()))
    (item,) = report.signatures
    assert item.signer is not None
    for expected in (
        "有效",
        "VALID",
        report.sha256,
        "5QH80-QFQNX-RADA",
        item.signer.organization,
        "三个答案",
    ):
        assert "".join(expected.split()) in page


def test_the_data_is_attached(service: Service) -> None:
    issue = service.issue()
    view = open_document(draw_page(service.reported, issue)).last
    assert attached(view, XML_NAME) == etsi_xml(service.reported, issue)
    told = json.loads(attached(view, JSON_NAME) or b"")
    assert (
        told["ValidationReport"]["SignatureValidator"]["OtherInformation"]["Issue"]["Number"] == issue.number
    )


def test_the_same_report_gives_the_same_octets(service: Service) -> None:
    assert draw_page(service.reported, UNISSUED) == draw_page(service.reported, UNISSUED)


def test_an_unsigned_page_says_that_it_is(service: Service) -> None:
    (page,) = words(draw_page(service.reported, UNISSUED))
    assert "未签发" in page
    assert "没有签名" in page


def test_times_on_the_page_are_beijings_and_say_so(service: Service) -> None:
    """What a person reads is civil time, also within a sentence and for a day; what is attached stays in UTC."""
    late = datetime(2026, 3, 1, 17, 30, 5, tzinfo=UTC)
    why = Reason("截至 2026-03-01 17:30 UTC 有效。", "Valid as of 2026-03-01 17:30 UTC.")
    report = replace(
        service.reported,
        verified_at=late,
        reason=why,
        signatures=(
            replace(
                service.reported.signatures[0],
                certificate_now=StatusReport("revoked", since=late, source="CRL", as_of=late),
            ),
        ),
    )
    (page,) = words(draw_page(report, UNISSUED))
    assert "2026-03-0201:30:05（北京时间UTC+8）" in page
    assert "截至2026-03-0201:30（北京时间）有效。" in page
    assert "Validasof2026-03-0201:30(UTC+8)." in page
    assert "revoked（2026-03-02）" in page
    assert "2026-03-01T17:30:05Z" in etsi_xml(report, UNISSUED).decode()


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_has_its_word(service: Service, verdict: Verdict) -> None:
    (page,) = words(draw_page(replace(service.reported, verdict=verdict), UNISSUED))
    assert verdict.zh in page
    assert "".join(verdict.en.upper().split()) in page


def test_a_voided_document_says_so_above_everything(service: Service) -> None:
    voided = VoidedReport(
        NOW, "合同解除", "ab" * 16, "制章中心", NOW, stale=False, whole=True, sha256="0" * 64
    )
    (page,) = words(draw_page(replace(service.reported, voided=voided), UNISSUED))
    assert page.index("文件已作废") < page.index("VALID")
    assert "合同解除" in page


def test_a_page_about_an_earlier_time_than_its_own_says_so(service: Service) -> None:
    for days, shown in ((0, False), (3, True)):
        earlier = replace(service.reported, verified_at=service.now - timedelta(days=days))
        (page,) = words(service.page(earlier))
        assert ("早于报告出具时间" in page) is shown


def test_many_signatures_become_a_table_over_pages(service: Service) -> None:
    (item,) = service.reported.signatures
    bad = replace(item, indication=Indication.TOTAL_FAILED)
    pages = words(draw_page(replace(service.reported, signatures=(item,) * 59 + (bad,)), UNISSUED))
    assert 2 <= len(pages) <= 6
    assert "签章与签名（60）" in pages[0]
    assert "无效" in pages[-1]


def test_foreign_text_is_set_whatever_it_holds(service: Service) -> None:
    """Characters without a glyph, control characters and endless names: a page all the same."""
    name = "合同\U0001f600\x00\x1b[31m\u202e" + "长" * 5000
    pdf = draw_page(replace(service.reported, file=name), Issue("核验\U0001f600", "N-1", NOW))
    assert len(words(pdf)) <= 2


def test_a_report_on_nothing_readable_is_a_page(service: Service) -> None:
    report = DocumentReport("x.pdf", Verdict.UNREADABLE, Reason("坏了。", "Damaged."), verified_at=NOW)
    (page,) = words(draw_page(report, UNISSUED))
    assert "无法读取" in page
