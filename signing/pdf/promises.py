"""What a signature says about later changes, as pyHanko writes it: DocMDP of a certification, FieldMDP of a lock.

ISO 32000-2 §12.8.2.2, §12.8.2.4, §12.7.5.5 (/Lock). Our own writer has its counterpart in :mod:`signing.incremental.signature`.
"""

from __future__ import annotations

from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm
from pyhanko.sign.signers.cms_embedder import SigMDPSetup

from signing.containers.certification import Certification, FieldLock, LockAction
from signing.errors import AlreadySigned, FieldLockDiffers
from signing.mark import SealMark
from signing.pdf.reading import Readable, dictionary, full_name

_ACTIONS: Final = {
    LockAction.ALL: FieldMDPAction.ALL,
    LockAction.INCLUDE: FieldMDPAction.INCLUDE,
    LockAction.EXCLUDE: FieldMDPAction.EXCLUDE,
}


def lock_of_field(lock: FieldLock | None) -> dict[str, Any]:
    """Return what makes pyHanko write a lock into a new field."""
    if lock is None:
        return {}
    limit = None if lock.permission is None else MDPPerm(lock.permission.value)
    return {"field_mdp_spec": _spec(lock), "doc_mdp_update_value": limit}


def promises(mark: SealMark, document: Readable, field: str | None) -> SigMDPSetup | None:
    """Return what the signature is to promise; ``field``: a field of the document that is filled, whose own lock is heeded.

    :class:`AlreadySigned`: only the first signature certifies. :class:`FieldLockDiffers`: the field has another lock.
    """
    if mark.certify is not None and document.signed:
        raise AlreadySigned("certification of a signed document")
    own = None if field is None else _own_lock(document, field)
    if own is not None and mark.lock is not None and own != mark.lock:
        raise FieldLockDiffers(field or "")
    lock = own or mark.lock
    if mark.certify is None and lock is None:
        return None
    limit = mark.certify or (lock.permission if lock is not None else None)
    return SigMDPSetup(
        md_algorithm="",  # nothing writes it since PDF 2.0 deprecated digests of objects (§12.8.2.1)
        certify=mark.certify is not None,
        field_lock=None if lock is None else _spec(lock),
        docmdp_perms=None if limit is None else MDPPerm(limit.value),
    )


def limit_by_lock(signature: Any, lock: FieldLock | None) -> None:
    """Put the lock's own limit into FieldMDP where a certification beside it has another."""
    if lock is None or lock.permission is None:
        return
    for reference in signature.get_object()["/Reference"]:
        if reference["/TransformMethod"] == "/FieldMDP":
            number: Any = generic.NumberObject
            reference["/TransformParams"][pdf_name("/P")] = number(lock.permission.value)


def _spec(lock: FieldLock) -> FieldMDPSpec:
    return FieldMDPSpec(_ACTIONS[lock.action], list(lock.fields) or None)


def _own_lock(document: Readable, field: str) -> FieldLock | None:
    for entry in document.fields:
        if entry.get("/Lock") is not None and full_name(entry) == field:
            return _read(dictionary(entry.get("/Lock")))
    return None


def _read(lock: Any) -> FieldLock | None:
    if not lock:
        return None
    action = LockAction(str(lock.get("/Action")).removeprefix("/").lower())
    named = tuple(str(name) for name in lock.get("/Fields", ())) if action is not LockAction.ALL else ()
    limit = lock.get("/P")
    return FieldLock(action, named, None if limit is None else Certification(int(limit)))
