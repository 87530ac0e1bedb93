"""NIST PKITS: every case with its settings against :mod:`verify.certificates.paths` and :mod:`verify.certificates.revocation`.

The paths are judged as a document's signer would be judged, with revocation lists demanded for each certificate.
"""

from __future__ import annotations

import json
import tarfile
import tomllib
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from verify.certificates.paths import PathFinder
from verify.certificates.policies import PathTerms
from verify.certificates.revocation import Evidence
from verify.certificates.signer import CertificateJudge
from verify.errors import Finding
from verify.policy import Policy
from verify.signatures.loaded import load_certificate
from verify.trust import TrustStore

HERE = Path(__file__).parent
ARCHIVE = HERE.parent / "samples" / "pkits" / "pkits.tar.xz"
SKIPS: dict[str, str] = tomllib.loads((HERE / "skips.toml").read_text())["pkits"]
AT = datetime(2022, 5, 1, tzinfo=UTC)


@cache
def _files() -> dict[str, bytes]:
    with tarfile.open(ARCHIVE) as archive:
        return {item.name: archive.extractfile(item).read() for item in archive}  # type: ignore[union-attr]


def _named(cases: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Name each case as the suite's document does: section, then test (``4.8.3``), then its settings where there are several."""
    return {f"{c['id'][0]}.{int(c['id'][1:3])}.{int(c['id'][3:])}-{c['name']}": c for c in cases}


CASES = _named(json.loads(_files()["cases.json"]))


def _certificate(name: str) -> x509.Certificate | None:
    return load_certificate(_files()[f"certs/{name}"])


def _terms(params: dict[str, Any]) -> PathTerms:
    return PathTerms(
        frozenset(params.get("user_initial_policy_set", ())),
        require_policy=params.get("initial_explicit_policy", False),
        inhibit_mapping=params.get("initial_policy_mapping_inhibit", False),
        inhibit_any=params.get("initial_any_policy_inhibit", False),
    )


def valid(case: dict[str, Any]) -> bool:
    anchor, leaf = _certificate("TrustAnchorRootCertificate.crt"), _certificate(case["cert"])
    if leaf is None or anchor is None:
        return False
    others = [found for name in case.get("other_certs", ()) if (found := _certificate(name)) is not None]
    paths = PathFinder(TrustStore([anchor], others), _terms(case.get("params", {})))
    evidence = Evidence(paths)
    lists = ("TrustAnchorRootCRL.crl", *case.get("crls", ()))
    evidence.add([_files()[f"crls/{name}"] for name in lists], [], embedded=False)
    judge = CertificateJudge(paths, evidence, Policy(freshness=timedelta(days=1)))
    try:
        return judge.judge(leaf, others, AT, lambda _leaf: None).finding is None
    except Finding:
        return False


def test_cases_are_there() -> None:
    """At least 95 of a hundred cases are followed; each other one is explained by name."""
    assert len(CASES) == 246
    assert SKIPS.keys() <= CASES.keys()
    assert len(SKIPS) <= 0.05 * len(CASES)


@pytest.mark.filterwarnings("ignore:Parsed a .*serial number")
@pytest.mark.parametrize("name", sorted(CASES))
def test_pkits(name: str) -> None:
    case = CASES[name]
    if name in SKIPS:
        assert valid(case) != case["valid"], "this case passes now: take it off skips.toml"
        pytest.skip(SKIPS[name])
    assert valid(case) == case["valid"]
