"""What goes wrong in a simulated stamp: the world acting on it, or a folder that holds none."""

from __future__ import annotations

from pathlib import Path

from seals.devices.errors import StampError


class SimulatorError(StampError):
    """The simulated stamp cannot go on as asked."""

    zh = "模拟印章无法执行该操作。"
    en = "The simulated stamp cannot do this."


class PowerLost(SimulatorError):
    """The power went at a named moment, as a script asked; only what was on its memory is left."""

    zh = "模拟印章断电，重新上电后继续。"
    en = "The simulated stamp lost power; boot it again."

    def __init__(self, moment: str) -> None:
        super().__init__(moment)
        self.moment = moment


class LineDown(SimulatorError):
    """No connection to the service at this moment."""

    zh = "设备与服务之间没有连接，请检查网络与地址后重试。"
    en = (
        "There is no connection between stamp and service; check the network and the address, then try again."
    )


class LineRefused(SimulatorError):
    """The service answered and refused; ``code`` is the problem's."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(f"{code}: {en}")
        self.code = code
        self.zh = f"服务端拒绝：{zh}"
        self.en = f"The service refused: {en}"


class PressRefused(SimulatorError):
    """The stamp does not let the button work; ``why`` says for what reason."""

    def __init__(self, why: str, zh: str, en: str) -> None:
        super().__init__(f"{why}: {en}")
        self.why = why
        self.zh = f"不能用印：{zh}"
        self.en = f"The stamp stays shut: {en}"


class DeviceFolderInvalid(SimulatorError):
    """A folder holds no simulated stamp, or its memory is damaged."""

    def __init__(self, folder: Path, zh: str, en: str) -> None:
        super().__init__(f"{folder}: {en}")
        self.zh = f"设备目录 {folder}：{zh}"
        self.en = f"The device folder {folder}: {en}"


class DeviceInUse(DeviceFolderInvalid):
    """Another process runs the stamp of this folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            folder, "已有另一进程在运行该设备，请先结束它。", "another process runs this stamp; end it first."
        )
