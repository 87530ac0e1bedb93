"""One certificate's life as callers see it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from api.schemas.enrolment import ActorModel
from ca.enrolment.timeline import Timeline


class EventModel(BaseModel):
    """One act; ``number`` is its record on the audit trail."""

    number: int
    at: datetime
    step: str
    zh: str
    actor: ActorModel
    subject: str
    detail: dict[str, Any]


class LinkModel(BaseModel):
    """A certificate before or after."""

    issuer: str
    serial: str
    matter: str
    enrolment: str
    status: str


class TimelineModel(BaseModel):
    """One certificate from the application to the revocation."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "serial": "1234ab…",
                    "issuer": "issuing",
                    "status": "issued",
                    "profile": "enterprise-seal",
                    "name": "杭州测试云印科技有限公司",
                    "not_before": "2026-01-01T00:00:00Z",
                    "not_after": "2026-12-31T23:59:59Z",
                    "enrolment": "9f2c…",
                    "events": [
                        {
                            "number": 24,
                            "at": "2026-01-01T00:00:00Z",
                            "step": "approved",
                            "zh": "批准",
                            "actor": {"id": "person:chen.jing", "name": "陈静"},
                            "subject": "enrolment:9f2c…",
                            "detail": {"stage": "review"},
                        }
                    ],
                    "predecessors": [],
                    "successors": [],
                }
            ]
        }
    )

    serial: str
    issuer: str
    status: str
    profile: str
    name: str
    not_before: datetime
    not_after: datetime
    enrolment: str
    events: list[EventModel]
    predecessors: list[LinkModel]
    successors: list[LinkModel]

    @classmethod
    def of(cls, found: Timeline) -> TimelineModel:
        """Show a timeline."""
        record = found.certificate

        def links(given: tuple[Any, ...]) -> list[LinkModel]:
            return [
                LinkModel(
                    issuer=one.issuer,
                    serial=f"{one.serial:x}",
                    matter=one.matter,
                    enrolment=one.enrolment,
                    status=one.status,
                )
                for one in given
            ]

        return cls(
            serial=f"{record.serial:x}",
            issuer=record.issuer,
            status=record.status.value,
            profile=record.profile,
            name=record.name,
            not_before=record.not_before,
            not_after=record.not_after,
            enrolment=found.enrolment,
            events=[
                EventModel(
                    number=one.number,
                    at=one.at,
                    step=one.step,
                    zh=one.zh,
                    actor=ActorModel(id=one.actor.id, name=one.actor.name),
                    subject=one.subject,
                    detail=dict(one.detail),
                )
                for one in found.events
            ],
            predecessors=links(found.predecessors),
            successors=links(found.successors),
        )
