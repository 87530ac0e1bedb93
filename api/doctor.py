"""``yinxin doctor`` and ``/healthz``: database, tokens, clock, disk, fonts, revocation lists; each with its fix.

Nothing here raises for a world that is not well: that is the finding.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from api.database.revision import check_schema
from api.problems.problem import describe
from ca.status.crl import PUBLISH_WITHIN
from ca.store import audit as audit_table
from hsm.key_policy import KeyPolicy
from hsm.provider import KeyProvider
from hsm.skf.chip import SkfChips
from hsm.skf.provider import SkfProvider
from hsm.sm2.backend import open_backend
from seals.drawing.fonts import Face, shelf
from signing.recognition.handover import Standing

if TYPE_CHECKING:
    from api.services import Services

LISTS_SHOWN: Final = 20
"""Lists told one by one, those that end first; ten thousand issuers have ten thousand."""
LOW_DISK_OCTETS: Final = 500 * 2**20
"""Below this a busy day's archive may not fit: a warning."""
NO_DISK_OCTETS: Final = 50 * 2**20
"""Below this the database itself may fail to write."""
CLOCK_TOLERANCE: Final = timedelta(seconds=1)
"""EN 319 421 §7.7.2: a time-stamp unit is within one second of UTC."""
RECENT_RECORDS: Final = 1000
"""Audit records looked at: refusals written after a step back of the clock must not hide it."""
SYNCHRONISED: Final = (Path("/run/systemd/timesync/synchronized"), Path("/run/chrony/chronyd.pid"))
"""Signs that something keeps the clock right: systemd-timesyncd has synchronised, chrony runs."""
PROBE_CHARACTERS: Final = "印章合同财务发票法定代表人测试有限公司"
"""Characters every installation draws."""


class Health(StrEnum):
    """How a thing is."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Check:
    """One finding in both languages, with its fix (empty when well)."""

    subject: str
    health: Health
    zh: str
    en: str
    fix_zh: str = ""
    fix_en: str = ""

    def to_json(self) -> dict[str, str]:
        """Return the finding as JSON members."""
        names = ("subject", "health", "zh", "en", "fix_zh", "fix_en")
        return {name: str(getattr(self, name)) for name in names}


def examine(services: Services) -> tuple[Check, ...]:
    """Look at everything once."""
    looks: tuple[tuple[str, Callable[[Services], Iterable[Check]]], ...] = (
        ("database", _database),
        ("token", _tokens),
        ("clock", _clock),
        ("disk", _disk),
        ("archive", _archive),
        ("fonts", _fonts),
        ("crl", _lists),
        ("trust", _recognition),
    )
    return tuple(check for subject, look in looks for check in _looked(subject, look, services))


def _looked(subject: str, look: Callable[[Services], Iterable[Check]], services: Services) -> Iterable[Check]:
    try:
        return tuple(look(services))
    except Exception as error:  # noqa: BLE001 - a look that fails is a finding, told by the table of problems
        problem = describe(error)
        title = problem.kind
        return (Check(subject, Health.BROKEN, title.zh, title.en, problem.zh, problem.en),)


def _database(services: Services) -> Iterable[Check]:
    revision = check_schema(services.engine)
    engine = services.engine.dialect.name
    yield Check(
        "database",
        Health.OK,
        f"数据库可用（{engine}，版本 {revision}）",
        f"{engine} answers, schema {revision}",
    )


def _tokens(services: Services) -> Iterable[Check]:
    stores = services.key_stores
    yield Check("token", Health.OK, stores.zh, stores.en)
    yield from _key_policy(stores.ring.policy)
    for provider in stores.ring.providers():
        yield from _looked("token", _look_at(provider), services)


def _look_at(provider: KeyProvider) -> Callable[[Services], Iterable[Check]]:
    """Look at each store by itself: a library that fails hides no other."""
    return lambda _services: tokens_of(provider)


def _key_policy(policy: KeyPolicy) -> Iterable[Check]:
    if policy.require_hardware:
        zh, en = "仅使用硬件中的密钥（require_hardware_keys）", "hardware keys alone are accepted"
    else:
        zh = "允许软件保管的密钥（sealed、soft）；测评环境请设置 require_hardware_keys"
        en = "keys kept by software (sealed, soft) are accepted; require_hardware_keys refuses them"
    yield Check("token", Health.OK, zh, en)
    backend = open_backend(python_signing=policy.python_signing)
    zh, en = f"SM2 运算由 {backend.name} 完成", f"SM2 is computed by {backend.name}"
    if backend.constant_time:
        yield Check("token", Health.OK, zh, en)
        return
    allowed = (
        ("，允许签名", ", signing allowed") if policy.python_signing else ("，仅验签", ", verification alone")
    )
    yield Check(
        "token",
        Health.WARNING,
        zh + allowed[0],
        en + allowed[1],
        "请安装 yinxin[sm] 或带 SM2 的 OpenSSL 3。",
        "Install yinxin[sm] or an OpenSSL 3 with SM2.",
    )


def _chips_of(provider: SkfProvider) -> Iterable[Check]:
    found = SkfChips(provider).chips()
    if not found:
        zh, en = "SKF 库可用，未插入芯片", "the SKF library works; no chip is plugged in"
        yield Check("token", Health.OK, zh, en)
    for chip in found:
        zh = f"芯片 {chip.serial}（{chip.label}，{chip.manufacturer}），剩余 {chip.free_space} 字节"
        en = f"chip {chip.serial} ({chip.label}, {chip.manufacturer}), {chip.free_space} octets free"
        yield Check("token", Health.OK, zh, en)


def tokens_of(provider: KeyProvider) -> Iterable[Check]:
    """Tell how the tokens of one store are; of an SKF library its chips, whose applications belong to their holders."""
    if isinstance(provider, SkfProvider):
        yield from _chips_of(provider)
        return
    for label in provider.tokens():
        found = provider.probe(label)
        zh, en = (
            f"令牌 {label}，PIN 剩余 {found.tries_left} 次",
            f"token {label}, {found.tries_left} PIN tries left",
        )
        if not found.ready:
            fix = ("请插入令牌或重启密码模块服务。", "Insert the token, or restart its module's service.")
            yield Check("token", Health.BROKEN, f"{zh}：无响应", f"{en}: no answer", *fix)
        elif found.tries_left == 0:
            fix = ("请由管理员用 SO PIN 解锁。", "Have the security officer unblock it with the SO PIN.")
            yield Check("token", Health.WARNING, f"{zh}：已锁定", f"{en}: locked", *fix)
        else:
            yield Check("token", Health.OK, zh, en)


def _clock(services: Services) -> Iterable[Check]:
    now = services.clock()
    with services.engine.execution_options(read_only=True).connect() as connection:
        recent = (
            sa.select(audit_table.c.at).order_by(audit_table.c.number.desc()).limit(RECENT_RECORDS).subquery()
        )
        last = connection.execute(sa.select(sa.func.max(recent.c.at))).scalar()
    shown = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    if last is not None and now + CLOCK_TOLERANCE < last:
        zh, en = (
            f"系统时间 {shown} 早于审计日志中的最晚记录",
            f"the clock ({shown}) stands before the latest audit record",
        )
        fix = (
            "请校准系统时间（如 timedatectl set-ntp true）。",
            "Set the clock right (timedatectl set-ntp true).",
        )
        yield Check("clock", Health.BROKEN, zh, en, *fix)
        return
    if any(sign.exists() for sign in SYNCHRONISED):
        yield Check("clock", Health.OK, f"系统时间 {shown}，已同步", f"the clock shows {shown}, synchronised")
        return
    zh, en = (
        f"系统时间 {shown}，未发现时间同步服务",
        f"the clock shows {shown}; no time synchronisation was found",
    )
    fix = ("正式服务请启用 chrony 或 systemd-timesyncd。", "In service run chrony or systemd-timesyncd.")
    yield Check("clock", Health.WARNING, zh, en, *fix)


def _disk(services: Services) -> Iterable[Check]:
    for folder in sorted({services.home.folder, services.settings.archive}):
        free = shutil.disk_usage(folder if folder.exists() else services.home.folder).free
        zh, en = f"{folder} 剩余 {free // 2**20} MiB", f"{folder} has {free // 2**20} MiB left"
        fix = ("请清理磁盘或扩容。", "Free some space or enlarge the disk.")
        if free < NO_DISK_OCTETS:
            yield Check("disk", Health.BROKEN, zh, en, *fix)
        elif free < LOW_DISK_OCTETS:
            yield Check("disk", Health.WARNING, zh, en, *fix)
        else:
            yield Check("disk", Health.OK, zh, en)


def _archive(services: Services) -> Iterable[Check]:
    objects = services.archive.objects
    objects.probe()
    shown = objects.address
    yield Check("archive", Health.OK, f"归档可读写：{shown}", f"the archive takes and gives: {shown}")
    failing = services.keeping.renewals.progress().failing
    if failing:
        zh, en = f"{failing} 份文件无法延长有效期", f"{failing} documents could not be extended"
        fix = ("请用 yinxin archive renewals 查看原因。", "yinxin archive renewals tells why.")
        yield Check("archive", Health.WARNING, zh, en, *fix)


def _fonts(_services: Services) -> Iterable[Check]:
    for character in PROBE_CHARACTERS:
        shelf().glyph(Face.SONG, character)
    yield Check("fonts", Health.OK, "印章字体可用", "the fonts that draw seals are there")


def _lists(services: Services) -> Iterable[Check]:
    waited = services.crls.pending_for()
    if waited > PUBLISH_WITHIN:
        minutes = int(waited.total_seconds()) // 60
        yield Check(
            "crl",
            Health.BROKEN,
            f"有吊销已等待 {minutes} 分钟仍未进入吊销列表",
            f"a revocation has been waiting for its list for {minutes} minutes",
            "请检查签发者的密钥存储与日志，然后运行 yinxin ca crl。",
            "Look at the issuer's key store and the log, then run yinxin ca crl.",
        )
    for crl in sorted(services.crls.in_force(), key=lambda one: one.next_update)[:LISTS_SHOWN]:
        name = f"{crl.issuer}/{crl.shard}" if crl.shard else crl.issuer
        until = crl.next_update.strftime("%Y-%m-%d %H:%MZ")
        yield Check(
            "crl",
            Health.OK,
            f"{name} 的 CRL 有效至 {until}",
            f"the CRL of {name} lasts until {until}",
        )


def _recognition(services: Services) -> Iterable[Check]:
    """Our own list and those of others: a list that ended or was rolled back is told before anybody misses it (I30)."""
    own = services.recognition.own.peek()
    if own is None:
        fix = ("运行 yinxin trust list --publish。", "Run yinxin trust list --publish.")
        yield Check("trust", Health.WARNING, "尚未发布信任清单", "no trust list was published yet", *fix)
    else:
        until = own.until.strftime("%Y-%m-%d %H:%MZ")
        zh, en = (
            f"信任清单第 {own.content.sequence} 号，有效至 {until}",
            f"our trust list lasts until {until}",
        )
        if services.clock() > own.until:
            fix = ("请保持 yinxin serve 运行并查看日志。", "Keep yinxin serve running and look at its log.")
            yield Check("trust", Health.BROKEN, f"{zh}（已过期）", f"{en}: it has expired", *fix)
        else:
            yield Check("trust", Health.OK, zh, en)
    for standing in services.recognition.standings():
        yield _foreign(standing)


def _foreign(standing: Standing) -> Check:
    found = standing.found
    until = f"{found.taken.next_update:%Y-%m-%d %H:%MZ}"
    zh, en = f"外部清单 {found.operator}", f"the foreign list of {found.operator}"
    fix_zh = f"与对方管理员联系，然后运行 yinxin federation refresh {found.id}。"
    fix_en = f"Talk to its administrator, then run yinxin federation refresh {found.id}."
    if standing.expired:
        told = (f"{zh} 已于 {until} 过期，不再采信", f"{en} expired on {until}: nothing is trusted by it")
        return Check("trust", Health.BROKEN, *told, fix_zh, fix_en)
    if standing.troubles:
        url, trouble = next((one for one in standing.troubles if one[1].attack), standing.troubles[0])
        health = Health.BROKEN if standing.alarming else Health.WARNING
        told = (f"{zh}：{trouble.zh}（{url}）", f"{en}: {trouble.en} ({url})")
        return Check("trust", health, *told, fix_zh, fix_en)
    if standing.ends_soon:
        return Check("trust", Health.WARNING, f"{zh} 将于 {until} 到期", f"{en} ends {until}", fix_zh, fix_en)
    told = (f"{zh} 第 {found.taken.sequence} 号，有效至 {until}", f"{en} lasts until {until}")
    return Check("trust", Health.OK, *told)
