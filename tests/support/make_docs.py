"""Renew what documents take from the code: ``make docs``.

Two pages are written as a whole. In every other document a spot, such as
``<!-- made:checks -->72<!-- / -->``, holds what :func:`facts` says of its name.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks import table
from fixtures.plugin.grading import PROJECT, whole_rubric
from fixtures.simulator import mistakes_page
from fixtures.simulator.mistakes import own_files
from fixtures.simulator.serving.faults import FAULTS
from fixtures.simulator.serving.profiles import profile_of
from fixtures.simulator.serving.route_names import QUESTIONS, SERVICES
from fixtures.simulator.serving.server import WIRES
from fixtures.simulator.wire.entra.authority import Authority
from fixtures.simulator.world import Tenant
from reports import rubric_page
from tests.support import grading_process, machines

DOCUMENTS = [
    path
    for pattern in ("*.md", "docs/**/*.md", "fixtures/**/*.md")
    for path in PROJECT.glob(pattern)
]
_SPOT = re.compile(r"(<!-- made:(\w+) -->).*?(<!-- / -->)", re.DOTALL)


def pages() -> dict[Path, str]:
    """The documents that are written as a whole."""
    return {
        PROJECT / "docs" / "rubric.md": rubric_page.page(whole_rubric()),
        PROJECT / "docs" / "mistakes.md": mistakes_page.page(own_files()),
    }


def facts(demo: grading_process.Outcome) -> dict[str, str]:
    """Name of a spot -> its text; ``demo`` is a graded run of the demo class."""
    checks = whole_rubric()
    return {
        "checks": str(len(checks)),
        "points": f"{sum(check.points for check in checks):g}",
        "learners": str(len(demo.grade_book())),
        "faults": str(len(FAULTS)),
        "questions": str(len(QUESTIONS)),
        "goals": f"\n{table.stored()}\n",
        "machines": f"\n{machines.table(demo.reports)}\n",
        "services": f"\n{_services()}\n",
        "summary": f"\n```\n{_summary(demo.text)}\n```\n",
    }


def _services() -> str:
    """The services of a simulated tenant as a table: their hosts, and how many routes they have."""
    tenant = Tenant([])
    authority = Authority(tenant.ids)
    hosts: dict[str, list[str]] = {}
    routes: dict[str, int] = {}
    for wire in WIRES:
        name = SERVICES[profile_of(wire.HOSTS[0].replace("*", "x")).name]
        hosts.setdefault(name, []).extend(f"`{host}`" for host in wire.HOSTS)
        routes[name] = routes.get(name, 0) + len(wire.routes(tenant, authority))
    rows = [f"| {name} | {', '.join(own)} | {routes[name]} |" for name, own in hosts.items()]
    return "\n".join(("| service | hosts | routes |", "|---|---|---|", *rows))


def _summary(text: str) -> str:
    """What a run prints of the grades, without where it wrote them."""
    return text.partition(" grades (SIMULATED) ")[2].partition("\n")[2].partition("\n\nWritten:")[0]


def filled(document: str, made: Mapping[str, str]) -> str:
    """The document with its spots renewed. Raises KeyError for a spot of another name."""
    return _SPOT.sub(lambda spot: spot[1] + made[spot[2]] + spot[3], document)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = facts(grading_process.grade_demo(Path(folder)))
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8", newline="\n")
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        path.write_text(filled(text, made), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
