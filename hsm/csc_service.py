"""Remote signing services of others, as a file names them, and their HTTP: one JSON question, one JSON answer.

.. code-block:: toml

    [service.acme]
    url = "https://sign.acme.example"   # what stands before /csc/v2
    version = "v2"                      # or "v1"
    token_file = "acme.token"           # the bearer token; only its owner may read the file
    ca_file = "acme-ca.pem"             # optional: the authority of the service's TLS certificate
    seconds = 30                        # optional: how long one answer may take
"""

from __future__ import annotations

import http.client
import json
import ssl
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from hsm.csc_errors import (
    RemoteAnswerInvalid,
    RemotePinRefused,
    RemoteServiceFailed,
    RemoteServiceRefused,
    RemoteServicesInvalid,
    RemoteServiceUnavailable,
    RemoteSignatureUncertain,
)
from hsm.key_uri import MAX_TOKEN_LABEL

MAX_ANSWER: Final = 1 << 20
"""Longest answer read, in octets: a hundred RSA-4096 signatures in base64 are 70 kB, a long chain 20."""
MAX_FILE: Final = 1 << 16
"""Longest file of settings or token read."""
DEFAULT_SECONDS: Final = 30.0
LONGEST_SECONDS: Final = 300.0
"""Implicit authorisation waits for a person's phone; five minutes are what other clients wait."""
LOCAL: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_MEMBERS: Final = frozenset({"url", "version", "token_file", "ca_file", "seconds"})


@dataclass(frozen=True, slots=True)
class CscService:
    """Where a service is and how it is asked."""

    name: str
    base: SplitResult
    version: str
    token: str = field(default="", repr=False)
    ca_file: Path | None = None
    seconds: float = DEFAULT_SECONDS

    def ask(self, method: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Ask a question that signs nothing; an answer that was lost is asked for once more.

        Raises :class:`RemoteServiceUnavailable`, :class:`RemoteServiceRefused`, :class:`RemotePinRefused` or
        :class:`RemoteAnswerInvalid`.
        """
        try:
            return self._post(method, body)
        except (OSError, http.client.HTTPException):
            pass
        try:
            return self._post(method, body)
        except (OSError, http.client.HTTPException) as lost:
            raise RemoteServiceUnavailable(f"{self.name}: {type(lost).__name__}") from lost

    def ask_once(self, method: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Ask a question that signs: never twice. A lost answer is :class:`RemoteSignatureUncertain`."""
        try:
            return self._post(method, body)
        except (OSError, http.client.HTTPException) as lost:
            raise RemoteSignatureUncertain(f"{self.name}: {type(lost).__name__}") from lost
        except RemoteServiceFailed as failed:
            raise RemoteSignatureUncertain(f"{self.name}: {failed.detail}") from failed

    def _post(self, method: str, body: Mapping[str, Any]) -> dict[str, Any]:
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Connection": "close"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        connection = self._connection()
        try:
            path = f"{self.base.path.rstrip('/')}/csc/{self.version}/{method}"
            connection.request("POST", path, json.dumps(body).encode(), headers)
            with connection.getresponse() as answer:
                octets = answer.read(MAX_ANSWER + 1)
        finally:
            connection.close()
        return _read(answer.status, octets)

    def _connection(self) -> http.client.HTTPConnection:
        host = self.base.hostname or ""
        if self.base.scheme == "http":
            return http.client.HTTPConnection(host, self.base.port, timeout=self.seconds)
        context = ssl.create_default_context(cafile=str(self.ca_file) if self.ca_file else None)
        return http.client.HTTPSConnection(host, self.base.port, timeout=self.seconds, context=context)


def read_services(path: Path) -> dict[str, CscService]:
    """Read the file that names the services; :class:`RemoteServicesInvalid` tells the line that is wrong."""
    try:
        found = tomllib.loads(_limited(path).decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise RemoteServicesInvalid(path.name, "不是 TOML 文件", "not a TOML file") from wrong
    services = found.get("service", {})
    if not isinstance(services, dict) or set(found) - {"service"}:
        raise RemoteServicesInvalid(
            path.name, "每个服务写作 [service.名称]", "services are written [service.NAME]"
        )
    return {name: _service(name, given, path) for name, given in services.items()}


def _service(name: str, given: object, path: Path) -> CscService:
    where = f"service.{name}"
    if not isinstance(given, dict) or set(given) - _MEMBERS or not 0 < len(name.encode()) <= MAX_TOKEN_LABEL:
        known = ", ".join(sorted(_MEMBERS))
        raise RemoteServicesInvalid(
            where, f"只可有 {known}，名称至多 32 字节", f"only {known}; a name of up to 32 octets"
        )
    seconds = given.get("seconds", DEFAULT_SECONDS)
    if not isinstance(seconds, int | float) or not 0 < seconds <= LONGEST_SECONDS:
        raise RemoteServicesInvalid(
            where, "seconds 应大于 0、不超过 300", "seconds is above 0 and at most 300"
        )
    version = given.get("version", "v2")
    if version not in ("v1", "v2"):
        raise RemoteServicesInvalid(where, "version 应为 v1 或 v2", "version is v1 or v2")
    ca_file = given.get("ca_file")
    return CscService(
        name,
        _base(where, given.get("url")),
        version,
        _token(where, path.parent, given.get("token_file")),
        None if ca_file is None else path.parent / str(ca_file),
        float(seconds),
    )


def _base(where: str, url: object) -> SplitResult:
    try:
        parts = urlsplit(str(url))
        secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL)
        named = bool((parts.hostname or "").encode("idna")) and parts.port != 0
    except ValueError:
        secure = named = False
    if not (secure and named) or parts.query or parts.fragment or parts.username is not None:
        raise RemoteServicesInvalid(
            where,
            "url 应为 https 地址（本机可用 http）",
            "url is an https address (http for this machine alone)",
        )
    return parts


def _token(where: str, folder: Path, name: object) -> str:
    if name is None:
        return ""
    path = folder / str(name)
    token = _limited(path).decode("ascii", "replace").strip()
    if not token or not token.isprintable() or not token.isascii() or " " in token:
        raise RemoteServicesInvalid(
            where, "token_file 中应为一行令牌", "token_file holds one line with the token"
        )
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise RemoteServicesInvalid(
            where,
            f"{path.name} 可被其他用户读取，请执行 chmod 600",
            f"{path.name} is open to others; chmod 600 it",
        )
    return token


def _limited(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_FILE)
    except OSError as wrong:
        raise RemoteServicesInvalid(path.name, "文件无法读取", "the file cannot be read") from wrong


def _read(status: int, octets: bytes) -> dict[str, Any]:
    if len(octets) > MAX_ANSWER:
        raise RemoteAnswerInvalid(f"longer than {MAX_ANSWER} octets")
    try:
        found = json.loads(octets)
    except (ValueError, RecursionError):
        found = None
    if status != 200:
        told = found if isinstance(found, dict) else {}
        code = str(told.get("error", f"HTTP {status}"))
        description = str(told.get("error_description", ""))
        if code in ("invalid_pin", "pin_locked"):
            raise RemotePinRefused(code)
        if status >= 500:
            raise RemoteServiceFailed(code, description)
        raise RemoteServiceRefused(code, description)
    if not isinstance(found, dict):
        raise RemoteAnswerInvalid("not a JSON object")
    return found
