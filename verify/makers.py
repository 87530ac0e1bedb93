"""As whom a seal maker is known: its lists and records are found by this, across renewals and by whichever path it is trusted."""

from __future__ import annotations

from dataclasses import dataclass

Vouched = str
"""An authority's key (or a trust list's scheme and provider) and the maker's name below it, as one digest."""


@dataclass(frozen=True, slots=True)
class MakerIdentity:
    """Who a maker is: its name, below each authority of every path that holds; empty without one.

    Authorities are known by their keys, not their names: two installations may call their authorities and makers alike. Which path is
    chosen depends on what a document brings along, and on the day: an authority has several when it is recognised elsewhere or when
    its root is renewed.
    """

    issuers: tuple[Vouched, ...] = ()
    """Those directly above the maker; sorted, as the others are."""
    anchors: tuple[Vouched, ...] = ()
    authorities: tuple[Vouched, ...] = ()
    """All of them."""

    def shares_issuer(self, other: MakerIdentity) -> bool:
        """Tell whether one authority calls both by this name, so that one may take the other's place."""
        return not set(self.issuers).isdisjoint(other.issuers)

    def is_surely(self, other: MakerIdentity) -> bool:
        """Tell whether both are one maker, for what speaks in favour of a document: one issuer, or the same anchors."""
        same_anchors = len(self.anchors) > 0 and self.anchors == other.anchors
        return same_anchors or self.shares_issuer(other)


NOBODY = MakerIdentity()
"""A maker that no path leads to."""
