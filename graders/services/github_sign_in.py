"""The ways to sign in to GitHub: a token, an app, or what the ``gh`` command is signed in with."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from graders.services.http.transport import watching
from graders.services.sign_in_failures import SignInError

_GH_SECONDS = 20
_RENEWED_BEFORE = timedelta(minutes=5)
_APP_ID, _APP_KEY = "GITHUB_APP_ID", "GITHUB_APP_PRIVATE_KEY"
_INSTALLATION = "GITHUB_APP_INSTALLATION_ID"
_READS = {"contents": "read", "metadata": "read"}


@dataclass(frozen=True)
class GitHubSignIn:
    """A token or an app that gives some, and how; or what is missing, in sentences."""

    token: str = field(default="", repr=False)
    method: str = ""
    app: Callable[[], str] | None = field(default=None, repr=False)
    problems: tuple[str, ...] = ()


NONE = GitHubSignIn()


def of_environment(given: Mapping[str, str]) -> GitHubSignIn:
    """A token that is set comes first, then an app, then the account of the ``gh`` command."""
    for name in ("GITHUB_TOKEN", "GH_TOKEN"):
        if given.get(name):
            return GitHubSignIn(given[name], name)
    if given.get(_APP_ID):
        return _app(given)
    if token := _of_command(given):
        return GitHubSignIn(token, "the gh command")
    return GitHubSignIn(problems=("GITHUB_TOKEN is not set: set it, run `gh auth login`",))


def _of_command(given: Mapping[str, str]) -> str:
    """The token that ``gh`` keeps for github.com; empty where it has none."""
    program = shutil.which("gh", path=given.get("PATH", ""))
    if program is None:
        return ""
    command = [program, "auth", "token", "--hostname", "github.com"]
    try:
        done = subprocess.run(  # noqa: S603 - the user's own gh
            command,
            capture_output=True,
            text=True,
            timeout=_GH_SECONDS,
            check=False,
            env=dict(given),
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _app(given: Mapping[str, str]) -> GitHubSignIn:
    key = given.get(_APP_KEY, "")
    if key and "PRIVATE KEY" not in key:  # the name of a file
        try:
            key = Path(key).read_text(encoding="utf-8")
        except (OSError, ValueError):
            key = ""
    if not key:
        problem = f"{_APP_KEY} is neither a key nor the name of a file with one: set it"
        return GitHubSignIn(problems=(problem,))
    installation = given.get(_INSTALLATION, "")
    if installation and not installation.isdecimal():
        return GitHubSignIn(problems=(f"{_INSTALLATION} is not a number: correct it",))
    made = AppToken(given[_APP_ID], key, int(installation) if installation else None)
    return GitHubSignIn(method=f"the app {given[_APP_ID]}", app=made)


class AppToken:
    """Tokens of an app's installation, each used until shortly before it ends; for many threads.

    They are asked for with read access only, whatever the app was given.
    """

    def __init__(self, app: str, key: str, installation: int | None = None) -> None:
        self._app, self._key, self._installation = app, key, installation
        self._lock = threading.Lock()
        self._token, self._ends = "", datetime.min.replace(tzinfo=UTC)

    def __call__(self) -> str:
        with self._lock:
            if self._ends - datetime.now(UTC) < _RENEWED_BEFORE:
                self._token, self._ends = self._asked()
            return self._token

    def _asked(self) -> tuple[str, datetime]:
        from github import Auth, GithubException, GithubIntegration

        with watching() as exchanges:
            try:
                app = GithubIntegration(auth=Auth.AppAuth(self._app, self._key), retry=None)
                given: Any = app.get_access_token(self._id(app), permissions=_READS)
            except SignInError:
                raise
            except (GithubException, ValueError, OSError) as error:
                status = exchanges[-1].status if exchanges else None
                raise SignInError(self._why(status, error)) from None
            except Exception as error:  # what cryptography makes of a key that is none
                raise SignInError(self._why(None, error)) from None
        return str(given.token), given.expires_at

    def _id(self, app: Any) -> int:
        if self._installation is not None:
            return self._installation
        installed = list(app.get_installations())
        if len(installed) != 1:
            many = "in several places" if installed else "nowhere"
            raise SignInError(
                f"Sign-in to GitHub failed: the app {self._app} is installed {many}; set"
                f" {_INSTALLATION} to the number at the end of its settings' address"
            )
        return int(installed[0].id)

    def _why(self, status: int | None, error: Exception) -> str:
        if status == 401:
            cause = "GitHub does not accept the app's key, or this machine's clock is wrong"
            remedy = f"check {_APP_ID}, {_APP_KEY} and the clock"
        elif status in (403, 404, 422):
            cause = "the app is not installed there, or lacks Contents and Metadata"
            remedy = f"check {_INSTALLATION}, and have an owner accept the app's permissions"
        elif status is None and not isinstance(error, OSError):
            cause, remedy = "the app's key cannot be read", f"set {_APP_KEY} to its PEM text"
        else:
            answer = f"api.github.com answered {status}" if status else "api.github.com is silent"
            cause, remedy = answer, "try again later"
        return f"Sign-in to GitHub failed: {cause} (app {self._app}); {remedy}"
