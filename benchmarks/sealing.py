"""Sealing against plain pyHanko with the same options: same key, same certificates, same level, same vector picture.

Three kinds of rows: the pure act in memory (a small file, one of 500 pages and 50 MB), the peak memory of a process
that seals 50 MB from file to file, and the whole recorded cycle, which plain pyHanko has nothing to set against.
"""

from __future__ import annotations

import io
import os
import random
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.harness import Better, Measure, Row, compare, per_second
from benchmarks.installation import SOFT, folder, installation

if TYPE_CHECKING:
    from api.services import Services
    from ca.actor import Actor
    from hsm.algorithms import Digest
    from hsm.pins import Pin
    from hsm.signer import Signer
    from signing.containers.cms import Signatory
    from signing.mark import SealMark
    from signing.order import SealOrder

NAME = "sealing"
PEER = "pyHanko 0.38 PdfSigner, stock"
USCC = "91110108MA01C8QX33"
IMAGE_SIDE = 182
"""Pixels of the square of noise on each page: 182 × 182 × 3 octets make 500 pages 50 MB, as scans do."""


def run(quick: bool) -> Iterable[Row]:
    """Measure; the files are made first."""
    with folder() as place:
        small, large = place / "small.pdf", place / "large.pdf"
        make_pdf(small, pages=1, images=False)
        make_pdf(large, pages=500, images=True)
        yield from _acts(small, large, quick=quick)
        yield from _memory(large, rounds=1 if quick else 3)
    with folder() as place, installation(place, SOFT) as services:
        yield from _cycles(services, quick=quick)


def make_pdf(path: Path, *, pages: int, images: bool) -> None:
    """Write a document of text, with a picture of noise on each page if asked (nothing compresses it)."""
    from PIL import Image
    from reportlab import rl_config
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    rl_config.useA85 = 0  # octets as they are, as scanners write them: base 85 takes eight seconds
    noise = random.Random(1)
    canvas = Canvas(str(path), pagesize=(595.28, 841.89), invariant=1)
    for number in range(pages):
        for line in range(40):
            canvas.drawString(
                60, 780 - 18 * line, f"Page {number + 1}, line {line + 1}: {noise.random():.12f}"
            )
        if images:
            pixels = noise.randbytes(IMAGE_SIDE * IMAGE_SIDE * 3)
            picture = Image.frombytes("RGB", (IMAGE_SIDE, IMAGE_SIDE), pixels)
            canvas.drawImage(ImageReader(picture), 60, 60, 100, 100)
        canvas.showPage()
    canvas.save()


class _Key:
    """One P-256 key for both sides, through the seam that tokens use."""

    def __init__(self) -> None:
        from cryptography.hazmat.primitives.asymmetric import ec

        from hsm.algorithms import SignatureAlgorithm
        from hsm.signer import Custody

        self.key = ec.generate_private_key(ec.SECP256R1())
        self.algorithm = SignatureAlgorithm.ECDSA_SHA256
        self.public_key = self.key.public_key()
        self.custody = Custody.SOFT

    def sign(self, message: bytes) -> bytes:
        """Sign with ECDSA over SHA-256."""
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec

        return self.key.sign(message, ec.ECDSA(hashes.SHA256()))


def _signatory() -> Signatory:
    """Make a leaf of our profile's size under a root and an intermediate, all three embedded by both sides."""
    from datetime import timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509.oid import NameOID

    from signing.containers.cms import Signatory

    now = datetime.now(UTC)
    made: list[x509.Certificate] = []
    keys = [_Key(), _Key(), _Key()]
    for at, name in enumerate(("测试根 TEST ROOT", "测试签发 TEST CA", "测试科技有限公司")):
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        above = max(at - 1, 0)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(made[above].subject if made else subject)
            .public_key(keys[at].public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30))
            .add_extension(x509.BasicConstraints(at < 2, None), critical=True)
            .add_extension(
                x509.KeyUsage(at == 2, at == 2, False, False, False, at < 2, at < 2, False, False),
                critical=True,
            )
        )
        made.append(builder.sign(keys[above].key, hashes.SHA256()))
    der = [one.public_bytes(Encoding.DER) for one in made]
    return Signatory(keys[2], made[2], (der[1], der[0]))


def _mark() -> SealMark:
    from seals.drawing.picture import PictureSpec, draw
    from seals.seal import SealKind
    from signing.mark import Picture, SealMark
    from signing.placing.placement import Placement

    drawn = draw(PictureSpec(SealKind.LEGAL_NAME, "测试科技有限公司", "1101080012345", approved=True))
    picture = Picture(drawn.pdf_content(), drawn.size_mm)
    return SealMark("Seal", picture, Placement(1, 120, 200), datetime.now(UTC), "测试科技有限公司", "用印")


def _ours(source: Any, output: Any, signatory: Signatory, mark: SealMark) -> None:
    from signing.mark import Work
    from signing.pdf.general import seal_pdf

    seal_pdf(Work(source, output), mark, signatory)


def _peer_signer(signatory: Signatory) -> Any:
    """Build pyHanko's own signer over the same key: its CMS, its container, our key through its seam."""
    from asn1crypto import x509
    from cryptography.hazmat.primitives.serialization import Encoding
    from pyhanko.sign.signers.pdf_cms import Signer as PyHankoSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    store = SimpleCertificateStore()
    for der in signatory.chain:
        store.register(x509.Certificate.load(der))

    class OurKey(PyHankoSigner):
        """``async_sign_raw`` is what pyHanko's documentation asks a key holder for."""

        async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
            del digest_algorithm
            return bytes(72) if dry_run else signatory.signer.sign(data)

    leaf = x509.Certificate.load(signatory.certificate.public_bytes(Encoding.DER))
    return OurKey(signing_cert=leaf, cert_registry=store, embed_roots=True)


def _peer(source: Any, output: Any, signer: Any, mark: SealMark, timestamper: Any = None) -> Any:
    from pyhanko.pdf_utils.content import RawContent
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.pdf_utils.layout import BoxConstraints
    from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
    from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner
    from pyhanko.stamp import StaticStampStyle

    side = mark.picture.size_mm[0] * 72 / 25.4
    style = StaticStampStyle(
        background=RawContent(mark.picture.content, box=BoxConstraints(side, side)),
        border_width=0,
        background_opacity=1.0,
    )
    meta = PdfSignatureMetadata(
        field_name="Seal", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES, name=mark.signer_name
    )
    spec = SigFieldSpec("Seal", on_page=0, box=(340, 100, 340 + side, 100 + side))  # type: ignore[arg-type]
    maker = PdfSigner(meta, signer, stamp_style=style, new_field_spec=spec, timestamper=timestamper)
    return maker.sign_pdf(IncrementalPdfFileWriter(source), output=output)


def _acts(small: Path, large: Path, *, quick: bool) -> Iterable[Row]:
    signatory, mark = _signatory(), _mark()
    signer = _peer_signer(signatory)
    for name, path, seconds, rounds in (
        ("sealing-small", small, 0.3 if quick else 2.0, 3 if quick else 9),
        ("sealing-500-pages", large, 0.5 if quick else 2.0, 3 if quick else 7),
    ):
        document = path.read_bytes()
        ours = _rate(lambda d=document: _ours(io.BytesIO(d), io.BytesIO(), signatory, mark), seconds)
        peer = _rate(lambda d=document: _peer(io.BytesIO(d), io.BytesIO(), signer, mark), seconds)
        yield Row(
            name=name,
            unit="seals/s",
            peer_name=PEER,
            samples=compare(ours, peer, rounds),
            note=f"PAdES B-B, P-256, in memory, {len(document) / 1e6:.2f} MB, same vector picture",
        )


def _rate(work: Callable[[], object], seconds: float) -> Measure:
    work()
    return lambda: per_second(work, seconds)


def _memory(large: Path, rounds: int) -> Iterable[Row]:
    """Compare the peak resident memory of fresh processes that seal 50 MB; both have imported both sides before."""
    for peer, peer_name in (
        ("peer-memory", "pyHanko as its documentation shows it (BytesIO out)"),
        ("peer-file", "pyHanko from file to file"),
    ):
        yield Row(
            name=f"sealing-peak-{peer.removeprefix('peer-')}",
            unit="MB peak resident",
            peer_name=peer_name,
            samples=compare(lambda: _peak("ours", large), lambda p=peer: _peak(p, large), rounds),
            better=Better.LOWER,
            note=f"{large.stat().st_size / 1e6:.0f} MB, 500 pages, ours from file to file",
        )


def _peak(who: str, path: Path) -> float:
    command = [sys.executable, "-m", "benchmarks.sealing", who, str(path)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _child(who: str, path: Path) -> None:
    """Seal once and print the peak resident set of this process, in MB."""
    from signing.mark import Picture, SealMark
    from signing.placing.placement import Placement

    square = Picture(b"0.9 0 0 rg 0 0 119 119 re f", (42.0, 42.0))
    mark = SealMark("Seal", square, Placement(1, 120, 200), datetime.now(UTC), "测试科技有限公司")
    signatory = _signatory()
    signer = _peer_signer(signatory)
    target = path.with_name(f"out-{os.getpid()}.pdf")
    try:
        with path.open("rb") as source, target.open("w+b") as output:
            if who == "ours":
                _ours(source, output, signatory, mark)
            else:
                _peer(source, output if who == "peer-file" else None, signer, mark)
    finally:
        target.unlink()
    status = Path("/proc/self/status").read_text()
    high = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    print(int(high.split()[1]) / 1024)  # getrusage would tell the peak of our parent before exec


def _cycles(services: Services, *, quick: bool) -> Iterable[Row]:
    """Compare the whole cycle, recorded and checked, with pyHanko's bare act at the same level."""
    from signing.level import Level

    office = _Office(services)
    for level in (Level.B_B, Level.B_T):
        seconds, rounds = (0.8, 3) if quick else (3.0, 7)
        ours = _rate(lambda chosen=level: office.seal(chosen), seconds)
        peer = _rate(lambda chosen=level: office.bare(chosen), seconds)
        yield Row(
            name=f"sealing-cycle-{level.value}",
            unit="seals/s",
            peer_name=f"{PEER}, {level.value}, nothing recorded or checked",
            samples=compare(ours, peer, rounds),
            note="ours: permit, statement, evidence, own verifier, archive, audit, three durable commits",
        )


def _keeper() -> tuple[Actor, Pin]:
    """Name the keeper of the benchmark's seal, and the PIN of his key."""
    from ca.actor import Actor
    from hsm.pins import Pin

    return Actor("person:keeper", "", USCC), Pin("246810")


def _order(document: bytes, code: str, level: Any) -> SealOrder:
    """Ask for one sealing that nobody has asked for."""
    from signing.order import SealOrder
    from signing.placing.placement import Placement

    return SealOrder(document, "small.pdf", code, Placement(1, 120, 200), level, uuid.uuid4().hex)


class _Office:
    """One active seal in an installation, and the same key for pyHanko."""

    def __init__(self, services: Services) -> None:
        from api.tokens.enrolment import EnrolmentOrder
        from ca.actor import Actor
        from hsm.algorithms import KeyKind
        from hsm.pins import Pin
        from hsm.provider import open_signer
        from seals.seal import SealApplication, SealKind

        uscc = USCC
        clerk, second = Actor("person:clerk"), Actor("person:second")
        self._keeper, self._pin = _keeper()
        self._services = services
        services.enterprises.register(uscc, "北京示例科技有限公司", actor=clerk)
        wish = EnrolmentOrder(uscc, self._keeper.id, self._pin, Pin("87654321"), KeyKind.EC_P256, "benchmark")
        enrolled = services.enrolment.enrol(wish, actor=clerk)
        applied = services.seals.apply(
            SealApplication(uscc, SealKind.LEGAL_NAME, self._keeper.id), actor=clerk
        )
        services.seals.approve(applied.code, actor=second, certificate=enrolled.certificate)
        services.evidence.publish()
        self.code = applied.code
        made = io.BytesIO()
        place = services.home.folder / "small.pdf"
        make_pdf(place, pages=1, images=False)
        made.write(place.read_bytes())
        self._document = made.getvalue()
        certificate = enrolled.certificate.certificate
        signer: Signer = open_signer(services.key_stores.ring, enrolled.key_uri, pin=self._pin)
        from signing.containers.cms import Signatory

        self._signatory = Signatory(
            signer, certificate, services.authority.chain(enrolled.certificate.issuer)
        )
        self._peer_signer = _peer_signer(self._signatory)
        self._mark = _mark()

    def seal(self, level: Any) -> None:
        """Seal once through the door."""
        order = _order(self._document, self.code, level)
        self._services.sealing.seal(order, actor=self._keeper, pin=self._pin)

    def bare(self, level: Any) -> None:
        """Sign once with pyHanko, with time-stamps from the same authority."""
        stamper = _time_stamper(self._services.tsa.stamp) if level.stamped else None
        _peer(io.BytesIO(self._document), io.BytesIO(), self._peer_signer, self._mark, stamper)


def _time_stamper(stamp: Callable[[Digest], bytes]) -> Any:
    """Give pyHanko our time-stamp authority, in process."""
    from asn1crypto import cms
    from pyhanko.sign.timestamps import TimeStamper

    from hsm.algorithms import Digest, DigestAlgorithm

    class InProcess(TimeStamper):
        """Answers as a server at no distance would."""

        async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> Any:
            return cms.ContentInfo.load(stamp(Digest(DigestAlgorithm[md_algorithm.upper()], message_digest)))

        async def async_dummy_response(self, md_algorithm: str) -> Any:
            return await self.async_timestamp(bytes(32), md_algorithm)

    return InProcess()


if __name__ == "__main__":
    _child(sys.argv[1], Path(sys.argv[2]))
