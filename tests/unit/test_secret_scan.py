"""The scan that ends every test run finds what it is there for."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from reports.outputs import MANIFEST
from tests.support.secret_scan import scan


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A folder that the scan at the end of this very run does not search."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.mark.parametrize(
    "secret",
    [
        b"canary-token",
        b"Authorization: Bearer abc",
        b'"eyJhbGciOiJ.e30"',
        b"?sv=1&sig=abc",
        b"ghp_x",
    ],
)
def test_a_secret_in_any_file_of_a_results_folder_is_found(secret: bytes, elsewhere: Path) -> None:
    out = elsewhere / "deep" / "out"
    (out / "feedback").mkdir(parents=True)
    (out / MANIFEST).write_text("[]")
    (out / "index.html").write_bytes(b"\xff harmless")
    assert scan(elsewhere).leaks == ()
    (out / "feedback" / "page.html").write_bytes(b"\xff " + secret)
    with zipfile.ZipFile(out / "dispute.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("audit.jsonl", b"x" * 100 + secret)
    scanned = scan(elsewhere)
    assert (scanned.folders, scanned.files) == (1, 4)
    assert {leak.partition(": ")[0] for leak in scanned.leaks} == {
        str(out / "dispute.zip"),
        str(out / "feedback" / "page.html"),
    }


def test_what_is_no_result_is_not_searched(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"canary")
    assert scan(tmp_path).files == 0
