"""The custodians: who they are, by which keys they vote, and how many must agree. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from ca.actor import Actor
from ca.audit import canonical_json
from ca.certificate import spki_sha256
from ca.keycentre.errors import CustodianUnknown, RosterInvalid, VoteUnproven
from ca.keycentre.state import CaseKind
from hsm.algorithms import DEFAULT_ALGORITHM, PublicKey, kind_of
from hsm.errors import HsmError, SignatureInvalid
from hsm.public_keys import load_spki, spki
from hsm.verification import verify_signature

MIN_QUORUM: Final = 2
"""One person alone never recovers a key."""
MAX_CUSTODIANS: Final = 32
"""As the token's worker counts them (:data:`hsm.worker.quorum.MAX_CUSTODIANS`)."""
VOTE_DOMAIN: Final = b"yinxin-recovery-vote-v1\n"
MAX_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Custodian:
    """A person with a credential of their own: a key that nobody else on the roster has."""

    id: str
    name: str
    public_key: PublicKey

    @property
    def credential(self) -> str:
        """SHA-256 of the key's SubjectPublicKeyInfo."""
        return spki_sha256(self.public_key)


@dataclass(frozen=True, slots=True)
class RosterPlan:
    """Custodians and quorums: ``user`` of them let a holder recover, ``judicial`` (more) an authority."""

    custodians: tuple[Custodian, ...]
    user: int
    judicial: int

    def __post_init__(self) -> None:
        ids = {Actor(each.id).person for each in self.custodians}
        credentials = {each.credential for each in self.custodians}
        number = len(self.custodians)
        if len(ids) != number:
            raise RosterInvalid("a person is named twice")
        if len(credentials) != number:
            raise RosterInvalid("two custodians have one credential")
        if not MIN_QUORUM <= self.user < self.judicial <= number <= MAX_CUSTODIANS:
            raise RosterInvalid("quorums need 2 <= user < judicial <= custodians <= 32")
        if any(not 0 < len(text) <= MAX_NAME for each in self.custodians for text in (each.id, each.name)):
            raise RosterInvalid("an id and a name have 1 to 200 characters")

    def to_json(self) -> str:
        """Write canonical JSON, as the token takes it."""
        return canonical_json(
            {
                "user": self.user,
                "judicial": self.judicial,
                "custodians": [
                    {"id": each.id, "name": each.name, "spki": spki(each.public_key).hex()}
                    for each in self.custodians
                ],
            }
        )

    @classmethod
    def of(cls, fields: dict[str, Any]) -> RosterPlan:
        """Read what :meth:`to_json` or the token wrote; what is no roster raises :class:`RosterInvalid`."""
        try:
            custodians = tuple(
                Custodian(str(each["id"]), str(each["name"]), load_spki(bytes.fromhex(each["spki"])))
                for each in fields["custodians"]
            )
            return cls(custodians, int(fields["user"]), int(fields["judicial"]))
        except (KeyError, TypeError, ValueError, HsmError) as wrong:
            raise RosterInvalid(type(wrong).__name__) from wrong

    @classmethod
    def read(cls, document: str) -> RosterPlan:
        """Read a roster's JSON text."""
        try:
            found = json.loads(document)
        except (ValueError, RecursionError) as wrong:
            raise RosterInvalid("not JSON") from wrong
        if not isinstance(found, dict):
            raise RosterInvalid("not an object")
        return cls.of(found)

    def custodian(self, actor: Actor) -> Custodian:
        """Return the custodian that ``actor`` is; :class:`CustodianUnknown` for anybody else."""
        for each in self.custodians:
            if each.id == actor.id:
                return each
        raise CustodianUnknown(actor.id)

    def needed(self, kind: CaseKind) -> int:
        """Return how many must approve a case of ``kind``: a change of custodians needs as many as an authority."""
        return self.user if kind is CaseKind.USER else self.judicial


def ballot(word: str, document: str) -> bytes:
    """Return the octets that a vote signs: the exact bytes of the case, the word before them."""
    return VOTE_DOMAIN + word.encode() + b"\n" + document.encode()


def prove_vote(custodian: Custodian, word: str, document: str, signature: bytes) -> None:
    """Prove that the custodian's key signed this word on these bytes; :class:`VoteUnproven` otherwise."""
    key = custodian.public_key
    try:
        verify_signature(key, DEFAULT_ALGORITHM[kind_of(key)], ballot(word, document), signature)
    except SignatureInvalid as wrong:
        raise VoteUnproven(custodian.id) from wrong
