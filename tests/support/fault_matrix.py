"""Every question the graders ask, put to a tenant with every kind of fault, many at a time.

A *cell* is one collection of one learner with one fault on one question. Its connections bear its
name (as the proxy's user), so that hundreds of cells share one process, one transport and one
tenant, and none meets another's fault.
"""

from __future__ import annotations

import contextvars
import gc
import os
import threading
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest
import requests

from fixtures.simulator.serving.fault_answers import MARK
from fixtures.simulator.serving.fault_kinds import can_have
from fixtures.simulator.serving.faults import FAULTS
from fixtures.simulator.serving.route_names import ENDPOINT, QUESTIONS, Question
from graders.evidence import Evidence
from graders.lab import Lab
from graders.services.cloud import Cloud
from graders.services.http.read_only import Service
from graders.services.http.transport import ReadOnlyTransport, RetryPolicy
from graders.services.sign_in import SignIn
from graders.services.sign_in_failures import SignInError

CANARY = MARK
QUICK = RetryPolicy(
    attempts=2, backoff=0.001, retry_after_cap=0.05, timeout=(20, 20), body_seconds=20, total=60
)
IN_A_HURRY = replace(QUICK, timeout=(5, 1), body_seconds=5)
"""Where an answer never comes; elsewhere a busy machine must not be taken for a fault."""
SLOW = ("stall", "slow-drip", "endless-pages")
"""Faults that take longest."""
WITHOUT_END = ("stall", "slow-drip")
WAITING = ("pass-429-retry-after", "pass-429-retry-after-date")
PATIENT = replace(QUICK, retry_after_cap=5)
"""For the cells in which a wait is asked for that is worth it."""
AT_ONCE = 8
PROCESSES = 2
_TLS = ("tls-other-host", "tls-abort")

R = TypeVar("R")
_cell: contextvars.ContextVar[str] = contextvars.ContextVar("cell", default="")


@dataclass(frozen=True)
class Cell:
    """One question with one kind of fault; ``along`` strikes too, so that the question is asked."""

    name: str
    question: Question
    fault: str
    number: int
    """Of the learner who is collected."""
    along: tuple[tuple[Question, str], ...] = ()

    @property
    def entries(self) -> str:
        """The cell's part of a fault plan."""
        struck = ((self.question, self.fault), *self.along)
        return "\n".join(
            entry(f"{self.name}-{place}", question, fault, client=self.name)
            for place, (question, fault) in enumerate(struck)
        )


def entry(name: str, question: Question, fault: str, **more: object) -> str:
    """An entry of a fault plan, as TOML."""
    route = {"service": question.service, "route": question.name, "fault": fault}
    lines = [f"{key} = {_toml(value)}" for key, value in (route | more).items()]
    return "\n".join([f"[{name}]", *lines, ""])


def _toml(value: object) -> str:
    return str(value) if isinstance(value, list) else f'"{value}"'


def question(name: str) -> Question:
    return next(candidate for candidate in QUESTIONS if candidate.name == name)


def can_meet(asked: Question, fault: str) -> bool:
    """Whether there is such a thing: pages of a list, TLS of what is spoken to with it."""
    return can_have(asked, fault) and not (fault in _TLS and asked.service == ENDPOINT)


def every_pair() -> list[tuple[Question, str]]:
    """Every question × every fault that it can meet."""
    return [(asked, fault) for fault in FAULTS for asked in QUESTIONS if can_meet(asked, fault)]


def first(questions: Iterable[Question], fault: str) -> Question | None:
    return next((asked for asked in questions if can_meet(asked, fault)), None)


def some_pairs(needed: Iterable[tuple[str, str]]) -> list[tuple[Question, str]]:
    """Every fault on each service and every question with some fault, and the pairs needed."""
    chosen = {(question(asked), fault) for asked, fault in needed}
    for service in sorted({asked.service for asked in QUESTIONS}):
        own = [asked for asked in QUESTIONS if asked.service == service]
        for place, fault in enumerate(FAULTS):
            turned = own[place % len(own) :] + own[: place % len(own)]  # another one's turn
            chosen |= {(asked, fault) for asked in [first(turned, fault)] if asked}
    met = {asked for asked, _ in chosen}
    chosen |= {(asked, "500") for asked in QUESTIONS if asked not in met}
    return [pair for pair in every_pair() if pair in chosen]


def cells(
    pairs: Iterable[tuple[Question, str]],
    asked_of: Mapping[str, int],
    along: Mapping[str, tuple[tuple[Question, str], ...]],
) -> list[Cell]:
    """A cell for each question and fault; those that take longest come first."""
    longest_first = sorted(pairs, key=lambda pair: pair[1] not in SLOW)
    return [
        Cell(f"cell{n}", asked, fault, asked_of.get(asked.name, 1), along.get(asked.name, ()))
        for n, (asked, fault) in enumerate(longest_first)
    ]


class LabelledDoor(ReadOnlyTransport):
    """A transport whose connections bear the name of the cell that asks."""

    def __init__(self, proxy: str, stalled: Iterable[str] = ()) -> None:
        self._proxy = urlsplit(proxy).netloc
        self._stalled = frozenset(stalled)
        super().__init__(QUICK)

    @property
    def retry_policy(self) -> RetryPolicy:  # type: ignore[override]
        if _cell.get() in WAITING:
            return PATIENT
        return IN_A_HURRY if _cell.get() in self._stalled else QUICK

    @retry_policy.setter
    def retry_policy(self, _: RetryPolicy) -> None:
        """It hangs on the cell."""

    def _exchange(
        self, service: Service, request: requests.PreparedRequest, options: Mapping[str, Any]
    ) -> requests.Response:
        through = {**options, "proxies": self._through(_cell.get())}
        return super()._exchange(service, request, through)

    def forget(self, cell: str) -> None:
        """Close a cell's connections: a thousand cells would run out of files else."""
        manager = self._adapter.proxy_manager.pop(self._through(cell)["https"], None)
        if manager is not None:
            manager.clear()

    def _through(self, cell: str) -> dict[str, str]:
        named = f"{cell}:x@" if cell else ""
        return dict.fromkeys(("http", "https"), f"http://{named}{self._proxy}")


def each(transport: LabelledDoor, calls: Mapping[str, Callable[[], R]]) -> dict[str, R]:
    """Cell -> what its call returned; many at once, each over connections of its own."""

    def call(cell: str) -> R:
        token = _cell.set(cell)
        try:
            return calls[cell]()
        finally:
            _cell.reset(token)
            transport.forget(cell)

    with transport, ThreadPoolExecutor(AT_ONCE) as threads:
        return dict(zip(calls, threads.map(call, calls), strict=True))


@dataclass(frozen=True)
class Work:
    """What one process has to do: cell -> the learners it collects; the last one's is kept.

    A cell without learners only signs in.
    """

    environment: Mapping[str, str]
    labs: Mapping[int, Lab]
    cells: Mapping[str, tuple[int, ...]]
    stalled: frozenset[str]


def collect(task: Work) -> dict[str, Evidence | str]:
    """Cell -> the evidence, or why nobody was signed in; to be run in a process of its own."""
    for name in {*os.environ} - {"PATH", "HOME", "TMPDIR", "SYSTEMROOT", "LANG"}:
        del os.environ[name]  # requests reads all of it before every call
    os.environ.update(task.environment)
    gc.disable()
    transport = LabelledDoor(task.environment["HTTPS_PROXY"], task.stalled)
    sign_in = SignIn.from_environment(task.environment)
    with pytest.MonkeyPatch.context() as patch, transport:
        keep_cells_apart(patch)
        sign_in.check()
        return each(
            transport, {cell: _calling(task, cell, sign_in, transport) for cell in task.cells}
        )


def _calling(
    task: Work, cell: str, sign_in: SignIn, transport: ReadOnlyTransport
) -> Callable[[], Evidence | str]:
    labs = [task.labs[number] for number in task.cells[cell]]
    if labs:
        return lambda: collected(sign_in, transport, labs)[-1]
    return lambda: _why_not_signed_in(task.environment)


def _why_not_signed_in(environment: Mapping[str, str]) -> str:
    try:
        SignIn.from_environment(environment).check()
    except SignInError as error:
        return str(error)
    return ""


def in_processes(task: Work) -> dict[str, Evidence | str]:
    """As ``collect``, shared out among as many processes as there are processors to speak of."""
    names = list(task.cells)
    parts = [names[start::PROCESSES] for start in range(PROCESSES)]
    tasks = [replace(task, cells={name: task.cells[name] for name in part}) for part in parts]
    evidence: dict[str, Evidence | str] = {}
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as processes:
        for part in processes.map(collect, tasks):
            evidence |= part
    return evidence


def collected(sign_in: SignIn, transport: ReadOnlyTransport, labs: Sequence[Lab]) -> list[Evidence]:
    """What a collection sees of these learners."""
    cloud = Cloud(sign_in, transport)
    cloud.prepare(labs)
    return [cloud.look_at(lab) for lab in labs]


def keep_cells_apart(patch: pytest.MonkeyPatch) -> None:
    """Threads belong to the cell that starts them, and SDKs remember nothing for other cells."""
    patch.setattr(threading, "Thread", _Thread)
    let_sdk_remember(patch, _PerCell)


def let_sdk_remember(patch: pytest.MonkeyPatch, memory: Callable[[], MutableMapping]) -> None:
    """Give the Azure DevOps SDK new memories: it shares what it learnt within a process."""
    from azure.devops import _file_cache
    from azure.devops.client import Client

    import graders.services.azure_devops.client  # noqa: F401 (keeps the SDK's cache off the disk)

    patch.setattr(Client, "_locations_cache", memory())
    for cache in (_file_cache.OPTIONS_CACHE, _file_cache.RESOURCE_CACHE):
        patch.setattr(cache, "data", memory())


class _Thread(threading.Thread):
    def __init__(self, *positional: Any, **named: Any) -> None:
        super().__init__(*positional, **named)
        self._context_of_cell = contextvars.copy_context()

    def run(self) -> None:
        self._context_of_cell.run(super().run)


class _PerCell(dict[Any, Any]):
    def __contains__(self, key: object) -> bool:
        return super().__contains__((_cell.get(), key))

    def __getitem__(self, key: object) -> Any:
        return super().__getitem__((_cell.get(), key))

    def __setitem__(self, key: object, value: object) -> None:
        super().__setitem__((_cell.get(), key), value)

    def get(self, key: object, default: Any = None) -> Any:
        return super().get((_cell.get(), key), default)

    def setdefault(self, key: object, default: Any = None) -> Any:
        return super().setdefault((_cell.get(), key), default)
