"""Seal signatures in PDF, told by their content, and what must not pass for one (C1, D1; standards: GB/T 38540, GM/T 0031)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from ca import der
from seals.seal import SealStatus
from seals.ses.parts import SesExtension, SesVersion
from seals.ses.scope import byte_range_scope, read_byte_range
from seals.ses.signature_writer import SignatureContent, assemble_signature, encode_tbs
from seals.ses.structure import read_signature
from seals.statement import SEAL_STATEMENT_OID
from signing.containers.certification import Certification
from signing.containers.cms import ContainerForm
from signing.containers.envelope import CMS_NAMES, ContainerKind, PdfNames
from signing.errors import ContainerUnfit
from tests.container_world import BOTH_WRITERS, Containers, Wish, international, national
from tests.pki import Party
from tests.ses_world import other_pki
from tests.verify_world import append, small_pdf
from verify.readers import Place, readers
from verify.report import SignatureReport
from verify.signatures.containers import Container, container_of, without_padding
from verify.table import lines
from verify.trust import TrustStore
from verify.verdict import Indication, SubIndication, Verdict

DAY = timedelta(days=1)
WRITERS = pytest.mark.parametrize("by", BOTH_WRITERS, ids=["our writer", "pyHanko"])
VERSIONS = pytest.mark.parametrize("version", [SesVersion.V4, SesVersion.V5], ids=["v4", "v5"])


@pytest.fixture(scope="module")
def gm() -> Containers:
    return national()


@pytest.fixture(scope="module")
def sealed(gm: Containers) -> bytes:
    return gm.put()


def trust(gm: Containers, **more: Any) -> TrustStore:
    """Trust the root alone: the chains come from the document."""
    return TrustStore([gm.pki.root.certificate], crls=gm.crls(), **{"seal_lists": [gm.status_list()], **more})


def only(gm: Containers, data: bytes, **more: Any) -> SignatureReport:
    return gm.only(data, trust=trust(gm, **more))


def contents(data: bytes) -> bytes:
    """Return the container of the last signature."""
    found = without_padding(bytes.fromhex(re.findall(rb"/Contents\s*<([0-9A-Fa-f]+)>", data)[-1].decode()))
    assert found is not None
    return found


def with_contents(data: bytes, octets: bytes) -> bytes:
    """Put other octets into the place of the last signature, which no ByteRange covers."""
    place = list(re.finditer(rb"/Contents\s*<([0-9A-Fa-f]+)>", data))[-1]
    room = place.end(1) - place.start(1)
    return data[: place.start(1)] + octets.hex().encode().ljust(room, b"0") + data[place.end(1) :]


def failed(found: SignatureReport, sub: SubIndication) -> bool:
    return (found.indication, found.sub_indication) == (Indication.TOTAL_FAILED, sub)


@WRITERS
@VERSIONS
@pytest.mark.parametrize("stamped", [False, True], ids=["plain", "stamped"])
def test_a_seal_signature_in_a_pdf_is_valid(
    gm: Containers, version: SesVersion, stamped: bool, by: Any
) -> None:
    """Signature, seal, list, digest of the ByteRange, stated range, statement and registry state, all in one verdict."""
    data = gm.put(None, Wish(version=version, stamped=stamped, by=by))
    found = only(gm, data)
    assert found.indication is Indication.TOTAL_PASSED, found.reason.en
    assert (found.container, found.kind.value, found.level) == (
        "ses",
        "seal",
        "SES-T" if stamped else "SES-B",
    )
    assert found.algorithm == "SM2 / SM3"
    assert found.seal is not None
    assert (found.seal.code, found.seal.permit != "") == ("11010800000001", True)
    assert (found.seal_then.status, found.seal_now.status) == ("active", "active")
    assert found.seal_data is not None
    assert (found.seal_data.standard, len(found.seal_data.steps)) == (version.standard, 20)
    signature = read_signature(contents(data))
    assert signature.deviations == ()
    assert read_byte_range(signature.scope) == read_byte_range(found.seal_data.scope)
    span = re.findall(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]", data)[-1]
    assert read_byte_range(signature.scope) == tuple(map(int, span))


def test_a_seal_signature_of_others_has_no_statement(gm: Containers) -> None:
    """The seal is then what its own data says, its state what the maker's list says."""
    data = gm.put(None, Wish(stated=False))
    found = only(gm, data)
    assert found.indication is Indication.TOTAL_PASSED
    assert found.seal is not None
    assert (found.seal.code, found.seal.permit, found.seal.trusted) == ("11010800000001", "", True)
    frozen = gm.status_list(
        (gm.now - DAY, SealStatus.ACTIVE), (gm.now - timedelta(hours=1), SealStatus.FROZEN)
    )
    stopped = only(gm, data, seal_lists=[frozen])
    assert failed(stopped, SubIndication.SEAL_NOT_VALID)
    unknown = only(gm, data, seal_lists=[])
    assert (unknown.indication, unknown.seal_now.status) == (Indication.TOTAL_PASSED, "unknown")


def test_an_unknown_root_is_never_green(gm: Containers, sealed: bytes) -> None:
    found = gm.only(sealed, trust=TrustStore([other_pki().root.certificate]))
    assert found.indication is Indication.INDETERMINATE


def test_any_name_goes_and_one_that_lies_is_told(gm: Containers) -> None:
    """By content, not by SubFilter: the usual name, the names of others, a name nobody knows, CMS under the name of seals."""
    for names, told in (
        (PdfNames("Adobe.PPKMS", "adbe.pkcs7.detached"), False),
        (PdfNames("GM.PKILite", "GM.SM2"), False),
        (PdfNames("Some.Maker", "Some.Seal"), True),
        (CMS_NAMES[ContainerForm.RFC5652], True),
    ):
        found = only(gm, gm.put(None, Wish(names=names)))
        assert (found.indication, found.container) == (Indication.TOTAL_PASSED, "ses")
        assert any("按内容" in note.zh for note in found.notes) is told, names
    plain = gm.put(None, Wish(ContainerKind.CMS))
    room = len(b"/ETSI.CAdES.detached")
    renamed = plain.replace(b"/ETSI.CAdES.detached", b"/GM.SES".ljust(room))
    assert only(gm, renamed).sub_indication is SubIndication.HASH_FAILURE, "the name itself is signed"


def test_cms_under_the_name_of_seal_signatures(gm: Containers) -> None:
    from dataclasses import replace

    wish = Wish(ContainerKind.CMS)
    envelope = gm.envelope(small_pdf(), wish)
    renamed = replace(envelope, names=PdfNames("GM.PKILite", "GM.SES"))  # type: ignore[type-var]
    world = type("Named", (Containers,), {"envelope": lambda *_: renamed})
    named = world(gm.now, gm.suite)
    named.__dict__.update(gm.__dict__)
    found = only(gm, named.put(None, wish))
    assert (found.indication, found.container) == (Indication.TOTAL_PASSED, "cms")
    assert any("/GM.SES" in note.en for note in found.notes)


def test_changed_content(gm: Containers, sealed: bytes) -> None:
    found = only(gm, sealed.replace(b"Contract No. 2026-001", b"Contract No. 2026-007", 1))
    assert failed(found, SubIndication.HASH_FAILURE)
    assert found.integrity.modified is True
    assert found.signer is not None


def test_content_appended(gm: Containers, sealed: bytes) -> None:
    body = b"BT /F1 24 Tf 72 720 Td (Pay ten million) Tj ET"
    found = only(gm, append(sealed, {7: b"<</Length %d>>stream\n%s\nendstream" % (len(body), body)}))
    assert failed(found, SubIndication.DOCUMENT_MODIFIED)


def _range(data: bytes, change: Callable[[list[int]], list[int]]) -> bytes:
    found = list(re.finditer(rb"/ByteRange\s*(\[[^\]]*\])", data))[-1]
    numbers = change([int(n) for n in re.findall(rb"\d+", found[1])])
    written = b"[%s]" % b" ".join(b"%d" % n for n in numbers)
    return data[: found.start(1)] + written.ljust(len(found[1])) + data[found.end(1) :]


RANGES: dict[str, Callable[[list[int]], list[int]]] = {
    "short at the end": lambda n: [n[0], n[1], n[2], n[3] - 10],
    "short before the gap": lambda n: [n[0], n[1] - 10, n[2], n[3]],
    "a wider gap": lambda n: [n[0], n[1], n[2] + 10, n[3] - 10],
    "overlapping": lambda n: [n[0], n[1], n[2] - 200, n[3] + 200],
    "not from the start": lambda n: [5, n[1] - 5, n[2], n[3]],
    "three numbers": lambda n: n[:3],
}


@pytest.mark.parametrize("attack", RANGES)
def test_a_byte_range_that_leaves_something_out(gm: Containers, sealed: bytes, attack: str) -> None:
    """CN115514491A and its like: whoever has the key signs less than the file; the digest alone would hold."""
    data = _range(sealed, RANGES[attack])
    found = only(gm, data)
    assert found.indication is Indication.TOTAL_FAILED, found.reason.en
    assert found.sub_indication in {
        SubIndication.FORMAT_FAILURE,
        SubIndication.HASH_FAILURE,
        SubIndication.DOCUMENT_MODIFIED,
    }


def resigned(gm: Containers, data: bytes, signer: Party | None = None, **changes: Any) -> bytes:
    """Sign anew with the keeper's own key, with members of TBS_Sign as an insider might choose them."""
    was = read_signature(contents(data))
    from hsm.algorithms import Digest, DigestAlgorithm

    members: dict[str, Any] = {
        "version": was.version,
        "seal": was.seal.octets,
        "when": was.time.value,
        "document": Digest(DigestAlgorithm.SM3, was.data_hash),
        "scope": was.scope,
        "extensions": was.extensions,
        **changes,
    }
    tbs = encode_tbs(SignatureContent(**members))
    keeper = signer or gm.keeper
    return with_contents(data, assemble_signature(tbs, keeper.der, keeper.signer.sign(tbs)))


def test_resigning_alone_changes_nothing(gm: Containers, sealed: bytes) -> None:
    assert only(gm, resigned(gm, sealed)).indication is Indication.TOTAL_PASSED


def test_a_stated_range_that_is_not_the_signatures(gm: Containers, sealed: bytes) -> None:
    found = only(gm, resigned(gm, sealed, scope=byte_range_scope(0, 100, 200, 300)))
    assert failed(found, SubIndication.FORMAT_FAILURE)
    assert "ByteRange" in found.reason.zh
    assert only(gm, resigned(gm, sealed, scope="whole file")).indication is Indication.TOTAL_PASSED, (
        "free texts are no claim"
    )


def test_the_seal_swapped_for_one_of_another_keeper(gm: Containers, sealed: bytes) -> None:
    """The signer's certificate is not in that seal's list."""
    stranger = gm.pki.party()
    other = gm.esl(signers=(stranger.der,), code="11010800000002")
    found = only(gm, resigned(gm, sealed, seal=other))
    assert found.indication is Indication.TOTAL_FAILED
    assert found.sub_indication in {SubIndication.SEAL_NOT_VALID, SubIndication.SIG_CONSTRAINTS_FAILURE}


def test_the_seal_swapped_for_another_of_the_same_keeper(gm: Containers, sealed: bytes) -> None:
    """The list would hold; the maker's statement is about the seal that was permitted."""
    other = gm.esl(code="11010800000009")
    found = only(gm, resigned(gm, sealed, seal=other))
    assert failed(found, SubIndication.SEAL_NOT_VALID)
    assert "同一枚" in found.reason.zh


def test_the_seal_swapped_without_the_key(gm: Containers, sealed: bytes) -> None:
    octets, was = contents(sealed), read_signature(contents(sealed))
    other = gm.esl(code="11010800000009")
    tbs = was.signed.replace(was.seal.octets, other) if len(other) == len(was.seal.octets) else None
    swapped = (
        octets.replace(was.signed, tbs)
        if tbs is not None
        else assemble_signature(
            encode_tbs(
                SignatureContent(
                    was.version,
                    other,
                    was.time.value or gm.now,
                    _digest(was.data_hash),
                    was.scope,
                    was.extensions,
                )
            ),
            was.certificate,
            was.signature,
        )
    )
    assert failed(only(gm, with_contents(sealed, swapped)), SubIndication.SIG_CRYPTO_FAILURE)


def _digest(value: bytes) -> Any:
    from hsm.algorithms import Digest, DigestAlgorithm

    return Digest(DigestAlgorithm.SM3, value)


def test_the_seal_signature_of_another_document(gm: Containers, sealed: bytes) -> None:
    other = gm.put(small_pdf(text="Another contract"))
    found = only(gm, with_contents(sealed, contents(other)))
    assert found.indication is Indication.TOTAL_FAILED
    assert found.sub_indication in {
        SubIndication.HASH_FAILURE,
        SubIndication.FORMAT_FAILURE,
        SubIndication.SEAL_NOT_VALID,
    }


def test_the_statement_of_another_document(gm: Containers, sealed: bytes) -> None:
    stated = gm.statement(small_pdf(text="Another contract"), gm.keeper)
    item = SesExtension(SEAL_STATEMENT_OID, critical=False, value=der.utf8_string(stated))
    assert failed(only(gm, resigned(gm, sealed, extensions=(item,))), SubIndication.SEAL_NOT_VALID)
    broken = SesExtension(SEAL_STATEMENT_OID, critical=False, value=b"\x04\x00")
    assert failed(only(gm, resigned(gm, sealed, extensions=(broken,))), SubIndication.SEAL_NOT_VALID)


def test_a_bare_seal_signs_nothing(gm: Containers, sealed: bytes) -> None:
    found = only(gm, with_contents(sealed, gm.esl()))
    assert failed(found, SubIndication.FORMAT_FAILURE)


def test_octets_behind_the_seal_signature(gm: Containers, sealed: bytes) -> None:
    found = only(gm, with_contents(sealed, contents(sealed) + b"\x30\x03\x02\x01\x01"))
    assert failed(found, SubIndication.FORMAT_FAILURE)


def test_containers_changed_about(gm: Containers, sealed: bytes) -> None:
    """A CMS signature of the same key in the place of the seal signature, and the other way about."""
    plain = gm.put(None, Wish(ContainerKind.CMS))
    assert only(gm, with_contents(sealed, contents(plain))).indication is Indication.TOTAL_FAILED
    stated = gm.put(None, Wish(stated=False))
    assert only(gm, with_contents(plain, contents(stated))).indication is Indication.TOTAL_FAILED


def test_a_seal_signature_certifies_and_is_archived(gm: Containers) -> None:
    data = gm.put(None, Wish(), certify=Certification.NO_CHANGES)
    found = only(gm, data)
    assert (found.indication, found.integrity.certification) == (Indication.TOTAL_PASSED, "no-changes")


@pytest.mark.parametrize("national_first", [True, False])
@pytest.mark.parametrize("kind", list(ContainerKind))
def test_both_suites_side_by_side(gm: Containers, kind: ContainerKind, national_first: bool) -> None:
    """One PDF, an international and a national signature in either order: both valid, each with its readers named."""
    abroad, wish = international(), Wish(ContainerKind.CMS)
    if national_first:
        data = abroad.put(gm.put(None, Wish(kind)), wish, place="2:60,60")
    else:
        data = gm.put(abroad.put(None, wish), Wish(kind), place="2:60,60")
    store = TrustStore(
        [gm.pki.root.certificate, abroad.pki.root.certificate],
        crls=[*gm.crls(), *abroad.crls()],
        seal_lists=[gm.status_list(), abroad.status_list()],
    )
    report = gm.verify(data, trust=store)
    assert report.verdict is Verdict.PASSED, report.reason.en
    names = [one.algorithm for one in report.signatures]
    assert names == (["SM2 / SM3", "P-256 / SHA-256"] if national_first else ["P-256 / SHA-256", "SM2 / SM3"])
    told = "\n".join(lines(report))
    assert told.count("可核验者 readers") == 2
    assert all(one.to_json()["readers"] and one.to_json()["readers_zh"] for one in report.signatures)


def test_a_seal_signature_needs_an_sm2_key() -> None:
    abroad = international()
    with pytest.raises(ContainerUnfit):
        abroad.envelope(small_pdf(), Wish(ContainerKind.SES, esl=b"0"))


def test_every_result_has_readers() -> None:
    for container in Container:
        for place in Place:
            for national_one in (False, True):
                if container in {Container.CMS, Container.TIME_STAMP} or national_one:
                    said = readers(container, place, national=national_one)
                    assert said.zh.endswith("。")
                    assert said.en.endswith(".")


@pytest.mark.parametrize(
    "octets",
    [b"", b"\x30", b"\x30\x80", b"\x30\x00", b"%PDF-1.7", b"\x30\x03\x06\x01\x2a", b"\x30\x82\xff\xff"],
)
def test_what_is_no_container(octets: bytes) -> None:
    assert container_of(octets) is None
