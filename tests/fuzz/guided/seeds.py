"""Write the kept corpus anew: ``python -m tests.fuzz.guided.seeds``. Small inputs of our own worlds, good and nearly good."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding

from hsm.suite import Suite
from seals.ses.parts import SesVersion
from signing.containers.envelope import ContainerKind
from tests import bare_world as bare
from tests import ofd_world
from tests.container_world import Containers, Wish
from tests.fuzz.guided.targets import MARK
from tests.fuzz.guided.world import CORPUS, TRUST
from tests.ses_world import DOCUMENT
from tests.trust_list_world import Publisher, full
from tests.unit.verify.bundle.test_bundle import Maker
from tests.unit.verify.institution.test_record import Recording
from tests.unit.verify.reports.world import Service
from tests.verify_world import Signing, append, small_pdf
from verify.trusted_lists.lote_writing import payload_of, write_json
from verify.trusted_lists.xml_writing import write_xml

SAMPLES: Final = Path(__file__).parents[2] / "samples" / "pdf"
FOREIGN: Final = (
    "pyhanko-minimal-hybrid-xref.pdf",
    "pyhanko-uncompressed-objstream-sample.pdf",
    "pyhanko-minimal-two-fields.pdf",
)
NOTE: Final = """# Seeds of the guided fuzzing

One folder for each target of `tests/fuzz/guided/targets.py`; `trust/` holds the demonstration roots, authorities and
revocation lists that the seeds were made under, and the time. All of it was written by
`python -m tests.fuzz.guided.seeds` from the worlds of the test suite (keys drawn for the occasion and thrown away),
except `pdf/pyhanko-*`, which are copies from `tests/samples/pdf` (pyHanko, MIT). Files named `found-*` are inputs
that broke something once; they stay.
"""


def main() -> None:
    """Write every folder; what was found once is kept."""
    kept = {path: path.read_bytes() for path in CORPUS.rglob("found-*")} if CORPUS.is_dir() else {}
    shutil.rmtree(CORPUS, ignore_errors=True)
    both = [bare.world(Suite.INTERNATIONAL), bare.world(Suite.GM)]
    _trust(both)
    for number, here in enumerate(both):
        for target, files in _of(here).items():
            for name, octets in files.items():
                _write(target, f"{'gm' if number else 'int'}-{name}", octets)
    for target, files in (_ofd() | _institutional()).items():
        for name, octets in files.items():
            _write(target, name, octets)
    for name in FOREIGN:
        _write("pdf", name, (SAMPLES / name).read_bytes())
    for path, octets in kept.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(octets)
    (CORPUS / "README.md").write_text(NOTE)


def _trust(both: list[Containers]) -> None:
    anchors = TRUST / "anchors"
    anchors.mkdir(parents=True)
    (TRUST / "made.json").write_text(json.dumps({"at": both[0].now.isoformat()}))
    for number, here in enumerate(both):
        (anchors / f"{number}.cer").write_bytes(here.pki.root.certificate.public_bytes(Encoding.DER))
        (TRUST / f"{number}.cer").write_bytes(here.pki.issuing.der)
        for place, crl in enumerate(here.crls()):
            (TRUST / f"{number}-{place}.crl").write_bytes(crl)
        (TRUST / f"{number}.jws").write_text(here.status_list())


def _of(here: Containers) -> dict[str, dict[str, bytes]]:
    national = here.pki.suite is Suite.GM
    sealed = here.put(
        small_pdf(1), Wish(ContainerKind.GBT35275 if national else ContainerKind.CMS, stated=False)
    )
    found = {
        "pdf": {"sealed.pdf": sealed, "changed.pdf": append(sealed, {3: b"<</Type/Font>>"})},
        "cms": {"detached.p7s": bare.detached(here, stated=False), "attached.p7m": bare.attached(here)},
        "certificate": {
            "keeper.cer": here.keeper.der,
            "root.pem": bare.pem(here.pki.root.der),
            "chain.pem": bare.certificates(here),
        },
        "crl": {"issuing.crl": here.crls()[0]},
        "ocsp": {"keeper.ocsp": here.pki.ocsp(here.keeper.certificate)},
        "time-stamp": {"token.tst": bare.token(here), "answer.tsr": bare.response(bare.token(here))},
        "jws": {
            "statement.jws": here.statement(small_pdf(1), here.keeper).encode(),
            "list.jws": here.status_list().encode(),
            "answer.jws": bare.lookup(here).encode(),
            "voided.jws": bare.void_list(here).encode(),
            "voiding.jws": bare.void_record(here).encode(),
        },
        "proof": {"proof.json": bare.tree_proof(here)},
    }
    if national:
        found["ses"] = {
            **{f"{version.name}.esl": here.esl(version) for version in (SesVersion.V4, SesVersion.V5)},
            "V1.esl": here.esl_v1(),
            "V4.dat": here.signature(),
            "V1.dat": here.signature_v1(),
        }
        found["cms"]["bare.p7m"] = bare.gm_attached(here)
        found["ses"]["document"] = DOCUMENT
    return found


def _ofd() -> dict[str, dict[str, bytes]]:
    files = ofd_world.entries(ofd_world.seal(ofd_world.document(1)))
    files = {name: octets for name, octets in files.items() if len(octets) < 24_000}
    content = b"".join(MARK + name.encode() + b"\n" + octets for name, octets in files.items())
    small = {name: octets for name, octets in files.items() if name.endswith(".xml")}
    return {
        "ofd-content": {"sealed": content},
        "ofd-package": {"package.ofd": ofd_world.packed(small)},
        "xml": {name.replace("/", "-"): octets for name, octets in small.items()},
    }


def _institutional() -> dict[str, dict[str, bytes]]:
    """Trust lists in both forms, evidence records, a signed report, a bundle."""
    signing = Signing()
    publisher = Publisher()
    listed = full(publisher, publisher.pki.issuing.der)
    jws = Recording(signing).jws()
    told = Service(signing).jws(None)
    return {
        "list-xml": {"full.xml": publisher.signed(listed, write_xml)},
        "list-json": {
            "full.jws": publisher.signed(listed, write_json),
            "full.json": json.dumps(payload_of(listed)).encode(),
        },
        "record": {"record.jws": jws.encode(), "record.json": _payload(jws), "report.jws": told.encode()},
        "bundle": {"small.yxb": Maker(signing).make()},
    }


def _payload(jws: str) -> bytes:
    text = jws.split(".")[1]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _write(target: str, name: str, octets: bytes) -> None:
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(octets)


if __name__ == "__main__":
    main()
