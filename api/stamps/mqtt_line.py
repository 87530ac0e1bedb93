"""The stamp's end of the broker (:class:`seals.devices.simulator.line.Line`): post and wait for the reply of the same id."""

from __future__ import annotations

import base64
import threading
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

from api.stamps.client import Address, Credentials, MqttClient
from api.stamps.door import OK
from api.stamps.errors import BrokerError, BrokerUnreachable
from api.stamps.topics import (
    MAX_PICTURE_BODY,
    ORDER,
    Event,
    Message,
    event_topic,
    parse_topic,
    read_message,
    service_topic,
    write_message,
)
from seals.devices.errors import MessageInvalid
from seals.devices.simulator.errors import LineDown, LineRefused
from seals.devices.simulator.firmware import Stamp

REPLY_SECONDS: Final = 15.0
"""How long a stamp waits for a reply: it sends the same again later, and nothing is lost."""
MAX_PUSHED: Final = 200
"""Orders pushed and not looked at yet; beyond that the oldest is forgotten, and asked for again."""


class MqttLine:
    """One stamp's connection; usable by one thread."""

    def __init__(self, stamp: Stamp, credentials: Credentials, url: str) -> None:
        serial = self._serial = stamp.serial
        self._clock = stamp.body.now
        self._where = Address.of(url)
        topics = (
            *(event_topic(serial, event.value, "post_reply") for event in Event),
            service_topic(serial),
        )
        self._client = MqttClient(serial, credentials, topics, self._heard, lasting=False)
        self._changed = threading.Condition()
        self._replies: dict[str, Message | None] = {}
        self._pushed: deque[str] = deque(maxlen=MAX_PUSHED)

    def open(self) -> None:
        """Connect; :class:`LineDown` without a broker."""
        try:
            self._client.start(self._where)
        except BrokerUnreachable as down:
            raise LineDown(down.detail) from down

    def close(self) -> None:
        """Hang up."""
        self._client.stop()

    def events(self, texts: Sequence[str], nonce: str) -> str:
        """Hand over events; return the service's signed answer."""
        return str(self._ask(Event.CHAIN, {"events": list(texts), "nonce": nonce}).get("answer", ""))

    def commands(self) -> Sequence[str]:
        """Fetch the orders that wait: those pushed meanwhile and those that the service names."""
        named = self._ask(Event.ORDERS, {}).get("orders", [])
        with self._changed:
            pushed = tuple(self._pushed)
            self._pushed.clear()
        told = [str(jws) for jws in named] if isinstance(named, list) else []
        return (*pushed, *(jws for jws in told if jws not in pushed))

    def picture(self, digest: str, data: bytes) -> None:
        """Hand over a picture that was announced."""
        self._ask(Event.PICTURE, {"digest": digest, "data": base64.b64encode(data).decode()})

    def time(self, nonce: str) -> str:
        """Ask the time; return the service's signed answer."""
        return str(self._ask(Event.TIME, {"nonce": nonce}).get("answer", ""))

    def _ask(self, event: Event, params: dict[str, Any]) -> dict[str, Any]:
        name = uuid.uuid4().hex
        body = write_message(Message(name, int(self._clock().timestamp() * 1000), params))
        with self._changed:
            self._replies[name] = None
        try:
            self._client.publish(event_topic(self._serial, event.value), body)
            reply = self._reply(name)
        except BrokerError as down:
            raise LineDown(down.detail) from down
        finally:
            with self._changed:
                self._replies.pop(name, None)
        if reply.code != OK:
            said = reply.params
            raise LineRefused(str(said.get("type")), str(said.get("zh")), str(said.get("en")))
        return reply.params

    def _reply(self, name: str) -> Message:
        with self._changed:
            self._changed.wait_for(lambda: self._replies[name] is not None, REPLY_SECONDS)
            found = self._replies[name]
        if found is None:
            raise LineDown("no reply")
        return found

    def _heard(self, topic: str, body: bytes, acknowledge: Callable[[], None]) -> None:
        try:
            where, message = parse_topic(topic), read_message(body, MAX_PICTURE_BODY)
            with self._changed:
                if where.kind == "service" and where.name == ORDER:
                    self._pushed.append(str(message.params.get("order", "")))
                elif message.id in self._replies:
                    self._replies[message.id] = message
                self._changed.notify_all()
        except MessageInvalid:
            pass  # not for a stamp: the orders themselves are signed and judged one by one
        acknowledge()
