"""Requests and answers about pictures and imprints; lengths in millimetres."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from seals.drawing.geometry import Template
from seals.drawing.picture import PictureSpec
from seals.imprint.outcome import ImprintComparison
from seals.imprint.upload_store import UploadedPicture
from seals.seal import SealKind

NO_CODE = "0000000000000"
"""Stands in a preview where no code is allocated yet."""


class TemplateModel(BaseModel):
    """A shape and size in which seals of a kind are drawn; ``default`` is taken where none is named."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "01",
                    "kind_zh": "法定名称章",
                    "key": "round-42",
                    "shape": "round",
                    "width_mm": 42,
                    "height_mm": 42,
                    "star": True,
                    "default": True,
                }
            ]
        }
    )

    kind: str
    kind_zh: str
    key: str
    shape: str
    width_mm: int
    height_mm: int
    star: bool
    default: bool

    @classmethod
    def of(cls, found: Template, *, default: bool) -> TemplateModel:
        """Show a row of the table."""
        return cls(
            kind=found.kind.code,
            kind_zh=found.kind.zh,
            key=found.key,
            shape=found.shape.value,
            width_mm=found.width,
            height_mm=found.height,
            star=found.star > 0,
            default=default,
        )


class PreviewSeal(BaseModel):
    """What a seal that nobody has applied for yet would show; the name is the enterprise's on record."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"uscc": "91330106MA2CYINX3E", "kind": "01", "template": "round-42"}]}
    )

    uscc: str = Field(max_length=18)
    kind: str = Field(pattern="^(01|02|03|04|05|99)$")
    template: str | None = Field(default=None, max_length=32)
    line: str = Field(default="", max_length=64, description="Inscription, or an invoice seal's number: (1)")
    person: str = Field(default="", max_length=64)
    physical_code: str = Field(default=NO_CODE, pattern="^[0-9]{13}$")

    def spec(self, name: str) -> PictureSpec:
        """Return what is drawn: never as approved."""
        return PictureSpec(
            kind=SealKind.of(self.kind),
            name=name,
            code=self.physical_code,
            line=self.line,
            person=self.person,
            uscc=self.uscc,
            template=self.template,
        )


_COMPARED: dict[str, Any] = {
    "overlap": 0.9766,
    "scale": 11.57,
    "rotation_deg": 16.99,
    "shift_mm": [-0.02, -0.05],
    "size_mm": [41.15, 41.15],
    "worst_overlap": 0.903,
    "worst_box_mm": [28.9, 34.4, 2.0, 2.0],
    "worst_is_foreign": True,
    "advice": "look",
    "advice_zh": "整体相近，但标出处有备案图样所没有的笔画，请人工核对。",
    "overlay_png": "iVBORw0KGgo…",
}


class ComparisonModel(BaseModel):
    """How a scanned imprint lies on the approved picture; the figures are advice to the person who decides."""

    model_config = ConfigDict(json_schema_extra={"examples": [_COMPARED]})

    overlap: float = Field(description="Share of the ink of both that agrees within 0.15 mm")
    scale: float = Field(description="Pixels of the scan to a millimetre")
    rotation_deg: float
    shift_mm: tuple[float, float]
    size_mm: tuple[float, float] | None
    worst_overlap: float
    worst_box_mm: tuple[float, float, float, float]
    worst_is_foreign: bool
    advice: str
    advice_zh: str
    overlay_png: str = Field(
        description="PNG in base64: agreement grey, approved only blue, imprint only red"
    )

    @classmethod
    def of(cls, found: ImprintComparison) -> ComparisonModel:
        """Show a comparison."""
        return cls(
            overlap=found.overlap,
            scale=found.scale,
            rotation_deg=found.rotation_deg,
            shift_mm=found.shift_mm,
            size_mm=found.size_mm,
            worst_overlap=found.worst.overlap,
            worst_box_mm=found.worst.box_mm,
            worst_is_foreign=found.worst.foreign,
            advice=found.advice.word,
            advice_zh=found.advice.zh,
            overlay_png=base64.b64encode(found.overlay_png).decode(),
        )


_UPLOADED: dict[str, Any] = {
    "sha256": "9f…",
    "uscc": "91330106MA2CYINX3E",
    "source_sha256": "3b…",
    "centre": "star",
    "emblem": False,
    "reason": "",
    "uploaded_by": "person:zhang.min",
    "uploaded_at": "2026-01-01T00:00:00Z",
    "code": None,
}


class UploadedPictureModel(BaseModel):
    """A picture that was uploaded for a seal, and the seal that bears it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_UPLOADED]})

    sha256: str
    uscc: str
    source_sha256: str
    centre: str
    emblem: bool
    reason: str
    uploaded_by: str
    uploaded_at: datetime
    code: str | None

    @classmethod
    def of(cls, found: UploadedPicture) -> UploadedPictureModel:
        """Show what is on record."""
        return cls(
            sha256=found.sha256,
            uscc=found.uscc,
            source_sha256=found.source_sha256,
            centre=found.centre,
            emblem=found.emblem,
            reason=found.reason,
            uploaded_by=found.uploaded_by,
            uploaded_at=found.uploaded_at,
            code=found.code,
        )


class UploadedPicturesModel(BaseModel):
    """An enterprise's uploaded pictures, the newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_UPLOADED]}]})

    items: list[UploadedPictureModel]


class TemplatesModel(BaseModel):
    """Every shape and size."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": []}]})

    items: list[TemplateModel]
