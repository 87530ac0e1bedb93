"""Why many documents cannot be verified into one table; nothing was written."""

from __future__ import annotations

from hsm.spoken import SpokenError


class ManyRefused(SpokenError):
    """The order cannot be carried out as asked."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en
