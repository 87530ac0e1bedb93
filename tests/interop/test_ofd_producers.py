"""OFD packages that OFD R&W signed, and those that it and we sign one after the other: nobody's signature is lost or called changed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from asn1crypto.core import Integer, ObjectIdentifier, OctetString, Sequence

from seals.ses.parts import SesVersion
from tests.interop.java_judge import build
from tests.interop.status_judges import judge
from tests.ofd_world import PAGE, changed, document, esl, judged, seal, sealed, sealing
from verify.ofd.report import OfdReport
from verify.verdict import SubIndication, Verdict

pytestmark = pytest.mark.judge
SOURCE = Path(__file__).parent / "ofdview"
EC_KEY, SM2 = "1.2.840.10045.2.1", "1.2.156.10197.1.301"
COMPLETE = ("ses4", "riding", "gbt35275", "pkcs9")
"""Containers that say whose signature it is; the plain value (GM/T 0099 §6.2) does not."""


class _Private(Sequence):  # type: ignore[misc]
    _fields = [("version", Integer), ("private_key", OctetString)]  # noqa: RUF012 - asn1crypto's way


class _Algorithm(Sequence):  # type: ignore[misc]
    _fields = [("algorithm", ObjectIdentifier), ("curve", ObjectIdentifier)]  # noqa: RUF012 - as above


class _KeyInfo(Sequence):  # type: ignore[misc]
    _fields = [("version", Integer), ("algorithm", _Algorithm), ("key", OctetString)]  # noqa: RUF012 - as above


@dataclass(frozen=True)
class OfdSigner:
    """``ofdview/OfdSigner.java`` with the key and the seal of the usual keeper."""

    classes: Path
    folder: Path

    def sign(self, octets: bytes, container: str, mode: str = "continue") -> bytes:
        given, made = self.folder / "given.ofd", self.folder / "made.ofd"
        given.write_bytes(octets)
        path = f"{self.classes}/*:{self.classes}"
        command = ("java", "-cp", path, "OfdSigner", given.name, made.name, container, mode)
        found = judge(*command, folder=self.folder)
        assert found.status == 0, found.text
        return made.read_bytes()


@pytest.fixture(scope="module")
def ofdrw(tmp_path_factory: pytest.TempPathFactory) -> OfdSigner:
    folder, keeper = tmp_path_factory.mktemp("packages"), sealing().keeper
    private = _Private({"version": 1, "private_key": keeper.key.scalar})
    info = {"version": 0, "algorithm": {"algorithm": EC_KEY, "curve": SM2}, "key": private.dump()}
    (folder / "signer.key").write_bytes(_KeyInfo(info).dump())
    (folder / "signer.cer").write_bytes(keeper.der)
    (folder / "seal.esl").write_bytes(esl(SesVersion.V4))
    classes = build(tmp_path_factory.mktemp("signer"), SOURCE, "OfdSigner.java", "dependency:copy")
    return OfdSigner(classes, folder)


def check(octets: bytes, signatures: int) -> None:
    report = judged(octets)
    assert (report.verdict, len(report.signatures)) == (Verdict.PASSED, signatures), why(report)


def why(report: OfdReport) -> list[str]:
    return [one.reason.en for one in report.signatures if one.verdict is not Verdict.PASSED]


@pytest.mark.parametrize("container", COMPLETE)
def test_it_signs_before_us_and_after_us(ofdrw: OfdSigner, container: str) -> None:
    once = ofdrw.sign(document(), container)
    check(once, 1)
    check(seal(once, "2:20,20"), 2)
    check(ofdrw.sign(sealed(), container), 2)


@pytest.mark.parametrize("container", ["ses4", "gbt35275"])
def test_it_closes_the_package_behind_us(ofdrw: OfdSigner, container: str) -> None:
    check(ofdrw.sign(sealed(), container, "whole"), 2)


def test_its_plain_value_names_nobody(ofdrw: OfdSigner) -> None:
    first, second = judged(ofdrw.sign(sealed(), "digital")).signatures
    assert (first.verdict, second.verdict) == (Verdict.PASSED, Verdict.INDETERMINATE)
    assert second.sub_indication is SubIndication.NO_SIGNING_CERTIFICATE_FOUND


def test_what_was_changed_before_it_signed(ofdrw: OfdSigner) -> None:
    spoilt = changed(sealed(), PAGE, lambda octets: octets.replace("合同".encode(), "协议".encode()))
    first, second = judged(ofdrw.sign(spoilt, "ses4")).signatures
    assert (first.verdict, second.verdict) == (Verdict.FAILED, Verdict.PASSED)
