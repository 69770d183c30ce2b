"""The stored lab of one learner, and two more made of it: honest work of a class of three."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

from graders import snapshot
from graders.evidence import Evidence, Run
from graders.inputs.lab_file import read_class
from graders.lab import Lab
from tests.support.paths import COHORTS, GOLDEN

LEARNERS = ("user1", "user2", "user3")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_RUN = re.compile(r"(?<![0-9a-f-])10([12])(?![0-9a-f-])")


@cache
def labs() -> Mapping[str, Lab]:
    learners, lab_file = read_class(COHORTS / "demo.csv", COHORTS / "lab.toml")
    return {
        learner.id: lab_file.for_learner(learner) for learner in learners if learner.id in LEARNERS
    }


@cache
def evidence() -> Mapping[str, Evidence]:
    """Nothing of one lab is in another: names, ids, runs and addresses differ; so do times."""
    first = snapshot.read(GOLDEN / "evidence" / str(snapshot.SCHEMA), LEARNERS[0])
    assert first is not None
    return {name: _of(first, number) for number, name in enumerate(LEARNERS, 1)}


def with_texts(value: Any, change: Callable[[str], str], later: timedelta = timedelta(0)) -> Any:
    """The same facts with every text changed, keys of mappings included, and so much later."""
    again = partial(with_texts, change=change, later=later)
    if type(value) is str:
        return change(value)
    if isinstance(value, datetime):
        return value + later
    if isinstance(value, tuple | frozenset):
        return type(value)(map(again, value))
    if isinstance(value, Mapping):
        return {change(name): again(part) for name, part in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: again(getattr(value, f.name)) for f in fields(value)})
    return value


def _of(first: Evidence, number: int) -> Evidence:
    own = labs()[LEARNERS[number - 1]]
    email = labs()[LEARNERS[0]].learner.email

    def renamed(text: str) -> str:
        text = text.replace(email, own.learner.email).replace("AE MLOps 01", own.project)
        text = text.replace("mlops_01", own.repositories[0]).replace("User1AML", own.resource_group)
        text = text.replace("user1", f"user{number}")
        text = _GUID.sub(lambda guid: _own_guid(guid[0], own, number), text)
        return _RUN.sub(rf"{number}0\1", text)

    lab = with_texts(first, renamed, timedelta(hours=number - 1))
    runs = tuple(replace(run, id=run.id + 100 * (number - 1)) for run in _runs(lab))
    return replace(lab, learner=own.learner.id, place=own.place, runs=runs)


def _own_guid(guid: str, own: Lab, number: int) -> str:
    return guid if guid == own.subscription_id else f"{guid[:-1]}{number}"


def _runs(lab: Evidence) -> tuple[Run, ...]:
    assert isinstance(lab.runs, tuple)
    return lab.runs
