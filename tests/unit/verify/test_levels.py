"""PAdES baseline levels made by pyHanko: each passes, is named, and says who, when and where (D1)."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields

from tests.pki import COMPANY, USCC
from tests.verify_world import Signing, append, raw_object, small_pdf
from verify.report import SignatureKind, TimeSource
from verify.verdict import Indication, SubIndication, Verdict


def test_b_b_passes_with_a_claimed_time(signing: Signing, b_b: bytes) -> None:
    """D1: one word first; a claim is called a claim."""
    report = signing.verify(b_b)
    assert report.verdict is Verdict.PASSED
    (found,) = report.signatures
    assert (found.level, found.kind) == ("B-B", SignatureKind.SIGNATURE)
    assert found.time.source is TimeSource.CLAIMED
    assert found.time.value is not None
    assert found.time.value == PdfFileReader(BytesIO(b_b)).embedded_signatures[0].self_reported_timestamp
    assert found.integrity.covers_whole_document
    assert found.integrity.modified is False


def test_signer_is_described(signing: Signing, b_b: bytes) -> None:
    signer = signing.only(b_b).signer
    assert signer is not None
    assert (signer.organization, signer.uscc) == (COMPANY, USCC)
    assert signer.serial == f"{signing.keeper.certificate.serial_number:x}"
    assert signer.not_after == signing.keeper.certificate.not_valid_after_utc
    assert len(signer.chain) == 3


def test_b_t_time_is_the_authority_s(signing: Signing, b_t: bytes) -> None:
    found = signing.only(b_t)
    assert found.indication is Indication.TOTAL_PASSED
    assert found.level == "B-T"
    assert (found.time.source, found.time.value) == (TimeSource.TSA, signing.now)
    assert found.time.authority == "印信测试 TEST TSA"
    assert found.time.claimed is not None


def test_b_lt_needs_nothing_from_the_trust_store(signing: Signing, b_lt: bytes) -> None:
    """D6: with embedded evidence the root alone is enough."""
    found = signing.only(b_lt, trust=signing.trust(crls=[]))
    assert found.indication is Indication.TOTAL_PASSED
    assert found.level == "B-LT"
    assert [change.what_en for change in found.integrity.additions] == ["validation data (DSS) were added"]


def test_b_lt_is_named_when_the_trust_store_holds_the_same_evidence(signing: Signing) -> None:
    lists = signing.crls()
    sealed = signing.add_dss(signing.sign(stamp=True), crls=lists)
    assert signing.only(sealed, trust=signing.trust(crls=lists)).level == "B-LT"


def test_b_lt_still_passes_when_its_evidence_is_old(signing: Signing, b_lt: bytes) -> None:
    found = signing.only(b_lt, trust=signing.trust(crls=[]), at=signing.now + timedelta(days=200))
    assert found.indication is Indication.TOTAL_PASSED
    assert found.certificate_then.status == "good"
    assert found.certificate_now.status == "unknown"


def test_b_lta_reports_the_document_time_stamp(signing: Signing, b_lta: bytes) -> None:
    report = signing.verify(b_lta, trust=signing.trust(crls=[]))
    assert report.verdict is Verdict.PASSED
    seal, stamp = report.signatures
    assert (seal.level, stamp.kind) == ("B-LTA", SignatureKind.TIMESTAMP)
    assert stamp.time.trusted


def test_expired_now_but_time_stamped_then_passes(signing: Signing) -> None:
    """Mission 9: verdict, reason, next step for a certificate that has expired since."""
    keeper = signing.pki.party(not_after=signing.now + timedelta(days=1))
    data = signing.add_dss(signing.sign(keeper=keeper, stamp=True))
    found = signing.only(data, at=signing.now + timedelta(days=30), trust=signing.trust(crls=[]))
    assert found.indication is Indication.TOTAL_PASSED
    assert (found.certificate_then.status, found.certificate_now.status) == ("good", "expired")
    assert "到期" in found.reason.zh
    assert "可信时间戳" in found.reason.zh


def test_time_stamp_authority_expired_needs_a_document_time_stamp(signing: Signing) -> None:
    """EN 319 102-1 §5.6: a later time-stamp proves that the earlier token existed in time."""
    tsa = signing.pki.tsa(key=signing.tsa.key, not_after=signing.now + timedelta(days=2))
    data = signing.add_dss(signing.sign(stamper=signing.stamper(tsa=tsa)))
    later = signing.now + timedelta(days=30)
    fresh = signing.trust(crls=signing.crls(this_update=later))
    assert signing.only(data, at=later, trust=fresh).time.source is TimeSource.TSA_UNVERIFIED
    archived = signing.add_time_stamp(data, signing.now + timedelta(days=1))
    seal, stamp = signing.verify(archived, at=later, trust=fresh).signatures
    assert seal.time.source is TimeSource.TSA
    assert seal.time.value == signing.now
    assert stamp.indication is Indication.TOTAL_PASSED


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_digests(signing: Signing, digest: str) -> None:
    assert signing.only(signing.sign(md_algorithm=digest)).indication is Indication.TOTAL_PASSED


def test_plain_pkcs7_signature_passes(signing: Signing) -> None:
    data = signing.sign(subfilter=fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED, cades_signed_attr_spec=None)
    found = signing.only(data)
    assert found.indication is Indication.TOTAL_PASSED
    assert found.level == "PKCS7-B"


def test_second_signature_leaves_the_first_valid(signing: Signing, b_b: bytes) -> None:
    report = signing.verify(signing.sign(b_b, field="Seal2", page=1))
    assert [item.indication for item in report.signatures] == [Indication.TOTAL_PASSED] * 2
    first, second = report.signatures
    assert not first.integrity.covers_whole_document
    assert [change.field for change in first.integrity.additions] == ["Seal2"]
    assert second.integrity.covers_whole_document


def test_document_without_signature_is_indeterminate(signing: Signing) -> None:
    report = signing.verify(small_pdf())
    assert (report.verdict, report.sub_indication) == (Verdict.INDETERMINATE, SubIndication.NO_SIGNATURE)


def test_placement_in_millimetres_from_the_top_left(signing: Signing, b_b: bytes) -> None:
    (place,) = signing.only(b_b).placements
    point = 25.4 / 72
    assert place.page == 1
    assert place.x_mm == pytest.approx(100 * point)
    assert place.y_mm == pytest.approx((842 - 719) * point)
    assert (place.width_mm, place.height_mm) == pytest.approx((119 * point, 119 * point))


@pytest.mark.parametrize(
    ("turn", "x", "y"), [(0, 100, 123), (90, 600, 100), (180, 595 - 219, 600), (270, 842 - 719, 595 - 219)]
)
def test_placement_on_turned_pages(signing: Signing, turn: int, x: float, y: float) -> None:
    turned = small_pdf(page=f"/Rotate {turn}")
    (place,) = signing.only(signing.sign(turned)).placements
    point = 25.4 / 72
    assert (place.x_mm, place.y_mm) == pytest.approx((x * point, y * point))


def test_invisible_signature_shows_nowhere(signing: Signing) -> None:
    assert signing.only(signing.sign(box=None)).placements == ()


def test_the_page_told_is_the_one_that_shows_the_seal(signing: Signing) -> None:
    """What a widget says of its page is not asked by readers: they draw what the page lists."""
    field = b"<</FT/Sig/T(Lied)/Type/Annot/Subtype/Widget/F 4/Rect[300 300 440 440]/P 4 0 R>>"
    pdf = small_pdf(catalog="/AcroForm<</Fields[20 0 R]>>")
    page = raw_object(pdf, 6)[:-2] + b"/Annots[20 0 R]>>"
    signed = signing.sign(append(pdf, {6: page, 20: field}), field="Lied", box=None)
    assert [place.page for place in signing.only(signed).placements] == [2]


def test_demonstration_root_is_named_on_every_report(signing: Signing, b_b: bytes) -> None:
    report = signing.verify(b_b)
    assert report.notice == report.signatures[0].notice == "演示证书，不具法律效力"


def test_json_has_every_promised_member(signing: Signing, b_b: bytes) -> None:
    """D8: the fields of the market, and only JSON types."""
    import json

    document = json.loads(json.dumps(signing.verify(b_b).to_json()))
    assert {"file", "verdict", "reason", "reason_zh", "signatures"} <= document.keys()
    (found,) = document["signatures"]
    assert {
        "field", "kind", "verdict", "indication", "sub_indication", "reason", "reason_zh", "signer", "seal", "time",
        "certificate_bound", "certificate_then", "certificate_now", "authority_now", "seal_then", "seal_now", "integrity", "placement", "level", "notice",
    } <= found.keys()  # fmt: skip
    assert {"name", "uscc", "serial", "issuer", "not_before", "not_after"} <= found["signer"].keys()
    assert found["time"]["source"] == "claimed"
    assert found["integrity"] == {
        "covers_whole_document": True, "modified": False, "where": [], "additions": [], "doubts": [], "certification": "",
        "revisions": [],
    }  # fmt: skip


def test_encrypted_document_with_its_password(signing: Signing) -> None:
    from io import BytesIO

    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.pdf_utils.writer import copy_into_new_writer

    writer = copy_into_new_writer(PdfFileReader(BytesIO(small_pdf())))
    writer.encrypt("owner", "user")
    out = BytesIO()
    writer.write(out)
    data = signing.sign(signing.sign(out.getvalue(), password="user"), password="user", field="Seal2", page=1)
    assert signing.verify(data, password="user").verdict is Verdict.PASSED
    locked = signing.verify(data)
    assert locked.verdict is Verdict.UNREADABLE
    assert "密码" in locked.reason.zh
