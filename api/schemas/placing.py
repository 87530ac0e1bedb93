"""Answers about where a seal would go."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from signing.placing.layout import Match, Rectangle
from signing.placing.preview import Outlook

Box = tuple[float, float, float, float]


class MatchModel(BaseModel):
    """One place where a text stands."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"number": 1, "page": 3, "box": [140.7, 115.8, 7.4, 3.7]}]}
    )

    number: int = Field(description="For `which=N`, from 1 in reading order")
    page: int
    box: Box = Field(description="Left, top, width, height in mm from the top left of the page as displayed")

    @classmethod
    def of(cls, number: int, match: Match) -> Self:
        """Describe a match."""
        return cls(number=number, page=match.page, box=rounded(match.box))


class SpotModel(BaseModel):
    """One picture of the seal."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"page": 1, "box": [195.9, 127.5, 14.0, 42.0], "seal": [195.9, 127.5, 42.0, 42.0]}]
        }
    )

    page: int
    box: Box = Field(description="What is drawn: left, top, width, height in mm on the page as displayed")
    seal: Box = Field(description="The whole seal, of which `box` may be a slice")


class PlacesModel(BaseModel):
    """Where a seal would be drawn."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "pages": 3,
                    "field": None,
                    "spots": [
                        {"page": 1, "box": [38.0, 176.0, 42.0, 42.0], "seal": [38.0, 176.0, 42.0, 42.0]}
                    ],
                }
            ]
        }
    )

    pages: int = Field(description="Pages of the document; one signature covers them all")
    field: str | None = Field(description="The document's own signature field that would be signed")
    spots: list[SpotModel]

    @classmethod
    def of(cls, outlook: Outlook) -> Self:
        """Describe an outlook."""
        spots = [
            SpotModel(page=one.page, box=rounded(one.box), seal=rounded(one.whole)) for one in outlook.shown
        ]
        return cls(pages=outlook.pages, field=outlook.field, spots=spots)


def rounded(box: Rectangle) -> Box:
    """Give a box in hundredths of a millimetre."""
    left, top, width, height = (round(side, 2) for side in box)
    return left, top, width, height
