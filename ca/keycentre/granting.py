"""One encryption key for one enrolment, for ever: assign, wrap, sign, record.

1. Transaction A: the request key is new; a pooled key is moved to *assigned* by compare-and-swap, its recipient recorded,
   the intent on the audit trail. 2. The token opens the key, wraps it and seals it for the custodians; the centre signs the
   delivery. 3. Transaction B: *delivered*, with the delivery and the key as sealed anew.

A crash between A and B leaves an assigned key; the same request, or :meth:`Granting.complete`, ends it by the same code. The
key belongs to that request whatever happens: no way leads back into the pool.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import canonical_json
from ca.certificate import spki_sha256
from ca.errors import RequestInvalid, RequestKeyReused
from ca.keycentre import delivery, key_store
from ca.keycentre.errors import (
    EscrowedKeyStateRefused,
    RecipientRefused,
    SigningKeyNotEscrowed,
)
from ca.keycentre.house import House
from ca.keycentre.key import EscrowedKey, KeyRequest, transport_statement
from ca.keycentre.pool import Pool, check_kind
from ca.keycentre.state import KeyAct, KeyStatus
from ca.profile import PROFILES, Purpose, find_profile
from hsm.algorithms import DEFAULT_ALGORITHM, KeyKind, PublicKey, kind_of
from hsm.envelopes import Recipient, of_recipient
from hsm.errors import SignatureInvalid
from hsm.public_keys import same_key
from hsm.verification import verify_signature

LOOK_AHEAD: Final = 16
"""Pooled keys looked at together: as many rivals can take one at the same moment without another query."""
MAX_TEXT: Final = 200
RECEIVERS: Final = frozenset(
    (KeyKind.SM2, KeyKind.RSA_2048, KeyKind.RSA_3072, KeyKind.RSA_4096, KeyKind.EC_P256)
)
"""Kinds of keys that an envelope can be addressed to."""


@dataclass(frozen=True, slots=True)
class Granting:
    """Gives encryption keys to enrolments."""

    house: House
    pool: Pool

    def grant(self, request: KeyRequest, *, actor: Actor) -> EscrowedKey:
        """Return the delivered key of a request: made at the first call, the same one ever after."""
        self._check(request)
        key = self._assigned(request, actor)
        if key.request_digest != request.digest:
            raise RequestKeyReused(request.request_key)
        return self.complete(key, actor=actor)

    def complete(self, key: EscrowedKey, *, actor: Actor) -> EscrowedKey:
        """Deliver an assigned key; one that is delivered (or further) is returned as it is."""
        if key.status is not KeyStatus.ASSIGNED:
            if key.delivery:
                return key
            raise EscrowedKeyStateRefused(key.status.value, KeyAct.DELIVER.value)
        with self.house.reading() as conn:
            roster = key_store.get_roster(conn)
        wrapped, sealed = self.house.token(key.token).deliver(key.as_sealed, roster.sealed, key.to)
        signed = delivery.seal(key.id, key.public_key, key.to, wrapped, self.house.signer())
        with self.house.engine.begin() as conn:
            values = {"delivery": signed, "sealed": sealed, "delivered_at": self.house.now()}
            if key_store.move(conn, key, KeyAct.DELIVER, **values):
                detail = {"format": wrapped.format.value, "recipient": json.loads(key.recipient)["serial"]}
                self.house.note(conn, "kmc.key.delivered", actor, f"key:{key.id}", detail)
            return key_store.get(conn, key.id)

    def _check(self, request: KeyRequest) -> None:
        """Refuse whatever would make a signing key of an encryption key or the reverse (I24), then the rest."""
        if not 1 <= len(request.request_key) <= MAX_TEXT or len(request.holder) > MAX_TEXT:
            raise RequestInvalid("a request key has 1 to 200 characters, a holder at most 200")
        if find_profile(PROFILES, request.profile).purpose is not Purpose.ENCRYPTION:
            raise SigningKeyNotEscrowed(f"profile {request.profile} is not for encryption")
        check_kind(request.wanted)
        with self.house.reading() as conn:
            for key in (request.sign_public_key, request.to.public_key):
                if key_store.by_public_key(conn, spki_sha256(key)) is not None:
                    raise SigningKeyNotEscrowed("the signing key given is an escrowed key")
        prove_recipient(request.sign_public_key, request.to, request.proof)

    def _assigned(self, request: KeyRequest, actor: Actor) -> EscrowedKey:
        """Return the request's key, assigned now or before."""
        while True:
            try:
                with self.house.engine.begin() as conn:
                    found = key_store.by_request(conn, request.request_key) or self._claim(
                        conn, request, actor
                    )
            except sa.exc.IntegrityError:  # the same request was given a key at the same moment
                continue
            if found is not None:
                return found
            self.pool.add(request.wanted, 1, actor=actor)

    def _claim(self, conn: sa.Connection, request: KeyRequest, actor: Actor) -> EscrowedKey | None:
        values = {
            "request_key": request.request_key,
            "request_digest": request.digest,
            "holder": request.holder,
            "uscc": request.uscc,
            "sign_spki_sha256": spki_sha256(request.sign_public_key),
            "recipient": canonical_json(of_recipient(request.to)),
            "assigned_at": self.house.now(),
        }
        token = key_store.get_centre(conn).token
        for key_id in key_store.pooled_ids(conn, request.wanted, token, LOOK_AHEAD):
            if key_store.claim(conn, key_id, values):
                detail = {"request": request.request_key, "uscc": request.uscc, "kind": request.wanted.value}
                self.house.note(conn, "kmc.key.assigned", actor, f"key:{key_id}", detail)
                return key_store.get(conn, key_id)
        return None


def prove_recipient(sign_public_key: PublicKey, to: Recipient, proof: bytes) -> None:
    """Prove that ``to`` is the signing key itself, or a transport key that it vouches for (:class:`RecipientRefused`)."""
    if kind_of(to.public_key) not in RECEIVERS:
        raise RecipientRefused(f"no envelope for a key of kind {kind_of(to.public_key).value}")
    if same_key(to.public_key, sign_public_key):
        return
    algorithm = DEFAULT_ALGORITHM[kind_of(sign_public_key)]
    try:
        verify_signature(sign_public_key, algorithm, transport_statement(to), proof)
    except SignatureInvalid as wrong:
        raise RecipientRefused("the signing key does not vouch for the transport key") from wrong
