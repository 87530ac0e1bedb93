"""Opening the filing desk of an installation: where its files lie, who signs for it, whose word of the platform is taken."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from api.errors import FileUnreadable
from api.settings import Settings
from api.tokens.work import TokenWork
from ca.authority import CertificateAuthority
from ca.certificate import public_key_of
from ca.enrolment.evidence_files import EvidenceFiles
from ca.issuer import HolderStatus, Unit, UnitPurpose
from hsm.provider import KeyRing, open_signer
from seals.filing.desk import FilingDesk
from seals.filing.exchange import Maker, Makers
from seals.filing.house import Neighbours
from seals.filing.job import FilingRules
from seals.imprint.studio import ImprintStudio
from seals.registry import SealRegistry

MAX_MAKERS: Final = 500
"""Certificates of other seal makers: the provinces and a few for each."""


def open_filing(  # noqa: PLR0913, PLR0917 - the neighbours, each once
    settings: Settings,
    authority: CertificateAuthority,
    keys: KeyRing,
    seals: SealRegistry,
    token_work: TokenWork,
    studio: ImprintStudio,
) -> FilingDesk:
    """Open the desk; nothing is read or signed yet."""
    files = EvidenceFiles(settings.archive / "filing")
    beside = Neighbours(seals, token_work.chips, token_work.gate, files, studio)
    makers = Makers(lambda: _own(authority, keys), lambda: _trusted(authority, settings.national_makers))
    rules = FilingRules(unclaimed=timedelta(days=settings.filing_unclaimed_days))
    return FilingDesk(authority.engine, authority.clock, authority.audit, beside, makers, rules)


def _units(authority: CertificateAuthority) -> list[Unit]:
    return list(authority.units(UnitPurpose.SEAL_MAKER))


def _own(authority: CertificateAuthority, keys: KeyRing) -> Maker | None:
    """Return the seal maker in office, its key opened; nothing before the ceremony."""
    active = [unit for unit in _units(authority) if unit.status is HolderStatus.ACTIVE]
    if not active:
        return None
    unit = active[-1]
    return Maker(unit.certificate, open_signer(keys, unit.key_uri, expected=public_key_of(unit.x509)))


def _trusted(authority: CertificateAuthority, folder: Path | None) -> tuple[bytes, ...]:
    """Return our makers' certificates and those in the folder of others (PEM or DER, one a file)."""
    own = tuple(unit.certificate for unit in _units(authority) if unit.certificate)
    if folder is None:
        return own
    if not folder.is_dir():
        raise FileUnreadable(folder)
    return own + tuple(_read(path) for path in sorted(folder.iterdir())[:MAX_MAKERS] if path.is_file())


def _read(path: Path) -> bytes:
    try:
        octets = path.read_bytes()
        if octets.startswith(b"-----BEGIN"):
            return x509.load_pem_x509_certificate(octets).public_bytes(Encoding.DER)
        return x509.load_der_x509_certificate(octets).public_bytes(Encoding.DER)
    except (OSError, ValueError) as wrong:
        raise FileUnreadable(path) from wrong
