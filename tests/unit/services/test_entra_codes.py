"""What a refusal of Microsoft Entra ID means, by its number and by OAuth's word for it."""

from __future__ import annotations

import pytest

from graders.services.entra_codes import Refusal, refusal

BUSY = "temporarily_unavailable"
LATER = "try again in a few minutes"
EXPIRED = Refusal("the password has expired (AADSTS50055)", "set a new one")


@pytest.mark.parametrize(
    ("code", "error", "expected"),
    [
        ("50055", "", EXPIRED),
        ("50055", "invalid_grant", EXPIRED),
        ("50055", BUSY, Refusal("Microsoft Entra ID is busy (AADSTS50055)", LATER)),
        ("90033", BUSY, Refusal("Microsoft Entra ID has a problem (AADSTS90033)", LATER)),
        (
            "50196",
            BUSY,
            Refusal(
                "Microsoft Entra ID is rate-limiting requests (AADSTS50196)", "wait a few minutes"
            ),
        ),
        ("1", BUSY, Refusal("Microsoft Entra ID is busy (AADSTS1)", LATER)),
        (
            "1",
            "invalid_grant",
            Refusal("the sign-in is no longer valid (AADSTS1)", "sign in again"),
        ),
        (
            "1",
            "new",
            Refusal(
                "Microsoft Entra ID refused it (AADSTS1)", "ask the administrator of your tenant"
            ),
        ),
        (
            "1",
            "",
            Refusal(
                "Microsoft Entra ID refused it (AADSTS1)", "ask the administrator of your tenant"
            ),
        ),
        (
            "",
            "interaction_required",
            Refusal("it asks a person to sign in", "run `az login` again"),
        ),
        (
            "70020",
            "expired_token",
            Refusal(
                "nobody entered the device's code in time (AADSTS70020)",
                "start again, and enter the code",
            ),
        ),
        ("", "", Refusal("Microsoft Entra ID refused it", "ask the administrator of your tenant")),
    ],
)
def test_the_number_gives_the_words_and_oauth_whether_it_passes(
    code: str, error: str, expected: Refusal
) -> None:
    assert refusal(code, error) == expected
