"""What becomes of mutated PDFs: sealed and valid for every judge, or refused in words; ``python -m tests.interop.mutated_pdfs 600``.

A judge may find fault with what the mutation did to the document itself, so qpdf is asked about the mutant too, and pdfsig
and pyHanko about the seal alone.
"""

from __future__ import annotations

import io
import logging
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from signing.containers.envelope import CmsEnvelope
from signing.errors import SigningError
from signing.mark import Work
from signing.pdf.general import prepare
from tests.interop.sealing_world import NOW, SMALL, mark, world
from tests.pdf_mutations import Mutant, mutants
from verify.policy import Policy
from verify.trust import TrustStore
from verify.verdict import Verdict
from verify.verifier import Verifier


@dataclass(frozen=True)
class Outcome:
    """Refused (by which error) or sealed (by which writer), and whether our own check would let it leave."""

    refused: str = ""
    words: tuple[str, str] = ("", "")
    writer: str = ""
    sealed: bytes = b""
    passed: bool = False

    @property
    def kind(self) -> str:
        """One word for the table."""
        if self.refused:
            return f"refused: {self.refused}"
        return f"sealed: {self.writer.split()[0]}" if self.passed else "withheld by our own check"


def outcome(mutant: Mutant) -> Outcome:
    """Seal a mutant; anything but a refusal in words is raised."""
    output, signatory = io.BytesIO(), world().signatory()
    chosen = mark("1:20,15", shown=SMALL, statement=None)
    envelope = CmsEnvelope(signatory, None)
    try:
        ready = prepare(Work(io.BytesIO(mutant.data), output), chosen, envelope, stamped=False)
    except SigningError as refused:
        return Outcome(refused=type(refused).__name__, words=(refused.zh, refused.en))
    signature = signatory.signer.sign(envelope.to_sign(ready.digest, ready.scope))
    ready.complete(envelope.finish(signature, None))
    sealed = output.getvalue()
    assert sealed.startswith(mutant.data), "the document's own octets stay"
    return Outcome(writer=ready.writer, sealed=sealed, passed=_passes(sealed))


def _passes(sealed: bytes) -> bool:
    trust = TrustStore(anchors=[x509.load_der_x509_certificate(world().root.der)])
    report = Verifier(trust, Policy(require_revocation=False)).verify(sealed, at=NOW + timedelta(minutes=1))
    own = [one for one in report.signatures if one.field.startswith("Seal")]
    return len(own) == 1 and own[0].verdict is Verdict.PASSED and own[0].integrity.covers_whole_document


def complaints(mutant: Mutant, sealed: bytes, folder: Path) -> list[str]:
    """Ask the outside judges; an empty list is what is wanted."""
    path, before = folder / "sealed.pdf", folder / "mutant.pdf"
    path.write_bytes(sealed)
    before.write_bytes(mutant.data)
    found = _pyhanko(sealed)
    answer = _run("pdfsig", "-nocert", path)[1]
    if "Signature is Valid" not in answer or "- Total document signed" not in answer:
        found.append(f"pdfsig: {answer[-300:]}")
    (was, _), (now, said) = _run("qpdf", "--check", before), _run("qpdf", "--check", path)
    if now > was:
        found.append(f"qpdf {was} → {now}: {said[-300:]}")
    return found


def _pyhanko(sealed: bytes) -> list[str]:
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    try:
        signature = [
            one
            for one in PdfFileReader(io.BytesIO(sealed), strict=False).embedded_signatures
            if one.field_name.startswith("Seal")
        ][-1]
        context = ValidationContext(trust_roots=[world().root.asn1], allow_fetching=False)
        status = validate_pdf_signature(signature, context)
    except Exception as wrong:  # noqa: BLE001 - whatever a judge raises is its verdict
        return [f"pyHanko: {wrong!r}"]
    whole = status.coverage.name == "ENTIRE_FILE"
    return [] if status.bottom_line and whole else [f"pyHanko: {status.summary()}"]


def _run(*command: str | Path) -> tuple[int, str]:
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    return done.returncode, done.stdout + done.stderr


def main(count: int) -> int:
    """Judge ``count`` mutants by everybody and print a table; the exit code is the number of complaints."""
    table: Counter[str] = Counter()
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        for mutant in mutants(count):
            result = outcome(mutant)
            table[result.kind] += 1
            said = complaints(mutant, result.sealed, Path(folder)) if result.passed else []
            if said:
                bad += 1
                sys.stdout.write("\n    ".join((str(mutant), result.writer, *said)) + "\n")
    for kind, number in table.most_common():
        sys.stdout.write(f"{number:5}  {kind}\n")
    sys.stdout.write(f"{count} mutants, {bad} complaints\n")
    return min(bad, 100)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
