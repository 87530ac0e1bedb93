"""An MQTT client over mutual TLS, as both ends need it: connect, reconnect, publish at least once, subscribe again."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from api.stamps.errors import BrokerError, BrokerUnreachable, LinkCredentialsMissing

LOG: Final = logging.getLogger("yinxin.mqtt")
QOS: Final = 1
"""At least once: what comes twice changes nothing."""
TLS_PORT: Final = 8883
KEEP_ALIVE: Final = 30
CONNECT_SECONDS: Final = 10.0
MAX_RECONNECT_SECONDS: Final = 30
INFLIGHT: Final = 64
"""Messages under way without acknowledgement, each way: what the broker may have given us and we have not committed.
Pictures apart a message has up to 1.6 MiB, so this bounds what a flood can make the link hold."""
QUEUED: Final = 10_000
"""Messages that wait here for a connection before publishing fails."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Files in PEM: authorities of the broker, our certificate with its chain, its key."""

    authorities: Path
    certificate: Path
    key: Path

    @classmethod
    def of(cls, folder: Path, name: str) -> Credentials:
        """Return ``ca.pem``, ``NAME.pem`` and ``NAME.key`` of a folder; :class:`LinkCredentialsMissing`."""
        found = cls(folder / "ca.pem", folder / f"{name}.pem", folder / f"{name}.key")
        if not all(path.is_file() for path in (found.authorities, found.certificate, found.key)):
            raise LinkCredentialsMissing(str(folder))
        return found

    def context(self) -> ssl.SSLContext:
        """Return a TLS context that proves who we are and demands the broker's proof."""
        try:
            made = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(self.authorities))
            made.load_cert_chain(str(self.certificate), str(self.key))
        except (OSError, ssl.SSLError) as wrong:
            raise BrokerError(f"{type(wrong).__name__} in {self.certificate.parent}") from wrong
        return made


@dataclass(frozen=True, slots=True)
class Address:
    """Where a broker listens."""

    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Address:
        """Read ``mqtts://host[:port]``; plain ``mqtt://`` is refused."""
        try:
            parts = urlsplit(url)
            port = parts.port or TLS_PORT
        except ValueError as wrong:
            raise BrokerError("mqtt_url") from wrong
        if parts.scheme != "mqtts" or not parts.hostname:
            raise BrokerError("mqtt_url is written mqtts://host:port")
        return cls(parts.hostname, port)

    def __str__(self) -> str:
        """Write it."""
        return f"{self.host}:{self.port}"


Handler = Callable[[str, bytes, Callable[[], None]], None]
"""Takes topic, body, and what acknowledges the message; called on the network thread."""


class MqttClient:
    """One connection. ``topics`` are subscribed to at every connect; a message is acknowledged by whoever handles it."""

    def __init__(
        self, name: str, credentials: Credentials, topics: tuple[str, ...], handler: Handler, *, lasting: bool
    ) -> None:
        self._topics = topics
        self._handler = handler
        self._ready = threading.Event()
        self._why = "no answer"
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=name,
            clean_session=not lasting,
            protocol=mqtt.MQTTv311,
            manual_ack=True,
        )
        self._client.tls_set_context(credentials.context())
        self._client.max_inflight_messages_set(INFLIGHT)
        self._client.max_queued_messages_set(QUEUED)
        self._client.reconnect_delay_set(1, MAX_RECONNECT_SECONDS)
        self._client.on_socket_open = _at_once
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected
        self._client.on_subscribe = self._subscribed
        self._client.on_message = self._message

    def start(self, where: Address, seconds: float = CONNECT_SECONDS) -> None:
        """Connect and subscribe; :class:`BrokerUnreachable` if that takes longer than ``seconds``."""
        try:
            self._client.connect(where.host, where.port, KEEP_ALIVE)
        except (OSError, ValueError) as wrong:
            raise BrokerUnreachable(str(where), type(wrong).__name__) from wrong
        self._client.loop_start()
        if not self._ready.wait(seconds):
            self.stop()
            raise BrokerUnreachable(str(where), self._why)

    def start_later(self, where: Address) -> None:
        """Connect in the background, and again and again until the broker is there."""
        self._client.connect_async(where.host, where.port, KEEP_ALIVE)
        self._client.loop_start()

    def stop(self) -> None:
        """Say goodbye and end."""
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def connected(self) -> bool:
        """Tell whether it is connected and subscribed now."""
        return self._ready.is_set()

    def publish(self, topic: str, body: bytes) -> mqtt.MQTTMessageInfo:
        """Queue a message; it goes out now or after the next connect. :class:`BrokerError` when the queue is full."""
        sent = self._client.publish(topic, body, qos=QOS)
        if sent.rc not in (mqtt.MQTT_ERR_SUCCESS, mqtt.MQTT_ERR_NO_CONN):
            raise BrokerError(mqtt.error_string(sent.rc))
        return sent

    def _connected(self, client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _more: Any) -> None:
        if reason.is_failure:
            self._why = str(reason)
            LOG.warning("the broker refuses: %s", reason)
        elif self._topics:
            client.subscribe([(topic, QOS) for topic in self._topics])
        else:
            self._ready.set()

    def _subscribed(self, _client: mqtt.Client, _data: Any, _mid: int, reasons: Any, _more: Any) -> None:
        if any(reason.is_failure for reason in reasons):
            self._why = "subscription refused"
            LOG.warning("the broker refuses a subscription")
        else:
            self._ready.set()

    def _disconnected(self, _client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _more: Any) -> None:
        self._ready.clear()
        self._why = str(reason)

    def _message(self, client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        mid, qos = message.mid, message.qos

        def acknowledge() -> None:
            client.ack(mid, qos)

        self._handler(message.topic, bytes(message.payload), acknowledge)


def _at_once(_client: mqtt.Client, _data: Any, opened: Any) -> None:
    """Send small packets at once: an acknowledgement held back waits 40 ms for the next one (RFC 1122 §4.2.3.4)."""
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
