"""What somebody signs elsewhere: the members, and header and payload as they are signed (RFC 7515 §5.1). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography import x509

from hsm.algorithms import DEFAULT_ALGORITHM, kind_of
from hsm.public_keys import certificate_key
from seals.cases.signer_store import Signer
from seals.jws import signing_input


@dataclass(frozen=True, slots=True)
class Payload:
    """``signing_input`` is signed with the key of the certificate; a dot and the raw signature complete the JWS."""

    members: dict[str, Any]
    signing_input: str
    certificate_sha256: str


def payload_for(members: dict[str, Any], typ: str, signer: Signer, chain: Sequence[bytes]) -> Payload:
    """Write what a registered person signs with the default algorithm of their key."""
    key = certificate_key(x509.load_der_x509_certificate(signer.der))
    text = signing_input(members, typ=typ, algorithm=DEFAULT_ALGORITHM[kind_of(key)], chain=chain)
    return Payload(members, text, signer.certificate_sha256)
