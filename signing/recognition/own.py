"""What our own trusted list says, drawn from the registers of the CA: every service, since when, and how it ended.

Equal registers give equal lists, so a list is due exactly when something changed. A certificate was granted from its own
beginning; a revocation, or a hold while it lasts, withdraws it; its end ends it. A service whose key was renewed is listed once for
each certificate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

import sqlalchemy as sa
from cryptography import x509
from cryptography.x509.oid import NameOID

from ca import certificate_store, issuer_store
from ca.certificate_store import Row
from ca.config import CaConfig
from ca.issuer import Issuer, KeyHolder, Unit, UnitPurpose
from ca.status import crl_store
from seals.list_publisher import Heading
from signing.voiding.store import void_list
from verify.trusted_lists.model import (
    Contact,
    ListedService,
    ListForm,
    Period,
    PostalAddress,
    Provider,
    Scheme,
    ServiceKind,
    ServiceStatus,
    TrustedList,
    Words,
)
from verify.trusted_lists.vocabulary import APPROACH, KIND_URI, LIST_TYPE, STATUS_URI

KINDS: Final[Mapping[UnitPurpose, ServiceKind]] = MappingProxyType(
    {
        UnitPurpose.TSA: ServiceKind.TSA,
        UnitPurpose.SEAL_MAKER: ServiceKind.SEAL_MAKER,
        UnitPurpose.VERIFICATION: ServiceKind.VERIFICATION,
    }
)
"""Which units are listed, and as what. OCSP responders answer under their CA's name; the list's own signer is pinned."""
_LABELS: Final[Mapping[ServiceKind, tuple[str, str]]] = MappingProxyType(
    {
        ServiceKind.CA: ("证书签发", "certification authority"),
        ServiceKind.TSA: ("时间戳", "time-stamping"),
        ServiceKind.SEAL_MAKER: ("制章与印章状态", "seal making and seal states"),
        ServiceKind.VERIFICATION: ("核验与出具报告", "verification and its reports"),
    }
)


@dataclass(frozen=True, slots=True)
class ListProfile:
    """Who publishes the list: ``territory`` is two letters; an empty operator is the name in the root certificate."""

    ca: CaConfig
    territory: str = "CN"
    operator: str = ""
    scheme_id: str = ""
    life: timedelta = timedelta(days=7)

    @property
    def page(self) -> str:
        """Where people read about it."""
        return f"{self.ca.base_url}/trust"

    @property
    def json_address(self) -> str:
        """Where the JSON form is published."""
        return f"{self.ca.base_url}/trust/list.json"

    @property
    def xml_address(self) -> str:
        """Where the XML form is published."""
        return f"{self.ca.base_url}/trust/list.xml"

    @property
    def seals_address(self) -> str:
        """Where the seal status list is published."""
        return f"{self.ca.base_url}/pki/seals.jws"

    @property
    def voided_address(self) -> str:
        """Where the list of voided documents is published."""
        return f"{self.ca.base_url}/pki/voided.jws"


@dataclass(frozen=True, slots=True, eq=False)
class OwnList:
    """Our list under its number, as :mod:`seals.list_publisher` takes it. Times are whole seconds.

    Two are equal when they say the same of the services, under the same number and dates: the two forms frame that differently.
    """

    issuer: str
    content: TrustedList
    next_update: datetime

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, OwnList):
            return NotImplemented
        return self._told == other._told

    def __hash__(self) -> int:
        return hash(self._told)

    @property
    def _told(self) -> tuple[object, ...]:
        return (self.number, self.issued_at, self.next_update, *substance(self.content))

    @property
    def number(self) -> int:
        """Its sequence number."""
        return self.content.sequence

    @property
    def issued_at(self) -> datetime:
        """When it was drawn up."""
        return self.content.issued


def substance(found: TrustedList) -> tuple[object, ...]:
    """Return what makes a new list due when it changes: whose it is, and the services; not number, dates and form."""
    return (found.scheme_id, found.operator, found.territory, found.services)


def draw(conn: sa.Connection, profile: ListProfile, heading: Heading) -> OwnList:
    """Draw the list up as of ``heading.issued_at``."""
    issued = heading.issued_at.replace(microsecond=0)
    until = heading.next_update.replace(microsecond=0)
    issuers = [one for one in issuer_store.list_issuers(conn) if one.certificate]
    operator = _operator(profile, issuers)
    provider = Provider(operator, operator, _contact(profile))
    services = [
        _service(conn, provider, one, ServiceKind.CA, _crls(conn, profile, one), issued) for one in issuers
    ]
    for unit in issuer_store.list_units(conn):
        if unit.certificate and unit.purpose in KINDS:
            supply = _supply(conn, profile, unit)
            services.append(_service(conn, provider, unit, KINDS[unit.purpose], supply, issued))
    scheme_id = profile.scheme_id or scheme_of(profile.territory, issuers)
    content = TrustedList(
        scheme_id=scheme_id,
        operator=operator,
        territory=profile.territory,
        sequence=heading.number,
        issued=issued,
        next_update=until,
        services=tuple(services),
        form=ListForm.JSON,
        scheme=_scheme(profile, scheme_id),
    )
    return OwnList(heading.issuer, content, until)


def scheme_of(territory: str, issuers: list[Issuer]) -> str:
    """Name the scheme (TS 119 612 §5.3.6) after the oldest root's key: unique, and the same when addresses and names change."""
    roots = [one.spki_sha256 for one in issuers if one.is_root]
    return f"{territory}:Yinxin trust list {roots[0][:16] if roots else ''}".strip()


def _service(  # noqa: PLR0913, PLR0917 - the members of an entry
    conn: sa.Connection,
    provider: Provider,
    holder: KeyHolder,
    kind: ServiceKind,
    supply: tuple[str, ...],
    now: datetime,
) -> ListedService:
    issuer = holder.issuer if isinstance(holder, Unit) else getattr(holder, "parent", holder.id)
    rows = certificate_store.by_serial(conn, holder.x509.serial_number, issuer)
    zh, en = _LABELS[kind]
    name = _common_name(holder.x509)
    words = Words.of(zh=f"{name.zh}（{zh}）", en=f"{name.en} ({en})")
    periods = tuple(
        Period(since, status, STATUS_URI[status], KIND_URI[kind], words)
        for since, status in _states(holder.x509, rows[0] if rows else None, now)
    )
    return ListedService(
        provider=provider,
        name=words,
        kind=kind,
        certificates=(holder.certificate,),
        periods=periods,
        type_uri=KIND_URI[kind],
        supply=supply,
    )


def _states(
    certificate: x509.Certificate, row: Row | None, now: datetime
) -> tuple[tuple[datetime, ServiceStatus], ...]:
    """Tell since when it was in which state as of ``now``, the newest first."""
    found = [(certificate.not_valid_before_utc, ServiceStatus.GRANTED)]
    revoked = None if row is None else row.record.revoked_at
    if revoked is not None:
        found.append((revoked.replace(microsecond=0), ServiceStatus.WITHDRAWN))
    ended = certificate.not_valid_after_utc + timedelta(seconds=1)
    if ended <= now and revoked is None:
        found.append((ended, ServiceStatus.CEASED))
    return tuple(reversed(found))


def _crls(conn: sa.Connection, profile: ListProfile, issuer: Issuer) -> tuple[str, ...]:
    scopes = [state.scope for state in crl_store.every_scope(conn) if state.scope.issuer == issuer.id]
    lists = tuple(profile.ca.crl_address(scope.issuer, scope.shard) for scope in scopes)
    return (*lists, profile.ca.ocsp_address(issuer.id))


def _supply(conn: sa.Connection, profile: ListProfile, unit: Unit) -> tuple[str, ...]:
    if unit.purpose is UnitPurpose.TSA:
        return (profile.ca.tsa_address,)
    if unit.purpose is UnitPurpose.SEAL_MAKER:
        voided = conn.execute(sa.select(void_list.c.number).limit(1)).first()
        return (profile.seals_address, *([profile.voided_address] if voided else []))
    return (f"{profile.ca.base_url}/verify",)


def _operator(profile: ListProfile, issuers: list[Issuer]) -> Words:
    if profile.operator:
        return both(profile.operator)
    named = [one.x509.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME) for one in issuers[:1]]
    return both(str(named[0][0].value)) if named and named[0] else Words.of(zh="印信", en="Yinxin")


def _common_name(certificate: x509.Certificate) -> Words:
    found = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return both(str(found[0].value) if found else certificate.subject.rfc4514_string())


def both(text: str) -> Words:
    """Read a name as our own certificates write it: Chinese, a slash, English; or one text for both."""
    zh, slash, en = text.partition(" / ")
    return Words.of(zh=zh, en=en if slash else zh)


def _contact(profile: ListProfile) -> Contact:
    pages = (("en", profile.page), ("zh", profile.page))
    return Contact(_postal(profile), pages, pages)


def _postal(profile: ListProfile) -> tuple[PostalAddress, ...]:
    return tuple(
        PostalAddress(tag, street, locality, profile.territory)
        for tag, street, locality in (("en", "see the page", "see the page"), ("zh", "见网页", "见网页"))
    )


def _scheme(profile: ListProfile, scheme_id: str) -> Scheme:
    return Scheme(
        type_uri=LIST_TYPE.replace("/CN", f"/{profile.territory}"),
        approach=APPROACH.replace("/CN", f"/{profile.territory}"),
        name=Words.of(en=scheme_id, zh=f"{profile.territory}:印信信任清单 {scheme_id.rpartition(' ')[2]}"),
        contact=_contact(profile),
        community_rules=(("en", profile.page), ("zh", profile.page)),
        legal_notice=Words.of(
            zh="本清单说明本系统有哪些服务及其状态；是否采信由采信方自行决定。演示证书不具法律效力。",
            en=(
                "This list tells the services of this installation and their states; whether to rely on them is for "
                "each relying party to decide. Demonstration certificates have no legal effect."
            ),
        ),
        distribution=(profile.json_address, profile.xml_address),
    )
