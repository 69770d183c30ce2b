"""A headless Chromium that the machine already has; Playwright brings none here."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.support.paths import PROJECT

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
AXE = PROJECT / "reports" / "allure" / "node" / "node_modules" / "axe-core" / "axe.min.js"
_QUIET = (
    "--no-sandbox",  # CI runs as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",  # no page of ours needs more than the loopback
    "--disable-component-update",
    "--disable-sync",
)


def path() -> str | None:
    """Where the browser is; None when there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def started() -> Iterator[Browser]:
    """The browser while it is needed; the test is skipped where there is none."""
    executable = path()
    if executable is None:
        pytest.skip(f"there is no browser: none of {', '.join(NAMES)} is on PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(_QUIET))
        try:
            yield browser
        finally:
            browser.close()


def axe() -> str:
    """The text of axe-core; the test is skipped where ``make`` could not install it."""
    if not AXE.exists():
        pytest.skip("there is no axe-core: `make test` installs it where there is Node")
    return AXE.read_text(encoding="utf-8")
