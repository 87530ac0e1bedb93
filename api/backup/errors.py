"""What can be wrong with a backup or with its restoration."""

from __future__ import annotations

from pathlib import Path

from api.errors import ApiError


class BackupError(ApiError):
    """A backup cannot be made or restored."""

    zh = "备份或恢复无法进行。"
    en = "The backup or restoration cannot go on."


class BackupExists(BackupError):
    """The file to be written exists; a backup never overwrites another."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.zh = f"{path} 已存在，不会覆盖；请换一个文件名。"
        self.en = f"{path} exists and is not overwritten; choose another name."


class RecipientInvalid(BackupError):
    """The public key that a backup is encrypted to cannot be read."""

    zh = "--to 应为 age1… 形式的备份公钥，可用 yinxin backup-key 生成。"
    en = "--to takes a backup public key such as age1…; make one with 'yinxin backup-key'."


class BackupKeyUnusable(BackupError):
    """The file of a backup key cannot be read as one."""

    zh = "备份私钥文件无法读取：应为一行 AGE-SECRET-KEY-…。"
    en = "The backup key's file cannot be read: it holds one line AGE-SECRET-KEY-…."


class BackupUnreadable(BackupError):
    """The backup does not open with this key, was damaged or cut off."""

    zh = "备份文件无法打开：不是用此私钥加密的，或文件已损坏、不完整。请核对私钥与文件摘要。"
    en = "The backup does not open: it was encrypted to another key, or is damaged or cut off. Check key and digest."


class BackupIncomplete(BackupError):
    """What was unpacked is not what the manifest lists. ``what`` names the first difference."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.zh = f"备份内容与清单不符：{what}。请换用另一份备份。"
        self.en = f"The backup differs from its manifest: {what}. Use another backup."


class FileNameRefused(BackupError):
    """A file of the installation has a name that a backup could not give back."""

    def __init__(self, name: str) -> None:
        super().__init__(ascii(name))
        self.zh = f"文件名 {name!a} 含控制字符、反斜杠或非 UTF-8 字节，无法备份；请改名后重试。"
        self.en = f"The file name {name!a} has control characters, backslashes or octets that are not UTF-8: rename it."


class BackupForeign(BackupError):
    """The backup was made by another release."""

    def __init__(self, found: str, wanted: str) -> None:
        super().__init__(f"{found} {wanted}")
        self.zh = (
            f"备份的数据库结构为 {found}，本版本为 {wanted}；请用当时的版本恢复，再执行 yinxin migrate。"
        )
        self.en = f"The backup has schema {found}, this release {wanted}; restore with that release, then run 'yinxin migrate'."


class TargetOccupied(BackupError):
    """The place to restore into holds something."""

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self.zh = f"{where} 不是空的；恢复只写入空的家目录和空的数据库。"
        self.en = f"{where} is not empty; a restoration writes only into an empty home folder and an empty database."


class EvidenceNeeded(BackupError):
    """Nobody said what has been published since the backup."""

    zh = (
        "请用 --evidence 指出备份之后公布过的证据（信任文件夹和检查点的副本）：否则之后吊销的证书和挂失的印章会重新生效。"
        "确实没有时加 --no-evidence，并尽快重新办理这些吊销和挂失。"
    )
    en = (
        "Name with --evidence what was published after the backup (copies of the trust folder and checkpoints): without "
        "it certificates revoked and seals frozen since would be in force again. If there is truly none, say "
        "--no-evidence and repeat those revocations at once."
    )


class EvidenceForeign(BackupError):
    """A list among the evidence is not by this installation. ``name`` is its file."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.zh = f"证据 {name} 不是本系统签发的，或签名不符；请核对来源后移除。"
        self.en = f"The evidence {name} was not signed by this installation; check where it comes from and remove it."
