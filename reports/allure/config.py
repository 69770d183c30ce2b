"""What Allure 3 has to build, as the contents of its ``allurerc.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.allure.results_folder import CATEGORIES

FRONT = "index.html"
RUNS = 10
"""How many runs a history goes back; each costs about 0.4 KB a result."""

_STEP = {"label": "story"}


@dataclass(frozen=True)
class Build:
    """A report's name, where it is built, and the history it continues."""

    name: str
    work: Path
    """The folder in which each report gets a folder of its own."""
    history: Path
    plugins: Path
    """The folder of our own plugins for Allure."""

    def many_files(self) -> Mapping[str, Any]:
        """A folder to serve; this run is added to the history."""
        return self._with("many", single_file=False)

    def one_file(self) -> Mapping[str, Any]:
        """All in one page; the history stays as it is."""
        return {**self._with("one", single_file=True), "appendHistory": False}

    def _with(self, folder: str, *, single_file: bool) -> Mapping[str, Any]:
        by_learner = {
            "reportName": self.name,
            "reportLanguage": "en",
            "groupBy": ("suite", "subSuite"),
            "singleFile": single_file,
        }
        return {
            "name": self.name,
            "output": str(self.work / folder),
            "historyPath": str(self.history),
            "historyLimit": RUNS,
            "categories": [_category(category) for category in CATEGORIES],
            "plugins": {
                "evidence": {"import": str(self.plugins / "shared_evidence.mjs")},
                "awesome": {"options": by_learner},
                "agent": {"enabled": False},  # or it comes unasked
            },
        }


def _category(category: Mapping[str, Any]) -> Mapping[str, Any]:
    """A category for Allure 3, which reads them here: grouped by step, then by message."""
    return {**category, "groupBy": [_STEP], "groupByMessage": True}
