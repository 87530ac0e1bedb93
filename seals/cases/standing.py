"""Standing authorisations (静默用印): asked for, signed by the owner's representative, used by an application, ended at once.

What the representative signs is the authorisation's own content, as a JWS; one signature is good for one authorisation.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from cryptography import x509

from ca.actor import Actor
from ca.enrolment.approval import check_second_person
from hsm.pins import Pin
from hsm.provider import open_signer
from hsm.public_keys import certificate_key
from seals import store as seal_store
from seals.cases import signer_store
from seals.cases import standing_store as store
from seals.cases.approval_form import MAX_APPROVAL
from seals.cases.case import Hand
from seals.cases.errors import (
    ApprovalInvalid,
    CaseActRefused,
    CaseFieldInvalid,
    CaseKeyTaken,
    CaseMoved,
    CaseReasonNeeded,
    CaseUnknown,
    SignerMissing,
    StandingRefused,
)
from seals.cases.office import DESK, CaseOffice
from seals.cases.proof import chain_of, fit_certificate
from seals.cases.rules import Role
from seals.cases.signed import Payload, payload_for
from seals.cases.signer_store import Signer
from seals.cases.signers import signer_for, signer_of
from seals.cases.standing_store import TRANSITIONS, Grantee, Standing, StandingStatus
from seals.cases.texts import check_key, check_reason, check_word, own_key
from seals.errors import SealNotFound, StatementInvalid
from seals.jws import check_signature, parse, sign
from seals.ledger import Ledger

STANDING_TYPE: Final = "yinxin-standing-use+jws"
FORM: Final = "yinxin-standing-use-v1"
MAX_CLASSES: Final = 50
"""Classes of documents in one authorisation: an application files a handful."""
MAX_PAGE: Final = 200
ROUND: Final = 200
"""Authorisations closed in one round; the next takes the rest."""
_APP: Final = "app:"


class StandingDesk:
    """Keeps standing authorisations; their uses are counted by :mod:`seals.cases.uses`."""

    def __init__(self, office: CaseOffice) -> None:
        self._office = office

    def request(self, grantee: Grantee, *, request_key: str, hand: Hand) -> Standing:
        """Ask for an authorisation, *pending* until the representative signs it; the same again returns the one there.

        Raises :class:`CaseFieldInvalid`, :class:`CaseKeyTaken`, :class:`seals.errors.SealNotFound`.
        """
        check_key(request_key)
        now = self._office.now()
        self._check(grantee, now)
        try:
            with self._office.acting() as ledger:
                asked, owner = _of_owner(ledger.conn, grantee, hand)
                known = store.by_request_key(ledger.conn, own_key(owner, request_key))
                if known is None:
                    return self._insert(ledger, asked, owner, own_key(owner, request_key), hand)
        except sa.exc.IntegrityError:  # asked for at the same moment
            with self._office.reading() as conn:
                asked, owner = _of_owner(conn, grantee, hand)
                known = store.by_request_key(conn, own_key(owner, request_key))
            if known is None:
                raise
        same = known.grantee == replace(asked, app=known.grantee.app)
        if not same or not asked.app.is_any_of(known.grantee.app.id):
            raise CaseKeyTaken
        return known

    def _insert(self, ledger: Ledger, grantee: Grantee, owner: str, request_key: str, hand: Hand) -> Standing:
        one = Standing(
            self._office.new_id(),
            request_key,
            StandingStatus.PENDING,
            0,
            grantee,
            owner,
            0,
            hand.actor.id,
            self._office.now(),
        )
        store.insert(ledger.conn, one)
        _note(ledger, "requested", one, hand)
        return load(ledger.conn, one.id)

    def payload(self, standing_id: str, *, hand: Hand) -> Payload:
        """Return what the representative signs, with the certificate that they are registered with."""
        with self._office.reading() as conn:
            one = load(conn, standing_id)
            signer = _representative(conn, hand.actor, one)
            chain = chain_of(conn, signer.der, signer.issuer)
        return payload_for(payload_of(one), STANDING_TYPE, signer, chain)

    def sign(self, standing_id: str, jws: str, *, hand: Hand) -> Standing:
        """Make it effective by the representative's signature, who is not the one who asked for it.

        Raises :class:`ApprovalInvalid`, :class:`SignerMissing`, :class:`seals.cases.errors.SignerUnfit`,
        ``SecondPersonNeeded``, :class:`CaseActRefused`, :class:`StandingRefused` where its end has passed.
        """
        now = self._office.now()
        with self._office.reading() as conn:
            one = load(conn, standing_id)
            certificate = self._proved(conn, one, jws, hand, now)
        with self._office.acting() as ledger:
            before = _open(ledger.conn, standing_id, "sign")
            check_second_person(hand.actor, Actor(before.requested_by))
            if before.grantee.ends < now:
                raise StandingRefused(
                    "该授权的截止时间已过，请重新申请。", "Its end has passed; ask for a new one."
                )
            changes = {
                "signed_by": hand.actor.id,
                "signed_at": now,
                "certificate_sha256": certificate.certificate_sha256,
                "jws": jws,
            }
            return _move(ledger, before, "sign", hand, changes)

    def sign_with_key(self, standing_id: str, *, hand: Hand, pin: Pin | None) -> Standing:
        """Sign with the representative's key in one of the service's stores; intent first, then the key, then the outcome."""
        keys = self._office.keys
        with self._office.reading() as conn:
            one = load(conn, standing_id)
            signer = _representative(conn, hand.actor, one)
            chain = chain_of(conn, signer.der, signer.issuer)
            record = fit_certificate(conn, signer.der, self._office.now())
        if keys is None or not signer.key_uri:
            raise SignerMissing(
                "您的密钥不在本系统中，请取待签内容后自行签名。",
                "Your key is not kept here; sign the payload elsewhere.",
            )
        with self._office.acting() as ledger:
            _open(ledger.conn, standing_id, "sign")
            detail = {"certificate": signer.certificate_sha256, "serial": f"{record.serial:x}"}
            ledger.note("standing.signing", actor=hand.actor, subject=f"standing:{one.id}", detail=detail)
        opened = open_signer(
            keys,
            signer.key_uri,
            expected=certificate_key(x509.load_der_x509_certificate(signer.der)),
            pin=pin,
        )
        return self.sign(
            standing_id, sign(payload_of(one), typ=STANDING_TYPE, signer=opened, chain=chain), hand=hand
        )

    def key_of(self, standing_id: str, hand: Hand) -> str:
        """Return where the representative's key is kept here, empty if they keep it."""
        with self._office.reading() as conn:
            return _representative(conn, hand.actor, load(conn, standing_id)).key_uri

    def delete(self, standing_id: str, reason: str, *, hand: Hand) -> Standing:
        """End it at once: the next use is refused. One person suffices."""
        text = check_reason(reason)
        if not text:
            raise CaseReasonNeeded
        with self._office.acting() as ledger:
            before = _open(ledger.conn, standing_id, "delete")
            changes = {"ended_by": hand.actor.id, "ended_at": self._office.now(), "reason": text}
            return _move(ledger, before, "delete", hand, changes)

    def expire(self) -> int:
        """Close authorisations whose end has passed; return how many."""
        now = self._office.now()
        with self._office.acting() as ledger:
            ended = store.past(ledger.conn, now, ROUND)
            for one in ended:
                _move(ledger, one, "expire", DESK, {"ended_by": DESK.actor.id, "ended_at": now})
        return len(ended)

    def get(self, standing_id: str) -> Standing:
        """Return an authorisation; :class:`CaseUnknown`."""
        with self._office.reading() as conn:
            return load(conn, standing_id)

    def list(self, uscc: str = "", after: str = "", limit: int = 50) -> tuple[Standing, ...]:
        """List authorisations in order of their ids."""
        with self._office.reading() as conn:
            return store.page(conn, uscc, after, max(1, min(limit, MAX_PAGE)))

    def default_end(self, begins: datetime) -> datetime:
        """Return the end where none is asked for: 365 days unless the rules say otherwise."""
        return begins + timedelta(days=self._office.book.standing.default_days)

    def _check(self, grantee: Grantee, now: datetime) -> None:
        most = self._office.book.standing
        if (
            not grantee.app.id.startswith(_APP)
            or len(grantee.app.id) > 200
            or not grantee.app.id.isprintable()
        ):
            raise CaseFieldInvalid("app", "应用应为 app:oa 形式", "an application is written app:oa")
        if not 1 <= len(grantee.classes) <= MAX_CLASSES or len(set(grantee.classes)) != len(grantee.classes):
            raise CaseFieldInvalid(
                "classes",
                f"应为 1 至 {MAX_CLASSES} 个互不相同的文件种类",
                f"1 to {MAX_CLASSES} different classes",
            )
        for one in grantee.classes:
            check_word("classes", one, needed=True)
        if not 1 <= grantee.quota <= most.max_quota:
            raise CaseFieldInvalid("quota", f"应为 1 至 {most.max_quota}", f"it is 1 to {most.max_quota}")
        if not 0 <= grantee.per_day <= grantee.quota:
            raise CaseFieldInvalid("per_day", "应为 0（不限）至总数", "it is 0 (no limit) to the quota")
        length = grantee.ends - grantee.begins
        longest = timedelta(days=most.max_days)
        if grantee.ends <= max(now, grantee.begins) or max(length, grantee.ends - now) > longest:
            raise CaseFieldInvalid(
                "ends",
                f"截止须晚于现在与起始，且距两者均不超过 {most.max_days} 天",
                f"it is after now and the beginning, and at most {most.max_days} days after either",
            )

    def _proved(self, conn: sa.Connection, one: Standing, jws: str, hand: Hand, now: datetime) -> Signer:
        try:
            signed = parse(jws, typ=STANDING_TYPE, limit=MAX_APPROVAL)
            check_signature(signed.signing_input, signed.signature, signed.alg, signed.chain_der[0])
        except StatementInvalid as wrong:
            raise ApprovalInvalid(
                "“jws”：不是有效的签名", "jws: it is not a good signature", field="jws"
            ) from wrong
        if signed.payload != payload_of(one):
            raise ApprovalInvalid(
                "“jws”：签名内容不是这份授权", "jws: what was signed is another authorisation", field="jws"
            )
        signer = signer_of(conn, hand.actor, signed.chain_der[0], one.owner_uscc)
        if signer.role is not Role.REPRESENTATIVE:
            raise _not_representative()
        fit_certificate(conn, signer.der, now)
        return signer


def _of_owner(conn: sa.Connection, grantee: Grantee, hand: Hand) -> tuple[Grantee, str]:
    """Return what is asked for by the seal's electronic code, and its owner; a foreign seal is as unknown as none."""
    code = grantee.seal_code
    record = seal_store.find(conn, code) if code.isascii() and code.isdigit() else None
    if record is None or hand.actor.uscc not in (None, record.owner.uscc):
        raise SealNotFound(code[:32])
    return replace(grantee, seal_code=record.code), record.owner.uscc


def payload_of(one: Standing) -> dict[str, Any]:
    """Write what is signed: the authorisation, member by member."""
    asked = one.grantee
    return {
        "form": FORM,
        "id": one.id,
        "app": asked.app.person,
        "seal": asked.seal_code,
        "owner": one.owner_uscc,
        "classes": list(asked.classes),
        "quota": asked.quota,
        "per_day": asked.per_day,
        "begins": f"{asked.begins.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        "ends": f"{asked.ends.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        "requested_by": one.requested_by,
    }


def still_signed(conn: sa.Connection, one: Standing) -> Signer | None:
    """Return the registration under which it was signed, if that still holds; the caller looks at the certificate."""
    found = signer_store.find(conn, one.certificate_sha256)
    held = found is not None and found.status is signer_store.SignerStatus.CONFIRMED
    return found if held else None


def load(conn: sa.Connection, standing_id: str) -> Standing:
    """Return an authorisation; :class:`CaseUnknown` if there is none."""
    found = store.find(conn, standing_id) if len(standing_id) <= 32 else None
    if found is None:
        raise CaseUnknown
    return found


def _open(conn: sa.Connection, standing_id: str, act: str) -> Standing:
    one = load(conn, standing_id)
    if one.status not in TRANSITIONS[act]:
        raise CaseActRefused(
            f"该授权当前为“{one.status.zh}”，不能办理。",
            f"The authorisation is {one.status.value}: {act} is not possible.",
        )
    return one


def _move(ledger: Ledger, before: Standing, act: str, hand: Hand, changes: dict[str, Any]) -> Standing:
    after = TRANSITIONS[act][before.status]
    if not store.move(ledger.conn, before, after, changes):
        raise CaseMoved
    moved = load(ledger.conn, before.id)
    _note(ledger, after.value, moved, hand)
    return moved


def _representative(conn: sa.Connection, actor: Actor, one: Standing) -> Signer:
    try:
        return signer_for(conn, actor, one.owner_uscc, Role.REPRESENTATIVE)
    except SignerMissing as missing:
        raise _not_representative() from missing


def _not_representative() -> SignerMissing:
    return SignerMissing(
        "须由登记为代表人的人员签署静默用印授权。", "A registered representative of the owner must sign it."
    )


def _note(ledger: Ledger, what: str, one: Standing, hand: Hand) -> None:
    asked = one.grantee
    detail: dict[str, str | int | None] = {
        "app": asked.app.id,
        "seal": asked.seal_code,
        "classes": " ".join(asked.classes),
        "quota": asked.quota,
        "per_day": asked.per_day,
        "used": one.used,
        "ends": f"{asked.ends.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "certificate": one.certificate_sha256,
        "reason": one.reason,
        "credential": hand.credential,
    }
    ledger.note(f"standing.{what}", actor=hand.actor, subject=f"standing:{one.id}", detail=detail)
