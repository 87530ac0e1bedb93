"""What is written is signed elsewhere: the octets to be signed, and how they become a list once they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from hsm.algorithms import SignatureAlgorithm
from verify.trusted_lists.errors import ListIncomplete
from verify.trusted_lists.model import Contact, ListedService, Provider, TrustedList


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A list before its signature: ``to_sign`` goes to the key (hashed inside), ``finish`` takes what the key gave.

    A signature is as :class:`hsm.signer.Signer` makes it (DER for ECDSA and SM2).
    ``xml_writing.write_xml`` and ``lote_writing.write_json`` make these.
    """

    to_sign: bytes
    finish: Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class ListSigner:
    """Who signs: the chain (DER, the signer's own certificate first) and what its key signs with."""

    chain: Sequence[bytes]
    algorithm: SignatureAlgorithm


def by_provider(services: Sequence[ListedService]) -> list[tuple[Provider, list[ListedService]]]:
    """Group services that follow each other under one provider, in their order."""
    return [
        (provider, list(items)) for provider, items in groupby(services, key=lambda service: service.provider)
    ]


def seconds(when: datetime) -> str:
    """Write a time as both forms ask for it: UTC, whole seconds, ``Z``."""
    if when.tzinfo is None:
        raise ValueError("times are aware")
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def check_complete(trusted_list: TrustedList) -> None:
    """Demand what both forms demand (TS 119 612 §5.3, TS 119 602 §6.3); raises ``ListIncomplete`` that names the field."""
    scheme = trusted_list.scheme
    _need(scheme.name.texts, "scheme.name", "体系名称")
    _need(trusted_list.operator.texts, "operator", "体系运营者名称")
    _need(scheme.type_uri, "scheme.type_uri", "清单类型")
    _need(scheme.approach, "scheme.approach", "状态判定方式")
    _need(trusted_list.scheme_id == scheme.name.en, "scheme_id, the scheme's name", "体系名称")
    _need(trusted_list.sequence >= 1, "sequence", "序号")
    _check_contact(scheme.contact, "scheme.contact", "体系运营者地址")
    for service in trusted_list.services:
        _need(service.provider.name.texts, "provider.name", "服务机构名称")
        _check_contact(service.provider.contact, "provider.contact", "服务机构地址")
        _need(service.name.texts, "service.name", "服务名称")
        _need(service.periods, "service.periods", "服务状态")
        _need(service.certificates, "service.certificates", "服务证书")


def _check_contact(contact: Contact, field: str, zh: str) -> None:
    for address in contact.postal:
        _need(address.language and address.street and address.locality and address.country, field, zh)
    _need(contact.postal, f"{field}.postal", zh)
    _need(contact.electronic, f"{field}.electronic", zh)
    _need(contact.information, f"{field}.information", zh)


def _need(there: object, field: str, zh: str) -> None:
    if not there:
        raise ListIncomplete(
            f"信任清单缺少{zh}（{field}），无法签发；请补充后重试。",
            f"The trust list lacks {field}, which its form demands; give it and try again.",
        )
