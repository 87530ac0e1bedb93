"""A document that lacks only its signature: what every format hands to the sealing cycle."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from hsm.algorithms import Digest


class Prepared(Protocol):
    """The output is written but for one place; nobody else writes to it until it is completed."""

    @property
    def digest(self) -> Digest:
        """Digest of the protected octets, by the envelope's algorithm."""

    @property
    def scope(self) -> str:
        """Name of the protected octets as an electronic seal's propertyInfo states it: /ByteRange, or an OFD's path."""

    def complete(self, value: bytes) -> None:
        """Put the finished container into its place. :class:`signing.errors.TimeStampFailed` if it does not fit."""


@runtime_checkable
class SaysWriter(Protocol):
    """A format with more than one writer says which of them made the document, and why that one."""

    @property
    def writer(self) -> str:
        """The writer, and the reason in brackets where it is not the first choice."""


def writer_of(prepared: Prepared) -> str:
    """Tell which writer made a document; empty where the format has one."""
    return prepared.writer if isinstance(prepared, SaysWriter) else ""
