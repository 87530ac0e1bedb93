"""The register of signers: which certificate is whose, registered by one person and confirmed by another (I22)."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa

from ca.actor import Actor
from hsm.errors import KeyUriError
from hsm.key_uri import KeyUri
from seals.cases import signer_store as store
from seals.cases.case import Hand
from seals.cases.errors import (
    CaseActRefused,
    CaseFieldInvalid,
    CaseMoved,
    CaseUnknown,
    SignerMissing,
    SignerSecondPerson,
    SignerUnfit,
)
from seals.cases.office import CaseOffice
from seals.cases.proof import fit_certificate
from seals.cases.rules import Role
from seals.cases.signer_store import TRANSITIONS, Signer, SignerStatus
from seals.ledger import Ledger

MAX_PAGE = 200
_PERSON = "person:"
_MAX_ID = 200
_MAX_URI = 500
"""Longest key address kept: a token's label, an object's label, an id."""


class SignerRegister:
    """Binds people to certificates. Every method is one transaction."""

    def __init__(self, office: CaseOffice) -> None:
        self._office = office

    def register(self, der: bytes, holder: Actor, role: Role, *, key_uri: str = "", hand: Hand) -> Signer:
        """Ask, as the first of two people, that a certificate count as the holder's signature.

        ``key_uri`` is where the service keeps its key, empty for one kept by the holder. Raises :class:`SignerUnfit`,
        :class:`CaseFieldInvalid`, :class:`CaseActRefused` for a certificate on the register already.
        """
        _check(holder, role, key_uri)
        now = self._office.now()
        try:
            with self._office.acting() as ledger:
                record = fit_certificate(ledger.conn, der, now)
                if record.uscc and holder.uscc != record.uscc:
                    raise SignerUnfit(
                        "证书中的企业与持证人的企业不符", "the certificate names another enterprise"
                    )
                signer = Signer(
                    hashlib.sha256(der).hexdigest(),
                    holder,
                    role,
                    record.issuer,
                    record.serial,
                    der,
                    key_uri,
                    SignerStatus.REQUESTED,
                    hand.actor.id,
                    now,
                )
                store.insert(ledger.conn, signer)
                _note(ledger, "requested", signer, hand)
        except sa.exc.IntegrityError as taken:
            raise CaseActRefused(
                "该证书已登记过。", "This certificate is on the register already."
            ) from taken
        return signer

    def confirm(self, sha256: str, *, hand: Hand) -> Signer:
        """Confirm as the second person, who neither registered the certificate nor holds it."""
        with self._office.acting() as ledger:
            before = self._open(ledger.conn, sha256, "confirm")
            a_person = hand.actor.person.startswith(_PERSON)
            if not a_person or hand.actor.is_any_of(before.requested_by, before.holder.id):
                raise SignerSecondPerson
            fit_certificate(ledger.conn, before.der, self._office.now())
            return self._move(ledger, before, "confirm", hand)

    def end(self, sha256: str, *, hand: Hand) -> Signer:
        """Take a certificate off the register: from now on nothing signed with it counts; one person suffices."""
        with self._office.acting() as ledger:
            return self._move(ledger, self._open(ledger.conn, sha256, "end"), "end", hand)

    def get(self, sha256: str) -> Signer:
        """Return a registration; :class:`CaseUnknown`."""
        with self._office.reading() as conn:
            return _found(conn, sha256)

    def list(self, uscc: str = "", after: str = "", limit: int = 50) -> tuple[Signer, ...]:
        """List registrations in order of their certificates."""
        with self._office.reading() as conn:
            return store.every(conn, uscc, after, max(1, min(limit, MAX_PAGE)))

    def _open(self, conn: sa.Connection, sha256: str, act: str) -> Signer:
        found = _found(conn, sha256)
        if found.status not in TRANSITIONS[act]:
            raise CaseActRefused(
                f"该登记当前为“{found.status.zh}”，不能办理。",
                f"The registration is {found.status.value}: {act} is not possible.",
            )
        return found

    def _move(self, ledger: Ledger, before: Signer, act: str, hand: Hand) -> Signer:
        after = TRANSITIONS[act][before.status]
        if not store.move(ledger.conn, before, after, hand.actor.id, self._office.now()):
            raise CaseMoved
        _note(ledger, after.value, before, hand)
        return _found(ledger.conn, before.certificate_sha256)


def signer_for(conn: sa.Connection, actor: Actor, uscc: str, role: Role | None = None) -> Signer:
    """Return the certificate with which a person signs for an enterprise, in a role if one is demanded; :class:`SignerMissing`."""
    able = [
        one
        for one in store.of_person(conn, actor.person)
        if one.holder.uscc in (None, uscc) and role in (None, one.role)
    ]
    if not able:
        raise SignerMissing
    return able[0]


def signer_of(conn: sa.Connection, actor: Actor, der: bytes, uscc: str) -> Signer:
    """Return the registration of the certificate that a person signed with; :class:`SignerMissing` if it is not theirs."""
    found = store.find(conn, hashlib.sha256(der).hexdigest())
    if found is None or found.status is not SignerStatus.CONFIRMED or not actor.is_any_of(found.holder.id):
        raise SignerMissing
    if found.holder.uscc not in (None, uscc):
        raise SignerMissing
    return found


def _found(conn: sa.Connection, sha256: str) -> Signer:
    found = store.find(conn, sha256) if len(sha256) == 64 else None
    if found is None:
        raise CaseUnknown
    return found


def _check(holder: Actor, role: Role, key_uri: str) -> None:
    if not holder.person.startswith(_PERSON) or len(holder.id) > _MAX_ID or not holder.id.isprintable():
        raise CaseFieldInvalid(
            "holder", "持证人应为 person:li.wei 形式", "the holder is written person:li.wei"
        )
    if role is Role.REPRESENTATIVE and not holder.uscc:
        raise CaseFieldInvalid("uscc", "代表人须写明所代表的企业", "name the enterprise that is represented")
    if key_uri:
        try:
            KeyUri.parse(key_uri[:_MAX_URI])
        except KeyUriError as wrong:
            raise CaseFieldInvalid(
                "key_uri", "密钥地址格式不正确", "it is not the address of a key"
            ) from wrong


def _note(ledger: Ledger, what: str, signer: Signer, hand: Hand) -> None:
    detail: dict[str, str | int | None] = {
        "holder": signer.holder.id,
        "uscc": signer.holder.uscc,
        "role": signer.role.value,
        "serial": f"{signer.serial:x}",
        "kept": int(bool(signer.key_uri)),
        "credential": hand.credential,
    }
    ledger.note(
        f"use.signer.{what}", actor=hand.actor, subject=f"signer:{signer.certificate_sha256}", detail=detail
    )
