"""Serves a built Allure report to this machine's own browser only."""

from __future__ import annotations

import http.server
from functools import partial
from pathlib import Path

from reports.allure.builder import FOLDER
from reports.files import NotWritten

HOST = "127.0.0.1"


class ReportHandler(http.server.SimpleHTTPRequestHandler):
    """Files of one folder, for requests that name the loopback: no other site may read them."""

    protocol_version = "HTTP/1.1"
    wbufsize = 64 * 1024  # headers and body in one write; two cost 40 ms each time

    def send_head(self):  # type: ignore[no-untyped-def] # as the library declares it
        host = self.headers.get("Host", "").rpartition(":")[0]
        if host not in (HOST, "localhost"):
            self.send_error(http.HTTPStatus.FORBIDDEN)
            return None
        return super().send_head()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the user who serves a report is its reader."""


def server(reports: Path, port: int = 0) -> http.server.ThreadingHTTPServer:
    """A server of the report in a reports folder; port 0 takes a free one. Raises NotWritten."""
    folder = reports / FOLDER
    if not (folder / "index.html").is_file():
        raise NotWritten(
            f"There is no Allure report in {reports}; build it: python -m reports report"
        )
    try:
        handler = partial(ReportHandler, directory=str(folder))
        return http.server.ThreadingHTTPServer((HOST, port), handler)
    except OSError as error:
        raise NotWritten(f"Cannot serve on port {port}: {error.strerror}.") from None


def address(of: http.server.ThreadingHTTPServer) -> str:
    return f"http://{HOST}:{of.server_port}/"
