"""A6: the encryption pair comes from the key centre into this chip alone, decrypts there, and never signs."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.database.engine import make_engine
from ca import certificate_store
from ca.actor import Actor
from ca.certificate import CertificateQuery, CertificateStatus
from ca.enrolment.errors import EncryptionKeysMissing
from ca.enrolment.ports import EncryptionGrant
from ca.keycentre import delivery
from ca.keycentre.errors import EnvelopeForAnother
from ca.keycentre.key import KeyRequest
from ca.keycentre.state import KeyStatus
from ca.tokens.errors import StepFailed, TokenFieldInvalid
from ca.tokens.inventory_store import Place
from ca.tokens.state import TokenState
from ca.tokens.token import KeyUse, Standing
from hsm.algorithms import KeyKind, PublicKey
from hsm.chip import Chips
from hsm.cryptoki import CryptokiProvider
from hsm.devices.errors import EnvelopeRefused
from hsm.envelopes import Envelope, Recipient
from hsm.errors import DecryptionFailed, HsmError, TokenLost
from hsm.pins import Pin
from hsm.provider import KeyRing, open_signer
from hsm.public_keys import certificate_key, same_key
from hsm.skf.chip import SkfChips
from hsm.sm2.by_python import PythonBackend
from hsm.sm2.public_key import Sm2PublicKey
from hsm.token_chip import TokenChips
from hsm.worker.transport import OAEP
from tests.conftest import SO_PIN, USER_PIN, SteppingClock
from tests.faults import SIGKILLED, die, in_a_process
from tests.hsm.conftest import Shelf
from tests.keycentre_world import OFFICER, KeyCentreWorld, make_key_centre
from tests.pki import USCC
from tests.token_world import ANNE, BERT, FIVE, TokenWorld, make_token_world

pytestmark = pytest.mark.token
PART = FIVE[1]
SECRET = b"the secret of the seal"


@dataclass
class Pairs:
    """Tokens and chips beside a founded key centre, over one database."""

    world: TokenWorld
    centre: KeyCentreWorld
    chips: Chips
    serial: str
    kind: KeyKind

    def ask(self, serial: str = "") -> None:
        """Register a chip and have a plan with one pair approved."""
        made = serial or self.serial
        self.world.new(made)
        self.world.approved(
            self.world.plan(made, parts=(PART,), kind=self.kind, encryption_profile="enterprise-encrypt")
        )

    def make(self, serial: str = "") -> None:
        self.world.personalisation.run(serial or self.serial, actor=ANNE)

    def pin(self, serial: str = "") -> Pin:
        letters = self.world.letters
        found = letters.of_token(serial or self.serial)[-1]
        return letters.print(found.id, actor=ANNE).pin

    def keys_used(self) -> int:
        return self.centre.centre.status().keys.get((self.kind.value, KeyStatus.DELIVERED.value), 0)


def pairs_over(
    chips: Chips,
    ring: KeyRing,
    softhsm: CryptokiProvider,
    clock: SteppingClock,
    folder: Path,
    *,
    serial: str,
    kind: KeyKind,
) -> Pairs:
    engine = make_engine(f"sqlite:///{folder / 'pairs.db'}")
    centre = make_key_centre(engine, clock, softhsm)
    centre.centre.pool_fill(kind, 2, actor=OFFICER)
    world = make_token_world(
        engine, clock, folder, chips={chips.scheme: chips}, ring=ring, keys=centre.centre
    )
    return Pairs(world, centre, chips, serial, kind)


@pytest.fixture(params=[KeyKind.SM2, KeyKind.EC_P256, KeyKind.RSA_2048], ids=str)
def on_token(
    request: pytest.FixtureRequest, softhsm: CryptokiProvider, clock: SteppingClock, tmp_path: Path
) -> Pairs:
    chips = TokenChips(softhsm, softhsm._counter)
    ring = KeyRing({"pkcs11": softhsm})
    serial = f"SP{secrets.token_hex(5)}"
    return pairs_over(chips, ring, softhsm, clock, tmp_path, serial=serial, kind=request.param)


@pytest.fixture
def on_chip(
    skf_chips: SkfChips, skf_shelf: Shelf, softhsm: CryptokiProvider, clock: SteppingClock, tmp_path: Path
) -> Pairs:
    ring = KeyRing({"skf": skf_shelf.keys})
    return pairs_over(skf_chips, ring, softhsm, clock, tmp_path, serial="CHIP1", kind=KeyKind.SM2)


@pytest.fixture(params=["token", "chip"])
def either(request: pytest.FixtureRequest) -> Pairs:
    if request.param == "chip":
        found: Pairs = request.getfixturevalue("on_chip")
        return found
    request.getfixturevalue("softhsm")
    chips = TokenChips(request.getfixturevalue("softhsm"), request.getfixturevalue("softhsm")._counter)
    return pairs_over(
        chips,
        KeyRing({"pkcs11": request.getfixturevalue("softhsm")}),
        request.getfixturevalue("softhsm"),
        request.getfixturevalue("clock"),
        request.getfixturevalue("tmp_path"),
        serial=f"SP{secrets.token_hex(5)}",
        kind=KeyKind.EC_P256,
    )


def check_decrypts(pairs: Pairs, public_key: PublicKey, pin: Pin) -> None:
    """Encrypt to the public half, or agree with it, outside; the chip does the other side."""
    place = (pairs.serial, PART[0], PART[1])

    def chip(octets: bytes) -> bytes:
        return pairs.chips.decrypt(*place, public_key, octets, pin=pin)

    if isinstance(public_key, Sm2PublicKey):
        assert chip(PythonBackend(allowed=True).encrypt(public_key, bytearray(SECRET)).raw) == SECRET
    elif isinstance(public_key, rsa.RSAPublicKey):
        assert chip(public_key.encrypt(SECRET, OAEP)) == SECRET
    else:
        other = ec.generate_private_key(ec.SECP256R1())
        point = other.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        assert chip(point) == other.exchange(ec.ECDH(), public_key)


def check_whole(pairs: Pairs) -> Pin:
    """Check that the chip has one pair with both certificates, issued together, and that one escrowed key was used."""
    world, (application, container, _) = pairs.world, PART
    token = world.registry.get(pairs.serial)
    assert token.state is TokenState.PERSONALISED
    keys = {key.use: key for key in token.applications[0].containers[0].keys}
    assert {key.standing for key in keys.values()} == {Standing.GOOD}
    records = {use: world.pki.authority.certificate(key.serial or 0) for use, key in keys.items()}
    assert {use: one.profile for use, one in records.items()} == {
        KeyUse.SIGN: "enterprise-sign",
        KeyUse.ENCRYPT: "enterprise-encrypt",
    }
    stored = pairs.chips.certificates(pairs.serial, application)
    assert [(one.container, one.encryption, one.der) for one in stored] == [
        (container, False, records[KeyUse.SIGN].der),
        (container, True, records[KeyUse.ENCRYPT].der),
    ]
    public_key = certificate_key(x509.load_der_x509_certificate(stored[1].der))
    (held,) = pairs.chips.containers(pairs.serial, application)
    assert held.encryption is not None
    assert same_key(held.encryption, public_key)
    assert pairs.keys_used() == 1
    assert pairs.centre.centre.key_of(public_key).uscc == token.holder.uscc
    pin = pairs.pin()
    check_decrypts(pairs, public_key, pin)
    return pin


def check_never_signs(pairs: Pairs, pin: Pin) -> None:
    """No way leads to a signature by the encryption key: not its address, not the gate of the inventory."""
    token = pairs.world.registry.get(pairs.serial)
    key = token.key(PART[0], PART[1], KeyUse.ENCRYPT)
    assert key is not None
    with pairs.world.engine.connect() as conn:
        der = certificate_store.by_serial(conn, key.serial or 0, key.issuer)[0].record.der
    public_key = certificate_key(x509.load_der_x509_certificate(der))
    ring = pairs.world.gate._tools.keys
    with pytest.raises(HsmError):
        open_signer(ring, key.key_uri, expected=public_key, pin=pin).sign(b"m")


def test_A6_I24_a_token_decrypts_with_the_pair_of_the_key_centre_and_never_signs_with_it(
    on_token: Pairs,
) -> None:
    on_token.ask()
    on_token.make()
    check_never_signs(on_token, check_whole(on_token))


def test_A6_I24_an_skf_chip_decrypts_with_the_pair_of_the_key_centre_and_never_signs_with_it(
    on_chip: Pairs,
) -> None:
    on_chip.ask()
    on_chip.make()
    check_never_signs(on_chip, check_whole(on_chip))
    on_chip.world.chips.freeze_chip(on_chip.serial, actor=BERT, reason="盘点")
    keys = on_chip.world.registry.get(on_chip.serial).applications[0].containers[0].keys
    assert {key.standing for key in keys} == {Standing.HELD}


POINTS: dict[str, Callable[[Pairs], Any]] = {
    "generate": lambda pairs: pairs.chips,
    "receiver": lambda pairs: pairs.chips,
    "grant": lambda pairs: pairs.centre.centre,
    "open_envelope": lambda pairs: pairs.chips,
    "delivered": lambda pairs: pairs.world.registry,
    "issue_pair": lambda pairs: pairs.world.pki.authority,
    "certified": lambda pairs: pairs.world.registry,
    "import_certificate": lambda pairs: pairs.chips,
}
CUTS = [
    (name, nth)
    for name in POINTS
    for nth in ((1, 2) if name in ("certified", "import_certificate") else (1,))
]


class Cut(TokenLost):
    """The process or the chip goes away at this very point."""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("name", "nth"), CUTS)
def test_I19_cut_off_at_each_step_a_pair_is_taken_up_with_the_same_key(
    either: Pairs, monkeypatch: pytest.MonkeyPatch, name: str, nth: int, when: str
) -> None:
    """A6: taken up without a new approval, and no second key of the pool is used."""
    owner = POINTS[name](either)
    real, count = getattr(owner, name), 0

    def cut(*arguments: Any, **named: Any) -> Any:
        nonlocal count
        count += 1
        if count == nth and when == "before":
            raise Cut(name)
        answer = real(*arguments, **named)
        if count == nth:
            raise Cut(name)
        return answer

    either.ask()
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, cut)
        with pytest.raises(StepFailed) as failed:
            either.make()
        assert isinstance(failed.value.__cause__, Cut)
    either.make()
    check_whole(either)
    issued = either.world.pki.authority
    found = [
        one for one in issued.find(CertificateQuery(uscc=USCC)).items if one.profile.startswith("enterprise-")
    ]
    assert [one.status for one in found] == [CertificateStatus.ISSUED] * 2


@pytest.mark.crash
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("name", ["grant", "open_envelope", "issue_pair", "import_certificate"])
def test_I19_killed_around_a_touch_a_pair_is_taken_up_with_the_same_key(
    on_chip: Pairs, monkeypatch: pytest.MonkeyPatch, name: str, when: str
) -> None:
    """The same by SIGKILL in a process of its own: nothing but the database and the chip remembers."""
    owner = POINTS[name](on_chip)
    real = getattr(owner, name)

    def touch(*arguments: Any, **named: Any) -> None:
        if when == "after":
            real(*arguments, **named)
        die()

    def work() -> None:
        monkeypatch.setattr(owner, name, touch)
        on_chip.make()

    on_chip.ask()
    on_chip.chips.close()
    on_chip.centre.provider.close()
    assert in_a_process(work, on_chip.world.engine) == SIGKILLED
    on_chip.make()
    check_whole(on_chip)


@dataclass
class Crossed:
    """Somebody between key centre and desk who hands out the envelope of another chip."""

    real: Any
    first: EncryptionGrant | None = None

    @property
    def public_key(self) -> PublicKey:
        key: PublicKey = self.real.public_key
        return key

    def grant(self, request: KeyRequest, *, actor: Actor) -> EncryptionGrant:
        given: EncryptionGrant = self.real.grant(request, actor=actor)
        self.first = self.first or given
        return self.first


def test_A6_an_envelope_for_another_chip_is_refused(on_token: Pairs) -> None:
    crossed = Crossed(on_token.centre.centre)
    object.__setattr__(on_token.world.personalisation._pairs, "keys", crossed)
    other = f"SQ{secrets.token_hex(5)}"
    on_token.ask()
    on_token.make()
    on_token.ask(other)
    with pytest.raises(StepFailed) as failed:
        on_token.make(other)
    assert isinstance(failed.value.__cause__, EnvelopeForAnother)
    assert on_token.world.registry.get(other).key(PART[0], PART[1], KeyUse.ENCRYPT) is None


def test_A6_the_chip_itself_opens_no_envelope_of_another_key(on_chip: Pairs) -> None:
    """Behind the check of who is meant stands the chip: its key does not open what was sealed for another."""
    on_chip.chips.create_application("CHIP1", "own", SO_PIN, USER_PIN, 6)
    on_chip.chips.generate("CHIP1", "own", "c", pin=USER_PIN)
    holder = on_chip.centre.holder(KeyKind.SM2)
    grant = on_chip.centre.centre.grant(KeyRequest("stranger", holder.public_key), actor=ANNE)
    found = delivery.parse(grant.envelope)
    envelope = Envelope(found.wrapped, found.public_key, Recipient(holder.public_key))
    with pytest.raises((DecryptionFailed, EnvelopeRefused)):
        on_chip.chips.open_envelope("CHIP1", "own", "c", envelope, pin=USER_PIN)


def test_a_pair_without_a_key_centre_or_on_a_chip_that_takes_none_in_is_told(on_token: Pairs) -> None:
    on_token.ask()
    object.__setattr__(on_token.world.personalisation._pairs, "keys", None)
    with pytest.raises(StepFailed) as failed:
        on_token.make()
    assert isinstance(failed.value.__cause__, EncryptionKeysMissing)
    object.__setattr__(on_token.world.personalisation._pairs, "keys", on_token.centre.centre)
    on_token.make()
    assert isinstance(on_token.chips, TokenChips)
    on_token.chips.receives = False
    other = f"SQ{secrets.token_hex(5)}"
    on_token.ask(other)
    with pytest.raises(TokenFieldInvalid) as refused:
        on_token.make(other)
    assert refused.value.field == "encryption_profile"
    assert on_token.world.requests.get(other).status.value == "approved"


def test_the_place_of_an_encryption_key_is_beside_the_signing_one(on_chip: Pairs) -> None:
    on_chip.ask()
    on_chip.make()
    with pytest.raises(HsmError):
        on_chip.world.gate.signer(
            Place(on_chip.serial, PART[0], PART[1], KeyUse.ENCRYPT), pin=on_chip.pin()
        ).sign(b"m")
