"""The register of a province: a million certificates on PostgreSQL, searched by name, code and expiry, page by page.

The promise is an answer within 200 ms for 95 of 100 questions. OCSP is asked over the same rows, and over a handful.
"""

from __future__ import annotations

import itertools
import random
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from benchmarks._postgres import database, server
from benchmarks._register import CITIES, TRADES, Sample, fill
from benchmarks.harness import Better, Row, compare, per_second
from benchmarks.installation import SOFT, folder, installation
from benchmarks.issuance import COMPANY, USCC

if TYPE_CHECKING:
    from api.services import Services
    from ca.certificate import CertificateQuery

NAME = "search"
FULL, QUICK = 1_000_000, 30_000
PROMISE_MS = 200.0


def run(quick: bool) -> Iterable[Row]:
    """Fill a register and search it; a small one beside it for OCSP."""
    count = QUICK if quick else FULL
    with folder() as place, server(place) as url:
        if url is None:
            return
        with database(url) as large_url, database(url) as small_url:
            (place / "large").mkdir()
            (place / "small").mkdir()
            with (
                installation(place / "large", SOFT, large_url) as large,
                installation(place / "small", SOFT, small_url) as small,
            ):
                sample = _filled(large, count)
                yield from _searches(large, sample, count, rounds=40 if quick else 200)
                few = _filled(small, 1000)
                yield _ocsp((large, sample), (small, few), count, quick=quick)


def _filled(services: Services, count: int) -> Sample:
    serial = one_certificate(services)
    return fill(services.engine, serial, count, datetime.now(UTC))


def one_certificate(services: Services) -> int:
    """Issue one certificate for real, and return its serial number."""
    from cryptography.hazmat.primitives.asymmetric import ec

    from ca.actor import SYSTEM
    from ca.certificate import CertificateRequest, SubjectName

    services.enterprises.register(USCC, COMPANY, actor=SYSTEM)
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    request = CertificateRequest("enterprise-seal", SubjectName(COMPANY, COMPANY, USCC), key)
    return services.authority.issue(request, request_key="template", actor=SYSTEM).serial


def _searches(services: Services, sample: Sample, count: int, rounds: int) -> Iterable[Row]:
    for label, questions in _questions(sample):
        took: list[float] = []
        found = 0
        for query in itertools.islice(questions, rounds):
            began = time.perf_counter()
            page = services.authority.find(query)
            took.append((time.perf_counter() - began) * 1000)
            found += len(page.items)
        p95 = statistics.quantiles(took, n=20)[-1]
        yield Row(
            name=f"search-{label}",
            unit="ms at p95",
            peer_name=f"the promise, {PROMISE_MS:.0f} ms",
            samples=((p95, PROMISE_MS),),
            better=Better.LOWER,
            note=f"{count:,} certificates, {rounds} questions, {found / rounds:.1f} found each, median {statistics.median(took):.1f} ms, "
            f"longest {max(took):.0f} ms",
        )


def _questions(sample: Sample) -> Iterator[tuple[str, Iterator[CertificateQuery]]]:
    from ca.certificate import CertificateOrder, CertificateQuery

    chance = random.Random(7)
    ask, now = CertificateQuery(limit=50), datetime.now(UTC)

    def each(make: Callable[[], dict[str, Any]]) -> Iterator[CertificateQuery]:
        while True:
            yield replace(ask, **make())

    def name() -> str:
        return chance.choice(sample.names)

    def part() -> str:
        full = name()
        start = chance.randrange(len(full) - 3)
        return full[start : start + chance.randint(2, 6)]

    def day() -> datetime:
        return now + timedelta(days=chance.randint(-900, 900))

    yield "name-whole", each(lambda: {"name": name()})
    yield "name-own-part", each(lambda: {"name": name()[2:6]})
    yield "name-any-part", each(lambda: {"name": part()})
    yield "name-common-part", each(lambda: {"name": chance.choice(TRADES)})
    yield "name-two-common", each(lambda: {"name": chance.choice(CITIES)[-1] + chance.choice(TRADES)[0]})
    yield "name-nowhere", each(lambda: {"name": name()[2:4] + "囍"})
    yield "name-prefix", each(lambda: {"name_prefix": name()[: chance.randint(2, 5)]})
    yield "name-by-name", each(lambda: {"name": part(), "order": CertificateOrder.NAME})
    yield "uscc", each(lambda: {"uscc": chance.choice(sample.codes)})
    yield "serial", each(lambda: {"serial": chance.choice(sample.serials)})

    def month() -> dict[str, Any]:
        begin = day()
        return {"expires_after": begin, "expires_before": begin + timedelta(days=30)}

    yield "expiry", each(lambda: {**month(), "order": CertificateOrder.EXPIRY})
    yield "expiry-by-issuance", each(month)


def _ocsp(large: tuple[Services, Sample], small: tuple[Services, Sample], count: int, *, quick: bool) -> Row:
    seconds, rounds = (1.0, 3) if quick else (4.0, 5)
    return Row(
        name="search-ocsp",
        unit="answers/s",
        peer_name="the same responder over 1,000 certificates",
        samples=compare(_asker(*large, seconds), _asker(*small, seconds), rounds),
        note=f"ours over {count:,} certificates; in process, with a nonce, every answer read and signed afresh",
    )


def _asker(services: Services, sample: Sample, seconds: float) -> Callable[[], float]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509 import ocsp

    from ca.status.ocsp_codec import IssuerHashes

    issuer = services.authority.issuer("issuing").x509
    hashed = IssuerHashes(issuer)
    questions = []
    for serial in sample.serials:
        one = hashed.cert_id(serial)
        builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
            one.issuer_name_hash, one.issuer_key_hash, serial, hashes.SHA1()
        )
        builder = builder.add_extension(x509.OCSPNonce(b"n" * 16), critical=False)
        questions.append(builder.build().public_bytes(Encoding.DER))
    turn = itertools.cycle(questions)
    return lambda: per_second(lambda: services.ocsp.respond("issuing", next(turn)), seconds)
