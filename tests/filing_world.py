"""The filing desk over chips and an authority with keys in memory: correct by default, a test states the one wrong thing."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from ca.actor import Actor
from ca.enrolment.evidence_files import EvidenceFiles
from ca.tokens.inventory_store import Place
from ca.tokens.ranges import Grant
from hsm.pins import Pin
from hsm.signer import Signer
from seals.binding import CertificateFacts
from seals.drawing.vector import SealPicture
from seals.filing.challenge import ChipChallenge
from seals.filing.desk import FilingDesk
from seals.filing.exchange import Maker, Makers
from seals.filing.house import Neighbours
from seals.filing.job import Document, FilingRules, ImprintRecord, Job, JobStatus, NewShop
from seals.filing.people import Identity
from seals.imprint.comparison import compare
from seals.imprint.outcome import ImprintComparison
from seals.imprint.raster import png
from seals.imprint.scan import read_scan
from seals.imprint.studio import ImprintStudio
from seals.seal import SealApplication, SealKind, SealRecord
from seals.store import picture_of
from tests.pki import USCC, Pki, make_uscc
from tests.token_world import ANNE, BERT, FIVE, KEEPER, TokenWorld

SHOP = make_uscc("91110108MA01C8QX4")
SECOND_SHOP = make_uscc("91110108MA01C8QX5")
DIVISION = USCC[2:8]
APPLICANT = KEEPER
APPROVER = BERT
OFFICER = Actor("person:officer.gao", "高警官")
ENGRAVER = Actor("person:engraver.ma", "马师傅", SHOP)
COUNTER = Actor("person:counter.liu", "刘柜员", SHOP)
OTHER_ENGRAVER = Actor("person:engraver.niu", "牛师傅", SECOND_SHOP)
REPRESENTATIVE = Identity("王法定", Document.RESIDENT_ID, "11010519491231002X")
MESSENGER = Identity("孙代办", Document.PASSPORT, "E12345678")
LETTER = b"%PDF-1.7 letter of authority"
RECEIPT = b"%PDF-1.7 signed receipt"


@cache
def scan_of(packed: bytes, turned: bool = False) -> bytes:
    """Return a picture as a scan at 200 dpi, upside down if ``turned``."""
    drawn = png(SealPicture.unpack(packed), 200, transparent=False)
    if not turned:
        return drawn
    import io

    from PIL import Image

    out = io.BytesIO()
    with Image.open(io.BytesIO(drawn)) as image:
        image.rotate(3, fillcolor=(255, 255, 255)).save(out, "PNG", dpi=(200, 200))
    return out.getvalue()


class StudioHere(ImprintStudio):
    """The same comparison in this process; one scan on one picture is compared once in a run of the tests."""

    _known: ClassVar[dict[tuple[str, str], ImprintComparison]] = {}

    def __init__(self) -> None:
        self.compared = 0

    def compare(self, scan: bytes, picture: SealPicture) -> ImprintComparison:
        self.compared += 1
        key = (hashlib.sha256(scan).hexdigest(), picture.digest)
        if key not in self._known:
            self._known[key] = compare(read_scan(scan), picture)
        return self._known[key]


@dataclass
class FilingWorld:
    """The desk with two shops, one chip of the first shop's range, and seals on request."""

    tokens: TokenWorld
    desk: FilingDesk
    files: EvidenceFiles
    studio: StudioHere
    maker: Maker
    foreign: Maker
    chips: int = 0
    pins: dict[str, Pin] = field(default_factory=dict)
    mark: str = "B"

    def ordered(self, kind: SealKind = SealKind.LEGAL_NAME, **changes: Any) -> Job:
        """Apply for a seal to be engraved, and order it."""
        seal = self.applied(kind)
        told = {"shop": SHOP, "representative": REPRESENTATIVE, "actor": APPROVER, **changes}
        return self.desk.office.order(seal.code, **told)

    def applied(self, kind: SealKind = SealKind.LEGAL_NAME) -> SealRecord:
        application = SealApplication(USCC, kind, KEEPER.id, engrave=True)
        return self.tokens.seals.apply(application, actor=APPLICANT)

    def taken(self, **changes: Any) -> Job:
        return self.desk.workshop.take(self.ordered(**changes).id, actor=ENGRAVER)

    def scan(self, job: Job, *, turned: bool = False) -> bytes:
        with self.tokens.engine.connect() as conn:
            return scan_of(picture_of(conn, job.seal), turned)

    def imprint(self, job: Job, *, turned: bool = False) -> ImprintRecord:
        return self.desk.workshop.upload_imprint(job.id, self.scan(job, turned=turned), actor=ENGRAVER)

    def made(self, **changes: Any) -> Job:
        job = self.taken(**changes)
        self.imprint(job)
        return self.desk.workshop.make(job.id, actor=ENGRAVER)

    def chip(self) -> Place:
        """Make a personalised chip of the shop's range for the owner."""
        self.chips += 1
        serial = f"{self.mark}{self.chips}"
        self.tokens.new(serial, number=f"YX{self.chips:08d}")
        self.tokens.personalise(self.tokens.plan(serial, FIVE[1:2]))
        letter = self.tokens.letters.of_token(serial)[0]
        self.pins[serial] = self.tokens.letters.print(letter.id, actor=ANNE).pin
        return Place(serial, FIVE[1][0], FIVE[1][1])

    def signer(self, place: Place) -> Signer:
        return self.tokens.gate.signer(place, pin=self.pins[place.token])

    def challenged(self, job: Job, place: Place) -> ChipChallenge:
        return self.desk.chip.challenge(job.id, place, actor=ENGRAVER)

    def answered(self, job: Job, place: Place) -> Job:
        asked = self.challenged(job, place)
        return self.desk.chip.answer(job.id, asked.id, self.signer(place).sign(asked.message), actor=ENGRAVER)

    def personalised(self, place: Place | None = None, **changes: Any) -> Job:
        return self.answered(self.made(**changes), place or self.chip())

    def offered(self, **changes: Any) -> Job:
        return self.desk.workshop.offer(self.personalised(**changes).id, actor=COUNTER)

    def deliver(self, job: Job, receiver: Identity = REPRESENTATIVE, **changes: Any) -> Job:
        told = {"receipt": RECEIPT, "actor": COUNTER, **changes}
        return self.desk.workshop.deliver(job.id, receiver, **told)

    def delivered(self, **changes: Any) -> Job:
        return self.deliver(self.offered(**changes))

    def certificate(self) -> CertificateFacts:
        return self.tokens.pki.enrol().issued

    def accept(self, job: Job, actor: Actor = OFFICER) -> Job:
        return self.desk.office.accept(job.id, certificate=self.certificate(), actor=actor)

    def filed(self, **changes: Any) -> Job:
        return self.accept(self.delivered(**changes))

    def status(self, job: Job) -> JobStatus:
        return self.desk.office.get(job.id, actor=OFFICER).job.status

    def seal(self, job: Job) -> SealRecord:
        return self.tokens.seals.get(job.seal)

    def audit(self) -> list[Any]:
        with self.tokens.engine.connect() as conn:
            return list(self.tokens.pki.audit.every(conn))

    def alarms(self) -> list[str]:
        return [json.loads(one.detail)["why"] for one in self.audit() if one.action == "alarm.chip"]


def make_filing_world(tokens: TokenWorld, folder: Path, rules: FilingRules | None = None) -> FilingWorld:
    """Open the desk beside ``tokens``, register two shops and grant chips to the first."""
    files, studio = EvidenceFiles(folder / "filing"), StudioHere()
    beside = Neighbours(tokens.seals, tokens.chips, tokens.gate, files, studio)
    unit, foreign = tokens.pki.hierarchy.seal_maker, Pki(tokens.pki.clock()).seal_maker()
    own = Maker(unit.certificate, tokens.pki.signer(unit.key_uri))
    makers = Makers(lambda: own, lambda: (own.certificate, foreign.der))
    desk = FilingDesk(tokens.engine, tokens.pki.clock, tokens.pki.audit, beside, makers, rules)
    for number, uscc in enumerate((SHOP, SECOND_SHOP)):
        desk.shops.register(
            NewShop(uscc, f"北京刻章{number}店", DIVISION, f"特许刻字{number}001"), actor=OFFICER
        )
    tokens.ranges.grant(Grant("YX00000001", "YX00000009", SHOP, "马师傅"), actor=ANNE)
    return FilingWorld(tokens, desk, files, studio, own, Maker(foreign.der, foreign.signer))
