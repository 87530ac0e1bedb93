"""The whole catalogue of forged PDFs: what no reader of a report may ever be told to be valid (``docs/attacks.md``)."""

from __future__ import annotations

from typing import Final

from tests.pdf_attacks import (
    certified,
    faces,
    filled,
    forgery,
    form_looks,
    forms,
    incremental,
    layout,
    limits,
    lost,
    misread,
    numerals,
    page_tree,
    readers,
    repairs,
    revived,
    second_use,
    sections,
    shadow,
    structure,
    tolerated,
    woken,
    xfa,
)

ATTACKS: Final = (
    *incremental.ATTACKS,
    *forgery.ATTACKS,
    *shadow.ATTACKS,
    *certified.ATTACKS,
    *structure.ATTACKS,
    *faces.ATTACKS,
    *readers.ATTACKS,
    *limits.ATTACKS,
    *repairs.ATTACKS,
    *misread.ATTACKS,
    *tolerated.ATTACKS,
    *lost.ATTACKS,
    *second_use.ATTACKS,
    *forms.ATTACKS,
    *form_looks.ATTACKS,
    *layout.ATTACKS,
    *sections.ATTACKS,
    *revived.ATTACKS,
    *woken.ATTACKS,
    *page_tree.ATTACKS,
    *xfa.ATTACKS,
    *filled.ATTACKS,
    *numerals.ATTACKS,
)
