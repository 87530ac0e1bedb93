"""Others read our seal data: OFD R&W its structure and signatures, gmsm and openssl the SM2 over the original octets (C5)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from seals.ses.parts import CertListType, SesVersion
from seals.ses.structure import read_seal, read_signature
from tests.interop.gm_judges import OPENSSL_ID, GoJudge
from tests.interop.java_judge import build
from tests.interop.status_judges import Verdict, judge, pem
from tests.ses_world import CODE, DOCUMENT, SCOPE, SesSealing, sealing

pytestmark = pytest.mark.judge

OFDRW = Path(__file__).parent / "ofdrw"
V4, V5 = SesVersion.V4, SesVersion.V5


@dataclass(frozen=True)
class SealJudge:
    """``ofdrw/SealJudge.java`` over octets."""

    classes: Path
    folder: Path

    def seal(self, octets: bytes) -> Verdict:
        return self._run("seal", octets)

    def signature(self, octets: bytes, content: bytes) -> Verdict:
        (self.folder / "content").write_bytes(content)
        return self._run("signature", octets, "content")

    def _run(self, command: str, octets: bytes, *more: str) -> Verdict:
        (self.folder / "data").write_bytes(octets)
        path = f"{self.classes}/*:{self.classes}"
        return judge("java", "-cp", path, "SealJudge", command, "data", *more, folder=self.folder)


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("ofdrw"), OFDRW, "SealJudge.java", "dependency:copy")


@pytest.fixture
def ofdrw(classes: Path, tmp_path: Path) -> SealJudge:
    folder = tmp_path / "java"
    folder.mkdir()
    return SealJudge(classes, folder)


@pytest.fixture(scope="module")
def world() -> SesSealing:
    return sealing()


def facts(verdict: Verdict) -> dict[str, str]:
    return dict(line.partition("=")[::2] for line in verdict.text.splitlines() if "=" in line)


@pytest.mark.parametrize(
    ("version", "stamped", "list_type"),
    [
        (V4, False, CertListType.CERTIFICATES),
        (V4, False, CertListType.DIGESTS),
        (V5, True, CertListType.CERTIFICATES),
    ],
)
def test_ofdrw_reads_our_seals(
    world: SesSealing, ofdrw: SealJudge, version: SesVersion, stamped: bool, list_type: CertListType
) -> None:
    """Its check encodes what it read a second time: only strict DER survives that."""
    octets = world.esl(version, stamped=stamped, list_type=list_type)
    found = ofdrw.seal(octets)
    assert found.status == 0, found.text
    told, seal = facts(found), read_seal(octets)
    assert (told["id"], told["version"], told["list"]) == (CODE, str(version.number), str(list_type.value))
    assert (told["picture"], told["octets"], told["width"]) == ("PNG", str(len(seal.picture.data)), "40")
    assert told["created"].startswith(f"{seal.property.created:%Y%m%d%H%M%S}")


def test_ofdrw_refuses_a_changed_seal(world: SesSealing, ofdrw: SealJudge) -> None:
    octets = world.esl()
    at = octets.index(CODE.encode())
    assert ofdrw.seal(octets[:at] + b"9" + octets[at + 1 :]).status != 0


@pytest.mark.parametrize("version", [4, 5])
def test_ofdrws_verifier_accepts_a_signature_with_our_seal(
    world: SesSealing, ofdrw: SealJudge, version: int
) -> None:
    octets = world.signature(world.esl(V4 if version == 4 else V5), version=version)
    found = ofdrw.signature(octets, DOCUMENT)
    assert found.status == 0, found.text
    assert facts(found)["scope"] == SCOPE


def test_ofdrws_verifier_refuses_another_document(world: SesSealing, ofdrw: SealJudge) -> None:
    assert ofdrw.signature(world.signature(), DOCUMENT + b" ").status != 0


@pytest.mark.parametrize("version", [V4, V5])
def test_gmsm_and_openssl_check_the_makers_signature_over_the_original_octets(
    world: SesSealing, go_judge: GoJudge, tmp_path: Path, version: SesVersion
) -> None:
    seal = read_seal(world.esl(version))
    found = go_judge.signed(seal.maker_certificate, seal.signed, seal.signature)
    assert found.status == 0, found.text
    assert go_judge.signed(seal.maker_certificate, seal.signed + b"\x00", seal.signature).status != 0
    assert openssl(tmp_path, seal.maker_certificate, seal.signed, seal.signature).status == 0
    assert openssl(tmp_path, seal.maker_certificate, seal.signed[:-1], seal.signature).status != 0


def test_gmsm_and_openssl_check_v1_and_the_signers_signature(
    world: SesSealing, go_judge: GoJudge, tmp_path: Path
) -> None:
    v1, signature = read_seal(world.esl_v1()), read_signature(world.signature())
    for certificate, message, value in (
        (v1.maker_certificate, v1.signed, v1.signature),
        (signature.certificate, signature.signed, signature.signature),
    ):
        assert go_judge.signed(certificate, message, value).status == 0
        assert openssl(tmp_path, certificate, message, value).status == 0


def openssl(folder: Path, certificate: bytes, message: bytes, signature: bytes) -> Verdict:
    """Check SM2 with SM3 by the command line, with the default identity."""
    (folder / "signer.pem").write_bytes(pem(certificate))
    key = judge("openssl", "x509", "-in", "signer.pem", "-pubkey", "-noout", folder=folder)
    for name, octets in (("key.pem", key.text.encode()), ("message", message), ("signature", signature)):
        (folder / name).write_bytes(octets)
    identity = [part.replace("-vfyopt", "-sigopt") for part in OPENSSL_ID]
    command = [
        "openssl",
        "dgst",
        "-sm3",
        "-verify",
        "key.pem",
        *identity,
        "-signature",
        "signature",
        "message",
    ]
    return judge(*command, folder=folder)
