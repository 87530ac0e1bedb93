"""Published evidence: anchors, intermediates, lists and seal states, as relying parties and auditors take them.

``publish`` writes the trust folder, file by file, each whole or not at all; checkpoints of the audit trail go to a
folder outside the database (I21).
"""

from __future__ import annotations

import io
import ssl
import zipfile
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from api.evidence.ocsp_answers import kept_answers
from api.evidence.recognition import Recognition
from api.evidence.seal_states import SealStates
from api.evidence.void_lists import VoidLists
from api.files import write_whole
from api.home import Home
from ca.audit import AuditProof, AuditTrail
from ca.authority import CertificateAuthority
from ca.certificate import MAX_PAGE, CertificateQuery, public_key_of
from ca.checkpoint import Anchor, Checkpoint
from ca.errors import AuditBroken
from ca.issuer import UnitPurpose
from ca.profile import CROSS
from ca.status.crl import CrlPublisher
from hsm.algorithms import PublicKey
from signing.recognition.departments import policy_files
from signing.recognition.handover import FOLDER as LISTS

README: Final = """印信：信任文件夹 / Yinxin: trust folder

anchors/        根证书，请通过可信渠道核对其 SHA-256 / roots: compare their SHA-256 over a channel you trust
intermediates/  签发证书 / issuing certificates
crls/           吊销列表 / revocation lists
ocsp/           保存的证书状态应答（有保存后才有）/ OCSP answers that were kept, once there are some
seals/          印章状态列表 / seal status list
voided/         作废文件清单（有作废后才有）/ list of voided documents, once there is one
departments/    本系统施行的部门政策（有导入后才有）/ department policies in force here, once there are some
lists/          其他系统的信任清单（互认后才有）/ trust lists of other installations, once they are recognised

yinxin verify FILE --trust THIS_FOLDER      python -m verify FILE --trust THIS_FOLDER
"""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Gathers what is published and writes it out."""

    home: Home
    engine: sa.Engine
    audit: AuditTrail
    authority: CertificateAuthority
    crls: CrlPublisher
    seal_states: SealStates
    void_lists: VoidLists
    recognition: Recognition

    def seal_lists(self) -> tuple[str, ...]:
        """Return the seal status lists in force; none before the ceremony made a seal maker."""
        found = self.seal_states.current()
        return () if found is None else (found.jws,)

    def files(self) -> dict[str, bytes]:
        """Return the trust folder's files by relative path; lists that are due are renewed first."""
        found: dict[str, bytes] = {"README.txt": README.encode()}
        issuers = self.authority.issuers()
        for issuer in (one for one in issuers if one.certificate):
            folder = "anchors" if issuer.is_root else "intermediates"
            found[f"{folder}/{issuer.id}.cer"] = issuer.certificate
            found[f"{folder}/{issuer.id}.pem"] = ssl.DER_cert_to_PEM_cert(issuer.certificate).encode()
        for record in self.authority.find(CertificateQuery(profile=CROSS.id, limit=MAX_PAGE)).items:
            if record.der:  # also one that was revoked: what was sealed before rests on it
                found[f"intermediates/cross-{record.serial:x}.cer"] = record.der
        for listed in self.crls.in_force():
            part = f".{listed.shard}" if listed.shard else ""
            found[f"crls/{listed.issuer}{part}.crl"] = listed.der
        for number, jws in enumerate(self.seal_lists()):
            found[f"seals/seals-{number}.jws"] = jws.encode()
        voided = self.void_lists.current()
        if voided is not None:
            found["voided/voided-0.jws"] = voided.jws.encode()
        found |= kept_answers(self.home.trust)
        found |= policy_files(self.engine)
        return found | self.recognition.files()

    def publish(self) -> None:
        """Bring the trust folder up to date; files that are already right are left alone."""
        files = self.files()
        for name, data in files.items():
            path = self.home.trust / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.is_file() or path.read_bytes() != data:
                write_whole(path, data)
        self._drop_lists(files.keys())

    def _drop_lists(self, keep: Collection[str]) -> None:
        """Take what is trusted no longer out of the folder too."""
        for path in (self.home.trust / LISTS).rglob("*"):
            if path.is_file() and str(path.relative_to(self.home.trust)) not in keep:
                path.unlink(missing_ok=True)

    def archive(self) -> bytes:
        """Return the trust folder as a ZIP file."""
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, data in sorted(self.files().items()):
                packed.writestr(f"trust/{name}", data)
        return target.getvalue()

    def checkpoint(self) -> Checkpoint | None:
        """Sign the head of the audit trail and keep it outside the database; ``None`` before there is a seal maker."""
        signer = self.seal_states.maker_signer()
        if signer is None:
            return None
        with self.engine.execution_options(read_only=True).connect() as connection:
            made = self.audit.checkpoint(connection, signer)
        path = self.home.checkpoints / f"{made.anchor.number:012d}.json"
        if not path.exists():
            write_whole(path, made.to_json().encode(), mode=0o600)
        return made

    def prove_audit(self, reached: Callable[[int], object] | None = None) -> AuditProof:
        """Re-compute the trail against every checkpoint kept here; :class:`ca.errors.AuditBroken`.

        ``reached`` is told how far it is (:meth:`ca.audit.AuditTrail.verify`).
        """
        anchors = self._anchors()
        with self.engine.execution_options(read_only=True).connect() as connection:
            return self.audit.verify(connection, anchors, reached=reached)

    def _anchors(self) -> tuple[Anchor, ...]:
        keys = [
            public_key_of(unit.x509)
            for unit in self.authority.units(UnitPurpose.SEAL_MAKER)
            if unit.certificate
        ]
        texts = [path.read_text(encoding="utf-8") for path in sorted(self.home.checkpoints.glob("*.json"))]
        return tuple(_proven(Checkpoint.parse(text), keys) for text in texts)


def _proven(checkpoint: Checkpoint, keys: list[PublicKey]) -> Anchor:
    """Return the anchor if one of the installation's makers signed the checkpoint; else :class:`AuditBroken`."""
    for key in keys:
        try:
            return checkpoint.proven(key)
        except AuditBroken:
            continue
    raise AuditBroken(checkpoint.anchor.number, "no maker of this installation signed the checkpoint")
