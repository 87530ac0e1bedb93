"""What can be wrong with a device or chip, beyond the errors of :mod:`hsm.errors`."""

from __future__ import annotations

from hsm.errors import HsmError


class OperationNotOffered(HsmError):
    """The interface of the device has no function for this; the maker's own tool has."""

    zh = "该设备的接口不提供此操作，请使用设备厂商的管理工具完成。"
    en = "The interface of this device has no such operation; use the tool of its maker."


class ChipFull(HsmError):
    """The chip has no room for another application, container, key pair or certificate."""

    zh = "芯片空间不足或容器数量已达上限，请先删除不用的应用或容器。"
    en = "The chip is full or holds its most containers; delete an application or container that is not needed."


class DeviceKeyRefused(HsmError):
    """The chip did not accept the device authentication key, or none was given."""

    zh = "芯片设备认证未通过，请核对设备认证密钥；多次失败会锁定设备认证。"
    en = "The chip refused the device authentication key; check it, as the chip locks after several failures."


class EnvelopeUnreadable(HsmError):
    """A protected encryption key pair (ENVELOPEDKEYBLOB) is not well formed, or not for this interface."""

    zh = "加密密钥对保护结构（ENVELOPEDKEYBLOB）格式不正确，请由密钥中心重新签发。"
    en = "The protected key pair (ENVELOPEDKEYBLOB) is not well formed; have the key centre make it again."


class EnvelopeRefused(HsmError):
    """The chip could not open the envelope: it is for another container's signing key, or it was altered."""

    zh = "芯片无法打开加密密钥信封：信封不是发给该容器的签名密钥，或已被更改。"
    en = "The chip cannot open the envelope: it is meant for another signing key, or it was altered."


class DescriptionInvalid(HsmError):
    """The description of a vendor's library cannot be used."""

    zh = "厂商模块描述文件不正确，请按文档逐项核对。"
    en = "The description of the vendor's library is not correct; check each item against the documentation."
