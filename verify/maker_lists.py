"""Lists that seal makers sign: which of them are trusted, and which is the newest of each maker."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from cryptography import x509

from ca.profile import EKU_SEAL_MAKER
from seals.errors import SealError
from seals.statement import ParsedStatusList, SealStatusList, parse_status_list
from seals.states import ENDED
from verify.certificates.purpose import check_exactly
from verify.certificates.signer import CertificateJudge
from verify.makers import MakerIdentity, Vouched
from verify.report import UNKNOWN, StatusReport
from verify.signatures.loaded import load_certificate
from verify.trusted_lists.model import ServiceKind


class _Signed(Protocol):
    def check_signature(self) -> x509.Certificate: ...


Signed = TypeVar("Signed", bound=_Signed)
MadeList = TypeVar("MadeList")
"""A list that a maker signed, as its reader keeps it."""


@dataclass(frozen=True, slots=True)
class JudgedMaker:
    """Who signed a list and is trusted for it; ``late`` tells that the certificate had ended by the time of verification."""

    identity: MakerIdentity
    late: bool


@dataclass(frozen=True, slots=True)
class Kept(Generic[MadeList]):
    """A list, its number, and who made it."""

    maker: JudgedMaker
    number: int
    made: MadeList

    @property
    def rank(self) -> tuple[bool, int]:
        """Of one maker the highest number counts, and one whose certificate has ended only where there is none of today."""
        return not self.maker.late, self.number


@dataclass(frozen=True, slots=True)
class ListsByMaker(Generic[MadeList]):
    """Under each identity of a maker the newest list of everyone who bears it.

    Several bear one where a root stands above two authorities that each call a maker by this name. Nobody but the maker itself, by
    the name of one authority, takes the place of its list: a namesake's higher number says nothing of what the maker stopped.
    """

    by_maker: dict[Vouched, tuple[Kept[MadeList], ...]] = field(default_factory=dict)

    def of(self, maker: MakerIdentity) -> tuple[Kept[MadeList], ...]:
        """Return the lists of all that may be this maker, each once."""
        found = {id(one): one for name in maker.authorities for one in self.by_maker.get(name, ())}
        return _newest(found.values())

    def __iter__(self) -> Iterator[MadeList]:
        """Yield each list once."""
        yield from {id(one): one.made for kept in self.by_maker.values() for one in kept}.values()


def newest_of_each(made: Iterable[Kept[MadeList]]) -> ListsByMaker[MadeList]:
    """Keep the newest list of each maker, under each of its identities."""
    by_maker: dict[Vouched, list[Kept[MadeList]]] = {}
    for one in made:
        for name in one.maker.identity.authorities:
            by_maker.setdefault(name, []).append(one)
    return ListsByMaker({name: _newest(found) for name, found in by_maker.items()})


def _newest(made: Collection[Kept[MadeList]]) -> tuple[Kept[MadeList], ...]:
    """Leave out every list for which there is a newer one whose maker has the same issuer."""
    best: dict[Vouched, Kept[MadeList]] = {}
    for one in made:
        for name in one.maker.identity.issuers:
            if name not in best or one.rank > best[name].rank:
                best[name] = one
    return tuple(one for one in made if all(best[name] is one for name in one.maker.identity.issuers))


@dataclass(slots=True)
class SealLists:
    """The newest trustworthy status lists of seal makers, by each of their identities, never their names alone.

    Whoever runs another authority that is trusted as well may call its own maker as it likes: its list must not take the
    place of the one in which a seal stands as stopped.
    """

    by_maker: ListsByMaker[SealStatusList] = field(default_factory=ListsByMaker)

    def of(self, maker: MakerIdentity, code: str, when: datetime) -> tuple[SealStatusList, ...]:
        """Return the lists that are to be asked about a seal as of ``when``, newest first; what the gravest says counts.

        They are several where a maker is known by several paths, or has namesakes. One that does not know the seal is asked where its
        maker is surely the seal's, or where none knows it; one that is out of date is asked beside another maker's of today.
        """
        found = sorted(self.by_maker.of(maker), key=lambda one: one.made.issued_at, reverse=True)
        known = {id(one) for one in found if one.made.status_at(code, when) is not None}
        asked = [one for one in found if id(one) in known or maker.shares_issuer(one.maker.identity)]
        return tuple(one.made for one in (asked if known else found))

    @property
    def newest(self) -> datetime | None:
        """Issue time of the newest list."""
        return max((item.issued_at for item in self.by_maker), default=None)


def load_signed(
    texts: Sequence[str], parse: Callable[[str], Signed]
) -> list[tuple[Signed, x509.Certificate]]:
    """Read lists whose own signature holds, each with its maker's certificate; whatever else stands among ``texts`` is left out."""
    found = []
    for text in texts:
        try:
            parsed = parse(text)
            found.append((parsed, parsed.check_signature()))
        except SealError:
            continue
    return found


def load_lists(texts: Sequence[str]) -> list[tuple[ParsedStatusList, x509.Certificate]]:
    """Read status lists whose own signature holds; others are left out as if they were not there."""
    return load_signed(texts, parse_status_list)


def trusted_lists(
    loaded: Sequence[tuple[ParsedStatusList, x509.Certificate]], judge: CertificateJudge, at: datetime
) -> SealLists:
    """Keep lists whose maker is trusted and that were issued by the present; the highest number wins (I30).

    Whose certificate has ended is asked about as of the list's issue, and only where the maker has no list of today: such a list is
    out of date at the latest with the certificate, and what is never left stays so.
    """
    made = []
    for parsed, maker in loaded:
        found = parsed.status_list
        by = judge_maker(judge, parsed.chain_der, maker, found.issued_at, at)
        if by is not None:
            ends = min(found.next_update, maker.not_valid_after_utc)
            made.append(Kept(by, found.number, replace(found, next_update=ends)))
    return SealLists(newest_of_each(made))


def state_in(listed: SealStatusList, code: str, when: datetime) -> StatusReport:
    """Return a seal's state at a time as a list has it; one that is out of date then tells of what is never left alone."""
    status = listed.status_at(code, when)
    if status is None or (when > listed.next_update and status not in ENDED):
        return StatusReport(UNKNOWN.status, as_of=listed.issued_at)
    history = [since for since, _ in listed.entries.get(code, ()) if since <= when]
    return StatusReport(status.value, "list", history[-1] if history else None, as_of=listed.issued_at)


def judge_maker(
    judge: CertificateJudge,
    chain_der: Sequence[bytes],
    maker: x509.Certificate,
    issued: datetime,
    at: datetime,
) -> JudgedMaker | None:
    """Judge the maker of a list as of ``at``, or where its certificate has ended as of the list's issue; ``None``: not trusted."""
    if issued > (judge.latest or at):
        return None
    chain = [c for der in chain_der[1:] if (c := load_certificate(der)) is not None]
    late = at > maker.not_valid_after_utc
    judged = judge.judge(maker, chain, issued if late else at, check_maker, ServiceKind.SEAL_MAKER)
    if judged.finding is not None:
        return None
    return JudgedMaker(judge.known_as(maker, chain, issued if late else at), late)


def learn_makers(
    loaded: Sequence[tuple[ParsedStatusList, x509.Certificate]], judge: CertificateJudge
) -> None:
    """Let a judge know the certificates that the lists bring along, as judging their makers does."""
    for parsed, _ in loaded:
        judge.evidence.learn([c for der in parsed.chain_der[1:] if (c := load_certificate(der)) is not None])


def check_maker(certificate: x509.Certificate) -> None:
    """Demand a seal maker's certificate: nobody else states seals or lists."""
    check_exactly(certificate, EKU_SEAL_MAKER, "签发印章声明", "stating seals")
