"""Requests and answers about sessions."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class LogIn(BaseModel):
    """An API key to be exchanged for a session cookie."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"api_key": "yx_abcdefgh_0123456789012345678901234567890123456789012"}]
        }
    )

    api_key: SecretStr = Field(description="The whole key, yx_…", max_length=128)


class SessionModel(BaseModel):
    """Who is logged in; ``csrf`` goes into the header X-CSRF-Token of every state change."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "actor_id": "person:li.wei",
                    "actor_name": "李伟",
                    "uscc": "91330100MA2CTEST0X",
                    "scopes": ["seal:read", "seal:use"],
                    "expires_at": "2026-01-01T08:00:00Z",
                    "csrf": "3f0c…",
                }
            ]
        }
    )

    actor_id: str
    actor_name: str
    uscc: str | None
    scopes: list[str]
    expires_at: datetime
    csrf: str
