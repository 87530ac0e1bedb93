"""Encryption keys between tokens: made and sealed in one, opened in the other and nowhere else."""

from __future__ import annotations

import json
import secrets
import uuid
from dataclasses import replace
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hsm.algorithms import KeyKind
from hsm.cryptoki import CryptokiProvider
from hsm.envelopes import (
    ESCROW_KINDS,
    EnvelopeFormat,
    EscrowToken,
    ReceivingToken,
    Recipient,
    SealedKey,
    Vote,
    Warrant,
    of_recipient,
)
from hsm.errors import (
    DecryptionFailed,
    DuplicateKey,
    HsmError,
    KeyNotFound,
    RecoveryNotAuthorised,
    SoftwareKeyRefused,
    UnsupportedAlgorithm,
)
from hsm.key_policy import KeyPolicy
from hsm.key_uri import KeyUri
from hsm.public_keys import spki
from hsm.sm2.by_python import PythonBackend
from hsm.sm2.public_key import Sm2PublicKey
from hsm.worker.quorum import ballot
from hsm.worker.transport import OAEP
from tests.conftest import SO_PIN, USER_PIN

pytestmark = pytest.mark.token


class Custodians:
    """Three people with keys of their own, and the roster that names them."""

    def __init__(self) -> None:
        self.keys = {
            name: ec.generate_private_key(ec.SECP256R1()) for name in ("person:a", "person:b", "person:c")
        }
        self.roster = json.dumps(
            {
                "user": 2,
                "judicial": 3,
                "custodians": [
                    {"id": name, "name": name, "spki": spki(key.public_key()).hex()}
                    for name, key in self.keys.items()
                ],
            }
        ).encode()

    def vote(self, name: str, document: bytes, word: str = "approve") -> Vote:
        return Vote(name, self.keys[name].sign(ballot(word, document), ec.ECDSA(hashes.SHA256())))


def new_token(provider: CryptokiProvider) -> str:
    label = uuid.uuid4().hex[:20]
    provider.create_token(label, SO_PIN, USER_PIN)
    return label


@pytest.fixture(scope="module")
def people() -> Custodians:
    return Custodians()


@pytest.fixture(scope="module")
def centre(softhsm: CryptokiProvider) -> EscrowToken:
    return EscrowToken(softhsm, new_token(softhsm))


@pytest.fixture(scope="module")
def roster(centre: EscrowToken, people: Custodians) -> bytes:
    return centre.found(people.roster).sealed


@pytest.fixture(scope="module")
def holder(softhsm: CryptokiProvider) -> str:
    return new_token(softhsm)


def address_key(softhsm: CryptokiProvider, holder: str, kind: KeyKind) -> tuple[KeyUri, Recipient]:
    """Make the key that an envelope is addressed to: the signing key for SM2, a transport key otherwise."""
    if kind is KeyKind.SM2:
        uri = softhsm.generate(KeyUri("pkcs11", holder, uuid.uuid4().hex), kind)
    else:
        uri = ReceivingToken(softhsm, holder).transport_key(uuid.uuid4().hex, kind)
    stored = next(key for key in softhsm.keys(holder) if key.uri.id == uri.id)
    assert not stored.extractable
    return uri, Recipient(stored.public_key, "SN0001", "seal")


def works(receiver: ReceivingToken, uri: KeyUri, sealed: SealedKey) -> bool:
    """Encrypt to the public half and let the token decrypt."""
    public = sealed.public_key
    if isinstance(public, rsa.RSAPublicKey):
        return receiver.decrypt(uri, sealed.kind, public.encrypt(b"old mail", OAEP)) == b"old mail"
    if isinstance(public, Sm2PublicKey):
        cipher = PythonBackend(allowed=True).encrypt(public, b"old mail")
        return receiver.decrypt(uri, sealed.kind, cipher.raw) == b"old mail"
    ephemeral = ec.generate_private_key(ec.SECP256R1())
    point = ephemeral.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return receiver.decrypt(uri, sealed.kind, point) == ephemeral.exchange(ec.ECDH(), public)


@pytest.mark.parametrize(
    "to", [KeyKind.SM2, KeyKind.RSA_2048, KeyKind.EC_P256], ids=lambda kind: f"to-{kind.value}"
)
@pytest.mark.parametrize("kind", ESCROW_KINDS, ids=lambda kind: kind.value)
def test_A6_each_kind_of_key_reaches_each_kind_of_token(  # noqa: PLR0917
    softhsm: CryptokiProvider, centre: EscrowToken, roster: bytes, holder: str, kind: KeyKind, to: KeyKind
) -> None:
    """A6: the encryption key arrives in an envelope, opens into the token, works there and cannot leave."""
    with_key, recipient = address_key(softhsm, holder, to)
    sealed = centre.make(uuid.uuid4().hex, kind)
    wrapped, _ = centre.deliver(sealed, roster, recipient)
    receiver = ReceivingToken(softhsm, holder)
    into = KeyUri("pkcs11", holder, f"enc {uuid.uuid4().hex}")
    uri = receiver.open(wrapped, sealed.public_key, with_key, recipient, into)
    assert works(receiver, uri, sealed)
    assert receiver.open(wrapped, sealed.public_key, with_key, recipient, into) == uri, (
        "again changes nothing"
    )
    found = [key for key in softhsm.keys(holder) if key.uri.id == uri.id]
    assert [key.extractable for key in found] == ([] if kind is KeyKind.SM2 else [False])
    other = centre.make(uuid.uuid4().hex, kind)
    with pytest.raises(DecryptionFailed):
        receiver.open(wrapped, other.public_key, with_key, recipient, replace(into, object="another"))
    again, _ = centre.deliver(other, roster, recipient)
    with pytest.raises(DuplicateKey):
        receiver.open(again, other.public_key, with_key, recipient, into)


@pytest.mark.parametrize("to", [KeyKind.SM2, KeyKind.RSA_2048, KeyKind.EC_P256], ids=lambda kind: kind.value)
def test_an_envelope_for_another_token_or_altered_does_not_open(
    softhsm: CryptokiProvider, centre: EscrowToken, roster: bytes, holder: str, to: KeyKind
) -> None:
    """Another key of the same kind refuses it, and so does the right one when any part was altered."""
    with_key, recipient = address_key(softhsm, holder, to)
    other, _ = address_key(softhsm, holder, to)
    sealed = centre.make(uuid.uuid4().hex, KeyKind.EC_P256)
    wrapped, _ = centre.deliver(sealed, roster, recipient)
    receiver, into = ReceivingToken(softhsm, holder), KeyUri("pkcs11", holder, uuid.uuid4().hex)
    with pytest.raises(DecryptionFailed):
        receiver.open(wrapped, sealed.public_key, other, recipient, into)
    for part in ("head", "body"):
        octets = bytearray(getattr(wrapped, part))
        octets[-1] ^= 1
        with pytest.raises(HsmError):
            receiver.open(
                replace(wrapped, **{part: bytes(octets)}), sealed.public_key, with_key, recipient, into
            )
    if to is KeyKind.EC_P256:
        moved = replace(recipient, serial="SN0002")
        with pytest.raises(DecryptionFailed):
            receiver.open(wrapped, sealed.public_key, with_key, moved, into)
    assert receiver.open(wrapped, sealed.public_key, with_key, recipient, into).id


def test_I24_an_encryption_key_of_the_token_never_signs(
    softhsm: CryptokiProvider, centre: EscrowToken, roster: bytes, holder: str
) -> None:
    """Neither an object that was unwrapped nor a sealed scalar can be asked for a signature."""
    for kind, to in (
        (KeyKind.RSA_2048, KeyKind.RSA_2048),
        (KeyKind.SM2, KeyKind.SM2),
        (KeyKind.EC_P256,) * 2,
    ):
        with_key, recipient = address_key(softhsm, holder, to)
        sealed = centre.make(uuid.uuid4().hex, kind)
        wrapped, _ = centre.deliver(sealed, roster, recipient)
        into = KeyUri("pkcs11", holder, f"enc {uuid.uuid4().hex}")
        uri = ReceivingToken(softhsm, holder).open(wrapped, sealed.public_key, with_key, recipient, into)
        with pytest.raises(HsmError):
            softhsm.signer(uri).sign(b"a contract")
        with pytest.raises(HsmError):
            softhsm.signer(with_key).sign(b"a contract") if to is not KeyKind.SM2 else softhsm.signer(uri)


def case_of(centre_roster: str, sealed: SealedKey, recipient: Recipient, **fields: object) -> bytes:
    roster = json.loads(centre_roster)
    case = {
        "kind": "user",
        "key": sealed.id,
        "key_spki": spki(sealed.public_key).hex(),
        "lineage": roster["lineage"],
        "roster": roster["version"],
        "recipient": of_recipient(recipient),
        "requested_by": "person:x",
        **fields,
    }
    return json.dumps(case).encode()


def test_I25_the_token_itself_demands_the_custodians_votes(
    softhsm: CryptokiProvider, centre: EscrowToken, people: Custodians, holder: str
) -> None:
    """I25: with too few votes, votes of others, votes on other bytes or another roster the token opens nothing."""
    founded = centre.found(people.roster)
    _, recipient = address_key(softhsm, holder, KeyKind.SM2)
    pooled = centre.make(uuid.uuid4().hex, KeyKind.SM2)
    _, escrowed = centre.deliver(pooled, founded.sealed, recipient)
    key = replace(pooled, sealed=escrowed)
    document = case_of(founded.document, key, recipient)
    votes = {name: people.vote(name, document) for name in people.keys}

    def recover(
        given: list[Vote], octets: bytes = document, sealed_roster: bytes = founded.sealed
    ) -> EnvelopeFormat:
        return centre.recover(key, Warrant(sealed_roster, octets, tuple(given))).format

    one, two, three = votes.values()
    stranger = Vote("person:z", one.signature)
    refused = people.vote("person:b", document, word="reject")
    for given in (
        [],
        [one],
        [one, one],
        [one, stranger],
        [one, Vote("person:b", one.signature)],
        [one, refused],
    ):
        with pytest.raises(RecoveryNotAuthorised):
            recover(given)
    altered = case_of(founded.document, key, replace(recipient, serial="another"))
    with pytest.raises(RecoveryNotAuthorised):
        recover([one, two, three], altered)
    judicial = case_of(founded.document, key, recipient, kind="judicial")
    with pytest.raises(RecoveryNotAuthorised):
        recover([people.vote(name, judicial) for name in ("person:a", "person:b")], judicial)
    by_requester = case_of(founded.document, key, recipient, requested_by="person:a")
    with pytest.raises(RecoveryNotAuthorised):
        recover([people.vote(name, by_requester) for name in ("person:a", "person:b")], by_requester)
    mine = Custodians()
    foreign = centre.found(mine.roster)
    theirs = case_of(foreign.document, key, recipient)
    with pytest.raises(DecryptionFailed):
        recover([mine.vote(name, theirs) for name in mine.keys], theirs, foreign.sealed)
    assert recover([one, three]) is EnvelopeFormat.SM2
    with pytest.raises(DecryptionFailed):
        centre.deliver(key, founded.sealed, recipient)  # an escrowed key is delivered to nobody without them


def test_custodians_change_by_the_present_ones(centre: EscrowToken, people: Custodians) -> None:
    founded = centre.found(people.roster)
    following = Custodians()
    roster = json.loads(founded.document)
    case = {
        "kind": "roster",
        "lineage": roster["lineage"],
        "roster": 1,
        "roster_sha256": sha256(following.roster).hexdigest(),
        "requested_by": "person:x",
    }
    document = json.dumps(case).encode()
    two = tuple(people.vote(name, document) for name in ("person:a", "person:b"))
    with pytest.raises(RecoveryNotAuthorised):
        centre.amend(following.roster, Warrant(founded.sealed, document, two))
    all_three = (*two, people.vote("person:c", document))
    made = centre.amend(following.roster, Warrant(founded.sealed, document, all_three))
    assert json.loads(made.document)["version"] == 2
    assert json.loads(made.document)["lineage"] == roster["lineage"]
    with pytest.raises(RecoveryNotAuthorised):
        centre.amend(people.roster, Warrant(founded.sealed, document, all_three))


def test_nothing_else_is_made(centre: EscrowToken, roster: bytes, softhsm: CryptokiProvider) -> None:
    with pytest.raises(UnsupportedAlgorithm):
        centre.make("00" * 16, KeyKind.RSA_4096)
    sealed = centre.make("00" * 16, KeyKind.EC_P256)
    curve = ec.generate_private_key(ec.SECP384R1()).public_key()
    with pytest.raises(UnsupportedAlgorithm):
        centre.deliver(sealed, roster, Recipient(curve))
    elsewhere = EscrowToken(softhsm, new_token(softhsm))
    with pytest.raises((KeyNotFound, DecryptionFailed)):
        elsewhere.deliver(sealed, roster, Recipient(sealed.public_key))
    with pytest.raises(DecryptionFailed):
        centre.deliver(replace(sealed, id="11" * 16), roster, Recipient(sealed.public_key))
    for broken in (b"", b"{}", b"[]", secrets.token_bytes(40)):
        with pytest.raises(RecoveryNotAuthorised):
            centre.found(broken)


def test_an_installation_of_hardware_keys_makes_none_in_software(
    softhsm: CryptokiProvider, centre: EscrowToken
) -> None:
    """Encryption keys are made by our worker, not by the module: where only hardware counts they are refused."""
    before, softhsm.policy = softhsm.policy, KeyPolicy(require_hardware=True)
    try:
        with pytest.raises(SoftwareKeyRefused):
            centre.make("00" * 16, KeyKind.SM2)
    finally:
        softhsm.policy = before
