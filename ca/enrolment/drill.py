"""The mass revocation drill: how many, how long, and do OCSP and the lists agree afterwards.

Counting and simulating change nothing. Performing is a job like any other: two people approve its exact population.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from cryptography.x509 import ocsp

from ca.actor import Actor
from ca.certificate import CertificateQuery, CertificateRecord, CertificateStatus, RevocationReason
from ca.enrolment.job_store import JobRecord
from ca.enrolment.jobs import Jobs
from ca.enrolment.office import Office
from ca.enrolment.population import population
from ca.enrolment.ports import StatusSource
from ca.enrolment.rules import Matter
from ca.errors import CaError
from ca.revocation import Standing, standing_of
from ca.status import revocation_list
from ca.status.crl import CrlPublisher
from ca.status.ocsp import OcspResponder

MAX_LISTED: Final = 100
"""Disagreements listed in a report; more are counted."""


class PublishedStatus:
    """What our own responder and our own lists say, from the octets that relying parties get."""

    def __init__(self, responder: OcspResponder, crls: CrlPublisher) -> None:
        self._responder = responder
        self._crls = crls
        self._kept: dict[bytes, frozenset[int]] = {}

    def ocsp(self, issuer: str, serial: int) -> str:
        """Return ``good``, ``revoked`` or ``unknown`` as a response signed now says it."""
        del issuer
        answer = ocsp.load_der_ocsp_response(self._responder.response_for(serial))
        return answer.certificate_status.name.lower()

    def listed(self, issuer: str, serial: int) -> bool:
        """Tell whether the list in force for this certificate has it; a list that lacks a change is renewed first."""
        der = self._crls.covering(issuer, serial).der
        if der not in self._kept:
            self._kept = {
                der: frozenset(revocation_list.serial_of(entry) for entry in revocation_list.entries_of(der))
            }
        return serial in self._kept[der]


@dataclass(frozen=True, slots=True)
class Proof:
    """Register, OCSP and list compared for every certificate; ``differing`` has the first that do not agree."""

    compared: int
    agreeing: int
    differing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DrillReport:
    """What a drill found. ``seconds`` are of the wall: selecting, planning, proving; a performed one also revoking."""

    mode: str
    at: datetime
    total: int
    more: bool
    by_profile: dict[str, int]
    by_issuer: dict[str, int]
    revocable: int
    refused: tuple[str, ...] = ()
    seconds: dict[str, str] = field(default_factory=dict)
    proof: Proof | None = None
    job: str = ""


class RevocationDrill:
    """Counts, simulates, performs and proves."""

    def __init__(
        self,
        office: Office,
        jobs: Jobs,
        status: StatusSource,
        stopwatch: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._office = office
        self._jobs = jobs
        self._status = status
        self._stopwatch = stopwatch

    def count(self, query: CertificateQuery) -> DrillReport:
        """Say whom it would touch; nothing is revoked, nothing is written."""
        begun = self._stopwatch()
        found, more = population(self._office, query)
        return self._report("count", found, more, {"select": self._since(begun)})

    def simulate(self, query: CertificateQuery) -> DrillReport:
        """Do everything but revoke: plan each one, ask OCSP and the lists about each, take the time."""
        begun = self._stopwatch()
        found, more = population(self._office, query)
        selected = self._stopwatch()
        refused = tuple(
            f"{one.issuer}:{one.serial:x}" for one in found if standing_of(one) is Standing.REVOKED
        )
        proof = self.prove(found)
        seconds = {"select": f"{selected - begun:.3f}", "prove": self._since(selected)}
        report = self._report("simulate", found, more, seconds)
        return replace(report, refused=refused[:MAX_LISTED], proof=proof)

    def ask(
        self, query: CertificateQuery, reason: RevocationReason, *, request_key: str, actor: Actor, text: str
    ) -> JobRecord:
        """Ask for the real thing: a job that begins when the people whom the rule wants have approved it."""
        found, _ = population(self._office, query)
        self._jobs.chosen(query)
        alive = [(one.issuer, one.serial) for one in found if standing_of(one) is not Standing.REVOKED]
        return self._jobs.ask(
            Matter.MASS_REVOKE, alive, request_key=request_key, actor=actor, reason=reason, text=text
        )

    def report(self, job: str) -> DrillReport:
        """Prove a job that ran: the register, OCSP and the lists say the same of each of its certificates."""
        record = self._jobs.get(job)
        begun = self._stopwatch()
        found = [
            self._office.authority.certificate(one.serial, one.issuer) for one in record.instruction.targets
        ]
        proof = self.prove(found)
        seconds = {"prove": self._since(begun)}
        if record.started_at is not None and record.ended_at is not None:
            seconds["revoke"] = f"{(record.ended_at - record.started_at).total_seconds():.0f}"
        report = self._report(record.status.value, found, more=False, seconds=seconds)
        return replace(report, proof=proof, job=job)

    def prove(self, certificates: Iterable[CertificateRecord]) -> Proof:
        """Compare what the register, a fresh OCSP answer and the list in force say of each certificate (I13)."""
        compared, differing = 0, []
        for one in certificates:
            stopped = one.status is not CertificateStatus.ISSUED
            try:
                said, listed = (
                    self._status.ocsp(one.issuer, one.serial),
                    self._status.listed(one.issuer, one.serial),
                )
            except CaError as wrong:
                said, listed = type(wrong).__name__, not stopped
            compared += 1
            if (said == "revoked") != stopped or listed != stopped or said not in ("good", "revoked"):
                register = "revoked" if stopped else "good"
                differing.append(
                    f"{one.issuer}:{one.serial:x} register={register} ocsp={said} listed={listed}"
                )
        return Proof(compared, compared - len(differing), tuple(differing[:MAX_LISTED]))

    def _report(
        self, mode: str, found: list[CertificateRecord], more: bool, seconds: dict[str, str]
    ) -> DrillReport:
        return DrillReport(
            mode=mode,
            at=self._office.now(),
            total=len(found),
            more=more,
            by_profile=dict(Counter(one.profile for one in found)),
            by_issuer=dict(Counter(one.issuer for one in found)),
            revocable=sum(standing_of(one) is not Standing.REVOKED for one in found),
            seconds=seconds,
        )

    def _since(self, begun: float) -> str:
        return f"{self._stopwatch() - begun:.3f}"
