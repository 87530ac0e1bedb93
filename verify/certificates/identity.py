"""Who a certificate names, where it says that its key is kept, and what that key signed with, in plain facts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ca.custody_policy import custody_of, policy_oid
from hsm.sm2.public_key import Sm2PublicKey
from verify.algorithms import key_of, spki_of
from verify.certificates.names import subject_key_of
from verify.certificates.paths import MAX_DESCRIBED, Chain, check_lasting, fingerprint, name
from verify.certificates.remembered import by_identity
from verify.errors import Finding
from verify.makers import MakerIdentity, Vouched
from verify.report import SignerReport
from verify.trusted_lists.decision import TrustDecision

ORGANIZATION_IDENTIFIER: Final = x509.ObjectIdentifier("2.5.4.97")
_CURVES: Final = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
_USCC: Final = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}")


@by_identity(MAX_DESCRIBED)
def describe(certificate: x509.Certificate, chain: Chain) -> SignerReport:
    """Describe a certificate; ``chain`` is empty when no path was found. Its policies are those that the path keeps."""
    subject = certificate.subject
    return SignerReport(
        name=name(subject),
        organization=_attribute(subject, x509.NameOID.ORGANIZATION_NAME),
        uscc=uscc_of(subject),
        serial=f"{certificate.serial_number:x}",
        issuer=name(certificate.issuer),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        sha256=fingerprint(certificate).hex(),
        chain=tuple(name(item.subject) for item in chain),
        policies=policies_of(chain),
    )


@by_identity(MAX_DESCRIBED)
def policies_of(chain: Chain) -> tuple[str, ...]:
    """Return the policies valid along a chain, in the words of its anchor's domain; none for one that breaks a rule."""
    try:
        return check_lasting(chain)
    except (Finding, ValueError):
        return ()


@by_identity(MAX_DESCRIBED)
def custody(chain: Chain) -> str:
    """Return where the key of a chain's leaf is kept; empty without a proved chain or where its issuer does not say.

    An issuer says it under our rules only when its own certificate does: another authority may be trusted for signatures,
    and still nobody has looked at what stands in its certificates under our arc (RFC 5280 §6.1.3 (d)). Nor is it believed
    past a cross certificate that does not carry the policy: whoever is recognised for one thing is not for another.
    """
    try:
        found = custody_of(chain[0]) if len(chain) > 1 and custody_of(chain[1]) is not None else None
    except ValueError:
        return ""
    return "" if found is None or policy_oid(found) not in policies_of(chain) else found.value


@by_identity(MAX_DESCRIBED)
def algorithm(certificate: x509.Certificate, digest: str) -> str:
    """Name key and digest as people do: ``SM2 / SM3``, ``P-256 / SHA-256``, ``RSA-3072 / SHA-256``."""
    key = key_of(certificate)
    if isinstance(key, Sm2PublicKey):
        kind = "SM2"
    elif isinstance(key, rsa.RSAPublicKey):
        kind = f"RSA-{key.key_size}"
    elif isinstance(key, ec.EllipticCurvePublicKey):
        kind = _CURVES.get(key.curve.name, key.curve.name)
    else:
        kind = type(key).__name__.removesuffix("PublicKey")
    hashed = digest.upper().replace("_", "-")
    return f"{kind} / {hashed.replace('SHA', 'SHA-') if hashed[3:].isdigit() else hashed}"


def uscc_of(subject: x509.Name) -> str:
    """Return the unified social credit code (GB 32100): organizationIdentifier, else serialNumber, or empty."""
    for oid in (ORGANIZATION_IDENTIFIER, x509.NameOID.SERIAL_NUMBER):
        found = _USCC.search(_attribute(subject, oid))
        if found is not None:
            return found.group()
    return ""


def _attribute(subject: x509.Name, oid: x509.ObjectIdentifier) -> str:
    found = subject.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""


def maker_identity(paths: Iterable[tuple[Chain, TrustDecision | None]]) -> MakerIdentity:
    """Return as whom the first certificate of these paths is known, each with what makes its end an anchor.

    A maker that a trust list names is its own anchor, and has another key after a renewal: it is known by scheme and provider, for
    whom the list stands.
    """
    issuers: set[Vouched] = set()
    anchors: set[Vouched] = set()
    authorities: set[Vouched] = set()
    for chain, trust in paths:
        above = [spki_of(one) for one in chain[1:] or chain]
        if trust is not None and not trust.by_decree:
            above[-1] = f"{trust.entry.scheme_id}\n{trust.entry.provider}\n".encode()
        subject = repr(subject_key_of(chain[0])).encode()
        known = [hashlib.sha256(one + subject).hexdigest() for one in above]
        issuers.add(known[0])
        anchors.add(known[-1])
        authorities.update(known)
    return MakerIdentity(*(tuple(sorted(one)) for one in (issuers, anchors, authorities)))
