"""``yinxin seal lookup``: ask about a seal, here or at another service, and check the signed answer."""

from __future__ import annotations

import urllib.parse
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from api.cli.console import HomeOption, JsonOption, installation, leave, moment, out, print_json, say, table
from api.errors import InputInvalid, ServiceUnreachable
from api.routes.pki import JOSE
from api.settings import load_settings
from ca.clock import system_clock
from seals.jws import MAX_STATEMENT_SIZE
from seals.lookup.answer import SealLookup, lookup_payload
from seals.lookup.errors import CodeMalformed
from seals.seal import is_electronic_code, is_physical_code
from verify.folder import load_trust
from verify.lookup import Asked, LookupJudged, judge_lookup
from verify.verdict import EXIT_STATUS

PATIENCE: Final = 20.0
"""Seconds that another service may take to answer."""


def lookup(
    code: Annotated[str, typer.Argument(help="13 位实物或 14 位电子印章编码 / code of the seal")],
    *,
    url: Annotated[str, typer.Option(help="向此服务查询；不给则查本系统 / ask this service")] = "",
    at: Annotated[str, typer.Option(help="查询此时的状态 / as of this past moment")] = "",
    trust: Annotated[Path | None, typer.Option(help="信任文件夹 / folder of anchors")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """公开查询印章并核对签名：0 可信，1 不可信，2 无法判定 / look a seal up and check the answer."""
    if not (is_physical_code(code) or is_electronic_code(code)):
        raise CodeMalformed
    asked = Asked(code, moment(at) if at else None)
    jws = _fetched(url, asked) if url else _answered(home, asked)
    store = load_trust(trust or load_settings(home).home / "trust")
    judged = judge_lookup(jws, asked, store, now=system_clock())
    if as_json:
        print_json(_json(judged, jws))
    else:
        _show(judged)
    leave(EXIT_STATUS[judged.verdict])


def _answered(home: Path | None, asked: Asked) -> str:
    with installation(home) as services:
        services.evidence.publish()
        return services.lookups.ask(asked.code, asked.at).jws


def _fetched(url: str, asked: Asked) -> str:
    """Fetch the bare answer; :class:`ServiceUnreachable` for anything but one."""
    if not url.startswith(("http://", "https://")):
        raise InputInvalid("--url 应以 http:// 或 https:// 开头。", "--url begins with http:// or https://.")
    query = "" if asked.at is None else "?" + urllib.parse.urlencode({"at": asked.at.isoformat()})
    address = f"{url.rstrip('/')}/api/v1/public/seals/{urllib.parse.quote(asked.code, safe='')}{query}"
    request = urllib.request.Request(address, headers={"Accept": JOSE})  # noqa: S310 - http(s) only, as checked
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
            octets: bytes = answer.read(MAX_STATEMENT_SIZE + 1)
            return octets.decode("ascii")
    except (OSError, ValueError) as wrong:
        raise ServiceUnreachable(url) from wrong


def _json(judged: LookupJudged, jws: str) -> dict[str, object]:
    return {
        "verdict": judged.verdict.value,
        "reason": {"zh": judged.reason.zh, "en": judged.reason.en},
        "maker": judged.maker,
        "answer": None if judged.lookup is None else lookup_payload(judged.lookup),
        "jws": jws,
    }


def _show(judged: LookupJudged) -> None:
    word = judged.verdict
    say(f"答复{word.zh}：{judged.reason.zh}", f"The answer is {word.en}: {judged.reason.en}")
    if judged.lookup is None:
        return
    listing = table("项目 / item", "内容 / value")
    for heading, value in _lines(judged.lookup, judged.maker):
        listing.add_row(heading, value)
    out().print(listing)


def _lines(found: SealLookup, maker: str) -> list[tuple[str, str]]:
    """Return what there is to say, line by line."""
    lines = [
        ("查询编码 / asked", found.asked),
        ("状态 / state", f"{found.status_zh} / {found.status}"),
        ("截至 / as of", _when(found.as_of)),
    ]
    if found.kind is not None:
        lines += [
            ("自 / since", _when(found.since)),
            ("电子编码 / electronic", found.code or ""),
            ("实物编码 / physical", found.physical_code or ""),
            ("种类 / kind", f"{found.kind.zh} / {found.kind.en}"),
            ("所有者 / owner", f"{found.owner_name}（{found.owner_uscc}）"),
            ("有效期 / validity", f"{_when(found.valid_from)} – {_when(found.valid_to)}"),
        ]
    lines += [("前一枚 / replaced", found.predecessor)] if found.predecessor else []
    lines += [("后一枚 / replaced by", found.successor)] if found.successor else []
    return [*lines, ("制章者 / maker", maker)]


def _when(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M:%SZ}"
