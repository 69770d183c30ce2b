"""``make screenshots``: what a run writes, as it looks in a browser, for ``docs/screenshots``.

``python -m tests.support.screenshots`` grades the demo cohort on the simulated tenant first;
``python -m tests.support.screenshots REPORTS`` takes the reports folder of an earlier run.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.support import chromium, grading_process
from tests.support.paths import COHORTS, PROJECT

FOLDER = PROJECT / "docs" / "screenshots"
_HEIGHTS = {1280: 900, 390: 844}


def _as_opened(page: Page) -> None:
    """The page as it is when somebody opens it."""


def _learners(page: Page) -> None:
    page.get_by_role("heading", name="Learners", exact=True).scroll_into_view_if_needed()
    page.locator("#learners").evaluate("section => section.scrollIntoView()")


def _detail(page: Page) -> None:
    page.get_by_role("button", name="user9 ").click()


@dataclass(frozen=True)
class Shot:
    """One picture: of which file below the reports folder, how wide, after doing what."""

    name: str
    path: str
    width: int = 1280
    action: Callable[[Page], None] = _as_opened
    dark: bool = False


SHOTS: tuple[Shot, ...] = (
    Shot("page-1280", "index.html"),
    Shot("page-1280-learners", "index.html", action=_learners),
    Shot("page-1280-detail", "index.html", action=_detail),
    Shot("page-1280-dark", "index.html", action=_learners, dark=True),
    Shot("page-390", "index.html", 390),
    Shot("page-390-learners", "index.html", 390, _learners),
    Shot("page-390-detail", "index.html", 390, _detail),
    Shot("feedback-1280", "feedback/user9/feedback.html"),
    Shot("feedback-390", "feedback/user9/feedback.html", 390),
)


def take(shot: Shot, reports: Path, browser: Browser, folder: Path = FOLDER) -> Path:
    """Write one picture into ``folder``. Raises Playwright's errors."""
    file = folder / f"{shot.name}.png"
    size = {"width": shot.width, "height": _HEIGHTS[shot.width]}
    page = browser.new_page(
        viewport=size,  # type: ignore[arg-type]
        color_scheme="dark" if shot.dark else "light",
        reduced_motion="reduce",
    )
    page.goto((reports / shot.path).resolve().as_uri())
    shot.action(page)
    page.screenshot(path=file)
    page.close()
    return file


def main(arguments: Sequence[str]) -> int:
    if chromium.path() is None:
        print(f"there is no browser: none of {', '.join(chromium.NAMES)} is on PATH")
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, chromium.started() as browser:
        reports = Path(arguments[0]) if arguments else _graded(Path(folder))
        for shot in SHOTS:
            file = take(shot, reports, browser)
            _say(file)
    return 0


def _say(file: Path) -> None:
    print(f"{file.relative_to(PROJECT)}  {file.stat().st_size / 1000:.0f} kB")


def _graded(reports: Path) -> Path:
    cohort = COHORTS / "demo.csv"
    done = grading_process.grade(
        *("--learners", cohort, "--tenant", "simulated", "--fail-on", "never"), reports=reports
    )
    if not (reports / "index.html").exists():
        sys.exit(f"the demo cohort was not graded:\n{done.text}")
    return reports


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
