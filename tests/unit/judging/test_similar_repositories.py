"""A near miss is never another learner's repository."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graders.collector import unseen
from graders.evidence import Evidence, ServiceName, Unavailable
from graders.judging.ownership import ownership
from graders.judging.prerequisites.github import similar_repositories
from graders.lab import Lab, Learner
from tests.support.correct_evidence import CI, LAB

FAULT = Unavailable(ServiceName.AZURE_ML, "the lab", "it is down", "Wait.")


def lab(number: int, workspace: str = "") -> Lab:
    learner = Learner(f"user{number}", number)
    own = {"repositories": (f"mlops_0{number}",), "workspace": workspace or f"user{number}aml"}
    return replace(LAB, learner=learner, project=f"AE MLOps 0{number}", **own)


def looked(learner: str, *similar: str, builds: str = "") -> Evidence:
    pipelines = (replace(CI, repository_name=f"solliancelabs/{builds}"),) if builds else ()
    return replace(unseen(learner, FAULT), similar_repositories=similar, pipelines=pipelines)


def meant(labs: tuple[Lab, ...], *evidence: Evidence) -> list[tuple[str, ...]]:
    results = ownership(labs, {own.learner: own for own in evidence})
    return [
        similar_repositories(own.similar_repositories, results[own.learner]) for own in evidence
    ]


@pytest.mark.parametrize("built", ["mlops", "MLOps"])
def test_what_anothers_pipelines_build_is_anothers(built: str) -> None:
    ada, eve = looked("user1", "mlops", "mlops_1"), looked("user2", "mlops", builds=built)
    assert meant((lab(1), lab(2)), ada, eve) == [("mlops_1",), ("mlops",)]


def test_what_is_similar_to_the_names_of_two_learners_is_neithers() -> None:
    both = looked("user1", "mlops"), looked("user2", "mlops")
    assert meant((lab(1), lab(2)), *both) == [(), ()]


def test_what_is_similar_to_one_name_only_was_meant() -> None:
    both = looked("user1", "mlops"), looked("user2", "mlops-2", builds="mlops_02")
    assert meant((lab(1), lab(2)), *both) == [("mlops",), ("mlops-2",)]


def test_partners_build_the_same() -> None:
    team = lab(1, "shared"), lab(2, "shared")
    both = looked("user1", "mlops"), looked("user2", "mlops", builds="mlops")
    assert meant(team, *both) == [("mlops",), ("mlops",)]
