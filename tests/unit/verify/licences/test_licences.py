"""A sealed document that says it is an electronic licence: only who may grant it makes it one (D1, D2; GB/T 36904, 36905)."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from seals.licence_identifier import LicenceIdentifier
from signing.ofd.licence_page import LicenceFace, licence_page
from tests.ofd_world import document, entries, judged, packed, seal
from tests.pki import USCC
from tests.verify_world import NOW, Signing, small_pdf
from verify.licences.judge import MAX_LOOKED_AT, Said, judge_licence, said_by_octets
from verify.ses.facts import StepState
from verify.table import lines
from verify.verdict import Verdict

TYPE = "11100000000013338W011"
OURS = str(LicenceIdentifier(TYPE, USCC, "20230000403"))
DIVISION = str(LicenceIdentifier(TYPE, USCC[2:8], "20230000403"))
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
        (DIVISION, StepState.PASSED),
        (OTHERS, StepState.INDETERMINATE),
        (OURS[:-1] + ("A" if OURS[-1] != "A" else "B"), StepState.FAILED),
    ],
    ids=["its authority", "its division", "another authority", "a wrong check character"],
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
