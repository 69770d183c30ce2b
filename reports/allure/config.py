"""What Allure 3 has to build, as the contents of its ``allurerc.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.allure.results_folder import CATEGORIES

FRONT = "index.html"
BY_LEARNER, BY_TASK, DASHBOARD = "learners", "tasks", "dashboard"
"""Folders of a report in many files, which its front page links to."""
RUNS = 10
"""How many runs a history goes back; each costs about 0.4 KB a result."""

_STEP = {"label": "story"}
_CHARTS = (
    {"type": "currentStatus", "title": "All checks of all learners"},
    {"type": "successRateDistribution", "title": "Tasks and steps, by how many passed"},
    {
        "type": "testResultSeverities",
        "title": "By weight (critical: 3 points or more; minor: none)",
        "levels": ["critical", "normal", "minor"],
        "statuses": ["failed", "broken", "skipped", "passed"],
    },
)
_CHARTS_OVER_RUNS = (
    {"type": "statusDynamics", "title": "Run by run", "limit": RUNS},
    {"type": "statusTransitions", "title": "Changes since the previous run", "limit": RUNS},
    {"type": "statusAgePyramid", "title": "How long each status has lasted", "limit": RUNS},
)
"""Empty frames while there is only one run."""


@dataclass(frozen=True)
class Build:
    """A report's name, where it is built, and the history it continues."""

    name: str
    work: Path
    """The folder in which each report gets a folder of its own."""
    history: Path
    plugins: Path
    """The folder of our own plugins for Allure."""

    @property
    def charts(self) -> Sequence[Mapping[str, Any]]:
        return (*_CHARTS, *_CHARTS_OVER_RUNS) if self.history.stat().st_size else _CHARTS

    def many_files(self) -> Mapping[str, Any]:
        """By learner, by task, and a dashboard; this run is added to the history."""
        return self._with(
            "many",
            {
                BY_LEARNER: self._suites("By learner", "suite", "subSuite"),
                BY_TASK: {
                    **self._suites("By task", "feature", "story", "suite"),
                    "import": str(self.plugins / "by_task.mjs"),
                },
                DASHBOARD: _plugin("dashboard", reportName="Dashboard", layout=self.charts),
            },
        )

    def one_file(self) -> Mapping[str, Any]:
        """By learner, with the charts, all in one page; the history is left unchanged."""
        plugin = self._suites(self.name, "suite", "subSuite")
        plugin["options"]["singleFile"] = True
        return {**self._with("one", {"single": plugin}), "appendHistory": False}

    def _suites(self, name: str, *labels: str) -> dict[str, Any]:
        charts = {"charts": self.charts, "sections": ["charts"]}
        return _plugin("awesome", reportName=name, groupBy=labels, **charts)

    def _with(self, folder: str, plugins: Mapping[str, Any]) -> Mapping[str, Any]:
        return {
            "name": self.name,
            "output": str(self.work / folder),
            "historyPath": str(self.history),
            "historyLimit": RUNS,
            "categories": [_category(category) for category in CATEGORIES],
            "plugins": {
                "evidence": {"import": str(self.plugins / "shared_evidence.mjs")},
                **plugins,
                "agent": {"enabled": False},  # on by default
            },
        }


def _plugin(kind: str, **options: Any) -> dict[str, Any]:
    return {"import": kind, "options": {"reportLanguage": "en", **options}}


def _category(category: Mapping[str, Any]) -> Mapping[str, Any]:
    """A category for Allure 3, which reads them here: grouped by step, then by message."""
    return {**category, "groupBy": [_STEP], "groupByMessage": True}
