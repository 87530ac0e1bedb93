"""SES_Signature as a container (GB/T 38540-2020, GM/T 0031-2025): the electronic seal itself, put under a document.

It carries no chain and no place for one: a verifier knows the issuing authorities, or finds them in the document's evidence.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding

from ca.der import utf8_string
from hsm.algorithms import Digest, DigestAlgorithm, Family
from seals.ses.parts import SesExtension, SesVersion
from seals.ses.signature_writer import SignatureContent, assemble_signature, encode_tbs
from seals.statement import SEAL_STATEMENT_OID
from signing.containers.cms import SLACK, TIME_STAMP_ROOM, Signatory
from signing.containers.envelope import ContainerKind, PdfNames
from signing.errors import ContainerUnfit

SCOPE_ROOM: Final = 256
"""Octets kept for propertyInfo: a /ByteRange has up to 50, the path in an OFD some forty."""
LONGEST_SM2: Final = 72
"""Octets of an SM2 signature in DER at most: two integers of 33 octets."""
SES_NAMES: Final = PdfNames("GM.PKILite", "GM.SM2")
"""/Filter and /SubFilter of a seal signature in a PDF, by default.

GM/T 0112-2021 has names of its own, which are not public. These are the only ones in public code that speak of the national
algorithms at all; a reader that does not know them says so, where the usual names would make it call the file damaged.
"""


@dataclass(frozen=True, slots=True)
class SealData:
    """A SESeal as it is put into a signature: its octets and their layout."""

    octets: bytes
    version: SesVersion


@dataclass(slots=True)
class SesEnvelope:
    """One seal signature at work. ``when`` (aware) is what the signer states, ``statement`` the seal maker's statement.

    The statement stands in ``extDatas``, not critical: readers that do not know it pass over it.
    :class:`ContainerUnfit`: the key is no SM2 key. ``ValueError``: finished before anything was to be signed.
    """

    signatory: Signatory
    seal: SealData
    when: datetime
    statement: str | None = None
    names: PdfNames = SES_NAMES
    _tbs: bytes = field(default=b"", init=False, repr=False)

    def __post_init__(self) -> None:
        if self.signatory.signer.algorithm.family is not Family.SM2:
            raise ContainerUnfit(f"{self.signatory.signer.algorithm.label} in a seal signature")

    @property
    def kind(self) -> ContainerKind:
        """A seal signature."""
        return ContainerKind.SES

    @property
    def digest(self) -> DigestAlgorithm:
        """SM3, always."""
        return DigestAlgorithm.SM3

    @property
    def filter(self) -> str:
        """The handler's name in a PDF."""
        return self.names.filter

    @property
    def sub_filter(self) -> str:
        """The name of the encoding in a PDF."""
        return self.names.sub_filter

    def room(self, *, stamped: bool) -> int:
        """Count the octets of a signature over an empty digest."""
        blank = self._encode(Digest(DigestAlgorithm.SM3, bytes(DigestAlgorithm.SM3.size)), "-")
        size = len(assemble_signature(blank, self._certificate(), bytes(LONGEST_SM2)))
        return size + SCOPE_ROOM + SLACK + (TIME_STAMP_ROOM if stamped else 0)

    def to_sign(self, document: Digest, scope: str) -> bytes:
        """Encode TBS_Sign."""
        self._tbs = self._encode(document, scope)
        return self._tbs

    def finish(self, signature: bytes, token: bytes | None) -> bytes:
        """Encode SES_Signature."""
        if not self._tbs:
            raise ValueError("nothing was given to be signed")
        return assemble_signature(self._tbs, self._certificate(), signature, token)

    def _encode(self, document: Digest, scope: str) -> bytes:
        content = SignatureContent(
            self.seal.version, self.seal.octets, self.when, document, scope, self._stated()
        )
        return encode_tbs(content)

    def _stated(self) -> tuple[SesExtension, ...]:
        if self.statement is None:
            return ()
        return (SesExtension(SEAL_STATEMENT_OID, critical=False, value=utf8_string(self.statement)),)

    def _certificate(self) -> bytes:
        return self.signatory.certificate.public_bytes(Encoding.DER)
