"""What sealing works with, made once and shared: permits, ledger, archive, writs, check, and the keys used in steps."""

from __future__ import annotations

from dataclasses import dataclass

from api.evidence.publishing import Evidence
from api.sealing.keeping import Keeping, KeepingTools, open_keeping, open_store
from api.sealing.seal_data import open_envelopes, open_maker
from api.wiring.ground import Certification, Ground
from ca.tsa import TimeStampAuthority
from seals.cases.desk import UseDesk
from seals.permit import Permits
from seals.registry import SealRegistry
from seals.ses.maker import SealDataMaker
from signing.archive import Archive
from signing.evidence import EvidenceDesk
from signing.hashes.credential import Credentials
from signing.hashes.desk import HashDesk, HashTools
from signing.ledger import Ledger
from signing.making import SealingTools
from signing.placing.keyword import TextReader
from signing.selfcheck import SelfCheck
from signing.two_step.desk import TwoStepSealing, TwoStepTools
from signing.two_step.paper import PaperDesk
from signing.writ import WritDesk


@dataclass(frozen=True, slots=True)
class SealingWorks:
    """The parts that sealing, batches, remote signing and the archive share."""

    permits: Permits
    ledger: Ledger
    archive: Archive
    evidence: EvidenceDesk
    seal_data: SealDataMaker
    writs: WritDesk
    check: SelfCheck
    texts: TextReader
    tools: SealingTools


def open_works(
    ground: Ground, certification: Certification, seals: SealRegistry, uses: UseDesk, evidence: Evidence
) -> SealingWorks:
    """Make them for one installation."""
    engine, clock, audit, ring = ground.engine, ground.clock, ground.audit, ground.ring
    authority, tsa = certification.authority, certification.tsa
    permits = Permits(seals, uses.uses, clock, audit)
    ledger = Ledger(engine, permits, uses, clock, audit)
    archive = Archive(ground.settings.archive, open_store(ground.settings))
    desk = EvidenceDesk(authority, certification.crls, certification.ocsp)
    seal_data = open_maker(ground.settings, seals, authority, ring, tsa)
    writs = WritDesk(ring, seals, ledger, desk, open_envelopes(ground.settings, seal_data))
    check = SelfCheck(desk, evidence.seal_lists)
    texts = TextReader()
    tools = SealingTools(
        ledger, writs, tsa.stamp, check, archive, texts=texts, stamp_several=tsa.stamp_several
    )
    return SealingWorks(permits, ledger, archive, desk, seal_data, writs, check, texts, tools)


def open_hashes(ground: Ground, works: SealingWorks, seals: SealRegistry, uses: UseDesk) -> HashDesk:
    """Open the desk that signs digests for remote clients."""
    credentials = Credentials(seals, works.ledger, works.evidence)
    tools = HashTools(works.permits, seals, uses, credentials, ground.ring, ground.audit)
    return HashDesk(ground.engine, ground.clock, tools)


def open_two_step(ground: Ground, works: SealingWorks, seals: SealRegistry) -> TwoStepSealing:
    """Open sealing with a key that is elsewhere."""
    paper = PaperDesk(seals, works.evidence, works.writs)
    tools = TwoStepTools(works.tools, works.writs, works.permits, paper, ground.audit)
    return TwoStepSealing(ground.engine, ground.clock, tools)


def open_kept(ground: Ground, works: SealingWorks, tsa: TimeStampAuthority) -> Keeping:
    """Open the desk of stored documents: retention, holds, renewal of archive time-stamps."""
    tools = KeepingTools(works.evidence, tsa.stamp, works.check)
    return open_keeping(ground.settings, ground.engine, ground.clock, ground.audit, works.archive, tools)
