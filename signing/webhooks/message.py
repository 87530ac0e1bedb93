"""A message: what it says, how it is signed, and how its receiver makes sure of it. Pure.

The body is canonical JSON; the header ``Yinxin-Signature`` is a JWS over exactly these octets with the payload left out
(detached content, RFC 7515 appendix F), signed by the verification service's key, whose certificate stands in ``x5c`` and in
the installation's trusted list. Inside what is signed: a number that stays the same however often it is sent, the time of
this sending, and the address it is for. So nobody can change it, send it again later, or show it to somebody else.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Container
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from hsm.signer import Signer
from seals import jws, members
from seals.errors import StatementInvalid, StatementSignatureInvalid
from signing.webhooks.errors import WebhookMessageInvalid

TYPE: Final = "yinxin-webhook+jws"
SIGNATURE: Final = "Yinxin-Signature"
"""The header that the signature is in."""
MAX_BODY: Final = 1024 * 1024
"""Octets of a body: a finding with fifty signatures has some 150,000."""
FORM: Final = jws.Form(depth=8)
TOLERANCE: Final = timedelta(minutes=5)
"""How far the sender's clock and the receiver's may be apart, the way included."""
_MEMBERS: Final = frozenset({"form", "id", "type", "created_at", "sent_at", "attempt", "audience", "data"})


@dataclass(frozen=True, slots=True)
class Message:
    """One message: its number, kind, when it came about, what it says."""

    id: str
    kind: str
    created_at: datetime
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sending:
    """One attempt to send it: where to, the how-manieth, when."""

    url: str
    attempt: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Signed:
    """What goes over the wire."""

    body: bytes
    signature: str


def sign(message: Message, sending: Sending, signer: Signer, certificate: bytes) -> Signed:
    """Write and sign one attempt. Raises what the key raises."""
    payload = {
        "form": 1,
        "id": message.id,
        "type": message.kind,
        "created_at": members.time_text(message.created_at),
        "sent_at": members.time_text(sending.at),
        "attempt": sending.attempt,
        "audience": sending.url,
        "data": message.data,
    }
    head, body, signature = jws.sign(payload, typ=TYPE, signer=signer, chain=[certificate]).split(".")
    return Signed(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)), f"{head}..{signature}")


@dataclass(frozen=True, slots=True)
class Receiver:
    """What a receiver knows: its own address, the certificates it trusts (SHA-256, hex), the numbers it has had."""

    audience: str
    signers: Collection[str]
    seen: Container[str] = ()


def check(body: bytes, signature: str, receiver: Receiver, now: datetime) -> Message:
    """Return a message that may be believed; :class:`WebhookMessageInvalid` says why not.

    1. The signature is over these octets, by a certificate that the receiver trusts. 2. It is for this address. 3. It was sent
    within five minutes of now. 4. Its number was not had before (whoever had it answers 200 and does nothing).
    """
    payload = _proved(body, signature, receiver.signers)
    try:
        members.exact(payload, set(_MEMBERS))
        members.form(payload["form"], 1)
        sent, created = (
            members.moment(payload["sent_at"], "sent_at"),
            members.moment(payload["created_at"], "created_at"),
        )
        number, kind = members.text(payload["id"], "id"), members.text(payload["type"], "type")
    except StatementInvalid as wrong:
        raise WebhookMessageInvalid(
            "内容格式不符", f"its members are not those of a notification ({wrong.detail})"
        ) from wrong
    if not isinstance(payload["data"], dict):
        raise WebhookMessageInvalid("内容格式不符", "its data is no object")
    if payload["audience"] != receiver.audience:
        raise WebhookMessageInvalid("不是发给本地址的", "it is for another address")
    if abs(now - sent) > TOLERANCE:
        raise WebhookMessageInvalid("发送时间与现在相差超过 5 分钟", "it was sent over five minutes from now")
    if number in receiver.seen:
        raise WebhookMessageInvalid("该编号已收到过", "its number was had before")
    return Message(number, kind, created, payload["data"])


def _proved(body: bytes, signature: str, signers: Collection[str]) -> dict[str, Any]:
    """Put the body back between header and signature, and compare."""
    head, dots, value = signature.partition("..")
    if not dots or len(body) > MAX_BODY:
        raise WebhookMessageInvalid("没有分离式签名", "there is no detached signature")
    encoded = base64.urlsafe_b64encode(body).rstrip(b"=").decode()
    try:
        signed = jws.parse(f"{head}.{encoded}.{value}", typ=TYPE, limit=2 * MAX_BODY, form=FORM)
        jws.check_signature(signed.signing_input, signed.signature, signed.alg, signed.chain_der[0])
    except (StatementInvalid, StatementSignatureInvalid) as wrong:
        raise WebhookMessageInvalid("签名不符", f"the signature is wrong ({wrong.detail})") from wrong
    if hashlib.sha256(signed.chain_der[0]).hexdigest() not in signers:
        raise WebhookMessageInvalid(
            "签名证书不在信任之列", "its certificate is none of those that are trusted"
        )
    return signed.payload
