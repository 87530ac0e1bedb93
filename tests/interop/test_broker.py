"""A real Mosquitto on the configuration that we ship: who is let in, and which topics each may use (mission §4, 1)."""

from __future__ import annotations

import queue
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from api.stamps.broker import BrokerPlan, write_broker
from api.stamps.client import Address, Credentials, MqttClient
from api.stamps.errors import (
    BrokerError,
    BrokerFolderTaken,
    BrokerUnreachable,
    LinkCredentialsMissing,
)
from api.stamps.link import LINK_NAME
from api.stamps.topics import event_topic, service_topic
from ca.actor import SYSTEM
from ca.certificate import CertificateRequest, SubjectName
from tests.broker_world import BrokerWorld, broker_world
from tests.pki import Pki, new_key

STAMP, OTHER = "YXS-0001", "YXS-0002"
Inbox = queue.Queue[tuple[str, bytes]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrokerWorld]:
    with broker_world(tmp_path_factory.mktemp("broker")) as made:
        yield made


class Client:
    """A client with an inbox, connected while the block lasts."""

    def __init__(self, world: BrokerWorld, name: str, credentials: Credentials, *topics: str) -> None:
        self.inbox: Inbox = queue.Queue()
        self.where = Address.of(world.broker.url)
        self.mqtt = MqttClient(name, credentials, topics, self._heard, lasting=False)

    def _heard(self, topic: str, body: bytes, acknowledge: Callable[[], None]) -> None:
        self.inbox.put((topic, body))
        acknowledge()

    def say(self, topic: str, body: bytes) -> None:
        self.mqtt.publish(topic, body).wait_for_publish(5)

    def __enter__(self) -> Self:
        self.mqtt.start(self.where, 2)
        return self

    def __exit__(self, *_failed: object) -> None:
        self.mqtt.stop()


def stamp(world: BrokerWorld, serial: str, *topics: str) -> Client:
    return Client(world, serial, world.credentials(serial), *topics)


def link(world: BrokerWorld) -> Client:
    return Client(
        world, "test-link", world.broker.link, "/sys/+/+/event/+/post", "/sys/+/+/service/+/invoke_reply"
    )


def test_a_stamp_speaks_on_its_own_topics_and_on_no_other(world: BrokerWorld) -> None:
    """What is said on a foreign topic reaches nobody; what comes after it on the own topic does."""
    with link(world) as service, stamp(world, STAMP) as device:
        device.say(event_topic(OTHER, "chain"), b"foreign")
        device.say(event_topic(STAMP, "chain", "post_reply"), b"a reply that only the service gives")
        device.say(service_topic(STAMP), b"an order that only the service gives")
        device.say("/sys/other-product/" + STAMP + "/event/chain/post", b"another product")
        device.say(event_topic(STAMP, "chain"), b"own")
        assert service.inbox.get(timeout=5) == (event_topic(STAMP, "chain"), b"own")
        assert service.inbox.empty()


def test_a_stamp_hears_its_own_topics_and_no_other(world: BrokerWorld) -> None:
    """It may subscribe to everything and is given what is meant for it."""
    with stamp(world, STAMP, "#") as device, link(world) as service:
        service.say(service_topic(OTHER), b"an order for another stamp")
        service.say(event_topic(OTHER, "chain", "post_reply"), b"a reply to another stamp")
        service.say(service_topic(STAMP), b"mine")
        assert device.inbox.get(timeout=5) == (service_topic(STAMP), b"mine")
        assert device.inbox.empty()


def test_no_certificate_no_connection(world: BrokerWorld) -> None:
    where = Address.of(world.broker.url)
    context = ssl.create_default_context(cafile=str(world.broker.link.authorities))
    with pytest.raises((ssl.SSLError, ConnectionError)):
        _greet(where, context)


def _greet(where: Address, context: ssl.SSLContext) -> None:
    """Say CONNECT and wait for the answer: in TLS 1.3 a client learns of the refusal at its first read."""
    with (
        socket.create_connection((where.host, where.port), 5) as plain,
        context.wrap_socket(plain, server_hostname=where.host) as secured,
    ):
        secured.sendall(b"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04nobd")
        if not secured.recv(4):
            raise ConnectionError


@pytest.mark.parametrize("whose", ["another authority", "a person"])
def test_a_certificate_of_another_kind_is_refused(world: BrokerWorld, tmp_path: Path, whose: str) -> None:
    """An authority of the same names with another key; a certificate of ours for signing documents."""
    made = world.credentials(STAMP)
    key = new_key()
    if whose == "a person":
        request = CertificateRequest("person-sign", SubjectName(LINK_NAME), key.public_key())
        der = world.services.authority.issue(request, request_key="p", actor=SYSTEM).der
    else:
        der = Pki(datetime.now(UTC)).make("tls-client", SubjectName(LINK_NAME, "TEST"), key=key).der
    certificate, private = tmp_path / "c.pem", tmp_path / "c.key"
    certificate.write_bytes(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    wrong = replace(made, certificate=certificate, key=private)
    with pytest.raises(BrokerUnreachable), Client(world, LINK_NAME, wrong):
        pass


def test_a_broker_of_another_name_is_not_believed(world: BrokerWorld) -> None:
    """The certificate is for the addresses it was made for; a relay at another one is refused by the client."""
    port = Address.of(world.broker.url).port
    client = Client(world, STAMP, world.credentials(STAMP))
    client.where = Address("127.0.0.2", port)
    with pytest.raises(BrokerUnreachable), client:
        pass


@pytest.mark.parametrize(
    "url", ["mqtt://broker", "mqtts://", "https://broker", "mqtts://broker:0x1", "broker:8883"]
)
def test_an_address_without_tls_is_refused(url: str) -> None:
    with pytest.raises(BrokerError):
        Address.of(url)


def test_the_files_of_a_broker(world: BrokerWorld, tmp_path: Path) -> None:
    """Keys are the owner's alone; a second run does not overwrite; the link's files are found or said to be missing."""
    folder = tmp_path / "out"
    configuration, credentials = write_broker(
        world.services, BrokerPlan(folder, ("broker.example.test", "192.0.2.9")), actor=SYSTEM
    )
    text = configuration.read_text()
    for line in ("require_certificate true", "use_identity_as_username true", "allow_anonymous false"):
        assert line in text
    assert {path.name for path in folder.iterdir()} == {
        "mosquitto.conf",
        "acl",
        "ca.pem",
        "broker.pem",
        "broker.key",
    }
    assert (folder / "broker.key").stat().st_mode & 0o077 == 0
    assert credentials.key.stat().st_mode & 0o077 == 0
    with pytest.raises(BrokerFolderTaken):
        write_broker(world.services, BrokerPlan(folder, ("x.test",)), actor=SYSTEM)
    with pytest.raises(LinkCredentialsMissing):
        Credentials.of(tmp_path / "nowhere", "link")
    for name in ("mosquitto.conf", "acl"):
        theirs = tmp_path / f"with-{name}"
        theirs.mkdir()
        (theirs / name).write_text("# another broker's\n")
        with pytest.raises(BrokerFolderTaken):
            write_broker(world.services, BrokerPlan(theirs, ("x.test",)), actor=SYSTEM)
        assert [path.name for path in theirs.iterdir()] == [name]
