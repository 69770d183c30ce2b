"""The limits that the tenant enforces on request: what they say, slow down and refuse."""

from __future__ import annotations

from base64 import b64encode

import pytest
import requests

from fixtures.simulator.serving.limits import (
    PUBLISHED,
    UNLIMITED,
    DevOpsLimit,
    Enforced,
    GitHubLimit,
    Limits,
    ManagerLimit,
    Ruling,
    read_limits,
)
from fixtures.simulator.wire.entra.authority import AZURE_DEVOPS
from tests.support.served_tenant import SUBSCRIPTION, serving, tenant_of

READS = "x-ms-ratelimit-remaining-subscription-reads"
MANAGER = ManagerLimit(reads=3, reads_per_second=2, writes=1, writes_per_second=1)
GITHUB = GitHubLimit(rest_points=2, graphql_points=3, at_once=2, points_per_hour=5)
DEVOPS = DevOpsLimit(
    units=10, seconds=60, units_per_call=1, warned_at=8, blocked_at=12, longest_delay=30
)


def refusals(rulings: list[Ruling]) -> list[str]:
    return [ruling.refused for ruling in rulings]


def test_without_a_file_nothing_is_enforced() -> None:
    assert read_limits(None) == UNLIMITED
    enforced = Enforced(UNLIMITED)
    for host in ("management.azure.com", "api.github.com", "dev.azure.com"):
        assert {enforced.begin(host, "GET", "/", 0).refused for _ in range(1000)} == {""}


def test_the_published_settings_are_complete() -> None:
    published = read_limits(PUBLISHED)
    assert None not in published.model_dump().values()


def test_resource_manager_has_a_bucket_for_each_subscription_and_kind() -> None:
    enforced = Enforced(Limits(azure_resource_manager=MANAGER))

    def ask(now: float, subscription: str = "s", method: str = "GET") -> Ruling:
        path = f"/subscriptions/{subscription}/x"
        return enforced.begin("management.azure.com", method, path, now)

    rulings = [ask(0) for _ in range(4)]
    assert refusals(rulings) == ["", "", "", "busy"]
    assert [ruling.headers[READS] for ruling in rulings] == ["2", "1", "0", "0"]
    assert rulings[-1].headers["Retry-After"] == "1"
    assert ask(0, "other").refused == ask(0, method="POST").refused == ""
    assert refusals([ask(1) for _ in range(3)]) == ["", "", "busy"]


def test_github_counts_points_and_requests_at_a_time() -> None:
    enforced = Enforced(Limits(github=GITHUB))

    def ask(path: str, now: float) -> str:
        ruling = enforced.begin("api.github.com", "GET", path, now)
        enforced.end("api.github.com")
        return ruling.refused

    assert [ask("/user", 0) for _ in range(3)] == ["", "", "too fast"]
    assert [ask("/graphql", 0) for _ in range(4)] == ["", "", "", "too fast"]
    assert [ask("/user", now) for now in (60, 60, 120, 180)] == ["", "", "", "used up"]
    assert ask("/user", 3601) == ""
    for _ in range(2):
        enforced.begin("api.github.com", "GET", "/user", 9000)
    assert enforced.begin("api.github.com", "POST", "/graphql", 9000).refused == "too fast"


def test_azure_devops_warns_then_delays_then_blocks_and_forgets_after_its_window() -> None:
    enforced = Enforced(Limits(azure_devops=DEVOPS))
    rulings = [enforced.begin("dev.azure.com", "GET", "/o", number / 10) for number in range(13)]
    assert [bool(ruling.headers) for ruling in rulings] == [False] * 8 + [True] * 5
    assert [ruling.delay for ruling in rulings] == [0] * 10 + [15, 30, 0]
    assert refusals(rulings) == [""] * 12 + ["busy"]
    assert rulings[8].headers["X-RateLimit-Remaining"] == "1"
    assert "Retry-After" not in rulings[8].headers
    assert rulings[10].headers["Retry-After"] == "15"
    assert int(rulings[12].headers["Retry-After"]) == 59  # until the first two no longer count
    assert enforced.begin("dev.azure.com", "GET", "/o", 62).headers == {}


def test_they_are_real_on_the_wire_and_in_the_journal() -> None:
    url = (
        f"https://management.azure.com/subscriptions/{SUBSCRIPTION}"
        "/providers/Microsoft.MachineLearningServices/workspaces?api-version=2024-04-01"
    )
    with serving(tenant_of(1), limits=Limits(azure_resource_manager=MANAGER)) as served:
        token = served.token("https://management.azure.com")
        headers = {"Authorization": f"Bearer {token}"}
        answers = [requests.get(url, headers=headers, timeout=30) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert [answer.headers[READS] for answer in answers] == ["2", "1", "0", "0"]
        assert answers[3].json()["error"]["code"] == "SubscriptionRequestsThrottled"
        assert served.journal.limited == {"management.azure.com busy": 1}


# --- whose limits they are ------------------------------------------------------------------------

HOSTS = (
    ("management.azure.com", "/subscriptions/s/x"),
    ("api.github.com", "/graphql"),
    ("dev.azure.com", "/o"),
)


@pytest.mark.parametrize(("host", "path"), HOSTS)
def test_each_identity_has_a_budget_of_its_own_which_its_processes_share(
    host: str, path: str
) -> None:
    enforced = Enforced(Limits(azure_resource_manager=MANAGER, github=GITHUB, azure_devops=DEVOPS))

    def good_answers(*identities: str) -> int:
        """Until one is refused; the identities take turns."""
        for number in range(100):
            identity = identities[number % len(identities)]
            if enforced.begin(host, "GET", path, 0, identity).refused:
                return number
            enforced.end(host, identity)
        return 100

    alone = good_answers("ada")
    assert 0 < alone < 100
    assert good_answers("ada") == 0  # nothing is left of it, whichever process asks
    assert good_answers("bob", "cyd") == 2 * alone


def test_on_the_wire_an_identity_is_the_owner_of_the_token() -> None:
    """Two tokens of the grader's application are one identity, a person's own token another."""
    url = "https://dev.azure.com/WireTests/_apis/projects?api-version=7.1"
    limit = DEVOPS.model_copy(update={"units": 3, "blocked_at": 3})
    with serving(tenant_of(1), limits=Limits(azure_devops=limit)) as served:
        first, second = (served.token(AZURE_DEVOPS) for _ in range(2))
        assert first != second
        person = b64encode(f":{served.tenant.ids.azure_devops_pat}".encode()).decode()

        def statuses(authorization: str, times: int) -> list[int]:
            headers = {"Authorization": authorization}
            answers = [requests.get(url, headers=headers, timeout=30) for _ in range(times)]
            return [answer.status_code for answer in answers]

        assert statuses(f"Bearer {first}", 2) == [200, 200]
        assert statuses(f"Bearer {second}", 2) == [200, 429]
        assert statuses(f"Basic {person}", 4) == [200, 200, 200, 429]
