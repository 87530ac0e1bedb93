"""Small secrets of the service sealed and opened in the token's vault, for :meth:`hsm.provider.KeyProvider.seal_secret`.

Their purposes have a prefix of their own, so that nobody has a private key opened as such a secret
(:data:`hsm.sealed_secret.SECRETS`).
"""

from __future__ import annotations

from typing import Any, Final

from hsm.sealed_secret import SECRETS
from hsm.worker.service import TokenService
from hsm.worker.wire import Frame


def seal(service: TokenService, fields: dict[str, Any], blob: bytes) -> Frame:
    """Seal the octets."""
    with service.sealing() as session:
        return Frame({}, service.vault.seal(session, SECRETS + str(fields["purpose"]), b"", blob))


def unseal(service: TokenService, fields: dict[str, Any], blob: bytes) -> Frame:
    """Open what :func:`seal` made for the same purpose."""
    with (
        service.lane() as lane,
        service.vault.opened(lane.session, SECRETS + str(fields["purpose"]), b"", blob) as secret,
    ):
        return Frame({}, bytes(secret))


OPERATIONS: Final = {"seal_secret": seal, "open_secret": unseal}
