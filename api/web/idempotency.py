"""The ``Idempotency-Key`` header: the caller's own name for one effect, kept when retrying."""

from __future__ import annotations

import re
from typing import Annotated, Final

from fastapi import Depends, Header

from api.errors import IdempotencyKeyInvalid

_FORM: Final = re.compile(r"[\x21-\x7e]{1,128}")
"""Visible ASCII; it is the caller's own, so any length names an effect, and 128 fit every store."""


def idempotency_key(
    value: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="1 to 128 visible characters; the same key again returns the same result",
            examples=["7d1f3c1e-0a51-4cf5-9f0f-2b1f6f1f9b1c"],
        ),
    ] = None,
) -> str:
    """Return the key; missing or malformed raises :class:`IdempotencyKeyInvalid`."""
    if value is None or _FORM.fullmatch(value) is None:
        raise IdempotencyKeyInvalid
    return value


IdempotencyKey = Annotated[str, Depends(idempotency_key)]
