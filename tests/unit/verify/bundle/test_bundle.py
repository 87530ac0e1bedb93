"""The offline bundle: one reading, whole or refused, its maker named or not believed, never older than seen (D6, I30)."""

from __future__ import annotations

import hashlib
import io
import json
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from ca.profile import SEAL_MAKER, VERIFICATION
from seals.jws import sign
from seals.members import time_text
from tests.pki import Party
from tests.trust_list_world import Publisher, service
from tests.verify_world import Signing
from verify.bundle.errors import BundleDamaged, BundleRefused, BundleRolledBack, BundleUntrusted
from verify.bundle.form import BUNDLE_TYPE, MAGIC, Manifest, open_bundle, write_bundle
from verify.bundle.judge import SeenBundle, judge_bundle
from verify.bundle.memory import remember, remembered
from verify.bundle.use import BundleUse, opened
from verify.command import USAGE_STATUS, run
from verify.verdict import EXIT_STATUS, Verdict

HOUR = timedelta(hours=1)


class Maker:
    """Makes bundles, right by default."""

    def __init__(self, signing: Signing) -> None:
        self.signing = signing
        self.now: datetime = signing.now

    @cached_property
    def party(self) -> Party:
        return self.signing.pki.make(VERIFICATION, self.signing.pki.issuing.certificate.subject)

    @property
    def signer(self) -> str:
        return hashlib.sha256(self.party.der).hexdigest()

    @cached_property
    def files(self) -> dict[str, bytes]:
        crls = {f"crls/{number}.crl": der for number, der in enumerate(self.signing.crls())}
        return {"anchors/root.cer": self.signing.root_der, **crls}

    def heading(self, number: int = 1) -> Manifest:
        return Manifest("核验服务 TEST", number, self.now, self.now + 24 * HOUR, {})

    def make(
        self, number: int = 1, files: Mapping[str, bytes] | None = None, party: Party | None = None
    ) -> bytes:
        party = party or self.party
        return write_bundle(
            self.files if files is None else files,
            self.heading(number),
            party.signer,
            [party.der, *party.chain],
        )

    def raw(self, payload: Mapping[str, Any], body: bytes) -> bytes:
        """Sign any manifest over any body."""
        jws = sign(
            dict(payload),
            typ=BUNDLE_TYPE,
            signer=self.party.signer,
            chain=[self.party.der, *self.party.chain],
        )
        return MAGIC + jws.encode() + b"\n" + body

    def payload(self, files: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
        right = {
            "form": 1,
            "issuer": "核验服务 TEST",
            "sequence": 1,
            "as_of": time_text(self.now),
            "next_update": time_text(self.now + HOUR),
            "files": dict(files),
        }
        return right | changes


@pytest.fixture(scope="module")
def maker(signing: Signing) -> Maker:
    return Maker(signing)


@pytest.fixture(scope="module")
def bundle(maker: Maker) -> bytes:
    return maker.make()


def listed(body: bytes) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(body).hexdigest(), "size": len(body)}


def test_what_was_put_in_comes_out(maker: Maker, bundle: bytes) -> None:
    found = open_bundle(bundle)
    assert dict(found.files) == maker.files
    assert found.signer_sha256 == maker.signer
    assert found.manifest.sequence == 1


def test_attack_every_kind_of_damage(bundle: bytes) -> None:
    """Cut at any place, one bit anywhere, something behind it: refused."""
    step = max(1, len(bundle) // 60)
    for at in range(0, len(bundle), step):
        with pytest.raises(BundleDamaged):
            open_bundle(bundle[:at])
        with pytest.raises(BundleDamaged):
            open_bundle(bundle[:at] + bytes([bundle[at] ^ 1]) + bundle[at + 1 :])
    with pytest.raises(BundleDamaged):
        open_bundle(bundle + b"\n")


@pytest.mark.parametrize(
    "path",
    [
        "../anchors/evil.cer",
        "/etc/passwd",
        "a//b",
        ".hidden",
        "a/../b",
        "a\\b",
        "",
        "a/" * 9 + "b",
        "x" * 201,
        "锚",
    ],
)
def test_attack_paths_that_lead_elsewhere(maker: Maker, path: str) -> None:
    with pytest.raises(BundleDamaged):
        open_bundle(maker.raw(maker.payload({path: listed(b"x")}), b"x"))
    with pytest.raises(ValueError, match="no path"):
        maker.make(files={path: b"x"})


@pytest.mark.parametrize(
    "changes",
    [
        {"form": 2},
        {"form": True},
        {"sequence": 0},
        {"sequence": True},
        {"as_of": "now"},
        {"next_update": "2000-01-01T00:00:00.000000Z"},
        {"files": []},
        {"files": {"a": {"sha256": "00", "size": 1}}},
        {"files": {"a": {"sha256": "0" * 64, "size": -1}}},
        {"files": {"a": {"sha256": "0" * 64, "size": 2**40}}},
        {"extra": 1},
    ],
    ids=str,
)
def test_manifests_that_are_not_exact_are_refused(maker: Maker, changes: dict[str, Any]) -> None:
    with pytest.raises(BundleDamaged):
        open_bundle(maker.raw(maker.payload({}) | changes, b""))


def test_paths_that_collide_on_the_disk_are_refused(maker: Maker, tmp_path: Path) -> None:
    path = tmp_path / "b"
    path.write_bytes(maker.make(files={"a": b"x", "a/b": b"y"}))
    with pytest.raises(BundleRefused), opened(BundleUse(path, maker.signer, None), maker.now):
        pass


def test_only_a_verification_service_signs_bundles(maker: Maker) -> None:
    other = maker.signing.pki.make(SEAL_MAKER, maker.signing.pki.issuing.certificate.subject)
    found = open_bundle(maker.make(party=other))
    with pytest.raises(BundleUntrusted):
        judge_bundle(found, found.signer_sha256, None, maker.now)


def test_another_signer_than_the_named_one_is_refused(maker: Maker, bundle: bytes) -> None:
    with pytest.raises(BundleUntrusted):
        judge_bundle(open_bundle(bundle), "ab" * 32, None, maker.now)
    shown = ":".join(maker.signer[at : at + 2] for at in range(0, 64, 2)).upper()
    assert judge_bundle(open_bundle(bundle), shown, None, maker.now).pinned


def test_a_bundle_from_the_future_is_refused(maker: Maker, bundle: bytes) -> None:
    with pytest.raises(BundleUntrusted):
        judge_bundle(open_bundle(bundle), maker.signer, None, maker.now - HOUR)


def test_I30_an_older_bundle_than_seen_is_refused(maker: Maker) -> None:
    older, newer = open_bundle(maker.make(4)), open_bundle(maker.make(5))
    seen = SeenBundle(newer.manifest.sequence, newer.sha256)
    judge_bundle(newer, maker.signer, seen, maker.now)
    with pytest.raises(BundleRolledBack):
        judge_bundle(older, maker.signer, seen, maker.now)


def test_I30_one_number_stands_for_one_content(maker: Maker) -> None:
    first = open_bundle(maker.make(5))
    other = open_bundle(maker.make(5, {**maker.files, "README.txt": b"more"}))
    with pytest.raises(BundleRolledBack):
        judge_bundle(other, maker.signer, SeenBundle(5, first.sha256), maker.now)


def test_two_at_once_forget_nothing(bundle: bytes, tmp_path: Path) -> None:
    """Each reads the memory and replaces it: without a lock the later forgets the number that the other had kept."""
    memory, others = tmp_path / "bundles.json", 12
    found = open_bundle(bundle)
    signers = [f"{number:064x}" for number in range(others)]
    threads = [
        threading.Thread(target=remember, args=(memory, replace(found, signer_sha256=one))) for one in signers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(remembered(memory, one) for one in signers)


def test_the_memory_survives_and_damage_to_it_is_told(maker: Maker, bundle: bytes, tmp_path: Path) -> None:
    memory, found = tmp_path / "state" / "bundles.json", open_bundle(bundle)
    assert remembered(memory, maker.signer) is None
    remember(memory, found)
    assert remembered(memory, maker.signer) == SeenBundle(1, found.sha256)
    assert remembered(memory, "cd" * 32) is None
    memory.write_text("{")
    with pytest.raises(BundleRefused):
        remembered(memory, maker.signer)


def test_I30_a_slower_process_does_not_bring_an_older_bundle_back(maker: Maker, tmp_path: Path) -> None:
    """Two runs at once: the one with the older bundle was let in before the newer one was remembered, and writes last."""
    memory, older, newer = tmp_path / "bundles.json", open_bundle(maker.make(6)), open_bundle(maker.make(7))
    assert remembered(memory, maker.signer) is None
    remember(memory, newer)
    remember(memory, older)
    assert remembered(memory, maker.signer) == SeenBundle(7, newer.sha256)


class Desk:
    """A laptop without a network: the command with a bundle, and what it printed."""

    def __init__(self, folder: Path, maker: Maker) -> None:
        self.folder = folder
        self.maker = maker
        self.memory = folder / "memory.json"
        self.errors = io.StringIO()

    def run(self, bundle: bytes, *options: str, at: datetime | None = None) -> tuple[int, str]:
        (self.folder / "b.bundle").write_bytes(bundle)
        out, self.errors = io.StringIO(), io.StringIO()
        options = ("--bundle", str(self.folder / "b.bundle"), "--bundle-memory", str(self.memory), *options)
        when = at or self.maker.now + HOUR
        status = run([str(self.folder / "a.pdf"), *options], clock=lambda: when, out=out, errors=self.errors)
        return status, out.getvalue()


@pytest.fixture
def desk(maker: Maker, tmp_path: Path, b_t: bytes) -> Desk:
    (tmp_path / "a.pdf").write_bytes(b_t)
    return Desk(tmp_path, maker)


def test_a_named_signers_bundle_gives_the_verdict_and_its_age(desk: Desk, bundle: bytes) -> None:
    status, text = desk.run(bundle, "--bundle-signer", desk.maker.signer)
    assert status == EXIT_STATUS[Verdict.PASSED]
    assert "距今 1 小时" in text
    assert json.loads(desk.memory.read_text())[desk.maker.signer]["sequence"] == 1


def test_an_unnamed_signers_roots_are_not_believed(desk: Desk, bundle: bytes) -> None:
    """Whose bundle it is is said, and unknown never becomes trusted silently."""
    status, text = desk.run(bundle)
    assert status == EXIT_STATUS[Verdict.INDETERMINATE]
    assert f"--bundle-signer {desk.maker.signer}" in text
    assert not desk.memory.exists()  # whoever sends any bundle cannot lock out the true ones


def test_an_unnamed_signers_evidence_serves_ones_own_roots(desk: Desk, bundle: bytes) -> None:
    """Revocation lists prove themselves: with the root from elsewhere, the bundle brings what is missing."""
    trust = desk.folder / "trust"
    trust.mkdir()
    (trust / "root.cer").write_bytes(desk.maker.signing.root_der)
    assert desk.run(bundle, "--trust", str(trust))[0] == EXIT_STATUS[Verdict.PASSED]


def test_an_unnamed_signers_policies_decide_nothing(desk: Desk, maker: Maker) -> None:
    files = {**maker.files, "departments/x.department.toml": b"not a policy"}
    status, _ = desk.run(maker.make(files=files), "--department", "x", "--act", "y")
    assert status == USAGE_STATUS
    assert "x" in desk.errors.getvalue()


def test_a_stale_bundle_says_so_and_its_lists_prove_nothing_new(desk: Desk, bundle: bytes) -> None:
    later = desk.maker.now + timedelta(days=9)
    status, text = desk.run(bundle, "--bundle-signer", desk.maker.signer, at=later)
    assert "已过下次更新时间" in text
    assert "9 天" in text
    assert status in {EXIT_STATUS[Verdict.PASSED], EXIT_STATUS[Verdict.INDETERMINATE]}


def test_I30_the_command_refuses_an_older_bundle(desk: Desk, maker: Maker) -> None:
    named = ("--bundle-signer", maker.signer)
    assert desk.run(maker.make(7), *named)[0] == 0
    assert desk.run(maker.make(6), *named)[0] == USAGE_STATUS
    assert "更旧的第 6 号" in desk.errors.getvalue()


@pytest.mark.parametrize("lowest", [7, 8])
def test_I30_a_list_that_comes_otherwise_is_not_below_ones_own_pins(
    desk: Desk, maker: Maker, lowest: int
) -> None:
    """A true bundle of last year, or a file named by hand, would bring back a list in which a service was granted still."""
    publisher = Publisher(maker.now)
    old = publisher.signed(publisher.list(service(maker.signing.pki.issuing.der)))
    pin = {"scheme_id": publisher.scheme, "signers": list(publisher.pin.signers)}
    files = {**maker.files, "a.tl.json": old, "pinned.json": json.dumps([pin]).encode()}
    trust = desk.folder / "trust"
    trust.mkdir()
    (trust / "pinned.json").write_text(json.dumps([{**pin, "sequence": lowest}]))
    (desk.folder / "a.tl.json").write_bytes(old)
    named = ("--list", str(desk.folder / "a.tl.json"), "--signer", publisher.pin.signers[0])
    plain = {"a.cer": maker.signing.root_der}
    for bundle, more in (
        (maker.make(files=files), ()),
        (maker.make(2, files={**maker.files, **plain}), named),
    ):
        options = ("--bundle-signer", maker.signer, "--trust", str(trust), *more)
        status, _ = desk.run(bundle, *options)
        assert status == (USAGE_STATUS if lowest > 7 else EXIT_STATUS[Verdict.PASSED]), desk.errors.getvalue()
        assert ("below 8" in desk.errors.getvalue()) is (lowest > 7)


def test_attack_a_list_of_another_signer_under_a_pinned_scheme(desk: Desk, maker: Maker) -> None:
    """A bundle's maker is believed for its own lists; one's own folder says who signs those of this scheme."""
    true, false = Publisher(maker.now), Publisher(maker.now)
    entry = service(maker.signing.pki.issuing.der)
    trust = desk.folder / "trust"
    trust.mkdir()
    pin = {"scheme_id": true.scheme, "signers": list(true.pin.signers)}
    (trust / "pinned.json").write_text(json.dumps([pin]))
    (trust / "a.tl.json").write_bytes(true.signed(true.list(entry)))
    for publisher, status in ((true, EXIT_STATUS[Verdict.PASSED]), (false, USAGE_STATUS)):
        listed = publisher.signed(publisher.list(entry))
        own = {"scheme_id": publisher.scheme, "signers": list(publisher.pin.signers)}
        files = {**maker.files, "a.tl.json": listed, "pinned.json": json.dumps([own]).encode()}
        bundle = maker.make(2 if publisher is false else 1, files=files)
        found, _ = desk.run(bundle, "--bundle-signer", maker.signer, "--trust", str(trust))
        assert found == status, desk.errors.getvalue()
    assert "another than the signer" in desk.errors.getvalue()


def test_damaged_and_missing_bundles_are_refused_in_words(desk: Desk, bundle: bytes) -> None:
    assert desk.run(bundle[:-1])[0] == USAGE_STATUS
    assert desk.run(b"PK\x03\x04")[0] == USAGE_STATUS
    assert "yinxin trust bundle" in desk.errors.getvalue()


def test_the_json_tells_of_the_bundle(desk: Desk, bundle: bytes) -> None:
    _, text = desk.run(bundle, "--json", "--bundle-signer", desk.maker.signer)
    told = json.loads(text)
    assert told["bundle"]["pinned"] is True
    assert told["documents"][0]["verdict"] == "passed"


def test_a_writer_refuses_what_its_reader_would(maker: Maker) -> None:
    with pytest.raises(ValueError, match="reader would refuse"):
        maker.make(files={f"f{number}": b"" for number in range(10_001)})
