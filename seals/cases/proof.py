"""Whether a certificate may sign approvals: ours, for a person's signatures, valid, not revoked, its chain good.

Read from the authority's own register in the caller's transaction, so that what was revoked a moment ago is refused.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa
from cryptography import x509

from ca import certificate_store, issuer_store
from ca.certificate import CertificateRecord, CertificateStatus
from ca.errors import CaError
from ca.issuer import Issuer
from ca.profile import ENTERPRISE_SIGN, PERSON_SIGN
from hsm.algorithms import SignatureAlgorithm
from hsm.errors import HsmError
from hsm.public_keys import certificate_key
from hsm.verification import verify_signature
from seals.cases.errors import SignerUnfit

PROFILES: Final = frozenset({PERSON_SIGN.id, ENTERPRISE_SIGN.id})
"""Certificates for signatures of people; a seal's own certificate seals and approves nothing."""
MAX_LINE: Final = 5
"""Issuers from a certificate to its root: ours have two."""
_BY_OID: Final = {algorithm.oid: algorithm for algorithm in SignatureAlgorithm}


def fit_certificate(conn: sa.Connection, der: bytes, when: datetime) -> CertificateRecord:
    """Prove that a certificate may sign approvals at ``when``, which is not in the future; :class:`SignerUnfit` says why not.

    1. It is in our register, octet for octet. 2. Its profile is one for signatures. 3. ``when`` is in its validity. 4. It is
    not revoked or held now. 5. Its key may sign (RFC 5280 §4.2.1.3). 6. The signatures up to a root of ours are good (§6.1.3).
    """
    record = _registered(conn, der)
    if record.profile not in PROFILES:
        raise SignerUnfit(
            "该证书不是个人或企业签名证书，不能用于审批签名",
            "the certificate is not one for signatures of a person or an enterprise",
        )
    if not record.not_before <= when <= record.not_after:
        raise SignerUnfit("审批证书不在有效期内，请更换证书", "the certificate is outside its validity")
    if record.status is not CertificateStatus.ISSUED:
        raise SignerUnfit("审批证书已被吊销或暂停", "the certificate is revoked or suspended")
    certificate = x509.load_der_x509_certificate(der)
    _may_sign(certificate)
    _line(conn, certificate, record.issuer)
    return record


def still_good(conn: sa.Connection, issuer: str, serial: int, der: bytes) -> bool:
    """Tell whether a certificate proved before is still in force: one look into the register."""
    rows = certificate_store.by_serial(conn, serial, issuer)
    return any(one.record.status is CertificateStatus.ISSUED and one.record.der == der for one in rows)


def chain_of(conn: sa.Connection, der: bytes, issuer: str) -> tuple[bytes, ...]:
    """Return the chain for a signature: the certificate and its issuers up to, not with, the root."""
    return (der, *(one.certificate for one in issuers_of(conn, issuer) if not one.is_root))


def issuers_of(conn: sa.Connection, issuer: str) -> tuple[Issuer, ...]:
    """Return the issuers from one up to its root, both included."""
    found = [issuer_store.get_issuer(conn, issuer)]
    while not found[-1].is_root and len(found) < MAX_LINE:
        found.append(issuer_store.get_issuer(conn, found[-1].parent))
    return tuple(found)


def _registered(conn: sa.Connection, der: bytes) -> CertificateRecord:
    try:
        serial = x509.load_der_x509_certificate(der).serial_number
    except (ValueError, TypeError) as wrong:
        raise SignerUnfit("证书无法读取", "the certificate cannot be read") from wrong
    for row in certificate_store.by_serial(conn, serial):
        if row.record.der == der:
            return row.record
    raise SignerUnfit("该证书不是本系统签发的", "the certificate was not issued here")


def _may_sign(certificate: x509.Certificate) -> None:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, ValueError) as wrong:
        raise SignerUnfit("证书没有密钥用途", "the certificate has no key usage") from wrong
    if not usage.digital_signature:
        raise SignerUnfit("证书的密钥用途不含数字签名", "the certificate's key is not for signatures")


def _line(conn: sa.Connection, certificate: x509.Certificate, issuer: str) -> None:
    try:
        line = issuers_of(conn, issuer)
    except CaError as wrong:
        raise SignerUnfit("找不到证书的签发者", "the certificate's issuer is not known") from wrong
    below = certificate
    for one in line:
        _issued_by(below, one.x509)
        below = one.x509
    if not line[-1].is_root:
        raise SignerUnfit("证书链不能到达根证书", "the chain does not reach a root")


def _issued_by(below: x509.Certificate, above: x509.Certificate) -> None:
    """RFC 5280 §6.1.3 (a)(1) and (4): the issuer's name is the other's subject, its key verifies the signature."""
    algorithm = _BY_OID.get(below.signature_algorithm_oid.dotted_string)
    if algorithm is None or below.issuer.public_bytes() != above.subject.public_bytes():
        raise SignerUnfit("证书链不连续", "the chain is broken")
    try:
        verify_signature(certificate_key(above), algorithm, below.tbs_certificate_bytes, below.signature)
    except (HsmError, ValueError) as wrong:
        raise SignerUnfit("证书链上的签名无效", "a signature in the chain is not good") from wrong
