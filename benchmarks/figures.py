"""Figures of a benchmark: printed for people, and written as JSON for the table of all."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path


def add_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")


def environment(**changes: str) -> dict[str, str]:
    """The environment of a measured process: it keeps compiled modules, as installed ones are."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return kept | changes


def show(title: str, rows: Iterable[tuple[str, str]]) -> None:
    print(title)
    for name, value in rows:
        print(f"{name:<28}{value:>10}")


def write(file: Path | None, figures: Mapping[str, float]) -> None:
    """Write the figures, each under its name, where a file was asked for."""
    if file is not None:
        file.write_text(json.dumps(dict(figures), indent=1) + "\n", encoding="utf-8")
