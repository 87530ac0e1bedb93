"""Why judges of the same signature differ, by class; what fits no class is a disagreement that nobody has explained yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.interop.verdict_judges import Word

PYHANKO: Final = "pyHanko"
DSS: Final = "DSS"


@dataclass(frozen=True)
class Question:
    """One file, what we say and what one other judge says."""

    name: str
    ours: Word
    peer: str
    theirs: Word

    @property
    def accused(self) -> bool:
        """They are green where we are not."""
        return self.theirs.word == "passed" and self.ours.word != "passed"

    @property
    def alone(self) -> bool:
        """We are green where they are not: the direction that would hurt."""
        return self.ours.word == "passed" and self.theirs.word != "passed"


@dataclass(frozen=True)
class Class:
    """One reason for differing, with the rule that says which questions it explains."""

    key: str
    title: str
    why: str
    explains: Callable[[Question], bool]


CLASSES: Final = (
    Class(
        "national",
        "National algorithms and containers",
        "pyHanko and DSS know neither SM2 with SM3 nor the containers of GB/T 35275 and GB/T 38540. OpenSSL, BouncyCastle, GmSSL's "
        "relatives and ofdrw judge those (tests/interop).",
        lambda q: q.name.startswith("SM2") and q.theirs.word in {"error", "none", "indeterminate"},
    ),
    Class(
        "password",
        "Encrypted files",
        "Without its password a file is unreadable; pyHanko's reader then lists no signature and DSS raises.",
        lambda q: q.ours.word == "unreadable" and q.theirs.word in {"none", "error"} and "aes" in q.name,
    ),
    Class(
        "later changes",
        "What was changed after signing",
        "DSS reports later revisions and, by its default policy, only warns of what they change (UndefinedChanges, level WARN): the signed "
        "octets are whole. For us a page that no longer shows what was signed is no valid document (ISO 32000-2 §12.8.2.2).",
        lambda q: q.accused and q.peer == DSS and q.ours.sub in {"DOCUMENT_MODIFIED", "FORMAT_FAILURE"},
    ),
    Class(
        "stray octets",
        "Octets and objects that nothing refers to",
        "pyHanko compares what can be reached from the catalogue. We count every octet behind the signed ones that belongs to no "
        "parsed object, and every object that nothing refers to in a revision that brings nothing else, or that a reader would find when it repairs the file.",
        lambda q: q.accused and q.peer == PYHANKO and q.ours.sub in {"DOCUMENT_MODIFIED", "FORMAT_FAILURE"},
    ),
    Class(
        "repaired",
        "Damaged files",
        "The others repair a damaged cross-reference or overlook a damaged object and judge what they then see. A file that two readers see "
        "differently is never green here.",
        lambda q: q.accused and q.ours.word in {"unreadable", "indeterminate", "none"},
    ),
    Class(
        "expired before",
        "Expired before the proved time",
        "With a time-stamp pyHanko's procedure for signatures with time looks for a path that was valid once and does not hold the time-stamp "
        "against the end of validity. EN 319 102-1 §5.5.4 does, and we say EXPIRED.",
        lambda q: q.accused and q.peer == PYHANKO and q.ours.sub == "EXPIRED",
    ),
    Class(
        "degree",
        "How bad, not whether",
        "No judge is green; the words differ. Where proof and signatory both date a signature behind the end of its certificate, it is a failure for us, elsewhere a doubt "
        "without proof of existence; a range that ends behind the file is missing data for us, a format failure for DSS; where one judge "
        "raises or finds no signature, we say that the file is unreadable or the signature was removed.",
        lambda q: not q.accused and not q.alone,
    ),
    Class(
        "stamp distrusted",
        "A time-stamp of nobody we trust",
        "pyHanko then calls the signature itself indeterminate. For us, and for DSS, the time counts as claimed, the report says why in a note, and the "
        "signature is judged as of now.",
        lambda q: q.alone and q.peer == PYHANKO and "time-stamp" in q.name,
    ),
    Class(
        "proof for lists",
        "Proof of existence for the lists themselves",
        "At B-LT pyHanko's procedure demands proof that the embedded lists existed, so a further time-stamp; under a document time-stamp it demands "
        "a signature time-stamp too. EN 319 102-1 §5.5 asks for neither while the lists are still fresh, and DSS agrees.",
        lambda q: q.alone and q.peer == PYHANKO and q.theirs.sub in {"NO_POE", "SIG_CONSTRAINTS_FAILURE"},
    ),
    Class(
        "damaged evidence",
        "A damaged list in the document's own evidence",
        "We leave it out, as if it were not there, and judge by the lists that are whole; pyHanko raises. The time-stamp over the evidence fails for "
        "both, and with it the document.",
        lambda q: q.alone and q.peer == PYHANKO and q.theirs.word == "error",
    ),
    Class(
        "newest list",
        "A list from after the end of validity",
        "DSS looks at the newest list of an issuer, which may have dropped a certificate that has expired by then, and finds no "
        "evidence; we look at every list and find the older one, which speaks of the proved time.",
        lambda q: q.alone and q.peer == DSS and q.name.startswith("expired since"),
    ),
)


def class_of(question: Question) -> str:
    """Name the class of a disagreement: empty where both agree, ``unexplained`` where no rule fits."""
    if question.ours.word == question.theirs.word:
        return ""
    return next((one.key for one in CLASSES if one.explains(question)), "unexplained")
