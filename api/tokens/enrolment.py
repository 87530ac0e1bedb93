"""Enrolling a seal keeper: the enterprise's own token, a key made inside it, a certificate issued into it.

The order of things: token (once), key pair, certificate, certificate object beside the key. A retry under the same
request key finds the key and the certificate that are there; nothing is made twice.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from api.errors import InputInvalid, NotFound
from api.tokens.key_stores import KeyStores
from ca.actor import Actor
from ca.authority import CertificateAuthority
from ca.certificate import (
    CertificateOrder,
    CertificateQuery,
    CertificateRecord,
    CertificateRequest,
    CertificateStatus,
    IssuedCertificate,
    SubjectName,
)
from ca.enterprise import Enterprise, Enterprises
from ca.errors import ProfileUnknown
from ca.profile import ENTERPRISE_SEAL, PROFILES
from ca.request_file import read_request
from hsm.algorithms import KeyKind
from hsm.key_uri import KeyUri
from hsm.pins import Pin
from hsm.provider import StoredKey
from hsm.signer import Custody
from hsm.suite import Suite
from seals.errors import CertificateUnfit
from signing.ledger import Ledger

MAX_SERIAL_DIGITS: Final = 40
"""RFC 5280 §4.1.2.2: a serial number has at most 20 octets."""


@dataclass(frozen=True, slots=True)
class EnrolmentOrder:
    """Whom to enrol: the enterprise, the keeper's actor id, the token's PIN, and the SO PIN where the token is new."""

    uscc: str
    keeper: str
    pin: Pin
    so_pin: Pin | None
    kind: KeyKind | None
    """``None``: that of the installation's suite."""
    request_key: str
    keeper_name: str = ""
    """The person's name as the certificate shows it; the actor id stands in without one."""

    @property
    def shown(self) -> str:
        """The keeper's name in the certificate's common name, at most 20 characters of its 64 (RFC 5280 appendix A.1)."""
        return (self.keeper_name or self.keeper.removeprefix("person:"))[:20]


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The keeper's certificate and the address of its key."""

    certificate: IssuedCertificate
    key_uri: KeyUri
    token: str


class Enrolment:
    """Puts keepers' keys and certificates into their enterprises' tokens."""

    def __init__(
        self,
        key_stores: KeyStores,
        enterprises: Enterprises,
        authority: CertificateAuthority,
        ledger: Ledger,
        suite: Suite = Suite.INTERNATIONAL,
    ) -> None:
        self._stores = key_stores
        self._enterprises = enterprises
        self._authority = authority
        self._ledger = ledger
        self._suite = suite

    def enrol(self, order: EnrolmentOrder, *, actor: Actor) -> Enrolled:
        """Enrol a keeper.

        Raises :class:`ca.errors.EnterpriseUnknown`, :class:`InputInvalid` for a new token without SO PIN, and what
        tokens and the authority raise (:class:`hsm.errors.HsmError`, :class:`ca.errors.CaError`).
        """
        key, subject = self.make_key(order), self.subject(order)
        custody = self.custody(key, order.pin)
        request = CertificateRequest(ENTERPRISE_SEAL.id, subject, key.public_key, custody=custody)
        issued = self._authority.issue(request, request_key=order.request_key, actor=actor)
        self.keep_certificate(key.uri, issued.der, pin=order.pin, actor=actor)
        return Enrolled(issued, key.uri, token_of(order.uscc))

    def subject(self, order: EnrolmentOrder) -> SubjectName:
        """Return the keeper's name: the enterprise as registered, and the person."""
        enterprise = self._enterprises.get(order.uscc)
        return SubjectName(f"{enterprise.name[:40]} {order.shown}", enterprise.name, enterprise.uscc)

    def make_key(self, order: EnrolmentOrder) -> StoredKey:
        """Return the key of an order in the enterprise's token, which is made first where it is new."""
        self._enterprises.get(order.uscc)
        self._token(token_of(order.uscc), order)
        return self._key(token_of(order.uscc), order)

    def custody(self, key: StoredKey, pin: Pin) -> Custody:
        """Tell who keeps a key of ours."""
        return self._stores.chosen.signer(key.uri, pin=pin).custody

    def key_address(self, token: str, label: str) -> KeyUri:
        """Return the address of a key in the chosen key store."""
        return KeyUri(self._stores.scheme, token, label)

    def keep_certificate(self, key_uri: KeyUri, der: bytes, *, pin: Pin, actor: Actor) -> None:
        """Put a certificate beside its key and note the key's address; a second time changes nothing."""
        held = self._stores.chosen.certificates(key_uri.token)
        if all(certificate.der != der for certificate in held):
            self._stores.chosen.import_certificate(key_uri, der, pin=pin)
        sha256 = hashlib.sha256(der).hexdigest()
        if self._ledger.key_uri(sha256) is None:
            self._ledger.bind_key(sha256, str(key_uri), actor=actor)

    def in_force(self, serial: int) -> CertificateRecord:
        """Return a certificate that may be bound to a seal; :class:`seals.errors.CertificateUnfit` once revoked."""
        found = self._authority.certificate(serial)
        if found.status is not CertificateStatus.ISSUED:
            raise CertificateUnfit(f"certificate {serial:x} is {found.status}")
        return found

    def latest(self, uscc: str) -> CertificateRecord:
        """Return the newest sealing certificate in force of an enterprise; :class:`NotFound` without one."""
        query = CertificateQuery(
            uscc=uscc,
            profile=ENTERPRISE_SEAL.id,
            status=CertificateStatus.ISSUED,
            order=CertificateOrder.EXPIRY,
        )
        found: CertificateRecord | None = None
        while True:
            page = self._authority.find(query)
            found = page.items[-1] if page.items else found
            if page.next is None:
                break
            query = replace(query, cursor=page.next)
        if found is None:
            raise NotFound
        return found

    def _token(self, token: str, order: EnrolmentOrder) -> None:
        if token in self._stores.chosen.tokens():
            return
        if order.so_pin is None:
            raise InputInvalid(
                "该企业还没有令牌，请同时给出 SO PIN 以初始化令牌。",
                "The enterprise has no token yet; give a security officer's PIN to initialise one.",
            )
        self._stores.chosen.create_token(token, order.so_pin, order.pin)

    def _key(self, token: str, order: EnrolmentOrder) -> StoredKey:
        label = f"seal-{order.request_key}"
        address = KeyUri(self._stores.scheme, token, label)
        for key in self._stores.chosen.keys(token, pin=order.pin):
            if key.uri.object == label:
                return key
        made = self._stores.chosen.generate(address, order.kind or self._suite.key_kind, pin=order.pin)
        return next(key for key in self._stores.chosen.keys(token, pin=order.pin) if key.uri == made)


def token_of(uscc: str) -> str:
    """Return the label of an enterprise's token (21 of at most 32 octets)."""
    return f"ent{uscc}"


def pin_of(text: str) -> Pin:
    """Return a PIN; a length that no token takes raises :class:`InputInvalid`."""
    try:
        return Pin(text)
    except ValueError:
        raise InputInvalid("PIN 码应为 4 至 64 个字符。", "A PIN has 4 to 64 characters.") from None


def serial_of(text: str) -> int:
    """Read a serial number in hexadecimal; :class:`NotFound` for what cannot be one."""
    digits = text.lower().removeprefix("0x").replace(":", "")
    if not 0 < len(digits) <= MAX_SERIAL_DIGITS or not set(digits) <= set("0123456789abcdef"):
        raise NotFound
    return int(digits, 16)


def certificate_request(
    csr: str, enterprise: Enterprise, common_name: str, profile: str, days: int | None
) -> CertificateRequest:
    """Return the request for the key of a PKCS#10 text whose self-signature verifies (proof of possession).

    Only profiles of registered enterprises can be asked for from outside: no caller obtains a CA or a service
    certificate (:class:`ca.errors.ProfileUnknown`). A file that is no request, is not signed by its own key, or holds a
    weak one: :class:`ca.errors.RequestInvalid`.
    """
    if profile not in PROFILES or not PROFILES[profile].registered_enterprise:
        raise ProfileUnknown(profile)
    key = read_request(csr.encode()).public_key
    subject = SubjectName(common_name, enterprise.name, enterprise.uscc)
    return CertificateRequest(profile, subject, key, None if days is None else timedelta(days=days))
