"""Numbers for Prometheus: requests by route, method and status, and their duration in seconds."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BUCKETS: Final = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds: an OCSP answer takes a few milliseconds, a seal on a 500-page file some seconds."""


class Metrics:
    """One registry per application, so that two in one process do not meet."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self._requests = Counter("yinxin_requests", "HTTP requests answered.", labels, registry=self.registry)
        self._seconds = Histogram(
            "yinxin_request_seconds",
            "Duration of HTTP requests in seconds.",
            ("route",),
            buckets=BUCKETS,
            registry=self.registry,
        )

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def counted(self, method: str, route: str, status: int) -> Callable[[float], None]:
        """Return what counts one answered request of this kind, given its seconds; its labels are looked up once."""
        requests = self._requests.labels(method, route, str(status))
        seconds = self._seconds.labels(route)

        def observe(took: float) -> None:
            requests.inc()
            seconds.observe(took)

        return observe

    def watch(self, name: str, what: str, read: Callable[[], float]) -> None:
        """Show a number that is read each time the metrics are; one that cannot be read is not a number."""

        def shown() -> float:
            try:
                return read()
            except Exception:  # noqa: BLE001 - the metrics must be readable above all when something else is not
                return math.nan

        Gauge(name, what, registry=self.registry).set_function(shown)

    def text(self) -> bytes:
        """Return the exposition format, version 0.0.4."""
        return generate_latest(self.registry)


class Measured:
    """ASGI middleware that counts; the label is the route's template, never a caller's path."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, begun = [500], time.perf_counter()

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                status[0] = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            self._metrics.observe(scope["method"], route, status[0], time.perf_counter() - begun)
