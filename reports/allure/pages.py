"""The pages that Allure built, made fit to be passed on.

They do not report that they are opened, show a large class closed at first, and show the suites by
task from the same files as the suites by learner.
"""

from __future__ import annotations

import json
import re
import shutil
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
    [class*="styles_grid__"] { grid-template-columns: 1fr !important; }
    [data-testid="test-result-attachment-header"] { flex-wrap: wrap; }
    [data-testid="test-result-attachment-header"] > button { min-width: 100%; }
    :has(> [data-testid="summary-report-card"]) { grid-template-columns: 1fr !important; }
    [data-testid="summary-report-card"] { min-width: 0 !important; width: auto !important; }
  }
"""
"""On a phone Allure squeezes two charts into one line, and a title to the width of a letter."""
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
"""Allure stores there what its reader closed and opened; this runs once per report and browser."""
_OTHER_TREE = """
  const fetched = window.fetch;
  window.fetch = (what, ...more) =>
    fetched(String(what).replace("/default/tree.json", "/default/by-task.json"), ...more);
"""
_LEAD_ON = (
    '<meta charset="utf-8"><meta http-equiv="refresh" content="0; url=%s"><a href="%s">By task</a>'
)


@dataclass(frozen=True)
class Tree:
    """A tree of suites, as Allure wrote it into a report of many files."""

    nodes: Mapping[str, Any]
    root: Sequence[str]

    @classmethod
    def read(cls, folder: Path) -> Tree:
        document = json.loads((folder / _TREE).read_bytes())
        return cls(document["groupsById"], document["root"].get("groups", ()))

    def level(self, depth: int) -> Sequence[str]:
        """The ids of all groups that many levels below the root."""
        groups = self.root
        for _ in range(depth):
            groups = [child for group in groups for child in self.nodes[group].get("groups", ())]
        return groups

    def open_by_itself(self, groups: Iterable[str]) -> list[str]:
        """Those of the groups that Allure shows open by default."""
        counted = ((group, self.nodes[group].get("statistic", {})) for group in groups)
        return [group for group, counts in counted if counts.get("failed") or counts.get("broken")]


def closed_at_first(by_learner: Path, by_task: Path) -> Sequence[str]:
    """Groups to show closed: a browser needs half a minute to draw all that a class failed."""
    learners, tasks = Tree.read(by_learner), Tree.read(by_task)
    if len(learners.root) <= _FEW:
        return ()
    return [
        *learners.open_by_itself(learners.level(0)),
        *tasks.open_by_itself(tasks.level(1)),
    ]


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


def join(by_task: Path, by_learner: Path) -> Path:
    """Move the suites by task beside those by learner; returns the page that shows them."""
    page = by_learner / "by-task.html"
    text = (by_task / "index.html").read_text(encoding="utf-8")
    write_whole(page, text.replace(_HEAD, f"{_HEAD}<script>{_OTHER_TREE}</script>", 1))
    (by_task / _TREE).replace((by_learner / _TREE).with_name("by-task.json"))
    shutil.rmtree(by_task / _TREE.parts[0])
    there = f"../{by_learner.name}/{page.name}"
    write_whole(by_task / "index.html", _LEAD_ON % (there, there))
    return page


def _tracks(text: str) -> bool:
    """Whether it has Allure's analytics tag, which reports each time that a page is opened."""
    return any(mark in text for mark in _ANALYTICS)
