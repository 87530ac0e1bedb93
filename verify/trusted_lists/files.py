"""Trust lists as files: ``pinned.json`` says whose are believed, ``*.tl.json`` and ``*.tl.xml`` are the lists.

``pinned.json`` is an array of objects: ``scheme_id``, the scheme's name; ``signers``, the SHA-256 of each certificate that may sign
its lists, in hexadecimal; and, where its keeper wants to refuse older lists, ``sequence``, the lowest number that counts (I30).
Digests only: a certificate file in a trust folder would be an anchor.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from verify.trusted_lists.errors import ListSignerUnknown, ListUnreadable
from verify.trusted_lists.limits import (
    MAX_CERTIFICATE_OCTETS,
    MAX_LIST_OCTETS,
    MAX_LISTS,
    MAX_NUMBER,
    MAX_PIVOTS,
)
from verify.trusted_lists.model import TrustedList
from verify.trusted_lists.pinned import read_list
from verify.trusted_lists.source import PINS, Pin, PinnedSource, check_lowest

MAX_PINS_OCTETS: Final = 1024 * 1024
"""A pin has some 200 octets."""
_DIGEST: Final = re.compile(r"[0-9a-fA-F]{64}")


def read_pins(octets: bytes) -> tuple[Pin, ...]:
    """Read ``pinned.json``; raises ``ListUnreadable``."""
    try:
        found = json.loads(octets) if len(octets) <= MAX_PINS_OCTETS else None
    except (ValueError, RecursionError) as wrong:
        raise _bad_pins() from wrong
    if not isinstance(found, list) or len(found) > MAX_LISTS:
        raise _bad_pins()
    return tuple(map(_pin, found))


def _pin(value: Any) -> Pin:
    if not isinstance(value, dict) or not {"scheme_id", "signers"} <= set(value) <= {
        "scheme_id",
        "signers",
        "sequence",
    }:
        raise _bad_pins()
    scheme, signers, lowest = value["scheme_id"], value["signers"], value.get("sequence", 0)
    if not isinstance(scheme, str) or not scheme or type(lowest) is not int or not 0 <= lowest <= MAX_NUMBER:
        raise _bad_pins()
    if not isinstance(signers, list) or not signers:
        raise _bad_pins()
    if not all(isinstance(digest, str) and _DIGEST.fullmatch(digest) for digest in signers):
        raise _bad_pins()
    return Pin(PinnedSource(scheme, tuple(digest.lower() for digest in signers)), lowest)


def _bad_pins() -> ListUnreadable:
    return ListUnreadable(
        f"{PINS} 格式不正确：应为数组，每项含 scheme_id（体系名称）和 signers（签名证书的 SHA-256）。",
        f"{PINS} has the wrong form: an array of objects with scheme_id, the scheme's name, and signers, the SHA-256 of the "
        "signing certificates.",
    )


def read_pinned(octets: bytes, pins: Sequence[Pin]) -> TrustedList:
    """Read a list under pins; raises as :func:`read_list` does, and ``ListRolledBack`` for one below the lowest number."""
    found = read_list(octets, [pin.source for pin in pins])
    check_lowest(found, pins)
    return found


def read_lists(paths: Iterable[Path], pins: Sequence[Pin]) -> list[TrustedList]:
    """Read list files under pins given by hand; raises the errors of :func:`read_pinned`, and ``OSError``."""
    return [read_pinned(read_file(path), pins) for path in paths]


def check_by_hand(found: Sequence[TrustedList], pins: Sequence[Pin], held: Sequence[Pin]) -> None:
    """Demand that each scheme's lists come from one signer, and from none but the pinned one where its scheme is pinned already.

    A signer that was named by hand is believed for whatever scheme its list says, so another's name would put its list in that
    one's place. ``held`` are the pins of the trust folder or bundle; signers that pivots led to (``pins``) count beside them.
    Raises ``ListSignerUnknown``.
    """
    led = {digest for pin in pins if pin.via for digest in pin.source.signer_octets()}
    for one in found:
        signers = {other.signer_sha256 for other in found if other.scheme_id == one.scheme_id}
        if len(signers) > 1:
            raise ListSignerUnknown(
                f"给出的信任清单中有多份名为“{one.scheme_id}”而签名者不同；请只给出核对过的签名者签发的那一份。",
                f"Several of the lists given are called “{one.scheme_id}” and differ in their signer; give the one whose signer you checked.",
            )
        pinned = {
            digest
            for pin in held
            if pin.source.scheme_id == one.scheme_id
            for digest in pin.source.signer_octets()
        }
        if pinned and one.signer_sha256 not in pinned | led:
            raise ListSignerUnknown(
                f"信任库已固定“{one.scheme_id}”的签名者，给出的清单由别人签发；请更新信任库的 {PINS}，或用 --pivot 证明签名者的更换。",
                f"The trust folder pins the signers of “{one.scheme_id}”, and the list given is another's; "
                f"change {PINS} there, or show with --pivot how its signers changed.",
            )


def pins_by_hand(signers: Iterable[str], pivots: Sequence[Path] = ()) -> tuple[Pin, ...]:
    """Pin signers of whichever scheme, each given as a SHA-256 in hexadecimal, or as the file of a certificate.

    Where ``pivots`` are given, those who signed them are believed no more, but the signers that they lead to. Raises
    ``ListUnreadable``, ``OSError``, and ``ListSignerUnknown`` for pivots that do not lead on.
    """
    given = tuple(Pin(_by_hand(text)) for text in signers)
    if not pivots:
        return given
    from verify.trusted_lists.pivots import follow  # noqa: PLC0415 - hardly ever asked for

    if not given:
        raise ListUnreadable(
            "--pivot 须与 --signer 一起使用：请用 --signer 给出先前核对过的签名证书或其 SHA-256，过渡清单由它开始。",
            "--pivot goes with --signer: name the signer that you pinned before, by its SHA-256 or its certificate; the pivots begin there.",
        )
    if len(pivots) > MAX_PIVOTS:
        raise ListUnreadable(
            f"--pivot 最多 {MAX_PIVOTS} 份；请只给出变更签名者的各期清单。",
            f"--pivot takes at most {MAX_PIVOTS} lists; give only the issues that changed the signers.",
        )
    start = PinnedSource(
        "",
        tuple(digest for pin in given for digest in pin.source.signers),
        tuple(der for pin in given for der in pin.source.certificates),
    )
    followed = follow([read_file(path) for path in pivots], start)
    past = {pivot.signer_sha256 for pivot in followed.pivots}
    return (*(pin for pin in given if past.isdisjoint(pin.source.signer_octets())), followed.pin)


def read_file(path: Path) -> bytes:
    """Read a list file that is not over the limit; raises ``ListUnreadable`` or ``OSError``."""
    if path.stat().st_size > MAX_LIST_OCTETS:
        raise ListUnreadable(
            f"信任清单 {path} 过大，请检查文件。", f"The trust list {path} is too large; check the file."
        )
    return path.read_bytes()


def _by_hand(text: str) -> PinnedSource:
    digest = text.replace(":", "").lower()
    if _DIGEST.fullmatch(digest):
        return PinnedSource("", (digest,))
    path = Path(text)
    try:
        octets = path.read_bytes() if path.stat().st_size <= MAX_CERTIFICATE_OCTETS else b""
        pem = octets.lstrip().startswith(b"-----BEGIN")
        certificate = (
            x509.load_pem_x509_certificate(octets) if pem else x509.load_der_x509_certificate(octets)
        )
    except (OSError, ValueError, TypeError) as wrong:
        raise ListUnreadable(
            f"签名证书 {text[:200]} 无法读取：请给出证书的 SHA-256（64 位十六进制）或证书文件。",
            f"The signer {text[:200]} cannot be read: give the SHA-256 of its certificate (64 hexadecimal digits) or its "
            "file.",
        ) from wrong
    return PinnedSource.of("", (certificate.public_bytes(Encoding.DER),))
