"""A small hierarchy in the database for tests of revocation lists, OCSP and time-stamps.

Keys are in memory behind the real seam (``hsm.provider.KeyProvider``); they can be told to fail before or after they
sign, to give a wrong signature, and they count what they sign. Certificates are correct by default.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID as Eku
from cryptography.x509.oid import NameOID

from ca.audit import AuditTrail
from ca.certificate import spki_sha256
from ca.clock_guard import ClockGuard
from ca.config import CaConfig
from ca.key_facts import key_identifier
from ca.status.crl import CrlPublisher
from ca.status.crl_store import Scope, note_change
from ca.status.ocsp import OcspResponder
from ca.status.revocation_list import encode_entry
from ca.store import certificate, issuer, metadata, unit
from ca.tsa import TimeStampAuthority, TsaConfig
from hsm.algorithms import DEFAULT_ALGORITHM, PublicKey, SignatureAlgorithm, kind_of
from hsm.errors import KeyMismatch, KeyNotFound, TokenLost
from hsm.key_uri import KeyUri
from hsm.provider import KeyRing
from hsm.signer import Custody
from hsm.sm2.public_key import Sm2PublicKey
from tests import sm2
from tests.pki import DefaultSuite, PrivateKey, builders_key, new_key
from tests.sm2 import Sm2TestKey


class MemoryKeys:
    """A key provider in memory for scheme ``file``."""

    scheme = "file"
    custody = Custody.SOFT

    def __init__(self) -> None:
        self.private: dict[str, PrivateKey] = {}
        self.signed = 0
        self.before_signing: Callable[[], None] | None = None
        """Called before each signature; what it raises is what the token does."""
        self.after_signing: Callable[[bytes], None] | None = None
        """Called with each message that was signed."""
        self.lose_answer = False
        """Sign, then raise :class:`TokenLost`: the signature exists, nobody has it."""
        self.flip_bit = False

    def generate_in_memory(self, name: str, *, bits: int = 0) -> PrivateKey:
        key = rsa.generate_private_key(65537, bits) if bits else new_key()
        self.private[name] = key
        return key

    def signer(
        self,
        uri: KeyUri,
        *,
        expected: PublicKey | None = None,
        algorithm: SignatureAlgorithm | None = None,
        pin: object = None,
    ) -> MemorySigner:
        if uri.object not in self.private:
            raise KeyNotFound(uri.object)
        signer = MemorySigner(self, self.private[uri.object])
        if expected is not None and expected != signer.public_key:
            raise KeyMismatch(uri.object)
        return signer

    def close(self) -> None:
        self.private.clear()


class MemorySigner:
    """One key of :class:`MemoryKeys`."""

    custody = Custody.SOFT

    def __init__(self, keys: MemoryKeys, private: PrivateKey) -> None:
        self._keys, self._private = keys, private
        self.public_key = private.public_key()
        self.algorithm = DEFAULT_ALGORITHM[kind_of(self.public_key)]

    def sign(self, message: bytes) -> bytes:
        if self._keys.before_signing is not None:
            self._keys.before_signing()
        made = sign_with(self._private, message, self.algorithm)
        self._keys.signed += 1
        if self._keys.after_signing is not None:
            self._keys.after_signing(message)
        if self._keys.lose_answer:
            raise TokenLost("the answer was lost")
        return made[:-1] + bytes((made[-1] ^ 1,)) if self._keys.flip_bit else made


def sign_with(private: PrivateKey, message: bytes, algorithm: SignatureAlgorithm) -> bytes:
    if isinstance(private, Sm2TestKey):
        return private.sign(message)
    if isinstance(private, rsa.RSAPrivateKey):
        return private.sign(message, padding.PKCS1v15(), algorithm.digest.hash())
    return private.sign(message, ec.ECDSA(algorithm.digest.hash()))


def name_of(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "测试证书机构 TEST"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


class StatusWorld:
    """Root → issuing CA → leaves, an OCSP responder and a time-stamp unit, all of them in the database."""

    def __init__(
        self, engine: sa.Engine, clock: Callable[[], datetime], *, base_url: str = "http://ca.test"
    ) -> None:
        self.engine, self.clock = engine, clock
        self.memory = MemoryKeys()
        self.keys = KeyRing({"file": self.memory})
        self.audit = AuditTrail(clock)
        self.config = CaConfig(base_url=base_url, suite=DefaultSuite.suite)
        self.drift: timedelta | None = timedelta(0)
        self.certificates: dict[str, x509.Certificate] = {}
        metadata.create_all(engine)
        self._found()

    def _found(self) -> None:
        self._holder("root", "root", eku=None)
        self._holder("issuing", "root", eku=None)
        self._holder("ocsp-issuing", "issuing", eku=Eku.OCSP_SIGNING)
        self._holder("tsa", "issuing", eku=Eku.TIME_STAMPING)

    def _holder(self, name: str, above: str, *, eku: x509.ObjectIdentifier | None) -> None:
        key = self.memory.generate_in_memory(name)
        made = self.build(name, key.public_key(), above, eku=eku, ca=eku is None)
        self.certificates[name] = made
        row = {
            "id": name,
            "status": "active",
            "key_uri": str(KeyUri("file", "test", name)),
            "spki_sha256": spki_sha256(key.public_key()),
            "certificate": made.public_bytes(Encoding.DER),
            "created_at": self.clock(),
        }
        with self.engine.begin() as conn:
            if eku is None:
                conn.execute(issuer.insert().values(parent=above, profile=name, **row))
            else:
                purpose = "ocsp" if eku == Eku.OCSP_SIGNING else "tsa"
                conn.execute(unit.insert().values(issuer=above, purpose=purpose, **row))
        if name != "root":
            self.record(made, above)

    def build(
        self,
        name: str,
        public: PublicKey,
        above: str,
        *,
        eku: x509.ObjectIdentifier | None = None,
        ca: bool = False,
        serial: int | None = None,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
    ) -> x509.Certificate:
        start = not_before or self.clock() - timedelta(minutes=1)
        own = name_of(name)
        issuer_key = self.memory.private[above]
        builder = (
            x509.CertificateBuilder()
            .serial_number(serial or secrets.randbits(150) + 1)
            .subject_name(own)
            .issuer_name(own if above == name else self.certificates[above].subject)
            .not_valid_before(start)
            .not_valid_after(not_after or start + timedelta(days=3650 if ca else 365))
            .public_key(sm2.stand_in().public_key() if isinstance(public, Sm2PublicKey) else public)
            .add_extension(x509.BasicConstraints(ca, None), critical=True)
            .add_extension(_usage(ca=ca), critical=True)
            .add_extension(x509.SubjectKeyIdentifier(key_identifier(public)), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier(key_identifier(issuer_key.public_key()), None, None),
                critical=False,
            )
        )
        if eku is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage([eku]), critical=eku == Eku.TIME_STAMPING)
        if eku == Eku.OCSP_SIGNING:
            builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
        else:
            builder = _with_addresses(builder, self.config, above)
        made = builder.sign(builders_key(issuer_key), hashes.SHA256())
        if isinstance(issuer_key, Sm2TestKey) or isinstance(public, Sm2PublicKey):
            return x509.load_der_x509_certificate(
                sm2.certificate(made.public_bytes(Encoding.DER), public, issuer_key)
            )
        return made

    def record(self, made: x509.Certificate, above: str, *, status: str = "issued") -> int:
        """Write the certificate's row; return its serial."""
        der = made.public_bytes(Encoding.DER)
        with self.engine.begin() as conn:
            conn.execute(
                certificate.insert().values(
                    issuer=above,
                    serial=made.serial_number,
                    request_key=secrets.token_hex(16),
                    request_digest="",
                    status=status,
                    epoch=1,
                    profile="test-seal",
                    profile_hash="",
                    config_hash="",
                    name="test",
                    subject=made.subject.rfc4514_string(),
                    spki_sha256=secrets.token_hex(32),
                    not_before=made.not_valid_before_utc,
                    not_after=made.not_valid_after_utc,
                    reserved_at=self.clock(),
                    der=der if status in ("issued", "revoked") else b"",
                )
            )
        return made.serial_number

    def issue(
        self, *, above: str = "issuing", not_after: datetime | None = None, status: str = "issued"
    ) -> x509.Certificate:
        """Make and record one leaf."""
        public = new_key().public_key()
        made = self.build("leaf", public, above, eku=Eku.CLIENT_AUTH, not_after=not_after)
        self.record(made, above, status=status)
        return made

    def revoke(self, serial: int, reason: str = "keyCompromise", *, status: str = "revoked") -> None:
        now = self.clock().replace(microsecond=0)
        self.change(
            serial, status=status, revoked_at=now, reason=reason, crl_entry=encode_entry(serial, now, reason)
        )

    def lift_hold(self, serial: int) -> None:
        self.change(
            serial,
            status="issued",
            hold_released_at=self.clock(),
            crl_entry=b"",
            revoked_at=None,
            reason="",
        )

    def change(self, serial: int, **values: object) -> None:
        """Write what a revocation writes, and count it for the lists."""
        c = certificate.c
        with self.engine.begin() as conn:
            row = conn.execute(sa.select(c.issuer, c.shard).where(c.serial == serial)).one()
            number = note_change(conn, Scope(row.issuer, row.shard), self.clock())
            conn.execute(certificate.update().where(c.serial == serial).values(crl_change=number, **values))

    def crl(self) -> CrlPublisher:
        return CrlPublisher(self.engine, self.keys, self.clock, self.audit, self.config)

    def ocsp(self) -> OcspResponder:
        return OcspResponder(self.engine, self.keys, self.clock, self.config)

    def tsa(self, **config: object) -> TimeStampAuthority:
        guard = ClockGuard(self.clock, lambda _now: self.drift)
        return TimeStampAuthority(self.engine, self.keys, guard, self.audit, TsaConfig(**config))

    def write_pem(self, folder: Path, *names: str) -> list[Path]:
        """Write certificates as ``NAME.pem``; return their paths."""
        paths = []
        for name in names:
            path = folder / f"{name}.pem"
            path.write_bytes(self.certificates[name].public_bytes(Encoding.PEM))
            paths.append(path)
        return paths

    def actions(self) -> list[str]:
        """Return the audit trail's actions, which must verify."""
        with self.engine.connect() as conn:
            self.audit.verify(conn)
            return [record.action for record in self.audit.every(conn)]


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def _with_addresses(
    builder: x509.CertificateBuilder, config: CaConfig, above: str
) -> x509.CertificateBuilder:
    address = x509.UniformResourceIdentifier(config.crl_address(above))
    return builder.add_extension(
        x509.CRLDistributionPoints([x509.DistributionPoint([address], None, None, None)]), critical=False
    )
