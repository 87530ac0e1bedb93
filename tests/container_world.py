"""Documents sealed in every container, with certification and locks: right by default, a test states the one wrong thing."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from hsm.suite import Suite
from seals.ses.parts import SesVersion
from signing.containers.cms import ContainerForm, Revocation, Signatory
from signing.containers.envelope import CmsEnvelope, ContainerKind, Envelope, PdfNames
from signing.containers.ses_envelope import SES_NAMES, SealData, SesEnvelope
from signing.mark import Evidence, SealMark, Work
from signing.pdf.general import prepare, prepare_generally
from tests.interop.sealing_world import mark
from tests.pki import Party
from tests.ses_world import SesSealing
from tests.verify_world import NOW, small_pdf

_FORMS = {ContainerKind.CMS: ContainerForm.RFC5652, ContainerKind.GBT35275: ContainerForm.GBT35275}


@dataclass(frozen=True)
class Wish:
    """How one sealing is made; ``by`` is the writer, ``changes`` are members of the mark."""

    kind: ContainerKind = ContainerKind.SES
    stated: bool = True
    stamped: bool = False
    version: SesVersion = SesVersion.V4
    names: PdfNames = SES_NAMES
    by: Callable[..., Any] = prepare
    esl: bytes | None = None
    keeper: Party | None = None


class Containers(SesSealing):
    """A hierarchy in one suite whose keeper seals in any container."""

    def envelope(self, pdf: bytes, wish: Wish, **alone: Any) -> Envelope:
        keeper = wish.keeper or self.keeper
        statement = self.statement(pdf, keeper) if wish.stated else None
        signatory = Signatory(
            keeper.signer, keeper.certificate, keeper.chain, _FORMS.get(wish.kind, ContainerForm.RFC5652)
        )
        if wish.kind is not ContainerKind.SES:
            return CmsEnvelope(signatory, statement, **alone)
        seal = SealData(wish.esl or self.esl(wish.version), wish.version)
        return SesEnvelope(signatory, seal, self.now, statement, wish.names)

    def put(self, pdf: bytes | None = None, wish: Wish | None = None, **changes: Any) -> bytes:
        """Seal a PDF; a seal signature has its chains in the document's evidence."""
        document, wish = pdf or small_pdf(), wish or Wish()
        envelope = self.envelope(document, wish)
        given: dict[str, Any] = {"when": self.now, "statement": None}
        if wish.kind is ContainerKind.SES:
            given["evidence"] = Evidence(self.evidence(self.keeper).certificates)
        place = changes.pop("place", "1:20,15")
        chosen: SealMark = mark(place, **(given | changes))
        output = io.BytesIO()
        prepared = wish.by(Work(io.BytesIO(document), output), chosen, envelope, stamped=wish.stamped)
        return self._finish(envelope, prepared, wish, output)

    def sign_file(self, content: bytes, wish: Wish | None = None, *, long_term: bool = False) -> bytes:
        """Make a detached signature over any octets."""
        from signing.detached.format import prepare as prepare_detached

        wish = wish or Wish(ContainerKind.CMS)
        found = self.evidence(self.keeper, responses=True)
        carried = Revocation(found.certificates, found.ocsp, found.crls) if long_term else Revocation()
        envelope = self.envelope(content, wish, when=self.now, carried=carried)
        output = io.BytesIO()
        return self._finish(
            envelope, prepare_detached(Work(io.BytesIO(content), output), envelope), wish, output
        )

    def _finish(self, envelope: Envelope, prepared: Any, wish: Wish, output: io.BytesIO) -> bytes:
        keeper = wish.keeper or self.keeper
        signature = keeper.signer.sign(envelope.to_sign(prepared.digest, prepared.scope))
        token = self.stamp(envelope.digest.digest(signature)) if wish.stamped else None
        prepared.complete(envelope.finish(signature, token))
        return output.getvalue()


BOTH_WRITERS = (prepare, prepare_generally)


@cache
def national() -> Containers:
    """One national world for a whole run."""
    return Containers(NOW, Suite.GM)


@cache
def international() -> Containers:
    """One international world beside it."""
    return Containers(NOW, Suite.INTERNATIONAL)


def sha256(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()
