"""Both forms of a list say the same, and what is written is read back as it was."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hsm.suite import Suite
from tests.pki import Pki
from tests.trust_list_world import (
    DAY,
    FORMS,
    SCHEME,
    Publisher,
    Write,
    full,
    granted,
    service,
    tree,
    withdrawn,
)
from tests.verify_world import NOW, Signing
from verify.trust import TrustStore
from verify.trusted_lists.errors import ListIncomplete, ListUnreadable
from verify.trusted_lists.lote_writing import write_json
from verify.trusted_lists.model import ListForm, ServiceKind, ServiceStatus, TrustedList, Words
from verify.trusted_lists.pinned import judge_list, read_list
from verify.trusted_lists.source import PinnedSource
from verify.trusted_lists.vocabulary import KIND_URI, STATUS_URI, kind_of, status_of
from verify.trusted_lists.writing import ListSigner
from verify.trusted_lists.xml_reading import TSL, tag
from verify.trusted_lists.xml_writing import write_xml
from verify.wire import pack, pack_trust, unpack_trust


def plain(found: TrustedList) -> TrustedList:
    """Leave out what reading adds: digests, form, the URIs that stand for words, and what repeats the service."""
    services = []
    for item in found.services:
        periods = tuple(
            replace(
                period,
                status_uri="",
                type_uri="",
                name=Words() if period.name == item.name else period.name,
            )
            for period in item.periods
        )
        services.append(replace(item, periods=periods, type_uri="", qualifiers=periods[0].qualifiers))
    scheme = replace(found.scheme, version=0)
    return replace(
        found, services=tuple(services), sha256="", signer_sha256="", form=ListForm.XML, scheme=scheme
    )


@pytest.mark.parametrize("write", FORMS)
def test_a_list_reads_back_as_it_was_written(publisher: Publisher, signing: Signing, write: Write) -> None:
    made = full(publisher, signing.pki.issuing.der, signing.pki.root.der)
    found = publisher.read(made, write)
    wanted = replace(
        made, services=(replace(made.services[0], name=Words.of(zh="甲", en="A")), *made.services[1:])
    )
    old = replace(wanted.services[0].periods[1], name=made.services[0].name)
    first = replace(wanted.services[0], periods=(wanted.services[0].periods[0], old))
    assert plain(found) == plain(replace(wanted, services=(first, *wanted.services[1:])))
    assert found.signer_sha256 == publisher.pin.signers[0]
    assert len(found.sha256) == 64


def test_both_forms_say_the_same(publisher: Publisher, signing: Signing) -> None:
    made = full(publisher, signing.pki.issuing.der)
    by_xml, by_json = publisher.read(made, write_xml), publisher.read(made, write_json)
    assert (by_xml.form, by_json.form) == (ListForm.XML, ListForm.JSON)
    assert plain(by_xml) == plain(by_json)


@pytest.mark.parametrize("write", FORMS)
def test_equal_lists_have_equal_octets(publisher: Publisher, signing: Signing, write: Write) -> None:
    made = full(publisher, signing.pki.issuing.der)
    signer = ListSigner([publisher.key.der], publisher.key.signer.algorithm)
    assert write(made, signer, NOW).to_sign == write(replace(made), signer, NOW).to_sign


@pytest.mark.parametrize("write", FORMS)
def test_rsa_keys_sign_lists_too(publisher: Publisher, signing: Signing, write: Write) -> None:
    made = publisher.list(service(signing.pki.issuing.der))
    pin = PinnedSource.of(SCHEME, [publisher.rsa.der])
    assert read_list(publisher.signed(made, write, by=publisher.rsa), [pin]).sequence == 7


def test_sm2_signs_the_json_form_and_says_so_of_xml(publisher: Publisher, signing: Signing) -> None:
    by = Pki(NOW - 30 * DAY, suite=Suite.GM).party()
    made = publisher.list(service(signing.pki.issuing.der))
    found = read_list(publisher.signed(made, write_json, by=by), [PinnedSource.of(SCHEME, [by.der])])
    assert found.services[0].kind is ServiceKind.CA
    with pytest.raises(ListIncomplete, match="JSON"):
        publisher.signed(made, write_xml, by=by)


def test_a_state_is_asked_for_at_a_time() -> None:
    found = service(b"", periods=(granted(NOW - DAY), withdrawn(NOW - 10 * DAY), granted(NOW - 100 * DAY)))
    states = [found.status_at(NOW - days * DAY) for days in (0, 1, 5, 10, 11, 100, 101)]
    assert [None if item is None else item.status.value for item in states] == [
        "granted", "granted", "withdrawn", "withdrawn", "granted", "granted", None,
    ]  # fmt: skip


def test_words_of_types_and_states_go_there_and_back() -> None:
    assert all(kind_of(uri) is kind for kind, uri in KIND_URI.items())
    assert all(status_of(uri) is status for status, uri in STATUS_URI.items())
    assert status_of("https://evil.test/TrstSvc/TrustedList/Svcstatus/granted") is ServiceStatus.UNKNOWN
    assert not ServiceStatus.UNKNOWN.in_force


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"operator": Words()}, "operator"),
        ({"scheme_id": "CN:another"}, "scheme_id"),
        ({"sequence": 0}, "sequence"),
        ({"services": (service(),)}, "certificates"),
        ({"services": (replace(service(b"x"), periods=()),)}, "periods"),
    ],
)
@pytest.mark.parametrize("write", FORMS)
def test_what_a_form_demands_is_named(publisher: Publisher, write: Write, change: dict, named: str) -> None:  # type: ignore[type-arg]
    made = replace(publisher.list(), **change)
    with pytest.raises(ListIncomplete, match=named) as refused:
        publisher.signed(made, write)
    assert named in refused.value.zh or "清单" in refused.value.zh


def test_history_version_5_and_a_closed_list_are_read(publisher: Publisher, signing: Signing) -> None:
    made = publisher.list(service(signing.pki.issuing.der), next_update=None)
    made = replace(made, scheme=replace(made.scheme, version=5))
    found = publisher.read(made, write_xml)
    assert (found.scheme.version, found.next_update, found.current_at(NOW)) == (5, None, False)


@pytest.mark.parametrize(
    ("element", "text"),
    [
        ("TSLVersionIdentifier", "4"),
        ("TSLVersionIdentifier", "2147483648"),
        ("TSLSequenceNumber", "0"),
        ("TSLSequenceNumber", "-1"),
        ("TSLSequenceNumber", "9" * 40),
        ("TSLSequenceNumber", "٣"),
        ("ListIssueDateTime", "yesterday"),
        ("ListIssueDateTime", "9999-99-99T00:00:00Z"),
        ("StatusStartingTime", "0001-01-01T00:00:00+23:59"),
        ("X509Certificate", "***"),
        ("StatusStartingTime", ""),
    ],
)
def test_a_value_out_of_form_is_refused(publisher: Publisher, xml: bytes, element: str, text: str) -> None:
    """A signer's own mistake must not be read as something else: reading the signed element refuses it."""
    from verify.trusted_lists.ts119612 import read_xml

    root = tree(xml)
    for found in root.iter(tag(element)):
        found.text = text
    with pytest.raises(ListUnreadable):
        read_xml(root)


def test_a_critical_extension_that_nobody_knows_takes_the_service_out(xml: bytes) -> None:
    """TS 119 612 §5.5.9: it must not be ignored, so the service is an anchor for nothing."""
    from verify.trusted_lists.ts119612 import read_xml

    root = tree(xml)
    information = next(root.iter(tag("ServiceInformation")))
    extension = tree(
        f'<x xmlns="{TSL}"><ServiceInformationExtensions><Extension Critical="%s"><y xmlns="urn:z"/></Extension>'
        "</ServiceInformationExtensions></x>".replace("%s", "true").encode()
    )[0]
    information.append(extension)
    assert read_xml(root).services[0].kind is ServiceKind.OTHER
    extension[0].set("Critical", " true ")  # xs:boolean: blanks around it count for nothing
    assert read_xml(root).services[0].kind is ServiceKind.OTHER
    extension[0].set("Critical", "true")
    extension[0].remove(extension[0][0])
    extension[0].text = "in words alone"
    assert read_xml(root).services[0].kind is ServiceKind.OTHER
    extension[0].set("Critical", "false")
    assert read_xml(root).services[0].kind is ServiceKind.CA


def test_lists_cross_to_the_worker_as_they_are(publisher: Publisher, signing: Signing) -> None:
    import json

    found = publisher.read(full(publisher, signing.pki.issuing.der), write_xml)
    store = TrustStore([signing.pki.root.certificate], lists=[found])
    assert unpack_trust(json.loads(json.dumps(pack_trust(store)))).lists == [found]
    assert pack(b"\x00") == "AA=="


def test_judge_list_gives_what_to_remember(publisher: Publisher, jws: bytes) -> None:
    found = judge_list(jws, publisher.pin, None, NOW)
    assert (found.seen.sequence, found.seen.sha256) == (7, found.sha256)
    assert judge_list(jws, publisher.pin, found.seen, NOW) == found
