"""Others read a document sealed in SM2: libraries in Java and Go judge its container over the original octets.

pdfsig knows no SM2: it must see the signature, who made it and that the whole document is covered, and say that it
cannot check it. qpdf finds the structure right, and pdftoppm draws the seal as it draws any other.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from asn1crypto import cms

from hsm.public_keys import certificate_key
from hsm.sm2.public_key import Sm2PublicKey
from signing.containers.cms import ContainerForm
from tests.conftest import missing
from tests.gm_world import GmSealing
from tests.interop.gm_judges import GoJudge, sm2_implementations
from tests.interop.java_judge import JavaJudge, build
from tests.interop.sealing_world import blank_pdf

pytestmark = pytest.mark.judge
FORMS = pytest.mark.parametrize("form", list(ContainerForm), ids=lambda form: form.label)
DPI = 100


@pytest.fixture(scope="module")
def gm() -> GmSealing:
    return GmSealing()


def taken_apart(data: bytes) -> tuple[bytes, bytes]:
    """Return the container of the last signature and the octets that its ByteRange names, by the file alone."""
    spans = list(re.finditer(rb"/ByteRange \[\s*(\d+) (\d+) (\d+) (\d+)\s*\]", data))
    first, size, second, rest = map(int, spans[-1].groups())
    assert first + size < second
    assert second + rest == len(data), "the last signature covers the whole file"
    digits = data[first + size + 1 : second - 1]
    container = bytes.fromhex(digits.decode())
    length = 4 + int.from_bytes(container[2:4])
    assert container[:2] == b"\x30\x82"
    assert not container[length:].strip(b"\0")
    return container[:length], data[first : first + size] + data[second : second + rest]


@pytest.fixture(scope="module")
def java_classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("bouncycastle"))


@pytest.fixture
def java_judge(java_classes: Path, tmp_path: Path) -> JavaJudge:
    return JavaJudge(java_classes, tmp_path)


@pytest.mark.parametrize("stamped", [False, True], ids=["plain", "stamped"])
def test_bouncy_castle_accepts_the_usual_container(
    gm: GmSealing, java_judge: JavaJudge, stamped: bool
) -> None:
    """Signature over the ByteRange, chain, and the time-stamp inside with a chain of its own."""
    container, content = taken_apart(gm.seal(stamped=stamped, long_term=True))
    said = java_judge.container(gm.pki.root.der, container, content)
    serials = [gm.keeper.certificate.serial_number, gm.tsa.certificate.serial_number][: 1 + stamped]
    assert (said.status, said.text.split()) == (0, [f"{serial:x}" for serial in serials])
    other = java_judge.container(gm.pki.root.der, container, content[:-1] + b"?")
    assert (other.status, "message-digest" in other.text) == (1, True)
    stranger = java_judge.container(GmSealing().pki.root.der, container, content)
    assert (stranger.status, "no chain" in stranger.text) == (1, True)


def test_bouncy_castle_accepts_the_second_seal(gm: GmSealing, java_judge: JavaJudge) -> None:
    container, content = taken_apart(gm.seal(gm.seal(blank_pdf(2)), place="2:60,60"))
    said = java_judge.container(gm.pki.root.der, container, content)
    assert said.status == 0, said.text


@pytest.mark.parametrize("stamped", [False, True], ids=["plain", "stamped"])
def test_go_accepts_the_national_container(gm: GmSealing, go_judge: GoJudge, stamped: bool) -> None:
    container, content = taken_apart(gm.seal(form=ContainerForm.GBT35275, stamped=stamped))
    said = go_judge.pkcs7(gm.now, gm.pki.root.der, container, content)
    assert (said.status, said.text.strip()) == (0, f"{gm.keeper.certificate.serial_number:x}")
    assert go_judge.pkcs7(gm.now, gm.pki.root.der, container, content[:-1] + b"?").status != 0
    assert go_judge.pkcs7(gm.now, GmSealing().pki.root.der, container, content).status != 0


def test_each_library_knows_one_name_of_the_algorithm(
    gm: GmSealing, go_judge: GoJudge, java_judge: JavaJudge
) -> None:
    """Why there are two forms (ADR 16); when this fails, a library has learned, and the choice may be made anew."""
    usual, content = taken_apart(gm.seal(stamped=False))
    assert "unsupported algorithm" in go_judge.pkcs7(gm.now, gm.pki.root.der, usual, content).text
    national, content = taken_apart(gm.seal(form=ContainerForm.GBT35275, stamped=False))
    assert "1.2.156.10197.1.301.1" in java_judge.container(gm.pki.root.der, national, content).text


@FORMS
def test_every_implementation_accepts_the_signature(
    gm: GmSealing, go_judge: GoJudge, form: ContainerForm
) -> None:
    """The value over the attributes as they stand in the file, under the tag of a SET OF."""
    container, _ = taken_apart(gm.seal(form=form, stamped=False))
    info = cms.ContentInfo.load(container)
    data = info["content"].parse(cms.SignedData) if form is ContainerForm.GBT35275 else info["content"]
    (signer,) = data["signer_infos"]
    signed = b"\x31" + signer["signed_attrs"].dump()[1:]
    value = signer["signature"].native
    said = go_judge.signed(gm.keeper.der, signed, value)
    assert said.status == 0, said.text
    key = certificate_key(gm.keeper.certificate)
    assert isinstance(key, Sm2PublicKey)
    for backend in sm2_implementations():
        backend.verify(key, signed, value)


def told(*command: object) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            [str(part) for part in command], capture_output=True, text=True, timeout=60, check=False
        )
    except FileNotFoundError:
        missing(str(command[0]), "install poppler-utils and qpdf")


@FORMS
def test_pdfsig_sees_signature_and_coverage_and_that_it_knows_no_sm2(
    gm: GmSealing, form: ContainerForm, tmp_path: Path
) -> None:
    path = tmp_path / "sealed.pdf"
    path.write_bytes(gm.seal(form=form))
    said = told("pdfsig", path).stdout
    assert "Signature #1" in said
    assert "Total document signed" in said
    assert f"Signature Type: {form.sub_filter.removeprefix('/')}" in said
    assert "Signature is Valid" not in said
    if form is ContainerForm.RFC5652:
        assert "北京示例科技有限公司" in said, "it finds its way to the signer's certificate"


@FORMS
def test_qpdf_finds_no_fault(gm: GmSealing, form: ContainerForm, tmp_path: Path) -> None:
    path = tmp_path / "sealed.pdf"
    path.write_bytes(gm.seal(blank_pdf(2), form=form, long_term=True))
    checked = told("qpdf", "--check", path)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_seal_is_drawn_where_it_was_put(gm: GmSealing, tmp_path: Path) -> None:
    """42 mm of red at 20, 15 mm, and nothing red elsewhere."""
    path = tmp_path / "sealed.pdf"
    path.write_bytes(gm.seal(blank_pdf(1)))
    assert told("pdftoppm", "-r", DPI, path, tmp_path / "page").returncode == 0
    (drawn,) = tmp_path.glob("page*.ppm")
    width, reds = red(drawn.read_bytes())
    assert len(reds) > 2000
    marks = [(at % width, at // width) for at in reds]
    box = [edge / 25.4 * DPI for edge in (20, 15, 62, 57)]
    assert min(x for x, _ in marks) == pytest.approx(box[0], abs=3)
    assert min(y for _, y in marks) == pytest.approx(box[1], abs=3)
    assert max(x for x, _ in marks) == pytest.approx(box[2], abs=3)
    assert max(y for _, y in marks) == pytest.approx(box[3], abs=3)


def red(ppm: bytes) -> tuple[int, list[int]]:
    """Return the width of a picture (PPM, P6) and the places of its red points."""
    head = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", ppm)
    assert head is not None
    points = ppm[head.end() :]
    return int(head[1]), [
        at // 3
        for at in range(0, len(points), 3)
        if points[at] > 200 and points[at + 1] < 100 and points[at + 2] < 100
    ]
