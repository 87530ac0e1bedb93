"""Rows of the problem table: trust lists and federation."""

from __future__ import annotations

from typing import Final

from api.problem_kind import Kind
from signing.recognition import errors

TRUST: Final[dict[type[Exception], Kind]] = {
    errors.RecognitionError: Kind("trust-list-refused", 409, "信任清单无法处理", "Trust list not dealt with"),
    errors.OwnListMissing: Kind("own-list-missing", 404, "尚无信任清单", "No trust list yet"),
    errors.OwnListUnusable: Kind("own-list-withheld", 500, "信任清单已扣留", "Trust list withheld"),
    errors.ForeignListError: Kind(
        "foreign-list-refused", 409, "外部清单无法处理", "Foreign list not dealt with"
    ),
    errors.ListAddressInvalid: Kind("list-address-invalid", 422, "地址不可用", "Address not used"),
    errors.ListUnreachable: Kind("list-unreachable", 502, "无法取得清单", "List cannot be fetched"),
    errors.FingerprintInvalid: Kind("fingerprint-invalid", 422, "指纹格式不正确", "Fingerprint malformed"),
    errors.FingerprintDiffers: Kind("fingerprint-differs", 409, "指纹不一致", "Fingerprints differ"),
    errors.ForeignListRefused: Kind("foreign-list-unusable", 422, "清单不可用", "List not usable"),
    errors.OwnListOffered: Kind("own-list-offered", 409, "这是本系统自己的清单", "Our own list"),
    errors.ListUnknown: Kind("list-unknown", 404, "没有此清单", "No such list"),
    errors.ListTaken: Kind("list-taken", 409, "清单已在列", "List is here already"),
    errors.ListActRefused: Kind("list-act-refused", 409, "当前状态不允许", "Not possible in this state"),
    errors.ListMoved: Kind("list-moved", 409, "清单刚被他人处理", "List moved meanwhile"),
    errors.ListSecondPerson: Kind("list-second-person", 409, "须由另一人办理", "Second person needed"),
    errors.ListReasonNeeded: Kind("list-reason-needed", 422, "请填写原因", "Reason needed"),
}
