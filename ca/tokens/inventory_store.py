"""Queries on tokens, their applications, containers and keys. Takes a connection, never commits."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from ca.tokens.errors import TokenMoved
from ca.tokens.state import EFFECTS, TokenAct, TokenState
from ca.tokens.store import token, token_application, token_container, token_event, token_key
from ca.tokens.token import (
    ContainerKey,
    Holder,
    KeyUse,
    PinPolicy,
    PinState,
    Purpose,
    Standing,
    Token,
    TokenApplication,
    TokenContainer,
    TokenEvent,
    TokenQuery,
)

T: Final = token.c
A: Final = token_application.c
C: Final = token_container.c
K: Final = token_key.c
E: Final = token_event.c


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key is: token, application, container and use."""

    token: str
    application: str
    container: str
    use: KeyUse = KeyUse.SIGN

    @property
    def matches(self) -> sa.ColumnElement[bool]:
        """The condition that finds its row."""
        return sa.and_(
            K.token == self.token,
            K.application == self.application,
            K.container == self.container,
            K.use == self.use,
        )


def insert_token(conn: sa.Connection, values: Mapping[str, Any]) -> bool:
    """Write a new token; false if its serial number or chip number is taken."""
    try:
        with conn.begin_nested():
            conn.execute(token.insert().values(**values))
    except sa.exc.IntegrityError:
        return False
    return True


def find(conn: sa.Connection, serial: str) -> Token | None:
    """Read a token with everything on it, or nothing."""
    row = conn.execute(sa.select(*T).where(T.serial == serial)).one_or_none()
    return None if row is None else _tokens(conn, [row])[0]


def page(conn: sa.Connection, query: TokenQuery, limit: int) -> tuple[Token, ...]:
    """Read up to ``limit`` tokens after ``query.after``, by serial number, with everything on them."""
    chosen = sa.select(*T).where(T.serial > query.after)
    if query.uscc:
        chosen = chosen.where(T.holder_uscc == query.uscc)
    if query.state is not None:
        chosen = chosen.where(T.state == query.state)
    if query.batch:
        chosen = chosen.where(T.batch == query.batch)
    return _tokens(conn, conn.execute(chosen.order_by(T.serial).limit(limit)).all())


def move(conn: sa.Connection, before: Token, state: TokenState, changes: Mapping[str, Any]) -> Token:
    """Move a token by compare-and-swap on its state and count of acts; :class:`TokenMoved` if somebody was faster."""
    moved = conn.execute(
        token.update()
        .where(T.serial == before.serial, T.state == before.state, T.moves == before.moves)
        .values(state=state, moves=before.moves + 1, **changes)
    )
    if moved.rowcount != 1:
        raise TokenMoved(before.serial)
    found = find(conn, before.serial)
    if found is None:
        raise TokenMoved(before.serial)
    return found


def insert_event(conn: sa.Connection, event: TokenEvent) -> None:
    """Add one row of history."""
    conn.execute(
        token_event.insert().values(
            token=event.serial,
            number=event.number,
            act=event.act,
            state=event.state,
            at=event.at,
            actor=event.actor,
            reason=event.reason,
        )
    )


def events(conn: sa.Connection, serial: str) -> tuple[TokenEvent, ...]:
    """Read a token's history, oldest first."""
    rows = conn.execute(sa.select(*E).where(E.token == serial).order_by(E.number))
    return tuple(
        TokenEvent(
            row.token, row.number, TokenAct(row.act), TokenState(row.state), row.at, row.actor, row.reason
        )
        for row in rows
    )


def last_event(conn: sa.Connection, serial: str, acts: Sequence[TokenAct]) -> TokenEvent | None:
    """Return the latest of some acts, or nothing."""
    return next((event for event in reversed(events(conn, serial)) if event.act in acts), None)


def insert_application(conn: sa.Connection, serial: str, name: str, policy: PinPolicy) -> None:
    """Write an application."""
    conn.execute(
        token_application.insert().values(
            token=serial, name=name, pin_length=policy.length, pin_tries=policy.tries
        )
    )


def insert_container(conn: sa.Connection, serial: str, application: str, name: str, purpose: Purpose) -> None:
    """Write a container."""
    conn.execute(
        token_container.insert().values(token=serial, application=application, name=name, purpose=purpose)
    )


def insert_key(conn: sa.Connection, place: Place, *, key_uri: str, public_key: bytes) -> None:
    """Write a key that has no certificate yet; ``public_key`` is its SubjectPublicKeyInfo."""
    conn.execute(
        token_key.insert().values(
            token=place.token,
            application=place.application,
            container=place.container,
            use=place.use,
            key_uri=key_uri,
            spki_sha256=hashlib.sha256(public_key).hexdigest(),
            public_key=public_key,
            request_key="",
            standing=Standing.NONE,
        )
    )


def public_key(conn: sa.Connection, place: Place) -> bytes | None:
    """Return a key's SubjectPublicKeyInfo, or nothing where there is no such key."""
    found: bytes | None = conn.scalar(sa.select(K.public_key).where(place.matches))
    return None if found is None else bytes(found)


def set_request(conn: sa.Connection, place: Place, request_key: str) -> None:
    """Record under which request key a certificate is about to be asked for."""
    conn.execute(token_key.update().where(place.matches).values(request_key=request_key))


def set_certificate(conn: sa.Connection, place: Place, values: Mapping[str, Any]) -> bool:
    """Record the certificate of a key; false if there is no such key."""
    moved = conn.execute(token_key.update().where(place.matches).values(standing=Standing.GOOD, **values))
    return moved.rowcount == 1


def set_standing(conn: sa.Connection, place: Place, before: Standing, now: Standing) -> bool:
    """Move a certificate's standing by compare-and-swap."""
    moved = conn.execute(token_key.update().where(place.matches, K.standing == before).values(standing=now))
    return moved.rowcount == 1


def set_pin(conn: sa.Connection, serial: str, application: str, left: int, at: datetime) -> None:
    """Record what the chip said of a PIN."""
    conn.execute(
        token_application.update()
        .where(A.token == serial, A.name == application)
        .values(pin_left=left, pin_read_at=at)
    )


_WANTS: Final = {
    Standing.GOOD: [state for state, effect in EFFECTS.items() if effect.certificates is not None],
    Standing.HELD: [state for state, effect in EFFECTS.items() if effect.certificates != "certificateHold"],
    Standing.APART: [state for state, effect in EFFECTS.items() if effect.certificates != "certificateHold"],
    Standing.NONE: [state for state, effect in EFFECTS.items() if effect.certificates is not None],
}
"""For each standing of a certificate, the states of its token in which it may not stay so."""


def unsettled(conn: sa.Connection, serial: str | None = None, limit: int = 500) -> tuple[str, ...]:
    """Return tokens with a certificate that does not stand as the token's state demands."""
    demands = [
        sa.and_(K.standing == standing, T.state.in_(states))
        if standing is not Standing.NONE
        else sa.and_(K.standing == standing, K.request_key != "", T.state.in_(states))
        for standing, states in _WANTS.items()
    ]
    query = sa.select(T.serial).join(token_key, K.token == T.serial).where(sa.or_(*demands)).distinct()
    if serial is not None:
        query = query.where(T.serial == serial)
    return tuple(conn.scalars(query.order_by(T.serial).limit(limit)))


def _tokens(conn: sa.Connection, rows: Sequence[Any]) -> tuple[Token, ...]:
    """Assemble tokens with three further queries, however many they are."""
    serials = [row.serial for row in rows]
    keys: dict[tuple[str, str, str], list[ContainerKey]] = {}
    for key in conn.execute(sa.select(*K).where(K.token.in_(serials)).order_by(K.use.desc())):
        keys.setdefault((key.token, key.application, key.container), []).append(_key(key))
    containers: dict[tuple[str, str], list[TokenContainer]] = {}
    for each in conn.execute(sa.select(*C).where(C.token.in_(serials)).order_by(C.name)):
        held = tuple(keys.get((each.token, each.application, each.name), ()))
        containers.setdefault((each.token, each.application), []).append(
            TokenContainer(each.name, Purpose(each.purpose), held)
        )
    parts: dict[str, list[TokenApplication]] = {}
    for part in conn.execute(sa.select(*A).where(A.token.in_(serials)).order_by(A.name)):
        pin = PinState(part.pin_left, part.pin_left == 0, part.pin_read_at)
        found = tuple(containers.get((part.token, part.name), ()))
        parts.setdefault(part.token, []).append(
            TokenApplication(part.name, PinPolicy(part.pin_length, part.pin_tries), pin, found)
        )
    return tuple(_token(row, tuple(parts.get(row.serial, ()))) for row in rows)


def _key(row: Any) -> ContainerKey:
    return ContainerKey(
        use=KeyUse(row.use),
        key_uri=row.key_uri,
        spki_sha256=row.spki_sha256,
        request_key=row.request_key,
        standing=Standing(row.standing),
        issuer=row.issuer,
        serial=row.certificate,
        not_before=row.not_before,
        not_after=row.not_after,
    )


def _token(row: Any, applications: tuple[TokenApplication, ...]) -> Token:
    return Token(
        serial=row.serial,
        model=row.model,
        medium=row.medium,
        batch=row.batch,
        number=row.number,
        holder=Holder(row.holder_uscc, row.holder_person, row.holder_name),
        state=TokenState(row.state),
        prior=TokenState(row.prior),
        moves=row.moves,
        registered_at=row.registered_at,
        moved_at=row.moved_at,
        moved_by=row.moved_by,
        stopped_by=row.stopped_by,
        resume_requested_by=row.resume_requested_by,
        applications=applications,
    )
