"""Task 2: configure the Azure DevOps project and the variable group."""

from graders.evidence import Access, Pipeline, Project, VariableGroup, Workspace
from graders.judging import rules
from graders.judging.named import NamedResources
from graders.lab import Lab
from graders.rubric import check


@check(step="2.3", points=1, hint="Restore the project `{lab.project}`, or ask your instructor.")
def test_project_exists(project: Project) -> None:
    """The learner's project exists and is ready to use."""
    assert project.state == "wellFormed"


@check(
    step="2.6",
    points=3,
    hint="Rename {near_miss} to `{lab.variable_group}` (exact spelling).",
    missing="Create the variable group `{lab.variable_group}` (steps 2.4 to 2.9).",
)
def test_variable_group_exists(variable_groups: NamedResources[VariableGroup], lab: Lab) -> None:
    """The project has a variable group with the required name."""
    assert lab.variable_group in variable_groups


@check(
    step="2.7",
    points=2,
    hint="Add every variable in the lab's table, spelled exactly as it is there.",
)
def test_variable_group_has_every_variable(variable_group: VariableGroup, lab: Lab) -> None:
    """The group has all six variables of the lab's table."""
    wanted = lab.sheet.variable_group.variables
    assert rules.missing_variables(variable_group.variables, wanted) == []


@check(step="2.7", points=1, hint="Unlock the variable (padlock icon), and don't link a key vault.")
def test_variables_are_plain_text(variable_group: VariableGroup, lab: Lab) -> None:
    """The variables are plain text, so that the pipelines can read them."""
    group, wanted = variable_group, lab.sheet.variable_group.variables
    assert rules.unreadable_variables(group.type, group.variables, wanted) == []


@check(step="2.7", points=1, hint="Delete the spaces before and after the value.")
def test_values_have_no_blanks_around_them(variable_group: VariableGroup) -> None:
    """No value begins or ends with a space."""
    assert rules.padded_values(variable_group.variables) == []


@check(
    step="2.7",
    points=1,
    hint="Set {variables.base_name} to a name that contains `{user}`, such as `{user}-project`.",
)
def test_base_name_identifies_the_learner(base_name: str, lab: Lab) -> None:
    """BASE_NAME is short and contains the learner's userN."""
    assert rules.base_name_problems(base_name, lab) == []


@check(
    step="2.7", points=2, hint="Set {variables.location} to {expected}, the region's short name."
)
def test_location_is_the_workspace_region(location: str, workspace: Workspace) -> None:
    """LOCATION is the short name of the workspace's region."""
    assert location == workspace.location


@check(
    step="2.7",
    points=2,
    hint="Set {variables.resource_group} to your own, `{lab.resource_group}`.",
)
def test_resource_group_is_the_learners(resource_group: str, workspace: Workspace) -> None:
    """RESOURCE_GROUP names the resource group that holds the learner's workspace."""
    assert rules.same_name("RESOURCE_GROUP", resource_group, workspace.resource_group) == []


@check(step="2.7", points=2, hint="Set {variables.workspace_name} to your own, `{lab.workspace}`.")
def test_workspace_name_is_the_learners(workspace_name: str, workspace: Workspace) -> None:
    """WORKSPACE_NAME names the learner's workspace."""
    assert rules.same_name("WORKSPACE_NAME", workspace_name, workspace.name) == []


@check(
    step="2.7", points=1, hint="Set {variables.service_connection} to `{lab.service_connection}`."
)
def test_variable_group_names_the_service_connection(
    workspace_svc_connection: str, lab: Lab
) -> None:
    """WORKSPACE_SVC_CONNECTION is the required connection name."""
    assert workspace_svc_connection == lab.service_connection


@check(step="2.7", points=1, hint="Set {variables.endpoint} to `{lab.endpoint}`.")
def test_variable_group_names_the_endpoint(aci_deployment_name: str, lab: Lab) -> None:
    """ACI_DEPLOYMENT_NAME is the required endpoint name."""
    assert aci_deployment_name == lab.endpoint


@check(step="2.8", points=1, hint="In the group: Pipeline permissions > ⋮ > Open access.")
def test_variable_group_is_open_to_the_pipelines(
    variable_group_access: Access, pipelines: NamedResources[Pipeline], lab: Lab
) -> None:
    """The lab's pipelines may use the variable group."""
    assert rules.closed_to_pipelines(variable_group_access, pipelines.values(), lab) == []


@check(step="2.8", hint="The lab asks for open access; permission for both pipelines is enough.")
def test_variable_group_is_open_to_all_pipelines(variable_group_access: Access) -> None:
    """Every pipeline of the project may use the variable group."""
    assert rules.closed_to_all(variable_group_access) == []


@check(
    step="2.7",
    hint="Remove variables that the lab doesn't list: they change what the pipelines do.",
)
def test_variable_group_has_no_override(variable_group: VariableGroup, lab: Lab) -> None:
    """The group has no variable that overrides the pipelines' own values."""
    assert rules.overriding_variables(variable_group.variables, lab) == []
