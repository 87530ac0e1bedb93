"""``extDatas``: the open end of seals and seal signatures, with all the forms that writers give it."""

from __future__ import annotations

from typing import Final

from ca import der
from seals.ses.cursor import BOOLEAN, Cursor
from seals.ses.errors import SealDataInvalid
from seals.ses.limits import MAX_EXTENSIONS, MAX_SEAL_OCTETS
from seals.ses.parts import SesExtension

TAGGED: Final = 0xA0
"""``[0] EXPLICIT``: due in TBS_Sign of v4 and v5, met in place of the bare SEQUENCE of SES_SealInfo."""
STARTS: Final = frozenset({der.SEQUENCE, TAGGED, der.OCTET_STRING})
"""A bare SEQUENCE, the same under a tag, the same inside an OCTET STRING: one public reader takes all three."""


def read_extensions(cursor: Cursor, *, tagged: bool) -> tuple[SesExtension, ...]:
    """Read the member ``extDatas``; ``tagged`` tells which form is the standard's here."""
    tag = cursor.tag
    if tag not in STARTS:
        raise cursor.wrong("extDatas", "类型不正确", "a member of another type stands here")
    if (tag == TAGGED) is not tagged or tag == der.OCTET_STRING:
        cursor.note("extDatas", "的标签与标准不同", "not tagged as the standard has it")
    if tag == TAGGED:
        outer = cursor.enter("extDatas", TAGGED)
        items = outer.enter("items")
        outer.finish()
    elif tag == der.OCTET_STRING:
        outer = Cursor.over(
            cursor.octets("extDatas", der.OCTET_STRING, MAX_SEAL_OCTETS),
            cursor.named("extDatas"),
            cursor.notes,
        )
        items = outer.enter("items")
        outer.finish()
    else:
        items = cursor.enter("extDatas")
    if items.count(MAX_EXTENSIONS) > MAX_EXTENSIONS:
        raise cursor.wrong("extDatas", f"超过 {MAX_EXTENSIONS} 项", f"more than {MAX_EXTENSIONS} items")
    found: list[SesExtension] = []
    while items.more:
        found.append(_item(items, f"[{len(found)}]"))
    return tuple(found)


def _item(items: Cursor, member: str) -> SesExtension:
    """Read an ExtData; some makers put structures of their own there, which are kept whole and told."""
    octets = items.element(member)
    try:
        return _extension(Cursor.over(octets, items.named(member), items.notes).enter("ExtData"))
    except SealDataInvalid:
        items.note(member, "不是标准的自定义数据项", "not an ExtData of the standard")
        return SesExtension("", critical=False, value=octets)


def _extension(item: Cursor) -> SesExtension:
    oid = item.oid("extnID")
    critical = _critical(item) if item.tag == BOOLEAN else False
    value = item.octets("extnValue", der.OCTET_STRING, MAX_SEAL_OCTETS)
    item.finish()
    return SesExtension(oid, critical, value)


def _critical(item: Cursor) -> bool:
    """X.690 §11.5: DEFAULT FALSE is not written; real seals write it, which is why nothing here is encoded again.

    The reference implementation writes it too, so it is no deviation that anybody need be told of.
    """
    octets = item.octets("critical", BOOLEAN, 1)
    if octets not in (b"\xff", b"\x00"):
        item.note("critical", "编码不规范", "not as DER has it")
    return octets not in (b"\x00", b"")
