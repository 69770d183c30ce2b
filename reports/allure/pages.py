"""The pages that Allure built, made fit to be passed on.

They tell nobody that they are opened, and show a large class closed at first.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.allure.ordering import TREE
from reports.allure.tool import not_built
from reports.files import write_whole

_SCRIPT = re.compile(r"<script\b[^>]*>.*?</script>", re.DOTALL)
_ANALYTICS = ("googletagmanager", "gtag(")
_HEAD = '<meta charset="utf-8">'
_POLICY = (
    "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; object-src 'none';"
    " form-action 'none'"
)
"""Whatever a report holds, a browser sends no request to another host."""
_NARROW = """
  @media (max-width: 700px) {
    [data-testid="test-result-attachment-header"] { flex-wrap: wrap; }
    [data-testid="test-result-attachment-header"] > button { min-width: 100%; }
  }
"""
"""On a telephone Allure squeezes a title to the width of a letter."""
_TREE = Path(TREE)
_FEW = 5
"""Learners up to which Allure's default is kept: all that failed is open."""
_CLOSE = """
  try {
    if (localStorage.getItem("lab-report") !== %(build)s) {
      localStorage.setItem("lab-report", %(build)s);
      localStorage.setItem("collapsedTrees", %(closed)s);
      localStorage.removeItem("expandedTrees");
    }
  } catch {}
"""
"""Allure keeps there what its reader closed and opened; this is done once a report and browser."""


@dataclass(frozen=True)
class Tree:
    """A tree of suites, as Allure wrote it into a report of many files."""

    nodes: Mapping[str, Any]
    root: Sequence[str]

    @classmethod
    def read(cls, folder: Path) -> Tree:
        document = json.loads((folder / _TREE).read_bytes())
        return cls(document["groupsById"], document["root"].get("groups", ()))

    def open_by_itself(self, groups: Iterable[str]) -> list[str]:
        """Those of the groups that Allure shows open by default."""
        counted = ((group, self.nodes[group].get("statistic", {})) for group in groups)
        return [group for group, counts in counted if counts.get("failed") or counts.get("broken")]


def closed_at_first(folder: Path) -> Sequence[str]:
    """Groups to show closed: a browser needs half a minute to draw all that a class failed."""
    learners = Tree.read(folder)
    return () if len(learners.root) <= _FEW else learners.open_by_itself(learners.root)


def finish(pages: Iterable[Path], closed: Sequence[str]) -> None:
    """Rewrite the pages of one report. Raises NotWritten when their form is unknown."""
    values = {"build": json.dumps(str(uuid.uuid4())), "closed": json.dumps(json.dumps(closed))}
    script = f"<script>{_CLOSE % values}</script>" if closed else ""
    policy = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    added = f"{policy}<style>{_NARROW}</style>{script}"
    for page in pages:
        text = page.read_text(encoding="utf-8")
        silent = _SCRIPT.sub(lambda match: "" if _tracks(match[0]) else match[0], text)
        if _tracks(silent) or _HEAD not in silent:
            raise not_built(
                f"its page {page.name} has an unknown form, so its usage tracking could not be"
                " removed"
            )
        write_whole(page, silent.replace(_HEAD, _HEAD + added, 1))


def _tracks(text: str) -> bool:
    """Whether it has Allure's tag, which tells its makers each time that a report is opened."""
    return any(mark in text for mark in _ANALYTICS)
