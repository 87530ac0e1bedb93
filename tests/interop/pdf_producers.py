"""Other products that sign PDF files: PDFBox, OpenPDF, iText and EU DSS (``producers/Producers.java``), pyHanko, and ourselves."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

from signing.containers.cms import Signatory
from signing.mark import Work
from signing.pdf.general import seal_pdf
from tests.interop.java_judge import build
from tests.interop.sealing_world import MemorySigner, mark
from tests.pki import Party, shared_rsa_key
from tests.verify_world import Signing

SOURCE: Final = Path(__file__).parent / "producers"
BOXES: Final = {"A": (40, 500, 140, 560), "B": (170, 500, 270, 560), "C": (300, 500, 400, 560)}
"""Where pyHanko's fields stand, by the first letter of their names."""
PLACES: Final = {"A": "1:20,20", "B": "1:70,20", "C": "1:120,20"}
"""Where our seals stand."""


def signing_with_rsa() -> Signing:
    """Make the usual hierarchy with keys of a kind that each of the products takes."""
    signing = Signing()
    signing.__dict__["keeper"] = signing.pki.party(key=shared_rsa_key(index=1))
    return signing


def _store(party: Party) -> bytes:
    chain = [x509.load_der_x509_certificate(der) for der in party.chain]
    locked = BestAvailableEncryption(b"secret")
    return serialize_key_and_certificates(
        b"key", cast("rsa.RSAPrivateKey", party.key), party.certificate, chain, locked
    )


@dataclass
class Producers:
    """The products behind one door: each takes a file and writes another, with a field whose name begins with A, B or C."""

    signing: Signing
    folder: Path
    java: subprocess.Popen[str]

    def order(self, tool: str, data: bytes, field: str = "", how: str = "") -> bytes:
        """Let one of the Java libraries do its work; raises ``AssertionError`` with its word if it does not."""
        given, made = self.folder / "given.pdf", self.folder / "made.pdf"
        given.write_bytes(data)
        assert self.java.stdin is not None
        assert self.java.stdout is not None
        self.java.stdin.write("\t".join((tool, str(given), str(made), field, how)) + "\n")
        self.java.stdin.flush()
        answer = self.java.stdout.readline().strip()
        assert answer == "ok", f"{tool}: {answer or 'it ended'}"
        return made.read_bytes()

    def sign(self, who: str, data: bytes, field: str) -> bytes:
        """Sign with a product, ``shown`` or ``certified`` behind its name, or ``plain``."""
        tool, _, how = who.partition(" ")
        if tool == "pyhanko":
            return self.signing.sign(data, field=field, box=BOXES[field[0]])
        if tool == "ours":
            return self.seal(data, field)
        return self.order(tool, data, field, how)

    def seal(self, data: bytes, field: str) -> bytes:
        """Seal as this product does."""
        keeper, out = self.signing.keeper, io.BytesIO()
        signatory = Signatory(MemorySigner(shared_rsa_key(index=1)), keeper.certificate, keeper.chain)
        wish = mark(PLACES[field[0]], field_name=field, statement=None)
        seal_pdf(Work(io.BytesIO(data), out, None), wish, signatory, None)
        return out.getvalue()


@contextmanager
def producers(folder: Path) -> Iterator[Producers]:
    """Build the Java program and keep it running; what it writes beside its answers goes to a log."""
    signing = signing_with_rsa()
    files = {
        "signer.p12": _store(signing.keeper),
        "tsa.p12": _store(signing.tsa),
        "root.cer": signing.root_der,
    }
    files |= {f"{number}.crl": octets for number, octets in enumerate(signing.crls())}
    for name, octets in files.items():
        (folder / name).write_bytes(octets)
    classes = folder / "classes"
    classes.mkdir()
    build(classes, SOURCE, "Producers.java")
    command = ["java", "-cp", f"{classes}/*:{classes}", "Producers", str(folder)]
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, encoding="utf-8"
        ) as java,
    ):
        yield Producers(signing, folder, java)
