"""From a request of the CSC API to the desks that do the work, and back."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from api.access.scopes import Principal
from api.csc import schemas
from api.csc.algorithms import choose, digests_of, read_hashes
from api.csc.errors import CscParameterInvalid
from api.tokens.enrolment import pin_of
from hsm.algorithms import DigestAlgorithm
from signing.hashes.credential import Credential
from signing.hashes.desk import Activated, HashOrder, Presented
from signing.level import Level
from signing.order import SealOrder
from signing.placing.where import Unseen, Where, parse_where

if TYPE_CHECKING:
    from api.services import Services

_LEVEL: Final = re.compile(r"(?:P?AdES-)?(B|B-B|B-T|B-LT|B-LTA)", re.IGNORECASE)
MAX_YUAN: Final = 10**15


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What ``clientData`` tells beyond the specification: a JSON object with the case, the class, the amount, a place."""

    case: str = ""
    document_class: str = ""
    amount: int | None = None
    name: str = "document.pdf"
    at: Where = Unseen()  # noqa: RUF009 - frozen and without members


def authorise(
    doors: Services, caller: Principal, asked: schemas.AuthoriseV1 | schemas.AuthoriseV2
) -> Activated:
    """Authorise digests (``credentials/authorize``)."""
    credential = doors.hashes.credentials.get(asked.credential_id, caller.actor)
    if asked.num_signatures != len(asked.hashes):
        raise CscParameterInvalid(
            "numSignatures", "应等于摘要个数", "it equals the number of digests: each is authorised by itself"
        )
    values = read_hashes(asked.hashes)
    algorithm = choose(credential, None, asked.hash_oid, len(values[0]))
    told = circumstances(asked.client_data)
    pin = asked.pin()
    order = HashOrder(
        credential.id,
        digests_of(algorithm.digest, values),
        purpose=asked.description,
        case=told.case,
        document_class=told.document_class,
        amount=told.amount,
        credential=hand_of(caller),
    )
    return doors.hashes.authorise(order, actor=caller.actor, pin=None if pin is None else pin_of(pin))


def sign_hashes(
    doors: Services, caller: Principal, asked: schemas.SignHashV1 | schemas.SignHashV2
) -> list[str]:
    """Sign authorised digests (``signatures/signHash``)."""
    _synchronous(asked.operation_mode)
    credential = doors.hashes.credentials.get(asked.credential_id, caller.actor)
    values = read_hashes(asked.hashes)
    algorithm = choose(credential, asked.sign_algo, asked.hash_oid, len(values[0]))
    shown = _shown(caller, credential, asked.sad.get_secret_value())
    made = doors.hashes.sign(shown, digests_of(algorithm.digest, values), algorithm)
    return [base64.b64encode(one).decode() for one in made]


def sign_documents(
    doors: Services, caller: Principal, asked: schemas.SignDocRequest
) -> schemas.SignedDocuments:
    """Seal a document, or make detached containers for digests (``signatures/signDoc``)."""
    _synchronous(asked.operation_mode)
    credential = doors.hashes.credentials.get(asked.credential_id, caller.actor)
    shown = _shown(caller, credential, asked.sad.get_secret_value())
    if len(asked.documents) + len(asked.digests) != 1:
        raise CscParameterInvalid(
            "documents",
            "每次请求给出一份文件（documents），或一组摘要（documentDigests）",
            "give one document, or one set of documentDigests, in a request",
        )
    if asked.digests:
        return schemas.SignedDocuments(signatures=_contain(doors, credential, shown, asked.digests[0]))
    document = asked.documents[0]
    choose(credential, document.sign_algo, None)
    told = circumstances(asked.client_data)
    sealed = _seal(doors, shown, _document(document.document), _level(document.conformance_level), told)
    return schemas.SignedDocuments(documents=[base64.b64encode(sealed).decode()])


def circumstances(client_data: str | None) -> Circumstances:
    """Read ``clientData``; other clients' own text is passed over, a JSON object with a wrong member is not."""
    try:
        found = json.loads(client_data or "{}")
    except ValueError:
        return Circumstances()
    if not isinstance(found, dict):
        return Circumstances()
    amount = found.get("amount")
    if amount is not None and not (type(amount) is int and 0 <= amount <= MAX_YUAN):
        raise CscParameterInvalid("clientData", "amount 应为以元计的整数", "amount is a whole number of yuan")
    return Circumstances(
        case=_text(found, "case", 32),
        document_class=_text(found, "document_class", 100),
        amount=amount,
        name=_text(found, "name", 255) or "document.pdf",
        at=parse_where(_text(found, "at", 2000)) if found.get("at") else Unseen(),
    )


def hand_of(caller: Principal) -> str:
    """Say by what the caller was known."""
    return f"key:{caller.key_prefix}"


def _seal(doors: Services, shown: Presented, document: bytes, level: Level, told: Circumstances) -> bytes:
    digest = DigestAlgorithm.SHA256.digest(document)
    authorised, pin = doors.hashes.spend(shown, digest)
    key = hashlib.sha256(f"{shown.secret} {digest}".encode()).hexdigest()
    order = SealOrder(
        document,
        told.name,
        authorised.seal_code,
        told.at,
        level,
        f"csc:{key}",
        reason=authorised.purpose,
        case=authorised.case,
        document_class=authorised.document_class,
        amount=authorised.amount,
        credential=shown.credential,
    )
    return doors.sealing.seal(order, actor=shown.actor, pin=pin).bytes


def _contain(
    doors: Services, credential: Credential, shown: Presented, asked: schemas.DigestsIn
) -> list[str]:
    values = read_hashes(asked.hashes)
    algorithm = choose(credential, asked.sign_algo, asked.hash_oid, len(values[0]))
    level = _level(asked.conformance_level)
    if level.long_term:
        raise CscParameterInvalid(
            "conformance_level",
            "摘要方式最高为 AdES-B-T，长期级别请提交文件",
            "digests are signed up to AdES-B-T; send the document for a long-term level",
        )
    stamper = doors.tsa.stamp if level.stamped else None
    made = doors.hashes.contain(shown, digests_of(algorithm.digest, values), algorithm, stamper)
    return [base64.b64encode(one).decode() for one in made]


def _shown(caller: Principal, credential: Credential, sad: str) -> Presented:
    return Presented(sad, credential.id, caller.actor, hand_of(caller))


def _synchronous(mode: str) -> None:
    if mode != "S":
        raise CscParameterInvalid("operationMode", "仅支持同步方式 S", "only S (synchronous) is served")


def _level(text: str) -> Level:
    found = _LEVEL.fullmatch(text)
    if found is None:
        levels = "、".join(f"AdES-{level.value}" for level in Level)
        raise CscParameterInvalid("conformance_level", f"应为 {levels}", f"it is one of {levels}")
    name = found[1].upper()
    return Level.B_B if name == "B" else Level(name)


def _document(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise CscParameterInvalid(
            "document", "文件应为 base64", "the document is written in base64"
        ) from wrong


def _text(found: dict[str, Any], name: str, most: int) -> str:
    text = found.get(name, "")
    if not isinstance(text, str) or len(text) > most:
        raise CscParameterInvalid(
            "clientData", f"{name} 应为至多 {most} 字的文本", f"{name} is a text of at most {most}"
        )
    return text
