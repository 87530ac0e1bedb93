"""What the settings choose: rules, limits and references as the rooms take them."""

from __future__ import annotations

import time
from datetime import timedelta

from api.access.rate_limit import PublicLimit, read_networks, read_rate
from api.access.session import Sessions
from api.files import read_file
from api.home import Home
from api.settings import Settings
from ca.clock import Clock
from ca.clock_guard import KernelDiscipline, Reference, SteadyClock
from ca.config import CaConfig
from ca.enrolment.rule_file import default_rules, read_rules
from ca.enrolment.rules import RuleBook
from ca.keycentre.house import CentreRules
from seals.cases.rule_file import default_book, read_book
from seals.cases.rules import UseBook


def public_limit(settings: Settings, clock: Clock) -> PublicLimit:
    """Limit what the public asks, by address."""
    return PublicLimit(read_rate(settings.public_rate), read_networks(settings.trusted_proxies), clock)


def use_book(settings: Settings) -> UseBook:
    """Read the rules of use."""
    rules = settings.use_rules
    return default_book() if rules is None else read_book(read_file(rules))


def enrolment_rules(settings: Settings) -> RuleBook:
    """Read the rules of enrolment."""
    rules = settings.enrolment_rules
    return default_rules() if rules is None else read_rules(read_file(rules))


def centre_rules(settings: Settings) -> CentreRules:
    """Say how the key centre works."""
    pool = ((settings.suite.key_kind, settings.kmc_pool_size),) if settings.kmc_pool_size else ()
    return CentreRules(pool=pool)


def ca_config(settings: Settings) -> CaConfig:
    """Say how the authority issues."""
    return CaConfig(
        base_url=settings.base_url,
        instance_prefix=settings.instance_prefix,
        production=settings.production,
        suite=settings.suite,
        crl_lifetime=timedelta(hours=settings.crl_hours),
        ocsp_lifetime=timedelta(minutes=settings.ocsp_minutes),
    )


def chosen_reference(settings: Settings, clock: Clock) -> Reference:
    """Choose what the clock is compared with."""
    if settings.clock_reference == "kernel":
        return KernelDiscipline()
    return SteadyClock(clock, _since_boot)


def _since_boot() -> float:
    """Seconds that no setting of the clock moves, time asleep included where the system tells it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def sessions(settings: Settings, home: Home, clock: Clock) -> Sessions:
    """Keep sessions of the console."""
    given = settings.session_secret
    secret = home.session_secret() if given is None else given.get_secret_value().encode()
    return Sessions(secret, clock, timedelta(minutes=settings.session_minutes))
