"""From an approved enrolment to its certificates, exactly once however often it is cut off (I4, I19).

1. Transaction A: the approvals still hold for what stands there; ``issuing``; the intent on the trail. 2. For a pair the
key centre gives the encryption key, the same one each time. 3. :meth:`CertificateAuthority.issue`, or ``issue_pair``, under
a request key made from the enrolment's number, version and attempt. 4. Transaction B: ``issued``.

An attempt whose serial was burned is followed by the next one; a later attempt is never begun while an earlier one may
still become a certificate.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import Entry
from ca.certificate import IssuedCertificate
from ca.enrolment import enrolment_store, job_store, vetting
from ca.enrolment.approval import satisfied
from ca.enrolment.errors import (
    AttemptsExhausted,
    ContentChanged,
    EncryptionKeysMissing,
    EnrolmentMoved,
)
from ca.enrolment.moving import Deed, case_of, load, move, move_row, next_status
from ca.enrolment.office import Office
from ca.enrolment.ports import EncryptionGrant
from ca.enrolment.request import EnrolmentRecord
from ca.enrolment.states import EnrolmentAct, EnrolmentStatus
from ca.errors import (
    CaError,
    EnterpriseUnknown,
    KeyCompromised,
    NameDiffers,
    ProfileUnknown,
    RequestInvalid,
    RequestKeyReused,
    RequestSpent,
)
from ca.keycentre.errors import EscrowKindRefused, RecipientRefused, SigningKeyNotEscrowed
from hsm.errors import HsmError

MAX_ATTEMPTS: Final = 8
"""Serials burned for one certificate before somebody must look: each was cut off between intent and record."""
_FINAL: Final = (
    RequestInvalid,
    KeyCompromised,
    EnterpriseUnknown,
    NameDiffers,
    ProfileUnknown,
    AttemptsExhausted,
    EncryptionKeysMissing,
    EscrowKindRefused,
    RecipientRefused,
    SigningKeyNotEscrowed,
)
"""Errors that the same request meets again for ever; anything else may pass, and the enrolment stays ``issuing``."""
DONE: Final = (EnrolmentStatus.ISSUED, EnrolmentStatus.DELIVERED)
"""Where the certificates are there."""


def attempt_key(record: EnrolmentRecord, attempt: int) -> str:
    """Return the request key of one attempt to issue one version of an enrolment."""
    return f"enrolment:{record.id}:{record.version}:{attempt}"


def issued_deed(
    actor: Actor, first: IssuedCertificate, second: IssuedCertificate | None = None, envelope: bytes = b""
) -> Deed:
    """Return the act that puts the certificates of an enrolment on its record."""
    changes = {
        "issuer": first.issuer,
        "serial": first.serial,
        "encryption_serial": None if second is None else second.serial,
        "envelope": envelope,
    }
    detail = {
        "serial": f"{first.serial:x}",
        "issuer": first.issuer,
        "encryption_serial": None if second is None else f"{second.serial:x}",
    }
    return Deed(EnrolmentAct.ISSUE, actor, changes, detail)


class Issuing:
    """Issues what was approved."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def issue(self, enrolment: str, *, actor: Actor) -> EnrolmentRecord:
        """Issue, or take up what was cut off; asked again, return the same.

        Raises :class:`ContentChanged` when approvals do not cover what stands there, and what the authority, the key
        centre and the token raise. What can never succeed moves it to ``failed`` with the reason.
        """
        record = self._begin(enrolment, actor)
        if record.status in DONE:
            return record
        try:
            return self._certify(record, actor)
        except _FINAL as wrong:
            self._fail(record, wrong, actor)
            raise

    def _begin(self, enrolment: str, actor: Actor) -> EnrolmentRecord:
        with self._office.engine.begin() as conn:
            record, said = self.begin_row(conn, load(conn, enrolment), actor)
            self._office.audit.append_many(conn, said, actor=actor)
        return record

    def begin_row(
        self, conn: sa.Connection, record: EnrolmentRecord, actor: Actor
    ) -> tuple[EnrolmentRecord, tuple[Entry, ...]]:
        """Begin to issue what is still approved, or find it begun; what the trail must say is returned, to be written last."""
        if record.status in DONE:
            return record, ()
        next_status(record, EnrolmentAct.BEGIN)
        covered = (
            job_store.covers(conn, record.batch, record.content.digest)
            if record.batch
            else satisfied(case_of(record))
        )
        content = record.content
        if not covered or record.digest != content.digest:
            raise ContentChanged
        self._check_profiles(record)
        if record.status is EnrolmentStatus.ISSUING:
            return record, ()
        vetting.check_records(self._office, conn, content, own=record.id, batched=bool(record.batch))
        detail = {"spki_sha256": content.spki_sha256, "rule_hash": record.rule.hash}
        moved, entry = move_row(self._office, conn, record, Deed(EnrolmentAct.BEGIN, actor, detail=detail))
        return moved, (entry,)

    def _check_profiles(self, record: EnrolmentRecord) -> None:
        """I6, I22: the profile that was approved is the one that will be used."""
        content, profiles = record.content, self._office.profiles
        for name, approved in (
            (content.profile, content.profile_hash),
            (content.encryption_profile, content.encryption_profile_hash),
        ):
            if name and (name not in profiles or profiles[name].hash != approved):
                raise ContentChanged(
                    f"证书模板 {name} 在审批后已变化，须由申请人重新提交并再次审批。",
                    f"Profile {name} changed after the approval; submit the request again to have it approved.",
                )

    def _certify(self, record: EnrolmentRecord, actor: Actor) -> EnrolmentRecord:
        grant = self._encryption_key(record)
        first, second = self._issue(record, grant, actor)
        deed = issued_deed(actor, first, second, b"" if grant is None else grant.envelope)
        try:
            with self._office.engine.begin() as conn:
                now = load(conn, record.id)
                if now.status in DONE:
                    return now
                return move(self._office, conn, now, deed)
        except EnrolmentMoved:  # another worker took the same enrolment up and was first
            with self._office.reading() as conn:
                return load(conn, record.id)

    def _encryption_key(self, record: EnrolmentRecord) -> EncryptionGrant | None:
        if not record.content.dual:
            return None
        if self._office.encryption_keys is None:
            raise EncryptionKeysMissing
        keys, signing = self._office.encryption_keys, record.content.public_key
        try:
            return keys.apply(record.id, signing)
        except RequestKeyReused:  # an earlier version failed over another signing key: this one has its own
            return keys.apply(f"{record.id}:{record.version}", signing)

    def _issue(
        self, record: EnrolmentRecord, grant: EncryptionGrant | None, actor: Actor
    ) -> tuple[IssuedCertificate, IssuedCertificate | None]:
        """Issue the certificate, or both of a pair or neither, under the first request key that is not spent."""
        authority, request = self._office.authority, record.content.certificate_request()
        for attempt in range(1, MAX_ATTEMPTS + 1):
            request_key = attempt_key(record, attempt)
            try:
                if grant is None:
                    return authority.issue(request, request_key=request_key, actor=actor), None
                second = record.content.encryption_request(grant.public_key)
                pair = authority.issue_pair(request, second, request_key=request_key, actor=actor)
            except RequestSpent:
                continue  # burned for good: nothing under this key can become a certificate any more
            return pair.signing, pair.encryption
        raise AttemptsExhausted

    def _fail(self, record: EnrolmentRecord, wrong: CaError, actor: Actor) -> None:
        with self._office.engine.begin() as conn:
            now = load(conn, record.id)
            if now.status is not EnrolmentStatus.ISSUING:
                return
            changes = {"reason_code": type(wrong).__name__, "reason": f"{wrong.zh} / {wrong.en}"[:500]}
            detail = {"reason_code": type(wrong).__name__}
            move(self._office, conn, now, Deed(EnrolmentAct.FAIL, actor, changes, detail))

    def resume(self, *, actor: Actor, limit: int = 100) -> tuple[str, ...]:
        """Take up enrolments that were cut off while issuing; return the numbers of those now issued."""
        before = self._office.now() - self._office.authority.config.reservation_grace
        with self._office.reading() as conn:
            cut_off = enrolment_store.unchanged_since(conn, EnrolmentStatus.ISSUING, before, limit)
        done = []
        for enrolment in cut_off:
            try:
                if self.issue(enrolment, actor=actor).status in DONE:
                    done.append(enrolment)
            except (CaError, HsmError):
                continue  # it is on record as failed, or the next round tries again
        return tuple(done)
