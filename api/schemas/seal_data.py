"""Answers about electronic seal data."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from seals.ses.parts import SesSeal, SesSignature
from seals.ses.store import SealDataRecord

_MADE: dict[str, Any] = {
    "number": 7,
    "code": "33010600000017",
    "version": 4,
    "standard": "GB/T 38540-2020",
    "state": "made",
    "sha256": "9f…",
    "certificate_sha256": "1c…",
    "maker": "seal-maker",
    "maker_sha256": "5e…",
    "valid_from": "2026-01-01T00:00:00Z",
    "valid_to": "2029-01-01T00:00:00Z",
    "made_at": "2026-01-02T08:00:00Z",
    "made_by": "person:li.wei",
}


class MadeSealDataModel(BaseModel):
    """One making of seal data: for which certificate, by which maker's, and how it ended."""

    model_config = ConfigDict(json_schema_extra={"examples": [_MADE]})

    number: int
    code: str
    version: int
    standard: str
    state: str
    sha256: str
    certificate_sha256: str
    maker: str
    maker_sha256: str
    valid_from: datetime
    valid_to: datetime
    made_at: datetime
    made_by: str

    @classmethod
    def of(cls, record: SealDataRecord) -> MadeSealDataModel:
        """Show a making."""
        plan = record.plan
        return cls(
            number=record.id,
            code=plan.code,
            version=plan.version.number,
            standard=plan.version.standard,
            state=record.state.value,
            sha256=record.sha256,
            certificate_sha256=plan.certificate_sha256,
            maker=plan.maker,
            maker_sha256=plan.maker_sha256,
            valid_from=plan.valid_from,
            valid_to=plan.valid_to,
            made_at=plan.made_at,
            made_by=plan.made_by,
        )


class SealDataHistoryModel(BaseModel):
    """The last makings for a seal, newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_MADE]}]})

    items: list[MadeSealDataModel]

    @classmethod
    def of(cls, records: tuple[SealDataRecord, ...]) -> SealDataHistoryModel:
        """Show makings."""
        return cls(items=[MadeSealDataModel.of(record) for record in records])


def shown(found: SesSeal | SesSignature) -> dict[str, Any]:
    """Show what seal data says, member by member; nothing in it was checked."""
    if isinstance(found, SesSignature):
        return {
            "kind": "SES_Signature",
            "standard": found.version.standard,
            "version": found.stated_version,
            "time": None if found.time.value is None else found.time.value.isoformat(),
            "data_hash": found.data_hash.hex(),
            "property_info": found.scope,
            "certificate_sha256": hashlib.sha256(found.certificate).hexdigest(),
            "algorithm": found.algorithm,
            "time_stamp": found.time_stamp is not None,
            "deviations": [item.zh for item in found.deviations],
            "deviations_en": [item.en for item in found.deviations],
            "seal": _seal(found.seal),
        }
    notes = {
        "deviations": [item.zh for item in found.deviations],
        "deviations_en": [item.en for item in found.deviations],
    }
    return {"kind": "SESeal", "standard": found.version.standard, **_seal(found), **notes}


def _seal(seal: SesSeal) -> dict[str, Any]:
    fields, picture, signers = seal.property, seal.picture, seal.property.signers
    return {
        "header": {"id": seal.header.mark, "version": seal.header.version, "vendor": seal.header.vendor},
        "es_id": seal.id,
        "type": fields.type,
        "name": fields.name,
        "cert_list_type": None if fields.list_type is None else fields.list_type.value,
        "certificates_sha256": [hashlib.sha256(item).hexdigest() for item in signers.certificates],
        "digests": [{"type": item.type, "value": item.value.hex()} for item in signers.digests],
        "texts": list(signers.texts),
        "created": fields.created.isoformat(),
        "valid_from": fields.valid_from.isoformat(),
        "valid_to": fields.valid_to.isoformat(),
        "picture": {
            "type": picture.type,
            "octets": len(picture.data),
            "size_mm": [picture.width_mm, picture.height_mm],
            "pixels": None if picture.pixels is None else list(picture.pixels),
        },
        "extensions": [
            {"oid": item.oid, "critical": item.critical, "octets": len(item.value)}
            for item in seal.extensions
        ],
        "maker_certificate_sha256": hashlib.sha256(seal.maker_certificate).hexdigest(),
        "algorithm": seal.algorithm,
        "time_stamp": seal.time_stamp is not None,
    }
