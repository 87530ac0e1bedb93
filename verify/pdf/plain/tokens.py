"""What the words of PDF syntax look like (ISO 32000-2 §7.2, §7.3): patterns for :mod:`verify.pdf.plain.syntax`.

Octets of a name that must be escaped, and are not, are what readers differ about most (§7.3.5). NUL is white space (§7.2.3),
but readers in use trip over it: where it stands between tokens, the document is not plain.
"""

from __future__ import annotations

import re
from typing import Final

_SPACE: Final = rb"[\t\n\x0c\r ]*(?:%[^\r\n]*[\r\n][\t\n\x0c\r ]*)*"
_EDGE: Final = rb"(?=[\x00\t\n\x0c\r ()<>\[\]{}/%]|\Z)"
_LETTERS: Final = rb"[!\"$&'*-.0-;=?-Z\\^-z|~]*+(?:#[0-9A-Fa-f]{2}[!\"$&'*-.0-;=?-Z\\^-z|~]*+)*+"
TOKEN: Final = re.compile(
    _SPACE + rb"(?:/(" + _LETTERS + rb")" + _EDGE
    + rb"|([0-9]{1,10})[\t\n\x0c\r ]+([0-9]{1,5})[\t\n\x0c\r ]+R" + _EDGE
    + rb"|([+-]?[0-9]{1,18})" + _EDGE
    + rb"|([+-]?(?:[0-9]{1,18}\.[0-9]{0,18}|\.[0-9]{1,18}))" + _EDGE
    + rb"|(<<|>>|\[|\])"
    + rb"|<([0-9A-Fa-f\x00\t\n\x0c\r ]*)>"
    + rb"|(\()"
    + rb"|(true|false|null)" + _EDGE + rb")"
)  # fmt: skip
"""One token, or a whole reference; what it is tells the last group that matched."""
NAME, NUMBER, GENERATION, INTEGER, REAL, BRACKET, HEX, STRING, WORD = range(1, 10)

_BLANK: Final = rb"[\t\n\x0c\r ]*+"
_NAMED: Final = rb"/" + _LETTERS + _EDGE
_REFERENCE: Final = rb"([0-9]{1,10})[\t\n\x0c\r ]++([0-9]{1,5})[\t\n\x0c\r ]++R"
_REFERRED: Final = _REFERENCE.replace(b"(", b"(?:") + _EDGE
_TEXT: Final = rb"<[0-9A-Fa-f\x00\t\n\x0c\r ]*+>|\([^()\\\r]*+\)"
"""A string in hexadecimal, or one without escapes and parentheses."""
_ATOM: Final = (
    rb"(?:" + _NAMED
    + rb"|" + _REFERRED
    + rb"|[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})" + _EDGE
    + rb"|(?:true|false|null)" + _EDGE
    + rb"|" + _TEXT + rb")"
)  # fmt: skip
_LIST: Final = rb"\[(?:" + _BLANK + _ATOM + rb")*+" + _BLANK + rb"\]"


def _entries_of(*values: bytes) -> bytes:
    """Match a dictionary whose values are all of these kinds."""
    return rb"<<(?:" + _BLANK + _NAMED + _BLANK + rb"(?:" + rb"|".join(values) + rb"))*+" + _BLANK + rb">>"


_SIMPLE: Final = _LIST + rb"|" + _entries_of(_ATOM, _LIST, _entries_of(_ATOM, _LIST)) + rb"|" + _TEXT
"""A list, a dictionary of two levels, or a string."""
ENTRY: Final = re.compile(
    _BLANK + rb"(?:%[^\r\n]*+[\r\n]" + _BLANK + rb")*+(?:/(" + _LETTERS + rb")" + _EDGE + _BLANK
    + rb"(?:" + _REFERENCE + _EDGE
    + rb"|/(" + _LETTERS + rb")" + _EDGE
    + rb"|([+-]?[0-9]{1,18})" + _EDGE
    + rb"|(" + _SIMPLE + rb"))|(>>))"
)  # fmt: skip
"""In one step the end of a dictionary, or a key with a common value: a reference, name, integer, or one that is simple."""
KEY, TO_NUMBER, TO_GENERATION, TO_NAME, TO_INTEGER, TO_SIMPLE, CLOSED = range(1, 8)
REFERENCES: Final = re.compile(rb"\[(?:" + _BLANK + _REFERRED + rb")++" + _BLANK + rb"\]")
"""A list of nothing but references, as the kids of a page tree are."""
REFERENCE: Final = re.compile(_REFERENCE)

PLAIN_STRING: Final = re.compile(rb"[^()\\\r]*\)")
ESCAPED_STRING: Final = re.compile(rb"(?:[^()\\]++|\\[\s\S])*+\)")
"""A string with escapes, and no parentheses but those."""
STRING_PART: Final = re.compile(rb"[^()\\]*(\\[\s\S]|[()])")
ESCAPED: Final = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n|\r|\n)|([\s\S]))|\r\n?")
PLAIN_ESCAPES: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
WORDS: Final = {b"true": True, b"false": False, b"null": None}
HASH: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
GAPS: Final = re.compile(rb"[\x00\t\n\x0c\r ]+")
HEADER: Final = re.compile(
    rb"([0-9]{1,10})[\x00\t\n\x0c\r ]+([0-9]{1,5})[\x00\t\n\x0c\r ]+obj" + _EDGE + _BLANK
)
END: Final = re.compile(_SPACE + rb"(?:(endobj)" + _EDGE + rb"|stream(\r\n|\n))")
