"""Tokens for the tests of this room: each test has its own token directory and may spoil it."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hsm.algorithms import KeyKind
from hsm.cryptoki import CryptokiProvider, Limits
from hsm.errors import PinRequired
from hsm.key_uri import KeyUri
from hsm.pins import Pin
from hsm.provider import KeyProvider
from hsm.soft_keys import SoftProvider
from hsm.soft_token import Cost
from hsm.softhsm import SoftHsm, find_or_fetch
from tests import emulator_build
from tests.conftest import SO_PIN, USER_PIN, missing

QUICK = Cost(memory_kib=64, passes=1, lanes=1)
LABELS = itertools.count(1)


@dataclass
class Shelf:
    """A place for tokens, and providers over it: ``again`` is what a restart of the service makes."""

    folder: Path
    scheme: str
    make: Callable[[Shelf], KeyProvider]
    pin: Pin | None = USER_PIN
    plain: KeyKind = KeyKind.EC_P256
    """The kind of keys that a test gets when it asks for any."""
    kinds: tuple[KeyKind, ...] = tuple(KeyKind)
    sealed: bool = False
    """Whether keys of the plain kind are sealed in the token, not the token's own."""
    prefix: str = ""
    """What stands before the label of a token of this scheme."""
    lacks: dict[str, str] = field(default_factory=dict)
    """Operations that the interface has no function for, with the reason."""
    provide: Callable[[], KeyUri] | None = None
    """How the maker's tool makes a key, where the interface does not."""
    asked: list[str] = field(default_factory=list)
    opened: list[KeyProvider] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.keys = self.again()

    @property
    def counters(self) -> Path:
        return self.folder / "counters"

    @property
    def tokens(self) -> Path:
        return self.folder / "tokens"

    def source(self, token: str) -> Pin:
        self.asked.append(token)
        if self.pin is None:
            raise PinRequired(token)
        return self.pin

    def again(self) -> KeyProvider:
        provider = self.make(self)
        self.opened.append(provider)
        return provider

    def token(self) -> str:
        """Make a token; return its label."""
        self.needs("create_token")
        label = f"{self.prefix}T{os.getpid()}-{next(LABELS)}"
        self.keys.create_token(label, SO_PIN, USER_PIN)
        return label

    def uri(self, token: str, name: str = "k") -> KeyUri:
        return KeyUri(self.scheme, token, name)

    def needs(self, *operations: str) -> None:
        """Skip the test where the interface lacks one of these."""
        for operation in operations:
            if operation in self.lacks:
                pytest.skip(f"{self.scheme}: {self.lacks[operation]}")

    def key(self, kind: KeyKind | None = None) -> KeyUri:
        """Make a token with one key, of the plain kind unless another is asked for."""
        wanted = kind or self.plain
        if wanted not in self.kinds:
            pytest.skip(f"{self.scheme} holds no {wanted.value} keys")
        if self.provide is not None:
            return self.provide()
        return self.keys.generate(self.uri(self.token()), wanted)

    def close(self) -> None:
        for provider in self.opened:
            provider.close()


@pytest.fixture(scope="session")
def soft_hsm(tmp_path_factory: pytest.TempPathFactory) -> SoftHsm:
    found = find_or_fetch(tmp_path_factory.mktemp("softhsm-cache"))
    if found is None:
        missing("SoftHSM 2", "no libsofthsm2.so; install the package softhsm2")
    return found


@pytest.fixture
def environment(soft_hsm: SoftHsm, tmp_path: Path) -> dict[str, str]:
    return soft_hsm.configure(tmp_path / "tokens")


@pytest.fixture
def token_shelf(soft_hsm: SoftHsm, environment: dict[str, str], tmp_path: Path) -> Iterator[Shelf]:
    """Yield real PKCS#11 tokens."""

    def make(shelf: Shelf) -> KeyProvider:
        return CryptokiProvider(
            soft_hsm.module, pins=shelf.source, counters=shelf.counters, environment=environment
        )

    shelf = Shelf(tmp_path, "pkcs11", make)
    yield shelf
    shelf.close()


@dataclass(frozen=True)
class Faults:
    """Orders to the faulty module: ``faults("C_Sign", "once:crash")``."""

    folder: Path

    def __call__(self, function: str, order: str) -> None:
        (self.folder / function).write_text(order)

    def none(self) -> None:
        for path in self.folder.iterdir():
            path.unlink()


@pytest.fixture(scope="session")
def faulty_module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compile a PKCS#11 module that forwards to a real one and misbehaves when told."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        missing("a C compiler", "no cc; install the package gcc")
    made = tmp_path_factory.mktemp("faulty") / "faulty_module.so"
    source = Path(__file__).with_name("faulty_module.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-std=gnu99", "-o", made, source, "-ldl"], check=True)
    return made


@pytest.fixture
def faults(tmp_path: Path) -> Faults:
    folder = tmp_path / "faults"
    folder.mkdir()
    return Faults(folder)


@pytest.fixture
def faulty_shelf(
    soft_hsm: SoftHsm, environment: dict[str, str], faulty_module: Path, faults: Faults, tmp_path: Path
) -> Iterator[Shelf]:
    """Yield real tokens behind the faulty module; its answers are awaited for five seconds only."""
    extra = {"REAL_MODULE": str(soft_hsm.module), "FAULT_FOLDER": str(faults.folder)}

    def make(shelf: Shelf) -> KeyProvider:
        return CryptokiProvider(
            faulty_module,
            pins=shelf.source,
            counters=shelf.counters,
            environment={**environment, **extra},
            limits=Limits(call_seconds=5.0),
        )

    shelf = Shelf(tmp_path, "pkcs11", make)
    yield shelf
    faults.none()
    shelf.close()


@pytest.fixture
def soft_shelf(tmp_path: Path) -> Iterator[Shelf]:
    """Yield soft tokens."""

    def make(shelf: Shelf) -> KeyProvider:
        return SoftProvider(shelf.tokens, pins=shelf.source, counters=shelf.counters, cost=QUICK)

    shelf = Shelf(tmp_path, "file", make)
    yield shelf
    shelf.close()


def worker_pid(shelf: Shelf, token: str) -> int:
    """Tell the process id of the worker that serves a token."""
    assert isinstance(shelf.keys, CryptokiProvider)
    worker = shelf.keys._slot(token)._worker
    assert worker is not None
    return worker.pid


KRYOPTIC = os.environ.get("YINXIN_TEST_KRYOPTIC")
"""Path of a kryoptic module (built by whoever runs the tests; Debian 12 has none): the contract is then proved on it too."""


@pytest.fixture
def kryoptic_shelf(tmp_path: Path) -> Iterator[Shelf]:
    """Yield blank slots of kryoptic, another software token of another maker."""
    config = tmp_path / "kryoptic.toml"
    slots = (f'[[slots]]\nslot = {n}\ndbtype = "sqlite"\ndbargs = "{tmp_path}/{n}.sql"\n' for n in (1, 2, 3))
    config.write_text("\n".join(slots))

    def make(shelf: Shelf) -> KeyProvider:
        return CryptokiProvider(
            Path(str(KRYOPTIC)),
            pins=shelf.source,
            counters=shelf.counters,
            environment={"KRYOPTIC_CONF": str(config)},
        )

    shelf = Shelf(tmp_path, "pkcs11", make)
    yield shelf
    shelf.close()


@pytest.fixture
def sealed_shelf(token_shelf: Shelf) -> Shelf:
    """Give tokens whose keys are SM2, sealed."""
    token_shelf.plain = KeyKind.SM2
    token_shelf.sealed = True
    return token_shelf


@pytest.fixture
def soft_sm2_shelf(soft_shelf: Shelf) -> Shelf:
    """Give soft tokens whose keys are SM2."""
    soft_shelf.plain = KeyKind.SM2
    return soft_shelf


PROVIDERS = [
    pytest.param("token_shelf", marks=pytest.mark.token),
    pytest.param("sealed_shelf", marks=pytest.mark.token),
    "soft_shelf",
    "soft_sm2_shelf",
    pytest.param("vendor_shelf", marks=pytest.mark.token),
    "skf_shelf",
    "sdf_shelf",
]
if KRYOPTIC:
    PROVIDERS.append(pytest.param("kryoptic_shelf", marks=pytest.mark.token))


@pytest.fixture(params=PROVIDERS)
def shelf(request: pytest.FixtureRequest) -> Shelf:
    """Give each provider in turn: what a test of this fixture says is the contract of both."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Shelf)
    return found


@pytest.fixture
def softhsm2_util(environment: dict[str, str]) -> Callable[..., None]:
    """Return a way to do things to the tokens from another program, as softhsm2-util does them."""

    def run(*arguments: str) -> None:
        subprocess.run(
            ["softhsm2-util", *arguments],
            env={**os.environ, **environment},
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    return run


from tests.hsm import device_shelves  # noqa: E402 - its fixtures need the shelf above

compiled = emulator_build.compiled
skf_bench = device_shelves.skf_bench
skf_chips = device_shelves.skf_chips
skf_shelf = device_shelves.skf_shelf
sdf_bench = device_shelves.sdf_bench
sdf_shelf = device_shelves.sdf_shelf
vendor_bench = device_shelves.vendor_bench
vendor_shelf = device_shelves.vendor_shelf
