"""What can be wrong with the store of finished documents."""

from __future__ import annotations

from hsm.algorithms import Digest
from signing.errors import SigningError


class ArchiveError(SigningError):
    """The archive cannot do what was asked for."""

    zh = "归档存储无法完成操作，请联系管理员。"
    en = "The archive cannot do this; tell the operator."


class StorageUnavailable(ArchiveError):
    """The object store does not answer, or not as it should; what was made is kept here and goes there later."""

    zh = "归档存储暂不可用，文件已安全留存在本机；请稍后用同一请求重试，后台也会自动补存。"
    en = (
        "The archive's store does not answer. Nothing is lost: what was made is kept on this machine and is stored "
        "when the same request is repeated, or by housekeeping."
    )


class StorageRefused(StorageUnavailable):
    """The object store answers and refuses: credentials, bucket or right are wrong."""

    zh = "归档存储拒绝访问，请检查存储桶名称、访问密钥及其权限（yinxin doctor 会指出原因）。"
    en = "The archive's store refuses access; check bucket, access key and its rights (yinxin doctor names the cause)."


class ObjectMissing(ArchiveError):
    """A document is not in the archive."""

    def __init__(self, digest: Digest) -> None:
        super().__init__(str(digest))
        self.digest = digest
        self.zh = f"归档中没有摘要为 {digest.hex[:16]}… 的文件；如果登记中有它，请从备份恢复该文件。"
        self.en = (
            f"No document with the digest {digest.hex[:16]}… is in the archive; restore it from a backup."
        )


class ObjectDamaged(ArchiveError):
    """The octets under a digest have another digest: the store changed or lost some."""

    def __init__(self, digest: Digest, found: str) -> None:
        super().__init__(f"{digest}: found {found}")
        self.digest = digest
        self.zh = f"归档文件 {digest.hex[:16]}… 的内容已损坏，未予提供；请从备份恢复该文件。"
        self.en = (
            f"The archived document {digest.hex[:16]}… is damaged and was withheld; restore it from a backup."
        )


class ArchiveAddressInvalid(ArchiveError):
    """The address of the archive cannot be read."""

    zh = "归档地址 archive_url 不正确，写法为文件夹路径、file:///路径 或 s3://存储桶/前缀?endpoint=https://主机:端口。"
    en = "archive_url cannot be read: write a folder, file:///folder, or s3://BUCKET/PREFIX?endpoint=https://HOST:PORT."


class ArchiveCredentialsInvalid(ArchiveError):
    """The file with the access key cannot be read as one."""

    zh = "归档访问密钥文件格式不正确：应为两行，第一行访问密钥，第二行密钥口令。"
    en = "The file with the archive's access key is malformed: two lines, the access key and its secret."
