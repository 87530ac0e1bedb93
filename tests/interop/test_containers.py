"""Others judge what we write in the other containers (C1, D6).

OFD R&W and gmsm judge the seal signature in a PDF, gmsm and openssl the detached ones, pyHanko and pdfsig the international
signature beside a national one.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation import EmbeddedPdfSignature, validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from hsm.public_keys import certificate_key
from hsm.sm2.public_key import Sm2PublicKey
from seals.ses.parts import SesVersion
from seals.ses.structure import read_signature
from signing.containers.envelope import ContainerKind
from tests.conftest import missing
from tests.container_world import Wish, international, national
from tests.interop.gm_judges import GoJudge, sm2_implementations
from tests.interop.java_judge import build
from tests.interop.status_judges import judge, pem
from tests.interop.test_gm_pdf import told
from tests.interop.test_seal_data import OFDRW, SealJudge, facts
from tests.verify_world import asn1
from verify.signatures.containers import without_padding

pytestmark = pytest.mark.judge
ROOT = Path(__file__).parents[2]
CONTENT = b"what is signed\n" * 100


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("ofdrw"), OFDRW, "SealJudge.java", "dependency:copy")


@pytest.fixture
def ofdrw(classes: Path, tmp_path: Path) -> SealJudge:
    folder = tmp_path / "java"
    folder.mkdir()
    return SealJudge(classes, folder)


def taken_apart(data: bytes) -> tuple[bytes, bytes]:
    """Return the last container and the octets that its ByteRange names, by the file alone."""
    span = re.findall(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]", data)[-1]
    first, size, second, rest = map(int, span)
    assert (first, second + rest) == (0, len(data))
    whole = without_padding(bytes.fromhex(data[size + 1 : second - 1].decode()))
    assert whole is not None
    return whole, data[:size] + data[second:]


@pytest.mark.parametrize("stated", [True, False], ids=["with a statement", "without"])
def test_ofdrw_accepts_the_seal_signature_in_a_pdf(ofdrw: SealJudge, stated: bool) -> None:
    """The reference implementation of OFD judges TBS_Sign, the seal, the list and the digest over the ByteRange."""
    octets, content = taken_apart(national().put(None, Wish(stated=stated)))
    said = ofdrw.signature(octets, content)
    assert said.status == 0, said.text
    assert facts(said)["scope"] == read_signature(octets).scope
    assert ofdrw.signature(octets, content[:-1] + b"?").status != 0


@pytest.mark.parametrize("version", [SesVersion.V4, SesVersion.V5], ids=["v4", "v5"])
def test_every_sm2_accepts_the_seal_signature(go_judge: GoJudge, tmp_path: Path, version: SesVersion) -> None:
    """Gmsm in Go, openssl, and each implementation here, over TBS_Sign as it stands in the file."""
    gm = national()
    octets, _ = taken_apart(gm.put(None, Wish(version=version)))
    found = read_signature(octets)
    said = go_judge.signed(found.certificate, found.signed, found.signature)
    assert said.status == 0, said.text
    key = certificate_key(gm.keeper.certificate)
    assert isinstance(key, Sm2PublicKey)
    for backend in sm2_implementations():
        backend.verify(key, found.signed, found.signature)
    for name, part in (
        ("tbs", found.signed),
        ("value", found.signature),
        ("signer.pem", pem(found.certificate)),
    ):
        (tmp_path / name).write_bytes(part)
    assert (
        judge(
            "openssl", "x509", "-in", "signer.pem", "-pubkey", "-noout", "-out", "key.pem", folder=tmp_path
        ).status
        == 0
    )
    command = ("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-digest", "sm3")
    options = ("-pkeyopt", "distid:1234567812345678", "-in", "tbs", "-sigfile", "value")
    assert judge(*command, *options, folder=tmp_path).status == 0


@pytest.mark.parametrize("stamped", [False, True], ids=["plain", "stamped"])
def test_go_accepts_the_detached_national_signature(go_judge: GoJudge, stamped: bool) -> None:
    gm = national()
    signature = gm.sign_file(CONTENT, Wish(ContainerKind.GBT35275, stamped=stamped))
    said = go_judge.pkcs7(gm.now, gm.pki.root.der, signature, CONTENT)
    assert (said.status, said.text.strip()) == (0, f"{gm.keeper.certificate.serial_number:x}")
    assert go_judge.pkcs7(gm.now, gm.pki.root.der, signature, CONTENT + b"?").status != 0


@pytest.mark.parametrize("national_first", [True, False], ids=["national first", "international first"])
@pytest.mark.parametrize("kind", list(ContainerKind))
def test_side_by_side_each_has_its_judge(
    go_judge: GoJudge, tmp_path: Path, kind: ContainerKind, national_first: bool
) -> None:
    """PyHanko and pdfsig find the international signature valid beside a national one, in either order; gmsm the national."""
    gm, abroad, plain = national(), international(), Wish(ContainerKind.CMS)
    if national_first:
        data = abroad.put(gm.put(None, Wish(kind)), plain, place="2:60,60")
    else:
        data = gm.put(abroad.put(None, plain), Wish(kind), place="2:60,60")
    context = ValidationContext(trust_roots=[asn1(abroad.pki.root.der)], allow_fetching=False)
    assert validate_pdf_signature(_international(data), context).bottom_line
    path = tmp_path / "both.pdf"
    path.write_bytes(data)
    said = told("pdfsig", "-nocert", path).stdout
    assert said.count("Signature is Valid") == 1, said
    _alone(tmp_path, data)


def _international(data: bytes) -> EmbeddedPdfSignature:
    """Open the international signature by its field: pyHanko's own list stops at a GB/T 35275 one under the usual name."""
    reader = PdfFileReader(io.BytesIO(data))
    for name, value, field in enumerate_sig_fields(reader, filled_status=True):
        if b"\x2a\x81\x1c\xcf\x55" not in value.get_object()["/Contents"]:  # 1.2.156.10197, the national arc
            return EmbeddedPdfSignature(reader, field, name)
    raise AssertionError("no international signature")


def _alone(folder: Path, data: bytes) -> None:
    """``python -m verify`` with a trust folder of both roots."""
    trust = folder / "trust"
    for name in ("anchors", "crls", "seal-lists"):
        (trust / name).mkdir(parents=True)
    for number, world in enumerate((national(), international())):
        (trust / "anchors" / f"{number}.cer").write_bytes(
            world.pki.root.certificate.public_bytes(Encoding.DER)
        )
        for place, crl in enumerate(world.crls()):
            (trust / "crls" / f"{number}-{place}.crl").write_bytes(crl)
        (trust / "seal-lists" / f"{number}.jws").write_text(world.status_list())
    done = subprocess.run(
        [sys.executable, "-m", "verify", folder / "both.pdf", "--trust", trust, "--json"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    if not done.stdout:
        missing("verify", done.stderr)
    (document,) = json.loads(done.stdout)["documents"]
    assert document["verdict"] == "passed", document["reason"]
    assert all(one["readers"] and one["readers_zh"] for one in document["signatures"])
