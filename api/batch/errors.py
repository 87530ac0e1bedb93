"""What can be wrong with a folder, an archive or a list of documents that a batch is made of."""

from __future__ import annotations

from api.errors import ApiError


class BatchInputInvalid(ApiError):
    """The folder, zip archive or manifest cannot be taken as it is; the sentence names the file or the line."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en
