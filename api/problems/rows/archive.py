"""Rows of the problem table: levels for the long term, the archive, retention, renewal."""

from __future__ import annotations

from typing import Final

from api.problems.kind import Kind
from signing.errors import LevelUnavailable
from signing.objects import errors as objects
from signing.renewal import errors as renewal
from signing.retention import errors as retention

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
    retention.DocumentUnknown: Kind("archived-document-unknown", 404, "没有这份文件", "No such document"),
    retention.DocumentDeleted: Kind("archived-document-deleted", 410, "文件已删除", "Document deleted"),
    retention.RetentionUnknown: Kind(
        "retention-unknown", 422, "没有此保管期限类别", "No such retention class"
    ),
    retention.RetentionShortened: Kind("retention-shortened", 409, "保管期限不能缩短", "Retention shortened"),
    retention.RetentionRulesInvalid: Kind(
        "retention-rules-invalid", 500, "保管期限类别文件有误", "Invalid retention classes"
    ),
    retention.StillKept: Kind("still-kept", 409, "保管期限未满", "Still to be kept"),
    retention.OnHold: Kind("on-hold", 409, "文件处于法律保全", "On hold"),
    retention.HoldUnknown: Kind("hold-unknown", 404, "没有此保全", "No such hold"),
    retention.HoldMoved: Kind("hold-moved", 409, "保全状态不符", "Hold not in that state"),
    retention.SecondPersonNeeded: Kind("hold-second-person", 409, "须由另一人确认", "Second person needed"),
    retention.ReasonNeeded: Kind("reason-needed", 422, "须写明理由", "Reason needed"),
    renewal.NotExtendable: Kind("not-extendable", 409, "无法延长有效期", "Not extendable"),
    renewal.StampFaded: Kind("time-stamp-faded", 409, "时间戳已失效", "Time-stamp faded"),
    renewal.AlreadyExtended: Kind("already-extended", 409, "已延长过有效期", "Extended already"),
    retention.DocumentBusy: Kind("archived-document-busy", 409, "文件正在处理", "Document busy"),
}
