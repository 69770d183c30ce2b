"""Task 3: create the service connection for the Azure ML workspace."""

from graders.evidence import Access, Pipeline, ServiceConnection, Workspace
from graders.judging import rules
from graders.judging.named import NamedResources
from graders.lab import Lab
from graders.rubric import check


@check(
    step="3.4",
    points=3,
    hint="Rename {near_miss} to `{lab.service_connection}` (exact spelling).",
    missing="Create the connection `{lab.service_connection}` (steps 3.1 to 3.4).",
    follows=("variable-group-exists",),
)
def test_service_connection_exists(
    service_connections: NamedResources[ServiceConnection], lab: Lab
) -> None:
    """The project has an Azure Resource Manager connection with the required name."""
    assert lab.service_connection in service_connections


@check(step="3.4", points=2, hint="Create it again with scope level Machine Learning Workspace.")
def test_service_connection_is_scoped_to_a_workspace(
    service_connection: ServiceConnection,
) -> None:
    """The connection's scope level is Machine Learning Workspace."""
    assert service_connection.scope_level == "AzureMLWorkspace"


@check(
    step="3.4",
    points=2,
    hint="Create it again, for `{lab.workspace}` in `{lab.resource_group}`.",
)
def test_service_connection_reaches_the_learners_workspace(
    workspace_connection: ServiceConnection, workspace: Workspace
) -> None:
    """The connection points to the learner's workspace."""
    assert rules.wrong_target(workspace_connection, workspace) == []


@check(step="3.4", points=1, hint="Create it again in the subscription `{lab.subscription_id}`.")
def test_service_connection_is_in_the_learners_subscription(
    subscribed_connection: ServiceConnection, lab: Lab
) -> None:
    """The connection is for the lab's subscription."""
    found = subscribed_connection.subscription_id
    assert rules.same_name("subscription", found, lab.subscription_id) == []


@check(step="3.3", points=1, hint="Create it again with Service principal (automatic).")
def test_service_connection_uses_a_service_principal(
    service_connection: ServiceConnection, lab: Lab
) -> None:
    """The connection signs in as a service principal."""
    assert rules.wrong_scheme(service_connection, lab) == []


@check(step="3.4", points=1, hint="Read the error on its page; creating it needs the Owner role.")
def test_service_connection_is_ready(settled_service_connection: ServiceConnection) -> None:
    """Azure DevOps has set up the connection."""
    assert rules.not_ready(settled_service_connection) == []


@check(step="3.4", points=1, hint="In its settings, tick Grant access permission to all pipelines.")
def test_service_connection_is_open_to_the_pipelines(
    service_connection_access: Access, pipelines: NamedResources[Pipeline], lab: Lab
) -> None:
    """The lab's pipelines may use the connection."""
    assert rules.closed_to_pipelines(service_connection_access, pipelines.values(), lab) == []


@check(
    step="3.4", points=1, hint="Set {variables.service_connection} to the name of your connection."
)
def test_variable_group_names_an_existing_connection(
    workspace_svc_connection: str,
    some_service_connections: NamedResources[ServiceConnection],
    lab: Lab,
) -> None:
    """The connection named in the variable group exists."""
    assert rules.dangling_reference(workspace_svc_connection, some_service_connections, lab) == []


@check(step="3.3", hint="The lab shows Service principal (automatic); other ways work too.")
def test_service_connection_is_automatic_with_a_secret(
    service_connection: ServiceConnection,
) -> None:
    """The connection was created the way the lab shows."""
    assert rules.other_than_shown(service_connection) == []
