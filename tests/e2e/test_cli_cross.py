"""``yinxin ca cross-certify`` as two people use it: propose, confirm, verify across, revoke (D1)."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from ca.custody_policy import policy_oid
from hsm.signer import Custody
from hsm.suite import Suite
from tests.e2e.conftest import in_process as yinxin
from tests.e2e.test_cli import good, one_red_line
from tests.pki import Party, Pki
from tests.verify_world import Signing

LEVEL = "1.3.6.1.4.1.55555.1.1"
TERMS = f"""
path_length = 1
policies = ["{LEVEL}"]
permitted = ["dn:/C=CN"]
[[map]]
ours = "{LEVEL}"
theirs = "{policy_oid(Custody.TOKEN)}"
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cross") / "home"
    good(yinxin("ca", "ceremony", "--suite", "gm", home=folder))
    return folder


def policies(*oids: str) -> list[tuple[x509.ExtensionType, bool]]:
    listed = [x509.PolicyInformation(x509.ObjectIdentifier(oid), None) for oid in oids]
    return [(x509.CertificatePolicies(listed), False)]


def neighbour() -> tuple[Pki, Party]:
    """Another installation, of the international suite, and its keeper: our own root is SM2."""
    pki = Pki(datetime.now(UTC), name="乙机构 TEST", suite=Suite.INTERNATIONAL)
    below = policies(policy_oid(Custody.TOKEN), "2.5.29.32.0")
    pki.issuing = pki.make("issuing", pki.issuing.certificate.subject, issuer=pki.root, extra=below)
    return pki, pki.party(extra=policies(policy_oid(Custody.TOKEN)))


def test_two_people_recognise_a_neighbour_and_end_it_by_command(home: Path, tmp_path: Path) -> None:
    """A national installation recognises an international one: the paths have SM2 and P-256 keys, and one engine."""
    pki, keeper = neighbour()
    files = {
        "root.cer": pki.root.der,
        "terms.toml": TERMS.encode(),
        "sealed.pdf": Signing(pki.now).sign(keeper=keeper),
    }
    for name, octets in files.items():
        (tmp_path / name).write_bytes(octets)
    told = hashlib.sha256(pki.root.der).hexdigest()
    trust = home / "trust"
    (trust / "crls").mkdir(exist_ok=True)
    for number, party in enumerate((pki.root, pki.issuing)):
        (trust / "crls" / f"neighbour-{number}.crl").write_bytes(pki.crl(party))
    verify = ("verify", tmp_path / "sealed.pdf", "--trust", trust, "--json")
    assert yinxin(*verify, home=home).returncode == 2, "nobody knows the neighbour yet"

    order = ("--certificate", tmp_path / "root.cer", "--terms", tmp_path / "terms.toml", "--fingerprint")
    one_red_line(yinxin("ca", "cross-certify", "propose", *order, "0" * 64, home=home), 1)
    proposed = json.loads(good(yinxin("ca", "cross-certify", "propose", *order, told, home=home)))
    confirm = ("ca", "cross-certify", "confirm", proposed["id"], "--fingerprint", told)
    one_red_line(yinxin(*confirm, "--as", "person:zhao.lei", home=home), 1)
    made = json.loads(good(yinxin(*confirm, "--out", tmp_path / "cross.cer", home=home)))
    assert (made["status"], made["mappings"][0]["ours"]) == ("issued", LEVEL)
    assert (trust / "intermediates" / f"cross-{made['serial']}.cer").read_bytes() == (
        tmp_path / "cross.cer"
    ).read_bytes()
    assert made["serial"][:8] in good(yinxin("ca", "cross-certify", "list", home=home))

    done = yinxin(*verify, home=home)
    assert done.returncode == 0, done.stdout
    (signature,) = _document(done.stdout)["signatures"]
    assert signature["signer"]["policies"] == [LEVEL]
    good(yinxin("ca", "revoke", made["serial"], "--reason", "cessationOfOperation", home=home))
    good(yinxin("ca", "crl", "root", home=home))
    assert yinxin(*verify, home=home).returncode == 2
    one_red_line(yinxin("ca", "cross-certify", "withdraw", made["id"], home=home), 1)


def _document(printed: str) -> dict[str, list[dict[str, dict[str, list[str]]]]]:
    found = json.loads(printed)
    return found["documents"][0] if "documents" in found else found[0] if isinstance(found, list) else found
