"""Level B-LTA and its renewals before outside judges: pyHanko's AdES validation for the long term, pdfsig, qpdf (C1, C4)."""

from __future__ import annotations

import asyncio
import io
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import (
    REQUIRE_REVINFO,
    CertRevTrustPolicy,
)
from pyhanko_certvalidator.registry import SimpleTrustManager

from api.database.engine import make_engine
from ca.actor import SYSTEM
from signing.level import Level
from signing.objects.shelf import sha256
from tests.archive_world import KEEPING, Keeping, make_keeping
from tests.conftest import SteppingClock


@pytest.fixture
def keeping(_sqlite_made: str, clock: SteppingClock, tmp_path: Path) -> Iterator[Keeping]:
    engine: sa.Engine = make_engine(_sqlite_made)
    yield make_keeping(engine, clock, tmp_path / "archive")
    engine.dispose()


def lta(keeping: Keeping, data: bytes):
    """Judge the seal by ETSI EN 319 102-1 §5.6.3, offline, by our root and what stands in the document."""
    root = asn1_x509.Certificate.load(keeping.office.world.root.public_bytes(Encoding.DER))
    wanted = REQUIRE_REVINFO
    policy = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build([root]), revinfo_policy=CertRevTrustPolicy(wanted)
    )
    spec = PdfSignatureValidationSpec(
        SignatureValidationSpec(policy, RevocationInfoGatheringSpec(RevinfoOnlineFetchingRule.LOCAL_ONLY))
    )
    (seal,) = PdfFileReader(io.BytesIO(data)).embedded_regular_signatures
    now = keeping.clock() + timedelta(
        hours=1
    )  # pyHanko takes the evidence for seen at the real time, which must lie before
    timing = ValidationTimingInfo(now, best_signature_time=now, point_in_time_validation=False)
    return asyncio.run(ades_lta_validation(seal, spec, timing_info=timing))


def octets(keeping: Keeping, digest: str) -> bytes:
    return keeping.archive.path(sha256(digest)).read_bytes()


def judged_by_tools(path: Path, stamps: int) -> None:
    shown = subprocess.run(["pdfsig", path], capture_output=True, text=True, check=False).stdout
    assert shown.count("Signature Validation: Signature is Valid.") == 1
    assert shown.count("Signature has not yet been verified") == stamps, (
        "poppler knows no document time-stamps"
    )
    checked = subprocess.run(["qpdf", "--check", path], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_document_sealed_for_the_long_term(keeping: Keeping, tmp_path: Path):
    data = keeping.seal().bytes
    result = lta(keeping, data)
    assert isinstance(result.ades_subindic, AdESPassed), result
    (tmp_path / "one.pdf").write_bytes(data)
    judged_by_tools(tmp_path / "one.pdf", 1)


def test_a_document_of_a_lower_level_that_was_raised(keeping: Keeping):
    first = keeping.seal(Level.B_LT).digest.hex
    made = keeping.renewals.extend(first, actor=KEEPING)
    result = lta(keeping, octets(keeping, made.digest))
    assert isinstance(result.ades_subindic, AdESPassed), result


def test_two_renewals_later_an_outside_judge_still_believes_it(sqlite_database: str, tmp_path: Path):
    """After nine years every certificate of the day of sealing has expired but the root's and the issuer's.

    It was sealed nine years ago, as pyHanko knows no other present than the real one.
    """
    clock = SteppingClock()
    clock.now -= timedelta(days=2 * round(365.25 * 4.6))
    engine = make_engine(sqlite_database)
    keeping = make_keeping(engine, clock, tmp_path / "archive")
    sealed = keeping.seal()
    for _ in range(2):
        keeping.pass_years(4.6)
        keeping.renewals.run(SYSTEM)
    newest = keeping.desk.show(sealed.digest.hex).newest
    assert newest.number == 2
    data = octets(keeping, newest.digest)
    result = lta(keeping, data)
    assert isinstance(result.ades_subindic, AdESPassed), result
    assert not isinstance(lta(keeping, sealed.bytes).ades_subindic, AdESPassed), (
        "without renewal it has faded"
    )
    (tmp_path / "three.pdf").write_bytes(data)
    judged_by_tools(tmp_path / "three.pdf", 3)
    engine.dispose()
