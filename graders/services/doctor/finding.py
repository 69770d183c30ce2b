"""Findings: facts with a code. Their level and words are in ``findings.toml``, and only there."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path

from graders.texts import shown_value

_SHOWN_LEARNERS = 3
_LONGEST = 400  # characters of one fact


class Level(StrEnum):
    """How much a finding matters; only ``STOP`` ends a run."""

    OK = "ok"
    WARNING = "warning"
    MISSING = "missing"
    """A right, or a thing, that is missing: what needs it will not be assessed."""
    STOP = "stop"


@dataclass(frozen=True)
class Entry:
    """What a code means: ``says`` and ``fix`` are sentences, ``run`` a command, with places."""

    area: str
    level: Level
    says: str
    fix: str = ""
    run: str = ""


@dataclass(frozen=True)
class Finding:
    """One result of the doctor. ``learners`` are those it concerns; none: the whole class.

    ``stops``: it concerns a sign-in or a file, and nobody could be collected.
    """

    code: str
    facts: Mapping[str, str] = field(default_factory=dict)
    learners: tuple[str, ...] = ()
    stops: bool = False

    @property
    def entry(self) -> Entry:
        return entries()[self.code]

    @property
    def level(self) -> Level:
        return Level.STOP if self.stops else self.entry.level

    @property
    def says(self) -> str:
        """What was found, in one sentence, and for whom."""
        whom = f" ({named(self.learners)})" if self.learners else ""
        return self._filled(self.entry.says) + whom

    @property
    def fix(self) -> str:
        text = self._filled(self.entry.fix)
        return text[:1].upper() + text[1:]

    @property
    def run(self) -> str:
        """A command that does it, as lines for a shell; empty where a sentence says it all."""
        return self._filled(self.entry.run).strip()

    def _filled(self, template: str) -> str:
        shown = {name: shown_value(value)[:_LONGEST] for name, value in self.facts.items()}
        return template.format_map(shown)


@cache
def entries() -> Mapping[str, Entry]:
    """Every code of ``findings.toml``."""
    text = Path(__file__).with_name("findings.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    return {
        code: Entry(**{**table, "level": Level(table["level"])}) for code, table in tables.items()
    }


def named(learners: Iterable[str]) -> str:
    """Some ids, and how many more there are."""
    ids = [shown_value(learner) for learner in learners]
    more = f" and {len(ids) - _SHOWN_LEARNERS} more" if len(ids) > _SHOWN_LEARNERS else ""
    return ", ".join(ids[:_SHOWN_LEARNERS]) + more


def status(findings: Iterable[Finding]) -> int:
    """The exit status: 4 if something stops a run, 1 for warnings and missing rights, else 0."""
    levels = {finding.level for finding in findings}
    if Level.STOP in levels:
        return 4
    return int(bool(levels - {Level.OK}))
