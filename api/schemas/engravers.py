"""Requests and answers about engraving shops."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from seals.filing.job import NewShop, Shop

_SHOP = "91110108MA01C8QX42"
_SHOP_EXAMPLE: dict[str, Any] = {
    "uscc": _SHOP,
    "name": "北京刻章一店",
    "division": "110108",
    "licence": "特许刻字0001",
    "state": "active",
    "registered_at": "2026-01-01T00:00:00Z",
}


class ShopModel(BaseModel):
    """An engraving shop."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SHOP_EXAMPLE]})

    uscc: str
    name: str
    division: str
    licence: str
    state: str
    registered_at: datetime

    @classmethod
    def of(cls, shop: Shop) -> ShopModel:
        """Show a shop."""
        return cls(
            uscc=shop.uscc,
            name=shop.name,
            division=shop.division,
            licence=shop.licence,
            state=shop.state.value,
            registered_at=shop.registered_at,
        )


class ShopPageModel(BaseModel):
    """Some shops; ``next`` is the cursor of the following page."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_SHOP_EXAMPLE], "next": None}]})

    items: list[ShopModel]
    next: str | None


class RegisterShop(BaseModel):
    """A shop to register: its code, name, division (GB/T 2260) and special-trade licence."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"uscc": _SHOP, "name": "北京刻章一店", "division": "110108", "licence": "特许刻字0001"}
            ]
        }
    )

    uscc: str = Field(max_length=18)
    name: str = Field(max_length=64)
    division: str = Field(pattern="^[0-9]{6}$")
    licence: str = Field(max_length=64)

    def shop(self) -> NewShop:
        """Return the same as the register reads it."""
        return NewShop(self.uscc, self.name, self.division, self.licence)
