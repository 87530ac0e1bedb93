"""Rows of the problem table: containers of signatures, certification and locks."""

from __future__ import annotations

from typing import Final

from api.problem_kind import Kind
from signing import errors as signing

CONTAINERS: Final[dict[type[Exception], Kind]] = {
    signing.CertificationUnreadable: Kind(
        "certification-invalid", 422, "认证方式不正确", "Certification invalid"
    ),
    signing.LockUnreadable: Kind("lock-invalid", 422, "表单锁定不正确", "Lock invalid"),
    signing.AlreadySigned: Kind("already-signed", 409, "文件已有签名", "Signed already"),
    signing.FieldLockDiffers: Kind("lock-differs", 409, "签名域自带锁定要求", "The field has its own lock"),
    signing.NewFieldForbidden: Kind("new-field-forbidden", 409, "不允许新增签名域", "No new field allowed"),
    signing.PromiseForPdfOnly: Kind("promise-for-pdf", 422, "只用于 PDF", "For PDF only"),
    signing.ContainerUnfit: Kind("container-unfit", 422, "签名容器不适用", "Container unfit"),
}
