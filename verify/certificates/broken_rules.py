"""A broken rule of RFC 5280 as a finding, and the form that every certificate of a path has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cryptography import x509

from verify.certificates.extensions import extensions_of
from verify.certificates.rules import PolicyBroken, RuleBroken
from verify.errors import Finding, unsure
from verify.verdict import SubIndication


def check_form(certificate: x509.Certificate) -> None:
    """RFC 5280 §4.1.2.2 (positive serial), §4.2.1.6 (critical names for an empty subject), §4.2.1.9 (CA bits)."""
    extensions = {extension.oid: extension for extension in extensions_of(certificate)}
    if certificate.serial_number <= 0:
        raise chain_failure("a serial number is not positive")
    names = extensions.get(x509.SubjectAlternativeName.oid)
    if not list(certificate.subject) and (names is None or not names.critical):
        raise chain_failure("an empty subject without critical alternative names")
    usage = extensions.get(x509.KeyUsage.oid)
    constraints = extensions.get(x509.BasicConstraints.oid)
    authority = constraints is not None and constraints.value.ca
    if usage is not None and usage.value.key_cert_sign and not authority:
        raise chain_failure("a certificate that is no CA claims to sign certificates")


@contextmanager
def refusing() -> Iterator[None]:
    """Tell a broken rule as a finding: raises ``Finding`` in place of what the rules raise."""
    try:
        yield
    except RuleBroken as broken:
        raise chain_failure(str(broken)) from broken
    except PolicyBroken as broken:
        raise unsure(
            SubIndication.CHAIN_CONSTRAINTS_FAILURE,
            "证书链上没有可用的证书策略：互认关系未涵盖该签章所需的策略；请联系证书签发机构。",
            "No certificate policy that is demanded is valid along the chain: the recognition between the authorities "
            f"does not cover it; ask its issuer ({broken}).",
        ) from broken
    except (ValueError, x509.UnsupportedGeneralNameType, x509.DuplicateExtension) as error:
        raise chain_failure("an extension cannot be decoded") from error


def chain_failure(detail: str) -> Finding:
    """Say which rule a chain breaks, as doubt: CERTIFICATE_CHAIN_GENERAL_FAILURE."""
    return unsure(
        SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE,
        "证书链不符合规范，不能信任该签章；请联系证书签发机构。",
        f"The certificate chain breaks a rule, so the signature cannot be trusted; ask its issuer ({detail}).",
    )
