"""The XML report against the schema that ETSI published (TS 119 102-2 V1.4.1), for every kind of file that is verified (D5)."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree

from tests.conftest import missing
from tests.interop.java_judge import LIFE_OF_A_BUILD
from tests.interop.sealing_world import SAMPLES as PDFS
from tests.ses_world import SAMPLES as OFDS
from tests.unit.verify.test_seals import Sealing
from tests.verify_world import Signing, append
from verify.report import DocumentReport
from verify.reports.etsi import Issue, etsi_xml
from verify.trust import TrustStore
from verify.verifier import Verifier

POM = Path(__file__).parent / "validation_report" / "pom.xml"
SCHEMA = "TS119102-2-v141.xsd"
IMPORTED = {
    "xmldsig-core-schema.xsd": "xmldsig-core-schema.xsd",
    "xml.xsd": "xml.xsd",
    "XAdES.xsd": "XAdES.xsd",
    "ts_119612v020201_201601xsd.xsd": "ts_119612v020101_xsd.xsd",
}
"""What the schema imports by address, and the file of that schema in the jars."""

Check = Callable[[DocumentReport], None]


class _Local(etree.Resolver):  # type: ignore[misc]  # lxml has no types
    """Answers every address from the jars; another address is an error, never a fetch."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def resolve(self, url: str, _public: str, context: object) -> object:
        name = url.rpartition("/")[2]
        path = self._folder / "xsd" / IMPORTED.get(name, name)
        return self.resolve_filename(str(path), context)


@pytest.fixture(scope="module")
def check(tmp_path_factory: pytest.TempPathFactory) -> Check:
    """Fetch the schemas, and return what holds a report against them."""
    if shutil.which("mvn") is None:
        missing("Maven", "not installed")
    folder = tmp_path_factory.mktemp("schema")
    shutil.copy(POM, folder)
    command = ["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={folder}"]
    ran = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=LIFE_OF_A_BUILD, check=False
    )
    if ran.returncode:
        pytest.fail(f"the schemas cannot be fetched: {ran.stdout}{ran.stderr}")
    for jar in folder.glob("specs-*.jar"):
        with zipfile.ZipFile(jar) as packed:
            packed.extractall(folder, [one for one in packed.namelist() if one.endswith(".xsd")])
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Local(folder))
    schema = etree.XMLSchema(etree.parse(str(folder / "xsd" / SCHEMA), parser))

    def against(report: DocumentReport) -> None:
        issue = Issue(
            "核验服务", "5QH80-QFQNX-RADA", report.verified_at, "https://v.example/5QH80", b"\x30\x00"
        )
        for one in (issue, Issue()):
            schema.assertValid(etree.fromstring(etsi_xml(report, one)))

    return against


def test_reports_on_our_documents_fit_the_schema(check: Check) -> None:
    signing = Signing()
    sealing = Sealing(signing)
    good = sealing.seal()
    at = signing.now + timedelta(hours=1)
    verifier = Verifier(signing.trust(seal_lists=[sealing.status_list()]))
    found = verifier.verify(good, at=at, name="合同.pdf")
    assert found.verdict.value == "passed"
    check(found)
    check(replace(found, signatures=found.signatures * 3, file="<&\x00\ud800>"))
    check(verifier.verify(append(good, {4: b"<< /Length 0 >>\nstream\n\nendstream"}), at=at))
    check(verifier.verify(signing.b_lta(), at=at))
    check(verifier.verify(signing.root_der, at=at))
    check(verifier.verify(signing.crls()[0], at=at))
    check(verifier.verify(sealing.status_list().encode(), at=at))


@pytest.mark.parametrize("folder", [PDFS, OFDS], ids=["pdf", "ofd"])
def test_reports_on_all_samples_fit_the_schema(check: Check, folder: Path) -> None:
    """PDF, OFD, seals, seal signatures, damaged ones: a report each."""
    verifier, at = Verifier(TrustStore(())), Signing().now
    paths = [path for path in sorted(folder.iterdir()) if path.suffix in {".pdf", ".ofd", ".esl", ".dat"}]
    assert paths
    for path in paths:
        check(verifier.verify(path.read_bytes(), at=at, name=path.name))
