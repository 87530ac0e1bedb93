"""Rows of the problem table: levels for the long term, the archive, retention, renewal."""

from __future__ import annotations

from typing import Final

from api.problem_kind import Kind
from signing.errors import LevelUnavailable
from signing.objects import errors as objects

ARCHIVE: Final[dict[type[Exception], Kind]] = {
    LevelUnavailable: Kind("level-unavailable", 422, "不支持该签名级别", "Level not available"),
    objects.ArchiveError: Kind("archive-failed", 503, "归档存储故障", "Archive failed"),
    objects.StorageUnavailable: Kind("storage-unavailable", 503, "归档存储暂不可用", "Archive unavailable"),
    objects.StorageRefused: Kind("storage-refused", 503, "归档存储拒绝访问", "Archive refuses access"),
    objects.ObjectMissing: Kind("archived-document-missing", 404, "归档中没有此文件", "Not in the archive"),
    objects.ObjectDamaged: Kind(
        "archived-document-damaged", 500, "归档文件已损坏", "Archived document damaged"
    ),
    objects.ArchiveAddressInvalid: Kind(
        "archive-address-invalid", 500, "归档地址不正确", "Invalid archive address"
    ),
    objects.ArchiveCredentialsInvalid: Kind(
        "archive-key-invalid", 500, "归档访问密钥不正确", "Invalid archive key"
    ),
}
