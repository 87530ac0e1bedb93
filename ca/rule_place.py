"""Reading rules from TOML, table by table: every key is known, every value has its form, nothing is guessed. Pure.

Whose rules they are decides which error is raised: a function of the place, the Chinese and the English sentence.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

ANY: Final = "*"
"""Stands for whatever there is."""
MAX_FILE: Final = 256 * 1024
"""Octets of a file of rules; the shipped ones have a few thousand."""
MAX_PEOPLE: Final = 500
"""People in a group: larger circles are described by a scope."""
_WORD: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_PERSON: Final = re.compile(r"person:\S{1,120}")

Refuse = Callable[[str, str, str], Exception]
"""Makes the error: the place, the sentence in Chinese and in English."""


def read_toml(octets: bytes, refuse: Refuse) -> Place:
    """Read a file of rules; what is too long or no TOML in UTF-8 is refused."""
    if len(octets) > MAX_FILE:
        raise refuse("file", f"文件超过 {MAX_FILE} 字节", f"it has more than {MAX_FILE} octets")
    try:
        found = tomllib.loads(octets.decode("utf-8"))
    except (ValueError, RecursionError) as wrong:  # no TOML, no UTF-8, a number of thousands of digits
        raise refuse("file", "不是 UTF-8 编码的 TOML", "it is not TOML in UTF-8") from wrong
    return Place("file", found, refuse)


class Place:
    """One table of a file of rules, with the name that errors use for it and the error of whose rules they are."""

    def __init__(self, name: str, values: Mapping[str, Any], refuse: Refuse) -> None:
        self.name = name
        self.values = values
        self._refuse = refuse

    def inside(self, name: str, values: Mapping[str, Any]) -> Place:
        """Return a table further in."""
        return Place(name, values, self._refuse)

    def wrong(self, zh: str, en: str) -> Exception:
        """Return the error about this table as a whole."""
        return self._refuse(self.name, zh, en)

    def _wrong(self, key: str, zh: str, en: str) -> Exception:
        return self._refuse(f"{self.name}, {key}", zh, en)

    def only(self, known: set[str]) -> None:
        """Demand that every key is one of ``known``."""
        unknown = sorted(set(self.values) - known)
        if unknown:
            raise self._wrong(unknown[0], "没有这个键", "there is no such key")

    def text(self, key: str, *, needed: bool = True) -> str:
        """Return a printable text of at most 200 characters."""
        found = self.values.get(key, "")
        if (
            not isinstance(found, str)
            or len(found) > 200
            or (needed and not found)
            or not (found + "x").isprintable()
        ):
            raise self._wrong(key, "应为 1 至 200 个字符的文字", "it is a text of 1 to 200 characters")
        return found

    def word(self, key: str, *, needed: bool = True) -> str:
        """Return a text of lower-case letters, digits, dots, underscores and hyphens."""
        found = self.text(key, needed=needed)
        if found and not _WORD.fullmatch(found):
            raise self._wrong(
                key, "只能含小写字母、数字、点和连字符", "it has lower-case letters, digits, dots and hyphens"
            )
        return found

    def number(self, key: str, least: int, most: int, default: int) -> int:
        """Return a whole number within bounds."""
        found = self.values.get(key, default)
        if type(found) is not int or not least <= found <= most:
            raise self._wrong(
                key, f"应为 {least} 至 {most} 的整数", f"it is a whole number from {least} to {most}"
            )
        return found

    def truth(self, key: str) -> bool:
        """Return true or false; false where nothing is said."""
        found = self.values.get(key, False)
        if not isinstance(found, bool):
            raise self._wrong(key, "应为 true 或 false", "it is true or false")
        return found

    def table(self, key: str) -> Mapping[str, Any]:
        """Return a table; an empty one where there is none."""
        found = self.values.get(key, {})
        if not isinstance(found, dict):
            raise self._wrong(key, "应为表", "it is a table")
        return found

    def tables(self, key: str, *, most: int) -> list[Mapping[str, Any]]:
        """Return a list of tables."""
        found = self.values.get(key, [])
        if (
            not isinstance(found, list)
            or len(found) > most
            or not all(isinstance(one, dict) for one in found)
        ):
            raise self._wrong(key, f"应为至多 {most} 个表", f"it is a list of at most {most} tables")
        return found

    def _list(self, key: str) -> list[str]:
        found = self.values.get(key, [])
        if (
            not isinstance(found, list)
            or len(found) > MAX_PEOPLE
            or not all(isinstance(one, str) for one in found)
        ):
            raise self._wrong(key, "应为文字列表", "it is a list of texts")
        self.distinct(found, key)
        return found

    def people(self, key: str) -> tuple[str, ...]:
        """Return ids of people, each once."""
        found = self._list(key)
        if not all(_PERSON.fullmatch(one) for one in found):
            raise self._wrong(key, "人员写作 person:li.wei", "people are written person:li.wei")
        return tuple(found)

    def words(self, key: str) -> tuple[str, ...]:
        """Return words, or :data:`ANY`; at least one."""
        found = self._list(key)
        if not found or not all(one == ANY or _WORD.fullmatch(one) for one in found):
            raise self._wrong(key, "应为模板编号列表或 *", "it is a list of profiles, or *")
        return tuple(found)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return printable texts of at most 200 characters, or :data:`ANY`; at least one."""
        found = self._list(key)
        if not found or not all(0 < len(one) <= 200 and one.isprintable() for one in found):
            raise self._wrong(key, "应为文字列表或 *", "it is a list of texts, or *")
        return tuple(found)

    def choices(self, key: str, known: Sequence[str]) -> tuple[str, ...]:
        """Return some of ``known``; at least one."""
        found = self._list(key)
        if not found or not set(found) <= set(known):
            raise self._wrong(key, f"可用：{'、'.join(known)}", f"known are {', '.join(known)}")
        return tuple(found)

    def choice(self, key: str, known: Sequence[str], default: str) -> str:
        """Return one of ``known``."""
        found = self.values.get(key, default)
        if found not in known:
            raise self._wrong(key, f"可用：{'、'.join(known)}", f"known are {', '.join(known)}")
        return str(found)

    def distinct(self, values: Sequence[str], key: str) -> None:
        """Demand that nothing is there twice."""
        if len(set(values)) != len(values):
            raise self._wrong(key, "有重复", "something is there twice")
