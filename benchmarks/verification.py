"""Verification against pyHanko's validators, on the same files with the same root and the same evidence.

Both open the file, prove digest, signature and path, look at revocation and judge what was appended. Ours also builds
the report, twice worded, with places and states then and now. Each side's verdict is checked once before measuring.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from benchmarks.harness import Row, compare, per_second

NAME = "verification"
PLAIN = "pyHanko 0.38 validate_pdf_signature, revocation required"
ADES = "pyHanko 0.38 ades_lta_validation"
LARGE_PAGES = 500


def run(quick: bool) -> Iterable[Row]:
    """Measure small and large files at B-B and B-LTA."""
    from benchmarks.installation import folder
    from benchmarks.sealing import make_pdf
    from tests.verify_world import Signing

    signing = Signing(now=datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10))
    with folder() as place:
        small, large = place / "small.pdf", place / "large.pdf"
        make_pdf(small, pages=1, images=False)
        make_pdf(large, pages=LARGE_PAGES, images=True)
        for path, label in ((small, "small"), (large, "500-pages")):
            yield from _file(signing, path, label, quick=quick)


def _file(signing: Any, path: Path, label: str, *, quick: bool) -> Iterable[Row]:
    plain = signing.sign(path.read_bytes(), box=None)
    archived = signing.b_lta(path.read_bytes())
    ours = _ours(signing)
    seconds, rounds = (0.7, 3) if quick else (3.0, 7)
    for data, level, peer, peer_name in (
        (plain, "B-B", _plain_peer(signing), PLAIN),
        (archived, "B-LTA", _ades_peer(signing), ADES),
    ):
        yield Row(
            name=f"verification-{level}-{label}",
            unit="documents/s",
            peer_name=peer_name,
            samples=compare(_speed(ours, data, seconds), _speed(peer, data, seconds), rounds),
            note=f"{len(data) / 1e6:.2f} MB; ours with the whole report",
        )


def _speed(verify: Callable[[bytes], None], data: bytes, seconds: float) -> Callable[[], float]:
    verify(data)
    return lambda: per_second(lambda: verify(data), seconds)


def _ours(signing: Any) -> Callable[[bytes], None]:
    from verify.verdict import Verdict
    from verify.verifier import Verifier

    verifier = Verifier(signing.trust())

    def verify(data: bytes) -> None:
        report = verifier.verify(data, at=datetime.now(UTC))
        assert report.verdict is Verdict.PASSED, report.reason.en

    return verify


def _plain_peer(signing: Any) -> Callable[[bytes], None]:
    from asn1crypto import crl
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    from tests.verify_world import asn1

    root, crls = asn1(signing.root_der), [crl.CertificateList.load(der) for der in signing.crls()]

    def verify(data: bytes) -> None:
        context = ValidationContext(
            trust_roots=[root], crls=crls, allow_fetching=False, revocation_mode="require"
        )
        status = validate_pdf_signature(PdfFileReader(BytesIO(data)).embedded_signatures[0], context)
        assert status.bottom_line

    return verify


def _ades_peer(signing: Any) -> Callable[[bytes], None]:
    from asn1crypto import crl
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.ades.report import AdESPassed
    from pyhanko.sign.validation import ades
    from pyhanko.sign.validation.policy_decl import (
        LocalKnowledge,
        PdfSignatureValidationSpec,
        RevinfoOnlineFetchingRule,
        RevocationInfoGatheringSpec,
        SignatureValidationSpec,
    )
    from pyhanko_certvalidator.context import CertValidationPolicySpec
    from pyhanko_certvalidator.policy_decl import (
        CertRevTrustPolicy,
        RevocationCheckingPolicy,
        RevocationCheckingRule,
    )
    from pyhanko_certvalidator.registry import SimpleTrustManager
    from pyhanko_certvalidator.revinfo.archival import CRLContainer

    from tests.verify_world import asn1

    rule = RevocationCheckingRule.CRL_OR_OCSP_REQUIRED
    spec = PdfSignatureValidationSpec(
        SignatureValidationSpec(
            cert_validation_policy=CertValidationPolicySpec(
                trust_manager=SimpleTrustManager.build([asn1(signing.root_der)]),
                revinfo_policy=CertRevTrustPolicy(
                    RevocationCheckingPolicy(ee_certificate_rule=rule, intermediate_ca_cert_rule=rule)
                ),
            ),
            revinfo_gathering_policy=RevocationInfoGatheringSpec(
                online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY
            ),
            local_knowledge=LocalKnowledge(
                known_crls=[CRLContainer(crl.CertificateList.load(der)) for der in signing.crls()]
            ),
        )
    )

    def verify(data: bytes) -> None:
        signature = PdfFileReader(BytesIO(data)).embedded_signatures[0]
        result = asyncio.run(ades.ades_lta_validation(signature, spec))
        assert result.ades_subindic == AdESPassed.OK, result.ades_subindic

    return verify
