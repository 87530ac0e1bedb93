"""A registry with an enterprise in it, and certificates to bind: correct by default, a test states the one wrong thing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

import ca.store
import seals.store
from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from ca.enterprise import Enterprises
from hsm.algorithms import DEFAULT_ALGORITHM, Digest, PublicKey, SignatureAlgorithm, kind_of
from hsm.signer import Custody
from seals.cases.case import Hand
from seals.cases.desk import UseDesk
from seals.cases.grounds import Use
from seals.cases.rule_file import default_book
from seals.cases.warrant import Warrant
from seals.permit import Permits
from seals.registry import RegistryRules, SealRegistry
from seals.seal import SealApplication, SealKind, SealRecord

USCC = "11330105002500287C"
OTHER_USCC = "12100000000018032A"
NAME = "杭州某某数字科技有限公司"

APPLICANT = Actor("person:zhang.san", "张三", USCC)
APPROVER = Actor("person:li.si", "李四")
SECOND = Actor("person:wang.wu", "王五")
KEEPER = Actor("person:zhao.liu", "赵六", USCC)


@dataclass(frozen=True)
class Bound:
    """What the certification room hands over."""

    serial: int
    der: bytes


def certificate(now: datetime, *, uscc: str = USCC, days: int = 365, key: Any = None) -> Bound:
    key = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, NAME),
            x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, f"NTRCN-{uscc}"),
            x509.NameAttribute(NameOID.COMMON_NAME, "赵六"),
        ]
    )
    serial = x509.random_serial_number()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    from cryptography.hazmat.primitives.serialization import Encoding

    return Bound(serial, made.public_bytes(Encoding.DER))


class MemorySigner:
    """A signer over a key in memory, speaking the seam of ``hsm.signer``."""

    def __init__(self, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
        self._key = key

    @property
    def algorithm(self) -> SignatureAlgorithm:
        return DEFAULT_ALGORITHM[kind_of(self.public_key)]

    @property
    def public_key(self) -> PublicKey:
        return self._key.public_key()

    @property
    def custody(self) -> Custody:
        return Custody.SOFT

    def sign(self, message: bytes) -> bytes:
        from cryptography.hazmat.primitives.asymmetric import padding

        digest = self.algorithm.digest.hash()
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(message, padding.PKCS1v15(), digest)
        return self._key.sign(message, ec.ECDSA(digest))


class SealWorld:
    """A registry over an empty database, with one enterprise."""

    def __init__(self, engine: sa.Engine, clock: Clock, rules: RegistryRules | None = None) -> None:
        ca.store.metadata.create_all(engine)
        seals.store.metadata.create_all(engine)
        self.engine = engine
        self.clock = clock
        self.audit = AuditTrail(clock)
        self.enterprises = Enterprises(engine, clock, self.audit)
        self.enterprises.register(USCC, NAME, actor=APPLICANT)
        self.registry = SealRegistry(engine, self.enterprises, clock, self.audit, rules)
        self.desk = UseDesk(engine, clock, self.audit, default_book())
        self.permits = Permits(self.registry, self.desk.uses, clock, self.audit)

    def warrant(self, code: str, document: Digest, actor: Actor = KEEPER) -> Warrant:
        """Return what lets a keeper seal alone by the shipped rules."""
        return self.desk.warrant(Use(code, document, Hand(actor)))

    def applied(self, kind: SealKind = SealKind.LEGAL_NAME, **changes: Any) -> SealRecord:
        application = SealApplication(**{"uscc": USCC, "kind": kind, "keeper": KEEPER.id, **changes})
        return self.registry.apply(application, actor=APPLICANT)

    def active(self, kind: SealKind = SealKind.LEGAL_NAME, **changes: Any) -> SealRecord:
        return self.approved(self.applied(kind, **changes).code)

    def approved(self, code: str, **changes: Any) -> SealRecord:
        bound = certificate(self.clock().astimezone(UTC), **changes)
        return self.registry.approve(code, actor=APPROVER, certificate=bound)


def photograph(width: int = 400, height: int = 300, form: str = "JPEG") -> bytes:
    """Take a picture of what is left of a seal."""
    import io

    from PIL import Image

    made = io.BytesIO()
    Image.effect_noise((width, height), 60).convert("RGB").save(made, form)
    return made.getvalue()
