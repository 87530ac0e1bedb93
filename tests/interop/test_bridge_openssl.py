"""OpenSSL judges the same paths through a bridge with its own policy processing, and comes to the same answers (D1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca.certificate import RevocationReason
from hsm.signer import Custody
from tests.bridge_world import A_LEVEL, A_TO_BRIDGE, BRIDGE_LEVEL, STRANGER, Bridged, make_bridge
from tests.conftest import SteppingClock
from tests.interop.status_judges import judge
from tests.pki import OFFICER
from verify.certificates.policies import PathTerms

pytestmark = pytest.mark.judge
ASKED = PathTerms(frozenset({A_LEVEL}), require_policy=True)


def by_openssl(bridged: Bridged, leaf: x509.Certificate, folder: Path, *options: str) -> tuple[int, str]:
    """Ask ``openssl verify`` for an explicit policy in A's words, with every list at hand."""

    def write(name: str, *certificates: x509.Certificate) -> str:
        path = folder / name
        path.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in certificates))
        return str(path)

    lists = folder / "lists.pem"
    pems = [x509.load_der_x509_crl(one).public_bytes(Encoding.PEM) for one in bridged.lists()]
    lists.write_bytes(b"".join(pems))
    paths = ["-CAfile", write("a.pem", bridged.a.root), "-untrusted", write("between.pem", *bridged.between)]
    paths += ["-crl_check_all", "-CRLfile", str(lists), "-attime", str(int(bridged.a.clock().timestamp()))]
    asked = options or ("-policy", A_LEVEL, "-policy_check", "-explicit_policy")
    said = judge(
        "openssl",
        "verify",
        "-x509_strict",
        *paths,
        *asked,
        "-policy_print",
        write("leaf.pem", leaf),
        folder=folder,
    )
    return said.status, said.text


def test_openssl_and_ours_agree_on_every_path_through_the_bridge(
    clock: SteppingClock, tmp_path: Path
) -> None:
    """Accepted in A's words; refused in the bridge's, outside the names, without the policy, after revocation."""
    bridged = make_bridge(clock)
    leaf, stranger, bare = bridged.leaf(), bridged.leaf(STRANGER), bridged.leaf(custody=None)
    other = bridged.leaf(custody=Custody.TOKEN)
    status, text = by_openssl(bridged, leaf, tmp_path)
    assert status == 0, text
    assert A_LEVEL in text
    assert bridged.judge(leaf, ASKED).finding is None
    for one, said in (
        (stranger, "permitted subtree violation"),
        (bare, "no explicit policy"),
        (other, "no explicit policy"),
    ):
        status, text = by_openssl(bridged, one, tmp_path)
        assert status != 0
        assert said in text
        assert bridged.judge(one, ASKED).finding is not None
    status, text = by_openssl(
        bridged, leaf, tmp_path, "-policy", BRIDGE_LEVEL, "-policy_check", "-explicit_policy"
    )
    assert (status != 0, "no explicit policy" in text) == (True, True)
    status, text = by_openssl(
        bridged, leaf, tmp_path, "-policy", A_LEVEL, "-policy_check", "-explicit_policy", "-inhibit_map"
    )
    assert (status != 0, "no explicit policy" in text) == (True, True)
    clock.advance(timedelta(hours=1))
    serial = x509.load_der_x509_certificate(bridged.to_b.certificate).serial_number
    bridged.bridge.authority.revoke(serial, RevocationReason.PRIVILEGE_WITHDRAWN, actor=OFFICER)
    status, text = by_openssl(bridged, leaf, tmp_path)
    assert (status != 0, "certificate revoked" in text) == (True, True)
    assert bridged.judge(leaf, ASKED).finding is not None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda terms: f"inhibit_policy_mapping = 0\n{terms}", "no explicit policy"),
        (
            lambda terms: terms.replace("path_length = 2", "path_length = 1"),
            "path length constraint exceeded",
        ),
    ],
    ids=["mapping inhibited", "not deep enough"],
)
def test_openssl_and_ours_agree_on_narrower_terms(
    clock: SteppingClock, tmp_path: Path, change: Callable[[str], str], said: str
) -> None:
    bridged = make_bridge(clock, to_bridge=change(A_TO_BRIDGE))
    leaf = bridged.leaf()
    status, text = by_openssl(bridged, leaf, tmp_path)
    assert status != 0
    assert said in text
    assert bridged.judge(leaf, ASKED).finding is not None
