"""The form of an offline bundle: a line that names it, the signed manifest (JWS) on the next, then the files, end to end.

Every octet belongs to one of the three; nothing is compressed, nothing is named twice, nothing is left over. So there is one
reading of a bundle, and its size is known before anything is unpacked.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from cryptography import x509

from hsm.signer import Signer
from seals import members
from seals.errors import SealError, StatementInvalid
from seals.jws import check_signature, parse, sign
from verify.bundle.errors import BundleDamaged

MAGIC: Final = b"yinxin-offline-bundle 1\n"
BUNDLE_TYPE: Final = "yinxin-offline-bundle+jws"
MAX_BUNDLE: Final = 512 * 1024 * 1024
"""Longest bundle, in octets: ten national revocation lists and all that goes with them."""
MAX_FILES: Final = 10_000
"""Files in one bundle, as in one trust folder."""
MAX_MANIFEST: Final = 4 * 1024 * 1024
"""Longest manifest, in octets: ten thousand files at some 200."""
MAX_PATH: Final = 200
"""Longest path of a file, in characters."""
_PATH: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._@-]*(/[A-Za-z0-9_][A-Za-z0-9._@-]*){0,5}")
"""Paths below a folder: no step up, no drive, nothing hidden, at most six names."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle says of itself: who made it, its number, as of when, until when, and its files with digest and size."""

    issuer: str
    sequence: int
    as_of: datetime
    next_update: datetime
    files: Mapping[str, tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose form, digests and signature hold; whether its signer is trusted was not asked yet.

    ``chain_der`` begins with the signer's certificate; ``sha256`` is the digest of the manifest.
    """

    manifest: Manifest
    signer: x509.Certificate
    signer_sha256: str
    chain_der: tuple[bytes, ...]
    sha256: str
    files: Mapping[str, bytes] = field(repr=False)


def write_bundle(
    files: Mapping[str, bytes], heading: Manifest, signer: Signer, chain: Sequence[bytes]
) -> bytes:
    """Write a bundle; the files of ``heading`` are not looked at. Raises as :func:`seals.jws.sign` does, and ``ValueError``."""
    for path in files:
        if not _allowed(path):
            raise ValueError(f"{path!r} is no path of a bundle")
    names = sorted(files)
    payload = {
        "form": 1,
        "issuer": heading.issuer,
        "sequence": heading.sequence,
        "as_of": members.time_text(heading.as_of),
        "next_update": members.time_text(heading.next_update),
        "files": {
            path: {"sha256": hashlib.sha256(files[path]).hexdigest(), "size": len(files[path])}
            for path in names
        },
    }
    jws = sign(payload, typ=BUNDLE_TYPE, signer=signer, chain=chain)
    made = MAGIC + jws.encode() + b"\n" + b"".join(files[path] for path in names)
    if len(files) > MAX_FILES or len(jws) > MAX_MANIFEST or len(made) > MAX_BUNDLE:
        raise ValueError("a bundle that its own reader would refuse")
    return made


def open_bundle(octets: bytes) -> Bundle:
    """Read a bundle strictly: form, signature of the manifest, every digest. Raises :class:`BundleDamaged`."""
    if not octets.startswith(MAGIC):
        raise BundleDamaged(
            "这不是离线核验包，请检查文件；离线核验包由 yinxin trust bundle 生成。",
            "This is no offline bundle; check the file. Bundles are made by yinxin trust bundle.",
        )
    if len(octets) > MAX_BUNDLE:
        raise _damaged("超过大小上限", "is over the limit of size")
    end = octets.find(b"\n", len(MAGIC), len(MAGIC) + MAX_MANIFEST + 1)
    if end < 0:
        raise _damaged("不完整，缺少清单", "is cut off: its manifest is missing")
    try:
        jws = octets[len(MAGIC) : end].decode("ascii")
        signed = parse(jws, typ=BUNDLE_TYPE, limit=MAX_MANIFEST)
        signer = check_signature(signed.signing_input, signed.signature, signed.alg, signed.chain_der[0])
        manifest = _manifest(signed.payload)
    except (SealError, ValueError) as wrong:
        raise _damaged(
            "的清单已损坏或签名不符", "has a manifest that is damaged or not signed by its signer"
        ) from wrong
    digest = hashlib.sha256(signed.chain_der[0]).hexdigest()
    files = _files(octets, end + 1, manifest)
    return Bundle(
        manifest, signer, digest, signed.chain_der, hashlib.sha256(signed.signing_input).hexdigest(), files
    )


def _files(octets: bytes, at: int, manifest: Manifest) -> dict[str, bytes]:
    """Cut the files out, each of the size that the manifest says; they fill the bundle to its last octet."""
    if at + sum(size for _, size in manifest.files.values()) != len(octets):
        raise _damaged("不完整，或末尾有多余内容", "is cut off, or has something behind its end")
    found = {}
    for path in sorted(manifest.files):
        digest, size = manifest.files[path]
        data = octets[at : at + size]
        if hashlib.sha256(data).hexdigest() != digest:
            raise _damaged(f"中的 {path} 已被改动", f"holds a changed {path}")
        found[path], at = data, at + size
    return found


def _manifest(payload: dict[str, Any]) -> Manifest:
    members.exact(payload, {"form", "issuer", "sequence", "as_of", "next_update", "files"})
    listed = payload["files"]
    members.form(payload["form"], 1)
    if not isinstance(listed, dict) or len(listed) > MAX_FILES:
        raise StatementInvalid("the files are not as they should be")
    sequence = payload["sequence"]
    if type(sequence) is not int or sequence < 1:
        raise StatementInvalid("sequence is not a positive number")
    as_of = members.moment(payload["as_of"], "as_of")
    until = members.moment(payload["next_update"], "next_update")
    if until < as_of:
        raise StatementInvalid("next_update lies before as_of")
    files = {path: _entry(path, entry) for path, entry in listed.items()}
    return Manifest(members.text(payload["issuer"], "issuer"), sequence, as_of, until, files)


def _entry(path: str, entry: object) -> tuple[str, int]:
    if not _allowed(path) or not isinstance(entry, dict) or set(entry) != {"sha256", "size"}:
        raise StatementInvalid("a file has no allowed path, or no digest and size")
    digest, size = entry["sha256"], entry["size"]
    if not isinstance(digest, str) or not members.SHA256.fullmatch(digest):
        raise StatementInvalid("a file's digest is not a SHA-256")
    if type(size) is not int or not 0 <= size <= MAX_BUNDLE:
        raise StatementInvalid("a file's size is not a whole number")
    return digest, size


def _allowed(path: str) -> bool:
    return len(path) <= MAX_PATH and _PATH.fullmatch(path) is not None


def _damaged(zh: str, en: str) -> BundleDamaged:
    return BundleDamaged(
        f"离线核验包{zh}，已拒绝使用；请重新获取。", f"The bundle {en} and is refused; fetch it again."
    )
