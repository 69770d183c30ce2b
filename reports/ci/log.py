"""The log of a pipeline, which reads some of its lines as commands.

GitHub Actions obeys a line that begins with ``::command`` and, by an older syntax, one with
``##[command]`` anywhere in it; Azure Pipelines obeys ``##vso[area.command]`` anywhere in a line.
Text from outside (a name, a reason with the name of a resource) must not get there unescaped.
Sources: workflow commands (docs.github.com), logging commands (learn.microsoft.com), and the
parsers of actions/runner (ActionCommand) and microsoft/azure-pipelines-agent (Command).
"""

from __future__ import annotations

from typing import Literal, TextIO

from graders.texts import hashes_apart, strip_controls

LONGEST = 600
"""Characters of one annotation: people read no more."""
Kind = Literal["error", "warning", "notice"]


def stopped(token: str) -> str:
    """The line after which GitHub obeys nothing until it reads the token again."""
    return f"::stop-commands::{token}"


def resumed(token: str) -> str:
    return f"::{token}::"


def github(kind: Kind, title: str, text: str) -> str:
    """An annotation of GitHub Actions, safe whatever its texts hold."""
    return f"::{kind} title={_property(_short(title))}::{_data(_short(text))}"


def azure(kind: Kind, title: str, text: str) -> str:
    """An issue in the log of Azure Pipelines, which has no titles and no notices."""
    message = hashes_apart(_short(f"{title}. {text}"))
    return f"##vso[task.logissue type={kind}]{_azure_data(message)}"


def azure_summary(path: str) -> str:
    """The command that makes a Markdown file, by its absolute path, a tab of the run."""
    return f"##vso[task.uploadsummary]{_azure_data(path)}"


class Harmless:
    """A text stream in which Azure Pipelines finds no command; the rest is the stream's own."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self._after_hash = False

    def write(self, text: str) -> int:
        between = " " if self._after_hash and text.startswith("#") else ""
        if text:
            self._after_hash = text.endswith("#")
        self.stream.write(between + hashes_apart(text))
        return len(text)

    def __getattr__(self, name: str) -> object:
        return getattr(self.stream, name)


def _short(text: str) -> str:
    text = strip_controls(text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _azure_data(text: str) -> str:
    return text.replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A")
