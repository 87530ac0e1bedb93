"""What a frame may ask of a worker: one table for a token, one for the module as a whole.

An operation is ``(service, fields, octets) -> Frame``. A module with operations of its own adds its table to ``TOKEN``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from hsm.errors import HsmError, KeyNotFound
from hsm.worker import envelopes
from hsm.worker.service import ModuleService, TokenService
from hsm.worker.wire import Frame

TokenOperation = Callable[[TokenService, dict[str, Any], bytes], Frame]
ModuleOperation = Callable[[ModuleService, dict[str, Any], bytes], Frame]

Operation = TypeVar("Operation")

TOKEN: Final[Mapping[str, TokenOperation]] = {
    "login": TokenService.login,
    "sign": TokenService.sign,
    "find": TokenService.find,
    "keys": TokenService.keys,
    "certificates": TokenService.certificates,
    "generate": TokenService.generate,
    "import_certificate": TokenService.import_certificate,
    "destroy": TokenService.destroy,
    "change_pin": TokenService.change_pin,
    "probe": TokenService.probe,
    **envelopes.OPERATIONS,
}
"""Requests to a worker that serves one token."""
MODULE: Final[Mapping[str, ModuleOperation]] = {
    "tokens": ModuleService.tokens,
    "create": ModuleService.create,
    "unblock": ModuleService.unblock,
}
"""Requests to a worker without a token."""


def perform(service: TokenService | ModuleService, frame: Frame) -> Frame:
    """Do what the frame asks; an unknown request raises :class:`HsmError`."""
    name = str(frame.fields.get("op"))
    with service.turn:
        if isinstance(service, ModuleService):
            return _named(MODULE, name)(service, frame.fields, frame.blob)
        try:
            return _named(TOKEN, name)(service, frame.fields, frame.blob)
        except KeyNotFound:
            service.present()
            raise


def _named(table: Mapping[str, Operation], name: str) -> Operation:
    try:
        return table[name]
    except KeyError as missing:
        raise HsmError("unknown request") from missing
