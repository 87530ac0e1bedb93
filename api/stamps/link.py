"""The service's end of the broker: what stamps post goes to the desk and is answered, signed orders go out.

A message is acknowledged after the desk has committed and the reply is queued, so the broker holds back what we have not
taken in (``max_inflight_messages``); what a crash leaves unacknowledged comes again and changes nothing. The messages of one
stamp are served one after the other, those of different stamps by :data:`WORKERS` threads. Orders are pushed when they are
signed and again every :data:`PUSH_AGAIN` until the stamp has taken them; a stamp that connects asks for them itself.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
import uuid
from collections.abc import Callable
from typing import Final

from api.stamps.client import Address, Credentials, MqttClient
from api.stamps.door import OK, post
from api.stamps.topics import (
    MAX_BODY,
    MAX_PICTURE_BODY,
    PRODUCT,
    Event,
    Message,
    Topic,
    event_topic,
    parse_topic,
    read_message,
    service_topic,
    write_message,
)
from ca.actor import Actor
from ca.clock import Clock
from seals.devices.desk import StampDesk
from seals.devices.errors import MessageInvalid

LOG: Final = logging.getLogger("yinxin.link")
LINK_NAME: Final = "yinxin-link"
"""The name in the link's certificate and in the broker's list of rights; no stamp can be called so (small letters)."""
LINK_FILES: Final = "link"
"""How the files of its certificate and key are called."""
WORKERS: Final = 4
"""Threads that serve: the desk's time is the database's, and one stamp never waits behind another's picture for long."""
WAITING: Final = 256
"""Messages waiting for each: more than a broker with our configuration ever sends without acknowledgement."""
PUSH_SECONDS: Final = 1.0
PUSH_AGAIN: Final = 20.0
"""Seconds until an order that was not taken is pushed again: a stamp needs about two for a print."""
_ACTOR: Final = Actor("system:stamp-link", "印章连接 / stamp link")
_TOPICS: Final = (
    f"/sys/{PRODUCT}/+/event/+/post",
    f"/sys/{PRODUCT}/+/service/+/invoke_reply",
)
Item = tuple[Topic, bytes, Callable[[], None]]


class StampLink:
    """Runs between :meth:`start` and :meth:`stop`."""

    def __init__(self, desk: StampDesk, clock: Clock, credentials: Credentials, url: str) -> None:
        self._desk = desk
        self._clock = clock
        self._where = Address.of(url)
        self._client = MqttClient(LINK_NAME, credentials, _TOPICS, self._take, lasting=True)
        self._queues: list[queue.Queue[Item | None]] = [queue.Queue(WAITING) for _ in range(WORKERS)]
        self._stop = threading.Event()
        self._pushed: dict[str, float] = {}
        self._threads = [
            *(threading.Thread(target=self._serve, args=(one,), daemon=True) for one in self._queues),
            threading.Thread(target=self._push, daemon=True),
        ]

    def start(self, *, wait: bool) -> None:
        """Begin; with ``wait`` raise :class:`api.stamps.errors.BrokerUnreachable` unless the broker is there."""
        for thread in self._threads:
            thread.start()
        if wait:
            self._client.start(self._where)
        else:
            self._client.start_later(self._where)

    def stop(self) -> None:
        """End after the messages that are being served."""
        self._stop.set()
        self._client.stop()
        for one in self._queues:
            one.put(None)
        for thread in self._threads:
            thread.join()

    @property
    def connected(self) -> bool:
        """Tell whether the broker is there now."""
        return self._client.connected

    def _take(self, topic: str, body: bytes, acknowledge: Callable[[], None]) -> None:
        """Queue a message for the thread of its stamp; what is none of ours is let go."""
        try:
            found = parse_topic(topic)
        except MessageInvalid:
            LOG.warning("a message on a topic of no stamp")
            acknowledge()
            return
        try:
            self._queues[hash(found.serial) % WORKERS].put_nowait((found, body, acknowledge))
        except queue.Full:  # not acknowledged: the broker sends it again, or the stamp does
            LOG.warning("stamp %s: too many messages at once", found.serial)

    def _serve(self, items: queue.Queue[Item | None]) -> None:
        while (item := items.get()) is not None:
            topic, body, acknowledge = item
            try:
                if topic.kind == "event":
                    self._answer(topic, body)
            except Exception:  # the stamp sends it again
                LOG.exception("stamp %s: message not served", topic.serial)
            acknowledge()

    def _answer(self, topic: Topic, body: bytes) -> None:
        name = uuid.uuid4().hex
        try:
            limit = MAX_PICTURE_BODY if topic.name == Event.PICTURE else MAX_BODY
            asked = read_message(body, limit)
            name = asked.id
            code, data = post(self._desk, topic.serial, topic.name, asked.params)
        except MessageInvalid as wrong:
            code, data = 400, {"type": "stamp-message-invalid", "zh": wrong.zh, "en": wrong.en}
        if code >= 500:
            LOG.error("stamp %s: %s", topic.serial, data.get("en"))
        reply = write_message(Message(name, self._now(), data, code or OK))
        self._client.publish(event_topic(topic.serial, topic.name, "post_reply"), reply)

    def _push(self) -> None:
        while not self._stop.wait(PUSH_SECONDS):
            try:
                if self.connected:
                    self.push_once()
            except Exception:  # the next round tries again
                LOG.exception("orders not pushed")

    def push_once(self) -> int:
        """Sign what is queued and push what waits; return how many orders went out."""
        self._desk.dispatch(actor=_ACTOR)
        now, sent, still = time.monotonic(), 0, {}
        for serial in self._desk.waiting():
            for order in self._desk.pending(serial):
                before = self._pushed.get(order.id)
                if before is None or now - before >= PUSH_AGAIN:
                    message = Message(order.id, self._now(), {"order": order.jws})
                    self._client.publish(service_topic(serial), write_message(message))
                    before, sent = now, sent + 1
                still[order.id] = before
        self._pushed = still
        return sent

    def _now(self) -> int:
        return int(self._clock().timestamp() * 1000)
