"""Foreign XML by lxml: no document type, no entities, no network, UTF-8, inside limits; and words for taking it apart."""

from __future__ import annotations

import base64
import binascii
import re
from collections import Counter
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

from lxml import etree

from verify.trusted_lists.errors import ListUnreadable, too_large, unreadable
from verify.trusted_lists.limits import (
    MAX_CERTIFICATE_OCTETS,
    MAX_DEPTH,
    MAX_ELEMENTS,
    MAX_LIST_OCTETS,
    MAX_NAMESPACES,
    MAX_TEXT,
    MAX_TEXTS,
)
from verify.trusted_lists.model import Words

TSL: Final = "http://uri.etsi.org/02231/v2#"
TSLX: Final = "http://uri.etsi.org/02231/v2/additionaltypes#"
SIE: Final = "http://uri.etsi.org/TrstSvc/SvcInfoExt/eSigDir-1999-93-EC-TrustedList/#"
XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"

Element = Any
"""An element of lxml, which has no types."""

_DECLARED: Final = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_TIME: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})?", re.ASCII)


def safe_parser() -> etree.XMLParser:
    """Return a parser that resolves, loads and fetches nothing, and takes octets for UTF-8 whatever they say."""
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        dtd_validation=False,
        huge_tree=False,
    )


def parse(octets: bytes) -> Element:
    """Read a document; raises ``ListUnreadable``."""
    if len(octets) > MAX_LIST_OCTETS:
        raise too_large("文件过大", "it is too large")
    _check_encoding(octets)
    if b"<!DOCTYPE" in octets or b"<!ENTITY" in octets:
        raise unreadable("声明了文档类型（DTD）", "it declares a document type (DTD)")
    if octets.count(b"<") > 2 * MAX_ELEMENTS or octets.count(b"=") > MAX_ELEMENTS:
        # before it takes thirty times its size in memory
        raise too_large("结构过大或过深", "its structure is too large or too deep")
    try:
        root = etree.fromstring(octets, safe_parser())
    except (etree.XMLSyntaxError, ValueError) as wrong:
        if getattr(wrong, "code", 0) == etree.ErrorTypes.ERR_NO_MEMORY:
            raise MemoryError from wrong
        if getattr(wrong, "code", 0) == etree.ErrorTypes.ERR_RESOURCE_LIMIT:
            raise too_large("结构过大或过深", "its structure is too large or too deep") from wrong
        raise unreadable("不是正确的 XML", "it is no XML") from wrong
    _check_size(root)
    return root


def _check_encoding(octets: bytes) -> None:
    """TS 119 612 §5.1.1 asks for UTF-8; anything else could hide a document type from who looks for one."""
    declared = _DECLARED.match(octets.removeprefix(b"\xef\xbb\xbf"))
    if declared is not None and declared.group(1).lower() not in {b"utf-8", b"utf8", b"us-ascii"}:
        raise unreadable("编码不是 UTF-8", "its encoding is not UTF-8")
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError as wrong:
        raise unreadable("编码不是 UTF-8", "its encoding is not UTF-8") from wrong
    if b"\x00" in octets[:64]:
        raise unreadable("编码不是 UTF-8", "its encoding is not UTF-8")


def _check_size(root: Element) -> None:
    counted = Counter[str]()
    for event, _ in etree.iterwalk(root, events=("start", "end", "start-ns", "end-ns")):
        counted[event] += 1
        if (
            counted["start"] - counted["end"] > MAX_DEPTH
            or counted["start"] > MAX_ELEMENTS
            or counted["start-ns"] - counted["end-ns"] > MAX_NAMESPACES
        ):
            raise too_large("结构过大或过深", "its structure is too large or too deep")


def tag(name: str, namespace: str = TSL) -> str:
    """Write a qualified name as lxml does."""
    return f"{{{namespace}}}{name}"


def one(parent: Element, name: str, namespace: str = TSL) -> Element:
    """Return the only child of a name; raises ``ListUnreadable`` when it is missing or stands twice."""
    found = maybe(parent, name, namespace)
    if found is None:
        raise unreadable(f"缺少 {name}", f"{name} is missing")
    return found


def maybe(parent: Element, name: str, namespace: str = TSL) -> Element | None:
    """Return the only child of a name, if there is one; raises ``ListUnreadable`` when it stands twice."""
    found = list(islice(parent.iterchildren(tag(name, namespace)), 2))
    if len(found) > 1:
        raise unreadable(f"{name} 出现了两次", f"{name} stands twice")
    return found[0] if found else None


def children(parent: Element | None, name: str, most: int, namespace: str = TSL) -> list[Element]:
    """Return the children of a name, at most so many."""
    if parent is None:
        return []
    found = list(islice(parent.iterchildren(tag(name, namespace)), most + 1))
    if len(found) > most:
        raise unreadable(f"{name} 超过 {most} 个", f"there are more than {most} of {name}")
    return found


def text_of(element: Element | None) -> str:
    """Return the trimmed text of an element that holds nothing else."""
    if element is None:
        return ""
    if len(element):
        raise unreadable("文字中有其他元素", "a text holds other elements")
    text = (element.text or "").strip()
    if len(text) > MAX_TEXT:
        raise unreadable("文字过长", "a text is too long")
    return text


def words_of(parent: Element | None, name: str = "Name") -> Words:
    """Read a text in several languages (TS 119 612 §5.1.4)."""
    found = children(parent, name, MAX_TEXTS)
    return Words(tuple((item.get(XML_LANG, ""), text_of(item)) for item in found))


def uris_of(parent: Element | None, name: str = "URI") -> tuple[tuple[str, str], ...]:
    """Read URIs with their languages."""
    return words_of(parent, name).texts


def time_of(element: Element) -> datetime:
    """Read an ``xsd:dateTime``; one without a zone is UTC (TS 119 612 §5.1.3 asks for UTC)."""
    return moment(text_of(element))


def moment(text: str) -> datetime:
    """Read a time in ISO 8601 with seconds; raises ``ListUnreadable``."""
    if not _TIME.fullmatch(text):
        raise _no_time(text)
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError) as wrong:
        raise _no_time(text) from wrong


def _no_time(text: str) -> ListUnreadable:
    return unreadable(f"时间格式不正确（{text[:40]}）", f"a time has the wrong form ({text[:40]})")


def certificate_of(text: str) -> bytes:
    """Read a certificate in base64; blanks are allowed as XML allows them."""
    if len(text) > 2 * MAX_CERTIFICATE_OCTETS:
        raise unreadable("证书过大", "a certificate is too large")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise unreadable("证书不是 base64", "a certificate is not base64") from wrong


def whole_number(text: str, most: int) -> int:
    """Read a decimal number from 0 to ``most``."""
    if not (text.isascii() and text.isdigit()) or len(text) > 19 or int(text) > most:
        raise unreadable(f"数字不正确（{text[:40]}）", f"a number is wrong ({text[:40]})")
    return int(text)
