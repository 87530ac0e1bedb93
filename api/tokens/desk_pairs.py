"""The encryption half of a pair that was enrolled at the desk, brought into the enterprise's token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.errors import InputInvalid
from ca.enrolment.request import EnrolmentRecord
from ca.keycentre import delivery
from ca.keycentre.errors import KeyCentreNeedsToken
from hsm.envelopes import Envelope, Recipient
from hsm.pins import Pin
from hsm.sm2.public_key import Sm2PublicKey
from hsm.token_pairs import TokenPairs
from hsm.worker_provider import WorkerProvider

if TYPE_CHECKING:
    from api.services import Services


def take_in_pair(services: Services, record: EnrolmentRecord, certificate: bytes, pin: Pin) -> None:
    """Open the delivered envelope into the token that holds the signing key; a second time changes nothing.

    The delivery must be the key centre's and meant for this signing key (:class:`ca.keycentre.errors.EnvelopeUnproven`,
    :class:`ca.keycentre.errors.EnvelopeForAnother`). Only an SM2 signing key opens envelopes itself (GM/T 0009); for
    others a chip's personalisation makes a transport key, and here :class:`InputInvalid` says so.
    """
    content, provider = record.content, services.key_stores.chosen
    to = Recipient(content.public_key)
    if not isinstance(to.public_key, Sm2PublicKey):
        raise InputInvalid(
            "该签名密钥不能打开信封：请改用 SM2，或在芯片个人化中申请双证书。",
            "This signing key opens no envelope: use SM2, or have the pair made with a chip's personalisation.",
        )
    if not isinstance(provider, WorkerProvider):
        raise KeyCentreNeedsToken(provider.scheme)
    found = delivery.parse(record.envelope, to.public_key)
    found.proven(services.key_centre.public_key).meant_for(to)
    pairs = TokenPairs(provider)
    pairs.open(content.chip, content.container, Envelope(found.wrapped, found.public_key, to), pin)
    pairs.import_certificate(content.chip, content.container, certificate, pin)
