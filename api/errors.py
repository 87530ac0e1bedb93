"""What can be wrong at the edge: settings, callers, uploads, the home folder.

Every error carries a Chinese and an English sentence that says what to do; neither ever holds a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hsm.spoken import SpokenError


class ApiError(SpokenError):
    """A request or command cannot be served as asked."""

    zh = "请求无法处理。"
    en = "The request cannot be served."


class SettingsInvalid(ApiError):
    """A setting is missing, malformed or weak. ``faults`` are (setting, what is wrong) pairs, without values."""

    def __init__(self, faults: tuple[tuple[str, str], ...]) -> None:
        listing = "; ".join(f"{name}: {why}" for name, why in faults)
        super().__init__(listing)
        self.faults = faults
        self.zh = f"设置有误，请改正后重新启动：{listing}"
        self.en = f"A setting is wrong; correct it and start again: {listing}"


class HomeNotReady(ApiError):
    """The home folder holds no installation yet."""

    def __init__(self, home: Path) -> None:
        super().__init__(str(home))
        self.zh = f"{home} 还没有初始化，请先运行 yinxin demo 或 yinxin ca ceremony。"
        self.en = f"{home} is not set up yet; run 'yinxin demo' or 'yinxin ca ceremony' first."


class HomeUnsafe(ApiError):
    """A secret in the home folder can be read by others."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.zh = f"{path} 可被其他用户读取，请执行 chmod 600 后重试。"
        self.en = f"{path} can be read by other users; run chmod 600 on it and try again."


class HomeOccupied(ApiError):
    """A ceremony was held here already."""

    def __init__(self, home: Path) -> None:
        super().__init__(str(home))
        self.zh = f"{home} 中已有密钥仪式的结果，不会覆盖；请换一个空文件夹。"
        self.en = f"{home} already holds the result of a key ceremony and is not overwritten; choose an empty folder."


class SuiteFixed(ApiError):
    """A home is asked to work in another suite than the one that its keys are in."""

    def __init__(self, home: Path, suite: str) -> None:
        super().__init__(f"{home}: {suite}")
        self.zh = f"{home} 使用的算法套件是 {suite}，不能更改；请用 --home 换一个空文件夹。"
        self.en = (
            f"{home} works in the suite {suite}, which does not change; choose an empty folder with --home."
        )


class SchemaOutdated(ApiError):
    """The database's tables are not those of this release."""

    zh = "数据库结构与本版本不一致，请运行 yinxin migrate。"
    en = "The database is not at this release's schema; run 'yinxin migrate'."


class FileUnreadable(ApiError):
    """A file named on the command line cannot be read."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.zh = f"无法读取 {path}，请检查路径与权限。"
        self.en = f"{path} cannot be read; check the path and its permissions."


class InputInvalid(ApiError):
    """A value given by the caller does not have its form; ``detail`` says which one and what form it has."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


class ReconciliationIncomplete(ApiError):
    """Parts of the reconciliation failed; all others were done. ``counts`` says how many of each."""

    def __init__(self, failed: Mapping[str, Exception], counts: Mapping[str, int]) -> None:
        super().__init__(", ".join(failed))
        self.parts = tuple(failed)
        self.counts = counts
        said = {name: error for name, error in failed.items() if isinstance(error, SpokenError)}
        zh = "、".join(f"{name}（{said[name].zh}）" if name in said else name for name in failed)
        en = ", ".join(f"{name} ({said[name].en})" if name in said else name for name in failed)
        self.zh = f"以下部分未能完成，其余均已办理：{zh}。原因见日志，排除后再执行 yinxin reconcile。"
        self.en = f"These parts failed, all others were done: {en}. The log says why; see to it and run 'yinxin reconcile' again."


class NotAuthenticated(ApiError):
    """No API key or session, or one that is wrong, expired or revoked."""

    zh = "请提供有效的 API 密钥（Authorization: Bearer …），或先登录。"
    en = "Give a valid API key (Authorization: Bearer …), or log in first."


class ScopeMissing(ApiError):
    """The caller's key does not carry the scope that the route asks for."""

    def __init__(self, scope: str) -> None:
        super().__init__(scope)
        self.scope = scope
        self.zh = f"此 API 密钥没有权限“{scope}”，请向管理员申请。"
        self.en = f"This API key lacks the scope '{scope}'; ask an administrator for it."


class ForeignEnterprise(ApiError):
    """The caller acts for another enterprise than the one whose record is asked for."""

    zh = "只能办理本企业的业务。"
    en = "A caller may act for their own enterprise only."


class CsrfFailed(ApiError):
    """A state change came with a session cookie but without its token, or from another site."""

    zh = "页面已过期或请求来自其他网站，请刷新页面后重试。"
    en = "The page is out of date or the request comes from another site; reload the page and try again."


class ScopesConflict(ApiError):
    """One key would hold powers that must stay apart (administrator, operator, auditor)."""

    zh = "管理、业务、审计三类权限不得由同一密钥持有，请分别创建。"
    en = "Administrator, operator and auditor scopes never share one key; make a key for each."


class ApiKeyNotFound(ApiError):
    """No API key has this prefix."""

    zh = "没有这个 API 密钥，请用 yinxin key list 查看。"
    en = "There is no such API key; see 'yinxin key list'."


class UploadTooLarge(ApiError):
    """The request is larger than this installation takes; ``limit`` in octets."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"limit {limit} octets")
        self.limit = limit
        size = f"{limit / 2**20:g} MiB"
        self.zh = (
            f"上传内容超过上限 {size}（{limit} 字节），请缩小文件，或由管理员调整 YINXIN_MAX_UPLOAD_BYTES。"
        )
        self.en = (
            f"The upload exceeds the limit of {size} ({limit} bytes); send a smaller file, "
            "or let an administrator raise YINXIN_MAX_UPLOAD_BYTES."
        )


class IdempotencyKeyInvalid(ApiError):
    """The Idempotency-Key is missing, too short, too long or not printable."""

    zh = "请在请求头 Idempotency-Key 中给出 1 至 128 个可见字符，重试时保持不变。"
    en = "Give an Idempotency-Key header of 1 to 128 visible characters and keep it when retrying."


class TooManyRequests(ApiError):
    """A client without a key asks more often than the public routes answer; ``retry_after`` in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"retry after {retry_after} s")
        self.retry_after = retry_after
        self.zh = f"查询过于频繁，请 {retry_after} 秒后再试。"
        self.en = f"Too many requests; try again in {retry_after} seconds."


class ServiceUnreachable(ApiError):
    """Another service that a command asks does not answer as it should."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.zh = f"{url} 没有给出可读的答复，请检查地址与网络。"
        self.en = f"{url} gave no readable answer; check the address and the network."


class ServiceBusy(ApiError):
    """Too many uploads wait to be worked on."""

    zh = "正在处理的文件太多，请一分钟后再试。"
    en = "Too many files are being worked on; try again in a minute."


class NotFound(ApiError):
    """Nothing is known under this name."""

    zh = "没有找到所请求的内容，请检查编号。"
    en = "Nothing is known under this name; check the number."


class DirectIssuanceOff(ApiError):
    """A certificate was asked for past the enrolment desk."""

    zh = "本系统的证书须经两人审核签发：请用 yinxin ra request 提出申请；确需直接签发时由管理员设置 direct_issuance。"
    en = (
        "Certificates here are approved by two people: ask with 'yinxin ra request', or let the administrator set "
        "direct_issuance."
    )


class OcspAnswerRefused(ApiError):
    """An OCSP answer is not kept."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = f"未保存该应答：{zh}。"
        self.en = f"The OCSP answer is not kept: {en}."
