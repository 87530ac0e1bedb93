"""Lists that may gain something: the fields of a form, and what a page lists to be drawn over it (ISO 32000-2 §12.5.2, §12.7.3).

A page's /Annots is its own (table 31). Some readers look for it in the nodes above as well: so nothing but a page may gain any, and one that
gains its first there hides what stands above it.
"""

from __future__ import annotations

from typing import Final

from verify.integrity import Change
from verify.pdf.added_fields import new_signature_field
from verify.pdf.comments import comment
from verify.pdf.pdf_values import Ref, Value, gained
from verify.pdf.placement import inherited
from verify.pdf.same_meaning import put_apart
from verify.pdf.step import Step

_OF_A_NODE: Final = frozenset({"/Pages", "/Kids", "/Parent"})
"""Keys under which nodes of the page tree are named."""
_ABOVE: Final = (
    "页面新有了自己的批注列表，部分阅读器因此不再显示页面树上级所列的批注",
    "a page gained annotations of its own, and some readers no longer show those that the page tree above it lists",
)


def grown(step: Step, old: Value, new: Value, *, fields: bool) -> bool:
    """Let a list gain new signature fields (or their widgets); what stood there stays, in its order."""
    if not step.kept(old, new):
        return False
    before, after = step.old.resolve(old), step.new.resolve(new)
    if before is None and not (isinstance(old, Ref) and isinstance(step.old.get(old), Ref)):
        before = []  # what is nowhere, not what is too far to follow
    if not isinstance(before, list) or not isinstance(after, list):
        return False
    added = gained(before, after if fields else put_apart(step, before, after))
    return added is not None and all(
        step.hidden(item)
        or new_signature_field(step, item, note=fields)
        or (not fields and comment(step, item))
        for item in added
    )


def grown_on_page(step: Step, ref: Ref, old: Value, new: Value) -> bool:
    """Let a page gain annotations; where it had none, and a node above it lists some, that leaves doubt."""
    page = step.page_number(ref)
    if page is None:
        return False
    if step.old.resolve(old) is None and inherited(step.old, ref, "/Annots") not in (None, []):
        step.doubt(Change(*_ABOVE, page, str(ref)))
    return grown(step, old, new, fields=False)


def grown_for_pages(step: Step, ref: Ref, old: Value, new: Value) -> bool:
    """Let a list that is an object of its own gain annotations, where no node above a page has it.

    A page that was taken out of the tree may have it besides, as where an annotation still names that page.
    """
    owners = {owner for owner, _ in step.users_of(ref)}
    return all(_is_no_node(step, owner) for owner in owners) and grown(step, old, new, fields=False)


def _is_no_node(step: Step, owner: Ref | None) -> bool:
    return step.page_number(owner) is not None or (
        owner is not None and _OF_A_NODE.isdisjoint(step.roles(owner))
    )
