"""One trust list, whatever its form: who runs it, its number, and which services of whom it vouches for, since when.

The model is that of ETSI TS 119 612 §5 and TS 119 602 §6. A list is kept as it was said: reading one makes no statement
about its signature, its age or its number; :mod:`verify.trusted_lists.pinned` does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from ca.words import Word

UNKNOWN_LANGUAGE: Final = "und"
"""RFC 5646: undetermined; the JSON form gives a legal notice no language, the XML form demands one."""


class ListForm(StrEnum):
    """In which form a list was read."""

    XML = "xml"
    """ETSI TS 119 612."""
    JSON = "json"
    """ETSI TS 119 602."""


class ServiceKind(StrEnum):
    """What a listed service may be an anchor for."""

    CA = "ca"
    """Issues certificates to those who seal and sign."""
    TSA = "tsa"
    """Time-stamps."""
    SEAL_MAKER = "seal-maker"
    """Makes seals: signs seal statements, status lists and lists of voided documents (制章)."""
    VERIFICATION = "verification"
    """Verifies, and seals its reports."""
    EVIDENCE = "evidence"
    """Signs evidence records of how a seal was used (制度证据)."""
    OTHER = "other"
    """Anything else that a list names; kept, and an anchor for nothing."""


class ServiceStatus(Word):
    """The state of a listed service in one period."""

    GRANTED = "granted", "已认可"
    RECOGNISED = "recognised", "国家级认可"
    """At national level (TS 119 612 §5.5.4.2)."""
    SUPERVISED = "supervised", "受监管"
    """Of before 2016-07-01: under supervision, its cessation included, or accredited."""
    WITHDRAWN = "withdrawn", "已撤销"
    CEASED = "ceased", "已终止"
    UNKNOWN = "unknown", "状态不明"
    """A word that nobody here knows; it grants nothing."""

    @property
    def in_force(self) -> bool:
        """Tell whether the list vouches for a service in this state."""
        return self in {ServiceStatus.GRANTED, ServiceStatus.RECOGNISED, ServiceStatus.SUPERVISED}


@dataclass(frozen=True, slots=True)
class Words:
    """A text in one or several languages: pairs of an RFC 5646 tag and the text, in the list's own order."""

    texts: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, *, zh: str = "", en: str = "") -> Words:
        """Make a text from what there is of Chinese and English."""
        return cls(tuple((tag, text) for tag, text in (("en", en), ("zh", zh)) if text))

    def in_language(self, tag: str) -> str:
        """Return the text whose tag begins with ``tag``, else the English one, else the first, else nothing."""
        for wanted in (tag, "en", ""):
            for found, text in self.texts:
                if found.lower().startswith(wanted):
                    return text
        return ""

    @property
    def zh(self) -> str:
        """Return the Chinese text, or what comes nearest."""
        return self.in_language("zh")

    @property
    def en(self) -> str:
        """Return the English text, or what comes nearest."""
        return self.in_language("en")


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """Where somebody sits (TS 119 612 §5.3.5.1); ``country`` is two letters."""

    language: str
    street: str
    locality: str
    country: str
    region: str = ""
    postal_code: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """How somebody is reached: addresses, mailboxes and pages; ``information`` are the pages about the service or scheme.

    Pairs are of a language and a URI.
    """

    postal: tuple[PostalAddress, ...] = ()
    electronic: tuple[tuple[str, str], ...] = ()
    information: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Qualification:
    """One element of a Qualifications extension (TS 119 612 §5.5.9.2): URIs, and the criteria as the list wrote them."""

    qualifiers: tuple[str, ...]
    criteria: str = ""


@dataclass(frozen=True, slots=True)
class Qualifiers:
    """What a list adds to a service: URIs of additional service information, and its qualifications."""

    additional: tuple[str, ...] = ()
    qualifications: tuple[Qualification, ...] = ()


@dataclass(frozen=True, slots=True)
class Period:
    """A state of a service, from ``since`` until the next younger period begins; URIs are as the list wrote them."""

    since: datetime
    status: ServiceStatus
    status_uri: str = ""
    type_uri: str = ""
    name: Words = field(default_factory=Words)
    qualifiers: Qualifiers = field(default_factory=Qualifiers)


def in_order(current: Period, past: Iterable[Period]) -> bool:
    """Tell whether what is past began before what is (TS 119 612 §5.5.10); who says otherwise says nothing of any time."""
    return all(period.since <= current.since for period in past)


@dataclass(frozen=True, slots=True)
class Provider:
    """Whose service it is."""

    name: Words
    trade_name: Words = field(default_factory=Words)
    contact: Contact = field(default_factory=Contact)


@dataclass(frozen=True, slots=True)
class ListedService:
    """One service of one provider: its certificates (DER), and its periods, the newest first.

    ``supply`` are the URIs where it is reached (CRLs, OCSP, time-stamps).
    """

    provider: Provider
    name: Words
    kind: ServiceKind
    certificates: tuple[bytes, ...]
    periods: tuple[Period, ...]
    qualifiers: Qualifiers = field(default_factory=Qualifiers)
    type_uri: str = ""
    supply: tuple[str, ...] = ()

    def status_at(self, when: datetime) -> Period | None:
        """Return the period that ``when`` (aware) lies in; ``None``: before the first, of which the list says nothing."""
        return next((period for period in self.periods if period.since <= when), None)


@dataclass(frozen=True, slots=True)
class Pointer:
    """Another list, where it is, and by which certificates (DER) it is signed (TS 119 612 §5.3.13)."""

    location: str
    signers: tuple[bytes, ...]
    territory: str = ""
    type_uri: str = ""
    operator: Words = field(default_factory=Words)
    mime: str = ""


@dataclass(frozen=True, slots=True)
class Scheme:
    """What a list says of the scheme that it belongs to, beside its name (TS 119 612 §5.3)."""

    type_uri: str = ""
    name: Words = field(default_factory=Words)
    contact: Contact = field(default_factory=Contact)
    approach: str = ""
    """Status determination approach, a URI."""
    community_rules: tuple[tuple[str, str], ...] = ()
    legal_notice: Words = field(default_factory=Words)
    historical_days: int = 65535
    """How long ended services stay; 65535 is for ever."""
    distribution: tuple[str, ...] = ()
    version: int = 6


@dataclass(frozen=True, slots=True)
class Seen:
    """What is remembered of the newest list of a scheme (I30): its number and the SHA-256 (hex) of its octets."""

    sequence: int
    sha256: str


@dataclass(frozen=True, slots=True)
class TrustedList:
    """A list as it was read or is to be written.

    ``scheme_id`` is the scheme's unique name (TS 119 612 §5.3.6), in English where it has one. ``next_update`` is
    ``None`` in a list that was closed. ``sha256`` is of the octets as they were read, ``signer_sha256`` of the
    certificate that they were checked with; both are lower-case hexadecimal and empty in a list that is still to be signed.
    """

    scheme_id: str
    operator: Words
    territory: str
    sequence: int
    issued: datetime
    next_update: datetime | None
    services: tuple[ListedService, ...] = ()
    pointers: tuple[Pointer, ...] = ()
    form: ListForm = ListForm.XML
    sha256: str = ""
    signer_sha256: str = ""
    scheme: Scheme = field(default_factory=Scheme)

    @property
    def pivots(self) -> tuple[str, ...]:
        """Return the locations of older lists that carry a change of the signers, the newest first.

        They stand among the URIs about the scheme (the European Commission's rules for its list of lists).
        """
        uris = dict.fromkeys(uri for _, uri in self.scheme.contact.information)
        return tuple(uri for uri in uris if uri.lower().endswith((".xml", ".json")))

    @property
    def seen(self) -> Seen:
        """Return what to remember of this list."""
        return Seen(self.sequence, self.sha256)

    def current_at(self, when: datetime) -> bool:
        """Tell whether ``when`` lies before the next update; a closed list never is current."""
        return self.next_update is not None and when <= self.next_update

    def of_kind(self, *kinds: ServiceKind) -> Iterable[ListedService]:
        """Yield the services of some kinds."""
        return (service for service in self.services if service.kind in kinds)
