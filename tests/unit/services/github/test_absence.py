"""When a repository may be believed missing, and which names are similar to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from graders.evidence import ServiceName, Unavailable
from graders.services.github.absence import FreeNames, Owner
from graders.services.github.parsing import Membership, cannot_tell
from tests.support.fake_github import ORG, lab_of

LAB = lab_of(12)  # its repository may be mlops_12 or mlops_012
SUBJECT = f"repository {ORG}/mlops_12"
UNLISTED = Unavailable(ServiceName.GITHUB, "the list", "it broke", "")
HIDDEN = Unavailable(
    ServiceName.GITHUB,
    SUBJECT,
    "it is missing, or the token may not see it",
    "If it exists, make the grader's account an owner of the organisation, with a token that reads"
    " private repositories",
)
ADMIN, MEMBER = Membership(is_member=True, administers=True), Membership(is_member=True)
NOBODY = Membership()
OWNER = Owner(
    login=ORG,
    names={},
    membership=ADMIN,
    saw_private=False,
    is_app=False,
    selection="",
    is_fine_grained=False,
    scopes=None,
)


@pytest.mark.parametrize(
    ("changes", "doubt"),
    [
        ({}, None),
        ({"scopes": ["gist", "repo"]}, None),
        ({"scopes": ["read:org"]}, HIDDEN),
        ({"is_fine_grained": True}, HIDDEN),
        ({"membership": MEMBER}, HIDDEN),
        ({"membership": MEMBER, "saw_private": True}, None),
        ({"membership": MEMBER, "names": {"other": True}}, None),
        ({"membership": MEMBER, "names": {"other": False}}, HIDDEN),
        ({"membership": NOBODY, "saw_private": True}, HIDDEN),
        ({"membership": NOBODY, "saw_private": True, "is_app": True}, None),
        ({"membership": NOBODY, "is_app": True}, HIDDEN),
        ({"membership": NOBODY, "is_app": True, "selection": "all"}, None),
        ({"is_app": True, "selection": "selected", "saw_private": True}, HIDDEN),
        (
            {"names": {"MLOps_012": True}},
            cannot_tell(SUBJECT, "GitHub lists it but did not show it"),
        ),
        ({"names": UNLISTED}, UNLISTED),
    ],
)
def test_when_a_missing_repository_is_believed(
    changes: dict[str, Any], doubt: Unavailable | None
) -> None:
    assert replace(OWNER, **changes).doubt_about(LAB) == doubt


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"membership": MEMBER}, None),
        ({"is_app": True, "selection": "all"}, True),
        ({"is_app": True, "selection": "selected"}, False),
        ({"is_app": True}, None),
    ],
)
def test_whether_a_token_sees_every_repository(
    changes: dict[str, Any], expected: bool | None
) -> None:
    assert replace(OWNER, **changes).sees_all is expected


def test_only_names_that_may_be_this_learners_are_compared() -> None:
    names = ["MLOPS_012", "mlops-12", "mlops-13", "mlops_12_00", "12-of-13", "mlops", "mlops_13"]
    free = FreeNames(names, [LAB, lab_of(13)])
    assert free.that_may_be_of(LAB) == ["mlops", "mlops-12", "mlops_12_00"]
    assert free.that_may_be_of(lab_of(13)) == ["mlops", "mlops-13"]
    assert free.that_may_be_of(lab_of(14)) == ["mlops"]


def test_similar_names_come_nearest_first_and_once() -> None:
    names = dict.fromkeys(["mlop-12", "mlops_012x", "mlops-12", "mlops_13", "unlike_12"], False)
    owner = replace(OWNER, names=names)
    free = owner.free_names([LAB])
    assert owner.similar_to(LAB, free) == ("mlops-12", "mlops_012x", "mlop-12")


def test_without_a_list_no_name_is_free() -> None:
    assert replace(OWNER, names=UNLISTED).free_names([LAB]).that_may_be_of(LAB) == []
