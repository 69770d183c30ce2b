"""Collecting a cohort: each learner apart from the others, nothing lost, nothing looked at twice."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from fixtures.progress import CollectionProgress
from graders import snapshot
from graders.cohort import Learner
from graders.collector import Silent, collect, unseen, wanting
from graders.evidence import Evidence, Unavailable
from graders.lab import Lab, LabFile

ROOT = Path(__file__).parents[2]
FAULT = Unavailable("GitHub", "the repositories", "HTTP 503", "Run again", 503)
LABS = [LabFile().for_learner(Learner(f"l{n}", n)) for n in range(1, 8)]
IDS = tuple(lab.learner.id for lab in LABS)


def seen(lab: Lab) -> Evidence:
    nothing = {name: () for name in ("runs", "pipelines", "models", "endpoints", "repositories")}
    more = ("variable_groups", "service_connections", "published_pipelines")
    nothing |= {name: () for name in more}
    there = {"project": _project(lab), "workspace": _workspace(lab), "answer": None}
    return replace(unseen(lab.learner.id, FAULT), **nothing, **there)


def _project(lab: Lab) -> object:
    from graders.evidence import Project

    return Project("p", lab.project, "wellFormed")


def _workspace(lab: Lab) -> object:
    from graders.evidence import Workspace

    return Workspace("w", lab.workspace, lab.resource_group, "s", "centralus", "Succeeded")
