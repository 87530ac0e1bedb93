"""Trust lists for tests: one publisher with its key, right by default; a test states the one wrong thing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from lxml import etree

from tests.pki import Party, Pki, shared_rsa_key
from tests.verify_world import NOW
from verify.trusted_lists.lote_writing import write_json
from verify.trusted_lists.model import (
    Contact,
    ListedService,
    Period,
    Pointer,
    PostalAddress,
    Provider,
    Qualification,
    Qualifiers,
    Scheme,
    ServiceKind,
    ServiceStatus,
    TrustedList,
    Words,
)
from verify.trusted_lists.pinned import read_list
from verify.trusted_lists.source import PinnedSource
from verify.trusted_lists.vocabulary import APPROACH, LIST_TYPE
from verify.trusted_lists.writing import ListSigner, Unsigned
from verify.trusted_lists.xml_reading import SIE
from verify.trusted_lists.xml_writing import write_xml

DAY = timedelta(days=1)
SCHEME = "CN:Trust list of the tests"
CONTACT = Contact(
    (
        PostalAddress("en", "1 Example Road", "Beijing", "CN", "Beijing", "100000"),
        PostalAddress("zh", "示例路1号", "北京", "CN"),
    ),
    (("en", "mailto:list@example.test"), ("zh", "https://list.example.test/")),
    (("en", "https://list.example.test/about"), ("zh", "https://list.example.test/zh")),
)
PROVIDER = Provider(
    Words.of(zh="示例认证中心", en="Example Authority"), Words.of(en="VATCN-91110108MA01C8QX3"), CONTACT
)
CRITERIA = (
    f'<sie:CriteriaList xmlns:sie="{SIE}" assert="all"><sie:KeyUsage><sie:KeyUsageBit name="nonRepudiation">true'
    "</sie:KeyUsageBit></sie:KeyUsage></sie:CriteriaList>"
)
QUALIFIERS = Qualifiers(
    ("http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/ForeSeals",),
    (Qualification(("http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/QCWithSSCD",), CRITERIA),),
)

Write = Callable[[TrustedList, ListSigner, datetime], Unsigned]
FORMS: tuple[Write, ...] = (write_xml, write_json)


def granted(since: datetime = NOW - 300 * DAY) -> Period:
    return Period(since, ServiceStatus.GRANTED)


def withdrawn(since: datetime) -> Period:
    return Period(since, ServiceStatus.WITHDRAWN)


def service(
    *certificates: bytes,
    kind: ServiceKind = ServiceKind.CA,
    periods: Sequence[Period] = (),
    **changes: Any,
) -> ListedService:
    """List a service, granted for 300 days; ``periods`` are the newest first."""
    made = ListedService(
        PROVIDER,
        Words.of(zh="签发印章证书", en="Issuing seal certificates"),
        kind,
        certificates,
        tuple(periods) or (granted(),),
    )
    return replace(made, **changes)


@dataclass
class Publisher:
    """Who runs a list: a key and certificate for each publisher, and lists in either form."""

    now: datetime = NOW
    scheme: str = SCHEME
    changes: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def pki(self) -> Pki:
        return Pki(self.now - 30 * DAY)

    @cached_property
    def key(self) -> Party:
        return self.pki.party(**self.changes)

    @cached_property
    def rsa(self) -> Party:
        return self.pki.party(key=shared_rsa_key())

    @property
    def pin(self) -> PinnedSource:
        return PinnedSource(self.scheme, PinnedSource.of("", [self.key.der]).signers)

    def list(self, *services: ListedService, **changes: Any) -> TrustedList:
        """Describe a list, number 7, issued an hour ago, for 180 days."""
        name = Words.of(zh="CN:测试信任清单", en=changes.pop("scheme_id", self.scheme))
        made = TrustedList(
            scheme_id=name.en,
            operator=Words.of(zh="示例监管机构", en="Example Supervisor"),
            territory="CN",
            sequence=7,
            issued=self.now - timedelta(hours=1),
            next_update=self.now + 180 * DAY,
            services=services,
            scheme=Scheme(LIST_TYPE, name, CONTACT, APPROACH, (("en", "https://list.example.test/rules"),)),
        )
        return replace(made, **changes)

    def signed(self, listed: TrustedList, write: Write = write_json, *, by: Party | None = None) -> bytes:
        """Sign a list when it was issued."""
        by = by or self.key
        unsigned = write(listed, ListSigner([by.der], by.signer.algorithm), listed.issued)
        return unsigned.finish(by.signer.sign(unsigned.to_sign))

    def read(self, listed: TrustedList, write: Write = write_json) -> TrustedList:
        """Sign a list and read it back as a verifier gets it."""
        return read_list(self.signed(listed, write), [self.pin])


def full(publisher: Publisher, *certificates: bytes) -> TrustedList:
    """Describe a list that uses everything the model has."""
    first = service(
        *certificates,
        periods=(
            replace(withdrawn(NOW - 10 * DAY), qualifiers=QUALIFIERS, name=Words.of(zh="甲", en="A")),
            granted(),
        ),
        supply=("https://list.example.test/crl",),
    )
    made = publisher.list(
        first,
        service(*certificates[:1], kind=ServiceKind.TSA),
        service(
            *certificates[:1], kind=ServiceKind.SEAL_MAKER, provider=replace(PROVIDER, name=Words.of(en="B"))
        ),
        pointers=(
            Pointer(
                "https://other.example.test/list.xml",
                certificates[:1],
                "EU",
                LIST_TYPE,
                Words.of(en="Other operator"),
                "application/vnd.etsi.tsl+xml",
            ),
        ),
    )
    scheme = replace(
        made.scheme,
        legal_notice=Words((("und", "No legal effect."),)),
        distribution=("https://list.example.test/list.xml",),
    )
    return replace(made, scheme=scheme)


def tree(octets: bytes) -> Any:
    return etree.fromstring(octets)


def octets_of(root: Any) -> bytes:
    made: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return made
