"""What can be wrong with a request of the CSC API before anything of ours is asked."""

from __future__ import annotations

from api.errors import ApiError


class CscParameterInvalid(ApiError):
    """A parameter is missing or not in order; its name is told."""

    def __init__(self, name: str, zh: str, en: str) -> None:
        super().__init__(f"{name}: {en}")
        self.field = name
        self.zh = f"参数 {name} 不正确：{zh}。"
        self.en = f"Invalid parameter {name}: {en}."
