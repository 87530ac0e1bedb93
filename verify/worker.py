"""The process in which foreign documents are verified: frames in on stdin, frames out on stdout, limits on itself.

Frames are those of :mod:`hsm.frames`. First comes one frame of set-up (JSON: trust, policy,
memory), answered by an empty one when all is ready; then for each document a frame of JSON (at, present, name, password, content, evidence, beside, file), a frame of its octets unless they
lie in ``file`` and, where ``beside`` says so, one of the file that a detached signature is over; each is answered by one frame of JSON, the packed report. End of input ends the process.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from hsm.frames import limit_memory, read_frame, run, write_frame
from verify.allowance import REPORT, cap_memory
from verify.document_file import octets_of
from verify.report import DocumentReport
from verify.signatures.detached import ContentFile, ContentOctets
from verify.verifier import Verifier, exhausted
from verify.wire import pack, unpack_policy, unpack_trust


def serve(source: BinaryIO, out: BinaryIO) -> None:
    """Answer frames until the input ends."""
    setup = read_frame(source)
    if setup is None:
        return
    values: dict[str, Any] = json.loads(setup)
    verifier = Verifier(unpack_trust(values["trust"]), unpack_policy(values["policy"]))
    limit_memory(values["memory"])
    write_frame(out, b"")
    while (head := read_frame(source)) is not None:
        report = _answer(verifier, json.loads(head), source)
        if report is None:
            return
        answer = _packed(report)
        del report
        write_frame(out, answer)


def _answer(verifier: Verifier, asked: dict[str, Any], source: BinaryIO) -> DocumentReport | None:
    """Judge one document, whose octets follow or lie in a file; ``None``: the input ended."""
    at = datetime.fromisoformat(asked["at"])
    file = asked["file"]
    data = read_frame(source) if file is None else octets_of(Path(file), at, asked["name"])
    content: ContentFile | ContentOctets | None = None
    if asked["content"] is not None:
        content = ContentFile(Path(asked["content"]))
    elif asked["beside"]:
        content = ContentOctets(read_frame(source) or b"")
    if not isinstance(data, bytes):
        return data
    cap_memory(asked["resident"])
    present = asked["present"]
    looking = verifier if present is None else verifier.looking_back(datetime.fromisoformat(present))
    return looking.verify(
        data,
        at=at,
        name=asked["name"],
        password=asked["password"],
        content=content,
        evidence=asked["evidence"],
    )


def _packed(report: DocumentReport) -> bytes:
    """Pack a report; one for which the memory does not suffice, or that is too long to be handed over, is the limit's."""
    try:
        octets = json.dumps(pack(report)).encode()
    except MemoryError:
        octets = b""
    return octets if 0 < len(octets) <= REPORT else json.dumps(pack(exhausted(report))).encode()


if __name__ == "__main__":
    run(serve)
