"""A trust folder on disk: anchors, intermediates, CRLs, OCSP responses and seal status lists, in any subfolder.

``*.pem *.cer *.crt *.der`` are certificates (self-signed ones are anchors, and any in a folder called ``anchors``),
``*.crl``, ``*.ocsp``, ``*.jws`` what they say; ``*.tl.json`` and ``*.tl.xml`` trust lists, whose signers a ``pinned.json`` names
(:mod:`verify.trusted_lists.files`). One damaged file stops the loading: an auditor must know, for an older one would go on counting
in its place. So does what cannot be looked into (a link to another folder or to nothing, a pipe), and a list that nobody pinned.
A ``*.jws`` of a kind that no verification asks for is none of its concern.
"""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from seals.errors import SealError, StatementInvalid
from seals.jws import stated_type
from seals.statement import LIST_TYPE, ParsedStatusList, parse_status_list
from verify.algorithms import key_of
from verify.certificates.answers import read_response
from verify.certificates.extensions import extensions_of
from verify.certificates.links import made_by
from verify.document_file import mode_of
from verify.policy import MAX_CRL_OCTETS
from verify.trust import TrustStore
from verify.trusted_lists.errors import ListRefused
from verify.trusted_lists.model import TrustedList
from verify.trusted_lists.source import PINS, Pin
from verify.voided.form import VOID_LIST_TYPE, ParsedVoidList, parse_void_list
from verify.walk import NotLookedInto, files_below

CERTIFICATE_SUFFIXES: Final = frozenset({".pem", ".cer", ".crt", ".der"})
LIST_SUFFIXES: Final = (".tl.json", ".tl.xml")
MAX_FILES: Final = 10_000
"""Files in one trust folder; a national list has some hundreds of authorities."""
_MAKERS_LISTS: Final[dict[str, Callable[[str], ParsedStatusList | ParsedVoidList]]] = {
    LIST_TYPE: parse_status_list,
    VOID_LIST_TYPE: parse_void_list,
}
_PEM_CRL: Final = re.compile(rb"-----BEGIN X509 CRL-----.*?-----END X509 CRL-----", re.DOTALL)
_BEGUN: Final = re.compile(rb"-----BEGIN (?:X509 )?CERTIFICATE-----")


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
    files = _files(folder)
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


def _files(folder: Path) -> list[Path]:
    """List the files, one more than are read at most."""
    try:
        return sorted(islice(files_below(folder), MAX_FILES + 1))
    except NotLookedInto as wrong:
        raise TrustFolderUnusable(f"信任库中的 {wrong.zh}", f"In the trust folder: {wrong.en}") from wrong


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
            found.crls += _crls(octets)
        elif suffix == ".ocsp":
            found.ocsp.append(_answer(path, octets))
        else:
            found.lists.append(_makers_list(octets))
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm, SealError) as error:
        raise TrustFolderUnusable(
            f"信任库文件 {path} 已损坏或无法读取，请更换或移除后重试。",
            f"The file {path} in the trust folder is damaged or cannot be read; replace or remove it and try again.",
        ) from error


def _read(path: Path) -> bytes:
    if path.stat().st_size > MAX_CRL_OCTETS:
        raise ValueError("too large")
    return path.read_bytes()


def _take_certificates(path: Path, octets: bytes, found: _Found) -> None:
    certificates = []
    if b"-----BEGIN" not in octets:
        certificates = [x509.load_der_x509_certificate(octets)]
    elif begun := len(_BEGUN.findall(octets)):
        certificates = x509.load_pem_x509_certificates(octets)
        if len(certificates) != begun:
            raise ValueError("a certificate is cut off")
        found.crls += _pem_crls(octets)
    else:
        found.crls += _crls(octets)
    for certificate in certificates:
        key_of(certificate)
        _ = extensions_of(certificate)
        anchor = path.parent.name == "anchors" or made_by(certificate, certificate)
        (found.anchors if anchor else found.intermediates).append(certificate)


def _crls(octets: bytes) -> list[bytes]:
    """Return the lists of a file as DER: one, or of PEM as many as there are."""
    if octets.lstrip().startswith(b"-----BEGIN"):
        if found := _pem_crls(octets):
            return found
        raise ValueError("no list")
    x509.load_der_x509_crl(octets)
    return [octets]


def _pem_crls(octets: bytes) -> list[bytes]:
    found = _PEM_CRL.findall(octets)
    if len(found) != octets.count(b"-----BEGIN X509 CRL-----"):
        raise ValueError("a list is cut off")
    return [x509.load_pem_x509_crl(one).public_bytes(Encoding.DER) for one in found]


def _answer(path: Path, octets: bytes) -> bytes:
    """Return an answer that can be asked; one that cannot would leave an older one to count."""
    if read_response(octets, hashlib.sha256(octets).digest()) is None:
        raise TrustFolderUnusable(
            f"信任库文件 {path} 不是可用的 OCSP 应答（须为 DER 格式、成功的应答），请重新获取或移除后重试。",
            f"The file {path} in the trust folder is no OCSP response that can be used (DER, and a successful one); "
            "fetch it again, or remove it.",
        )
    return octets


def _makers_list(octets: bytes) -> str:
    """Return a JWS; one of a kind that a verifier asks has to hold by itself, whoever made it."""
    text = octets.decode("ascii").strip()
    said = stated_type(text)
    if said is None:
        raise StatementInvalid("no JWS")
    read = _MAKERS_LISTS.get(said)
    if read is not None:
        read(text).check_signature()
    return text
