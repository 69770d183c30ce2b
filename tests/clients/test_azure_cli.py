"""Microsoft's command-line client of Azure, as it is. Its extensions are in no registry."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import pytest

from fixtures.simulator.process import SimulatedTenant
from tests.clients.record import CLIENTS
from tests.clients.truth import Truth

CLIENT = "azure-cli"
AZ = shutil.which("az", path=str(CLIENTS / "az" / "bin"))
pytestmark = pytest.mark.skipif(AZ is None, reason="az, Azure's command-line client, is not here")

Run = Callable[..., subprocess.CompletedProcess[str]]
WORKSPACES = "Microsoft.MachineLearningServices/workspaces"


@pytest.fixture(scope="module")
def run(
    environment: Mapping[str, str],
    tenant: SimulatedTenant,
    tmp_path_factory: pytest.TempPathFactory,
) -> Run:
    """Runs az, signed in; its settings are in a folder of the test's, as its manual has it."""
    settings = {
        "AZURE_CONFIG_DIR": str(tmp_path_factory.mktemp("az")),
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
        "AZURE_CORE_NO_COLOR": "true",
    }

    def started(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(AZ), *arguments],
            env={**environment, **settings},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    own = tenant.credentials
    who = ("-u", own["client_id"], "-p", own["client_secret"], "--tenant", own["tenant_id"])
    signed_in = started("login", "--service-principal", *who)
    assert signed_in.returncode == 0, signed_in.stderr
    return started


Ask = Callable[[Callable[..., Any], Truth], object]


def _names(found: Any) -> list[str]:
    return sorted(item["name"] for item in found)


def _placed(found: Any) -> list[str]:
    return [found["name"], found["location"]]


def _rest(az: Callable[..., Any], truth: Truth) -> object:
    url = f"https://management.azure.com{truth.workspace_id}/models/{truth.lab.model}/versions"
    found = az("rest", "--url", f"{url}?api-version=2022-10-01")
    return {item["name"]: item["properties"]["tags"] for item in found["value"]}


CALLS: Mapping[str, tuple[str, Ask]] = MappingProxyType(
    {
        "az account list": (
            "subscriptions",
            lambda az, _: [account["id"] for account in az("account", "list")],
        ),
        "az account show": ("subscription", lambda az, _: az("account", "show")["id"]),
        "az group list": ("groups", lambda az, _: _names(az("group", "list"))),
        "az group show": (
            "group",
            lambda az, truth: _placed(az("group", "show", "-n", truth.lab.resource_group)),
        ),
        "az group exists": (
            "there",
            lambda az, truth: az("group", "exists", "-n", truth.lab.resource_group),
        ),
        "az resource list": (
            "workspaces",
            lambda az, _: _names(az("resource", "list", "--resource-type", WORKSPACES)),
        ),
        "az resource list in a group": (
            "own_workspaces",
            lambda az, truth: _names(az("resource", "list", "-g", truth.lab.resource_group)),
        ),
        "az resource show": (
            "workspace",
            lambda az, truth: _placed(
                az("resource", "show", "--ids", truth.workspace_id, "--api-version", "2022-10-01")
            ),
        ),
        "az rest": ("model_versions", _rest),
    }
)
WRITES: Mapping[str, Callable[[Truth], tuple[str, ...]]] = MappingProxyType(
    {
        "az group delete": lambda truth: (
            *("group", "delete", "--yes", "--no-wait", "-n", truth.lab.resource_group),
        ),
        "az rest of a DELETE": lambda truth: (
            *("rest", "--method", "delete", "--url"),
            f"https://management.azure.com{truth.workspace_id}?api-version=2022-10-01",
        ),
    }
)


@pytest.mark.parametrize("call", CALLS)
def test_reading(call: str, run: Run, truth: Truth) -> None:
    def az(*arguments: str) -> Any:
        done = run(*arguments, "--output", "json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    topic, ask = CALLS[call]
    assert ask(az, truth) == truth.of(topic)


@pytest.mark.writes(1)
@pytest.mark.parametrize("call", WRITES)
def test_writing_is_refused(call: str, run: Run, truth: Truth) -> None:
    done = run(*WRITES[call](truth))
    assert done.returncode != 0
    assert "AuthorizationFailed" in done.stderr
