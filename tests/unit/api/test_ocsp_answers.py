"""OCSP answers kept for certificates whose authority publishes no list: verification and bundles have them (D6)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from api.errors import OcspAnswerRefused
from api.evidence.ocsp_answers import Kept, keep_answer
from api.services import Services
from ca.actor import SYSTEM
from ca.issuer import UnitPurpose
from tests.conftest import SteppingClock
from tests.pki import Pki
from verify.bundle.use import BundleUse, opened


def keep(services: Services, octets: bytes) -> Kept:
    return keep_answer(services.home.trust, octets, services.verification.verify(octets))


def test_an_answer_is_kept_once_it_is_ours_to_judge_and_no_older(
    services: Services, clock: SteppingClock, tmp_path: Path
) -> None:
    unit = services.authority.units(UnitPurpose.SEAL_MAKER)[0]
    serial = unit.x509.serial_number
    first = services.ocsp.response_for(serial)
    clock.advance(timedelta(minutes=5))
    second = services.ocsp.response_for(serial)
    assert keep(services, second).serial == f"{serial:x}"
    with pytest.raises(OcspAnswerRefused, match="newer"):
        keep(services, first)
    for bad in (b"nothing", second[:-20] + bytes(20), Pki(clock()).ocsp(unit.x509)):
        with pytest.raises(OcspAnswerRefused):
            keep(services, bad)
    files = services.evidence.files()
    assert [data for name, data in files.items() if name.startswith("ocsp/")] == [second]
    packed = tmp_path / "b.bundle"
    packed.write_bytes(services.reports.bundles.make(files, actor=SYSTEM))
    signer = services.reports.bundles.signer_sha256()
    with opened(BundleUse(packed, signer, None), clock()) as bundle:
        assert list(bundle.trust.ocsp) == [second]
