"""What the operator of a certification authority decides: values only, frozen, hashed into every issuance."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Final

from hsm.suite import Suite

TEST_MARKS: Final = ("测试", "TEST")
"""A hierarchy that is not in production carries one of these in its names."""
MAX_PREFIX: Final = 0x7FFF


@dataclass(frozen=True, slots=True)
class CaConfig:
    """Addresses, limits and lifetimes.

    ``base_url`` (``http://host[:port]``, no slash at its end) stands in every certificate.
    ``instance_prefix`` (1 to 0x7FFF) begins every serial number: two installations never share one.
    """

    base_url: str
    instance_prefix: int = 1
    production: bool = False
    suite: Suite = Suite.INTERNATIONAL
    """Algorithms of the hierarchy, and with them the national extensions of its certificates."""
    crl_lifetime: timedelta = timedelta(days=7)
    delta_lifetime: timedelta = timedelta(days=1)
    ocsp_lifetime: timedelta = timedelta(hours=24)
    clock_tolerance: timedelta = timedelta(seconds=1)
    """How far a clock may stand before the last certificate of its issuer (two machines differ by a little)."""
    reservation_grace: timedelta = timedelta(seconds=60)
    """How old a reservation is before ``reconcile`` closes it; a signature takes milliseconds, a stuck token seconds."""

    def __post_init__(self) -> None:
        if not self.base_url.startswith(("http://", "https://")) or self.base_url.endswith("/"):
            raise ValueError("base_url begins with http:// or https:// and does not end in a slash")
        if not self.base_url.isascii() or any(c.isspace() for c in self.base_url):
            raise ValueError("base_url is ASCII without blanks (RFC 5280 §4.2.1.6)")
        if not 1 <= self.instance_prefix <= MAX_PREFIX:
            raise ValueError(f"instance_prefix is 1 to {MAX_PREFIX}")

    def issuer_address(self, issuer: str) -> str:
        """Where an issuer's certificate is (AIA caIssuers)."""
        return f"{self.base_url}/pki/issuers/{issuer}.cer"

    def crl_address(self, issuer: str, shard: int = 0) -> str:
        """Where an issuer's CRL is (CRL distribution point), or that of one of its shards."""
        part = f"{issuer}/{shard}" if shard else issuer
        return f"{self.base_url}/pki/crl/{part}.crl"

    def delta_address(self, issuer: str, shard: int) -> str:
        """Where the delta list of a shard is (freshest CRL)."""
        return f"{self.base_url}/pki/crl/{issuer}/{shard}.delta.crl"

    def ocsp_address(self, issuer: str) -> str:
        """Where an issuer's OCSP responder answers (AIA ocsp)."""
        return f"{self.base_url}/pki/ocsp/{issuer}"

    @property
    def tsa_address(self) -> str:
        """Where the time-stamp authority answers."""
        return f"{self.base_url}/pki/tsa"

    @property
    def hash(self) -> str:
        """SHA-256 over what shapes a certificate; constant through an issuance (I6)."""
        return _hash_of(self.base_url, self.instance_prefix, self.suite.value, production=self.production)


@lru_cache(maxsize=16)
def _hash_of(base_url: str, instance_prefix: int, suite: str, *, production: bool) -> str:
    shaping = {
        "base_url": base_url,
        "instance_prefix": instance_prefix,
        "production": production,
        "suite": suite,
    }
    return hashlib.sha256(json.dumps(shaping, sort_keys=True).encode()).hexdigest()
