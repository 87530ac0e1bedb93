"""A report of another installation, read with only the trust: what it says counts, or it is refused and says why (D5)."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ReasonFlags

from ca.profile import DOCUMENT_SERVICE, SEAL_MAKER
from seals.errors import StatementInvalid
from tests.trust_list_world import DAY, Publisher, granted, withdrawn
from tests.trust_list_world import service as listed
from tests.unit.verify.reports.world import HOUR, NUMBER, Service, with_data
from tests.verify_world import Signing, append, size_of
from verify.command import run
from verify.report import DocumentReport, Verdict
from verify.reports.reported import Reported
from verify.reports.signed import parse_report
from verify.table import lines
from verify.trust import TrustStore
from verify.trusted_lists.model import ServiceKind
from verify.verifier import Verifier
from verify.voided.report import VoidedReport
from verify.wire import pack, unpack_report


@pytest.fixture(scope="module")
def service(signing: Signing) -> Service:
    return Service(signing)


@pytest.fixture(scope="module")
def sealed(service: Service) -> bytes:
    return service.sealed()


def told(found: DocumentReport) -> Reported:
    assert found.reported is not None
    return found.reported


def refused(found: DocumentReport) -> bool:
    """Tell that nothing of the report is passed on, and that the file is not green."""
    report = told(found)
    return found.verdict is Verdict.FAILED and report.verdict is Verdict.FAILED and report.says is None


def test_a_sealed_report_tells_what_by_whom_and_when(service: Service, sealed: bytes) -> None:
    found = service.read(sealed)
    assert found.verdict is Verdict.PASSED, found.reason
    report = told(found)
    assert (report.verdict, report.says, report.number) == (Verdict.PASSED, Verdict.PASSED, NUMBER)
    assert report.sha256 == service.reported.sha256
    assert report.verified_at == service.reported.verified_at
    assert report.by == "核验服务 TEST"
    assert (report.page_agrees, report.agrees) == (True, None)
    shown = "\n".join(lines(found))
    assert "验证报告 / verification report" in shown
    assert service.reported.sha256 in shown


def test_it_crosses_the_wire_whole(service: Service, sealed: bytes) -> None:
    found = service.read(sealed)
    assert unpack_report(json.loads(json.dumps(pack(found)))) == found


def test_the_document_handed_along_is_compared(service: Service, sealed: bytes) -> None:
    assert told(service.read(sealed, content=service.document)).agrees is True
    other = service.read(sealed, content=service.document + b" ")
    assert refused(other)
    assert told(other).agrees is False


def test_a_failed_verdict_is_reported_by_a_passed_report(service: Service) -> None:
    """What the report says and what the report is are two things."""
    damaged = service.signing.verify(append(service.document, {4: b"<< /Length 0 >>\nstream\n\nendstream"}))
    assert damaged.verdict is Verdict.FAILED
    found = service.read(service.sealed(damaged))
    assert (found.verdict, told(found).says) == (Verdict.PASSED, Verdict.FAILED)
    assert "它报告的结论是“无效”" in found.reason.zh  # nobody takes the word above for the document's


def test_attack_a_report_of_today_about_the_day_before_the_seal_was_stopped(service: Service) -> None:
    """Anybody may have a file judged as of a time that suits: the reader says that it is about then alone."""
    earlier = replace(service.reported, verified_at=service.now - 3 * DAY)
    found, today = service.read(service.sealed(earlier)), service.read(service.sealed())
    assert (found.verdict, told(found).says) == (Verdict.PASSED, Verdict.PASSED)
    assert [("早于报告出具时间" in one.reason.zh, "as of" in one.reason.en) for one in (found, today)] == [
        (True, True),
        (False, False),
    ]


def test_attack_a_page_that_says_otherwise_than_its_data(service: Service) -> None:
    """The page says passed, the data of the true report says failed: sealed by whoever, it is refused."""
    bad = replace(service.reported, verdict=Verdict.FAILED)
    page_of_bad = service.page(bad)
    genuine = service.jws(page_of_bad, bad)
    assert refused(service.read(service.seal(with_data(service.page(), genuine))))


def test_attack_the_data_of_another_report_under_an_enterprise_seal(service: Service) -> None:
    """An enterprise of the same authority draws its own page, attaches true data, and seals that."""
    page = service.page()
    genuine = service.jws(page)
    forged = service.page(replace(service.reported, file="另一份.pdf"))
    assert refused(service.read(service.seal(with_data(forged, genuine), service.signing.keeper)))


def test_attack_a_true_page_and_data_sealed_by_somebody_else(service: Service) -> None:
    """Page and data are true, the seal is an enterprise's: whatever it put over the page has no word of the service."""
    page = service.page()
    found = service.read(service.seal(with_data(page, service.jws(page)), service.signing.keeper))
    assert (found.verdict, told(found).verdict) == (Verdict.INDETERMINATE, Verdict.INDETERMINATE)
    assert "以盖章的报告为准" in found.reason.zh


def test_attack_a_revision_over_the_sealed_page(service: Service, sealed: bytes) -> None:
    """Another content of the page after sealing: the seal says so, and the report with it."""
    reader_sees = append(sealed, {6: b"<< /Length 0 >>\nstream\n\nendstream"})
    assert refused(service.read(reader_sees))


def test_attack_an_enterprise_issues_a_report_of_its_own(service: Service) -> None:
    """A sealing certificate of the same authority signs data and page: it is no verification service."""
    keeper, page = service.signing.keeper, service.page()
    found = service.read(service.seal(with_data(page, service.jws(page, party=keeper)), keeper))
    assert found.verdict is not Verdict.PASSED
    assert told(found).verdict is not Verdict.PASSED
    assert "出具核验报告" in found.reason.zh


@pytest.mark.parametrize("profile", [SEAL_MAKER, DOCUMENT_SERVICE], ids=lambda one: one.id)
def test_attack_another_service_of_the_installation_signs(service: Service, profile: object) -> None:
    other = service.signing.pki.make(profile, service.signing.pki.issuing.certificate.subject)  # type: ignore[arg-type]
    assert service.read(service.jws(None, party=other).encode()).verdict is not Verdict.PASSED


def test_attack_a_service_that_the_list_withdrew_or_never_named(service: Service, sealed: bytes) -> None:
    """A list vouches for the issuer of its certificate still: that is no word for a verification service, sealed page or bare."""
    signing, publisher = service.signing, Publisher(service.now)
    others = (listed(signing.pki.issuing.der), listed(signing.tsa.der, kind=ServiceKind.TSA))
    states = {None: False, (granted(),): True, (withdrawn(service.now - DAY), granted()): False}
    for periods, believed in states.items():
        own = (
            ()
            if periods is None
            else (listed(service.party.der, kind=ServiceKind.VERIFICATION, periods=periods),)
        )
        trust = TrustStore(
            anchors=[], crls=signing.crls(), lists=[publisher.read(publisher.list(*others, *own))]
        )
        found = Verifier(trust).verify(sealed, at=service.now + 2 * HOUR)
        assert found.signatures[0].verdict is Verdict.PASSED
        assert (told(found).verdict is Verdict.PASSED, found.verdict is Verdict.PASSED) == (
            believed,
            believed,
        )


def test_attack_two_attachments_of_the_one_name(service: Service) -> None:
    page = service.page()
    once = with_data(page, service.jws(page))
    number = size_of(once) - 1
    listed = b"(yinxin-report.jws) %d 0 R " % number
    assert told(service.read(service.seal(append(once, {3: b"<< /Names [%s] >>" % listed})))).page_agrees
    twice = append(once, {3: b"<< /Names [%s] >>" % (listed + listed)})
    assert refused(service.read(service.seal(twice)))


def test_attack_data_without_a_page_on_a_page(service: Service) -> None:
    """Bare data is about no page; attached to one it vouches for nothing on it."""
    assert refused(service.read(service.seal(with_data(service.page(), service.jws(None)))))


def test_bare_data_is_a_report_too(service: Service) -> None:
    found = service.read(service.jws(None).encode() + b"\n", content=service.document)
    assert (found.verdict, told(found).says) == (Verdict.PASSED, Verdict.PASSED)
    assert (told(found).page_agrees, told(found).agrees) == (None, True)


def test_bare_data_without_evidence_of_its_signers_state_is_in_doubt(service: Service) -> None:
    found = service.read(service.jws(None).encode(), crls=())
    assert found.verdict is Verdict.INDETERMINATE
    assert told(found).says is Verdict.PASSED  # shown, with the doubt beside it
    assert "尚不能采信" in "\n".join(lines(found))


def test_data_of_a_revoked_service_is_not_believed(service: Service) -> None:
    serial = service.party.certificate.serial_number
    crls = service.signing.crls(revoked={serial: (service.now, ReasonFlags.key_compromise)})
    assert service.read(service.jws(None).encode(), crls=crls).verdict is Verdict.INDETERMINATE


def test_data_from_the_future_is_in_doubt(service: Service) -> None:
    late = "2199-01-01T00:00:00.000000Z"
    assert (
        service.read(service.jws(None, changes={"issued_at": late}).encode()).verdict is Verdict.INDETERMINATE
    )


def test_attack_every_part_of_the_data_changed(service: Service) -> None:
    """One octet of header, payload or signature: never passed, never told on."""
    data = service.jws(None)
    for at in range(40, len(data), len(data) // 23):
        flipped = data[:at] + ("A" if data[at] != "A" else "B") + data[at + 1 :]
        found = service.read(flipped.encode())
        assert found.verdict is not Verdict.PASSED
        assert found.reported is None or found.reported.says is None


@pytest.mark.parametrize(
    "change",
    [
        {"form": 2},
        {"form": True},
        {"number": ""},
        {"report": []},
        {"report": {"verdict": "passed"}},
        {"page": {"sha256": "00", "octets": 1}},
        {"page": {"sha256": "0" * 64, "octets": -1}},
        {"issued_at": "yesterday"},
        {"more": 1},
    ],
    ids=lambda change: next(iter(change)),
)
def test_malformed_data_is_refused_by_name(service: Service, change: dict[str, object]) -> None:
    jws = service.jws(None, changes=change)
    with pytest.raises(StatementInvalid):
        parse_report(jws)
    assert refused(service.read(jws.encode()))


def test_a_name_with_half_a_character_is_signed_and_read(service: Service) -> None:
    """Names of files on a disk need not be text at all."""
    found = service.read(service.jws(None, replace(service.reported, file="\udcff.pdf")).encode())
    assert (found.verdict, told(found).file) == (Verdict.PASSED, "?.pdf")


def test_an_ordinary_document_reports_nothing(service: Service) -> None:
    assert service.read(service.document).reported is None


def test_a_text_with_two_dots_is_no_report(service: Service) -> None:
    header = base64.urlsafe_b64encode(b'{"alg":"ES256","typ":"JWT","x5c":[]}').rstrip(b"=")
    assert service.read(header + b".e30.AA").reported is None
    assert service.read(b"a.b.c").reported is None


def test_an_old_report_stays_good_by_its_time_stamp(service: Service, sealed: bytes) -> None:
    """The service's certificate is revoked after the report: the time-stamp on the seal keeps it (EN 319 102-1 §5.5)."""
    serial = service.party.certificate.serial_number
    later = service.now + 1.5 * HOUR
    crls = service.signing.crls(
        revoked={serial: (later, ReasonFlags.cessation_of_operation)}, this_update=later
    )
    found = service.read(sealed, crls=crls)
    assert (found.verdict, told(found).verdict) == (Verdict.PASSED, Verdict.PASSED), found.reason


def test_attack_a_report_of_today_about_a_day_to_come(service: Service) -> None:
    """Nobody knows what is stopped until then: shown after the seal was stopped, it would seem to be of later."""
    ahead = replace(service.reported, verified_at=service.now + 900 * DAY)
    for found in (service.read(service.sealed(ahead)), service.read(service.jws(None, ahead).encode())):
        assert (found.verdict, told(found).verdict) == (Verdict.INDETERMINATE, Verdict.INDETERMINATE)
        assert "晚于报告的出具时间" in found.reason.zh
    within = replace(service.reported, verified_at=service.now + HOUR + timedelta(minutes=4))
    assert service.read(service.sealed(within)).verdict is Verdict.PASSED


def test_attack_a_true_report_of_a_forged_document_ends_with_its_status(
    service: Service, tmp_path: Path
) -> None:
    """A script that goes by the status alone takes no report of 无效, or of a voided document, for a yes."""
    trust = tmp_path / "trust"
    trust.mkdir()
    for number, anchor in enumerate(service.signing.trust().anchors):
        (trust / f"{number}.pem").write_bytes(anchor.public_bytes(Encoding.PEM))
    for number, crl in enumerate(service.signing.crls()):
        (trust / f"{number}.crl").write_bytes(crl)
    since = service.now - DAY
    voided = VoidedReport(since, "错", "ab" * 16, "maker", since, stale=False, whole=True, sha256="00" * 32)
    forged = service.signing.verify(append(service.document, {4: b"<< /Length 0 >>\nstream\n\nendstream"}))
    cases = {
        0: service.reported,
        1: forged,
        2: replace(service.reported, verdict=Verdict.INDETERMINATE),
        4: replace(service.reported, voided=voided),
    }
    for status, reported in cases.items():
        file = tmp_path / f"report{status}.pdf"
        file.write_bytes(service.sealed(reported))
        out, table = io.StringIO(), tmp_path / f"{status}.csv"
        for more in ((), ("--out", str(table), "--workers", "1")):
            args = [str(file), "--trust", str(trust), *more]
            clock = service.now + 2 * HOUR
            assert run(args, clock=lambda clock=clock: clock, out=out, errors=out) == status, (status, more)
        assert ("通过 good 1" in out.getvalue()) is (status == 0)
