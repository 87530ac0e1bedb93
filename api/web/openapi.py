"""What the OpenAPI description shares between operations: tags, problem answers, binary bodies."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI

from api.problems.problem import MEDIA_TYPE
from api.schemas.problem import ProblemModel

OPENAPI_TAGS: Final[tuple[dict[str, Any], ...]] = (
    {"name": "enterprises", "description": "企业登记 / Enterprises"},
    {"name": "certificates", "description": "证书签发、吊销与查询 / Certificates"},
    {"name": "enrolment", "description": "证书申请、审核、审批、签发与续期 / Enrolment"},
    {
        "name": "tokens",
        "description": "令牌、芯片、密码信与芯片号段 / Tokens, chips, PIN letters, chip numbers",
    },
    {"name": "key centre", "description": "密钥管理中心：加密密钥、托管与恢复 / Key centre"},
    {"name": "seals", "description": "印章备案与状态 / Seals"},
    {"name": "filing", "description": "刻制、芯片、交付、备案与国家平台 / Engraving and filing"},
    {"name": "stamps", "description": "智能印章：登记、指令、事件、告警与影像 / Smart stamps"},
    {"name": "public", "description": "公开查询，无需密钥 / Open to anyone"},
    {"name": "sealing", "description": "用印 / Sealing documents"},
    {"name": "remote signing", "description": "远程签名（CSC API）/ Remote signing"},
    {"name": "archive", "description": "归档文件：保管期限、保全、延期与删除 / Stored documents"},
    {"name": "rounds", "description": "多方签署 / Several parties on one document"},
    {"name": "voiding", "description": "作废 / Voiding sealed documents"},
    {"name": "printing", "description": "打印管控 / Printed copies under control"},
    {"name": "verification", "description": "验章 / Verification"},
    {"name": "pki", "description": "证书、CRL、OCSP、时间戳与印章状态 / Published evidence"},
    {"name": "trust", "description": "信任清单与互认 / Trust lists and federation"},
    {"name": "audit", "description": "审计日志 / Audit trail"},
    {"name": "session", "description": "登录 / Sessions"},
    {"name": "service", "description": "运行状态 / Service"},
)

Responses = dict[int | str, dict[str, Any]]
_MEANING: Final = {
    400: "请求被拒绝 / Refused",
    401: "未登录 / Not authenticated",
    403: "没有权限 / Not allowed",
    404: "没有找到 / Not found",
    409: "与现状冲突 / Conflict with the present state",
    410: "已删除 / Gone",
    413: "文件过大 / Upload too large",
    422: "内容不正确 / Invalid content",
    423: "已锁定 / Locked",
    429: "过于频繁 / Too many requests",
    502: "对方没有正确答复 / The other side gave no proper answer",
    503: "暂不可用 / Unavailable",
}


def problems(*statuses: int) -> Responses:
    """Describe the problems (RFC 9457) that an operation answers with."""
    return {
        status: {
            "description": _MEANING[status],
            "model": ProblemModel,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemModel"}}},
        }
        for status in statuses
    }


BINARY: Final = {"schema": {"type": "string", "format": "binary"}}


def binary(media_type: str, description: str) -> Responses:
    """Describe a 200 answer whose body is octets of ``media_type``."""
    return {200: {"description": description, "content": {media_type: BINARY}}}


CALLER: Final = problems(401, 403, 422, 503)
"""What every operation that needs a key may answer."""
PUBLIC: Final = problems(422, 503)
"""What every operation open to anyone may answer."""


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI description with what FastAPI adds by itself taken out: JSON where there is none."""
    document: dict[str, Any] = FastAPI.openapi(app)
    for item in document["paths"].values():
        for operation in item.values():
            for answer in operation.get("responses", {}).values():
                _only_real(answer.get("content", {}))
    return document


def _only_real(content: dict[str, Any]) -> None:
    if MEDIA_TYPE in content:
        for media_type in content.keys() - {MEDIA_TYPE}:
            del content[media_type]
    elif content.get("application/json", {}).get("schema") == {}:
        del content["application/json"]
