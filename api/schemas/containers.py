"""What a caller may say about containers, certification and locks, over HTTP; and what is told of a result."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form

from signing.containers.certification import MAX_LOCK_LENGTH
from signing.containers.envelope import ContainerKind
from signing.service import SealedDocument

Container = Annotated[
    ContainerKind | None,
    Form(
        description="What the signature is written in; gbt35275 and ses need an SM2 key. Default: the installation's"
    ),
]
Certify = Annotated[
    str,
    Form(
        max_length=16,
        description="Certify the document: no-changes, form-filling or annotations; only its first signature can",
        examples=["form-filling"],
    ),
]
Lock = Annotated[
    str,
    Form(
        max_length=MAX_LOCK_LENGTH,
        description="Form fields that may not change after this signature: all, include:NAME,NAME or exclude:NAME,NAME, "
        "with ;p=1, ;p=2 or ;p=3 to limit the whole document",
        examples=["include:amount,date"],
    ),
]


def told(sealed: SealedDocument) -> dict[str, str]:
    """Tell what the new signature is written in, and which readers can check it."""
    own = sealed.own
    if own is None or own.readers is None:
        return {}
    return {"container": own.container, "readers": own.readers.en, "readers_zh": own.readers.zh}


def headers(sealed: SealedDocument) -> dict[str, str]:
    """Tell the same beside an answer that is a file."""
    found = told(sealed)
    return {"Yinxin-Container": found["container"], "Yinxin-Readers": found["readers"]} if found else {}
