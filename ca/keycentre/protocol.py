"""How a CA speaks with a key centre: one interface, in the same process or by signed messages over any carrier.

Implementation-derived, see :mod:`ca.keycentre.messages`. A request of a CA is known by the CA's key and the number of the
user's signing certificate, so that a message sent twice gets the same key. ``restoreKey`` does not recover by itself: it opens
a case for the custodians and answers :data:`PENDING` until they have let it be executed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import sqlalchemy as sa

from ca.actor import Actor
from ca.algorithm_identifiers import algorithm_identifier
from ca.certificate import spki_sha256
from ca.clock import Clock
from ca.errors import CaError
from ca.keycentre import case_store, delivery, key_store, messages
from ca.keycentre.case import UserRecovery
from ca.keycentre.centre import KeyCentre
from ca.keycentre.errors import (
    EscrowedKeyStateRefused,
    EscrowedKeyUnknown,
    KeyCentreError,
    MessageStale,
    MessageUnproven,
    SigningKeyNotEscrowed,
)
from ca.keycentre.house import CentreRules
from ca.keycentre.key import EscrowedKey, KeyRequest
from ca.keycentre.messages import (
    Answer,
    ApplyKey,
    EntName,
    Envelope,
    ErrorAnswer,
    KeyAnswer,
    KeyMessage,
    RestoreKey,
    RevokedAnswer,
    RevokeKey,
    Signed,
)
from ca.keycentre.state import CaseStatus, KeyStatus
from hsm.algorithms import DEFAULT_ALGORITHM, DigestAlgorithm, Family, PublicKey, kind_of
from hsm.envelopes import Recipient
from hsm.errors import SignatureInvalid
from hsm.public_keys import spki
from hsm.signer import Signer
from hsm.verification import verify_signature

REFUSED: Final = 1
UNKNOWN: Final = 2
PENDING: Final = 3
"""Custodians have to vote first; the text is the number of the case."""
STATE: Final = 4
NOT_ESCROWED: Final = 5
_NUMBERS: Final[tuple[tuple[type[KeyCentreError], int], ...]] = (
    (EscrowedKeyUnknown, UNKNOWN),
    (EscrowedKeyStateRefused, STATE),
    (SigningKeyNotEscrowed, NOT_ESCROWED),
)


class KeyManagement(Protocol):
    """A key centre as a CA sees it. Implementations: :class:`InProcess`, :class:`OverMessages`."""

    def exchange(self, requests: tuple[KeyMessage, ...], task: int) -> tuple[Answer, ...]:
        """Have requests done; one answer for each, in order. The same task again gets the same answers."""


@dataclass(frozen=True, slots=True)
class InProcess:
    """A key centre in the CA's own process; ``ca`` is the CA's key."""

    centre: KeyCentre
    ca: PublicKey

    def exchange(self, requests: tuple[KeyMessage, ...], task: int) -> tuple[Answer, ...]:
        """See :class:`KeyManagement`."""
        evidence = hashlib.sha256(f"task {task}".encode()).hexdigest()
        return tuple(perform(self.centre, spki_sha256(self.ca), each, evidence) for each in requests)


def perform(centre: KeyCentre, ca: str, request: KeyMessage, evidence: str) -> Answer:
    """Do one request of the CA whose key has the digest ``ca``; a refusal is an answer too."""
    actor = Actor(f"ca:{ca}")
    try:
        if isinstance(request, ApplyKey):
            wanted = KeyRequest(_name(ca, request.certificate), request.public_key, request.kind)
            grant = centre.grant(wanted, actor=actor)
            return KeyAnswer(request.certificate, grant.public_key, grant.envelope)
        key = _key(centre, ca, request.certificate)
        if isinstance(request, RevokeKey):
            if key.status is not KeyStatus.REVOKED:
                centre.revoke(key.id, "revokeKey", actor=actor)
            return RevokedAnswer(request.certificate)
        return _restore(centre, key, request, evidence, actor)
    except CaError as wrong:
        numbers = [number for kind, number in _NUMBERS if isinstance(wrong, kind)]
        return ErrorAnswer(numbers[0] if numbers else REFUSED, f"{wrong.zh} / {wrong.en}")


def _name(ca: str, certificate: int) -> str:
    return f"ca:{ca}:{certificate:x}"


def _key(centre: KeyCentre, ca: str, certificate: int) -> EscrowedKey:
    with centre.house.reading() as conn:
        found = key_store.by_request(conn, _name(ca, certificate))
    if found is None:
        raise EscrowedKeyUnknown(f"{certificate:x}")
    return found


def _restore(centre: KeyCentre, key: EscrowedKey, request: RestoreKey, evidence: str, actor: Actor) -> Answer:
    """Answer from the case of this key and recipient, or open one."""
    wanted = spki(request.public_key).hex()
    with centre.house.reading() as conn:
        cases = case_store.of_key(conn, key.id, actor.id)
    for case in cases:
        if case.facts["recipient"]["spki"] != wanted:
            continue
        if case.status is CaseStatus.EXECUTED:
            return KeyAnswer(request.certificate, key.public_key, case.delivery, restored=True)
        if case.status in (CaseStatus.OPEN, CaseStatus.EXECUTING) and centre.house.now() < case.expires_at:
            return ErrorAnswer(PENDING, case.id)
    order = UserRecovery(key.id, "restoreKey", evidence, request.public_key)
    return ErrorAnswer(PENDING, centre.recover_request(order, actor=actor).id)


@dataclass(frozen=True, slots=True)
class Correspondent:
    """One end of the message exchange: its own name and key, and how it signs."""

    name: EntName
    signer: Signer
    clock: Clock
    rules: CentreRules

    def seal(self, body: bytes) -> bytes:
        """Sign a body and write the message."""
        signature = self.signer.sign(_signed_octets(body, self.rules))
        return messages.write_signed(body, algorithm_identifier(self.signer.algorithm), signature)

    def prove(self, message: Signed, key: PublicKey) -> None:
        """Prove a message's signature; :class:`MessageUnproven`."""
        algorithm = DEFAULT_ALGORITHM[kind_of(key)]
        if message.algorithm != algorithm_identifier(algorithm):
            raise MessageUnproven("the signature algorithm is not that of the sender's key")
        try:
            verify_signature(key, algorithm, _signed_octets(message.body, self.rules), message.signature)
        except SignatureInvalid as wrong:
            raise MessageUnproven("the signature is not the sender's") from wrong

    def check_time(self, envelope: Envelope) -> None:
        """Refuse a message from another time; :class:`MessageStale`."""
        if abs(self.clock() - envelope.time) > self.rules.message_skew:
            raise MessageStale(envelope.time.isoformat())


def _signed_octets(body: bytes, rules: CentreRules) -> bytes:
    return DigestAlgorithm.SM3.digest(body).value if rules.double_hash else body


def ent_name(name: bytes, key: PublicKey, serial: int) -> EntName:
    """Name a sender by its certificate: subject (DER), key, serial number."""
    is_sm2 = kind_of(key).family is Family.SM2
    digest = DigestAlgorithm.SM3 if is_sm2 else DigestAlgorithm.SHA256
    return EntName(name, digest.digest(spki(key)).value, serial, messages.SM3 if is_sm2 else messages.SHA256)


@dataclass(frozen=True, slots=True)
class OverMessages:
    """A key centre behind a carrier: ``send`` takes a CARequest and returns a KMRespond."""

    end: Correspondent
    centre_key: PublicKey
    send: Callable[[bytes], bytes]

    def exchange(self, requests: tuple[KeyMessage, ...], task: int) -> tuple[Answer, ...]:
        """See :class:`KeyManagement`; besides what ``send`` raises, :class:`MessageUnproven` and its siblings."""
        sent = Envelope(self.end.name, self.end.clock().replace(microsecond=0), task)
        answer = messages.read_signed(self.send(self.end.seal(messages.write_request(sent, requests))))
        self.end.prove(answer, self.centre_key)
        envelope, answers = messages.read_answer(answer.body)
        if envelope.task != task or len(answers) != len(requests):
            raise MessageUnproven("the answer is to another message")
        self.end.check_time(envelope)
        for asked, each in zip(requests, answers, strict=True):
            self._check(asked, each)
        return answers

    def _check(self, asked: KeyMessage, answer: Answer) -> None:
        """Demand that an answer is to what was asked in its place: a carrier may play an older answer of the centre again.

        A key given is the one in its delivery, which the centre signed for the user's key.
        """
        if isinstance(answer, ErrorAnswer):
            return
        wanted = (
            RevokedAnswer(asked.certificate)
            if isinstance(asked, RevokeKey)
            else (asked.certificate, isinstance(asked, RestoreKey))
        )
        told = answer if isinstance(answer, RevokedAnswer) else (answer.certificate, answer.restored)
        if told != wanted:
            raise MessageUnproven("the answer is to another request")
        if isinstance(answer, KeyAnswer) and not isinstance(asked, RevokeKey):
            found = delivery.parse(answer.delivery, asked.public_key).proven(self.centre_key)
            if spki(found.meant_for(Recipient(asked.public_key)).public_key) != spki(answer.public_key):
                raise MessageUnproven("retPubKey and the delivered key differ")


@dataclass(frozen=True, slots=True)
class MessageDoor:
    """The key centre's end: takes CARequest octets, returns KMRespond octets. ``cas`` gives the CAs' keys."""

    centre: KeyCentre
    end: Correspondent
    cas: Callable[[], Mapping[bytes, PublicKey]]
    """Keys of the CAs by the digest that an EntName has (SM3 or SHA-256 of SubjectPublicKeyInfo)."""

    def answer(self, octets: bytes) -> bytes:
        """Answer one message; asked again with the same octets, answer with the same.

        Raises :class:`MessageUnreadable`, :class:`MessageUnproven`, :class:`MessageStale` and
        :class:`ca.keycentre.errors.TaskReused`: such a message gets no signed answer.
        """
        signed = messages.read_signed(octets)
        envelope, requests = messages.read_request(signed.body)
        key = self.cas().get(envelope.sender.key_hash)
        if key is None:
            raise MessageUnproven("no CA known here has this key")
        self.end.prove(signed, key)
        self.end.check_time(envelope)
        ca, digest, house = spki_sha256(key), hashlib.sha256(signed.body).hexdigest(), self.centre.house
        try:
            with house.engine.begin() as conn:
                before = key_store.begin_task(conn, ca, envelope.task, digest, house.now())
        except sa.exc.IntegrityError:  # the same task came twice at the same moment
            with house.engine.begin() as conn:
                before = key_store.begin_task(conn, ca, envelope.task, digest, house.now())
        if before:
            return before
        answers = tuple(perform(self.centre, ca, each, digest) for each in requests)
        mine = Envelope(self.end.name, house.now(), envelope.task)
        response = self.end.seal(messages.write_answer(mine, answers))
        if not any(
            isinstance(each, ErrorAnswer) for each in answers
        ):  # an error may heal: it is asked afresh
            with house.engine.begin() as conn:
                key_store.end_task(conn, ca, envelope.task, response)
        return response


def keys_by_digest(keys: tuple[PublicKey, ...]) -> Mapping[bytes, PublicKey]:
    """Return CAs' keys by both digests that an EntName may have."""
    digests = (DigestAlgorithm.SM3, DigestAlgorithm.SHA256)
    return {digest.digest(spki(key)).value: key for key in keys for digest in digests}
