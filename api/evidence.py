"""Published evidence: anchors, intermediates, lists and seal states, as relying parties and auditors take them.

``publish`` writes the trust folder, file by file, each whole or not at all; checkpoints of the audit trail go to a
folder outside the database (I21).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from api.files import write_whole
from api.home import Home
from ca.audit import AuditProof, AuditTrail
from ca.authority import CertificateAuthority
from ca.checkpoint import Anchor, Checkpoint
from ca.crl import CrlPublisher
from ca.issuer import UnitPurpose
from hsm.provider import KeyRing, open_signer
from seals.status_list import SealStatusPublisher

NOTICE: Final = "演示证书，不具法律效力 / demonstration certificates without legal effect"
"""What pages and reports say of a hierarchy that is not in production (A7)."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Gathers what is published and writes it out."""

    home: Home
    engine: sa.Engine
    keys: KeyRing
    audit: AuditTrail
    authority: CertificateAuthority
    crls: CrlPublisher
    seal_states: SealStatusPublisher
