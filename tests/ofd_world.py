"""OFD packages made for tests: documents, seals on them by keys in memory, and packages taken apart and put together wrongly."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image

from hsm.algorithms import DigestAlgorithm
from hsm.suite import Suite
from seals.drawing.fonts import Face
from seals.drawing.typesetting import Text
from seals.ses.parts import SesVersion
from seals.ses.writer import PictureContent
from signing.containers.cms import ContainerForm, Signatory
from signing.containers.envelope import CmsEnvelope, Envelope
from signing.containers.ses_envelope import SealData, SesEnvelope
from signing.formats import OfdFormat
from signing.mark import Picture, SealMark, Work
from signing.ofd.canvas import Line, Sheet
from signing.ofd.maker import About, make_document
from signing.placing.where import Where, parse_where
from tests.pki import Party
from tests.ses_world import SesSealing
from tests.verify_world import NOW
from verify.ofd.report import OfdReport
from verify.report import SignatureReport
from verify.trust import TrustStore
from verify.verifier import Verifier

SAMPLES = Path(__file__).parents[2] / "shared" / "samples" / "ofd"
SIGNATURE = "Doc_0/Signs/Sign_0/Signature.xml"
VALUE = "Doc_0/Signs/Sign_0/SignedValue.dat"
SEAL = "Doc_0/Signs/Sign_0/Seal.esl"
LIST = "Doc_0/Signs/Signatures.xml"
PAGE = "Doc_0/Pages/Page_0/Content.xml"


@cache
def document(pages: int = 2, word: str = "甲方（盖章）") -> bytes:
    """Make a small contract."""
    sheets = []
    for number in range(1, pages + 1):
        sheet = Sheet()
        sheet.add(Text(30, 40, 6, f"合同第 {number} 页", Face.HEI), Line((30, 45), (180, 45), 0.3))
        sheet.add(Text(30, 120, 4, word))
        sheets.append(sheet)
    return make_document(About("采购合同", NOW, "北京示例科技有限公司"), sheets)


@cache
def sealing() -> SesSealing:
    """One world in the national suite for a whole run."""
    return SesSealing(NOW, Suite.GM)


@cache
def esl(version: SesVersion = SesVersion.V4) -> bytes:
    return sealing().esl(version)


@cache
def red_seal() -> bytes:
    """Make a seal whose picture is a red square of 40 mm with a white hole of 10 mm in its middle."""
    image = Image.new("RGB", (400, 400), (230, 0, 18))
    image.paste((255, 255, 255), (150, 150, 250, 250))
    out = io.BytesIO()
    image.save(out, "PNG")
    return sealing().esl(picture=PictureContent(out.getvalue(), 40, 40))


def signatory(party: Party | None = None, form: ContainerForm = ContainerForm.GBT35275) -> Signatory:
    party = party or sealing().keeper
    return Signatory(party.signer, party.certificate, (sealing().pki.issuing.der,), form)


def ses(version: SesVersion = SesVersion.V4, *, seal: bytes | None = None, **more: Any) -> SesEnvelope:
    octets = esl(version) if seal is None else seal
    return SesEnvelope(signatory(), SealData(octets, version), NOW, **more)


def plain() -> CmsEnvelope:
    return CmsEnvelope(signatory())


def mark(where: str | Where = "1:120,200", **more: Any) -> SealMark:
    place = parse_where(where) if isinstance(where, str) else where
    given: dict[str, Any] = {
        "field_name": "Seal-1",
        "picture": Picture(b"", (40.0, 40.0)),
        "placement": place,
        "when": NOW,
        "signer_name": "北京示例科技有限公司",
    }
    return SealMark(**(given | more))


def seal(
    octets: bytes | None = None,
    where: str = "1:120,200",
    envelope: Envelope | None = None,
    *,
    stamped: bool = False,
    **more: Any,
) -> bytes:
    """Seal a package as the service does: prepare, sign, complete."""
    envelope = envelope or ses()
    output = io.BytesIO()
    work = Work(io.BytesIO(document() if octets is None else octets), output)
    prepared = OfdFormat().prepare(work, mark(where, **more), envelope, stamped=stamped)
    signer = sealing().keeper.signer
    signature = signer.sign(envelope.to_sign(prepared.digest, prepared.scope))
    token = sealing().stamp(signer.algorithm.digest.digest(signature)) if stamped else None
    prepared.complete(envelope.finish(signature, token))
    return output.getvalue()


@cache
def sealed() -> bytes:
    """Seal a contract once for a whole run."""
    return seal()


def trust() -> TrustStore:
    return sealing().trust()


def only(report: OfdReport) -> SignatureReport:
    (found,) = report.signatures
    return found


def signed_anew(octets: bytes | dict[str, bytes], change: Callable[[bytes], bytes]) -> bytes:
    """Let the signer sign another description of what is there: a careless writer's, or the ground for an exchange later."""
    files = dict(octets) if isinstance(octets, dict) else entries(octets)
    files[SIGNATURE] = change(files[SIGNATURE])
    envelope = ses()
    tbs = envelope.to_sign(DigestAlgorithm.SM3.digest(files[SIGNATURE]), f"/{SIGNATURE}")
    files[VALUE] = envelope.finish(sealing().keeper.signer.sign(tbs), None)
    return packed(files)


@cache
def _verifier() -> Verifier:
    return Verifier(trust())


def judged(octets: bytes, verifier: Verifier | None = None) -> OfdReport:
    """Judge a package an hour after it was sealed, this world trusted."""
    report = (verifier or _verifier()).verify(octets, at=NOW + timedelta(hours=1), name="test.ofd")
    assert isinstance(report, OfdReport), report.reason.en
    return report


def entries(octets: bytes) -> dict[str, bytes]:
    """Take a package apart by the standard library."""
    with zipfile.ZipFile(io.BytesIO(octets)) as package:
        return {name: package.read(name) for name in package.namelist()}


def packed(files: dict[str, bytes]) -> bytes:
    """Put a package together by the standard library."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, octets in files.items():
            package.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), octets, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def changed(octets: bytes, name: str, change: Callable[[bytes], bytes] | bytes | None) -> bytes:
    """Change, add or (``None``) take away one file."""
    files = entries(octets)
    if change is None:
        del files[name]
    else:
        files[name] = change if isinstance(change, bytes) else change(files.get(name, b""))
    return packed(files)


def many_entries(count: int) -> bytes:
    """Write a package of empty files: records of the directory alone would do, but it is whole."""
    locals_, central, at = [], [], 0
    for number in range(count):
        name = f"f{number}".encode()
        local = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 0, 0, 33, 0, 0, 0, len(name), 0) + name
        central.append(
            struct.pack(
                "<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 0, 0, 33, 0, 0, 0, len(name), 0, 0, 0, 0, 0, at
            )
            + name
        )
        locals_.append(local)
        at += len(local)
    body = b"".join(central)
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count & 0xFFFF, count & 0xFFFF, len(body), at, 0)
    return b"".join(locals_) + body + end
