"""What is put on a document, whatever its format: picture, place, words, evidence; what is read and what is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Protocol

from hsm.algorithms import Digest
from signing.containers.certification import Certification, FieldLock
from signing.pdf.pages import Search, no_search
from signing.placing.where import Where

Stamper = Callable[[Digest], bytes]
"""Gives a TimeStampToken (DER, RFC 3161) over the digest of a signature value; raises what its authority raises."""


SeveralStamper = Callable[[Sequence[Digest]], list[bytes]]
"""Gives the tokens over several digests, all or none."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A seal's picture: a PDF content stream in points, origin at the lower left of a box of ``size_mm``."""

    content: bytes
    size_mm: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a verifier needs later (EN 319 142-1 §5.4.2): DER certificates, OCSP responses, CRLs."""

    certificates: tuple[bytes, ...] = ()
    ocsp: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class SealMark:
    """What is written beside the signature: the field's unique name, the picture and where it is to go, and the plain words.

    ``when`` is the claimed signing time (/M), aware. ``evidence`` fills the document security store at level B-LT.
    ``certify`` and ``lock`` say what may still change after this signature. ``may_cover``: the picture may lie on a signature
    that is there already.
    """

    field_name: str
    picture: Picture
    placement: Where
    when: datetime
    signer_name: str
    reason: str = ""
    location: str = ""
    tooltip: str = ""
    statement: str | None = None
    evidence: Evidence | None = None
    certify: Certification | None = None
    lock: FieldLock | None = None
    may_cover: bool = False


class Texts(Protocol):
    """Opens documents' text (:class:`signing.placing.keyword.TextReader`)."""

    def search(self, stream: IO[bytes], password: str | None = None) -> Search:
        """Give the search over one open document."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is read and what is written: both seekable, ``output`` empty and also readable. ``texts`` is for keywords."""

    source: IO[bytes]
    output: IO[bytes]
    password: str | None = field(default=None, repr=False)
    texts: Texts | None = field(default=None, repr=False)

    @property
    def search(self) -> Search:
        """Search the source, where this installation can."""
        return no_search if self.texts is None else self.texts.search(self.source, self.password)
