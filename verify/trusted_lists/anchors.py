"""The services of trust lists as anchors: each for its own kind, at a time when it is granted, while its list is in force.

Pure. A service that issues certificates vouches for whoever it issued to, never for what its own key signs; a time-stamp
authority vouches for time-stamps alone, a seal maker for seals alone. Of one scheme only the list with the highest number
counts; two lists with one number and other octets count for nothing (I30).
"""

from __future__ import annotations

import hashlib
import warnings
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from verify.algorithms import key_of, spki_of
from verify.certificates.extensions import extensions_of
from verify.certificates.names import NameKey, subject_key_of
from verify.certificates.remembered import by_identity
from verify.civil_time import civil_day
from verify.errors import Finding, unsure
from verify.sentence import Reason
from verify.trusted_lists.age import age
from verify.trusted_lists.decision import BY_DECREE, NOT_LISTED, ListedStatus, ListEntry, TrustDecision
from verify.trusted_lists.model import ListedService, Period, ServiceKind, TrustedList
from verify.trusted_lists.vocabulary import kind_of
from verify.verdict import SubIndication

Chain = tuple[x509.Certificate, ...]
KEPT_DECREES: Final = 256
"""Anchors whose names and digests one process remembers."""
_UNUSABLE: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


@dataclass(frozen=True, slots=True)
class Vouching:
    """What a list is asked about: a kind of service, in force at ``when`` (a proved time, else now), the list itself ``now``.

    Both default to the time at which the path is judged.
    """

    kind: ServiceKind = ServiceKind.CA
    when: datetime | None = None
    now: datetime | None = None


SIGNERS = Vouching()


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry of one list. ``disputed``: another list with this number says something else."""

    trusted_list: TrustedList
    service: ListedService
    disputed: bool = False

    @property
    def order(self) -> tuple[str, int, str, str]:
        """Sort entries that say the same in one way on every machine."""
        found = self.trusted_list
        return found.scheme_id, -found.sequence, self.service.provider.name.en, self.service.name.en


@dataclass(frozen=True, slots=True)
class _Weighed:
    listed: Listed
    entry: ListEntry
    against: Finding | None


@dataclass(slots=True)
class ListAnchors:
    """Every listed certificate, with the entries that name it."""

    certificates: list[x509.Certificate] = field(default_factory=list)
    _by_certificate: dict[x509.Certificate, list[Listed]] = field(default_factory=lambda: defaultdict(list))
    _by_identity: dict[tuple[NameKey, bytes], list[Listed]] = field(default_factory=dict)

    @classmethod
    def of(cls, lists: Sequence[TrustedList]) -> ListAnchors:
        """Index the lists that count; a certificate that cannot be read is an anchor for nothing."""
        found = cls()
        known: dict[bytes, x509.Certificate | None] = {}
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # national lists hold old certificates with long names and odd numbers
            for trusted_list, disputed in newest(lists):
                for service in trusted_list.services:
                    if service.kind is not ServiceKind.OTHER:
                        found._add(Listed(trusted_list, service, disputed), known)
        return found

    def _add(self, listed: Listed, known: dict[bytes, x509.Certificate | None]) -> None:
        for der in listed.service.certificates:
            if der not in known:
                known[der] = _load(der)
            certificate = known[der]
            if certificate is not None:
                if certificate not in self._by_certificate:
                    self.certificates.append(certificate)
                self._by_certificate[certificate].append(listed)

    def names(self, certificate: x509.Certificate, kind: ServiceKind) -> bool:
        """Tell whether a list names this very certificate for a kind of service, in whatever state."""
        return any(item.service.kind is kind for item in self._by_certificate.get(certificate, ()))

    def decide(self, chain: Chain, asked: Vouching, at: datetime, *, decreed: bool) -> TrustDecision:
        """Decide on a chain that ends at an anchor: an operator's own (``decreed``), or one that some list names."""
        when, now = asked.when or at, asked.now or at
        weighed = sorted(
            [self._weigh(item, chain, asked, (when, now)) for item in self._entries(chain[-1], asked.kind)],
            key=lambda item: (item.against is not None, item.listed.order),
        )
        if decreed:
            return TrustDecision(
                True, when, _decree(chain[-1], asked.kind), tuple([one.entry for one in weighed])
            )
        below = self._withdrawn_below(chain, asked, (when, now))
        if below is not None:
            weighed.insert(0, below)
        first, others = weighed[0], tuple(item.entry for item in weighed[1:])
        reason = _trusted(first.entry, when) if first.against is None else first.against.reason
        return TrustDecision(first.against is None, when, first.entry, others, reason)

    def objection(self, chain: Chain, asked: Vouching, at: datetime) -> Finding | None:
        """Return what stands against a chain that ends at a listed certificate; ``None``: some list vouches for it."""
        times = (asked.when or at, asked.now or at)
        against = [
            self._weigh(item, chain, asked, times).against
            for item in sorted(self._entries(chain[-1], asked.kind), key=lambda item: item.order)
        ]
        if None not in against:
            return against[0]
        below = self._withdrawn_below(chain, asked, times)
        return None if below is None else below.against

    def _withdrawn_below(
        self, chain: Chain, asked: Vouching, times: tuple[datetime, datetime]
    ) -> _Weighed | None:
        """Return what withdraws a certificate below a listed anchor that no list vouches for itself.

        Who supervises a service says so at its own entry: that one higher up is granted still does not undo it (ETSI TS 119 615 §4.4).
        What is withdrawn is the service, which is its name and key, however other certificates of it write them (ETSI TS 119 612 §5.5.3). The last
        word of a list out of date counts: nobody gains by a list that is not renewed. One that is named later than the time
        asked about, or by a list with another of its number, is not withdrawn.
        """
        for place, certificate in enumerate(chain[:-1]):
            if place == 0 and asked.kind is ServiceKind.CA:
                continue  # it signs itself: what an authority may do is asked elsewhere
            part = chain[: place + 1]
            weighed = [
                self._weigh(item, part, asked, times)
                for item in self._of_service(certificate)
                if item.service.kind is asked.kind
            ]
            gone = [item for item in weighed if _is_withdrawn(item.listed, asked.kind, times[0])]
            if gone and all(item.against is not None for item in weighed):
                return min(gone, key=lambda item: (not _is_current(item.listed, times), item.listed.order))
        return None

    def _of_service(self, certificate: x509.Certificate) -> list[Listed]:
        """Return what lists say of a certificate's name and key, by whichever certificate they name them."""
        if not self._by_identity:
            for known, listed in self._by_certificate.items():
                entries = self._by_identity.setdefault(_identity(known), [])
                entries.extend(item for item in listed if item not in entries)
        return self._by_identity.get(_identity(certificate), [])

    def _entries(self, certificate: x509.Certificate, kind: ServiceKind) -> list[Listed]:
        if not self._by_certificate:
            return []
        return [item for item in self._by_certificate.get(certificate, ()) if item.service.kind is kind]

    def _weigh(
        self, listed: Listed, chain: Chain, asked: Vouching, times: tuple[datetime, datetime]
    ) -> _Weighed:
        when, now = times
        period = listed.service.status_at(when)
        entry = _entry(listed, chain[-1], period, listed.service.status_at(now))
        against = _against(listed, chain, asked.kind, period, times)
        return _Weighed(listed, replace(entry, vouches=against is None), against)


def newest(lists: Sequence[TrustedList]) -> list[tuple[TrustedList, bool]]:
    """I30: keep of each scheme the list with the highest number, and tell whether two with that number disagree.

    The two forms of one list have other octets by nature, and say the same; the same form has the same octets.
    """
    by_scheme: dict[str, list[TrustedList]] = defaultdict(list)
    for item in lists:
        by_scheme[item.scheme_id].append(item)
    found = []
    for scheme in sorted(by_scheme):
        top = max(item.sequence for item in by_scheme[scheme])
        same = [item for item in by_scheme[scheme] if item.sequence == top]
        marks = {(item.form, item.sha256) for item in same}
        disputed = len(marks) > len({item.form for item in same}) or len(set(map(_said, same))) > 1
        found.append((min(same, key=lambda item: (item.form.value, item.sha256)), disputed))
    return found


def _said(found: TrustedList) -> frozenset[tuple[object, ...]]:
    """Return what a list says that trust rests on: kinds, certificates and states, in whatever order and words."""
    return frozenset(
        (
            service.kind,
            frozenset(service.certificates),
            tuple((period.since, period.status) for period in service.periods),
        )
        for service in found.services
    )


def _load(der: bytes) -> x509.Certificate | None:
    try:
        certificate = x509.load_der_x509_certificate(der)
        _ = (
            certificate.subject.public_bytes(),
            certificate.issuer.public_bytes(),
            extensions_of(certificate),
        )
        key_of(certificate)
    except _UNUSABLE:
        return None
    return certificate


@by_identity(KEPT_DECREES)
def _decree(certificate: x509.Certificate, kind: ServiceKind) -> ListEntry:
    """Make the entry of an operator's own anchor, which is the same at all times."""
    return ListEntry(
        BY_DECREE, kind=kind.value, certificate_sha256=_digest(certificate), service=_name(certificate)
    )


@by_identity(KEPT_DECREES)
def _digest(certificate: x509.Certificate) -> str:
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


def _name(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string()[:200]


def _entry(
    listed: Listed, certificate: x509.Certificate, then: Period | None, now: Period | None
) -> ListEntry:
    found, service = listed.trusted_list, listed.service
    return ListEntry(
        scheme_id=found.scheme_id,
        operator=found.operator.en,
        operator_zh=found.operator.zh,
        territory=found.territory,
        sequence=found.sequence,
        issued=found.issued,
        next_update=found.next_update,
        list_sha256=found.sha256,
        provider=service.provider.name.en,
        provider_zh=service.provider.name.zh,
        service=service.name.en,
        service_zh=service.name.zh,
        kind=service.kind.value,
        certificate_sha256=_digest(certificate),
        then=_status(then),
        now=_status(now),
    )


def _status(period: Period | None) -> ListedStatus:
    if period is None:
        return NOT_LISTED
    return ListedStatus(period.status.value, period.status.zh, period.since)


def _against(
    listed: Listed, chain: Chain, kind: ServiceKind, period: Period | None, times: tuple[datetime, datetime]
) -> Finding | None:
    """Say why an entry does not vouch for a chain: its list first, then what the service is for, then its state."""
    found, (when, now) = listed.trusted_list, times
    if listed.disputed:
        return _unsure(
            f"信任清单“{found.scheme_id}”第 {found.sequence} 号有两份不同的内容，均不可信；请向发布机构核实。",
            f"There are two different lists “{found.scheme_id}” with the number {found.sequence}, and neither is "
            "trusted; ask their publisher.",
        )
    if not found.current_at(now):
        said = age(found, now)
        return unsure(SubIndication.TRY_LATER, said.zh, said.en)
    if kind is ServiceKind.CA and len(chain) == 1:
        return _unsure(
            "该证书在信任清单中是签发机构的证书，不能用于签章；请改用由其签发的签章证书。",
            "The certificate is listed as an issuing authority's: it vouches for those it issued to, not for what it signs "
            "itself; sign with a certificate that it issued.",
        )
    if period is None or not period.status.in_force or _other_kind(period, kind):
        return _not_granted(listed, period, when)
    return None


def _identity(certificate: x509.Certificate) -> tuple[NameKey, bytes]:
    return subject_key_of(certificate), spki_of(certificate)


def _is_current(listed: Listed, times: tuple[datetime, datetime]) -> bool:
    return listed.trusted_list.current_at(times[1])


def _is_withdrawn(listed: Listed, kind: ServiceKind, when: datetime) -> bool:
    period = listed.service.status_at(when)
    if listed.disputed or period is None:
        return False
    return not period.status.in_force and not _other_kind(period, kind)


def _other_kind(period: Period, kind: ServiceKind) -> bool:
    """Tell whether the service was of another type in that period: it vouched for something else then."""
    return period.type_uri != "" and kind_of(period.type_uri) is not kind


def _not_granted(listed: Listed, period: Period | None, when: datetime) -> Finding:
    found, service = listed.trusted_list, listed.service
    named_zh = f"信任清单“{found.scheme_id}”第 {found.sequence} 号"
    named_en = f"The trust list “{found.scheme_id}”, number {found.sequence},"
    who_zh, who_en = service.provider.name.zh, service.provider.name.en
    if period is None:
        first = service.periods[-1].since if service.periods else when
        return _unsure(
            f"{named_zh}自 {_minute(first)} 起才列入“{who_zh}”的服务“{service.name.zh}”，不能证明 {_minute(when)} 时可信；"
            "请核对时间或向发布机构查询。",
            f"{named_en} names {service.name.en} of {who_en} only since {_minute(first)}: it says nothing of "
            f"{_minute(when)}; check the time, or ask its publisher.",
        )
    return _unsure(
        f"{named_zh}中“{who_zh}”的服务“{service.name.zh}”自 {_minute(period.since)} 起为“{period.status.zh}”，"
        f"在 {_minute(when)} 时不可信；如签章在此之前完成，请补充可信时间戳。",
        f"{named_en} has {service.name.en} of {who_en} as {period.status.value} since {_minute(period.since)}: it was not "
        f"trusted on {_minute(when)}. If the signature is older, add a trusted time-stamp that proves it.",
    )


def _minute(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M}Z"


def _unsure(zh: str, en: str) -> Finding:
    return unsure(SubIndication.NO_CERTIFICATE_CHAIN_FOUND, zh, en)


def _trusted(entry: ListEntry, when: datetime) -> Reason:
    return Reason(
        f"信任清单“{entry.scheme_id}”第 {entry.sequence} 号列有“{entry.provider_zh}”的服务“{entry.service_zh}”，"
        f"{civil_day(when)} 时为“{entry.then.status_zh}”。",
        f"The trust list “{entry.scheme_id}”, number {entry.sequence}, has {entry.service} of {entry.provider}, "
        f"{entry.then.status} on {civil_day(when)}.",
    )
