"""Runs that are forked from a process which has imported everything.

To start Python and import pytest, the graders and the SDKs takes longer than what most runs in
tests are there for. So each process of the tests starts one server (``python -m`` this module);
every run is still a process of its own.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib import import_module
from typing import IO

from tests.support.paths import PROJECT

AVAILABLE = sys.platform == "linux"
"""Elsewhere, libraries do not survive a fork."""
IMPORTED = (
    "asyncio",
    "fixtures.plugin.collect",
    "reports.outputs",
    "reports.allure.results_folder",
)
"""No plugin of pytest and no check: pytest rewrites these while it imports them."""
_LONGEST = 1 << 18


@dataclass(frozen=True)
class Run:
    """``python -m module arguments``, in a folder; stopped after some seconds."""

    module: str
    arguments: Sequence[str]
    folder: str
    environment: Mapping[str, str]
    seconds: int
    umask: int = -1

    def done(self) -> subprocess.CompletedProcess[str]:
        """How it ended, and what it printed."""
        with _text_file() as output, _text_file() as errors:
            reading, writing = os.pipe()
            files = [output.fileno(), errors.fileno(), writing]
            with os.fdopen(reading, encoding="utf-8") as ended:
                try:
                    socket.send_fds(_server(), [json.dumps(asdict(self)).encode()], files)
                finally:
                    os.close(writing)
                status = int(ended.read())
            output.seek(0)
            errors.seek(0)
            return subprocess.CompletedProcess(self.arguments, status, output.read(), errors.read())

    def begin(self) -> None:
        """Become the run, in a process that was forked for it."""
        os.chdir(self.folder)
        os.environ.clear()
        os.environ.update(self.environment)
        if self.umask != -1:
            os.umask(self.umask)
        signal.alarm(self.seconds)
        sys.path[0] = self.folder
        sys.argv[1:] = self.arguments
        runpy.run_module(self.module, run_name="__main__", alter_sys=True)


def _text_file() -> IO[str]:
    return tempfile.TemporaryFile("w+", encoding="utf-8")


@cache
def _server() -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        server = subprocess.Popen([sys.executable, "-m", __name__], stdin=theirs, cwd=PROJECT)
    atexit.register(server.wait)
    atexit.register(ours.close)  # is called first, and the server ends
    return ours


def _next_run() -> Run | None:
    """In a process forked for it: the run to begin. In the server: None, after the last one."""
    requests = socket.socket(fileno=os.dup(0))
    with selectors.DefaultSelector() as waiting:
        waiting.register(requests, selectors.EVENT_READ)
        while True:
            for key, _ in waiting.select():
                if key.data:
                    waiting.unregister(key.fileobj)
                    _answer(key.fd, *key.data)
                    continue
                message, files, *_ = socket.recv_fds(requests, _LONGEST, 3)
                if not message:
                    return None
                *outputs, answer = files
                if child := os.fork():
                    for file in outputs:
                        os.close(file)
                    waiting.register(os.pidfd_open(child), selectors.EVENT_READ, (child, answer))
                    continue
                for number, file in enumerate((os.open(os.devnull, os.O_RDONLY), *outputs)):
                    os.dup2(file, number)
                return Run(**json.loads(message))


def _answer(process: int, child: int, answer: int) -> None:
    _, status = os.waitpid(child, 0)
    os.write(answer, str(os.waitstatus_to_exitcode(status)).encode())
    os.close(process)
    os.close(answer)


if __name__ == "__main__":
    for name in IMPORTED:
        import_module(name)
    gc.freeze()  # what a run never collects is never copied
    if run := _next_run():
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        run.begin()
