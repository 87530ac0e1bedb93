"""Files of the reference implementation get the verdicts that its samples name (D1, D2)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from seals.ses.structure import read_signature
from tests.conftest import missing
from tests.ofd_world import SAMPLES, entries, judged, packed
from verify.ofd.report import OfdReport
from verify.report import Indication, SignatureKind, Verdict
from verify.ses.report import StepState
from verify.trust import TrustStore
from verify.verdict import SubIndication
from verify.verifier import Verifier

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def sample(name: str) -> bytes:
    path = SAMPLES / name
    if not path.exists():
        missing("samples", f"no {name}")
    return Path(path).read_bytes()


def verdict(name: str, trust: TrustStore | None = None) -> OfdReport:
    report = Verifier(trust or TrustStore(())).verify(sample(name), at=NOW, name=name)
    assert isinstance(report, OfdReport)
    return report


def steps(report: OfdReport) -> dict[str, str]:
    return {step.key: step.state.value for step in report.coverage[0].steps}


GOOD = {"description", "digest-method", "references", "seal-copy", "scope", "coverage", "showing"}


@pytest.mark.parametrize(
    ("name", "pages", "places", "locked"),
    [("V4RideRight.ofd", 5, 5, True), ("allprotected.ofd", 1, 1, True)],
)
def test_integrity_is_good_and_the_signer_a_stranger(
    name: str, pages: int, places: int, locked: bool
) -> None:
    report = verdict(name)
    (found,) = report.signatures
    assert found.kind is SignatureKind.SEAL
    assert (report.pages, len(found.placements)) == (pages, places)
    assert {key for key, state in steps(report).items() if state == "passed"} == GOOD
    assert found.integrity.modified is False
    assert found.integrity.covers_whole_document
    assert report.coverage[0].locked is locked
    assert (found.indication, found.sub_indication) == (
        Indication.INDETERMINATE,
        SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
    )


def test_a_seam_seal_shows_its_slices() -> None:
    """Each slice at the right edge: 210 mm wide, five of 8 mm."""
    (found,) = verdict("V4RideRight.ofd").signatures
    assert [(p.page, p.x_mm, p.width_mm, p.height_mm) for p in found.placements] == [
        (page, 202.0, 8.0, 40.0) for page in range(1, 6)
    ]


def test_signed_after_certificate_and_seal_had_ended() -> None:
    """The string in the XML says nothing; what was signed says 2026."""
    report = verdict("SESV4SignDoc.ofd")
    (found,) = report.signatures
    assert (report.verdict, found.sub_indication) == (Verdict.FAILED, SubIndication.EXPIRED)
    assert found.time.value is not None
    assert (found.time.value.year, found.seal is not None) == (2026, True)
    assert found.seal_data is not None
    states = {step.key: step.state for step in found.seal_data.steps}
    assert states["signer-signature"] is states["data-hash"] is states["maker-signature"] is StepState.PASSED
    assert states["signer-validity"] is states["seal-validity"] is StepState.FAILED
    assert found.integrity.modified is False


def test_a_bare_value_needs_the_certificate_from_outside() -> None:
    report = verdict("DigitalSign.ofd")
    (found,) = report.signatures
    assert (report.verdict, found.sub_indication) == (
        Verdict.INDETERMINATE,
        SubIndication.NO_SIGNING_CERTIFICATE_FOUND,
    )
    assert found.kind is SignatureKind.SIGNATURE
    assert "证书" in found.reason.zh
    assert found.integrity.modified is False


def test_an_integrity_file_is_read() -> None:
    report = verdict("hello-integrity.ofd")
    assert (report.verdict, report.sub_indication) == (Verdict.INDETERMINATE, SubIndication.NO_SIGNATURE)
    file = report.integrity_file
    assert file is not None
    assert (file.state, file.listed, file.unlisted) == (StepState.INDETERMINATE, 5, ())


def test_an_entry_that_the_integrity_file_does_not_name_was_smuggled_in() -> None:
    files = entries(sample("hello-integrity.ofd")) | {"Doc_0/extra.xml": b"<a/>"}
    report = judged(packed(files))
    file = report.integrity_file
    assert file is not None
    assert (report.verdict, file.state, file.unlisted) == (
        Verdict.FAILED,
        StepState.FAILED,
        ("/Doc_0/extra.xml",),
    )
    del files["Doc_0/extra.xml"], files["Doc_0/PublicRes.xml"]
    file = judged(packed(files)).integrity_file
    assert file is not None
    assert file.missing == ("/Doc_0/PublicRes.xml",)


def test_a_changed_integrity_file_does_not_hold() -> None:
    files = entries(sample("hello-integrity.ofd"))
    files["OFDEntries.xml"] = files["OFDEntries.xml"].replace(b"2023-03-21", b"2024-03-21")
    file = judged(packed(files)).integrity_file
    assert file is not None
    assert file.state is StepState.FAILED


def test_the_samples_own_root_is_no_authority_even_when_trusted() -> None:
    """It lacks keyCertSign, and its end certificates have it with CA:FALSE."""
    value = entries(sample("SESV4SignDoc.ofd"))["Doc_0/Signs/Sign_0/SignedValue.dat"]
    signer = x509.load_der_x509_certificate(read_signature(value).certificate)
    report = verdict("V4RideRight.ofd", TrustStore([signer]))
    assert report.verdict is not Verdict.PASSED


@pytest.mark.parametrize("name", ["V4RideRight.ofd", "allprotected.ofd"])
def test_every_protected_file_counts(name: str) -> None:
    octets = sample(name)
    for path in entries(octets):
        if path.endswith(("/", "Signature.xml", "SignedValue.dat")):
            continue
        files = entries(octets)
        files[path] = files[path] + b" "
        assert judged(packed(files)).verdict is Verdict.FAILED, path
