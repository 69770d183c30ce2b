"""The lab sheet with every name replaced, and the catalogue of mistakes in the same words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from random import Random
from string import ascii_lowercase
from typing import Any

from fixtures.simulator.catalogue_file import Mistake
from fixtures.simulator.wire.azure_devops import outcomes as pipelines
from fixtures.simulator.wire.azure_ml.scoring import predictions
from graders.lab import SHEET, Sheet

Cipher = Callable[[str], str]
_PLACE = re.compile(r"(\{[^}]*\})")
_UNTOUCHED = ("tasks", "scoring")
"""Roles whose texts are shown or sent, and whose words are everybody's: ``data``, ``result``."""
_OWN_WORDS = ("answer",)
"""Fields of the simulated world whose values are the simulator's own words."""
_OWN_TASKS = (pipelines.COVERAGE, pipelines.FIND, pipelines.EVALUATED)
"""Tasks that no sheet names, with words in them that one does."""


def cipher(random: Random) -> Cipher:
    """Another letter for every letter, in the same case; what is in braces is kept."""
    others = ascii_lowercase
    while any(map(str.__eq__, others, ascii_lowercase)):
        others = "".join(random.sample(ascii_lowercase, 26))
    table = str.maketrans(ascii_lowercase + ascii_lowercase.upper(), others + others.upper())

    def changed(text: str) -> str:
        parts = _PLACE.split(text)
        parts[::2] = [part.translate(table) for part in parts[::2]]
        return "".join(parts)

    return changed


def with_other_names(random: Random, shared: Cipher | None = None) -> Sheet:
    """The sheet with every name, number and query replaced.

    One ``shared`` cipher for all names keeps what they have in common; without it each gets its
    own, so that no name can be made of another.
    """
    renamed = _renamed(SHEET, lambda text: (shared or cipher(random))(text))
    commits = {
        name: "".join(random.choices("0123456789abcdef", k=len(getattr(SHEET.template, name))))
        for name in ("tree", "release")
    }
    rows = tuple(tuple(random.randint(-9, 9) for _ in range(10)) for _ in range(3))
    names = {"input": cipher(random)("data"), "output": cipher(random)("result")}
    asked = [list(map(float, row)) for row in rows]
    scoring = replace(SHEET.scoring, **names, rows=rows, predictions=tuple(predictions(asked)))
    return replace(
        renamed,
        template=replace(renamed.template, **commits),
        scoring=scoring,
        model=replace(renamed.model, error=random.uniform(1000, 9000)),
        endpoint=replace(renamed.endpoint, cpu=random.randint(2, 9), memory_gb=0.5),
    )


def _renamed(part: Any, change: Cipher) -> Any:
    if isinstance(part, str):
        return change(part)
    if is_dataclass(part) and not isinstance(part, type):
        kept = {field.name: getattr(part, field.name) for field in fields(part)}
        others = {
            name: _renamed(value, change)
            for name, value in kept.items()
            if not (part is SHEET and name in _UNTOUCHED)
        }
        return replace(part, **others)
    return tuple(_renamed(member, change) for member in part) if isinstance(part, tuple) else part


# --- the catalogue in other words -----------------------------------------------------------------


class Translator:
    """Puts entries of the catalogue into the words of a sheet made with one cipher."""

    def __init__(self, change: Cipher) -> None:
        self._change = change
        names = sorted({*_segments(SHEET), *_OWN_TASKS}, key=len, reverse=True)
        self._names = re.compile("|".join(map(_alone, names)))

    def entry(self, mistake: Mistake) -> Mistake:
        return replace(
            mistake,
            set={self._path(path): self._value(path, value) for path, value in mistake.set.items()},
            add={self._path(path): self._added(path, value) for path, value in mistake.add.items()},
            remove=tuple(map(self._path, mistake.remove)),
        )

    def text(self, text: str) -> str:
        """The sheet's names in a text replaced; all else is as it was."""
        parts = _PLACE.split(text)
        parts[::2] = [self._names.sub(self._translated, part) for part in parts[::2]]
        return "".join(parts)

    def _translated(self, match: re.Match[str]) -> str:
        return match[0] if match[0] in _OWN_TASKS else self._change(match[0])

    def _path(self, path: str) -> str:
        """``resource.field.key``: only a key can be a name of the lab."""
        resource, _, rest = path.partition(".")
        return ".".join(filter(None, (resource, self._field(rest))))

    def _field(self, path: str) -> str:
        name, _, key = path.partition(".")
        other = self.text(key.upper()).lower() if key.islower() and name == "variables" else ""
        return ".".join(filter(None, (name, other or self.text(key))))

    def _added(self, path: str, value: Any) -> Any:
        if "." in path:
            return self._value(path, value)
        if isinstance(value, list):
            return [self._added(path, item) for item in value]
        return {self._field(name): self._value(name, item) for name, item in value.items()}

    def _value(self, path: str, value: Any) -> Any:
        if path.rpartition(".")[2] in (*_OWN_WORDS, "as"):
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self._value(path, item) for item in value]
        if isinstance(value, Mapping):
            return {self.text(key): self._value(key, item) for key, item in value.items()}
        return value


def _segments(part: object) -> Iterator[str]:
    """The fixed parts of all names; those of patterns in any case, for Azure keeps none."""
    if isinstance(part, str):
        fixed = [piece for piece in _PLACE.split(part)[::2] if piece]
        yield from fixed
        if len(_PLACE.split(part)) > 1:
            yield from (form(piece) for piece in fixed for form in (str.lower, str.upper))
    elif is_dataclass(part):
        for field in fields(part):
            if field.name not in (*_UNTOUCHED, "slip"):
                yield from _segments(getattr(part, field.name))
    elif isinstance(part, tuple):
        for inner in part:
            yield from _segments(inner)


def _alone(name: str) -> str:
    """A name where no letter is beside its own."""
    before = r"(?<![A-Za-z_])" if name[0].isalpha() else ""
    after = r"(?![A-Za-z_])" if name[-1].isalpha() else ""
    return f"{before}{re.escape(name)}{after}"
