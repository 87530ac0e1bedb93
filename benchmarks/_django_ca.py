"""django-ca as a peer, in an interpreter that has it: ``python -m benchmarks._django_ca FOLDER``.

It makes a CA with a P-256 key in a file and then, for each line ``SECONDS`` on its input, issues certificates for so long
and prints how many a second. SQLite with the same journal and the same ``synchronous=FULL`` as ours; a certificate and
what django-ca stores of it are committed one by one. It neither lints nor keeps an audit trail.
"""

from __future__ import annotations

import itertools
import sys
import time
import types
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

COMPANY, USCC, KEYS = "北京示例科技有限公司", "91110108MA01C8QX33", 32
ADDRESSES = "bench_addresses"


def main(place: Path) -> None:
    """Serve until the input ends."""
    _configure(place)
    issue = _issuing()
    issue()
    print("ready", flush=True)
    for line in sys.stdin:
        seconds, done, began = float(line), 0, time.perf_counter()
        while (elapsed := time.perf_counter() - began) < seconds:
            issue()
            done += 1
        print(done / elapsed, flush=True)


def _configure(place: Path) -> None:
    import django
    from django.conf import settings
    from django.core.management import call_command

    database = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(place / "django-ca.db"),
        "OPTIONS": {
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            "transaction_mode": "IMMEDIATE",
        },
    }
    settings.configure(
        SECRET_KEY="x" * 50,
        USE_TZ=True,
        DATABASES={"default": database},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django_object_actions",
            "django_ca",
        ],
        STORAGES={
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
            "django-ca": {
                "BACKEND": "django.core.files.storage.FileSystemStorage",
                "OPTIONS": {"location": str(place / "keys")},
            },
        },
        CA_DEFAULT_HOSTNAME="ca.example.test",
        ROOT_URLCONF=ADDRESSES,
    )
    django.setup()
    _addresses()
    call_command("migrate", verbosity=0)


def _addresses() -> None:
    """Give django-ca the addresses that it writes into certificates."""
    from django.urls import include, path

    module = types.ModuleType(ADDRESSES)
    module.urlpatterns = [path("ca/", include("django_ca.urls"))]  # type: ignore[attr-defined]
    sys.modules[ADDRESSES] = module


def _issuing() -> Any:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID
    from django_ca.key_backends import key_backends
    from django_ca.key_backends.storages.models import (
        StoragesCreatePrivateKeyOptions,
        StoragesUsePrivateKeyOptions,
    )
    from django_ca.models import Certificate, CertificateAuthority

    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, COMPANY),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, USCC),
            x509.NameAttribute(NameOID.COMMON_NAME, COMPANY),
        ]
    )
    options = StoragesCreatePrivateKeyOptions(
        password=None, key_type="EC", path="ca", elliptic_curve="secp256r1"
    )
    authority = CertificateAuthority.objects.init(
        "bench",
        key_backends["default"],
        options,
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bench CA")]),
        datetime.now(UTC) + timedelta(days=3650),
        key_type="EC",
        algorithm=hashes.SHA256(),
    )
    use = StoragesUsePrivateKeyOptions(password=None)
    requests = []
    for _ in range(KEYS):
        key = ec.generate_private_key(ec.SECP256R1())
        builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
        requests.append(builder.sign(key, hashes.SHA256()))
    turn = itertools.cycle(requests)
    until = timedelta(days=365)

    def issue() -> None:
        Certificate.objects.create_cert(authority, use, next(turn), subject=subject, not_after=until)

    return issue


if __name__ == "__main__":
    main(Path(sys.argv[1]))
