"""A signature in a file of its own, which may hold what it is over (CAdES, EN 319 122-1; GB/T 35275; RFC 5652 §5.2), and the file that it is over."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Final, Protocol

from ca.cms_names import MESSAGE_DIGEST, SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2, SIGNING_TIME
from verify.digests import running
from verify.errors import Finding, failed, unexpected, unsure
from verify.policy import MAX_CMS_OCTETS, MAX_DOCUMENT_OCTETS, MAX_SIGNATURES
from verify.readers import Place
from verify.report import DocumentReport, Integrity, SignatureReport
from verify.sentence import Reason
from verify.signatures.case import Case, reported
from verify.signatures.cms import SignedMessage, count_signers, parse_message
from verify.signatures.containers import Container, container_of, has_pdf_header
from verify.signatures.protected import Protected
from verify.signatures.signer_steps import SignerSteps
from verify.signatures.two_files import second_document, where_signed
from verify.verdict import SubIndication, Verdict
from verify.wording import with_signatures

CHUNK: Final = 1 << 20
"""Octets of the content read at a time."""
MAX_PEM_OCTETS: Final = MAX_CMS_OCTETS * 4 // 3 + MAX_CMS_OCTETS // 16 + 256
"""The largest container in base64 with its line breaks and frame."""
_PEM: Final = re.compile(rb"\s*-----BEGIN (CMS|PKCS7)-----\s([A-Za-z0-9+/=\s]+)-----END \1-----\s*")
SIGNATURES: Final = frozenset({Container.CMS, Container.GBT35275})


class Content(Protocol):
    """The file that a detached signature is over; it is opened anew for each digest and never held whole."""

    def open(self) -> IO[bytes]:
        """Open it for reading."""


@dataclass(frozen=True, slots=True)
class ContentFile:
    """A file on this machine."""

    path: Path

    def open(self) -> IO[bytes]:
        """Open the file; ``OSError``."""
        return self.path.open("rb")


@dataclass(frozen=True, slots=True)
class ContentOctets:
    """Octets in memory."""

    octets: bytes

    def open(self) -> IO[bytes]:
        """Read them as a file."""
        return io.BytesIO(self.octets)


@dataclass(slots=True)
class NoticedContent:
    """A content of which it is told whether anybody looked at it: what was judged without it is not about it."""

    content: Content
    opened: bool = False

    def open(self) -> IO[bytes]:
        """Open it, and note that."""
        self.opened = True
        return self.content.open()


def not_about(report: DocumentReport) -> DocumentReport:
    """Take back that a document is good where a content was given with it and nothing in it is about that.

    Whoever gives a content asks whether *it* was signed; a sealed PDF under the name of its signature answers another question.
    """
    if report.verdict is not Verdict.PASSED:
        return report
    sub = SubIndication.SIGNED_DATA_NOT_FOUND
    return replace(report, verdict=Verdict.INDETERMINATE, reason=_NOT_ABOUT, sub_indication=sub)


def signature_in(data: bytes) -> bytes | None:
    """Return the container (DER) that a file holds, as it is or in PEM (RFC 7468 §8, §9); ``None`` for any other file."""
    if container_of(data) in SIGNATURES:
        return data
    found = _PEM.fullmatch(data) if len(data) <= MAX_PEM_OCTETS and b"-----BEGIN" in data[:64] else None
    if found is None:
        return None
    try:
        octets = base64.b64decode(found[2])
    except ValueError:
        return None
    return octets if container_of(octets) in SIGNATURES else None


def is_pdf(data: bytes) -> bool:
    """Tell what readers open as a PDF, and is not the container of a signature over one, whose content begins with the header."""
    return has_pdf_header(data) and container_of(data) not in SIGNATURES


class Digests:
    """Digests of one content by algorithm, each read once. ``Finding`` for a content over the limit, ``OSError``."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._known: dict[str, bytes] = {}

    def of(self, algorithm: str) -> bytes:
        """Digest by a ``hashlib`` name or ``sm3``."""
        if algorithm not in self._known:
            state, size = running(algorithm), 0
            with self._content.open() as stream:
                while piece := stream.read(CHUNK):
                    size += len(piece)
                    if size > MAX_DOCUMENT_OCTETS:
                        raise _too_large()
                    state.update(piece)
            self._known[algorithm] = state.digest()
        return self._known[algorithm]

    def octets(self) -> bytes:
        """Return the whole: for containers that sign the content without attributes."""
        with self._content.open() as stream:
            found = stream.read(MAX_DOCUMENT_OCTETS + 1)
        if len(found) > MAX_DOCUMENT_OCTETS:
            raise _too_large()
        return found


def judge_detached(
    octets: bytes, content: Content | None, steps: SignerSteps, report: DocumentReport
) -> DocumentReport:
    """Judge every signature of one container; without its content the answer is in doubt, and still says who signed what and when.

    Several may have signed the same content side by side (RFC 5652 §5.1): each is judged for itself, and named by its number.
    """
    number = count_signers(octets)
    each: list[int | None] = list(range(number)) if 1 < number <= MAX_SIGNATURES else [None]
    message = _first_read(octets, each)
    enclosed = None if message is None else message.content
    digests = None if content is None else Digests(content)
    refused: Finding | None
    try:
        digests = digests if enclosed is None else _same(enclosed, digests)
        refused = _too_many() if number > MAX_SIGNATURES else None
        refused = refused if message is None else _also_another(octets, enclosed) or refused
    except Finding as finding:
        refused = finding
    except OSError:
        refused = _content_unreadable()
    place = Place.FILE if enclosed is None else Place.AROUND
    signatures = [
        _told(
            _judged(octets, one, digests, steps) if refused is None else _without_judging(refused), one, place
        )
        for one in each
    ]
    known = "" if digests is None else _sha256(digests)
    return replace(with_signatures(report, signatures), content_sha256=known)


def _told(case: Case, signer: int | None, place: Place) -> SignatureReport:
    return replace(reported(case, "" if signer is None else str(signer + 1), place), level=_level(case))


def _without_judging(refused: Finding) -> Case:
    case = Case(())
    case.object(refused)
    return case


def _judged(octets: bytes, signer: int | None, digests: Digests | None, steps: SignerSteps) -> Case:
    case = Case(())
    try:
        steps.run(case, _protected(octets, digests, signer))
        if digests is None:
            case.object(_content_missing())
        elif case.integrity.modified is None:
            case.integrity = Integrity(covers_whole_document=True, modified=False)
    except Finding as finding:
        case.object(finding)
        if digests is None:
            case.object(_content_missing())
    except OSError:
        case.object(_content_unreadable())
    except Exception as error:  # noqa: BLE001 - foreign octets; whatever a library raises is a finding, not a crash
        case.object(unexpected(error))
    return case


def _also_another(octets: bytes, enclosed: bytes | None) -> Finding | None:
    """Refuse a container that other readers open as a document with parts that are no part of what was signed."""
    second = second_document(octets, where_signed(octets, enclosed))
    if second is None:
        return None
    return failed(
        SubIndication.FORMAT_FAILURE,
        f"该签名文件同时可作为{second.zh}打开，阅读器显示的内容不在签名之内；请索取原件。",
        f"The signature file opens as {second.en} at the same time, and readers show what the signature does not cover; "
        "ask for the original.",
    )


def _too_many() -> Finding:
    return unsure(
        SubIndication.LIMIT_REACHED,
        f"签名者超过 {MAX_SIGNATURES} 个，未逐一核验。",
        f"There are more than {MAX_SIGNATURES} signers, and not all were verified.",
    )


def _first_read(octets: bytes, signers: list[int | None]) -> SignedMessage | None:
    """Read a container as that of its first signer that can be read; its content (RFC 5652 §5.2) is that of all."""
    for signer in signers:
        try:
            return parse_message(octets, old=True, signer=signer)
        except Finding:
            continue  # the steps say what is wrong
    return None


def _same(enclosed: bytes, beside: Digests | None) -> Digests:
    """Judge over what is enclosed; a file given beside it must be that very file: ``Finding`` HASH_FAILURE."""
    inside = Digests(ContentOctets(enclosed))
    if beside is not None and beside.of("sha256") != inside.of("sha256"):
        raise failed(
            SubIndication.HASH_FAILURE,
            "签名内附的原文与所给文件不是同一份，签名不是对所给文件作出的；请核对文件。",
            "The signature holds its content, and that is not the file given: it was made over another; check the file.",
        )
    return inside


def _sha256(digests: Digests) -> str:
    try:
        return digests.of("sha256").hex()
    except (OSError, Finding):
        return ""


def _protected(octets: bytes, digests: Digests | None, signer: int | None) -> Protected:
    if digests is None:
        stated = _stated_digest(octets, signer)
        return Protected(octets, lambda _: stated, bytes, lambda _: True, bound=False, signer=signer)
    return Protected(
        octets,
        digests.of,
        digests.octets,
        lambda expected: digests.of("sha256").hex() == expected,
        bound=False,
        may_attach=True,
        signer=signer,
    )


def _stated_digest(octets: bytes, signer: int | None) -> bytes:
    """Return the digest that the signature itself states, to go on with the other steps where the content is missing."""
    values = parse_message(octets, signer=signer).signed.get(MESSAGE_DIGEST, [])
    return bytes(values[0].native) if values else b""


def _level(case: Case) -> str:
    """Name the CAdES baseline level that was reached and proved (EN 319 122-1 §6); other containers by their own name."""
    message = case.message
    if message is None:
        return ""
    baseline = SIGNING_TIME in message.signed and not {
        SIGNING_CERTIFICATE,
        SIGNING_CERTIFICATE_V2,
    }.isdisjoint(message.signed)
    name = "GBT35275" if case.container is Container.GBT35275 else "B" if baseline else "CMS"
    if not case.time.trusted:
        return f"{name}-B"
    return f"{name}-LT" if case.embedded and (message.crls or message.ocsp) else f"{name}-T"


_NOT_ABOUT: Final = Reason(
    "该文件本身有效，但它不是对所给原文件（content）作出的签名，与原文件无关；核验原文件请给出它自己的签名文件，只核验该文件请不要同时给出原文件。",
    "The file is valid by itself, but it is no signature over the content given and says nothing about it; give the content's own "
    "signature, or verify the file without a content.",
)


def _content_missing() -> Finding:
    return unsure(
        SubIndication.SIGNED_DATA_NOT_FOUND,
        "这是分离式签名文件，本身不含原文；请同时提供被签名的原文件（--content 文件，或上传为 content）后重新核验。",
        "This is a detached signature; give the content, the file that it is over (--content FILE, or upload it as content), "
        "and verify again.",
    )


def _content_unreadable() -> Finding:
    return unsure(
        SubIndication.SIGNED_DATA_NOT_FOUND,
        "原文件无法读取，请检查路径和访问权限后重新核验。",
        "The content cannot be read; check its path and permissions and verify again.",
    )


def _too_large() -> Finding:
    limit = MAX_DOCUMENT_OCTETS // 1024 // 1024
    return unsure(
        SubIndication.LIMIT_REACHED,
        f"原文件超过 {limit} MB 的核验上限。",
        f"The content is larger than the limit of {limit} MB.",
    )
