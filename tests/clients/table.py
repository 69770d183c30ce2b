"""``python -m tests.clients.table``: writes docs/clients.md from the last run of tests/clients."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "reports" / "out" / "clients.json"
PAGE = ROOT / "docs" / "clients.md"
MAKERS = {
    "azure-ai-ml": "Microsoft, Python",
    "azure-cli": "Microsoft, Python",
    "azure-devops": "Microsoft, Python",
    "azure-devops-node-api": "Microsoft, Node",
    "azure-mgmt-authorization": "Microsoft, Python",
    "azure-mgmt-machinelearningservices": "Microsoft, Python",
    "azure-mgmt-resource": "Microsoft, Python",
    "azureml-core": "Microsoft, Python, with azureml-pipeline-core",
    "@azure/arm-machinelearning": "Microsoft, Node",
    "@azure/arm-resources": "Microsoft, Node",
    "@octokit/graphql": "GitHub, Node",
    "@octokit/rest": "GitHub, Node",
    "gh": "GitHub, Go; Debian's",
    "github3.py": "volunteers, Python",
    "PyGithub": "volunteers, Python",
}
"""Every client of ``make clients``, and whose it is."""
HEAD = """<!-- Written by `make clients`; change tests/clients, not this page. -->
# Other makers' clients

Each client below reads a whole lab of the simulated tenant, unchanged, through its proxy and its
certificate authority alone; [tests/clients](../tests/clients) is how. The class has {learners}
learners, more than fit on a page of any list. A call is right when it returns what the lab holds
(or, where it would write, is refused in the service's own form and counted), and when nothing in it
was unknown to the tenant: no address and no parameter. (`az` also looks for a newer version of
itself elsewhere, and is refused.) Whether the real services answer alike, no client can tell.

"""


def page(calls: Sequence[Mapping[str, Any]], learners: int) -> str:
    """The whole page."""
    counted = [call for call in calls if call["outcome"] != "skipped"]
    rows = [_row(client, _of(counted, client)) for client in MAKERS if _of(counted, client)]
    head = ["| client | version | maker | calls | right |", "|---|---|---|--:|--:|"]
    parts = [HEAD.format(learners=learners), *_lines([*head, *rows, _total(counted)])]
    for heading, outcome in (("Exceptions", "exception"), ("Wrong", "wrong")):
        parts += _listed(heading, [call for call in calls if call["outcome"] == outcome])
    return "".join([*parts, *_absent(counted)])


def _of(calls: Iterable[Mapping[str, Any]], client: str) -> list[Mapping[str, Any]]:
    return [call for call in calls if call["client"] == client]


def _row(client: str, calls: Sequence[Mapping[str, Any]]) -> str:
    right = _right(calls)
    version = calls[0]["version"]
    return f"| {client} | {version} | {MAKERS[client]} | {len(calls)} | {right} |"


def _right(calls: Iterable[Mapping[str, Any]]) -> int:
    return Counter(call["outcome"] for call in calls)["right"]


def _total(calls: Sequence[Mapping[str, Any]]) -> str:
    right = _right(calls)
    share = f"{100 * right / len(calls):.1f} %" if calls else "none"
    return f"| **all** | | | **{len(calls)}** | **{right}** ({share}) |"


def _listed(heading: str, calls: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = [f"- {call['client']}, {call['name']}: {call['reason']}." for call in calls]
    return [f"\n## {heading}\n\n", *_lines(lines)] if lines else []


def _absent(counted: Sequence[Mapping[str, Any]]) -> list[str]:
    """Those that were not to be had where the page was written."""
    names = [client for client in MAKERS if not _of(counted, client)]
    return [f"\nNot installed, and not tried, this time: {', '.join(names)}.\n"] if names else []


def _lines(lines: Iterable[str]) -> list[str]:
    return [f"{line}\n" for line in lines]


def main() -> None:
    from tests.clients.truth import LEARNERS

    calls = json.loads(RECORD.read_text(encoding="utf-8"))
    PAGE.write_text(page(calls, LEARNERS), encoding="utf-8", newline="\n")
    counts = Counter(call["outcome"] for call in calls)
    print(f"{PAGE.relative_to(ROOT)}:", ", ".join(f"{n} {kind}" for kind, n in counts.items()))


if __name__ == "__main__":
    main()
