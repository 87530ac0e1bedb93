"""Everything that can be done to a sealed package after it was sealed, and what a verifier must say of it (D1, D2)."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from ca import der
from ca.gm_cms import GmSignedData
from hsm.algorithms import DigestAlgorithm
from seals.ses.parts import SesVersion
from signing.containers.certification import FieldLock, LockAction
from signing.containers.cms import ContainerForm
from signing.containers.envelope import CmsEnvelope
from signing.mark import Evidence
from signing.ofd.evidence_file import encode_evidence
from tests.ofd_world import (
    LIST,
    PAGE,
    SEAL,
    SIGNATURE,
    VALUE,
    changed,
    document,
    entries,
    esl,
    judged,
    only,
    packed,
    plain,
    seal,
    sealed,
    sealing,
    ses,
    signatory,
    signed_anew,
    trust,
)
from tests.ses_world import DOCUMENT, SM2_SM3, ia5
from tests.verify_world import NOW
from verify import isolated, worker
from verify.isolated import verify_isolated
from verify.ofd import limits
from verify.ofd.limits import MAX_NAMED
from verify.ofd.report import OfdReport
from verify.report import Indication, SignatureKind, Verdict
from verify.trust import TrustStore
from verify.verdict import SubIndication
from verify.verifier import Verifier


def test_a_sealed_package_is_valid_and_says_everything() -> None:
    report = judged(sealed())
    found = only(report)
    assert report.verdict is Verdict.PASSED, report.reason.en
    assert (found.kind, found.container, found.algorithm) == (SignatureKind.SEAL, "ses", "SM2 / SM3")
    assert found.signer is not None
    assert found.signer.uscc == "91110108MA01C8QX33"
    assert found.seal is not None
    assert found.seal.trusted
    assert found.integrity.covers_whole_document
    assert [(p.page, p.x_mm, p.y_mm, p.width_mm) for p in found.placements] == [(1, 120.0, 200.0, 40.0)]
    assert report.notice, "a test root says so"
    assert found.readers is not None
    assert "OFD" in found.readers.en


@pytest.mark.parametrize("version", [SesVersion.V4, SesVersion.V5])
@pytest.mark.parametrize("stamped", [False, True])
def test_both_versions_with_and_without_a_time_stamp(version: SesVersion, stamped: bool) -> None:
    found = only(judged(seal(envelope=ses(version), stamped=stamped)))
    assert found.verdict is Verdict.PASSED, found.reason.en
    assert found.time.trusted is stamped
    assert found.seal_data is not None
    assert found.seal_data.standard == version.standard


def test_a_plain_signature_by_gbt35275() -> None:
    found = only(judged(seal(where="unseen", envelope=plain())))
    assert (found.verdict, found.kind, found.container) == (
        Verdict.PASSED,
        SignatureKind.SIGNATURE,
        "gbt35275",
    )


@pytest.mark.parametrize(
    "name", [PAGE, "OFD.xml", "Doc_0/Document.xml", "Doc_0/PublicRes.xml", "Doc_0/Res/song.ttf", SEAL]
)
def test_any_changed_file_is_named(name: str) -> None:
    report = judged(changed(sealed(), name, lambda octets: octets + b"\n"))
    assert (report.verdict, report.sub_indication) == (Verdict.FAILED, SubIndication.DOCUMENT_MODIFIED)
    (change,) = only(report).integrity.where[:1]
    assert change.object == f"/{name}"
    assert change.page == (1 if name == PAGE else None)
    assert only(report).seal is not None, "it still says whose seal it was"


@pytest.mark.parametrize("written", ["/doc_0/RES/图.png", "/Doc_0/Res/%E5%9B%BE.png", "/Doc_0/Res/ 图.png"])
def test_a_reference_that_some_readers_find_is_doubt(written: str) -> None:
    """Writers that care for no case, or write URIs: the file is there and unchanged, and other readers miss it."""
    files = entries(document()) | {"Doc_0/Res/图.png": b"picture"}
    before, after = '"/Doc_0/Res/图.png"'.encode(), f'"{written}"'.encode()
    octets = signed_anew(seal(packed(files)), lambda xml: xml.replace(before, after))
    assert written.encode() in entries(octets)[SIGNATURE]
    report = judged(octets)
    assert (report.verdict, only(report).integrity.modified) == (Verdict.INDETERMINATE, False)
    assert judged(changed(octets, "Doc_0/Res/图.png", b"other")).verdict is Verdict.FAILED
    assert judged(changed(octets, "Doc_0/Res/图.png", None)).verdict is Verdict.FAILED


def test_a_missing_protected_file_fails() -> None:
    report = judged(changed(sealed(), "Doc_0/Res/hei.ttf", None))
    assert report.sub_indication is SubIndication.DOCUMENT_MODIFIED
    assert "缺失" in only(report).integrity.where[0].what_zh


def test_a_changed_description_fails_by_the_data_hash() -> None:
    report = judged(changed(sealed(), SIGNATURE, lambda octets: octets.replace(b'"120 200', b'"110 200')))
    found = only(report)
    assert (report.verdict, found.sub_indication) == (Verdict.FAILED, SubIndication.HASH_FAILURE)
    assert found.integrity.modified is True


def test_another_seal_beside_the_signature_is_not_the_one_that_was_signed() -> None:
    """The picture that a reader shows comes from Seal.esl; the writer left it out of the references."""
    other = sealing().esl(SesVersion.V4, name="某某市人民政府")
    loose = signed_anew(
        sealed(),
        lambda xml: re.sub(
            rb"<ofd:Reference FileRef=\"/Doc_0/Signs/Sign_0/Seal.esl\">.*?</ofd:Reference>", b"", xml
        ),
    )
    assert judged(loose).verdict is Verdict.PASSED, "the signature's own parts prove themselves"
    report = judged(changed(loose, SEAL, other))
    assert (report.verdict, report.sub_indication) == (Verdict.FAILED, SubIndication.SEAL_NOT_VALID)
    report = judged(changed(loose, SEAL, None))
    assert (report.verdict, report.sub_indication) == (Verdict.FAILED, SubIndication.SEAL_NOT_VALID)


def test_a_signature_moved_to_another_path_names_the_wrong_one() -> None:
    files = entries(sealed())
    moved = {name.replace("Sign_0", "Sign_7"): octets.replace(b"Sign_0", b"Sign_7") if name == LIST else octets
             for name, octets in files.items()}  # fmt: skip
    moved["Doc_0/Signs/Sign_0/SignedValue.dat"] = files[VALUE]
    moved["Doc_0/Signs/Sign_0/Seal.esl"] = files[SEAL]
    found = only(judged(packed(moved)))
    assert (found.verdict, found.sub_indication) == (Verdict.FAILED, SubIndication.SIG_CONSTRAINTS_FAILURE)
    assert "moved here" in found.reason.en


@pytest.mark.parametrize("method", ["MD5", "SHA1", "SHA-1", "", None])
def test_weak_or_absent_methods_are_no_proof(method: str | None) -> None:
    """MD5 is the default where nothing is said; every file still fits, and still it is not green."""
    algorithm = "sha1" if method and "1" in method else "md5"

    def weaken(xml: bytes) -> bytes:
        files = entries(sealed())

        def again(found: re.Match[bytes]) -> bytes:
            digest = hashlib.new(algorithm, files[found[1].decode()], usedforsecurity=False).digest()
            return b'FileRef="/' + found[1] + b'"><ofd:CheckValue>' + base64.b64encode(digest) + b"<"

        xml = re.sub(rb'FileRef="/([^"]+)"><ofd:CheckValue>[^<]+<', again, xml)
        said = b"" if method is None else f' CheckMethod="{method}"'.encode()
        return re.sub(rb' CheckMethod="[^"]*"', said, xml)

    report = judged(signed_anew(sealed(), weaken))
    assert (report.verdict, report.sub_indication) == (
        Verdict.INDETERMINATE,
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
    )
    assert only(report).integrity.modified is False


@pytest.mark.parametrize("method", ["SM3", "sm3", "1.2.156.10197.1.401", "1.2.156.10197.1.401.1"])
def test_methods_by_their_names_and_numbers(method: str) -> None:
    named = re.compile(rb'CheckMethod="[^"]*"')
    said = f'CheckMethod="{method}"'.encode()
    assert judged(signed_anew(sealed(), lambda xml: named.sub(said, xml))).verdict is Verdict.PASSED


def test_an_unknown_method_compares_nothing() -> None:
    odd = signed_anew(
        sealed(), lambda xml: re.sub(rb'CheckMethod="[^"]*"', b'CheckMethod="1.2.156.10197.1.401.2"', xml)
    )
    found = only(judged(odd))
    assert (found.verdict, found.sub_indication) == (
        Verdict.INDETERMINATE,
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
    )
    assert found.integrity.modified is None


@pytest.mark.parametrize(
    "spared", ["/Doc_0/Res/song.ttf", "/Doc_0/Res/hei.ttf", "/OFD.xml", "/Doc_0/PublicRes.xml", f"/{PAGE}"]
)
def test_a_file_that_a_reader_uses_and_nobody_signed_is_never_green(spared: str) -> None:
    """Real writers leave out OFD.xml, fonts or resources: these could be exchanged with every check green."""
    pattern = rb'<ofd:Reference FileRef="' + re.escape(spared.encode()) + rb'">.*?</ofd:Reference>'
    left = signed_anew(sealed(), lambda xml: re.sub(pattern, b"", xml))
    report = judged(left)
    assert (report.verdict, report.sub_indication) == (
        Verdict.INDETERMINATE,
        SubIndication.SIG_CONSTRAINTS_FAILURE,
    )
    assert report.coverage[0].open == (spared,)
    assert not only(report).integrity.covers_whole_document
    exchanged = judged(changed(left, spared.removeprefix("/"), lambda octets: octets + b" "))
    assert exchanged.verdict is not Verdict.PASSED


@pytest.mark.parametrize(
    "name", ["Doc_0/loose.bin", "loose.xml", "Doc_0/Signs/Sign_0/extra.dat", "a/b/c.png"]
)
def test_an_entry_that_nothing_reaches_and_nobody_signed_is_never_green(name: str) -> None:
    """However widely a walk looks, some reader may look further: what was put in after sealing is doubt, by its name."""
    report = judged(changed(sealed(), name, b"x"))
    assert (report.verdict, report.sub_indication) == (
        Verdict.INDETERMINATE,
        SubIndication.SIG_CONSTRAINTS_FAILURE,
    )
    assert report.coverage[0].loose == (f"/{name}",)
    assert name in report.reason.en
    assert not only(report).integrity.covers_whole_document


def test_an_entry_that_nothing_reaches_and_the_seal_protects_is_no_matter() -> None:
    """An unused font or a thumbnail, left by whatever wrote the document."""
    spare = seal(changed(document(), "Doc_0/Res/unused.ttf", b"font"))
    assert judged(spare).verdict is Verdict.PASSED
    assert judged(changed(spare, "Doc_0/Res/unused.ttf", b"other")).verdict is Verdict.FAILED


def folders(octets: bytes) -> bytes:
    """Write the entries of folders too, as many programs do."""
    made = {"Doc_0/": b"", "Doc_0/Res/": b"", "empty/": b""}
    return packed(made | entries(octets))


def test_entries_of_folders_are_no_matter() -> None:
    assert judged(folders(sealed())).verdict is Verdict.PASSED


def test_evidence_beside_a_signature_is_told_and_other_files_of_its_name_are_not_spared() -> None:
    name = "Doc_0/Signs/Sign_0/Evidence.p7c"
    evidence = encode_evidence(Evidence((sealing().pki.issuing.der,), (), ()))
    report = judged(changed(sealed(), name, evidence))
    assert (report.verdict, report.coverage[0].loose) == (Verdict.PASSED, (f"/{name}",))
    assert any(name in step.reason.en for step in report.coverage[0].steps)
    assert not only(report).integrity.covers_whole_document
    for other in (b"x", b"<a/>", evidence + b"<a/>"):
        report = judged(changed(sealed(), name, other))
        assert (report.verdict, report.coverage[0].loose) == (Verdict.INDETERMINATE, (f"/{name}",))
    elsewhere = judged(changed(sealed(), "Doc_0/Evidence.p7c", evidence))
    assert elsewhere.verdict is Verdict.INDETERMINATE


def test_what_a_signature_struck_off_the_list_leaves_behind_is_told() -> None:
    """The list is open: a row can be taken out of it by anybody."""
    twice = seal(sealed(), "2:20,20")
    struck = changed(twice, LIST, lambda octets: re.sub(rb"<ofd:Signature [^>]*Sign_1[^>]*/>", b"", octets))
    report = judged(struck)
    assert (report.verdict, len(report.coverage[0].loose)) == (Verdict.INDETERMINATE, 3)


def test_a_picture_beside_the_seal_counts_as_shown() -> None:
    """``Seal/ImageLoc`` (OFD 2.0): what a reader may draw instead of the picture inside the seal is protected, or not green."""
    here = b"<ofd:ImageLoc>/Doc_0/Signs/Sign_0/seal.png</ofd:ImageLoc></ofd:Seal>"
    with_picture = changed(sealed(), "Doc_0/Signs/Sign_0/seal.png", b"another seal")
    report = judged(signed_anew(with_picture, lambda xml: xml.replace(b"</ofd:Seal>", here)))
    assert (report.verdict, report.coverage[0].open) == (
        Verdict.INDETERMINATE,
        ("/Doc_0/Signs/Sign_0/seal.png",),
    )


def test_a_file_that_was_missing_and_comes_later_is_reached() -> None:
    """A reference to nothing, signed, then something put there: a font, say."""
    files = entries(document())
    files["Doc_0/PublicRes.xml"] = files["Doc_0/PublicRes.xml"].replace(
        b"</ofd:Fonts>",
        b'<ofd:Font ID="99" FontName="x"><ofd:FontFile>late.ttf</ofd:FontFile></ofd:Font></ofd:Fonts>',
    )
    first = seal(packed(files))
    assert judged(first).missing == ("late.ttf (/Doc_0/PublicRes.xml)",)
    later = judged(changed(first, "Doc_0/Res/late.ttf", b"font"))
    assert (later.verdict, later.coverage[0].open) == (Verdict.INDETERMINATE, ("/Doc_0/Res/late.ttf",))


def test_a_second_seal_leaves_the_first_valid() -> None:
    report = judged(seal(sealed(), "2:20,20"))
    assert report.verdict is Verdict.PASSED
    assert [item.verdict for item in report.signatures] == [Verdict.PASSED] * 2
    assert [item.open for item in report.coverage] == [(), ()]
    assert report.coverage[1].protected > report.coverage[0].protected, "the second protects the first"


def test_what_happens_to_the_first_seal_is_seen_by_the_second() -> None:
    twice = seal(sealed(), "2:20,20")
    files = entries(twice)
    gone = {name: octets for name, octets in files.items() if "Sign_0" not in name}
    gone[LIST] = re.sub(rb"<ofd:Signature [^>]*Sign_0[^>]*/>", b"", gone[LIST])
    report = judged(packed(gone))
    assert (report.verdict, len(report.signatures)) == (Verdict.FAILED, 1)


def test_a_lock_makes_a_later_signature_show() -> None:
    locked = seal(lock=FieldLock(LockAction.ALL))
    report = judged(locked)
    assert report.verdict is Verdict.PASSED
    assert report.coverage[0].locked
    row = b'<ofd:Signature ID="s9" Type="Sign" BaseLoc="/Doc_0/Signs/Sign_9/Signature.xml"/></ofd:Signatures>'
    later = judged(changed(locked, LIST, lambda octets: octets.replace(b"</ofd:Signatures>", row)))
    assert later.verdict is Verdict.FAILED
    assert "locked the list" in later.signatures[0].reason.en


def test_a_base_signature_must_hold_too() -> None:
    """``Relative`` (GM/T 0099): good with its base, as bad as its base, nothing without one."""
    twice = seal(sealed(), "2:20,20")

    def based(on: bytes) -> bytes:
        return changed(
            twice, LIST, lambda octets: octets.replace(b'ID="s003" ', b'ID="s003" Relative="' + on + b'" ')
        )

    assert b'ID="s003"' in entries(twice)[LIST]
    assert judged(based(b"s001")).verdict is Verdict.PASSED
    assert judged(based(b"s404")).signatures[1].verdict is Verdict.FAILED
    assert judged(based(b"s003")).signatures[1].verdict is Verdict.FAILED, "it cannot rest on itself"
    broken = changed(based(b"s001"), VALUE, lambda octets: octets[:-5] + bytes(5))
    assert (
        "rests on" in judged(broken).signatures[1].reason.en
        or judged(broken).signatures[1].verdict is Verdict.FAILED
    )


def test_after_its_certificate_ended_a_seal_rests_on_the_time_it_states() -> None:
    """So the seal standards have it, where lists up to its end tell that it was not revoked; no time-stamp is claimed that is not there."""
    world, day = sealing(), timedelta(days=1)
    lists = [world.pki.crl(this_update=NOW + 364 * day), *world.crls(this_update=NOW + 399 * day)]
    lists.append(world.pki.crl(world.pki.root, this_update=NOW + 399 * day))
    late = Verifier(world.trust(lists)).verify(sealed(), at=NOW + 400 * day)
    assert late.verdict is Verdict.PASSED, late.reason.en
    assert "no trusted time-stamp from before that proves it" in late.reason.en
    unknown = Verifier(trust()).verify(sealed(), at=NOW + 400 * day)
    assert (unknown.verdict, unknown.sub_indication) == (Verdict.INDETERMINATE, SubIndication.TRY_LATER)
    stamped = Verifier(trust()).verify(seal(stamped=True), at=NOW + timedelta(days=400))
    assert "no trusted time-stamp" not in stamped.reason.en


def test_a_seal_from_the_future_is_no_seal() -> None:
    before = Verifier(trust()).verify(sealed(), at=NOW - timedelta(days=30))
    assert before.verdict is Verdict.FAILED


def test_a_stranger_is_never_green() -> None:
    found = Verifier(TrustStore(())).verify(sealed(), at=NOW + timedelta(hours=1))
    assert (found.verdict, found.sub_indication) == (
        Verdict.INDETERMINATE,
        SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
    )


def attached(content: Callable[[bytes], bytes]) -> bytes:
    """Sign the digest as attached content, as a domestic writer does (GM/T 0099; SM2 with Z over the content)."""
    files = entries(seal(where="unseen", envelope=plain()))
    digest = DigestAlgorithm.SM3.digest(files[SIGNATURE]).value
    world = sealing()
    form = GmSignedData.of(world.keeper.der, (world.pki.issuing.der,))
    octets = content(digest)
    files[VALUE] = form.assemble(world.keeper.signer.sign(octets), content=octets)
    return packed(files)


@pytest.mark.parametrize("content", [bytes, base64.b64encode])
def test_the_digest_as_attached_content(content: Callable[[bytes], bytes]) -> None:
    found = only(judged(attached(content)))
    assert (found.verdict, found.container) == (Verdict.PASSED, "gbt35275"), found.reason.en


def test_attached_content_of_another_file_fails() -> None:
    found = only(judged(attached(lambda digest: digest[::-1])))
    assert (found.verdict, found.sub_indication) == (Verdict.FAILED, SubIndication.HASH_FAILURE)


def test_rfc5652_is_judged_as_well() -> None:
    """Whatever is inside the container decides, not what a list calls it."""
    files = entries(seal(where="unseen", envelope=plain()))
    envelope = CmsEnvelope(signatory(form=ContainerForm.RFC5652))
    tbs = envelope.to_sign(DigestAlgorithm.SM3.digest(files[SIGNATURE]), "")
    files[VALUE] = envelope.finish(sealing().keeper.signer.sign(tbs), None)
    found = only(judged(packed(files)))
    assert (found.verdict, found.container) == (Verdict.PASSED, "cms"), found.reason.en


@pytest.mark.parametrize(
    ("name", "octets"),
    [
        (VALUE, b""),
        (VALUE, b"\x30\x03\x02\x01\x01"),
        (VALUE, None),
        (SIGNATURE, b"<a/>"),
        (SIGNATURE, None),
        (VALUE, DOCUMENT),
    ],
)
def test_a_signature_that_cannot_be_read_fails_alone(name: str, octets: bytes | None) -> None:
    """The list names it, so it is there; the second one is judged all the same."""
    report = judged(changed(seal(sealed(), "2:20,20"), name, octets))
    assert report.verdict is Verdict.FAILED
    assert len(report.signatures) == 2
    assert report.signatures[0].indication is not Indication.TOTAL_PASSED


def test_a_seal_alone_in_the_value_is_no_signature() -> None:
    assert judged(changed(sealed(), VALUE, esl())).verdict is Verdict.FAILED


def test_a_list_that_is_missing_is_no_list() -> None:
    files = entries(sealed())
    del files[LIST]
    report = Verifier(TrustStore(())).verify(packed(files), at=NOW)
    assert report.verdict is Verdict.UNREADABLE
    assert "Signatures.xml" in report.reason.en


def test_a_report_crosses_processes_whole() -> None:
    at = NOW + timedelta(hours=1)
    report = verify_isolated(sealed(), trust(), at=at, name="test.ofd")
    assert isinstance(report, OfdReport)
    assert report == judged(sealed())
    told = report.to_json()["ofd"]
    assert (told["pages"], told["coverage"][0]["protected"]) == (2, 8)


def test_relative_locations_and_the_older_place_of_the_list() -> None:
    """BaseLoc beside the list, no leading slash; propertyInfo stays absolute."""
    files = entries(sealed())
    files[LIST] = files[LIST].replace(b'"/Doc_0/Signs/Sign_0/', b'"Sign_0/')
    assert judged(packed(files)).verdict is Verdict.PASSED


@pytest.mark.parametrize("part", [b"SignedValue", b"BaseLoc"])
@pytest.mark.parametrize("other", ["", "Doc_0/", "Doc_0/Signs/"])
def test_a_part_named_relatively_and_put_elsewhere_too_is_never_green(part: bytes, other: str) -> None:
    """Readers begin at the root, at the document or at the description: the one that comes later is another signature's."""
    relative = signed_anew(
        sealed(), lambda xml: xml.replace(b"<ofd:%s>/Doc_0/Signs/Sign_0/" % part, b"<ofd:%s>" % part)
    )
    assert judged(relative).verdict is Verdict.PASSED, "as many write it"
    name = {b"SignedValue": VALUE, b"BaseLoc": SEAL}[part]
    later = judged(changed(relative, other + name.rpartition("/")[2], entries(sealed())[name]))
    assert (later.verdict, later.sub_indication) == (
        Verdict.INDETERMINATE,
        SubIndication.SIG_CONSTRAINTS_FAILURE,
    )
    assert "may mean several files" in later.reason.en


def test_a_row_that_may_mean_two_signatures_is_refused() -> None:
    """Anybody may write it: the list is open, and the forged one stands where some readers begin."""
    files = entries(sealed())
    files[LIST] = files[LIST].replace(b'"/Doc_0/Signs/Sign_0/', b'"Sign_0/')
    assert judged(packed(files)).verdict is Verdict.PASSED
    for name in (SIGNATURE, VALUE, SEAL):
        files[name.removeprefix("Doc_0/Signs/")] = files[name]
    report = Verifier(trust()).verify(packed(files), at=NOW)
    assert (report.verdict, "several files" in report.reason.en) == (Verdict.UNREADABLE, True)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"</ofd:Signatures>", b"<ofd:Signatures>%s</ofd:Signatures></ofd:Signatures>"),
        (b"</ofd:Signatures>", b"<ofd:Extra>%s</ofd:Extra></ofd:Signatures>"),
        (b'Signature.xml"/>', b'Signature.xml">%s</ofd:Signature>'),
    ],
)
def test_a_signature_deeper_in_the_list_is_refused(before: bytes, after: bytes) -> None:
    """Readers that search by name take it for one of the list; nobody judged it."""
    row = b'<ofd:Signature ID="s9" Type="Seal" BaseLoc="/Doc_0/Signs/Sign_1/Signature.xml"/>'
    nested = changed(sealed(), LIST, lambda octets: octets.replace(before, after % row))
    report = Verifier(trust()).verify(nested, at=NOW)
    assert (report.verdict, "where the standard does not have it" in report.reason.en) == (
        Verdict.UNREADABLE,
        True,
    )


def with_scope(scope: str, change: Callable[[bytes], bytes]) -> bytes:
    """Seal by GM/T 0031-2014 with another statement of what the seal protects."""
    files, world = entries(sealed()), sealing()
    del files[SEAL]
    without = re.sub(
        rb'<ofd:Reference FileRef="/Doc_0/Signs/Sign_0/Seal.esl">.*?</ofd:Reference>', b"", files[SIGNATURE]
    )
    files[SIGNATURE] = change(re.sub(rb"<ofd:Seal>.*?</ofd:Seal>", b"", without, flags=re.DOTALL))
    tbs = der.sequence(
        der.integer(11),
        world.esl_v1(),
        der.bit_string(f"{NOW:%Y-%m-%dT%H:%M:%S}Z".encode()),
        der.bit_string(DigestAlgorithm.SM3.digest(files[SIGNATURE]).value),
        ia5(scope),
        der.octet_string(world.keeper.der),
        SM2_SM3,
    )
    files[VALUE] = der.sequence(tbs, der.bit_string(world.keeper.signer.sign(tbs)))
    return packed(files)


@pytest.mark.parametrize(
    "scope", ["", " ", "OFD", "docid=1;time=2026/11/23", "Signature.xml", "./Signature.xml"]
)
@pytest.mark.parametrize(("relative", "verdict"), [(False, Verdict.PASSED), (True, Verdict.INDETERMINATE)])
def test_a_seal_that_states_no_scope(scope: str, relative: bool, verdict: Verdict) -> None:
    """The standard of 2014 leaves the text to the writer: without it nothing is lost but where locations depend on the place."""
    before, after = b"<ofd:SignedValue>/Doc_0/Signs/Sign_0/", b"<ofd:SignedValue>"
    report = judged(with_scope(scope, lambda xml: xml.replace(before, after) if relative else xml))
    assert report.verdict is verdict, report.reason.en
    assert any(step.key == "scope" and "for its scope" in step.reason.en for step in report.coverage[0].steps)


@pytest.mark.parametrize("scope", [f"/{SIGNATURE}", f"{SIGNATURE}\x00", f"\\{SIGNATURE}".replace("/", "\\")])
def test_a_scope_that_names_its_description_in_other_ways(scope: str) -> None:
    before, after = b"<ofd:SignedValue>/Doc_0/Signs/Sign_0/", b"<ofd:SignedValue>"
    report = judged(with_scope(scope, lambda xml: xml.replace(before, after)))
    assert report.verdict is Verdict.PASSED, report.reason.en


@pytest.mark.parametrize(
    "scope", ["/", "/Doc_0/Signs/Sign_1/Signature.xml", "x/Signature.xml", "[0 840 17226 512]"]
)
def test_a_scope_that_is_something_else_is_another_signature(scope: str) -> None:
    """What somebody put under a PDF, or under another description, is not under this one, whatever its digest."""
    report = judged(with_scope(scope, bytes))
    assert (report.verdict, report.sub_indication) == (
        Verdict.FAILED,
        SubIndication.SIG_CONSTRAINTS_FAILURE,
    )


def test_a_reference_twice_to_one_file_is_no_description() -> None:
    """Of two digests for one file another verifier may heed the other one."""
    twice = signed_anew(
        sealed(),
        lambda xml: re.sub(rb'(<ofd:Reference FileRef="/OFD.xml">.*?</ofd:Reference>)', rb"\1\1", xml),
    )
    report = judged(twice)
    assert (report.verdict, "twice" in report.reason.en) == (Verdict.FAILED, True)


def test_a_borrowed_seal_beside_a_plain_signature_is_never_green() -> None:
    """A signer without a seal of its own names one taken from elsewhere, and readers show it."""
    files = entries(seal(where="unseen", envelope=plain()))
    files[SEAL] = esl()
    named = b"<ofd:Seal><ofd:BaseLoc>/" + SEAL.encode() + b"</ofd:BaseLoc></ofd:Seal></ofd:SignedInfo>"
    files[SIGNATURE] = files[SIGNATURE].replace(b"</ofd:SignedInfo>", named)
    envelope = plain()
    tbs = envelope.to_sign(DigestAlgorithm.SM3.digest(files[SIGNATURE]), "")
    files[VALUE] = envelope.finish(sealing().keeper.signer.sign(tbs), None)
    report = judged(packed(files))
    assert (report.verdict, report.sub_indication) == (Verdict.INDETERMINATE, SubIndication.SEAL_NOT_VALID)


@pytest.mark.parametrize(
    ("written", "entry"),
    [("late.ttf", "LATE.TTF"), ("LATE.ttf", "late.ttf"), ("sub\\late", "sub/late"), ("late", "late")],
)
def test_a_file_that_comes_later_is_reached_in_any_spelling(written: str, entry: str) -> None:
    """Some file systems ignore case; locations need no suffix and may have backslashes."""
    files = entries(document())
    named = f'<ofd:Font ID="99" FontName="x" Odd="{written}"/></ofd:Fonts>'.encode()
    files["Doc_0/PublicRes.xml"] = files["Doc_0/PublicRes.xml"].replace(b"</ofd:Fonts>", named)
    later = judged(changed(seal(packed(files)), f"Doc_0/Res/{entry}", b"font"))
    assert (later.verdict, later.coverage[0].open) == (Verdict.INDETERMINATE, (f"/Doc_0/Res/{entry}",))


def test_xml_that_our_reader_cannot_follow_may_lead_anywhere() -> None:
    """A resource file in EBCDIC, which other XML readers know: what comes later might be named in it."""
    files = entries(document())
    files["Doc_0/odd.bin"] = '<?xml version="1.0" encoding="cp037"?><a>late.png</a>'.encode("cp037")
    files["Doc_0/Document.xml"] = files["Doc_0/Document.xml"].replace(
        b"</ofd:CommonData>", b"<ofd:PublicRes>odd.bin</ofd:PublicRes></ofd:CommonData>"
    )
    first = seal(packed(files))
    assert judged(first).verdict is Verdict.PASSED
    for late in ("Doc_0/late.png", "Doc_0/Signs/Sign_0/Evidence.p7c"):
        later = judged(changed(first, late, b"x"))
        assert (later.verdict, later.coverage[0].open) == (Verdict.INDETERMINATE, (f"/{late}",))


def test_documents_that_share_a_list_do_not_multiply_its_signatures() -> None:
    files = entries(sealed())
    row = b'<ofd:Signature ID="x%d" BaseLoc="/Doc_0/Signs/Sign_0/%d.xml"/>'
    rows = b"".join(row % (number, number) for number in range(10))
    files[LIST] = files[LIST].replace(b"</ofd:Signatures>", rows + b"</ofd:Signatures>")
    body = re.search(rb"<ofd:DocBody>.*</ofd:DocBody>", files["OFD.xml"], re.DOTALL)
    assert body is not None
    files["OFD.xml"] = files["OFD.xml"].replace(body[0], body[0] * 60)
    report = Verifier(trust()).verify(packed(files), at=NOW)
    assert (report.verdict, "lists a signature twice" in report.reason.en) == (Verdict.UNREADABLE, True)


def test_a_report_names_some_files_and_counts_all() -> None:
    """Thousands of loose entries and two hundred signatures would make a report of gigabytes."""
    files = entries(sealed()) | {f"Doc_0/loose/{number}.bin": b"" for number in range(MAX_NAMED + 50)}
    report = judged(packed(files))
    assert len(report.coverage[0].loose) == MAX_NAMED
    assert any(str(MAX_NAMED + 50) in step.reason.en for step in report.coverage[0].steps)


def with_many_missing(signatures: int) -> bytes:
    """Add signatures that protect two hundred files of long names each, none of them there."""
    files = entries(sealed())
    names = [("文" * 990 + str(number)).encode() for number in range(200)]
    row = b'<ofd:Reference FileRef="/%s"><ofd:CheckValue>AA==</ofd:CheckValue></ofd:Reference>'
    long = b"".join(row % name for name in names) + b"</ofd:References>"
    described = re.sub(rb"<ofd:Reference .*</ofd:References>", long, files[SIGNATURE], flags=re.DOTALL)
    rows = []
    for number in range(1, signatures + 1):
        name = f"Doc_0/Signs/Sign_{number}/Signature.xml"
        files[name] = described
        rows.append(f'<ofd:Signature ID="x{number}" Type="Seal" BaseLoc="/{name}"/>'.encode())
    files[LIST] = files[LIST].replace(b"</ofd:Signatures>", b"".join(rows) + b"</ofd:Signatures>")
    return packed(files)


def test_a_report_of_many_signatures_stays_small() -> None:
    """Each may name two hundred files, each of a thousand characters: some of each, and of long paths the ends."""
    one, many = (judged(with_many_missing(count)) for count in (1, 20))
    assert [len(report.signatures[1].integrity.where) for report in (one, many)] == [
        MAX_NAMED,
        limits.MAX_NAMED_TOTAL // 21 + 1,
    ], "and the description itself"
    changes = [change for item in many.signatures for change in item.integrity.where]
    assert max(len(change.object) for change in changes) == limits.MAX_SHOWN_PATH
    assert "200 protected files" in many.signatures[1].reason.en
    assert len(json.dumps(many.to_json())) < 3_000_000


def test_a_report_that_is_too_long_is_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asked must not pay for what a document makes the verifier say: the worker's answer has a limit on both sides."""
    at = NOW + timedelta(hours=1)
    monkeypatch.setattr(isolated, "REPORT", 1000)
    report = verify_isolated(sealed(), trust(), at=at)
    assert (report.verdict, report.sub_indication) == (Verdict.INDETERMINATE, SubIndication.LIMIT_REACHED)
    assert len(worker._packed(judged(sealed()))) > 2000
    monkeypatch.setattr(worker, "REPORT", 2000)
    told = json.loads(worker._packed(judged(sealed())))
    assert (told["verdict"], told["sub_indication"]) == ("indeterminate", "LIMIT_REACHED")


def test_references_of_all_signatures_have_a_limit_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_REFERENCES_TOTAL", 10)
    assert judged(sealed()).verdict is Verdict.PASSED
    report = Verifier(trust()).verify(seal(sealed(), "2:20,20"), at=NOW)
    assert (report.verdict, "together" in report.reason.en) == (Verdict.UNREADABLE, True)
