"""The bare acts of sealing against plain pyHanko, by processor time: B-B, a seam seal, B-LTA, and 50 MB from file to file.

Processor time and not the clock, because that is what a document costs; both sides alternately in one process. The floor of the
large file is what cannot be spared: reading it, its SHA-256, and writing it once.
"""

from __future__ import annotations

import hashlib
import io
import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.harness import Better, Measure, Row, compare
from benchmarks.installation import folder
from benchmarks.sealing import _mark, _peer, _peer_signer, _time_stamper, make_pdf

if TYPE_CHECKING:
    from signing.mark import SealMark

NAME = "sealing-acts"
PEER = "pyHanko 0.38, stock"
SEAM_PAGES = 50
CHUNK = 1 << 18
BETWEEN_LOOKS = 10
"""Documents between two looks at the clock, which takes a microsecond itself."""
BASE_MB = "the same process that seals one page"


def run(quick: bool) -> Iterable[Row]:
    """Measure; quick runs take fewer and shorter samples."""
    seconds, rounds = (0.3, 5) if quick else (1.0, 11)
    with folder() as place:
        small, seam, large = place / "30k.pdf", place / "seam.pdf", place / "large.pdf"
        make_thirty(small)
        make_pdf(seam, pages=SEAM_PAGES, images=False)
        make_pdf(large, pages=500, images=True)
        acts = _Acts()
        for name, ours, peer, note in acts.pairs(small.read_bytes(), seam.read_bytes()):
            samples = compare(_cpu(ours, seconds), _cpu(peer, max(seconds, 0.6)), rounds)
            yield Row(name, "documents/s of CPU", PEER, samples, note=note)
        yield _floor(acts, large, place, 3 if quick else 7)
        yield _resident(small, large, 1 if quick else 3)


def make_thirty(path: Path) -> None:
    """Write one page of text with a picture of noise: 30 KB."""
    import random

    from PIL import Image
    from reportlab import rl_config
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    rl_config.useA85 = 0
    noise = random.Random(2)
    canvas = Canvas(str(path), pagesize=(595.28, 841.89), invariant=1)
    for line in range(40):
        canvas.drawString(60, 780 - 18 * line, f"Line {line + 1}: {noise.random():.12f}")
    canvas.drawImage(
        ImageReader(Image.frombytes("RGB", (97, 97), noise.randbytes(97 * 97 * 3))), 60, 60, 100, 100
    )
    canvas.showPage()
    canvas.save()


def _cpu(work: Callable[[], object], seconds: float) -> Measure:
    """Count documents per second of processor time."""
    work()

    def measure() -> float:
        done, began = 0, time.process_time()
        while (spent := time.process_time() - began) < seconds:
            for _ in range(BETWEEN_LOOKS):
                work()
            done += BETWEEN_LOOKS
        return done / spent

    return measure


class _Acts:
    """One key and one picture for both sides."""

    def __init__(self) -> None:
        from benchmarks._acts_pki import Hierarchy
        from signing.mark import Work
        from signing.pdf.general import seal_pdf

        self._work, self._seal_pdf = Work, seal_pdf
        self._stamps = Hierarchy()
        self.signatory = self._stamps.signatory
        self.mark = _mark()
        self._peer_signer = _peer_signer(self.signatory)

    def pairs(
        self, small: bytes, seam: bytes
    ) -> Iterable[tuple[str, Callable[[], object], Callable[[], object], str]]:
        """Name the acts, ours beside the peer's."""
        from signing.placing.where import Seam

        over = replace(self.mark, placement=Seam())
        yield (
            "B-B, 30 KB",
            lambda: self.seal(small, self.mark),
            lambda: _peer(io.BytesIO(small), io.BytesIO(), self._peer_signer, self.mark),
            "P-256, the same vector picture and chain",
        )
        yield (
            f"seam seal, {SEAM_PAGES} pages",
            lambda: self.seal(seam, over),
            lambda: self._peer_seam(seam),
            "B-B; the peer: a stroke by its writer on each page, then the signature",
        )
        yield (
            "B-LTA, 30 KB",
            lambda: self.archive(small),
            lambda: self._peer_archive(small),
            "in-process time-stamps of one maker (P-256), the same lists inside, a document time-stamp over all",
        )

    def seal(self, data: bytes, mark: SealMark) -> bytes:
        """Seal in memory, level B-B."""
        output = io.BytesIO()
        self._seal_pdf(self._work(io.BytesIO(data), output), mark, self.signatory)
        return output.getvalue()

    def archive(self, data: bytes) -> bytes:
        """Seal in memory, level B-LTA."""
        from signing.archive_stamp import ArchiveStamp, append_archive_stamp

        output = io.BytesIO()
        mark = replace(self.mark, evidence=self._stamps.evidence)
        self._seal_pdf(self._work(io.BytesIO(data), output), mark, self.signatory, self._stamps.stamp)
        append_archive_stamp(output, ArchiveStamp(self._stamps.stamp))
        return output.getvalue()

    def _peer_seam(self, data: bytes) -> None:
        from pyhanko.pdf_utils import generic
        from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
        from pyhanko.sign.fields import SigSeedSubFilter
        from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner

        writer = IncrementalPdfFileWriter(io.BytesIO(data))
        pdf: Any = generic
        seal = writer.add_object(pdf.StreamObject(stream_data=self.mark.picture.content))
        named = pdf.DictionaryObject(
            {pdf.pdf_name("/XObject"): pdf.DictionaryObject({pdf.pdf_name("/Seal"): seal})}
        )
        for page in range(SEAM_PAGES):
            strokes = pdf.StreamObject(
                stream_data=b"q 560 400 2.4 119 re W n 1 0 0 1 %d 400 cm /Seal Do Q" % (560 - page)
            )
            writer.add_stream_to_page(page, writer.add_object(strokes), resources=named)
        meta = PdfSignatureMetadata(
            field_name="Seal", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
        )
        PdfSigner(meta, self._peer_signer).sign_pdf(writer, output=io.BytesIO())

    def _peer_archive(self, data: bytes) -> None:
        from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
        from pyhanko.sign.fields import SigSeedSubFilter
        from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner

        logging.getLogger("pyhanko").setLevel(logging.ERROR)
        meta = PdfSignatureMetadata(
            field_name="Seal",
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            embed_validation_info=True,
            use_pades_lta=True,
            validation_context=self._stamps.context(),
        )
        signer = PdfSigner(meta, self._peer_signer, timestamper=_time_stamper(self._stamps.stamp))
        signer.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(data)), output=io.BytesIO())


def _floor(acts: _Acts, large: Path, place: Path, rounds: int) -> Row:
    """Compare sealing 50 MB from file to file with hashing and copying it, and nothing else."""
    from signing.mark import Work
    from signing.pdf.general import seal_pdf

    target = place / "out.pdf"

    def ours() -> float:
        began = time.process_time()
        with large.open("rb") as source, target.open("w+b") as output:
            seal_pdf(Work(source, output), acts.mark, acts.signatory)
        return 1000 * (time.process_time() - began)

    def floor() -> float:
        began = time.process_time()
        state = hashlib.sha256()
        with large.open("rb") as source, target.open("wb") as output:
            while piece := source.read(CHUNK):
                state.update(piece)
                output.write(piece)
        state.digest()
        return 1000 * (time.process_time() - began)

    return Row(
        "50 MB file to file",
        "ms of CPU",
        "SHA-256 and copying in pieces, nothing else",
        compare(ours, floor, rounds),
        better=Better.LOWER,
        note="B-B, 500 pages",
    )


def _resident(small: Path, large: Path, rounds: int) -> Row:
    """Compare the peak resident memory of two fresh processes, one seals 50 MB and one a page."""
    return Row(
        "50 MB resident",
        "MB peak",
        BASE_MB,
        compare(lambda: _peak(large), lambda: _peak(small), rounds),
        better=Better.LOWER,
        note="from file to file; pyHanko is imported but not used",
    )


def _peak(path: Path) -> float:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.sealing_acts", path], check=True, capture_output=True, text=True
    )
    return float(done.stdout)


def _child(path: Path) -> None:
    """Seal once from file to file and print the peak resident set of this process, in MB."""
    from datetime import UTC, datetime

    from benchmarks._acts_pki import Hierarchy
    from signing.mark import Picture, SealMark, Work
    from signing.pdf.general import seal_pdf
    from signing.placing.where import Placement

    square = Picture(b"0.9 0 0 rg 0 0 119 119 re f", (42.0, 42.0))
    mark = SealMark("Seal", square, Placement(1, 120, 200), datetime.now(UTC), "测试科技有限公司")
    target = path.with_suffix(".out")
    with path.open("rb") as source, target.open("w+b") as output:
        seal_pdf(Work(source, output), mark, Hierarchy().signatory)
    target.unlink()
    status = Path("/proc/self/status").read_text()
    print(int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024)


if __name__ == "__main__":
    _child(Path(sys.argv[1]))
