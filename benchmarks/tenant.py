"""How quickly a large simulated tenant is ready, and how much memory it takes.

``python benchmarks/tenant.py --learners 10000``: starts the tenant several times with a class of
that size, asks it for every learner's published pipelines, and prints what it took. POSIX only:
the peak memory is the operating system's own figure.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import requests  # noqa: E402 (the path comes first)
from azure.identity import ClientSecretCredential  # noqa: E402

from fixtures.simulator.process import SimulatedTenant  # noqa: E402
from graders.lab import Lab, read_class  # noqa: E402

LAB_FILE = ROOT / "fixtures" / "cohorts" / "lab.toml"
STARTS = 5
SCOPE = "https://management.azure.com/.default"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learners", type=int, default=10_000)
    learners = parser.parse_args().learners
    with tempfile.TemporaryDirectory() as folder:
        cohort = Path(folder) / "class.csv"
        rows = [f"l{number},{number}" for number in range(1, learners + 1)]
        cohort.write_text("\n".join(["learner,number", *rows]), encoding="utf-8")
        starts = [started(cohort) for _ in range(STARTS)]
        asked = asked_for_everything(cohort)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"learners                         {learners:>8}")
    print(f"ready after, s (median of {STARTS})      {statistics.median(starts):>8.2f}")
    print(f"every learner asked for in, s    {asked:>8.1f}")
    print(f"peak memory of the tenant, MB    {peak:>8.0f}")


def started(cohort: Path) -> float:
    began = time.perf_counter()
    with SimulatedTenant(cohort, LAB_FILE):
        return time.perf_counter() - began


def asked_for_everything(cohort: Path) -> float:
    """Makes the tenant build every learner's world once."""
    learners, lab_file = read_class(cohort, LAB_FILE)
    labs = [lab_file.for_learner(learner) for learner in learners]
    with SimulatedTenant(cohort, LAB_FILE) as tenant:
        os.environ.update(tenant.environment())
        known = tenant.credentials
        credential = ClientSecretCredential(
            known["tenant_id"], known["client_id"], known["client_secret"]
        )
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {credential.get_token(SCOPE).token}"
        began = time.perf_counter()
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda lab: session.get(address_of(lab), timeout=60), labs))
        return time.perf_counter() - began


def address_of(lab: Lab) -> str:
    workspace = (
        f"/subscriptions/{lab.subscription_id}/resourceGroups/{lab.resource_group}"
        f"/providers/Microsoft.MachineLearningServices/workspaces/{lab.workspace}"
    )
    host = "https://centralus.api.azureml.ms"
    return f"{host}/pipelines/v1.0{workspace}/Pipelines?activeOnly=true"


if __name__ == "__main__":
    main()
