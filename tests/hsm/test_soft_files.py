"""The soft key store's files: encrypted, whole or absent, bound to their token, and suspicious of every change."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from hsm.algorithms import KeyKind
from hsm.errors import HsmError, KeyNotFound, TokenNotFound, TokenRefused
from hsm.soft_keys import SoftProvider
from hsm.soft_token import MAX_FILE, Cost, TokenFile, read_json
from hsm.verification import verify_signature
from tests.conftest import SO_PIN, USER_PIN
from tests.hsm.conftest import Shelf

ROOT = Path(__file__).parents[2]


def place(shelf: Shelf) -> Path:
    (found,) = (path.parent for path in shelf.tokens.glob("*/token.json"))
    return found


def key_file(shelf: Shelf) -> Path:
    (found,) = place(shelf).glob("keys/*.json")
    return found


def test_I24_no_file_shows_the_key(soft_shelf: Shelf) -> None:
    uri = soft_shelf.key()
    opened = soft_shelf.keys._admitted(uri.token, USER_PIN)  # type: ignore[attr-defined]
    private = opened.private(uri)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    scalar = private.private_numbers().private_value.to_bytes(32, "big")
    pkcs8 = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    for path in soft_shelf.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for secret in (scalar, pkcs8, opened.master(), USER_PIN.reveal().encode()):
                assert secret not in content
                assert secret.hex().encode() not in content
            if path.suffix == ".json":
                assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("field", ["label", "id", "spki", "nonce", "sealed"])
def test_an_altered_key_file_is_refused(soft_shelf: Shelf, field: str) -> None:
    uri = soft_shelf.key()
    soft_shelf.keys.close()
    path = key_file(soft_shelf)
    content = json.loads(path.read_text())
    if field == "label":
        content["label"] = "k2"
    elif field == "spki":
        other = ec.generate_private_key(ec.SECP256R1()).public_key()
        from hsm.public_keys import spki

        content["spki"] = spki(other).hex()
    else:
        content[field] = ("00" if content[field][:2] != "00" else "01") + content[field][2:]
    path.write_text(json.dumps(content))
    with pytest.raises((TokenRefused, KeyNotFound)):
        soft_shelf.keys.signer(soft_shelf.uri(uri.token, content["label"])).sign(b"m")


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"{}", b"\xff\xfe", b'{"label": 1}', b"[" * 30_000, b" " * (MAX_FILE + 1)]
)
def test_damaged_files_are_refused_and_named(soft_shelf: Shelf, content: bytes) -> None:
    uri = soft_shelf.key()
    soft_shelf.keys.close()
    path = key_file(soft_shelf)
    path.write_bytes(content)
    with pytest.raises(TokenRefused) as wrong:
        soft_shelf.keys.signer(uri)
    assert path.name in wrong.value.detail
    (place(soft_shelf) / "token.json").write_bytes(content)
    with pytest.raises(TokenRefused, match="token"):
        soft_shelf.keys.signer(uri)
    assert not soft_shelf.keys.probe(uri.token).ready
    assert soft_shelf.keys.tokens() == ()


def test_a_file_may_not_ask_for_all_the_memory(soft_shelf: Shelf) -> None:
    uri = soft_shelf.key()
    soft_shelf.keys.close()
    path = place(soft_shelf) / "token.json"
    content = json.loads(path.read_text())
    content["user"]["memory_kib"] = 2**31
    path.write_text(json.dumps(content))
    with pytest.raises(TokenRefused):
        soft_shelf.keys.signer(uri)
    assert soft_shelf.keys.probe(uri.token).tries_left == 6
    for cost in ((0, 1, 1), (64, 0, 1), (8, 1, 2), (64, 65, 1), (2**21, 1, 1)):
        with pytest.raises(ValueError, match="cost"):
            Cost(*cost)


def test_a_token_pulled_out_is_refused_and_works_when_it_is_back(soft_shelf: Shelf) -> None:
    uri = soft_shelf.key()
    signer = soft_shelf.keys.signer(uri)
    signer.sign(b"m")
    away = soft_shelf.folder / "away"
    home = place(soft_shelf)
    home.rename(away)
    with pytest.raises(TokenNotFound):
        signer.sign(b"m")
    with pytest.raises(HsmError):
        soft_shelf.keys.generate(soft_shelf.uri(uri.token, "new"), KeyKind.EC_P256)
    with pytest.raises(TokenNotFound):
        soft_shelf.keys.certificates(uri.token)
    assert not soft_shelf.keys.probe(uri.token).ready
    assert not home.exists()
    away.rename(home)
    verify_signature(signer.public_key, signer.algorithm, b"m", signer.sign(b"m"))


def test_a_token_made_anew_under_the_same_label_has_lost_its_keys(soft_shelf: Shelf) -> None:
    uri = soft_shelf.key()
    signer = soft_shelf.keys.signer(uri)
    signer.sign(b"m")
    stolen = key_file(soft_shelf)
    kept = stolen.read_bytes()
    shutil.rmtree(place(soft_shelf))
    soft_shelf.keys.create_token(uri.token, SO_PIN, USER_PIN)
    with pytest.raises(KeyNotFound):
        signer.sign(b"m")
    (place(soft_shelf) / "keys").mkdir()
    (place(soft_shelf) / "keys" / stolen.name).write_bytes(
        kept
    )  # another token's key, sealed under another master
    with pytest.raises(TokenRefused):
        signer.sign(b"m")


def test_a_full_disk_is_told_and_leaves_nothing(soft_shelf: Shelf) -> None:
    """A limit on the size of files stands for the full disk: writing fails in the same place."""
    uri = soft_shelf.key()
    soft_shelf.keys.signer(uri)
    keys = place(soft_shelf) / "keys"
    before = sorted(keys.iterdir())
    script = f"""
import resource, signal
from pathlib import Path
from hsm.algorithms import KeyKind
from hsm.errors import HsmError
from hsm.key_uri import KeyUri
from hsm.pins import Pin
from hsm.soft_keys import SoftProvider
provider = SoftProvider(Path({str(soft_shelf.tokens)!r}), pins=lambda t: Pin("246810"), counters=Path({str(soft_shelf.counters)!r}))
provider.keys({uri.token!r})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    provider.generate(KeyUri("file", {uri.token!r}, "big"), KeyKind.EC_P256)
except HsmError as wrong:
    print(type(wrong).__name__, wrong.detail)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("TokenRefused"), done.stderr
    assert sorted(keys.iterdir()) == before
    assert len(soft_shelf.keys.keys(uri.token)) == 1


@pytest.mark.crash
def test_kill_at_any_point_leaves_a_readable_store(soft_shelf: Shelf) -> None:
    """Keys are generated and destroyed in a process that is killed again and again: every file left is whole."""
    token = soft_shelf.token()
    script = f"""
import itertools
from pathlib import Path
from hsm.algorithms import KeyKind
from hsm.key_uri import KeyUri
from hsm.pins import Pin
from hsm.soft_keys import SoftProvider
provider = SoftProvider(Path({str(soft_shelf.tokens)!r}), pins=lambda t: Pin("246810"), counters=Path({str(soft_shelf.counters)!r}))
print("ready", flush=True)
for number in itertools.count(len(provider.keys({token!r}))):
    provider.generate(KeyUri("file", {token!r}, f"k{{number}}"), KeyKind.EC_P256)
"""
    seen = 0
    for _ in range(4):
        process = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
        process.stdout.close()
        process.wait()
        keys = soft_shelf.keys.keys(token)
        assert len(keys) >= seen
        seen = len(keys)
        for key in keys:
            signer = soft_shelf.keys.signer(key.uri)
            verify_signature(key.public_key, signer.algorithm, b"m", signer.sign(b"m"))
    assert seen > 0


def test_the_default_cost_is_the_published_one(tmp_path: Path) -> None:
    """RFC 9106 §4, second recommended choice: 64 MiB, three passes, four lanes."""
    provider = SoftProvider(tmp_path / "s", pins=lambda _token: USER_PIN, counters=tmp_path / "c")
    provider.create_token("T", SO_PIN, USER_PIN)
    (path,) = (tmp_path / "s").glob("*/token.json")
    content = read_json(path)
    assert content is not None
    for role in ("user", "officer"):
        wrapped = content[role]
        assert (wrapped["kdf"], wrapped["memory_kib"], wrapped["passes"], wrapped["lanes"]) == (
            "argon2id",
            65536,
            3,
            4,
        )
    assert content["user"]["salt"] != content["officer"]["salt"]
    assert TokenFile.read(path.parent).master(USER_PIN)
