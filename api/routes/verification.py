"""Verification: a file in, a report out; open to anyone. Foreign bytes are read in a process that can be killed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, UploadFile
from pydantic import AwareDatetime, SecretStr

from api.schemas.sealing import ReportModel
from api.verifying.handed_in import evidence_text
from api.web.authorisation import Doors
from api.web.openapi import PUBLIC, problems
from verify.signatures.detached import ContentOctets

router = APIRouter(prefix="/api/v1/verifications", tags=["verification"], responses=PUBLIC)


@router.post("", summary="验章 / Verify a document", responses=problems(413))
def verify(  # noqa: PLR0913, PLR0917 - the parts of a form
    doors: Doors,
    file: Annotated[
        UploadFile,
        File(
            description="A sealed PDF or OFD, or a seal, signature, certificate, CRL, OCSP answer, time-stamp, list"
        ),
    ],
    at: Annotated[AwareDatetime | None, Form(description="Judge as of this time instead of now")] = None,
    content: Annotated[
        UploadFile | None,
        File(description="The file that a detached signature (.p7s) or a time-stamp is over"),
    ] = None,
    proof: Annotated[
        UploadFile | None,
        File(description="The proof (JSON) of a document under the one signature of a batch"),
    ] = None,
    password: Annotated[SecretStr | None, Form(description="Password of an encrypted PDF")] = None,
    evidence: Annotated[
        UploadFile | None, File(description="Evidence records (.evidence.jws) beside the document")
    ] = None,
    department: Annotated[str, Form(max_length=80, description="Ask this department too: id or name")] = "",
    act: Annotated[str, Form(max_length=80, description="The act that it is asked about: id or name")] = "",
) -> ReportModel:
    """Verify a sealed document: one verdict, the reason, and for each seal who, when, then and now.

    An electronic seal (SESeal) or a seal signature (SES_Signature) is recognised by its content; its steps stand in
    ``seal_data``. A detached signature (CAdES, GB/T 35275) is judged over ``content``, and says so where that is missing;
    for an OFD, ``ofd`` tells what each signature protects and leaves open; a document sealed under the one signature of a batch is judged by its ``proof``.
    What stands alone (certificates, CRLs, OCSP answers, time-stamps, lists and answers of a seal maker, proofs) is told by its
    content too: ``object`` says what it is, what it says of itself and how each step ended.
    ``answers`` holds three answers: cryptographically valid; trusted under which list; accepted by the ``department`` for the
    ``act``. ``proofs`` of each seal tell the technical and the institutional proof part by part; the latter needs ``evidence``.
    """
    asked = doors.acceptance.question(department, act)
    opened = None if password is None else password.get_secret_value()
    name = file.filename or "document.pdf"
    beside = None if content is None else ContentOctets(content.file.read())
    if proof is not None:
        report = doors.verification.verify_with_proof(
            file.file.read(), proof.file.read(), at=at, name=name, content=beside
        )
    else:
        told = evidence_text(evidence)
        report = doors.verification.verify(
            file.file.read(), at=at, name=name, password=opened, content=beside, evidence=told
        )
    if asked is not None:
        report = asked.of(report)
    return ReportModel.model_validate(report.to_json())
