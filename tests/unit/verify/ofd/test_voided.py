"""A voided package stays voided however it is packed: a list names what its seal is over, where no statement has a permit."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from ca import der
from hsm.algorithms import DigestAlgorithm
from seals.jws import sign
from tests.ofd_world import (
    LIST,
    PAGE,
    SIGNATURE,
    VALUE,
    changed,
    document,
    entries,
    packed,
    seal,
    sealed,
    sealing,
)
from tests.pki import Pki
from tests.verify_world import NOW
from verify.report import DocumentReport
from verify.verdict import Verdict
from verify.verifier import Verifier
from verify.voided.form import VOID_LIST_TYPE, VoidEntry, VoidList, parse_void_list, void_list_payload

HOUR = timedelta(hours=1)


def voiding(*digests: str) -> str:
    """Sign the list of voidings of the seal's own maker."""
    maker = sealing().maker
    entry = VoidEntry(NOW, "合同价款有误", "ab" * 16)
    made = VoidList("制章中心", 1, NOW, NOW + timedelta(days=30), dict.fromkeys(digests, entry))
    return sign(
        void_list_payload(made), typ=VOID_LIST_TYPE, signer=maker.signer, chain=[maker.der, *maker.chain]
    )


def report(octets: bytes, listed: str) -> DocumentReport:
    trust = sealing().trust(seal_lists=[listed])
    return Verifier(trust).verify(octets, at=NOW + HOUR, name="x.ofd")


def named(octets: bytes, entry: str = SIGNATURE) -> str:
    return hashlib.sha256(entries(octets)[entry]).hexdigest()


def with_a_stamp(octets: bytes) -> bytes:
    """Add a time-stamp of something else to the signed value: it stands outside of what anybody signs."""
    token = sealing().stamp(DigestAlgorithm.SM3.digest(b"something else"))

    def stamped(value: bytes) -> bytes:
        return der.sequence(der.Reader(value).contents(der.SEQUENCE), der.explicit(0, der.bit_string(token)))

    return changed(octets, VALUE, stamped)


def test_a_package_that_is_packed_anew_stays_voided() -> None:
    octets = sealed()
    anew = packed(entries(octets))
    blank = changed(octets, LIST, lambda listed: listed + b"\n")
    listed = voiding(*sorted((hashlib.sha256(octets).hexdigest(), named(octets))))
    assert anew != octets
    for one in (octets, anew, blank, with_a_stamp(octets)):
        found = report(one, listed)
        assert found.verdict is Verdict.PASSED, found.reason
        assert found.voided is not None
        assert found.voided.whole is (one == octets)
        assert "作废" in found.reason.zh
    twice = seal(octets, "2:60,60")
    assert report(twice, listed).voided is not None, "a later seal stands on what was voided"


def test_the_digest_of_the_signed_value_is_taken_as_well() -> None:
    """Evidence records have it, so a maker knows it without the document."""
    octets = sealed()
    assert report(packed(entries(octets)), voiding(named(octets, VALUE))).voided is not None


def test_other_documents_under_the_same_seal_stay_in_force() -> None:
    octets = sealed()
    other = seal(changed(document(), PAGE, lambda page: page.replace("合同第".encode(), "另一第".encode())))
    listed = voiding(named(octets))
    assert named(other) != named(octets)
    found = report(other, listed)
    assert (found.verdict, found.voided) == (Verdict.PASSED, None)


def test_a_list_of_before_is_read_as_ever() -> None:
    octets = sealed()
    listed = voiding(hashlib.sha256(octets).hexdigest())
    assert set(parse_void_list(listed).void_list.entries) == {hashlib.sha256(octets).hexdigest()}
    assert report(octets, listed).voided is not None
    assert report(packed(entries(octets)), listed).voided is None, "it names these octets and nothing else"


@pytest.mark.parametrize("entry", [SIGNATURE, VALUE])
def test_no_stranger_voids_by_what_a_seal_is_over(entry: str) -> None:
    world, octets = sealing(), sealed()
    double = Pki(NOW, name=world.pki.name)
    maker = double.seal_maker()
    made = VoidList(
        "制章中心", 9, NOW, NOW + timedelta(days=30), {named(octets, entry): VoidEntry(NOW, "伪造", "0" * 32)}
    )
    listed = sign(
        void_list_payload(made), typ=VOID_LIST_TYPE, signer=maker.signer, chain=[maker.der, *maker.chain]
    )
    assert report(octets, listed).voided is None
