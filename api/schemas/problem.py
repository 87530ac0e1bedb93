"""A problem (RFC 9457) as the OpenAPI description shows it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class ProblemModel(BaseModel):
    """RFC 9457 §3.1 members, and one sentence in each language that says what to do."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "/problems/pin-incorrect",
                    "title": "PIN 码不正确",
                    "status": 403,
                    "detail": "PIN 码不正确，还可尝试 4 次。",
                    "instance": "/api/v1/sealings",
                    "zh": "PIN 码不正确，还可尝试 4 次。",
                    "en": "The PIN is wrong; 4 tries left.",
                    "left": 4,
                }
            ]
        },
    )

    type: str = Field(description="Relative URI of a page that explains the problem")
    title: str
    status: int
    detail: str
    instance: str
    zh: str
    en: str
