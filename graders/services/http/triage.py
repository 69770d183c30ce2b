"""Decides once, at each call, whether a fact was read or could not be read.

No one is graded on what could not be read. A 404 is not absence: Azure DevOps, GitHub and Azure
Resource Manager answer it for what the caller may not see. Absence is believed only from a list
that was read to its end, and from run history where it names the missing experiment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from graders.evidence import ServiceName, Sighting, Unavailable
from graders.services.http.exchange import Fault
from graders.services.http.known_refusals import remedy_for_code, remedy_for_words
from graders.services.http.read_only import service_of
from graders.services.http.transport import Exchange, watching

T = TypeVar("T")

_SIGN_IN_ERRORS = frozenset({"CredentialUnavailableError", "ClientAuthenticationError"})
_SIGN_IN = "Entra ID"
_LATER = "Grade again later with --resume."
_RIGHTS = {
    ServiceName.AZURE_DEVOPS: "make the grader's identity a Reader of the project, a Reader of its"
    " library and a User of its service connections",
    ServiceName.GITHUB: "give the grader's token read access to the contents and metadata of the"
    " repositories, and authorise it for the organisation's single sign-on",
    ServiceName.RESOURCE_MANAGER: "give the grader's identity the Reader role on the"
    " subscription or the resource groups",
    ServiceName.AZURE_ML: "give the grader's identity the AzureML Data Scientist or Reader"
    " role on the workspace",
}
_TOKENS = {
    ServiceName.AZURE_DEVOPS: "Sign in again: renew AZURE_DEVOPS_EXT_PAT, or unset it and run"
    " `az login`; the identity must be a member of the organisation.",
    ServiceName.GITHUB: "Sign in again: renew GITHUB_TOKEN; it must be allowed in the"
    " organisation.",
}
_ENTRA = (
    "Sign in again: run `az login`; in a pipeline, check AZURE_TENANT_ID, AZURE_CLIENT_ID and"
    " AZURE_CLIENT_SECRET."
)


def look(
    service: ServiceName, subject: str, call: Callable[[], T | None], sightings: list[Sighting]
) -> T | Unavailable:
    """The result of one SDK call, or why it could not be read.

    Where and when it was read is added to ``sightings``. Whatever the call raises becomes
    ``Unavailable``, and so does None; an ``Unavailable`` that it returns is passed on.
    """
    error: Exception | None = None
    with watching() as exchanges:
        try:
            result = call()
        except (
            Exception
        ) as caught:  # an SDK may raise anything, and none of it is a learner's fault
            result, error = None, caught
    sightings.extend(sightings_of(subject, exchanges))
    last = exchanges[-1] if exchanges else None
    if error is None and result is not None and not (last and _is_no_answer(last)):
        return result
    return unavailable(service, subject, last, error)


def answered(call: Callable[[], T | None]) -> T | None:
    """The result of one SDK call; None where none came, whatever the reason."""
    result = look(ServiceName.GRADER, "", call, [])
    return None if isinstance(result, Unavailable) else result


def has(service: ServiceName, subject: str, call: Callable[[], bool]) -> bool | Unavailable:
    """Whether a service has a resource, asked for by its id; ``call`` raises for no answer.

    False only where the service says so. It may still be wrong: it answers 404 for what the
    caller may not see.
    """
    result = look(service, subject, call, [])
    return False if isinstance(result, Unavailable) and _says_no(result) else result


def _says_no(refusal: Unavailable) -> bool:
    asked = service_of(refusal.url)
    return refusal.status == 404 and asked is not None and asked.name != _SIGN_IN


def sightings_of(subject: str, exchanges: Sequence[Exchange]) -> list[Sighting]:
    """One sighting per address that was asked, the last attempt's; sign-ins are not sightings."""
    last = {
        (exchange.method, exchange.url): exchange
        for exchange in exchanges
        if not _is_sign_in(exchange)
    }
    return [
        Sighting(subject, exchange.url, exchange.at, exchange.status, exchange.request_id)
        for exchange in last.values()
    ]


def unavailable(
    service: ServiceName, subject: str, last: Exchange | None, error: BaseException | None = None
) -> Unavailable:
    """Why something could not be read, from the last exchange and the SDK's exception."""
    cause, remedy = _cause(service, last, error)
    if last is None:
        return Unavailable(service, subject, cause, remedy)
    return Unavailable(service, subject, cause, remedy, last.status, last.url)


def _cause(
    service: ServiceName, last: Exchange | None, error: BaseException | None
) -> tuple[str, str]:
    """Cause and remedy in plain words; never an exception's own text, which may hold secrets."""
    kind = type(error).__name__ if error else "nothing"
    if last is None:
        if kind in _SIGN_IN_ERRORS:
            return "the grader could not sign in", _ENTRA
        return f"the look failed before anything was asked ({kind})", "Report this as a bug."
    if last.error and not _is_sign_in_page(last):
        return last.error, remedy_for_connection(last)
    if _is_sign_in(last) and last.status != 200:
        return f"the sign-in was refused ({_named(last)})", _ENTRA
    if (last.status and last.status >= 300) or _is_sign_in_page(last):
        return _cause_of_refusal(service, last)
    if error is None:
        return "the answer was empty", _LATER
    return f"the answer was not what the service promises ({kind})", _LATER


def _cause_of_refusal(service: ServiceName, last: Exchange) -> tuple[str, str]:
    if _is_endpoint(last):  # its answer is a learner's text, its codes too
        is_down = last.status is not None and last.status >= 500
        words = "the service has trouble of its own" if is_down else "it refused the question"
        return f"{words} ({last.status})", _LATER
    named = _named(last)
    if remedy := remedy_for_code(last.type_key):
        return f"{service} refused it ({named}: {last.words})", remedy
    if service is ServiceName.GITHUB and (remedy := remedy_for_words(last.words)):
        return f"GitHub refused it ({named}: {last.words})", remedy
    right = f"If it exists, {_RIGHTS.get(service, 'check the permissions of the grader')}."
    if _is_sign_in_page(last):
        return f"a sign-in page came instead of an answer ({named})", _token(service)
    if last.status == 401 or last.type_key in ("TF400813", "TF401444"):
        return f"the grader's token has expired or is not accepted ({named})", _token(service)
    if last.status == 403 and last.is_throttled:
        cause = f"the grader's allowance of calls is used up ({named})"
        return cause, f"Wait up to an hour. {_LATER}"
    if last.status == 403:
        return f"the grader has no permission ({named})", right.replace("If it exists, ", "Please ")
    if last.status == 404:
        return f"not found, or the grader may not see it ({named})", right
    if last.status in (408, 429):
        return f"the service asks to slow down ({named})", f"Wait a few minutes. {_LATER}"
    if last.status and last.status >= 500:
        return f"the service has trouble of its own ({named})", _LATER
    if last.status == 304:
        return f"the service has trouble of its own ({named})", _LATER  # nobody asked for changes
    return f"the service refused the question ({named})", "Report this as a bug."


def not_accepted(service: ServiceName, subject: str) -> Unavailable:
    """What could not be read because the service took the grader for nobody, with status 200."""
    cause = "the grader's token has expired or is not accepted (the service calls it Anonymous)"
    return Unavailable(service, subject, cause, _token(service), 200)


def remedy_for_connection(last: Exchange) -> str:
    """What an operator can do where no answer came."""
    if last.fault is Fault.REFUSED:
        return (
            "The grader only contacts known hosts: ask the service's administrator why it names"
            " that address."
        )
    if last.fault is Fault.TLS:
        return "Check REQUESTS_CA_BUNDLE, the machine's clock, and any proxy that inspects TLS."
    if last.fault is Fault.PROXY:
        return "Check HTTPS_PROXY and HTTP_PROXY, and what the proxy allows."
    return f"Check the network of this machine. {_LATER}"


def _token(service: ServiceName) -> str:
    return _TOKENS.get(service, _ENTRA)


def _named(last: Exchange) -> str:
    return " ".join(str(part) for part in (last.status, last.type_key) if part)


def _is_sign_in(exchange: Exchange) -> bool:
    service = service_of(exchange.url)
    return service is not None and service.name == _SIGN_IN


def _is_no_answer(exchange: Exchange) -> bool:
    """Whether the last exchange was refused, whatever the call returned."""
    refused = exchange.status is None or exchange.status >= 400
    return _is_sign_in_page(exchange) or (refused and not _is_endpoint(exchange))


def _is_sign_in_page(exchange: Exchange) -> bool:
    """Whether it means 401: Azure DevOps answers 203 or 200 with HTML, or 302 to another host."""
    is_page = exchange.status == 200 and exchange.content_type == "text/html"
    return (is_page or exchange.status in (203, 302)) and not _is_endpoint(exchange)


def _is_endpoint(exchange: Exchange) -> bool:
    """Whether it is a learner's endpoint: any answer of it is a fact about the learner's work."""
    service = service_of(exchange.url)
    return service is not None and service.is_learners
