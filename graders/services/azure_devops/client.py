"""The Azure DevOps SDK, adapted: no cache in the user's home, tokens that renew, complete lists.

Source: https://github.com/microsoft/azure-devops-python-api (its 7.1 clients).
"""

from __future__ import annotations

import base64
import os
import tempfile
import threading
from collections.abc import Callable
from typing import Any

import requests
from msrest.pipeline import HTTPSender, Pipeline, Request, Response
from msrest.universal_http.requests import RequestsClientResponse
from requests.auth import AuthBase

from graders.services.azure_devops import artifacts_and_logs
from graders.services.azure_devops.lazy_models import LazyDeserializer, unwrapped
from graders.services.http import web
from graders.services.sign_in import AZURE_DEVOPS_SCOPE, SignIn

_MOST_PAGES = 20
_CONNECTIONS = 4
_CACHE_FOLDER = "AZURE_DEVOPS_CACHE_DIR"
_CONTINUATION = "x-ms-continuationtoken"


Page = Callable[..., list[Any] | None]
"""A list call of the SDK."""


class EndlessList(Exception):
    """A list that does not end after a reasonable number of pages."""


def _import_without_cache() -> type[Any]:
    """The SDK's ``Connection``, kept from writing into the user's home.

    The SDK creates its cache folder when it is imported, and shares its content for twelve hours
    with every other program, the Azure CLI among them.
    """
    kept = os.environ.get(_CACHE_FOLDER)
    with tempfile.TemporaryDirectory() as folder:
        os.environ[_CACHE_FOLDER] = folder
        try:
            from azure.devops import _file_cache
            from azure.devops.connection import Connection
        finally:
            os.environ.pop(_CACHE_FOLDER)
            os.environ.update({_CACHE_FOLDER: kept} if kept is not None else {})
    for cache in (_file_cache.OPTIONS_CACHE, _file_cache.RESOURCE_CACHE):
        cache.file_name = ""  # the SDK then keeps it in memory
        cache.initial_load_occurred = True
    connection: type[Any] = Connection
    return connection


_Connection = _import_without_cache()


class _Signature(AuthBase):
    """Signs each request separately, so that tokens renew; a ``.netrc`` cannot replace it."""

    def __init__(self, sign_in: SignIn) -> None:
        self._sign_in = sign_in

    def headers(self) -> dict[str, str]:
        """The headers that sign a request."""
        pat = self._sign_in.azure_devops_pat
        if pat:
            word = "Basic " + base64.b64encode(f":{pat}".encode()).decode()
        else:
            word = "Bearer " + self._sign_in.azure.get_token(AZURE_DEVOPS_SCOPE).token
        return {"Authorization": word}

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update(self.headers())
        return request


class _Sender(HTTPSender):  # type: ignore[type-arg]
    """Sends for all clients and threads in one session; msrest makes one for each of them.

    It leaves retries, time-outs and logs to the transport. Source: ``msrest.pipeline.requests``.
    """

    def __init__(self, signature: _Signature, on_answer: Callable[[requests.Response], None]):
        self._session = web.open_session(_CONNECTIONS)
        self._session.auth = signature
        self._on_answer = on_answer

    def send(self, request: Request[Any], **_config: object) -> Response[Any, Any]:
        sent = request.http_request
        answer = self._session.request(
            sent.method, sent.url, headers=sent.headers, data=sent.data, stream=True
        )
        self._on_answer(answer)
        return Response(request, RequestsClientResponse(sent, answer))  # type: ignore[no-untyped-call]

    def __exit__(self, *_exception: object) -> None:
        """Nothing: the session outlives a call."""


class _AdaptedConnection(_Connection):  # type: ignore[misc, valid-type]
    """A connection whose clients send in one session and read models lazily."""

    def __init__(self, url: str, sender: _Sender) -> None:
        super().__init__(base_url=url)
        self._sender = sender
        self.use_fiddler = True  # the only way to configure the clients that the SDK makes itself

    def _configure_client_for_fiddler(self, client: Any) -> None:
        client.config.keep_alive = True  # else msrest closes the session after a refusal
        client.config.pipeline = Pipeline([client.config.user_agent_policy], self._sender)
        client._deserialize = LazyDeserializer(client._deserialize.dependencies)
        client._unwrap_collection = unwrapped


class Organization:
    """One organisation's SDK clients; threads may share it after :meth:`warm_up`."""

    def __init__(self, name: str, sign_in: SignIn) -> None:
        self._own = threading.local()
        self._lock = threading.Lock()
        self._is_warm = False
        self._signature = _Signature(sign_in)
        self._session = web.open_session(_CONNECTIONS)
        url = f"https://dev.azure.com/{name}"
        sender = _Sender(self._signature, self._notice)
        self._factory = _AdaptedConnection(url, sender).clients_v7_1

    def warm_up(self) -> None:
        """Create every client once: the first asks the service where its areas are."""
        with self._lock:
            if self._is_warm:
                return
            self.core = self._factory.get_core_client()
            self.library = self._factory.get_task_agent_client()
            self.connections = self._factory.get_service_endpoint_client()
            self.permissions = self._factory.get_pipeline_permissions_client()
            self.builds = self._factory.get_build_client()
            self.pipelines = self._factory.get_pipelines_client()
            self.security = self._factory.get_security_client()
            self.location = self._factory.get_location_client()
            self._is_warm = True

    def who(self) -> Any:
        """Whom the service takes the grader for."""
        return self.location.get_connection_data()

    def whole_list(
        self, page: Page, *arguments: Any, most_pages: int = _MOST_PAGES, **options: Any
    ) -> list[Any]:
        """All items of a list call that takes a ``continuation_token``, which the SDK drops.

        Raises ``EndlessList`` beyond ``most_pages``: a list that was cut short proves no absence.
        """
        items: list[Any] = []
        for _ in range(most_pages):
            items += self.one_page(page, *arguments, **options)
            if self._own.continuation is None:
                return items
            options["continuation_token"] = self._own.continuation
        raise EndlessList

    def only_page(self, page: Page, *arguments: Any, **options: Any) -> list[Any]:
        """All items of a list call without pages; ``EndlessList`` when there are more."""
        items = self.one_page(page, *arguments, **options)
        if self._own.continuation is not None:
            raise EndlessList
        return items

    def one_page(self, page: Page, *arguments: Any, **options: Any) -> list[Any]:
        self._own.continuation = None
        items = page(*arguments, **options)
        if items is None:
            raise TypeError("the answer holds no list")
        return items

    def download(self, url: str) -> bytes:
        """The content of an artifact, which is on another host of the service."""
        headers = self._signature.headers()
        return artifacts_and_logs.download(self._session, url, headers)

    def _notice(self, response: requests.Response) -> None:
        self._own.continuation = response.headers.get(_CONTINUATION) or None
