"""Verification: a file in, a report out; open to anyone. Foreign bytes are read in a process that can be killed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, UploadFile
from pydantic import AwareDatetime, SecretStr

from api.auth import Doors
from api.openapi import PUBLIC, problems
from api.schemas.sealing import ReportModel
from verify.signatures.detached import ContentOctets

router = APIRouter(prefix="/api/v1/verifications", tags=["verification"], responses=PUBLIC)


@router.post("", summary="验章 / Verify a document", responses=problems(413))
def verify(  # noqa: PLR0913, PLR0917 - the parts of a form
    doors: Doors,
    file: Annotated[
        UploadFile, File(description="A sealed PDF or OFD, or electronic seal data (.esl, .dat)")
    ],
    at: Annotated[AwareDatetime | None, Form(description="Judge as of this time instead of now")] = None,
    content: Annotated[
        UploadFile | None, File(description="The file that a detached signature (.p7s) is over")
    ] = None,
    proof: Annotated[
        UploadFile | None,
        File(description="The proof (JSON) of a document under the one signature of a batch"),
    ] = None,
    password: Annotated[SecretStr | None, Form(description="Password of an encrypted PDF")] = None,
) -> ReportModel:
    """Verify a sealed document: one verdict, the reason, and for each seal who, when, then and now.

    An electronic seal (SESeal) or a seal signature (SES_Signature) is recognised by its content; its steps stand in
    ``seal_data``. A detached signature (CAdES, GB/T 35275) is judged over ``content``, and says so where that is missing;
    for an OFD, ``ofd`` tells what each signature protects and leaves open; a document sealed under the one signature of a batch is judged by its ``proof``.
    """
    opened = None if password is None else password.get_secret_value()
    name = file.filename or "document.pdf"
    beside = None if content is None else ContentOctets(content.file.read())
    if proof is not None:
        report = doors.verification.verify_with_proof(file.file.read(), proof.file.read(), at=at, name=name)
        return ReportModel.model_validate(report.to_json())
    report = doors.verification.verify(file.file.read(), at=at, name=name, password=opened, content=beside)
    return ReportModel.model_validate(report.to_json())
