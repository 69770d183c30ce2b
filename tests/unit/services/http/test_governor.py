"""The governor: what may go when, and in which order. The clock is a number."""

from __future__ import annotations

import base64
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from fixtures.simulator.serving.limits import PUBLISHED, DevOpsLimit, Limits, read_limits
from graders.services.http.bucket import Bucket, LearningBucket, News
from graders.services.http.governor import Governor, bucket_of, identity_of
from graders.services.http.lane import Call, Lane
from graders.services.http.limits import DEVOPS, LIMITS, MANAGER, Limit
from graders.services.http.read_only import SERVICES, service_of
from tests.support.virtual_time import Schedule, best_for_devops, best_for_manager

READS = LIMITS[MANAGER, "reads"]
CAREFUL = Limit(8, careful=10)
REST = "https://api.github.com/repos/o/n"
MODELS = "https://management.azure.com/subscriptions/S-1/resourceGroups/g"


# --- a bucket -------------------------------------------------------------------------------------


def taken_at_once(bucket: Bucket | LearningBucket, now: float) -> int:
    count = 0
    while bucket.wait(now) <= 0 and count < 1000:
        bucket.take(now)
        count += 1
    return count


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    bucket = Bucket(READS)
    assert taken_at_once(bucket, 0) == 250
    assert bucket.wait(0) == pytest.approx(1 / 25)
    assert taken_at_once(bucket, 2) == 50
    assert taken_at_once(bucket, 1000) == 250


def test_without_a_rate_nothing_is_paced_until_the_service_says_that_little_is_left() -> None:
    bucket = LearningBucket(CAREFUL)
    assert taken_at_once(bucket, 0) == 1000
    bucket.hear(News(left=0.2, resets_in=60), 0)
    assert taken_at_once(bucket, 0) == 250  # 1,000 calls took the other four fifths
    assert bucket.wait(0) == 60  # then they give it back
    assert taken_at_once(bucket, 60) == 1000


def test_the_last_few_calls_go_out_slowly() -> None:
    bucket = LearningBucket(CAREFUL)
    taken_at_once(bucket, 0)
    bucket.hear(News(left=0.01, resets_in=60), 1)
    assert taken_at_once(bucket, 1) == 1
    assert bucket.wait(1) == pytest.approx(1 / 10)
    bucket.hear(News(left=0.0, resets_in=60), 2)
    assert bucket.wait(2) == 58


def test_whoever_shares_the_sign_in_keeps_a_share() -> None:
    bucket = LearningBucket(CAREFUL)
    for second in range(100):
        bucket.take(second)
    bucket.hear(News(left=0.2, resets_in=40), 100)  # 39 of them count: others may have asked more
    assert taken_at_once(bucket, 100) == 9


def test_calls_on_their_way_count_before_the_service_counts_them() -> None:
    bucket = LearningBucket(CAREFUL)
    taken_at_once(bucket, 0)
    bucket.hear(News(left=0.2, resets_in=60), 0, others=8)
    assert taken_at_once(bucket, 0) == 240


def test_what_a_call_takes_is_not_guessed() -> None:
    """Somebody else used it up, or the service does not say of how much."""
    bucket = LearningBucket(CAREFUL)
    bucket.hear(News(left=0.1, resets_in=60), 0)
    assert taken_at_once(bucket, 0) == 1
    assert bucket.wait(0) == pytest.approx(1 / 5)
    bucket.hear(News(left=0.0, resets_in=600), 1)
    assert bucket.wait(1) == 60 - 1  # now and then a call learns how it stands
    assert taken_at_once(bucket, 601) == 1000


def test_retry_after_alone_is_a_warning_too() -> None:
    bucket = LearningBucket(CAREFUL)
    bucket.hear(News(wait=5), 0)
    assert bucket.wait(0) == 5
    assert taken_at_once(bucket, 5) == 1
    assert bucket.wait(5) == pytest.approx(1 / 10)
    bucket.forget(6)
    assert taken_at_once(bucket, 6) == 1000


def test_what_others_used_counts_too() -> None:
    bucket = Bucket(READS)
    bucket.hear(News(left=0.04, calls_left=10), 0)
    assert taken_at_once(bucket, 0) == 10
    assert bucket.wait(0) == pytest.approx(1 / (25 * 0.2))


def test_patience_that_is_asked_for_is_kept_and_not_shortened() -> None:
    bucket = Bucket(READS)
    bucket.hear(News(wait=7), 0)
    bucket.hear(News(wait=2), 1)
    assert bucket.wait(1) == 6
    assert bucket.wait(7) == 0


@pytest.mark.parametrize("parts", [2, 3, 100])
def test_parts_have_their_part_of_a_rate(parts: int) -> None:
    part = READS.part(parts)
    assert part.rate == pytest.approx(25 / parts)
    assert part.burst == max(1, 250 / parts)
    endpoint = LIMITS["the endpoint", ""]
    assert endpoint.part(parts) is endpoint


# --- a lane ---------------------------------------------------------------------------------------


def join(lane: Lane, learner: str, scope: str = "", kind: str = "") -> Call:
    call = Call(learner, (kind, scope))
    lane.join(call)
    return call


def test_no_more_calls_are_in_flight_than_places() -> None:
    lane = Lane({"": Limit(2)}, 1)
    calls = [join(lane, name) for name in "abc"]
    assert [lane.wait(call, 0) for call in calls] == [0, 0, float("inf")]
    lane.leave(calls[0], 1)
    assert lane.wait(calls[2], 1) == 0


def test_a_learner_with_many_calls_does_not_starve_the_others() -> None:
    lane = Lane({"": Limit(2)}, 1)
    greedy = [join(lane, "greedy") for _ in range(50)]
    modest = join(lane, "modest")
    assert lane.wait(greedy[0], 0) == 0
    assert lane.wait(greedy[1], 0) > 0  # has one in flight: the other learner goes first
    assert lane.wait(modest, 0) == 0


def test_of_equals_the_one_that_waited_longest_goes_first() -> None:
    lane = Lane({"": Limit(1)}, 1)
    first, second, third = (join(lane, name) for name in "abc")
    assert lane.wait(third, 0) > 0
    assert lane.wait(first, 0) == 0
    lane.leave(first, 1)
    assert lane.wait(third, 1) > 0
    assert lane.wait(second, 1) == 0


def test_a_call_that_must_be_patient_takes_no_place_from_another() -> None:
    lane = Lane({"": Limit(1)}, 1)
    asked = join(lane, "a", "slow")
    assert lane.wait(asked, 0) == 0
    lane.hear(asked, News(wait=99), 0)
    lane.leave(asked, 0)
    patient, other = join(lane, "a", "slow"), join(lane, "b", "quick")
    assert lane.wait(patient, 0) == 99
    assert lane.wait(other, 0) == 0


@pytest.mark.parametrize(("left", "places"), [(0.2, 8), (0.1, 8), (0.05, 5), (0.01, 1), (0, 1)])
def test_the_less_is_left_the_fewer_calls_go_out_at_a_time(left: float, places: int) -> None:
    lane = Lane({"": CAREFUL}, 1)
    for number in range(1000):
        early = join(lane, str(number))
        assert lane.wait(early, 0) == 0
        lane.hear(early, News(left=left, resets_in=60), 0)
        lane.leave(early, 0)
        lane._buckets["", ""].forget(0)  # type: ignore[union-attr]
    lane.hear(early, News(left=left, resets_in=60), 0)
    assert lane._open == places


def test_after_a_warning_places_come_back_one_by_one() -> None:
    lane = Lane({"": CAREFUL}, 1)
    early = [join(lane, name) for name in "abcdefgh"]
    assert [lane.wait(call, 0) for call in early] == [0] * 8
    lane.hear(early[0], News(wait=0.5), 1)
    lane.leave(early[0], 1)
    lane.hear(early[1], News(), 1)  # was sent before the warning: it says nothing about it
    late = join(lane, "i")
    assert lane.wait(late, 1) == float("inf")
    lane.quit(late)
    for call in early[1:]:
        lane.leave(call, 1)
    for places, now in enumerate(range(2, 12), 2):
        waiting = [join(lane, f"{now} {number}") for number in range(9)]
        gone = [call for call in waiting if lane.wait(call, now) == 0]
        assert len(gone) == min(8, places - 1)
        for call in waiting:
            if call not in gone:
                lane.quit(call)
        lane.hear(gone[0], News(), now)
        for call in gone:
            lane.leave(call, now)


@pytest.mark.parametrize("parts", [1, 2, 3, 5, 8, 16, 100])
def test_all_parts_together_have_no_more_calls_in_flight_than_one_run(parts: int) -> None:
    lane = Lane({"": Limit(8)}, parts)
    busy, now = 0.0, 0.0
    calls = [join(lane, str(number)) for number in range(50)]
    while calls and now < 300:
        gone = [call for call in calls if lane.wait(call, now) <= 0]
        now += 1
        for call in gone:
            calls.remove(call)
            lane.leave(call, now)
            busy += 1
    rest = 100 / 8 - 1 if parts == 100 else 1
    assert parts * busy <= 8 * (now + rest) + parts


def test_a_host_that_asks_for_nothing_is_forgotten() -> None:
    """A class has as many endpoints as learners."""
    lane = Lane({"": Limit(2)}, 1)
    for host in ("patient", "plain"):
        call = join(lane, "a", host)
        assert lane.wait(call, 0) == 0
        lane.hear(call, News(wait=9 if host == "patient" else 0), 0)
        lane.leave(call, 0)
    assert [scope for _, scope in lane._buckets] == ["patient"]


def test_the_share_of_places_holds_for_a_learners_endpoint_only_once() -> None:
    lane = Lane({"": LIMITS["the endpoint", ""]}, 5)
    assert [lane.wait(join(lane, str(number)), 0) for number in range(16)] == [0] * 16


# --- whole classes, in virtual time ---------------------------------------------------------------


@pytest.mark.parametrize(("parts", "calls"), [(1, 1000), (3, 999)])
def test_a_class_meets_no_refusal_of_resource_manager(parts: int, calls: int) -> None:
    enforced = read_limits(PUBLISHED).azure_resource_manager
    assert enforced
    only = Limits(azure_resource_manager=enforced)
    schedule = Schedule(MANAGER, "management.azure.com", {"reads": READS}, only, 0.1, parts)
    seconds = schedule.run(calls)
    assert schedule.counted == {"good": calls}
    assert seconds <= 1.1 * best_for_manager(enforced, calls, 0.1, 8)


@pytest.mark.parametrize(("parts", "refused"), [(1, 0), (3, 5)])
def test_a_smaller_allowance_than_the_published_one_is_found_out(parts: int, refused: int) -> None:
    """Parts do not know of each other's calls that are on their way."""
    enforced = read_limits(PUBLISHED).azure_resource_manager
    assert enforced
    small = enforced.model_copy(update={"reads": 50, "reads_per_second": 5})
    only = Limits(azure_resource_manager=small)
    schedule = Schedule(MANAGER, "management.azure.com", {"reads": READS}, only, 0.1, parts)
    schedule.run(501)
    assert schedule.counted["busy"] <= refused


@pytest.mark.parametrize(
    ("units", "seconds", "cost", "calls", "delayed"),
    [
        (200, 300, 0.17, 4077, (4, 20)),
        (200, 300, 1, 800, (4, 20)),
        (200, 300, 0.05, 7900, (4, 21)),
        (60, 40, 0.11, 1223, (0, 0)),
        (60, 40, 0.11, 1600, (0, 0)),
    ],
)
@pytest.mark.parametrize("parts", [1, 4])
def test_a_class_is_never_blocked_by_azure_devops(
    units: float, seconds: float, cost: float, calls: int, delayed: tuple[int, int], parts: int
) -> None:
    """A call's cost is not known; where nothing is left, a few calls learn how it stands."""
    limit = DevOpsLimit(
        units=units,
        seconds=seconds,
        units_per_call=cost,
        warned_at=0.8 * units,
        blocked_at=1.5 * units,
        longest_delay=30,
    )
    only = Limits(azure_devops=limit)
    schedule = Schedule(DEVOPS, "dev.azure.com", {"": LIMITS[DEVOPS, ""]}, only, 0.02, parts)
    taken = schedule.run(calls)
    assert schedule.counted["busy"] == 0
    assert schedule.counted["delayed"] <= delayed[parts > 1]
    assert taken <= 1.1 * best_for_devops(limit, calls, 0.02, 8)


# --- what answers say -----------------------------------------------------------------------------


def test_it_wants_longer_each_time_and_a_minute_again_after_a_good_answer() -> None:
    lane = Lane({"": Limit(2, rate=1000, burst=1000)}, 1)
    now, waits = 0.0, []
    for news in [*[News(wait=60, grows=True)] * 5, News(), News(wait=60, grows=True)]:
        calls = [join(lane, name) for name in "ab"]
        assert [lane.wait(call, now) for call in calls] == [0, 0]
        for call in calls:  # both are refused for the same reason: that is one refusal
            lane.hear(call, news, now + 1)
            lane.leave(call, now + 1)
        later = join(lane, "c")
        waits.append(lane.wait(later, now + 1))
        if not waits[-1]:
            lane.leave(later, now + 1)
        else:
            lane.quit(later)
        now += 1 + waits[-1]
    assert waits == [60, 120, 240, 240, 240, 0, 60]


# --- whose allowance ------------------------------------------------------------------------------


def prepared(url: str, method: str = "GET", **headers: str) -> requests.PreparedRequest:
    return requests.Request(method, url, headers=headers).prepare()


def token(**claims: str) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"Bearer eyJhbGciOiJub25lIn0.{body}.x"


def test_a_renewed_token_is_the_same_identity_and_another_owner_another() -> None:
    first = prepared(MODELS, Authorization=token(oid="o", tid="t", jti="1"))
    again = prepared(MODELS, Authorization=token(oid="o", tid="t", jti="2"))
    other = prepared(MODELS, Authorization=token(oid="p", tid="t", jti="1"))
    assert identity_of(first) == identity_of(again) != identity_of(other)
    assert identity_of(prepared(MODELS)) == ""
    assert "ghp_abc" not in identity_of(prepared(REST, Authorization="token ghp_abc"))


@pytest.mark.parametrize(
    ("url", "method", "expected"),
    [
        (MODELS, "GET", ("reads", "s-1")),
        (f"{MODELS}/listKeys", "POST", ("writes", "s-1")),
        (REST, "GET", ("rest", "")),
        ("https://api.github.com/graphql", "POST", ("graphql", "")),
        ("https://dev.azure.com/o/_apis/projects", "GET", ("", "")),
        ("https://artprodcus3.artifacts.visualstudio.com/A1/_apis/artifact/x", "GET", ("", "")),
        (
            "http://A.centralus.azurecontainer.io/score",
            "POST",
            ("", "a.centralus.azurecontainer.io"),
        ),
    ],
)
def test_what_a_request_counts_as(url: str, method: str, expected: tuple[str, str]) -> None:
    service = service_of(url)
    assert service
    assert bucket_of(service, prepared(url, method)) == expected


def test_every_service_has_its_limits() -> None:
    assert {service.allowance for service in SERVICES} <= {name for name, _ in LIMITS}


# --- with threads ---------------------------------------------------------------------------------


def test_threads_take_turns_and_a_wait_that_breaks_off_blocks_nobody() -> None:
    governor = Governor(limits={(DEVOPS, ""): Limit(2)})
    service, request = service_of("https://dev.azure.com/o"), prepared("https://dev.azure.com/o")
    assert service
    most, inside, lock = 0, 0, threading.Lock()

    def ask(number: int) -> None:
        nonlocal most, inside
        with governor.turn(service, request, f"learner{number % 5}"):
            with lock:
                inside += 1
                most = max(most, inside)
            time.sleep(0.001)
            with lock:
                inside -= 1
            if number % 7 == 0:
                raise ValueError

    with ThreadPoolExecutor(12) as threads:
        ends = [threads.submit(ask, number) for number in range(100)]
    assert sum(end.exception() is not None for end in ends) == 15
    assert most == 2


def test_no_call_is_forgotten_while_others_wait_for_tokens() -> None:
    governor = Governor(
        limits={(MANAGER, "reads"): Limit(2, rate=400), (MANAGER, "writes"): Limit(2)}
    )
    url = "https://management.azure.com/subscriptions/s/x"
    service = service_of(url)
    assert service

    def ask(number: int) -> None:
        request = prepared(url, "GET" if number % 3 else "POST")
        with governor.turn(service, request, f"learner{number % 5}") as turn:
            turn.hear(News(wait=0.02 if number % 10 == 0 else 0))

    threads = [threading.Thread(target=ask, args=(n,), daemon=True) for n in range(120)]
    for thread in threads:
        thread.start()
    given_up_at = time.monotonic() + 30
    for thread in threads:
        thread.join(max(0, given_up_at - time.monotonic()))
    assert not any(thread.is_alive() for thread in threads)
