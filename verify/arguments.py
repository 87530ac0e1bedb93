"""The options of ``verify``, in groups, with what they are for and some commands to begin with."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ca.clock import within_span
from verify.isolated import DEFAULT_SECONDS

_EPILOG: Final = """\
示例 / examples:
  verify contract.pdf --trust trust/                      用信任库核验 / against a trust folder
  verify contract.pdf --trust trust/ --report report.pdf  另出一页报告 / and write a report
  verify report.pdf --trust trust/ --content contract.pdf 核验他人的报告并与原文件对照 / check somebody's report
  verify folder/ --trust trust/ --out result.xlsx         许多文件，一张表 / many files, one table
  verify contract.pdf --bundle yinxin.bundle --bundle-signer 3f9c…  断网核验 / without a network

退出码 / exit status:
  0 有效 passed            1 无效 failed              2 无法判定 indeterminate  3 无法读取 unreadable
  4 有效但已作废 voided    5 部门不予受理 refused     6 附条件受理 conditions   64 用法错误 wrong use
  多个文件取最重的 / of several the gravest: 1, 3, 2, 0"""


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    made = argparse.ArgumentParser(
        prog="verify",
        description="核验 PDF、OFD 签章与电子印章数据（.esl、.dat），也核验他人出具的核验报告。\n"
        "Verify sealed PDF and OFD documents, electronic seal data, and verification reports made by others.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="PDF、OFD、印章文件或文件夹 / PDF, OFD or seal files, or folders",
    )
    _trust(made)
    _offline(made)
    _beside(made)
    _department(made)
    _output(made)
    return made


def _trust(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group("信任 / trust")
    group.add_argument(
        "--trust", type=Path, metavar="DIR", help="信任库文件夹 / folder of trusted roots and evidence"
    )
    group.add_argument(
        "--list",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="信任清单（TS 119 612 XML 或 TS 119 602 JSON）/ a trust list, XML or JSON; may be repeated",
    )
    group.add_argument(
        "--signer",
        action="append",
        default=[],
        metavar="SHA256|CERT",
        help="信任清单的签名证书：SHA-256 或证书文件 / who may sign it: SHA-256 of a certificate, or its file",
    )
    group.add_argument(
        "--pivot",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="签名者更换时的往期清单，可多次：由 --signer 逐期核对到现签名者 / "
        "an older issue in which the signers changed; may be repeated: from --signer to those of now",
    )
    group.add_argument(
        "--at", metavar="TIME", help="核验时间（RFC 3339），默认现在 / time of verification, default now"
    )


def _offline(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group("断网核验 / without a network")
    group.add_argument(
        "--bundle",
        type=Path,
        metavar="FILE",
        help="离线核验包（yinxin trust bundle 生成）/ one signed file with lists, certificates, CRLs and policies",
    )
    group.add_argument(
        "--bundle-signer",
        metavar="SHA256",
        help="离线核验包签名证书的 SHA-256，须从可靠渠道得到；不给则包内的根证书不予采信 / "
        "SHA-256 of its signer's certificate, had over a channel you trust; without it the roots in it are not believed",
    )
    group.add_argument(
        "--bundle-memory",
        type=Path,
        metavar="FILE",
        help="记住已用过的离线核验包，防止换回旧包 / file that keeps the newest number used, default in the user's state folder",
    )


def _beside(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group("随附的文件 / handed along")
    group.add_argument(
        "--content",
        type=Path,
        metavar="FILE",
        help="分离式签名所签的原文件，或核验报告所述的原文件 / the file that a detached signature or a report is about",
    )
    group.add_argument(
        "--proof",
        type=Path,
        metavar="JSON",
        help="合并签名的证明文件 / proof of a document under a batch's signature",
    )
    group.add_argument(
        "--evidence",
        type=Path,
        metavar="FILE",
        help="制度证据记录；默认取文件旁的 FILE.evidence.jws / evidence records, default FILE.evidence.jws",
    )
    group.add_argument("--password", help="加密 PDF 的打开密码 / password of encrypted documents")


def _department(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group("部门受理 / acceptance")
    group.add_argument(
        "--department",
        metavar="NAME",
        help="按该部门的政策判断是否受理（名称、编号或政策文件）/ also ask a department: its name, id or policy file",
    )
    group.add_argument(
        "--act", default="", metavar="ACT", help="办理的事项 / the act that the department is asked about"
    )


def _output(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group("输出 / output")
    group.add_argument("--json", action="store_true", help="输出 JSON / print one JSON object")
    group.add_argument(
        "--report",
        type=Path,
        metavar="FILE",
        help="把核验报告写入 .pdf（一页）、.json 或 .xml（ETSI TS 119 102-2）；只对一个文件 / write a report on one file",
    )
    group.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="把许多文件的结论写入一张表（.csv 或 .xlsx），中断后再次执行即继续 / one table of many files; run again, it goes on",
    )
    group.add_argument(
        "--workers",
        type=int,
        default=0,
        metavar="N",
        help="--out 的并行进程数，默认为处理器核数 / processes for --out, default one for each core",
    )
    group.add_argument(
        "--seconds",
        type=float,
        default=DEFAULT_SECONDS,
        help="每个文件的时限（秒）/ time limit for one document",
    )


def parse_time(text: str) -> datetime:
    """Read an RFC 3339 time or a date; one without a zone is UTC. ``ValueError``, :class:`ca.clock.TimeOutOfSpan` among it."""
    moment = datetime.fromisoformat(text)
    return within_span(moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment)
