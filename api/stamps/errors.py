"""What can be wrong between the service and the broker of its stamps."""

from __future__ import annotations

from seals.devices.errors import StampError


class BrokerError(StampError):
    """The broker cannot be used as configured."""

    zh = "消息服务器（MQTT）无法使用，请检查 mqtt_url 与证书目录。"
    en = "The broker (MQTT) cannot be used; check mqtt_url and the folder of certificates."


class BrokerUnreachable(BrokerError):
    """Nobody answers there, or the TLS handshake fails."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")
        self.zh = f"无法连接消息服务器 {where}：请检查地址、端口与证书（{why}）。"
        self.en = f"The broker at {where} cannot be reached: check address, port and certificates ({why})."


class BrokerMissing(BrokerError):
    """Mosquitto is asked for and not installed."""

    zh = "未找到 mosquitto，请安装（Debian：apt install mosquitto），或用 --mqtt 指定已有的消息服务器。"
    en = "mosquitto was not found; install it (Debian: apt install mosquitto) or name a broker with --mqtt."


class LinkCredentialsMissing(BrokerError):
    """The service has no certificate for its link."""

    zh = "缺少服务连接证书，请先运行 yinxin stamp broker-config --out 目录。"
    en = "The link has no certificate; run 'yinxin stamp broker-config --out DIR' first."


class BrokerFolderTaken(BrokerError):
    """The folder for the broker's files holds something else."""

    zh = "输出目录中已有消息服务器的文件；请换一个空目录，或删除旧文件后重试。"
    en = "The folder already holds a broker's files; choose an empty one, or remove the old files first."


class SuiteHasNoTls(BrokerError):
    """The national suite's certificates are no TLS certificates for the broker."""

    zh = "国密套件的证书不能用于 mosquitto 的 TLS；请改用 HTTPS 轮询，或在前面部署国密 TLS 网关。"
    en = "Certificates of the national suite do not work for mosquitto's TLS; use HTTPS polling or a TLCP gateway."


class DrillFailed(StampError):
    """The drill could not be set up or found what must not be."""

    zh = "演练未能完成。"
    en = "The drill could not be completed."

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en
