"""What is true of the simulated class, in words that every client's answers are put into."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from fixtures.simulator import template
from fixtures.simulator.state import LearnerWorld, Run
from graders.lab import SHEET, Lab

LEARNERS = 130
"""More than fit on a page of any list."""


def model_in(content: bytes) -> list[Any]:
    """Name, version and id in the one file of the artifact's zip file."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        (name,) = archive.namelist()
        facts = json.loads(archive.read(name))
    return [facts["name"], facts["version"], facts["id"]]


@dataclass(frozen=True)
class Truth:
    """The first learner's world, and the names of the whole class. One property a topic."""

    labs: Sequence[Lab]
    world: LearnerWorld

    def of(self, topic: str) -> Any:
        return getattr(self, topic)

    @property
    def lab(self) -> Lab:
        return self.labs[0]

    @property
    def for_programs(self) -> Mapping[str, Any]:
        """What a program of another language needs to ask for the same."""
        lab, cd = self.lab, self.lab.sheet.cd
        return {
            "organization": lab.organization,
            "project": lab.project,
            "project_id": self.world.project.id,
            "variable_group": lab.variable_group,
            "connection": lab.service_connection,
            "ci_pipeline": self.ci_pipeline,
            "ci_run": self.ci_runs[0],
            "cd_run": self.cd_run,
            "smoke_test_task": cd.deployment.smoke_test,
            "smoke_test_passed": cd.log.smoke_test_passed,
            "artifact": self.artifact,
            "owner": lab.github_owner,
            "repository": lab.repositories[0],
            "ci_yaml": lab.ci_yaml,
            "commit": self.commit,
            "subscription": lab.subscription_id,
            "group": lab.resource_group,
            "workspace": lab.workspace,
            "workspace_id": self.workspace_id,
            "model": lab.model,
        }

    # --- Azure DevOps ---

    @property
    def projects(self) -> list[str]:
        return sorted(lab.project for lab in self.labs)

    @property
    def project(self) -> list[str]:
        return [self.world.project.id, self.world.project.name, self.world.project.state]

    @property
    def teams(self) -> list[str]:
        return [f"{self.lab.project} Team"]

    @property
    def variable_groups(self) -> dict[str, dict[str, str]]:
        return {group.name: group.variables for group in self.world.variable_groups}

    @property
    def variable_group(self) -> dict[str, str]:
        return self.variable_groups[self.lab.variable_group]

    @property
    def connections(self) -> dict[str, list[Any]]:
        own = self.world.service_connections
        return {c.name: [c.id, c.type, c.scheme, c.is_ready] for c in own}

    @property
    def connection(self) -> list[Any]:
        return self.connections[self.lab.service_connection]

    @property
    def pipelines(self) -> dict[str, int]:
        return {pipeline.name: pipeline.id for pipeline in self.world.pipelines}

    @property
    def ci_yaml(self) -> str:
        return f"/{self.lab.ci_yaml}"

    @property
    def ci_pipeline(self) -> int:
        return self.pipelines[self.lab.ci_pipeline]

    @property
    def runs(self) -> dict[str, list[Any]]:
        return {str(run.id): [run.pipeline, run.result] for run in self.world.runs}

    @property
    def ci_runs(self) -> list[int]:
        return [self._run("ci").id]

    @property
    def ci_run(self) -> list[Any]:
        run = self._run("ci")
        return [run.id, run.number, run.pipeline, run.commit]

    @property
    def ci_run_name(self) -> list[Any]:
        run = self._run("ci")
        return [run.id, run.number, run.result]

    @property
    def cd_run(self) -> int:
        return self._run("cd").id

    @property
    def last_pipelines(self) -> list[str]:
        """The last two names of the alphabet."""
        return sorted(self.pipelines, key=str.casefold, reverse=True)[:2]

    @property
    def stages(self) -> dict[str, str]:
        ci = self.lab.sheet.ci
        return dict.fromkeys((ci.build.name, ci.training.name), "succeeded")

    @property
    def smoke_test(self) -> bool:
        """Whether the log of CD's smoke test says that it passed."""
        return True

    @property
    def artifacts(self) -> list[str]:
        return sorted(self._run("ci").artifacts)

    @property
    def artifact(self) -> str:
        return self.lab.sheet.ci.artifacts.model

    @property
    def model_file(self) -> list[Any]:
        """What is in the zip file of the artifact."""
        facts = self._run("ci").model_file
        return [facts["name"], int(facts["version"]), facts["id"]]

    def _run(self, yaml: str) -> Run:
        return next(run for run in self.world.runs if run.yaml == yaml)

    # --- GitHub ---

    @property
    def repositories(self) -> list[str]:
        return sorted(lab.repositories[0] for lab in self.labs)

    @property
    def repository(self) -> list[Any]:
        own = self.world.repositories[0]
        return [own.full_name, own.private, own.fork, own.default_branch]

    @property
    def template(self) -> str | None:
        return self.world.repositories[0].template

    @property
    def commits(self) -> list[str]:
        return self.world.repositories[0].commits

    @property
    def commit(self) -> str:
        return self.commits[0]

    @property
    def branches(self) -> list[str]:
        return [self.world.repositories[0].default_branch]

    @property
    def file(self) -> str:
        return template.texts(SHEET)[self.lab.ci_yaml]

    @property
    def folder(self) -> list[str]:
        """The pipelines' folder."""
        return sorted(path for path in self.paths if path.startswith(".pipelines/"))

    @cached_property
    def paths(self) -> list[str]:
        """Every file of the repository."""
        from fixtures.simulator.git_objects import Blob, content_of

        head = content_of(self.world.repositories[0]).head
        return sorted(p for p, entry in head.tree.walk() if isinstance(entry, Blob)) if head else []

    # --- Azure ---

    @property
    def workspaces(self) -> list[str]:
        return sorted(lab.workspace for lab in self.labs)

    @property
    def own_workspaces(self) -> list[str]:
        return [self.lab.workspace]

    @property
    def workspace(self) -> list[str]:
        own = self.world.workspace
        return [own.name, own.location]

    @property
    def groups(self) -> list[str]:
        return sorted(lab.resource_group for lab in self.labs)

    @property
    def group(self) -> list[str]:
        return [self.lab.resource_group, self.world.workspace.location]

    @property
    def there(self) -> bool:
        return True

    @property
    def subscriptions(self) -> list[str]:
        return [self.lab.subscription_id]

    @property
    def subscription(self) -> str:
        return self.lab.subscription_id

    @property
    def workspace_id(self) -> str:
        """Its address in Azure Resource Manager."""
        own = self.world.workspace
        group = f"/subscriptions/{own.subscription_id}/resourceGroups/{own.resource_group}"
        return f"{group}/providers/Microsoft.MachineLearningServices/workspaces/{own.name}"

    @property
    def rights(self) -> list[str]:
        return sorted(self.world.workspace.may)

    @property
    def model_names(self) -> list[str]:
        return sorted({model.name for model in self.world.models})

    @property
    def model(self) -> list[Any]:
        own = self._model
        return [own.name, str(own.version), own.tags]

    @property
    def model_latest(self) -> list[str]:
        return [self._model.name, str(self._model.version)]

    @property
    def model_versions(self) -> dict[str, Mapping[str, str]]:
        return {str(self._model.version): self._model.tags}

    @property
    def online_endpoints(self) -> list[str]:
        return [endpoint.name for endpoint in self.world.online_endpoints]

    @property
    def _model(self) -> Any:
        return next(model for model in self.world.models if model.name == self.lab.model)
