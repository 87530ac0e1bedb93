"""Keys in someone else's remote signing service, by the CSC API (scheme ``csc``), versions 2.0 and 1.0.4.

A token is a service, an object a credential's id: ``csc:token=acme;object=CREDENTIAL``. The service hashes nothing: we send
the digest, once to have it authorised and once to have it signed, and verify what comes back before anybody sees it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from hsm.algorithms import Digest, Family, PublicKey, SignatureAlgorithm, kind_of
from hsm.bound_key import BoundKey, agree
from hsm.certificates import certificate_facts
from hsm.csc_errors import RemoteAnswerInvalid, RemoteServiceRefused
from hsm.csc_service import CscService
from hsm.devices.errors import OperationNotOffered
from hsm.digest_signing import check_digest, digest_to_sign, verify_digest
from hsm.errors import (
    HsmError,
    KeyNotFound,
    KeyUriError,
    PinRequired,
    SignatureInvalid,
    TokenNotFound,
    UnsupportedAlgorithm,
)
from hsm.key_uri import KeyUri
from hsm.pins import Pin, PinSource
from hsm.provider import StoredCertificate, StoredKey, TokenHealth
from hsm.signer import Custody
from hsm.sm2.signature import Sm2Signature

MAX_LISTED: Final = 200
"""Credentials described when a service is listed."""
KEY_OIDS: Final = {
    Family.RSA: ("1.2.840.113549.1.1.1",),
    Family.EC: ("1.2.840.10045.2.1",),
    Family.SM2: ("1.2.840.10045.2.1", "1.2.156.10197.1.301"),
}
"""A service may announce the key's algorithm alone; then every signature algorithm of its family is meant."""


@dataclass(frozen=True, slots=True)
class _Credential:
    key: StoredKey
    der: bytes
    algorithms: frozenset[str]
    wants_pin: bool
    takes_pin: bool

    def offers(self, algorithm: SignatureAlgorithm) -> bool:
        """Tell whether the service announces the algorithm."""
        return algorithm.oid in self.algorithms or bool(self.algorithms & {*KEY_OIDS[algorithm.family]})


class CscProvider:
    """Keys behind the remote signing services of a file."""

    scheme = "csc"
    custody = Custody.REMOTE

    def __init__(self, services: Mapping[str, CscService], pins: PinSource) -> None:
        self._services = dict(services)
        self._pins = pins

    def tokens(self) -> tuple[str, ...]:
        """Names of the services."""
        return tuple(sorted(self._services))

    def keys(self, token: str, *, pin: Pin | None = None) -> tuple[StoredKey, ...]:
        """List the credentials of a service that have a key of a kind that we use."""
        del pin
        return tuple(one.key for one in self._listed(token))

    def certificates(self, token: str) -> tuple[StoredCertificate, ...]:
        """List the certificates of a service's credentials."""
        return tuple(
            StoredCertificate(one.key.uri.object, one.key.uri.object.encode(), one.der)
            for one in self._listed(token)
        )

    def signer(
        self,
        uri: KeyUri,
        *,
        expected: PublicKey | None = None,
        algorithm: SignatureAlgorithm | None = None,
        pin: Pin | None = None,
    ) -> CscSigner:
        """Open a credential: its certificate's key must be ``expected``, and its service announce the algorithm."""
        service = self._service(uri.token)
        found = _credential(service, uri.object)
        chosen = agree(found.key, expected, algorithm)
        if not found.offers(chosen):
            raise UnsupportedAlgorithm(f"{uri.token} does not announce {chosen.label} for {uri.object}")
        return CscSigner(service, found, chosen, self._pin(found, pin))

    def probe(self, token: str) -> TokenHealth:
        """Ask the service about itself."""
        try:
            told = self._service(token).ask("info", {})
        except HsmError as wrong:
            return TokenHealth(token, False, f"{type(wrong).__name__}: {wrong.detail}", 0, self.custody)
        ready = "signatures/signHash" in told.get("methods", ())
        return TokenHealth(token, ready, str(told.get("specs", ""))[:20], 0, self.custody)

    def close(self) -> None:
        """End nothing: every question is a connection of its own."""

    def _service(self, token: str) -> CscService:
        try:
            return self._services[token]
        except KeyError as missing:
            raise TokenNotFound(f"no remote signing service is called {token!r}") from missing

    def _listed(self, token: str) -> list[_Credential]:
        service = self._service(token)
        ids = service.ask("credentials/list", {}).get("credentialIDs")
        if not isinstance(ids, list):
            raise RemoteAnswerInvalid("credentialIDs")
        found = []
        for name in ids[:MAX_LISTED]:
            try:
                found.append(_credential(service, str(name)))
            except (UnsupportedAlgorithm, KeyUriError):  # of a kind, or with an id, that we do not use
                continue
        return sorted(found, key=lambda one: one.key.uri.object)

    def _pin(self, found: _Credential, pin: Pin | None) -> Pin | None:
        if pin is not None or not found.takes_pin:
            return pin
        try:
            return self._pins(found.key.uri.token)
        except PinRequired:
            if found.wants_pin:
                raise
            return None

    # -- what no remote service offers by this interface ---------------------------------------------------------------

    def create_token(self, token: str, so_pin: Pin, user_pin: Pin) -> NoReturn:
        """Not offered."""
        del token, so_pin, user_pin
        self._refuse()

    def generate(self, uri: KeyUri, kind: object, *, pin: Pin | None = None) -> NoReturn:
        """Not offered: a credential is enrolled at the service."""
        del uri, kind, pin
        self._refuse()

    def import_certificate(self, uri: KeyUri, der: bytes, *, pin: Pin | None = None) -> NoReturn:
        """Not offered."""
        del uri, der, pin
        self._refuse()

    def destroy(self, uri: KeyUri, *, pin: Pin | None = None) -> NoReturn:
        """Not offered."""
        del uri, pin
        self._refuse()

    def change_pin(self, token: str, old: Pin, new: Pin) -> NoReturn:
        """Not offered."""
        del token, old, new
        self._refuse()

    def unblock(self, token: str, so_pin: Pin, new: Pin) -> NoReturn:
        """Not offered."""
        del token, so_pin, new
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise OperationNotOffered("a remote signing service signs and does nothing else by this interface")


class CscSigner(BoundKey):
    """A credential bound to one algorithm; safe for threads. Each signature has an authorisation of its own."""

    def __init__(
        self, service: CscService, found: _Credential, algorithm: SignatureAlgorithm, pin: Pin | None
    ) -> None:
        super().__init__(found.key, algorithm, Custody.REMOTE)
        self._service = service
        self._pin = pin

    def sign(self, message: bytes) -> bytes:
        """Hash here and have the digest signed; see :meth:`hsm.signer.Signer.sign`."""
        return self.sign_digest(digest_to_sign(self.public_key, self._algorithm, message))

    def sign_digest(self, digest: Digest) -> bytes:
        """Have a digest authorised, then signed, once; a signature that does not verify never leaves."""
        octets = check_digest(self._algorithm, digest)
        signature = self._form(self._signed(octets, self._authorised(octets)))
        try:
            verify_digest(self.public_key, self._algorithm, digest, signature)
        except SignatureInvalid as wrong:
            raise RemoteAnswerInvalid("the signature is not the credential's over this digest") from wrong
        return signature

    def _authorised(self, octets: bytes) -> str:
        first = self._service.version == "v1"
        text = base64.b64encode(octets).decode()
        body: dict[str, Any] = {"credentialID": self._key.uri.object, "numSignatures": 1}
        body |= (
            {"hash": [text]} if first else {"hashes": [text], "hashAlgorithmOID": self._algorithm.digest.oid}
        )
        if self._pin is not None:
            secret = self._pin.reveal()
            body |= {"PIN": secret} if first else {"authData": [{"id": "PIN", "value": secret}]}
        sad = self._service.ask("credentials/authorize", body).get("SAD")
        if not isinstance(sad, str) or not sad:
            raise RemoteAnswerInvalid("SAD")
        return sad

    def _signed(self, octets: bytes, sad: str) -> bytes:
        first = self._service.version == "v1"
        body = {
            "credentialID": self._key.uri.object,
            "SAD": sad,
            "hash" if first else "hashes": [base64.b64encode(octets).decode()],
            "hashAlgo" if first else "hashAlgorithmOID": self._algorithm.digest.oid,
            "signAlgo": self._algorithm.oid,
        }
        found = self._service.ask_once("signatures/signHash", body).get("signatures")
        if not isinstance(found, list) or len(found) != 1:
            raise RemoteAnswerInvalid("signatures")
        return _base64(found[0])

    def _form(self, signature: bytes) -> bytes:
        """Return the form of our interface: DER, where a service answers with r ‖ s."""
        try:
            if self._algorithm.family is Family.SM2:
                return Sm2Signature.parse(signature).der
        except SignatureInvalid as wrong:
            raise RemoteAnswerInvalid("signatures") from wrong
        half = self._key.kind.bits // 8
        if self._algorithm.family is Family.EC and len(signature) == 2 * half and not _is_sequence(signature):
            return encode_dss_signature(int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))
        return signature


def _credential(service: CscService, name: str) -> _Credential:
    body = {"credentialID": name, "certificates": "single", "certInfo": False, "authInfo": True}
    try:
        told = service.ask("credentials/info", body)
    except RemoteServiceRefused as refused:
        if refused.code == "invalid_request":
            raise KeyNotFound(f"{service.name}: {name}: {refused.detail}") from refused
        raise
    key, certificate = told.get("key"), told.get("cert")
    if not isinstance(key, dict) or not isinstance(certificate, dict):
        raise RemoteAnswerInvalid("key, cert")
    ders, algorithms = certificate.get("certificates"), key.get("algo")
    if not isinstance(ders, list) or not ders or not isinstance(algorithms, list):
        raise RemoteAnswerInvalid("certificates, algo")
    der = _base64(ders[0])
    public = certificate_facts(der).public_key
    stored = StoredKey(
        KeyUri(CscProvider.scheme, service.name, name),
        kind_of(public),
        public,
        extractable=False,
        sensitive=False,  # the service does not tell, and nobody here can read it back
        always_sensitive=False,
        custody=Custody.REMOTE,
    )
    wants, takes = _pin_wanted(told, service)
    return _Credential(stored, der, frozenset(map(str, algorithms)), wants, takes)


def _pin_wanted(told: Mapping[str, Any], service: CscService) -> tuple[bool, bool]:
    """Read whether a PIN is demanded, and whether one is taken; other ways than these are :class:`OperationNotOffered`."""
    if service.version == "v1":
        mode, pin, otp = (told.get(name, {}) for name in ("authMode", "PIN", "OTP"))
        presence = str(pin.get("presence", "false")).lower() if isinstance(pin, dict) else "false"
        other = isinstance(otp, dict) and str(otp.get("presence", "false")).lower() == "true"
        wants, takes = presence == "true", presence in ("true", "optional")
    else:
        auth = told.get("auth", {})
        mode = auth.get("mode", "") if isinstance(auth, dict) else ""
        objects = auth.get("objects", []) if isinstance(auth, dict) else []
        ids = (
            {str(one.get("id")) for one in objects if isinstance(one, dict)}
            if isinstance(objects, list)
            else set()
        )
        wants = takes = "PIN" in ids
        other = bool(ids - {"PIN"})
    if mode not in ("explicit", "implicit") or other:
        raise OperationNotOffered(
            f"{service.name}: a credential that is authorised in another way than by a PIN"
        )
    return wants and mode == "explicit", takes and mode == "explicit"


def _base64(text: object) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise RemoteAnswerInvalid("not base64") from wrong


def _is_sequence(octets: bytes) -> bool:
    """Tell a DER ``Ecdsa-Sig-Value`` that fills its octets from r ‖ s that happens to begin like one."""
    return octets[:1] == b"\x30" and octets[1] == len(octets) - 2 and octets[2:3] == b"\x02"
