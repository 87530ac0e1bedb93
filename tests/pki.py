"""The test world: correct chains by default; a test states the one wrong thing.

Two layers. :class:`World` is the real certification authority over keys in memory: use it wherever the room ``ca`` is
under you. :class:`Pki` makes certificates, CRLs and OCSP answers directly, right unless a test overrides a part: use
it for the pure code that must refuse what our own authority would never issue.

    world = make_world(engine, clock)                  # ceremony performed, tables made
    keeper = world.enrol()                             # a registered enterprise's sealing key and certificate
    pki = Pki(clock.now); party = pki.party(eku=None)  # a sealing certificate without its purpose
"""

from __future__ import annotations

import hashlib
import itertools
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

import ca.store
from ca import der
from ca.actor import Actor
from ca.audit import AuditTrail
from ca.authority import CertificateAuthority
from ca.ceremony import Hierarchy, perform
from ca.ceremony_plan import CeremonyPlan
from ca.certificate import CertificateRequest, IssuedCertificate, SubjectName
from ca.clock import Clock
from ca.config import CaConfig
from ca.enterprise import Enterprises
from ca.key_facts import family_of, key_identifier
from ca.profile import (
    ENTERPRISE_SEAL,
    ISSUING,
    KEY_USAGE_BITS,
    OCSP_RESPONDER,
    PROFILES,
    ROOT,
    SEAL_MAKER,
    TSA,
    Profile,
)
from hsm.algorithms import DEFAULT_ALGORITHM, Digest, KeyKind, PublicKey, SignatureAlgorithm, kind_of
from hsm.digest_signing import check_digest
from hsm.errors import (
    DuplicateKey,
    KeyMismatch,
    KeyNotFound,
    TokenExists,
    TokenNotFound,
    UnsupportedAlgorithm,
)
from hsm.key_uri import KeyUri
from hsm.pins import Pin
from hsm.provider import KeyRing, StoredCertificate, StoredKey, TokenHealth
from hsm.public_keys import certificate_key
from hsm.signer import Custody, Signer
from hsm.suite import Suite
from hsm.verification import verify_signature
from tests import sm2
from tests.sm2 import Sm2TestKey

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | Sm2TestKey

OFFICER = Actor("person:officer", "密钥管理员")
CLERK = Actor("person:clerk", "经办人")
SECOND = Actor("person:second", "复核人")
COMPANY = "北京示例科技有限公司"
BASE_URL = "http://pki.example.test"


def make_uscc(body: str) -> str:
    """Complete 17 characters with their check character."""
    from ca.uscc import check_character

    return body + check_character(body)


USCC = make_uscc("91110108MA01C8QX3")


class DefaultSuite:
    """The suite of keys, worlds and chains where a test names none; the fixture ``both_suites`` sets it."""

    suite = Suite.INTERNATIONAL


def new_key(kind: KeyKind | None = None) -> PrivateKey:
    """Make a fresh private key in memory, by default of the suite's kind."""
    kind = kind or DefaultSuite.suite.key_kind
    if kind is KeyKind.SM2:
        return Sm2TestKey()
    if kind.is_rsa:
        return rsa.generate_private_key(65537, kind.bits)
    return ec.generate_private_key(kind.curve())


@cache
def shared_rsa_key(bits: int = 2048, index: int = 0) -> rsa.RSAPrivateKey:
    """Return an RSA key made once in the run (they take long)."""
    del index
    return rsa.generate_private_key(65537, bits)


def _called_as(responder: Party) -> x509.Certificate:
    """Return the responder's certificate; for an SM2 key a stand-in of the same name, which the builder can compare."""
    if not isinstance(responder.key, Sm2TestKey):
        return responder.certificate
    name, key = responder.certificate.subject, sm2.stand_in()
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1)
    start = responder.certificate.not_valid_before_utc
    return (
        builder.not_valid_before(start).not_valid_after(start + timedelta(days=1)).sign(key, hashes.SHA256())
    )


def builders_key(key: PrivateKey) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    """Return the key for a builder of ``cryptography``: a stand-in for SM2, put right afterwards."""
    return sm2.stand_in() if isinstance(key, Sm2TestKey) else key


class MemorySigner:
    """A :class:`hsm.signer.Signer` over a ``cryptography`` key in memory; counts what it signed."""

    custody = Custody.SOFT

    def __init__(self, key: PrivateKey, algorithm: SignatureAlgorithm | None = None) -> None:
        self.key = key
        self.algorithm = algorithm or DEFAULT_ALGORITHM[kind_of(key.public_key())]
        self.signed: list[bytes] = []

    @property
    def public_key(self) -> PublicKey:
        return self.key.public_key()

    def copy(self) -> MemorySigner:
        """Return another signer of the same key, which knows what this one has signed."""
        made = MemorySigner(self.key, self.algorithm)
        made.signed = list(self.signed)
        return made

    def sign(self, message: bytes) -> bytes:
        self.signed.append(message)
        if isinstance(self.key, Sm2TestKey):
            return self.key.sign(message)
        hashing = self.algorithm.digest.hash()
        if isinstance(self.key, rsa.RSAPrivateKey):
            if not self.algorithm.is_rsa:
                raise UnsupportedAlgorithm(self.algorithm.label)
            return self.key.sign(message, padding.PKCS1v15(), hashing)
        return self.key.sign(message, ec.ECDSA(hashing))

    def sign_digest(self, digest: Digest) -> bytes:
        octets = check_digest(self.algorithm, digest)
        self.signed.append(octets)
        if isinstance(self.key, Sm2TestKey):
            return self.key.sign_digest(octets)
        hashing = Prehashed(self.algorithm.digest.hash())
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(octets, padding.PKCS1v15(), hashing)
        return self.key.sign(octets, ec.ECDSA(hashing))


@dataclass
class _Held:
    label: str
    id: bytes
    signer: MemorySigner


class MemoryProvider:
    """A :class:`hsm.provider.KeyProvider` whose tokens are in memory; serves the scheme that it is told."""

    custody = Custody.SOFT

    def __init__(self, scheme: str = "file") -> None:
        self.scheme = scheme
        self._keys: dict[str, list[_Held]] = {}
        self._certificates: dict[str, list[StoredCertificate]] = {}

    def create_token(self, token: str, so_pin: Pin, user_pin: Pin) -> None:
        if token in self._keys:
            raise TokenExists(token)
        self._keys[token] = []
        self._certificates[token] = []

    def take_over(self, other: MemoryProvider) -> None:
        """Hold what ``other`` holds, and what its signers have signed; each goes its own way from here (tests only)."""
        for token, held in other._keys.items():
            self._keys[token] = [_Held(one.label, one.id, one.signer.copy()) for one in held]
            self._certificates[token] = list(other._certificates[token])

    def tokens(self) -> tuple[str, ...]:
        return tuple(sorted(self._keys))

    def _token(self, token: str) -> list[_Held]:
        if token not in self._keys:
            raise TokenNotFound(token)
        return self._keys[token]

    def generate(self, uri: KeyUri, kind: KeyKind, *, pin: Pin | None = None) -> KeyUri:
        return self.put(uri, new_key(kind))

    def put(self, uri: KeyUri, key: PrivateKey) -> KeyUri:
        """Place a given key (tests only)."""
        held = self._token(uri.token)
        if any(one.label == uri.object for one in held):
            raise DuplicateKey(uri.object)
        key_id = uri.id or secrets.token_bytes(8)
        held.append(_Held(uri.object, key_id, MemorySigner(key)))
        return uri.with_id(key_id)

    def keys(self, token: str, *, pin: Pin | None = None) -> tuple[StoredKey, ...]:
        return tuple(
            StoredKey(
                KeyUri(self.scheme, token, held.label, held.id),
                kind_of(held.signer.public_key),
                held.signer.public_key,
                extractable=False,
                sensitive=True,
                always_sensitive=True,
                custody=self.custody,
            )
            for held in self._token(token)
        )

    def held(self, uri: KeyUri | str) -> MemorySigner:
        """Return the signer itself, to count or change what it does."""
        address = KeyUri.parse(uri) if isinstance(uri, str) else uri
        found = [
            held
            for held in self._token(address.token)
            if held.label == address.object and address.id in (None, held.id)
        ]
        if len(found) != 1:
            raise KeyNotFound(str(address))
        return found[0].signer

    def signer(
        self,
        uri: KeyUri,
        *,
        expected: PublicKey | None = None,
        algorithm: SignatureAlgorithm | None = None,
        pin: Pin | None = None,
    ) -> Signer:
        signer = self.held(uri)
        if expected is not None and expected != signer.public_key:
            raise KeyMismatch(str(uri))
        if algorithm is not None and algorithm is not signer.algorithm:
            return MemorySigner(signer.key, algorithm)
        return signer

    def import_certificate(self, uri: KeyUri, der: bytes, *, pin: Pin | None = None) -> None:
        self._token(uri.token)
        self._certificates[uri.token].append(StoredCertificate(uri.object, uri.id or b"", der))

    def certificates(self, token: str) -> tuple[StoredCertificate, ...]:
        self._token(token)
        return tuple(self._certificates[token])

    def destroy(self, uri: KeyUri, *, pin: Pin | None = None) -> None:
        held = self._token(uri.token)
        held[:] = [one for one in held if one.label != uri.object]
        kept = self._certificates[uri.token]
        kept[:] = [one for one in kept if one.label != uri.object]

    def change_pin(self, token: str, old: Pin, new: Pin) -> None:
        self._token(token)

    def unblock(self, token: str, so_pin: Pin, new: Pin) -> None:
        self._token(token)

    def probe(self, token: str) -> TokenHealth:
        return TokenHealth(token, token in self._keys, "in memory", 10, self.custody)

    def close(self) -> None:
        self._keys.clear()


@dataclass(frozen=True)
class Keeper:
    """An enrolled seal keeper: the enterprise, its key in its token, its certificate and the chain above (no root)."""

    uscc: str
    name: str
    key_uri: KeyUri
    signer: Signer
    issued: IssuedCertificate
    chain: tuple[bytes, ...]


@dataclass
class World:
    """A certification authority with its hierarchy made, over keys in memory."""

    engine: sa.Engine
    clock: Clock
    provider: MemoryProvider
    keys: KeyRing
    audit: AuditTrail
    config: CaConfig
    authority: CertificateAuthority
    enterprises: Enterprises
    hierarchy: Hierarchy
    counter: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def root(self) -> x509.Certificate:
        return self.hierarchy.root.x509

    @property
    def issuing(self) -> x509.Certificate:
        return self.hierarchy.issuing.x509

    def signer(self, key_uri: str) -> MemorySigner:
        """Return a signer of the hierarchy, by the key URI of an issuer or unit."""
        return self.provider.held(key_uri)

    def enrol(
        self,
        name: str = COMPANY,
        uscc: str = USCC,
        *,
        kind: KeyKind | None = None,
        validity: timedelta | None = None,
        common_name: str = "",
    ) -> Keeper:
        """Register an enterprise, make its sealing key (by default the suite's) in its own token and certify it."""
        kind = kind or self.config.suite.key_kind
        self.enterprises.register(uscc, name, actor=CLERK)
        token, number = f"keeper-{uscc}", next(self.counter)
        if token not in self.provider.tokens():
            self.provider.create_token(token, Pin("12345678"), Pin("123456"))
        place = KeyUri(self.provider.scheme, token, f"seal-{number}")
        key = shared_rsa_key(kind.bits, number) if kind.is_rsa else new_key(kind)
        uri = self.provider.put(place, key)
        request = CertificateRequest(
            ENTERPRISE_SEAL.id,
            SubjectName(common_name or name, name, uscc),
            key.public_key(),
            validity,
        )
        issued = self.authority.issue(request, request_key=f"enrol:{uscc}:{number}", actor=CLERK)
        self.provider.import_certificate(uri, issued.der)
        chain = self.authority.chain(issued.issuer)[:-1]
        return Keeper(uscc, name, uri, self.provider.held(uri), issued, chain)


def make_config(**changes: Any) -> CaConfig:
    """Return the configuration of the test world."""
    return CaConfig(
        **{"base_url": BASE_URL, "instance_prefix": 0x1234, "suite": DefaultSuite.suite, **changes}
    )


def make_world(
    engine: sa.Engine,
    clock: Clock,
    *,
    provider: MemoryProvider | None = None,
    config: CaConfig | None = None,
    plan: CeremonyPlan | None = None,
    create_tables: bool = True,
    hierarchy: Hierarchy | None = None,
    suite: Suite | None = None,
    **authority_parts: Any,
) -> World:
    """Make the tables of ``ca``, perform the ceremony with keys in memory, return the world.

    ``suite`` counts where no ``config`` is given. With the ``hierarchy`` of another world over the same database and provider, that one is used.
    """
    if create_tables:
        ca.store.metadata.create_all(engine)
    provider = provider or MemoryProvider()
    config = config or make_config(suite=suite or DefaultSuite.suite)
    keys, audit = KeyRing({provider.scheme: provider}), AuditTrail(clock)
    authority = CertificateAuthority(engine, keys, clock, audit, config, **authority_parts)
    plan = plan or CeremonyPlan(token="ca", scheme=provider.scheme, root_key=config.suite.key_kind)
    if plan.token not in provider.tokens():
        provider.create_token(plan.token, Pin("12345678"), Pin("123456"))
    hierarchy = hierarchy or perform(authority, plan, actor=OFFICER, progress=lambda _line: None)
    enterprises = Enterprises(engine, clock, audit)
    return World(engine, clock, provider, keys, audit, config, authority, enterprises, hierarchy)


def prove_issued(certificate: x509.Certificate, issuer: x509.Certificate) -> None:
    """Prove that ``issuer`` signed ``certificate``, in whatever suite."""
    algorithms = {one.oid: one for one in SignatureAlgorithm}
    algorithm = algorithms[certificate.signature_algorithm_oid.dotted_string]
    assert certificate.issuer == issuer.subject
    verify_signature(
        certificate_key(issuer), algorithm, certificate.tbs_certificate_bytes, certificate.signature
    )


@dataclass(frozen=True)
class Party:
    """A key with its certificate; ``chain`` is the DER from its issuer up, without the root."""

    key: PrivateKey
    certificate: x509.Certificate
    chain: tuple[bytes, ...] = ()

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def signer(self) -> MemorySigner:
        return MemorySigner(self.key)


def said_anew(response: bytes, signing: PrivateKey, change: Callable[[bytes], bytes]) -> bytes:
    """Return an OCSP response with its ResponseData changed and signed again."""
    outer = der.Reader(response).enter(der.SEQUENCE)
    status, wrapped = outer.element(), outer.enter(0xA0).enter(der.SEQUENCE)
    kind = wrapped.element()
    said, algorithm, _, *rest = der.Reader(wrapped.contents(der.OCTET_STRING)).enter(der.SEQUENCE).elements()
    said = change(said)
    value = der.bit_string(_with_sha256(said, signing))
    basic = der.octet_string(der.sequence(said, algorithm, value, *rest))
    return der.sequence(status, der.explicit(0, der.sequence(kind, basic)))


def _with_sha256(said: bytes, signing: PrivateKey) -> bytes:
    if isinstance(signing, Sm2TestKey):
        return signing.sign(said)
    if isinstance(signing, rsa.RSAPrivateKey):
        return signing.sign(said, padding.PKCS1v15(), hashes.SHA256())
    return signing.sign(said, ec.ECDSA(hashes.SHA256()))


def _produced(said: bytes, when: datetime) -> bytes:
    parts = list(der.Reader(said).enter(der.SEQUENCE).elements())
    place = next(place for place, part in enumerate(parts) if part[0] == der.GENERALIZED_TIME)
    parts[place] = der.generalized_time(when)
    return der.sequence(*parts)


class Pki:
    """Certificates made directly. Root → issuing → leaves, all right by default.

    Every maker takes ``changes``: ``profile``, ``subject`` (SubjectName or x509.Name), ``key``, ``issuer`` (Party),
    ``serial``, ``not_before``, ``not_after``, ``ca`` (bool), ``path_length``, ``key_usage`` (names; ``None`` leaves the
    extension out), ``eku`` (OIDs; ``None`` leaves it out), ``extra`` (extensions added, ``(extension, critical)``),
    ``hash`` (the digest of the signature), ``spoil`` (True flips a bit of the signature). Keys are by default those of
    ``suite``.
    """

    def __init__(
        self,
        now: datetime,
        *,
        base_url: str = BASE_URL,
        name: str = "印信测试 TEST",
        suite: Suite | None = None,
    ) -> None:
        self.now = now.replace(microsecond=0)
        self.suite = suite or DefaultSuite.suite
        self.config = CaConfig(base_url, suite=self.suite)
        self.name = name
        self.root = self.make(ROOT, SubjectName(f"{name} Root", name))
        self.issuing = self.make(ISSUING, SubjectName(f"{name} Issuing", name), issuer=self.root)

    def party(self, **changes: Any) -> Party:
        """Make a seal keeper: an enterprise's sealing certificate."""
        subject = changes.pop("subject", SubjectName(COMPANY, COMPANY, USCC))
        return self.make(changes.pop("profile", ENTERPRISE_SEAL), subject, **changes)

    def tsa(self, **changes: Any) -> Party:
        """Make a time-stamp unit."""
        return self.make(TSA, changes.pop("subject", SubjectName(f"{self.name} TSA", self.name)), **changes)

    def seal_maker(self, **changes: Any) -> Party:
        """Make a seal maker."""
        subject = changes.pop("subject", SubjectName(f"{self.name} Seal Maker", self.name))
        return self.make(SEAL_MAKER, subject, **changes)

    def responder(self, **changes: Any) -> Party:
        """Make an OCSP responder."""
        subject = changes.pop("subject", SubjectName(f"{self.name} OCSP", self.name))
        return self.make(OCSP_RESPONDER, subject, **changes)

    def make(self, profile: Profile | str, subject: SubjectName | x509.Name, **changes: Any) -> Party:
        """Make a party after a profile, with the ``changes`` that the class describes."""
        profile = PROFILES[profile] if isinstance(profile, str) else profile
        key: PrivateKey = changes.pop("key", None) or new_key(self.suite.key_kind)
        name = subject.x509() if isinstance(subject, SubjectName) else subject
        above: Party | None = changes.pop("issuer", None)
        if above is None and not profile.self_signed:
            above = self.issuing
        start = changes.pop("not_before", self.now - timedelta(days=1))
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(above.certificate.subject if above else name)
            .public_key(builders_key(key).public_key())
            .serial_number(changes.pop("serial", None) or x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(changes.pop("not_after", start + profile.default_validity))
        )
        issuer_id = "issuing" if above is None or above is not self.__dict__.get("root") else "root"
        for extension, critical in self._extensions(profile, key, above, issuer_id, changes):
            builder = builder.add_extension(extension, critical)
        signing, hashing = above.key if above else key, changes.pop("hash", hashes.SHA256())
        spoil = changes.pop("spoil", False)
        if changes:
            raise TypeError(f"unknown changes: {', '.join(changes)}")
        der = builder.sign(builders_key(signing), hashing).public_bytes(Encoding.DER)
        if isinstance(signing, Sm2TestKey) or isinstance(key, Sm2TestKey):
            der = sm2.certificate(der, key.public_key(), signing)
        if spoil:
            der = der[:-1] + bytes([der[-1] ^ 1])
        chain = () if above is None or above.certificate.issuer == above.certificate.subject else (above.der,)
        return Party(key, x509.load_der_x509_certificate(der), chain + (above.chain if above else ()))

    def _extensions(
        self, profile: Profile, key: PrivateKey, above: Party | None, issuer_id: str, changes: dict[str, Any]
    ) -> list[tuple[x509.ExtensionType, bool]]:
        is_ca = changes.pop("ca", profile.is_ca)
        length = changes.pop("path_length", profile.path_length if is_ca else None)
        found: list[tuple[x509.ExtensionType, bool]] = [(x509.BasicConstraints(is_ca, length), True)]
        usage = changes.pop("key_usage", profile.uses(family_of(key.public_key())))
        if usage is not None:
            found.append((x509.KeyUsage(**{bit: bit in usage for bit in KEY_USAGE_BITS}), True))
        uses = changes.pop("eku", profile.extended_key_usage)
        if uses:
            listed = x509.ExtendedKeyUsage([x509.ObjectIdentifier(oid) for oid in uses])
            found.append((listed, changes.pop("eku_critical", profile.extended_key_usage_critical)))
        found.append((x509.SubjectKeyIdentifier(key_identifier(key.public_key())), False))
        above_key = above.key.public_key() if above else key.public_key()
        found.append((x509.AuthorityKeyIdentifier(key_identifier(above_key), None, None), False))
        if profile.crl_address:
            where = x509.UniformResourceIdentifier(self.config.crl_address(issuer_id))
            found.append(
                (x509.CRLDistributionPoints([x509.DistributionPoint([where], None, None, None)]), False)
            )
        if profile.ocsp_no_check:
            found.append((x509.OCSPNoCheck(), False))
        return found + list(changes.pop("extra", ()))

    def crl(
        self,
        issuer: Party | None = None,
        revoked: Mapping[int, tuple[datetime, x509.ReasonFlags]] | None = None,
        *,
        number: int = 1,
        this_update: datetime | None = None,
        next_update: datetime | None = None,
        key: PrivateKey | None = None,
        point: str = "",
        extra: Sequence[tuple[x509.ExtensionType, bool]] = (),
    ) -> bytes:
        """Return a DER CRL of ``issuer`` (default: issuing) with ``revoked`` serials; ``point`` is the address that its scope names."""
        issuer = issuer or self.issuing
        start = this_update or self.now
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(issuer.certificate.subject)
            .last_update(start)
            .next_update(next_update or start + timedelta(days=7))
            .add_extension(x509.CRLNumber(number), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier(key_identifier(issuer.key.public_key()), None, None),
                critical=False,
            )
        )
        if point:
            names = [x509.UniformResourceIdentifier(point)]
            part = x509.IssuingDistributionPoint(names, None, False, False, None, False, False)
            builder = builder.add_extension(part, critical=True)
        for extension, critical in extra:
            builder = builder.add_extension(extension, critical)
        for serial, (when, reason) in (revoked or {}).items():
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(when)
            if reason is not x509.ReasonFlags.unspecified:
                entry = entry.add_extension(x509.CRLReason(reason), critical=False)
            builder = builder.add_revoked_certificate(entry.build())
        signing = key or issuer.key
        der = builder.sign(builders_key(signing), hashes.SHA256()).public_bytes(Encoding.DER)
        return sm2.revocation_list(der, signing) if isinstance(signing, Sm2TestKey) else der

    def ocsp(
        self,
        certificate: x509.Certificate,
        *,
        issuer: Party | None = None,
        responder: Party | None = None,
        revoked: tuple[datetime, x509.ReasonFlags] | None = None,
        status: ocsp.OCSPCertStatus | None = None,
        this_update: datetime | None = None,
        next_update: datetime | None = None,
        extra: Sequence[tuple[x509.ExtensionType, bool]] = (),
        produced_at: datetime | None = None,
    ) -> bytes:
        """Return a DER OCSP response for ``certificate``, by a fresh responder of its issuer unless one is given.

        It was made at ``this_update`` unless ``produced_at`` says otherwise.
        """
        issuer, start = issuer or self.issuing, this_update or self.now
        responder = responder or self.responder(issuer=issuer)
        due = ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response_by_hash(
                hashlib.sha1(issuer.certificate.subject.public_bytes()).digest(),
                key_identifier(issuer.key.public_key()),
                certificate.serial_number,
                hashes.SHA1(),
                status or due,
                start,
                next_update or start + timedelta(days=1),
                revoked[0] if revoked else None,
                revoked[1] if revoked else None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.NAME, _called_as(responder))
            .certificates([responder.certificate])
        )
        for extension, critical in extra:
            builder = builder.add_extension(extension, critical)
        signing = responder.key
        made = builder.sign(builders_key(signing), hashes.SHA256()).public_bytes(Encoding.DER)
        made = said_anew(made, signing, lambda tbs: _produced(tbs, produced_at or start))
        return sm2.status_answer(made, signing) if isinstance(signing, Sm2TestKey) else made
