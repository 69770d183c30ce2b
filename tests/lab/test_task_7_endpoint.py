"""Task 7: the live endpoint in the workspace."""

from graders.evidence import Answer, Endpoint, Model, Run, Workspace
from graders.judging import rules
from graders.judging.named import NamedResources
from graders.lab import Lab
from graders.rubric import check


@check(
    step="7.3",
    points=2,
    hint="Run the CD pipeline: it deploys the endpoint `{lab.endpoint}`.",
    follows=("variable-group-names-the-endpoint",),
)
def test_endpoint_exists(endpoints: NamedResources[Endpoint], endpoint_name: str) -> None:
    """The workspace has a real-time endpoint with the required name."""
    assert endpoint_name in endpoints


@check(step="7.4", points=3, hint="Read the endpoint's deployment logs, then run CD again.")
def test_endpoint_is_healthy(settled_endpoint: Endpoint) -> None:
    """The endpoint is healthy."""
    assert rules.unhealthy(settled_endpoint) == []


@check(step="7.4", points=1, hint="Deploy it with the CD pipeline, in the size the template sets.")
def test_endpoint_has_the_labs_size(endpoint: Endpoint, lab: Lab) -> None:
    """The endpoint is a container instance of the lab's size."""
    assert rules.wrong_size(endpoint, lab) == []


@check(step="7.4", points=2, hint="Run CD again: it deploys the model of your CI run.")
def test_endpoint_serves_the_registered_model(
    undisturbed_endpoint: Endpoint, ci_models: tuple[Model, ...]
) -> None:
    """The endpoint serves a model version that the CI run registered."""
    assert rules.serves_other_model(undisturbed_endpoint, ci_models) == []


@check(step="7.4", points=1, hint="Deploy it with the CD pipeline, in the workspace's region.")
def test_endpoint_was_deployed_by_the_cd_run(
    endpoint: Endpoint, succeeded_cd_runs: tuple[Run, ...], workspace: Workspace
) -> None:
    """The endpoint was deployed by the CD run, in the region of the workspace."""
    assert rules.not_by_the_cd_run(endpoint, succeeded_cd_runs, workspace) == []


@check(step="7.4", points=2, hint="Send the smoke-test query yourself and read the answer.")
def test_endpoint_answers_the_query(answer: Answer, lab: Lab) -> None:
    """The live endpoint answers the scoring query with two numbers."""
    assert rules.bad_answer(answer, lab) == []


@check(
    step="7.4",
    points=1,
    hint="Let the scoring script predict from the numbers that it is sent, and deploy again.",
    was_part_of="endpoint-answers-the-query",
)
def test_endpoint_computes_its_answer(answers: rules.Answers, lab: Lab) -> None:
    """The live endpoint computes its answer: other numbers get other predictions."""
    assert rules.computes_nothing(answers, lab) == []


@check(step="7.4", hint="The lab's endpoint is open; a key is your own choice.")
def test_endpoint_needs_no_key(endpoint: Endpoint) -> None:
    """The endpoint needs no key."""
    assert rules.asks_for_key(endpoint) == []


@check(step="7.4", hint="Other numbers mean a different model from the lab's.")
def test_endpoint_predicts_like_the_labs_model(predictions: tuple[float, ...], lab: Lab) -> None:
    """The predictions match the lab's own model."""
    assert rules.other_predictions(predictions, lab) == []


@check(step="7.4", hint="An endpoint deployed by the CD run describes itself at /swagger.json.")
def test_endpoint_describes_itself(swagger: bool) -> None:
    """The endpoint describes itself at /swagger.json."""
    assert rules.no_description(swagger) == []
