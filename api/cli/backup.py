"""``yinxin backup-key``, ``backup``, ``restore``: the whole installation, out and in again, with a drill."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from api.backup.bundle import new_key
from api.backup.drill import DrillReport, run_drill
from api.backup.errors import EvidenceNeeded
from api.backup.make import make_backup
from api.backup.restore import Restoration, restore_backup
from api.cli.console import (
    REFUSED,
    HomeOption,
    JsonOption,
    err,
    installation,
    leave,
    out,
    person,
    print_json,
    say,
    table,
)
from api.settings import load_settings
from ca.clock import system_clock

UNFINISHED: Final = {
    "permits": ("用印许可", "permits"),
    "use_cases": ("用印事项", "cases of use"),
    "standing_uses": ("静默用印授权", "standing authorisations"),
    "use_signers": ("待重新确认的审批证书", "approvers' certificates to be confirmed anew"),
    "stamps": ("已锁定、待两人解锁的智能印章", "smart stamps, locked until two people unlock them"),
    "enrolments": ("证书申请", "enrolments"),
    "jobs": ("批量任务", "jobs"),
    "spare_keys": ("备用加密密钥", "spare encryption keys"),
    "recovery_cases": ("恢复案件", "recovery cases"),
    "personalisations": ("制作申请", "requests for personalisation"),
    "pin_letters": ("密码信", "PIN letters"),
    "unblockings": ("解锁任务", "unblocking tasks"),
}
"""What a restoration ends, as people call it."""
AsOption = Annotated[str, typer.Option("--as", help="经办人 / who does it: person:li.wei")]
KeyOption = Annotated[Path, typer.Option("--key", help="备份私钥文件 / file with the backup's private key")]


def backup_key(
    path: Annotated[Path, typer.Argument(help="私钥写到此处 / write the private key here")],
) -> None:
    """生成备份密钥对：私钥离线保管，公钥用于备份 / make a key pair for backups; keep the private half off line."""
    public = new_key(path)
    out().print(public, soft_wrap=True)
    err().print(
        f"私钥已写入 {path}，请移到离线介质保管；丢失后备份无法打开。\n"
        "The private key is in that file: move it off line; without it no backup opens.",
        soft_wrap=True,
    )


def backup(
    path: Annotated[Path, typer.Argument(help="备份文件 / file to write")],
    to: Annotated[list[str], typer.Option("--to", help="备份公钥，可多个 / public key, repeatable")],
    home: HomeOption = None,
    embedded_token: Annotated[
        bool,
        typer.Option(
            "--with-embedded-token",
            help="连同家目录中的软件令牌（仍受 PIN 保护）/ with the home's software token, which its PIN still guards",
        ),
    ] = False,
    actor: AsOption = "system:backup",
    as_json: JsonOption = False,
) -> None:
    """备份：数据库、文件、检查点，加密给公钥 / back up database, documents and checkpoints, encrypted to public keys."""
    with installation(home) as services:
        made = make_backup(
            services, path, to=to, embedded_token=embedded_token, actor=person(actor), progress=_progress
        )
    if as_json:
        print_json(
            {
                "file": str(made.path),
                "sha256": made.sha256,
                "size": made.size,
                "rows": made.rows,
                "documents": made.documents,
                "audit_number": made.audit_number,
                "embedded_token": made.embedded_token,
            }
        )
        return
    say(
        f"备份完成：{made.path}（{made.size} 字节，{made.rows} 行，{made.documents} 份文件），SHA-256 {made.sha256}",
        f"Backed up: {made.rows} rows, {made.documents} documents, audit trail up to {made.audit_number}. "
        "PINs are not in it.",
    )
    if not made.embedded_token:
        say(
            "密钥不在备份中：请按密码模块自己的方法备份令牌。",
            "Keys are not in it: back up the token as its maker says.",
        )


def restore(
    path: Annotated[Path, typer.Argument(help="备份文件 / the backup")],
    key: KeyOption,
    home: HomeOption = None,
    evidence: Annotated[
        list[Path] | None,
        typer.Option(
            "--evidence",
            exists=True,
            file_okay=False,
            help="备份之后公布的证据：信任文件夹、检查点的副本，可多个 / copies of what was published since, repeatable",
        ),
    ] = None,
    no_evidence: Annotated[
        bool, typer.Option("--no-evidence", help="确认没有这样的证据 / there is truly none")
    ] = False,
    drill: Annotated[
        bool,
        typer.Option("--drill", help="演练：恢复到临时位置并核对 / restore to a temporary place and compare"),
    ] = False,
    actor: AsOption = "system:restore",
    as_json: JsonOption = False,
) -> None:
    """恢复到空的家目录；--drill 为演练 / restore into an empty home; --drill proves a backup and changes nothing."""
    if drill:
        with installation(home) as services:
            report = run_drill(services, path, key, actor=person(actor), progress=_progress)
        _show_drill(report, as_json=as_json)
        return
    if not evidence and not no_evidence:
        raise EvidenceNeeded
    settings = load_settings(home)
    done = restore_backup(
        settings,
        path,
        key,
        evidence=list(evidence or ()),
        clock=system_clock,
        actor=person(actor),
        progress=_progress,
    )
    if as_json:
        print_json(_facts(done))
    else:
        _show_restoration(settings.home, done)


def _show_restoration(home: Path, done: Restoration) -> None:
    say(
        f"已恢复到 {home}：{done.rows} 行，{done.documents} 份文件；备份时间 {done.made_at:%Y-%m-%d %H:%M:%S} UTC。",
        f"Restored {done.rows} rows and {done.documents} documents; audit trail up to {done.audit_number}, "
        f"{done.lost_records} later records are lost.",
    )
    revoked = sum(len(one.revoked) + len(one.unknown) for one in done.lists)
    stopped = sum(len(one.stopped) for one in done.states)
    say(
        f"据已公布的列表重新吊销 {revoked} 张证书、停用 {stopped} 枚印章；下一份吊销列表的编号大于 {done.crl_floor}。",
        f"Put in force again: {revoked} revocations, {stopped} stopped seals. CRL numbers go on above {done.crl_floor}.",
    )
    if any(done.ended.values()):
        say(
            f"备份时未办结的事项已作废，请重新办理：{_listed(done.ended, 0)}。",
            f"What was under way when the backup was made is void; begin it anew: {_listed(done.ended, 1)}.",
        )
    say(
        f"所有 API 密钥已作废（{done.api_keys_revoked} 个），请重新签发；令牌 {'、'.join(done.tokens)} 的 PIN 请另行提供。",
        "All API keys are revoked: make new ones. Give the tokens' PINs: they are not in a backup.",
    )


def _listed(ended: Mapping[str, int], language: int) -> str:
    """Write what was ended, as ``批量任务 2、密码信 5``."""
    words = [UNFINISHED.get(name, (name, name))[language] for name in ended]
    return ("、", ", ")[language].join(
        f"{word} {number}" for word, number in zip(words, ended.values(), strict=True) if number
    )


def _show_drill(report: DrillReport, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "passed": report.passed,
                "backup_sha256": report.backup_sha256,
                "restoration": _facts(report.restoration),
                "findings": [
                    {"subject": one.subject, "passed": one.passed, "detail": one.detail}
                    for one in report.findings
                ],
            }
        )
    else:
        shown = table("项目 / subject", "结果 / result", "说明 / detail")
        for one in report.findings:
            shown.add_row(one.subject, "✓" if one.passed else "✗", one.detail)
        out().print(shown)
        say("演练通过：备份可用。", "The drill passed.") if report.passed else say(
            "演练未通过。", "The drill failed."
        )
    if not report.passed:
        leave(REFUSED)


def _facts(done: Restoration) -> dict[str, object]:
    return {
        "made_at": done.made_at.isoformat(),
        "rows": done.rows,
        "documents": done.documents,
        "audit_number": done.audit_number,
        "lost_records": done.lost_records,
        "crl_floor": done.crl_floor,
        "revoked_again": sum(len(one.revoked) for one in done.lists),
        "revoked_unknown": sum(len(one.unknown) for one in done.lists),
        "seals_stopped_again": sum(len(one.stopped) for one in done.states),
        "ended": done.ended,
        "api_keys_revoked": done.api_keys_revoked,
        "tokens": list(done.tokens),
        "embedded_token": done.embedded_token,
    }


def _progress(line: str) -> None:
    err().print(line, style="dim")
