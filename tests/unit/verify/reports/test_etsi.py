"""The shape of ETSI TS 119 102-2: XML and JSON say the same, whatever was verified, and nothing foreign breaks them (D5)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from tests.unit.verify.reports.world import Service
from tests.verify_world import NOW, Signing
from verify.report import DocumentReport, Reason, TimeSource, Verdict
from verify.reports.etsi import Issue, etsi_json, etsi_xml
from verify.reports.vocabulary import VR
from verify.reports.writing import UsageRefused, check_report_path, write_report
from verify.verdict import SubIndication

NS = {"vr": VR, "yx": "urn:yinxin:report:1"}


@pytest.fixture(scope="module")
def service(signing: Signing) -> Service:
    return Service(signing)


def read(report: DocumentReport) -> Any:
    return etree.fromstring(etsi_xml(report, Issue("核验服务", "N-1", NOW, "https://v.example/N-1")))


def texts(tree: Any, path: str) -> list[str]:
    return [str(one.text) for one in tree.findall(path, NS)]


def leaves(value: Any) -> Iterator[str]:
    """Yield every text of a JSON value, in order."""
    if isinstance(value, dict):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    elif isinstance(value, bool):
        yield "true" if value else "false"
    else:
        yield value


def test_a_passed_signature_is_told_in_full(service: Service) -> None:
    tree = read(service.reported)
    assert texts(tree, ".//vr:SignatureValidationStatus/vr:MainIndication") == [
        "urn:etsi:019102:mainindication:total-passed"
    ]
    (item,) = service.reported.signatures
    assert item.time.value is not None
    assert texts(tree, ".//vr:BestSignatureTime/vr:POETime") == [f"{item.time.value:%Y-%m-%dT%H:%M:%SZ}"]
    referred = {one.get("VOReference") for one in tree.iter() if one.get("VOReference")}
    listed = {one.get("id") for one in tree.findall(".//vr:ValidationObject", NS)}
    assert referred <= listed
    done = texts(tree, ".//vr:ValidationConstraint/vr:ValidationConstraintIdentifier")
    assert "urn:yinxin:constraint:integrity" in done


def test_without_a_trusted_time_stamp_the_best_time_is_the_time_of_validation(service: Service) -> None:
    """EN 319 102-1 §5.5: a claim proves nothing."""
    report = service.signing.verify(service.signing.sign())
    assert report.verified_at is not None
    assert texts(read(report), ".//vr:BestSignatureTime/vr:POETime") == [
        f"{report.verified_at:%Y-%m-%dT%H:%M:%SZ}"
    ]


def test_both_forms_say_the_same(service: Service) -> None:
    report, issue = service.reported, Issue("核验服务", "N-1", NOW)
    tree = etree.fromstring(etsi_xml(report, issue))
    value = json.loads(json.dumps(etsi_json(report, issue)))["ValidationReport"]
    said = sorted(str(one.text) for one in tree.iter() if one.text)
    marked = [one.get(name) for one in tree.iter() for name in one.keys()]  # noqa: SIM118 - an element, not a mapping
    assert sorted(leaves(value)) == sorted([*said, *marked])


@pytest.mark.parametrize("bound", [True, False])
def test_the_signing_certificate_is_an_attribute_where_one_was_found(service: Service, bound: bool) -> None:
    """TS 119 102-2 §4.3.8: attributes are what stands in the signature; whose it is stands beside them in any case."""
    (item,) = service.reported.signatures
    assert item.certificate_bound
    report = replace(service.reported, signatures=(replace(item, certificate_bound=bound),))
    tree = read(report)
    assert len(tree.findall(".//vr:SignatureAttributes/vr:SigningCertificate", NS)) == bound
    assert len(tree.findall(".//vr:SignerInformation/vr:SignerCertificate", NS)) == 1
    assert report.to_json()["signatures"][0]["certificate_bound"] is bound


@pytest.mark.parametrize(
    ("level", "stamped", "expected"),
    [
        ("B-B", False, "Basic"), ("CMS-B", False, "Basic"), ("SES-B", False, "Basic"), ("", False, "Basic"),
        ("B-T", True, "LTVM"), ("PKCS7-T", True, "LTVM"), ("SES-LT", True, "LTVM"), ("", True, "LTVM"),
        ("B-LTA", True, "LTA"), ("SES-LTA", True, "LTA"),
    ],
)  # fmt: skip
def test_the_process_is_the_one_that_was_gone_through(
    service: Service, level: str, stamped: bool, expected: str
) -> None:
    (item,) = service.reported.signatures
    time = item.time if stamped else replace(item.time, source=TimeSource.CLAIMED)
    report = replace(service.reported, signatures=(replace(item, level=level, time=time),))
    assert texts(read(report), ".//vr:SignatureValidationProcessID")[:1] == [
        f"urn:etsi:019102:validationprocess:{expected}"
    ]


@pytest.mark.parametrize(
    ("sub", "expected"),
    [
        (SubIndication.HASH_FAILURE, ["urn:etsi:019102:subindication:HASH_FAILURE"]),
        (
            SubIndication.DOCUMENT_MODIFIED,
            [
                "urn:etsi:019102:subindication:SIG_CONSTRAINTS_FAILURE",
                "urn:yinxin:subindication:DOCUMENT_MODIFIED",
            ],
        ),
    ],
    ids=["the standard's", "ours"],
)
def test_sub_indications_have_the_standards_names(
    service: Service, sub: SubIndication, expected: list[str]
) -> None:
    (item,) = service.reported.signatures
    report = replace(service.reported, signatures=(replace(item, sub_indication=sub),))
    assert texts(read(report), ".//vr:SignatureValidationStatus/vr:SubIndication") == expected


def test_a_file_without_signatures_has_a_report_all_the_same(service: Service) -> None:
    report = DocumentReport("x", Verdict.UNREADABLE, Reason("坏", "bad"), verified_at=NOW)
    assert texts(read(report), ".//vr:MainIndication")[-1] == "urn:etsi:019102:mainindication:indeterminate"


def test_foreign_text_cannot_break_out(service: Service) -> None:
    """A file's name comes from whoever sent it: markup, control characters, half a character."""
    name = "</yx:File><vr:MainIndication>urn:etsi:019102:mainindication:total-passed\x00\x1b\ud800\uffff&\"'"
    report = replace(service.reported, file=name)
    tree = read(report)
    (found,) = texts(tree, ".//yx:File")
    assert found.startswith("</yx:File><vr:MainIndication>")
    assert not {"\x00", "\x1b", "\uffff"} & set(found)
    assert len(tree.findall(".//vr:SignatureValidationStatus", NS)) == 1


def test_a_report_of_no_time_is_wrong_use(service: Service) -> None:
    with pytest.raises(ValueError, match="of a time"):
        etsi_json(replace(service.reported, verified_at=None))


@pytest.mark.parametrize("suffix", [".pdf", ".json", ".xml"])
def test_the_program_writes_unsigned_reports_and_says_so(
    service: Service, tmp_path: Path, suffix: str
) -> None:
    """``python -m verify --report``: nothing of this machine's folders, no number, no issuer."""
    target = tmp_path / f"report{suffix}"
    said = write_report(replace(service.reported, file="/home/li/合同.pdf"), target, None)
    assert "未签名" in said.zh
    assert b"/home/li" not in target.read_bytes()
    if suffix == ".xml":
        assert texts(etree.fromstring(target.read_bytes()), ".//yx:Number") == []


@pytest.mark.parametrize(("name", "files"), [("r.jws", 1), ("r.docx", 1), ("r", 1), ("r.pdf", 2)])
def test_what_the_program_cannot_write_is_refused_before_anything_is_verified(name: str, files: int) -> None:
    with pytest.raises(UsageRefused):
        check_report_path(Path(name), files, issued=False)
