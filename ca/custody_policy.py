"""Where a certified key is kept, as the certificate itself says it: one certificate policy for each custody. Pure.

A certificate policy (RFC 5280 §4.2.1.4) tells a verifier under which rules a certificate was issued; which module holds
the private key is such a rule. Verifiers that do not know our arc pass over it: the extension is not critical.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cryptography import x509

from hsm.signer import Custody

CUSTODY_ARC: Final = "1.2.840.113556.1.8000.2554.61381.32999.16465.16424.48956.3613222.3184953.2"
"""Below the arc that also names our time-stamp policy."""
POLICY_OF_CUSTODY: Final[Mapping[Custody, str]] = MappingProxyType(
    {
        Custody.TOKEN: f"{CUSTODY_ARC}.1",
        Custody.DEVICE: f"{CUSTODY_ARC}.2",
        Custody.SEALED: f"{CUSTODY_ARC}.3",
        Custody.SOFT: f"{CUSTODY_ARC}.4",
        Custody.REMOTE: f"{CUSTODY_ARC}.5",
    }
)
_CUSTODY_OF_POLICY: Final = {oid: custody for custody, oid in POLICY_OF_CUSTODY.items()}
ANY_POLICY: Final = "2.5.29.32.0"
"""RFC 5280 §4.2.1.4. Stands beside the custody in a CA's certificate, or else nothing kept otherwise could be below it."""


def policy_oid(custody: Custody) -> str:
    """Return the policy (dotted) of certificates whose key is kept so."""
    return POLICY_OF_CUSTODY[custody]


def custody_of(certificate: x509.Certificate) -> Custody | None:
    """Return what a certificate says of its key's custody; nothing, or more than one answer, is ``None``.

    Only a certificate whose chain was proved says it truly. Extensions that cannot be read raise ``ValueError``.
    """
    try:
        policies = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound:
        return None
    said = {_CUSTODY_OF_POLICY.get(policy.policy_identifier.dotted_string) for policy in policies} - {None}
    return said.pop() if len(said) == 1 else None
