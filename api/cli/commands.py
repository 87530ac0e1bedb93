"""The commands of ``yinxin``: where each is, how the help groups it, and the line that the help prints.

A command's module is imported when the command is chosen, so that nobody waits for the modules of all the others. What stands
here for the help is what the command says of itself; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group


@dataclass(frozen=True, slots=True)
class Entry:
    """One command or group: its name, ``module:attribute`` under :mod:`api.cli`, its panel, the first line of its help."""

    name: str
    place: str
    panel: str
    line: str


BEGIN: Final = "起步 / to begin"
KEYS: Final = "证书、密钥与令牌 / certificates, keys, tokens"
SEALS: Final = "印章与文件 / seals and documents"
RUNNING: Final = "运行维护 / to keep it running"
RECOGNITION: Final = "互认 / recognition"
RIGHTS: Final = "权限与审计 / rights and the trail"

ENTRIES: Final = (
    Entry(
        "demo",
        "service:demo",
        BEGIN,
        "一键演示：建立令牌、CA、企业、印章，用印并验章 / the whole job on a new home folder.",
    ),
    Entry("serve", "service:serve", BEGIN, "启动网页与接口服务 / serve pages and API."),
    Entry("page", "service:page", BEGIN, "显示网页地址 / print the addresses of the pages."),
    Entry(
        "doctor",
        "service:doctor",
        RUNNING,
        "自检：数据库、令牌、时钟、磁盘、字体、吊销列表 / look whether all is well, with the fix.",
    ),
    Entry(
        "migrate", "service:migrate", RUNNING, "升级数据库结构 / bring the database to this release's schema."
    ),
    Entry(
        "reconcile",
        "service:reconcile",
        RUNNING,
        "处理中断的签发与用印，并发布状态 / close what was cut off, and publish.",
    ),
    Entry(
        "seal-pdf",
        "documents:seal_pdf",
        SEALS,
        "在 PDF 或 OFD 上用印；位置可用坐标、关键字、页码范围、签名域或骑缝 / seal a document.",
    ),
    Entry(
        "find",
        "placing:find",
        SEALS,
        "列出文字所在的页码和位置，供按关键字用印前核对 / list where a text stands.",
    ),
    Entry(
        "verify",
        "verifying:verify",
        SEALS,
        "验章：0 有效，1 无效，2 无法判定，3 无法读取，4 有效但已作废，5 部门不予接受，6 有条件接受 / verify documents.",
    ),
    Entry(
        "seal-ofd",
        "documents:seal_pdf",
        SEALS,
        "在 PDF 或 OFD 上用印；位置可用坐标、关键字、页码范围、签名域或骑缝 / seal a document.",
    ),
    Entry(
        "sign",
        "containers:sign",
        SEALS,
        "对任意文件作分离式签名：原文件不变，签名另存 / sign any file; the signature stands in a file of its own.",
    ),
    Entry(
        "stamp-simulator",
        "stamp_simulator:stamp_simulator",
        SEALS,
        "智能印章模拟器：故障与篡改演练、浸泡测试、单台交互 / simulate smart stamps: drill, soak, or one by hand.",
    ),
    Entry(
        "backup-key",
        "backup:backup_key",
        RUNNING,
        "生成备份密钥对：私钥离线保管，公钥用于备份 / make a key pair for backups; keep the private half off line.",
    ),
    Entry(
        "backup",
        "backup:backup",
        RUNNING,
        "备份：数据库、文件、检查点，加密给公钥 / back up database, documents and checkpoints, encrypted to public keys.",
    ),
    Entry(
        "restore",
        "backup:restore",
        RUNNING,
        "恢复到空的家目录；--drill 为演练 / restore into an empty home; --drill proves a backup and changes nothing.",
    ),
    Entry(
        "demo-desk",
        "desk:demo_desk",
        BEGIN,
        "为演示家目录添加业务台的人员、芯片、申请、刻章任务、用印事项与智能印章 / what the console needs to be tried.",
    ),
    Entry(
        "agent",
        "agent:agent",
        SEALS,
        "本机签名助手：网页经本人逐次确认后使用本机令牌 / Let a page use the token in this computer.",
    ),
    Entry(
        "evidence-record",
        "recognition:evidence_record",
        SEALS,
        "出具制度证据记录，随文件一并提交 / give the evidence record of a sealing, to travel with the document.",
    ),
    Entry("ca", "ca:app", KEYS, "证书签发 / certification authority"),
    Entry("ra", "ra:app", KEYS, "证书申请与审批 / enrolment"),
    Entry("report", "report:app", RECOGNITION, "核验报告的出具授权 / leave to issue verification reports"),
    Entry("seal", "seal_group:app", SEALS, "印章 / seals"),
    Entry("engraver", "engraver:app", SEALS, "刻制单位与刻制任务 / engraving shops and their jobs"),
    Entry("filing", "filing:app", SEALS, "准刻、备案与国家平台 / ordering, filing, the national platform"),
    Entry("case", "case:app", SEALS, "用印审批 / permission to use a seal"),
    Entry("batch", "batch:app", SEALS, "批量用印 / seal many documents in one order"),
    Entry("archive", "archive:app", SEALS, "归档文件：保管期限、保全、延期、删除 / stored documents"),
    Entry("licence", "licence:app", SEALS, "电子证照 / electronic licences"),
    Entry("ofd", "ofd:app", SEALS, "OFD 文档：核验报告、证照版面 / OFD documents of our own"),
    Entry("parties", "parties:app", SEALS, "多方签署 / several parties on one document"),
    Entry("void", "void:app", SEALS, "作废 / voiding sealed documents"),
    Entry("print-copy", "print_copy:app", SEALS, "打印管控 / printed copies under control"),
    Entry("stamp", "stamp:app", SEALS, "智能印章 / smart stamps"),
    Entry("token", "token:app", KEYS, "令牌 / tokens"),
    Entry("chip", "chip:app", KEYS, "芯片：停用、挂失、关联印章、号段 / chips"),
    Entry("csc", "csc:app", KEYS, "远程签名服务中的密钥 / keys in remote signing services"),
    Entry("department", "recognition:department", RECOGNITION, "部门政策 / department policies"),
    Entry(
        "recognition",
        "recognition:recognition",
        RECOGNITION,
        "受理决定与互认台账 / decisions and the recognition ledger",
    ),
    Entry("trust", "trust:app", RECOGNITION, "信任清单 / the trust list of this installation"),
    Entry(
        "webhooks", "webhooks:app", RECOGNITION, "回调通知：查看与重发 / notifications: list and send again"
    ),
    Entry(
        "federation",
        "federation:app",
        RECOGNITION,
        "互认：导入其他系统的信任清单 / recognise other installations",
    ),
    Entry("audit", "audit:app", RIGHTS, "审计日志 / audit trail"),
    Entry("key", "keys:app", RIGHTS, "API 密钥 / API keys"),
    Entry("kmc", "keycentre:app", KEYS, "密钥管理中心 / key centre"),
)
"""Every command, in the order of ``yinxin --help``."""


class Declared(TyperCommand):
    """A command known by its entry alone; it becomes the whole one when it is chosen."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(entry.name, help=entry.line, rich_help_panel=entry.panel)
        self._entry = entry

    def whole(self) -> Any:
        """Import the module and build the command or the group."""
        module, _, attribute = self._entry.place.partition(":")
        found = getattr(import_module(f"api.cli.{module}"), attribute)
        alone = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False, add_completion=False)
        if isinstance(found, typer.Typer):
            alone.add_typer(found, name=self._entry.name, rich_help_panel=self._entry.panel)
        else:
            alone.command(self._entry.name, rich_help_panel=self._entry.panel)(found)
        return get_group(alone).commands[self._entry.name]

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Read the arguments by the whole command, whose context this becomes."""
        return self.whole().make_context(info_name, args, parent, **extra)


class Root(TyperGroup):
    """The root group: it knows every entry and imports none."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for entry in ENTRIES:
            self.add_command(Declared(entry))
