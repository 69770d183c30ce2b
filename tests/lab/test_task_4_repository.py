"""Task 4: generate the starter repository from its template."""

from graders.evidence import Repository
from graders.judging import rules
from graders.lab import Lab
from graders.rubric import check


@check(
    step="4.4",
    points=4,
    hint="Rename {near_miss} to `{lab.repositories[0]}` (Settings > General).",
    missing="Create `{lab.github_owner}/{lab.repositories[0]}` from the template.",
    follows=("service-connection-exists",),
)
def test_repository_exists(
    repositories: tuple[Repository, ...], similar_repositories: tuple[str, ...], lab: Lab
) -> None:
    """The organisation has a repository with the required name."""
    assert rules.missing_repository(repositories, similar_repositories, lab) == []


@check(
    step="4.3",
    points=2,
    hint="Create it again from the lab's template link, not as a fork or import.",
)
def test_repository_is_made_from_the_template(
    repository: Repository, template: str | None, lab: Lab
) -> None:
    """The repository was generated from the lab's template."""
    assert rules.wrong_origin(repository, template, lab) == []


@check(
    step="4.4",
    points=2,
    hint="Restore the template's files on the default branch.",
    follows=("repository-is-made-from-the-template",),
)
def test_repository_has_the_essential_files(repository: Repository, lab: Lab) -> None:
    """The default branch has every file that the pipelines need."""
    assert rules.missing_files(repository, lab) == []


@check(step="4.4", points=2, hint="Undo your changes to the pipelines' YAML files.")
def test_pipelines_yaml_is_still_the_labs(pipeline_files: Repository, lab: Lab) -> None:
    """The pipelines' YAML still names the lab's variable group, stages and model."""
    assert rules.altered_pipelines(pipeline_files, lab) == []


@check(step="4.4", hint="The lab works without changes to the template's files.")
def test_repository_is_unmodified(repository: Repository, lab: Lab) -> None:
    """The files are unchanged from the template."""
    assert rules.modified_files(repository, lab) == []


@check(
    step="4.4",
    hint="Unarchive it, and name its default branch `{sheet.repository.default_branches[0]}`.",
)
def test_repository_is_active(repository: Repository, lab: Lab) -> None:
    """The repository is neither archived nor disabled, and its default branch has a usual name."""
    assert rules.inactive_repository(repository, lab) == []
