"""Which signatures a package has: nobody signs the list, so that rows can be taken out of it, and copies put in."""

from __future__ import annotations

import base64
import re

import pytest

from hsm.algorithms import DigestAlgorithm
from signing.ofd.errors import OfdUnfit
from tests.ofd_world import (
    LIST,
    PAGE,
    SEAL,
    SIGNATURE,
    VALUE,
    changed,
    document,
    entries,
    judged,
    only,
    packed,
    plain,
    seal,
    sealed,
    sealing,
    ses,
    trust,
)
from tests.verify_world import NOW
from verify.verdict import Verdict
from verify.verifier import Verifier

COPY = "Doc_0/Signs/Sign_7/Signature.xml"


def struck(octets: bytes, folder: bytes = b"Sign_0") -> bytes:
    """Take one row out of the list."""
    row = rb'<ofd:Signature [^>]*/%s/Signature.xml"/>' % folder
    assert re.search(row, entries(octets)[LIST])
    return changed(octets, LIST, lambda xml: re.sub(row, b"", xml))


def test_a_signature_struck_off_the_list_is_judged_all_the_same() -> None:
    """The first seal is over another page; without its row readers show the second alone, which is good."""
    spoilt = changed(sealed(), PAGE, lambda octets: octets.replace("合同第".encode(), "合约第".encode()))
    report = judged(struck(seal(spoilt, "2:20,20")))
    assert [one.verdict for one in report.signatures] == [Verdict.PASSED, Verdict.FAILED]
    assert report.verdict is Verdict.FAILED


def test_a_good_signature_struck_off_the_list_is_doubt() -> None:
    twice = seal(sealed(), "2:20,20")
    assert judged(twice).verdict is Verdict.PASSED
    report = judged(struck(twice))
    assert [one.verdict for one in report.signatures] == [Verdict.PASSED, Verdict.INDETERMINATE]
    assert "struck it off" in report.signatures[1].reason.en
    assert report.signatures[1].seal is not None, "it says whose seal it was"


def test_what_was_struck_off_is_found_where_the_document_leads_to_it_too() -> None:
    files = entries(document())
    named = b"<ofd:Annotations>Signs/Sign_0/Signature.xml</ofd:Annotations></ofd:Document>"
    files["Doc_0/Document.xml"] = files["Doc_0/Document.xml"].replace(b"</ofd:Document>", named)
    assert judged(struck(seal(seal(packed(files)), "2:20,20"))).verdict is not Verdict.PASSED


def test_a_package_from_which_a_signature_was_struck_off_is_not_sealed() -> None:
    for octets in (struck(sealed()), struck(seal(sealed(), "2:20,20"))):
        with pytest.raises(OfdUnfit, match="struck it off"):
            seal(octets, "2:100,20")


@pytest.mark.parametrize(
    "octets",
    [
        b'<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo/><SignatureValue/></Signature>',
        b"<a>SignedInfo SignedValue</a>",
        b"<a SignedInfo SignedValue",
    ],
)
def test_other_files_that_speak_of_signatures_are_none(octets: bytes) -> None:
    files = entries(document()) | {"Doc_0/Attachs/data.xml": octets}
    assert judged(seal(packed(files))).verdict is Verdict.PASSED


def test_a_copy_of_a_description_is_no_second_signature() -> None:
    """A plain signature states no scope: anybody can list it again, in the name of whoever signed once."""
    files = entries(seal(where="unseen", envelope=plain()))
    files[COPY] = files[SIGNATURE]
    row = f'<ofd:Signature ID="s7" Type="Sign" BaseLoc="/{COPY}"/></ofd:Signatures>'.encode()
    files[LIST] = files[LIST].replace(b"</ofd:Signatures>", row)
    report = judged(packed(files))
    assert [one.verdict for one in report.signatures] == [Verdict.PASSED, Verdict.INDETERMINATE]
    assert "signed once" in report.reason.en


def test_two_signatures_of_one_key_are_two() -> None:
    first = seal(where="unseen", envelope=plain())
    assert [one.verdict for one in judged(seal(first, "unseen", plain())).signatures] == [Verdict.PASSED] * 2


def test_documents_that_share_a_list_have_its_signatures_once() -> None:
    """The signer itself may have made it: one act under two documents is not two."""
    files = entries(sealed())
    body = re.search(rb"<ofd:DocBody>.*</ofd:DocBody>", files["OFD.xml"], re.DOTALL)
    assert body is not None
    files["OFD.xml"] = files["OFD.xml"].replace(body[0], body[0] * 2)
    value = base64.b64encode(DigestAlgorithm.SM3.digest(files["OFD.xml"]).value)
    row = rb'(FileRef="/OFD.xml"><ofd:CheckValue>)[^<]*'
    files[SIGNATURE] = re.sub(row, lambda found: found[1] + value, files[SIGNATURE])
    envelope = ses(seal=files[SEAL])
    tbs = envelope.to_sign(DigestAlgorithm.SM3.digest(files[SIGNATURE]), f"/{SIGNATURE}")
    files[VALUE] = envelope.finish(sealing().keeper.signer.sign(tbs), None)
    report = Verifier(trust()).verify(packed(files), at=NOW)
    assert (report.verdict, "twice" in report.reason.en) == (Verdict.UNREADABLE, True)
    assert only(judged(sealed())).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("written", "verdict"),
    [("seal", Verdict.PASSED), (" SEAL", Verdict.PASSED), ("Stamp", Verdict.UNREADABLE)],
)
def test_a_type_is_known_in_any_case(written: str, verdict: Verdict) -> None:
    octets = changed(sealed(), LIST, lambda xml: xml.replace(b'Type="Seal"', f'Type="{written}"'.encode()))
    assert Verifier(trust()).verify(octets, at=NOW).verdict is verdict
