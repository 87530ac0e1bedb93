"""The doors of tokens and chips of one installation, opened together: inventory, chips and seals, work on chips."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from api.home import Home
from api.tokens.key_stores import SERVICE_TOKEN, KeyStores
from ca.authority import CertificateAuthority
from ca.enrolment.rules import RuleBook
from ca.keycentre.centre import KeyCentre
from ca.tokens.gate import TokenGate
from ca.tokens.letters import PinLetters
from ca.tokens.personalise import Personalisation
from ca.tokens.ranges import ChipRanges
from ca.tokens.registry import TokenRegistry
from ca.tokens.requests import PersonalisationRequests
from ca.tokens.so_pin import SoPins
from ca.tokens.unblock import ChipTools, Unblocking
from hsm.chip import Chips
from hsm.derivation import Derivation
from hsm.key_uri import KeyUri
from hsm.pin_counter import PinCounter
from hsm.skf.chip import SkfChips
from hsm.skf.provider import SkfProvider
from hsm.token_chip import TokenChips
from seals.chips import SealChips
from seals.registry import SealRegistry

MASTER: Final = "so-pin-master"
"""The key in the service's token from which SO PINs and the keys of PIN letters are derived."""


@dataclass(frozen=True, slots=True)
class TokenWork:
    """Everything that is done with tokens and chips."""

    registry: TokenRegistry
    chips: SealChips
    ranges: ChipRanges
    letters: PinLetters
    requests: PersonalisationRequests
    personalisation: Personalisation
    unblocking: Unblocking
    gate: TokenGate

    def reconcile(self) -> dict[str, int]:
        """Finish what dead processes left between a token's state and what follows it."""
        return {
            "token_certificates_settled": self.registry.reconcile(),
            "chip_seals_settled": self.chips.reconcile(),
            "personalisations_closed": self.personalisation.reconcile(),
        }


def open_token_work(  # noqa: PLR0913, PLR0917 - the neighbours, each once
    stores: KeyStores,
    home: Home,
    authority: CertificateAuthority,
    seals: SealRegistry,
    rules: RuleBook,
    key_centre: KeyCentre,
) -> TokenWork:
    """Open the doors; nothing is asked of a token before it is needed. ``rules`` say who approves a personalisation."""
    engine, clock, audit = authority.engine, authority.clock, authority.audit
    master = Derivation(stores.ring, KeyUri(stores.scheme, SERVICE_TOKEN, MASTER))
    letters = PinLetters(engine, clock, audit, master)
    tools = ChipTools(MappingProxyType(_chips(stores, home)), SoPins(master), letters, stores.ring)
    registry = TokenRegistry(engine, clock, audit, authority)
    requests = PersonalisationRequests(engine, clock, audit, registry, rules)
    return TokenWork(
        registry=registry,
        chips=SealChips(engine, clock, audit, registry, seals),
        ranges=ChipRanges(engine, clock, audit),
        letters=letters,
        requests=requests,
        personalisation=Personalisation(
            engine, clock, audit, authority, registry, requests, tools, key_centre
        ),
        unblocking=Unblocking(engine, clock, audit, registry, tools),
        gate=TokenGate(engine, clock, tools),
    )


def _chips(stores: KeyStores, home: Home) -> dict[str, Chips]:
    """Return a chip library for each key store whose tokens can serve as applications."""
    found: dict[str, Chips] = {}
    for provider in stores.ring.providers():
        if isinstance(provider, SkfProvider):
            found[provider.scheme] = SkfChips(provider)
        elif provider.scheme in ("pkcs11", "file"):
            found[provider.scheme] = TokenChips(provider, PinCounter(home.counters, provider.scheme))
    return found
