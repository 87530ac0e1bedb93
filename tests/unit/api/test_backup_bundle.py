"""A backup's file: whatever is packed can be unpacked, and nothing is written outside the folder."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pyrage
import pytest

from api.backup.bundle import Packer, new_key, read_key, unpack, write_bundle
from api.backup.errors import BackupIncomplete, FileNameRefused


class Keys:
    def __init__(self, folder: Path) -> None:
        self.public = new_key(folder / "key.txt")
        self.identity = read_key(folder / "key.txt")


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path)


def packed(path: Path, keys: Keys, names: list[str]) -> Path:
    def fill(packer: Packer) -> dict[str, Any]:
        for name in names:
            packer.add(name, b"octets")
        return {}

    write_bundle(path, [keys.public], fill)
    return path


def forged(path: Path, keys: Keys, *members: tarfile.TarInfo) -> Path:
    """Anybody who has the public half can make a file that opens."""
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w|gz") as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(bytes(member.size)))
        manifest = json.dumps({"members": {}}).encode()
        last = tarfile.TarInfo("manifest.json")
        last.size = len(manifest)
        tar.addfile(last, io.BytesIO(manifest))
    path.write_bytes(pyrage.encrypt(inner.getvalue(), [pyrage.x25519.Recipient.from_str(keys.public)]))
    return path


def test_a_file_of_any_name_comes_back(keys: Keys, tmp_path: Path) -> None:
    """Operators put roots into the trust folder under names of their own."""
    names = [
        "trust/国家 根证书 (2026).cer",
        "trust/.hidden",
        "trust/a..b.crl",
        "tokens/" + "d" * 200 + "/token.object",
    ]
    out = tmp_path / "out"
    out.mkdir()
    unpack(packed(tmp_path / "one.age", keys, names), keys.identity, out)
    assert sorted(p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()) == sorted(
        [*names, "manifest.json"]
    )


@pytest.mark.parametrize(
    "name",
    ["../x", "a/../x", "/x", "a//x", "a/.", "..", "", "a\\..\\x", "a\x00b", "a\nb", "a/", "./x"],
    ids=repr,
)
def test_a_name_that_could_lead_out_is_refused(name: str, keys: Keys, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    out.mkdir(parents=True)
    member = tarfile.TarInfo(name)
    if member.name != name.rstrip("/"):
        member.name = name
    with pytest.raises(BackupIncomplete):
        unpack(forged(tmp_path / "bad.age", keys, member), keys.identity, out)
    assert not [path for path in (tmp_path / "deep").rglob("*") if path.is_file() and path.name == "x"]


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE], ids=repr
)
def test_a_member_that_is_no_file_is_refused(kind: bytes, keys: Keys, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    member = tarfile.TarInfo("trust")
    member.type, member.linkname = kind, str(tmp_path)
    with pytest.raises(BackupIncomplete):
        unpack(forged(tmp_path / "bad.age", keys, member), keys.identity, out)
    assert list(out.iterdir()) == []


def test_a_member_twice_or_unlisted_is_refused(keys: Keys, tmp_path: Path) -> None:
    for number, members in enumerate(([tarfile.TarInfo("a"), tarfile.TarInfo("a")], [tarfile.TarInfo("a")])):
        out = tmp_path / f"out{number}"
        out.mkdir()
        with pytest.raises(BackupIncomplete):
            unpack(forged(tmp_path / f"{number}.age", keys, *members), keys.identity, out)


@pytest.mark.parametrize("name", ["trust/a\nb.crl", "trust/a\\b.crl", "trust/\udcff.crl"], ids=ascii)
def test_what_could_not_be_unpacked_is_told_when_it_is_packed(name: str, keys: Keys, tmp_path: Path) -> None:
    with pytest.raises(FileNameRefused):
        packed(tmp_path / "one.age", keys, [name])
    assert not list(tmp_path.glob("*one.age*"))
