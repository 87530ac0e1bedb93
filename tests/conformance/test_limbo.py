"""C2SP x509-limbo (Apache-2.0): path validation and CRL cases against :mod:`verify.certificates.paths` and :mod:`verify.certificates.revocation`."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca.profile import EKU_CLIENT_AUTH, EKU_SERVER_AUTH
from tests.conftest import missing
from verify.certificates.paths import PathFinder
from verify.certificates.policies import PathTerms
from verify.certificates.purpose import extended
from verify.certificates.revocation import Evidence
from verify.certificates.signer import CertificateJudge
from verify.errors import Finding, unsure
from verify.policy import Policy
from verify.signatures.loaded import load_certificate
from verify.trust import TrustStore
from verify.verdict import SubIndication

HERE = Path(__file__).parent
LIMBO = HERE.parents[1].parent / "shared" / "samples" / "limbo.json"


def _cases() -> list[dict[str, Any]]:
    return json.loads(LIMBO.read_text())["testcases"] if LIMBO.is_file() else []


CASES = {case["id"]: case for case in _cases()}
PURPOSES = {"serverAuth": EKU_SERVER_AUTH, "clientAuth": EKU_CLIENT_AUTH}
SKIPS: dict[str, str] = tomllib.loads((HERE / "skips.toml").read_text())["x509-limbo"]


def _load(pem: str) -> x509.Certificate | None:
    body = "".join(line for line in pem.splitlines() if not line.startswith("-----"))
    import base64

    return load_certificate(base64.b64decode(body))


def _check_purpose(case: dict[str, Any], leaf: x509.Certificate) -> None:
    """RFC 5280 §4.2.1.12: where purposes are named, the one asked for is among them."""
    wanted = {PURPOSES[name] for name in case["extended_key_usage"]}
    found = extended(leaf)
    if found is not None and not wanted <= found[0]:
        raise unsure(SubIndication.CHAIN_CONSTRAINTS_FAILURE, "用途不符。", "another purpose")


def _verdict(case: dict[str, Any]) -> str:
    """Judge as a document's signer would be judged, but for the purpose: limbo's are TLS's."""
    loaded = [_load(pem) for pem in [case["peer_certificate"], *case["trusted_certs"]]]
    if any(item is None for item in loaded):
        return "FAILURE"
    leaf, *anchors = [item for item in loaded if item is not None]
    extra = [c for pem in case["untrusted_intermediates"] if (c := _load(pem)) is not None]
    moment = case["validation_time"]
    at = datetime.fromisoformat(moment) if moment else datetime.now(UTC)
    paths = PathFinder(TrustStore(anchors), PathTerms(max_length=case["max_chain_depth"]))
    evidence = Evidence(paths)
    crls = [x509.load_pem_x509_crl(pem.encode()).public_bytes(Encoding.DER) for pem in case.get("crls", ())]
    evidence.add(crls, [], embedded=False)
    policy = Policy(require_revocation=bool(crls), freshness=timedelta(days=3650))
    judge = CertificateJudge(paths, evidence, policy)
    try:
        judged = judge.judge(leaf, extra, at, lambda found: _check_purpose(case, found))
    except Finding:
        return "FAILURE"
    return "SUCCESS" if judged.finding is None else "FAILURE"


def test_cases_are_there() -> None:
    if not CASES:
        missing("x509-limbo", f"no {LIMBO}")
    assert len(CASES) == 84
    assert SKIPS.keys() <= CASES.keys()


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
@pytest.mark.parametrize("name", sorted(CASES))
def test_limbo(name: str) -> None:
    case = CASES[name]
    if name in SKIPS:
        assert _verdict(case) != case["expected_result"], "this case passes now: take it off skips.toml"
        pytest.skip(SKIPS[name])
    assert _verdict(case) == case["expected_result"], case["description"]
