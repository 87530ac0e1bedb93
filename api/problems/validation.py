"""What is wrong with the fields of a request, each by its name, in Chinese and English, with the form wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.problems.kind import Kind
from api.schemas.moments import FORM_EN, FORM_ZH

INVALID: Final = Kind("invalid-request", 422, "请求内容不正确", "Invalid request")
_TIME: Final = (FORM_ZH, FORM_EN)
_FILE: Final = (
    "须作为文件上传（-F NAME=@文件），不是文字",
    "it is uploaded as a file (-F NAME=@FILE), not as text",
)
_INTEGER: Final = ("须为整数", "it is a whole number")
_SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "missing": ("缺少此项", "it is missing"),
    "extra_forbidden": ("没有这一项，请核对名称", "there is no such field; check its name"),
    "timezone_aware": _TIME,
    "datetime_type": _TIME,
    "datetime_parsing": _TIME,
    "datetime_from_date_parsing": _TIME,
    "datetime_object_invalid": _TIME,
    "int_parsing": _INTEGER,
    "int_type": _INTEGER,
    "int_from_float": _INTEGER,
    "int_parsing_size": ("数字过大", "the number is too large"),
    "bool_parsing": ("须为 true 或 false", "it is true or false"),
    "greater_than_equal": ("不得小于 {ge}", "it is at least {ge}"),
    "less_than_equal": ("不得大于 {le}", "it is at most {le}"),
    "string_too_long": ("至多 {max_length} 个字", "it has at most {max_length} characters"),
    "string_too_short": ("至少 {min_length} 个字", "it has at least {min_length} characters"),
    "string_type": ("须为文字", "it is text"),
    "enum": ("须为以下之一：{expected}", "it is one of: {expected}"),
    "literal_error": ("须为以下之一：{expected}", "it is one of: {expected}"),
    "json_invalid": ("不是正确的 JSON", "it is no valid JSON"),
    "said": ("{zh}", "{en}"),
}
"""What each kind of fault of pydantic is called to a person; ``said`` brings its own sentences."""
_OTHER: Final = ("格式不正确", "it is malformed")
_UPLOAD: Final = "Expected UploadFile"
"""How FastAPI begins to say that text stands where a file should."""


def faults_of(errors: Sequence[Mapping[str, Any]]) -> tuple[str, str, list[dict[str, str]]]:
    """Return what is wrong with a request: a sentence in each language, and each fault by itself."""
    told = [(_where(one), *_sentence(one), str(one["msg"])) for one in errors]
    zh = "；".join(f"{where}：{said}" for where, said, _, _ in told)
    en = "; ".join(f"{where}: {said}" for where, _, said, _ in told)
    listed = [
        {"where": where, "what": what, "zh": said, "en": said_en} for where, said, said_en, what in told
    ]
    return f"请求内容缺失或格式不正确——{zh}。", f"Missing or malformed: {en}.", listed


def _where(error: Mapping[str, Any]) -> str:
    return ".".join(str(part) for part in error["loc"])


def _sentence(error: Mapping[str, Any]) -> tuple[str, str]:
    if _UPLOAD in str(error["msg"]):
        return _FILE
    zh, en = _SENTENCES.get(str(error["type"]), _OTHER)
    context = error.get("ctx") or {}
    try:
        return zh.format(**context), en.format(**context)
    except KeyError:
        return _OTHER
