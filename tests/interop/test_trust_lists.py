"""Our trust lists before outside judges, and the lists of others before us.

XML: xmlsec1 checks the signature, ETSI's schema (TS 119 612 v2.4.1, as EU DSS ships it) the form. JSON: joserfc. And the national
lists and pivots of the Union that DSS is tested with are read by our reader, which must take the good ones and refuse the spoilt.
Everything from outside is fetched by the test's own build and kept nowhere.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey
from lxml import etree

from tests.conftest import missing
from tests.trust_list_world import Publisher, full, octets_of, tree
from tests.verify_world import Signing
from verify.trusted_lists.errors import ListRefused, ListSignerUnknown
from verify.trusted_lists.files import read_pinned
from verify.trusted_lists.lote_writing import payload_of, write_json
from verify.trusted_lists.pinned import read_list
from verify.trusted_lists.pivots import follow
from verify.trusted_lists.source import PinnedSource
from verify.trusted_lists.xml_reading import certificate_of, tag
from verify.trusted_lists.xml_signature import DS
from verify.trusted_lists.xml_writing import write_xml

pytestmark = pytest.mark.judge

POM = Path(__file__).parent / "trustlists" / "pom.xml"
LIFE_OF_A_BUILD = 600
"""Seconds for the first fetching; Maven keeps the jars."""
SCHEMA = """<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema">
<xsd:import namespace="http://uri.etsi.org/02231/v2#" schemaLocation="19612_xsd.xsd"/>
<xsd:import namespace="http://uri.etsi.org/02231/v2/additionaltypes#" schemaLocation="ts_119612v020401_additionaltypes_xsd.xsd"/>
<xsd:import namespace="http://uri.etsi.org/TrstSvc/SvcInfoExt/eSigDir-1999-93-EC-TrustedList/#"
 schemaLocation="ts_119612v020401_sie_xsd.xsd"/>
</xsd:schema>"""
LOCAL = {
    "19612_xsd.xsd": "ts_119612v020401_xsd.xsd",
    "XAdES01903v132-201601.xsd": "XAdES01903v132-202407.xsd",
}


@pytest.fixture(scope="session")
def jars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fetch what the pom names and unpack it."""
    if shutil.which("mvn") is None:
        missing("mvn", "not installed")
    folder = tmp_path_factory.mktemp("trust-lists")
    shutil.copy(POM, folder)
    fetching = ["dependency:copy-dependencies", "-DexcludeTransitive=true", f"-DoutputDirectory={folder}"]
    ran = subprocess.run(
        ["mvn", "-q", "-B", *fetching],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=LIFE_OF_A_BUILD,
        check=False,
    )
    if ran.returncode:
        pytest.fail(f"the schemas cannot be fetched: {ran.stdout}{ran.stderr}")
    for jar in folder.glob("*.jar"):
        with zipfile.ZipFile(jar) as packed:
            packed.extractall(folder, [name for name in packed.namelist() if name.endswith((".xsd", ".xml"))])
    return folder


@pytest.fixture(scope="session")
def schema(jars: Path) -> etree.XMLSchema:
    class Here(etree.Resolver):
        """Every schema is in the jars, whatever address names it; nothing is fetched."""

        def resolve(self, url: str, _: object, context: Any) -> Any:
            name = url.rsplit("/", 1)[-1]
            path = jars / "xsd" / LOCAL.get(name, name)
            return self.resolve_filename(str(path), context) if path.exists() else self.resolve_empty(context)

    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(Here())
    return etree.XMLSchema(
        etree.fromstring(SCHEMA.encode(), parser, base_url=f"{jars}/xsd/all.xsd").getroottree()
    )


@pytest.fixture(scope="session")
def publisher() -> Publisher:
    return Publisher()


@pytest.fixture(scope="session")
def signing() -> Signing:
    return Signing()


def test_the_schema_takes_our_list(publisher: Publisher, signing: Signing, schema: etree.XMLSchema) -> None:
    octets = publisher.signed(full(publisher, signing.pki.issuing.der, signing.pki.root.der), write_xml)
    schema.assertValid(tree(octets))
    spoilt = tree(octets)
    next(spoilt.iter(tag("TSLSequenceNumber"))).text = "-7"
    assert not schema.validate(spoilt)


@pytest.mark.parametrize("by", ["key", "rsa"])
def test_xmlsec_takes_our_signature(publisher: Publisher, signing: Signing, tmp_path: Path, by: str) -> None:
    if shutil.which("xmlsec1") is None:
        missing("xmlsec1", "not installed")
    octets = publisher.signed(full(publisher, signing.pki.issuing.der), write_xml, by=getattr(publisher, by))
    root = tree(octets)
    next(root.iter(tag("TSLSequenceNumber"))).text = "8"
    for name, file in (("good.xml", octets), ("spoilt.xml", octets_of(root))):
        (tmp_path / name).write_bytes(file)
    said = {name: _xmlsec(tmp_path / name) for name in ("good.xml", "spoilt.xml")}
    assert said["good.xml"][0] == 0, said
    assert "SignedInfo References (ok/all): 2/2" in said["good.xml"][1]
    assert said["spoilt.xml"][0] != 0


def _xmlsec(file: Path) -> tuple[int, str]:
    names = ("TrustServiceStatusList", "SignedProperties")
    identifiers = [part for name in names for part in ("--id-attr:Id", name)]
    ran = subprocess.run(
        ["xmlsec1", "--verify", *identifiers, "--insecure", str(file)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ran.returncode, ran.stdout + ran.stderr


def test_joserfc_takes_our_list(publisher: Publisher, signing: Signing) -> None:
    listed = full(publisher, signing.pki.issuing.der)
    octets = publisher.signed(listed, write_json)
    key = ECKey.import_key(publisher.key.certificate.public_key())  # type: ignore[arg-type]
    registry = jws.JWSRegistry(strict_check_header=False)
    registry.max_header_length = registry.max_payload_length = (
        1024 * 1024
    )  # a chain is longer than it allows by itself
    found = jws.deserialize_compact(octets, key, registry=registry)
    import json

    assert json.loads(found.payload) == payload_of(listed)
    stranger = ECKey.import_key(publisher.pki.party().certificate.public_key())  # type: ignore[arg-type]
    with pytest.raises(Exception, match="bad_signature"):
        jws.deserialize_compact(octets, stranger, registry=registry)


def signers_of(octets: bytes) -> PinnedSource:
    """Pin whoever a list says that it was signed by: these files are the judge's, not trusted for anything."""
    root = etree.fromstring(octets, etree.XMLParser(recover=True))
    named = root.iterfind(f".//{tag('KeyInfo', DS)}//{tag('X509Certificate', DS)}")
    return PinnedSource.of("", [certificate_of(item.text) for item in named])


SPOILT = re.compile(
    r"broken-sig|no-sig|not-compliant|non-compliant|two-sigs|altered|missing-pivot|not-conform|no-tl-version"
)
NATIONAL = ["AT", "BE", "BG", "CY", "DK", "FI", "IE", "IS", "LI", "LT", "LU", "LV", "MT", "SE", "SI", "UK"]
"""Small ones, for the time of the run; the others of that year are read as well, but for Norway's: it has an RSA key of
2,032 bits, which counts for nothing any more (TS 119 312 §8.2)."""


def test_national_lists_are_read(jars: Path) -> None:
    services = 0
    for name in NATIONAL:
        octets = (jars / "lotlCache" / f"{name}.xml").read_bytes()
        found = read_list(octets, [signers_of(octets)])
        assert found.territory == name
        services += len(found.services)
    assert services > 250


def test_spoilt_lists_are_refused(jars: Path) -> None:
    files = [path for path in jars.rglob("*.xml") if SPOILT.search(path.name)]
    assert len(files) >= 15
    for path in files:
        octets = path.read_bytes()
        with pytest.raises(ListRefused):
            read_list(octets, [signers_of(octets)])


def test_the_unions_pivots_are_followed(jars: Path) -> None:
    """From the signers of number 282 to those of 341: each issue names who signs the next."""
    files = [(jars / "lotlCache" / f"eu-lotl-pivot-{n}.xml").read_bytes() for n in (282, 300, 335, 341)]
    start = signers_of(files[0])
    last = read_list(files[3], [signers_of(files[3])])
    with pytest.raises(ListSignerUnknown):
        read_list(files[3], [start])
    followed = follow([files[2], files[0], files[1]], start)
    assert followed.pin.via == (282, 300, 335)
    assert len(read_pinned(files[3], [followed.pin]).pointers) > 30
    assert last.pivots[-1].endswith("eu-lotl-pivot-282.xml")
