"""A trust folder on disk: anchors, intermediates, CRLs, OCSP responses and seal status lists, in any subfolder.

``*.pem *.cer *.crt *.der`` are certificates (self-signed ones are anchors, and any in a folder called ``anchors``),
``*.crl``, ``*.ocsp``, ``*.jws`` what they say; ``*.tl.json`` and ``*.tl.xml`` trust lists, whose signers a ``pinned.json`` names
(:mod:`verify.trusted_lists.files`). One damaged file stops the loading: an auditor must know. So does a list that nobody pinned.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from verify.algorithms import key_of
from verify.certificates.extensions import extensions_of
from verify.certificates.links import made_by
from verify.document_file import mode_of
from verify.policy import MAX_CRL_OCTETS
from verify.trust import TrustStore
from verify.trusted_lists.errors import ListRefused
from verify.trusted_lists.model import TrustedList
from verify.trusted_lists.source import PINS, Pin

CERTIFICATE_SUFFIXES: Final = frozenset({".pem", ".cer", ".crt", ".der"})
LIST_SUFFIXES: Final = (".tl.json", ".tl.xml")
MAX_FILES: Final = 10_000
"""Files in one trust folder; a national list has some hundreds of authorities."""


class TrustFolderUnusable(Exception):
    """A trust folder, or a file in it, cannot be read."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


@dataclass(slots=True)
class _Found:
    anchors: list[x509.Certificate] = field(default_factory=list)
    intermediates: list[x509.Certificate] = field(default_factory=list)
    crls: list[bytes] = field(default_factory=list)
    ocsp: list[bytes] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)
    trust_lists: list[TrustedList] = field(default_factory=list)
    pins: list[Pin] = field(default_factory=list)


def load_trust(folder: Path) -> TrustStore:
    """Read a trust folder; raises :class:`TrustFolderUnusable` when it is missing, has no anchor, or holds damage.

    The age of a trust list is judged when something is verified: an expired one is there to be named.
    """
    if not stat.S_ISDIR(mode_of(folder)):
        raise TrustFolderUnusable(
            f"找不到信任库文件夹 {folder}，请检查路径。",
            f"There is no trust folder {folder}; check the path.",
        )
    found = _Found()
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if len(files) > MAX_FILES:
        raise TrustFolderUnusable(
            f"信任库文件夹中的文件超过 {MAX_FILES} 个，请选择正确的文件夹。",
            f"The trust folder holds more than {MAX_FILES} files; choose the right folder.",
        )
    for path in files:
        _take(path, found)
    _take_lists(files, found)
    if not (found.anchors or found.trust_lists or found.pins):
        raise TrustFolderUnusable(
            f"信任库 {folder} 中没有根证书，请放入受信任的根证书（PEM 或 DER）。",
            f"The trust folder {folder} holds no root certificate; put a trusted root there (PEM or DER).",
        )
    return TrustStore(
        found.anchors,
        found.intermediates,
        found.crls,
        found.ocsp,
        found.lists,
        found.trust_lists,
        found.pins,
    )


def _take_lists(files: list[Path], found: _Found) -> None:
    listed = [path for path in files if path.name.lower().endswith(LIST_SUFFIXES)]
    pinning = [path for path in files if path.name == PINS]
    if not listed and not pinning:
        return
    from verify.trusted_lists.files import read_file, read_pinned, read_pins  # noqa: PLC0415 - XML is not always needed

    for path in pinning:
        try:
            found.pins += read_pins(read_file(path))
        except (OSError, ListRefused) as error:
            raise _unusable_list(path, error) from error
    for path in listed:
        try:
            found.trust_lists.append(read_pinned(read_file(path), found.pins))
        except (OSError, ListRefused) as error:
            raise _unusable_list(path, error) from error


def _unusable_list(path: Path, error: OSError | ListRefused) -> TrustFolderUnusable:
    zh, en = (error.zh, error.en) if isinstance(error, ListRefused) else ("无法读取。", "it cannot be read.")
    return TrustFolderUnusable(f"信任库文件 {path}：{zh}", f"The file {path} in the trust folder: {en}")


def _take(path: Path, found: _Found) -> None:
    suffix = path.suffix.lower()
    if suffix not in CERTIFICATE_SUFFIXES | {".crl", ".ocsp", ".jws"}:
        return
    try:
        octets = _read(path)
        if suffix in CERTIFICATE_SUFFIXES:
            _take_certificates(path, octets, found)
        elif suffix == ".crl":
            found.crls.append(_crl(octets))
        elif suffix == ".ocsp":
            found.ocsp.append(octets)
        else:
            found.lists.append(octets.decode("ascii").strip())
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise TrustFolderUnusable(
            f"信任库文件 {path} 无法读取，请更换或移除后重试。",
            f"The file {path} in the trust folder cannot be read; replace or remove it and try again.",
        ) from error


def _read(path: Path) -> bytes:
    if path.stat().st_size > MAX_CRL_OCTETS:
        raise ValueError("too large")
    return path.read_bytes()


def _take_certificates(path: Path, octets: bytes, found: _Found) -> None:
    if octets.lstrip().startswith(b"-----BEGIN X509 CRL"):
        found.crls.append(_crl(octets))
        return
    if b"-----BEGIN" in octets:
        certificates = x509.load_pem_x509_certificates(octets)
    else:
        certificates = [x509.load_der_x509_certificate(octets)]
    for certificate in certificates:
        key_of(certificate)
        _ = extensions_of(certificate)
        anchor = path.parent.name == "anchors" or made_by(certificate, certificate)
        (found.anchors if anchor else found.intermediates).append(certificate)


def _crl(octets: bytes) -> bytes:
    if octets.lstrip().startswith(b"-----BEGIN"):
        return x509.load_pem_x509_crl(octets).public_bytes(Encoding.DER)
    x509.load_der_x509_crl(octets)
    return octets
