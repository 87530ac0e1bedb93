"""Settings: one frozen object read at start from the environment (``YINXIN_…``) and the home folder's ``yinxin.toml``.

Rooms receive values, never :class:`Settings`. Each field is documented in ``docs/settings.md``; a test holds the two
together.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.access.rate_limit import read_networks, read_rate
from api.errors import SettingsInvalid
from api.tokens.device_libraries import DeviceLibraries
from hsm.key_policy import KeyPolicy
from hsm.suite import Suite
from seals.code_patterns import CodePatterns
from seals.seal import SealKind
from seals.ses.kinds import kind_types
from signing.objects.address import read_address
from signing.objects.errors import ArchiveAddressInvalid

PREFIX: Final = "YINXIN_"
SETTINGS_FILE: Final = "yinxin.toml"
MIN_SECRET_CHARACTERS: Final = 32
"""Least length of a session secret: 32 characters of base64 carry 192 bits (NIST SP 800-131A asks for 112)."""
MIN_SECRET_DISTINCT: Final = 12
"""Least number of different characters in it: a repeated word is long and still weak."""

PDF_NAMES: Final = "^[A-Za-z0-9.-]{1,64}/[A-Za-z0-9.-]{1,64}$"
"""/Filter and /SubFilter of a PDF's signature dictionary, without their slashes, with one between."""

_SEAL_DATA_TYPE: Final = re.compile(r"([0-9]{2})=([0-9]{1,9})")


def default_home() -> Path:
    """Return the demo's home folder after the XDG base directory specification."""
    data = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(data) / "yinxin" / "demo"


class Settings(BaseSettings):
    """Everything that an installation may choose; every field has a default that works."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", validate_default=True)

    home: Path = Field(default_factory=default_home)
    database_url: str = ""
    base_url: str = "http://127.0.0.1:8080"
    listen_host: str = "127.0.0.1"
    listen_port: Annotated[int, Field(ge=1, le=65535)] = 8080
    key_store: str = "auto"
    vendor_mechanisms: Path | None = None
    sdf_library: Path | None = None
    skf_library: Path | None = None
    skf_device_key: SecretStr | None = None
    csc_services: Path | None = None
    require_hardware_keys: bool = False
    sm2_allow_python_signing: bool = False
    suite: Suite = Suite.INTERNATIONAL
    gm_container: Annotated[str, Field(pattern="^(rfc5652|gbt35275|ses)$")] = "rfc5652"
    pdf_names_gbt35275: Annotated[str, Field(pattern=PDF_NAMES)] = "Adobe.PPKLite/adbe.pkcs7.detached"
    pdf_names_ses: Annotated[str, Field(pattern=PDF_NAMES)] = "GM.PKILite/GM.SM2"
    ses_version: Annotated[int, Field(ge=4, le=5)] = 4
    archive_folder: Path | None = None
    archive_url: str = ""
    archive_credentials: Path | None = None
    archive_renew_days: Annotated[int, Field(ge=1, le=3660)] = 180
    retention_classes: Path | None = None
    enrolment_rules: Path | None = None
    use_rules: Path | None = None
    void_rules: Path | None = None
    kmc_pool_size: Annotated[int, Field(ge=0, le=10_000)] = 0
    seal_data_vendor: Annotated[str, Field(pattern="^[ -~]{1,64}$")] = "Yinxin"
    seal_data_list: Annotated[str, Field(pattern="^(certificates|digests)$")] = "certificates"
    seal_data_types: str = ""
    seal_data_time_stamp: bool = True
    max_upload_bytes: Annotated[int, Field(ge=1024, le=2**31)] = 100 * 2**20
    session_secret: SecretStr | None = None
    session_minutes: Annotated[int, Field(ge=1, le=24 * 60)] = 60
    production: bool = False
    direct_issuance: bool | None = None
    direct_filing: bool | None = None
    filing_unclaimed_days: Annotated[int, Field(ge=1, le=3660)] = 92
    national_makers: Path | None = None
    physical_code_pattern: str = CodePatterns().physical
    electronic_code_pattern: str = CodePatterns().electronic
    crl_hours: Annotated[int, Field(ge=1, le=7 * 24)] = 7 * 24
    ocsp_minutes: Annotated[int, Field(ge=5, le=7 * 24 * 60)] = 24 * 60
    instance_prefix: Annotated[int, Field(ge=1, le=0x7FFF)] = 1
    clock_reference: Annotated[str, Field(pattern="^(steady|kernel)$")] = "steady"
    agent_port: Annotated[int, Field(ge=1, le=65535)] = 17820
    public_rate: str = "60/minute"
    trusted_proxies: str = ""
    verify_seconds: Annotated[int, Field(ge=1, le=600)] = 60
    verify_memory_mib: Annotated[int, Field(ge=1024, le=65536)] = 4096
    batch_workers: Annotated[int, Field(ge=0, le=64)] = 2
    verification_workers: Annotated[int, Field(ge=0, le=64)] = 2
    verification_queue_documents: Annotated[int, Field(ge=1, le=1_000_000)] = 100_000
    verification_queue_gib: Annotated[int, Field(ge=1, le=10_000)] = 20
    verification_results_days: Annotated[int, Field(ge=1, le=365)] = 7
    webhook_plain_http: bool = False
    webhook_networks: str = ""
    webhook_ca_file: Path | None = None
    housekeeping_seconds: Annotated[int, Field(ge=1, le=900)] = 60
    stamp_offline_cap: Annotated[int, Field(ge=0, le=1000)] = 20
    trust_operator: Annotated[str, Field(max_length=200)] = ""
    trust_territory: Annotated[str, Field(pattern="^[A-Z]{2}$")] = "CN"
    trust_list_days: Annotated[int, Field(ge=1, le=180)] = 7
    federation_refresh_seconds: Annotated[int, Field(ge=30, le=86_400)] = 300
    federation_max_age_hours: Annotated[int, Field(ge=1, le=24 * 30)] = 24
    federation_plain_http: bool = False
    federation_networks: str = ""
    federation_ca_file: Path | None = None
    mqtt_url: Annotated[str, Field(pattern=r"^(mqtts://[^/@\s]+)?$")] = ""
    mqtt_credentials: Path | None = None
    log_level: Annotated[str, Field(pattern="^(debug|info|warning|error)$")] = "info"

    @field_validator("home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("base_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("an http:// or https:// address")
        return value.rstrip("/")

    @field_validator("archive_url")
    @classmethod
    def _store(cls, value: str) -> str:
        try:
            if value:
                read_address(value)
        except ArchiveAddressInvalid as wrong:
            raise ValueError(wrong.en) from wrong
        return value

    @field_validator("seal_data_types")
    @classmethod
    def _kinds(cls, value: str) -> str:
        read_seal_data_types(value)
        return value

    @field_validator("physical_code_pattern")
    @classmethod
    def _physical_codes(cls, value: str) -> str:
        return CodePatterns(physical=value).physical

    @field_validator("electronic_code_pattern")
    @classmethod
    def _electronic_codes(cls, value: str) -> str:
        return CodePatterns(electronic=value).electronic

    @field_validator("public_rate")
    @classmethod
    def _rate(cls, value: str) -> str:
        read_rate(value)
        return value

    @field_validator("trusted_proxies", "federation_networks", "webhook_networks")
    @classmethod
    def _networks(cls, value: str) -> str:
        read_networks(value)
        return value

    @field_validator("skf_device_key")
    @classmethod
    def _sixteen_octets(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch("[0-9A-Fa-f]{32}", value.get_secret_value()):
            raise ValueError("32 hexadecimal digits")
        return value

    @field_validator("session_secret")
    @classmethod
    def _strong(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and is_weak(value.get_secret_value()):
            raise ValueError(
                f"too weak: at least {MIN_SECRET_CHARACTERS} characters, {MIN_SECRET_DISTINCT} of them different"
            )
        return value

    @property
    def database(self) -> str:
        """The SQLAlchemy URL of the database; SQLite in the home folder unless another is named."""
        return self.database_url or f"sqlite:///{self.home / 'yinxin.db'}"

    @property
    def key_policy(self) -> KeyPolicy:
        """Which private keys the installation accepts."""
        return KeyPolicy(self.require_hardware_keys, self.sm2_allow_python_signing)

    @property
    def devices(self) -> DeviceLibraries:
        """Makers' libraries beside the PKCS#11 module."""
        key = self.skf_device_key
        octets = bytes.fromhex(key.get_secret_value()) if key is not None else b""
        return DeviceLibraries(
            self.sdf_library, self.skf_library, self.vendor_mechanisms, octets, self.csc_services
        )

    @property
    def code_patterns(self) -> CodePatterns:
        """How seals' codes are put together."""
        return CodePatterns(self.physical_code_pattern, self.electronic_code_pattern)

    @property
    def files_directly(self) -> bool:
        """Whether approval alone puts a seal in use that is engraved and filed elsewhere; else the desk files it."""
        return not self.production if self.direct_filing is None else self.direct_filing

    @property
    def issues_directly(self) -> bool:
        """Whether a certificate may be issued without the enrolment desk; in production only where somebody said so."""
        return not self.production if self.direct_issuance is None else self.direct_issuance

    @property
    def archive(self) -> Path:
        """The folder of the content-addressed archive."""
        return self.archive_folder or self.home / "archive"


def is_weak(secret: str) -> bool:
    """Tell whether a session secret is too short or too uniform to keep a signature with."""
    return len(secret) < MIN_SECRET_CHARACTERS or len(set(secret)) < MIN_SECRET_DISTINCT


def load_settings(home: Path | None = None, **given: Any) -> Settings:
    """Read the settings: what is given here wins, then the environment, then ``yinxin.toml`` in the home folder.

    Raises :class:`SettingsInvalid`, which names the setting and never repeats its value.
    """
    if home is not None:
        given["home"] = home
    where = Path(given.get("home") or os.environ.get(f"{PREFIX}HOME") or default_home()).expanduser()
    for name, value in file_values(where / SETTINGS_FILE).items():
        if f"{PREFIX}{name}".upper() not in os.environ:
            given.setdefault(name, value)
    try:
        return Settings(**given)
    except ValidationError as wrong:
        raise SettingsInvalid(
            tuple((f"{PREFIX}{'.'.join(map(str, e['loc']))}".upper(), e["msg"]) for e in wrong.errors())
        ) from None


def file_values(path: Path) -> dict[str, Any]:
    """Read a settings file; a missing one has none, :class:`SettingsInvalid` for what is no TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise SettingsInvalid(((str(path), "not readable as TOML"),)) from wrong


def read_seal_data_types(text: str) -> Mapping[str, int]:
    """Read ``01=1,02=2``: the number of ``SES_ESPropertyInfo.type`` for a kind of seal; ``ValueError`` for all else."""
    types = kind_types()
    for pair in filter(None, (part.strip() for part in text.split(","))):
        found = _SEAL_DATA_TYPE.fullmatch(pair)
        if found is None or found[1] not in types:
            kinds = " ".join(kind.code for kind in SealKind)
            raise ValueError(f"pairs KIND=NUMBER, separated by commas; the kinds are {kinds}")
        types[found[1]] = int(found[2])
    return types
