"""Which time-stamps stand in a PDF, and how long the certificates last that they rest on: facts, no judgement.

Whoever keeps documents for long asks this, to extend them before the newest proof fades (ETSI EN 319 142-1 §5.5).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from cryptography import x509

from ca.cms_names import SIGNATURE_TIME_STAMP
from verify.errors import Finding
from verify.pdf.document import open_document
from verify.pdf.fields import form_fields
from verify.pdf.signature_value import read_signature
from verify.policy import MAX_SIGNATURES
from verify.signatures.cms import SignedMessage, parse_message
from verify.signatures.cms_values import as_read
from verify.signatures.signer_certificate import signing_certificate
from verify.signatures.signer_steps import MAX_STAMPS
from verify.signatures.timestamp import time_stamp_info


@dataclass(frozen=True, slots=True)
class StampFound:
    """A time-stamp: when, by which certificate and with which digest; ``covered`` octets of the document lie under it.

    ``whole`` tells a document time-stamp from one over a signature's value alone.
    """

    time: datetime
    certificate: x509.Certificate
    digest: str
    covered: int
    whole: bool


def stamps_in(data: bytes, password: str | None = None) -> tuple[StampFound, ...]:
    """List the time-stamps of a PDF that can be read, the newest last; nothing is verified.

    Raises :class:`verify.errors.Unreadable` for a document that cannot be opened.
    """
    document = open_document(data, password)
    found: list[StampFound] = []
    for field in islice((item for item in form_fields(document.last) if item.signed), MAX_SIGNATURES):
        try:
            value = read_signature(document, field)
            message = parse_message(value.contents)
            if value.is_timestamp:
                found.append(_stamp(message, value.covered, whole=True))
            else:
                tokens = message.unsigned.get(SIGNATURE_TIME_STAMP, [])[:MAX_STAMPS]
                found += [_stamp(parse_message(as_read(one)), value.covered, whole=False) for one in tokens]
        except (Finding, ValueError, TypeError, KeyError):
            continue
    return tuple(sorted(found, key=lambda one: (one.covered, one.time)))


def _stamp(message: SignedMessage, covered: int, *, whole: bool) -> StampFound:
    info = time_stamp_info(message)
    certificate = signing_certificate(message)
    return StampFound(info["gen_time"].native, certificate, message.digest, covered, whole)
