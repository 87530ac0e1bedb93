"""A sealed document that says it is an electronic licence: only who may grant it makes it one (D1, D2; GB/T 36904, 36905)."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from ca.certificate import SubjectName
from hsm.algorithms import DigestAlgorithm
from seals.licence_identifier import LicenceIdentifier
from signing.containers.certification import Certification
from signing.containers.envelope import CmsEnvelope
from signing.ofd.licence_page import LicenceFace, licence_page
from tests.ofd_world import document, entries, judged, packed, seal, sealing, signatory
from tests.pki import USCC, make_uscc
from tests.verify_world import NOW, Signing, small_pdf
from verify.acceptance.facts import candidates
from verify.licences.judge import MAX_LOOKED_AT, Said, judge_licence, said_by_octets
from verify.ses.facts import StepState
from verify.table import lines
from verify.verdict import Verdict

TYPE = "11100000000013338W011"
OURS = str(LicenceIdentifier(TYPE, USCC, "20230000403"))
DIVISION = str(LicenceIdentifier(TYPE, USCC[2:8], "20230000403"))
ORGAN = make_uscc("11110108MB01C8QX3")
OTHERS = str(LicenceIdentifier(TYPE, "11430000006122244L", "20230000403"))


def licence(identifier: str, **metadata: str) -> bytes:
    """Seal a package whose metadata name a licence."""
    files = entries(document(1))
    rows = {"证照标识": identifier, **metadata}
    data = "".join(f'<ofd:CustomData Name="{name}">{text}</ofd:CustomData>' for name, text in rows.items())
    put = f"<ofd:CustomDatas>{data}</ofd:CustomDatas></ofd:DocInfo>".encode()
    assert b"</ofd:DocInfo>" in files["OFD.xml"]
    files["OFD.xml"] = files["OFD.xml"].replace(b"</ofd:DocInfo>", put)
    return seal(packed(files))


@pytest.mark.parametrize(
    ("identifier", "state"),
    [
        (OURS, StepState.PASSED),
        (DIVISION, StepState.INDETERMINATE),
        (OTHERS, StepState.INDETERMINATE),
        (OURS[:-1] + ("A" if OURS[-1] != "A" else "B"), StepState.FAILED),
    ],
    ids=["its authority", "an enterprise of the division", "another authority", "a wrong check character"],
)
def test_only_the_authority_that_it_names_makes_it_a_licence(identifier: str, state: StepState) -> None:
    """Attack: an enterprise seals a business licence of its own making; every seal on it holds."""
    report = judged(licence(identifier, 证照名称="营业执照", 持证主体="示例公司"))
    assert report.verdict is Verdict.PASSED
    assert report.licence is not None
    assert (report.licence.identifier, report.licence.state) == (identifier, state), report.licence.reason.en
    assert (report.licence.name, report.licence.holder) == ("营业执照", "示例公司")
    assert identifier in "\n".join(lines(report))
    assert json.loads(json.dumps(report.to_json()))["licence"]["state"] == state.value


@pytest.mark.parametrize(
    ("code", "state"), [(ORGAN, StepState.PASSED), (USCC, StepState.INDETERMINATE)], ids=["organ", "company"]
)
def test_a_division_is_its_organs_and_not_whoever_is_registered_there(
    code: str, state: StepState, signing: Signing
) -> None:
    """Attack: every enterprise of a place has the division in its own code."""
    keeper = signing.pki.party(subject=SubjectName("某局", "某局", code))
    report = signing.verify(signing.sign(small_pdf(catalog=f"/Info<</Licence({DIVISION})>>"), keeper=keeper))
    assert report.licence is not None
    assert (report.verdict, report.licence.state) == (Verdict.PASSED, state)


def test_who_seals_a_notice_grants_no_licence_that_is_appended_to_it(signing: Signing) -> None:
    """Attack: a letter of the authority, and behind its seal a signature of anybody's that names a licence as its reason."""
    organ = signing.pki.party(subject=SubjectName("某局", "某局", ORGAN))
    own = str(LicenceIdentifier(TYPE, ORGAN, "20230000403"))
    letter = signing.sign(small_pdf(), keeper=organ)
    report = signing.verify(signing.sign(letter, field="Seal2", box=None))
    assert [one.verdict for one in report.signatures] == [Verdict.PASSED] * 2
    for upto, state in ((len(letter), StepState.PASSED), (len(letter) + 1, StepState.INDETERMINATE)):
        found = judge_licence(Said((own,), upto=upto), report.signatures, NOW)
        assert found is not None
        assert found.state is state
    assert [said_by_octets(b" " + own.encode(form)).upto for form in ("ascii", "utf-16-be")] == [
        1 + len(own),
        1 + 2 * len(own),
    ]


def test_a_signature_over_names_grants_and_decides_nothing() -> None:
    """Attack: the integrity file of an authority's package, put into another that has entries of the same names."""
    organ = sealing().pki.party(subject=SubjectName("某局", "某局", ORGAN))
    own = str(LicenceIdentifier(TYPE, ORGAN, "20230000403"))
    closed = {"where": "unseen", "envelope": CmsEnvelope(signatory()), "certify": Certification.NO_CHANGES}
    files = entries(seal(licence(own), **closed))
    envelope = CmsEnvelope(signatory(organ))
    to_sign = envelope.to_sign(DigestAlgorithm.SM3.digest(files["OFDEntries.xml"]), "/OFDEntries.xml")
    files["OFDEntries/SignedValue.dat"] = envelope.finish(organ.signer.sign(to_sign), None)
    report = judged(packed(files))
    assert [one.verdict for one in report.signatures] == [Verdict.PASSED] * 2
    assert [one.signer.uscc for one in report.signatures if one.signer] == [USCC, ORGAN]
    assert report.licence is not None
    assert report.licence.state is StepState.INDETERMINATE
    assert [one.signer.uscc for one in candidates(report) if one.signer] == [USCC]
    assert report.on_document == report.signatures[:1]


def test_a_licence_past_its_last_day_is_none() -> None:
    """The last day counts whole, in Chinese time."""
    local = NOW + timedelta(hours=8)
    today, before = f"{local:%Y年%m月%d日}", f"{local - timedelta(days=2):%Y-%m-%d}"
    kept = judged(licence(OURS, 证照有效期截止日期=today)).licence
    assert kept is not None
    assert kept.valid_to is not None
    ended = judged(licence(OURS, 证照有效期截止日期=before)).licence
    assert ended is not None
    assert (
        (kept.state, ended.state) == (StepState.PASSED, StepState.FAILED)
        if NOW + timedelta(hours=1) <= kept.valid_to
        else True
    )
    forever = judged(licence(OURS, 证照有效期截止日期="长期")).licence
    assert forever is not None
    assert (forever.state, forever.valid_to) == (StepState.PASSED, None)


def test_a_licence_of_our_own_making_names_itself_on_its_page() -> None:
    """The longest serial does not fit on one line of the page."""
    long = str(LicenceIdentifier(TYPE, USCC, "209FA4E88F9E4C878F3E9BED2CE7EA49"))
    face = LicenceFace("营业执照", "110000001", (("证照标识", long), ("持证人", "示例公司")), "示例机关", NOW)
    found = judged(seal(licence_page(face))).licence
    assert found is not None
    assert (found.identifier, found.state) == (long, StepState.PASSED)


def test_a_notice_about_a_licence_is_not_taken_for_it_without_a_word() -> None:
    """The authority cancels one and names it: its seal and the identifier are right, and the document is something else."""
    notice = judged(seal(document(1, word=f"注销 {OURS}"))).licence
    assert notice is not None
    assert (notice.identifier, notice.state) == (OURS, StepState.PASSED)
    assert "may be about the licence" in notice.reason.en
    granted = judged(licence(OURS)).licence
    assert granted is not None
    assert "may be about" not in granted.reason.en


def test_a_document_that_names_several_or_none_is_no_licence() -> None:
    assert judged(licence(OURS, 备注=OTHERS)).licence is None
    assert judged(seal(document(1))).licence is None


@pytest.mark.parametrize("encoding", ["ascii", "utf-16-be"])
def test_a_pdf_names_its_licence_in_its_metadata(signing: Signing, encoding: str) -> None:
    text = OURS.encode(encoding).hex() if encoding != "ascii" else ""
    held = f"/Info<</Licence<{text}>>>" if text else f"/Info<</Licence({OURS})>>"
    report = signing.verify(signing.sign(small_pdf(catalog=held)))
    if text:  # in hexadecimal nobody finds it; as octets it is found
        assert said_by_octets(OURS.encode(encoding)).identifiers == (OURS,)
        return
    assert report.verdict is Verdict.PASSED
    assert report.licence is not None
    assert report.licence.state is StepState.PASSED


def test_large_files_are_not_looked_through() -> None:
    assert said_by_octets(OURS.encode()).identifiers == (OURS,)
    assert said_by_octets(OURS.encode() + bytes(MAX_LOOKED_AT)).identifiers == ()
    assert judge_licence(Said(()), (), NOW) is None
