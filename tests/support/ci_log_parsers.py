"""What the two services would obey in a log: models of their parsers, for the tests.

After actions/runner (ActionCommand, ActionCommandManager) and microsoft/azure-pipelines-agent
(Command): GitHub trims a line and looks for ``::name …::`` at its start, then, as of old, for
``##[name …]`` anywhere; Azure looks for ``##vso[area.event …]`` anywhere. Names are compared
without case. GitHub obeys nothing between ``stop-commands`` and its token.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_KNOWN = {
    *("stop-commands", "error", "warning", "notice", "debug", "group", "endgroup", "set-output"),
    *("set-env", "add-mask", "add-path", "add-matcher", "remove-matcher", "save-state", "echo"),
}
_NEW = re.compile(r"::(?P<name>[^\s:]+)(?: (?P<properties>.*?))?::(?P<data>.*)", re.DOTALL)
_OLD = re.compile(r"##\[(?P<name>[^\s\]]+)(?: (?P<properties>[^\]]*))?\](?P<data>.*)", re.DOTALL)
_AZURE = re.compile(r"##vso\[(?P<name>\w+\.\w+)(?: (?P<properties>[^\]]*))?\](?P<data>.*)")


class Command(NamedTuple):
    """One line that is obeyed, unescaped."""

    name: str
    properties: dict[str, str]
    data: str


def obeyed_by_github(log: str) -> list[Command]:
    commands, token = [], ""
    for line in re.split(r"\r\n|\r|\n", log):
        command = _github(line, token)
        if command and (not token or command.name == token):
            commands.append(command)
            token = command.data.lower() if command.name == "stop-commands" else ""
    return commands


def obeyed_by_azure(log: str) -> list[Command]:
    commands = []
    for line in re.split(r"\r\n|\r|\n", log):
        match = _AZURE.search(line)
        if match:
            pairs = _pairs(match["properties"], ";")
            unescaped = {key: _azure(value) for key, value in pairs.items()}
            commands.append(Command(match["name"].lower(), unescaped, _azure(match["data"])))
    return commands


def _github(line: str, token: str) -> Command | None:
    for match, separator in ((_NEW.match(line.lstrip()), ","), (_OLD.search(line), ";")):
        if match and match["name"].lower() in {*_KNOWN, token}:
            pairs = _pairs(match["properties"], separator)
            unescaped = {key: _unescaped(value) for key, value in pairs.items()}
            return Command(match["name"].lower(), unescaped, _unescaped(match["data"]))
    return None


def _pairs(properties: str | None, separator: str) -> dict[str, str]:
    parts = (pair.partition("=") for pair in (properties or "").split(separator))
    return {key.strip(): value for key, _, value in parts if value}


def _unescaped(text: str) -> str:
    for code, sign in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, sign)
    return text


def _azure(text: str) -> str:
    for code, sign in (("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%AZP25", "%")):
        text = text.replace(code, sign)
    return text
