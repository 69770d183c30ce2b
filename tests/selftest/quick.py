"""Which test files are quick, by what they import, and that their tests keep to it.

A file that gets hold of a process, a browser or the simulated tenant, itself or through a helper
beside it, is not quick. Nobody has to mark anything.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
_PACKAGE = "tests.selftest."
_SLOW = (
    *(
        "subprocess",
        "multiprocessing",
        "playwright",
        "fixtures.plugin.tenant",
        "fixtures.plugin.collect",
    ),
    *("fixtures.simulator.process", "fixtures.simulator.serving"),
)
_PROCESS = ("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "os.system")
_SOCKET = ("socket.connect", "socket.bind", "socket.sendto")
_LOOPBACK = ("127.", "::1", "localhost")
_watched: list[str] = []
"""The quick test that runs; an audit hook can never be taken off again, but told to look away."""


@cache
def is_quick(file: Path) -> bool:
    names = set(_imported(ast.parse(file.read_text(encoding="utf-8"))))
    helpers = {HERE / f"{name.split('.')[2]}.py" for name in names if name.startswith(_PACKAGE)}
    return not any(name.startswith(_SLOW) for name in names) and all(
        is_quick(one) for one in helpers - {file} if one.exists()
    )


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{one.name}" for one in node.names)


@contextmanager
def watched(test: str) -> Iterator[None]:
    """Fail this quick test where it starts a process, or leaves the loopback."""
    _watched.append(test)
    try:
        yield
    finally:
        _watched.pop()


def _look(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watched:
        return
    if event in _PROCESS:
        pytest.fail(f"{_watched[-1]} starts a process: {arguments}; tests/selftest/quick.py")
    if event in _SOCKET and isinstance(arguments[1], tuple):
        host = str(arguments[1][0])
        if not host.startswith(_LOOPBACK):
            pytest.fail(f"{_watched[-1]} leaves the loopback: {host}")


sys.addaudithook(_look)
