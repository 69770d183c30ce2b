"""What Microsoft Entra ID means by a refusal, and what to do about it.

Microsoft may change its numbers: they only give words. What kind of refusal it is comes from the
``error`` of OAuth, which has words of its own here for every number that is not listed.
Source: Microsoft's list of authentication error codes, 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Refusal(NamedTuple):
    """Why there is no token, and the remedy."""

    cause: str
    remedy: str


_CLI_AGAIN = "run `az login` again"
_LATER = "try again in a few minutes"
_WAIT = "wait a few minutes"
_PASSING = "temporarily_unavailable"
PENDING = "authorization_pending"
"""A device's code was not entered yet."""
_NO_CODE = Refusal("nobody entered the device's code in time", "start again, and enter the code")
_ADMIN = "ask the administrator of the tenant"
DECLINED = Refusal("the sign-in was declined", "start again, and accept it")


_ROWS = (
    (
        "7000215",
        "the client secret is wrong",
        "set AZURE_CLIENT_SECRET to its value, not its id",
    ),
    (
        "7000222",
        "the client secret has expired",
        "create a new one and set AZURE_CLIENT_SECRET",
    ),
    (
        "700016 700011",
        "the application is not known in this tenant",
        "check AZURE_CLIENT_ID and AZURE_TENANT_ID",
    ),
    ("7000112 70001", "the application is disabled", "ask its owner to enable it"),
    ("90002 900023", "the tenant does not exist", "check AZURE_TENANT_ID"),
    ("90038", "the tenant is in another cloud", "use a tenant of the public cloud"),
    (
        "500011",
        "the tenant has never used the service that the token is for",
        "check AZURE_TENANT_ID",
    ),
    (
        "700213 70021",
        "no federated credential matches this workload",
        "compare its issuer, subject and audience with those of the workload",
    ),
    (
        "700024 500133 50013",
        "the workload's token has expired, or this machine's clock is wrong",
        "check the clock, and sign in with a token that renews itself",
    ),
    (
        "700027",
        "the signature of the certificate or assertion is not accepted",
        "register that certificate with the application",
    ),
    (
        "50076 50079 50072 50074 50078",
        "it asks for multi-factor authentication",
        "run `az login` interactively; in a pipeline sign in as an application",
    ),
    (
        "53003 53000 53001 53002 530032 50158",
        "a conditional access policy forbids it",
        "use a device and network that the policy allows",
    ),
    (
        "50020 50034 51004 90072",
        "the account is not in this tenant",
        "use another account, or have it invited",
    ),
    ("50057", "the account is disabled", _ADMIN),
    ("50055", "the password has expired", "set a new one"),
    ("50053", "the account is locked", _ADMIN),
    ("50105", "the account is not assigned to the application", _ADMIN),
    ("65001 90094", "the application lacks consent", _ADMIN),
    ("65004", *DECLINED),
    (
        "50173 70008 700082 70043 700084",
        "the Azure CLI's session has expired",
        _CLI_AGAIN,
    ),
    ("50196", "Microsoft Entra ID is rate-limiting requests", _WAIT),
    ("90033 90024 90055 50033 90012", "Microsoft Entra ID has a problem", _LATER),
)

_BY_CODE: Mapping[str, Refusal] = MappingProxyType(
    {code: Refusal(cause, remedy) for codes, cause, remedy in _ROWS for code in codes.split()}
)
_BY_ERROR: Mapping[str, Refusal] = MappingProxyType(
    {
        "invalid_client": Refusal(
            "Microsoft Entra ID does not accept the application's credentials",
            "check AZURE_CLIENT_ID and its secret or federated credential",
        ),
        "invalid_grant": Refusal("the sign-in is no longer valid", "sign in again"),
        "unauthorized_client": Refusal(
            "Microsoft Entra ID does not let this application sign in",
            "check AZURE_CLIENT_ID and AZURE_TENANT_ID",
        ),
        "interaction_required": Refusal("it asks a person to sign in", _CLI_AGAIN),
        PENDING: _NO_CODE,
        "expired_token": _NO_CODE,
        "authorization_declined": DECLINED,
        _PASSING: Refusal("Microsoft Entra ID is busy", _LATER),
    }
)
_OTHER = Refusal("Microsoft Entra ID refused it", "ask the administrator of your tenant")


def refusal(code: str, error: str = "") -> Refusal:
    """What a refusal means: ``code`` is the number after ``AADSTS``, ``error`` OAuth's word.

    The word decides whether it will pass by itself, whatever the number is taken to mean.
    """
    said = _BY_ERROR.get(error, _OTHER)
    known = _BY_CODE.get(code, said)
    lasts = known.remedy not in (_LATER, _WAIT)
    cause, remedy = said if error == _PASSING and lasts else known
    return Refusal(f"{cause} (AADSTS{code})" if code else cause, remedy)
