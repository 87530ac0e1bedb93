"""A trust list handed in alone: whole or not, whose it is, how old, and whether a newer one is known (D1, D2, I30)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ca.certificate import SubjectName
from ca.profile import TRUST_LIST
from hsm.suite import Suite
from tests.conftest import SteppingClock
from tests.pki import Pki
from tests.trust_list_world import DAY, FORMS, SCHEME, Publisher, Write, granted, service, withdrawn
from tests.verify_world import NOW
from verify.acceptance.answers import AnswerStatus
from verify.civil_time import civil_day
from verify.command import run
from verify.objects.report import ObjectKind, ObjectReport
from verify.trust import TrustStore
from verify.trusted_lists.lote_writing import write_json
from verify.trusted_lists.model import Pointer, TrustedList
from verify.trusted_lists.pinned import read_list
from verify.trusted_lists.source import Pin, PinnedSource
from verify.trusted_lists.vocabulary import LIST_TYPE
from verify.trusted_lists.xml_writing import write_xml
from verify.verdict import SubIndication, Verdict
from verify.verifier import Verifier
from verify.wire import pack_trust, unpack_trust

BOTH = pytest.mark.parametrize("write", FORMS, ids=["xml", "json"])


@cache
def publisher() -> Publisher:
    return Publisher()


def issue(**changes: Any) -> TrustedList:
    """Two services, one of which was withdrawn yesterday."""
    here = publisher()
    stopped = service(here.pki.root.der, periods=(withdrawn(NOW - DAY), granted()))
    return here.list(service(here.pki.issuing.der), stopped, **changes)


@cache
def octets(write: Write = write_json) -> bytes:
    return publisher().signed(issue(), write)


def judge(data: bytes, later: timedelta = timedelta(0), **trust: Any) -> ObjectReport:
    store = TrustStore((), **{"pins": [Pin(publisher().pin)], **trust})
    report = Verifier(unpack_trust(pack_trust(store))).verify(data, at=NOW + later)
    assert isinstance(report, ObjectReport)
    assert report.object_kind is ObjectKind.TRUST_LIST
    return report


def state(report: ObjectReport, key: str) -> str:
    return next(step.state.value for step in report.steps if step.key == key)


@BOTH
def test_a_pinned_list_passes_and_tells_how_many_services_are_in_force(write: Write) -> None:
    report = judge(octets(write))
    assert report.verdict is Verdict.PASSED, report.reason.en
    told = {fact.key: fact.en for fact in report.facts}
    assert (told["number"], told["scheme"]) == ("7", SCHEME)
    assert told["services"] == f"2, of which 1 in force on {civil_day(NOW)}"
    assert told["signer_sha256"] == publisher().pin.signers[0]
    before = {fact.key: fact.zh for fact in judge(octets(write), -2 * DAY).facts}
    assert before["services"].endswith("有效 2 项")


@BOTH
def test_a_strangers_list_is_open_and_tells_what_to_compare(write: Write) -> None:
    report = judge(octets(write), pins=())
    assert (report.verdict, state(report, "signature")) == (Verdict.INDETERMINATE, "passed")
    assert report.answers is not None
    assert (report.answers.cryptographic.status, report.answers.trusted.status) == (
        AnswerStatus.YES,
        AnswerStatus.OPEN,
    )
    for words in (report.reason.zh, report.reason.en):
        assert publisher().pin.signers[0] in words
    other = Pin(PinnedSource(SCHEME, ("ab" * 32,)))
    assert "登记的是其他签名证书" in judge(octets(write), pins=[other]).reason.zh


@BOTH
def test_a_changed_list_fails_whoever_signed_it(write: Write) -> None:
    data = octets(write)
    place = data.index(b"Example Road") if write is write_xml else len(data) // 2
    changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
    for pins in ([Pin(publisher().pin)], []):
        report = judge(changed, pins=pins)
        assert (report.verdict, report.sub_indication) == (
            Verdict.FAILED,
            SubIndication.SIG_CRYPTO_FAILURE,
        )


def test_a_list_without_a_signature_fails() -> None:
    assert judge(b'{"LoTE": {}}').verdict is Verdict.FAILED
    bare = octets(write_xml).partition(b"<ds:Signature")[0] + b"</TrustServiceStatusList>"
    assert judge(bare).verdict is Verdict.FAILED


def test_a_list_over_the_limits_is_undecided() -> None:
    """What is not read is neither forged nor damaged."""
    place = octets(write_xml).rindex(b"</")
    for much in (b"<a/>" * 2_000_001, b"<a>" * 300 + b"</a>" * 300):
        report = judge(octets(write_xml)[:place] + much + octets(write_xml)[place:])
        assert (report.verdict, report.sub_indication) == (
            Verdict.INDETERMINATE,
            SubIndication.LIMIT_REACHED,
        )


def test_an_old_a_future_and_a_closed_list_say_nothing_of_now() -> None:
    old, early = judge(octets(), 200 * DAY), judge(octets(), -DAY)
    assert (old.verdict, old.sub_indication) == (Verdict.INDETERMINATE, SubIndication.TRY_LATER)
    assert "过期" in old.reason.zh
    assert early.sub_indication is SubIndication.TIMESTAMP_ORDER_FAILURE
    closed = publisher().signed(issue(next_update=None), write_xml)
    assert judge(closed).sub_indication is SubIndication.TRY_LATER


def test_a_list_that_a_newer_one_replaced_is_told_as_rolled_back() -> None:
    """I30: against a list at hand, and against the number that two people confirmed."""
    newer = publisher().read(issue(sequence=9))
    for trust in ({"lists": [newer]}, {"pins": [Pin(publisher().pin, 9)]}):
        report = judge(octets(), **trust)
        assert (report.verdict, state(report, "number")) == (Verdict.INDETERMINATE, "indeterminate")
        assert "9" in report.reason.zh
    same = read_list(octets(), [publisher().pin])
    assert judge(octets(), lists=[same]).verdict is Verdict.PASSED
    twin = publisher().read(replace(issue(), territory="HK"))
    assert state(judge(octets(), lists=[twin]), "number") == "indeterminate"


def test_a_list_of_lists_names_the_signer() -> None:
    """TS 119 612 §5.3.13: a pointer of a believed list pins; one that names another signer speaks against."""
    above = Publisher(scheme="EU:List of lists")
    key = publisher().key.der
    pointing = Pointer("https://list.example.test/list.xml", (key,), "CN", LIST_TYPE)

    def signed(pointer: Pointer) -> bytes:
        return above.signed(above.list(territory="EU", pointers=(pointer,)))

    believed = above.read(above.list(territory="EU", pointers=(pointing,)))
    assert judge(octets(), pins=(), lists=[believed]).verdict is Verdict.PASSED
    other = replace(pointing, signers=(above.key.der,))
    wrong = above.read(above.list(territory="EU", pointers=(other,)))
    assert judge(octets(), pins=(), lists=[wrong]).verdict is Verdict.INDETERMINATE
    pin, mine = [Pin(above.pin)], [publisher().read(issue())]
    assert judge(signed(pointing), pins=pin, lists=mine).verdict is Verdict.PASSED
    assert state(judge(signed(other), pins=pin, lists=mine), "pointers") == "indeterminate"


@pytest.mark.parametrize("suite", list(Suite), ids=lambda suite: suite.value)
def test_an_installations_own_list_rests_on_its_root(suite: Suite) -> None:
    """Whom a trusted root made a signer of trust lists is known, though its services are anchors for nothing; no other is."""
    pki = Pki(NOW - 30 * DAY, suite=suite)
    maker = pki.make(TRUST_LIST, SubjectName("List", "Centre"))
    trust: dict[str, Any] = {
        "pins": (),
        "intermediates": [pki.issuing.certificate],
        "crls": [pki.crl(issuer, this_update=NOW - DAY) for issuer in (pki.root, pki.issuing)],
    }
    store = TrustStore([pki.root.certificate], **trust)
    for party, verdict in ((maker, Verdict.PASSED), (pki.party(), Verdict.INDETERMINATE)):
        data = publisher().signed(issue(), by=party)
        report = Verifier(store).verify(data, at=NOW)
        assert report.verdict is verdict, report.reason.en


def test_the_command_takes_the_signer_beside_the_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "list.xml"
    path.write_bytes(octets(write_xml))
    clock = SteppingClock(NOW)
    assert run([str(path)], clock=clock) == 2
    assert run([str(path), "--signer", publisher().pin.signers[0]], clock=clock) == 0
    assert "信任清单 / trust list · XML" in capsys.readouterr().out
