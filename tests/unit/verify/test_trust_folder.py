"""A trust folder: what is damaged in it stops the loading, since an older file would go on counting in its place."""

from __future__ import annotations

import base64
import io
import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from seals.jws import sign
from seals.seal import SealStatus
from tests.bare_world import void_list
from tests.container_world import Containers
from tests.unit.verify.test_seals import DAY, Sealing
from tests.verify_world import Signing
from verify.acceptance.errors import DepartmentPolicyInvalid
from verify.acceptance.shelf import example_text, in_folder
from verify.command import USAGE_STATUS, run
from verify.folder import TrustFolderUnusable, load_trust
from verify.report import CertificateStatus

HOUR = timedelta(hours=1)
STOPPED = x509.ReasonFlags.key_compromise


@pytest.fixture
def sealing(signing: Signing) -> Sealing:
    return Sealing(signing)


def pem_list(octets: bytes) -> bytes:
    return x509.load_der_x509_crl(octets).public_bytes(Encoding.PEM)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda jws: jws[:-40],
        lambda jws: jws[:300],
        lambda jws: f"{jws[:-8]}AAAAAAAA",
        lambda _: "<html>503 Service Unavailable.</html>",
        lambda _: '{"error": "503"}',
        lambda _: "",
    ],
    ids=["cut off", "cut off early", "another signature", "a page", "an error", "empty"],
)
@pytest.mark.parametrize("voided", [False, True])
def test_a_damaged_list_of_a_maker_stops_the_loading(
    trust: Path, sealing: Sealing, *, voided: bool, spoil: Callable[[str], str]
) -> None:
    """The older one beside it would go on saying that the seal is in use, the document not voided."""
    jws = void_list(Containers(sealing.now)) if voided else sealing.status_list()
    (trust / "old.jws").write_text(jws)
    assert load_trust(trust).seal_lists == [jws]
    (trust / "new.jws").write_text(spoil(jws))
    with pytest.raises(TrustFolderUnusable, match=r"new\.jws .* is damaged") as refused:
        load_trust(trust)
    assert "new.jws 已损坏" in refused.value.zh


def test_the_command_names_a_damaged_list(trust: Path, sealing: Sealing, tmp_path: Path) -> None:
    signing = sealing.signing
    (tmp_path / "sealed.pdf").write_bytes(sealing.seal(stamp=False))
    states = (signing.now - 20 * DAY, SealStatus.ACTIVE), (signing.now + HOUR, SealStatus.FROZEN)
    made = sealing.status_list(*states, number=2, issued_at=signing.now + 2 * HOUR)
    (trust / "1.jws").write_text(sealing.status_list())

    def verdict(newest: str) -> tuple[int, str]:
        (trust / "2.jws").write_text(newest)
        said = io.StringIO()
        asked = [str(tmp_path / "sealed.pdf"), "--trust", str(trust)]
        return run(asked, clock=lambda: signing.now + 3 * HOUR, out=said, errors=said), said.getvalue()

    assert verdict(made)[0] == 2
    status, said = verdict(made[:-40])
    assert (status, "2.jws" in said) == (USAGE_STATUS, True)


def test_lists_that_no_verification_asks_for_are_none_of_its_concern(trust: Path, sealing: Sealing) -> None:
    """Whoever keeps records or reports in the folder, or lists of a maker that is not trusted, verifies as before."""
    maker, stranger = sealing.maker, Sealing(Signing(sealing.signing.now))
    other = sign({"what": "else"}, typ="else+jws", signer=maker.signer, chain=[maker.der, *maker.chain])
    kept = [other, f"{other}\n{other}", other[:-10], stranger.status_list()]
    for number, jws in enumerate(kept):
        (trust / f"{number}.jws").write_text(jws + "\n")
    assert load_trust(trust).seal_lists == kept


def unsuccessful() -> bytes:
    made = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)
    return made.public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    "spoil",
    [lambda der: der[:-30], base64.b64encode, lambda _: b"<html>503</html>", lambda _: unsuccessful(), lambda _: b""],
    ids=["cut off", "base64", "a page", "try later", "empty"],
)  # fmt: skip
def test_an_answer_that_cannot_be_used_stops_the_loading(
    trust: Path, signing: Signing, spoil: Callable[[bytes], bytes]
) -> None:
    der = signing.pki.ocsp(signing.keeper.certificate, revoked=(signing.now, STOPPED))
    (trust / "new.ocsp").write_bytes(der)
    assert load_trust(trust).ocsp == [der]
    (trust / "new.ocsp").write_bytes(spoil(der))
    with pytest.raises(TrustFolderUnusable, match=r"new\.ocsp .* is no OCSP response that can be used"):
        load_trust(trust)


def test_every_list_and_certificate_of_a_PEM_file_is_taken(trust: Path, signing: Signing, b_b: bytes) -> None:
    """An authority's bundle: its certificate, its list, and a list beside; the last of them revokes."""
    revoked = {signing.keeper.certificate.serial_number: (signing.now, STOPPED)}
    newer = signing.pki.crl(revoked=revoked, this_update=signing.now + HOUR, number=2)
    certificate = signing.pki.issuing.certificate.public_bytes(Encoding.PEM)
    lists = [pem_list(der) for der in signing.crls()] + [pem_list(newer)]
    for name, parts in (("bundle.pem", [certificate, *lists]), ("bundle.crl", lists), ("lists.pem", lists)):
        (trust / name).write_bytes(b"".join(parts))
        store = load_trust(trust)
        assert newer in store.crls, name
        assert len(store.intermediates) == (name == "bundle.pem")
        report = signing.verify(b_b, trust=store, at=signing.now + 2 * HOUR)
        assert report.signatures[0].certificate_now.status == CertificateStatus.REVOKED.value
        (trust / name).unlink()


@pytest.mark.parametrize("name", ["a.pem", "a.crl"])
def test_a_PEM_file_that_was_cut_off_stops_the_loading(trust: Path, signing: Signing, name: str) -> None:
    certificate = signing.pki.issuing.certificate.public_bytes(Encoding.PEM)
    listed = pem_list(signing.crls()[0])
    whole = certificate + listed + certificate if name == "a.pem" else listed + listed
    (trust / name).write_bytes(whole)
    load_trust(trust)
    for size in (10, 100, len(certificate) + 100 if name == "a.pem" else len(listed) - 30):
        (trust / name).write_bytes(whole[:-size])
        with pytest.raises(TrustFolderUnusable, match="is damaged"):
            load_trust(trust)


def _link_to_a_folder(place: Path, elsewhere: Path) -> None:
    place.symlink_to(elsewhere)


def _link_to_nothing(place: Path, elsewhere: Path) -> None:
    place.with_suffix(".crl").symlink_to(elsewhere / "gone.crl")


def _link_to_a_folder_that_is_gone(place: Path, elsewhere: Path) -> None:
    place.symlink_to(elsewhere / "gone")


def _pipe(place: Path, _elsewhere: Path) -> None:
    os.mkfifo(place.with_suffix(".crl"))


LAID = {
    "is a link to another folder": _link_to_a_folder,
    "What .* points to is not there": _link_to_nothing,
    r"What .*/new points to is not there": _link_to_a_folder_that_is_gone,
    "is no regular file": _pipe,
}


@pytest.mark.parametrize("said", LAID)
@pytest.mark.parametrize("deeper", [False, True])
def test_what_cannot_be_looked_into_stops_the_loading(
    trust: Path, tmp_path: Path, said: str, *, deeper: bool
) -> None:
    """The folder that a job keeps fresh, linked, or whose mount is gone: what it holds was as if not there."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    place = trust / "crls" if deeper else trust
    place.mkdir(exist_ok=True)
    LAID[said](place / "new", elsewhere)
    with pytest.raises(TrustFolderUnusable, match=said) as refused:
        load_trust(trust)
    assert str(place / "new") in refused.value.zh
    with pytest.raises(DepartmentPolicyInvalid, match=said):
        in_folder(trust)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open any folder")
def test_a_folder_that_cannot_be_opened_stops_the_loading(trust: Path) -> None:
    for name in ("crls", "lost+found"):
        (trust / name).mkdir()
        (trust / name).chmod(0)
    try:
        with pytest.raises(TrustFolderUnusable, match="crls cannot be opened"):
            load_trust(trust)
        (trust / "crls").chmod(0o700)
        load_trust(trust)
    finally:
        for path in trust.iterdir():
            path.chmod(0o700)


def test_a_trust_folder_may_be_named_by_a_link(trust: Path, tmp_path: Path) -> None:
    (tmp_path / "named").symlink_to(trust)
    assert load_trust(tmp_path / "named").anchors == load_trust(trust).anchors
    assert in_folder(tmp_path / "named") == in_folder(tmp_path / "not there") == ()


def test_links_to_files_are_files(trust: Path, signing: Signing, tmp_path: Path) -> None:
    newer = signing.pki.crl(this_update=signing.now + HOUR, number=2)
    (tmp_path / "elsewhere.crl").write_bytes(newer)
    (trust / "new.crl").symlink_to(tmp_path / "elsewhere.crl")
    assert newer in load_trust(trust).crls


def test_a_volume_of_kubernetes_is_a_trust_folder(tmp_path: Path, trust: Path, signing: Signing) -> None:
    """Its files are links by way of ``..data``, a link to the folder of the state in force; policies too."""
    mount = tmp_path / "mount"
    kept = mount / "..2026_11_23_08_00_00.1"
    kept.mkdir(parents=True)
    (mount / "..data").symlink_to(kept.name)
    (trust / "bank.department.toml").write_text(example_text("bank"), "utf-8")
    for path in trust.iterdir():
        (kept / path.name).write_bytes(path.read_bytes())
        (mount / path.name).symlink_to(Path("..data") / path.name)
    (mount / "round").symlink_to(".")
    assert len(set(load_trust(mount).crls)) == len(set(load_trust(trust).crls)) == len(signing.crls())
    assert [policy.id for policy in in_folder(mount)] == ["bank"]


def test_a_folder_whose_path_is_too_long_stops_the_loading(trust: Path) -> None:
    here = os.open(trust, os.O_RDONLY)
    for _ in range(17):
        os.mkdir("d" * 250, dir_fd=here)
        deeper = os.open("d" * 250, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(here)
    try:
        with pytest.raises(TrustFolderUnusable, match=r"d cannot be opened; check .* how long its path is"):
            load_trust(trust)
    finally:
        shutil.rmtree(trust)
