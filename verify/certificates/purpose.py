"""What a certificate is for (RFC 5280 §4.2.1.3, §4.2.1.12): sealing documents, time-stamping, answering OCSP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cryptography import x509

from ca.profile import EKU_SEAL_MAKER
from verify.certificates.extensions import extensions_of
from verify.certificates.paths import MAX_DESCRIBED, Chain, name
from verify.certificates.remembered import by_identity
from verify.errors import Finding, unsure
from verify.trusted_lists.decision import TrustDecision
from verify.verdict import SubIndication

ANY_PURPOSE: Final = "2.5.29.37.0"
"""anyExtendedKeyUsage (RFC 5280 §4.2.1.12)."""
DOCUMENT_SIGNING: Final = frozenset(
    {
        "1.3.6.1.5.5.7.3.36",  # RFC 9336 id-kp-documentSigning
        "1.3.6.1.5.5.7.3.4",  # id-kp-emailProtection, which most public document certificates carry
        "1.2.840.113583.1.1.5",  # Adobe authentic documents trust
        "1.3.6.1.4.1.311.10.3.12",  # Microsoft document signing
        ANY_PURPOSE,
    }
)
TIME_STAMPING: Final = "1.3.6.1.5.5.7.3.8"
OCSP_SIGNING: Final = "1.3.6.1.5.5.7.3.9"
_NEVER_REVOKED: Final = frozenset({"2.5.29.56", "0.4.0.194121.2.1"})
"""noRevAvail (RFC 9608), and ETSI's assurance of a certificate for a short time (EN 319 412-1 §5.2)."""


@by_identity(MAX_DESCRIBED)
def extended(certificate: x509.Certificate) -> tuple[frozenset[str], bool] | None:
    """Return the extended key usages and whether the extension is critical; ``None``: no restriction."""
    try:
        extension = extensions_of(certificate).get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        return None
    return frozenset(oid.dotted_string for oid in extension.value), extension.critical


@by_identity(MAX_DESCRIBED)
def _usage(certificate: x509.Certificate) -> x509.KeyUsage | None:
    try:
        return extensions_of(certificate).get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None


def _may_sign(certificate: x509.Certificate, usage: x509.KeyUsage | None) -> bool:
    """RFC 5280 §4.2.1.3: digitalSignature or nonRepudiation; a certificate for encryption alone is named as one.

    Of a dual pair (GB/T 20518) the encryption key was made and may be kept by a key centre: it never proves a signature.
    """
    if usage is None or usage.digital_signature or usage.content_commitment:
        return True
    if usage.key_encipherment or usage.data_encipherment or usage.key_agreement:
        raise _encryption_only(certificate)
    return False


@by_identity(MAX_DESCRIBED)
def needs_no_revocation(certificate: x509.Certificate) -> bool:
    """RFC 9608 §2, EN 319 412-1 §5.2: tell whether the issuer says that there is nothing to ask for; never of an authority."""
    stated = {one.oid.dotted_string for one in extensions_of(certificate)}
    return not _NEVER_REVOKED.isdisjoint(stated) and not _is_authority(certificate)


def _is_authority(certificate: x509.Certificate) -> bool:
    extensions = {one.oid: one.value for one in extensions_of(certificate)}
    constraints = extensions.get(x509.BasicConstraints.oid)
    return isinstance(constraints, x509.BasicConstraints) and constraints.ca


def check_signer(certificate: x509.Certificate) -> None:
    """RFC 5280 §4.2.1.3: it may sign at all, whatever; raises CHAIN_CONSTRAINTS_FAILURE."""
    if not _may_sign(certificate, _usage(certificate)):
        raise _wrong_purpose(certificate, "签名", "signing")


def check_document_signer(certificate: x509.Certificate) -> None:
    """RFC 9336 §3: a document's signer may sign, and its purposes include documents; CHAIN_CONSTRAINTS_FAILURE."""
    usage, purposes = _usage(certificate), extended(certificate)
    may_sign = _may_sign(certificate, usage)
    for_documents = purposes is None or not DOCUMENT_SIGNING.isdisjoint(purposes[0])
    if not (may_sign and for_documents):
        raise _wrong_purpose(certificate, "盖章或签署文件", "sealing or signing documents")


def check_time_stamper(certificate: x509.Certificate) -> None:
    """RFC 3161 §2.3: exactly one purpose, time-stamping, and critical; raises CHAIN_CONSTRAINTS_FAILURE."""
    usage, purposes = _usage(certificate), extended(certificate)
    may_sign = _may_sign(certificate, usage)
    if not may_sign or purposes != (frozenset({TIME_STAMPING}), True):
        raise _wrong_purpose(certificate, "签发时间戳", "issuing time-stamps")


def check_seal_maker(certificate: x509.Certificate) -> None:
    """Demand the purpose of making seals, which no other certificate has; raises CHAIN_CONSTRAINTS_FAILURE."""
    check_exactly(certificate, EKU_SEAL_MAKER, "制作电子印章", "making seals")


def check_confines(
    chain: Chain, purpose: Callable[[x509.Certificate], None], trust: TrustDecision | None = None
) -> None:
    """Demand that no authority of a path is confined to purposes other than its leaf's; raises CHAIN_CONSTRAINTS_FAILURE.

    RFC 5280 §4.2.1.12 leaves open what extended key usages mean in an authority's certificate. Those who write them there confine what it may
    issue for (CA/Browser Baseline Requirements §7.1.2), and Go, Windows and, of mail, OpenSSL refuse what goes beyond. An anchor by an operator's
    decree is believed whatever it says; one that a trust list names (``trust``) is vouched for as what it is, and lists name authorities for servers too.

    For a purpose that is not known here an authority gives its leaf no more purposes than it has.
    """
    wanted = _CONFINES.get(purpose)
    spared = trust is None or trust.by_decree
    for authority in chain[1:-1] if spared else chain[1:]:
        stated = extended(authority)
        if stated is None or ANY_PURPOSE in stated[0]:
            continue
        beyond = _own_purposes(chain[0]) - stated[0] if wanted is None else stated[0].isdisjoint(wanted)
        if beyond:
            raise _confined(authority)


def _own_purposes(leaf: x509.Certificate) -> frozenset[str]:
    """Return what a leaf is for; an authority's purposes are those of whoever it issues to."""
    stated = None if _is_authority(leaf) else extended(leaf)
    return frozenset() if stated is None else stated[0]


def check_exactly(certificate: x509.Certificate, purpose: str, zh: str, en: str) -> None:
    """Demand one named purpose (no ``any``); raises CHAIN_CONSTRAINTS_FAILURE."""
    usage, purposes = _usage(certificate), extended(certificate)
    may_sign = _may_sign(certificate, usage)
    if not may_sign or purposes is None or purpose not in purposes[0]:
        raise _wrong_purpose(certificate, zh, en)


_CONFINES: Final[dict[Callable[[x509.Certificate], None], frozenset[str]]] = {
    check_document_signer: DOCUMENT_SIGNING,
    check_time_stamper: frozenset({TIME_STAMPING}),
    check_seal_maker: frozenset({EKU_SEAL_MAKER}),
}
"""Purposes of which an authority's certificate has one, where it names any."""


def _confined(authority: x509.Certificate) -> Finding:
    who = name(authority.subject)
    return unsure(
        SubIndication.CHAIN_CONSTRAINTS_FAILURE,
        f"签发机构“{who}”的证书被限定于其他用途，其签发的此类证书不予认可；请使用由适当机构签发的证书。",
        f"The authority {who} is confined to other purposes by its own certificate; use a certificate of one that is meant for this.",
    )


def _encryption_only(certificate: x509.Certificate) -> Finding:
    who = name(certificate.subject)
    return unsure(
        SubIndication.CHAIN_CONSTRAINTS_FAILURE,
        f"证书“{who}”是加密证书，只能用于加密，不能用于签名，签章不予认可；请改用签名证书重新签章。",
        f"The certificate of {who} is an encryption certificate: it cannot make a signature; "
        "sign again with the signing certificate of the pair.",
    )


def _wrong_purpose(certificate: x509.Certificate, zh: str, en: str) -> Finding:
    who = name(certificate.subject)
    return unsure(
        SubIndication.CHAIN_CONSTRAINTS_FAILURE,
        f"证书“{who}”的用途不包括{zh}，不能据此认可签章；请使用印章证书重新签章。",
        f"The certificate of {who} is not meant for {en}; sign again with a certificate that is.",
    )
