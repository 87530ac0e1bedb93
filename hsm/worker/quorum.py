"""Whether custodians let a key be opened: judged inside the token's worker, by a roster that the token sealed itself.

A roster is the JSON object ``{"lineage", "version", "user", "judicial", "custodians": [{"id", "name", "spki"}]}``. A vote
signs ``yinxin-recovery-vote-v1 LF approve LF`` and the octets of the case.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from typing import Any, Final

from hsm.algorithms import DEFAULT_ALGORITHM, kind_of
from hsm.envelopes import Vote, Warrant
from hsm.errors import HsmError, RecoveryNotAuthorised
from hsm.public_keys import load_spki
from hsm.verification import verify_signature

VOTE_DOMAIN: Final = b"yinxin-recovery-vote-v1\n"
APPROVE: Final = "approve"
MAX_CUSTODIANS: Final = 32
"""Custodians of one roster: quorums in practice are of 3 to 9; each vote costs a verification."""
MAX_DOCUMENT: Final = 64 * 1024
"""Octets of a case or roster: 32 custodians with RSA-4096 keys in hexadecimal have some 40 kB."""


def ballot(word: str, document: bytes) -> bytes:
    """Return the octets that a vote signs."""
    return VOTE_DOMAIN + word.encode() + b"\n" + document


def read_document(octets: bytes) -> dict[str, Any]:
    """Read a case or roster; what is none raises :class:`RecoveryNotAuthorised`."""
    if len(octets) > MAX_DOCUMENT:
        raise RecoveryNotAuthorised("the document is too long")
    try:
        found = json.loads(octets)
    except (ValueError, RecursionError) as wrong:
        raise RecoveryNotAuthorised("the document is not JSON") from wrong
    if not isinstance(found, dict):
        raise RecoveryNotAuthorised("the document is not an object")
    return found


def check(roster: dict[str, Any], warrant: Warrant, *, kind: str, subject: dict[str, str]) -> dict[str, Any]:
    """Prove that enough distinct custodians approved exactly this case about exactly this subject; return the case.

    Raises :class:`RecoveryNotAuthorised`. ``kind`` "roster" needs the larger quorum.
    """
    case = read_document(warrant.document)
    expected = {**subject, "lineage": roster["lineage"], "roster": roster["version"]}
    if case.get("kind") not in (("roster",) if kind == "roster" else ("user", "judicial")):
        raise RecoveryNotAuthorised("the case is of another kind")
    if any(case.get(name) != value for name, value in expected.items()):
        raise RecoveryNotAuthorised("the case is about something else, or was opened under another roster")
    needed = int(roster["user"] if case["kind"] == "user" else roster["judicial"])
    approving = _approving(roster, warrant)
    requester = person(str(case.get("requested_by")))
    if len({one for one in approving if person(one) != requester}) < needed:
        raise RecoveryNotAuthorised(f"{len(approving)} of {needed} custodians approved")
    return case


def person(name: str) -> str:
    """Return one name for one person however it is written, as :attr:`ca.actor.Actor.person` does."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _approving(roster: dict[str, Any], warrant: Warrant) -> set[str]:
    keys = {str(each["id"]): str(each["spki"]) for each in roster["custodians"][:MAX_CUSTODIANS]}
    octets = ballot(APPROVE, warrant.document)
    return {vote.custodian for vote in warrant.votes[:MAX_CUSTODIANS] if _valid(keys, vote, octets)}


def _valid(keys: dict[str, str], vote: Vote, octets: bytes) -> bool:
    """Tell whether a vote is by a custodian; one that is not counts for nothing."""
    if vote.custodian not in keys:
        return False
    try:
        key = load_spki(bytes.fromhex(keys[vote.custodian]))
        verify_signature(key, DEFAULT_ALGORITHM[kind_of(key)], octets, vote.signature)
    except (HsmError, ValueError):
        return False
    return True


def roster_digest(octets: bytes) -> str:
    """Digest of a roster as a case names it."""
    return hashlib.sha256(octets).hexdigest()
