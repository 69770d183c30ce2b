"""What may leave the process, beside what the tenant is asked: one list each, and they agree."""

from __future__ import annotations

import re

import pytest

from fixtures.simulator.serving.route_names import QUESTIONS, Question
from graders.services.http.read_only import SERVICES
from graders.services.http.routes import ROUTES, is_listed

ARTIFACTS = "Azure DevOps artifacts"


def service_of(question: Question) -> str:
    return ARTIFACTS if "/_apis/artifact/" in question.template else question.service


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_every_question_is_on_the_list_and_nothing_beside_it(question: Question) -> None:
    path = re.sub(r"\{[^}]*\}", "x", question.template)
    service = service_of(question)
    assert is_listed(service, question.method, path)
    assert is_listed(service, question.method, path.upper())
    for other in (f"{path}/more/more/more", f"/more{path}", path[:-1], f"{path}/", f"{path}/../x"):
        is_file = "contents" in path and other.endswith("/more")
        assert is_listed(service, question.method, other) == is_file, other
    for method in ("DELETE", "PUT", "PATCH", "POST", "HEAD", "get"):
        assert is_listed(service, method, path) == (method == question.method)
    for name in ROUTES.keys() - {service, "the endpoint", "the online endpoint"}:
        assert not is_listed(name, question.method, path), name


def test_every_service_has_a_list() -> None:
    assert ROUTES.keys() == {service.name for service in SERVICES}
    assert not is_listed("another service", "GET", "/")
