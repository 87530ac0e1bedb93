"""OpenSSL judges who may issue: what its strict rules accept we accept, and what we accept its lenient ones do."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.conftest import SteppingClock
from tests.interop.status_judges import judge
from tests.issuer_table import TABLE, Issuer, path_by
from tests.pki import Pki
from verify.certificates.paths import PathFinder
from verify.trust import TrustStore

pytestmark = pytest.mark.judge


@pytest.mark.parametrize("issuer", TABLE, ids=str)
def test_openssl_and_ours_agree_on_who_may_issue(
    issuer: Issuer, clock: SteppingClock, tmp_path: Path
) -> None:
    """Lenient, it takes a certificate without basic constraints for a CA's by its keyUsage or its version; strict, it wants a keyUsage."""
    pki = Pki(clock())
    leaf, anchor, between = path_by(pki, issuer)
    parts = {"leaf": leaf, "anchor": anchor, "between": between or anchor}
    for name, one in parts.items():
        (tmp_path / f"{name}.pem").write_bytes(one.public_bytes(Encoding.PEM))
    asked = ["-CAfile", "anchor.pem", "-untrusted", "between.pem", "-attime", str(int(pki.now.timestamp()))]
    said = [
        judge("openssl", "verify", *options, *asked, "leaf.pem", folder=tmp_path).status == 0
        for options in ((), ("-x509_strict",))
    ]
    _, finding = PathFinder(TrustStore([anchor])).choose(leaf, [between] if between else [], pki.now)
    ours = finding is None
    assert ours <= said[0]
    assert said[1] <= ours
    if issuer.ca is not None:
        assert ours is said[0]
