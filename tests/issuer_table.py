"""Every combination of what a certificate says of issuing, as the anchor of a path and between anchor and leaf."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ca import der
from ca.key_facts import key_identifier
from ca.profile import KEY_USAGE_BITS
from tests.pki import Party, Pki

_ECDSA = der.sequence(der.oid("1.2.840.10045.4.3.2"))


@dataclass(frozen=True)
class Issuer:
    """Where it stands, what it says of being a CA and of its key's use (``None``: nothing); ``old``: version 1, which says nothing."""

    anchor: bool
    ca: bool | None
    usage: tuple[str, ...] | None
    old: bool = False

    @property
    def may_issue(self) -> bool:
        """RFC 5280 §6.1.4 (k), (n)."""
        return self.ca is True and (self.usage is None or "key_cert_sign" in self.usage)

    def __str__(self) -> str:
        place = "anchor" if self.anchor else "between"
        if self.old:
            return f"{place}-v1"
        usage = "no usage" if self.usage is None else "+".join(self.usage)
        return f"{place}-cA {'absent' if self.ca is None else self.ca}-{usage}"


TABLE = (
    *(
        Issuer(*parts)
        for parts in itertools.product(
            (True, False),
            (True, False, None),
            (None, ("key_cert_sign", "crl_sign"), ("crl_sign",), ("digital_signature",)),
        )
    ),
    Issuer(anchor=True, ca=None, usage=None, old=True),
    Issuer(anchor=False, ca=None, usage=None, old=True),
)


def path_by(pki: Pki, issuer: Issuer) -> tuple[x509.Certificate, x509.Certificate, x509.Certificate | None]:
    """Return a leaf, the anchor, and the certificate between them, if there is one: ``issuer`` is the one that issued the leaf."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "签发者 TEST")])
    made = _of_version_1(pki, name, key, issuer) if issuer.old else _stating(pki, name, key, issuer)
    leaf = pki.party(issuer=Party(key, made)).certificate
    return (leaf, made, None) if issuer.anchor else (leaf, pki.root.certificate, made)


def _stating(pki: Pki, name: x509.Name, key: ec.EllipticCurvePrivateKey, issuer: Issuer) -> x509.Certificate:
    above, signing = (name, key) if issuer.anchor else (pki.root.certificate.subject, pki.root.key)
    builder = (
        x509.CertificateBuilder(above, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(pki.now - timedelta(days=1))
        .not_valid_after(pki.now + timedelta(days=365))
        .add_extension(x509.SubjectKeyIdentifier(key_identifier(key.public_key())), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier(key_identifier(signing.public_key()), None, None), critical=False
        )
    )
    if issuer.ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(issuer.ca, None), critical=True)
    if issuer.usage is not None:
        bits = x509.KeyUsage(**{bit: bit in issuer.usage for bit in KEY_USAGE_BITS})
        builder = builder.add_extension(bits, critical=True)
    return builder.sign(signing, hashes.SHA256())  # type: ignore[arg-type]  # an EC key: the suite is international


def _of_version_1(
    pki: Pki, name: x509.Name, key: ec.EllipticCurvePrivateKey, issuer: Issuer
) -> x509.Certificate:
    """Write a certificate without version and extensions (RFC 5280 §4.1.2.1), as none is issued any more."""
    above, signing = (name, key) if issuer.anchor else (pki.root.certificate.subject, pki.root.key)
    assert isinstance(signing, ec.EllipticCurvePrivateKey)
    signed = der.sequence(
        der.integer(x509.random_serial_number()),
        _ECDSA,
        above.public_bytes(),
        der.sequence(
            der.x509_time(pki.now - timedelta(days=1)), der.x509_time(pki.now + timedelta(days=365))
        ),
        name.public_bytes(),
        key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    )
    value = signing.sign(signed, ec.ECDSA(hashes.SHA256()))
    return x509.load_der_x509_certificate(der.sequence(signed, _ECDSA, der.bit_string(value)))
