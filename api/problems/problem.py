"""Every error as a problem (RFC 9457): one table from error classes to type, status and title in two languages.

The same table serves the command line. What is not in it becomes an opaque *internal fault* with an incident number:
no message of a library, stack trace or secret ever reaches a caller.
"""

from __future__ import annotations

import errno
import secrets
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy.exc
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from api.problems.kind import Kind
from api.problems.table import INTERNAL, TABLE
from api.problems.validation import INVALID, faults_of

MEDIA_TYPE: Final = "application/problem+json"
_DISK_FULL: Final = (errno.ENOSPC, errno.EDQUOT)
_EXTENSIONS: Final = ("limit", "left", "scope", "field", "retry_after")
"""Attributes of errors that are told as members of the problem (RFC 9457 §3.2)."""

DATABASE_GONE: Final = Kind("database-unavailable", 503, "数据库不可用", "Database unavailable")
DISK_FULL: Final = Kind("disk-full", 507, "磁盘已满", "Disk full")
STORAGE: Final = Kind("storage-failed", 500, "文件读写失败", "Storage failed")
UNKNOWN_ADDRESS: Final = Kind("not-found", 404, "没有找到", "Not found")
METHOD: Final = Kind("method-not-allowed", 405, "不支持的请求方法", "Method not allowed")
UNREADABLE_BODY: Final = Kind("unreadable-request", 400, "请求无法读取", "Unreadable request")
WORLD: Final = (DATABASE_GONE, DISK_FULL, STORAGE, INVALID, METHOD, UNREADABLE_BODY, INTERNAL)
"""Kinds that stand for errors of libraries and of the machine, not for a class of ours."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What a caller is told: the kind, a sentence in each language that says what to do, extra members."""

    kind: Kind
    zh: str
    en: str
    members: dict[str, Any] = field(default_factory=dict)

    def to_json(self, *, instance: str = "", english: bool = False) -> dict[str, Any]:
        """Return the members of RFC 9457 §3.1 and ours; ``zh`` and ``en`` are always both there."""
        return {
            "type": self.kind.uri,
            "title": self.kind.en if english else self.kind.zh,
            "status": self.kind.status,
            "detail": self.en if english else self.zh,
            "instance": instance,
            "zh": self.zh,
            "en": self.en,
            **self.members,
        }


def describe(error: BaseException) -> Problem:
    """Say what ``error`` means to a caller; an unforeseen one becomes :data:`INTERNAL` with a new incident number."""
    for family in type(error).__mro__:
        if family in TABLE:
            members = {name: getattr(error, name) for name in _EXTENSIONS if hasattr(error, name)}
            zh, en = str(getattr(error, "zh", "")), str(getattr(error, "en", ""))
            return Problem(TABLE[family], zh, en, {k: v for k, v in members.items() if _plain(v)})
    return _of_the_world(error)


def _plain(value: object) -> bool:
    return isinstance(value, (str, int))


def _of_the_world(error: BaseException) -> Problem:
    if isinstance(error, sqlalchemy.exc.SQLAlchemyError):
        return _of_the_database(error)
    if isinstance(error, OSError):
        return _of_the_disk(error)
    if isinstance(error, RequestValidationError):
        return _of_validation(error)
    if isinstance(error, HTTPException):
        return _of_http(error)
    incident = secrets.token_hex(6)
    zh = f"系统内部故障，请将事故编号 {incident} 告知管理员。"
    en = f"Internal fault; report incident {incident} to the administrator."
    return Problem(INTERNAL, zh, en, {"incident": incident})


def _of_the_database(error: sqlalchemy.exc.SQLAlchemyError) -> Problem:
    if "disk is full" in str(error) or "No space left" in str(error):
        return _disk_full()
    zh = "数据库暂时不可用，操作没有完成；请稍后用同一个 Idempotency-Key 重试，或运行 yinxin doctor 检查。"
    en = (
        "The database is unavailable and the operation did not complete; "
        "retry later with the same Idempotency-Key, or run 'yinxin doctor'."
    )
    return Problem(DATABASE_GONE, zh, en)


def _disk_full() -> Problem:
    zh = "服务器磁盘空间不足，没有写入任何不完整的文件；请清理空间后重试。"
    en = "The server's disk is full; no partial file was left. Free some space and retry."
    return Problem(DISK_FULL, zh, en)


def _of_the_disk(error: OSError) -> Problem:
    if error.errno in _DISK_FULL:
        return _disk_full()
    zh = "服务器无法读写文件，请运行 yinxin doctor 检查磁盘与权限。"
    en = "The server cannot read or write a file; run 'yinxin doctor' to check the disk and permissions."
    return Problem(STORAGE, zh, en)


def _of_validation(error: RequestValidationError) -> Problem:
    zh, en, faults = faults_of(error.errors())
    return Problem(INVALID, zh, en, {"faults": faults})


def _of_http(error: HTTPException) -> Problem:
    if error.status_code == METHOD.status:
        return Problem(
            METHOD,
            "此地址不支持该请求方法，请查看 /openapi.json。",
            "This address does not take the method; see /openapi.json.",
        )
    if error.status_code == UNKNOWN_ADDRESS.status:
        return Problem(
            UNKNOWN_ADDRESS,
            "没有这个地址，请查看 /openapi.json。",
            "There is no such address; see /openapi.json.",
        )
    zh = "请求内容无法解析，请检查格式（multipart 或 JSON）。"
    return Problem(UNREADABLE_BODY, zh, "The request cannot be parsed; check its form (multipart or JSON).")
