"""The container of a signature: what is signed for a document, and what is put into its place afterwards."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from hsm.algorithms import Digest, DigestAlgorithm
from signing.containers.cms import (
    NOTHING_CARRIED,
    ContainerForm,
    Revocation,
    Signatory,
    container,
    room_for,
    signed_attributes,
)


class ContainerKind(StrEnum):
    """The containers that a seal's signature is written in."""

    CMS = "cms"
    """RFC 5652 with the attributes of CAdES: what every reader of signed PDF and CAdES knows."""
    GBT35275 = "gbt35275"
    """The national message syntax (GB/T 35275), in the shape of PKCS #7 1.5; an SM2 key is needed."""
    SES = "ses"
    """SES_Signature (GB/T 38540, GM/T 0031): the electronic seal with its picture inside; an SM2 key is needed."""


class Envelope(Protocol):
    """One signature's container at work: filled in the order ``to_sign``, ``finish``, once."""

    @property
    def kind(self) -> ContainerKind:
        """Which container it is."""

    @property
    def digest(self) -> DigestAlgorithm:
        """The algorithm by which the document is digested for it."""

    @property
    def filter(self) -> str:
        """/Filter of a PDF's signature dictionary, with its slash."""

    @property
    def sub_filter(self) -> str:
        """/SubFilter of a PDF's signature dictionary, with its slash."""

    def room(self, *, stamped: bool) -> int:
        """Octets that the finished container takes at most; ``stamped``: with a time-stamp token."""

    def to_sign(self, document: Digest, scope: str) -> bytes:
        """Return the octets to be signed for the digest of the protected octets; ``scope`` names these octets."""

    def finish(self, signature: bytes, token: bytes | None) -> bytes:
        """Return the container with the signature value, and the TimeStampToken over it if there is one."""


@dataclass(frozen=True, slots=True)
class PdfNames:
    """/Filter and /SubFilter of a signature dictionary, given without their slashes: ``Adobe.PPKLite/adbe.pkcs7.detached``."""

    handler: str
    encoding: str

    @classmethod
    def parse(cls, text: str) -> PdfNames:
        """Read two names with a slash between them; ``ValueError``."""
        found = _NAMES.fullmatch(text)
        if found is None:
            raise ValueError("two names of letters, digits, dots and hyphens with a slash between")
        return cls(*found.groups())

    def __str__(self) -> str:
        return f"{self.handler}/{self.encoding}"

    @property
    def filter(self) -> str:
        """/Filter, with its slash."""
        return f"/{self.handler}"

    @property
    def sub_filter(self) -> str:
        """/SubFilter, with its slash."""
        return f"/{self.encoding}"


_NAMES: Final = re.compile(r"([A-Za-z0-9.-]{1,64})/([A-Za-z0-9.-]{1,64})")
CMS_NAMES: Final = {
    form: PdfNames("Adobe.PPKLite", form.sub_filter.removeprefix("/")) for form in ContainerForm
}
"""The handler that readers take for every CMS signature (ISO 32000-2 §12.8.3.3), and the encoding of each form."""


@dataclass(slots=True)
class CmsEnvelope:
    """CMS, or GB/T 35275 where the signatory's form says so (:mod:`signing.containers.cms`); ``statement`` is the seal statement.

    ``when`` (aware) and ``carried`` are for a container that stands alone: a PDF states the time in /M and keeps its evidence.
    ``ValueError``: finished before anything was signed, or asked for a digest that is not the key's.
    """

    signatory: Signatory
    statement: str | None = None
    names: PdfNames | None = None
    when: datetime | None = None
    carried: Revocation = NOTHING_CARRIED
    _attributes: bytes = field(default=b"", init=False, repr=False)

    @property
    def kind(self) -> ContainerKind:
        """GB/T 35275 or RFC 5652."""
        return ContainerKind.GBT35275 if self.signatory.form is ContainerForm.GBT35275 else ContainerKind.CMS

    @property
    def digest(self) -> DigestAlgorithm:
        """The digest that the key signs with."""
        return self.signatory.signer.algorithm.digest

    @property
    def filter(self) -> str:
        """The handler's name, by default that of Adobe."""
        return (self.names or CMS_NAMES[self.signatory.form]).filter

    @property
    def sub_filter(self) -> str:
        """The name that goes with the form, unless told otherwise."""
        return (self.names or CMS_NAMES[self.signatory.form]).sub_filter

    def room(self, *, stamped: bool) -> int:
        """Count the octets of a container with an empty digest; one that stands alone needs no room kept."""
        return room_for(self.signatory, self.statement, stamped=stamped)

    def to_sign(self, document: Digest, scope: str) -> bytes:
        """Encode the signed attributes (RFC 5652 §5.4); the scope is a PDF's own affair and stands in no attribute."""
        del scope
        self._attributes = signed_attributes(self.signatory, document, self.statement, self.when)
        return self._attributes

    def finish(self, signature: bytes, token: bytes | None) -> bytes:
        """Encode the ContentInfo (RFC 5652 §5.1)."""
        if not self._attributes:
            raise ValueError("nothing was given to be signed")
        return container(self.signatory, self._attributes, signature, token, self.carried)
