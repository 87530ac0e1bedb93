"""Requests and answers of the exchange with the national platform, in the platform's spelling."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from seals.filing.exchange import Imported


class StatusQuestion(BaseModel):
    """The platform's question; the time is civil time (UTC+8), an empty name is not compared."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"sealCode": "11010800000001", "sealName": "", "queryTime": "2026-01-01 08:00:00"}]
        }
    )

    sealCode: str = Field(max_length=14)  # noqa: N815 - the platform's spelling
    sealName: str = Field(default="", max_length=256)  # noqa: N815
    queryTime: str = Field(max_length=19)  # noqa: N815


class StatusAnswer(StatusQuestion):
    """The answer: ``status`` 0 valid, 1 invalid, as of the time asked about."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "sealCode": "11010800000001",
                    "sealName": "北京示例科技有限公司",
                    "queryTime": "2026-01-01 08:00:00",
                    "status": "0",
                }
            ]
        }
    )

    status: str


class RevocationModel(BaseModel):
    """One stopped seal: ``invalidType`` 0 吊销, 1 撤销, 2 挂失."""

    sealCode: str  # noqa: N815
    sealName: str  # noqa: N815
    invalidType: str  # noqa: N815
    invalidEffectTime: str  # noqa: N815


class RevocationPage(BaseModel):
    """A page of the revocation list by time range."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "startTime": "2026-01-01 00:00:00",
                    "endTime": "2026-02-01 00:00:00",
                    "pageNo": 1,
                    "pageSize": 100,
                    "total": 1,
                    "items": [
                        {
                            "sealCode": "11010800000001",
                            "sealName": "北京示例科技有限公司",
                            "invalidType": "2",
                            "invalidEffectTime": "2026-01-15 10:00:00",
                        }
                    ],
                }
            ]
        }
    )

    startTime: str  # noqa: N815
    endTime: str  # noqa: N815
    pageNo: int  # noqa: N815
    pageSize: int  # noqa: N815
    total: int
    items: list[RevocationModel]


class ImportedModel(BaseModel):
    """What an import did: messages taken in, known before, own seals stopped after it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"taken": 2, "known": 0, "stopped": ["11010800000001"]}]}
    )

    taken: int
    known: int
    stopped: list[str]

    @classmethod
    def of(cls, done: Imported) -> ImportedModel:
        """Show what was done."""
        return cls(taken=done.taken, known=done.known, stopped=list(done.stopped))
