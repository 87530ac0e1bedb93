"""Asking for a personalisation and approving it: k of n distinct people, none the requester, over the exact plan (I22)."""

from __future__ import annotations

import secrets
from dataclasses import replace

import sqlalchemy as sa

from ca.actor import Actor
from ca.audit import AuditTrail
from ca.clock import Clock
from ca.enrolment import approval_store
from ca.enrolment.approval import Ballot, check_second_person, check_text, satisfied, seat
from ca.enrolment.errors import ContentChanged, DeadlinePassed, RejectionReasonNeeded
from ca.enrolment.request import Approver
from ca.enrolment.rules import Matter, RuleBook
from ca.enterprise import Enterprise, find_enterprise
from ca.tokens import procedure_store
from ca.tokens import request_store as store
from ca.tokens.errors import (
    PersonalisationNotApproved,
    PersonalisationUnasked,
    ProcedureRefused,
    TokenFieldInvalid,
)
from ca.tokens.plan import PersonalisationPlan
from ca.tokens.registry import TokenRegistry
from ca.tokens.request import OPEN, PersonalisationRequest, RequestAct, RequestStatus, content_of, digest_of
from ca.tokens.state import TokenState
from ca.tokens.token import Token


class PersonalisationRequests:
    """Takes plans, and the approvals of them. Each act is one transaction with its audit record."""

    def __init__(
        self, engine: sa.Engine, clock: Clock, audit: AuditTrail, registry: TokenRegistry, rules: RuleBook
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._audit = audit
        self._registry = registry
        self._rules = rules

    def ask(self, plan: PersonalisationPlan, *, actor: Actor) -> PersonalisationRequest:
        """Ask for a chip to be personalised by this plan. The same plan again returns the request there.

        Another plan is a new request: approvals of the one before are void. Raises :class:`ProcedureRefused` for a chip that
        was begun or stopped, :class:`TokenFieldInvalid` without a registered holder, and
        :class:`ca.enrolment.errors.RuleMissing`.
        """
        token = self._registry.get(plan.serial)
        rule = self._rules.covering(Matter.PERSONALISE, plan.profiles)
        now = self._clock().replace(microsecond=0)
        with self._engine.begin() as conn:
            check_fresh(conn, token)
            content = content_of(plan, holder_of(conn, token), rule)
            before = store.newest(conn, token.serial)
            if before is not None and before.status in OPEN:
                if before.digest == digest_of(content) and now <= before.deadline:
                    return before
                store.move(conn, before, RequestAct.SUPERSEDE)
                self._note(conn, "superseded", before, actor)
            request = PersonalisationRequest(
                id=secrets.token_hex(16),
                token=token.serial,
                status=RequestStatus.ASKED,
                moves=0,
                plan_text=plan.to_json(),
                content=content,
                rule=rule,
                requester=actor,
                asked_at=now,
                deadline=now + rule.deadline,
                reason="",
                approvals=(),
            )
            store.insert(conn, request)
            self._note(conn, "asked", request, actor)
        return request

    def approve(self, serial: str, ballot: Ballot, *, by: Approver) -> PersonalisationRequest:
        """Approve, as one of the people whom the rule wants, exactly the plan whose digest the ballot names.

        Raises :class:`PersonalisationUnasked`, :class:`ca.tokens.errors.RequestActRefused`, and what
        :func:`ca.enrolment.approval.seat` raises.
        """
        with self._engine.begin() as conn:
            request = self._newest(conn, serial)
            store.move(conn, request, RequestAct.SEAT)
            case = request.case
            approval = seat(case, by, ballot, self._clock().replace(microsecond=0))
            approval_store.insert(conn, request.id, 1, approval)
            detail = {"stage": approval.stage, "comment": approval.comment}
            self._note(conn, "approved", request, by.actor, **detail)
            if satisfied(replace(case, approvals=(*case.approvals, approval))):
                store.move(conn, self._newest(conn, serial), RequestAct.APPROVE)
            return self._newest(conn, serial)

    def reject(self, serial: str, reason: str, *, by: Approver) -> PersonalisationRequest:
        """Turn a request down as another person than the requester, and say why."""
        if not reason.strip():
            raise RejectionReasonNeeded
        check_text("reason", reason)
        with self._engine.begin() as conn:
            request = self._newest(conn, serial)
            check_second_person(by.actor, request.requester)
            store.move(conn, request, RequestAct.REJECT, reason=reason)
            self._note(conn, "rejected", request, by.actor, reason=reason)
            return self._newest(conn, serial)

    def get(self, serial: str) -> PersonalisationRequest:
        """Return a token's latest request; :class:`PersonalisationUnasked`."""
        with self._engine.execution_options(read_only=True).connect() as conn:
            return self._newest(conn, serial)

    def find(self, serial: str) -> PersonalisationRequest | None:
        """Return a token's latest request, or nothing."""
        with self._engine.execution_options(read_only=True).connect() as conn:
            return store.newest(conn, serial)

    def use(self, conn: sa.Connection, token: Token) -> PersonalisationRequest:
        """Spend the approved request of a chip that is about to be begun, in the caller's transaction.

        Raises :class:`PersonalisationUnasked`, :class:`PersonalisationNotApproved`,
        :class:`ca.enrolment.errors.DeadlinePassed` or :class:`ca.enrolment.errors.ContentChanged`.
        """
        check_fresh(conn, token)
        request = self._newest(conn, token.serial)
        if request.status is not RequestStatus.APPROVED or not satisfied(request.case):
            raise PersonalisationNotApproved(token.serial, request.status.zh, request.status.value)
        if self._clock() > request.deadline:
            raise DeadlinePassed
        self.check_unchanged(conn, request, token)
        store.move(conn, request, RequestAct.USE)
        return request

    def check_unchanged(self, conn: sa.Connection, request: PersonalisationRequest, token: Token) -> None:
        """Prove that what would be put on the chip now is what was approved; :class:`ContentChanged`."""
        now = content_of(request.plan, holder_of(conn, token), request.rule)
        approved = {one.digest for one in request.approvals}
        if {digest_of(now)} != approved:
            raise ContentChanged(
                "芯片内容（企业名称、证书模板或计划）在审批后已变化，须重新申请并审批；已开始的芯片请报损后更换。",
                (
                    "What the chip would hold (the holder's name, a profile or the plan) changed after the approval: ask "
                    "again; a chip that was begun is recorded as damaged and another one taken."
                ),
            )

    def used(self, conn: sa.Connection, request_id: str) -> PersonalisationRequest:
        """Return the request by which a chip was begun."""
        found = store.find(conn, request_id)
        if found is None:
            raise PersonalisationUnasked(f"request {request_id}")
        return found

    def _newest(self, conn: sa.Connection, serial: str) -> PersonalisationRequest:
        found = store.newest(conn, serial) if serial.isascii() and serial.isprintable() else None
        if found is None:
            raise PersonalisationUnasked(f"token {serial[:32]}")
        return found

    def _note(
        self, conn: sa.Connection, word: str, request: PersonalisationRequest, actor: Actor, **more: str
    ) -> None:
        detail: dict[str, str | int | None] = {"request": request.id, "digest": request.digest, **more}
        detail |= {"rule_hash": request.rule.hash}
        subject = f"token:{request.token}"
        self._audit.append(conn, f"token.personalisation_{word}", actor=actor, subject=subject, detail=detail)


def check_fresh(conn: sa.Connection, token: Token) -> None:
    """Demand a chip that nobody has begun: each has one personalisation in its life."""
    found = procedure_store.find(conn, token.serial)
    if found is not None:
        raise ProcedureRefused(f"the personalisation of {token.serial} was begun and is {found.status}")
    if token.state is not TokenState.UNINITIALISED:
        raise ProcedureRefused(f"token {token.serial} is {token.state}")


def holder_of(conn: sa.Connection, token: Token) -> Enterprise:
    """Return the enterprise that a token is made for."""
    found = find_enterprise(conn, token.holder.uscc)
    if found is None:
        raise TokenFieldInvalid(
            "holder.uscc",
            "个人化前须登记持有企业",
            "the token needs an enterprise of the register as its holder",
        )
    return found
