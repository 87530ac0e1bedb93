"""What a broker needs of us: its configuration, who may use which topic, its certificate, and ours for the link.

Mosquitto names a client by the common name of its certificate (``use_identity_as_username``). The list of rights then
lets a stamp use topics of its own serial number alone; the service may use those of all. It is the first of two walls: the
desk believes no message that the stamp's own chip did not sign.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from api.stamps.client import INFLIGHT, TLS_PORT, Credentials
from api.stamps.errors import BrokerFolderTaken, SuiteHasNoTls
from api.stamps.link import LINK_FILES, LINK_NAME
from api.stamps.topics import MAX_PICTURE_BODY, PRODUCT
from ca.actor import Actor
from ca.certificate import CertificateRequest, SubjectName
from ca.profile import TLS_CLIENT, TLS_SERVER
from hsm.durable import write_whole
from hsm.suite import Suite

if TYPE_CHECKING:
    from api.services import Services

BROKER_NAME: Final = "broker"
ISSUER: Final = "issuing"
FILES: Final = ("mosquitto.conf", "acl", "ca.pem", "broker.pem", "broker.key")
"""What a broker's folder holds; a folder that has one of them is another broker's and is left alone."""
QUEUED: Final = 10_000
"""Messages that the broker keeps for a client that is away or slow; a stamp sends again what has no answer."""

_CONFIGURATION: Final = """\
# 印信：智能印章消息服务器 / Yinxin: the broker of smart stamps (mosquitto 2). Made by `yinxin stamp broker-config`.
per_listener_settings false
listener {port}{address}
protocol mqtt

# 双向 TLS：设备与服务均须出示本 CA 签发的证书 / both sides show certificates of our CA
cafile {folder}/ca.pem
certfile {folder}/broker.pem
keyfile {folder}/broker.key
tls_version tlsv1.2
require_certificate true
use_identity_as_username true
allow_anonymous false
acl_file {folder}/acl

# 背压与上限 / back-pressure and limits
max_inflight_messages {inflight}
max_queued_messages {queued}
max_packet_size {packet}
max_keepalive 120
set_tcp_nodelay true
persistent_client_expiration 7d
persistence {persistence}
{place}{user}log_dest stderr
log_type error
log_type warning
log_type notice
"""
_RIGHTS: Final = """\
# 服务连接 / the service's link
user {link}
topic read /sys/{product}/+/event/+/post
topic read /sys/{product}/+/service/+/invoke_reply
topic write /sys/{product}/+/event/+/post_reply
topic write /sys/{product}/+/service/+/invoke

# 设备只能使用自己序列号的主题（%u 是证书中的通用名）/ a stamp: topics of its own serial number alone
pattern write /sys/{product}/%u/event/+/post
pattern write /sys/{product}/%u/service/+/invoke_reply
pattern read /sys/{product}/%u/event/+/post_reply
pattern read /sys/{product}/%u/service/+/invoke
"""


@dataclass(frozen=True, slots=True)
class BrokerPlan:
    """Where the files go, at which addresses the broker is known, where it listens, whether it keeps sessions."""

    folder: Path
    hosts: tuple[str, ...]
    port: int = TLS_PORT
    bind: str = ""
    persistent: bool = True
    run_as: str = ""
    """Name of the user whom mosquitto becomes when root starts it; its own default otherwise."""


def write_broker(services: Services, plan: BrokerPlan, *, actor: Actor) -> tuple[Path, Credentials]:
    """Write ``mosquitto.conf``, ``acl``, ``ca.pem``, ``broker.pem``, ``broker.key``; and ours for the link in the home.

    Returns the configuration and the link's credentials. Certificates are issued anew each time. Raises
    :class:`BrokerFolderTaken` for a folder with any of these files, :class:`SuiteHasNoTls` in the national suite.
    """
    folder = plan.folder.absolute()
    if any((folder / name).exists() for name in FILES):
        raise BrokerFolderTaken(str(folder))
    authorities = authorities_pem(services)
    key, chain = tls_identity(services, BROKER_NAME, plan.hosts, actor=actor)
    configuration = folder / "mosquitto.conf"
    write_whole(folder / "ca.pem", authorities)
    write_whole(folder / "broker.pem", chain)
    write_whole(folder / "acl", _RIGHTS.format(link=LINK_NAME, product=PRODUCT).encode())
    write_whole(configuration, _configuration(plan, folder).encode())
    write_whole(folder / "broker.key", key)
    return configuration, link_credentials(services, actor=actor)


def link_credentials(services: Services, *, actor: Actor) -> Credentials:
    """Make the link's certificate and key in ``secrets/link`` of the home, or in the folder that the settings name."""
    folder = link_folder(services)
    key, chain = tls_identity(services, LINK_NAME, (), actor=actor)
    write_whole(folder / "ca.pem", authorities_pem(services))
    write_whole(folder / f"{LINK_FILES}.key", key)
    write_whole(folder / f"{LINK_FILES}.pem", chain)
    return Credentials.of(folder, LINK_FILES)


def link_folder(services: Services) -> Path:
    """Return where the link's credentials are kept."""
    return services.settings.mqtt_credentials or services.home.secrets / "link"


def tls_identity(services: Services, name: str, hosts: Sequence[str], *, actor: Actor) -> tuple[bytes, bytes]:
    """Make a P-256 key and certify it for TLS: for a server at ``hosts``, for a client without. Returns key, chain (PEM)."""
    if services.settings.suite is Suite.GM:
        raise SuiteHasNoTls
    key = ec.generate_private_key(ec.SECP256R1())
    issuing = services.authority.issuer(ISSUER).x509
    organization = issuing.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)[0].value
    profile = TLS_SERVER if hosts else TLS_CLIENT
    request = CertificateRequest(
        profile.id, SubjectName(name, str(organization)), key.public_key(), hosts=tuple(hosts)
    )
    made = services.authority.issue(request, request_key=f"tls:{name}:{uuid.uuid4().hex}", actor=actor)
    chain = made.certificate.public_bytes(Encoding.PEM) + issuing.public_bytes(Encoding.PEM)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), chain


def authorities_pem(services: Services) -> bytes:
    """Return the issuing CA and its root: a stamp shows its own certificate alone."""
    ders = services.authority.chain(ISSUER)
    return b"".join(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM) for der in ders)


def _configuration(plan: BrokerPlan, folder: Path) -> str:
    return _CONFIGURATION.format(
        port=plan.port,
        address=f" {plan.bind}" if plan.bind else "",
        folder=folder,
        inflight=INFLIGHT,
        queued=QUEUED,
        packet=MAX_PICTURE_BODY + 1024,
        persistence=str(plan.persistent).lower(),
        user=f"user {plan.run_as}\n" if plan.run_as else "",
        place=f"persistence_location {folder}/\n" if plan.persistent else "",
    )


def expires(credentials: Credentials) -> datetime:
    """Return when the certificate of ``credentials`` ends."""
    found = x509.load_pem_x509_certificate(credentials.certificate.read_bytes())
    return found.not_valid_after_utc.astimezone(UTC)
