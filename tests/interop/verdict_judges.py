"""Three judges of the same PDF signatures: ours, pyHanko's AdES validation, and EU DSS with its own default policy."""

from __future__ import annotations

import asyncio
import logging
import subprocess
from collections import defaultdict
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from asn1crypto import crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import SuspiciousModification
from pyhanko.sign.validation import ades
from pyhanko.sign.validation.policy_decl import (
    LocalKnowledge,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import (
    CertRevTrustPolicy,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import CRLContainer

from tests.interop.java_judge import build
from tests.interop.verdict_cases import Case, write
from verify.report import DocumentReport, SignatureKind
from verify.trust import TrustStore
from verify.verifier import Verifier

DSS: Final = Path(__file__).parent / "dss"
LIFE_OF_DSS: Final = 1800
"""Seconds for one run over thousands of files; fifty take five."""
RULE: Final = RevocationCheckingRule.CRL_OR_OCSP_REQUIRED
_SEVERITY: Final = ("passed", "indeterminate", "none", "error", "unreadable", "failed")


@dataclass(frozen=True)
class Word:
    """The worst word of a judge on a file's signatures, with its sub-indication: passed, failed, indeterminate, none, error."""

    word: str
    sub: str = ""

    def __str__(self) -> str:
        return f"{self.word} ({self.sub})" if self.sub else self.word


def worst(words: list[Word]) -> Word:
    """Return the worst; no word at all is ``none``: no signature was found."""
    return max(words, key=lambda one: _SEVERITY.index(one.word), default=Word("none"))


def ours(case: Case) -> Word:
    """Judge by our own verifier, time-stamps of the document left out, for the others do not count them either."""
    trust = TrustStore([x509.load_der_x509_certificate(case.root)], crls=case.crls)
    report = Verifier(trust).verify(case.data, at=case.at)
    assert isinstance(report, DocumentReport)
    if not report.signatures:
        return Word("none" if report.sub_indication == "NO_SIGNATURE" else report.verdict.value)
    words = [
        Word(one.verdict.value, "" if one.sub_indication is None else one.sub_indication.value)
        for one in report.signatures
        if one.kind is not SignatureKind.TIMESTAMP
    ]
    return worst(words)


def pyhanko(case: Case) -> Word:
    """Judge every signature by the AdES procedure of its level and the changes after it; what is raised is ``error``."""
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)
    try:
        reader = PdfFileReader(BytesIO(case.data), strict=False)
        return worst([_ades(one, reader, case) for one in reader.embedded_regular_signatures])
    except Exception as error:  # noqa: BLE001 - what the judge raises is its word
        return Word("error", type(error).__name__)


def _ades(signature: Any, reader: PdfFileReader, case: Case) -> Word:
    """EN 319 102-1 §5.3, §5.5 or §5.6, as the signature has a time-stamp, the document evidence; revocation is demanded."""
    timing = ValidationTimingInfo(case.at, case.at, point_in_time_validation=False)
    signature.compute_integrity_info()
    if "/DSS" in reader.root or reader.embedded_timestamp_signatures:
        result: Any = asyncio.run(ades.ades_lta_validation(signature, _spec(case), timing_info=timing))
    else:
        spec, digest = _spec(case).signature_validation_spec, signature.compute_digest()
        unsigned = signature.signer_info["unsigned_attrs"].native or ()
        stamped = any(one["type"] == "signature_time_stamp_token" for one in unsigned)
        judge: Any = ades.ades_with_time_validation if stamped else ades.ades_basic_validation
        result = asyncio.run(judge(signature.signed_data, spec, timing_info=timing, raw_digest=digest))
    sub = result.ades_subindic
    word = {"PASSED": "passed", "FAILED": "failed"}.get(sub.status.name, "indeterminate")
    found = signature.summarise_integrity_info()
    changed = isinstance(found["diff_result"], SuspiciousModification) or found["docmdp_ok"] is False
    if word != "failed" and changed:
        return Word("failed", "changed later")
    return Word(word, "" if word == "passed" else sub.standard_name)


def _spec(case: Case) -> PdfSignatureValidationSpec:
    policy = RevocationCheckingPolicy(ee_certificate_rule=RULE, intermediate_ca_cert_rule=RULE)
    return PdfSignatureValidationSpec(
        SignatureValidationSpec(
            cert_validation_policy=CertValidationPolicySpec(
                trust_manager=SimpleTrustManager.build([asn1_x509.Certificate.load(case.root)]),
                revinfo_policy=CertRevTrustPolicy(policy),
            ),
            revinfo_gathering_policy=RevocationInfoGatheringSpec(
                online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY
            ),
            local_knowledge=LocalKnowledge(
                known_crls=[CRLContainer(crl.CertificateList.load(der)) for der in case.crls]
            ),
        )
    )


def build_dss(folder: Path) -> Path:
    """Fetch and compile the Java judge."""
    return build(folder, DSS)


def dss(cases: list[Case], classes: Path, folder: Path) -> list[Word]:
    """Judge all files in one Java machine."""
    table = write(cases, folder)
    command = ["java", "-XX:TieredStopAtLevel=1", "-cp", f"{classes}/*:{classes}", "Judge", str(table)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=LIFE_OF_DSS, check=True)
    words: dict[str, list[Word]] = defaultdict(list)
    for line in ran.stdout.splitlines():
        file, number, indication, sub = line.split("\t")
        if number == "-":
            words[file].append(Word("none") if indication == "NO_SIGNATURE" else Word("error", sub))
        else:
            word = _DSS_WORDS.get(indication, "indeterminate")
            words[file].append(Word(word, "" if word == "passed" else sub))
    return [worst(words[f"{number}.pdf"]) for number in range(len(cases))]


_DSS_WORDS: Final = {"TOTAL_PASSED": "passed", "TOTAL_FAILED": "failed"}
