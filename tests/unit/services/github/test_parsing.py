"""What GitHub's GraphQL answers mean, word for word: answers as plain data, nothing is asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from graders.evidence import Repository, ServiceName, Unavailable
from graders.services.github import parsing
from graders.services.github.parsing import GRAPHQL_URL, Membership, Missing, Seen
from graders.services.github.query import Asked, Batch, Places

Json = dict[str, Any]
TEMPLATE = "solliancenet/labs-ae-mlops-starter"
ASKED = Asked("r0_0", "dana", "Org", "mlops_04", TEMPLATE)
SUBJECT = "repository Org/mlops_04"
NOT_FOUND = {"type": "NOT_FOUND", "path": ["r0_0"], "message": "Could not resolve"}
NODE: Json = {
    "nameWithOwner": "org/MLOps_04",
    "isFork": False,
    "isArchived": True,
    "isDisabled": False,
    "isPrivate": True,
    "templateRepository": {"nameWithOwner": TEMPLATE},
    "defaultBranchRef": {
        "name": "main",
        "target": {
            "oid": "c1",
            "tree": {"oid": "t1"},
            "history": {"nodes": [{"oid": "c1"}, {"oid": "c0"}]},
        },
    },
    "d0": {
        "entries": [
            {"name": "ci", "type": "tree", "oid": "o"},
            {"name": "README.md", "type": "blob", "oid": "b1"},
            {"name": "linked", "type": "commit", "oid": "b2"},
        ]
    },
    "d1": {"entries": [{"name": "ci.yml", "type": "blob", "oid": "b3"}]},
    "d2": None,
    "f0": None,
    "f1": {"text": "stages: []\n"},
    "f2": None,
}
REPOSITORY = Repository(
    full_name="org/MLOps_04",
    is_fork=False,
    is_archived=True,
    is_disabled=False,
    template=TEMPLATE,
    default_branch="main",
    head="c1",
    tree="t1",
    files={"README.md": "b1", "ci/ci.yml": "b3"},
    texts={"ci/ci.yml": "stages: []\n"},
    commits=frozenset({"c0", "c1"}),
)


def batch_of(*asked: Asked, templates: Json | None = None) -> Batch:
    places = Places(("", "ci", "gone"), ("absent.yml", "ci/ci.yml", "gone/cd.yml"))
    seen = {"m0": TEMPLATE} if templates is None else templates
    return Batch("", {}, asked, {"w0": "Org"}, seen, places)


def found(
    node: Json | None, errors: Any = (), more: Json | None = None, **changes: Any
) -> parsing.Found:
    """What is made of one repository in an answer."""
    data = {"r0_0": node, "m0": {"nameWithOwner": TEMPLATE}} if more is None else more
    answer = {"data": data, "errors": list(errors), **changes}
    return parsing.read_batch(answer, batch_of(ASKED))["r0_0"]


def refused(cause: str, remedy: str, subject: str = SUBJECT) -> Unavailable:
    return Unavailable(ServiceName.GITHUB, subject, cause, remedy, 200, GRAPHQL_URL)


def unclear(cause: str, subject: str = SUBJECT) -> Unavailable:
    return refused(cause, "Run again later with --resume", subject)


INCOMPLETE = unclear("the answer is not complete")

# --- seen -----------------------------------------------------------------------------------------


def test_a_repository_is_read_as_a_whole() -> None:
    assert found(NODE) == Seen(REPOSITORY, is_private=True)
    marks = {"isFork": True, "isArchived": False, "isDisabled": True, "isPrivate": False}
    assert found(NODE | marks) == Seen(
        replace(REPOSITORY, is_fork=True, is_archived=False, is_disabled=True), is_private=False
    )


def test_an_empty_repository_has_no_branch_and_no_files() -> None:
    node = NODE | {"defaultBranchRef": None, "templateRepository": None}
    empty = replace(
        REPOSITORY,
        template=None,
        default_branch=None,
        head=None,
        tree=None,
        files={},
        texts={},
        commits=frozenset(),
    )
    assert found(node) == Seen(empty, is_private=True)


def test_a_binary_file_has_no_text_and_an_empty_folder_no_entries() -> None:
    node = NODE | {"f1": {"text": None}, "d2": {"entries": None}}
    assert found(node) == Seen(replace(REPOSITORY, texts={"ci/ci.yml": ""}), is_private=True)


@pytest.mark.parametrize(
    ("is_visible", "template", "is_fork", "is_doubtful"),
    [
        ({"nameWithOwner": TEMPLATE}, None, False, False),
        (None, None, False, True),
        (None, {"nameWithOwner": "o/n"}, False, False),
        (None, None, True, False),
    ],
)
def test_no_template_proves_nothing_to_who_may_not_see_it(
    is_visible: Json | None, template: Json | None, is_fork: bool, is_doubtful: bool
) -> None:
    node = NODE | {"templateRepository": template, "isFork": is_fork}
    seen = found(node, more={"r0_0": node, "m0": is_visible})
    assert isinstance(seen, Seen)
    expected: Any = template and template["nameWithOwner"]
    if is_doubtful:
        expected = refused(
            f"GitHub names none, and the token does not see {TEMPLATE}",
            "Let the token read the template, or name the right one under [template] in the lab"
            " file",
            "the template of org/MLOps_04",
        )
    assert seen.repository.template == expected


# --- not there, or cannot tell --------------------------------------------------------------------


def test_not_found_for_this_very_alias_is_missing() -> None:
    assert found(None, [NOT_FOUND]) == Missing("mlops_04")
    beside = {"type": "FORBIDDEN", "path": ["r0_0"]}
    assert found(None, [beside, NOT_FOUND]) == Missing("mlops_04")
    assert found(None, more={}, errors=[NOT_FOUND]) == Missing("mlops_04")


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"nameWithOwner": "Org/mlops_05"}, "the answer is about another repository"),
        ({"d0": None}, "the folder / is there but was not listed"),
        ({"d1": None}, "the folder ci is there but was not listed"),
        ({"f1": None}, "the file ci/ci.yml is there but was not read"),
        ({"nameWithOwner": None}, "the answer is not complete"),
        ({"defaultBranchRef": {"name": "main"}}, "the answer is not complete"),
        ({"templateRepository": 7}, "the answer is not complete"),
        ({"d0": {"entries": [{"name": "x"}]}}, "the answer is not complete"),
    ],
)
def test_an_answer_that_does_not_fit_is_not_believed(change: Json, cause: str) -> None:
    assert found(NODE | change) == unclear(cause)


@pytest.mark.parametrize("part", [part for part in NODE if part != "d2"])
def test_every_part_of_an_answer_must_be_there(part: str) -> None:
    assert found({name: value for name, value in NODE.items() if name != part}) == INCOMPLETE


@pytest.mark.parametrize("answer", [None, [], {}, {"data": None}, {"data": []}, {"errors": ["x"]}])
def test_an_answer_without_data_is_incomplete(answer: object) -> None:
    assert parsing.read_batch(answer, batch_of(ASKED)) == {"r0_0": INCOMPLETE}


PASSING = "Run again later"
USED_UP = (
    "the token's hourly allowance of GitHub calls is used up",
    "Wait up to an hour and run again with --resume",
)
SAML = (
    "the organisation wants the token to be authorised for SAML single sign-on",
    "Open the token's settings on GitHub, choose Configure SSO, authorise the organisation",
)
FORBIDDEN = (
    "the token may not read it",
    "Give the token read access to the metadata and contents of this owner's repositories",
)


@pytest.mark.parametrize(
    ("error", "cause", "remedy"),
    [
        ({"type": "RATE_LIMIT"}, *USED_UP),
        ({"type": "RATE_LIMITED", "path": []}, *USED_UP),
        ({"type": "FORBIDDEN", "path": "r0_0"}, *FORBIDDEN),
        (
            {"type": "FORBIDDEN", "message": "No.", "extensions": {"saml_failure": False}},
            *FORBIDDEN,
        ),
        ({"type": "FORBIDDEN", "message": "No.", "extensions": {"saml_failure": True}}, *SAML),
        ({"type": "FORBIDDEN", "message": "No.", "extensions": ["saml_failure"]}, *FORBIDDEN),
        (
            {"type": "FORBIDDEN", "message": f"An IP allow list?x {'x' * 40}"},
            "GitHub refused it: An IP allow list …",
            "Grade from an address on the organisation's IP allow list, or have it added.",
        ),
        (
            {"type": "NEW", "message": "An IP allow list."},
            "GitHub answered NEW: An IP allow list.",
            PASSING,
        ),
        ({"message": "It broke."}, "GitHub answered an error: It broke.", PASSING),
        ({}, "GitHub answered an error: ", PASSING),
        (
            {"type": "NOT_FOUND", "path": ["r0_0", "templateRepository"], "message": "No."},
            "GitHub answered NOT_FOUND: No.",
            PASSING,
        ),
    ],
)
def test_a_refusal_has_the_fitting_remedy(error: Json, cause: str, remedy: str) -> None:
    assert found(None, [error]) == refused(cause, remedy)
    assert found(NODE, [error]) == refused(cause, remedy)


def test_what_is_shown_is_not_missing() -> None:
    assert found(NODE, [NOT_FOUND]) == refused(
        "GitHub answered NOT_FOUND: Could not resolve", PASSING
    )


def test_a_refusal_concerns_only_what_it_names() -> None:
    other = replace(ASKED, alias="r1_0", name="mlops_05")
    nodes = {"r0_0": NODE, "r1_0": NODE | {"nameWithOwner": "Org/mlops_05"}, "m0": {"a": 1}}
    errors = [{"type": "FORBIDDEN", "path": ["r1_0"]}, "no error"]
    answers = parsing.read_batch({"data": nodes, "errors": errors}, batch_of(ASKED, other))
    assert answers["r0_0"] == Seen(REPOSITORY, is_private=True)
    assert answers["r1_0"] == refused(*FORBIDDEN, "repository Org/mlops_05")


def test_of_several_refusals_the_first_counts() -> None:
    first, second = {"type": "RATE_LIMIT"}, {"type": "FORBIDDEN"}
    assert found(None, [first, second]) == refused(*USED_UP)


# --- the whole query ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ([{"type": "RESOURCE_LIMITS_EXCEEDED"}], True),
        ([{"type": "FORBIDDEN"}, {"type": "MAX_NODE_LIMIT_EXCEEDED"}], True),
        ([{"message": "Something went wrong while executing your query on 2026-11-28."}], True),
        ([{"type": "X", "message": "Something went wrong while executing your query."}], False),
        ([{"message": "Oh: Something went wrong while executing your query."}], False),
        ([{"type": ""}], False),
        ([], False),
        (None, False),
    ],
)
def test_a_query_may_ask_for_too_much(errors: object, expected: bool) -> None:
    assert parsing.is_too_much({"errors": errors}) is expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"type": "FORBIDDEN"}, True),
        ({"type": "FORBIDDEN", "path": []}, True),
        ({"type": "FORBIDDEN", "path": ["r0_0"]}, False),
        ({"type": "NOT_FOUND"}, False),
    ],
)
def test_a_refusal_may_not_say_what_it_is_about(error: Json, expected: bool) -> None:
    assert parsing.forbids_all({"errors": [{"type": "X"}, error]}) is expected


@pytest.mark.parametrize(
    ("organization", "expected"),
    [
        (
            {"viewerIsAMember": True, "viewerCanAdminister": False},
            {"Org": Membership(is_member=True)},
        ),
        (
            {"viewerIsAMember": False, "viewerCanAdminister": True},
            {"Org": Membership(administers=True)},
        ),
        ({"viewerIsAMember": "yes", "viewerCanAdminister": 1}, {"Org": Membership()}),
        ({}, {"Org": Membership()}),
        (None, {}),
    ],
)
def test_the_graders_role_with_an_owner(organization: object, expected: Json) -> None:
    assert parsing.read_memberships({"data": {"w0": organization}}, batch_of(ASKED)) == expected


# --- the list of an organisation ------------------------------------------------------------------

LIST = "the list of repositories of Org"
PAGE = {
    "nodes": [{"name": "mlops_04", "isPrivate": True}, {"name": "other", "isPrivate": False}],
    "pageInfo": {"hasNextPage": True, "endCursor": 7},
}


def names(page: object, **changes: Any) -> object:
    answer = {"data": {"organization": {"repositories": page}}, **changes}
    return parsing.read_names(answer, "Org")


def test_a_page_of_names_and_where_the_next_begins() -> None:
    shown = {"mlops_04": True, "other": False}
    assert names(PAGE) == (shown, "7")
    assert names(PAGE | {"pageInfo": {"hasNextPage": False, "endCursor": "7"}}) == (shown, None)


@pytest.mark.parametrize("page", [None, {}, PAGE | {"nodes": None}, PAGE | {"pageInfo": {}}])
def test_a_list_that_is_none_proves_nothing(page: object) -> None:
    assert names(page) == unclear("the answer has no such list", LIST)


def test_a_list_beside_an_error_proves_nothing_either() -> None:
    assert names(PAGE, errors=[{"type": "FORBIDDEN"}]) == refused(*FORBIDDEN, LIST)
    assert names(None, errors=[{"type": "NOT_FOUND", "path": ["organization"]}]) == refused(
        "there is no such organisation, or this token may not see it",
        "Check the owner in the cohort or lab file; what a person keeps cannot be said to be"
        " missing",
        LIST,
    )
