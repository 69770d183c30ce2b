"""Searches for one learner in what was written for another: names, addresses and ids of a lab."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

from graders.lab import Lab

GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SECRETS = re.compile(
    r"canary|bearer\s+\S|(?<![\w+/])eyJ\w{8}|[?&]sig=|github_pat_|ghp_", re.IGNORECASE
)
"""What a credential looks like; the simulator's and the tests' own begin with ``canary``."""


def identifiers(lab: Lab, evidence: str = "") -> frozenset[str]:
    """What tells a learner's lab from any other, in lower case.

    ``evidence`` is the text of the learner's snapshot: the GUIDs of all resources of the lab, and
    with them the hosts of endpoints, are in it.
    """
    learner = lab.learner
    named = {
        *(learner.id, learner.name, learner.email),
        *(lab.project, lab.workspace, lab.resource_group),
        *(f"{lab.github_owner}/{name}" for name in lab.repositories),
    }
    return frozenset(name.casefold() for name in named if name) | guids(evidence)


def guids(text: str) -> frozenset[str]:
    return frozenset(GUID.findall(text.casefold()))


def shown(text: str) -> str:
    """What a reader, a renderer or a browser makes of a page, in lower case: no escape hides."""
    plain = unquote(html.unescape(re.sub(r"</?(?:code|bdi|span)\b[^>]*>", "", text)))
    return re.sub(r"[\u200b\u2066-\u2069\\`]", "", plain).casefold()


def pages(folder: Path) -> str:
    """All text of a learner's folder, as it is shown, names of files included."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    assert files, f"{folder} is empty"
    return "\n".join(f"{file.name}\n{shown(file.read_text(encoding='utf-8'))}" for file in files)


@dataclass(frozen=True)
class Others:
    """The identifiers of a class -> who owns them; to be searched in many texts."""

    owners: Mapping[str, str]

    @cached_property
    def _by_rarest_word(self) -> Mapping[str, list[str]]:
        common = Counter(word for identifier in self.owners for word in _words_of(identifier))
        by_word: dict[str, list[str]] = {}
        for identifier in self.owners:
            by_word.setdefault(
                min(_words_of(identifier), key=lambda word: common[word]), []
            ).append(identifier)
        return by_word

    def found_in(self, text: str, own: Iterable[str]) -> set[tuple[str, str]]:
        """(owner, identifier) of each identifier that is there as a whole, but for one's own."""
        mine = set(own)
        likely = [
            identifier
            for word in _words_of(text)
            for identifier in self._by_rarest_word.get(word, ())
        ]
        return {
            (self.owners[identifier], identifier)
            for identifier in likely
            if identifier not in mine and _is_in(identifier, text)
        }


def _words_of(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text))


def _is_in(identifier: str, text: str) -> bool:
    return (
        identifier in text and re.search(rf"(?<!\w){re.escape(identifier)}(?!\w)", text) is not None
    )
