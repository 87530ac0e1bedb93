"""A document time-stamp as one more incremental update, appended in place (ISO 32000-2 §12.8.5, EN 319 142-1 §5.5)."""

from __future__ import annotations

from typing import IO, Final

from hsm.algorithms import Digest, DigestAlgorithm
from signing.containers.cms import TIME_STAMP_ROOM
from signing.incremental.errors import unforeseen
from signing.incremental.form import read_form
from signing.incremental.output import PreparedPlain, append, digest_through
from signing.incremental.pages import PageTree
from signing.incremental.seal import extend_form
from signing.incremental.signature import UNSEEN, field_dictionary, time_stamp_dictionary
from signing.incremental.store import store_evidence
from signing.incremental.update import Update
from signing.mark import Evidence, Stamper
from verify.pdf.plain.file import open_plain

FIELD_NAME: Final = "ArchiveTimeStamp"
"""First part of a document time-stamp's field name; a number follows."""


def append_time_stamp(
    stream: IO[bytes], stamper: Stamper, evidence: Evidence, algorithm: DigestAlgorithm
) -> None:
    """Append evidence and a document time-stamp over everything to ``stream`` (seekable, readable, writable).

    :class:`verify.pdf.plain.errors.NotPlain` comes before anything is written. Raises what the stamper raises,
    :class:`signing.errors.TimeStampFailed` for a token that is too long, ``OSError``; then discard the stream.
    """
    with unforeseen():
        pdf = open_plain(stream)
        update = Update(pdf)
        signature = update.reserve()
        form = read_form(pdf, heed_locks=False)
        name, number = f"{FIELD_NAME}-1", 1
        while form.unused(name) != name:
            number += 1
            name = f"{FIELD_NAME}-{number}"
        page = PageTree(pdf).page(1)
        field = update.add(field_dictionary(name, "", page.ref, UNSEEN, {"V": signature}))
        extend_form(pdf, form, update, [field.pdf])
        if evidence != Evidence():
            store_evidence(pdf, update, evidence)
        update.put(signature, time_stamp_dictionary(TIME_STAMP_ROOM))
        octets, gap = update.compose(signature)
    running = algorithm.running()
    digest_through(pdf.octets, running)
    digest = Digest(algorithm, append(stream, octets, gap, running))
    PreparedPlain(digest, gap.scope, stream, TIME_STAMP_ROOM, gap, digest).complete(stamper(digest))
