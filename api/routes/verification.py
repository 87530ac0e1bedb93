"""Verification: a file in, a report out; open to anyone. Foreign bytes are read in a process that can be killed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, UploadFile
from pydantic import SecretStr

from api.errors import InputInvalid
from api.schemas.moments import Moment
from api.schemas.sealing import ReportModel
from api.verifying.handed_in import evidence_text
from api.web.authorisation import Doors, LimitedWithoutKey
from api.web.known_fields import KnownFields
from api.web.openapi import PUBLIC, problems
from verify.signatures.detached import ContentOctets

router = APIRouter(
    prefix="/api/v1/verifications",
    tags=["verification"],
    responses=PUBLIC,
    dependencies=[KnownFields, LimitedWithoutKey],
)


@router.post("", summary="验章 / Verify a document", responses=problems(413, 429))
def verify(  # noqa: PLR0913, PLR0917 - the parts of a form
    doors: Doors,
    file: Annotated[
        UploadFile,
        File(
            description="A sealed PDF or OFD, or a seal, signature, certificate, CRL, OCSP answer, time-stamp, list"
        ),
    ],
    at: Annotated[Moment | None, Form(description="Judge as of this time instead of now")] = None,
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
    ``proof`` stands for a file beside its batch: it takes neither ``evidence`` nor ``password``.
    ``answers`` holds three answers: cryptographically valid; trusted under which list; accepted by the ``department`` for the
    ``act``. ``proofs`` of each seal tell the technical and the institutional proof part by part; the latter needs ``evidence``.
    """
    asked = doors.acceptance.question(department, act)
    opened = None if password is None else password.get_secret_value()
    name = file.filename or "document.pdf"
    beside = None if content is None else ContentOctets(content.file.read())
    if proof is not None:
        _demand_alone(evidence, password)
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


def _demand_alone(evidence: UploadFile | None, password: SecretStr | None) -> None:
    """Refuse beside a proof what the judgement by it has no use for."""
    for field, given in (("evidence", evidence), ("password", password)):
        if given is not None:
            raise InputInvalid(
                f"“{field}”不能与“proof”一起提交：凭证明核验的是批次的合并签名，不读取文件内容；请去掉其中一项。",
                f"{field} does not go with proof: by a proof the one signature of its batch is judged and the file is not "
                "opened; leave one of them out.",
            )
