"""Signed files that users of some thirty products sent to EU DSS over the years, which it publishes with its own tests.

``python -m tests.interop.real_files`` judges them anew, by us and by EU DSS, and writes the record; where the two differ, the record
names one of :data:`WHY`.
"""

from __future__ import annotations

import json
import subprocess
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from tests.interop.java_judge import LIFE_OF_A_BUILD
from verify.objects.report import ObjectReport
from verify.report import DocumentReport, SignatureReport
from verify.trust import TrustStore
from verify.verdict import SubIndication, Verdict
from verify.verifier import Verifier

HERE: Final = Path(__file__).parent
RECORD: Final = HERE / "record.json"
JUDGED: Final = {
    "dss-pades": (".pdf",),
    "dss-cades": (".p7m", ".p7s", ".pkcs7"),
    "dss-tsl-validation": (".xml",),
}
"""What is taken of each archive."""
LIST: Final = b"TrustServiceStatusList"
GRAVITY: Final = ("whole", "unsigned", "unclear", "doubtful", "changed", "broken", "unreadable")
_BROKEN: Final = frozenset(
    {SubIndication.FORMAT_FAILURE, SubIndication.HASH_FAILURE, SubIndication.SIG_CRYPTO_FAILURE}
)
_WHOLE: Final = frozenset({None, SubIndication.NO_CERTIFICATE_CHAIN_FOUND, SubIndication.TRY_LATER})

WHY: Final = {
    "values": "Values were filled in, or notes put over the pages, which no certification allows. EU DSS tells it and warns; for us the document is not what was signed.",
    "overlap": "EU DSS doubts a field that touches another; we do where one hides half of an earlier signature or much of a page.",
    "encoding": "OpenSSL agrees with us: the signature is over the attributes as they stand; EU DSS encodes them anew before it looks.",
    "value": "The signature's own value does not fit its key; OpenSSL agrees with us.",
    "container": "A PDF's container holds two signers, the content once more or octets behind it (ISO 32000-2 §12.8.3.3).",
    "repair": "An object of the signed part stands in no table, and something was appended: a reader that repairs the file may show it.",
    "size": "PDFBox wrote a revision in which, by its own /Size, no object exists.",
    "algorithm": "The algorithms of digest and signature disagree, or are none that we compute: no word on the value, a failure for EU DSS. Where RSA-PSS names another digest than the signature (RFC 4056 §3), a failure for us and not for EU DSS.",
    "unread": "Neither takes it for good, and the words for that differ: an empty value, a damaged file, a range that ends behind it, a forged dictionary.",
    "visible": "A document time-stamp that shows something is a change for us (anybody can buy one); EU DSS leaves it out of its list of signatures.",
    "old": "A trust list of a version before 5 is not read; EU DSS checks its signature all the same.",
    "signer": "The list says that it was issued before its signer's certificate began; EU DSS leaves that to the reader of the list.",
    "list": "A list inside the list, more than one signature, or a key that is too short: refused for what lists are for, whatever XML signatures allow.",
    "unsigned": "A list that nobody signed is refused; EU DSS finds no signature to judge.",
    "certificate": "The signer's certificate is not DER, or of a kind that is not read here: nothing is said of the value.",
    "content": "The content is a signature itself, or the container is of a content type that is none of a document's.",
}


def fetch(folder: Path) -> Path:
    """Fetch the archives by Maven, as ``pom.xml`` names them; no file of them is kept here."""
    (folder / "pom.xml").write_bytes((HERE / "pom.xml").read_bytes())
    command = ["mvn", "-q", "-B", "dependency:copy-dependencies", "-DincludeClassifiers=tests"]
    ran = subprocess.run(
        [*command, f"-DoutputDirectory={folder}"],
        cwd=folder, capture_output=True, text=True, timeout=LIFE_OF_A_BUILD, check=False,
    )  # fmt: skip
    if ran.returncode:
        pytest.fail(f"the files cannot be fetched: {ran.stdout}{ran.stderr}")
    return folder


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield each file by archive and path."""
    for archive in sorted(folder.glob("*-tests.jar")):
        module = next(name for name in JUDGED if archive.name.startswith(f"{name}-"))
        with zipfile.ZipFile(archive) as held:
            for name in sorted(held.namelist()):
                octets = held.read(name) if name.endswith(JUDGED[module]) else b""
                if octets and (module != "dss-tsl-validation" or LIST in octets):
                    yield f"{module}/{name}", octets


def word(octets: bytes) -> str:
    """Say what we find, apart from whom to trust: nobody is trusted here."""
    report = Verifier(TrustStore([])).verify(octets, at=datetime.now(UTC))
    if report.verdict is Verdict.UNREADABLE:
        return "unreadable"
    if isinstance(report, ObjectReport):
        return _of_list(report)
    assert isinstance(report, DocumentReport)
    return max(map(_of_signature, report.signatures), key=GRAVITY.index, default="unsigned")


def _of_list(report: ObjectReport) -> str:
    if report.sub_indication is SubIndication.FORMAT_FAILURE:
        return "unreadable"
    if report.sub_indication in _BROKEN:
        return "broken"
    return "whole" if report.sub_indication in _WHOLE else "unclear"


def _of_signature(found: SignatureReport) -> str:
    if found.integrity.modified and found.sub_indication is SubIndication.DOCUMENT_MODIFIED:
        return "changed"
    if found.sub_indication in _BROKEN:
        return "broken"
    if found.integrity.doubts and found.sub_indication is SubIndication.DOCUMENT_MODIFIED:
        return "doubtful"
    judged = found.sub_indication in _WHOLE and found.integrity.modified is not None
    return "whole" if judged else "unclear"


def section() -> list[str]:
    """Draw what the record says, for ``docs/conformance.md``."""
    record = json.loads(RECORD.read_text("utf-8"))
    differing = {name: row for name, row in record.items() if row["ours"] != row["dss"]}
    counted = Counter(row["why"] for row in differing.values())
    lines = [
        "",
        "## Real files\n",
        (
            f"Of the {len(record)} files of EU DSS's own tests that are judged here (`tests/interop/test_real_files.py`; nobody is trusted, and only what was signed is looked at), "
            f"{len(record) - len(differing)} are to us what they are to it. The others, with the reason:\n"
        ),
    ]
    lines += [f"- `{key}` ({counted[key]}). {why}" for key, why in WHY.items()]
    lines += ["", "| file | ours | DSS | reason |", "|---|---|---|---|"]
    lines += [f"| {name} | {row['ours']} | {row['dss']} | {row['why']} |" for name, row in differing.items()]
    return lines
