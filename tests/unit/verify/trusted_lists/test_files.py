"""Trust lists in a trust folder and on the command line (D2)."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.trust_list_world import DAY, FORMS, SCHEME, Publisher, Write, service
from tests.verify_world import NOW, Signing
from verify.command import USAGE_STATUS, run
from verify.folder import TrustFolderUnusable, load_trust


@pytest.fixture
def folder(tmp_path: Path, signing: Signing) -> Path:
    """Lay out a trust folder with CRLs alone."""
    made = tmp_path / "trust"
    (made / "lists").mkdir(parents=True)
    for number, der in enumerate(signing.crls()):
        (made / f"{number}.crl").write_bytes(der)
    return made


def pin(folder: Path, publisher: Publisher, **more: Any) -> None:
    said = {"scheme_id": SCHEME, "signers": [publisher.pin.signers[0].upper()], **more}
    (folder / "lists" / "pinned.json").write_text(json.dumps([said]), encoding="utf-8")


def verify(*args: object) -> tuple[int, str, str]:
    out, errors = io.StringIO(), io.StringIO()
    status = run([str(item) for item in args], clock=lambda: NOW + DAY / 24, out=out, errors=errors)
    return status, out.getvalue(), errors.getvalue()


@pytest.mark.parametrize("write", FORMS)
def test_a_folder_may_hold_lists_and_no_root(  # noqa: PLR0917 - pytest passes them by name
    folder: Path, publisher: Publisher, signing: Signing, b_b: bytes, write: Write, tmp_path: Path
) -> None:
    octets = publisher.signed(publisher.list(service(signing.pki.issuing.der)), write)
    (folder / "lists" / f"a.tl.{'xml' if octets[:1] == b'<' else 'json'}").write_bytes(octets)
    pin(folder, publisher)
    store = load_trust(folder)
    assert (len(store.anchors), len(store.lists)) == (0, 1)
    file = tmp_path / "sealed.pdf"
    file.write_bytes(b_b)
    status, out, _ = verify(file, "--trust", folder)
    assert (status, SCHEME in out) == (0, True)


def test_I30_an_expired_list_in_a_folder_is_named_with_its_age(
    folder: Path, publisher: Publisher, signing: Signing, b_b: bytes, tmp_path: Path
) -> None:
    listed = publisher.list(service(signing.pki.issuing.der), next_update=NOW)
    (folder / "lists" / "a.tl.json").write_bytes(publisher.signed(listed))
    pin(folder, publisher)
    file = tmp_path / "sealed.pdf"
    file.write_bytes(b_b)
    status, out, _ = verify(file, "--trust", folder)
    assert (status, "过期" in out, "expired on" in out) == (2, True, True)


def test_I30_a_pin_may_name_the_lowest_number(folder: Path, publisher: Publisher) -> None:
    (folder / "lists" / "a.tl.json").write_bytes(publisher.signed(publisher.list()))
    pin(folder, publisher, sequence=7)
    assert load_trust(folder).lists[0].sequence == 7
    pin(folder, publisher, sequence=8)
    with pytest.raises(TrustFolderUnusable, match="below 8"):
        load_trust(folder)


def test_a_list_that_nobody_pinned_stops_the_loading(folder: Path, publisher: Publisher) -> None:
    """Dropped into the folder by somebody: it says itself who signed it, and that is nobody's word."""
    (folder / "lists" / "a.tl.json").write_bytes(publisher.signed(publisher.list()))
    with pytest.raises(TrustFolderUnusable, match="not signed by a pinned") as refused:
        load_trust(folder)
    assert publisher.pin.signers[0] in refused.value.en
    pin(folder, Publisher())
    with pytest.raises(TrustFolderUnusable, match="pinned"):
        load_trust(folder)


@pytest.mark.parametrize(
    "pins",
    ["", "{}", "[1]", '[{"scheme_id": "x"}]', '[{"scheme_id": "", "signers": ["' + "0" * 64 + '"]}]',
     '[{"scheme_id": "x", "signers": []}]', '[{"scheme_id": "x", "signers": ["zz"]}]', "[" * 100_000,
     '[{"scheme_id": "x", "signers": ["' + "0" * 64 + '"], "sequence": -1}]',
     '[{"scheme_id": "x", "signers": ["' + "0" * 64 + '"], "signer": 1}]'],
)  # fmt: skip
def test_pins_out_of_form_stop_the_loading(folder: Path, publisher: Publisher, pins: str) -> None:
    (folder / "lists" / "a.tl.json").write_bytes(publisher.signed(publisher.list()))
    (folder / "lists" / "pinned.json").write_text(pins, encoding="utf-8")
    with pytest.raises(TrustFolderUnusable, match=r"pinned\.json"):
        load_trust(folder)


def test_a_signer_named_by_hand_takes_nobody_elses_scheme(
    tmp_path: Path, folder: Path, publisher: Publisher, b_b: bytes, signing: Signing
) -> None:
    """Its list may say any name: beside the true one, and against the signer that the folder pins."""
    other, file = Publisher(), tmp_path / "sealed.pdf"
    file.write_bytes(b_b)
    named: list[object] = []
    for number, one in enumerate((publisher, other)):
        path = tmp_path / f"{number}.tl.json"
        path.write_bytes(one.signed(one.list(service(signing.pki.issuing.der), sequence=7 + number)))
        named += ["--list", path, "--signer", one.pin.signers[0]]
    assert verify(file, *named[:4])[2] == ""
    status, out, errors = verify(file, *named)
    assert (status, out) == (USAGE_STATUS, "")
    assert SCHEME in errors
    assert "签名者不同" in errors
    pin(folder, publisher)
    assert verify(file, "--trust", folder, *named[:4])[2] == ""
    status, out, errors = verify(file, "--trust", folder, *named[4:])
    assert (status, out) == (USAGE_STATUS, "")
    assert "已固定" in errors


@pytest.mark.parametrize("by", ["colons", "pem"])
def test_a_list_is_named_on_the_command_line(  # noqa: PLR0917 - pytest passes them by name
    tmp_path: Path, folder: Path, publisher: Publisher, xml: bytes, b_b: bytes, signing: Signing, by: str
) -> None:
    file, listed, certificate = tmp_path / "sealed.pdf", tmp_path / "list.xml", tmp_path / "signer"
    file.write_bytes(b_b)
    listed.write_bytes(xml)
    digest = publisher.pin.signers[0]
    encoding = Encoding.PEM if by == "pem" else Encoding.DER
    certificate.write_bytes(publisher.key.certificate.public_bytes(encoding))
    signer = {"digest": digest, "colons": ":".join(digest[i : i + 2] for i in range(0, 64, 2)).upper()}.get(
        by, str(certificate)
    )
    (folder / "issuing.cer").write_bytes(signing.pki.issuing.der)
    (folder / "root.cer").write_bytes(
        Publisher().pki.root.der
    )  # somebody else's: it vouches for nothing here
    status, out, errors = verify(file, "--trust", folder, "--list", listed, "--signer", signer, "--json")
    assert (status, errors) == (0, "")
    (found,) = json.loads(out)["documents"][0]["signatures"]
    assert (found["trust"]["entry"]["scheme_id"], found["trust"]["entry"]["sequence"]) == (SCHEME, 7)


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--list", "{list}"], "not signed by a pinned"),
        (["--list", "{list}", "--signer", "00" * 32], "not signed by a pinned"),
        (["--list", "{list}", "--signer", "nothing-there"], "cannot be read"),
        (["--list", "nothing-there", "--signer", "00" * 32], "cannot be read"),
        (["--list", "{pdf}", "--signer", "00" * 32], "cannot be read"),
    ],
)
def test_wrong_use_says_what_to_do(
    tmp_path: Path, xml: bytes, b_b: bytes, args: list[str], told: str
) -> None:
    file, listed = tmp_path / "sealed.pdf", tmp_path / "list.xml"
    file.write_bytes(b_b)
    listed.write_bytes(xml)
    status, out, errors = verify(file, *(item.format(list=listed, pdf=file) for item in args))
    assert (status, out) == (USAGE_STATUS, "")
    assert told in errors
    assert "信任清单" in errors or "签名证书" in errors
