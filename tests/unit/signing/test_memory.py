"""Sealing needs the same memory for a small file and for 50 MB (A5: a scan of 500 pages)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.interop.sealing_world import blank_pdf

MARGIN_MB = 8
"""Two buffers of a megabyte, and what the allocator keeps."""

_CHILD = """
import sys
from pathlib import Path
from signing.mark import Work
from signing.pdf.general import seal_pdf
from tests.interop.sealing_world import SMALL, mark, world
with open(sys.argv[1], "rb") as source, open(sys.argv[2], "w+b") as output:
    seal_pdf(Work(source, output), mark("1:20,20", shown=SMALL), world().signatory())
status = Path("/proc/self/status").read_text()
print(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
"""


def peak_mb(document: Path, output: Path) -> float:
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, document, output], capture_output=True, text=True, check=True
    )
    return int(done.stdout) / 1024


def large_pdf(path: Path, megabytes: int) -> None:
    """Append one object of that size that no page shows, with a table of its own."""
    head = blank_pdf()
    start = len(head)
    body = b"9 0 obj\n<< /Length %d >>\nstream\n" % (megabytes << 20)
    with path.open("wb") as stream:
        stream.write(head + body)
        for _ in range(megabytes):
            stream.write(bytes(1 << 20))
        stream.write(b"\nendstream\nendobj\n")
        table = stream.tell()
        stream.write(b"xref\n9 1\n%010d 00000 n \n" % start)
        stream.write(b"trailer\n<< /Size 10 /Root 1 0 R /Prev %d >>\n" % head.rindex(b"xref\n0 "))
        stream.write(b"startxref\n%d\n%%%%EOF\n" % table)


def test_fifty_megabytes_take_no_more_memory_than_a_page(tmp_path: Path):
    small, large = tmp_path / "small.pdf", tmp_path / "large.pdf"
    small.write_bytes(blank_pdf())
    large_pdf(large, 50)
    output = tmp_path / "out.pdf"
    little, much = peak_mb(small, output), peak_mb(large, output)
    assert output.stat().st_size > large.stat().st_size
    assert much - little < MARGIN_MB, f"{little:.1f} MB for a page, {much:.1f} MB for 50 MB"
