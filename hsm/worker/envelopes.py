"""The key centre's requests to a token's worker: make, deliver, recover, and open an envelope into the token.

A private encryption key exists in the clear in this process alone, between two wrappings, and is overwritten then. Two
purposes of the vault keep apart what may be delivered once without anybody's leave (``kmc-pool``) from what custodians
must release (``kmc-escrow`` with the lineage of their roster).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import pkcs11

from hsm.algorithms import KeyKind
from hsm.envelopes import ESCROW_KINDS, Recipient, Vote, Warrant, WrappedKey
from hsm.errors import DecryptionFailed, RecoveryNotAuthorised, UnsupportedAlgorithm
from hsm.public_keys import load_spki, spki
from hsm.sm2.backend import Sm2Backend
from hsm.sm2.cipher import Sm2Cipher
from hsm.worker import encryption_keys, objects, quorum, transport
from hsm.worker.objects import NewKey
from hsm.worker.opening import OAEP_SHA1, Opener, Slot, decrypting, parse_wrapped
from hsm.worker.service import TokenService
from hsm.worker.vault import Vault
from hsm.worker.wire import Frame

POOL: Final = "kmc-pool"
ESCROW: Final = "kmc-escrow"
ROSTER: Final = "kmc-roster"
LINEAGE_OCTETS: Final = 16


@dataclass(frozen=True, slots=True)
class Bench:
    """What the work needs: one session that nobody else uses meanwhile, the token's vault, SM2."""

    session: pkcs11.Session
    vault: Vault
    backend: Sm2Backend


def make(bench: Bench, fields: Mapping[str, Any], _blob: bytes) -> Frame:
    """Make an encryption key pair and seal its private half at once."""
    kind = KeyKind(str(fields["kind"]))
    if kind not in ESCROW_KINDS:
        raise UnsupportedAlgorithm(f"no encryption keys of kind {kind.value}")
    public, private = transport.make_pair(kind, bench.backend)
    with transport.wiped(private) as octets:
        der = spki(public)
        sealed = bench.vault.seal(bench.session, POOL, _context(str(fields["id"]), der), octets)
    return Frame({"spki": der.hex()}, sealed)


def deliver(bench: Bench, fields: Mapping[str, Any], blob: bytes) -> Frame:
    """Wrap a key of the pool for its first and only owner, and seal it anew for the custodians."""
    roster = _roster(bench, bytes.fromhex(fields["roster"]))
    der = bytes.fromhex(fields["spki"])
    context = _context(str(fields["id"]), der)
    with bench.vault.opened(bench.session, POOL, context, blob) as private:
        wrapped = transport.wrap(private, load_spki(der), _recipient(fields["recipient"]), bench.backend)
        escrowed = bench.vault.seal(bench.session, _escrow(roster), context, private)
    return _answer(wrapped, {"sealed": escrowed.hex()})


def recover(bench: Bench, fields: Mapping[str, Any], blob: bytes) -> Frame:
    """Wrap an escrowed key for the recipient that the case names, once the custodians' votes are proven here."""
    warrant = _warrant(fields)
    roster = _roster(bench, warrant.roster)
    der, key_id = bytes.fromhex(fields["spki"]), str(fields["id"])
    case = quorum.check(roster, warrant, kind="key", subject={"key": key_id, "key_spki": der.hex()})
    recipient = _recipient(case["recipient"])
    with _opened(bench, roster, _context(key_id, der), blob) as private:
        return _answer(transport.wrap(private, load_spki(der), recipient, bench.backend), {})


@contextmanager
def _opened(bench: Bench, roster: Mapping[str, Any], context: bytes, blob: bytes) -> Iterator[bytearray]:
    """Open an escrowed key, or one of the pool: a restored backup has keys as spare that were delivered since."""
    try:
        with bench.vault.opened(bench.session, _escrow(roster), context, blob) as private:
            copy = bytearray(private)
    except DecryptionFailed:
        with bench.vault.opened(bench.session, POOL, context, blob) as private:
            copy = bytearray(private)
    with transport.wiped(copy):
        yield copy


def found(bench: Bench, _fields: Mapping[str, Any], blob: bytes) -> Frame:
    """Seal the first roster under a lineage drawn here: keys of another lineage never open by it."""
    return _sealed_roster(
        bench, {**_plain_roster(blob), "lineage": secrets.token_hex(LINEAGE_OCTETS), "version": 1}
    )


def amend(bench: Bench, fields: Mapping[str, Any], blob: bytes) -> Frame:
    """Seal the next roster of the same lineage, once the present custodians approved exactly it."""
    warrant = _warrant(fields)
    roster = _roster(bench, warrant.roster)
    subject = {"roster_sha256": quorum.roster_digest(blob)}
    quorum.check(roster, warrant, kind="roster", subject=subject)
    following = {**_plain_roster(blob), "lineage": roster["lineage"], "version": roster["version"] + 1}
    return _sealed_roster(bench, following)


def decrypt(bench: Bench, fields: Mapping[str, Any], blob: bytes) -> Frame:
    """Use an encryption key of this token: decrypt RSAES-OAEP or SM2 octets, or agree with a P-256 point."""
    label, key_id = str(fields["label"]), bytes.fromhex(fields["key_id"]) if fields.get("key_id") else None
    kind = str(fields["kind"])
    if kind == KeyKind.SM2.value:
        key = encryption_keys.sealed(bench.session, label, key_id)
        cipher = Sm2Cipher.from_raw(blob)
        with (
            bench.vault.opened(bench.session, encryption_keys.PURPOSE, key.context, key.blob) as scalar,
            transport.wiped(bench.backend.decrypt(scalar, cipher)) as plain,
        ):
            return Frame({}, bytes(plain))
    private = objects.private_key(bench.session, label, key_id)
    if kind == KeyKind.EC_P256.value:
        return Frame({}, encryption_keys.agree(private, blob))
    with decrypting():
        mechanism = pkcs11.Mechanism.RSA_PKCS_OAEP
        return Frame({}, bytes(private.decrypt(blob, mechanism=mechanism, mechanism_param=OAEP_SHA1)))


def holds(bench: Bench, fields: Mapping[str, Any], _blob: bytes) -> Frame:
    """Tell whether an encryption key is in the token, under its label and id."""
    public, key_id = load_spki(bytes.fromhex(fields["spki"])), bytes.fromhex(fields["key_id"])
    return Frame({"held": encryption_keys.holds(bench.session, str(fields["label"]), key_id, public)})


def _plain_roster(blob: bytes) -> dict[str, Any]:
    """Take from what was asked the fields of a roster and nothing else; its rules are checked again here."""
    given = quorum.read_document(blob)
    custodians = [
        {"id": str(each["id"]), "name": str(each["name"]), "spki": _one_writing(str(each["spki"]))}
        for each in given.get("custodians", ())
    ]
    user, judicial, number = int(given.get("user", 0)), int(given.get("judicial", 0)), len(custodians)
    distinct = {quorum.person(each["id"]) for each in custodians}, {each["spki"] for each in custodians}
    if not 2 <= user < judicial <= number <= quorum.MAX_CUSTODIANS or {len(each) for each in distinct} != {
        number
    }:
        raise RecoveryNotAuthorised("the roster breaks its rules")
    return {"user": user, "judicial": judicial, "custodians": custodians}


def _one_writing(hexadecimal: str) -> str:
    """Write a key as everybody does, so that one key under two writings is not two custodians."""
    return spki(load_spki(bytes.fromhex(hexadecimal))).hex()


def _sealed_roster(bench: Bench, roster: dict[str, Any]) -> Frame:
    text = json.dumps(roster, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    sealed = bench.vault.seal(bench.session, ROSTER, b"", text.encode())
    return Frame({"document": text}, sealed)


def _roster(bench: Bench, sealed: bytes) -> dict[str, Any]:
    with bench.vault.opened(bench.session, ROSTER, b"", sealed) as octets:
        return quorum.read_document(bytes(octets))


def _escrow(roster: Mapping[str, Any]) -> str:
    return f"{ESCROW}:{roster['lineage']}"


def _context(key_id: str, der: bytes) -> bytes:
    """Bind a sealed key to its id and to its public half."""
    return f"{key_id}\n".encode() + der


def _recipient(fields: Mapping[str, Any]) -> Recipient:
    key = load_spki(bytes.fromhex(fields["spki"]))
    return Recipient(key, str(fields["serial"]), str(fields["container"]))


def _warrant(fields: Mapping[str, Any]) -> Warrant:
    votes = tuple(Vote(str(each["custodian"]), bytes.fromhex(each["signature"])) for each in fields["votes"])
    return Warrant(bytes.fromhex(fields["roster"]), str(fields["document"]).encode(), votes)


def _answer(wrapped: WrappedKey, fields: dict[str, Any]) -> Frame:
    return Frame({**fields, "format": wrapped.format.value, "head": wrapped.head.hex()}, wrapped.body)


ACTS: Final[dict[str, Callable[[Bench, Mapping[str, Any], bytes], Frame]]] = {
    "make": make,
    "deliver": deliver,
    "recover": recover,
    "found": found,
    "amend": amend,
    "decrypt": decrypt,
    "holds": holds,
}
"""What a frame may ask for; these change nothing in the token."""


def transport_key(service: TokenService, fields: dict[str, Any], _blob: bytes) -> Frame:
    """Make a key that envelopes can be addressed to; return its public half."""
    new = NewKey(str(fields["label"]), bytes.fromhex(fields["key_id"]), str(fields["kind"]), again=False)
    with service.writing() as session:
        encryption_keys.make_transport(session, new)
        key = objects.private_key(session, new.label, new.id)
        return Frame({"key": objects.describe(session, key)})


def open_into(service: TokenService, fields: dict[str, Any], blob: bytes) -> Frame:
    """Open an envelope into the token."""
    wrapped, public = parse_wrapped(fields, blob)
    address = fields["with"]
    with_key = str(address["label"]), bytes.fromhex(address["key_id"]) if address.get("key_id") else None
    slot = Slot(str(fields["label"]), bytes.fromhex(fields["key_id"]))
    with service.writing() as session:
        binding = bytes.fromhex(fields["binding"])
        Opener(session, service.vault, service.sm2(), with_key, binding).open(wrapped, public, slot)
    return Frame({})


def perform(service: TokenService, fields: dict[str, Any], blob: bytes) -> Frame:
    """Do what ``fields["act"]`` names; anything else raises :class:`UnsupportedAlgorithm`."""
    act = ACTS.get(str(fields.get("act")))
    if act is None:
        raise UnsupportedAlgorithm("no such request to the key centre's token")
    with service.sealing() as session:
        return act(Bench(session, service.vault, service.sm2()), fields, blob)


OPERATIONS: Final = {
    "envelope": perform,
    "transport_key": transport_key,
    "open_envelope": open_into,
}
