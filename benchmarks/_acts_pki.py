"""A root with a signer and a time-stamp unit under it, and the list that proves both: the same for us and for the peer."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from benchmarks.sealing import _Key

if TYPE_CHECKING:
    from cryptography import x509

    from hsm.algorithms import Digest


class Hierarchy:
    """Keys in memory, P-256; nothing is recorded."""

    def __init__(self) -> None:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.serialization import Encoding

        from ca.tsp import TokenTemplate
        from signing.containers.cms import Signatory
        from signing.mark import Evidence

        self._now, self._root, self._unit = datetime.now(UTC), _Key(), _Key()
        signer, self._serials = _Key(), itertools.count(1)
        self.root = self._issue("测试根 TEST ROOT", self._root, ca=True)
        leaf = self._issue("测试科技有限公司", signer)
        tsa = self._issue("时间戳 TEST TSA", self._unit, stamps=True)
        listed = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.root.subject)
            .last_update(self._now)
            .next_update(self._now + timedelta(days=7))
            .add_extension(x509.CRLNumber(1), critical=False)
            .sign(self._root.key, hashes.SHA256())
        )
        ders = [one.public_bytes(Encoding.DER) for one in (self.root, leaf, tsa)]
        self._crl = listed.public_bytes(Encoding.DER)
        self.signatory = Signatory(signer, leaf, (ders[0],))
        self.evidence = Evidence(tuple(ders), (), (self._crl,))
        self._certificates = ders
        self._template = TokenTemplate(tsa, ders[2], (), self._unit.algorithm)

    def _issue(self, name: str, key: _Key, *, ca: bool = False, stamps: bool = False) -> x509.Certificate:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes
        from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        usage = x509.KeyUsage(not ca, not ca and not stamps, False, False, False, ca, ca, False, False)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if ca else self.root.subject)
            .public_key(key.public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now - timedelta(days=1))
            .not_valid_after(self._now + timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca, None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key), critical=False)
            .add_extension(usage, critical=True)
        )
        if stamps:
            purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
            builder = builder.add_extension(purpose, critical=True)
        return builder.sign(self._root.key, hashes.SHA256())

    def stamp(self, digest: Digest) -> bytes:
        """Give a time-stamp token at once."""
        from ca.tsp import StampFacts, StampRequest, encode_tst_info

        when = datetime.now(UTC)
        info = encode_tst_info(StampRequest(digest), StampFacts("1.2.3.4", next(self._serials), when, 1))
        attributes = self._template.signed_attributes(info, when)
        return self._template.assemble(info, attributes, self._unit.sign(attributes), certificates=True)

    def context(self) -> Any:
        """Give pyHanko the same lists and chain."""
        from asn1crypto import x509 as asn1
        from pyhanko_certvalidator import ValidationContext

        certificates = [asn1.Certificate.load(der) for der in self._certificates]
        return ValidationContext(
            trust_roots=certificates[:1],
            other_certs=certificates,
            crls=[self._crl],
            allow_fetching=False,
            revocation_mode="require",
        )
