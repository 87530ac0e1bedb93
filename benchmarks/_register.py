"""Fills the certificate table as years of service would: rows of the real table, of real size, without their signatures.

One certificate is issued for real; every row is that certificate with its own serial number, name, code and dates. Only
what a search, an OCSP answer or a revocation list reads differs from row to row, so a million takes minutes.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from ca.status.revocation_list import encode_entry
from ca.status.shards import MAX_SHARD_CAPACITY
from ca.store import certificate, crl_shard, search_words

CITIES = [
    "北京",
    "上海",
    "广州",
    "深圳",
    "杭州",
    "南京",
    "苏州",
    "成都",
    "重庆",
    "武汉",
    "西安",
    "天津",
    "长沙",
    "郑州",
    "青岛",
    "宁波",
    "合肥",
    "福州",
    "厦门",
    "济南",
    "昆明",
    "沈阳",
    "大连",
    "哈尔滨",
]
TRADES = [
    "科技",
    "贸易",
    "建筑工程",
    "信息技术",
    "文化传媒",
    "物流",
    "餐饮管理",
    "医疗器械",
    "电子商务",
    "装饰设计",
    "农业发展",
    "教育咨询",
    "机械制造",
    "环保科技",
]
FORMS = ["有限公司", "股份有限公司", "有限责任公司", "分公司"]
BRAND = "华中天盛鑫源瑞祥泰和安康达兴隆恒远宏图博雅明德信诚嘉禾金玉龙凤海川江山云峰星辰日月光辉春秋文武仁义礼智勇毅坚强富贵荣昌永久"
REVOKED_SHARE = 0.03
"""One certificate in thirty is revoked before its end."""
YEARS = 4
"""How long the installation has been issuing."""
CERTIFICATES_EACH = 3
"""Certificates of one enterprise on average: renewals, further seals."""
COLUMNS = tuple(column.name for column in certificate.c if column.name != "id")


@dataclass(frozen=True, slots=True)
class Sample:
    """What the table holds, for questions that have answers."""

    names: tuple[str, ...]
    codes: tuple[str, ...]
    serials: tuple[int, ...]


def fill(
    engine: sa.Engine, template_serial: int, count: int, now: datetime, *, sharded: bool = True
) -> Sample:
    """Add ``count`` rows like the certificate ``template_serial``; return some of what was written."""
    with engine.connect() as conn:
        found = conn.execute(sa.select(certificate).where(certificate.c.serial == template_serial))
        template = dict(found.mappings().one())
    kept: list[dict[str, Any]] = []
    rows = _rows(template, count, now, kept, sharded=sharded)
    if engine.dialect.name == "postgresql":
        _copy(engine, rows)
    else:
        with engine.begin() as conn:
            while some := list(itertools.islice(rows, 2000)):
                conn.execute(certificate.insert(), some)
    _count_shards(engine, template["issuer"])
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as conn:
        conn.execute(sa.text("ANALYZE" if engine.dialect.name == "sqlite" else "VACUUM ANALYZE"))
    return Sample(
        tuple(one["name"] for one in kept),
        tuple(one["uscc"] for one in kept),
        tuple(one["serial"] for one in kept),
    )


def _rows(
    template: dict[str, Any], count: int, now: datetime, kept: list[dict[str, Any]], *, sharded: bool
) -> Iterator[dict[str, Any]]:
    chance = random.Random(20261122)
    old = template["serial"].to_bytes(19, "big")
    every = timedelta(days=365 * YEARS) / max(count, 1)
    changes: dict[int, int] = {}
    for number in range(count):
        enterprise = chance.randrange(max(count // CERTIFICATES_EACH, 1))
        serial = (template["serial"] >> 136 << 136) | chance.getrandbits(136)
        octets = serial.to_bytes(19, "big")
        begin = now - timedelta(days=365 * YEARS) + number * every
        row = template | {
            "serial": serial,
            "request_key": f"bench:{number}",
            "request_digest": f"{chance.getrandbits(256):064x}",
            "name": name_of(enterprise),
            "uscc": f"91{enterprise:015d}X",
            "spki_sha256": f"{chance.getrandbits(256):064x}",
            "not_before": begin,
            "not_after": begin + timedelta(days=365 * chance.randint(1, 5)),
            "reserved_at": begin,
            "shard": number // MAX_SHARD_CAPACITY + 1 if sharded else 0,
            "status": "issued",
            **{column: template[column].replace(old, octets) for column in ("unsigned", "tbs", "der")},
        }
        row["name_words"] = row["name"]
        del row["id"]
        if chance.random() < REVOKED_SHARE:
            at = begin + timedelta(days=30)
            changes[row["shard"]] = changes.get(row["shard"], 0) + 1
            row |= {"status": "revoked", "revoked_at": at, "reason": "superseded", "revoked_by": "bench"}
            row |= {"crl_entry": encode_entry(serial, at, "superseded"), "crl_change": changes[row["shard"]]}
        if number % max(count // 500, 1) == 0:
            kept.append(row)
        yield row


def name_of(enterprise: int) -> str:
    """Return the name of the n-th enterprise: town, two or three characters of its own, trade, form."""
    chance = random.Random(enterprise)
    own = "".join(chance.choices(BRAND, k=chance.choice((2, 2, 3))))
    return chance.choice(CITIES) + own + chance.choice(TRADES) + chance.choice(FORMS)


def _copy(engine: sa.Engine, rows: Iterator[dict[str, Any]]) -> None:
    """Load by COPY; the index of words is made afterwards, as an operator who takes over a register would."""
    words = next(index for index in certificate.indexes if index.name == "ix_certificate_name_words")
    with engine.begin() as conn:
        words.drop(conn)
        driver: Any = conn.connection.driver_connection
        with (
            driver.cursor() as cursor,
            cursor.copy(f"COPY certificate ({', '.join(COLUMNS)}) FROM STDIN") as copy,
        ):
            for row in rows:
                row["serial"] = f"{row['serial']:040x}"
                row["name_words"] = search_words(row["name_words"])
                copy.write_row([row[name] for name in COLUMNS])
                row["serial"] = int(row["serial"], 16)
        words.create(conn)


def _count_shards(engine: sa.Engine, issuer: str) -> None:
    c = certificate.c
    counted = sa.select(c.shard, sa.func.count(), sa.func.max(c.crl_change)).where(c.issuer == issuer)
    with engine.begin() as conn:
        conn.execute(crl_shard.delete().where(crl_shard.c.issuer == issuer))
        for shard, certificates, changes in conn.execute(counted.group_by(c.shard)).all():
            conn.execute(
                crl_shard.insert().values(
                    issuer=issuer,
                    shard=shard,
                    capacity=MAX_SHARD_CAPACITY if shard else 0,
                    assigned=certificates if shard else 0,
                    changes=changes,
                )
            )
