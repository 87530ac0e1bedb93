"""Rows of the problem table: trust folders and what is kept for them, and trust lists as the verifier reads and writes them."""

from __future__ import annotations

from typing import Final

from api.errors import OcspAnswerRefused
from api.problem_kind import Kind
from verify.folder import TrustFolderUnusable
from verify.trusted_lists import errors

LISTS: Final[dict[type[Exception], Kind]] = {
    TrustFolderUnusable: Kind("trust-folder-unusable", 400, "信任文件夹不可用", "Trust folder unusable"),
    OcspAnswerRefused: Kind("ocsp-answer-refused", 422, "未保存状态应答", "OCSP answer not kept"),
    errors.ListRefused: Kind("list-refused", 422, "信任清单不可用", "Trust list not used"),
    errors.ListUnreadable: Kind("list-unreadable", 422, "信任清单无法读取", "Trust list unreadable"),
    errors.ListUnsupported: Kind(
        "list-unsupported", 422, "信任清单格式版本不受支持", "Trust list of an unknown version"
    ),
    errors.ListTooLarge: Kind("list-too-large", 422, "信任清单超出上限", "Trust list over the limits"),
    errors.ListSignatureInvalid: Kind(
        "list-signature-invalid", 422, "信任清单签名无效", "Trust list not signed rightly"
    ),
    errors.ListSignerUnknown: Kind(
        "list-signer-unknown", 422, "信任清单签名者未登记", "Trust list's signer not pinned"
    ),
    errors.ListExpired: Kind("list-expired", 409, "信任清单已过期", "Trust list expired"),
    errors.ListRolledBack: Kind("list-rolled-back", 409, "信任清单被回退", "Trust list rolled back"),
    errors.ListFromTheFuture: Kind(
        "list-from-the-future", 409, "信任清单签发于将来", "Trust list from the future"
    ),
    errors.ListIncomplete: Kind("list-incomplete", 422, "信任清单内容不全", "Trust list incomplete"),
}
