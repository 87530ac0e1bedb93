"""The SM2 curve of GB/T 32918.5 and arithmetic on it, in integers alone.

Not constant time: what is multiplied here leaks through timing. Public values (verification, encryption) lose nothing by
that; for private scalars see :mod:`hsm.sm2.pure`.
"""

from __future__ import annotations

from functools import cache
from typing import Final

P: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
"""Prime of the field."""
A: Final = P - 3
B: Final = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
"""Order of the base point; prime, cofactor 1, so that a point on the curve other than infinity has this order."""
G: Final = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
OCTETS: Final = 32
"""Octets of a coordinate, a scalar and an SM3 digest."""

Point = tuple[int, int]
Jacobian = tuple[int, int, int]
INFINITY: Final[Jacobian] = (1, 1, 0)
Comb = tuple[list[Point], ...]
_WINDOW: Final = 4
_DIGITS: Final = 256 // _WINDOW
OFTEN: Final = 48
"""Times after which a point gets a comb, whose making costs about as much as so many multiplications."""
COMBS: Final = 64
"""Combs kept at the same time, about 250 kB each; beyond, all are dropped and made again as they are needed."""
WATCHED: Final = 4096
"""Points counted at the same time; beyond, counting begins anew."""


def on_curve(x: int, y: int) -> bool:
    """Tell whether both coordinates are reduced and y² = x³ + ax + b (GB/T 32918.1 §6.2.1)."""
    return 0 <= x < P and 0 <= y < P and (y * y - (x * x * x + A * x + B)) % P == 0


def lift(x: int) -> tuple[Point, ...]:
    """Return the points with that x: two, or none (P mod 4 is 3, so that a root is a power)."""
    square = (x * x * x + A * x + B) % P
    root = pow(square, (P + 1) // 4, P)
    return ((x, root), (x, P - root)) if root * root % P == square else ()


def base_multiple(scalar: int) -> Point | None:
    """Return [scalar]G; ``None`` for infinity."""
    return affine(_by_comb(scalar % N, _base_comb()))


def multiple(scalar: int, point: Point) -> Point | None:
    """Return [scalar]point; ``None`` for infinity."""
    return affine(_by_windows(scalar % N, point))


def combined(base: int, scalar: int, point: Point) -> Point | None:
    """Return [base]G + [scalar]point; ``None`` for infinity. A point that comes often is multiplied faster."""
    comb = _POPULAR.comb(point)
    product = _by_windows(scalar % N, point) if comb is None else _by_comb(scalar % N, comb)
    return affine(_add(_by_comb(base % N, _base_comb()), product))


def affine(point: Jacobian) -> Point | None:
    """Leave Jacobian coordinates: x = X/Z², y = Y/Z³."""
    x, y, z = point
    if not z:
        return None
    inverse = pow(z, -1, P)
    square = inverse * inverse % P
    return x * square % P, y * square * inverse % P


def _double(point: Jacobian) -> Jacobian:
    """2·point for a = -3 (GB/T 32918.1 A.1.2.3.2)."""
    x, y, z = point
    if not y or not z:
        return INFINITY
    delta, gamma = z * z % P, y * y % P
    beta = x * gamma % P
    alpha = 3 * (x - delta) * (x + delta) % P
    new_x = (alpha * alpha - 8 * beta) % P
    new_z = ((y + z) ** 2 - gamma - delta) % P
    return new_x, (alpha * (4 * beta - new_x) - 8 * gamma * gamma) % P, new_z


def _add(one: Jacobian, other: Jacobian) -> Jacobian:
    x1, y1, z1 = one
    x2, y2, z2 = other
    if not z1:
        return other
    if not z2:
        return one
    square1, square2 = z1 * z1 % P, z2 * z2 % P
    u1, u2 = x1 * square2 % P, x2 * square1 % P
    s1, s2 = y1 * square2 * z2 % P, y2 * square1 * z1 % P
    h, r = (u2 - u1) % P, (s2 - s1) % P
    if not h:
        return INFINITY if r else _double(one)
    hh = h * h % P
    hhh, v = h * hh % P, u1 * hh % P
    x3 = (r * r - hhh - 2 * v) % P
    return x3, (r * (v - x3) - s1 * hhh) % P, h * z1 * z2 % P


def _add_affine(one: Jacobian, other: Point) -> Jacobian:
    """Add a point whose Z is 1, which saves a third of the work."""
    x1, y1, z1 = one
    if not z1:
        return (*other, 1)
    square = z1 * z1 % P
    h = (other[0] * square - x1) % P
    r = (other[1] * square * z1 - y1) % P
    if not h:
        return INFINITY if r else _double(one)
    hh = h * h % P
    hhh, v = h * hh % P, x1 * hh % P
    x3 = (r * r - hhh - 2 * v) % P
    return x3, (r * (v - x3) - y1 * hhh) % P, h * z1 % P


def _by_windows(scalar: int, point: Point) -> Jacobian:
    table = _multiples(point)
    result = INFINITY
    for place in range(_DIGITS - 1, -1, -1):
        for _ in range(_WINDOW):
            result = _double(result)
        digit = scalar >> (place * _WINDOW) & 15
        if digit:
            result = _add(result, table[digit])
    return result


def _multiples(point: Point) -> list[Jacobian]:
    first = (*point, 1)
    table: list[Jacobian] = [INFINITY, first]
    for _ in range(2, 1 << _WINDOW):
        table.append(_add(table[-1], first))
    return table


def _by_comb(scalar: int, table: Comb) -> Jacobian:
    result = INFINITY
    for place, row in enumerate(table):
        digit = scalar >> (place * _WINDOW) & 15
        if digit:
            result = _add_affine(result, row[digit])
    return result


def _comb(point: Point) -> Comb:
    """[d·16^i]point for every digit d and place i: 960 points, about 50 ms."""
    rows = []
    start: Point | None = point
    for _ in range(_DIGITS):
        if start is None:  # pragma: no cover - 16^i is no multiple of the prime N
            raise AssertionError
        rows.append([(0, 0), *(found for each in _multiples(start)[1:] if (found := affine(each)))])
        start = affine(_by_windows(1 << _WINDOW, start))
    return tuple(rows)


@cache
def _base_comb() -> Comb:
    return _comb(G)


class _Popular:
    """Combs of the points that come often: the keys of authorities, with which thousands of signatures are checked."""

    def __init__(self) -> None:
        self._seen: dict[Point, int] = {}
        self._combs: dict[Point, Comb] = {}

    def comb(self, point: Point) -> Comb | None:
        """Return the comb of a point that was asked for OFTEN times, and make it then."""
        found = self._combs.get(point)
        if found is not None:
            return found
        if len(self._seen) >= WATCHED:
            self._seen.clear()
        count = self._seen[point] = self._seen.get(point, 0) + 1
        if count < OFTEN:
            return None
        if len(self._combs) >= COMBS:
            self._combs.clear()
        made = self._combs[point] = _comb(point)
        return made


_POPULAR: Final = _Popular()
